// The callee's side of connections: its backlog, the CPU time of handshakes, and the interface that
// it sends by.

#include "models/calls/listener.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/theory.h"
#include "tests/transport/caller.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::Flow;
using testing::ModelRig;
using testing::network_of;

/// Replicas of api that call a service db over a transport.
struct Pair {
  Pair(const std::string& transport, const std::string& db, Duration delay = Duration{0},
       const std::string& more_of_api = "")
      : rig({service::service()},
            R"({"db": {"kind": "service", )" + db +
                R"(}, "api": {"kind": "service", "workers": 1000, )" + more_of_api +
                R"("endpoints": {"*": [{"call": "db", "timeout": "1000s", "transport": )" +
                transport + "}]}}}",
            network_of(delay)) {}
  const Answer& at(Time time, std::size_t instance = 0) {
    return rig.send_to_instance(time, "api", instance, Request{});
  }

  ModelRig rig;
};

TEST_CASE("listener: connections beyond max_connections wait in the backlog for one to close",
          "[calls]") {
  Pair pair(R"({"keep_alive": "0s"})",
            R"("workers": 10, "service_time": "1s", "accept": {"max_connections": 2})");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(&pair.at(Time{1s}));
  pair.rig.run(Time{10s});
  CHECK(answers[1]->took() == 1s);
  CHECK(answers[2]->took() == 2s);
  CHECK(answers[3]->took() == 2s);
  CHECK(answers[4]->took() == 3s);
  CHECK(pair.rig.value("db", "connections_accepted") == Approx((2 + 2 + 1) / 10.0));
  CHECK(pair.rig.value("db", "backlog") == Approx((3 + 1) / 10.0));
  CHECK(pair.rig.count("db", "backlog_overflows") == 0);
}

TEST_CASE("listener: a full backlog drops SYNs, which come again after 1, 3 and 7 s", "[calls]") {
  // One is served, and backlog + 1 wait, as in Linux.
  Pair pair(R"({"keep_alive": "0s"})",
            R"("workers": 10, "service_time": "1900ms",
               "accept": {"max_connections": 1, "backlog": 1})");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(&pair.at(Time{1s + i * 10ms}));
  pair.rig.run(Time{30s});
  CHECK(answers[0]->took() == 1900ms);
  CHECK(answers[1]->took() == 3790ms);
  CHECK(answers[2]->took() == 5680ms);
  // At 2.03 and 2.04 s the line is full; at 4.03 s there is one place, until 4.8 s.
  CHECK(answers[3]->took() == 4 * 1900ms - 30ms);
  // So the last one comes again at 8.04 s, to wait from then on until 8.6 s.
  CHECK(answers[4]->took() == 5 * 1900ms - 40ms);
  CHECK(pair.rig.count("db", "backlog_overflows") == 2 + 2 + 1);
  CHECK(pair.rig.count("api", "retransmissions") == 2 + 3);
}

TEST_CASE("listener: a full backlog may refuse at once", "[calls]") {
  Pair pair(R"({"keep_alive": "0s"})",
            R"("workers": 10, "service_time": "1s",
               "accept": {"max_connections": 1, "backlog": 0, "on_overflow": "reset"})",
            10ms);
  std::vector<const Answer*> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(&pair.at(Time{1s + i * 1ms}));
  pair.rig.run(Time{30s});
  CHECK(answers[2]->reply.cause() == Status::unavailable);
  CHECK(answers[2]->took() == 40ms);
  CHECK(pair.rig.count("db", "backlog_overflows") == 1);
  CHECK(pair.rig.count("api", "connections_failed") == 1);
}

TEST_CASE("listener: idle connections keep others out", "[calls]") {
  Pair pair(R"({"keep_alive": "5s"})", R"("workers": 10, "service_time": "100ms", "accept": 1)",
            Duration{0}, R"("replicas": 2, )");
  const Answer& first = pair.at(Time{1s}, 0);
  const Answer& second = pair.at(Time{2s}, 1);
  pair.rig.run(Time{30s});
  CHECK(first.took() == 100ms);
  CHECK(second.took() == 4200ms);  // the first connection is closed at 6.1 s
}

TEST_CASE("listener: the backlog is lost with the process", "[calls]") {
  const bool silent = GENERATE(false, true);
  Pair pair(R"({"keep_alive": "0s"})", R"("workers": 10, "service_time": "10s", "accept": 1)");
  pair.at(Time{1s});
  const Answer& waits = pair.at(Time{2s});
  Instance& db = pair.rig.instance("db", 0);
  pair.rig.at(Time{3s}, [&] { db.kill(silent); });
  pair.rig.at(Time{5s}, [&] { db.revive(); });
  const Answer& later = pair.at(Time{6s});
  pair.rig.run(Time{30s});
  CHECK(waits.reply.cause() == Status::unavailable);
  CHECK(waits.took() == (silent ? 3s : 1s));
  CHECK(later.reply.ok());
  CHECK(later.took() == 10s);
  CHECK(pair.rig.value("db", "backlog") == Approx(1.0 / 30));
}

