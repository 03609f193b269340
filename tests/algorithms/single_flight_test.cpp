#include "models/algorithms/caching/single_flight.h"

#include <map>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::caching {
namespace {

TEST_CASE("single_flight: one fetches, the others get what comes of it", "[algorithms][caching]") {
  SingleFlight<int> flights;
  const auto leader = flights.join(7, 1);
  CHECK(leader != 0);
  CHECK(flights.join(7, 2) == 0);
  CHECK(flights.join(7, 3) == 0);
  const auto other = flights.join(8, 4);
  CHECK(other != 0);
  CHECK(flights.size() == 2);
  CHECK(flights.land(leader) == std::vector<int>{2, 3});
  CHECK(flights.land(other).empty());
  CHECK(flights.size() == 0);
  CHECK(flights.join(7, 5) != 0);  // nothing is remembered
}

TEST_CASE("single_flight: after forget newcomers fetch anew, those who wait go on waiting",
          "[algorithms][caching]") {
  SingleFlight<int> flights;
  const auto first = flights.join(7, 1);
  CHECK(flights.join(7, 2) == 0);
  flights.forget(7);
  const auto second = flights.join(7, 3);
  CHECK(second != 0);
  CHECK(flights.join(7, 4) == 0);
  CHECK(flights.land(first) == std::vector<int>{2});
  CHECK(flights.join(7, 5) == 0);  // the second is still under way
  CHECK(flights.land(second) == std::vector<int>{4, 5});
  flights.forget(9);
  CHECK(flights.land(12345).empty());
}

TEST_CASE("single_flight: never two flights for a key, and everybody is answered once",
          "[algorithms][caching][property]") {
  SplitMix bits{1};
  SingleFlight<int> flights;
  std::map<std::uint64_t, std::pair<std::uint64_t, std::vector<int>>> under;  // by key
  int next = 0;
  int answered = 0;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t key = bits.bits() % 12;
    if (bits.bits() % 3 > 0) {
      const auto flight = flights.join(key, next);
      REQUIRE((flight != 0) == !under.contains(key));
      if (flight != 0) under[key].first = flight;
      if (flight == 0) under[key].second.push_back(next);
      ++next;
    } else if (under.contains(key)) {
      const auto waiters = flights.land(under[key].first);
      REQUIRE(waiters == under[key].second);
      answered += 1 + static_cast<int>(waiters.size());
      under.erase(key);
    }
    REQUIRE(flights.size() == under.size());
  }
  for (const auto& [key, flight] : under) answered += 1 + static_cast<int>(flight.second.size());
  CHECK(answered == next);
}

}  // namespace
}  // namespace highwater::caching
