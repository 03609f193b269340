#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "models/algorithms/balancing/peak_ewma.h"
#include "models/algorithms/random_bits.h"

namespace highwater::balancing {

/// Finagle's defaults; times in nanoseconds, counted in whole milliseconds where a rate is meant.
struct FailureAccrualOptions {
  std::uint32_t consecutive_failures = 5;  ///< 0: failures in a row do not count.
  double required_success_rate = 0.8;      ///< 0: the rate does not count.
  std::int64_t window = 30'000'000'000;    ///< Of the rate.
  std::uint64_t minimum_requests = 5;      ///< In the window, for the rate to count.
  std::int64_t mark_dead_start = 5'000'000'000;
  std::int64_t mark_dead_maximum = 300'000'000'000;
};

/// balancing EqualJitteredBackoff: waits that double, half of each by chance.
///
/// `start`, then start 2^k plus a random part of as much, up to `maximum`, where they stay.
///
/// Source   Finagle finagle-core Backoff.scala, EqualJittered.
/// Checked  tests/algorithms/finagle_test.cpp: scripted bits, bounds.
class EqualJitteredBackoff {
 public:
  EqualJitteredBackoff(std::int64_t start, std::int64_t maximum)
      : start_(std::max<std::int64_t>(1, start)), maximum_(std::max(start_, maximum)) {
    reset();
  }

  void reset() {
    wait_ = start_;
    attempt_ = 1;
  }

  /// The wait due, in the unit of `start`; draws for the one after it.
  template <BitSource G>
  std::int64_t next(G& bits) {
    const std::int64_t wait = wait_;
    if (wait < maximum_) {
      const int shift = static_cast<int>(std::min<std::uint32_t>(62, attempt_ - 1));
      const std::int64_t half = start_ >= maximum_ >> shift ? maximum_ : start_ << shift;
      // Uniform below half; the bias of the remainder is below half / 2^64.
      const auto part = static_cast<std::int64_t>(bits.bits() % static_cast<std::uint64_t>(half));
      wait_ = half >= maximum_ - part ? maximum_ : half + part;
      ++attempt_;
    }
    return wait;
  }

 private:
  std::int64_t start_;
  std::int64_t maximum_;
  std::int64_t wait_ = 0;
  std::uint32_t attempt_ = 1;
};

/// balancing WindowedCount: how many events there were in about the last `window`, in five slices.
///
/// Source   Twitter util util-core WindowedAdder.scala.
/// Checked  tests/algorithms/finagle_test.cpp: the expectations of its WindowedAdderTest.
class WindowedCount {
 public:
  WindowedCount(std::int64_t window, std::int64_t now)
      : slice_(std::max<std::int64_t>(1, window / kSlices)), turned_(now) {}

  void add(std::int64_t now) {
    turn(now);
    ++current_;
  }
  std::uint64_t sum(std::int64_t now) {
    turn(now);
    std::uint64_t sum = current_;
    for (const std::uint64_t slice : past_) sum += slice;
    return sum;
  }
  void reset(std::int64_t now) {
    past_ = {};
    current_ = 0;
    turned_ = now;
  }

 private:
  static constexpr std::int64_t kSlices = 5;

  void turn(std::int64_t now) {
    if (now - turned_ < slice_) return;
    past_[next_] = current_;
    current_ = 0;
    next_ = (next_ + 1) % past_.size();
    const std::int64_t skipped = (now - turned_) / slice_ - 1;
    for (std::int64_t i = std::min(skipped, kSlices - 1); i > 0; --i) {
      past_[next_] = 0;
      next_ = (next_ + 1) % past_.size();
    }
    turned_ = now;
  }

