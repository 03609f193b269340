// Parameters of databases, functions, queues and limits that are changed while they run: as in a
// run that had them from the start, until they are taken back; and why the rest is refused.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/cache/cache.h"
#include "models/database/database.h"
#include "models/faults/faults.h"
#include "models/function/function.h"
#include "models/messaging/queue.h"
#include "models/messaging/worker.h"
#include "models/service/service.h"
#include "tests/faults/edge_rig.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::examined;
using testing::ModelRig;
using testing::read_of;
using testing::write_of;

std::vector<ModelKind> kinds() {
  return {service::service(), database::database(), function::function(),     cache::cache(),
          messaging::queue(), messaging::worker(),  balancer::load_balancer()};
}

/// A component "it", told `set` from 10 s to 20 s.
struct Changed {
  Changed(const std::string& it, const std::string& set, const std::string& more = "",
          const NetworkPlan& network = {})
      : rig(kinds(), R"({"it": {)" + it + "}" + more + "}", options_of(network)) {
    if (!set.empty())
      rig.fault(config(), R"({"config": "it", "at": "10s", "for": "10s", "set": {)" + set + "}}");
  }
  static ModelRig::Options options_of(const NetworkPlan& network) {
    ModelRig::Options options;
    options.network = network;
    return options;
  }
  /// How long such requests take that are sent at these times, each alone; negative for failures.
  std::vector<Duration> took(const std::vector<Duration>& at, const Request& request) {
    std::vector<const Answer*> answers;
    for (const Duration time : at) answers.push_back(&rig.send(Time{time}, "it", request));
    rig.run(Time{100s});
    std::vector<Duration> found;
    for (const Answer* answer : answers)
      found.push_back(answer->reply.ok() ? answer->took() : -answer->took());
    return found;
  }
  ModelRig rig;
};
using Times = std::vector<Duration>;

const std::string kDatabase = R"("kind": "database", "read_time": "5ms", "write_time": "10ms")";

TEST_CASE("config: a database's work, and whom its reads ask", "[faults]") {
  CHECK(Changed(kDatabase, R"("read_time": "50ms")").took({5s, 15s, 25s}, read_of(1)) ==
        Times{5ms, 50ms, 5ms});
  CHECK(Changed(kDatabase, R"("write_time": "50ms")").took({5s, 15s, 25s}, write_of(1)) ==
        Times{10ms, 50ms, 10ms});
  // What is under way ends as it was begun.
  CHECK(Changed(kDatabase, R"("read_time": "50ms")").took({9'999ms, 19'999ms}, read_of(1)) ==
        Times{5ms, 50ms});

  const auto by_primary = [](const std::string& set) {
    Changed changed(kDatabase + R"(, "read_replicas": 1, "reads": "replicas")", set);
    for (int i = 0; i < 30; ++i) changed.rig.send(Time{i * 1s + 500ms}, "it", read_of(1));
    changed.rig.run(Time{40s});
    return changed.rig.instance("it", 0).received();
  };
  CHECK(by_primary("") == 0);
  CHECK(by_primary(R"("reads": "primary")") == 10);
  CHECK(by_primary(R"("reads": "any")") == 5);
}

TEST_CASE("config: what a database's writes wait for", "[faults]") {
  const std::string pair =
      kDatabase + R"(, "read_replicas": 1, "replication_lag": "100ms", "replication": )";
  CHECK(
      Changed(pair + R"("async")", R"("replication": "sync")").took({5s, 15s, 25s}, write_of(1)) ==
      Times{10ms, 110ms, 10ms});
  CHECK(
      Changed(pair + R"("sync")", R"("replication_lag": "1s")").took({5s, 15s, 25s}, write_of(1)) ==
      Times{110ms, 1010ms, 110ms});
  // Who waits for a replica is let go when nobody need have it any more: PostgreSQL wakes them.
  CHECK(Changed(pair + R"("sync")", R"("replication": "async")")
            .took({9950ms, 15s, 25s}, write_of(1)) == Times{50ms, 10ms, 110ms});
}

