// What all breakers have in common, whatever the product.
#include "models/algorithms/resilience/breaker.h"

#include <limits>
#include <memory>
#include <set>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/resilience/policy.h"
#include "models/algorithms/resilience/resilience.h"
#include "tests/resilience/replay.h"

namespace highwater::resilience {
namespace {

constexpr std::int64_t kWait = 700 * kMs;
constexpr std::uint32_t kTrials = 3;

/// Options under which each opens after few failures and waits kWait.
BreakerOptions quick() {
  BreakerOptions options;
  options.pybreaker = {2, kWait, 2};
  options.resilience4j.sliding_window_size = 4;
  options.resilience4j.minimum_number_of_calls = 2;
  options.resilience4j.wait_duration_in_open_state = kWait;
  options.resilience4j.permitted_number_of_calls_in_half_open_state = kTrials;
  options.hystrix.request_volume_threshold = 2;
  options.hystrix.sleep_window = kWait;
  options.hystrix.rolling_stats_time = 1000 * kMs;
  options.hystrix.health_snapshot_interval = 20 * kMs;
  options.opossum.reset_timeout = kWait;
  options.opossum.rolling_count_timeout = 1000 * kMs;
  options.opossum.volume_threshold = 2;
  const auto half_open_after = [] {
    HalfOpenAfter after;
    after.pauses = {kWait};
    return after;
  }();
  options.cockatiel_consecutive = {2, half_open_after};
  options.cockatiel_count = {0.4, 4, 2, half_open_after};
  options.cockatiel_sampling = {0.4, 1000 * kMs, 1, half_open_after};
  return options;
}

bool is_legal(BreakerState from, BreakerState to) {
  using enum BreakerState;
  if (from == to) return true;
  if (from == closed) return to == open;
  if (from == open) return to == half_open || to == closed;  // a trial may end at once
  return to == open || to == closed;
}

/// Calls that may be on their way in half-open state.
std::size_t most_trials(BreakerPolicy policy) {
  if (policy == BreakerPolicy::pybreaker) return std::numeric_limits<std::size_t>::max() / 2;
  return policy == BreakerPolicy::resilience4j ? kTrials : 1;
}

using Steps = std::vector<std::pair<std::uint8_t, std::uint8_t>>;

TEST_CASE("breakers: each is listed at its place", "[resilience]") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kBreakers.size(); ++i) {
    CHECK(static_cast<std::size_t>(kBreakers[i].policy) == i);
    CHECK(names.insert(kBreakers[i].name).second);
    CHECK(make_breaker(kBreakers[i].policy) != nullptr);
  }
  CHECK(name_of(BreakerState::half_open) == "half_open");
  CHECK(name_of(BreakerState::isolated) == "isolated");
}

TEST_CASE("breakers: states follow each other as they may and open lets nothing out",
          "[resilience]") {
  for (const BreakerInfo& info : kBreakers) {
    CAPTURE(info.name);
    std::size_t opened = 0;
    std::size_t tried = 0;
    const bool holds = rc::check([&](Steps steps) {
      // Four times over: RapidCheck's lists are short, and a breaker needs time to come round.
      for (int i = 0; i < 2; ++i) {
        const Steps once = steps;
        steps.insert(steps.end(), once.begin(), once.end());
      }
      const auto breaker = make_breaker(info.policy, quick());
      std::vector<Admission> out;
      std::int64_t now = 0;
      BreakerState state = breaker->state(now);
      RC_ASSERT(state == BreakerState::closed);
      std::int64_t opened_at = 0;  // at the earliest
      std::int64_t seen = 0;
      // Since it became half open; a cancelled call may give its permit back.
      std::size_t trials = 0;
      std::size_t cancelled = 0;
      for (const auto& [pause, what] : steps) {
        now += (pause > 200 ? 800 : pause % 40) * kMs;
        if (what % 4 < 2 && !out.empty()) {
          const std::size_t i = (what / 4) % out.size();
          const Admission as = out[i];
          out.erase(out.begin() + static_cast<std::ptrdiff_t>(i));
          const std::uint8_t how = what % 16;
          if (how < 8) {
            breaker->failed(as, now, 10);
          } else if (how < 15) {
            breaker->succeeded(as, now, 10);
          } else {
            breaker->cancelled(as, now);
            ++cancelled;
          }
        } else {
          const BreakerState before = breaker->state(now);
          if (before != state) trials = cancelled = 0;
          RC_ASSERT(is_legal(state, before));
          if (before == BreakerState::open && state != BreakerState::open) opened_at = seen;
          state = before;
          const Admission as = breaker->admit(now);
          const BreakerState then = breaker->state(now);
          RC_ASSERT(is_legal(before, then));
          if (before == BreakerState::open && now - opened_at < kWait) RC_ASSERT(!goes_out(as));
          if (before == BreakerState::closed) RC_ASSERT(as == Admission::admitted);
          if (then == BreakerState::half_open) {
            RC_ASSERT(as != Admission::admitted);
            if (before != then) trials = cancelled = 0;
            trials += as == Admission::trial;
            RC_ASSERT(trials <= most_trials(info.policy) + cancelled);
            tried += as == Admission::trial;
          }
          if (goes_out(as)) out.push_back(as);
          state = then;
        }
        const BreakerState after = breaker->state(now);
        RC_ASSERT(is_legal(state, after));
        if (after != state) trials = cancelled = 0;
        if (after == BreakerState::open && state != after) {
          opened_at = seen;
          ++opened;
        }
        state = after;
        seen = now;
      }
    });
    CHECK(holds);
    CAPTURE(opened, tried);
    CHECK(opened > 10);  // else the lines above prove nothing
    CHECK(tried > 5);
  }
}

