// Cassandra's nodes while all of them live: latencies against order statistics, staleness against
// its closed form, who is read and who is asked besides.

#include "models/database/cassandra.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "models/database/database.h"
#include "models/faults/faults.h"
#include "tests/support/model_rig.h"

namespace highwater::database::cassandra_test {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::read_of;
using testing::write_of;

ModelRig rig_of(const std::string& parameters, ModelRig::Options options = {}) {
  return ModelRig({database()},
                  R"({"db": {"kind": "database", "cassandra": {)" + parameters + "}}}", options);
}

Load load(double per_second, std::uint64_t requests, std::function<Request(RandomStream&)> make) {
  Load load;
  load.to = "db";
  load.per_second = per_second;
  load.requests = requests;
  load.make = std::move(make);
  return load;
}
Request any_read(RandomStream& random) {
  return read_of(random.below(1'000'000));
}
Request any_write(RandomStream& random) {
  return write_of(random.below(1'000'000));
}

NetworkPlan zones(std::vector<std::string> names, Duration cross) {
  NetworkPlan plan;
  plan.zones = std::move(names);
  plan.cross_zone = Distribution::constant(cross);
  return plan;
}

double mean_write_ms(const std::string& level) {
  ModelRig rig = rig_of(R"("write_time": {"exponential": "6ms"}, "concurrent_writes": 1000000,
                           "write_consistency": ")" +
                        level + '"');
  rig.add(load(200, 100'000, any_write));
  rig.run(Time{600s});
  CHECK(rig.count("db", "writes") == 100'000);
  return rig.value("db", "write_ms");
}

TEST_CASE("cassandra: a write waits for the k-th of its replicas", "[models][database][costly]") {
  // Order statistics of three exponentials of 6 ms: 6 (1/3), 6 (1/3 + 1/2), 6 (1/3 + 1/2 + 1).
  CHECK(mean_write_ms("one") == Approx(2).epsilon(0.01));
  CHECK(mean_write_ms("any") == Approx(2).epsilon(0.01));
  CHECK(mean_write_ms("two") == Approx(5).epsilon(0.01));
  CHECK(mean_write_ms("quorum") == Approx(5).epsilon(0.01));
  CHECK(mean_write_ms("local_quorum") == Approx(5).epsilon(0.01));
  CHECK(mean_write_ms("each_quorum") == Approx(5).epsilon(0.01));
  CHECK(mean_write_ms("three") == Approx(11).epsilon(0.01));
  CHECK(mean_write_ms("all") == Approx(11).epsilon(0.01));
}

double mean_read_ms(const std::string& level, const std::string& retry) {
  ModelRig rig = rig_of(R"("read_time": {"exponential": "6ms"}, "concurrent_reads": 1000000,
                           "dynamic_snitch": false, "read_consistency": ")" +
                        level + R"(", "speculative_retry": ")" + retry + '"');
  rig.add(load(200, 100'000, any_read));
  rig.run(Time{600s});
  CHECK(rig.count("db", "reads") == 100'000);
  return rig.value("db", "read_ms");
}

TEST_CASE("cassandra: a read waits for all that it asks, unless it asks one more",
          "[models][database][costly]") {
  CHECK(mean_read_ms("one", "never") == Approx(6).epsilon(0.01));
  CHECK(mean_read_ms("quorum", "never") == Approx(9).epsilon(0.01));  // the greater of two
  CHECK(mean_read_ms("all", "never") == Approx(11).epsilon(0.01));
  CHECK(mean_read_ms("one", "always") == Approx(3).epsilon(0.01));  // the first of two
  // The second of three: any two of them have data or its digest, but the digest alone will not do,
  // and two of the three are asked for data.
  CHECK(mean_read_ms("quorum", "always") == Approx(5).epsilon(0.01));
}

TEST_CASE("cassandra: speculative retries cut the tail", "[models][database][costly]") {
  const auto p99 = [](const std::string& retry, std::uint64_t& retries) {
    ModelRig rig = rig_of(R"("read_time": {"exponential": "10ms"}, "concurrent_reads": 1000000,
                             "dynamic_snitch": false, "speculative_retry": ")" +
                          retry + '"');
    std::vector<double> took;
    Load reads = load(400, 200'000, any_read);
    reads.answered = [&](const Request&, const Answer& answer) {
      if (answer.sent > Time{20s}) took.push_back(static_cast<double>(answer.took().count()) / 1e6);
    };
    rig.add(reads);
    rig.run(Time{600s});
    retries = rig.count("db", "speculative_retries");
    std::sort(took.begin(), took.end());
    return took[took.size() * 99 / 100];
  };
  std::uint64_t retries = 0;
  CHECK(p99("never", retries) == Approx(46.05).epsilon(0.02));  // 10 ln 100
  CHECK(retries == 0);
  // The lesser of X and 20 ms + Y exceeds t with probability exp(-(2t - 20) / 10).
  CHECK(p99("20ms", retries) == Approx(33.03).epsilon(0.02));
  CHECK(static_cast<double>(retries) == Approx(200'000 * std::exp(-2.0)).epsilon(0.03));
  // With 99p the threshold feeds on itself: it is at least the 99th percentile of what it leads to.
  CHECK(p99("99p", retries) < 46);
  CHECK(static_cast<double>(retries) < 200'000 * 0.012);
  CHECK(static_cast<double>(retries) > 200'000 * 0.001);
}

/// 500 reads and 50 writes a second on ten keys, nodes 100 ms apart.
double stale_share(const std::string& levels, const std::string& write_time = R"("0s")") {
  ModelRig::Options options;
  options.network = zones({"a", "b", "c"}, 100ms);
  ModelRig rig = rig_of(
      R"("read_time": "0s", "dynamic_snitch": false, "concurrent_writes": 100000, "write_time": )" +
          write_time + ", " + levels,
      options);
  rig.add(load(500, 200'000, [](RandomStream& random) { return read_of(random.below(10)); }));
  rig.add(load(50, 20'000, [](RandomStream& random) { return write_of(random.below(10)); }));
  rig.run(Time{500s});
  CHECK(rig.count("db", "reads") == 200'000);
  return rig.value("db", "stale_reads");
}

TEST_CASE("cassandra: reads are stale as often as their levels allow",
          "[models][database][costly]") {
  // Writes to a key come 5 times a second. Its coordinator has a write at once and the others after
  // 100 ms: a read elsewhere (two times in three) misses the last one if that came within them.
  const double theory = (1 - std::exp(-0.5)) * 2 / 3;
  CHECK(stale_share(R"("read_consistency": "one", "write_consistency": "one")") ==
        Approx(theory).epsilon(0.03));
  CHECK(stale_share(R"("read_consistency": "one", "write_consistency": "any")") ==
        Approx(theory).epsilon(0.03));
  // R + W > RF.
  CHECK(stale_share(R"("read_consistency": "quorum", "write_consistency": "quorum")") == 0);
  CHECK(stale_share(R"("read_consistency": "one", "write_consistency": "all")") == 0);
  CHECK(stale_share(R"("read_consistency": "all", "write_consistency": "one")") == 0);
  // Here whoever is answered after a round trip has been written everywhere; with writes that take
  // their time that is not so.
  const std::string some = R"("read_consistency": "one", "write_consistency": "quorum")";
  CHECK(stale_share(some) == 0);
  CHECK(stale_share(some, R"({"exponential": "200ms"})") > 0.01);
  CHECK(stale_share(R"("read_consistency": "quorum", "write_consistency": "quorum")",
                    R"({"exponential": "200ms"})") == 0);
}

TEST_CASE("cassandra: a read that meets different replicas repairs them", "[models][database]") {
  for (const bool repairs : {true, false}) {
    ModelRig rig = rig_of(std::string(R"("read_time": "1ms", "write_time": "1ms",
      "hinted_handoff_enabled": false, "read_consistency": "quorum", "write_consistency": "one",
      "dynamic_snitch": false, "read_repair": ")") +
                          (repairs ? "blocking" : "none") + '"');
    rig.fault(faults::kill(), R"({"at": "1s", "for": "10s", "kill": "db[0]"})");
    // Node 0 misses this; later it coordinates a read and asks itself and another one.
    rig.send_to_instance(Time{5s}, "db", 1, write_of(7));
    const Answer& first = rig.send_to_instance(Time{60s}, "db", 0, read_of(7));
    const Answer& second = rig.send_to_instance(Time{61s}, "db", 0, read_of(7));
    rig.run(Time{70s});
    CHECK(first.reply.ok());
    CHECK_FALSE(first.reply.stale);
    // Two rounds of reads, and a round of writes in which node 0 writes for itself.
    CHECK(first.took() == (repairs ? 3ms : 2ms));
    CHECK(second.took() == (repairs ? 1ms : 2ms));
    CHECK(rig.count("db", "read_repairs") == (repairs ? 1 : 2));
  }
}

TEST_CASE("cassandra: the last write wins", "[models][database]") {
  ModelRig::Options options;
  options.network = zones({"a", "b", "c"}, 50ms);
  // The first needs all three and takes 100 ms; the second, of a later timestamp, is answered first
  // by a single node.
  ModelRig rig = rig_of(R"("write_consistency": "all", "write_time": "0s")", options);
  rig.send_to_instance(Time{1s}, "db", 0, write_of(1));
  rig.send_to_instance(Time{1s + 1ms}, "db", 1, write_of(1));
  rig.run(Time{3s});
  CHECK(rig.count("db", "writes") == 2);
  CHECK(rig.count("db", "ignored_writes") == 0);

  ModelRig other = rig_of(R"("write_consistency": "two", "write_time": "0s", "nodes": 3)", [&] {
    NetworkPlan plan = zones({"a", "b", "c"}, 50ms);
    plan.links.push_back({1, 2, Distribution::constant(1ms)});
    ModelRig::Options far = options;
    far.network = plan;
    return far;
  }());
  other.send_to_instance(Time{1s}, "db", 0, write_of(1));
  other.send_to_instance(Time{1s + 1ms}, "db", 1, write_of(1));
  other.run(Time{3s});
  CHECK(other.count("db", "ignored_writes") == 1);
}

TEST_CASE("cassandra: the snitch avoids a slow node", "[models][database][costly]") {
  const auto mean = [](const std::string& snitch) {
    ModelRig rig =
        rig_of(R"("nodes": 6, "driver": "round_robin", "read_time": {"exponential": "4ms"},
                             "concurrent_reads": 1000, "speculative_retry": "never", )" +
               snitch);
    rig.fault(faults::slow(), R"({"at": "1s", "slow": "db[2]", "factor": 50})");
    rig.add(load(500, 100'000, any_read));
    rig.run(Time{250s});
    return rig.value("db", "read_ms", Time{20s});
  };
  // Of reads through other nodes (5 in 6) about a sixth would ask it first, and of its own half.
  const double avoided = mean(R"("dynamic_snitch": true)");
  const double met = mean(R"("dynamic_snitch": false)");
  CHECK(met > 20);
  CHECK(avoided < 5);
  // Every reset it is tried again.
  CHECK(mean(R"("dynamic_snitch_reset_interval": "2s")") > 1.5 * avoided);
  // What is never bad enough stays.
  CHECK(mean(R"("dynamic_snitch_badness_threshold": 1000)") == Approx(met).epsilon(0.1));
  // Samples that are looked at rarely are seen late.
  CHECK(mean(R"("dynamic_snitch_update_interval": "60s")") > 2 * avoided);
}

TEST_CASE("cassandra: drivers go to a replica, or to any node", "[models][database][costly]") {
  for (const bool aware : {true, false}) {
    ModelRig::Options options;
    options.network = zones({"a", "b", "c", "d", "e", "f"}, 10ms);
    ModelRig rig = rig_of(std::string(R"("nodes": 6, "replication_factor": 2, "read_time": "0s",
                                         "driver": ")") +
                              (aware ? "token_aware" : "round_robin") + '"',
                          options);
    rig.add(load(1000, 60'000, any_read));
    rig.run(Time{100s});
    // A coordinator that holds the row needs no message; two in six hold it.
    CHECK(rig.value("db", "read_ms") == Approx(aware ? 0 : 20.0 * 4 / 6).margin(0.2));
  }
}

TEST_CASE("cassandra: rows are spread by tokens", "[models][database]") {
  const auto most_loaded = [](const std::string& tokens) {
    ModelRig rig = rig_of(R"("nodes": 8, "replication_factor": 1, "num_tokens": )" + tokens);
    rig.add(load(1000, 80'000, any_read));
    rig.run(Time{100s});
    std::uint64_t most = 0;
    for (std::size_t i = 0; i < 8; ++i) most = std::max(most, rig.instance("db", i).received());
    return static_cast<double>(most) / 10'000;
  };
  const double one = most_loaded("1"), many = most_loaded("256");
  CHECK(many < 1.25);
  CHECK(one > 1.4);
}

TEST_CASE("cassandra: data centers answer for themselves", "[models][database]") {
  const auto took = [](const std::string& more, Operation operation) {
    ModelRig::Options options;
    options.network = zones({"a", "b"}, 100ms);
    ModelRig rig = rig_of(R"("nodes": 6, "zones_as": "datacenters", "read_time": "1ms",
                             "write_time": "1ms", )" +
                              more,
                          options);
    const Answer& answer =
        rig.send(Time{1s}, "db", operation == Operation::read ? read_of(5) : write_of(5));
    rig.run(Time{5s});
    CHECK(answer.reply.ok());
    return answer.took();
  };
  using enum Operation;
  CHECK(took(R"("write_consistency": "local_quorum")", write) == 1ms);
  CHECK(took(R"("write_consistency": "local_one")", write) == 1ms);
  CHECK(took(R"("write_consistency": "quorum")", write) == 201ms);  // four of six
  CHECK(took(R"("write_consistency": "each_quorum")", write) == 201ms);
  CHECK(took(R"("write_consistency": "three")", write) == 1ms);
  CHECK(took(R"("read_consistency": "local_quorum")", read) == 1ms);
  CHECK(took(R"("read_consistency": "each_quorum")", read) == 201ms);
  CHECK(took(R"("read_consistency": "two", "strategy": "simple_strategy",
                "replication_factor": 6)",
             read) == 1ms);
}

TEST_CASE("cassandra: nodes stand in the zones that are named", "[models][database]") {
  ModelRig::Options options;
  options.network = zones({"a", "b", "c"}, 10ms);
  ModelRig rig = rig_of(R"("nodes": 4, "zones": ["c", "a"])", options);
  CHECK(rig.instance("db", 0).zone() == 2);
  CHECK(rig.instance("db", 1).zone() == 0);
  CHECK(rig.instance("db", 2).zone() == 2);
  ModelRig all = rig_of(R"("nodes": 4)", options);
  CHECK(all.instance("db", 1).zone() == 1);
  CHECK(all.instance("db", 3).zone() == 0);
}

TEST_CASE("cassandra: what a node does takes time, stages and cores", "[models][database]") {
  const auto read_ms = [](const std::string& more) {
    ModelRig rig = rig_of(R"("nodes": 1, "replication_factor": 1, )" + more);
    std::vector<const Answer*> answers;
    for (int i = 0; i < 4; ++i) answers.push_back(&rig.send(Time{1s}, "db", read_of(1)));
    rig.run(Time{5s});
    return answers.back()->took();
  };
  CHECK(read_ms(R"("read_time": "3ms")") == 3ms);
  CHECK(read_ms(R"("read_time": "3ms", "concurrent_reads": 1)") == 12ms);
  CHECK(read_ms(R"("read_time": "3ms", "cores": 2)") == 6ms);
  CHECK(read_ms(R"("read_time": "3ms", "coordinator_time": "1ms")") == 4ms);
  const auto write_ms = [](const std::string& more) {
    ModelRig rig = rig_of(R"("nodes": 1, "replication_factor": 1, )" + more);
    std::vector<const Answer*> answers;
    for (int i = 0; i < 4; ++i) answers.push_back(&rig.send(Time{1s}, "db", write_of(1)));
    rig.run(Time{5s});
    return answers.back()->took();
  };
  CHECK(write_ms(R"("write_time": "3ms")") == 3ms);
  CHECK(write_ms(R"("write_time": "3ms", "concurrent_writes": 2)") == 6ms);
  CHECK(write_ms(R"("write_time": "3ms", "commitlog_sync_time": "5ms")") == 8ms);
  CHECK(write_ms(R"("write_time": "3ms", "coordinator_time": "1ms")") == 4ms);
}

TEST_CASE("cassandra: what waits too long at a replica is dropped", "[models][database]") {
  ModelRig rig = rig_of(R"("nodes": 1, "replication_factor": 1, "concurrent_reads": 1,
                           "concurrent_writes": 1, "read_time": "400ms", "write_time": "400ms",
                           "read_request_timeout": "1s", "write_request_timeout": "1s",
                           "hinted_handoff_enabled": false)");
  for (int i = 0; i < 5; ++i) {
    rig.send(Time{1s}, "db", read_of(1));
    rig.send(Time{1s}, "db", write_of(1));
  }
  rig.run(Time{5s});
  // Two are done, the third is under way when its coordinator gives it up, two never begin.
  CHECK(rig.count("db", "reads") == 2);
  CHECK(rig.count("db", "writes") == 2);
  CHECK(rig.count("db", "read_timeouts") == 3);
  CHECK(rig.count("db", "write_timeouts") == 3);
  CHECK(rig.count("db", "dropped_messages") == 4);
}

TEST_CASE("cassandra: every request is accounted for", "[models][database]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    ModelRig::Options options;
    options.seed = seed;
    options.network = zones({"a", "b", "c"}, 2ms);
    ModelRig rig = rig_of(R"("nodes": 5, "read_consistency": "quorum",
                             "write_consistency": "quorum", "read_time": {"exponential": "5ms"},
                             "write_time": {"exponential": "5ms"})",
                          options);
    rig.fault(faults::kill(), R"({"at": "10s", "for": "40s", "kill": "db[1]"})");
    rig.fault(faults::kill(), R"({"at": "30s", "for": "40s", "kill": "db[3]"})");
    rig.fault(faults::slow(), R"({"at": "5s", "for": "70s", "slow": "db[0]", "factor": 10})");
    const auto make = [](RandomStream& random) {
      const std::uint64_t key = random.below(20);
      return random.below(2) == 0 ? read_of(key) : write_of(key);
    };
    std::uint64_t ok = 0, all = 0, stale = 0;
    Load mixed = load(100, 9'000, make);
    mixed.answered = [&](const Request&, const Answer& answer) {
      ++all;
      ok += answer.reply.ok();
      stale += answer.reply.stale;
    };
    rig.add(mixed);
    rig.run(Time{150s});
    CHECK(all == 9'000);
    CHECK(ok == rig.count("db", "reads") + rig.count("db", "writes"));
    CHECK(stale == 0);  // quorums overlap, whoever dies
    // All came back, and what was kept for them has arrived.
    CHECK(rig.count("db", "hints_stored") > 0);
    CHECK(rig.count("db", "hints_replayed") == rig.count("db", "hints_stored"));
  }
}

}  // namespace
}  // namespace highwater::database::cassandra_test
