#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "engine/math/math.h"
#include "models/algorithms/membership/broadcast_queue.h"
#include "models/algorithms/membership/suspicion.h"
#include "models/algorithms/random_bits.h"

namespace highwater::membership {

/// memberlist's Config; the defaults are its DefaultLANConfig.
struct SwimOptions {
  std::int64_t probe_interval = 1'000'000'000;
  std::int64_t probe_timeout = 500'000'000;
  std::uint32_t indirect_checks = 3;
  bool disable_tcp_pings = false;
  std::uint32_t retransmit_mult = 4;
  std::uint32_t suspicion_mult = 4;
  std::uint32_t suspicion_max_timeout_mult = 6;
  std::uint32_t awareness_max_multiplier = 8;
  std::int64_t gossip_interval = 200'000'000;
  std::uint32_t gossip_nodes = 3;
  std::int64_t gossip_to_the_dead_time = 30'000'000'000;
  std::int64_t push_pull_interval = 30'000'000'000;
  std::int64_t dead_node_reclaim_time = 0;
  std::int64_t reconnect_interval = 30'000'000'000;  ///< Serf's; 0: memberlist alone.
  std::uint32_t udp_buffer_size = 1400;
  std::uint32_t claim_bytes = 48;  ///< Of a suspect or dead message as encoded. Chosen.
  std::uint32_t alive_bytes = 96;  ///< Of an alive message as encoded. Chosen.

  static SwimOptions lan() { return {}; }
  static SwimOptions wan() {
    SwimOptions o;
    o.probe_interval = 5'000'000'000;
    o.probe_timeout = 3'000'000'000;
    o.suspicion_mult = 6;
    o.gossip_interval = 500'000'000;
    o.gossip_nodes = 4;
    o.gossip_to_the_dead_time = 60'000'000'000;
    o.push_pull_interval = 60'000'000'000;
    return o;
  }
  static SwimOptions local() {
    SwimOptions o;
    o.probe_timeout = 200'000'000;
    o.indirect_checks = 1;
    o.retransmit_mult = 2;
    o.suspicion_mult = 3;
    o.gossip_interval = 100'000'000;
    o.gossip_to_the_dead_time = 15'000'000'000;
    o.push_pull_interval = 15'000'000'000;
    return o;
  }
};

/// What goes over the wire.
struct SwimPacket {
  enum class Kind : std::uint8_t { gossip, ping, indirect_ping, ack, nack, push, pull };
  Kind kind = Kind::gossip;
  bool reliable = false;  ///< Over TCP.
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint32_t sequence = 0;
  std::uint32_t target = 0;       ///< Of an indirect ping.
  std::vector<SwimClaim> claims;  ///< That come along; of push and pull: the whole state.
};

struct SwimEvent {
  enum class Kind : std::uint8_t { joined, suspected, refuted, failed, left };
  Kind kind;
  std::uint32_t node;
};

/// What a step leads to. Cleared by the caller, it keeps its memory.
class SwimOutput {
 public:
  SwimPacket& add() {
    if (size_ == packets_.size()) packets_.emplace_back();
    SwimPacket& packet = packets_[size_++];
    packet.claims.clear();
    return packet;
  }
  std::size_t size() const { return size_; }
  const SwimPacket& packet(std::size_t i) const { return packets_[i]; }
  std::vector<SwimEvent> events;
  void clear() {
    size_ = 0;
    events.clear();
  }

