#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "models/algorithms/membership/virtual_network.h"
#include "models/algorithms/random_bits.h"

namespace highwater::membership {

/// membership Cluster: nodes of any protocol over a VirtualNetwork, in virtual time.
///
/// The protocol is a type with
///   Node, Packet, Output              what runs, what is sent, what a step leads to
///   next(const Node&)                 when it wants to be ticked
///   tick(Node&, now, bits, Output&), receive(Node&, now, const Packet&, bits, Output&)
///   flush(Output&, send)              send(const Packet&, to, reliable) for each, then clears it
///
/// At the edges  a node that is down is neither ticked nor reached.
/// Source   elementary; the protocol decides.
/// Checked  tests/membership/swim_test.cpp, ringpop_test.cpp, raft_test.cpp: all run on it.
template <class Protocol, BitSource Bits>
class Cluster {
 public:
  using Node = typename Protocol::Node;
  using Packet = typename Protocol::Packet;
  using Output = typename Protocol::Output;
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  Cluster(NetworkOptions network, std::vector<Node> nodes, Bits bits)
      : network_(network, nodes.size()),
        bits_(bits),
        nodes_(std::move(nodes)),
        due_(nodes_.size(), kNever) {}

  std::size_t size() const { return nodes_.size(); }
  std::int64_t now() const { return now_; }
  const Node& node(std::uint32_t i) const { return nodes_[i]; }
  bool up(std::uint32_t i) const { return network_.up(i); }
  VirtualNetwork<Packet>& network() { return network_; }
  Bits& bits() { return bits_; }

  /// Does something to a node, act(Node&, Output&), and sends what that leads to.
  template <class Act, class Observe>
  void act(std::uint32_t i, std::int64_t at, Act act, Observe observe) {
    act(nodes_[i], out_);
    flush(i, at, observe);
  }
  /// When run() will have something to do, or may have.
  std::int64_t next() const {
    return std::min(network_.next(), timers_.empty() ? kNever : timers_.front().at);
  }
  /// A node that is up again is ticked once act() has started it.
  void set_up(std::uint32_t i, bool up) {
    network_.set_up(i, up);
    due_[i] = kNever;
  }

  /// Runs to `until`: observe(at, node number, Output&) after each step, before it is sent.
  template <class Observe>
  void run(std::int64_t until, Observe observe) {
    for (;;) {
      const std::int64_t first = next();
      if (first > until) break;
      now_ = std::max(now_, first);
      if (network_.next() == first) {
        network_.deliver([&](std::uint32_t to, const Packet& packet) {
          Protocol::receive(nodes_[to], now_, packet, bits_, out_);
          flush(to, now_, observe);
        });
        continue;
      }
      const Timer timer = timers_.front();
      std::pop_heap(timers_.begin(), timers_.end(), std::greater<>());
      timers_.pop_back();
      if (due_[timer.node] != timer.at || !network_.up(timer.node)) continue;
      due_[timer.node] = kNever;
      Protocol::tick(nodes_[timer.node], now_, bits_, out_);
      flush(timer.node, now_, observe);
    }
    now_ = std::max(now_, until);
  }

 private:
  struct Timer {
    std::int64_t at;
    std::uint32_t node;
    friend auto operator<=>(const Timer&, const Timer&) = default;
  };

  template <class Observe>
  void flush(std::uint32_t i, std::int64_t at, Observe& observe) {
    observe(at, i, out_);
    Protocol::flush(out_, [&](const Packet& packet, std::uint32_t to, bool reliable) {
      network_.send(at, i, to, reliable, packet, bits_);
    });
    schedule(i);
  }
  void schedule(std::uint32_t i) {
    const std::int64_t at = network_.up(i) ? Protocol::next(nodes_[i]) : kNever;
    if (at == due_[i]) return;
    due_[i] = at;
    if (at == kNever) return;
    timers_.push_back({at, i});
    std::push_heap(timers_.begin(), timers_.end(), std::greater<>());
  }

  VirtualNetwork<Packet> network_;
  Bits bits_;
  std::vector<Node> nodes_;
  std::vector<std::int64_t> due_;  // by node: the timer that counts
  std::vector<Timer> timers_;
  Output out_;
  std::int64_t now_ = 0;
};

}  // namespace highwater::membership
