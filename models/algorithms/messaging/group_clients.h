#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/algorithms/messaging/group_coordinator.h"

namespace highwater::messaging {

struct GroupClientOptions {
  Assignor assignor = Assignor::range;
  AssignorCode code = AssignorCode::java;
  std::int64_t initial_rebalance_delay = 3'000'000'000;  ///< group.initial.rebalance.delay.ms
  std::int64_t session_timeout = 45'000'000'000;         ///< session.timeout.ms
  std::int64_t heartbeat_interval = 3'000'000'000;       ///< heartbeat.interval.ms, at least 1 ms
  std::int64_t max_poll_interval = 300'000'000'000;      ///< max.poll.interval.ms
};

/// What happens to a member of the group.
struct GroupEvent {
  enum class Kind : std::uint8_t {
    revoke,  ///< It gives these up: nobody reads them until they are assigned.
    lose,    ///< It was killed or is none of the group any more: as before, without a word to it.
    assign,  ///< It reads these from now on.
    leave,   ///< It has left the group by itself: max.poll.interval.ms was over.
    remove,  ///< The coordinator gave it up.
    stable,  ///< The group has come to rest in this generation.
  };
  Kind kind;
  std::int64_t at = 0;
  std::string member = {};
  std::int32_t generation = 0;
  std::vector<TopicPartition> partitions = {};
};

/// messaging GroupClients: a whole consumer group, its members' half of the rebalance protocol and
/// the coordinator, over a network that takes no time.
///
/// Members heartbeat at their interval and learn so that a rebalance is on. Eager members then give
/// up everything before they join again: the group stands still until the rebalance is over.
/// Cooperative ones go on with what they have, give up what the new assignment takes from them and
/// join once more, so that only partitions which move pause. A member that does not poll still
/// heartbeats, but can not join again; when max.poll.interval.ms is over it leaves, or, if static,
/// stops its heartbeats. A dynamic member that is closed leaves at once; a static one goes without
/// a word and keeps its partitions, unread, until the session times out or it is back.
///
/// As with Kafka, a member that the coordinator removed reads on until it hears of that, with its
/// next heartbeat or poll, though another may have got its partitions: one that does not poll, or
/// whose heartbeats are rarer than max.poll.interval.ms or the session timeout allow for.
///
/// At the edges  time that goes backwards counts as standing still; kill, leave or stall of
/// somebody
///          unknown changes nothing; a start of somebody who runs is ignored.
/// Source   Apache Kafka 3.9, AbstractCoordinator.java, ConsumerCoordinator.java; KIP-62, KIP-345,
///          KIP-429.
/// Checked  tests/messaging/group_clients_test.cpp: no partition is read by two who poll;
///          times by hand; the settled states of librdkafka's mock cluster.
class GroupClients {
 public:
  static constexpr std::int64_t kNever = GroupCoordinator::kNever;

  GroupClients(GroupClientOptions options, std::vector<GroupTopic> topics)
      : options_(options),
        coordinator_({options.assignor, options.code, options.initial_rebalance_delay},
                     std::move(topics)) {
    options_.heartbeat_interval = std::max<std::int64_t>(1'000'000, options_.heartbeat_interval);
  }

  const GroupCoordinator& coordinator() const { return coordinator_; }

  /// A member starts. One that was killed or closed may start again.
  void start(std::int64_t now, const std::string& name, std::vector<std::uint32_t> topics,
             std::optional<std::string> instance, std::vector<GroupEvent>& out) {
    now = advance(now, out);
    Client* client = find(name);
    if (client == nullptr) {
      clients_.push_back({.name = name});
      client = &clients_.back();
    } else if (client->running) {
      return;
    }
    client->running = true;
    client->polls = true;
    client->topics = std::move(topics);
    client->instance = std::move(instance);
    client->owned.clear();
    client->had.clear();
    client->generation.reset();
    client->id = client->starts++ == 0 ? name : name + "#" + std::to_string(client->starts);
    join(now, *client);
    settle(now, out);
  }

  /// The member closes in an orderly way.
  void close(std::int64_t now, const std::string& name, std::vector<GroupEvent>& out) {
    now = advance(now, out);
    Client* client = find(name);
    if (client == nullptr || !client->running) return;
    client->running = false;
    give_up(now, *client, client->owned, GroupEvent::Kind::revoke, out);
    client->owned.clear();
    if (!client->instance) coordinator_.leave(now, client->id, actions_);
    settle(now, out);
  }

  /// The member is gone from one moment to the next.
  void kill(std::int64_t now, const std::string& name, std::vector<GroupEvent>& out) {
    now = advance(now, out);
    Client* client = find(name);
    if (client == nullptr || !client->running) return;
    client->running = client->frozen = false;
    client->unread.clear();
    give_up(now, *client, std::move(client->owned), GroupEvent::Kind::lose, out);
    client->owned.clear();
  }

