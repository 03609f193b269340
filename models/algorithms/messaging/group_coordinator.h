#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/algorithms/messaging/assignor.h"

namespace highwater::messaging {

/// What a member tells the coordinator as it joins.
struct JoinRequest {
  std::string id;
  std::optional<std::string> instance_id = {};  ///< Of a static member.
  std::vector<std::uint32_t> topics = {};       ///< Places in the coordinator's topics.
  std::vector<TopicPartition> owned = {};
  std::optional<std::int32_t> generation = {};  ///< In which it got those.
  std::int64_t session_timeout = 45'000'000'000;
  std::int64_t rebalance_timeout = 300'000'000'000;  ///< The client's max.poll.interval.ms.

  friend bool operator==(const JoinRequest&, const JoinRequest&) = default;
};

struct GroupCoordinatorOptions {
  Assignor assignor = Assignor::range;
  AssignorCode code = AssignorCode::java;
  std::int64_t initial_rebalance_delay = 3'000'000'000;  ///< group.initial.rebalance.delay.ms
};

/// What the coordinator answers or does, in this order.
struct GroupAction {
  enum class Kind : std::uint8_t {
    rebalancing,  ///< A rebalance begins; members learn of it with their next heartbeat.
    joined,       ///< The member's join is answered: it has to sync. `leader` says that it assigns.
    assigned,     ///< The member's sync is answered: these are its partitions.
    rejoin,       ///< The member's sync is answered: a rebalance has begun, it has to join again.
    removed,      ///< The member is none any more: it left, or was not heard of in time.
  };
  Kind kind;
  std::string member = {};
  std::int32_t generation = 0;
  bool leader = false;
  std::vector<TopicPartition> partitions = {};
};

enum class HeartbeatAnswer : std::uint8_t { ok, rebalance_in_progress, unknown_member };

/// messaging GroupCoordinator: the broker's half of Kafka's (classic) rebalance protocol.
///
/// A group is empty, preparing a rebalance (waiting for its members to join again), completing one
/// (waiting for the leader's assignment) or stable. The first member of an empty group starts the
/// initial delay, which in the first generation begins anew as often as others have come meanwhile,
/// within the rebalance timeout; any other rebalance goes on as soon as all have joined again, or
/// when the longest rebalance timeout of its members is over: those missing are removed then,
/// static ones stay with what they last said. Members who do not sync within that time are removed
/// too. A static member that comes back with the same subscription while the group is stable gets
/// what it had, without a rebalance. A member that waits for its join to be answered needs no
/// heartbeat.
///
/// The leader's assignor runs here, at the leader's sync; the subscriptions are those of the join.
///
/// At the edges  time that goes backwards counts as standing still. A timeout of 0 or less is over
///          with the next tick. Members are known by id: a second join with an id is that member's
///          again. A heartbeat, sync or leave of somebody unknown changes nothing.
/// Source   Apache Kafka 3.9, core/src/main/scala/kafka/coordinator/group/GroupCoordinator.scala,
///          GroupMetadata.scala, DelayedJoin.scala; KIP-134, KIP-345, KIP-429.
/// Checked  tests/messaging/group_coordinator_test.cpp: times and generations by hand.
class GroupCoordinator {
 public:
  enum class State : std::uint8_t { empty, preparing_rebalance, completing_rebalance, stable };
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  static constexpr std::int64_t kNewMemberTimeout = 300'000'000'000;  ///< NewMemberJoinTimeoutMs

  GroupCoordinator(GroupCoordinatorOptions options, std::vector<GroupTopic> topics)
      : options_(options), topics_(std::move(topics)) {}

  State state() const { return state_; }
  std::int32_t generation() const { return generation_; }
  const std::vector<GroupTopic>& topics() const { return topics_; }
  /// The metadata that the next assignment will see. The leader notices and joins again.
  void set_topics(std::vector<GroupTopic> topics) { topics_ = std::move(topics); }
  /// Empty where there is none.
  const std::string& leader() const { return leader_; }

