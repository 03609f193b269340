#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "models/algorithms/scaling/int_or_percent.h"

namespace highwater::scaling {

/// One ReplicaSet of a Deployment. The size is what the controller wants, the rest what it sees.
struct ReplicaSet {
  std::uint32_t replicas = 0;  ///< Wanted (spec).
  std::uint32_t created = 0;   ///< Pods that exist (status.replicas).
  std::uint32_t ready = 0;
  std::uint32_t available = 0;  ///< Ready for min_ready_seconds.
  /// The annotations desired-replicas and max-replicas: the Deployment's size and most pods when
  /// this set was scaled last. None: never by this controller.
  std::optional<std::uint32_t> desired_annotation;
  std::optional<std::uint32_t> max_annotation;
};

/// How a Deployment stands.
enum class RolloutStatus : std::uint8_t { progressing, complete, deadline_exceeded };

/// scaling rolling_update: one step of a Deployment's controller.
///
/// The new ReplicaSet grows as far as replicas + max_surge lets it; only if it need not, old ones
/// shrink: first by pods that are not available, the oldest set first, then as far as at least
/// replicas - max_unavailable stay available. A step is either one or the other, and the pods have
/// to follow before the next.
///
/// Where the Deployment itself was resized, sets of a rollout that is under way are resized in
/// proportion, the largest first, so that none is starved; the largest gets what rounding left.
///
/// max_surge is rounded up, max_unavailable down; both 0 makes max_unavailable 1. Progress is a set
/// that grew, shrank or got more ready or available pods; without any for longer than the deadline
/// the rollout has failed, which changes nothing but its status.
///
/// Edges: 0 replicas shrink everything at once. Old sets above the wanted size are shrunk as they
/// are. Sizes are below 2^31.
///
/// Source   Kubernetes pkg/controller/deployment/{rolling,sync,progress}.go and
///          util/deployment_util.go, 1.20 to 1.34 (the branch for anti-affinity of later versions
///          is not included).
/// Checked  tests/scaling/rolling_update_test.cpp: the cases of rolling_test.go, sync_test.go
///          (TestScale) and deployment_util_test.go; bounds kept in random rollouts.
class RollingUpdate {
 public:
  static constexpr std::int64_t kSecond = 1'000'000'000;

  struct Options {
    IntOrPercent max_surge{25, true};
    IntOrPercent max_unavailable{25, true};
    /// Nanoseconds; none: never (the largest number in the product).
    std::optional<std::int64_t> progress_deadline = 600 * kSecond;
  };

  explicit RollingUpdate(const Options& options) : options_(options) {}

  std::uint32_t max_surge(std::uint32_t replicas) const {
    return options_.max_surge.rounded_up(replicas);
  }
  std::uint32_t max_unavailable(std::uint32_t replicas) const {
    if (replicas == 0) return 0;
    const std::uint32_t down = options_.max_unavailable.rounded_down(replicas);
    if (down == 0 && max_surge(replicas) == 0) return 1;
    return std::min(down, replicas);
  }

  /// One sync. @param sets      The oldest first; the last is the one of the current template.
  ///                            Their sizes and annotations are changed.
  ///           @param replicas  The Deployment's size.
  /// @return whether any size changed.
  bool sync(std::int64_t now, std::uint32_t replicas, std::span<ReplicaSet> sets) {
    if (sets.empty()) return false;
    const bool changed = is_resized(replicas, sets) ? resize(replicas, sets) : roll(replicas, sets);
    update_status(now, replicas, sets);
    return changed;
  }

  RolloutStatus status() const { return status_; }
  /// After which it has failed unless something happens before.
  std::optional<std::int64_t> deadline() const {
    if (!options_.progress_deadline) return std::nullopt;
    return progressed_ + *options_.progress_deadline;
  }

