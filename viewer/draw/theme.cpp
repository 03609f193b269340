#include "viewer/draw/theme.h"
