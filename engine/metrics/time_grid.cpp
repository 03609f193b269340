#include "engine/metrics/time_grid.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/kernel/check.h"

namespace highwater {
namespace {

constexpr std::size_t kSlices = 200;
constexpr std::size_t kFewest = 100;
constexpr std::size_t kMost = 250;

/// Slices of a round width that fill `duration` exactly, or kSlices when no round width does.
std::size_t round_slices(Duration duration) {
  static constexpr std::array<std::int64_t, 10> kRound{1, 2, 3, 5, 6, 10, 12, 15, 20, 30};
  static constexpr std::array<std::int64_t, 11> kUnits{1,
                                                       1'000,
                                                       1'000'000,
                                                       10'000'000,
                                                       100'000'000,
                                                       1'000'000'000,
                                                       10'000'000'000,
                                                       60'000'000'000,
                                                       3'600'000'000'000,
                                                       36'000'000'000'000,
                                                       86'400'000'000'000};
  std::size_t best = 0;
  for (const std::int64_t unit : kUnits) {
    for (const std::int64_t round : kRound) {
      const std::int64_t width = unit * round;
      if (duration.count() % width != 0) continue;
      const auto slices = static_cast<std::size_t>(duration.count() / width);
      if (slices < kFewest || slices > kMost) continue;
      const auto distance = [](std::size_t n) { return n > kSlices ? n - kSlices : kSlices - n; };
      if (best == 0 || distance(slices) < distance(best)) best = slices;
    }
  }
  return best == 0 ? kSlices : best;
}

}  // namespace

TimeGrid::TimeGrid(Duration duration, Duration warmup) : duration_(duration), split_(warmup) {
  HIGHWATER_CHECK(duration.count() > 0);
  HIGHWATER_CHECK(warmup.count() >= 0 && warmup < duration);
  // A run of fewer nanoseconds than slices still gets slices of at least one nanosecond.
  auto total =
      std::min<std::size_t>(round_slices(duration), static_cast<std::size_t>(duration.count()));
  if (warmup.count() > 0) {
    // Both sides of the split get whole coarse slices, empty ones in spans of a few nanoseconds.
    total = std::max(total, kFinePerCoarse + 1);
    const double share =
        static_cast<double>(warmup.count()) / static_cast<double>(duration.count());
    before_ = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::lround(share * static_cast<double>(total))), 1, total - 1);
    // No histogram mixes warm-up and window.
    before_ = std::max(before_ - before_ % kFinePerCoarse, kFinePerCoarse);
    before_scale_ = static_cast<double>(before_) / static_cast<double>(warmup.count());
  } else {
    split_ = Duration{};
  }
  after_ = total - before_;
  after_scale_ = static_cast<double>(after_) / static_cast<double>((duration - split_).count());
}

std::size_t TimeGrid::fine(Time at) const {
  const double since = static_cast<double>((at.time_since_epoch() - split_).count());
  const std::size_t guess =
      since < 0
          ? static_cast<std::size_t>((since + static_cast<double>(split_.count())) * before_scale_)
          : before_ + static_cast<std::size_t>(since * after_scale_);
  // The product may be a rounding error on the wrong side of a boundary.
  std::size_t slice = std::min(guess, fine_slices() - 1);
  while (slice > 0 && at < begin_of(slice)) --slice;
  while (slice + 1 < fine_slices() && at >= begin_of(slice + 1)) ++slice;
  return slice;
}

Time TimeGrid::begin_of(std::size_t index) const {
  const auto part = [](Duration whole, std::size_t k, std::size_t n) {
    // k/n of a span of up to 2^55 ns needs more than 64 bits for the product.
    const auto width = whole.count() / static_cast<std::int64_t>(n);
    const auto rest = whole.count() % static_cast<std::int64_t>(n);
    return Duration{width * static_cast<std::int64_t>(k) +
                    rest * static_cast<std::int64_t>(k) / static_cast<std::int64_t>(n)};
  };
  if (index < before_) return Time{} + part(split_, index, before_);
  return Time{} + split_ + part(duration_ - split_, index - before_, after_);
}

void SliceFinder::find_anew(Time at) {
  slice_ = grid_.fine(at);
  begin_ = grid_.begin_of(slice_);
  end_ = slice_ + 1 < grid_.fine_slices() ? grid_.begin_of(slice_ + 1) : Time::max();
}

}  // namespace highwater
