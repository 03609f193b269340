#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace highwater::balancing {

/// balancing EdfScheduler: the entry whose deadline is the earliest, again and again; an entry
/// picked is due again 1 / weight later.
///
/// The deadlines are virtual time, so entries come up in proportion to their weights, evenly
/// spread, and the weights may be any positive numbers that change from pick to pick: the new one
/// counts from the entry's next turn on. Entries due at once go first come, first served.
///
/// Picks take O(log n), the start O(n) whatever the number of picks made up; memory O(n).
///
/// Assumes  no looking ahead (Envoy's peekAgain serves connections opened in advance), and entries
///          are numbers below 2^32; whoever's set of entries changes makes a new schedule.
/// Source   Envoy source/common/upstream/edf_scheduler.h, EdfScheduler.
/// Checked  tests/algorithms/envoy_edf_test.cpp: the expectations of Envoy's edf_scheduler_test.cc
///          and of the weighted tests of its load_balancer_impl_test.cc.
class EdfScheduler {
 public:
  /// No entries.
  EdfScheduler() = default;

  /// Entries 0 … count - 1, as after `picks` picks at constant weights: what keeps many schedules
  /// of equal entries from starting with the same one.
  ///
  /// @param weight  weight(entry) > 0.
  /// @param picks   Counts modulo 429,496,729, as in Envoy.
  template <class Weight>
  static EdfScheduler with_picks(std::uint32_t count, const Weight& weight, std::uint32_t picks) {
    constexpr std::uint32_t kMostPicks = 429'496'729;
    // Without it, rounding can put the deadlines of weights that are multiples of each other in an
    // order that picking one after the other never yields.
    constexpr double kEpsilon = 1e-13;
    picks %= kMostPicks;
    EdfScheduler scheduler;
    if (count == 0) return scheduler;
    double sum = 0;
    for (std::uint32_t i = 0; i < count; ++i) sum += weight(i) + kEpsilon;
    // Of P picks an entry gets at least floor(P weight / sum); those are made up at once.
    std::uint32_t done = 0;
    scheduler.heap_.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const double own = weight(i) + kEpsilon;
      auto turns = static_cast<std::uint32_t>(own * picks / sum);
      if (turns > 0 && turns / own >= picks / sum) --turns;
      scheduler.heap_.push_back({(turns + 1) / own, i, i});
      scheduler.now_ = std::max(scheduler.now_, turns / own);
      done += turns;
    }
    scheduler.arrivals_ = count;
    std::make_heap(scheduler.heap_.begin(), scheduler.heap_.end(), later);
    for (; done < picks; ++done) scheduler.pick(weight);
    return scheduler;
  }

  /// An entry more; weight > 0.
  void add(double weight, std::uint32_t entry) {
    heap_.push_back({now_ + 1.0 / weight, arrivals_++, entry});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  /// The entry due, which is put back with the weight it has now; nothing without entries.
  template <class Weight>
  std::optional<std::uint32_t> pick(const Weight& weight) {
    if (heap_.empty()) return std::nullopt;
    const std::uint32_t entry = heap_.front().entry;
    now_ = heap_.front().deadline;
    replace_first({now_ + 1.0 / weight(entry), arrivals_++, entry});
    return entry;
  }

  bool empty() const { return heap_.empty(); }

 private:
  struct Item {
    double deadline;
    std::uint64_t arrival;
    std::uint32_t entry;
  };

  static bool later(const Item& a, const Item& b) {
    return a.deadline > b.deadline || (a.deadline == b.deadline && a.arrival > b.arrival);
  }

  /// Taking the first out and putting it back with another deadline, in one descent.
  void replace_first(const Item& item) {
    const std::size_t size = heap_.size();
    std::size_t hole = 0;
    for (std::size_t child = 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size && later(heap_[child], heap_[child + 1])) ++child;
      if (!later(item, heap_[child])) break;
      heap_[hole] = heap_[child];
      hole = child;
    }
    heap_[hole] = item;
  }

  double now_ = 0;
  std::uint64_t arrivals_ = 0;
  std::vector<Item> heap_;
};

}  // namespace highwater::balancing