 private:
  std::vector<SwimPacket> packets_;
  std::size_t size_ = 0;
};

/// membership Swim: one member of a cluster as hashicorp/memberlist (Consul, Nomad, Serf) runs it.
///
/// Every probe interval the next member of a shuffled list is pinged. Without an answer within the
/// probe timeout others are asked to ping it, and it is pinged over TCP. Without any by the end of
/// the interval, it is suspected: that is gossiped, and unless it refutes with a higher incarnation
/// until the suspicion's timer is over, it is dead. Helpers that did not reach it either say so
/// (NACK); missing ones, and having to refute, speak for the prober being the sick one, whose
/// intervals grow then. Claims ride on every packet and on gossip of their own; a whole state is
/// exchanged with one random member now and then.
///
/// A claim overrides an older incarnation; of the same one suspect overrides alive, and dead both.
/// A dead member is gossiped to for a while, so that one that lives learns of it; then it is
/// forgotten. Serf, above memberlist, joins one of those that have failed now and then, the more
/// often the greater their part: that heals partitions that last longer.
///
/// Nothing here waits or sends: tick() and receive() say what is to be sent, and the caller brings
/// it to the others after whatever delay. A probe that takes longer than the interval makes the
/// next one follow at once, as a Go ticker does; the first comes one interval after the start (the
/// stagger of memberlist is spent before its ticker first ticks).
///
/// Assumes  messages of a packet are handled in their order; memberlist takes alive messages first
///          and the youngest of the rest. Sizes of messages are options, since they depend on
///          names. Serf forgets those that have failed a day ago; here they are never forgotten.
/// At the edges  time that goes backwards counts as standing still. An interval of 0 or less
/// switches
///          its activity off. Packets from and about members unknown are handled as memberlist
///          does: only an alive claim makes a member known. A cluster of one does nothing.
/// Source   hashicorp/memberlist 0.2.2, state.go, memberlist.go, net.go, awareness.go,
/// suspicion.go,
///          config.go; hashicorp/serf 0.9.4, serf.go, reconnect; A. Das, I. Gupta, A. Motivala,
///          SWIM, DSN 2002.
/// Checked  tests/membership/swim_test.cpp: detection times recorded from serf agents, the expected
///          detection of the paper, no false positives without loss, 1000 members.
class Swim {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  static constexpr std::uint32_t kPushPullScaleThreshold = 32;
  static constexpr std::size_t kHeader = 2;  // compoundHeaderOverhead

  Swim(SwimOptions options, std::uint32_t self, std::uint64_t address = 0)
      : options_(options),
        self_(self),
        address_(address),
        awareness_(options.awareness_max_multiplier) {}

  /// The member begins, knowing itself alone. Its incarnation begins at 1.
  template <BitSource Bits>
  void start(std::int64_t now, Bits& bits, SwimOutput& out) {
    now_ = std::max(now_, now);
    incarnation_ = 1;
    alive({SwimState::alive, self_, self_, 1, address_}, true, bits, out);
    probe_tick_ = options_.probe_interval > 0 ? now_ + options_.probe_interval : kNever;
    gossip_at_ = options_.gossip_interval > 0 && options_.gossip_nodes > 0
                     ? now_ + options_.gossip_interval
                     : kNever;
    reconnect_at_ = options_.reconnect_interval > 0 ? now_ + options_.reconnect_interval : kNever;
    if (options_.push_pull_interval > 0)
      push_pull_at_ =
          now_ + push_pull_interval() +
          static_cast<std::int64_t>((bits.bits() >> 1) %
                                    static_cast<std::uint64_t>(options_.push_pull_interval));
  }

  /// Exchanges states with a member that is there already.
  void join(std::int64_t now, std::uint32_t seed, SwimOutput& out) {
    now_ = std::max(now_, now);
    add_state(SwimPacket::Kind::push, seed, out);
  }

  /// The member goes on purpose; the word is gossiped while it still ticks.
  void leave(std::int64_t now, SwimOutput& out) {
    now_ = std::max(now_, now);
    leaving_ = true;
    dead({SwimState::left, self_, self_, incarnation_, 0}, out);
  }

  /// Drops what waits to be gossiped: for clusters in which all know all from the start.
  void forget_claims() { broadcasts_ = {}; }

  std::uint32_t self() const { return self_; }
  std::int32_t health() const { return awareness_.score(); }
  std::size_t members() const { return nodes_.size(); }
  std::size_t waiting_claims() const { return broadcasts_.size(); }
  bool knows(std::uint32_t node) const { return node < table_.size() && table_[node].known; }
  SwimState state(std::uint32_t node) const { return table_[node].state; }
  std::uint32_t incarnation(std::uint32_t node) const { return table_[node].incarnation; }