  void join(std::int64_t now, JoinRequest request, std::vector<GroupAction>& out) {
    now = forward(now);
    Member* member = find(request.id);
    if (member == nullptr && request.instance_id) {
      member = find_instance(*request.instance_id);
      if (member != nullptr) {
        rejoin_static(now, *member, std::move(request), out);
        return;
      }
    }
    const bool is_new = member == nullptr;
    if (is_new) {
      if (state_ == State::preparing_rebalance && generation_ == 0) more_joined_ = true;
      members_.push_back({.request = request});
      member = &members_.back();
      member->is_new = true;
      if (leader_.empty()) leader_ = request.id;
    }
    const bool same = !is_new && member->request.topics == request.topics &&
                      member->request.owned == request.owned;
    const bool answer_as_it_is =
        !is_new && ((state_ == State::stable && same && request.id != leader_) ||
                    (state_ == State::completing_rebalance && same));
    member->request = std::move(request);
    member->expires = later(now, kNewMemberTimeout);
    if (answer_as_it_is) {
      answer_join(now, *member, out);
      return;
    }
    member->awaits_join = true;
    if (state_ != State::preparing_rebalance) prepare(now, out);
    try_complete(now, out);
  }

  void sync(std::int64_t now, const std::string& id, std::vector<GroupAction>& out) {
    now = forward(now);
    Member* member = find(id);
    if (member == nullptr) return;
    member->must_sync = false;
    switch (state_) {
      case State::empty:
        return;
      case State::preparing_rebalance:
        out.push_back({.kind = GroupAction::Kind::rejoin, .member = id});
        return;
      case State::completing_rebalance:
        member->awaits_sync = true;
        if (id == leader_) complete_sync(now, out);
        return;
      case State::stable:
        answer_sync(now, *member, out);
        return;
    }
  }

  HeartbeatAnswer heartbeat(std::int64_t now, const std::string& id) {
    now = forward(now);
    Member* member = find(id);
    if (member == nullptr) return HeartbeatAnswer::unknown_member;
    member->expires = later(now, member->request.session_timeout);
    return state_ == State::preparing_rebalance ? HeartbeatAnswer::rebalance_in_progress
                                                : HeartbeatAnswer::ok;
  }

  void leave(std::int64_t now, const std::string& id, std::vector<GroupAction>& out) {
    now = forward(now);
    if (find(id) != nullptr) remove(now, id, out);
  }

  /// Does what is due.
  void tick(std::int64_t now, std::vector<GroupAction>& out) {
    now = forward(now);
    for (std::int64_t due = next(); due <= now && due != kNever; due = next()) {
      const auto expired = std::find_if(members_.begin(), members_.end(),
                                        [&](const Member& m) { return expiry(m) <= now; });
      if (expired != members_.end()) {
        remove(now, std::string(expired->request.id), out);
      } else if (state_ == State::preparing_rebalance) {
        join_time_over(now, out);
      } else {
        sync_time_over(now, out);
      }
    }
  }

  /// When tick will next have something to do; kNever where nothing is due.
  std::int64_t next() const {
    std::int64_t first = kNever;
    if (state_ == State::preparing_rebalance)
      first = join_deadline_;
    else if (std::any_of(members_.begin(), members_.end(),
                         [](const Member& m) { return m.must_sync; }))
      first = sync_deadline_;
    for (const Member& member : members_) first = std::min(first, expiry(member));
    return first;
  }

  /// What a member has by the last assignment.
  const std::vector<TopicPartition>* assignment(const std::string& id) const {
    const auto found = std::find_if(members_.begin(), members_.end(),
                                    [&](const Member& m) { return m.request.id == id; });
    return found == members_.end() ? nullptr : &found->assigned;
  }
  std::size_t size() const { return members_.size(); }

 private:
  struct Member {
    JoinRequest request;
    std::vector<TopicPartition> assigned = {};
    std::int64_t expires = kNever;
    bool is_new = false;  // its first join was not answered yet
    bool awaits_join = false;
    bool awaits_sync = false;
    bool must_sync = false;  // its join was answered, and it has not synced
  };

