#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/algorithms/random_bits.h"
#include "models/algorithms/storage/decaying_reservoir.h"

namespace highwater::storage {

struct DynamicSnitchOptions {
  std::int64_t update_interval = 100'000'000;     ///< dynamic_snitch_update_interval
  std::int64_t reset_interval = 600'000'000'000;  ///< dynamic_snitch_reset_interval
  double badness_threshold = 1.0;                 ///< dynamic_snitch_badness_threshold, from 4.1 on
};

/// dynamic_snitch: in which order a Cassandra coordinator prefers the replicas of a row to read.
///
/// Every update interval a node's score becomes the median of what its reads took, newer ones
/// counting more, as a share of the worst node's. The order of the plain snitch stays unless one of
/// its scores is worse than the best possible one at that place by more than the threshold; then
/// the scores order. Every reset interval all samples are forgotten, so that a node that nobody
/// reads from any more gets a chance.
///
/// Time O(r log r) for r replicas; an update sorts a hundred values for every node that was read
/// from since the last one.
///
/// Edges    a node without samples scores 0, the best. Latencies count in whole milliseconds, so
///          that nodes which all answer within one look alike: in Cassandra too. A worst median
///          below 1 ms is taken for 1 ms. A threshold of 0: the scores always order.
/// Differs  no severity is added (compactions), which Cassandra gossips.
/// Source   Apache Cassandra 4.1, locator/DynamicEndpointSnitch.java (receiveTiming, updateScores,
///          sortedByProximityWithBadness, reset).
/// Checked  tests/storage/dynamic_snitch_test.cpp: scores by hand, the badness threshold against a
///          second implementation over random scores, updates and resets.
class DynamicSnitch {
 public:
  DynamicSnitch(DynamicSnitchOptions options, std::size_t nodes)
      : options_(options), samples_(nodes), scores_(nodes) {}

  /// A read at `node` took so long; times never go back.
  template <BitSource G>
  void received(std::int64_t now, std::uint32_t node, std::int64_t latency, G& bits) {
    settle(now);
    samples_[node].add(now, latency / kMillisecond, bits);
  }

  /// @param replicas  In the order of the plain snitch, which is stable for equal scores.
  void sort(std::int64_t now, std::span<std::uint32_t> replicas) {
    settle(now);
    if (replicas.size() < 2) return;
    if (options_.badness_threshold > 0 && !is_bad(replicas)) return;
    std::stable_sort(replicas.begin(), replicas.end(),
                     [this](std::uint32_t a, std::uint32_t b) { return scores_[a] < scores_[b]; });
  }

  double score(std::int64_t now, std::uint32_t node) {
    settle(now);
    return scores_[node];
  }

 private:
  static constexpr std::int64_t kMillisecond = 1'000'000;

  bool is_bad(std::span<const std::uint32_t> replicas) {
    sorted_.clear();
    for (const std::uint32_t node : replicas) sorted_.push_back(scores_[node]);
    std::sort(sorted_.begin(), sorted_.end());
    for (std::size_t i = 0; i < replicas.size(); ++i)
      if (scores_[replicas[i]] > sorted_[i] * (1 + options_.badness_threshold)) return true;
    return false;
  }

  /// Does what both timers would have done up to now. Between two of their turns nothing came.
  void settle(std::int64_t now) {
    const std::int64_t update = now / options_.update_interval;
    const std::int64_t reset = now / options_.reset_interval;
    if (update == update_ && reset == reset_) return;
    const bool was_reset = reset != reset_;
    // The last sample came before both; an update before the reset sees it, one after it does not.
    const std::int64_t reset_at = reset * options_.reset_interval;
    if (was_reset) {
      if ((reset_at - 1) / options_.update_interval != update_) update_scores();
      for (DecayingReservoir& samples : samples_) samples.clear();
    }
    if (!was_reset || update > (reset_at - 1) / options_.update_interval) update_scores();
    update_ = update;
    reset_ = reset;
  }

  void update_scores() {
    std::int64_t worst = 1;
    for (const DecayingReservoir& samples : samples_) worst = std::max(worst, samples.median());
    for (std::size_t i = 0; i < samples_.size(); ++i)
      scores_[i] = static_cast<double>(samples_[i].median()) / static_cast<double>(worst);
  }

  DynamicSnitchOptions options_;
  std::vector<DecayingReservoir> samples_;
  std::vector<double> scores_;
  std::vector<double> sorted_;
  std::int64_t update_ = 0;
  std::int64_t reset_ = 0;
};

}  // namespace highwater::storage
