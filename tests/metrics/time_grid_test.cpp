// Slices of a run: their boundaries, and that both ways to find one agree, at the boundaries too.

#include "engine/metrics/time_grid.h"

#include <catch2/catch.hpp>

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

}  // namespace
}  // namespace highwater
