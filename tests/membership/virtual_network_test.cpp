#include "models/algorithms/membership/virtual_network.h"

#include <limits>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::membership {
namespace {

using Network = VirtualNetwork<int>;

std::vector<int> deliver_all(Network& network) {
  std::vector<int> got;
  while (network.next() != Network::kNever)
    network.deliver([&](std::uint32_t, int packet) { got.push_back(packet); });
  return got;
}

TEST_CASE("network: packets arrive after the latency in their order", "[membership]") {
  SplitMix bits{1};
  Network network({.latency = 10}, 2);
  network.send(5, 0, 1, false, 1, bits);
  network.send(0, 0, 1, false, 2, bits);
  network.send(5, 1, 0, false, 3, bits);
  CHECK(network.next() == 10);
  CHECK(deliver_all(network) == std::vector<int>{2, 1, 3});
  CHECK(network.sent() == 3);
}

TEST_CASE("network: nodes that are down or apart do not reach each other", "[membership]") {
  SplitMix bits{1};
  Network network({}, 3);
  network.set_up(1, false);
  network.send(0, 0, 1, true, 1, bits);
  network.send(0, 1, 0, true, 2, bits);
  CHECK(deliver_all(network).empty());
  network.set_up(1, true);
  network.set_side(2, 1);
  network.send(0, 0, 2, true, 3, bits);
  network.send(0, 0, 1, true, 4, bits);
  network.send(0, 0, 9, true, 5, bits);
  CHECK(deliver_all(network) == std::vector<int>{4});
  network.heal();
  network.send(0, 0, 2, true, 6, bits);
  CHECK(deliver_all(network) == std::vector<int>{6});
}

TEST_CASE("network: losses come as often as said and spare what is reliable", "[membership]") {
  SplitMix bits{1};
  constexpr int kPackets = 20'000;
  Network network({.loss = 0.3}, 2);
  for (int i = 0; i < kPackets; ++i) network.send(0, 0, 1, false, i, bits);
  // Within four standard deviations: 4 sqrt(0.3 * 0.7 * 20000) = 259.
  CHECK(std::abs(static_cast<int>(deliver_all(network).size()) - kPackets * 7 / 10) < 260);
  for (int i = 0; i < 100; ++i) network.send(0, 0, 1, true, i, bits);
  CHECK(deliver_all(network).size() == 100);
  for (const double loss : {-1.0, std::numeric_limits<double>::quiet_NaN(), 0.0, 2.0}) {
    Network edge({.loss = loss}, 2);
    edge.send(0, 0, 1, false, 1, bits);
    CHECK(deliver_all(edge).empty() == (loss == 2.0));
  }
}

TEST_CASE("network: jitter stays within its bound", "[membership]") {
  SplitMix bits{1};
  Network network({.latency = -5, .jitter = 1'000'000}, 2);
  std::int64_t least = Network::kNever;
  std::int64_t most = 0;
  for (int i = 0; i < 1000; ++i) {
    network.send(0, 0, 1, false, 1, bits);
    least = std::min(least, network.next());
    most = std::max(most, network.next());
    deliver_all(network);
  }
  CHECK(least >= 0);
  CHECK(least < 50'000);
  CHECK(most > 950'000);
  CHECK(most <= 1'000'000);
}

}  // namespace
}  // namespace highwater::membership
