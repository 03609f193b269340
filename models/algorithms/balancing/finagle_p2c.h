#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/balancer.h"

namespace highwater::balancing {

struct FinagleOptions {
  /// How many pairs are drawn for a usable target before any target will do (PanicMode.maxEffort).
  std::uint32_t max_effort = 4;
  /// Whether any target will do then. Finagle cannot do without; false: one that is usable, or
  /// none.
  bool panic = true;
  /// peak_ewma: nanoseconds in which a past latency fades to 1/e.
  std::int64_t decay_time = 10'000'000'000;
};

/// Targets by weight, as Finagle's TrafficDistributor groups them: a class of equal weights gets
/// requests in proportion to weight times number, and within it all are alike.
class FinagleWeightClasses {
 public:
  struct Class {
    std::uint32_t weight;
    std::uint64_t share_end;  ///< Weight times number, summed up to and including this one.
    std::vector<std::uint32_t> members;
  };

  explicit FinagleWeightClasses(const Balancer& balancer) {
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < balancer.size(); ++i)
      if (balancer.weight(i) > 0) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return balancer.weight(a) < balancer.weight(b);
    });
    std::uint64_t sum = 0;
    for (const std::uint32_t i : order) {
      if (classes_.empty() || classes_.back().weight != balancer.weight(i))
        classes_.push_back({balancer.weight(i), 0, {}});
      classes_.back().members.push_back(i);
      classes_.back().share_end = sum += balancer.weight(i);
    }
  }

  std::size_t size() const { return classes_.size(); }
  const Class& operator[](std::size_t i) const { return classes_[i]; }

  /// By weight; size() > 0. Draws only if there are several classes.
  std::size_t draw(AnyBits& bits) const {
    if (classes_.size() == 1) return 0;
    const std::uint64_t mark = bits.bits() % classes_.back().share_end;
    std::size_t i = 0;
    while (mark >= classes_[i].share_end) ++i;
    return i;
  }

 private:
  std::vector<Class> classes_;
};

/// balancing FinagleP2c: two distinct targets at random, and of these the usable one, or else the
/// less loaded one; of equals, the first.
///
/// Up to max_effort pairs are drawn until the better of two is usable. After that Finagle panics:
/// it takes what the next pair gives, usable or not. Load is what the policy says: Load(targets)
/// with load(target, now), began and ended.
///
/// O(1) per pick, O(weight classes) with several; O(n) where all pairs fail.
///
/// Assumes  targets that are full or were tried count as not usable, and are passed over in panic
///          too (by going on to the next in the class, then in the other classes); a class of
///          weights that is drawn stays drawn while somebody in it may be picked.
/// Source   Finagle finagle-core loadbalancer/p2c/P2CPick.scala, loadbalancer/Balancer.scala (pick
///          and apply), PanicMode.scala, TrafficDistributor.scala.
/// Checked  tests/algorithms/finagle_test.cpp: shares by number of choices, panic as often as
///          Finagle's P2CPanicModeTest demands.
template <class Load>
class FinagleP2c final : public Balancer {
 public:
  explicit FinagleP2c(std::vector<Target> targets, const FinagleOptions& options = {})
      : Balancer(std::move(targets)),
        max_effort_(std::min(options.max_effort, kMostEffort)),
        panic_(options.panic),
        load_(*this, options),
        classes_(*this) {}

  /// The load that decides, as of now.
  double load(std::size_t target, std::int64_t now) { return load_.load(*this, target, now); }

 private:
  static constexpr std::uint32_t kMostEffort = 1000;  // chosen; Finagle knows 0 to 5

  Pick choose(const Question& question, AnyBits& bits) override {
    if (classes_.size() == 0) return std::nullopt;
    const std::size_t drawn = classes_.draw(bits);
    const std::size_t chosen = class_with_usable(drawn, question);
    const std::vector<std::uint32_t>& members = classes_[chosen].members;
    for (std::uint32_t effort = 0; effort < max_effort_; ++effort) {
      const std::uint32_t picked = better_of_two(members, question, bits);
      if (available(picked, question)) return picked;
    }
    const std::uint32_t picked = better_of_two(members, question, bits);
    if (panic_ && accepts(picked, question)) return picked;
    return next_accepting(chosen, picked, question);
  }

  void began(std::size_t target, const Question& question) override {
    load_.began(*this, target, question);
  }
  void ended(std::size_t target, const Ending& ending) override {
    load_.ended(*this, target, ending);
  }
  void weight_changed(std::size_t, std::int64_t) override {
    classes_ = FinagleWeightClasses(*this);
  }

  bool accepts(std::size_t i, const Question& question) const {
    return !full(i) && !was_tried(i, question);
  }

  /// Like Finagle's firstOpen: where nobody in the class is usable, the next class that has one.
  std::size_t class_with_usable(std::size_t drawn, const Question& question) const {
    if (classes_.size() == 1) return drawn;
    for (std::size_t step = 0; step < classes_.size(); ++step) {
      const std::size_t i = (drawn + step) % classes_.size();
      for (const std::uint32_t member : classes_[i].members)
        if (available(member, question)) return i;
    }
    return drawn;
  }

  std::uint32_t better_of_two(const std::vector<std::uint32_t>& members, const Question& question,
                              AnyBits& bits) {
    const auto count = static_cast<std::uint32_t>(members.size());
    if (count == 1) return members[0];
    const std::uint32_t first = random_below(count, bits);
    std::uint32_t second = random_below(count - 1, bits);
    second += second >= first;
    const std::uint32_t a = members[first];
    const std::uint32_t b = members[second];
    const bool a_usable = available(a, question);
    if (a_usable != available(b, question)) return a_usable ? a : b;
    return load_.load(*this, a, question.now) <= load_.load(*this, b, question.now) ? a : b;
  }

  Pick next_accepting(std::size_t chosen, std::uint32_t picked, const Question& question) const {
    Pick any;
    for (std::size_t step = 0; step < classes_.size(); ++step) {
      const std::vector<std::uint32_t>& members =
          classes_[(chosen + step) % classes_.size()].members;
      const auto start = static_cast<std::size_t>(
          std::find(members.begin(), members.end(), picked) - members.begin());
      for (std::size_t k = 0; k < members.size(); ++k) {
        const std::uint32_t i = members[(start + k) % members.size()];
        if (available(i, question)) return i;
        if (panic_ && !any && accepts(i, question)) any = i;
      }
    }
    return any;
  }

  std::uint32_t max_effort_;
  bool panic_;
  Load load_;
  FinagleWeightClasses classes_;
};

/// Requests in flight.
struct FinagleLeastLoaded {
  FinagleLeastLoaded(const Balancer&, const FinagleOptions&) {}
  double load(const Balancer& balancer, std::size_t target, std::int64_t) const {
    return balancer.in_flight(target);
  }
  void began(const Balancer&, std::size_t, const Question&) {}
  void ended(const Balancer&, std::size_t, const Ending&) {}
};

/// balancing finagle_p2c: of two distinct targets drawn, the one with fewer requests in flight.
///
/// Source   Finagle finagle-core loadbalancer/p2c/P2CLeastLoaded.scala, LeastLoaded.scala.
/// Checked  tests/algorithms/finagle_test.cpp
using FinagleP2cLeastLoaded = FinagleP2c<FinagleLeastLoaded>;

}  // namespace highwater::balancing
