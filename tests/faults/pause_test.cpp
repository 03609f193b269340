// A process that stands still with its connections open.

#include <string>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/cache/cache.h"
#include "models/client/client.h"
#include "models/faults/faults.h"
#include "models/messaging/consumer_group.h"
#include "models/messaging/topic.h"
#include "models/service/service.h"
#include "tests/faults/bench.h"

namespace highwater::faults::pause_test {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::problems_of;
using testing::Reaction;
using testing::Received;
using testing::sink;
using testing::SinkLog;
using testing::timeout_of;

/// A service `api` that computes for 10ms and calls the sink `db`.
struct Bench {
  explicit Bench(const std::string& more = R"("workers": 100)", const std::string& call = "")
      : rig({service::service(), sink(log)},
            R"({"db": {"kind": "sink"}, "api": {"kind": "service", )" + more +
                R"(, "endpoints": {"*": [{"compute": "10ms"}, {"call": "db")" + call + "}]}}}") {}
  const Answer& ask(Duration at, Duration timeout = 20s) {
    return rig.send(Time{at}, "api", Request{}, timeout_of(timeout));
  }

  SinkLog log;
  ModelRig rig;
};

constexpr const char* kHalfASecond = R"({"at": "1s", "for": "500ms", "pause": "api"})";

TEST_CASE("pause: work takes that much longer, and what comes waits", "[faults]") {
  SECTION("each on a core of its own") {
    Bench bench;
    bench.rig.fault(pause(), kHalfASecond);
    const Answer& before = bench.ask(900ms);
    const Answer& half_done = bench.ask(995ms);
    const Answer& first = bench.ask(1200ms);
    const Answer& second = bench.ask(1300ms);
    const Answer& after = bench.ask(1600ms);
    bench.rig.run(Time{5s});
    CHECK(before.took() == 10ms);
    CHECK(half_done.took() == 510ms);
    CHECK(first.took() == 310ms);
    CHECK(second.took() == 210ms);
    CHECK(after.took() == 10ms);
  }
  SECTION("one after the other") {
    Bench bench(R"("workers": 1)");
    bench.rig.fault(pause(), kHalfASecond);
    const Answer& half_done = bench.ask(995ms);
    const Answer& in_line = bench.ask(996ms);
    const Answer& outside = bench.ask(1300ms);
    bench.rig.run(Time{5s});
    CHECK(half_done.took() == 510ms);
    CHECK(in_line.took() == 519ms);
    CHECK(outside.took() == 225ms);
  }
  SECTION("with cores to share") {
    Bench bench(R"("workers": 2, "cores": 1)");
    bench.rig.fault(pause(), kHalfASecond);
    const Answer& one = bench.ask(990ms);
    const Answer& other = bench.ask(990ms);
    bench.rig.run(Time{5s});
    CHECK(one.took() == 520ms);
    CHECK(other.took() == 520ms);
    CHECK(bench.rig.value("api", "cpu_utilization") * 5 == Approx(0.02).epsilon(1e-6));
  }
}

TEST_CASE("pause: it uses no CPU", "[faults]") {
  Bench bench;
  bench.rig.fault(pause(), kHalfASecond);
  bench.ask(995ms);
  bench.rig.run(Time{5s});
  CHECK(bench.rig.value("api", "cpu_utilization") * 100 * 5 == Approx(0.01).epsilon(1e-6));
}

TEST_CASE("pause: what it waited for is noticed late", "[faults]") {
  const std::string timeout = GENERATE("100ms", "1s");
  Bench bench(R"("workers": 100)", R"(, "timeout": ")" + timeout + "\"");
  Duration answers_after = 0ms;
  bench.log.react = [&](const Received&) { return Reaction{answers_after}; };
  bench.rig.fault(pause(), kHalfASecond);
  SECTION("an answer that came meanwhile") {
    answers_after = 50ms;
    const Answer& answer = bench.ask(985ms);
    bench.rig.run(Time{5s});
    // The timer was due as well, and is looked at first.
    CHECK(answer.reply.status == (timeout == "1s" ? Status::ok : Status::error));
    CHECK(answer.took() == 515ms);
  }
  SECTION("one that comes later is in time") {
    answers_after = 90ms;
    const Answer& answer = bench.ask(1400ms);
    bench.rig.run(Time{5s});
    CHECK(answer.reply.ok());
    CHECK(answer.took() == 200ms);
  }
  SECTION("a timer that was due meanwhile") {
    answers_after = 10s;
    const Answer& answer = bench.ask(985ms);
    bench.rig.run(Time{20s});
    CHECK(answer.reply.status == Status::error);
    CHECK(answer.took() == (timeout == "1s" ? 1010ms : 515ms));
  }
}

TEST_CASE("pause: callers give up, and it works for them all the same", "[faults]") {
  Bench bench;
  bench.rig.fault(pause(), kHalfASecond);
  const Answer& answer = bench.ask(1200ms, 100ms);
  bench.rig.run(Time{5s});
  CHECK(answer.reply.status == Status::timeout);
  CHECK(answer.took() == 100ms);
  CHECK(bench.log.times() == std::vector<Duration>{1510ms});
  CHECK(bench.rig.count("api", "wasted") == 1);
}

