// Topics whose partitions have replicas: what a publish waits for, who leads when a broker is gone,
// what is lost. Who is in sync is tested in tests/messaging.

#include "models/messaging/replication.h"

#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "models/messaging/topic_component.h"
#include "tests/models/messaging_rig.h"

namespace highwater::messaging {
namespace {

using Catch::Matchers::Contains;
using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;
using testing::write_of;

/// The network takes 1 ms between brokers.
ModelRig::Options with_network(std::uint64_t seed = 1) {
  ModelRig::Options options;
  options.seed = seed;
  options.network.zones = {"a"};
  options.network.same_zone = Distribution::constant(1ms);
  return options;
}

/// A topic of three brokers whose appends take 10 ms.
struct Bench {
  explicit Bench(const std::string& replication, const std::string& more = "")
      : rig({topic()},
            R"({"log": {"kind": "topic", "brokers": 3, "append_time": "10ms", "replication": {)" +
                replication + "}" + more + "}}",
            with_network()) {}

  void outage(std::size_t index, Duration from, Duration to) {
    rig.at(Time{from}, [this, index] { rig.instance("log", index).kill(false); });
    rig.at(Time{to}, [this, index] { rig.instance("log", index).revive(); });
  }
  const Answer& publish(Duration at) { return rig.send(Time{at}, "log", write_of(1)); }
  Topic& log() { return static_cast<Topic&>(rig.component("log")); }
  /// The broker that leads the partition then, -1 for none that is there.
  std::vector<int> leaders_at(const std::vector<Duration>& times) {
    std::vector<int> seen;
    for (const Duration at : times)
      rig.at(Time{at}, [this, &seen] {
        const Route route = log().route(write_of(1), rig.instance("log", 0));
        seen.push_back(route.to == nullptr ? -1 : static_cast<int>(route.to->index()));
      });
    rig.run(Time{times.back() + 1s});
    return seen;
  }

