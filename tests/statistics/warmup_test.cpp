#include "engine/statistics/warmup.h"

#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"
#include "engine/math/math.h"

namespace highwater {
namespace {

constexpr std::size_t kSlices = 200;

/// Independent noise of standard deviation 1 around level(slice), `replications` times.
template <class Level>
std::vector<SlicedSums> noisy(std::size_t replications, std::uint64_t seed, Level level) {
  RandomStream random(seed, "warmup", "noise");
  std::vector<SlicedSums> runs;
  for (std::size_t r = 0; r < replications; ++r) {
    SlicedSums& sums = runs.emplace_back(kSlices);
    for (std::size_t slice = 0; slice < kSlices; ++slice) {
      sums.add(slice, level(slice) + math::normal_quantile(random.uniform()), 1);
    }
  }
  return runs;
}

WarmUp cut_of(const std::vector<SlicedSums>& runs) {
  std::vector<const SlicedSums*> pointers;
  for (const SlicedSums& run : runs) pointers.push_back(&run);
  return mser5(pointers);
}

}  // namespace

TEST_CASE("warmup: a step is cut where it ends", "[statistics][warmup]") {
  for (const double height : {-5.0, 5.0, 50.0}) {
    CAPTURE(height);
    const WarmUp warmup =
        cut_of(noisy(5, 1, [=](std::size_t slice) { return slice < 63 ? height : 0; }));
    CHECK(warmup.settled);
    CHECK(warmup.fine_slices >= 65);  // the coarse slice that holds slice 62 goes too
    CHECK(warmup.fine_slices <= 80);
  }
}

TEST_CASE("warmup: an exponential approach is cut", "[statistics][warmup]") {
  const WarmUp warmup = cut_of(noisy(
      5, 2, [](std::size_t slice) { return -20 * math::exp(-static_cast<double>(slice) / 15); }));
  CHECK(warmup.settled);
  CHECK(warmup.fine_slices >= 30);
  CHECK(warmup.fine_slices <= 80);
}

TEST_CASE("warmup: noise alone is not cut", "[statistics][warmup]") {
  int cut_more = 0, unsettled = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const WarmUp warmup = cut_of(noisy(5, seed, [](std::size_t) { return 10; }));
    CHECK(warmup.fine_slices >= 10);
    CHECK(warmup.fine_slices % kFineSlicesPerCoarse == 0);
    cut_more += warmup.fine_slices > 10 ? 1 : 0;
    unsettled += warmup.settled ? 0 : 1;
  }
  CHECK(cut_more <= 3);
  CHECK(unsettled <= 9);
}

TEST_CASE("warmup: what moves until the end has not settled", "[statistics][warmup]") {
  const WarmUp climbing =
      cut_of(noisy(5, 3, [](std::size_t slice) { return static_cast<double>(slice); }));
  CHECK_FALSE(climbing.settled);
  CHECK(climbing.fine_slices == kSlices / 2);
  const WarmUp late = cut_of(noisy(5, 4, [](std::size_t slice) { return slice < 140 ? 9.0 : 0; }));
  CHECK_FALSE(late.settled);
  CHECK(late.fine_slices <= kSlices / 2);
}

TEST_CASE("warmup: weights and gaps", "[statistics][warmup]") {
  // Every third slice saw nothing, and the beginning was slow.
  SlicedSums sums(kSlices);
  RandomStream random(5, "warmup", "gaps");
  for (std::size_t slice = 0; slice < kSlices; ++slice) {
    if (slice % 3 == 0) continue;
    const double count = static_cast<double>(1 + random.below(5));
    const double noise = math::normal_quantile(random.uniform());
    sums.add(slice, (slice < 40 ? 20.0 : 10.0) * count + noise, count);
  }
  const std::vector<const SlicedSums*> one{&sums};
  CHECK(mser5(one).fine_slices >= 40);
  CHECK(mser5(one).fine_slices <= 55);
  CHECK(mser5(one).settled);
}

TEST_CASE("warmup: nothing to judge", "[statistics][warmup]") {
  CHECK(mser5({}).fine_slices == 0);
  const SlicedSums empty(kSlices);
  const std::vector<const SlicedSums*> nothing{&empty};
  CHECK(mser5(nothing).fine_slices == 0);
  const SlicedSums few(20);
  const std::vector<const SlicedSums*> short_run{&few};
  CHECK(mser5(short_run).fine_slices == 0);
  SlicedSums constant(kSlices);
  for (std::size_t slice = 0; slice < kSlices; ++slice) constant.add(slice, 3, 1);
  const std::vector<const SlicedSums*> same{&constant};
  CHECK(mser5(same).settled);
  CHECK(mser5(same).fine_slices == 10);  // the twentieth that is always cut
}

}  // namespace highwater
