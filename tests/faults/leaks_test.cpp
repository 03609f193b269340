// Connections and workers that are not given back.

#include "models/leaks.h"

#include "models/calls/pools_to.h"
#include "models/database/database.h"
#include "models/faults/leak_action.h"
#include "models/faults/store_faults.h"
#include "models/service/service.h"
#include "tests/faults/stores_rig.h"
#include "tests/support/sink.h"

namespace highwater::faults::leaks_test {
namespace {

using Catch::Contains;
using testing::sink;
using testing::SinkLog;

/// A service that calls a sink over a pool of ten.
struct Bench {
  explicit Bench(const std::string& pool = "")
      : rig({sink(log), service::service()},
            R"({"it": {"kind": "sink"}, "api": {"kind": "service", "workers": 1000, "endpoints": {
                "*": [{"call": "it", "pool": {"size": 10, "max_overflow": 0, "timeout": "1s")" +
                pool + "}}]}}}") {
    log.react = [](const testing::Received&) { return testing::Reaction{5ms}; };
  }
  std::vector<const Answer*> ask(Duration from, int requests) {
    std::vector<const Answer*> answers;
    for (int i = 0; i < requests; ++i)
      answers.push_back(&rig.send(Time{from + i * 10ms}, "api", Request{}));
    return answers;
  }

  SinkLog log;
  ModelRig rig;
};

std::size_t failures(const std::vector<const Answer*>& answers) {
  std::size_t sum = 0;
  for (const Answer* answer : answers) sum += !answer->reply.ok();
  return sum;
}

TEST_CASE("leak_connections: a pool runs dry, and has all again afterwards", "[faults]") {
  Bench bench;
  bench.rig.fault(leak_connections(),
                  R"({"leak_connections": "api -> it", "at": "10s", "for": "20s"})");
  const auto before = bench.ask(9s, 20);
  const auto during = bench.ask(11s, 20);
  const auto after = bench.ask(30s, 20);
  bench.rig.run(Time{50s});
  CHECK(failures(before) == 0);
  CHECK(failures(during) == 10);
  CHECK(failures(after) == 0);
  CHECK(bench.rig.count("api", "connections_leaked") == 10);
}

TEST_CASE("leak_connections: a share of them, which a new process does not have", "[faults]") {
  Bench bench;
  bench.rig.fault(leak_connections(),
                  R"({"leak_connections": "api -> it", "at": "10s", "rate": "50%"})");
  bench.rig.fault(kill(), R"({"kill": "api", "at": "15s", "for": "1s"})");
  const auto dry = bench.ask(11s, 100);
  const auto anew = bench.ask(20s, 4);
  bench.rig.run(Time{50s});
  // The tenth leak of them comes after twenty calls, more or less.
  CHECK(failures(dry) == Approx(80).margin(4 * 4.5));
  CHECK(failures(anew) == 0);
}

TEST_CASE("leak_connections: shares of several are independent, and so is the pool's own",
          "[faults]") {
  // What leaks for good by the pool's parameter stays.
  Bench bench(R"(, "leak": "20%")");
  bench.rig.fault(leak_connections(),
                  R"({"leak_connections": "api -> it", "at": "1s", "for": "10s"})");
  const auto dry = bench.ask(2s, 10);
  const auto after = bench.ask(12s, 3);
  bench.rig.run(Time{50s});
  CHECK(failures(dry) == 0);
  CHECK(failures(after) == 0);  // eight or so are back
  CHECK(bench.rig.count("api", "connections_leaked") >= 10);

  Simulation simulation;
  Leaks leaks;
  const auto first = std::make_shared<Keeping>(simulation);
  const auto second = std::make_shared<Keeping>(simulation);
  leaks.add(0.5, first);
  leaks.add(0.5, second);
  CHECK(leaks.keeper(0.1, 0.2) == first);
  CHECK(leaks.keeper(0.59, 0.2) == first);   // 0.2 + 0.8 / 2
  CHECK(leaks.keeper(0.61, 0.2) == second);  // up to 0.2 + 0.8 * 3 / 4
  CHECK(leaks.keeper(0.79, 0.2) == second);
  CHECK(leaks.keeper(0.81, 0.2) == nullptr);
  leaks.end(first);
  CHECK(leaks.keeper(0.49) == second);
  leaks.end(second);
  CHECK_FALSE(leaks.any());
}

TEST_CASE("leak_connections: those of a database's nodes", "[faults]") {
  ModelRig rig({database::database()}, R"({"db": {"kind": "database", "connections": 3,
      "pool_timeout": "1s", "read_time": "5ms"}})");
  rig.fault(leak_connections(), R"({"leak_connections": "db", "at": "10s", "for": "10s"})");
  std::vector<const Answer*> during, after;
  for (int i = 0; i < 5; ++i) {
    during.push_back(&rig.send(Time{11s + i * 10ms}, "db", read_of(1)));
    after.push_back(&rig.send(Time{21s + i * 10ms}, "db", read_of(1)));
  }
  rig.run(Time{40s});
  CHECK(failures(during) == 2);
  CHECK(during.back()->reply.status == Status::rejected);
  CHECK(failures(after) == 0);
  CHECK(rig.value("db", "utilization") == Approx(3 * 9.0 / 3 / 40).epsilon(0.02));
}

TEST_CASE("leak_workers: threads that never come back", "[faults]") {
  ModelRig rig({service::service()}, R"({"api": {"kind": "service", "replicas": 2, "workers": 3,
      "service_time": "5ms", "queue": {"capacity": 0}}})");
  rig.fault(leak_workers(), R"({"leak_workers": "api[1]", "at": "10s", "for": "20s"})");
  rig.fault(kill(), R"({"kill": "api[1]", "at": "15s", "for": "1s"})");
  std::vector<const Answer*> other, during, anew, after;
  for (int i = 0; i < 5; ++i) {
    other.push_back(&rig.send_to_instance(Time{11s + i * 10ms}, "api", 0, Request{}));
    during.push_back(&rig.send_to_instance(Time{11s + i * 10ms}, "api", 1, Request{}));
    anew.push_back(&rig.send_to_instance(Time{17s + i * 10ms}, "api", 1, Request{}));
    after.push_back(&rig.send_to_instance(Time{31s + i * 10ms}, "api", 1, Request{}));
  }
  rig.run(Time{50s});
  CHECK(failures(other) == 0);
  CHECK(failures(during) == 2);
  CHECK(failures(anew) == 2);
  CHECK(failures(after) == 0);
  for (const Answer* answer : during)
    if (answer->reply.ok()) CHECK(answer->took() == 5ms);  // the answer came all the same
}