  ModelRig rig;
};

TEST_CASE("replication: replicas are dealt out as Kafka does", "[models][messaging]") {
  // The example in AdminUtils' own words.
  ModelRig rig({topic()},
               R"({"log": {"kind": "topic", "brokers": 5, "partitions": 10, "replication": {}}})",
               with_network());
  const std::vector<std::vector<std::uint32_t>> expected = {
      {0, 1, 2}, {1, 2, 3}, {2, 3, 4}, {3, 4, 0}, {4, 0, 1},
      {0, 2, 3}, {1, 3, 4}, {2, 4, 0}, {3, 0, 1}, {4, 1, 2}};
  const Replication* const replication = static_cast<Topic&>(rig.component("log")).replication();
  REQUIRE(replication != nullptr);
  for (std::uint32_t p = 0; p < 10; ++p) CHECK(replication->brokers_of(p) == expected[p]);
}

TEST_CASE("replication: a publish waits for all in sync", "[models][messaging]") {
  const auto took = [](const std::string& replication) {
    Bench bench(replication);
    const Answer& answer = bench.publish(1s);
    bench.rig.run(Time{2s});
    CHECK(answer.reply.ok());
    return answer.took();
  };
  const Duration alone = took(R"("factor": 1)");
  CHECK(took(R"("factor": 2)") == alone + 12ms);  // there, appended, and back
  CHECK(took(R"("factor": 3)") == alone + 12ms);
  Bench bench("");
  bench.publish(1s);
  bench.rig.run(Time{2s});
  CHECK(bench.rig.value("log", "replication_ms") == Approx(12));
  CHECK(bench.rig.value("log", "under_replicated") == 0);
  CHECK(bench.rig.count("log", "elections") == 0);
}

TEST_CASE("replication: what comes while a fetch is under way comes with the next one",
          "[models][messaging]") {
  Bench bench(R"("factor": 2)");
  const Answer& first = bench.publish(1s);
  const Answer& second = bench.publish(1s + 1ms);
  const Answer& third = bench.publish(1s + 2ms);
  bench.rig.run(Time{2s});
  // Appended after 10, 20 and 30 ms. The first fetch is answered at 10 and the next comes at 22,
  // with the second message to bring; that after it at 34, with the third.
  CHECK(second.at - first.at == 12ms);
  CHECK(third.at - second.at == 12ms);
}

TEST_CASE("replication: another broker leads after the session, until leaders are moved back",
          "[models][messaging]") {
  Bench bench("");
  bench.outage(0, 10s, 12s);
  const Answer& during = bench.publish(15s);
  const Answer& after = bench.publish(20s);
  // It may come back when the controller has noticed that it was gone.
  CHECK(bench.leaders_at({9s, 11s, 18900ms, 19100ms, 299s, 301s}) ==
        std::vector{0, -1, -1, 1, 1, 0});
  CHECK(during.reply.status == Status::unavailable);
  CHECK(after.reply.ok());
  CHECK(bench.rig.count("log", "elections") == 2);
  CHECK(bench.rig.count("log", "lost") == 0);
  CHECK(bench.rig.value("log[1]", "utilization") > 0);
  std::vector<std::string> said;
  for (const Happening& each : bench.rig.happenings())
    if (each.kind == "failover") said.push_back(each.text);
  CHECK(said == std::vector<std::string>{
                    "the controller misses log[0]: 1 of the partitions of log have another leader",
                    "leaders are moved back: 1 of the partitions of log have another leader"});

  Bench hasty(R"("session_timeout": "2s", "leader_rebalance": "0s")");
  hasty.outage(0, 10s, 30s);
  CHECK(hasty.leaders_at({11900ms, 12100ms, 900s}) == std::vector{-1, 1, 1});
}

TEST_CASE("replication: a broker that is back may begin when its session is over",
          "[models][messaging]") {
  Bench bench("", R"(, "start_time": "1s")");
  bench.outage(2, 10s, 12s);
  std::vector<bool> up;
  for (const Duration at : {13500ms, 18900ms, 19100ms})
    bench.rig.at(Time{at}, [&] { up.push_back(bench.rig.instance("log", 2).up()); });
  bench.rig.run(Time{30s});
  CHECK(up == std::vector{false, false, true});
}

TEST_CASE("replication: a publish waits for a dead follower until its session is over",
          "[models][messaging]") {
  Bench bench("");
  bench.outage(2, 10s, 40s);
  const Answer& waits = bench.publish(11s);
  const Answer& after = bench.publish(20s);
  bench.rig.run(Time{50s});
  CHECK(waits.reply.ok());
  CHECK(waits.at >= Time{19s});
  CHECK(waits.at <= Time{19s + 2ms});
  CHECK(after.took() < 30ms);
  // From 19 s on, until it has fetched what it lacks: 1 ms to ask, 11 to have it, 1 to say so.
  CHECK(bench.rig.value("log", "under_replicated") == Approx(21.013 / 50).epsilon(1e-3));
  CHECK(bench.rig.value("log", "offline") == 0);
}

TEST_CASE("replication: with too few in sync nothing is appended", "[models][messaging]") {
  Bench bench(R"("factor": 2, "min_insync_replicas": 2)");
  bench.outage(1, 10s, 40s);
  const Answer& refused = bench.publish(20s);
  const Answer& after = bench.publish(41s);
  bench.rig.run(Time{50s});
  CHECK(refused.reply.status == Status::error);
  CHECK(after.reply.ok());
  CHECK(bench.rig.count("log", "not_enough_replicas") == 1);
  CHECK(bench.log().partition(0).log.end() == 1);

  // In the middle of it the message is there, but not as safe as was asked for.
  Bench middle(R"("factor": 2, "min_insync_replicas": 2)");
  middle.outage(1, 10s, 40s);
  const Answer& unsafe = middle.publish(11s);
  middle.rig.run(Time{50s});
  CHECK(unsafe.reply.status == Status::error);
  CHECK(unsafe.at >= Time{19s});
  CHECK(middle.log().partition(0).log.end() == 1);
}

TEST_CASE("replication: without one in sync there is no leader, unless elections may be unclean",
          "[models][messaging]") {
  const auto run = [](bool unclean) {
    Bench bench(std::string(R"("factor": 2, "unclean_leader_election": )") +
                (unclean ? "true" : "false"));
    bench.outage(1, 10s, 35s);
    for (int i = 0; i < 5; ++i) bench.publish(20s + std::chrono::seconds{i});
    bench.outage(0, 30s, 100s);
    const auto leaders = bench.leaders_at({29s, 38900ms, 39100ms, 99s, 101s, 200s});
    return std::tuple{leaders, bench.rig.count("log", "lost"), bench.log().partition(0).log.end(),
                      bench.rig.value("log", "offline") * 201};
  };
  CHECK(run(false) == std::tuple{std::vector{0, -1, -1, -1, 0, 0}, 0u, 5u, Approx(61)});
  CHECK(run(true) == std::tuple{std::vector{0, -1, 1, 1, 1, 1}, 5u, 0u, Approx(0).margin(1e-9)});
}

TEST_CASE("replication: a message that its leader alone acknowledged dies with it",
          "[models][messaging]") {
  for (const bool all : {true, false}) {
    Bench bench("", std::string(R"(, "producer": {"linger": "0s", "acks": ")") +
                        (all ? "all" : "leader") + R"("})");
    const Answer& first = bench.publish(1s);
    const Answer& second = bench.publish(1s + 1ms);
    // Both are appended by now; the followers are still busy with the first.
    bench.outage(0, 1s + 22500us, 60s);
    bench.rig.run(Time{80s});
    CHECK(first.reply.ok());
    CHECK(second.reply.ok());
    if (all)
      CHECK(second.at > Time{10s});  // sent again to the next leader
    else
      CHECK(second.took() == 21ms);
    CHECK(bench.rig.count("log", "lost") == (all ? 0u : 1u));
    CHECK(bench.log().partition(0).log.end() == (all ? 2u : 1u));
  }
}

TEST_CASE("replication: a broker that is replaced by an empty one is filled",
          "[models][messaging][faults]") {
  Bench bench(R"("factor": 2, "session_timeout": "5s")");
  bench.rig.fault(faults::lose_node(), R"({"lose_node": "log[1]", "at": "10s", "for": "40s"})");
  for (int i = 0; i < 5; ++i) bench.publish(1s + i * 1s);
  bench.publish(30s);
  bench.rig.at(Time{49s}, [&] { CHECK(bench.log().replication()->replicas(0).isr_size() == 1); });
  bench.rig.at(Time{52s}, [&] {
    CHECK(bench.log().replication()->replicas(0).isr_size() == 2);
    CHECK(bench.log().replication()->replicas(0).log_end(1) == 6);
  });
  bench.outage(0, 60s, 100s);
  const Answer& after = bench.publish(80s);
  bench.rig.run(Time{110s});
  CHECK(after.reply.ok());
  CHECK(bench.rig.count("log", "lost") == 0);
  CHECK(bench.log().partition(0).log.end() == 7);
}

TEST_CASE("replication: the last one in sync takes with it what the partition had",
          "[models][messaging][faults]") {
  for (const bool lost : {false, true}) {
    GroupRig rig(R"("brokers": 2, "replication": {"factor": 2, "session_timeout": "2s"})",
                 R"("consumers": 1, "steps": [{"call": "probe"}])", with_network());
    rig.at(Time{10s}, [&] { rig.instance("log", 1).kill(false); });
    for (int i = 0; i < 4; ++i) rig.send(Time{20s + i * 1s}, "log", write_of(0));
    rig.fault(lost ? faults::lose_node() : faults::kill(),
              std::string(R"({"at": "30s", "for": "10s", ")") + (lost ? "lose_node" : "kill") +
                  R"(": "log[0]"})");
    rig.at(Time{50s}, [&] { rig.instance("log", 1).revive(); });
    rig.send(Time{60s}, "log", write_of(0));
    rig.run(Time{100s});
    CHECK(rig.count("log", "lost") == (lost ? 4u : 0u));
    CHECK(rig.count("group", "processed") == 5);
    CHECK(static_cast<Topic&>(rig.component("log")).partition(0).log.end() == (lost ? 1u : 5u));
  }
}

