#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "models/algorithms/messaging/group.h"
#include "models/algorithms/messaging/java_hash.h"

namespace highwater::messaging {

/// messaging StickyBalance: what KIP-54's sticky assignment does once it is known who has what.
///
/// Partitions without an owner go, one by one, to the member with the fewest among those who read
/// their topic (of equals, the first by id). Then partitions move from members with more to members
/// with at least two fewer, in the order that the caller gives, until that helps no more. Where a
/// partition would move against another one of its topic, that one moves back instead, so that no
/// two members swap partitions of a topic. Members and topics on which nothing can be changed
/// stand aside. If the moves made nothing more balanced, the state before them stands.
///
/// The score of balance is the sum of the differences between all pairs of members.
///
/// At the edges  a previous owner that stands aside, or no longer reads the topic, gets nothing
/// back:
///          Java throws in the first case, librdkafka crashes, and in the second both hand over
///          what is not subscribed to.
/// Source   Apache Kafka 3.9, AbstractStickyAssignor.GeneralAssignmentBuilder; librdkafka 2.0.2,
///          rdkafka_sticky_assignor.c, which differ in when they call a state balanced and in which
///          of several moves is undone. Where only one move of a kind stands, librdkafka frees the
///          partition it is about to move back and crashes; here it moves back. Where it gives up
///          because a move that it knows of is not the last one of the partition, that move is
///          forgotten here.
/// Checked  tests/messaging/sticky_assignor_test.cpp: recorded assignments of both;
///          tests/reality/librdkafka_groups.py: random groups of librdkafka.
class StickyBalance {
 public:
  static constexpr std::uint32_t kNone = Roster::kNone;

  StickyBalance(const Roster& roster, AssignorCode code)
      : roster_(&roster),
        code_(code),
        owner_(roster.partitions(), kNone),
        previous_(roster.partitions(), kNone),
        added_(roster.partitions()),
        count_(roster.members()),
        most_(roster.members()),
        movement_(roster.partitions(), Pair{kNone, kNone}) {
    for (std::uint32_t m = 0; m < roster.members(); ++m) most_[m] = roster.most(m);
    if (code == AssignorCode::java)
      for (std::uint32_t t = 0; t < roster.topics(); ++t)
        topic_hash_.push_back(java_string_hash(roster.topic_name(t)));
  }

  std::uint32_t owner(std::uint32_t partition) const { return owner_[partition]; }
  std::uint32_t count(std::uint32_t member) const { return count_[member]; }
  void set_previous(std::uint32_t partition, std::uint32_t member) {
    previous_[partition] = member;
  }
  std::uint32_t previous(std::uint32_t partition) const { return previous_[partition]; }
  void give(std::uint32_t partition, std::uint32_t member) {
    owner_[partition] = member;
    added_[partition] = ++last_added_;
    ++count_[member];
  }
  void take(std::uint32_t partition) {
    --count_[owner_[partition]];
    owner_[partition] = kNone;
  }

  /// @param all         Every partition that somebody reads, in the order in which they are tried.
  /// @param unassigned  Those of them without an owner, in the order in which they are given out.
  /// @param revoked     Whether somebody owned what it no longer subscribes to.
  void balance(std::vector<std::uint32_t> all, std::vector<std::uint32_t> unassigned,
               bool revoked) {
    ladder_.clear();
    for (std::uint32_t m = 0; m < roster_->members(); ++m) ladder_.push_back(rung(m));
    std::sort(ladder_.begin(), ladder_.end());
    if (ladder_.empty()) return;
    const bool initializing = ladder_.back() >> 32 == 0;
    for (const std::uint32_t partition : unassigned) {
      const std::uint32_t to = least_loaded(roster_->topic_of(partition));
      if (to == kNone) continue;
      const std::uint64_t before = rung(to);
      give(partition, to);
      move_rung(before, rung(to));
    }
    const auto alone = [&](std::uint32_t partition) {
      return roster_->readers(roster_->topic_of(partition)) < 2;
    };
    std::erase_if(all, alone);
    std::erase_if(unassigned, alone);
    stand_aside();

    const std::vector<std::uint32_t> owner_before = owner_;
    const std::vector<std::uint32_t> count_before = count_;
    const std::vector<std::uint64_t> added_before = added_;
    const std::uint64_t score_before = score();
    if (!revoked && !unassigned.empty()) reassign(unassigned);
    const bool moved = reassign(all);
    if (!initializing && moved && score() >= score_before) {
      owner_ = owner_before;
      count_ = count_before;
      added_ = added_before;
    }
  }

