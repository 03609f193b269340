#include "models/algorithms/hashing/target.h"

#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/algorithms/placement.h"

namespace highwater::hashing {
namespace {

TEST_CASE("target: places of those in use", "[algorithms][hashing]") {
  CHECK(places_in_use({}).empty());
  CHECK(places_in_use(weighted_targets({0, 3, 0, 1})) == std::vector<std::uint32_t>{1, 3});
}

TEST_CASE("target: weights are scaled down in proportion, never to nothing",
          "[algorithms][hashing]") {
  using Weights = std::vector<std::uint32_t>;
  CHECK(limited_weights(weighted_targets({1, 2, 3}), 6) == Weights{1, 2, 3});
  CHECK(limited_weights(weighted_targets({100, 200, 300}), 60) == Weights{10, 20, 30});
  CHECK(limited_weights(weighted_targets({1, 0, 4'000'000'000}), 1000) == Weights{1, 0, 999});
  const Weights most = limited_weights(weighted_targets(Weights(10, ~0u)), 100);
  CHECK(std::accumulate(most.begin(), most.end(), 0u) <= 100);
  CHECK(limited_weights(weighted_targets({7, 7}), 0) == Weights{1, 1});
}

TEST_CASE("target: in turn from any place", "[algorithms][hashing]") {
  const std::vector<std::uint32_t> places = {2, 5, 7};
  std::array<std::uint32_t, 5> out{};
  CHECK(in_turn(places, 1, out) == 3);
  CHECK(out == std::array<std::uint32_t, 5>{5, 7, 2, 0, 0});
  std::array<std::uint32_t, 1> one{};
  CHECK(in_turn(places, 2, one) == 1);
  CHECK(one[0] == 7);
  CHECK(in_turn({}, 0, out) == 0);
}

}  // namespace
}  // namespace highwater::hashing
