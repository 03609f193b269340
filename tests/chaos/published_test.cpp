// What others have published about systems in trouble comes out of scenarios. The metastable
// example of HotOS 2021 is in metastability_test.cpp; leases in a stampede and the breaker that
// stops a cascade are lessons of scenarios/ (cache-stampede, circuit-breaker), which tests/library
// holds.

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/distribution.h"
#include "engine/kernel/random.h"
#include "models/algorithms/resilience/backoff.h"
#include "tests/experiment/experiment_support.h"

namespace highwater::testing {
namespace {

double calls_per_s(const Results& results, const std::string& from, const std::string& to) {
  for (const TopologyEdge& edge : results.topology.edges)
    if (results.topology.nodes[edge.from].id == from && results.topology.nodes[edge.to].id == to)
      return edge.calls_per_s;
  return 0;
}

TEST_CASE("published: retries multiply from layer to layer", "[chaos]") {
  // Google SRE book, chapter 22: three layers that each try four times ask the database 64 times
  // for one action of a user.
  const std::string retry = R"("retry": {"attempts": 4, "backoff": "1ms"})";
  const Results results = run(
      R"({"highwater": 1, "run": {"duration": "20s", "replications": 1}, "components": {
      "users": {"kind": "client", "arrivals": {"constant": "5/s"}, "calls": {"to": "front", )" +
      retry + R"(}},
      "front": {"kind": "service", "workers": 500, "endpoints": {"*": [{"call": "back", )" +
      retry + R"(}]}},
      "back": {"kind": "service", "workers": 500, "endpoints": {"*": [{"call": "db", )" +
      retry + R"(}]}},
      "db": {"kind": "service", "workers": 500, "service_time": "1ms"}},
      "faults": [{"error": "db", "at": "0s"}]})");
  CHECK(calls_per_s(results, "back", "db") / 5 == Approx(64).epsilon(0.02));
}

/// The share of requests that take a second and more, and leaf calls for each, where a request asks
/// so many leaves of which each takes a second in one of a hundred times.
struct Tail {
  double slow = 0, calls = 0;
};
Tail tail_of(int leaves, const std::string& hedge) {
  std::string parallel;
  for (int i = 0; i < leaves; ++i)
    parallel += std::string(i == 0 ? "" : ", ") + R"([{"call": "leaf")" + hedge + "}]";
  const Results results = run(
      R"({"highwater": 1, "run": {"duration": "200s", "replications": 1}, "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "20/s"}, "calls": "root"},
      "root": {"kind": "service", "workers": 5000, "endpoints": {"*": [{"parallel": [)" +
      parallel + R"(]}]}},
      "leaf": {"kind": "service", "workers": 100000, "service_time":
               {"mixture": [{"p": 0.99, "of": "10ms"}, {"p": 0.01, "of": "1s"}]}}}})");
  double slow = 0, all = 0;
  const ClientSeries& series = results.series.clients.at(0);
  for (std::size_t i = 0; i < series.heat_counts.size(); ++i) {
    const double floor_ms = series.heat_floor_ms *
                            std::pow(series.heat_ratio, static_cast<double>(i % series.heat_rows));
    all += series.heat_counts[i];
    if (floor_ms > 500) slow += series.heat_counts[i];
  }
  return {slow / all, calls_per_s(results, "root", "leaf") / 20};
}

TEST_CASE("published: one slow leaf in a hundred makes most wide requests slow", "[chaos]") {
  // J. Dean, L. A. Barroso, The Tail at Scale, CACM 56(2), 2013: 63 % of requests that ask a
  // hundred servers take longer than a second, of which each server takes in one of a hundred
  // times.
  const Tail plain = tail_of(100, "");
  CHECK(plain.slow == Approx(0.634).margin(0.03));
  // A second request after what 95 % take less than: the tail is cut for some per cent more calls.
  const Tail hedged = tail_of(100, R"(, "hedge": {"after": "20ms"})");
  CHECK(hedged.slow == Approx(1 - std::pow(1 - 1e-4, 100)).margin(0.01));
  CHECK(hedged.calls / plain.calls == Approx(1.01).margin(0.006));
}

TEST_CASE("published: adaptive throttling lets a backend see K times what it accepts", "[chaos]") {
  // Google SRE book, chapter 21: with K = 2 clients send twice what is accepted, however much more
  // is asked of them.
  const auto sent = [](const std::string& throttling) {
    const Results results = run(
        R"({"highwater": 1, "run": {"duration": "120s", "replications": 1}, "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "1000/s"},
                  "calls": {"to": "api")" +
        throttling + R"(}},
        "api": {"kind": "service", "workers": 10, "service_time": "100ms",
                "queue": {"capacity": 0}}}})");
    const ClientResult& users = results.clients.at(0);
    return calls_per_s(results, "users", "api") /
           (static_cast<double>(users.requests.completed) / results.simulated_s);
  };
  CHECK(sent("") > 9);
  CHECK(sent(R"(, "adaptive_throttling": {"window": "20s", "k": 2})") == Approx(2).margin(0.25));
}

TEST_CASE("published: CoDel and adaptive LIFO keep answers fast in overload", "[chaos]") {
  // B. Maurer, Fail at Scale, ACM Queue 13(8), 2015; K. Nichols, V. Jacobson, Controlling Queue
  // Delay, 2012: what cannot be served in time is dropped, and the rest is answered as fast as
  // before.
  const auto median_ms = [](const std::string& queue) {
    const Results results = run(
        R"({"highwater": 1, "run": {"duration": "120s", "replications": 1}, "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "150/s"},
                  "calls": {"to": "api", "timeout": "60s"}},
        "api": {"kind": "service", "workers": 1, "service_time": {"exponential": "10ms"},
                "queue": {)" +
        queue + "}}}}");
    return *results.clients.at(0).latency_ms.p50.value;
  };
  const double fifo = median_ms(R"("capacity": 5000)");
  CHECK(fifo > 10'000);
  CHECK(median_ms(R"("discipline": "codel")") < 300);
  CHECK(median_ms(R"("discipline": "adaptive_lifo")") < 300);
}

/// M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015: clients contend to
/// write one row under optimistic concurrency control: each reads, writes what it read, and begins
/// anew after a pause where another has written in between. Network delays are normal, 10 ms and 2
/// ms, as there.
std::uint64_t calls_of_contenders(std::size_t clients, resilience::BackoffKind kind) {
  using resilience::Backoff;
  struct Event {
    double at;
    std::size_t client;
    bool write;
    bool operator>(const Event& other) const {
      return at > other.at || (at == other.at && client > other.client);
    }
  };
  resilience::BackoffOptions options;
  options.initial = 5 * resilience::kBackoffMillisecond;
  options.max = 2000 * resilience::kBackoffMillisecond;
  RandomStream random(1, "contenders", std::to_string(static_cast<int>(kind)));
  const Distribution network = Distribution::normal(10ms, 2ms);
  const auto delay = [&] { return milliseconds(network.draw(random)); };
  std::vector<Backoff> pauses(clients, Backoff(kind, options));
  std::vector<std::uint64_t> read(clients);
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events;
  for (std::size_t i = 0; i < clients; ++i) events.push({delay(), i, false});
  std::uint64_t version = 0, calls = 0;
  while (!events.empty()) {
    const Event event = events.top();
    events.pop();
    if (!event.write) {
      read[event.client] = version;
      events.push({event.at + delay() + delay(), event.client, true});
      continue;
    }
    ++calls;
    if (read[event.client] == version) {
      ++version;  // done
      continue;
    }
    const auto pause = pauses[event.client].next(random.uniform());
    events.push(
        {event.at + delay() + static_cast<double>(*pause) / 1e6 + delay(), event.client, false});
  }
  return calls;
}

TEST_CASE("published: jitter makes contenders call less, in Brooker's order", "[chaos]") {
  using resilience::BackoffKind;
  std::map<BackoffKind, double> calls;
  for (const BackoffKind kind :
       {BackoffKind::none, BackoffKind::exponential, BackoffKind::decorrelated_jitter,
        BackoffKind::equal_jitter, BackoffKind::full_jitter})
    calls[kind] = static_cast<double>(calls_of_contenders(100, kind));
  CHECK(calls[BackoffKind::none] > 1.2 * calls[BackoffKind::exponential]);
  CHECK(calls[BackoffKind::exponential] > 1.5 * calls[BackoffKind::decorrelated_jitter]);
  CHECK(calls[BackoffKind::decorrelated_jitter] > calls[BackoffKind::equal_jitter]);
  CHECK(calls[BackoffKind::equal_jitter] == Approx(calls[BackoffKind::full_jitter]).epsilon(0.2));
}

}  // namespace
}  // namespace highwater::testing
