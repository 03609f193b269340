#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <numeric>
#include <utility>
#include <vector>

#include "models/algorithms/messaging/group.h"
#include "models/algorithms/messaging/java_hash.h"
#include "models/algorithms/messaging/sticky_balance.h"

namespace highwater::messaging {

/// messaging java_sticky: Kafka's own sticky assignor.
///
/// A partition belongs to the member of the highest generation that claims it; claimed twice in one
/// generation it belongs to nobody. Where all subscribe to the same topics ("constrained"), members
/// keep what they own up to their quota, the first of them in the order of a hash map one partition
/// more while there are such; the rest is dealt in turn to those below the quota and then to those
/// at it. Where they do not ("general"), StickyBalance decides.
///
/// At the edges  a member without topics counts as one that subscribes to other topics; Java treats
///          it so only if the hash map names it after one with topics, and else gives it partitions
///          that it does not read. Java remembers the highest generation for as long as the member
///          is leader; here it is that of the group given. Racks are left out.
/// Source   Apache Kafka 3.9, AbstractStickyAssignor.java, CooperativeStickyAssignor.java.
/// Checked  tests/messaging/sticky_assignor_test.cpp: recorded from Kafka's classes, and cases of
///          their AbstractStickyAssignorTest.
class JavaStickyAssignor {
 public:
  explicit JavaStickyAssignor(const Group& group)
      : roster_(group), owned_(roster_.members()), claimed_twice_(roster_.partitions()) {}

  Assignment assign() {
    resolve_claims();
    return roster_.named(roster_.alike(true) ? constrained() : general());
  }

 private:
  static constexpr std::uint32_t kNone = Roster::kNone;

  std::int32_t generation(std::uint32_t member) const {
    return roster_.member(member).generation.value_or(-1);
  }

  // Who owns what, member by member in the order of a hash map.
  void resolve_claims() {
    std::vector<std::uint32_t> hashes;
    const std::vector<std::uint32_t> ranks = roster_.ranks();
    for (const std::uint32_t rank : ranks)
      hashes.push_back(java_string_hash(roster_.member(rank).id));
    for (const std::uint32_t i : java_map_order(hashes)) order_.push_back(ranks[i]);

    std::vector<std::uint32_t> owner(roster_.partitions(), kNone);
    const auto drop = [&](std::uint32_t member, std::uint32_t partition) {
      std::vector<std::uint32_t>& list = owned_[member];
      const auto found = std::find(list.begin(), list.end(), partition);
      if (found != list.end()) list.erase(found);
    };
    for (const std::uint32_t member : order_) {
      newest_ = std::max(newest_, generation(member));
      for (const std::uint32_t p : roster_.owned(member)) {
        if (roster_.readers(roster_.topic_of(p)) == 0) continue;  // not in the leader's metadata
        const std::uint32_t other = owner[p];
        if (other != kNone && generation(member) < generation(other)) continue;
        if (other != kNone) drop(other, p);
        if (other != kNone && generation(member) == generation(other))
          claimed_twice_[p] = 1;
        else
          owned_[member].push_back(p);
        owner[p] = member;
      }
    }
  }

