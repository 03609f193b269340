#include "engine/describe/listed.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater {
namespace {

TEST_CASE("listed: words with commas between them") {
  CHECK(listed(std::vector<std::string>{}).empty());
  CHECK(listed(std::vector<std::string>{"a"}) == "a");
  CHECK(listed(std::vector<std::string>{"a", "b c", "d"}) == "a, b c, d");
}

}  // namespace
}  // namespace highwater
