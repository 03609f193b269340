#include "engine/statistics/sliced.h"

#include <algorithm>

#include "engine/kernel/check.h"

namespace highwater {

CoarseRange coarse_range(Window window, std::size_t coarse_slices) {
  HIGHWATER_CHECK(window.first_slice <= window.last_slice);
  HIGHWATER_CHECK(window.first_slice % kFineSlicesPerCoarse == 0);
  const std::size_t last = (window.last_slice + kFineSlicesPerCoarse - 1) / kFineSlicesPerCoarse;
  HIGHWATER_CHECK(last <= coarse_slices);
  HIGHWATER_CHECK(window.last_slice % kFineSlicesPerCoarse == 0 || last == coarse_slices);
  return {window.first_slice / kFineSlicesPerCoarse, last};
}

Histogram SlicedHistogram::merged(Window window) const {
  const CoarseRange range = coarse_range(window, coarse_.size());
  Histogram all;
  for (std::size_t i = range.first; i < range.last; ++i) all.merge(coarse_[i]);
  return all;
}

void SlicedHistogram::compact() {
  for (Histogram& histogram : coarse_) histogram.compact();
}

void SlicedHistogram::compact_before(std::size_t before) {
  const std::size_t whole = std::min(before / kFineSlicesPerCoarse, coarse_.size());
  for (std::size_t i = 0; i < whole; ++i) coarse_[i].compact();
}

std::size_t SlicedHistogram::heap_bytes() const {
  std::size_t bytes = coarse_.capacity() * sizeof(Histogram);
  for (const Histogram& histogram : coarse_) bytes += histogram.heap_bytes();
  return bytes;
}

}  // namespace highwater