TEST_CASE("pause: a kill ends it, and the next process runs", "[faults]") {
  Bench bench;
  bench.rig.fault(pause(), R"({"at": "1s", "for": "10s", "pause": "api"})");
  SECTION("loudly") {
    bench.rig.fault(kill(), R"({"at": "2s", "for": "1s", "kill": "api"})");
    const Answer& unread = bench.ask(1500ms);
    const Answer& half_done = bench.ask(995ms);
    const Answer& dead = bench.ask(2500ms);
    const Answer& next = bench.ask(4s);
    const Answer& last = bench.ask(12s);
    bench.rig.run(Time{20s});
    CHECK(unread.reply.status == Status::reset);
    CHECK(unread.at == Time{2s});
    CHECK(half_done.reply.status == Status::reset);
    CHECK(half_done.at == Time{2s});
    CHECK(dead.reply.status == Status::unavailable);
    CHECK(next.took() == 10ms);
    CHECK(last.took() == 10ms);
    CHECK(bench.log.size() == 2);
  }
  SECTION("silently") {
    bench.rig.fault(kill(), R"({"at": "2s", "for": "1s", "kill": "api", "silent": true})");
    const Answer& unread = bench.ask(1500ms, 3s);
    const Answer& next = bench.ask(4s);
    bench.rig.run(Time{20s});
    CHECK(unread.reply.status == Status::timeout);
    CHECK(next.took() == 10ms);
  }
  SECTION("by its departure, when its grace is over") {
    Instance& api = bench.rig.instance("api", 0);
    bench.rig.at(Time{2s}, [&] { api.leave({3s, 0s, 0s}); });
    const Answer& unread = bench.ask(1500ms);
    bench.rig.run(Time{20s});
    CHECK(unread.reply.status == Status::reset);
    CHECK(unread.at == Time{5s});
    CHECK(api.absent());
  }
}

TEST_CASE("pause: what is down when it strikes is not paused", "[faults]") {
  Bench bench;
  bench.rig.fault(kill(), R"({"at": "1s", "for": "2s", "kill": "api"})");
  bench.rig.fault(pause(), R"({"at": "2s", "for": "10s", "pause": "api"})");
  const Answer& answer = bench.ask(5s);
  bench.rig.run(Time{20s});
  CHECK(answer.took() == 10ms);
}

TEST_CASE("pause: several nest", "[faults]") {
  Bench bench;
  bench.rig.fault(pause(), R"({"at": "1s", "for": "2s", "pause": "api"})");
  bench.rig.fault(pause(), R"({"at": "2s", "for": "2s", "pause": "api"})");
  const Answer& answer = bench.ask(1500ms);
  const Answer& after = bench.ask(5s);
  bench.rig.run(Time{20s});
  CHECK(answer.took() == 2510ms);
  CHECK(after.took() == 10ms);
}

TEST_CASE("pause: again and again", "[faults]") {
  Bench bench;
  bench.rig.fault(pause(), R"({"at": "1s", "for": "3050ms", "pause": "api",
                               "every": "900ms", "length": "100ms"})");
  const Answer& second = bench.ask(2050ms);
  const Answer& between = bench.ask(2500ms);
  const Answer& cut_short = bench.ask(4010ms);
  const Answer& after = bench.ask(5020ms);
  bench.rig.run(Time{20s});
  CHECK(second.took() == 60ms);
  CHECK(between.took() == 10ms);
  CHECK(cut_short.took() == 50ms);
  CHECK(after.took() == 10ms);
}

TEST_CASE("pause: lengths follow their law, each instance by itself", "[faults]") {
  ModelRig rig({service::service()}, R"({"api": {"kind": "service", "replicas": 2,
      "workers": 1000, "service_time": "0ms"}})");
  rig.fault(pause(), R"({"at": "0s", "pause": "api", "every": {"exponential": "300ms"},
                         "length": {"exponential": "100ms"}})");
  int both = 0, looks = 0, first = 0;
  for (Duration at = 10ms; at < 900s; at += 100ms) {
    rig.run(Time{at});
    const bool a = rig.instance("api", 0).paused();
    const bool b = rig.instance("api", 1).paused();
    ++looks;
    first += a;
    both += a && b;
  }
  CHECK(first / static_cast<double>(looks) == Approx(0.25).margin(0.025));
  CHECK(both / static_cast<double>(looks) == Approx(0.0625).margin(0.015));
}

TEST_CASE("pause: a cache answers late", "[faults]") {
  ModelRig rig({cache::cache()}, R"({"it": {"kind": "cache", "capacity": 10,
                                     "service_time": "1ms"}})");
  rig.fault(pause(), R"({"at": "1s", "for": "500ms", "pause": "it"})");
  const Answer& under_way = rig.send(Time{999500us}, "it", testing::read_of(1));
  const Answer& unread = rig.send(Time{1200ms}, "it", testing::read_of(1));
  const Answer& after = rig.send(Time{2s}, "it", testing::read_of(1));
  rig.run(Time{5s});
  CHECK(under_way.at == Time{1500ms});
  CHECK(unread.at == Time{1501ms});
  CHECK(after.took() == 1ms);
}