  /// When tick will have something to do.
  std::int64_t next() const {
    std::int64_t first = std::min(gossip_at_, push_pull_at_);
    first = std::min(
        first, probe_.active ? (probe_.indirect ? probe_.deadline : probe_.timeout) : probe_tick_);
    if (!failed_.empty()) first = std::min(first, reconnect_at_);
    for (const Suspect& s : suspects_) first = std::min(first, s.timer.deadline());
    for (const Relay& r : relays_) first = std::min(first, r.deadline);
    return first;
  }

  template <BitSource Bits>
  void tick(std::int64_t now, Bits& bits, SwimOutput& out) {
    now_ = std::max(now_, now);
    for (std::int64_t due = next(); due <= now_; due = next()) {
      if (gossip_at_ == due) {
        gossip_at_ = advance(gossip_at_, options_.gossip_interval);
        gossip(bits, out);
      } else if (push_pull_at_ == due) {
        push_pull_at_ = now_ + std::max<std::int64_t>(1, push_pull_interval());
        push_pull(bits, out);
      } else if (!failed_.empty() && reconnect_at_ == due) {
        reconnect_at_ = advance(reconnect_at_, options_.reconnect_interval);
        reconnect(bits, out);
      } else if (probe_.active && (probe_.indirect ? probe_.deadline : probe_.timeout) == due) {
        if (probe_.indirect) {
          finish_probe(false, bits, out);
        } else {
          ask_others(bits, out);
        }
      } else if (!probe_.active && probe_tick_ == due) {
        probe_tick_ = advance(probe_tick_, options_.probe_interval);
        probe(bits, out);
      } else if (!expire_relay(due, out)) {
        expire_suspicion(due, out);
      }
    }
  }

  template <BitSource Bits>
  void receive(std::int64_t now, const SwimPacket& packet, Bits& bits, SwimOutput& out) {
    now_ = std::max(now_, now);
    switch (packet.kind) {
      case SwimPacket::Kind::gossip:
        break;
      case SwimPacket::Kind::ping:
        answer(SwimPacket::Kind::ack, packet.from, packet.sequence, packet.reliable, out);
        break;
      case SwimPacket::Kind::indirect_ping: {
        const std::uint32_t mine = ++sequence_;
        relays_.push_back({mine, packet.sequence, packet.from, now_ + options_.probe_timeout});
        SwimPacket& ping = message(SwimPacket::Kind::ping, packet.target, mine, out);
        add_claims(ping);
        break;
      }
      case SwimPacket::Kind::ack: {
        if (probe_.active && packet.sequence == probe_.sequence) {
          finish_probe(true, bits, out);
          break;
        }
        const auto relay = std::find_if(relays_.begin(), relays_.end(),
                                        [&](const Relay& r) { return r.mine == packet.sequence; });
        if (relay == relays_.end()) break;
        const Relay done = *relay;
        relays_.erase(relay);
        answer(SwimPacket::Kind::ack, done.asker, done.theirs, false, out);
        break;
      }
      case SwimPacket::Kind::nack:
        if (probe_.active && packet.sequence == probe_.sequence &&
            probe_.nacks <= options_.indirect_checks)
          ++probe_.nacks;
        break;
      case SwimPacket::Kind::push:
        add_state(SwimPacket::Kind::pull, packet.from, out);
        [[fallthrough]];
      case SwimPacket::Kind::pull:
        for (const SwimClaim& claim : packet.claims) merge(claim, bits, out);
        return;
    }
    for (const SwimClaim& claim : packet.claims) hear(claim, bits, out);
  }

