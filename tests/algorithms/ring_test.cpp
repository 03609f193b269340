#include "models/algorithms/hashing/ring.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

// The definition: the first point, in order, whose hash is not below; else the first of all.
template <class Hash>
std::size_t searched(const Ring<Hash>& ring, Hash hash) {
  for (std::size_t i = 0; i < ring.size(); ++i)
    if (ring.point(i).hash >= hash) return i;
  return 0;
}

template <class Hash>
void check_against_search(SplitMix& bits, int shift) {
  using Point = typename Ring<Hash>::Point;
  for (std::size_t size = 1; size < 200; size += 1 + bits.bits() % 7) {
    std::vector<Point> points;
    for (std::uint32_t i = 0; i < size; ++i)
      points.push_back({static_cast<Hash>(static_cast<Hash>(bits.bits()) >> shift), i % 5});
    const Ring<Hash> ring(points);
    REQUIRE(ring.size() == size);
    std::vector<Hash> probes = {0, 1, static_cast<Hash>(~Hash{0})};
    for (const Point& point : points)
      for (const int step : {-1, 0, 1})
        probes.push_back(static_cast<Hash>(point.hash + Hash(step)));
    for (int i = 0; i < 20; ++i) probes.push_back(static_cast<Hash>(bits.bits()));
    for (const Hash probe : probes) REQUIRE(ring.place_of(probe) == searched(ring, probe));
  }
}

TEST_CASE("ring: any points against a linear search", "[algorithms][hashing][property]") {
  SplitMix bits{1};
  check_against_search<std::uint32_t>(bits, 0);
  check_against_search<std::uint64_t>(bits, 0);
  check_against_search<std::uint32_t>(bits, 20);  // crowded into the lowest corner, many equal
  check_against_search<std::uint64_t>(bits, 58);
}

TEST_CASE("ring: equal points keep their order", "[algorithms][hashing]") {
  const Ring<std::uint32_t> ring({{7, 3}, {5, 1}, {7, 0}, {5, 2}});
  CHECK(ring.target(ring.place_of(5)) == 1);
  CHECK(ring.target(ring.place_of(6)) == 3);
  CHECK(ring.target(ring.place_of(8)) == 1);
  CHECK(ring.owners() == 4);
}

TEST_CASE("ring: owners in the order of the circle", "[algorithms][hashing]") {
  const Ring<std::uint32_t> ring({{10, 0}, {20, 0}, {30, 1}, {40, 2}, {50, 1}});
  std::array<std::uint32_t, 3> out{};
  CHECK(ring.owners_from(ring.place_of(15), out) == 3);
  CHECK(out == std::array<std::uint32_t, 3>{0, 1, 2});
  CHECK(ring.owners_from(ring.place_of(41), out) == 3);
  CHECK(out == std::array<std::uint32_t, 3>{1, 0, 2});
  std::array<std::uint32_t, 1> one{};
  CHECK(ring.owners_from(3, one) == 1);
  CHECK(one[0] == 2);
  std::array<std::uint32_t, 9> many{};
  CHECK(ring.owners_from(0, many) == 3);
  CHECK(ring.next(4) == 0);
  CHECK(ring.before(0) == 4);
  CHECK(Ring<std::uint32_t>().owners_from(0, many) == 0);
  CHECK(Ring<std::uint64_t>(std::vector<Ring<std::uint64_t>::Point>()).empty());
}

}  // namespace
}  // namespace highwater::hashing