TEST_CASE("replication: a follower that lags leaves and returns", "[models][messaging]") {
  Bench bench(R"("lag_time_max": "2s")");
  bench.rig.at(Time{50ms}, [&] { bench.rig.instance("log", 2).slow(1000); });
  bench.rig.at(Time{20s}, [&] { bench.rig.instance("log", 2).restore_speed(1000); });
  const Answer& waits = bench.publish(10s + 500ms);
  const Answer& after = bench.publish(14s);
  bench.rig.run(Time{60s});
  // Its append takes 10 s. It had everything at 10.51 s; the leader looks at whole seconds.
  CHECK(waits.at >= Time{13s});
  CHECK(waits.at < Time{13s + 2ms});
  CHECK(after.took() < 30ms);
  // It has the first message at 20.511 s, and the second 12 ms later.
  CHECK(bench.rig.value("log", "under_replicated") * 60 == Approx(20.525 - 13).margin(0.01));
}

TEST_CASE("replication: brokers that are cut off from each other lag", "[models][messaging]") {
  Bench bench(R"("lag_time_max": "2s")");
  Edge& ways = bench.rig.directory().edge(bench.log(), bench.log());
  bench.rig.at(Time{5s}, [&] { ways.cut(true, true); });
  bench.rig.at(Time{30s}, [&] { ways.heal(true, true); });
  const Answer& waits = bench.publish(10s + 500ms);
  const Answer& alone = bench.publish(15s);
  const Answer& after = bench.publish(40s);
  bench.rig.run(Time{60s});
  CHECK(waits.at >= Time{13s});
  CHECK(waits.at < Time{13s + 2ms});
  CHECK(alone.took() < 15ms);
  CHECK(after.took() > 20ms);
  CHECK(bench.rig.value("log", "under_replicated") * 60 > 17);
  CHECK(bench.rig.value("log", "under_replicated") * 60 < 19);
}