 private:
  struct Entry {
    std::uint32_t incarnation = 0;
    SwimState state = SwimState::dead;
    bool known = false;
    std::int64_t changed = 0;
    std::uint64_t address = 0;
  };
  struct Suspect {
    std::uint32_t node;
    Suspicion timer;
  };
  struct Relay {  // an indirect ping that is answered for another
    std::uint32_t mine;
    std::uint32_t theirs;
    std::uint32_t asker;
    std::int64_t deadline;
  };
  struct Probe {
    bool active = false;
    bool indirect = false;
    std::uint32_t node = 0;
    std::uint32_t incarnation = 0;
    std::uint32_t sequence = 0;
    std::uint32_t expected_nacks = 0;
    std::uint32_t nacks = 0;
    std::int64_t timeout = 0;
    std::int64_t deadline = 0;
  };

  std::int64_t advance(std::int64_t at, std::int64_t interval) const {
    at += interval;
    return at > now_ ? at : now_ + interval - (now_ - at) % interval;  // ticks missed are missed
  }

  std::int64_t push_pull_interval() const {
    const std::size_t n = nodes_.size();
    if (n <= kPushPullScaleThreshold) return options_.push_pull_interval;
    // ceil(log2 n - log2 32) + 1
    std::int64_t doublings = 0;
    for (std::size_t size = kPushPullScaleThreshold; size < n; size *= 2) ++doublings;
    return (doublings + 1) * options_.push_pull_interval;
  }

  bool gone(std::uint32_t node) const {
    return table_[node].state == SwimState::dead || table_[node].state == SwimState::left;
  }

  // Up to k members that `skip` lets through, tried at random 3n times.
  template <BitSource Bits, class Skip>
  void pick(std::uint32_t k, Bits& bits, Skip skip) {
    picked_.clear();
    const auto n = static_cast<std::uint32_t>(nodes_.size());
    for (std::uint32_t i = 0; i < 3 * n && picked_.size() < k; ++i) {
      const std::uint32_t node = nodes_[random_below(n, bits)];
      if (skip(node)) continue;
      if (std::find(picked_.begin(), picked_.end(), node) != picked_.end()) continue;
      picked_.push_back(node);
    }
  }

  SwimPacket& message(SwimPacket::Kind kind, std::uint32_t to, std::uint32_t sequence,
                      SwimOutput& out) {
    SwimPacket& packet = out.add();
    packet.kind = kind;
    packet.reliable = false;
    packet.from = self_;
    packet.to = to;
    packet.sequence = sequence;
    packet.target = 0;
    return packet;
  }
  void add_claims(SwimPacket& packet, std::size_t used = 32) {  // bytes of the message: chosen
    const std::size_t room =
        options_.udp_buffer_size > used + kHeader ? options_.udp_buffer_size - used - kHeader : 0;
    broadcasts_.take(
        room, retransmit_limit(options_.retransmit_mult, static_cast<std::uint32_t>(nodes_.size())),
        [&](const SwimClaim& claim) { packet.claims.push_back(claim); });
  }
  void answer(SwimPacket::Kind kind, std::uint32_t to, std::uint32_t sequence, bool reliable,
              SwimOutput& out) {
    SwimPacket& packet = message(kind, to, sequence, out);
    packet.reliable = reliable;
    if (!reliable) add_claims(packet);
  }
  void add_state(SwimPacket::Kind kind, std::uint32_t to, SwimOutput& out) {
    SwimPacket& packet = message(kind, to, 0, out);
    packet.reliable = true;
    for (const std::uint32_t node : nodes_) {
      const Entry& e = table_[node];
      packet.claims.push_back({e.state, node, node, e.incarnation, e.address});
    }
  }
  void broadcast(const SwimClaim& claim) {
    broadcasts_.push(claim,
                     claim.state == SwimState::alive ? options_.alive_bytes : options_.claim_bytes);
  }

  template <BitSource Bits>
  void probe(Bits& bits, SwimOutput& out) {
    std::size_t checked = 0;
    for (;;) {
      if (checked >= nodes_.size()) return;
      if (probe_index_ >= nodes_.size()) {
        reset_nodes(bits);
        probe_index_ = 0;
        ++checked;
        continue;
      }
      const std::uint32_t node = nodes_[probe_index_++];
      if (node != self_ && !gone(node)) {
        begin_probe(node, out);
        return;
      }
      ++checked;
    }
  }