TEST_CASE("leaks: faults leave others as they are, and nothing behind", "[faults]") {
  const std::string services = R"({
    "touched": {"kind": "service", "workers": 5, "service_time": {"exponential": "5ms"}},
    "other": {"kind": "service", "workers": 5, "service_time": {"exponential": "5ms"}}})";
  check_confined({service::service()}, services, requests_about(20), 50, leak_workers(),
                 R"({"leak_workers": "touched", "at": "10s", "for": "10s", "rate": "3%"})");
  const std::string databases = R"({
    "touched": {"kind": "database", "connections": 5, "read_time": {"exponential": "5ms"}},
    "other": {"kind": "database", "connections": 5, "read_time": {"exponential": "5ms"}}})";
  check_confined({database::database()}, databases, requests_about(20), 50, leak_connections(),
                 R"({"leak_connections": "touched", "at": "10s", "for": "10s", "rate": "3%"})");
}

TEST_CASE("leaks: what is wrong is said", "[faults]") {
  const std::vector<ModelKind> kinds{service::service(), database::database()};
  const std::string plain = R"({"db": {"kind": "database"},
      "api": {"kind": "service", "endpoints": {"*": [{"call": "db"}]}},
      "shared": {"kind": "service", "service_time": "1ms",
                 "queue": {"discipline": "processor_sharing"}}})";
  const auto wrong = [&](const FaultKind& kind, const std::string& fault) {
    return wrong_with(kinds, plain, kind, R"({"at": "1s", )" + fault + "}");
  };
  CHECK_THAT(wrong(leak_connections(), R"("leak_connections": "api -> db")"),
             Contains("\"api\" has no \"pool\" of connections to \"db\""));
  CHECK_THAT(wrong(leak_connections(), R"("leak_connections": "api[0] -> db")"),
             Contains("the pool is that of all instances"));
  CHECK_THAT(wrong(leak_connections(), R"("leak_connections": "api")"), Contains("these kinds"));
  CHECK_THAT(wrong(leak_connections(), R"("leak_connections": "db -> api")"),
             Contains("sends nothing"));
  CHECK_THAT(wrong(leak_workers(), R"("leak_workers": "shared")"),
             Contains("under processor_sharing"));
  CHECK_THAT(wrong(leak_workers(), R"("leak_workers": "db")"), Contains("these kinds"));
}

}  // namespace
}  // namespace highwater::faults::leaks_test
