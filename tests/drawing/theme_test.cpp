#include <catch2/catch.hpp>

#include "viewer/draw/theme.h"