  void begin_probe(std::uint32_t node, SwimOutput& out) {
    const Entry& e = table_[node];
    probe_ = {.active = true,
              .node = node,
              .incarnation = e.incarnation,
              .sequence = ++sequence_,
              .timeout = now_ + std::max<std::int64_t>(0, options_.probe_timeout),
              .deadline = now_ + awareness_.scale(options_.probe_interval)};
    // The answer's deadline may come first where the timeout is as long as the interval.
    probe_.timeout = std::min(probe_.timeout, probe_.deadline);
    SwimPacket& ping = message(SwimPacket::Kind::ping, node, probe_.sequence, out);
    if (e.state == SwimState::alive) {
      add_claims(ping);
    } else {
      ping.claims.push_back({SwimState::suspect, node, self_, e.incarnation, 0});
    }
  }

  template <BitSource Bits>
  void ask_others(Bits& bits, SwimOutput& out) {
    probe_.indirect = true;
    pick(options_.indirect_checks, bits, [&](std::uint32_t node) {
      return node == self_ || node == probe_.node || table_[node].state != SwimState::alive;
    });
    for (const std::uint32_t helper : picked_) {
      ++probe_.expected_nacks;
      SwimPacket& packet = message(SwimPacket::Kind::indirect_ping, helper, probe_.sequence, out);
      packet.target = probe_.node;
      add_claims(packet);
    }
    if (!options_.disable_tcp_pings)
      message(SwimPacket::Kind::ping, probe_.node, probe_.sequence, out).reliable = true;
  }

  template <BitSource Bits>
  void finish_probe(bool answered, Bits& bits, SwimOutput& out) {
    const Probe done = probe_;
    probe_.active = false;
    if (answered) {
      awareness_.apply(-1);
    } else {
      std::int32_t delta = 1;
      if (done.expected_nacks > 0)
        delta = done.nacks < done.expected_nacks
                    ? static_cast<std::int32_t>(done.expected_nacks - done.nacks)
                    : 0;
      awareness_.apply(delta);
      if (knows(done.node))
        suspect({SwimState::suspect, done.node, self_, done.incarnation, 0}, out);
    }
    if (probe_tick_ <= now_) {  // a tick came while this probe was under way
      probe_tick_ = advance(probe_tick_, options_.probe_interval);
      probe(bits, out);
    }
  }

  // Forgets members that have been dead for long and shuffles the others.
  template <BitSource Bits>
  void reset_nodes(Bits& bits) {
    std::size_t n = nodes_.size();
    for (std::size_t i = 0; i < n;) {
      Entry& e = table_[nodes_[i]];
      if (e.state != SwimState::dead || now_ - e.changed <= options_.gossip_to_the_dead_time) {
        ++i;
        continue;
      }
      e.known = false;
      std::swap(nodes_[i], nodes_[--n]);
    }
    nodes_.resize(n);
    for (std::size_t i = n; i > 1; --i)
      std::swap(nodes_[i - 1], nodes_[random_below(static_cast<std::uint32_t>(i), bits)]);
  }

  template <BitSource Bits>
  void gossip(Bits& bits, SwimOutput& out) {
    if (broadcasts_.empty()) return;  // nothing would be sent
    pick(options_.gossip_nodes, bits, [&](std::uint32_t node) {
      if (node == self_) return true;
      const Entry& e = table_[node];
      if (e.state == SwimState::dead) return now_ - e.changed > options_.gossip_to_the_dead_time;
      return e.state == SwimState::left;
    });
    for (const std::uint32_t node : picked_) {
      if (broadcasts_.empty()) return;
      add_claims(message(SwimPacket::Kind::gossip, node, 0, out), 0);
    }
  }

  template <BitSource Bits>
  void push_pull(Bits& bits, SwimOutput& out) {
    pick(1, bits, [&](std::uint32_t node) {
      return node == self_ || table_[node].state != SwimState::alive;
    });
    if (!picked_.empty()) add_state(SwimPacket::Kind::push, picked_.front(), out);
  }

