#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "models/algorithms/membership/virtual_network.h"
#include "models/algorithms/random_bits.h"

namespace highwater::membership {

struct RedisBusOptions {
  std::int64_t node_timeout = 15'000'000'000;      ///< cluster-node-timeout
  std::int64_t repl_ping_period = 10'000'000'000;  ///< repl-ping-replica-period
  std::uint32_t replica_validity_factor = 10;      ///< cluster-replica-validity-factor; 0: any age
  bool require_full_coverage = true;               ///< cluster-require-full-coverage
};

/// A node that has become the master of a shard.
struct RedisPromotion {
  std::int64_t at;
  std::uint32_t node;
  bool operator==(const RedisPromotion&) const = default;
};

/// membership RedisBus: the nodes of a Redis Cluster as they find out who lives and who leads.
///
/// Nodes are numbered shard by shard, and within a shard the first master comes first. Ten times a
/// second each node looks around: it pings the one of five drawn nodes that it has not heard from
/// for longest (once a second), and every node that has not answered for half the node timeout. One
/// that leaves a ping unanswered for the node timeout is possibly failing to it (PFAIL). Pings and
/// pongs carry such opinions along; who holds a node for possibly failing and knows a majority of
/// the masters to do so too declares it failed (FAIL) and tells everybody.
///
/// A replica of a failed master waits 500 ms, up to 500 ms more by chance and a second for each
/// replica of its shard that has more of the master's data; then it asks all masters for their vote
/// in a new epoch. A master votes once in an epoch, and for replicas of the same master once in two
/// node timeouts. With a majority of the masters' votes the replica is the master and says so; of
/// two that claim a shard the later epoch is right, and the other one becomes a replica.
///
/// A node refuses to serve (state fail) while it sees no majority of masters, or, with full
/// coverage required, while the master of any shard has failed. A master that was started anew or
/// lost the majority takes its time before it serves again.
///
/// Assumes  slots move with their shard only; no node joins, forgets another or changes its shard;
///          configurations, epochs and votes survive a crash, opinions do not; manual failovers,
///          migration of replicas and the check of nodes.conf are left out; how far a replica's
///          data is is known to its siblings at once.
/// At the edges  timeouts below 1 ms count as 1 ms; fewer than one master count as one.
/// Source   Redis 7.0 src/cluster.c: clusterCron, clusterSendPing, clusterProcessGossipSection,
///          markNodeAsFailingIfNeeded, clearNodeFailureIfNeeded, clusterHandleSlaveFailover,
///          clusterSendFailoverAuthIfNeeded, clusterUpdateState; Redis cluster specification.
/// Checked  tests/membership/redis_bus_test.cpp: detection and elections within the bounds of the
///          specification, one master of a shard in an epoch, majorities, votes, old masters.
template <BitSource Bits>
class RedisBus {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  RedisBus(RedisBusOptions options, NetworkOptions network, std::uint32_t masters,
           std::uint32_t replicas, Bits bits)
      : options_(options),
        shards_(std::max(1u, masters)),
        size_(shards_ * (replicas + 1)),
        in_shard_(replicas + 1),
        network_(network, size_),
        bits_(std::move(bits)),
        nodes_(size_) {
    options_.node_timeout = std::max<std::int64_t>(kMillisecond, options_.node_timeout);
    for (std::uint32_t i = 0; i < size_; ++i) {
      Node& node = nodes_[i];
      node.peers.resize(size_);
      node.owners.resize(shards_);
      for (std::uint32_t s = 0; s < shards_; ++s) node.owners[s] = {s * in_shard_, s + 1};
      node.epoch = shards_;
    }
  }

  std::uint32_t size() const { return size_; }
  std::uint32_t shard_of(std::uint32_t node) const { return node / in_shard_; }

  /// Everybody knows everybody, and nothing has ever failed.
  void start(std::int64_t now) {
    now_ = now;
    for (std::uint32_t i = 0; i < size_; ++i) {
      nodes_[i].cron = now_ + kMillisecond + below(kCron);
      nodes_[i].serves = true;
      nodes_[i].has_data = true;
      for (Peer& peer : nodes_[i].peers) peer.pong_received = peer.data_received = now_;
    }
  }