  std::vector<std::vector<std::uint32_t>> constrained() {
    const std::uint32_t members = roster_.members();
    std::vector<std::vector<std::uint32_t>> parts(members);
    if (members == 0) return parts;
    const std::vector<std::uint32_t> topics = read_topics();
    std::uint32_t total = 0;
    for (const std::uint32_t topic : topics) total += roster_.size_of(topic);
    const std::size_t least = total / members;
    const std::size_t most = least + (total % members != 0 ? 1 : 0);
    const std::uint32_t expected_over = total % members;
    std::uint32_t over = 0;
    std::vector<std::uint32_t> below;    // members with less than the quota
    std::deque<std::uint32_t> at_quota;  // members at it that may get one more
    std::vector<char> assigned(roster_.partitions());
    for (const std::uint32_t member : order_) {
      std::vector<std::uint32_t>& mine = owned_[member];
      std::erase_if(mine, [&](std::uint32_t p) { return claimed_twice_[p] != 0; });
      std::stable_sort(mine.begin(), mine.end(), [&](std::uint32_t a, std::uint32_t b) {
        const std::uint32_t s = roster_.topic_of(a);
        const std::uint32_t t = roster_.topic_of(b);
        return std::pair(a - roster_.first_of(s), s) < std::pair(b - roster_.first_of(t), t);
      });
      std::size_t kept = 0;
      if (mine.size() < least) {
        kept = mine.size();
        below.push_back(member);
      } else if (mine.size() >= most && over < expected_over) {
        kept = most;
        if (++over == expected_over) at_quota.clear();
      } else {
        kept = least;
        if (over < expected_over) at_quota.push_back(member);
      }
      mine.resize(kept);
      for (const std::uint32_t p : mine) assigned[p] = 1;
      parts[member] = std::move(mine);
      parts[member].reserve(most);
    }
    std::sort(below.begin(), below.end());
    std::sort(at_quota.begin(), at_quota.end());
    std::size_t next = 0;
    for (const std::uint32_t topic : topics) {
      const std::uint32_t end = roster_.first_of(topic) + roster_.size_of(topic);
      for (std::uint32_t p = roster_.first_of(topic); p < end; ++p) {
        if (assigned[p]) continue;
        if (next >= below.size()) next = 0;
        std::uint32_t to = kNone;
        if (!below.empty()) {
          to = below[next++];
        } else {
          to = at_quota.front();
          at_quota.pop_front();
        }
        parts[to].push_back(p);
        if (parts[to].size() == least) {
          below.erase(below.begin() + static_cast<std::ptrdiff_t>(--next));
          at_quota.push_back(to);
        }
      }
    }
    return parts;
  }

  std::vector<std::vector<std::uint32_t>> general() {
    StickyBalance state(roster_, AssignorCode::java);
    for (const std::uint32_t member : order_) {
      if (generation(member) >= newest_) continue;
      for (const std::uint32_t p : roster_.owned(member)) {
        const std::uint32_t before = state.previous(p);
        if (before == kNone || generation(member) > generation(before))
          state.set_previous(p, member);
      }
    }
    bool revoked = false;
    for (const std::uint32_t member : order_)
      for (const std::uint32_t p : owned_[member]) {
        if (roster_.subscribes(member, roster_.topic_of(p)))
          state.give(p, member);
        else
          revoked = true;
      }
    std::vector<std::uint32_t> topics = read_topics();
    std::stable_sort(topics.begin(), topics.end(), [&](std::uint32_t a, std::uint32_t b) {
      return roster_.readers(a) < roster_.readers(b);
    });
    std::vector<std::uint32_t> all;
    std::vector<std::uint32_t> unassigned;
    for (const std::uint32_t topic : topics) {
      const std::uint32_t end = roster_.first_of(topic) + roster_.size_of(topic);
      for (std::uint32_t p = roster_.first_of(topic); p < end; ++p) {
        all.push_back(p);
        if (state.owner(p) == kNone) unassigned.push_back(p);
      }
    }
    state.balance(std::move(all), std::move(unassigned), revoked);
    return state.parts();
  }

  // By name.
  std::vector<std::uint32_t> read_topics() const {
    std::vector<std::uint32_t> topics;
    for (std::uint32_t topic = 0; topic < roster_.topics(); ++topic)
      if (roster_.readers(topic) > 0) topics.push_back(topic);
    return topics;
  }

  Roster roster_;
  std::vector<std::uint32_t> order_;               // members as a hash map is walked
  std::vector<std::vector<std::uint32_t>> owned_;  // by member
  std::vector<char> claimed_twice_;                // by partition
  std::int32_t newest_ = -1;
};

inline Assignment assign_java_sticky(const Group& group) {
  return JavaStickyAssignor(group).assign();
}

}  // namespace highwater::messaging
