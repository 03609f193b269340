// Finagle's balancing against the expectations of its own tests.

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/balancing/failure_accrual.h"
#include "models/algorithms/balancing/finagle_p2c.h"
#include "models/algorithms/balancing/peak_ewma.h"
#include "tests/algorithms/scripted_bits.h"
#include "tests/support/golden.h"

namespace highwater::balancing::finagle_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kNodes = 100;  // N of P2CSuite
constexpr int kRequests = 100'000;   // R of P2CSuite

std::vector<Target> targets(std::size_t count) {
  return std::vector<Target>(count);
}

// ---- Ema: EmaTest.scala

TEST_CASE("Ema: updates are time invariant", "[algorithms][balancing][golden]") {
  Ema a(1000);
  Ema b(1000);
  for (const int stamp : {10, 20, 30}) CHECK(a.update(stamp, 10) == 10);
  for (const int stamp : {10, 30}) CHECK(b.update(stamp, 10) == 10);
  CHECK(a.update(40, 5) == b.update(40, 5));
  const double before = a.update(50, 5);
  CHECK(before > a.update(60, 5));
  CHECK(a.last() == Approx(b.update(60, 5)).margin(0.0001));
}

TEST_CASE("Ema: no averaging when the window is 0, and reset", "[algorithms][balancing][golden]") {
  Ema none(0);
  CHECK(none.update(1, 10) == 10);
  CHECK(none.update(2, 20) == 20);
  CHECK(none.update(3, 30) == 30);
  CHECK(none.update(4, 0) == 0);
  Ema ema(5);
  CHECK(ema.update(1, 3) == 3);
  ema.reset();
  CHECK(ema.last() == 0);
  CHECK(ema.update(2, 5) == 5);
}

// ---- P2CLeastLoadedTest.scala

/// Requests in flight, as Finagle's tests count the mean load of a node.
struct Loads {
  explicit Loads(Balancer& b) : balancer(b), sum(b.size()), count(b.size()) {}
  std::size_t send() {
    const std::size_t node = balancer.pick({}, bits).value();
    note(node);
    return node;
  }
  void finish(std::size_t node) {
    balancer.finish(node, {});
    note(node);
  }
  void note(std::size_t node) {
    sum[node] += balancer.in_flight(node);
    ++count[node];
  }
  double mean(std::size_t node) const {
    return count[node] == 0 ? 0 : sum[node] / static_cast<double>(count[node]);
  }
  bool even(std::size_t from, std::size_t to, double tolerance) const {
    for (std::size_t node = from; node < to; ++node)
      if (std::abs(mean(node) - mean(from)) >= tolerance) return false;
    return true;
  }

  Balancer& balancer;
  SplitMix bits{12345};
  std::vector<double> sum;
  std::vector<std::uint64_t> count;
};

TEST_CASE("finagle_p2c: balances evenly, and when load varies", "[algorithms][balancing][golden]") {
  FinagleP2cLeastLoaded all(targets(kNodes));
  Loads loads(all);
  for (int i = 0; i < kRequests; ++i) loads.send();
  CHECK(loads.even(0, kNodes, 0.0001 * kRequests));

  FinagleP2cLeastLoaded some(targets(kNodes));
  Loads varied(some);
  SplitMix coin{1};
  std::vector<std::size_t> pending;
  for (int i = 0; i < kRequests; ++i) {
    if (i % 3 == 0 || (i % 3 == 1 && coin.bits() % 2 == 0)) {
      pending.push_back(varied.send());
    } else if (!pending.empty()) {
      varied.finish(pending.back());
      pending.pop_back();
    }
  }
  CHECK(varied.even(0, kNodes, 0.0001 * kRequests));
}