  /// Each member's partitions in the order in which it got them.
  std::vector<std::vector<std::uint32_t>> parts() const {
    std::vector<std::vector<std::uint32_t>> parts(roster_->members());
    for (std::uint32_t m = 0; m < parts.size(); ++m) parts[m].reserve(count_[m]);
    for (std::uint32_t p = 0; p < owner_.size(); ++p)
      if (owner_[p] != kNone) parts[owner_[p]].push_back(p);
    for (std::vector<std::uint32_t>& list : parts)
      std::sort(list.begin(), list.end(), [&](auto a, auto b) { return added_[a] < added_[b]; });
    return parts;
  }

 private:
  struct Pair {
    std::uint32_t from, to;
  };
  // Moves of one topic between two members that stand. Java keeps them in a hash set, whose buckets
  // only ever grow in number.
  struct Moves {
    std::vector<std::uint32_t> partitions;
    std::size_t most = 0;
  };

  std::uint64_t rung(std::uint32_t member) const {
    return std::uint64_t{count_[member]} << 32 | member;
  }
  void move_rung(std::uint64_t from, std::uint64_t to) {
    const auto at = std::lower_bound(ladder_.begin(), ladder_.end(), from);
    if (to > from) {
      const auto place = std::lower_bound(at, ladder_.end(), to);
      std::move(at + 1, place, at);
      *(place - 1) = to;
    } else {
      const auto place = std::lower_bound(ladder_.begin(), at, to);
      std::move_backward(place, at, at + 1);
      *place = to;
    }
  }
  // The first reader of a topic on the ladder.
  std::uint32_t least_loaded(std::uint32_t topic) const {
    for (const std::uint64_t r : ladder_) {
      const auto member = static_cast<std::uint32_t>(r);
      if (roster_->subscribes(member, topic)) return member;
    }
    return kNone;
  }

  // Members none of whose partitions can move and who have all that they could get.
  void stand_aside() {
    std::vector<char> aside(roster_->members(), 1);
    for (std::uint32_t m = 0; m < roster_->members(); ++m)
      if (count_[m] < most_[m]) aside[m] = 0;
    for (std::uint32_t p = 0; p < owner_.size(); ++p)
      if (owner_[p] != kNone && roster_->readers(roster_->topic_of(p)) >= 2) aside[owner_[p]] = 0;
    std::erase_if(ladder_, [&](std::uint64_t r) { return aside[static_cast<std::uint32_t>(r)]; });
    aside_ = std::move(aside);
  }

  // librdkafka 2.0.2 counts both of its loops with one variable: having looked at all partitions of
  // a member, it goes on with the member of that number (mended in 2.1). That can lead it round in
  // circles for ever; a circle in which nothing was found to move counts as balanced here.
  bool balanced() const {
    const std::uint64_t least = ladder_.front() >> 32;
    const std::uint64_t most = ladder_.back() >> 32;
    if (least + 1 >= most) return true;
    const bool java = code_ == AssignorCode::java;
    const std::uint32_t slack = java ? 1 : 0;
    std::size_t looked = 0;
    for (std::size_t i = 0; i < ladder_.size(); ++i) {
      if (looked++ == ladder_.size()) break;  // in a circle: librdkafka 2.0.2 hangs here
      const auto member = static_cast<std::uint32_t>(ladder_[i]);
      const std::uint32_t mine = count_[member];
      if (mine + slack >= most) break;  // nobody has more than that
      if (mine == most_[member]) continue;
      for (const std::uint32_t topic : roster_->topics_of(member)) {
        const std::uint32_t end = roster_->first_of(topic) + roster_->size_of(topic);
        for (std::uint32_t p = roster_->first_of(topic); p < end; ++p)
          if (owner_[p] != member && owner_[p] != kNone && mine + slack < count_[owner_[p]])
            return false;
      }
      if (!java) i = most_[member];
    }
    return true;
  }

  bool reassign(const std::vector<std::uint32_t>& partitions) {
    bool any = false;
    for (bool modified = true; modified;) {
      modified = false;
      for (const std::uint32_t partition : partitions) {
        if (balanced()) break;
        const std::uint32_t owner = owner_[partition];
        const std::uint32_t before = previous_[partition];
        if (before != kNone && !aside_[before] &&
            roster_->subscribes(before, roster_->topic_of(partition)) &&
            count_[owner] > count_[before] + 1) {
          move_towards(partition, before);
        } else {
          const std::uint32_t to = least_loaded(roster_->topic_of(partition));
          if (to == kNone || count_[owner] <= count_[to] + 1) continue;
          move_towards(partition, to);
        }
        modified = true;
      }
      any = any || modified;
    }
    return any;
  }