TEST_CASE("config: how long it is waited for a connection, and for a row", "[faults]") {
  Changed pool(R"("kind": "database", "connections": 1, "read_time": "500ms")",
               R"("pool_timeout": "100ms")");
  std::vector<const Answer*> answers;
  for (const Duration at : {5s, 15s, 25s})
    for (int i = 0; i < 2; ++i) answers.push_back(&pool.rig.send(Time{at}, "it", read_of(1)));
  pool.rig.run(Time{40s});
  CHECK(answers[1]->took() == 1s);
  CHECK(answers[3]->reply.status == Status::rejected);
  CHECK(answers[3]->took() == 100ms);
  CHECK(answers[5]->took() == 1s);

  Changed rows(R"("kind": "database", "write_time": "500ms", "locks": {})",
               R"("locks.lock_timeout": "100ms")");
  std::vector<const Answer*> writes;
  for (const Duration at : {5s, 15s, 25s})
    for (int i = 0; i < 2; ++i) writes.push_back(&rows.rig.send(Time{at}, "it", write_of(1)));
  rows.rig.run(Time{40s});
  CHECK(writes[1]->took() == 1s);
  CHECK_FALSE(writes[3]->reply.ok());
  CHECK(writes[3]->took() == 100ms);
  CHECK(writes[5]->took() == 1s);
}

TEST_CASE("config: what a database's sessions see", "[faults]") {
  // A read 10 ms after a write to its key, which the replica has after a second.
  const auto stale = [](const std::string& set) {
    Changed changed(kDatabase + R"(, "read_replicas": 1, "replication_lag": "1s")", set);
    std::vector<const Answer*> reads;
    for (const Duration at : {5s, 15s, 25s}) {
      changed.rig.send(Time{at}, "it", write_of(1));
      reads.push_back(&changed.rig.send(Time{at + 50ms}, "it", read_of(1)));
    }
    changed.rig.run(Time{40s});
    std::string seen;
    for (const Answer* each : reads) seen += each->reply.stale ? 's' : '.';
    return seen;
  };
  CHECK(stale("") == "sss");
  CHECK(stale(R"("session": "read_your_writes")") == "s.s");
  CHECK(stale(R"("session": "sticky_primary")") == "s.s");
  CHECK(stale(R"("session": "sticky_primary", "sticky_for": "10ms")") == "sss");
}

TEST_CASE("config: shares of a database's answers", "[faults]") {
  const auto missing = [](const std::string& set) {
    Changed changed(kDatabase, set);
    std::vector<const Answer*> reads;
    for (const Duration at : {5s, 15s, 25s})
      reads.push_back(&changed.rig.send(Time{at}, "it", read_of(1)));
    changed.rig.run(Time{40s});
    std::string seen;
    for (const Answer* each : reads) seen += each->reply.missing ? 'm' : '.';
    return seen;
  };
  CHECK(missing(R"("missing": "100%")") == ".m.");
}