TEST_CASE("finagle_p2c: skips nodes that are down, and takes them back",
          "[algorithms][balancing][golden]") {
  FinagleP2cLeastLoaded balancer(targets(kNodes));
  Loads loads(balancer);
  std::vector<std::size_t> at_first;
  for (int i = 0; i < kRequests; ++i)
    if (loads.send() == 0) at_first.push_back(0);
  const std::uint32_t before = balancer.in_flight(0);
  balancer.set_usable(0, false, 0);
  for (int i = 0; i < kRequests; ++i) loads.send();
  CHECK(balancer.in_flight(0) == before);
  for (const std::size_t node : at_first) loads.finish(node);
  for (int i = 0; i < kRequests; ++i) loads.send();
  CHECK(balancer.in_flight(0) == 0);
  balancer.set_usable(0, true, 0);
  for (int i = 0; i < kRequests; ++i) loads.send();
  // Of two choices it wins all of its own: about twice the others' share.
  CHECK(std::abs(balancer.in_flight(0) - 2.0 * kRequests / kNodes) < 6 * 0.0001 * kRequests);
}

TEST_CASE("finagle_p2c: balances nodes that are all down", "[algorithms][balancing][golden]") {
  FinagleP2cLeastLoaded balancer(targets(kNodes), {.max_effort = 5});
  Loads loads(balancer);
  for (int i = 0; i < kRequests; ++i) loads.send();
  const double before = balancer.in_flight(0);
  for (std::size_t i = 0; i < kNodes; ++i) balancer.set_usable(i, false, 0);
  for (int i = 0; i < kRequests; ++i) loads.send();
  CHECK(std::abs(2 * before - balancer.in_flight(0)) < 0.0001 * kRequests);
  CHECK(loads.even(0, kNodes, 0.0001 * kRequests));
  for (std::size_t i = kNodes / 2; i < kNodes; ++i) balancer.set_usable(i, true, 0);
  const std::uint64_t dead_before = [&] {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kNodes / 2; ++i) sum += balancer.in_flight(i);
    return sum;
  }();
  for (int i = 0; i < kRequests; ++i) loads.send();
  std::uint64_t dead = 0;
  for (std::size_t i = 0; i < kNodes / 2; ++i) dead += balancer.in_flight(i);
  // Both of a pair are dead with probability 0.25; five times over and once in panic, 0.00024.
  CHECK(dead - dead_before < 50);
  CHECK(dead - dead_before > 5);
}

TEST_CASE("finagle_p2c: a lone node and none", "[algorithms][balancing][golden]") {
  SplitMix bits{1};
  CHECK_FALSE(FinagleP2cLeastLoaded(targets(0)).pick({}, bits));
  FinagleP2cLeastLoaded one(targets(1));
  for (int i = 0; i < 10; ++i) CHECK(one.pick({}, bits) == 0u);
  one.set_usable(0, false, 0);
  CHECK(one.pick({}, bits) == 0u);
  FinagleP2cLeastLoaded calm(targets(1), {.panic = false});
  calm.set_usable(0, false, 0);
  CHECK_FALSE(calm.pick({}, bits));
}

// ---- P2CPanicModeTest.scala: the share of requests that find nobody in max_effort pairs

TEST_CASE("finagle_p2c: panics as often as both of all pairs are unhealthy",
          "[algorithms][balancing][golden]") {
  for (std::uint32_t effort = 1; effort <= 5; ++effort) {
    for (std::size_t unhealthy = 10; unhealthy <= kNodes; unhealthy += 10) {
      CAPTURE(effort, unhealthy);
      FinagleP2cLeastLoaded balancer(targets(kNodes), {.max_effort = effort});
      for (std::size_t i = 0; i < unhealthy; ++i) balancer.set_usable(i, false, 0);
      SplitMix bits{effort};
      int to_unhealthy = 0;
      constexpr int kPicks = 20'000;
      for (int i = 0; i < kPicks; ++i) {
        const std::size_t node = balancer.pick({}, bits).value();
        to_unhealthy += node < unhealthy;
        balancer.finish(node, {});
      }
      // Without replacement; a request in panic may still hit a healthy node with its last pair.
      const double both = static_cast<double>(unhealthy * (unhealthy - 1)) /
                          static_cast<double>(kNodes * (kNodes - 1));
      CHECK(to_unhealthy / double{kPicks} == Approx(std::pow(both, effort + 1)).margin(0.01));
    }
  }
}

