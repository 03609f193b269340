#include "models/slowdown.h"

#include <catch2/catch.hpp>

namespace highwater {
namespace {

TEST_CASE("slowdown: stretches a time and never past the longest run", "[models]") {
  CHECK(stretched(10ms, 1) == 10ms);
  CHECK(stretched(10ms, 2.5) == 25ms);
  CHECK(stretched(10ms, 0.5) == 5ms);
  CHECK(stretched(Duration{3}, 0.5) == Duration{1});
  CHECK(stretched(Duration{0}, 1e9) == Duration{0});
  CHECK(stretched(kLongestRun, 2) == kLongestRun);
  CHECK(stretched(1h, 1e300) == kLongestRun);
}

}  // namespace
}  // namespace highwater