  /// What the new set may have: all it wants within replicas + max_surge.
  std::uint32_t new_replicas(std::uint32_t replicas, std::span<const ReplicaSet> sets) const {
    const ReplicaSet& fresh = sets.back();
    const std::uint32_t most = replicas + max_surge(replicas);
    const std::uint32_t all = total(sets);
    if (all >= most || fresh.replicas >= replicas) return fresh.replicas;
    return fresh.replicas + std::min(most - all, replicas - fresh.replicas);
  }

 private:
  static std::uint32_t total(std::span<const ReplicaSet> sets) {
    std::uint32_t sum = 0;
    for (const ReplicaSet& set : sets) sum += set.replicas;
    return sum;
  }
  static std::uint32_t available(std::span<const ReplicaSet> sets) {
    std::uint32_t sum = 0;
    for (const ReplicaSet& set : sets) sum += set.available;
    return sum;
  }

  /// An active set was last scaled for another size of the Deployment.
  static bool is_resized(std::uint32_t replicas, std::span<const ReplicaSet> sets) {
    return std::any_of(sets.begin(), sets.end(), [&](const ReplicaSet& set) {
      return set.replicas > 0 && set.desired_annotation && *set.desired_annotation != replicas;
    });
  }

  /// @return whether the size changed.
  bool scale(ReplicaSet& set, std::uint32_t size, std::uint32_t replicas) const {
    set.desired_annotation = replicas;
    set.max_annotation = replicas + max_surge(replicas);
    return std::exchange(set.replicas, size) != size;
  }

  bool roll(std::uint32_t replicas, std::span<ReplicaSet> sets) const {
    ReplicaSet& fresh = sets.back();
    const std::uint32_t wanted =
        fresh.replicas > replicas ? replicas : new_replicas(replicas, sets);
    // A set is made at its size; the sync that makes it goes on to the old ones.
    const bool is_made = !fresh.desired_annotation && fresh.replicas == 0;
    const bool grew = scale(fresh, wanted, replicas);
    if (grew && !is_made) return true;
    return shrink(replicas, sets) || grew;
  }

  bool shrink(std::uint32_t replicas, std::span<ReplicaSet> sets) const {
    const std::span<ReplicaSet> old = sets.first(sets.size() - 1);
    if (total(old) == 0) return false;
    const std::int64_t least = std::int64_t{replicas} - max_unavailable(replicas);
    const ReplicaSet& fresh = sets.back();
    const std::int64_t missing = std::int64_t{fresh.replicas} - fresh.available;
    const std::int64_t most = std::int64_t{total(sets)} - least - missing;
    if (most <= 0) return false;
    std::int64_t done = 0;
    for (ReplicaSet& set : old) {  // what is not available first
      if (done >= most) break;
      if (set.replicas <= set.available) continue;
      const std::int64_t step = std::min<std::int64_t>(most - done, set.replicas - set.available);
      scale(set, set.replicas - static_cast<std::uint32_t>(step), replicas);
      done += step;
    }
    const std::int64_t spare = std::int64_t{available(sets)} - least;
    std::int64_t given_up = 0;
    for (ReplicaSet& set : old) {
      if (given_up >= spare) break;
      const std::int64_t step = std::min<std::int64_t>(set.replicas, spare - given_up);
      if (step > 0) scale(set, set.replicas - static_cast<std::uint32_t>(step), replicas);
      given_up += step;
    }
    return done + given_up > 0;
  }

