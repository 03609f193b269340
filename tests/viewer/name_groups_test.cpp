// Which components of a picture belong together by their names.

#include "viewer/session/name_groups.h"

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

using namespace highwater;
using namespace highwater::viewer;

namespace name_groups_test {
namespace {

std::vector<std::string> groups(const std::vector<std::pair<std::string, std::string>>& nodes) {
  TopologyPicture picture;
  for (const auto& [id, kind] : nodes) {
    TopologyNode& node = picture.nodes.emplace_back();
    node.id = id;
    node.kind = kind;
  }
  return groups_of(picture);
}

using Names = std::vector<std::string>;

TEST_CASE("viewer: groups: names that differ in their number belong together, from three on") {
  CHECK(groups({{"shard-1", "database"},
                {"api", "service"},
                {"shard-2", "database"},
                {"shard-10", "database"}}) == Names{"shard", "", "shard", "shard"});
  CHECK(groups({{"shard-1", "database"}, {"shard-2", "database"}}) == Names{"", ""});
  CHECK(groups({{"a1", "service"}, {"a2", "service"}, {"a_3", "service"}, {"a", "service"}}) ==
        Names{"a", "a", "a", ""});
  CHECK(groups({}).empty());
}

TEST_CASE("viewer: groups: what is of another kind is another group") {
  CHECK(groups({{"x-1", "service"}, {"x-2", "service"}, {"x-3", "service"}, {"x-4", "cache"}}) ==
        Names{"x service", "x service", "x service", ""});
  CHECK(groups({{"x-1", "service"}, {"x-2", "service"}, {"x-3", "service"}}) ==
        Names{"x", "x", "x"});
}

}  // namespace
}  // namespace name_groups_test
