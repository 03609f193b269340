// A consumer group whose consumers live: times against their closed forms, order, sharing out, and
// every parameter by what it changes. Deaths are the business of consumer_group_outage_test.cpp.

#include "models/messaging/consumer_group.h"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

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

Load publishes(double per_second, std::uint64_t messages, std::uint64_t keys = 1) {
  Load load;
  load.to = "log";
  load.per_second = per_second;
  load.requests = messages;
  load.make = [keys](RandomStream& random) { return write_of(random.below(keys)); };
  return load;
}

ModelRig::Options lasting(Duration duration) {
  ModelRig::Options options;
  options.duration = duration;
  return options;
}

TEST_CASE("consumer_group: one partition and exponential steps are M/M/1", "[models][messaging]") {
  GroupRig rig("", R"("steps": [{"wait": {"exponential": "10ms"}}])", lasting(4000s));
  rig.add(publishes(50, 195'000));
  rig.run(Time{4000s});
  // rho = 0.5, mu - lambda = 50/s: 20 ms from append to done, 1 message appended and not done.
  CHECK(rig.value("group", "end_to_end_ms", Time{100s}) == Approx(20).epsilon(0.03));
  CHECK(rig.value("group", "processing_ms", Time{100s}) == Approx(10).epsilon(0.01));
  CHECK(rig.value("group", "lag") == Approx(1.0 * 3900 / 4000).epsilon(0.04));
  CHECK(rig.value("group", "utilization") == Approx(0.5 * 3900 / 4000).epsilon(0.02));
  CHECK(rig.value("group", "throughput_rps") == Approx(195'000.0 / 4000));
  CHECK(rig.count("group", "processed") == 195'000);
  CHECK(rig.count("group", "unprocessed") == 0);
  CHECK(rig.count("group", "duplicates") == 0);
  CHECK(rig.count("group", "rebalances") == 0);
}

TEST_CASE("consumer_group: the sample of the language is read", "[models][messaging]") {
  const auto problems = [](const std::string& parameters) {
    return problems_of(consumer_group(), R"({"kind": "consumer_group", )" + parameters + "}");
  };
  CHECK(problems(R"("topic": "email-topic", "consumers": 3, "steps": [{"wait": "30ms"}])") == "");
  CHECK(problems(R"("topic": "emails", "consumers": 3, "steps": [{"call": "smtp"}])") == "");
}

TEST_CASE("consumer_group: what is wrong with its parameters is said", "[models][messaging]") {
  const auto problems = [](const std::string& parameters) {
    return problems_of(consumer_group(), R"({"kind": "consumer_group", )" + parameters + "}");
  };
  const std::string good = R"("topic": "log", "steps": [{"wait": "1ms"}])";
  CHECK(problems(good) == "");
  CHECK_THAT(problems(R"("steps": [{"wait": "1ms"}])"), Contains("topic"));
  CHECK_THAT(problems(R"("topic": "log")"), Contains("steps"));
  CHECK_THAT(problems(R"("topic": 3, "steps": [])"), Contains("topic"));
  CHECK_THAT(problems(good + R"(, "consumers": 10001)"), Contains("10000"));
  CHECK_THAT(problems(good + R"(, "consumers": 0)"), Contains("consumers"));
  CHECK_THAT(problems(good + R"(, "concurrency": 0)"), Contains("concurrency"));
  CHECK_THAT(problems(good + R"(, "max_poll_records": 0)"), Contains("max_poll_records"));
  CHECK_THAT(problems(good + R"(, "commit_interval": "0s")"), Contains("commit_interval"));
  CHECK_THAT(problems(good + R"(, "session_timeout": "0s")"), Contains("session_timeout"));
  CHECK_THAT(problems(good + R"(, "retry_backoff": "0s")"), Contains("retry_backoff"));
  CHECK_THAT(problems(good + R"(, "retry_backoff": 100)"), Contains("retry_backoff"));
  CHECK_THAT(problems(good + R"(, "on_failure": "drop")"), Contains("skip"));
  CHECK_THAT(problems(good + R"(, "cores": -1)"), Contains("cores"));
  CHECK_THAT(problems(R"("topic": "log", "steps": [{"wiat": "1ms"}])"), Contains("wait"));
  CHECK_FALSE(consumer_group().info.callable);
  CHECK_FALSE(consumer_group().info.publishable);
}

TEST_CASE("consumer_group: the messages of a partition are processed in order, one at a time",
          "[models][messaging]") {
  GroupRig rig(R"("partitions": 5)",
               R"("consumers": 2, "concurrency": 3,
                  "steps": [{"wait": {"exponential": "4ms"}}, {"call": "probe"}])");
  rig.add(publishes(700, 20'000, 1000));
  rig.run(Time{100s});
  const auto& seen = rig.probe_component().seen;
  REQUIRE(seen.size() == 20'000);
  std::map<std::uint32_t, std::uint64_t> last;
  std::size_t overtakings = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    std::uint64_t& before = last[hashing::kafka_partition(seen[i].key, 5)];
    REQUIRE(seen[i].id > before);
    before = seen[i].id;
    overtakings += i > 0 && seen[i].id < seen[i - 1].id;
  }
  CHECK(overtakings > 1000);  // between partitions there is no order
}

TEST_CASE("consumer_group: consumers share the partitions as the range assignor says",
          "[models][messaging]") {
  GroupRig rig(R"("partitions": 7)", R"("consumers": 3, "steps": [{"wait": "1ms"}])");
  std::vector<std::uint64_t> expected(3);
  for (std::uint64_t key = 0; key < 700; ++key) {
    rig.send(Time{1s}, "log", write_of(key));
    const std::uint32_t partition = hashing::kafka_partition(key, 7);
    ++expected[partition < 3 ? 0 : partition < 5 ? 1 : 2];
  }
  rig.run(Time{10s});
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string consumer = "group[" + std::to_string(i) + "]";
    CHECK(rig.value(consumer, "throughput_rps") == Approx(double(expected[i]) / 10));
    CHECK(rig.value(consumer, "utilization") == Approx(double(expected[i]) * 0.001 / 10));
  }
  CHECK(rig.value("group", "utilization") == Approx(0.7 / 3 / 10));
}

TEST_CASE("consumer_group: consumers beyond the partitions do nothing, and that is said",
          "[models][messaging]") {
  GroupRig rig(R"("partitions": 2)", R"("consumers": 3, "steps": [{"wait": "1ms"}])");
  rig.add(publishes(100, 1000, 100));
  rig.run(Time{100s});
  CHECK(rig.value("group[1]", "utilization") > 0);
  CHECK(rig.value("group[2]", "utilization") == 0);

  Problems problems;
  const auto value =
      parse_json(R"({"consumers": 3, "steps": []})", problems.add_source("test.json"), problems);
  const std::string path = "/components/group";
  rig.component("group").examine({*value, path, problems});
  CHECK_THAT(problems.text(), Contains("warning") && Contains("1 of them have nothing to do"));
}

TEST_CASE("consumer_group: calls in its steps to endpoints that are not there are reported",
          "[models][messaging]") {
  GroupRig rig("", R"("steps": [{"call": "probe"}])");
  Problems problems;
  const auto value = parse_json(R"({"steps": [{"call": "probe", "endpoint": "GET /"}]})",
                                problems.add_source("test.json"), problems);
  const std::string path = "/components/group";
  rig.component("group").examine({*value, path, problems});
  CHECK_THAT(problems.text(), Contains("/steps/0/endpoint") || Contains("\"GET /\""));
}

TEST_CASE("consumer_group: concurrency is the number of partitions worked on at once",
          "[models][messaging]") {
  const auto done_at = [](const std::string& concurrency) {
    GroupRig rig(R"("partitions": 3)",
                 R"("steps": [{"wait": "10ms"}, {"call": "probe"}])" + concurrency);
    for (std::uint32_t p = 0; p < 3; ++p) rig.send(Time{1s}, "log", write_of(key_of(p, 3)));
    rig.run(Time{2s});
    std::vector<Duration> times;
    for (const Probe::Seen& seen : rig.probe_component().seen) times.push_back(seen.at - Time{1s});
    CHECK(rig.value("group", "utilization") ==
          Approx(0.030 / 2 / (concurrency.empty() ? 1 : concurrency.back() - '0')));
    return times;
  };
  CHECK(done_at("") == std::vector<Duration>{10ms, 20ms, 30ms});
  CHECK(done_at(R"(, "concurrency": 2)") == std::vector<Duration>{10ms, 10ms, 20ms});
  CHECK(done_at(R"(, "concurrency": 3)") == std::vector<Duration>{10ms, 10ms, 10ms});
}

TEST_CASE("consumer_group: threads share the cores of their consumer", "[models][messaging]") {
  const auto mean_ms = [](const std::string& cores) {
    GroupRig rig(R"("partitions": 2)",
                 R"("concurrency": 2, "steps": [{"compute": "10ms"}])" + cores);
    for (std::uint32_t p = 0; p < 2; ++p) rig.send(Time{1s}, "log", write_of(key_of(p, 2)));
    rig.run(Time{2s});
    CHECK(rig.value("group", "cpu_utilization") == Approx(cores.empty() ? 0.005 : 0.010));
    return rig.value("group", "processing_ms");
  };
  CHECK(mean_ms("") == Approx(10));
  CHECK(mean_ms(R"(, "cores": 1)") == Approx(20));
}

TEST_CASE("consumer_group: a slow consumer computes that much longer", "[models][messaging]") {
  GroupRig rig("", R"("steps": [{"compute": "10ms"}])");
  rig.at(Time{1s}, [&] { rig.instance("group", 0).slow(3); });
  rig.send(Time{2s}, "log", write_of(1));
  rig.run(Time{3s});
  CHECK(rig.value("group", "processing_ms") == Approx(30));
}

/// When the messages published at 1 s + `offsets` are seen, from 1 s, with 2 ms one way.
std::vector<Duration> seen_over_network(const std::vector<Duration>& offsets,
                                        const std::string& steps) {
  ModelRig::Options options;
  options.network.zones = {"a", "b"};
  options.network.cross_zone = Distribution::constant(2ms);
  GroupRig rig(R"("zones": ["a"])", R"("zones": ["b"], "steps": )" + steps, options);
  for (const Duration offset : offsets) rig.send(Time{1s} + offset, "log", write_of(1));
  rig.run(Time{2s});
  std::vector<Duration> times;
  for (const Probe::Seen& seen : rig.probe_component().seen) times.push_back(seen.at - Time{1s});
  return times;
}

TEST_CASE(
    "consumer_group: a message takes one way, and one that comes while the next fetch is on "
    "its way waits for that",
    "[models][messaging]") {
  const std::string probe = R"([{"call": "probe"}])";
  CHECK(seen_over_network({0ms}, probe) == std::vector<Duration>{2ms});
  // The answer leaves at 0, the next fetch comes to the broker at 4 ms and brings the other two.
  CHECK(seen_over_network({0ms, 1ms, 3ms}, probe) == std::vector<Duration>{2ms, 6ms, 6ms});
  CHECK(seen_over_network({0ms, 5ms}, probe) == std::vector<Duration>{2ms, 7ms});
  // The next fetch is under way while a message is worked on.
  CHECK(seen_over_network({0ms, 1ms}, R"([{"call": "probe"}, {"wait": "10ms"}])") ==
        std::vector<Duration>{2ms, 12ms});
}

TEST_CASE("consumer_group: consumers stand in the zones given, in turn", "[models][messaging]") {
  ModelRig::Options options;
  options.network.zones = {"a", "b"};
  GroupRig rig("", R"("consumers": 3, "zones": ["b", "a"], "steps": [])", options);
  std::vector<Zone> zones;
  for (const auto& consumer : rig.component("group").instances()) zones.push_back(consumer->zone());
  CHECK(zones == std::vector<Zone>{1, 0, 1});
}

TEST_CASE("consumer_group: a latency fault on the way to the topic delays its messages",
          "[models][messaging]") {
  GroupRig rig("", R"("steps": [{"call": "probe"}])");
  Edge& edge = rig.directory().edge(rig.component("group"), rig.component("log"), true);
  rig.at(Time{1s}, [&] { edge.add_latency(20ms, nullptr); });
  rig.send(Time{2s}, "log", write_of(1));
  rig.at(Time{3s}, [&] { edge.remove_latency(20ms, nullptr); });
  rig.send(Time{4s}, "log", write_of(1));
  rig.run(Time{5s});
  const auto& seen = rig.probe_component().seen;
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].at == Time{2020ms});
  CHECK(seen[1].at == Time{4s});
}

TEST_CASE("consumer_group: a cut to the topic keeps messages back until it heals",
          "[models][messaging]") {
  GroupRig rig("", R"("steps": [{"call": "probe"}])");
  Edge& edge = rig.directory().edge(rig.component("group"), rig.component("log"), true);
  rig.at(Time{1s}, [&] { edge.cut(true, true); });
  rig.send(Time{2s}, "log", write_of(1));
  rig.at(Time{3s}, [&] { edge.heal(true, true); });
  rig.send(Time{4s}, "log", write_of(1));
  rig.run(Time{5s});
  const auto& seen = rig.probe_component().seen;
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].at == Time{3s});
  CHECK(seen[1].at == Time{4s});
}

TEST_CASE("consumer_group: retry tries a failed message again and holds back those behind it",
          "[models][messaging]") {
  const auto seen_at = [](const std::string& backoff) {
    GroupRig rig("", R"("steps": [{"wait": "10ms"}, {"call": "probe"}])" + backoff);
    int failures = 2;
    rig.probe_component().answer = [&](const Request&) {
      return failures-- > 0 ? Status::error : Status::ok;
    };
    rig.send(Time{1s}, "log", write_of(1));
    rig.send(Time{1s}, "log", write_of(1));
    rig.run(Time{20s});
    std::vector<std::pair<std::uint64_t, Duration>> seen;
    for (const Probe::Seen& each : rig.probe_component().seen)
      seen.emplace_back(each.id, each.at - Time{1s});
    CHECK(rig.count("group", "failed") == 2);
    CHECK(rig.count("group", "skipped") == 0);
    CHECK(rig.count("group", "processed") == 2);
    CHECK(rig.count("group", "duplicates") == 0);
    return seen;
  };
  using Seen = std::vector<std::pair<std::uint64_t, Duration>>;
  CHECK(seen_at("") == Seen{{1, 10ms}, {1, 120ms}, {1, 230ms}, {2, 240ms}});
  CHECK(seen_at(R"(, "retry_backoff": "1s")") ==
        Seen{{1, 10ms}, {1, 1020ms}, {1, 2030ms}, {2, 2040ms}});
}

TEST_CASE("consumer_group: skip gives a failed message up", "[models][messaging]") {
  GroupRig rig("", R"("on_failure": "skip", "steps": [{"call": "probe"}, {"wait": "10ms"}])");
  rig.probe_component().answer = [](const Request& request) {
    return request.id % 3 == 0 ? Status::error : Status::ok;
  };
  for (int i = 0; i < 9; ++i) rig.send(Time{1s}, "log", write_of(1));
  rig.run(Time{2s});
  CHECK(rig.probe_component().ids() == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(rig.count("group", "failed") == 3);
  CHECK(rig.count("group", "skipped") == 3);
  CHECK(rig.count("group", "processed") == 6);
  CHECK(rig.count("group", "unprocessed") == 0);
  CHECK(rig.value("group", "throughput_rps") == Approx(3));
  CHECK(rig.value("group", "end_to_end_ms") == Approx((10 + 20 + 30 + 40 + 50 + 60) / 6.0));
}

TEST_CASE("consumer_group: every attempt at a message draws by itself", "[models][messaging]") {
  GroupRig rig("", R"("retry_backoff": "1ms", "steps": [{"fail": 0.5}])", lasting(1000s));
  rig.add(publishes(100, 50'000));
  rig.run(Time{1000s});
  CHECK(rig.count("group", "processed") == 50'000);
  CHECK(double(rig.count("group", "failed")) == Approx(50'000).margin(1600));  // five deviations
}

TEST_CASE("consumer_group: groups read the same messages, each at its own pace",
          "[models][messaging]") {
  const std::string other =
      R"("slow": {"kind": "consumer_group", "topic": "log", "commit_interval": "1s",
                  "max_poll_records": 5, "steps": [{"wait": "100ms"}]})";
  GroupRig rig("", R"("commit_interval": "1s", "steps": [{"wait": "1ms"}])", lasting(100s), other);
  rig.add(publishes(20, 1000));
  rig.run(Time{100s});
  CHECK(rig.count("group", "processed") == 1000);
  CHECK(rig.count("slow", "processed") == Approx(999).margin(2));
  CHECK(rig.value("slow", "lag") > 100 * rig.value("group", "lag"));
  // Only what the slow one has not committed is kept.
  CHECK(static_cast<Topic&>(rig.component("log")).partition(0).log.kept() < 20);
}

TEST_CASE("consumer_group: the log does not grow with the run", "[models][messaging]") {
  GroupRig rig(R"("partitions": 3)", R"("consumers": 2, "steps": [{"wait": "1ms"}])",
               lasting(1000s));
  rig.add(publishes(100, 99'000, 100));
  std::size_t most = 0;
  for (int i = 1; i < 100; ++i)
    rig.at(Time{i * 10s}, [&] {
      std::size_t kept = 0;
      for (std::uint32_t p = 0; p < 3; ++p)
        kept += static_cast<Topic&>(rig.component("log")).partition(p).log.kept();
      most = std::max(most, kept);
    });
  rig.run(Time{1000s});
  CHECK(rig.count("group", "processed") == 99'000);
  CHECK(most > 0);
  CHECK(most < 800);  // five seconds' worth, for the commits
}

TEST_CASE("consumer_group: what else reads the topic changes none of its draws",
          "[models][messaging]") {
  const auto mean_of = [](const std::string& other) {
    GroupRig rig(R"("partitions": 3)", R"("consumers": 2, "steps": [{"wait": {"exponential":
                    "4ms"}}, {"call": "probe"}])",
                 lasting(100s), other);
    rig.add(publishes(100, 9'000, 100));
    rig.run(Time{100s});
    return rig.value("group", "end_to_end_ms");
  };
  const double alone = mean_of("");
  CHECK(alone > 4);
  CHECK(mean_of(R"("other": {"kind": "consumer_group", "topic": "log", "consumers": 3,
                             "steps": [{"wait": {"exponential": "9ms"}}]})") == alone);
}

TEST_CASE("consumer_group: a run is repeated to the nanosecond", "[models][messaging]") {
  const auto times = [] {
    GroupRig rig(R"("partitions": 4, "partitioner": "round_robin")",
                 R"("consumers": 3, "concurrency": 2,
                    "steps": [{"compute": {"exponential": "4ms"}}, {"call": "probe"}])");
    rig.add(publishes(300, 3'000, 100));
    rig.run(Time{20s});
    std::vector<std::pair<std::uint64_t, Time>> seen;
    for (const Probe::Seen& each : rig.probe_component().seen) seen.emplace_back(each.id, each.at);
    return seen;
  };
  const auto first = times();
  CHECK(first.size() == 3'000);
  CHECK(times() == first);
}

}  // namespace
}  // namespace highwater::messaging