  bool resize(std::uint32_t replicas, std::span<ReplicaSet> sets) {
    order_.clear();
    for (std::size_t i = 0; i < sets.size(); ++i)
      if (sets[i].replicas > 0) order_.push_back(i);
    if (order_.size() == 1) return scale(sets[order_[0]], replicas, replicas);
    const ReplicaSet& fresh = sets.back();
    bool changed = false;
    if (fresh.replicas == replicas && fresh.desired_annotation == replicas &&
        fresh.available == replicas) {
      for (const std::size_t i : order_)
        if (i + 1 < sets.size()) changed |= scale(sets[i], 0, replicas);
      return changed;
    }
    const std::int64_t allowed = replicas == 0 ? 0 : std::int64_t{replicas} + max_surge(replicas);
    const std::int64_t to_add = allowed - total(sets);
    // Of equal size, newer ones grow first and older ones shrink first.
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      if (sets[a].replicas != sets[b].replicas) return sets[a].replicas > sets[b].replicas;
      return to_add > 0 ? a > b : a < b;
    });
    std::int64_t added = 0;
    sizes_.clear();
    for (const std::size_t i : order_) {
      const std::int64_t share = proportion(sets[i], replicas, total_created(sets), to_add, added);
      sizes_.push_back(std::int64_t{sets[i].replicas} + share);
      added += share;
    }
    if (to_add != 0) sizes_[0] = std::max<std::int64_t>(0, sizes_[0] + to_add - added);
    for (std::size_t k = 0; k < order_.size(); ++k)
      changed |= scale(sets[order_[k]], static_cast<std::uint32_t>(sizes_[k]), replicas);
    return changed;
  }

  static std::uint32_t total_created(std::span<const ReplicaSet> sets) {
    std::uint32_t sum = 0;
    for (const ReplicaSet& set : sets) sum += set.created;
    return sum;
  }

  std::int64_t proportion(const ReplicaSet& set, std::uint32_t replicas, std::uint32_t created,
                          std::int64_t to_add, std::int64_t added) const {
    if (set.replicas == 0 || to_add == 0 || to_add == added) return 0;
    const std::int64_t fraction = share(set, replicas, created);
    return to_add > 0 ? std::min(fraction, to_add - added) : std::max(fraction, to_add - added);
  }

  /// How much the set should change to keep its part.
  std::int64_t share(const ReplicaSet& set, std::uint32_t replicas, std::uint32_t created) const {
    if (replicas == 0) return -std::int64_t{set.replicas};
    std::uint32_t before = set.max_annotation.value_or(0);
    if (before == 0) before = created;  // not accurate, but the best there is
    if (before == 0) return 0;
    const double size = static_cast<double>(std::int64_t{set.replicas} *
                                            (std::int64_t{replicas} + max_surge(replicas))) /
                        before;
    return static_cast<std::int64_t>(std::round(size)) - set.replicas;
  }

  struct Seen {
    std::uint32_t updated = 0;
    std::uint32_t old = 0;
    std::uint32_t ready = 0;
    std::uint32_t available = 0;
  };

  void update_status(std::int64_t now, std::uint32_t replicas, std::span<const ReplicaSet> sets) {
    Seen seen;
    for (const ReplicaSet& set : sets) {
      seen.old += set.created;
      seen.ready += set.ready;
      seen.available += set.available;
    }
    seen.updated = sets.back().created;
    seen.old -= seen.updated;
    const bool complete = seen.updated == replicas && seen.old == 0 && seen.available == replicas;
    const bool progresses = !last_ || seen.updated > last_->updated || seen.old < last_->old ||
                            seen.ready > last_->ready || seen.available > last_->available;
    // A rollout that is complete stays so until its template changes, which shows as pods that
    // are not of the new one.
    const bool begins = status_ == RolloutStatus::complete && seen.old > 0;
    const bool stays = status_ == RolloutStatus::complete && seen.old == 0;
    if (complete || stays) {
      status_ = RolloutStatus::complete;
    } else if (progresses || begins) {
      status_ = RolloutStatus::progressing;
      progressed_ = now;
    } else if (status_ == RolloutStatus::progressing && options_.progress_deadline &&
               progressed_ + *options_.progress_deadline < now) {
      status_ = RolloutStatus::deadline_exceeded;
    }
    last_ = seen;
  }

  Options options_;
  RolloutStatus status_ = RolloutStatus::progressing;
  std::int64_t progressed_ = 0;
  std::optional<Seen> last_;
  std::vector<std::size_t> order_;  // scratch
  std::vector<std::int64_t> sizes_;
};

}  // namespace highwater::scaling