  std::int64_t forward(std::int64_t now) { return now_ = std::max(now_, now); }
  static std::int64_t later(std::int64_t now, std::int64_t wait) {
    return wait > kNever - std::max<std::int64_t>(now, 0) ? kNever : now + wait;
  }
  // A member whose request waits for an answer is alive, except that a new one is given up in the
  // end: its client may be gone.
  static std::int64_t expiry(const Member& member) {
    if ((member.awaits_join && !member.is_new) || member.awaits_sync) return kNever;
    return member.expires;
  }

  Member* find(const std::string& id) {
    const auto found = std::find_if(members_.begin(), members_.end(),
                                    [&](const Member& m) { return m.request.id == id; });
    return found == members_.end() ? nullptr : &*found;
  }
  Member* find_instance(const std::string& instance) {
    const auto found = std::find_if(members_.begin(), members_.end(), [&](const Member& m) {
      return m.request.instance_id == instance;
    });
    return found == members_.end() ? nullptr : &*found;
  }

  // A static member is back under a new id; whoever used the old one is fenced.
  void rejoin_static(std::int64_t now, Member& member, JoinRequest request,
                     std::vector<GroupAction>& out) {
    out.push_back({.kind = GroupAction::Kind::removed, .member = member.request.id});
    if (leader_ == member.request.id) leader_ = request.id;
    const bool same = member.request.topics == request.topics;
    member.request = std::move(request);
    member.expires = later(now, member.request.session_timeout);
    member.awaits_sync = false;
    if (state_ == State::stable && same) {
      answer_join(now, member, out);
      return;
    }
    member.awaits_join = true;
    if (state_ != State::preparing_rebalance) prepare(now, out);
    try_complete(now, out);
  }

  std::int64_t longest_rebalance_timeout() const {
    std::int64_t longest = 0;
    for (const Member& m : members_) longest = std::max(longest, m.request.rebalance_timeout);
    return longest;
  }

  void prepare(std::int64_t now, std::vector<GroupAction>& out) {
    if (state_ == State::completing_rebalance)
      for (Member& member : members_)
        if (std::exchange(member.awaits_sync, false)) {
          member.expires = later(now, member.request.session_timeout);
          out.push_back({.kind = GroupAction::Kind::rejoin, .member = member.request.id});
        }
    const std::int64_t timeout = longest_rebalance_timeout();
    initial_ = state_ == State::empty;
    if (initial_) {
      const std::int64_t delay = std::min(options_.initial_rebalance_delay, timeout);
      join_deadline_ = later(now, delay);
      delay_left_ = std::max<std::int64_t>(0, timeout - delay);
      more_joined_ = false;
    } else {
      join_deadline_ = later(now, timeout);
    }
    state_ = State::preparing_rebalance;
    out.push_back({.kind = GroupAction::Kind::rebalancing, .generation = generation_});
  }

  void try_complete(std::int64_t now, std::vector<GroupAction>& out) {
    if (state_ != State::preparing_rebalance || initial_) return;
    if (std::all_of(members_.begin(), members_.end(),
                    [](const Member& m) { return m.awaits_join; }))
      complete_join(now, out);
  }

  void join_time_over(std::int64_t now, std::vector<GroupAction>& out) {
    if (initial_ && more_joined_ && delay_left_ > 0) {
      more_joined_ = false;
      const std::int64_t delay =
          std::min(std::max<std::int64_t>(1, options_.initial_rebalance_delay), delay_left_);
      delay_left_ -= delay;
      join_deadline_ = later(join_deadline_, delay);
      return;
    }
    complete_join(now, out);
  }

