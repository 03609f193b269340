// The cases of Envoy's subset_test.cc (subset_lb_test.cc once), named as there, over round robin
// from a seed of 0.

#include "models/algorithms/balancing/envoy_subset.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/balancing/envoy_scheduled.h"
#include "tests/algorithms/scripted_bits.h"
#include "tests/support/golden.h"

namespace highwater::balancing {
namespace {

using Labels = std::vector<Label>;
using Picks = std::vector<Pick>;
using Selector = EnvoySubsetOptions::Selector;

struct Bench {
  Bench(const std::vector<Labels>& hosts, const EnvoySubsetOptions& subsets)
      : balancer(named(hosts), options(subsets)) {}

  Pick choose(const Labels& asked) {
    ConstantBits zero;
    const Pick picked = balancer.pick({.labels = asked}, zero);
    if (picked) balancer.finish(*picked, {});
    return picked;
  }
  Picks choose(const Labels& asked, int times) {
    Picks picks;
    for (int i = 0; i < times; ++i) picks.push_back(choose(asked));
    return picks;
  }

  static std::vector<Target> named(const std::vector<Labels>& hosts) {
    std::vector<Target> targets;
    for (const Labels& labels : hosts)
      targets.push_back(
          {.name = "127.0.0.1:" + std::to_string(80 + targets.size()), .labels = labels});
    return targets;
  }
  static EnvoyOptions options(const EnvoySubsetOptions& subsets) {
    EnvoyOptions options;
    options.subsets = subsets;
    return options;
  }

