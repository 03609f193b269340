#include "engine/statistics/sliced.h"

#include <catch2/catch.hpp>

namespace highwater {

TEST_CASE("sliced: sums go where they belong", "[statistics][sliced]") {
  SlicedSums sums(7);
  sums.add(3, 2.5, 1);
  sums.add(3, 1.5, 1);
  sums.add(6, 9, 2);
  CHECK(sums.slices() == 7);
  CHECK(sums.sum[3] == 4);
  CHECK(sums.weight[3] == 2);
  CHECK(sums.sum[6] == 9);
  CHECK(sums.weight[0] == 0);
}

TEST_CASE("sliced: windows of histograms", "[statistics][sliced]") {
  SlicedHistogram histogram(23);  // four coarse slices and a short one
  CHECK(histogram.coarse_slices() == 5);
  for (std::size_t slice = 0; slice < 23; ++slice) {
    histogram.record(slice, static_cast<std::int64_t>(slice));
  }
  CHECK(histogram.merged({0, 23}).count() == 23);
  const Histogram middle = histogram.merged({5, 15});
  CHECK(middle.count() == 10);
  CHECK(middle.min_ns() == 5);
  CHECK(middle.max_ns() == 14);
  CHECK(histogram.merged({20, 23}).count() == 3);
  CHECK(histogram.merged({10, 10}).empty());
  const CoarseRange range = coarse_range({5, 23}, 5);
  CHECK(range.first == 1);
  CHECK(range.last == 5);
}

TEST_CASE("sliced: a histogram goes whole into its coarse slice", "[statistics][sliced]") {
  Histogram fine;
  fine.record(17);
  fine.record(4'000);
  SlicedHistogram histogram(12);
  histogram.record(9, 5);
  histogram.merge(8, fine);
  CHECK(histogram.coarse(0).empty());
  CHECK(histogram.coarse(1).count() == 3);
  CHECK(histogram.coarse(1).min_ns() == 5);
  CHECK(histogram.coarse(1).max_ns() == 4'000);
}

TEST_CASE("sliced: packing keeps every observation", "[statistics][sliced]") {
  SlicedHistogram histogram(20);
  for (std::size_t slice = 0; slice < 20; ++slice) {
    for (std::int64_t i = 1; i <= 50; ++i) histogram.record(slice, i * i * 1000);
  }
  const Histogram before = histogram.merged({0, 20});
  const std::size_t plain = histogram.heap_bytes();
  histogram.compact_before(12);  // two whole coarse slices
  const std::size_t partly = histogram.heap_bytes();
  CHECK(partly < plain);
  CHECK(histogram.coarse(1).heap_bytes() < histogram.coarse(2).heap_bytes());
  histogram.compact();
  CHECK(histogram.heap_bytes() < partly);
  CHECK(histogram.merged({0, 20}) == before);
  histogram.record(0, 17);  // a request that completes very late
  CHECK(histogram.merged({0, 20}).count() == before.count() + 1);
}

}  // namespace highwater
