// What every limiter of the family must keep to, under random settings, times and costs: no more in
// any window than its definition allows, honest hints, and nothing gained by being forgotten.

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/limiting/policy.h"
#include "tests/limiting/verdicts.h"

namespace highwater::limiting {
namespace {

constexpr std::uint32_t kMostCost = 3;

/// A limiter and the most that it may let through in a window of a length, both ends included.
struct Case {
  Policy policy = Policy::token_bucket;
  Options options{};
  std::function<double(double)> bound{};
  std::int64_t slack = 0;            // nanoseconds by which a hint may be wrong
  std::int64_t step = kSecond / 10;  // between two requests, about
};

std::uint32_t small(std::uint32_t least = 0) {
  return *rc::gen::inRange<std::uint32_t>(least, 7);
}

std::int64_t one_of(std::vector<std::int64_t> values) {
  return *rc::gen::elementOf(std::move(values));
}

std::int64_t period() {
  return one_of({kSecond, 3 * kSecond, 700'000'001, 20 * kMillisecond});
}

/// Windows that begin at least a period apart.
std::function<double(double)> two_windows(double limit, double length) {
  return [=](double t) { return limit * (std::floor(t / length) + 2); };
}

Case any_window(Policy policy) {
  Case c;
  c.policy = policy;
  const WindowOptions window{small(), period()};
  const double limit = window.limit;
  const auto length = static_cast<double>(window.period);
  c.options.window = window;
  c.options.aligned_window = {window, *rc::gen::inRange<std::int64_t>(0, kSecond)};
  c.options.sliding_window = {window, *rc::gen::element(WindowStart::clock, WindowStart::first_hit),
                              0, *rc::gen::arbitrary<bool>()};
  c.step = window.period / (window.limit + 1);
  c.bound = two_windows(limit, length);
  if (policy == Policy::redis_fixed_window)  // of a period, whole milliseconds count
    c.bound = two_windows(limit, std::floor(length / 1e6) * 1e6);
  if (policy == Policy::elastic_window)
    c.bound = [=](double t) { return limit * (std::floor(t / length) + 1); };
  if (policy == Policy::sliding_log)
    c.bound = [=](double t) { return limit * (std::floor(t / (length + 1)) + 1); };
  const SlidingWindowOptions& sliding = c.options.sliding_window;
  if (policy == Policy::sliding_window && !sliding.floor && sliding.start == WindowStart::clock)
    c.bound = [=](double t) {
      return t <= length ? std::max(0.0, 2 * limit - 1) : limit * (std::floor(t / length) + 2);
    };
  return c;
}

Case any_bucket(Policy policy) {
  Case c;
  c.policy = policy;
  const double rate = *rc::gen::element(4.0, 10.0, 0.3, 97.0);
  const std::uint32_t burst = small();
  const std::int64_t length = period();
  const double per_ns = rate / 1e9;
  c.step = static_cast<std::int64_t>(1e9 / rate);
  // What doubles and whole nanoseconds give away.
  const double small_change = 1e-3;
  switch (policy) {
    case Policy::token_bucket:
      c.options.token_bucket = {rate, burst, *rc::gen::arbitrary<bool>(),
                                one_of({0, kSecond, kNever})};
      c.slack = 4;
      c.bound = [=](double t) { return burst + per_ns * t + small_change; };
      return c;
    case Policy::leaky_bucket:
      c.options.leaky_bucket = {rate, burst};
      c.slack = 4;
      c.bound = [=](double t) { return burst + per_ns * t + small_change; };
      return c;
    case Policy::leaky_bucket_queue:
      c.options.leaky_bucket = {rate, burst};
      c.bound = [=](double t) { return per_ns * t + kMostCost + small_change; };
      return c;
    case Policy::uber_ratelimit: {
      const std::uint32_t count = small(1);
      const std::uint32_t slack = small();
      const auto interval = static_cast<double>(length / count);
      c.options.uber_ratelimit = {count, length, slack};
      c.step = length / count;
      c.bound = [=](double t) { return slack + t / interval + kMostCost; };
      return c;
    }
    case Policy::gcra: {
      const std::uint32_t count = small(1);
      c.options.gcra = {static_cast<double>(count), length, burst};
      c.step = length / count;
      c.bound = [=](double t) { return burst + t / static_cast<double>(length / count); };
      return c;
    }
    case Policy::juju_bucket: {
      JujuBucketOptions& juju = c.options.juju_bucket;
      juju = {length, small(1), small(1), one_of({0, kSecond}), *rc::gen::arbitrary<bool>()};
      const auto ticks = [=](double t) { return t / static_cast<double>(length) + 1; };
      const double capacities = juju.forget_ticks_while_full ? 1 : 2;
      const auto capacity = static_cast<double>(juju.capacity);
      const auto quantum = static_cast<double>(juju.quantum);
      c.step = length;
      // Where requests wait, the one that goes on last may have taken tokens of earlier ticks.
      const double last = juju.max_wait > 0 ? kMostCost : 0;
      c.bound = [=](double t) { return capacities * capacity + quantum * ticks(t) + last; };
      return c;
    }
    case Policy::bucket4j: {
      Bucket4jOptions& bucket = c.options.bucket4j;
      bucket = {small(1), small(1), length, *rc::gen::arbitrary<bool>(), std::nullopt};
      const auto capacity = static_cast<double>(bucket.capacity);
      const auto tokens = static_cast<double>(bucket.refill_tokens);
      const double more = bucket.intervally ? tokens : 1;
      c.step = length / bucket.refill_tokens;
      c.slack = 1;
      c.bound = [=](double t) {
        return capacity + tokens * t / static_cast<double>(length) + more;
      };
      return c;
    }
    default:
      break;
  }
  EnvoyLocalRateLimitOptions& envoy = c.options.envoy_local_rate_limit;
  envoy = {small(1), small(1), length, *rc::gen::arbitrary<bool>()};
  c.step = length / envoy.tokens_per_fill;
  c.slack = 8;
  const double more = envoy.timer ? envoy.tokens_per_fill : small_change;
  c.bound = [=](double t) {
    return envoy.max_tokens + envoy.tokens_per_fill * t / static_cast<double>(length) + more;
  };
  return c;
}

Case any_product(Policy policy) {
  Case c;
  c.policy = policy;
  const std::int64_t length = period();
  if (policy == Policy::rate_limiter_flexible) {
    RateLimiterFlexibleOptions& flexible = c.options.rate_limiter_flexible;
    flexible = {small(), length / kMillisecond * kMillisecond,
                one_of({0, kSecond / 2, 5 * kSecond}), false, std::nullopt};
    c.step = length / (flexible.points + 1);
    // Windows may follow a block that ends sooner than the duration.
    const std::int64_t least = flexible.block_duration == 0
                                   ? flexible.duration
                                   : std::min(flexible.duration, flexible.block_duration);
    c.bound = two_windows(static_cast<double>(flexible.points),
                          static_cast<double>(least - kMillisecond));
    return c;
  }
  if (policy == Policy::nginx_limit_req) {
    NginxLimitReqOptions& nginx = c.options.nginx_limit_req;
    nginx = {one_of({5000, 500, 16, 100'000, 1'000'000}), small(), 0, true};
    c.step = kSecond * 1000 / nginx.milli_rate;
    c.bound = [nginx](double t) {
      return nginx.burst + 1 + static_cast<double>(nginx.milli_rate) * (t / 1e6 + 1) / 1e6;
    };
    return c;
  }
  Resilience4jRateLimiterOptions& resilience = c.options.resilience4j_rate_limiter;
  resilience = {small(1), length, one_of({0, kSecond / 2, 5 * kSecond})};
  c.step = length / resilience.limit_for_period;
  c.bound = [=](double t) {
    return two_windows(resilience.limit_for_period, static_cast<double>(length))(t) + kMostCost;
  };
  return c;
}

Case any_case(Policy policy) {
  switch (policy) {
    case Policy::fixed_window:
    case Policy::fixed_window_aligned:
    case Policy::redis_fixed_window:
    case Policy::elastic_window:
    case Policy::sliding_log:
    case Policy::sliding_window:
      return any_window(policy);
    case Policy::rate_limiter_flexible:
    case Policy::nginx_limit_req:
    case Policy::resilience4j_rate_limiter:
      return any_product(policy);
    default:
      return any_bucket(policy);
  }
}

/// Times and costs of requests: bursts, pauses, steps of about the limiter's own.
struct Load {
  SplitMix bits;
  std::int64_t step;
  std::int64_t now = 0;

  std::int64_t next_time() {
    switch (bits.bits() % 8) {
      case 0:
      case 1:
        break;  // at the same moment
      case 2:
        now += step;
        break;
      case 3:
        now += static_cast<std::int64_t>(bits.bits() % 8) * step;
        break;
      default:
        now += static_cast<std::int64_t>(bits.bits() % static_cast<std::uint64_t>(step + 2));
    }
    return now;
  }
  std::uint32_t next_cost() { return static_cast<std::uint32_t>(bits.bits() % kMostCost) + 1; }
};

struct Admitted {
  std::int64_t at;  // when it goes on
  std::uint32_t cost;
};

void check_bound(std::vector<Admitted> admitted, const Case& c) {
  std::stable_sort(admitted.begin(), admitted.end(),
                   [](const Admitted& a, const Admitted& b) { return a.at < b.at; });
  for (std::size_t i = 0; i < admitted.size(); ++i) {
    double sum = 0;
    for (std::size_t j = i; j < admitted.size(); ++j) {
      sum += admitted[j].cost;
      RC_ASSERT(sum <= c.bound(static_cast<double>(admitted[j].at - admitted[i].at)) + 1e-9);
    }
  }
}

template <Rule R>
void check_hint(const R& rule, const typename R::State& state, std::int64_t now, std::uint32_t cost,
                const Verdict& verdict, std::int64_t slack) {
  RC_ASSERT(verdict.retry_after >= 0);
  if (verdict.retry_after == kNever) {
    typename R::State later = state;
    RC_ASSERT(!rule.admit(later, now + 1'000'000 * kSecond, cost).is_admitted());
    return;
  }
  const std::int64_t at = now + verdict.retry_after;
  typename R::State later = state;
  RC_ASSERT(rule.admit(later, at + slack, cost).is_admitted());
  if (verdict.retry_after <= slack + 1) return;
  typename R::State sooner = state;
  RC_ASSERT(!rule.admit(sooner, at - slack - 1, cost).is_admitted());
}

/// While both decide alike, go on; where they first differ the one that remembers is the kinder.
template <Rule R>
void check_forgetting(const R& rule, typename R::State kept, Load load) {
  typename R::State fresh{};
  rule.begin(fresh, load.now);
  for (int i = 0; i < 20; ++i) {
    const std::int64_t now = load.next_time();
    const std::uint32_t cost = load.next_cost();
    const Verdict remembering = rule.admit(kept, now, cost);
    const Verdict forgetting = rule.admit(fresh, now, cost);
    if (remembering.kind == forgetting.kind && remembering.delay == forgetting.delay) continue;
    RC_ASSERT(remembering.is_admitted());
    RC_ASSERT(!forgetting.is_admitted() || remembering.delay <= forgetting.delay);
    return;
  }
}

/// Those that begin new ticks, or a new key with a request for nothing, when they are forgotten.
bool has_ticks(const Case& c) {
  return c.policy == Policy::juju_bucket || c.policy == Policy::resilience4j_rate_limiter ||
         c.policy == Policy::nginx_limit_req ||
         (c.policy == Policy::bucket4j && c.options.bucket4j.intervally) ||
         (c.policy == Policy::envoy_local_rate_limit && c.options.envoy_local_rate_limit.timer);
}

/// The greatest cost whose hint is exact: of those above, it is the least that it can be.
std::int64_t most_hinted(const Case& c) {
  if (c.policy == Policy::juju_bucket) return c.options.juju_bucket.capacity;
  if (c.policy == Policy::resilience4j_rate_limiter)
    return c.options.resilience4j_rate_limiter.limit_for_period;
  return kMostCost;
}

void check_policy(Policy policy) {
  const Case c = any_case(policy);
  with_rule(policy, c.options, [&]<Rule R>(const R& rule) {
    Load load{{*rc::gen::arbitrary<std::uint64_t>()}, std::max<std::int64_t>(1, c.step)};
    load.now = one_of({0, kSecond, 12'345'678'901});
    typename R::State state{};
    rule.begin(state, load.now);
    std::vector<Admitted> admitted;
    for (int i = 0; i < 150; ++i) {
      const std::int64_t now = load.next_time();
      const std::uint32_t cost = load.next_cost();
      if (i % 10 == 9 && !has_ticks(c) && rule.is_idle(state, now))
        check_forgetting(rule, state, load);
      const Verdict verdict = rule.admit(state, now, cost);
      RC_ASSERT(verdict.delay >= 0);
      RC_ASSERT((verdict.delay > 0) == (verdict.kind == Verdict::Kind::delay));
      if (verdict.is_admitted()) {
        if (verdict.delay != kNever) admitted.push_back({now + verdict.delay, cost});
      } else if (cost <= most_hinted(c) || verdict.retry_after == kNever) {
        check_hint(rule, state, now, cost, verdict, c.slack);
      }
    }
    check_bound(std::move(admitted), c);
  });
}

TEST_CASE("limiting: policies are listed in the order of their values", "[limiting]") {
  for (std::size_t i = 0; i < kPolicies.size(); ++i)
    CHECK(static_cast<std::size_t>(kPolicies[i].policy) == i);
}

TEST_CASE("limiting: no window holds more than the definition allows and hints are honest",
          "[limiting][property]") {
  for (const PolicyInfo& info : kPolicies) {
    if (info.policy == Policy::concurrency_limit) continue;  // it knows no windows
    CAPTURE(info.name);
    CHECK(rc::check(std::string(info.name), [&info] { check_policy(info.policy); }));
  }
}

TEST_CASE("limiting: any settings and times are borne", "[limiting][property]") {
  const double numbers[] = {0,
                            -1,
                            1e300,
                            1e-300,
                            std::numeric_limits<double>::infinity(),
                            std::numeric_limits<double>::quiet_NaN(),
                            5};
  const std::int64_t times[] = {0, 1, -1, kSecond, kNever / 2, kNever, -kNever, kNever / 3};
  SplitMix bits{7};
  const auto number = [&] { return numbers[bits.bits() % std::size(numbers)]; };
  const auto time = [&] { return times[bits.bits() % std::size(times)]; };
  const auto count = [&] {
    const std::uint32_t counts[] = {0, 1, 2, 100};
    return counts[bits.bits() % std::size(counts)];
  };
  const auto flag = [&] { return bits.bits() % 2 == 0; };
  for (int round = 0; round < 300; ++round) {
    Options options;
    options.token_bucket = {number(), count(), flag(), time()};
    options.juju_bucket = {time(), time(), time(), time(), flag()};
    options.bucket4j = {time(), time(), time(), flag(), std::nullopt};
    options.gcra = {number(), time(), count()};
    options.leaky_bucket = {number(), count()};
    options.uber_ratelimit = {count(), time(), count()};
    options.window = {count(), time()};
    options.aligned_window = {{count(), time()}, time()};
    options.sliding_window = {
        {count(), time()}, flag() ? WindowStart::clock : WindowStart::first_hit, time(), flag()};
    options.rate_limiter_flexible = {time(), time(), time(), flag(), std::nullopt};
    options.nginx_limit_req = {time() / 1'000'000, count(), count(), flag()};
    options.envoy_local_rate_limit = {count(), count(), time(), flag()};
    options.resilience4j_rate_limiter = {count(), time(), time()};
    for (const PolicyInfo& info : kPolicies) {
      CAPTURE(info.name, round);
      const auto limiter = make_limiter(info.policy, options, time());
      for (int i = 0; i < 12; ++i) {
        const Verdict verdict = limiter->admit(time(), count());
        REQUIRE(verdict.delay >= 0);
        REQUIRE(verdict.retry_after >= 0);
        limiter->finish(time(), count());
      }
    }
  }
}

}  // namespace
}  // namespace highwater::limiting