  void move_towards(std::uint32_t partition, std::uint32_t to) {
    const std::uint32_t topic = roster_->topic_of(partition);
    std::uint32_t from = owner_[partition];
    // librdkafka makes the pair that it looks for before it takes this into account.
    if (code_ == AssignorCode::java && movement_[partition].from != kNone)
      from = movement_[partition].from;
    const auto against = moves_.find({topic, to, from});
    if (against == moves_.end()) return move(partition, to);
    if (code_ == AssignorCode::java) return move(first_of(topic, against->second), to);
    // librdkafka refers to the first of its list, takes that out of the list and so comes to refer
    // to the second, which it moves. The list then lacks the one and has the other, and both are
    // still said to have moved.
    std::vector<std::uint32_t>& list = against->second.partitions;
    std::erase_if(list, [&](std::uint32_t p) { return owner_[p] != from; });
    const std::uint32_t first = list.empty() ? partition : list.front();
    if (list.size() > 1) {
      list.erase(list.begin());
      return hand_over(list.front(), to);
    }
    moves_.erase(against);
    movement_[first] = {kNone, kNone};
    hand_over(first, to);
  }

  std::uint32_t first_of(std::uint32_t topic, const Moves& moves) const {
    const std::uint32_t buckets = java_buckets(moves.most);
    const auto bucket = [&](std::uint32_t p) {
      return java_bucket(java_partition_hash(topic_hash_[topic], p - roster_->first_of(topic)),
                         buckets);
    };
    return *std::min_element(moves.partitions.begin(), moves.partitions.end(),
                             [&](auto a, auto b) { return bucket(a) < bucket(b); });
  }

  void move(std::uint32_t partition, std::uint32_t to) {
    const std::uint32_t topic = roster_->topic_of(partition);
    const std::uint32_t from = owner_[partition];
    Pair pair{from, to};
    if (movement_[partition].from != kNone) {
      const Pair old = movement_[partition];
      const auto found = moves_.find({topic, old.from, old.to});
      if (found != moves_.end()) {
        std::erase(found->second.partitions, partition);
        if (found->second.partitions.empty()) moves_.erase(found);
      }
      movement_[partition] = {kNone, kNone};
      if (old.to == from) pair.from = old.from;
    }
    if (pair.from != to) {
      movement_[partition] = pair;
      Moves& moves = moves_[{topic, pair.from, to}];
      moves.partitions.push_back(partition);
      moves.most = std::max(moves.most, moves.partitions.size());
    }
    hand_over(partition, to);
  }

  void hand_over(std::uint32_t partition, std::uint32_t to) {
    const std::uint32_t from = owner_[partition];
    const std::uint64_t from_before = rung(from);
    const std::uint64_t to_before = rung(to);
    take(partition);
    give(partition, to);
    move_rung(from_before, rung(from));
    move_rung(to_before, rung(to));
  }

  // Over the members on the ladder; sorted, every member's part of the sum follows from its place.
  std::uint64_t score() const {
    std::vector<std::uint64_t> counts;
    counts.reserve(ladder_.size());
    for (const std::uint64_t r : ladder_) counts.push_back(count_[static_cast<std::uint32_t>(r)]);
    std::sort(counts.begin(), counts.end());
    std::uint64_t sum = 0;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      sum += counts[i] * i - below;
      below += counts[i];
    }
    return sum;
  }

  const Roster* roster_;
  AssignorCode code_;
  std::vector<std::uint32_t> owner_;     // by partition
  std::vector<std::uint32_t> previous_;  // by partition: whose it was in an older generation
  std::vector<std::uint64_t> added_;     // by partition: when its owner got it
  std::vector<std::uint32_t> count_;     // by member
  std::vector<std::uint32_t> most_;      // by member: all that it could get
  std::vector<std::uint64_t> ladder_;    // count and member of those that take part, ascending
  std::vector<char> aside_;              // by member
  std::vector<std::uint32_t> topic_hash_;
  std::vector<Pair> movement_;  // by partition: where it came from in this rebalance
  std::map<std::array<std::uint32_t, 3>, Moves> moves_;  // by topic, from and to
  std::uint64_t last_added_ = 0;
};

}  // namespace highwater::messaging
