#include "models/algorithms/balancing/envoy_priority.h"

#include <vector>

#include <catch2/catch.hpp>

namespace highwater::balancing {
namespace {

using Loads = std::vector<std::uint32_t>;
using Levels = std::vector<EnvoyLevel>;

EnvoyLevel level(std::uint64_t hosts, std::uint64_t healthy, std::uint64_t degraded = 0) {
  return {.hosts = hosts, .healthy = healthy, .degraded = degraded};
}

Loads healthy_loads(const EnvoyPriorities& priorities) {
  Loads loads;
  for (std::size_t i = 0; i < priorities.size(); ++i) loads.push_back(priorities.healthy_load(i));
  return loads;
}
Loads degraded_loads(const EnvoyPriorities& priorities) {
  Loads loads;
  for (std::size_t i = 0; i < priorities.size(); ++i) loads.push_back(priorities.degraded_load(i));
  return loads;
}
Loads panics(const EnvoyPriorities& priorities) {
  Loads loads;
  for (std::size_t i = 0; i < priorities.size(); ++i) loads.push_back(priorities.panic(i));
  return loads;
}

struct Row {
  Levels levels;
  Loads healthy;
  Loads degraded;
  Loads panic;
};

// The tables of load_balancer_impl_test.cc: GentleFailover, GentleFailoverWithExtraLevels.
TEST_CASE("EnvoyPriorities: Envoy's table of failover", "[algorithms][balancing][golden]") {
  const std::vector<Row> rows = {
      {{level(1, 1), level(1, 1)}, {100, 0}, {0, 0}, {0, 0}},
      {{level(2, 1), level(2, 1)}, {70, 30}, {0, 0}, {0, 0}},
      {{level(4, 1), level(2, 2)}, {35, 65}, {0, 0}, {0, 0}},
      {{level(4, 1), level(4, 1)}, {50, 50}, {0, 0}, {1, 1}},
      {{level(1, 1), level(1, 1), level(1, 1)}, {100, 0, 0}, {0, 0, 0}, {0, 0, 0}},
      {{level(2, 1), level(2, 1), level(2, 1)}, {70, 30, 0}, {0, 0, 0}, {0, 0, 0}},
      {{level(4, 1), level(2, 2), level(2, 1)}, {35, 65, 0}, {0, 0, 0}, {0, 0, 0}},
      {{level(4, 1), level(4, 1), level(4, 1)}, {35, 35, 30}, {0, 0, 0}, {0, 0, 0}},
      {{level(5, 1), level(5, 1), level(5, 1)}, {34, 33, 33}, {0, 0, 0}, {1, 1, 1}},
      {{level(5, 0), level(5, 0), level(5, 5)}, {0, 0, 100}, {0, 0, 0}, {0, 0, 0}},
      {{level(5, 0), level(5, 0), level(5, 4)}, {0, 0, 100}, {0, 0, 0}, {0, 0, 0}},
      {{level(5, 0, 5), level(5, 2, 2), level(5, 2)}, {0, 56, 44}, {0, 0, 0}, {0, 0, 0}},
      {{level(5, 0), level(5, 2), level(5, 1)}, {0, 67, 33}, {0, 0, 0}, {1, 1, 1}},
      {{level(5, 0, 1), level(5, 0, 5), level(5, 1)}, {0, 0, 28}, {28, 44, 0}, {0, 0, 0}},
      {{level(5, 0), level(5, 0, 2), level(5, 0, 1)}, {0, 0, 0}, {0, 67, 33}, {1, 1, 1}},
  };
  // Envoy today shares by numbers of targets where all levels are in panic; the table's older
  // version shares by health, so those rows are checked with what the rule of today makes of them.
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(i);
    const EnvoyPriorities priorities(rows[i].levels, {});
    CHECK(panics(priorities) == rows[i].panic);
    const bool all_panic = panics(priorities) == Loads(rows[i].levels.size(), 1);
    if (!all_panic) {
      CHECK(healthy_loads(priorities) == rows[i].healthy);
      CHECK(degraded_loads(priorities) == rows[i].degraded);
    } else {
      const Loads even = rows[i].levels.size() == 2 ? Loads{50, 50} : Loads{34, 33, 33};
      CHECK(healthy_loads(priorities) == even);
      CHECK(degraded_loads(priorities) == Loads(rows[i].levels.size(), 0));
    }
  }
}

TEST_CASE("EnvoyPriorities: shares where total panic is switched off",
          "[algorithms][balancing][golden]") {
  const EnvoyPriorityOptions calm{.panic_threshold = 0};
  CHECK(healthy_loads(EnvoyPriorities(Levels{level(5, 1), level(5, 1), level(5, 1)}, calm)) ==
        Loads{34, 33, 33});
  CHECK(healthy_loads(EnvoyPriorities(Levels{level(5, 0), level(5, 2), level(5, 1)}, calm)) ==
        Loads{0, 67, 33});
  const EnvoyPriorities degraded(Levels{level(5, 0), level(5, 0, 2), level(5, 0, 1)}, calm);
  CHECK(healthy_loads(degraded) == Loads{0, 0, 0});
  CHECK(degraded_loads(degraded) == Loads{0, 67, 33});
  CHECK(healthy_loads(EnvoyPriorities(Levels{level(5, 0), level(5, 0)}, calm)) == Loads{100, 0});
}

// OverProvisioningFactor.
TEST_CASE("EnvoyPriorities: the overprovisioning factor", "[algorithms][balancing][golden]") {
  const Levels levels = {level(4, 2), level(4, 2)};
  CHECK(healthy_loads(EnvoyPriorities(levels, {})) == Loads{70, 30});
  CHECK(healthy_loads(EnvoyPriorities(levels, {.overprovisioning_factor = 100})) == Loads{50, 50});
}

TEST_CASE("EnvoyPriorities: health by weight", "[algorithms][balancing]") {
  Levels levels = {level(4, 1), level(4, 4)};
  levels[0].weight = 10;
  levels[0].healthy_weight = 6;
  levels[1].weight = levels[1].healthy_weight = 4;
  CHECK(healthy_loads(EnvoyPriorities(levels, {})) == Loads{35, 65});
  CHECK(healthy_loads(EnvoyPriorities(levels, {.weighted_priority_health = true})) ==
        Loads{84, 16});
}

TEST_CASE("EnvoyPriorities: in total panic by number of targets", "[algorithms][balancing]") {
  const EnvoyPriorities priorities(Levels{level(2, 0), level(0, 0), level(1, 0)}, {});
  CHECK(healthy_loads(priorities) == Loads{67, 0, 33});
  CHECK(panics(priorities) == Loads{1, 1, 1});
  CHECK(healthy_loads(EnvoyPriorities(Levels{level(0, 0), level(0, 0)}, {})) == Loads{100, 0});
  CHECK(EnvoyPriorities(Levels{level(0, 0)}, {}).only_level() == 0);
  CHECK(priorities.only_level() == 3);
}

TEST_CASE("EnvoyPriorities: the threshold is exact", "[algorithms][balancing]") {
  CHECK(panics(EnvoyPriorities(Levels{level(4, 2)}, {})) == Loads{0});
  CHECK(panics(EnvoyPriorities(Levels{level(4, 1)}, {})) == Loads{1});
  CHECK(panics(EnvoyPriorities(Levels{level(4, 1, 1)}, {})) == Loads{0});
  CHECK(panics(EnvoyPriorities(Levels{level(4, 2)}, {.panic_threshold = 51})) == Loads{1});
  CHECK(panics(EnvoyPriorities(Levels{level(4, 2)}, {.panic_threshold = 1000})) == Loads{1});
  CHECK(panics(EnvoyPriorities(Levels{level(4, 3)}, {.panic_threshold = 100})) == Loads{0});
}

TEST_CASE("EnvoyPriorities: a hash from 0 to 99 draws each level by its share",
          "[algorithms][balancing]") {
  const EnvoyPriorities priorities(Levels{level(5, 0, 1), level(5, 0, 5), level(5, 1)}, {});
  Loads healthy(3);
  Loads degraded(3);
  for (std::uint64_t hash = 0; hash < 100; ++hash) {
    const auto choice = priorities.choose(hash + 700);
    ++(choice.degraded ? degraded : healthy)[choice.level];
  }
  CHECK(healthy == Loads{0, 0, 28});
  CHECK(degraded == Loads{28, 44, 0});
  CHECK(EnvoyPriorities().choose(5).level == 0);
}

// BoundaryConditions, with every small case instead of random ones.
TEST_CASE("EnvoyPriorities: shares sum up to 100 whatever the health",
          "[algorithms][balancing][property]") {
  int cases = 0;
  for (std::uint64_t a = 0; a <= 4; ++a)
    for (std::uint64_t ah = 0; ah <= a; ++ah)
      for (std::uint64_t ad = 0; ah + ad <= a; ++ad)
        for (std::uint64_t b = 0; b <= 4; ++b)
          for (std::uint64_t bh = 0; bh <= b; ++bh)
            for (std::uint64_t bd = 0; bh + bd <= b; ++bd)
              for (const std::uint32_t threshold : {0u, 50u}) {
                const EnvoyPriorities priorities(Levels{level(a, ah, ad), level(b, bh, bd)},
                                                 {.panic_threshold = threshold});
                std::uint32_t sum = 0;
                for (std::size_t i = 0; i < 2; ++i)
                  sum += priorities.healthy_load(i) + priorities.degraded_load(i);
                REQUIRE(sum == 100);
                ++cases;
              }
  CHECK(cases == 35 * 35 * 2);
}

}  // namespace
}  // namespace highwater::balancing
