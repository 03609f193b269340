#include "viewer/draw/theme.h"

#include <catch2/catch.hpp>
