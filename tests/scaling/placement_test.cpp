#include "models/algorithms/scaling/placement.h"

#include <set>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::scaling {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

PlacementNode node(std::int64_t cpu, std::int64_t memory, std::int64_t used_cpu = 0,
                   std::int64_t used_memory = 0) {
  return {{cpu, memory * kMiB, 110}, {used_cpu, used_memory * kMiB, 0}, 0, true};
}

Resources pod(std::int64_t cpu, std::int64_t memory) {
  return {cpu, memory * kMiB, 1};
}

TEST_CASE("placement: a node must have room for each resource that is asked for", "[scaling]") {
  CHECK(Placement::fits(pod(1000, 1000), node(1000, 1000)));
  CHECK_FALSE(Placement::fits(pod(1001, 1000), node(1000, 1000)));
  CHECK_FALSE(Placement::fits(pod(1000, 1001), node(1000, 1000)));
  CHECK_FALSE(Placement::fits(pod(600, 0), node(1000, 1000, 500, 0)));
  CHECK(Placement::fits(pod(0, 10), node(1000, 1000, 1500, 0)));  // asks for no CPU
  PlacementNode full = node(1000, 1000);
  full.requested.pods = 110;
  CHECK_FALSE(Placement::fits(pod(1, 1), full));
  full.requested.pods = 109;
  CHECK(Placement::fits(pod(1, 1), full));
  full.schedulable = false;
  CHECK_FALSE(Placement::fits(pod(1, 1), full));
}

// least_allocated_test.go and most_allocated_test.go.
TEST_CASE("placement: scores of kube-scheduler's cases", "[scaling]") {
  const auto least = [](const Resources& p, const PlacementNode& n) {
    return Placement::score(p, n, PlacementScore::least_allocated);
  };
  const auto most = [](const Resources& p, const PlacementNode& n) {
    return Placement::score(p, n, PlacementScore::most_allocated);
  };
  PlacementNode four{{4000, 10000, 110}, {}, 0, true};
  PlacementNode six{{6000, 10000, 110}, {}, 0, true};
  const Resources three{3000, 5000, 1};
  CHECK(least(three, four) == 37);  // ((4000 - 3000) / 4000 + (10000 - 5000) / 10000) / 2
  CHECK(least(three, six) == 50);
  CHECK(most(three, four) == 62);
  CHECK(most(three, six) == 50);
  PlacementNode used{{10000, 20000, 110}, {3000, 5000, 0}, 0, true};
  CHECK(least(three, used) == 45);  // 40 and 50
  CHECK(most(three, used) == 55);
  CHECK(least({3000, 50000, 1}, used) == 20);  // does not fit: 0 for memory
  CHECK(most({3000, 50000, 1}, used) == 80);
  PlacementNode nothing{{0, 0, 110}, {}, 0, true};
  CHECK(least(three, nothing) == 0);
  CHECK(most(three, nothing) == 0);
}

TEST_CASE("placement: a pod that does not ask counts as a small one", "[scaling]") {
  const PlacementNode one = node(1000, 2000);
  CHECK(Placement::score({0, 0, 1}, one, PlacementScore::least_allocated) == 90);
  CHECK(Placement::score({0, 0, 1}, one, PlacementScore::most_allocated) == 10);
}

TEST_CASE("placement: each way to score chooses its node", "[scaling]") {
  SplitMix bits{1};
  std::vector<PlacementNode> nodes{node(1000, 1000, 100, 100), node(1000, 1000, 500, 500),
                                   node(1000, 1000, 950, 950)};
  nodes[0].same = 3;
  nodes[1].same = 1;
  CHECK(Placement::place(pod(200, 200), nodes, PlacementScore::least_allocated, bits) == 0u);
  CHECK(Placement::place(pod(200, 200), nodes, PlacementScore::most_allocated, bits) == 1u);
  CHECK(Placement::place(pod(200, 200), nodes, PlacementScore::spread, bits) == 1u);
  CHECK(Placement::first_fit(pod(200, 200), nodes) == 0u);
  CHECK(Placement::first_fit(pod(600, 600), nodes) == 0u);
  CHECK_FALSE(Placement::first_fit(pod(950, 10), nodes).has_value());
  CHECK_FALSE(
      Placement::place(pod(950, 10), nodes, PlacementScore::least_allocated, bits).has_value());
  CHECK_FALSE(Placement::place(pod(1, 1), {}, PlacementScore::spread, bits).has_value());
}

TEST_CASE("placement: equals are drawn evenly", "[scaling]") {
  SplitMix bits{7};
  const std::vector<PlacementNode> nodes(4, node(1000, 1000));
  std::vector<int> counts(4);
  for (int i = 0; i < 4000; ++i)
    ++counts[*Placement::place(pod(1, 1), nodes, PlacementScore::spread, bits)];
  for (const int count : counts) CHECK(std::abs(count - 1000) < 120);
}

TEST_CASE("placement: what is chosen fits and nothing that fits is better", "[scaling][property]") {
  CHECK(rc::check([] {
    std::vector<PlacementNode> nodes;
    const auto count = *rc::gen::inRange<std::size_t>(0, 8);
    for (std::size_t i = 0; i < count; ++i) {
      nodes.push_back(node(1000, 1000, *rc::gen::inRange<std::int64_t>(0, 1000),
                           *rc::gen::inRange<std::int64_t>(0, 1000)));
      nodes.back().same = *rc::gen::inRange<std::uint32_t>(0, 4);
      nodes.back().schedulable = *rc::gen::inRange(0, 4) != 0;
    }
    const Resources asked =
        pod(*rc::gen::inRange<std::int64_t>(0, 700), *rc::gen::inRange<std::int64_t>(0, 700));
    const auto by = *rc::gen::element(PlacementScore::least_allocated,
                                      PlacementScore::most_allocated, PlacementScore::spread);
    SplitMix bits{*rc::gen::arbitrary<std::uint64_t>()};
    const auto chosen = Placement::place(asked, nodes, by, bits);
    RC_ASSERT(chosen.has_value() == Placement::first_fit(asked, nodes).has_value());
    if (!chosen) return;
    RC_ASSERT(Placement::fits(asked, nodes[*chosen]));
    std::uint32_t most = 0;
    for (const PlacementNode& one : nodes)
      if (Placement::fits(asked, one)) most = std::max(most, one.same);
    for (const PlacementNode& one : nodes)
      if (Placement::fits(asked, one))
        RC_ASSERT(Placement::score(asked, one, by, most) <=
                  Placement::score(asked, nodes[*chosen], by, most));
  }));
}

}  // namespace
}  // namespace highwater::scaling