TEST_CASE("config: the capacity of a table of DynamoDB", "[faults]") {
  const auto throttled = [](const std::string& set, std::uint64_t writes) {
    Changed changed(R"("kind": "database", "dynamodb": {"provisioned": {"write_capacity_units": )" +
                        std::to_string(writes) + R"(, "burst": "1s"}})",
                    set);
    // 30 writes of a unit each second.
    std::vector<const Answer*> answers;
    for (std::uint64_t i = 0; i < 900; ++i)
      answers.push_back(&changed.rig.send(Time{1ms + i * 33'333us}, "it", write_of(i)));
    changed.rig.run(Time{40s});
    std::vector<int> count(3);
    for (std::size_t i = 0; i < answers.size(); ++i) count[i / 300] += !answers[i]->reply.ok();
    return count;
  };
  const std::vector<int> less =
      throttled(R"("dynamodb.provisioned.write_capacity_units": 10)", 100);
  CHECK(less[0] == 0);
  CHECK(less[1] == Approx(200).margin(12));  // what is kept is a second's, at most
  CHECK(less[2] == 0);
  const std::vector<int> more =
      throttled(R"("dynamodb.provisioned.write_capacity_units": 100)", 10);
  CHECK(more[0] == Approx(190).margin(12));
  CHECK(more[1] == 0);
  CHECK(more[2] == Approx(200).margin(12));
}

TEST_CASE("config: whom Cassandra's requests wait for", "[faults]") {
  NetworkPlan network;
  network.same_zone = Distribution::constant(1ms);
  const std::string ring =
      R"("kind": "database", "cassandra": {"nodes": 3, "read_repair": "none",
          "read_consistency": "one", "write_consistency": "one"})";
  // With a node that is away, ALL does not succeed.
  const auto seen = [&](const std::string& set) {
    Changed changed(ring, set, "", network);
    changed.rig.at(Time{1s}, [&] { changed.rig.instance("it", 2).kill(false); });
    std::vector<const Answer*> answers;
    for (const Duration at : {9s, 18s, 29s}) {
      answers.push_back(&changed.rig.send_to_instance(Time{at}, "it", 0, write_of(1)));
      answers.push_back(&changed.rig.send_to_instance(Time{at}, "it", 0, read_of(1)));
    }
    changed.rig.run(Time{60s});
    std::string text;
    for (const Answer* each : answers) text += each->reply.ok() ? '.' : 'x';
    return text;
  };
  CHECK(seen("") == "......");
  CHECK(seen(R"("cassandra.write_consistency": "all")") == "..x...");
  CHECK(seen(R"("cassandra.read_consistency": "all")") == "...x..");
}

TEST_CASE("config: a function's concurrency", "[faults]") {
  // Ten at a time, a second each.
  const auto throttled = [](const std::string& it, const std::string& set) {
    Changed changed(R"("kind": "function", "service_time": "1s", "cold_start": "0s")" + it, set);
    std::vector<const Answer*> answers;
    for (const Duration at : {5s, 15s, 25s})
      for (int i = 0; i < 10; ++i) answers.push_back(&changed.rig.send(Time{at}, "it", read_of(1)));
    changed.rig.run(Time{40s});
    std::vector<int> count(3);
    for (std::size_t i = 0; i < answers.size(); ++i) count[i / 10] += !answers[i]->reply.ok();
    return count;
  };
  using Counts = std::vector<int>;
  CHECK(throttled("", R"("reserved_concurrency": 4)") == Counts{0, 6, 0});
  CHECK(throttled(R"(, "reserved_concurrency": 4)", R"("reserved_concurrency": null)") ==
        Counts{6, 0, 6});
  CHECK(throttled(R"(, "reserved_concurrency": 8)", R"("reserved_concurrency": 0)") ==
        Counts{2, 10, 2});
  CHECK(throttled("", R"("account.concurrency": 3)") == Counts{0, 7, 0});
}

TEST_CASE("config: requests under way count for a function's new limit", "[faults]") {
  Changed changed(R"("kind": "function", "service_time": "5s", "timeout": "60s",
                     "cold_start": "0s")",
                  R"("reserved_concurrency": 4)");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 6; ++i) answers.push_back(&changed.rig.send(Time{9s}, "it", read_of(1)));
  const Answer& none_free = changed.rig.send(Time{11s}, "it", read_of(1));
  const Answer& free = changed.rig.send(Time{15s}, "it", read_of(1));
  changed.rig.run(Time{40s});
  for (const Answer* each : answers) CHECK(each->took() == 5s);
  CHECK_FALSE(none_free.reply.ok());
  CHECK(free.reply.ok());
  // 1000 may be at a time, but for ten seconds 4.
  CHECK(changed.rig.value("it", "utilization") ==
        Approx(7 * 5.0 / (30 * 1000 + 10 * 4)).epsilon(1e-6));
}

TEST_CASE("config: environments that are kept ready", "[faults]") {
  // Requests of 100 ms two at a time; an environment is made in 2 s.
  const auto cold = [](const std::string& it, const std::string& set) {
    Changed changed(R"("kind": "function", "service_time": "100ms", "cold_start": "2s",
                       "idle_timeout": "1s")" +
                        it,
                    set);
    std::vector<const Answer*> answers;
    for (const Duration at : {5s, 11s, 15s, 25s})
      for (int i = 0; i < 2; ++i) answers.push_back(&changed.rig.send(Time{at}, "it", read_of(1)));
    changed.rig.run(Time{40s});
    std::string seen;
    for (std::size_t i = 0; i < answers.size(); i += 2)
      seen += std::to_string((answers[i]->took() > 1s) + (answers[i + 1]->took() > 1s));
    return seen;
  };
  CHECK(cold("", "") == "2222");
  // They are there at 12 s, and gone at 20 s.
  CHECK(cold("", R"("provisioned_concurrency": 2)") == "2202");
  CHECK(cold(R"(, "provisioned_concurrency": 2)", R"("provisioned_concurrency": 1)") == "0110");
  CHECK(cold(R"(, "provisioned_concurrency": 2)", R"("provisioned_concurrency": 0)") == "0220");
}

