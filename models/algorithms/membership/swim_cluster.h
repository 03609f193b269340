#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/algorithms/membership/cluster.h"
#include "models/algorithms/membership/swim.h"

namespace highwater::membership {

/// Swim as Cluster wants it.
struct SwimProtocol {
  using Node = Swim;
  using Packet = SwimPacket;
  using Output = SwimOutput;
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
    for (std::size_t k = 0; k < out.size(); ++k)
      send(out.packet(k), out.packet(k).to, out.packet(k).reliable);
    out.clear();
  }
};

/// membership SwimCluster: a cluster of Swim members.
///
/// The first member starts at once, the others within the first probe interval, each at random, and
/// join it; or all know each other from the start, which saves large clusters the time of joining.
///
/// Source   elementary; Swim and Cluster decide.
/// Checked  tests/membership/swim_test.cpp.
template <BitSource Bits>
class SwimCluster {
 public:
  struct Event {
    std::int64_t at;
    std::uint32_t observer;
    SwimEvent event;
  };

  SwimCluster(SwimOptions options, NetworkOptions network, std::uint32_t nodes, Bits bits)
      : options_(options), cluster_(network, make(options, nodes), bits) {}

  const Swim& node(std::uint32_t i) const { return cluster_.node(i); }
  VirtualNetwork<SwimPacket>& network() { return cluster_.network(); }
  std::size_t size() const { return cluster_.size(); }
  std::int64_t now() const { return cluster_.now(); }
  bool up(std::uint32_t i) const { return cluster_.up(i); }
  /// When run() may have something to do.
  std::int64_t next() const { return cluster_.next(); }
  /// Whether the observer takes the member for one to be asked; suspects are.
  bool lists(std::uint32_t observer, std::uint32_t i) const {
    const Swim& view = node(observer);
    return view.knows(i) &&
           (view.state(i) == SwimState::alive || view.state(i) == SwimState::suspect);
  }

  /// Every member starts and joins the first.
  void start() {
    for (std::uint32_t i = 0; i < size(); ++i) start_node(i, i == 0 ? 0 : start_time(), 0);
  }
  /// The first `present` members start, knowing each other; the others are not there yet.
  void start_complete(std::uint32_t present) {
    SwimPacket all;
    all.kind = SwimPacket::Kind::pull;
    for (std::uint32_t i = 0; i < present; ++i)
      all.claims.push_back({SwimState::alive, i, i, 1, i});
    for (std::uint32_t i = present; i < size(); ++i) cluster_.set_up(i, false);
    for (std::uint32_t i = 0; i < present; ++i) {
      const std::int64_t at = start_time();
      cluster_.act(
          i, at,
          [&](Swim& node, SwimOutput& out) {
            node.start(at, cluster_.bits(), out);
            node.receive(at, all, cluster_.bits(), out);
            node.forget_claims();
            out.clear();
          },
          kIgnore);
    }
  }

  void kill(std::uint32_t i) { cluster_.set_up(i, false); }
  /// The member's process starts anew, with what it knew gone, and joins by `seed`.
  void restart(std::uint32_t i, std::uint32_t seed) {
    cluster_.set_up(i, true);
    cluster_.act(
        i, now(), [&](Swim& node, SwimOutput&) { node = Swim(options_, i, i); }, kIgnore);
    start_node(i, now(), seed);
  }
  void leave(std::uint32_t i) {
    cluster_.act(
        i, now(), [&](Swim& node, SwimOutput& out) { node.leave(now(), out); }, kIgnore);
  }

  /// Runs to `until`; what happens is appended to `events`.
  void run(std::int64_t until, std::vector<Event>& events) {
    cluster_.run(until, [&](std::int64_t at, std::uint32_t i, const SwimOutput& out) {
      for (const SwimEvent& event : out.events) events.push_back({at, i, event});
    });
  }

 private:
  static constexpr auto kIgnore = [](std::int64_t, std::uint32_t, const SwimOutput&) {};

  static std::vector<Swim> make(const SwimOptions& options, std::uint32_t nodes) {
    std::vector<Swim> made;
    for (std::uint32_t i = 0; i < nodes; ++i) made.emplace_back(options, i, i);
    return made;
  }
  std::int64_t start_time() {
    const std::int64_t window = options_.probe_interval > 0 ? options_.probe_interval : 1;
    return static_cast<std::int64_t>((cluster_.bits().bits() >> 1) %
                                     static_cast<std::uint64_t>(window));
  }
  void start_node(std::uint32_t i, std::int64_t at, std::uint32_t seed) {
    cluster_.act(
        i, at,
        [&](Swim& node, SwimOutput& out) {
          node.start(at, cluster_.bits(), out);
          if (seed != i) node.join(at, seed, out);
        },
        kIgnore);
  }

  SwimOptions options_;
  Cluster<SwimProtocol, Bits> cluster_;
};

}  // namespace highwater::membership
