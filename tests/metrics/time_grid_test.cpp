// Slices of a run: their boundaries, and that both ways to find one agree, at the boundaries too.

#include "engine/metrics/time_grid.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"

namespace highwater {
namespace {

// Every instant at which finding could go wrong: around each boundary, and beyond the end.
std::vector<Time> awkward_instants(const TimeGrid& grid) {
  std::vector<Time> instants{Time{}, Time{} + grid.duration(), Time{} + 2 * grid.duration()};
  for (std::size_t slice = 1; slice < grid.fine_slices(); ++slice)
    for (const Duration offset : {-1ns, 0ns, 1ns})
      instants.push_back(grid.begin_of(slice) + offset);
  return instants;
}

TEST_CASE("time grid: a slice begins where the one before ends", "[metrics]") {
  // Lengths that divide into round widths, and some that divide into nothing.
  const Duration duration =
      GENERATE(Duration{600s}, Duration{1'000'000'007ns}, Duration{86'399'999'999'983ns},
               Duration{7us}, Duration{7 * 24h});
  const double share = GENERATE(0.0, 0.1, 1.0 / 3);
  const Duration warmup{static_cast<Duration::rep>(static_cast<double>(duration.count()) * share)};
  const TimeGrid grid(duration, warmup);
  CHECK(grid.begin_of(0) == Time{});
  CHECK(grid.begin_of(grid.fine_slices()) == Time{} + duration);
  if (grid.warmup_slices() > 0) CHECK(grid.begin_of(grid.warmup_slices()) == Time{} + warmup);
  std::size_t wrong = 0;
  for (std::size_t slice = 0; slice < grid.fine_slices(); ++slice) {
    const Time begin = grid.begin_of(slice);
    const Time last = grid.begin_of(slice + 1) - 1ns;
    if (last < begin || grid.fine(begin) != slice || grid.fine(last) != slice) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(grid.fine(Time{} + duration) == grid.fine_slices() - 1);
}

TEST_CASE("time grid: a run of fewer nanoseconds than slices has slices of one", "[metrics]") {
  const TimeGrid grid(7ns, Duration{0});
  CHECK(grid.fine_slices() == 7);
  for (std::size_t slice = 0; slice < 7; ++slice)
    CHECK(grid.fine(Time{} + slice * Duration{1}) == slice);
}

TEST_CASE("slice finder: finds what the grid finds, forwards and backwards", "[metrics]") {
  const TimeGrid grid(1'000'000'007ns, 100'000'001ns);
  SliceFinder finder(grid);
  std::vector<Time> instants = awkward_instants(grid);
  const std::vector<Time> backwards(instants.rbegin(), instants.rend());
  instants.insert(instants.end(), backwards.begin(), backwards.end());
  std::size_t wrong = 0;
  for (const Time at : instants) {
    if (finder.find(at) != grid.fine(at)) ++wrong;
    if (finder.last() != grid.fine(at) || !finder.last_holds(at)) ++wrong;
  }
  CHECK(wrong == 0);
  finder.find(grid.begin_of(3));
  CHECK(finder.last_holds(grid.begin_of(4) - 1ns));
  CHECK_FALSE(finder.last_holds(grid.begin_of(4)));
  CHECK_FALSE(finder.last_holds(grid.begin_of(3) - 1ns));
}

constexpr Duration kNoWarmup{0};

Duration width(const TimeGrid& grid, std::size_t slice) {
  return grid.begin_of(slice + 1) - grid.begin_of(slice);
}

TEST_CASE("time grid: slices of a round width where one fits", "[metrics]") {
  const std::vector<std::pair<Duration, Duration>> widths{
      {600s, 3s},  {1000s, 5s},   {60s, 300ms}, {1h, 20s},    {24h, 6min},
      {10s, 50ms}, {7 * 24h, 1h}, {1ms, 5us},   {200ns, 1ns}, {90s, 500ms}};
  for (const auto& [duration, expected] : widths) {
    const TimeGrid grid(duration, kNoWarmup);
    CAPTURE(duration.count());
    CHECK(width(grid, 0) == expected);
    CHECK(grid.fine_slices() == static_cast<std::size_t>(duration / expected));
    CHECK(grid.coarse_slices() == (grid.fine_slices() + 4) / 5);
    CHECK(grid.warmup_slices() == 0);
    CHECK(grid.duration() == duration);
  }
}

TEST_CASE("time grid: two hundred slices where no round width fits", "[metrics]") {
  const TimeGrid grid(Duration{1'000'000'007}, kNoWarmup);
  CHECK(grid.fine_slices() == 200);
  CHECK(TimeGrid(Duration{7}, kNoWarmup).fine_slices() == 7);
  CHECK(TimeGrid(Duration{1}, kNoWarmup).fine_slices() == 1);
}

TEST_CASE("time grid: a given warm-up ends with a slice, and with a coarse one", "[metrics]") {
  for (const auto& [duration, warmup] : std::vector<std::pair<Duration, Duration>>{
           {600s, 60s}, {600s, 1s}, {600s, 599s}, {600s, 123456789ns}, {7s, 3333ms}, {1h, 30min}}) {
    const TimeGrid grid(duration, warmup);
    CAPTURE(duration.count(), warmup.count());
    const std::size_t first = grid.warmup_slices();
    REQUIRE(first > 0);
    CHECK(first % TimeGrid::kFinePerCoarse == 0);
    CHECK(grid.begin_of(first) == Time{warmup});
    CHECK(grid.fine(Time{warmup}) == first);
    CHECK(grid.fine(Time{warmup - Duration{1}}) == first - 1);
    CHECK(grid.fine_slices() >= 100);
    CHECK(grid.fine_slices() <= 250);
    for (std::size_t i = 0; i < grid.fine_slices(); ++i) {
      const Duration equal = width(grid, i < first ? 0 : first);
      if (std::chrono::abs(width(grid, i) - equal) > Duration{1}) FAIL("unequal slice " << i);
    }
  }
}

TEST_CASE("time grid: however short the run, the window begins with a coarse slice", "[metrics]") {
  for (std::int64_t duration = 2; duration < 40; ++duration) {
    for (std::int64_t warmup = 1; warmup < duration; ++warmup) {
      const TimeGrid grid(Duration{duration}, Duration{warmup});
      const std::size_t first = grid.warmup_slices();
      if (first == 0 || first % TimeGrid::kFinePerCoarse != 0 || first >= grid.fine_slices() ||
          grid.begin_of(first) != Time{Duration{warmup}})
        FAIL(duration << " ns with a warm-up of " << warmup << " ns");
    }
  }
}

TEST_CASE("time grid: a slice holds its beginning and not its end", "[metrics][property]") {
  // What an instant counts for must not depend on rounding: a constant load of 80/s has the same
  // number of requests in each slice.
  RandomStream random(3, "time_grid_test", "spans");
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t bits = random.bits();
    const Duration duration{1 + static_cast<std::int64_t>(bits >> (10 + bits % 50))};
    const bool warm = random.below(2) == 1;
    const Duration warmup{
        warm ? static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(duration.count())))
             : 0};
    const TimeGrid grid(std::min(duration, kLongestRun), std::min(warmup, kLongestRun - 1ns));
    CAPTURE(duration.count(), warmup.count());
    CHECK(grid.begin_of(0) == Time{});
    CHECK(grid.begin_of(grid.fine_slices()) == Time{grid.duration()});
    for (std::size_t i = 0; i < grid.fine_slices(); ++i) {
      const Time begin = grid.begin_of(i);
      const Time last = grid.begin_of(i + 1) - Duration{1};
      if (last < begin) {  // in spans of fewer nanoseconds than slices alone
        if (duration > Duration{10'000} && (!warm || warmup > Duration{250}))
          FAIL("slice " << i << " is empty");
        continue;
      }
      if (grid.fine(begin) != i) FAIL("the beginning of " << i << " is in " << grid.fine(begin));
      if (grid.fine(last) != i) FAIL("the last of " << i << " is in " << grid.fine(last));
    }
    CHECK(grid.fine(Time{grid.duration()}) == grid.fine_slices() - 1);
    CHECK(grid.fine(kNever) == grid.fine_slices() - 1);
  }
}

}  // namespace
}  // namespace highwater