TEST_CASE("config: environments kept ready that are in use go when they are free", "[faults]") {
  Changed changed(R"("kind": "function", "service_time": "4s", "timeout": "60s",
                     "cold_start": "2s", "idle_timeout": "1s", "provisioned_concurrency": 2)",
                  R"("provisioned_concurrency": 1)");
  const Answer& first = changed.rig.send(Time{9s}, "it", read_of(1));
  const Answer& second = changed.rig.send(Time{9s}, "it", read_of(1));
  const Answer& warm = changed.rig.send(Time{14s}, "it", read_of(1));
  const Answer& cold = changed.rig.send(Time{14s}, "it", read_of(1));
  changed.rig.run(Time{40s});
  CHECK(first.took() == 4s);
  CHECK(second.took() == 4s);
  CHECK(warm.took() == 4s);
  CHECK(cold.took() == 6s);
  // Two for 10 s, one for 10, two for 20.
  CHECK(changed.rig.value("it", "provisioned_utilization") == Approx(12.0 / 70).epsilon(1e-6));
}

TEST_CASE("config: a function's times and time-outs", "[faults]") {
  const std::string it = R"("kind": "function", "service_time": "1s", "cold_start": "0s")";
  CHECK(Changed(it, R"("timeout": "500ms")").took({5s, 15s, 25s}, read_of(1)) ==
        Times{1s, -500ms, 1s});
  CHECK(Changed(it, R"("service_time": "2s")").took({5s, 15s, 25s}, read_of(1)) ==
        Times{1s, 2s, 1s});
  CHECK(Changed(it + R"(, "idle_timeout": "1ms")", R"("cold_start": "300ms")")
            .took({5s, 15s, 25s}, read_of(1)) == Times{1s, 1300ms, 1s});
  CHECK(Changed(R"("kind": "function", "cold_start": "0s", "steps": [{"compute": "100ms"}])",
                R"("steps[0].compute": "200ms")")
            .took({5s, 15s, 25s}, read_of(1)) == Times{100ms, 200ms, 100ms});
  CHECK(Changed(it, R"("idle_timeout": "1ms", "cold_start": "100ms")")
            .took({5s, 15s, 15'500ms, 25s}, read_of(1)) == Times{1s, 1100ms, 1100ms, 1s});
}

TEST_CASE("config: how often a function's events are tried again", "[faults]") {
  const auto retried = [](const std::string& set) {
    ModelRig rig({service::service(), function::function()},
                 R"({"it": {"kind": "function", "timeout": "100ms", "service_time": "1s",
                            "cold_start": "0s"},
                     "api": {"kind": "service", "endpoints": {"*": [{"publish": "it"}]}}})");
    if (!set.empty()) rig.fault(config(), R"({"config": "it", "at": "10s", "set": {)" + set + "}}");
    rig.send(Time{5s}, "api", write_of(1));
    rig.run(Time{900s});
    return rig.count("it", "event_retries");
  };
  CHECK(retried("") == 2);
  CHECK(retried(R"("events.retries": 1)") == 1);
}

TEST_CASE("config: an SQS queue's attributes", "[faults]") {
  // Messages whose first worker does not do them: each is received anew after the time-out.
  const auto received = [](const std::string& set) {
    ModelRig rig(kinds(), R"({"it": {"kind": "queue", "sqs": {"visibility_timeout": "4s",
                                     "max_receive_count": 100}, "dead_letter": "dead"},
                              "dead": {"kind": "queue", "sqs": {}},
                              "crew": {"kind": "worker", "queue": "it",
                                       "steps": [{"wait": "1h"}], "concurrency": 100}})");
    if (!set.empty())
      rig.fault(config(), R"({"config": "it", "at": "10s", "for": "100s", "set": {)" + set + "}}");
    rig.send(Time{11s}, "it", write_of(1));
    rig.run(Time{31s});
    return rig.count("it", "redelivered");
  };
  CHECK(received("") == 4);
  CHECK(received(R"("sqs.visibility_timeout": "8s")") == 2);
  CHECK(received(R"("sqs.max_receive_count": 3)") == 2);
  CHECK(received(R"("sqs.delay": "10s")") == 2);
}