TEST_CASE("replication: readers have what all in sync have, and go on where a log was cut",
          "[models][messaging]") {
  GroupRig rig(R"("brokers": 3,
                  "replication": {"factor": 2, "unclean_leader_election": true})",
               R"("consumers": 1, "steps": [{"call": "probe"}])", with_network());
  const auto outage = [&](std::size_t index, Duration from, Duration to) {
    rig.at(Time{from}, [&rig, index] { rig.instance("log", index).kill(false); });
    rig.at(Time{to}, [&rig, index] { rig.instance("log", index).revive(); });
  };
  rig.send(Time{1s}, "log", write_of(0));
  std::size_t early = 1;
  rig.at(Time{1s + 1ms}, [&] { early = rig.probe_component().seen.size(); });
  outage(1, 10s, 35s);
  for (int i = 0; i < 5; ++i) rig.send(Time{20s + std::chrono::seconds{i}}, "log", write_of(0));
  outage(0, 30s, 100s);  // the five are lost
  for (int i = 0; i < 3; ++i) rig.send(Time{50s + std::chrono::seconds{i}}, "log", write_of(0));
  rig.run(Time{200s});
  CHECK(early == 0);
  CHECK(rig.probe_component().seen.size() == 9);
  CHECK(rig.count("group", "processed") == 9);
  CHECK(rig.count("group", "duplicates") == 0);
  CHECK(rig.count("group", "unprocessed") == 0);
  CHECK(rig.count("log", "lost") == 5);
}

