#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "models/algorithms/random_bits.h"

namespace highwater::membership {

/// Ways that packets take where more than a latency decides: between zones, under faults.
class Ways {
 public:
  virtual ~Ways() = default;
  /// How long a packet that is sent now takes, in nanoseconds; less than 0: it never arrives.
  /// @param reliable  TCP sends it again where it is lost.
  virtual std::int64_t time(std::uint32_t from, std::uint32_t to, bool reliable) = 0;
  /// And a copy of one that arrives and is not reliable; less than 0: there is none.
  virtual std::int64_t copy_time(std::uint32_t, std::uint32_t) { return -1; }
};

struct NetworkOptions {
  std::int64_t latency = 500'000;  ///< One way, nanoseconds.
  std::int64_t jitter = 0;         ///< Added to it, uniform in [0, jitter].
  double loss = 0;                 ///< Share of the unreliable packets that are lost, 0 to 1.
  Ways* ways = nullptr;            ///< Asked instead of latency and jitter; outlives the network.
};

/// membership VirtualNetwork: packets on their way between the nodes of a protocol under study.
///
/// Packets arrive after the latency, in the order of their arrival times and, of equal ones, of
/// their sending. A node that is down neither sends nor gets any. Nodes on different sides of a
/// partition do not reach each other. Reliable packets (TCP) are never lost; they still need both
/// ends.
///
/// At the edges  a loss below 0 or NaN is none, above 1 all; negative times count as 0.
/// Source   elementary; the nodes' protocols alone decide what is sent.
/// Checked  tests/membership/virtual_network_test.cpp.
template <class Packet>
class VirtualNetwork {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  VirtualNetwork(NetworkOptions options, std::size_t nodes)
      : options_(options), up_(nodes, 1), side_(nodes, 0) {
    // As a whole number of 2^32: comparisons need no floating point then.
    const double loss = options.loss > 0 ? std::min(options.loss, 1.0) : 0.0;
    lost_below_ = static_cast<std::uint64_t>(loss * 4294967296.0);
  }

  bool up(std::uint32_t node) const { return up_[node] != 0; }
  void set_up(std::uint32_t node, bool up) { up_[node] = up ? 1 : 0; }
  /// Nodes reach those on their own side.
  void set_side(std::uint32_t node, std::uint32_t side) { side_[node] = side; }
  void heal() { std::fill(side_.begin(), side_.end(), 0u); }

  template <BitSource Bits>
  void send(std::int64_t now, std::uint32_t from, std::uint32_t to, bool reliable,
            const Packet& packet, Bits& bits) {
    if (!up(from) || to >= up_.size() || side_[from] != side_[to]) return;
    if (!reliable && lost_below_ > 0 && (bits.bits() >> 32) < lost_below_) return;
    const std::int64_t delay =
        options_.ways != nullptr ? options_.ways->time(from, to, reliable) : usual_delay(bits);
    if (delay < 0) return;
    put_under_way(now + delay, to, packet);
    if (options_.ways == nullptr || reliable) return;
    const std::int64_t again = options_.ways->copy_time(from, to);
    if (again >= 0) put_under_way(now + again, to, packet);
  }

  std::int64_t next() const { return under_way_.empty() ? kNever : under_way_.front().at; }

  /// Takes the next packet off the wire: arrive(to, const Packet&), unless its node is down.
  template <class Arrive>
  void deliver(Arrive arrive) {
    const Flight flight = under_way_.front();
    std::pop_heap(under_way_.begin(), under_way_.end(), std::greater<>());
    under_way_.pop_back();
    if (up(flight.to)) {
      // Moved out: what arrives may lead to further packets in this container.
      Packet packet = std::move(packets_[flight.slot]);
      arrive(flight.to, packet);
      packets_[flight.slot] = std::move(packet);
    }
    free_.push_back(flight.slot);
  }

  std::uint64_t sent() const { return sent_; }

 private:
  void put_under_way(std::int64_t at, std::uint32_t to, const Packet& packet) {
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(packets_.size());
      packets_.push_back(packet);
    } else {
      slot = free_.back();
      free_.pop_back();
      packets_[slot] = packet;
    }
    under_way_.push_back({at, ++sent_, to, slot});
    std::push_heap(under_way_.begin(), under_way_.end(), std::greater<>());
  }

  template <BitSource Bits>
  std::int64_t usual_delay(Bits& bits) const {
    const std::int64_t latency = std::max<std::int64_t>(0, options_.latency);
    if (options_.jitter <= 0) return latency;
    const auto most =
        static_cast<std::uint32_t>(std::min<std::int64_t>(options_.jitter / 1000, 0xfffffffe));
    return latency + static_cast<std::int64_t>(random_below(most + 1, bits)) * 1000;
  }

  struct Flight {
    std::int64_t at;
    std::uint64_t number;
    std::uint32_t to;
    std::uint32_t slot;
    friend auto operator<=>(const Flight& a, const Flight& b) {
      return std::pair(a.at, a.number) <=> std::pair(b.at, b.number);
    }
  };

  NetworkOptions options_;
  std::uint64_t lost_below_ = 0;
  std::vector<char> up_;
  std::vector<std::uint32_t> side_;
  std::vector<Packet> packets_;
  std::vector<std::uint32_t> free_;
  std::vector<Flight> under_way_;
  std::uint64_t sent_ = 0;
};

}  // namespace highwater::membership
