#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/math/math.h"

namespace highwater::membership {

/// What is said of a member.
enum class SwimState : std::uint8_t { alive, suspect, dead, left };

struct SwimClaim {
  SwimState state = SwimState::alive;
  std::uint32_t node = 0;
  std::uint32_t from = 0;  ///< Who says so: suspicions are confirmed by different members.
  std::uint32_t incarnation = 0;
  std::uint64_t address = 0;  ///< Of an alive claim.
};

/// retransmitLimit: how often a claim is sent in a cluster of n.
inline std::uint32_t retransmit_limit(std::uint32_t multiplier, std::uint32_t n) {
  // ceil(log10(n + 1)), by whole numbers.
  std::uint32_t digits = 0;
  for (std::uint64_t power = 1; power < std::uint64_t{n} + 1; power *= 10) ++digits;
  return multiplier * digits;
}

/// membership BroadcastQueue: claims that wait to be gossiped, memberlist's TransmitLimitedQueue.
///
/// A claim replaces an older one on the same member. Those sent least go first, of these the
/// longer, of these the newer; a packet takes what fits, trying shorter ones where long ones do
/// not. A claim is dropped when it was sent as often as the limit says.
///
/// At the edges  a limit of 0 or 1 sends a claim once.
/// Source   hashicorp/memberlist 0.2.2, queue.go, util.go.
/// Checked  tests/membership/broadcast_queue_test.cpp: orders by hand; memberlist's own cases of
///          TestTransmitLimited_GetBroadcasts_Limit.
class BroadcastQueue {
 public:
  static constexpr std::size_t kOverhead = 2;  // compoundOverhead

  bool empty() const { return claims_.empty(); }
  std::size_t size() const { return claims_.size(); }

  void push(const SwimClaim& claim, std::size_t bytes) {
    std::erase_if(claims_, [&](const Entry& e) { return e.claim.node == claim.node; });
    if (claims_.empty()) last_ = 0;
    const Entry entry{0, bytes, ++last_, claim};
    claims_.insert(std::upper_bound(claims_.begin(), claims_.end(), entry, before), entry);
  }

  /// Takes what fits into `room` bytes: take(const SwimClaim&) for each.
  template <class Take>
  void take(std::size_t room, std::uint32_t limit, Take take) {
    if (claims_.empty()) return;
    sent_.clear();
    std::size_t used = 0;
    const std::uint32_t most = claims_.back().transmits;
    for (std::uint32_t transmits = claims_.front().transmits; transmits <= most;) {
      if (used + kOverhead >= room) break;
      const std::size_t free = room - used - kOverhead;
      const auto found = std::find_if(claims_.begin(), claims_.end(), [&](const Entry& e) {
        return e.transmits == transmits && e.bytes <= free;
      });
      if (found == claims_.end()) {
        ++transmits;
        continue;
      }
      used += kOverhead + found->bytes;
      take(found->claim);
      if (found->transmits + 1 < limit) {
        sent_.push_back(*found);
        ++sent_.back().transmits;
      }
      claims_.erase(found);
    }
    for (const Entry& entry : sent_)
      claims_.insert(std::upper_bound(claims_.begin(), claims_.end(), entry, before), entry);
  }

 private:
  struct Entry {
    std::uint32_t transmits;
    std::size_t bytes;
    std::uint64_t number;
    SwimClaim claim;
  };
  static bool before(const Entry& a, const Entry& b) {
    if (a.transmits != b.transmits) return a.transmits < b.transmits;
    if (a.bytes != b.bytes) return a.bytes > b.bytes;
    return a.number > b.number;
  }

  std::vector<Entry> claims_;  // in the order of before()
  std::vector<Entry> sent_;
  std::uint64_t last_ = 0;
};

}  // namespace highwater::membership