TEST_CASE("replication: a message in hand when its log is cut is not counted",
          "[models][messaging]") {
  GroupRig rig(R"("brokers": 2, "replication": {"factor": 2, "unclean_leader_election": true,
                  "session_timeout": "2s"})",
               R"("consumers": 1, "steps": [{"wait": "30s"}])", with_network());
  rig.at(Time{1s}, [&] { rig.instance("log", 1).kill(false); });
  for (int i = 0; i < 3; ++i) rig.send(Time{10s}, "log", write_of(0));
  rig.at(Time{20s}, [&] { rig.instance("log", 1).revive(); });
  rig.at(Time{20s}, [&] { rig.instance("log", 0).kill(false); });
  rig.send(Time{25s}, "log", write_of(0));
  rig.run(Time{100s});
  CHECK(rig.count("log", "lost") == 3);
  CHECK(rig.count("group", "processed") == 1);
  CHECK(rig.count("group", "unprocessed") == 0);
}

TEST_CASE("replication: whatever dies, nothing that all acknowledged is lost",
          "[models][messaging]") {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
    GroupRig rig(R"("partitions": 4, "brokers": 4,
                    "replication": {"factor": 3, "min_insync_replicas": 2, "lag_time_max": "1s",
                                    "session_timeout": "300ms", "leader_rebalance": "2s"},
                    "producer": {"linger": "5ms", "request_timeout": "300ms",
                                 "delivery_timeout": "5s"})",
                 R"("consumers": 1, "concurrency": 4, "steps": [{"call": "probe"}])",
                 with_network(seed));
    std::map<std::uint64_t, bool> answered;
    Load load;
    load.to = "log";
    load.per_second = 200;
    load.requests = 4000;
    load.make = [](RandomStream& random) { return write_of(random.bits()); };
    load.answered = [&](const Request& request, const Answer& answer) {
      CHECK(answered.emplace(request.id, answer.reply.ok()).second);
    };
    rig.add(load);
    RandomStream random(RandomKey{seed});
    for (int i = 1; i < 20; ++i) {
      const std::size_t broker = random.below(4);
      const Duration at = std::chrono::seconds{i} + random.below(300) * 1ms;
      const bool silent = random.below(2) == 0;
      rig.at(Time{at}, [&rig, broker, silent] {
        if (rig.instance("log", broker).up()) rig.instance("log", broker).kill(silent);
      });
      rig.at(Time{at + 650ms}, [&rig, broker, silent] {
        if (!rig.instance("log", broker).up()) rig.instance("log", broker).revive(silent);
      });
    }
    rig.run(Time{100s});
    CHECK(answered.size() == 4000);
    std::map<std::uint64_t, int> seen;
    for (const Probe::Seen& each : rig.probe_component().seen) ++seen[each.id];
    std::size_t fine = 0;
    for (const auto& [id, ok] : answered) {
      fine += ok;
      if (ok) CHECK(seen[id] == 1);
    }
    CHECK(fine > 3500);
    CHECK(rig.count("log", "lost") == 0);
    CHECK(rig.count("log", "elections") > 10);
    CHECK(rig.count("group", "unprocessed") == 0);
  }
}

TEST_CASE("replication: what is wrong with it is said", "[models][messaging][input]") {
  const auto problems = [](const std::string& replication) {
    return problems_of(topic(),
                       R"({"kind": "topic", "brokers": 3, "replication": {)" + replication + "}}");
  };
  CHECK(problems(R"("factor": 3, "min_insync_replicas": 3)").empty());
  CHECK_THAT(problems(R"("factor": 4)"),
             Contains("/replication/factor: more replicas than brokers, 3"));
  CHECK_THAT(problems(R"("factor": 2, "min_insync_replicas": 3)"),
             Contains("/replication/min_insync_replicas: more than there are replicas, 2"));
  CHECK_THAT(problems_of(topic(), R"({"kind": "topic", "brokers": 100, "partitions": 10000,
                                      "replication": {"factor": 11}})"),
             Contains("/replication/factor: makes 110000 replicas of all partitions, more than "
                      "100000"));
  CHECK_THAT(problems(R"("lag_time_max": "1ns")"), Contains("lag_time_max"));
  CHECK_THAT(problems(R"("factr": 2)"), Contains("did you mean \"factor\"?"));
  CHECK_THAT(problems(R"("session_timeout": -1)"), Contains("session_timeout"));
}

}  // namespace
}  // namespace highwater::messaging
