#include "models/algorithms/scaling/expander.h"

#include <set>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::scaling {
namespace {

constexpr std::int64_t kGiB = std::int64_t{1} << 30;

ExpansionOption option(std::uint32_t nodes, std::uint32_t pods, std::int64_t cpu,
                       std::int64_t memory, std::int64_t node_cpu, std::int64_t node_memory) {
  ExpansionOption made;
  made.nodes = nodes;
  made.pods = pods;
  made.pods_request = {cpu, memory, pods};
  made.node = {node_cpu, node_memory, 110};
  return made;
}

std::set<std::size_t> chosen(std::vector<Expander> chain,
                             const std::vector<ExpansionOption>& options) {
  ExpanderChain expanders(std::move(chain));
  SplitMix bits{3};
  std::set<std::size_t> all;
  for (int i = 0; i < 200; ++i)
    if (const auto best = expanders.best(options, bits)) all.insert(*best);
  return all;
}

// waste_test.go: a balanced, a memory-heavy and a CPU-heavy kind of node for a pod of half a
// core's worth.
TEST_CASE("expander: least waste as in waste_test.go", "[scaling]") {
  const std::int64_t cpu = 500;
  const std::int64_t memory = 1000 * kGiB / 1000;
  const auto balanced = option(1, 1, cpu, memory, 16 * cpu, 16 * memory);
  const auto high_memory = option(1, 1, cpu, memory, 16 * cpu, 32 * memory);
  const auto high_cpu = option(1, 1, cpu, memory, 32 * cpu, 16 * memory);
  CHECK(chosen({Expander::least_waste}, {balanced}) == std::set<std::size_t>{0});
  CHECK(chosen({Expander::least_waste}, {balanced, high_memory, high_cpu}) ==
        std::set<std::size_t>{0});
  CHECK(chosen({Expander::least_waste}, {high_memory, high_cpu}) ==
        std::set<std::size_t>{0, 1});  // equal waste
  const auto low = option(1, 1, cpu, memory, cpu, memory);
  CHECK(chosen({Expander::least_waste}, {balanced, high_memory, high_cpu, low}) ==
        std::set<std::size_t>{3});
  CHECK(ExpanderChain::waste(balanced) == Approx(2 * 15.0 / 16));
  CHECK(ExpanderChain::waste(option(1, 1, 5, 5, 0, 0)) == 0);
}

TEST_CASE("expander: most pods and fewest nodes", "[scaling]") {
  const std::vector<ExpansionOption> options{option(3, 5, 1, 1, 10, 10), option(9, 8, 1, 1, 10, 10),
                                             option(2, 8, 1, 1, 10, 10)};
  CHECK(chosen({Expander::most_pods}, options) == std::set<std::size_t>{1, 2});
  CHECK(chosen({Expander::least_nodes}, options) == std::set<std::size_t>{2});
  CHECK(chosen({Expander::most_pods, Expander::least_nodes}, options) == std::set<std::size_t>{2});
  CHECK(chosen({Expander::least_nodes, Expander::most_pods}, options) == std::set<std::size_t>{2});
  CHECK(chosen({Expander::random}, options) == std::set<std::size_t>{0, 1, 2});
  CHECK(chosen({}, options) == std::set<std::size_t>{0, 1, 2});
  CHECK(chosen({Expander::most_pods}, {}).empty());
}

TEST_CASE("expander: priorities, and groups without one only as a last resort", "[scaling]") {
  std::vector<ExpansionOption> options(4, option(1, 1, 1, 1, 10, 10));
  CHECK(chosen({Expander::priority}, options) == std::set<std::size_t>{0, 1, 2, 3});
  options[1].priority = -7;
  CHECK(chosen({Expander::priority}, options) == std::set<std::size_t>{1});
  options[2].priority = options[3].priority = 50;
  CHECK(chosen({Expander::priority}, options) == std::set<std::size_t>{2, 3});
  options[3].nodes = 4;
  CHECK(chosen({Expander::priority, Expander::least_nodes}, options) == std::set<std::size_t>{2});
}

}  // namespace
}  // namespace highwater::scaling