  EnvoyRoundRobin balancer;
};

const Pick kNobody = std::nullopt;

TEST_CASE("EnvoySubsets: BalancesSubset", "[algorithms][balancing][golden]") {
  Bench bench(
      {{{"version", "1.0"}}, {{"version", "1.0"}}, {{"version", "1.1"}}, {{"version", "1.1"}}},
      {.selectors = {{{"version"}}}});
  CHECK(bench.choose({{"version", "1.0"}}) == 0u);
  CHECK(bench.choose({{"version", "1.1"}}) == 2u);
  CHECK(bench.choose({{"version", "1.0"}}) == 1u);
  CHECK(bench.choose({{"version", "1.1"}}) == 3u);
  CHECK(bench.choose({{"version", "1.2"}}) == kNobody);
  CHECK(bench.choose({}) == kNobody);
}

TEST_CASE("EnvoySubsets: FallbackOnUnknownMetadata and NoFallback",
          "[algorithms][balancing][golden]") {
  const std::vector<Labels> hosts = {{{"version", "1"}}, {{"version", "2"}}};
  Bench any(hosts, {.selectors = {{{"version"}}}, .fallback = EnvoyFallback::any_endpoint});
  CHECK(any.choose({{"unknown", "unknown"}}) == 0u);
  CHECK(any.choose({{"version", "unknown"}}) == 1u);
  CHECK(any.choose({}) == 0u);
  Bench none(hosts, {.selectors = {{{"version"}}}});
  CHECK(none.choose({{"unknown", "unknown"}}) == kNobody);
}

TEST_CASE("EnvoySubsets: FallbackDefaultSubset, its emptiness and FallbackPanicMode",
          "[algorithms][balancing][golden]") {
  const std::vector<Labels> hosts = {{{"version", "new"}}, {{"version", "default"}}};
  EnvoySubsetOptions options{.selectors = {{{"version"}}},
                             .fallback = EnvoyFallback::default_subset,
                             .default_subset = {{"version", "default"}}};
  CHECK(Bench(hosts, options).choose({}, 3) == Picks{1u, 1u, 1u});
  options.default_subset = {{"version", "none"}};
  CHECK(Bench(hosts, options).choose({}) == kNobody);
  options.panic_mode_any = true;
  CHECK(Bench(hosts, options).choose({}).has_value());
  // FallbackEmptyDefaultSubsetConvertsToAnyEndpoint
  options.default_subset = {};
  CHECK(Bench(hosts, options).choose({}, 2) == Picks{0u, 1u});
}

TEST_CASE("EnvoySubsets: SubsetSelectorNoFallbackPerSelector", "[algorithms][balancing][golden]") {
  Bench bench(
      {{{"version", "1.0"}}, {{"version", "1.0"}}, {{"version", "1.1"}}, {{"version", "1.1"}}},
      {.selectors = {{{"version"}, EnvoyFallback::no_fallback}},
       .fallback = EnvoyFallback::default_subset});
  CHECK(bench.choose({{"version", "1.0"}}, 2) == Picks{0u, 1u});
  CHECK(bench.choose({{"version", "1.1"}}, 2) == Picks{2u, 3u});
  CHECK(bench.choose({{"version", "1.2"}}) == kNobody);
}

TEST_CASE("EnvoySubsets: FallbackNotDefinedForIntermediateSelector",
          "[algorithms][balancing][golden]") {
  Bench bench({{{"version", "1.0"}, {"stage", "dev"}}, {{"version", "1.0"}, {"stage", "canary"}}},
              {.selectors = {{{"stage"}}, {{"stage", "version"}, EnvoyFallback::any_endpoint}},
               .fallback = EnvoyFallback::any_endpoint});
  CHECK(bench.choose({{"stage", "dev"}}, 2) == Picks{0u, 0u});
  CHECK(bench.choose({{"stage", "test"}}, 2) == Picks{0u, 1u});
}

TEST_CASE("EnvoySubsets: SubsetSelectorFallbackOverridesTopLevelOne and MatchesTopLevelOne",
          "[algorithms][balancing][golden]") {
  const std::vector<Labels> hosts = {{}, {}};
  EnvoySubsetOptions options{.selectors = {{{"version"}, EnvoyFallback::no_fallback}},
                             .fallback = EnvoyFallback::any_endpoint};
  Bench overridden(hosts, options);
  CHECK(overridden.choose({{"unknown", "unknown"}}) == 0u);
  CHECK(overridden.choose({{"version", "unknown"}}) == kNobody);
  options.fallback = EnvoyFallback::no_fallback;
  Bench same(hosts, options);
  CHECK(same.choose({{"unknown", "unknown"}}) == kNobody);
  CHECK(same.choose({{"version", "unknown"}}, 2) == Picks{kNobody, kNobody});
}

TEST_CASE("EnvoySubsets: AllowRedundantKeysForSubset", "[algorithms][balancing][golden]") {
  std::vector<Labels> hosts;
  for (const char* i : {"0", "1", "2", "3", "4"}) {
    Labels& labels = hosts.emplace_back();
    for (const char* key : {"A", "B", "C", "D"})
      labels.push_back({key, key + std::string("-V-") + i});
  }
  hosts.push_back({{"version", "1.0"}, {"stage", "dev"}});
  hosts.push_back({{"version", "1.0"}, {"stage", "canary"}});
  constexpr auto kNone = EnvoyFallback::no_fallback;
  Bench bench(hosts, {.selectors = {{{"A"}, kNone},
                                    {{"A", "B"}, kNone},
                                    {{"A", "B", "C"}, kNone},
                                    {{"A", "D"}, kNone},
                                    {{"version", "stage"}, kNone}},
                      .allow_redundant_keys = true});
  CHECK(bench.choose({}) == kNobody);
  CHECK(bench.choose({{"version", "1.0"}, {"stage", "canary"}}) == 6u);
  CHECK(bench.choose({{"version", "1.0"}, {"stage", "dev"}, {"redundant", "X"}}) == 5u);
  CHECK(bench.choose({{"version", "1.0"}, {"stage", "prod"}, {"redundant", "X"}}) == kNobody);
  // The longest selector wins, and of equally long ones the first.
  CHECK(bench.choose({{"A", "A-V-0"}, {"B", "B-V-0"}, {"C", "C-V-0"}}) == 0u);
  CHECK(bench.choose({{"A", "A-V-0"}, {"B", "B-V-0"}, {"C", "C-V-X"}}) == kNobody);
  CHECK(bench.choose({{"A", "A-V-1"}, {"B", "B-V-1"}, {"C", "C-V-1"}, {"D", "D-V-X"}}) == 1u);
  CHECK(bench.choose({{"A", "A-V-1"}, {"B", "B-V-1"}, {"C", "C-V-X"}, {"D", "D-V-X"}}) == kNobody);
  CHECK(bench.choose({{"A", "A-V-2"}, {"B", "B-V-2"}, {"D", "D-V-X"}}) == 2u);
  CHECK(bench.choose({{"A", "A-V-3"}, {"B", "B-V-X"}, {"D", "D-V-3"}}) == kNobody);
  CHECK(bench.choose({{"A", "A-V-3"}, {"C", "C-V-X"}, {"D", "D-V-3"}}) == 3u);
}

TEST_CASE("EnvoySubsets: SubsetSelectorDefaultAnyFallbackPerSelector",
          "[algorithms][balancing][golden]") {
  Bench bench({{{"version", "0.0"}},
               {{"version", "1.0"}},
               {{"app", "envoy"}},
               {{"foo", "abc"}, {"bar", "default"}}},
              {.selectors = {{{"version"}, EnvoyFallback::default_subset},
                             {{"app"}, EnvoyFallback::any_endpoint},
                             {{"foo"}}},
               .default_subset = {{"bar", "default"}}});
  CHECK(bench.choose({{"app", "ngnix"}}, 2) == Picks{0u, 1u});
  CHECK(bench.choose({{"app", "envoy"}}) == 2u);
  CHECK(bench.choose({{"version", "x"}}) == 3u);
  CHECK(bench.choose({{"foo", "abc"}}) == 3u);
}

TEST_CASE("EnvoySubsets: FallbackForCompoundSelector", "[algorithms][balancing][golden]") {
  Bench bench({{{"version", "1.0"}, {"hardware", "c32"}},
               {{"version", "1.0"}, {"hardware", "c32"}, {"foo", "bar"}},
               {{"version", "2.0"}, {"hardware", "c32"}, {"stage", "dev"}},
               {{"version", "2.0"}}},
              {.selectors = {{{"version"}},
                             {{"version", "hardware", "stage"}, EnvoyFallback::no_fallback},
                             {{"version", "hardware"}, EnvoyFallback::default_subset},
                             {{"version", "stage"}, EnvoyFallback::keys_subset, {"version"}}},
               .fallback = EnvoyFallback::any_endpoint,
               .default_subset = {{"foo", "bar"}}});
  CHECK(bench.choose({{"version", "1.0"}, {"hardware", "c32"}}) == 0u);
  CHECK(bench.choose({{"version", "x"}, {"hardware", "c32"}}) == 1u);
  CHECK(bench.choose({{"version", "2.0"}, {"hardware", "zzz"}, {"stage", "dev"}}) == kNobody);
  CHECK(bench.choose({{"version", "2.0"}, {"hardware", "c32"}, {"stage", "x"}}) == kNobody);
  CHECK(bench.choose({{"version", "2.0"}, {"hardware", "c32"}, {"stage", "dev"}}, 2) ==
        Picks{2u, 2u});
  CHECK(bench.choose({{"version", "2.0"}}) == 2u);
  CHECK(bench.choose({{"version", "2.0"}, {"stage", "dev"}}, 2) == Picks{2u, 2u});
  CHECK(bench.choose({{"version", "2.0"}, {"stage", "canary"}}, 2) == Picks{3u, 2u});
}

TEST_CASE("EnvoySubsets: KeysSubsetFallbackChained", "[algorithms][balancing][golden]") {
  Bench bench(
      {{{"version", "1.0"}, {"hardware", "c32"}, {"stage", "dev"}},
       {{"version", "2.0"}, {"hardware", "c64"}, {"stage", "dev"}},
       {{"version", "1.0"}, {"hardware", "c32"}, {"stage", "test"}}},
      {.selectors = {
           {{"stage"}, EnvoyFallback::no_fallback},
           {{"stage", "version"}, EnvoyFallback::keys_subset, {"stage"}},
           {{"stage", "version", "hardware"}, EnvoyFallback::keys_subset, {"version", "stage"}}}});
  CHECK(bench.choose({{"version", "1.0"}, {"hardware", "c32"}, {"stage", "dev"}}, 2) ==
        Picks{0u, 0u});
  CHECK(bench.choose({{"version", "2.0"}, {"hardware", "arm"}, {"stage", "dev"}}, 2) ==
        Picks{1u, 1u});
  CHECK(bench.choose({{"version", "1.2"}, {"hardware", "arm"}, {"stage", "dev"}}, 2) ==
        Picks{0u, 1u});
}

TEST_CASE("EnvoySubsets: KeysSubsetFallbackToNotExistingSelector",
          "[algorithms][balancing][golden]") {
  Bench bench({{{"version", "1.0"}, {"stage", "dev"}}},
              {.selectors = {{{"stage", "version"}, EnvoyFallback::keys_subset, {"stage"}}},
               .fallback = EnvoyFallback::any_endpoint});
  CHECK(bench.choose({{"version", "1.0"}, {"stage", "test"}}) == 0u);
}

TEST_CASE("EnvoySubsets: EnabledLocalityWeightAwareness and DisabledLocalityWeightAwareness",
          "[algorithms][balancing][golden]") {
  for (const bool aware : {false, true}) {
    std::vector<Target> targets;
    for (int i = 0; i < 6; ++i)
      targets.push_back({.name = std::to_string(i),
                         .locality = i < 2 ? "a" : "b",
                         .labels = {{"version", i % 2 == 0 ? "1.0" : "1.1"}}});
    EnvoyOptions options =
        Bench::options({.selectors = {{{"version"}}}, .locality_weight_aware = aware});
    options.hosts.locality.mode = EnvoyLocalityMode::weighted;
    options.hosts.locality.weights = {{"a", 1}, {"b", 100}};
    EnvoyRoundRobin balancer(targets, options);
    ConstantBits zero;
    const Labels asked{{"version", "1.1"}};
    CHECK(balancer.pick({.labels = asked}, zero) == (aware ? 3u : 1u));
  }
}

TEST_CASE("EnvoySubsets: the health of a subset's hosts is its own affair",
          "[algorithms][balancing]") {
  // UpdateFailover: in panic, a subset picks among its own.
  Bench bench({{{"version", "1"}}, {{"version", "1"}}, {{"version", "2"}}},
              {.selectors = {{{"version"}}}});
  bench.balancer.set_usable(0, false, 0);
  CHECK(bench.choose({{"version", "1"}}, 3) == Picks{1u, 1u, 1u});
  bench.balancer.set_usable(1, false, 0);
  for (const Pick picked : bench.choose({{"version", "1"}}, 4)) CHECK(*picked < 2);
  CHECK(bench.choose({{"version", "2"}}) == 2u);
}

TEST_CASE("EnvoySubsets: edges", "[algorithms][balancing]") {
  // A key asked for twice counts once; a label that a target has twice, by its first value.
  Bench twice({{{"v", "1"}, {"v", "2"}}}, {.selectors = {{{"v", "v"}}, {{"v"}}}});
  CHECK(twice.choose({{"v", "1"}, {"v", "9"}}) == 0u);
  CHECK(twice.choose({{"v", "2"}}) == kNobody);
  // A selector without keys makes no subset.
  Bench empty({{{"v", "1"}}}, {.selectors = {{{}}}});
  CHECK(empty.choose({}) == kNobody);
  CHECK(empty.choose({{"v", "1"}}) == kNobody);
  // Asking the same again would never end.
  Bench round({{{"v", "1"}}}, {.selectors = {{{"v"}, EnvoyFallback::keys_subset, {"v"}}}});
  CHECK(round.choose({{"v", "2"}}) == kNobody);
  Bench nobody({}, {.selectors = {{{"v"}}}, .fallback = EnvoyFallback::any_endpoint});
  CHECK(nobody.choose({{"v", "1"}}) == kNobody);
}

TEST_CASE("EnvoySubsets: a subset has all targets with its labels and no others",
          "[algorithms][balancing][property]") {
  CHECK(rc::check([] {
    const auto label = [](const char* key) {
      return Label{key, std::to_string(*rc::gen::inRange(0, 3))};
    };
    std::vector<Target> targets(*rc::gen::inRange<std::size_t>(0, 12));
    for (Target& target : targets)
      for (const char* key : {"a", "b", "c"})
        if (*rc::gen::inRange(0, 4) > 0) target.labels.push_back(label(key));
    const EnvoySubsets subsets(targets, {.selectors = {{{"a"}}, {{"b", "a"}}, {{"c"}}}});
    const std::vector<Labels> questions = {
        {label("a")}, {label("a"), label("b")}, {label("b"), label("a")}, {label("c")}};
    for (const Labels& asked : questions) {
      std::vector<std::uint32_t> expected;
      for (std::uint32_t i = 0; i < targets.size(); ++i) {
        const bool all = std::all_of(asked.begin(), asked.end(), [&](const Label& wanted) {
          return std::any_of(
              targets[i].labels.begin(), targets[i].labels.end(),
              [&](const Label& own) { return own.key == wanted.key && own.value == wanted.value; });
        });
        if (all) expected.push_back(i);
      }
      const EnvoySubsets::Choice choice = subsets.choose(asked);
      RC_ASSERT(choice.subset.has_value() == !expected.empty());
      if (choice.subset) RC_ASSERT(subsets.members(*choice.subset) == expected);
    }
  }));
}

}  // namespace
}  // namespace highwater::balancing