  template <BitSource Bits>
  void reconnect(Bits& bits, SwimOutput& out) {
    const auto failed = static_cast<std::uint32_t>(failed_.size());
    std::uint64_t alive = 0;
    for (const std::uint32_t node : nodes_) alive += !gone(node);
    // With a probability of failed / alive.
    if ((bits.bits() >> 32) * std::max<std::uint64_t>(1, alive) >= std::uint64_t{failed} << 32)
      return;
    add_state(SwimPacket::Kind::push, failed_[random_below(failed, bits)], out);
  }

  bool expire_relay(std::int64_t due, SwimOutput& out) {
    const auto found = std::find_if(relays_.begin(), relays_.end(),
                                    [&](const Relay& r) { return r.deadline == due; });
    if (found == relays_.end()) return false;
    const Relay relay = *found;
    relays_.erase(found);
    answer(SwimPacket::Kind::nack, relay.asker, relay.theirs, false, out);
    return true;
  }

  void expire_suspicion(std::int64_t due, SwimOutput& out) {
    const auto found = std::find_if(suspects_.begin(), suspects_.end(),
                                    [&](const Suspect& s) { return s.timer.deadline() <= due; });
    if (found == suspects_.end()) return;
    const std::uint32_t node = found->node;
    const bool stands = table_[node].known && table_[node].state == SwimState::suspect &&
                        table_[node].changed == found->timer.start();
    suspects_.erase(found);
    if (stands) dead({SwimState::dead, node, self_, table_[node].incarnation, 0}, out);
  }

  void drop_timer(std::uint32_t node) {
    std::erase_if(suspects_, [&](const Suspect& s) { return s.node == node; });
  }

  template <BitSource Bits>
  void hear(const SwimClaim& claim, Bits& bits, SwimOutput& out) {
    switch (claim.state) {
      case SwimState::alive:
        alive(claim, false, bits, out);
        return;
      case SwimState::suspect:
        suspect(claim, out);
        return;
      case SwimState::dead:
      case SwimState::left:
        dead(claim, out);
        return;
    }
  }
  // Of a whole state, a death is only believed as a suspicion.
  template <BitSource Bits>
  void merge(SwimClaim claim, Bits& bits, SwimOutput& out) {
    if (claim.state == SwimState::dead) claim.state = SwimState::suspect;
    claim.from = claim.state == SwimState::left ? claim.node : self_;
    hear(claim, bits, out);
  }

  void refute(std::uint32_t accused, SwimOutput& out) {
    incarnation_ = std::max(incarnation_ + 1, accused + 1);
    table_[self_].incarnation = incarnation_;
    awareness_.apply(1);
    broadcast({SwimState::alive, self_, self_, incarnation_, address_});
    out.events.push_back({SwimEvent::Kind::refuted, self_});
  }

  template <BitSource Bits>
  void alive(const SwimClaim& claim, bool bootstrap, Bits& bits, SwimOutput& out) {
    const bool local = claim.node == self_;
    if (leaving_ && local) return;
    if (claim.node >= table_.size()) table_.resize(claim.node + 1);
    Entry& e = table_[claim.node];
    bool reclaims = false;
    if (!e.known) {
      e = {.known = true, .changed = now_, .address = claim.address};
      nodes_.push_back(claim.node);
      const std::size_t n = nodes_.size() - 1;
      if (n > 0) std::swap(nodes_[random_below(static_cast<std::uint32_t>(n), bits)], nodes_[n]);
    } else if (e.address != claim.address) {
      const bool may =
          options_.dead_node_reclaim_time > 0 && now_ - e.changed > options_.dead_node_reclaim_time;
      if (e.state != SwimState::left && !(e.state == SwimState::dead && may)) return;
      reclaims = true;
    }
    if (claim.incarnation <= e.incarnation && !local && !reclaims) return;
    if (claim.incarnation < e.incarnation && local) return;
    drop_timer(claim.node);
    const SwimState before = e.state;
    if (!bootstrap && local) {
      if (claim.incarnation == e.incarnation) return;
      refute(claim.incarnation, out);
      return;
    }
    broadcast({SwimState::alive, claim.node, claim.from, claim.incarnation, claim.address});
    e.incarnation = claim.incarnation;
    e.address = claim.address;
    if (e.state != SwimState::alive) {
      e.state = SwimState::alive;
      e.changed = now_;
    }
    if (before == SwimState::dead || before == SwimState::left) {
      std::erase(failed_, claim.node);
      out.events.push_back({SwimEvent::Kind::joined, claim.node});
    }
  }