TEST_CASE("breakers: half open lets no more out than it may", "[resilience]") {
  for (const BreakerInfo& info : kBreakers) {
    CAPTURE(info.name);
    const auto breaker = make_breaker(info.policy, quick());
    std::int64_t now = 0;
    while (breaker->state(now) != BreakerState::open && now < 100 * kMs) {
      call(*breaker, now, false);
      now += 5 * kMs;
    }
    REQUIRE(breaker->state(now) == BreakerState::open);
    now += kWait + kMs;
    std::size_t trials = 0;
    for (int i = 0; i < 100; ++i) trials += goes_out(breaker->admit(now));
    CHECK(trials == std::min<std::size_t>(100, most_trials(info.policy)));
  }
}

TEST_CASE("breakers: success alone never opens one", "[resilience]") {
  for (const BreakerInfo& info : kBreakers) {
    CAPTURE(info.name);
    const auto breaker = make_breaker(info.policy, quick());
    for (int i = 0; i < 1000; ++i) CHECK(call(*breaker, i * 7 * kMs, true));
    CHECK(breaker->state(8000 * kMs) == BreakerState::closed);
  }
}

TEST_CASE("breakers: failure alone opens every one and success closes it", "[resilience]") {
  for (const BreakerInfo& info : kBreakers) {
    CAPTURE(info.name);
    const auto breaker = make_breaker(info.policy, quick());
    std::int64_t now = 0;
    for (int i = 0; i < 40; ++i, now += 5 * kMs) call(*breaker, now, false);
    CHECK(breaker->state(now) == BreakerState::open);
    now += kWait;
    for (int i = 0; i < 4; ++i, now += 5 * kMs) call(*breaker, now, true);
    CHECK(breaker->state(now) == BreakerState::closed);
  }
}

TEST_CASE("breakers: a clock that goes backwards stands still", "[resilience]") {
  for (const BreakerInfo& info : kBreakers) {
    CAPTURE(info.name);
    const auto jumps = make_breaker(info.policy, quick());
    const auto stands = make_breaker(info.policy, quick());
    std::int64_t latest = 0;
    SplitMix bits{7};
    for (int i = 0; i < 2000; ++i) {
      const auto now = static_cast<std::int64_t>(bits.bits() % 40'000) * kMs;
      latest = std::max(latest, std::min(now, latest + 30 * kMs));
      const std::int64_t wild = now < latest ? now : latest;
      const bool succeeds = bits.bits() % 3 == 0;
      REQUIRE(call(*jumps, wild, succeeds) == call(*stands, latest, succeeds));
      REQUIRE(jumps->state(wild) == stands->state(latest));
    }
  }
}

TEST_CASE("breakers: the end of time and calls of negative length do no harm", "[resilience]") {
  for (const BreakerInfo& info : kBreakers) {
    CAPTURE(info.name);
    const auto breaker = make_breaker(info.policy, quick());
    const Admission as = breaker->admit(0);
    breaker->failed(as, 0, std::numeric_limits<std::int64_t>::min());
    for (const std::int64_t now : {kNever / 2, kNever - 1, kNever}) {
      breaker->state(now);
      call(*breaker, now, false);
      call(*breaker, now, true);
    }
  }
}

}  // namespace
}  // namespace highwater::resilience