// ---- P2CPeakEwmaTest.scala: one request per nanosecond, decay 150 ns

struct Latent {
  std::vector<std::int64_t> latencies;
  std::vector<std::uint64_t> load, sum;

  double mean(std::size_t i) const {
    return load[i] == 0 ? 0 : static_cast<double>(sum[i]) / static_cast<double>(load[i]);
  }
};

Latent run(std::vector<std::int64_t> latencies) {
  Latent result{std::move(latencies), {}, {}};
  result.load.resize(result.latencies.size());
  result.sum.resize(result.latencies.size());
  PeakEwma balancer(targets(result.latencies.size()), {.max_effort = 5, .decay_time = 150});
  SplitMix bits{12345};
  std::map<std::int64_t, std::vector<std::size_t>> ends;
  for (std::int64_t now = 0; now < kRequests || !ends.empty(); ++now) {
    if (now < kRequests) {
      const std::size_t node = balancer.pick({.now = now}, bits).value();
      // Finagle's test counts what a node ever got, and so does its mean.
      result.sum[node] += ++result.load[node];
      ends[now + result.latencies[node]].push_back(node);
    }
    if (const auto due = ends.find(now); due != ends.end()) {
      for (const std::size_t node : due->second)
        balancer.finish(node, {.now = now, .latency = result.latencies[node]});
      ends.erase(due);
    }
  }
  return result;
}

bool even(const Latent& result, std::size_t nodes) {
  for (std::size_t i = 0; i < nodes; ++i)
    if (std::abs(result.mean(i) - result.mean(0)) >= 0.0005 * kRequests) return false;
  return true;
}

TEST_CASE("peak_ewma: balances evenly across identical nodes", "[algorithms][balancing][golden]") {
  CHECK(even(run(std::vector<std::int64_t>(kNodes, 5)), kNodes));
}

TEST_CASE("peak_ewma: probes a node without latency history at most once",
          "[algorithms][balancing][golden]") {
  std::vector<std::int64_t> latencies(kNodes, 1);
  latencies.push_back(2 * kRequests);
  const Latent result = run(latencies);
  CHECK(even(result, kNodes));
  CHECK(result.load[kNodes] == 1);
}

TEST_CASE("peak_ewma: balances proportionally across nodes with varying latencies",
          "[algorithms][balancing][golden]") {
  std::vector<std::int64_t> latencies(kNodes, 5);
  latencies.push_back(10);
  const Latent result = run(latencies);
  CHECK(even(result, kNodes));
  CHECK(result.mean(0) - 2 * result.mean(kNodes) < 0.0005 * kRequests);
  CHECK(result.load[kNodes] < result.load[0]);
}

TEST_CASE("peak_ewma: the load by hand", "[algorithms][balancing]") {
  PeakEwma balancer(targets(2));
  CHECK(balancer.load(0, 0) == 0);
  balancer.send(0, {.now = 0});
  // In flight without history: the penalty, 2^47 - 1, and the number of requests.
  CHECK(balancer.load(0, 0) == 140'737'488'355'327.0 + 1);
  balancer.finish(0, {.now = kSecond, .latency = kSecond});
  CHECK(balancer.load(0, kSecond) == 1e9);
  // Ten seconds on, 1/e of it is left; a request in flight doubles it.
  CHECK(balancer.load(0, 11 * kSecond) == Approx(1e9 / std::exp(1)));
  balancer.send(0, {.now = 11 * kSecond});
  CHECK(balancer.load(0, 11 * kSecond) == Approx(2e9 / std::exp(1)));
  // A peak counts at once and in full, a short answer only by its weight: none at the same time.
  balancer.finish(0, {.now = 11 * kSecond, .latency = 5 * kSecond});
  CHECK(balancer.load(0, 11 * kSecond) == 5e9);
  balancer.send(0, {.now = 11 * kSecond});
  balancer.finish(0, {.now = 11 * kSecond, .latency = 1});
  CHECK(balancer.load(0, 11 * kSecond) == 5e9);
  balancer.send(0, {.now = 11 * kSecond});
  balancer.finish(0, {.now = 21 * kSecond, .latency = -5});  // as 0
  CHECK(balancer.load(0, 21 * kSecond) == Approx(5e9 / std::exp(1)));
}