  std::int64_t slice_;
  std::int64_t turned_;
  std::array<std::uint64_t, kSlices - 1> past_{};
  std::size_t next_ = 0;
  std::uint64_t current_ = 0;
};

/// balancing FailureAccrual: when a client gives an endpoint up for a while; one per endpoint.
///
/// It is dead after five failures in a row, or when a failure finds the success rate of the last
/// 30 s below 0.8 (after a full window and at least five requests). Dead for 5 s, then longer and
/// longer; after that one request probes: success brings it back to life, failure does not.
///
/// A balancer is to send nothing while it is not open: Balancer::set_usable(accrual.open(now)).
///
/// O(1).
///
/// Assumes  a request that was begun before the endpoint died counts for nothing when it ends while
///          it is dead, as in Finagle; a failure to connect is begun and failed at once.
/// Source   Finagle finagle-core liveness/FailureAccrualFactory.scala, FailureAccrualPolicy.scala.
/// Checked  tests/algorithms/finagle_test.cpp: the expectations of Finagle's
///          FailureAccrualPolicyTest and the states of its FailureAccrualFactoryTest.
class FailureAccrual {
 public:
  enum class State : std::uint8_t {
    alive,
    dead,
    probe_open,    ///< One request may try.
    probe_closed,  ///< It is under way.
  };

  explicit FailureAccrual(const FailureAccrualOptions& options = {}, std::int64_t now = 0)
      : options_(options),
        rate_(std::max<std::int64_t>(1, options.window / kMillisecond)),
        requests_(options.window / kMillisecond, now / kMillisecond),
        started_(now),
        by_rate_(options.mark_dead_start, options.mark_dead_maximum),
        by_row_(options.mark_dead_start, options.mark_dead_maximum) {}

  State state(std::int64_t now) {
    if (state_ == State::dead && now >= dead_until_) state_ = State::probe_open;
    return state_;
  }

  /// Whether requests should be sent.
  bool open(std::int64_t now) {
    const State now_state = state(now);
    return now_state == State::alive || now_state == State::probe_open;
  }

  /// When the endpoint opens again; meaningful while it is dead.
  std::int64_t dead_until() const { return dead_until_; }

  /// A request has been sent.
  void began(std::int64_t now) {
    if (state(now) == State::probe_open) state_ = State::probe_closed;
  }

  void succeeded(std::int64_t now) {
    if (state(now) == State::probe_closed) {
      revive(now);
      state_ = State::alive;
    }
    failures_in_row_ = 0;
    requests_.add(now / kMillisecond);
    rate_.update(stamp(now), 1);
  }

  /// True if that gave the endpoint up.
  template <BitSource G>
  bool failed(std::int64_t now, G& bits) {
    const State before = state(now);
    if (before == State::dead || before == State::probe_open) return false;
    const std::int64_t dead_for = judge_failure(now, bits);
    if (dead_for > 0) {
      state_ = State::dead;
      dead_until_ = now + dead_for;
      return true;
    }
    if (before == State::probe_closed) state_ = State::probe_open;
    return false;
  }

  /// The request's end says nothing about the endpoint (cancelled): a probe may be tried again.
  void ignored(std::int64_t now) {
    if (state(now) == State::probe_closed) state_ = State::probe_open;
  }

 private:
  static constexpr std::int64_t kMillisecond = 1'000'000;

  std::int64_t stamp(std::int64_t now) const { return (now - started_) / kMillisecond; }

  /// How long to be dead, by whichever rule says longer; 0: not at all.
  template <BitSource G>
  std::int64_t judge_failure(std::int64_t now, G& bits) {
    std::int64_t dead_for = 0;
    requests_.add(now / kMillisecond);
    const double rate = rate_.update(stamp(now), 0);
    if (stamp(now) >= options_.window / kMillisecond && rate < options_.required_success_rate &&
        requests_.sum(now / kMillisecond) >= options_.minimum_requests)
      dead_for = by_rate_.next(bits);
    ++failures_in_row_;
    if (options_.consecutive_failures > 0 && failures_in_row_ >= options_.consecutive_failures)
      dead_for = std::max(dead_for, by_row_.next(bits));
    return dead_for;
  }

  void revive(std::int64_t now) {
    started_ = now;
    rate_.reset();
    requests_.reset(now / kMillisecond);
    failures_in_row_ = 0;
    by_rate_.reset();
    by_row_.reset();
  }

  FailureAccrualOptions options_;
  State state_ = State::alive;
  std::int64_t dead_until_ = 0;
  Ema rate_;
  WindowedCount requests_;
  std::int64_t started_;
  std::uint64_t failures_in_row_ = 0;
  EqualJitteredBackoff by_rate_;
  EqualJitteredBackoff by_row_;
};

}  // namespace highwater::balancing
