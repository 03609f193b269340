#pragma once

#include <cstdint>

#include "models/algorithms/storage/clock_sweep.h"

namespace highwater::storage {

struct BackgroundWriterOptions {
  std::int64_t delay = 200'000'000;  ///< bgwriter_delay, between rounds; at least 1
  std::uint32_t max_pages = 100;     ///< bgwriter_lru_maxpages; 0: never writes
  double multiplier = 2;             ///< bgwriter_lru_multiplier
};

/// storage background_writer: PostgreSQL's guess of the buffers that will be needed until its next
/// round, and which dirty ones among them it writes now so that no query has to.
///
/// It runs ahead of the hand of the clock sweep. What was needed lately is followed at once upwards
/// and slowly downwards, times a multiplier; how many buffers must be passed for a reusable one is
/// a moving average. Two minutes are enough to go round the pool in any case.
///
/// Source   PostgreSQL 15, src/backend/storage/buffer/bufmgr.c, BgBufferSync.
/// Checked  tests/storage/background_writer_test.cpp: by hand; it never overtakes the hand by more
///          than a lap, nor writes what is clean, used or pinned.
class BackgroundWriter {
 public:
  explicit BackgroundWriter(const BackgroundWriterOptions& options) : options_(options) {}

  /// One round.
  /// @param write  Called for each buffer that is to be written.
  /// @return whether there is so little to do that it may sleep longer.
  template <class Write>
  bool round(const ClockSweep& pool, Write&& write) {
    const std::uint64_t taken = pool.taken() - taken_before_;
    taken_before_ = pool.taken();
    if (options_.max_pages == 0) return true;
    const std::int64_t buffers = pool.capacity();
    const std::int64_t hand =
        static_cast<std::int64_t>(pool.rounds()) * buffers + pool.hand();  // on a straight line
    if (next_ < hand || !begun_) next_ = hand;
    const std::int64_t ahead = next_ - hand;  // at most a lap
    const std::int64_t moved = begun_ ? hand - hand_before_ : 0;
    begun_ = true;
    hand_before_ = hand;
    if (moved > 0 && taken > 0) learn_density(static_cast<double>(moved), taken);

    const auto reusable_ahead = static_cast<std::int64_t>(static_cast<double>(ahead) / density_);
    if (needed_ <= static_cast<double>(taken))
      needed_ = static_cast<double>(taken);
    else
      needed_ += (static_cast<double>(taken) - needed_) / kSamples;
    auto wanted = static_cast<std::int64_t>(needed_ * options_.multiplier);
    if (wanted == 0) needed_ = 0;
    const auto least = static_cast<std::int64_t>(
        static_cast<double>(buffers) / (kWholePool / static_cast<double>(options_.delay)));
    if (wanted < least + reusable_ahead) wanted = least + reusable_ahead;

    const std::int64_t lap = buffers - ahead;
    std::int64_t passed = 0;
    std::int64_t reusable = reusable_ahead;
    for (std::uint32_t written = 0; passed < lap && reusable < wanted; ++passed) {
      const auto at = static_cast<std::uint32_t>(next_++ % buffers);
      if (!pool.reusable(at)) continue;
      ++reusable;
      if (at >= pool.size() || !pool.dirty(at)) continue;
      write(at);
      if (++written < options_.max_pages) continue;
      ++passed;
      break;
    }
    if (passed > 0 && reusable > reusable_ahead)
      learn_density(static_cast<double>(passed),
                    static_cast<std::uint64_t>(reusable - reusable_ahead));
    return lap == 0 && taken == 0;
  }

 private:
  static constexpr double kSamples = 16;       // smoothing_samples
  static constexpr double kWholePool = 120e9;  // scan_whole_pool_milliseconds

  void learn_density(double passed, std::uint64_t found) {
    density_ += (passed / static_cast<double>(found) - density_) / kSamples;
  }

  BackgroundWriterOptions options_;
  bool begun_ = false;
  std::int64_t next_ = 0;  // buffer to look at, counted on from round to round as the hand is
  std::int64_t hand_before_ = 0;  // at the last round
  std::uint64_t taken_before_ = 0;
  double density_ = 10;  // buffers passed for each reusable one
  double needed_ = 0;    // buffers in a round, smoothed
};

}  // namespace highwater::storage
