// Consumer groups under Kafka's group protocol: who reads what, what stands still and for how long.
// How the assignors decide, and the protocol by itself, are tested in tests/messaging.

#include "models/messaging/group_protocol.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/messaging/consumer_group.h"
#include "tests/models/messaging_rig.h"

namespace highwater::messaging {
namespace {

using testing::Load;
using testing::ModelRig;
using testing::problems_of;
using testing::write_of;

Load publishes(double per_second, std::uint64_t messages) {
  Load load;
  load.to = "log";
  load.per_second = per_second;
  load.requests = messages;
  load.make = [](RandomStream& random) { return write_of(random.below(1000)); };
  return load;
}

/// 12 partitions, 100 messages a second for 200 s, four consumers, one of them dead from 60 s to
/// 120 s.
struct Run {
  std::size_t distinct = 0;
  std::uint64_t rebalances = 0;
  std::size_t in_second_70 = 0;
};

Run run(const std::string& parameters, bool dies = true) {
  GroupRig rig(R"("partitions": 12)",
               R"("consumers": 4, "session_timeout": "10s",
                  "steps": [{"wait": "5ms"}, {"call": "probe"}])" +
                   parameters);
  rig.add(publishes(100, 20'000));
  if (dies) {
    rig.at(Time{60s}, [&] { rig.instance("group", 1).kill(false); });
    rig.at(Time{120s}, [&] { rig.instance("group", 1).revive(); });
  }
  rig.run(Time{400s});
  Run result;
  std::set<std::uint64_t> distinct;
  for (const Probe::Seen& seen : rig.probe_component().seen) {
    distinct.insert(seen.id);
    result.in_second_70 += seen.at >= Time{65s} && seen.at < Time{70s};
  }
  result.distinct = distinct.size();
  result.rebalances = rig.count("group", "rebalances");
  CHECK(rig.count("group", "unprocessed") == 0);
  return result;
}

TEST_CASE("group protocol: every assignor has every message processed, whoever dies",
          "[models][messaging]") {
  for (const std::string assignor : {"range", "roundrobin", "sticky", "cooperative_sticky"}) {
    INFO(assignor);
    const Run result = run(R"(, "assignor": ")" + assignor + "\"");
    CHECK(result.distinct == 20'000);
    CHECK(result.rebalances >= 3);
  }
}

TEST_CASE("group protocol: eager groups wait for the slowest, cooperative ones read on",
          "[models][messaging]") {
  // Consumer 2 is gone for good at 60 s, which shows at 70 s; consumer 0 has a message of 2 s in
  // hand then, and joins the rebalance when that is done.
  const auto longest_silence = [](const std::string& assignor) {
    GroupRig rig(R"("partitions": 12)",
                 R"("consumers": 3, "session_timeout": "10s", "max_poll_records": 1,
                    "steps": [{"compute": "5ms"}, {"call": "probe"}], "assignor": ")" +
                     assignor + "\"");
    rig.add(publishes(100, 10'000));
    rig.at(Time{60s}, [&] { rig.instance("group", 2).kill(false); });
    rig.at(Time{65s}, [&] { rig.instance("group", 0).slow(400); });
    rig.at(Time{75s}, [&] { rig.instance("group", 0).restore_speed(400); });
    rig.run(Time{400s});
    Duration longest{};
    Time last{66s};
    for (const Probe::Seen& seen : rig.probe_component().seen) {
      if (seen.at < Time{66s} || seen.at > Time{90s}) continue;
      longest = std::max(longest, seen.at - last);
      last = seen.at;
    }
    CHECK(rig.count("group", "unprocessed") == 0);
    return longest;
  };
  CHECK(longest_silence("range") > 700ms);
  CHECK(longest_silence("range") <= 2100ms);
  CHECK(longest_silence("cooperative_sticky") < 500ms);
}

TEST_CASE("group protocol: a dead consumer's partitions lie idle until its session is over",
          "[models][messaging]") {
  const Run dead = run(R"(, "assignor": "cooperative_sticky")");
  const Run alive = run(R"(, "assignor": "cooperative_sticky")", false);
  CHECK(static_cast<double>(dead.in_second_70) / static_cast<double>(alive.in_second_70) ==
        Approx(0.75).margin(0.08));
  CHECK(alive.rebalances < dead.rebalances);
}

TEST_CASE("group protocol: nobody reads before the first rebalance is over",
          "[models][messaging]") {
  const auto first = [](const std::string& more) {
    GroupRig rig(R"("partitions": 4)",
                 R"("assignor": "range", "steps": [{"call": "probe"}])" + more);
    rig.send(Time{0s}, "log", write_of(1));
    rig.run(Time{60s});
    return seconds(rig.probe_component().seen.front().at - Time{});
  };
  CHECK(first("") == 3);
  CHECK(first(R"(, "initial_rebalance_delay": "1s")") == 1);
  // Who joins during the delay makes it begin anew, once.
  CHECK(first(R"(, "consumers": 2)") == 6);
}

TEST_CASE("group protocol: a static member that is back in time takes its old place",
          "[models][messaging]") {
  const auto rebalances = [](const std::string& more) {
    GroupRig rig(R"("partitions": 4)",
                 R"("consumers": 2, "assignor": "range", "session_timeout": "30s",
                    "steps": [{"call": "probe"}])" +
                     more);
    rig.at(Time{20s}, [&] { rig.instance("group", 1).kill(false); });
    rig.at(Time{25s}, [&] { rig.instance("group", 1).revive(); });
    rig.run(Time{200s});
    return rig.count("group", "rebalances");
  };
  CHECK(rebalances(R"(, "static_members": true)") == 1);
  CHECK(rebalances("") > 1);
}

TEST_CASE("group protocol: who does not poll in time leaves, and is back when it does",
          "[models][messaging]") {
  const auto left = [](const std::string& more) {
    GroupRig rig(R"("partitions": 2)",
                 R"("consumers": 2, "assignor": "range", "max_poll_records": 1,
                    "steps": [{"wait": "20s"}])" +
                     more);
    for (int i = 0; i < 6; ++i)
      rig.send(Time{0s}, "log", write_of(key_of(static_cast<std::uint32_t>(i % 2), 2)));
    rig.run(Time{1000s});
    CHECK(rig.count("group", "unprocessed") == 0);
    return std::count_if(rig.happenings().begin(), rig.happenings().end(),
                         [](const Happening& h) { return h.kind == "left group"; });
  };
  CHECK(left("") == 0);
  CHECK(left(R"(, "max_poll_interval": "15s")") > 0);
}

TEST_CASE("group protocol: what is wrong with it is said", "[models][messaging][input]") {
  const auto says = [](const std::string& more) {
    return problems_of(consumer_group(), R"({"kind": "consumer_group", "topic": "log",
                                             "steps": [])" +
                                             more + "}");
  };
  CHECK_THAT(says(R"(, "assignor": "stiky")"), Catch::Contains("sticky"));
  CHECK_THAT(says(R"(, "max_poll_interval": "1s")"), Catch::Contains("needs an assignor"));
  CHECK_THAT(says(R"(, "assignor": "range", "heartbeat_interval": "50s")"),
             Catch::Contains("shorter than the session_timeout"));
  CHECK(says(R"(, "assignor": "cooperative_sticky", "static_members": true,
                 "heartbeat_interval": "1s")")
            .empty());
}

}  // namespace
}  // namespace highwater::messaging