  /// The member's process stands still, heartbeats and all, or goes on: it hears then of what the
  /// coordinator has told it, and with its next heartbeat, which is late, of what has become of it.
  void freeze(std::int64_t now, const std::string& name, bool frozen,
              std::vector<GroupEvent>& out) {
    now = advance(now, out);
    Client* client = find(name);
    if (client == nullptr || !client->running || client->frozen == frozen) return;
    client->frozen = frozen;
    if (frozen) return;
    for (GroupAction& action : std::exchange(client->unread, {})) react(now, action, out);
    settle(now, out);
    advance(now, out);
  }

  /// The member's thread stands still, or goes on, in the time between two polls.
  void set_polling(std::int64_t now, const std::string& name, bool polls,
                   std::vector<GroupEvent>& out) {
    now = advance(now, out);
    Client* client = find(name);
    if (client == nullptr || !client->running || client->polls == polls) return;
    client->polls = polls;
    client->last_poll = now;
    if (polls && (client->must_join || client->id.empty())) rejoin(now, *client, out);
    settle(now, out);
  }

  /// The cluster's topics change; the leader notices at once.
  void set_topics(std::int64_t now, std::vector<GroupTopic> topics, std::vector<GroupEvent>& out) {
    now = advance(now, out);
    coordinator_.set_topics(std::move(topics));
    for (Client& client : clients_)
      if (client.running && client.id == coordinator_.leader()) {
        rejoin(now, client, out);
        break;
      }
    settle(now, out);
  }

  /// Does what is due up to now.
  void tick(std::int64_t now, std::vector<GroupEvent>& out) { advance(now, out); }

  /// When the next heartbeat or timeout is due.
  std::int64_t next() const {
    std::int64_t first = coordinator_.next();
    for (const Client& client : clients_)
      if (client.running && !client.frozen)
        first = std::min({first, client.heartbeat_at, poll_limit(client)});
    return first;
  }

  /// What a member reads now.
  std::vector<TopicPartition> owned(const std::string& name) const {
    for (const Client& client : clients_)
      if (client.name == name && client.running) return client.owned;
    return {};
  }

 private:
  struct Client {
    std::string name;
    std::string id = {};  // as the coordinator knows it; empty: out of the group
    std::optional<std::string> instance = {};
    std::vector<std::uint32_t> topics = {};
    std::vector<TopicPartition> owned = {};
    std::vector<TopicPartition> had = {};  // by the last assignment
    std::optional<std::int32_t> generation = {};
    std::int64_t heartbeat_at = kNever;
    std::int64_t last_poll = 0;
    std::uint32_t starts = 0;
    bool running = false;
    bool polls = true;
    bool must_join = false;  // as soon as it polls again
    bool frozen = false;
    std::vector<GroupAction> unread = {};  // while it is
  };

  Client* find(const std::string& name) {
    const auto found = std::find_if(clients_.begin(), clients_.end(),
                                    [&](const Client& c) { return c.name == name; });
    return found == clients_.end() ? nullptr : &*found;
  }
  Client* find_id(const std::string& id) {
    const auto found =
        std::find_if(clients_.begin(), clients_.end(), [&](const Client& c) { return c.id == id; });
    return found == clients_.end() ? nullptr : &*found;
  }
  bool cooperative() const {
    return protocol_of(options_.assignor) == RebalanceProtocol::cooperative;
  }
  std::int64_t poll_limit(const Client& client) const {
    if (client.polls || client.id.empty()) return kNever;
    return options_.max_poll_interval > kNever - client.last_poll
               ? kNever
               : client.last_poll + options_.max_poll_interval;
  }

  void give_up(std::int64_t now, const Client& client, std::vector<TopicPartition> partitions,
               GroupEvent::Kind kind, std::vector<GroupEvent>& out) {
    if (partitions.empty()) return;
    out.push_back({.kind = kind,
                   .at = now,
                   .member = client.name,
                   .generation = client.generation.value_or(0),
                   .partitions = std::move(partitions)});
  }

  // What it tells the assignor that it has: cooperative members what they read, eager ones of the
  // sticky assignor what they had before they gave it up, others nothing.
  void join(std::int64_t now, Client& client) {
    client.must_join = false;
    client.heartbeat_at = kNever;  // the heartbeat thread rests while a join is under way
    std::vector<TopicPartition> tells;
    if (cooperative()) tells = client.owned;
    if (options_.assignor == Assignor::sticky) tells = client.had;
    std::sort(tells.begin(), tells.end(), [](auto a, auto b) {
      return std::pair(a.topic, a.partition) < std::pair(b.topic, b.partition);
    });
    coordinator_.join(now,
                      {client.id, client.instance, client.topics, std::move(tells),
                       client.generation, options_.session_timeout, options_.max_poll_interval},
                      actions_);
  }

  void rejoin(std::int64_t now, Client& client, std::vector<GroupEvent>& out) {
    if (!client.polls) {
      client.must_join = true;
      return;
    }
    if (coordinator_.assignment(client.id) == nullptr) {
      // Its join is refused: it was removed, and what it read may be another's by now.
      lose_all(now, client, out);
      client.id = client.name + "#" + std::to_string(++client.starts);
    }
    if (!cooperative()) {
      give_up(now, client, std::move(client.owned), GroupEvent::Kind::revoke, out);
      client.owned.clear();
    }
    join(now, client);
  }

