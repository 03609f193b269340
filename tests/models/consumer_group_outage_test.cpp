// Deaths of consumers and brokers: what is done again, who takes over and when, and that nothing is
// lost whatever happens.

#include <algorithm>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "models/messaging/consumer_group.h"
#include "models/messaging/topic_component.h"
#include "tests/models/messaging_rig.h"

namespace highwater::messaging {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::write_of;

Load publishes(double per_second, std::uint64_t messages, std::uint64_t keys = 1) {
  Load load;
  load.to = "log";
  load.per_second = per_second;
  load.requests = messages;
  load.make = [keys](RandomStream& random) { return write_of(random.below(keys)); };
  return load;
}

void kill_at(ModelRig& rig, Time at, const char* component, std::size_t index,
             std::optional<Time> revive = std::nullopt) {
  rig.at(at, [&rig, component, index] { rig.instance(component, index).kill(false); });
  if (revive)
    rig.at(*revive, [&rig, component, index] { rig.instance(component, index).revive(); });
}

/// One consumer with 100 ms for each of 300 messages, killed at 12.25 s and back at once.
struct Crash {
  std::uint64_t duplicates;
  std::size_t calls;
  std::vector<std::uint64_t> distinct;
};
Crash crash(const std::string& parameters) {
  GroupRig rig("", R"("steps": [{"wait": "100ms"}, {"call": "probe"}])" + parameters);
  for (int i = 0; i < 300; ++i) rig.send(Time{0s}, "log", write_of(1));
  kill_at(rig, Time{12250ms}, "group", 0, Time{12250ms});
  rig.run(Time{100s});
  CHECK(rig.count("group", "processed") == 300);
  CHECK(rig.count("group", "unprocessed") == 0);
  const auto ids = rig.probe_component().ids();
  const std::set<std::uint64_t> distinct(ids.begin(), ids.end());
  return {rig.count("group", "duplicates"), ids.size(), {distinct.begin(), distinct.end()}};
}

TEST_CASE("consumer_group: a crash repeats what was not committed, bounded by commit_interval",
          "[models][messaging]") {
  // 122 messages were done; with polls of one the commits came at 5 s and 10 s.
  const Crash usual = crash(R"(, "max_poll_records": 1)");
  CHECK(usual.duplicates == 22);
  CHECK(usual.calls == 322);
  CHECK(usual.distinct.size() == 300);
  CHECK(crash(R"(, "max_poll_records": 1, "commit_interval": "1s")").duplicates == 2);
  CHECK(crash(R"(, "max_poll_records": 1, "commit_interval": "60s")").duplicates == 122);
}

TEST_CASE("consumer_group: commits wait for the end of a poll, whose length is max_poll_records",
          "[models][messaging]") {
  // The first fetch brings what was there, one message or all; 500 of the rest make one poll.
  CHECK(crash("").duplicates >= 121);
  // Polls of 40 end at 4 s, 8 s (commit) and 12 s (none is due).
  CHECK(crash(R"(, "max_poll_records": 40)").duplicates == Approx(42).margin(1));
  CHECK(crash(R"(, "max_poll_records": 60, "commit_interval": "1s")").duplicates ==
        Approx(2).margin(1));
}

TEST_CASE("consumer_group: an idle consumer commits when its time comes", "[models][messaging]") {
  const auto duplicates = [](Time killed) {
    GroupRig rig("", R"("steps": [{"wait": "100ms"}])");
    rig.send(Time{6s}, "log", write_of(1));
    rig.send(Time{6s}, "log", write_of(1));
    kill_at(rig, killed, "group", 0, killed + 1s);
    rig.run(Time{100s});
    CHECK(rig.count("group", "processed") == 2);
    return rig.count("group", "duplicates");
  };
  CHECK(duplicates(Time{9900ms}) == 2);
  CHECK(duplicates(Time{10100ms}) == 0);  // the second whole interval
}

/// When messages of the dead consumer's partition are processed, from its death at 10 s.
std::vector<Duration> orphaned(const std::string& parameters, std::optional<Time> revive) {
  GroupRig rig(R"("partitions": 2)",
               R"("consumers": 2, "steps": [{"call": "probe"}])" + parameters);
  kill_at(rig, Time{10s}, "group", 1, revive);
  for (int i = 0; i < 3; ++i) rig.send(Time{20s + i * 30s}, "log", write_of(key_of(1, 2)));
  const Answer& other = rig.send(Time{20s}, "log", write_of(key_of(0, 2)));
  rig.run(Time{200s});
  CHECK(other.reply.ok());
  std::vector<Duration> times;
  for (const Probe::Seen& seen : rig.probe_component().seen) {
    if (seen.key == key_of(0, 2))
      CHECK(seen.at == Time{20s});  // its consumer never stopped
    else
      times.push_back(seen.at - Time{10s});
  }
  CHECK(rig.count("group", "processed") == 4);
  std::uint64_t rebalances = 0;
  for (const Happening& happening : rig.happenings()) rebalances += happening.kind == "rebalance";
  CHECK(rig.count("group", "rebalances") == rebalances);
  CHECK(rebalances == (revive ? (*revive > Time{10s} + times[0] ? 2 : 1) : 1));
  return times;
}

TEST_CASE("consumer_group: the others take a dead consumer's partitions after session_timeout",
          "[models][messaging]") {
  using Times = std::vector<Duration>;
  CHECK(orphaned("", std::nullopt) == Times{45s, 45s, 70s});
  CHECK(orphaned(R"(, "session_timeout": "12s")", std::nullopt) == Times{12s, 40s, 70s});
}

TEST_CASE("consumer_group: a consumer that comes back joins at once", "[models][messaging]") {
  using Times = std::vector<Duration>;
  CHECK(orphaned("", Time{25s}) == Times{15s, 40s, 70s});
  CHECK(orphaned(R"(, "start_time": "4s")", Time{25s}) == Times{19s, 40s, 70s});
  CHECK(orphaned("", Time{80s}) == Times{45s, 45s, 70s});
}

TEST_CASE("consumer_group: partitions move between the living without repeating anything",
          "[models][messaging]") {
  // Of 6 partitions on 3 consumers, [0] dies: 0 1 2 go to [1], which had 2 3, and 3 4 5 to [2].
  GroupRig rig(R"("partitions": 6)",
               R"("consumers": 3, "session_timeout": "10s", "commit_interval": "1000s",
                  "max_poll_records": 5, "steps": [{"wait": "30ms"}, {"call": "probe"}])");
  rig.add(publishes(50, 4'000, 600));
  rig.at(Time{5s}, [&] { rig.instance("group", 0).kill(false); });
  rig.run(Time{200s});
  CHECK(rig.count("group", "processed") == 4'000);
  CHECK(rig.count("group", "rebalances") == 1);
  const double done_by_the_dead = rig.value("group[0]", "throughput_rps") * 200;
  // It had committed nothing, so all it did is done again; the others moved partition 3 with its
  // position.
  CHECK(double(rig.count("group", "duplicates")) == Approx(done_by_the_dead).margin(0.5));
  CHECK(done_by_the_dead > 30);
  // Whatever was repeated, the first time came in order.
  std::map<std::uint32_t, std::uint64_t> last;
  std::set<std::uint64_t> known;
  for (const Probe::Seen& seen : rig.probe_component().seen) {
    if (!known.insert(seen.id).second) continue;
    std::uint64_t& before = last[hashing::kafka_partition(seen.key, 6)];
    REQUIRE(seen.id > before);
    before = seen.id;
  }
}

TEST_CASE("consumer_group: a partition moves when the messages in hand are done",
          "[models][messaging]") {
  // Partition 1 of 2 belongs to [1], moves to [0] when [1]'s session ends and back when it returns.
  const auto seen = [](const std::string& polls) {
    GroupRig rig(R"("partitions": 2)",
                 R"("consumers": 2, "session_timeout": "5s",
                    "steps": [{"wait": "1s"}, {"call": "probe"}], "max_poll_records": )" +
                     polls);
    kill_at(rig, Time{1s}, "group", 1, Time{8500ms});
    for (int i = 0; i < 6; ++i) rig.send(Time{2s}, "log", write_of(key_of(1, 2)));
    // At 8.5 s [0] is at the third message: with long polls it keeps all six, with short ones [1]
    // begins the fourth at 9 s.
    rig.run(Time{8999ms});
    CHECK(rig.probe_component().seen.size() == 2);
    rig.run(Time{40s});
    CHECK(rig.count("group", "processed") == 6);
    CHECK(rig.count("group", "duplicates") == 0);
    CHECK(rig.probe_component().ids() == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6});
    return rig.value("group[1]", "throughput_rps") * 40;
  };
  CHECK(seen("500") == 0);
  CHECK(seen("1") == Approx(3));
}

TEST_CASE(
    "consumer_group: a message that can not be processed does not keep its partition from "
    "moving",
    "[models][messaging]") {
  GroupRig rig(R"("partitions": 2)",
               R"("consumers": 2, "session_timeout": "5s", "steps": [{"call": "probe"}])");
  bool works = false;
  rig.probe_component().answer = [&](const Request&) { return works ? Status::ok : Status::error; };
  kill_at(rig, Time{1s}, "group", 1, Time{9s});
  rig.send(Time{2s}, "log", write_of(key_of(1, 2)));
  rig.at(Time{12s}, [&] { works = true; });
  rig.run(Time{20s});
  CHECK(rig.count("group", "processed") == 1);
  CHECK(rig.value("group[1]", "throughput_rps") > 0);  // it was [0]'s from 6 s to 9 s
}

TEST_CASE("consumer_group: with every consumer dead the lag grows, and is made up for later",
          "[models][messaging]") {
  GroupRig rig(R"("partitions": 2)",
               R"("consumers": 2, "session_timeout": "1s", "steps": [{"wait": "1ms"}])");
  rig.add(publishes(100, 10'000, 50));
  kill_at(rig, Time{10s}, "group", 0, Time{50s});
  kill_at(rig, Time{10s}, "group", 1);
  double lag = 0;
  rig.run(Time{49s});
  for (std::uint32_t p = 0; p < 2; ++p)
    lag += double(static_cast<Topic&>(rig.component("log")).partition(p).log.kept());
  CHECK(lag == Approx(4'150).margin(500));
  rig.run(Time{200s});
  CHECK(rig.count("group", "processed") == 10'000);
  CHECK(rig.value("group", "end_to_end_ms") > 1000);
}

TEST_CASE("consumer_group: messages outlive their broker", "[models][messaging]") {
  GroupRig rig("", R"("steps": [{"call": "probe"}])");
  kill_at(rig, Time{500ms}, "group", 0, Time{4s});
  for (int i = 0; i < 3; ++i) rig.send(Time{1s}, "log", write_of(1));
  kill_at(rig, Time{2s}, "log", 0, Time{3s});
  rig.run(Time{10s});
  CHECK(rig.probe_component().ids() == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(rig.probe_component().seen.front().at == Time{4s});
}

TEST_CASE("consumer_group: a consumer asks a broker again that does not answer",
          "[models][messaging]") {
  const auto seen_at = [](bool silent, const std::string& parameters) {
    GroupRig rig("", R"("steps": [{"wait": "1s"}, {"call": "probe"}])" + parameters);
    rig.send(Time{1s}, "log", write_of(1));
    rig.at(Time{1500ms}, [&rig, silent] { rig.instance("log", 0).kill(silent); });
    const Answer& refused = rig.send(Time{5s}, "log", write_of(1));
    rig.at(Time{9950ms}, [&] { rig.instance("log", 0).revive(); });
    rig.send(Time{10050ms}, "log", write_of(1));
    rig.run(Time{100s});
    CHECK(refused.reply.status == Status::unavailable);
    CHECK(rig.count("group", "duplicates") == 0);
    CHECK(rig.count("group", "processed") == 2);
    return rig.probe_component().seen.back().at;
  };
  // The fetch that waited at the broker breaks at 1.5 s and is tried again every 100 ms; of a
  // silent death its consumer knows 30 s later.
  CHECK(seen_at(false, "") == Time{11050ms});
  CHECK(seen_at(false, R"(, "retry_backoff": "3s")") == Time{11500ms});
  CHECK(seen_at(true, "") == Time{32500ms});
}

TEST_CASE("consumer_group: nothing is lost or made up, whatever happens", "[models][messaging]") {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u, 6u}) {
    CAPTURE(seed);
    ModelRig::Options options;
    options.duration = 400s;
    options.seed = seed;
    options.network.zones = {"a", "b"};
    options.network.same_zone = Distribution::constant(200us);
    options.network.cross_zone = Distribution::exponential(2ms);
    const bool skips = seed % 2 == 0;
    GroupRig rig(R"("partitions": 7, "brokers": 3, "start_time": "50ms")",
                 R"("consumers": 4, "concurrency": 2, "cores": 1.5, "session_timeout": "3s",
                    "commit_interval": "700ms", "max_poll_records": 20, "retry_backoff": "20ms",
                    "start_time": "100ms", "steps": [{"compute": {"exponential": "8ms"}},
                    {"call": "probe"}, {"fail": 0.05}], "on_failure": )" +
                     std::string(skips ? R"("skip")" : R"("retry")"),
                 options);
    rig.add(publishes(150, 30'000, 5'000));
    RandomStream random(seed, "test", "outages");
    std::array<int, 7> kills{};
    for (int i = 0; i < 400; ++i) {
      const std::size_t victim = random.below(7);
      const bool silent = random.below(4) == 0;
      const Duration at{static_cast<Duration::rep>(random.below(200'000'000'000))};
      const Duration lasts{static_cast<Duration::rep>(random.below(6'000'000'000))};
      const char* name = victim < 4 ? "group" : "log";
      const std::size_t index = victim < 4 ? victim : victim - 4;
      rig.at(Time{at}, [&rig, name, index, silent] { rig.instance(name, index).kill(silent); });
      rig.at(Time{at + lasts}, [&rig, name, index] { rig.instance(name, index).revive(); });
      ++kills[victim];
    }
    std::uint64_t appended = 0;
    std::uint64_t unread = 0;
    auto& log = static_cast<Topic&>(rig.component("log"));
    for (int step = 1; step <= 20; ++step) {
      rig.run(Time{step * 20s});
      appended = unread = 0;
      for (std::uint32_t p = 0; p < 7; ++p) {
        appended += log.partition(p).log.end();
        unread += log.partition(p).log.kept();
      }
    }
    CHECK(appended > 10'000);
    CHECK(rig.count("group", "unprocessed") == 0);
    CHECK(unread == 0);
    CHECK(appended == rig.count("group", "processed") + rig.count("group", "skipped"));
    CHECK(rig.count("group", "duplicates") > 100);
    CHECK(rig.count("group", "rebalances") > 20);
    CHECK((rig.count("group", "skipped") > 0) == skips);
    CHECK(rig.count("group", "failed") > 200);
  }
}

TEST_CASE("consumer_group: messages done, given up and left add up in the middle too",
          "[models][messaging]") {
  GroupRig rig(R"("partitions": 3)",
               R"("consumers": 2, "on_failure": "skip",
                  "steps": [{"wait": {"exponential": "25ms"}}, {"fail": 0.1}])");
  rig.add(publishes(100, 5'000, 50));
  rig.run(Time{40s});
  std::uint64_t appended = 0;
  for (std::uint32_t p = 0; p < 3; ++p)
    appended += static_cast<Topic&>(rig.component("log")).partition(p).log.end();
  CHECK(appended == rig.count("group", "processed") + rig.count("group", "skipped") +
                        rig.count("group", "unprocessed"));
  CHECK(rig.count("group", "unprocessed") > 0);
}

}  // namespace
}  // namespace highwater::messaging
