// Bounds of an autoscaler that change by the clock. Which hold when is tested in
// tests/scaling/capacity_schedule_test.cpp.

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "models/scaling/autoscaler.h"
#include "models/scaling/schedule_params.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater::schedule_test {
namespace {

using Catch::Contains;
using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;
using testing::read_of;

using Changes = std::vector<std::string>;

std::string api(const std::string& autoscaler) {
  return R"({"api": {"kind": "service", "workers": 1000, "service_time": "10ms", "replicas": 2,
             "autoscaler": {)" +
         autoscaler + "}}}";
}

/// What the autoscaler did, as "seconds from to". @param per_second  Requests, until the end.
Changes changes(const std::string& autoscaler, double per_second = 0, Duration end = 600s) {
  ModelRig rig({service::service()}, api(autoscaler));
  if (per_second > 0) {
    Load load;
    load.to = "api";
    load.per_second = per_second;
    load.requests = static_cast<std::uint64_t>(per_second * seconds(end));
    rig.add(load);
  }
  rig.run(Time{end});
  Changes result;
  for (const Happening& happening : rig.happenings()) {
    const std::size_t from = happening.text.find(" from ");
    const auto second = std::chrono::floor<std::chrono::seconds>(happening.at.time_since_epoch());
    result.push_back(std::to_string(second.count()) + happening.text.substr(from + 5));
  }
  return result;
}

/// Nobody comes, and what there is stays until the limits say otherwise.
std::string idle(const std::string& schedule) {
  return R"("simple_scaling": {"alarms": [{"above": 1e9, "add": 1}]},
            "min_replicas": 2, "max_replicas": 8, "schedule": )" +
         schedule;
}

TEST_CASE("schedule: what is outside of the new bounds is brought in at once", "[autoscaling]") {
  CHECK(changes(idle(R"([{"at": "100s", "min_replicas": 5}])")) == Changes{"100 2 to 5"});
  CHECK(changes(idle(R"([{"at": "100s", "min_replicas": 1, "max_replicas": 1}])")) ==
        Changes{"100 2 to 1"});
  CHECK(changes(idle(R"([{"at": "0s", "min_replicas": 3}])")) == Changes{"0 2 to 3"});
  // More than the usual maximum: there is room for them.
  CHECK(changes(idle(R"([{"at": "100s", "min_replicas": 20, "max_replicas": 30}])")) ==
        Changes{"100 2 to 20"});
  // Where nothing is outside, nothing happens.
  CHECK(changes(idle(R"([{"at": "100s", "min_replicas": 1, "max_replicas": 9}])")).empty());
}

TEST_CASE("schedule: it ends, and comes again", "[autoscaling]") {
  // Its maximum brings down; what the end leaves stays where no alarm rings.
  CHECK(changes(idle(R"([{"at": "100s", "for": "50s", "min_replicas": 5},
                         {"at": "150s", "for": "1s", "max_replicas": 3}])")) ==
        Changes{"100 2 to 5", "150 5 to 3"});
  const std::string again = R"([
      {"at": "100s", "every": "200s", "min_replicas": 6, "max_replicas": 6},
      {"at": "150s", "every": "200s", "min_replicas": 2, "max_replicas": 3}])";
  CHECK(changes(idle(again)) == Changes{"100 2 to 6", "150 6 to 3", "300 3 to 6", "350 6 to 3",
                                        "500 3 to 6", "550 6 to 3"});
}