  // Out of the group: what it read is lost. A sticky assignor remembers it, and from when.
  void lose_all(std::int64_t now, Client& client, std::vector<GroupEvent>& out) {
    give_up(now, client, std::move(client.owned), GroupEvent::Kind::lose, out);
    client.owned.clear();
    if (cooperative()) client.generation.reset();
  }

  std::int64_t advance(std::int64_t now, std::vector<GroupEvent>& out) {
    now = std::max(now, now_);
    for (std::int64_t due = next(); due <= now && due != kNever; due = next()) {
      now_ = std::max(now_, due);
      step(now_, out);
    }
    return now_ = now;
  }

  void step(std::int64_t now, std::vector<GroupEvent>& out) {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      Client& client = clients_[i];
      if (!client.running || client.frozen) continue;
      if (poll_limit(client) <= now) {
        // Only dynamic members say that they leave (KIP-345).
        if (!client.instance) {
          out.push_back({.kind = GroupEvent::Kind::leave, .at = now, .member = client.name});
          coordinator_.leave(now, client.id, actions_);
        }
        lose_all(now, client, out);
        client.id.clear();
        client.heartbeat_at = kNever;
        settle(now, out);
        continue;
      }
      if (client.heartbeat_at > now) continue;
      client.heartbeat_at = now + options_.heartbeat_interval;
      switch (coordinator_.heartbeat(now, client.id)) {
        case HeartbeatAnswer::ok:
          break;
        case HeartbeatAnswer::rebalance_in_progress:
          rejoin(now, client, out);
          break;
        case HeartbeatAnswer::unknown_member:
          lose_all(now, client, out);
          rejoin(now, client, out);
          break;
      }
      settle(now, out);
    }
    coordinator_.tick(now, actions_);
    settle(now, out);
  }

  // Lets the members react to what the coordinator does, until it has nothing more to say.
  void settle(std::int64_t now, std::vector<GroupEvent>& out) {
    while (!actions_.empty()) {
      std::vector<GroupAction> actions = std::move(actions_);
      actions_.clear();
      for (GroupAction& action : actions) react(now, action, out);
    }
    const bool stable = coordinator_.state() == GroupCoordinator::State::stable;
    if (stable && coordinator_.generation() != announced_) {
      announced_ = coordinator_.generation();
      out.push_back({.kind = GroupEvent::Kind::stable, .at = now, .generation = announced_});
    }
  }

  void react(std::int64_t now, GroupAction& action, std::vector<GroupEvent>& out) {
    Client* client = find_id(action.member);
    if (client == nullptr) return;
    if (client->frozen) {
      client->unread.push_back(std::move(action));
      return;
    }
    switch (action.kind) {
      case GroupAction::Kind::rebalancing:
        return;
      case GroupAction::Kind::removed:
        if (!client->running) {
          out.push_back({.kind = GroupEvent::Kind::remove, .at = now, .member = client->name});
          client->id.clear();
        } else if (client->heartbeat_at == kNever && !client->id.empty()) {
          // It waits for an answer to its join, which says that it is unknown.
          client->id = client->name + "#" + std::to_string(++client->starts);
          lose_all(now, *client, out);
          join(now, *client);
        }
        return;
      case GroupAction::Kind::joined:
        if (!client->running) return;
        client->heartbeat_at = now + options_.heartbeat_interval;
        coordinator_.sync(now, client->id, actions_);
        return;
      case GroupAction::Kind::rejoin:
        if (client->running) rejoin(now, *client, out);
        return;
      case GroupAction::Kind::assigned:
        if (client->running) take(now, *client, action, out);
        return;
    }
  }

  void take(std::int64_t now, Client& client, GroupAction& action, std::vector<GroupEvent>& out) {
    const auto has = [](const std::vector<TopicPartition>& list, TopicPartition p) {
      return std::find(list.begin(), list.end(), p) != list.end();
    };
    std::vector<TopicPartition> lost;
    for (const TopicPartition p : client.owned)
      if (!has(action.partitions, p)) lost.push_back(p);
    std::vector<TopicPartition> gained;
    for (const TopicPartition p : action.partitions)
      if (!has(client.owned, p)) gained.push_back(p);
    client.generation = action.generation;
    client.owned = std::move(action.partitions);
    client.had = client.owned;
    const bool again = !lost.empty();
    give_up(now, client, std::move(lost), GroupEvent::Kind::revoke, out);
    if (!gained.empty())
      out.push_back({.kind = GroupEvent::Kind::assign,
                     .at = now,
                     .member = client.name,
                     .generation = action.generation,
                     .partitions = std::move(gained)});
    if (again && cooperative()) rejoin(now, client, out);
  }

  GroupClientOptions options_;
  GroupCoordinator coordinator_;
  std::vector<Client> clients_;
  std::vector<GroupAction> actions_;  // that the members have not seen yet
  std::int64_t now_ = std::numeric_limits<std::int64_t>::min();
  std::int32_t announced_ = 0;
};

}  // namespace highwater::messaging