TEST_CASE("listener: connections of a caller that dies make room", "[calls]") {
  Pair pair(R"({})", R"("workers": 10, "service_time": "1s", "accept": 1)", Duration{0},
            R"("replicas": 2, )");
  pair.at(Time{1s}, 0);
  const Answer& second = pair.at(Time{2500ms}, 1);
  pair.rig.at(Time{4s}, [&] { pair.rig.instance("api", 0).kill(false); });
  pair.rig.run(Time{30s});
  CHECK(second.reply.ok());
  CHECK(second.took() == 2500ms);
}

TEST_CASE("listener: an answer takes the bandwidth of the interface, all of them share it",
          "[calls]") {
  // 1 MB at 80 Mbit/s takes 100 ms.
  const std::string transport = R"({"response_size": "1MB"})";
  SECTION("alone") {
    Pair pair(transport, R"("workers": 1, "service_time": "7ms", "bandwidth": "80Mbit/s")", 10ms);
    const Answer& answer = pair.at(Time{1s});
    pair.rig.run(Time{10s});
    CHECK(answer.took() == 20ms + 20ms + 20ms + 107ms);
    CHECK(pair.rig.value("db", "egress_utilization") == Approx(0.01));
    CHECK(pair.rig.count("db", "egress_bytes") == 1'000'000);
    // The worker is free while the answer is sent.
    CHECK(pair.rig.value("db", "utilization") == Approx(0.0007));
  }
  SECTION("two at a time") {
    Pair pair(transport, R"("workers": 9, "service_time": "0s", "bandwidth": "80Mbit/s")");
    const Answer& first = pair.at(Time{1s});
    const Answer& second = pair.at(Time{1050ms});
    pair.rig.run(Time{10s});
    // The first has the interface for itself for 50 ms, each half of it for 100 ms, then the second
    // all of it for 50 ms.
    CHECK(first.took() == 150ms);
    CHECK(second.took() == 150ms);
  }
  SECTION("and the bandwidth of the connection comes on top") {
    Pair pair(R"({"response_size": "1MB", "bandwidth": "8Mbit/s"})",
              R"("workers": 9, "service_time": "0s", "bandwidth": "80Mbit/s")");
    const Answer& answer = pair.at(Time{1s});
    pair.rig.run(Time{10s});
    CHECK(answer.took() == 1100ms);
  }
}

TEST_CASE("listener: an interface is an M/G/1 queue under processor sharing", "[calls][costly]") {
  const std::string sizes = GENERATE(std::string(R"({"exponential": "100kB"})"),
                                     std::string(R"({"uniform": ["0B", "200kB"]})"));
  // 10 ms on average at 80 Mbit/s.
  Flow flow(70, 200'000, R"({"response_size": )" + sizes + "}",
            R"("workers": 100000, "service_time": "0s", "bandwidth": "80Mbit/s")", 2950s);
  CHECK(flow.mean() == Approx(theory::mg1_ps_sojourn(70, 0.01)).epsilon(0.05));
  CHECK(flow.rig.count("db", "egress_bytes") == flow.rig.count("api", "bytes_received"));
}

TEST_CASE("listener: requests go through the caller's own interface", "[calls]") {
  Pair pair(R"({"request_size": "1MB"})", R"("workers": 9, "service_time": "0s")", Duration{0},
            R"("bandwidth": "80Mbit/s", )");
  const Answer& first = pair.at(Time{1s});
  const Answer& second = pair.at(Time{1s});
  pair.rig.run(Time{10s});
  CHECK(first.took() == 200ms);
  CHECK(second.took() == 200ms);
  CHECK(pair.rig.count("api", "egress_bytes") == 2'000'000);
}

TEST_CASE("listener: what is being sent dies with the process", "[calls]") {
  const bool silent = GENERATE(false, true);
  ModelRig rig({service::service()},
               R"({"db": {"kind": "service", "service_time": "0s", "bandwidth": "8Mbit/s"},
                   "api": {"kind": "service", "endpoints": {"*": [{"call": "db", "timeout": "5s",
                     "transport": {"response_size": "2MB"}}]}}})");
  const Answer& answer = rig.send(Time{1s}, "api", Request{});
  rig.at(Time{2s}, [&] { rig.instance("db", 0).kill(silent); });
  rig.run(Time{10s});
  CHECK(answer.reply.cause() == (silent ? Status::timeout : Status::reset));
  CHECK(answer.took() == (silent ? 5s : 1s));
}