TEST_CASE("schedule: every kind of autoscaler keeps to it", "[autoscaling]") {
  // 100 requests a second, far too many for any target: up to the maximum that holds.
  const auto most = [](const std::string& scaler) {
    ModelRig rig({service::service()}, api(scaler + R"(, "min_replicas": 1, "max_replicas": 4,
                     "schedule": [{"at": "600s", "for": "600s", "max_replicas": 7},
                                  {"at": "1800s", "min_replicas": 2, "max_replicas": 3}])"));
    Load load;
    load.to = "api";
    load.per_second = 100;
    load.requests = 240'000;
    rig.add(load);
    std::vector<std::size_t> listed;
    for (const Duration at : {599s, 1199s, 1201s, 1801s})
      rig.at(Time{at}, [&] {
        const auto instances = rig.component("api").instances();
        listed.push_back(static_cast<std::size_t>(std::count_if(
            instances.begin(), instances.end(), [](const auto& one) { return one->listed(); })));
      });
    rig.run(Time{2400s});
    return listed;
  };
  const std::vector<std::size_t> expected{4, 7, 4, 3};
  CHECK(most(R"("hpa": {"target_rate": "1/s"})") == expected);
  CHECK(most(R"("kpa": {"target_rate": "1/s"})") == expected);
  CHECK(most(R"("target_tracking": {"target": 10, "metric": "requests",
                                    "scale_out_cooldown": "60s"})") == expected);
  CHECK(most(R"("step_scaling": {"metric": "requests", "cooldown": "60s",
                                 "alarms": [{"above": 9, "steps": [{"add": 9}]}]})") == expected);
  CHECK(most(R"("simple_scaling": {"metric": "requests", "cooldown": "60s",
                                   "alarms": [{"above": 9, "add": 9}]})") == expected);
}

TEST_CASE("schedule: with the HPA the floor holds while it would shrink", "[autoscaling]") {
  // 15 a second are enough for two of 10; the floor ends between two decisions.
  const std::string hpa = R"("hpa": {"target_rate": "10/s", "scale_down": {
                               "stabilization_window": "0s"}}, "min_replicas": 1,
                             "max_replicas": 9, "schedule": [
                               {"at": "100s", "for": "200s", "min_replicas": 6}])";
  CHECK(changes(hpa, 15, 590s) == Changes{"100 2 to 6", "300 6 to 2"});
  // A policy for shrinking that allows one a minute begins where the floor ends.
  CHECK(changes(R"("hpa": {"target_rate": "10/s", "scale_down": {"stabilization_window": "0s",
                     "policies": [{"pods": 2, "period": "60s"}]}}, "min_replicas": 1,
                   "max_replicas": 9, "schedule": [
                     {"at": "100s", "for": "200s", "min_replicas": 6}])",
                15, 590s) == Changes{"100 2 to 6", "300 6 to 4", "360 4 to 2"});
}

TEST_CASE("schedule: scaled to zero at night, and warm before the first comes", "[autoscaling]") {
  const std::string nights = R"("kpa": {}, "min_replicas": 0, "max_replicas": 5, "schedule": [
      {"at": "1000s", "for": "1000s", "min_replicas": 3}])";
  CHECK(changes(nights, 0, 3000s) ==
        Changes{"64 2 to 1", "68 1 to 0", "1000 0 to 3", "2000 3 to 1", "2032 1 to 0"});
  // The other way round: nothing at night, and who comes all the same is waited for.
  ModelRig rig({service::service()}, api(R"("kpa": {}, "min_replicas": 1, "max_replicas": 5,
                      "schedule": [{"at": "1000s", "for": "1000s", "min_replicas": 0}])"));
  const Answer& night = rig.send(Time{1500s}, "api", read_of(1));
  std::size_t evening = 9;
  std::size_t midnight = 9;
  std::size_t morning = 9;
  const auto listed = [&] {
    const auto instances = rig.component("api").instances();
    return static_cast<std::size_t>(std::count_if(instances.begin(), instances.end(),
                                                  [](const auto& one) { return one->listed(); }));
  };
  rig.at(Time{999s}, [&] { evening = listed(); });
  rig.at(Time{1400s}, [&] { midnight = listed(); });
  rig.at(Time{2001s}, [&] { morning = listed(); });
  rig.run(Time{2500s});
  CHECK(evening == 1);
  CHECK(midnight == 0);
  CHECK(morning == 1);
  CHECK(night.reply.ok());
}

TEST_CASE("schedule: it turns while nobody is there", "[autoscaling]") {
  ModelRig rig({service::service()}, api(idle(R"([{"at": "100s", "min_replicas": 5}])")));
  rig.fault(faults::kill(), R"({"at": "50s", "for": "100s", "kill": "api"})");
  const auto up = [&] {
    const auto instances = rig.component("api").instances();
    return static_cast<std::size_t>(
        std::count_if(instances.begin(), instances.end(), [](const auto& i) { return i->up(); }));
  };
  std::size_t dead = 9;
  std::size_t floor = 0;
  std::size_t all = 0;
  rig.at(Time{99s}, [&] { dead = up(); });
  rig.at(Time{101s}, [&] { floor = up(); });
  rig.at(Time{151s}, [&] { all = up(); });
  rig.run(Time{200s});
  CHECK(dead == 0);
  CHECK(floor == 3);  // the fault hit those that were there
  CHECK(all == 5);
}

