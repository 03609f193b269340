#pragma once

#include <vector>

#include "viewer/draw/icons.h"

namespace highwater::viewer {

/// The lines of an icon, made anew: paths() keeps them.
std::vector<IconPath> make_icon(Icon icon);

}  // namespace highwater::viewer
