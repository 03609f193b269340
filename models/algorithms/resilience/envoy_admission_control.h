#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/math/math.h"
#include "models/algorithms/random_bits.h"

namespace highwater::resilience {

struct EnvoyAdmissionControlOptions {
  std::int64_t sampling_window = 30'000'000'000;  ///< Nanoseconds, of which whole seconds count.
  double sr_threshold = 0.95;  ///< Success rate below which requests are refused; above 1: as 1.
  double aggression = 1;       ///< Below 1 or NaN: as 1.
  std::uint32_t rps_threshold = 0;  ///< Requests per second below which nothing is refused.
  double max_rejection_probability = 0.8;
};

/// resilience envoy_admission_control: refuses requests with a probability that grows as their
/// success rate falls.
///
/// p = ((n - s / sr_threshold) / (n + 1)) ^ (1 / aggression), at most the greatest; n requests and
/// s successes were answered within the window. It is refused if 10,000 p exceeds a draw modulo
/// 10,000. What is refused is not counted, what is answered counts when it is.
///
/// The history is of entries that begin a second or more apart, each dropped whole when it is as
/// old as the window; so the window is up to a second longer. The rate for rps_threshold is that
/// of what is remembered, over the window or the age of the oldest entry, whole requests and
/// seconds: it does not forget by itself what is too old.
///
/// sr_threshold 0: nothing is refused. A window below a second is a second. Where time goes
/// backwards entries are younger.
///
/// Source   Envoy source/extensions/filters/http/admission_control/admission_control.cc
///          (shouldRejectRequest), thread_local_controller.cc; defaults of the filter.
/// Checked  tests/overload/envoy_admission_control_test.cpp: Envoy's controller tests, by hand.
class EnvoyAdmissionControl {
 public:
  explicit EnvoyAdmissionControl(const EnvoyAdmissionControlOptions& options = {})
      : options_(options),
        window_(std::max<std::int64_t>(1, options.sampling_window / kSecond)),
        entries_(static_cast<std::size_t>(std::min<std::int64_t>(window_, kMostEntries)) + 1) {
    options_.sr_threshold = std::min(options.sr_threshold, 1.0);
    if (!(options.aggression >= 1)) options_.aggression = 1;
  }

  /// With which probability a request would be refused now; before rps_threshold.
  double probability(std::int64_t now) {
    update(now);
    const auto n = static_cast<double>(total_.requests);
    const auto s = static_cast<double>(total_.successes);
    double p = (n - s / options_.sr_threshold) / (n + 1);
    if (options_.aggression != 1) p = math::pow(p, 1 / options_.aggression);
    p = std::min(p, options_.max_rejection_probability);
    return p > 0 ? p : 0;  // it is not a number where a root is taken below zero
  }

  /// Whole requests a second.
  std::uint64_t average_rps(std::int64_t now) const {
    if (size_ == 0 || total_.requests == 0) return 0;
    const std::int64_t seconds = std::max(window_, (now - entries_[first_].time) / kSecond);
    return total_.requests / static_cast<std::uint64_t>(seconds);
  }

  /// @return whether the request goes on. Draws once, unless the rate is below its threshold.
  bool admit(std::int64_t now, AnyBits bits) {
    if (average_rps(now) < options_.rps_threshold) return true;
    const double refused = 1e4 * probability(now);
    return !(refused > static_cast<double>(bits.bits() % 10'000));
  }

  /// A request that was let through was answered.
  void record(std::int64_t now, bool success) {
    update(now);
    Entry& newest = entries_[(first_ + size_ - 1) % entries_.size()];
    ++newest.counts.requests;
    ++total_.requests;
    newest.counts.successes += success;
    total_.successes += success;
  }

 private:
  static constexpr std::int64_t kSecond = 1'000'000'000;
  static constexpr std::int64_t kMostEntries = 86'400;  // chosen: a day

  struct Counts {
    std::uint64_t requests = 0;
    std::uint64_t successes = 0;
  };
  struct Entry {
    std::int64_t time = 0;
    Counts counts{};
  };

  void update(std::int64_t now) {
    while (size_ > 0 &&
           (now - entries_[first_].time >= window_ * kSecond || size_ == entries_.size())) {
      total_.requests -= entries_[first_].counts.requests;
      total_.successes -= entries_[first_].counts.successes;
      first_ = (first_ + 1) % entries_.size();
      --size_;
    }
    if (size_ == 0 || now - entries_[(first_ + size_ - 1) % entries_.size()].time >= kSecond) {
      entries_[(first_ + size_) % entries_.size()] = {now, {}};
      ++size_;
    }
  }

  EnvoyAdmissionControlOptions options_;
  std::int64_t window_;         // seconds
  std::vector<Entry> entries_;  // a ring
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  Counts total_{};
};

}  // namespace highwater::resilience