TEST_CASE("schedule: a run by the clock has no steady state", "[autoscaling]") {
  ModelRig with({service::service()}, api(idle(R"([{"at": "1s", "min_replicas": 3}])")));
  CHECK_FALSE(with.component("api").has_steady_state());
  ModelRig without({service::service()}, api(idle("[]")));
  CHECK(without.component("api").has_steady_state());
}

TEST_CASE("schedule: what is wrong with it is said", "[autoscaling]") {
  const auto says = [](const std::string& schedule,
                       const std::string& bounds = R"("min_replicas": 2, "max_replicas": 8)",
                       const std::string& scaler = R"("hpa": {})") {
    return problems_of(service::service(),
                       R"({"kind": "service", "service_time": "1ms", "autoscaler": {)" + scaler +
                           ", " + bounds + R"(, "schedule": )" + schedule + "}}");
  };
  CHECK(says(R"([{"at": "1h", "for": "1h", "every": "24h", "min_replicas": 8}])").empty());
  CHECK_THAT(says(R"([{"min_replicas": 8}])"), Contains("at"));
  CHECK_THAT(says(R"([{"at": "1h"}])"), Contains("changes nothing"));
  CHECK_THAT(says(R"([{"at": "1h", "min_replicas": 3, "max_replicas": 2}])"),
             Contains("3 is more than max_replicas, 2"));
  CHECK_THAT(says(R"([{"at": "1h", "min_replicas": 9}])"),
             Contains("9 is more than max_replicas of the autoscaler, 8: say both"));
  CHECK_THAT(says(R"([{"at": "1h", "max_replicas": 1}])"),
             Contains("1 is less than the usual min_replicas, 2: say both"));
  CHECK_THAT(says(R"([{"at": "1h", "min_replicas": 7}, {"at": "2h", "max_replicas": 6}])"),
             Contains("7 is more than max_replicas of action 1, 6, and both may hold together"));
  CHECK(says(R"([{"at": "1h", "min_replicas": 7, "max_replicas": 8},
                 {"at": "2h", "min_replicas": 2, "max_replicas": 6}])")
            .empty());
  CHECK_THAT(says(R"([{"at": "1h", "for": "2h", "every": "2h", "min_replicas": 3}])"),
             Contains("never ends"));
  CHECK_THAT(says(R"([{"at": "1h", "min_replicas": 0}])"), Contains("only kpa scales to zero"));
  CHECK(says(R"([{"at": "1h", "min_replicas": 0}])", R"("min_replicas": 1, "max_replicas": 8)",
             R"("kpa": {"scale_to_zero_grace_period": "60s"})")
            .empty());
  CHECK_THAT(says(R"([{"at": "1h", "min_replicas": 20000}])"), Contains("10000"));
  // Those that are never there together may differ.
  const std::string day = R"([{"at": "8h", "for": "4h", "every": "24h", "min_replicas": 7}, )";
  CHECK(says(day + R"({"at": "12h", "for": "20h", "every": "24h", "max_replicas": 6}])").empty());
  CHECK(says(day + R"({"at": "36h", "for": "20h", "every": "24h", "max_replicas": 6}])").empty());
  for (const char* other : {R"({"at": "12h", "for": "21h", "every": "24h", "max_replicas": 6}])",
                            R"({"at": "11h", "for": "4h", "every": "24h", "max_replicas": 6}])",
                            R"({"at": "12h", "for": "20h", "every": "23h", "max_replicas": 6}])",
                            R"({"at": "12h", "for": "20h", "max_replicas": 6}])",
                            R"({"at": "12h", "every": "24h", "max_replicas": 6}])"})
    CHECK_THAT(says(day + other), Contains("may hold together"));
  CHECK(says(R"([{"at": "1h", "for": "1h", "min_replicas": 7},
                 {"at": "2h", "max_replicas": 6}])")
            .empty());
  // All of them at once.
  const std::string own = says(R"([{"at": "1h"}, {"at": "1h", "min_replicas": 3},
                                   {"at": "1h", "for": "3s", "every": "2s", "max_replicas": 4}])");
  CHECK_THAT(own, Contains("changes nothing") && Contains("never ends"));
  const std::string joint =
      says(R"([{"at": "1h", "min_replicas": 9}, {"at": "1h", "max_replicas": 1}])");
  CHECK_THAT(joint, Contains("say both") && Contains("less than the usual") &&
                        Contains("may hold together"));
}

}  // namespace
}  // namespace highwater::schedule_test
