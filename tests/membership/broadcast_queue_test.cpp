#include "models/algorithms/membership/broadcast_queue.h"

#include <catch2/catch.hpp>

namespace highwater::membership {
namespace {

std::vector<std::uint32_t> take(BroadcastQueue& queue, std::size_t room, std::uint32_t limit) {
  std::vector<std::uint32_t> nodes;
  queue.take(room, limit, [&](const SwimClaim& claim) { nodes.push_back(claim.node); });
  return nodes;
}
using Nodes = std::vector<std::uint32_t>;

TEST_CASE("broadcasts: the limit grows with the digits of the size", "[membership]") {
  CHECK(retransmit_limit(3, 0) == 0);
  CHECK(retransmit_limit(3, 1) == 3);
  CHECK(retransmit_limit(3, 9) == 3);
  CHECK(retransmit_limit(3, 10) == 6);
  CHECK(retransmit_limit(3, 99) == 6);
  CHECK(retransmit_limit(4, 999) == 12);
  CHECK(retransmit_limit(4, 1000) == 16);
}

// Restated from memberlist's TestTransmitLimited_GetBroadcasts_Limit: four messages of 18 bytes,
// room for three of them, each sent twice.
TEST_CASE("broadcasts: what was sent least goes first until its limit", "[membership]") {
  BroadcastQueue queue;
  for (std::uint32_t node = 0; node < 4; ++node) queue.push({.node = node}, 18);
  CHECK(take(queue, 62, 2) == Nodes{3, 2, 1});
  CHECK(take(queue, 62, 2) == Nodes{0, 3, 2});
  CHECK(take(queue, 62, 2) == Nodes{1, 0});
  CHECK(queue.empty());
  CHECK(take(queue, 62, 2).empty());
}

TEST_CASE("broadcasts: longer ones first and shorter ones where those do not fit", "[membership]") {
  BroadcastQueue queue;
  queue.push({.node = 0}, 10);
  queue.push({.node = 1}, 100);
  queue.push({.node = 2}, 10);
  CHECK(take(queue, 200, 9) == Nodes{1, 2, 0});
  CHECK(take(queue, 50, 9) == Nodes{2, 0});
  CHECK(take(queue, 2, 9).empty());
}

TEST_CASE("broadcasts: a claim replaces an older one on its member", "[membership]") {
  BroadcastQueue queue;
  queue.push({.state = SwimState::suspect, .node = 7}, 10);
  queue.push({.state = SwimState::alive, .node = 7}, 10);
  CHECK(queue.size() == 1);
  queue.take(100, 1, [&](const SwimClaim& claim) { CHECK(claim.state == SwimState::alive); });
  CHECK(queue.empty());
  queue.push({.node = 1}, 10);
  CHECK(take(queue, 100, 0) == Nodes{1});  // once at least
  CHECK(queue.empty());
}

}  // namespace
}  // namespace highwater::membership
