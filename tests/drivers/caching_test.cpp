#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

using testing::drive;

TEST_CASE("drivers of caching: hits, misses and their counts", "[drivers]") {
  const std::vector<std::string> keys{"a", "b", "a", "c", "b", "", ""};
  CHECK(drive("lru", {{"capacity", "2"}}, keys) == "miss\nmiss\nhit\nmiss\nmiss\nmiss\nhit\n");
  CHECK(drive("lru", {{"capacity", "2"}, {"summary", "true"}}, keys) == "hits 2\nmisses 5\n");
  CHECK(drive("lru", {{"capacity", "0"}, {"summary", "true"}}, keys) == "hits 0\nmisses 7\n");
}

}  // namespace
}  // namespace highwater::drivers