TEST_CASE("config: limits on what comes in", "[faults]") {
  // Three at once, three times.
  const auto let_in = [](const std::string& it, const std::string& set,
                         const std::string& more = "") {
    Changed changed(it, set, more);
    std::vector<const Answer*> answers;
    for (const Duration at : {5s, 15s, 25s})
      for (int i = 0; i < 3; ++i) answers.push_back(&changed.rig.send(Time{at}, "it", read_of(1)));
    changed.rig.run(Time{40s});
    std::vector<int> count(3);
    for (std::size_t i = 0; i < answers.size(); ++i) count[i / 3] += answers[i]->reply.ok();
    return count;
  };
  using Counts = std::vector<int>;
  const std::string service = R"("kind": "service", "workers": 9, "service_time": "1ms")";
  const auto window = [](int count) {
    return R"("rate_limit": {"fixed_window": {"rate": ")" + std::to_string(count) + R"(/s"}})";
  };
  CHECK(let_in(service, window(2)) == Counts{3, 2, 3});
  CHECK(let_in(service + ", " + window(1), window(2)) == Counts{1, 2, 1});
  CHECK(let_in(service + ", " + window(1), R"("rate_limit.fixed_window.rate": "2/s")") ==
        Counts{1, 2, 1});
  CHECK(let_in(service + ", " + window(1), R"("rate_limit": null)") == Counts{1, 3, 1});
  CHECK(let_in(service, R"("concurrency_limit": {"aimd": {"initial_limit": 2, "max_limit": 2}})") ==
        Counts{3, 2, 3});
  const std::string gateway = R"("kind": "load_balancer", "targets": ["api"])";
  const std::string api = R"(, "api": {"kind": "service", "workers": 9, "service_time": "1ms"})";
  CHECK(let_in(gateway + ", " + window(1), window(2), api) == Counts{1, 2, 1});
  // Kept in a store.
  const std::string redis = R"(, "redis": {"kind": "cache", "capacity": 10})";
  const auto stored = [](int count) {
    return R"("rate_limit": {"fixed_window": {"rate": ")" + std::to_string(count) +
           R"(/s"}, "store": "redis"})";
  };
  CHECK(let_in(service + ", " + stored(1), stored(2), redis) == Counts{1, 2, 1});
  CHECK(let_in(service + ", " + stored(1), window(2), redis) == Counts{1, 2, 1});
  CHECK(let_in(service + ", " + stored(1), R"("rate_limit": null)", redis) == Counts{1, 3, 1});
}

TEST_CASE("config: requests that a limit has let in leave it where they came in", "[faults]") {
  // Two are under way when the limit is another, and two more when it is the old one again.
  Changed changed(R"("kind": "service", "workers": 99, "service_time": "5s",
                     "concurrency_limit": {"aimd": {"initial_limit": 2, "max_limit": 2}})",
                  R"("concurrency_limit": {"aimd": {"initial_limit": 3, "max_limit": 3}})");
  std::vector<const Answer*> answers;
  for (const Duration at : {9s, 11s, 21s})
    for (int i = 0; i < 4; ++i) answers.push_back(&changed.rig.send(Time{at}, "it", read_of(1)));
  changed.rig.run(Time{60s});
  std::vector<int> let_in(3);
  for (std::size_t i = 0; i < answers.size(); ++i) let_in[i / 4] += answers[i]->reply.ok();
  CHECK(let_in == std::vector<int>{2, 3, 2});
}

TEST_CASE("config: the limit of a store is asked by its old rules, or by none", "[faults]") {
  // It is taken away while the store is asked.
  Changed changed(R"("kind": "service", "workers": 9, "service_time": "1ms",
                     "rate_limit": {"fixed_window": {"rate": "1/s"}, "store": "redis"})",
                  R"("rate_limit": null)",
                  R"(, "redis": {"kind": "cache", "capacity": 10, "service_time": "100ms"})");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(&changed.rig.send(Time{9950ms}, "it", read_of(1)));
  changed.rig.run(Time{40s});
  for (const Answer* each : answers) CHECK(each->reply.ok());
}

