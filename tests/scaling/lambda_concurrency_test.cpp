#include "models/algorithms/scaling/lambda_concurrency.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::scaling {
namespace {

constexpr std::int64_t kSecond = LambdaConcurrency::kSecond;
using enum LambdaOutcome;

LambdaConcurrency::Options large_account() {
  LambdaConcurrency::Options options;
  options.account_concurrency = 100'000;
  return options;
}

std::uint32_t cold_starts(LambdaConcurrency& lambda, std::size_t function, std::int64_t now,
                          std::uint32_t count) {
  std::uint32_t made = 0;
  for (std::uint32_t i = 0; i < count; ++i) made += lambda.invoke(function, now) == cold;
  return made;
}

TEST_CASE("lambda_concurrency: a thousand environments in ten seconds for each function",
          "[scaling]") {
  LambdaConcurrency::Options options = large_account();
  options.functions.resize(2);
  LambdaConcurrency lambda(options);
  CHECK(cold_starts(lambda, 0, 0, 5000) == 1000);
  CHECK(lambda.invoke(0, 0) == throttled_by_rate);
  CHECK(cold_starts(lambda, 1, 0, 5000) == 1000);  // on its own
  // It refills continuously: a hundred a second.
  CHECK(cold_starts(lambda, 0, kSecond, 5000) == 100);
  CHECK(cold_starts(lambda, 0, kSecond + 10'000'000, 5000) == 1);
  CHECK(cold_starts(lambda, 0, kSecond + 19'999'999, 5000) == 0);
  CHECK(cold_starts(lambda, 0, kSecond + 20'000'000, 5000) == 1);
  // What was not used does not add up.
  CHECK(cold_starts(lambda, 0, 1000 * kSecond, 5000) == 1000);
  CHECK(lambda.busy(0) == 2102);
}

TEST_CASE("lambda_concurrency: until 2023 a burst of the region and 500 a minute", "[scaling]") {
  LambdaConcurrency::Options options = large_account();
  options.scaling = LambdaScaling::regional_burst;
  options.functions.resize(2);
  LambdaConcurrency lambda(options);
  CHECK(cold_starts(lambda, 0, 0, 2000) == 2000);
  CHECK(cold_starts(lambda, 1, 0, 2000) == 1000);  // shared
  CHECK(lambda.invoke(0, 59 * kSecond) == throttled_by_rate);
  CHECK(cold_starts(lambda, 1, 60 * kSecond, 2000) == 500);
  CHECK(cold_starts(lambda, 0, 61 * kSecond, 2000) == 0);
  CHECK(cold_starts(lambda, 0, 180 * kSecond, 2000) == 1000);
  CHECK(cold_starts(lambda, 0, 86'400 * kSecond, 20'000) == 3000);  // never more than the burst
  options.burst_limit = 500;
  LambdaConcurrency other(options);
  CHECK(cold_starts(other, 0, 0, 2000) == 500);
}

TEST_CASE("lambda_concurrency: an environment that is idle is used again", "[scaling]") {
  LambdaConcurrency lambda(LambdaConcurrency::Options{});
  CHECK(lambda.invoke(0, 0) == cold);
  CHECK(lambda.invoke(0, 0) == cold);
  lambda.finish(0, kSecond, false);
  CHECK(lambda.idle(0, kSecond) == 1);
  CHECK(lambda.invoke(0, 2 * kSecond) == warm);
  CHECK(lambda.invoke(0, 2 * kSecond) == cold);
  for (int i = 0; i < 3; ++i) lambda.finish(0, (3 + i) * kSecond, false);
  CHECK(lambda.idle(0, 10 * kSecond) == 3);
  CHECK(lambda.idle(0, 602 * kSecond) == 3);
  CHECK(lambda.idle(0, 603 * kSecond) == 2);  // the first has been idle for ten minutes
  CHECK(lambda.invoke(0, 604 * kSecond) == warm);
  CHECK(lambda.idle(0, 604 * kSecond) == 0);
  lambda.finish(0, 605 * kSecond, false);
  lambda.finish(0, 605 * kSecond, false);  // nobody is busy: no effect
  CHECK(lambda.busy(0) == 0);
  CHECK(lambda.idle(0, 605 * kSecond) == 1);
}

TEST_CASE("lambda_concurrency: reserved concurrency is a part and a limit", "[scaling]") {
  LambdaConcurrency::Options options;
  options.account_concurrency = 1000;
  options.functions = {{400, 0}, {std::nullopt, 0}, {std::nullopt, 0}};
  LambdaConcurrency lambda(options);
  CHECK(lambda.limit(0) == 400);
  CHECK(lambda.limit(1) == 600);
  CHECK(cold_starts(lambda, 1, 0, 350) == 350);
  CHECK(cold_starts(lambda, 2, 0, 400) == 250);
  CHECK(lambda.invoke(2, 0) == throttled_by_account);
  CHECK(cold_starts(lambda, 0, 0, 500) == 400);
  CHECK(lambda.invoke(0, 0) == throttled_by_reserve);
  lambda.finish(1, 0, false);
  CHECK(lambda.invoke(2, 0) == cold);
  options.functions = {{0, 0}};
  options.requests_per_unit = 0;
  CHECK(LambdaConcurrency(options).invoke(0, 0) == throttled_by_reserve);  // switched off
}

TEST_CASE("lambda_concurrency: provisioned environments come first and need no rate", "[scaling]") {
  LambdaConcurrency::Options options;
  options.scaling_units = 0;
  options.functions = {{std::nullopt, 3}, {std::nullopt, 0}};
  options.account_concurrency = 10;
  LambdaConcurrency lambda(options);
  CHECK(lambda.limit(0) == 10);
  CHECK(lambda.limit(1) == 7);  // provisioned ones are taken out, used or not
  for (int i = 0; i < 3; ++i) CHECK(lambda.invoke(0, 0) == provisioned);
  CHECK(lambda.invoke(0, 0) == throttled_by_rate);
  lambda.finish(0, 0, true);
  CHECK(lambda.invoke(0, 0) == provisioned);
  options.functions = {{2, 5}};
  LambdaConcurrency reserved(options);  // no more than the reserve
  CHECK(reserved.invoke(0, 0) == provisioned);
  CHECK(reserved.invoke(0, 0) == provisioned);
  CHECK(reserved.invoke(0, 0) == throttled_by_reserve);
}

TEST_CASE("lambda_concurrency: environments stand somewhere", "[scaling]") {
  LambdaConcurrency::Options options;
  options.functions = {{std::nullopt, 3, {}, 2}};
  LambdaConcurrency lambda(options);
  CHECK(LambdaConcurrency::provisioned_at(lambda.options().functions[0], 0) == 2);
  CHECK(LambdaConcurrency::provisioned_at(lambda.options().functions[0], 1) == 1);
  const auto invoke = [&](LambdaConcurrency::Place at, LambdaOutcome expected) {
    CHECK(lambda.invoke(0, kSecond, at) == expected);
    return at;
  };
  // Provisioned ones where the request comes in, else elsewhere.
  CHECK(lambda.ready(0) == 3);
  CHECK(invoke(1, provisioned) == 1);
  CHECK(invoke(1, provisioned) == 0);
  CHECK(invoke(1, provisioned) == 0);
  CHECK(lambda.ready(0) == 0);
  CHECK(lambda.busy_provisioned(0) == 3);
  // New ones where it comes in; idle ones the last used first, wherever they are.
  CHECK(invoke(1, cold) == 1);
  CHECK(invoke(0, cold) == 0);
  lambda.finish(0, kSecond, false, 0);
  lambda.finish(0, kSecond, false, 1);
  CHECK(invoke(0, warm) == 1);
  lambda.finish(0, kSecond, false, 1);
  // What waits at a place goes with it, what works there is told of one by one.
  lambda.finish(0, kSecond, true, 0);
  lambda.finish(0, kSecond, true, 1);
  lambda.lose_waiting(0, 1);
  CHECK(lambda.idle(0, kSecond) == 1);
  CHECK(lambda.ready(0) == 1);
  lambda.lose(0, true);
  CHECK(lambda.busy(0) == 0);
  CHECK(lambda.ready(0) == 1);
  lambda.provision(0, 1);
  lambda.provision(0, 0);
  CHECK(lambda.ready(0) == 3);
  lambda.lose(0, true);  // nobody is busy: no effect
  CHECK(lambda.ready(0) == 3);
}

TEST_CASE("lambda_concurrency: an environment that is lost frees its concurrency", "[scaling]") {
  LambdaConcurrency::Options options;
  options.account_concurrency = 1;
  LambdaConcurrency lambda(options);
  CHECK(lambda.invoke(0, 0) == cold);
  CHECK(lambda.invoke(0, 0) == throttled_by_account);
  lambda.lose(0, false);
  CHECK(lambda.idle(0, 0) == 0);
  CHECK(lambda.invoke(0, 0) == cold);
}

TEST_CASE("lambda_concurrency: a reserve is a limit while provisioned ones are missing too",
          "[scaling]") {
  LambdaConcurrency::Options options;
  options.functions = {{2, 2}};
  LambdaConcurrency lambda(options);
  lambda.lose_waiting(0, 0);
  CHECK(lambda.invoke(0, 0) == cold);
  CHECK(lambda.invoke(0, 0) == cold);
  lambda.provision(0, 0);
  CHECK(lambda.invoke(0, 0) == throttled_by_reserve);
  lambda.finish(0, 0, false);
  CHECK(lambda.invoke(0, 0) == provisioned);
}

TEST_CASE("lambda_concurrency: functions join an account one by one", "[scaling]") {
  LambdaConcurrency::Options options;
  options.account_concurrency = 10;
  options.functions.clear();
  LambdaConcurrency lambda(options);
  CHECK(lambda.add({std::nullopt, 0}) == 0);
  CHECK(lambda.limit(0) == 10);
  CHECK(lambda.add({4, 9}) == 1);
  CHECK(lambda.add({std::nullopt, 3}) == 2);
  CHECK(lambda.taken() == 7);
  CHECK(lambda.limit(0) == 3);
  CHECK(lambda.limit(1) == 4);
  CHECK(lambda.limit(2) == 6);
  CHECK(lambda.ready(1) == 4);
}

TEST_CASE("lambda_concurrency: each function may have an idle time of its own", "[scaling]") {
  LambdaConcurrency::Options options;
  options.functions = {{std::nullopt, 0}, {std::nullopt, 0, 5 * kSecond}};
  LambdaConcurrency lambda(options);
  CHECK_FALSE(lambda.next_given_up(0));
  for (const std::size_t function : {0U, 1U}) {
    CHECK(lambda.invoke(function, 0) == cold);
    lambda.finish(function, kSecond, false);
  }
  CHECK(lambda.next_given_up(0) == 601 * kSecond);
  CHECK(lambda.next_given_up(1) == 6 * kSecond);
  CHECK(lambda.idle(1, 6 * kSecond - 1) == 1);
  CHECK(lambda.idle(1, 6 * kSecond) == 0);
  CHECK(lambda.idle(0, 6 * kSecond) == 1);
  CHECK_FALSE(lambda.next_given_up(1));
  options.functions = {{std::nullopt, 0, std::numeric_limits<std::int64_t>::max()}};
  LambdaConcurrency never(options);
  CHECK(never.invoke(0, 0) == cold);
  never.finish(0, kSecond, false);
  CHECK(never.next_given_up(0) == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("lambda_concurrency: ten requests a second for each unit of concurrency", "[scaling]") {
  LambdaConcurrency::Options options;
  options.functions = {{5, 0}};
  LambdaConcurrency lambda(options);
  std::uint32_t served = 0;
  const auto burst = [&](std::int64_t now, int count) {
    std::uint32_t taken = 0;
    for (int i = 0; i < count; ++i) {
      if (is_throttled(lambda.invoke(0, now))) continue;
      lambda.finish(0, now, false);
      ++taken;
    }
    served += taken;
    return taken;
  };
  CHECK(burst(0, 100) == 50);
  CHECK(lambda.invoke(0, 0) == throttled_by_requests);
  CHECK(burst(kSecond / 10, 100) == 5);
  CHECK(burst(10 * kSecond, 100) == 50);
  options.requests_per_unit = 0;
  LambdaConcurrency unlimited(options);
  for (int i = 0; i < 1000; ++i) {
    CHECK_FALSE(is_throttled(unlimited.invoke(0, 0)));
    unlimited.finish(0, 0, false);
  }
}

TEST_CASE("lambda_concurrency: reserves beyond the account leave nothing", "[scaling]") {
  LambdaConcurrency::Options options;
  options.account_concurrency = 10;
  options.functions = {{20, 0}, {std::nullopt, 0}};
  options.requests_per_unit = 0;
  LambdaConcurrency lambda(options);
  CHECK(lambda.limit(1) == 0);
  CHECK(lambda.invoke(1, 0) == throttled_by_account);
}

TEST_CASE("lambda_concurrency: time that goes back fills nothing", "[scaling]") {
  LambdaConcurrency lambda(large_account());
  CHECK(cold_starts(lambda, 0, 100 * kSecond, 2000) == 1000);
  CHECK(cold_starts(lambda, 0, 0, 2000) == 0);
  CHECK(cold_starts(lambda, 0, 100 * kSecond, 2000) == 0);
  lambda.finish(0, 50 * kSecond, false);
  CHECK(lambda.idle(0, 0) == 1);
}

TEST_CASE("lambda_concurrency: never beyond its limits", "[scaling][property]") {
  CHECK(rc::check([] {
    LambdaConcurrency::Options options;
    options.account_concurrency = *rc::gen::inRange<std::uint32_t>(1, 300);
    options.scaling_units = *rc::gen::inRange<std::uint32_t>(0, 100);
    options.functions.clear();
    const auto count = *rc::gen::inRange(1, 4);
    std::uint32_t reserved = 0;
    for (int i = 0; i < count; ++i) {
      LambdaConcurrency::Function function;
      if (*rc::gen::inRange(0, 2) == 0) {
        function.reserved = *rc::gen::inRange<std::uint32_t>(0, 60);
        if (reserved + *function.reserved > options.account_concurrency) function.reserved = 0;
        reserved += *function.reserved;
      }
      options.functions.push_back(function);
    }
    LambdaConcurrency lambda(options);
    std::vector<std::uint32_t> busy(options.functions.size());
    std::vector<std::uint64_t> made(options.functions.size());
    std::int64_t now = 0;
    for (int i = 0; i < 300; ++i) {
      now += *rc::gen::inRange<std::int64_t>(0, 2 * kSecond);
      const auto f = *rc::gen::inRange<std::size_t>(0, busy.size());
      if (busy[f] > 0 && *rc::gen::inRange(0, 3) == 0) {
        lambda.finish(f, now, false);
        --busy[f];
      } else {
        const LambdaOutcome outcome = lambda.invoke(f, now);
        if (!is_throttled(outcome)) ++busy[f];
        made[f] += outcome == cold;
      }
      std::uint32_t all = 0;
      for (std::size_t k = 0; k < busy.size(); ++k) {
        RC_ASSERT(lambda.busy(k) == busy[k]);
        RC_ASSERT(busy[k] <= lambda.limit(k));
        all += busy[k];
        // A bucket that began full and fills up in ten seconds.
        const double rate = static_cast<double>(options.scaling_units) / 10;
        RC_ASSERT(static_cast<double>(made[k]) <=
                  options.scaling_units + rate * static_cast<double>(now) / kSecond + 1e-6);
      }
      RC_ASSERT(all <= options.account_concurrency);
    }
  }));
}

TEST_CASE("lambda_concurrency: as a number of replicas", "[scaling]") {
  LambdaScaler::Options options = large_account();
  options.account_concurrency = 1500;
  LambdaScaler scaler(options);
  Observation seen;
  seen.metric = 1200;
  CHECK(scaler.decide(seen).replicas == 1000);
  CHECK(scaler.decide(seen).reason == Reason::scale_up_limit);
  seen.replicas = 1000;
  seen.now = kSecond;
  CHECK(scaler.decide(seen).replicas == 1100);
  seen.replicas = 1100;
  seen.now = 20 * kSecond;
  seen.metric = 9000;
  CHECK(scaler.decide(seen).replicas == 1500);
  seen.replicas = 1500;
  CHECK(scaler.decide(seen).reason == Reason::too_many_replicas);
  // Environments stay for ten minutes after they were last needed.
  seen.metric = 10;
  seen.now = 30 * kSecond;
  CHECK(scaler.decide(seen).replicas == 1500);
  seen.metric = 40;
  seen.now = 100 * kSecond;
  CHECK(scaler.decide(seen).reason == Reason::cooldown);
  seen.metric = 5;
  seen.now = 630 * kSecond;
  CHECK(scaler.decide(seen).replicas == 40);
  seen.metric = std::nan("");
  CHECK(scaler.decide(seen).reason == Reason::no_metrics);
  seen.metric.reset();
  CHECK(scaler.decide(seen).replicas == 1500);
  CHECK(scaler.period() == kSecond);
}

}  // namespace
}  // namespace highwater::scaling