TEST_CASE("listener: an instance that leaves sends its answers first", "[calls]") {
  Pair pair(R"({"response_size": "2MB"})", R"("service_time": "0s", "bandwidth": "8Mbit/s")");
  const Answer& answer = pair.at(Time{1s});
  pair.rig.at(Time{1500ms}, [&] { pair.rig.instance("db", 0).leave({30s, 0s, std::nullopt}); });
  pair.rig.run(Time{10s});
  CHECK(answer.reply.ok());
  CHECK(answer.took() == 2s);
}

TEST_CASE("listener: a reconnect storm burns the CPU of who has just started", "[calls]") {
  // A hundred callers lose their connections at once and open them again with the next request:
  // each full handshake takes 10 ms of the one core, one after the other.
  const bool tls = GENERATE(true, false);
  Pair pair(tls ? R"({"tls": "tls1_3", "handshake_cpu": "10ms", "resumption": "100%"})" : "{}",
            R"("workers": 1, "service_time": "0s")", Duration{0}, R"("replicas": 100, )");
  std::vector<const Answer*> answers;
  for (std::size_t i = 0; i < 100; ++i) {
    pair.at(Time{1s + i * 20ms}, i);
    answers.push_back(&pair.at(Time{20s}, i));
  }
  Instance& db = pair.rig.instance("db", 0);
  pair.rig.at(Time{10s}, [&] { db.kill(false); });
  pair.rig.at(Time{11s}, [&] { db.revive(); });
  pair.rig.run(Time{40s});
  Duration longest{};
  for (const Answer* each : answers) {
    CHECK(each->reply.ok());
    longest = std::max(longest, each->took());
  }
  CHECK(longest == (tls ? 1s : 0s));
  CHECK(pair.rig.count("api", "handshakes_full") == (tls ? 200 : 0));
  CHECK(pair.rig.value("db", "cpu_utilization") == Approx(tls ? 2.0 / 40 : 0));
}

TEST_CASE("listener: a handshake waits for a worker, and requests for handshakes", "[calls]") {
  Pair pair(R"({"tls": "tls1_3", "handshake_cpu": "50ms"})",
            R"("workers": 1, "service_time": "100ms")", Duration{0}, R"("replicas": 2, )");
  const Answer& first = pair.at(Time{1s}, 0);
  const Answer& second = pair.at(Time{1100ms}, 1);
  pair.rig.run(Time{10s});
  CHECK(first.took() == 150ms);
  CHECK(second.took() == 50ms + 50ms + 100ms);
}

TEST_CASE("listener: the CPU time of a handshake passes at a callee without processor", "[calls]") {
  testing::SinkLog log;
  testing::Caller caller(log, R"("transport": {"tls": "tls1_3", "handshake_cpu": "50ms"})");
  const Answer& answer = caller.at(Time{1s});
  caller.rig.run(Time{10s});
  CHECK(answer.took() == 50ms);
}

TEST_CASE("listener: a handshake that dies with the process fails", "[calls]") {
  Pair pair(R"({"tls": "tls1_3", "handshake_cpu": "5s"})", R"("service_time": "1ms")");
  const Answer& answer = pair.at(Time{1s});
  pair.rig.at(Time{2s}, [&] { pair.rig.instance("db", 0).kill(false); });
  pair.rig.run(Time{10s});
  CHECK(answer.reply.cause() == Status::unavailable);
  CHECK(answer.took() == 1s);
}

TEST_CASE("listener: what makes no sense is said in words", "[calls]") {
  const auto problems = [](const std::string& more) {
    return testing::problems_of(service::service(),
                                R"({"kind": "service", "service_time": "1ms", )" + more + "}");
  };
  CHECK(problems(R"("accept": 100, "bandwidth": "1Gbit/s")") == "");
  CHECK_THAT(problems(R"("accept": {})"), Catch::Contains("max_connections"));
  CHECK_THAT(problems(R"("accept": 0)"), Catch::Contains("must be 1"));
  CHECK_THAT(problems(R"("accept": {"max_connections": 5, "backlog": 50000000})"),
             Catch::Contains("backlog"));
  CHECK_THAT(problems(R"("accept": {"max_connections": 5, "on_overflow": "wait"})"),
             Catch::Contains("drop"));
  CHECK_THAT(problems(R"("bandwidth": "1GB")"), Catch::Contains("bandwidth"));
}

}  // namespace
}  // namespace highwater