  void complete_join(std::int64_t now, std::vector<GroupAction>& out) {
    std::erase_if(members_, [&](const Member& member) {
      if (member.awaits_join || member.request.instance_id) return false;
      out.push_back({.kind = GroupAction::Kind::removed, .member = member.request.id});
      return true;
    });
    elect();
    if (!members_.empty() && std::none_of(members_.begin(), members_.end(),
                                          [](const Member& m) { return m.awaits_join; })) {
      // Static members alone, and none has come back: they are waited for until their sessions end.
      join_deadline_ = later(now, std::max<std::int64_t>(1, longest_rebalance_timeout()));
      return;
    }
    ++generation_;
    if (members_.empty()) {
      state_ = State::empty;
      return;
    }
    state_ = State::completing_rebalance;
    sync_deadline_ = later(now, std::max<std::int64_t>(1, longest_rebalance_timeout()));
    for (Member& member : members_) {
      member.must_sync = std::exchange(member.awaits_join, false);
      if (member.must_sync) answer_join(now, member, out);
    }
  }

  void sync_time_over(std::int64_t now, std::vector<GroupAction>& out) {
    sync_deadline_ = kNever;
    std::vector<std::string> missing;
    for (const Member& member : members_)
      if (member.must_sync) missing.push_back(member.request.id);
    for (const std::string& id : missing) remove(now, id, out);
  }

  void complete_sync(std::int64_t now, std::vector<GroupAction>& out) {
    Group group;
    group.topics = topics_;
    for (const Member& m : members_)
      group.members.push_back({m.request.id, m.request.instance_id, m.request.topics,
                               m.request.owned, m.request.generation});
    Assignment assignment = rebalance(options_.assignor, options_.code, group);
    for (std::size_t i = 0; i < members_.size(); ++i)
      members_[i].assigned = std::move(assignment[i]);
    state_ = State::stable;
    for (Member& member : members_)
      if (std::exchange(member.awaits_sync, false)) answer_sync(now, member, out);
  }

  void answer_join(std::int64_t now, Member& member, std::vector<GroupAction>& out) {
    member.is_new = false;
    member.expires = later(now, member.request.session_timeout);
    out.push_back({.kind = GroupAction::Kind::joined,
                   .member = member.request.id,
                   .generation = generation_,
                   .leader = member.request.id == leader_});
  }

  void answer_sync(std::int64_t now, Member& member, std::vector<GroupAction>& out) {
    member.expires = later(now, member.request.session_timeout);
    out.push_back({.kind = GroupAction::Kind::assigned,
                   .member = member.request.id,
                   .generation = generation_,
                   .partitions = member.assigned});
  }

  // The oldest member that has joined leads where the leader is gone or has not come back.
  void elect() {
    const Member* leader = find(leader_);
    if (leader != nullptr && leader->awaits_join) return;
    const auto other = std::find_if(members_.begin(), members_.end(),
                                    [](const Member& m) { return m.awaits_join; });
    if (other != members_.end())
      leader_ = other->request.id;
    else if (leader == nullptr)
      leader_ = members_.empty() ? std::string() : members_.front().request.id;
  }

  void remove(std::int64_t now, const std::string& id, std::vector<GroupAction>& out) {
    std::erase_if(members_, [&](const Member& m) { return m.request.id == id; });
    out.push_back({.kind = GroupAction::Kind::removed, .member = id});
    if (leader_ == id) leader_ = members_.empty() ? std::string() : members_.front().request.id;
    if (state_ == State::stable || state_ == State::completing_rebalance) prepare(now, out);
    try_complete(now, out);
  }

  GroupCoordinatorOptions options_;
  std::vector<GroupTopic> topics_;
  std::vector<Member> members_;  // in the order of their first join
  std::string leader_;
  State state_ = State::empty;
  std::int32_t generation_ = 0;
  std::int64_t now_ = std::numeric_limits<std::int64_t>::min();
  bool initial_ = false;      // the rebalance under way is that of an empty group
  bool more_joined_ = false;  // since its delay began
  std::int64_t delay_left_ = 0;
  std::int64_t join_deadline_ = kNever;
  std::int64_t sync_deadline_ = kNever;
};

}  // namespace highwater::messaging