TEST_CASE("config: as in a run that had the values from the start", "[faults]") {
  const auto answers = [](const std::string& it, const std::string& set) {
    ModelRig rig(kinds(), R"({"it": {)" + it + R"(},
        "other": {"kind": "service", "service_time": {"exponential": "10ms"}}})");
    if (!set.empty())
      rig.fault(config(), R"({"config": "it", "at": "0s", "for": "1h", "set": {)" + set + "}}");
    std::vector<std::pair<Time, bool>> seen;
    for (const char* to : {"it", "other"}) {
      testing::Load load;
      load.to = to;
      load.per_second = 50;
      load.requests = 1000;
      load.make = [](RandomStream& random) {
        return random.uniform() < 0.3 ? write_of(random.below(10)) : read_of(random.below(10));
      };
      load.answered = [&seen](const Request&, const Answer& answer) {
        seen.emplace_back(answer.at, answer.reply.ok());
      };
      rig.add(load);
    }
    rig.run(Time{100s});
    return seen;
  };
  const auto same = [&](const std::string& it, const std::string& usual, const std::string& other) {
    const auto from_the_start = answers(it + ", " + other, "");
    CHECK(answers(it + (usual.empty() ? "" : ", " + usual), other) == from_the_start);
    CHECK(answers(it + (usual.empty() ? "" : ", " + usual), "") != from_the_start);
  };
  const std::string database =
      R"("kind": "database", "connections": 1, "read_replicas": 1, "write_time": "20ms")";
  same(database, R"("pool_timeout": "1s")", R"("pool_timeout": "5ms")");
  same(database, R"("replication": "async")", R"("replication": "sync")");
  same(database, R"("read_time": {"exponential": "5ms"})",
       R"("read_time": {"exponential": "9ms"})");
  same(R"("kind": "function", "service_time": {"exponential": "100ms"})", "",
       R"("reserved_concurrency": 3)");
  same(R"("kind": "service", "service_time": "1ms")", "",
       R"("rate_limit": {"token_bucket": {"rate": "20/s", "burst": 3}})");
}

TEST_CASE("config: what stores, functions and limits refuse, and why", "[faults][input]") {
  const auto says = [](const std::string& it, const std::string& set, const std::string& part,
                       const std::string& more = "") {
    Changed changed(it, "", more);
    CHECK_THAT(
        [&] {
          try {
            changed.rig.fault(config(), R"({"config": "it", "at": "10s", "set": {)" + set + "}}");
          } catch (const std::exception& wrong) {
            return std::string(wrong.what());
          }
          return std::string();
        }(),
        Catch::Contains(part));
  };
  says(kDatabase, R"("connections": 3)", "PostgreSQL reads max_connections when it starts; that");
  says(kDatabase, R"("connections": 3)", "pool_timeout");
  says(kDatabase, R"("shards": 3)", "its data would have to move");
  says(kDatabase, R"("locks": {})", "\"locks\" cannot be changed");
  const std::string function = R"("kind": "function", "service_time": "1s")";
  says(function, R"("memory": "256MiB")", "another version");
  says(function, R"("reserved_concurrency": 2000)", "reserve");
  says(R"("kind": "queue", "rabbitmq": {})", R"("rabbitmq.max_length": 5)", "was declared with");
  says(R"("kind": "queue", "sqs": {})", R"("sqs.fifo": true)", "for good");
  says(R"("kind": "database", "cassandra": {"nodes": 3})", R"("cassandra.concurrent_reads": 3)",
       "make their threads when they start");
  says(R"("kind": "database", "cassandra": {"nodes": 3})", R"("cassandra.read_consistency": "any")",
       "any is for writes");
  says(R"("kind": "database", "dynamodb": {"on_demand": {}})", R"("dynamodb.item_size": "2kB")",
       "its items are there already");
  says(R"("kind": "service", "service_time": "1ms")",
       R"("rate_limit": {"fixed_window": {"rate": "1/s"}, "store": "redis"})",
       "cannot move to a store", R"(, "redis": {"kind": "cache", "capacity": 10})");
}

}  // namespace
}  // namespace highwater::faults
