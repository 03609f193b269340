#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace highwater::balancing {

struct EnvoyPriorityOptions {
  /// Per cent of the targets of a level: with fewer healthy ones, all are used, healthy or not.
  std::uint32_t panic_threshold = 50;
  /// Per cent: a level counts as healthy to this times the share of its healthy targets.
  std::uint32_t overprovisioning_factor = 140;
  /// Measures a level's health by the weights of its targets and not by their number.
  bool weighted_priority_health = false;
};

/// The targets of one priority level.
struct EnvoyLevel {
  std::uint64_t hosts = 0;
  std::uint64_t healthy = 0;
  std::uint64_t degraded = 0;  ///< Not among the healthy: used when those do not suffice.
  std::uint64_t weight = 0;    ///< Sums of weights: for weighted_priority_health only.
  std::uint64_t healthy_weight = 0;
  std::uint64_t degraded_weight = 0;
};

/// balancing EnvoyPriorities: which share of the requests each priority level gets, and which
/// levels are in panic.
///
/// Level 0 gets everything while 1.4 times its share of healthy targets makes 100 %; what it cannot
/// take spills over to level 1, and so on, first to the healthy targets of all levels and then to
/// the degraded ones. If all of them together make less than 100 % they share in proportion, and a
/// level with less than half of its targets usable is in panic: health no longer counts there. If
/// every level is in panic they share by their numbers of targets.
///
/// Assumes  no hosts excluded until their first health check.
/// Source   Envoy source/extensions/load_balancing_policies/common/load_balancer_impl.cc,
///          recalculatePerPriorityState, recalculatePerPriorityPanic, recalculateLoadInTotalPanic
///          and choosePriority.
/// Checked  tests/algorithms/envoy_priority_test.cpp: the tables of Envoy's
///          load_balancer_impl_test.cc (OverProvisioningFactor, GentleFailover and others).
class EnvoyPriorities {
 public:
  struct Choice {
    std::uint32_t level = 0;
    bool degraded = false;
  };

  /// No level: choose() says level 0.
  EnvoyPriorities() = default;

  EnvoyPriorities(std::span<const EnvoyLevel> levels, const EnvoyPriorityOptions& options)
      : healthy_load_(levels.size()), degraded_load_(levels.size()), panic_(levels.size()) {
    if (levels.empty()) return;
    std::vector<std::uint32_t> health;
    std::vector<std::uint32_t> degraded;
    std::uint64_t available = 0;
    for (const EnvoyLevel& level : levels) {
      const bool by_weight = options.weighted_priority_health;
      const std::uint64_t whole = by_weight ? level.weight : level.hosts;
      health.push_back(share(by_weight ? level.healthy_weight : level.healthy, whole, options));
      degraded.push_back(share(by_weight ? level.degraded_weight : level.degraded, whole, options));
      available += health.back() + degraded.back();
    }
    const auto total = static_cast<std::uint32_t>(std::min<std::uint64_t>(available, 100));
    if (total > 0) distribute(health, degraded, total);
    set_panic(levels, std::min(options.panic_threshold, 100u), total);
  }

  /// Per cent of the requests; over all levels both kinds sum up to 100.
  std::uint32_t healthy_load(std::size_t level) const { return healthy_load_[level]; }
  std::uint32_t degraded_load(std::size_t level) const { return degraded_load_[level]; }
  bool panic(std::size_t level) const { return panic_[level] != 0; }
  std::size_t size() const { return healthy_load_.size(); }

  /// The level that a request with this hash or random number goes to.
  Choice choose(std::uint64_t hash) const {
    const std::uint64_t mark = hash % 100 + 1;
    std::uint64_t sum = 0;
    for (std::uint32_t level = 0; level < size(); ++level)
      if (mark <= (sum += healthy_load_[level])) return {level, false};
    for (std::uint32_t level = 0; level < size(); ++level)
      if (mark <= (sum += degraded_load_[level])) return {level, true};
    return {};
  }

  /// The one level whose healthy targets, or in panic all of them, get every request; else size().
  std::size_t only_level() const {
    for (std::size_t level = 0; level < size(); ++level)
      if (healthy_load_[level] == 100) return level;
    return size();
  }

 private:
  static std::uint32_t share(std::uint64_t part, std::uint64_t whole,
                             const EnvoyPriorityOptions& options) {
    if (whole == 0) return 0;
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(100, options.overprovisioning_factor * part / whole));
  }

  static std::uint32_t take(const std::vector<std::uint32_t>& available, std::uint32_t total,
                            std::uint32_t load, std::vector<std::uint32_t>& loads) {
    for (std::size_t i = 0; i < available.size(); ++i) {
      loads[i] = std::min(load, available[i] * 100 / total);
      load -= loads[i];
    }
    return load;
  }

  static std::size_t first_positive(const std::vector<std::uint32_t>& values) {
    const auto found =
        std::find_if(values.begin(), values.end(), [](std::uint32_t value) { return value > 0; });
    return static_cast<std::size_t>(found - values.begin());
  }

  void distribute(const std::vector<std::uint32_t>& health,
                  const std::vector<std::uint32_t>& degraded, std::uint32_t total) {
    const std::uint32_t left = take(health, total, 100, healthy_load_);
    const std::uint32_t rounding = take(degraded, total, left, degraded_load_);
    if (const std::size_t first = first_positive(health); first < health.size())
      healthy_load_[first] += rounding;
    else
      degraded_load_[first_positive(degraded)] += rounding;
  }

  void set_panic(std::span<const EnvoyLevel> levels, std::uint32_t threshold, std::uint32_t total) {
    if (threshold == 0 && total == 0) {  // level 0 gets requests that nobody there can take
      healthy_load_[0] = 100;
      return;
    }
    bool everywhere = true;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      const auto hosts = static_cast<double>(levels[i].hosts);
      const double healthy =
          levels[i].hosts == 0 ? 0.0 : 100.0 * static_cast<double>(levels[i].healthy) / hosts;
      const double degraded =
          levels[i].hosts == 0 ? 0.0 : 100.0 * static_cast<double>(levels[i].degraded) / hosts;
      panic_[i] = total != 100 && healthy + degraded < threshold;
      everywhere = everywhere && panic_[i];
    }
    if (everywhere) share_by_numbers(levels);
  }

  void share_by_numbers(std::span<const EnvoyLevel> levels) {
    std::uint64_t hosts = 0;
    for (const EnvoyLevel& level : levels) hosts += level.hosts;
    if (hosts == 0) {
      healthy_load_[0] = 100;
      return;
    }
    std::uint32_t left = 100;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      healthy_load_[i] = static_cast<std::uint32_t>(100 * levels[i].hosts / hosts);
      degraded_load_[i] = 0;
      left -= healthy_load_[i];
    }
    const auto first = std::find_if(levels.begin(), levels.end(),
                                    [](const EnvoyLevel& level) { return level.hosts != 0; });
    healthy_load_[static_cast<std::size_t>(first - levels.begin())] += left;
  }

  std::vector<std::uint32_t> healthy_load_;
  std::vector<std::uint32_t> degraded_load_;
  std::vector<std::uint8_t> panic_;
};

}  // namespace highwater::balancing
