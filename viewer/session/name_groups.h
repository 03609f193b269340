#pragma once

#include <string>
#include <vector>

#include "engine/report/results.h"

namespace highwater::viewer {

/// The group of each node of a picture: those of one kind whose names differ in the number at their
/// end ("shard-1", "shard-2", …) are a group called by what they have in common ("shard"). Empty
/// for those of which there are fewer than three.
///
/// Checked  tests/viewer/name_groups_test.cpp
std::vector<std::string> groups_of(const TopologyPicture& picture);

}  // namespace highwater::viewer