  /// When run() may have something to do.
  std::int64_t next() const {
    std::int64_t next = network_.next();
    for (const Node& node : nodes_) next = std::min(next, node.cron);
    return next;
  }
  /// Lets everything happen that is due until then. Promotions are added to `out`.
  void run(std::int64_t until, std::vector<RedisPromotion>& out) {
    promotions_ = &out;
    for (std::int64_t at = next(); at <= until; at = next()) {
      now_ = std::max(now_, at);
      if (network_.next() <= at) {
        network_.deliver([this](std::uint32_t to, const Packet& packet) { arrive(to, packet); });
        continue;
      }
      for (std::uint32_t i = 0; i < size_; ++i)
        if (nodes_[i].cron == at) {
          nodes_[i].cron = at + kCron;
          look_around(i);
          break;
        }
    }
    now_ = std::max(now_, until);
  }

  /// The process dies; with its host (silent) nobody's connection is closed.
  void kill(std::uint32_t node, bool silent, std::int64_t now) {
    now_ = std::max(now_, now);
    network_.set_up(node, false);
    const std::uint32_t first = shard_of(node) * in_shard_;
    for (std::uint32_t i = first; i < first + in_shard_; ++i)
      if (nodes_[i].owners[shard_of(node)].node == node) nodes_[i].disconnected = now_;
    nodes_[node].cron = kNever;
    nodes_[node].silent = silent;
    nodes_[node].serves = false;
    if (!silent) close_links_to(node);
  }
  void restart(std::uint32_t node, std::int64_t now) {
    now_ = std::max(now_, now);
    network_.set_up(node, true);
    Node& self = nodes_[node];
    self.silent = false;
    self.started = now_;
    self.lost_majority = kLongAgo;
    self.iteration = 0;
    self.election_at = kLongAgo;
    self.cron = now_ + kMillisecond + below(kCron);
    for (Peer& peer : self.peers) {
      peer = Peer{};
      peer.pong_received = peer.data_received = now_;
      peer.linked = false;
    }
    self.has_data = is_master(node);
    close_links_to(node);
  }
  void set_side(std::uint32_t node, std::uint32_t side) { network_.set_side(node, side); }
  void heal() { network_.heal(); }

  /// How much of its master's data a replica has. One that was started anew has none until told.
  void holds(std::uint32_t node, std::uint64_t offset) {
    nodes_[node].offset = offset;
    nodes_[node].has_data = true;
  }

  /// The master of a shard, as a node sees it.
  std::uint32_t master(std::uint32_t observer, std::uint32_t shard) const {
    return nodes_[observer].owners[shard].node;
  }
  bool is_master(std::uint32_t node) const { return master(node, shard_of(node)) == node; }
  bool failed(std::uint32_t observer, std::uint32_t node) const {
    return nodes_[observer].peers[node].failed;
  }
  bool possibly_failing(std::uint32_t observer, std::uint32_t node) const {
    return nodes_[observer].peers[node].suspected;
  }
  /// Whether the node answers queries (cluster_state:ok).
  bool serves(std::uint32_t node) const { return nodes_[node].serves; }
  std::uint64_t packets() const { return network_.sent(); }

 private:
  static constexpr std::int64_t kMillisecond = 1'000'000;
  static constexpr std::int64_t kSecond = 1'000'000'000;
  static constexpr std::int64_t kCron = 100 * kMillisecond;
  static constexpr std::int64_t kLongAgo = std::numeric_limits<std::int64_t>::min() / 4;
  static constexpr std::int64_t kWritableDelay = 2 * kSecond;  // CLUSTER_WRITABLE_DELAY