TEST_CASE("peak_ewma: the least decay is a nanosecond", "[algorithms][balancing]") {
  PeakEwma balancer(targets(1), {.decay_time = 0});
  balancer.send(0, {});
  balancer.finish(0, {.now = 10, .latency = 10});
  CHECK(balancer.load(0, 10) == 10);
  CHECK(balancer.load(0, 1'000) < 1e-300);
}

// ---- TrafficDistributorTest.scala: weight classes share by weight times number

TEST_CASE("finagle_p2c: classes of weights share in proportion", "[algorithms][balancing]") {
  std::vector<Target> list;
  for (const std::uint32_t weight : {1u, 1u, 3u, 3u, 0u, 2u}) list.push_back({.weight = weight});
  FinagleP2cLeastLoaded balancer(list);
  SplitMix bits{1};
  std::vector<int> picks(6);
  for (int i = 0; i < 100'000; ++i) {
    const std::size_t node = balancer.pick({}, bits).value();
    ++picks[node];
    balancer.finish(node, {});
  }
  for (std::size_t i = 0; i < list.size(); ++i)
    CHECK(picks[i] / 1e5 == Approx(list[i].weight / 10.0).margin(0.01));
  // The heaviest class down: the others take over.
  balancer.set_usable(2, false, 0);
  balancer.set_usable(3, false, 0);
  std::fill(picks.begin(), picks.end(), 0);
  for (int i = 0; i < 1'000; ++i) ++picks[balancer.pick({}, bits).value()];
  CHECK(picks[2] + picks[3] == 0);
}

// ---- EqualJitteredBackoff: BackoffTest.scala

TEST_CASE("EqualJitteredBackoff: start, then half and a random half", "[algorithms][balancing]") {
  EqualJitteredBackoff backoff(100, 1'000);
  ScriptedBits bits{{50, 250, 399, 0, 0}};
  CHECK(backoff.next(bits) == 100);
  CHECK(backoff.next(bits) == 150);  // 100 + 50
  CHECK(backoff.next(bits) == 250);  // 200 + 250 % 200
  CHECK(backoff.next(bits) == 799);  // 400 + 399
  CHECK(backoff.next(bits) == 800);  // 800 + 0, drawn with the one before
  CHECK(bits.used_up());
  CHECK(backoff.next(bits) == 1'000);  // and there it stays, and draws no more
  CHECK(backoff.next(bits) == 1'000);
  bits.script({100'000, 0});
  EqualJitteredBackoff capped(100, 150);
  CHECK(capped.next(bits) == 100);
  CHECK(capped.next(bits) == 100);
  CHECK(EqualJitteredBackoff(0, -1).next(bits) == 1);  // the least start
}

TEST_CASE("EqualJitteredBackoff: never below the start nor above the most",
          "[algorithms][balancing]") {
  SplitMix bits{1};
  for (int round = 0; round < 1'000; ++round) {
    const auto start = static_cast<std::int64_t>(1 + bits.bits() % 1'000);
    const std::int64_t most = start * static_cast<std::int64_t>(1 + bits.bits() % 100);
    EqualJitteredBackoff backoff(start, most);
    std::int64_t floor = start;
    for (int attempt = 0; attempt < 12; ++attempt) {
      const std::int64_t wait = backoff.next(bits);
      REQUIRE(wait >= std::min(floor, most));
      REQUIRE(wait <= most);
      if (attempt > 0) floor *= 2;
    }
    backoff.reset();
    REQUIRE(backoff.next(bits) == start);
  }
}

// ---- WindowedCount: twitter/util WindowedAdderTest.scala

TEST_CASE("WindowedCount: sums and slides", "[algorithms][balancing][golden]") {
  WindowedCount count(3'000, 0);  // slices of 600
  for (int i = 0; i < 4; ++i) count.add(0);
  CHECK(count.sum(0) == 4);
  CHECK(count.sum(599) == 4);
  count.add(600);
  CHECK(count.sum(600) == 5);
  CHECK(count.sum(2'400) == 5);
  CHECK(count.sum(3'000) == 1);  // the first four slid out
  CHECK(count.sum(3'600) == 0);
  count.add(3'700);
  CHECK(count.sum(100'000) == 0);  // a long silence empties it
  count.add(100'000);
  count.reset(100'000);
  CHECK(count.sum(100'000) == 0);
}

// ---- FailureAccrual: FailureAccrualPolicyTest.scala and FailureAccrualFactoryTest.scala

FailureAccrualOptions in_row(std::uint32_t failures) {
  return {.consecutive_failures = failures, .required_success_rate = 0};
}

TEST_CASE("FailureAccrual: a failing service becomes unavailable, then probes",
          "[algorithms][balancing][golden]") {
  FailureAccrual accrual(in_row(3));
  SplitMix bits{1};
  for (int i = 0; i < 3; ++i) {
    CHECK(accrual.open(0));
    accrual.began(0);
    CHECK(accrual.failed(0, bits) == (i == 2));
  }
  CHECK_FALSE(accrual.open(0));
  CHECK(accrual.dead_until() == 5 * kSecond);
  CHECK_FALSE(accrual.open(5 * kSecond - 1));
  CHECK(accrual.open(10 * kSecond));
  CHECK(accrual.state(10 * kSecond) == FailureAccrual::State::probe_open);
  // One bad dispatch makes it unhealthy again, for about twice as long.
  accrual.began(10 * kSecond);
  CHECK(accrual.state(10 * kSecond) == FailureAccrual::State::probe_closed);
  CHECK_FALSE(accrual.open(10 * kSecond));
  CHECK(accrual.failed(10 * kSecond, bits));
  CHECK_FALSE(accrual.open(10 * kSecond));
  CHECK(accrual.dead_until() >= 15 * kSecond);
  CHECK(accrual.dead_until() < 20 * kSecond);
}

TEST_CASE("FailureAccrual: a success resets the row, a probe's the backoff",
          "[algorithms][balancing][golden]") {
  FailureAccrual accrual(in_row(3));
  SplitMix bits{1};
  CHECK_FALSE(accrual.failed(0, bits));
  accrual.succeeded(0);
  CHECK_FALSE(accrual.failed(0, bits));
  CHECK_FALSE(accrual.failed(0, bits));
  CHECK(accrual.failed(0, bits));
  std::int64_t now = accrual.dead_until();
  for (int i = 0; i < 5; ++i) {
    accrual.began(now);
    CHECK(accrual.failed(now, bits));
    now = accrual.dead_until();
  }
  CHECK(accrual.open(now));
  accrual.began(now);
  accrual.succeeded(now);
  CHECK(accrual.state(now) == FailureAccrual::State::alive);
  for (int i = 0; i < 3; ++i) accrual.failed(now, bits);
  CHECK(accrual.dead_until() == now + 5 * kSecond);
}

TEST_CASE("FailureAccrual: waits never pass the most", "[algorithms][balancing][golden]") {
  FailureAccrual accrual(in_row(1));
  SplitMix bits{1};
  std::int64_t now = 0;
  std::int64_t wait = 0;
  for (int i = 0; i < 12; ++i) {
    accrual.began(now);
    REQUIRE(accrual.failed(now, bits));
    wait = accrual.dead_until() - now;
    REQUIRE(wait >= 5 * kSecond);
    REQUIRE(wait <= 300 * kSecond);
    now = accrual.dead_until();
  }
  CHECK(wait == 300 * kSecond);
}

TEST_CASE("FailureAccrual: what says nothing keeps the probe open and the row as it is",
          "[algorithms][balancing][golden]") {
  FailureAccrual accrual(in_row(1));
  SplitMix bits{1};
  accrual.failed(0, bits);
  accrual.began(10 * kSecond);
  CHECK_FALSE(accrual.open(10 * kSecond));
  accrual.ignored(10 * kSecond);
  CHECK(accrual.state(10 * kSecond) == FailureAccrual::State::probe_open);
  FailureAccrual row(in_row(3));
  row.failed(0, bits);
  row.failed(0, bits);
  row.ignored(0);
  CHECK(row.failed(0, bits));
}

TEST_CASE("FailureAccrual: success rate within a duration, a fraction of it",
          "[algorithms][balancing][golden]") {
  FailureAccrual accrual({.consecutive_failures = 0,
                          .required_success_rate = 0.5,
                          .window = 100 * kSecond,
                          .minimum_requests = 0});
  SplitMix bits{1};
  std::int64_t now = 0;
  for (int i = 0; i < 100; ++i) accrual.succeeded(now += kSecond);
  // It takes 100 ln 2 + 1 = 70 seconds of failures to get below a half.
  for (int i = 0; i < 69; ++i) CHECK_FALSE(accrual.failed(now += kSecond, bits));
  CHECK(accrual.failed(now += kSecond, bits));
  CHECK(accrual.dead_until() == now + 5 * kSecond);
}

TEST_CASE("FailureAccrual: the rate needs a whole window and enough requests",
          "[algorithms][balancing][golden]") {
  const FailureAccrualOptions rate = {.consecutive_failures = 0,
                                      .required_success_rate = 1,
                                      .window = 30 * kSecond,
                                      .minimum_requests = 5};
  FailureAccrual accrual(rate);
  SplitMix bits{1};
  for (int i = 0; i < 4; ++i) CHECK_FALSE(accrual.failed(30 * kSecond, bits));
  CHECK(accrual.failed(30 * kSecond, bits));
  FailureAccrual young(rate);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(young.failed(29 * kSecond, bits));
}

TEST_CASE("FailureAccrual: the hybrid takes whichever rule is hurt",
          "[algorithms][balancing][golden]") {
  FailureAccrual accrual({.consecutive_failures = 3, .minimum_requests = 0});
  SplitMix bits{1};
  std::int64_t now = 0;
  bool dead = false;
  for (int i = 0; i < 15 && !dead; ++i) {  // half of them fail, never two in a row
    accrual.succeeded(now);
    now += kSecond;
    accrual.failed(now, bits);
    now += kSecond;
  }
  CHECK(accrual.state(now) == FailureAccrual::State::alive);
  CHECK(accrual.failed(now, bits));
  CHECK(accrual.dead_until() == now + 5 * kSecond);
}

TEST_CASE("FailureAccrual: what ends while it is dead counts for nothing",
          "[algorithms][balancing][golden]") {
  FailureAccrual accrual(in_row(1));
  SplitMix bits{1};
  CHECK(accrual.failed(0, bits));
  CHECK_FALSE(accrual.failed(1, bits));
  CHECK(accrual.dead_until() == 5 * kSecond);
  accrual.succeeded(2);
  CHECK(accrual.state(2) == FailureAccrual::State::dead);
}

}  // namespace
}  // namespace highwater::balancing::finagle_test
