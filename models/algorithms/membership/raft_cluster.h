#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "models/algorithms/membership/cluster.h"
#include "models/algorithms/membership/raft.h"

namespace highwater::membership {

/// Raft as Cluster wants it; messages may get lost.
struct RaftProtocol {
  using Node = Raft;
  using Packet = RaftMessage;
  using Output = std::vector<RaftMessage>;
  static std::int64_t next(const Node& node) { return node.next(); }
  template <BitSource Bits>
  static void tick(Node& node, std::int64_t now, Bits& bits, Output& out) {
    node.tick(now, bits, out);
  }
  template <BitSource Bits>
  static void receive(Node& node, std::int64_t now, const Packet& packet, Bits& bits, Output& out) {
    node.receive(now, packet, bits, out);
  }
  template <class Send>
  static void flush(Output& out, Send send) {
    for (const Packet& packet : out) send(packet, packet.to, false);
    out.clear();
  }
};

/// membership RaftCluster: a group of Raft servers that start at the same time.
///
/// Source   elementary; Raft and Cluster decide.
/// Checked  tests/membership/raft_test.cpp.
template <BitSource Bits>
class RaftCluster {
 public:
  struct Change {  ///< A server begins to lead, or ceases to.
    std::int64_t at;
    std::uint32_t server;
    std::uint64_t term;
    bool leads;
  };

  RaftCluster(RaftOptions options, NetworkOptions network, std::uint32_t servers, Bits bits)
      : cluster_(network, make(options, servers), bits), leads_(servers) {
    for (std::uint32_t i = 0; i < servers; ++i) start_server(i);
  }

  const Raft& server(std::uint32_t i) const { return cluster_.node(i); }
  VirtualNetwork<RaftMessage>& network() { return cluster_.network(); }
  std::size_t size() const { return cluster_.size(); }
  std::int64_t now() const { return cluster_.now(); }
  bool up(std::uint32_t i) const { return cluster_.up(i); }
  /// When run() may have something to do.
  std::int64_t next() const { return cluster_.next(); }

  /// The server stops; a leader ceases to lead without a word.
  void kill(std::uint32_t i, std::vector<Change>& changes) {
    cluster_.set_up(i, false);
    if (std::exchange(leads_[i], 0) != 0) changes.push_back({now(), i, server(i).term(), false});
  }
  /// It starts again with its term, vote and log.
  void restart(std::uint32_t i) {
    cluster_.set_up(i, true);
    start_server(i);
  }
  /// The server stands for election at once.
  void campaign(std::uint32_t i) {
    cluster_.act(
        i, now(), [&](Raft& node, auto& out) { node.campaign(cluster_.bits(), out); }, kIgnore);
  }
  /// See Raft::holds().
  void holds(std::uint32_t i, std::uint64_t position) {
    cluster_.act(
        i, now(), [&](Raft& node, auto&) { node.holds(position); }, kIgnore);
  }
  /// @return whether the server leads and has taken an entry.
  bool propose(std::uint32_t i) {
    bool taken = false;
    if (up(i))
      cluster_.act(
          i, now(), [&](Raft& node, auto&) { taken = node.propose(); }, kIgnore);
    return taken;
  }

  void run(std::int64_t until, std::vector<Change>& changes) {
    cluster_.run(until, [&](std::int64_t at, std::uint32_t i, const auto&) {
      const Raft& node = cluster_.node(i);
      const bool leads = node.role() == RaftRole::leader;
      if (leads && leads_[i] != 0 && node.term() != terms_[i]) {
        changes.push_back({at, i, terms_[i], false});
        leads_[i] = 0;
      }
      if (leads == (leads_[i] != 0)) return;
      changes.push_back({at, i, leads ? node.term() : terms_[i], leads});
      leads_[i] = leads ? 1 : 0;
      terms_[i] = node.term();
    });
  }

 private:
  static constexpr auto kIgnore = [](std::int64_t, std::uint32_t, const auto&) {};

  static std::vector<Raft> make(const RaftOptions& options, std::uint32_t servers) {
    std::vector<Raft> made;
    for (std::uint32_t i = 0; i < servers; ++i) made.emplace_back(options, i, servers);
    return made;
  }
  void start_server(std::uint32_t i) {
    terms_.resize(size());
    cluster_.act(
        i, now(), [&](Raft& node, auto&) { node.start(now(), cluster_.bits()); }, kIgnore);
  }

  Cluster<RaftProtocol, Bits> cluster_;
  std::vector<char> leads_;           // by server
  std::vector<std::uint64_t> terms_;  // in which it leads
};

}  // namespace highwater::membership