  void suspect(const SwimClaim& claim, SwimOutput& out) {
    if (!knows(claim.node)) return;
    Entry& e = table_[claim.node];
    if (claim.incarnation < e.incarnation) return;
    const auto running = std::find_if(suspects_.begin(), suspects_.end(),
                                      [&](const Suspect& s) { return s.node == claim.node; });
    if (running != suspects_.end()) {
      if (running->timer.confirm(claim.from)) broadcast(claim);
      return;
    }
    if (e.state != SwimState::alive) return;
    if (claim.node == self_) {
      refute(claim.incarnation, out);
      return;
    }
    broadcast(claim);
    e.incarnation = claim.incarnation;
    e.state = SwimState::suspect;
    e.changed = now_;
    const auto n = static_cast<std::uint32_t>(nodes_.size());
    std::uint32_t k = options_.suspicion_mult > 2 ? options_.suspicion_mult - 2 : 0;
    if (n < k + 2) k = 0;
    const std::int64_t min = suspicion_timeout(options_.suspicion_mult, n, options_.probe_interval);
    const std::int64_t max = options_.suspicion_max_timeout_mult * min;
    suspects_.push_back({claim.node, Suspicion(claim.from, k, min, max, now_)});
    out.events.push_back({SwimEvent::Kind::suspected, claim.node});
  }

  void dead(const SwimClaim& claim, SwimOutput& out) {
    if (!knows(claim.node)) return;
    Entry& e = table_[claim.node];
    if (claim.incarnation < e.incarnation) return;
    drop_timer(claim.node);
    if (gone(claim.node)) return;
    if (claim.node == self_ && !leaving_) {
      refute(claim.incarnation, out);
      return;
    }
    const bool on_purpose = claim.node == claim.from;
    broadcast({on_purpose ? SwimState::left : SwimState::dead, claim.node, claim.from,
               claim.incarnation, 0});
    e.incarnation = claim.incarnation;
    e.state = on_purpose ? SwimState::left : SwimState::dead;
    e.changed = now_;
    if (!on_purpose && options_.reconnect_interval > 0) {
      if (failed_.empty() && reconnect_at_ <= now_)
        reconnect_at_ = advance(reconnect_at_, options_.reconnect_interval);
      failed_.push_back(claim.node);
    }
    out.events.push_back(
        {on_purpose ? SwimEvent::Kind::left : SwimEvent::Kind::failed, claim.node});
  }

  SwimOptions options_;
  std::uint32_t self_;
  std::uint64_t address_;
  Awareness awareness_;
  BroadcastQueue broadcasts_;
  std::vector<Entry> table_;          // by node
  std::vector<std::uint32_t> nodes_;  // known ones, in the order of probing
  std::size_t probe_index_ = 0;
  std::vector<Suspect> suspects_;
  std::vector<Relay> relays_;
  std::vector<std::uint32_t> picked_;
  std::vector<std::uint32_t> failed_;  // and not back
  Probe probe_;
  std::uint32_t incarnation_ = 0;
  std::uint32_t sequence_ = 0;
  std::int64_t probe_tick_ = kNever;
  std::int64_t gossip_at_ = kNever;
  std::int64_t push_pull_at_ = kNever;
  std::int64_t reconnect_at_ = kNever;
  std::int64_t now_ = 0;
  bool leaving_ = false;
};

}  // namespace highwater::membership