  struct Report {
    std::uint32_t by;
    std::int64_t at;
  };
  /// What a node thinks of another.
  struct Peer {
    bool linked = true;
    bool suspected = false;  // PFAIL
    bool failed = false;     // FAIL
    std::int64_t link_made = kLongAgo;
    std::int64_t ping_sent = 0;  // of the oldest unanswered; 0 for none
    std::int64_t pong_received = 0;
    std::int64_t data_received = 0;
    std::int64_t failed_at = 0;
    std::int64_t voted_at = kLongAgo;  // for a replica of this master
    std::vector<Report> reports;       // of masters that suspect it too
  };
  struct Owner {
    std::uint32_t node;
    std::uint64_t epoch;
  };
  struct Node {
    std::vector<Peer> peers;
    std::vector<Owner> owners;  // by shard
    std::uint64_t epoch = 0;
    std::uint64_t last_vote = 0;
    std::uint32_t iteration = 0;
    std::int64_t cron = kNever;
    std::int64_t started = kLongAgo;
    std::int64_t lost_majority = kLongAgo;
    bool serves = false;
    bool silent = false;
    std::uint64_t offset = 0;
    std::int64_t disconnected = 0;  // of a replica: since its master died
    bool has_data = false;
    // Of a replica: its election.
    std::int64_t election_at = kLongAgo;
    std::uint64_t election_epoch = 0;
    std::uint32_t rank = 0;
    bool asked = false;
    std::uint32_t votes = 0;
  };
  struct Gossip {
    std::uint32_t node;
    bool failing;
  };
  struct Packet {
    enum class Kind : std::uint8_t { ping, pong, fail, vote_request, vote, update };
    Kind kind = Kind::ping;
    std::uint32_t from = 0;
    std::uint64_t epoch = 0;
    std::uint32_t shard = 0;  // what the sender claims, or an update says
    Owner owner{};
    std::uint32_t subject = 0;  // of fail
    std::vector<Gossip> gossip;
  };
  using Kind = typename Packet::Kind;

  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random_below(static_cast<std::uint32_t>(n / 1000), bits_)) *
           1000;
  }
  bool leads(const Node& view, std::uint32_t node) const {
    return view.owners[shard_of(node)].node == node;
  }
  std::uint32_t quorum() const { return shards_ / 2 + 1; }

  /// Its host says that nobody is there.
  bool refuses(std::uint32_t node) const { return !network_.up(node) && !nodes_[node].silent; }

  void close_links_to(std::uint32_t node) {
    for (Node& other : nodes_) other.peers[node].linked = false;
  }

  Packet packet(std::uint32_t from, Kind kind) const {
    Packet made;
    made.kind = kind;
    made.from = from;
    made.epoch = nodes_[from].epoch;
    made.shard = shard_of(from);
    made.owner = nodes_[from].owners[made.shard];
    return made;
  }
  void send(std::uint32_t from, std::uint32_t to, const Packet& made) {
    network_.send(now_, from, to, true, made, bits_);
  }
  void broadcast(const Packet& made) {
    for (std::uint32_t to = 0; to < size_; ++to)
      if (to != made.from) send(made.from, to, made);
  }

  void look_around(std::uint32_t i) {
    Node& self = nodes_[i];
    ++self.iteration;
    for (std::uint32_t j = 0; j < size_; ++j)
      if (j != i && !self.peers[j].linked) connect(i, j);
    if (self.iteration % 10 == 0) ping_one(i);
    for (std::uint32_t j = 0; j < size_; ++j)
      if (j != i) check(i, j);
    if (!is_master(i)) stand_for_election(i);
    update_state(i);
  }

  void connect(std::uint32_t i, std::uint32_t j) {
    Peer& peer = nodes_[i].peers[j];
    peer.linked = true;
    peer.link_made = now_;
    if (refuses(j)) return;  // which is noticed after this round
    const std::int64_t before = peer.ping_sent;
    ping(i, j);
    // What was never answered is as old as it was.
    if (before != 0) peer.ping_sent = before;
  }

  void ping_one(std::uint32_t i) {
    Node& self = nodes_[i];
    std::optional<std::uint32_t> oldest;
    for (int draw = 0; draw < 5; ++draw) {
      const std::uint32_t j = random_below(size_, bits_);
      const Peer& peer = self.peers[j];
      if (j == i || !peer.linked || peer.ping_sent != 0) continue;
      if (!oldest || peer.pong_received < self.peers[*oldest].pong_received) oldest = j;
    }
    if (oldest) ping(i, *oldest);
  }

  void check(std::uint32_t i, std::uint32_t j) {
    Peer& peer = nodes_[i].peers[j];
    const std::int64_t half = options_.node_timeout / 2;
    if (peer.linked && now_ - peer.link_made > options_.node_timeout && peer.ping_sent != 0 &&
        now_ - peer.ping_sent > half && now_ - peer.data_received > half)
      peer.linked = false;
    if (peer.linked && peer.ping_sent == 0 && now_ - peer.pong_received > half) {
      ping(i, j);
    } else if (peer.ping_sent != 0) {
      const std::int64_t silence = std::min(now_ - peer.ping_sent, now_ - peer.data_received);
      if (silence > options_.node_timeout && !peer.failed) peer.suspected = true;
    }
    if (refuses(j)) peer.linked = false;
  }

  void ping(std::uint32_t i, std::uint32_t j) {
    nodes_[i].peers[j].ping_sent = now_;
    send_with_gossip(i, j, Kind::ping);
  }

  /// Opinions on a tenth of the nodes, three at least, and on all that are suspected.
  void send_with_gossip(std::uint32_t i, std::uint32_t to, Kind kind) {
    const Node& self = nodes_[i];
    Packet made = packet(i, kind);
    const std::uint32_t fresh = size_ < 2 ? 0 : size_ - 2;
    const std::uint32_t wanted = std::min(std::max(3u, size_ / 10), fresh);
    std::uint32_t tries = wanted * 3;
    while (made.gossip.size() < wanted && tries-- > 0) {
      const std::uint32_t j = random_below(size_, bits_);
      if (j == i || self.peers[j].suspected) continue;
      if (!std::any_of(made.gossip.begin(), made.gossip.end(),
                       [j](const Gossip& each) { return each.node == j; }))
        made.gossip.push_back({j, self.peers[j].failed});
    }
    for (std::uint32_t j = 0; j < size_; ++j)
      if (j != i && self.peers[j].suspected) made.gossip.push_back({j, true});
    send(i, to, made);
  }

  void arrive(std::uint32_t i, const Packet& got) {
    Node& self = nodes_[i];
    Peer& sender = self.peers[got.from];
    sender.data_received = now_;
    self.epoch = std::max(self.epoch, got.epoch);
    switch (got.kind) {
      case Kind::ping:
        send_with_gossip(i, got.from, Kind::pong);
        hear(i, got);
        break;
      case Kind::pong:
        sender.pong_received = now_;
        sender.ping_sent = 0;
        sender.suspected = false;
        clear_failure(self, got.from);
        hear(i, got);
        break;
      case Kind::fail:
        if (got.subject != i) declare_failed(self, got.subject);
        break;
      case Kind::vote_request:
        vote(i, got);
        break;
      case Kind::vote:
        if (leads(self, got.from) && got.epoch >= self.election_epoch && self.asked) {
          ++self.votes;
          win_if_elected(i);
        }
        break;
      case Kind::update:
        believe(i, got.shard, got.owner);
        break;
    }
    update_state(i);
  }

  void hear(std::uint32_t i, const Packet& got) {
    Node& self = nodes_[i];
    const Owner known = self.owners[got.shard];
    if (got.owner.epoch > known.epoch)
      believe(i, got.shard, got.owner);
    else if (got.owner.epoch < known.epoch)
      tell_better(i, got.from, got.shard);
    if (!leads(self, got.from)) return;
    for (const Gossip& each : got.gossip) {
      if (each.node == i) continue;
      Peer& peer = self.peers[each.node];
      const auto report = std::find_if(peer.reports.begin(), peer.reports.end(),
                                       [&](const Report& one) { return one.by == got.from; });
      if (!each.failing) {
        if (report != peer.reports.end()) peer.reports.erase(report);
        continue;
      }
      if (report != peer.reports.end())
        report->at = now_;
      else
        peer.reports.push_back({got.from, now_});
      declare_failed_if_agreed(i, each.node);
    }
  }

  void tell_better(std::uint32_t i, std::uint32_t to, std::uint32_t shard) {
    Packet made = packet(i, Kind::update);
    made.shard = shard;
    made.owner = nodes_[i].owners[shard];
    send(i, to, made);
  }

  void believe(std::uint32_t i, std::uint32_t shard, Owner owner) {
    Node& self = nodes_[i];
    if (owner.epoch <= self.owners[shard].epoch) return;
    self.owners[shard] = owner;
    if (shard == shard_of(i)) self.election_at = kLongAgo;
  }

  void declare_failed_if_agreed(std::uint32_t i, std::uint32_t j) {
    Node& self = nodes_[i];
    Peer& peer = self.peers[j];
    if (!peer.suspected || peer.failed) return;
    const std::int64_t oldest = now_ - 2 * options_.node_timeout;
    std::erase_if(peer.reports, [&](const Report& report) { return report.at < oldest; });
    const std::size_t agree = peer.reports.size() + (is_master(i) ? 1 : 0);
    if (agree < quorum()) return;
    declare_failed(self, j);
    Packet made = packet(i, Kind::fail);
    made.subject = j;
    broadcast(made);
  }

  void declare_failed(Node& self, std::uint32_t j) {
    Peer& peer = self.peers[j];
    if (peer.failed) return;
    peer.suspected = false;
    peer.failed = true;
    peer.failed_at = now_;
  }

  /// It has answered.
  void clear_failure(Node& self, std::uint32_t j) {
    Peer& peer = self.peers[j];
    if (!peer.failed) return;
    if (!leads(self, j) || now_ - peer.failed_at > 2 * options_.node_timeout) peer.failed = false;
  }

  std::uint32_t rank_of(std::uint32_t i) const {
    std::uint32_t rank = 0;
    const std::uint32_t first = shard_of(i) * in_shard_;
    for (std::uint32_t j = first; j < first + in_shard_; ++j)
      rank += j != i && !leads(nodes_[i], j) && !nodes_[i].peers[j].failed &&
              nodes_[j].offset > nodes_[i].offset;
    return rank;
  }

  void stand_for_election(std::uint32_t i) {
    Node& self = nodes_[i];
    const std::uint32_t master = self.owners[shard_of(i)].node;
    if (!self.peers[master].failed || !self.has_data) return;
    const std::int64_t timeout = std::max(2 * options_.node_timeout, 2 * kSecond);
    std::int64_t age = now_ - self.disconnected;
    if (age > options_.node_timeout) age -= options_.node_timeout;
    if (options_.replica_validity_factor > 0 &&
        age > options_.repl_ping_period +
                  options_.node_timeout * std::int64_t{options_.replica_validity_factor})
      return;
    if (now_ - self.election_at > 2 * timeout) {
      self.rank = rank_of(i);
      self.election_at =
          now_ + 500 * kMillisecond + below(500 * kMillisecond) + self.rank * kSecond;
      self.asked = false;
      self.votes = 0;
      return;
    }
    if (!self.asked) {
      const std::uint32_t rank = rank_of(i);
      if (rank > self.rank) {
        self.election_at += (rank - self.rank) * kSecond;
        self.rank = rank;
      }
    }
    if (now_ < self.election_at || now_ - self.election_at > timeout || self.asked) return;
    self.election_epoch = ++self.epoch;
    self.asked = true;
    broadcast(packet(i, Kind::vote_request));
  }

  void vote(std::uint32_t i, const Packet& got) {
    Node& self = nodes_[i];
    if (!is_master(i) || got.epoch < self.epoch || self.last_vote == self.epoch) return;
    const std::uint32_t master = self.owners[shard_of(got.from)].node;
    if (master == got.from || !self.peers[master].failed) return;
    Peer& peer = self.peers[master];
    if (now_ - peer.voted_at < 2 * options_.node_timeout) return;
    if (got.owner.epoch < self.owners[got.shard].epoch) return;
    peer.voted_at = now_;
    self.last_vote = self.epoch;
    send(i, got.from, packet(i, Kind::vote));
  }

  void win_if_elected(std::uint32_t i) {
    Node& self = nodes_[i];
    if (is_master(i) || self.votes < quorum()) return;
    self.owners[shard_of(i)] = {i, self.election_epoch};
    self.asked = false;
    self.election_at = kLongAgo;
    promotions_->push_back({now_, i});
    broadcast(packet(i, Kind::pong));
  }

  void update_state(std::uint32_t i) {
    Node& self = nodes_[i];
    bool ok = true;
    std::uint32_t reachable = 0;
    for (const Owner& owner : self.owners) {
      const Peer& peer = self.peers[owner.node];
      if (options_.require_full_coverage && owner.node != i && peer.failed) ok = false;
      reachable += owner.node == i || (!peer.failed && !peer.suspected);
    }
    if (reachable < quorum()) {
      ok = false;
      self.lost_majority = now_;
    }
    if (ok && !self.serves && is_master(i)) {
      const std::int64_t pause = std::clamp(options_.node_timeout, 500 * kMillisecond, 5 * kSecond);
      if (now_ - self.started < kWritableDelay || now_ - self.lost_majority < pause) return;
    }
    self.serves = ok;
  }

  RedisBusOptions options_;
  std::uint32_t shards_;
  std::uint32_t size_;
  std::uint32_t in_shard_;
  VirtualNetwork<Packet> network_;
  Bits bits_;
  std::vector<Node> nodes_;
  std::vector<RedisPromotion>* promotions_ = nullptr;
  std::int64_t now_ = 0;
};

}  // namespace highwater::membership
