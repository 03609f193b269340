#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/algorithms/membership/cluster.h"
#include "models/algorithms/membership/ringpop.h"

namespace highwater::membership {

/// Ringpop as Cluster wants it; its calls go over TCP (tchannel), so nothing is lost on the way.
struct RingpopProtocol {
  using Node = Ringpop;
  using Packet = RingpopMessage;
  using Output = RingpopOutput;
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
    for (const Packet& packet : out.messages) send(packet, packet.to, false);
    out.clear();
  }
};

/// membership RingpopCluster: a ring of Ringpop members; the first starts at once, the others
/// within a second, and join it. The network's loss is the share of calls and answers that get
/// lost.
///
/// Source   elementary; Ringpop and Cluster decide.
/// Checked  tests/membership/ringpop_test.cpp.
template <BitSource Bits>
class RingpopCluster {
 public:
  struct Event {
    std::int64_t at;
    std::uint32_t observer;
    RingpopEvent event;
  };

  /// @param addresses  One for each member; it must outlive this.
  RingpopCluster(RingpopOptions options, NetworkOptions network,
                 const std::vector<std::string>& addresses, Bits bits)
      : options_(options), addresses_(&addresses), cluster_(network, make(), bits) {}

  const Ringpop& node(std::uint32_t i) const { return cluster_.node(i); }
  VirtualNetwork<RingpopMessage>& network() { return cluster_.network(); }
  std::size_t size() const { return cluster_.size(); }
  std::int64_t now() const { return cluster_.now(); }
  bool up(std::uint32_t i) const { return cluster_.up(i); }
  /// When run() may have something to do.
  std::int64_t next() const { return cluster_.next(); }
  /// Whether the observer has the member in its ring; suspects are.
  bool lists(std::uint32_t observer, std::uint32_t i) const { return node(observer).in_ring(i); }

  void start() {
    for (std::uint32_t i = 0; i < size(); ++i) {
      constexpr std::uint64_t kWindow = 1'000'000'000;
      start_node(i, i == 0 ? 0 : static_cast<std::int64_t>(cluster_.bits().bits() % kWindow), 0);
    }
  }
  /// The first `present` members start, knowing each other; the others are not there yet.
  void start_complete(std::uint32_t present) {
    for (std::uint32_t i = present; i < size(); ++i) cluster_.set_up(i, false);
    for (std::uint32_t i = 0; i < present; ++i)
      cluster_.act(
          i, 0,
          [&](Ringpop& node, RingpopOutput&) {
            node.start(0, cluster_.bits());
            node.know_first(present, cluster_.bits());
          },
          kIgnore);
  }
  void kill(std::uint32_t i) { cluster_.set_up(i, false); }
  void restart(std::uint32_t i, std::uint32_t seed) {
    cluster_.set_up(i, true);
    cluster_.act(
        i, now(), [&](Ringpop& node, RingpopOutput&) { node = Ringpop(options_, i, *addresses_); },
        kIgnore);
    start_node(i, now(), seed);
  }
  void leave(std::uint32_t i) {
    cluster_.act(
        i, now(), [&](Ringpop& node, RingpopOutput&) { node.set_leaving(now(), true); }, kIgnore);
  }

  void run(std::int64_t until, std::vector<Event>& events) {
    cluster_.run(until, [&](std::int64_t at, std::uint32_t i, const RingpopOutput& out) {
      for (const RingpopEvent& event : out.events) events.push_back({at, i, event});
    });
  }

 private:
  static constexpr auto kIgnore = [](std::int64_t, std::uint32_t, const RingpopOutput&) {};

  std::vector<Ringpop> make() const {
    std::vector<Ringpop> made;
    for (std::uint32_t i = 0; i < addresses_->size(); ++i)
      made.emplace_back(options_, i, *addresses_);
    return made;
  }
  void start_node(std::uint32_t i, std::int64_t at, std::uint32_t seed) {
    cluster_.act(
        i, at,
        [&](Ringpop& node, RingpopOutput& out) {
          node.start(at, cluster_.bits());
          if (seed != i) node.join(at, seed, out);
        },
        kIgnore);
  }

  RingpopOptions options_;
  const std::vector<std::string>* addresses_;
  Cluster<RingpopProtocol, Bits> cluster_;
};

}  // namespace highwater::membership
