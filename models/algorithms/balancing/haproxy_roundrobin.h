#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/haproxy.h"
#include "models/algorithms/balancing/haproxy_order.h"

namespace highwater::balancing {

/// balancing haproxy_roundrobin: servers in turn by weight, which may change on the way.
///
/// Every server has a position at which it is due next, a total weight divided by its weight after
/// the last one. The row of the current round is kept by position; servers that start wait by
/// weight in `init`, those that are due beyond this round in `next`; when the round is over, `next`
/// becomes `init`. Positions that pass are filled from `init`.
///
/// Source   HAProxy 2.6.12 src/lb_fwrr.c.
/// Checked  tests/algorithms/haproxy_test.cpp: recorded picks for 5 sets of weights;
///          tests/reality/haproxy_balancing.py: a live one with changing weights, servers down and
///          up.
class HaproxyRoundRobin final : public Haproxy {
 public:
  explicit HaproxyRoundRobin(std::vector<Target> targets, const HaproxyOptions& options = {})
      : Haproxy(std::move(targets), options, HaproxySlowStart::kScale), places_(size()) {
    for (std::size_t i = 0; i < size(); ++i)
      if (takes_part(i)) group_of(i).next_weight += effective_weight(i);
    for (Group& group : groups_) group.position = group.weight = group.next_weight;
    for (std::size_t i = 0; i < size(); ++i)
      if (takes_part(i)) queue_by_weight(group_of(i), group_of(i).init, i);
  }

 private:
  static constexpr std::uint8_t kNone = 0xff;
  static constexpr std::uint8_t kCurrent = 2;  // the other two rows swap their roles
  static constexpr std::uint32_t kMostWeight = 256 * HaproxySlowStart::kScale;

  struct Group {
    std::array<HaproxyOrder, 3> rows = {};
    std::uint8_t init = 0, next = 1;  // which rows these are now
    std::uint32_t position = 0;       // of the next pick
    std::uint32_t weight = 0;         // of this round
    std::uint32_t next_weight = 0;    // of the round to come: the weights as they are
  };
  struct Place {
    std::uint32_t next = 0, last = 0;  // positions
    std::uint32_t rest = 0;            // of the divisions for `next`
    std::uint32_t key = 0;             // in its row
    std::uint8_t row = kNone;
  };

  Group& group_of(std::size_t i) { return groups_[target(i).backup]; }

  /// O(log n) comparisons and a move of a few bytes per server at worst; O(n) where servers are
  /// full.
  Pick choose(const Question& question, AnyBits&) override {
    advance(question.now);
    if (const auto lone = lone_backup()) return unless_saturated(*lone, question.now);
    if (nobody_works()) return std::nullopt;
    Group& group = groups_[working_group()];
    const Pick avoid = to_avoid(question);
    Pick avoided;
    bool switched = false;
    passed_.clear();
    for (;;) {
      if (group.weight == 0) group.position = group.weight = group.next_weight;
      Pick found = first_of(group);
      if (!found && !switched) {
        switched = true;
        switch_rows(group);
        found = first_of(group);
      }
      if (!found) {
        requeue_passed(group, switched, avoided);
        return avoided;
      }
      move_on(group, *found);
      dequeue(group, *found);
      ++group.position;
      if (!saturated(*found, question.now)) {
        if (found != avoid) {
          queue(group, *found);
          requeue_passed(group, switched, found);
          return found;
        }
        avoided = found;
      }
      passed_.push_back(*found);
    }
  }

  /// The next server of this round, or one that starts where a position has passed unused.
  Pick first_of(Group& group) {
    const HaproxyOrder& current = group.rows[kCurrent];
    if (!current.empty() && places_[current.first().server].next <= group.position)
      return current.first().server;
    const HaproxyOrder& init = group.rows[group.init];
    if (!init.empty()) {
      Place& place = places_[init.first().server];
      place.next = place.rest = 0;
      return init.first().server;
    }
    if (!current.empty()) return current.first().server;
    return std::nullopt;
  }

  static void switch_rows(Group& group) {
    std::swap(group.init, group.next);
    group.position = group.weight = group.next_weight;
  }

  void move_on(const Group& group, std::size_t i) {
    Place& place = places_[i];
    const std::uint32_t weight = effective_weight(i);
    if (place.next == 0) place.next = group.position;
    place.last = place.next;
    place.next += group.next_weight / weight;
    place.rest += group.next_weight % weight;
    if (place.rest >= weight) {
      place.rest -= weight;
      ++place.next;
    }
  }

  void dequeue(Group& group, std::size_t i) {
    Place& place = places_[i];
    group.rows[place.row].erase(place.key, static_cast<std::uint32_t>(i));
    place.row = kNone;
  }

  void insert(Group& group, std::uint8_t row, std::size_t i, std::uint32_t key) {
    places_[i].row = row;
    places_[i].key = key;
    group.rows[row].insert(key, static_cast<std::uint32_t>(i));
  }

  /// Heavy servers first, for a smooth start.
  void queue_by_weight(Group& group, std::uint8_t row, std::size_t i) {
    insert(group, row, i, kMostWeight - effective_weight(i));
  }

  void queue(Group& group, std::size_t i) {
    Place& place = places_[i];
    if (place.next >= 2 * group.weight || place.next >= group.weight + group.next_weight) {
      place.next -= group.weight;
      queue_by_weight(group, group.next, i);
    } else {
      insert(group, kCurrent, i,
             256 * place.next +
                 (kMostWeight + place.rest - effective_weight(i)) / HaproxySlowStart::kScale);
    }
  }

  /// Puts the servers that were full or avoided back, the last one first. After a switch of rounds
  /// their places are lost. The one picked is queued already.
  void requeue_passed(Group& group, bool switched, Pick picked) {
    if (picked && places_[*picked].row == kNone) queue(group, *picked);
    for (; !passed_.empty(); passed_.pop_back()) {
      const std::size_t i = passed_.back();
      if (picked == i) continue;
      if (switched) {
        queue_by_weight(group, group.init, i);
      } else {
        queue(group, i);
      }
    }
  }

  void came_up(std::size_t i) override {
    Group& group = group_of(i);
    group.next_weight += effective_weight(i);
    places_[i].next =
        group.position + (group.next_weight + group.weight - group.position) / effective_weight(i);
    queue(group, i);
  }

  void went_down(std::size_t i) override {
    Group& group = group_of(i);
    group.next_weight -= effective_weight(i);
    dequeue(group, i);
  }

  void reweighted(std::size_t i, std::uint32_t before) override {
    Group& group = group_of(i);
    group.next_weight += effective_weight(i) - before;
    Place& place = places_[i];
    const std::uint8_t row = place.row;
    dequeue(group, i);
    if (row == group.init) {
      queue_by_weight(group, group.init, i);
      return;
    }
    if (row == group.next) place.next += group.weight;
    const std::uint32_t step = group.next_weight / effective_weight(i);
    place.next = std::min(place.next, place.last + step);
    place.rest = 0;
    if (place.next < group.position + 2) place.next = group.position + step;
    queue(group, i);
  }

  std::array<Group, 2> groups_;
  std::vector<Place> places_;
  std::vector<std::size_t> passed_;
};

}  // namespace highwater::balancing
