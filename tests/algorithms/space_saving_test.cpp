#include "models/algorithms/caching/space_saving.h"

#include <cstdint>
#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::caching {
namespace {

TEST_CASE("space_saving: the paper's example", "[algorithms]") {
  // Two counters and the stream X Y Y Z: Z takes the counter of X over, with its error.
  SpaceSaving counter(2);
  for (const char key : std::string("XYYZ")) counter.add(static_cast<std::uint64_t>(key));
  REQUIRE(counter.counted().size() == 2);
  CHECK(counter.counted()[0] == SpaceSaving::Counted{'Z', 2, 1});
  CHECK(counter.counted()[1] == SpaceSaving::Counted{'Y', 2, 0});
  CHECK(counter.total() == 4);
  counter.clear();
  CHECK(counter.total() == 0);
  CHECK(counter.counted().empty());
}

TEST_CASE("space_saving: counts are within the bounds, and nothing frequent is missed",
          "[algorithms]") {
  SplitMix bits{5};
  for (const std::size_t counters : {1u, 7u, 50u}) {
    SpaceSaving counter(counters);
    std::map<std::uint64_t, std::uint64_t> truth;
    for (int i = 0; i < 20'000; ++i) {
      // The sum of two draws' minimum: small numbers are frequent.
      const std::uint64_t key = std::min(bits.bits() % 400, bits.bits() % 400) / 8;
      counter.add(key);
      ++truth[key];
    }
    CHECK(counter.total() == 20'000);
    std::uint64_t sum = 0;
    std::map<std::uint64_t, std::uint64_t> counted;
    for (const SpaceSaving::Counted& each : counter.counted()) {
      CHECK(each.count >= truth[each.key]);
      CHECK(each.count - each.error <= truth[each.key]);
      CHECK(each.error <= 20'000 / counters);
      sum += each.count;
      counted[each.key] = each.count;
    }
    CHECK(sum == 20'000);
    for (const auto& [key, times] : truth)
      if (times > 20'000 / counters) CHECK(counted.contains(key));
  }
}

TEST_CASE("space_saving: at least one counter", "[algorithms]") {
  SpaceSaving counter(0);
  counter.add(3);
  CHECK(counter.counted().front() == SpaceSaving::Counted{3, 1, 0});
}

}  // namespace
}  // namespace highwater::caching