TEST_CASE("pause: a balancer's health checks of it time out, and its own rest", "[faults]") {
  ModelRig rig({service::service(), balancer::load_balancer()}, R"({
      "lb": {"kind": "load_balancer", "targets": ["api"],
             "health_check": {"interval": "1s", "fall": 2, "rise": 2}},
      "api": {"kind": "service", "replicas": 2, "workers": 100, "service_time": "10ms"}})");
  rig.fault(pause(), R"({"at": "500ms", "for": "10s", "pause": "api[1]"})");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 10; ++i) answers.push_back(&rig.send(Time{3s + 10ms * i}, "lb", Request{}));
  rig.run(Time{15s});
  for (const Answer* answer : answers) CHECK(answer->took() == 10ms);
  std::string found;
  for (const Happening& each : rig.happenings())
    if (each.kind.ends_with("healthy"))
      found += each.kind + " " + std::to_string(each.at.time_since_epoch() / 1s) + " ";
  CHECK(found == "unhealthy 2 healthy 12 ");
}

/// Three hundred messages of 100ms on two partitions, one for each of two consumers, of which the
/// second stands still from 5s on.
struct Group {
  explicit Group(const std::string& more)
      : rig({messaging::topic(), messaging::consumer_group(), sink(log)}, R"({
            "log": {"kind": "topic", "partitions": 2},
            "probe": {"kind": "sink"},
            "group": {"kind": "consumer_group", "topic": "log", "consumers": 2,
                      "session_timeout": "10s", "max_poll_records": 1)" + more +
                                                                              R"(,
                      "steps": [{"wait": "100ms"}, {"call": "probe"}]}})") {
    for (std::uint64_t i = 0; i < 300; ++i) rig.send(Time{1s}, "log", testing::write_of(i));
  }
  std::uint64_t rebalances(const std::string& lasts) {
    rig.fault(pause(), R"({"at": "5s", "for": ")" + lasts + R"(", "pause": "group[1]"})");
    rig.run(Time{200s});
    CHECK(rig.count("group", "processed") == 300);
    return rig.count("group", "rebalances");
  }
  SinkLog log;
  ModelRig rig;
};

TEST_CASE("pause: a consumer's group gives it up after its session timeout", "[faults]") {
  SECTION("it is back in time") {
    Group group("");
    CHECK(group.rebalances("9s") == 0);
    CHECK(group.rig.count("group", "duplicates") == 0);
  }
  SECTION("it is not") {
    Group group("");
    CHECK(group.rebalances("20s") == 2);
    // What it had done since its last commit is done again by the other.
    CHECK(group.rig.count("group", "duplicates") > 0);
  }
  SECTION("it dies meanwhile") {
    Group group("");
    group.rig.fault(kill(), R"({"at": "10s", "kill": "group[1]"})");
    CHECK(group.rebalances("20s") == 1);
  }
  SECTION("with Kafka's protocol") {
    Group group(R"(, "assignor": "range")");
    const std::uint64_t undisturbed = [] {
      Group other(R"(, "assignor": "range")");
      other.rig.run(Time{200s});
      return other.rig.count("group", "rebalances");
    }();
    CHECK(group.rebalances("5s") == undisturbed);
    Group given_up(R"(, "assignor": "range")");
    CHECK(given_up.rebalances("30s") == undisturbed + 2);
  }
}

TEST_CASE("pause: leaves no trace", "[faults]") {
  check_leaves_no_trace(pause(), R"({"at": "5s", "for": "2s", "pause": "api[0]"})");
  check_leaves_no_trace(pause(), R"({"at": "5s", "for": "4s", "pause": "api",
                                     "every": {"exponential": "300ms"}, "length": "50ms"})");
  check_leaves_no_trace(pause(), R"({"at": "5s", "for": "500ms", "pause": "api"})",
                        R"(, "cpu_limit": "1500m")");
}

TEST_CASE("pause: what it cannot be", "[faults]") {
  const auto problems = [](const std::string& more) {
    return problems_of(pause(), R"({"at": "1s", "pause": "api")" + more + "}");
  };
  CHECK(problems("").empty());
  CHECK_THAT(problems(R"(, "every": "1s")"), Catch::Contains("both"));
  CHECK_THAT(problems(R"(, "length": "1s")"), Catch::Contains("both"));
  CHECK_THAT(problems(R"(, "every": "0s", "length": "1s")"), Catch::Contains("takes no time"));
  ModelRig rig({client::client(), service::service()}, R"({
      "api": {"kind": "service", "service_time": "1ms"},
      "users": {"kind": "client", "arrivals": {"poisson": "1/s"}, "calls": "api"}})");
  CHECK_THROWS_WITH(rig.fault(pause(), R"({"at": "1s", "pause": "users"})"),
                    Catch::Contains("is a client; pause is for these kinds"));
}

}  // namespace
}  // namespace highwater::faults::pause_test
