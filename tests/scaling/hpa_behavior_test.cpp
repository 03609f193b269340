#include "models/algorithms/scaling/hpa_behavior.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/scaling/hpa_golden.h"

namespace highwater::scaling {
namespace {

constexpr std::int64_t kNow = 1'000'000 * kSecond;

void replay(const std::string& file, HpaVersion version) {
  std::size_t rows = 0;
  const auto recorded = golden_json(file)["behaviors"];
  for (const auto& run : recorded) {
    CAPTURE(run["behavior"].get<std::string>());
    HpaNormalizer normalizer(golden_behavior(run["behavior"]), 300 * kSecond, version);
    normalizer.begin(0, run["rows"][0][1]);
    for (const auto& row : run["rows"]) {
      CAPTURE(row.dump());
      ++rows;
      const std::int64_t now = std::int64_t{row[0]} * kSecond;
      const Normalized found = normalizer.normalize(now, row[1], row[2], run["min"], run["max"]);
      CHECK(found.stabilized == row[3]);
      CHECK(found.replicas == row[4]);
      CHECK(reason_name(found.reason) == row[5].get<std::string>());
      normalizer.changed(now, row[1], found.replicas);
    }
  }
  CHECK(rows == 4 * 96);
}

TEST_CASE("hpa_behavior: every recorded run of 1.20", "[scaling][golden]") {
  replay("k8s_hpa.json", HpaVersion::v1_20);
}
TEST_CASE("hpa_behavior: every recorded run of 1.23 and later", "[scaling][golden]") {
  replay("k8s_hpa_v123.json", HpaVersion::v1_23);
}

HpaRules rules(std::int32_t pods, std::int64_t pods_period, std::int32_t percent,
               std::int64_t percent_period) {
  HpaRules made;
  if (pods != 0) made.policies.push_back({HpaPolicyType::pods, pods, pods_period * kSecond});
  if (percent != 0)
    made.policies.push_back({HpaPolicyType::percent, percent, percent_period * kSecond});
  return made;
}

/// Changes spread evenly over the last two minutes, as generateEventsUniformDistribution does.
std::vector<std::int64_t> times_of(std::size_t count) {
  std::vector<std::int64_t> times;
  const double segment = 120.0 / static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i)
    times.push_back(kNow - kSecond * static_cast<std::int64_t>(
                                         120 - segment * static_cast<double>(i + 1) + segment / 2));
  return times;
}

struct RuleCase {
  const char* name;
  std::vector<std::int32_t> up_events;
  std::vector<std::int32_t> down_events;
  std::int32_t min;
  std::int32_t max;
  std::optional<HpaRules> up;
  std::optional<HpaRules> down;
  std::int32_t current;
  std::int32_t desired;
  std::int32_t expected;
  Reason reason;
};

const std::vector<RuleCase> kRuleCases = {
    {"within range", {}, {}, 3, 8, {}, {}, 5, 7, 7, Reason::within_range},
    {"below the minimum", {}, {}, 2, 8, {}, {}, 3, 1, 2, Reason::too_few_replicas},
    {"minimum 0", {}, {}, 0, 10, {}, {}, 1, 0, 0, Reason::within_range},
    {"maximum below the limit", {}, {}, 1, 10, {}, {}, 20, 1000, 10, Reason::too_many_replicas},
    {"above the maximum", {}, {}, 100, 150, {}, {}, 100, 1000, 150, Reason::too_many_replicas},
    {"one percent is a pod",
     {},
     {},
     1,
     2000,
     rules(0, 0, 1, 60),
     {},
     3,
     1000,
     4,
     Reason::scale_up_limit},
    {"down by pods",
     {},
     {},
     3,
     2000,
     {},
     rules(20, 60, 0, 0),
     1000,
     3,
     980,
     Reason::scale_down_limit},
    {"default up", {}, {}, 1, 1000, {}, {}, 10, 50, 20, Reason::scale_up_limit},
    {"pods allow more",
     {},
     {},
     1,
     1000,
     rules(100, 60, 100, 60),
     {},
     10,
     500,
     110,
     Reason::scale_up_limit},
    {"percent allow more",
     {},
     {},
     1,
     1000,
     rules(2, 60, 100, 60),
     {},
     10,
     500,
     20,
     Reason::scale_up_limit},
    {"many pods", {}, {}, 1, 1000, rules(100, 60, 0, 0), {}, 10, 50, 50, Reason::within_range},
    {"pods limit", {}, {}, 1, 1000, rules(30, 60, 0, 0), {}, 10, 50, 40, Reason::scale_up_limit},
    {"percent limit",
     {},
     {},
     1,
     1000,
     rules(0, 0, 200, 60),
     {},
     10,
     50,
     30,
     Reason::scale_up_limit},
    {"down, pods allow more",
     {},
     {},
     1,
     1000,
     {},
     rules(20, 60, 1, 60),
     100,
     2,
     80,
     Reason::scale_down_limit},
    {"down, pods limit",
     {},
     {},
     1,
     1000,
     {},
     rules(2, 60, 1, 60),
     100,
     2,
     98,
     Reason::scale_down_limit},
    {"down to the minimum",
     {},
     {},
     1,
     1000,
     {},
     rules(100, 60, 0, 0),
     10,
     0,
     1,
     Reason::too_few_replicas},
    {"down to the minimum by percent",
     {},
     {},
     5,
     1000,
     {},
     rules(0, 0, 100, 60),
     10,
     2,
     5,
     Reason::too_few_replicas},
    {"down by five", {}, {}, 1, 1000, {}, rules(5, 60, 0, 0), 10, 2, 5, Reason::scale_down_limit},
    {"down by half", {}, {}, 1, 1000, {}, rules(0, 0, 50, 60), 10, 5, 5, Reason::within_range},
    {"events, maximum",
     {1, 5, 9},
     {},
     1,
     200,
     rules(300, 60, 0, 0),
     {},
     100,
     500,
     200,
     Reason::too_many_replicas},
    {"events, maximum by percent",
     {1, 5, 9},
     {},
     1,
     200,
     rules(0, 0, 10000, 60),
     {},
     100,
     500,
     200,
     Reason::too_many_replicas},
    {"events beyond the rate",
     {1, 5, 9},
     {},
     1,
     1000,
     rules(5, 120, 0, 0),
     {},
     100,
     500,
     100,
     Reason::scale_up_limit},
    {"events and pods",
     {1, 5, 9},
     {},
     1,
     1000,
     rules(150, 120, 0, 0),
     {},
     100,
     500,
     235,
     Reason::scale_up_limit},
    {"events and percent",
     {1, 5, 9},
     {},
     1,
     1000,
     rules(0, 0, 200, 120),
     {},
     100,
     500,
     255,
     Reason::scale_up_limit},
    {"events of both directions",
     {4},
     {2},
     1,
     1000,
     rules(0, 0, 300, 300),
     {},
     6,
     24,
     16,
     Reason::scale_up_limit},
    {"down, default, events", {}, {1, 5, 9}, 1, 1000, {}, {}, 10, 5, 5, Reason::within_range},
    {"down, minimum, events",
     {},
     {1, 5, 9},
     1,
     1000,
     {},
     rules(115, 120, 0, 0),
     100,
     0,
     1,
     Reason::too_few_replicas},
    {"down, minimum 5, events",
     {},
     {1, 5, 9},
     5,
     1000,
     {},
     rules(130, 120, 0, 0),
     100,
     0,
     5,
     Reason::too_few_replicas},
    {"down, all, events",
     {},
     {1, 5, 9},
     5,
     1000,
     {},
     rules(0, 0, 100, 120),
     100,
     2,
     5,
     Reason::too_few_replicas},
    {"down, pods, events",
     {},
     {1, 5, 9},
     1,
     1000,
     {},
     rules(5, 120, 0, 0),
     100,
     2,
     100,
     Reason::scale_down_limit},
    {"down, percent, events",
     {},
     {2, 4, 6},
     1,
     1000,
     {},
     rules(0, 0, 50, 120),
     100,
     0,
     56,
     Reason::scale_down_limit},
    {"down, events of both directions",
     {2},
     {4},
     1,
     1000,
     {},
     rules(0, 0, 50, 180),
     10,
     1,
     6,
     Reason::scale_down_limit},
    {"down, events beyond the rate",
     {},
     {10, 10, 10},
     1,
     1000,
     {},
     rules(0, 0, 10, 120),
     100,
     0,
     100,
     Reason::scale_down_limit},
    {"down, more than there is",
     {},
     {10, 10, 10},
     1,
     1000,
     {},
     rules(0, 0, 1000, 120),
     10,
     5,
     5,
     Reason::within_range},
    {"up, old events",
     {8, 12, 9, 11},
     {},
     1,
     1000,
     rules(1000, 60, 0, 0),
     {},
     100,
     200,
     200,
     Reason::within_range},
    {"down, old events",
     {},
     {8, 12, 9, 11},
     1,
     1000,
     {},
     rules(1000, 30, 100, 60),
     100,
     5,
     5,
     Reason::within_range},
};

TEST_CASE("hpa_behavior: limits as in TestScalingWithRules", "[scaling]") {
  for (const RuleCase& one : kRuleCases) {
    CAPTURE(one.name);
    HpaBehavior behavior;
    if (one.up) behavior.scale_up = *one.up;
    if (one.down) behavior.scale_down = *one.down;
    behavior.scale_up.stabilization_window = behavior.scale_down.stabilization_window = 0;
    HpaNormalizer normalizer(behavior, 0, HpaVersion::v1_23);
    const auto up_times = times_of(one.up_events.size());
    const auto down_times = times_of(one.down_events.size());
    for (std::size_t i = 0; i < one.up_events.size(); ++i)
      normalizer.changed(up_times[i], 0, one.up_events[i]);
    for (std::size_t i = 0; i < one.down_events.size(); ++i)
      normalizer.changed(down_times[i], one.down_events[i], 0);
    const Normalized found = normalizer.normalize(kNow, one.current, one.desired, one.min, one.max);
    CHECK(found.replicas == one.expected);
    CHECK(reason_name(found.reason) == reason_name(one.reason));
  }
}

TEST_CASE("hpa_behavior: 1.20 counts changes of the same direction only", "[scaling]") {
  HpaBehavior behavior;
  behavior.scale_up = rules(0, 0, 300, 300);
  HpaNormalizer normalizer(behavior, 0, HpaVersion::v1_20);
  normalizer.changed(kNow - 60 * kSecond, 0, 4);
  normalizer.changed(kNow - 60 * kSecond, 2, 0);
  CHECK(normalizer.scale_up_limit(kNow, 6) == 8);  // (6 - 4) * 4, the two removed forgotten
}

TEST_CASE("hpa_behavior: least of several policies", "[scaling]") {
  HpaBehavior behavior;
  behavior.scale_down = rules(2, 60, 50, 60);
  behavior.scale_down.select_policy = HpaSelect::min;
  behavior.scale_up = rules(2, 60, 50, 60);
  behavior.scale_up.select_policy = HpaSelect::min;
  const HpaNormalizer normalizer(behavior, 0, HpaVersion::v1_23);
  CHECK(normalizer.scale_down_limit(kNow, 5) == 3);  // the cut off half of 5 is 2
  CHECK(normalizer.scale_up_limit(kNow, 5) == 7);
  CHECK(normalizer.scale_up_limit(kNow, 3) == 5);  // half of 3 rounded up is 2 more
}

struct StabilizeCase {
  const char* name;
  std::vector<std::pair<std::int32_t, std::int64_t>> past;  // recommendation and age in minutes
  std::int32_t current;
  std::int32_t desired;
  std::int32_t expected;
  std::int64_t up_window;
  std::int64_t down_window;
};

TEST_CASE("hpa_behavior: windows as in TestNormalizeDesiredReplicasWithBehavior", "[scaling]") {
  const std::vector<StabilizeCase> cases = {
      {"nothing known", {}, 100, 5, 5, 0, 0},
      {"down", {{4, 2}, {5, 1}}, 100, 3, 5, 0, 180},
      {"up", {{4, 2}, {5, 1}}, 1, 7, 4, 300, 0},
      {"not down", {{1, 2}, {2, 1}}, 100, 3, 3, 300, 0},
      {"not up", {{4, 2}, {5, 1}}, 1, 3, 3, 0, 300},
      {"down, all old", {{10, 10}, {9, 9}}, 100, 3, 3, 0, 0},
      {"up, all old", {{10, 10}, {9, 9}}, 1, 100, 100, 0, 0},
      {"down, some old", {{10, 10}, {4, 1}, {5, 2}, {9, 9}}, 100, 3, 5, 0, 180},
      {"up, some old", {{10, 100}, {6, 1}, {5, 2}, {9, 3}}, 1, 100, 5, 300, 0},
      {"both, not up", {{2, 100}, {3, 3}}, 2, 1, 2, 300, 300},
      {"both, not down", {{2, 100}, {1, 3}}, 2, 3, 2, 300, 300},
  };
  for (const StabilizeCase& one : cases) {
    CAPTURE(one.name);
    HpaBehavior behavior;
    behavior.scale_up = {
        one.up_window * kSecond, HpaSelect::max, {{HpaPolicyType::pods, 1000, kSecond}}};
    behavior.scale_down = {
        one.down_window * kSecond, HpaSelect::max, {{HpaPolicyType::pods, 1000, kSecond}}};
    HpaNormalizer normalizer(behavior, 0, HpaVersion::v1_23);
    // Entries are made by rounds in which nothing else happens; the oldest comes first.
    auto past = one.past;
    std::sort(past.begin(), past.end(),
              [](const auto& a, const auto& b) { return a.second > b.second; });
    for (const auto& [recommendation, age] : past)
      normalizer.normalize(kNow - age * kMinute, recommendation, recommendation, 0, 1000);
    CHECK(normalizer.normalize(kNow, one.current, one.desired, 0, 1000).stabilized == one.expected);
  }
}

TEST_CASE("hpa_behavior: without a behavior the greatest of the window counts", "[scaling]") {
  const auto run = [](std::vector<std::pair<std::int32_t, std::int64_t>> past) {
    HpaNormalizer normalizer(std::nullopt, 300 * kSecond, HpaVersion::v1_23);
    for (const auto& [recommendation, age] : past)
      normalizer.normalize(kNow - age * kMinute, recommendation, recommendation, 0, 1000);
    return normalizer.normalize(kNow, 3, 3, 0, 1000).stabilized;
  };
  CHECK(run({{4, 2}, {5, 1}}) == 5);
  CHECK(run({{1, 2}, {2, 1}}) == 3);
  CHECK(run({{10, 10}, {9, 9}}) == 3);
  CHECK(run({{10, 10}, {9, 9}, {5, 2}, {4, 1}}) == 5);
  CHECK(run({{9, 5}}) == 9);  // exactly five minutes old still counts here

  HpaNormalizer normalizer(std::nullopt, 0, HpaVersion::v1_23);
  const auto limited = [&](std::int32_t current, std::int32_t desired, std::int32_t max) {
    const Normalized found = normalizer.normalize(kNow, current, desired, 1, max);
    return std::pair(found.replicas, found.reason);
  };
  CHECK(limited(1, 100, 1000).first == 4);
  CHECK(limited(1, 100, 1000).second == Reason::scale_up_limit);
}

TEST_CASE("hpa_behavior: at most twice the replicas or four without a behavior", "[scaling]") {
  const auto limited = [](std::int32_t current, std::int32_t desired, std::int32_t min,
                          std::int32_t max) {
    HpaNormalizer normalizer(std::nullopt, 0, HpaVersion::v1_23);
    return normalizer.normalize(kNow, current, desired, min, max);
  };
  CHECK(limited(1, 100, 1, 1000).replicas == 4);
  CHECK(limited(3, 100, 1, 1000).replicas == 6);
  CHECK(limited(3, 100, 1, 5).reason == Reason::too_many_replicas);
  CHECK(limited(3, 100, 1, 6).reason == Reason::too_many_replicas);
  CHECK(limited(3, 0, 2, 6).replicas == 2);
  CHECK(limited(3, 0, 2, 6).reason == Reason::too_few_replicas);
  CHECK(limited(2'000'000'000, 2'147'483'647, 1, 2'147'483'647).replicas == 2'147'483'647);
}

TEST_CASE("hpa_behavior: no policies and disabled ones change nothing", "[scaling]") {
  for (const HpaRules& none :
       {HpaRules{0, HpaSelect::max, {}}, HpaRules{0, HpaSelect::min, {}},
        HpaRules{0, HpaSelect::disabled, {{HpaPolicyType::pods, 5, kSecond}}}}) {
    HpaNormalizer normalizer(HpaBehavior{none, none}, 0, HpaVersion::v1_23);
    CHECK(normalizer.normalize(kNow, 5, 50, 1, 100).replicas == 5);
    CHECK(normalizer.normalize(kNow, 5, 1, 1, 100).replicas == 5);
  }
}

TEST_CASE("hpa_behavior: a minimum above the maximum counts as the maximum", "[scaling]") {
  HpaNormalizer normalizer(HpaBehavior{}, 0, HpaVersion::v1_23);
  CHECK(normalizer.normalize(kNow, 3, 2, 9, 3).replicas <= 3);
  CHECK(normalizer.normalize(kNow, 3, 8, 9, 4).replicas == 4);
}

// A long random life within limits and windows, every recommendation kept in a plain list.
void live(HpaVersion version) {
  const auto any_rules = [] {
    HpaRules made;
    made.stabilization_window = *rc::gen::element<std::int64_t>(0, 30, 120, 300) * kSecond;
    made.select_policy =
        *rc::gen::element(HpaSelect::max, HpaSelect::min, HpaSelect::max, HpaSelect::disabled);
    const auto count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i)
      made.policies.push_back({*rc::gen::element(HpaPolicyType::pods, HpaPolicyType::percent),
                               *rc::gen::inRange(1, 120),
                               *rc::gen::element<std::int64_t>(15, 45, 60, 180) * kSecond});
    return made;
  };
  const HpaBehavior behavior{any_rules(), any_rules()};
  const auto min = *rc::gen::inRange(0, 10);
  const auto max = *rc::gen::inRange(min, 100);
  HpaNormalizer normalizer(behavior, 300 * kSecond, version);
  std::int32_t current = *rc::gen::inRange(min, max + 1);
  std::vector<std::pair<std::int64_t, std::int32_t>> asked;
  SplitMix bits{*rc::gen::arbitrary<std::uint64_t>()};
  std::int64_t now = 0;
  for (int round = 0; round < 200; ++round) {
    now += 15 * kSecond;
    const auto desired = static_cast<std::int32_t>(bits.bits() % 130);
    const Normalized found = normalizer.normalize(now, current, desired, min, max);
    asked.push_back({now, desired});
    RC_ASSERT(found.replicas >= std::min(min, current));
    RC_ASSERT(found.replicas <= max);
    // 1.20 may turn the direction, and then the other window does not count.
    if (version == HpaVersion::v1_20) {
      normalizer.changed(now, current, found.replicas);
      current = found.replicas;
      continue;
    }
    // Never below the greatest, never above the least recommendation of the windows.
    std::int32_t greatest = desired;
    std::int32_t least = desired;
    for (const auto& [at, recommendation] : asked) {
      if (at > now - behavior.scale_down.stabilization_window)
        greatest = std::max(greatest, recommendation);
      if (at > now - behavior.scale_up.stabilization_window)
        least = std::min(least, recommendation);
    }
    if (found.replicas < current) RC_ASSERT(found.replicas >= std::min({greatest, current, max}));
    if (found.replicas > current) RC_ASSERT(found.replicas <= std::max({least, current, min}));
    normalizer.changed(now, current, found.replicas);
    current = found.replicas;
  }
}

TEST_CASE("hpa_behavior: keeps its promises over a random life", "[scaling][property]") {
  CHECK(rc::check([] { live(HpaVersion::v1_20); }));
  CHECK(rc::check([] { live(HpaVersion::v1_23); }));
}

TEST_CASE("hpa_behavior: every policy holds over its period", "[scaling][property]") {
  CHECK(rc::check([] {
    const auto period = *rc::gen::element<std::int64_t>(15, 60, 180) * kSecond;
    const auto any_rules = [&] {
      HpaRules made;
      made.select_policy = *rc::gen::element(HpaSelect::max, HpaSelect::min);
      made.policies = {{HpaPolicyType::pods, *rc::gen::inRange(1, 20), period},
                       {HpaPolicyType::percent, *rc::gen::inRange(1, 150), period}};
      return made;
    };
    const HpaBehavior behavior{any_rules(), any_rules()};
    HpaNormalizer normalizer(behavior, 0, HpaVersion::v1_23);
    SplitMix bits{*rc::gen::arbitrary<std::uint64_t>()};
    std::int32_t current = 10;
    std::deque<std::pair<std::int64_t, std::int32_t>> changes;
    std::int64_t now = 0;
    for (int round = 0; round < 300; ++round) {
      now += 15 * kSecond;
      const auto desired = static_cast<std::int32_t>(bits.bits() % 200);
      const std::int32_t after = normalizer.normalize(now, current, desired, 0, 1000).replicas;
      std::int32_t start = current;
      for (const auto& [at, change] : changes)
        if (at > now - period) start -= change;
      const bool up = after > current;
      if (after != current) {
        const HpaRules& rules = up ? behavior.scale_up : behavior.scale_down;
        const double pods = start + (up ? 1 : -1) * rules.policies[0].value;
        const double share = static_cast<double>(rules.policies[1].value) / 100;
        // Cut off toward zero, as Go's conversion does.
        const double percent =
            up ? std::ceil(start * (1 + share)) : std::trunc(start * (1 - share));
        const bool least = rules.select_policy == HpaSelect::min;
        const double bound = up == least ? std::min(pods, percent) : std::max(pods, percent);
        RC_ASSERT((up ? after <= std::max<double>(bound, current)
                      : after >= std::min<double>(bound, current)));
        changes.push_back({now, after - current});
      }
      normalizer.changed(now, current, after);
      current = after;
    }
  }));
}

}  // namespace
}  // namespace highwater::scaling
