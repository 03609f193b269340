// A service whose number of instances follows its load. How each scaler decides is tested in
// tests/scaling.

#include "models/scaling/autoscaler.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/faults/faults.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;

std::string api(const std::string& more) {
  return R"({"api": {"kind": "service", "workers": 10, "cores": 1, "service_time": "10ms", )" +
         more + "}}";
}

/// `per_second` requests of 10 ms from `begin` on, for `seconds`.
Load load(double per_second, double seconds, Time begin = Time{}, const std::string& to = "api") {
  Load load;
  load.to = to;
  load.per_second = per_second;
  load.requests = static_cast<std::uint64_t>(per_second * seconds);
  load.begin = begin;
  return load;
}

std::size_t listed(ModelRig& rig) {
  const auto instances = rig.component("api").instances();
  return static_cast<std::size_t>(
      std::count_if(instances.begin(), instances.end(), [](const auto& i) { return i->listed(); }));
}

TEST_CASE("autoscaler: the HPA of the guide follows the load up and, slowly, down",
          "[autoscaling]") {
  ModelRig rig({service::service()},
               api(R"("replicas": 3, "autoscaler": {"hpa": {"target_cpu": "50%"},
                                     "min_replicas": 3, "max_replicas": 50})"));
  // 4 cores' worth of work for 20 minutes: eight instances at 50 %; then next to nothing.
  rig.add(load(400, 1200));
  rig.add(load(10, 1200, Time{1200s}));
  std::vector<std::size_t> replicas;
  for (int minute = 1; minute <= 40; ++minute)
    rig.at(Time{std::chrono::minutes{minute}} - 1ms, [&] { replicas.push_back(listed(rig)); });
  rig.run(Time{2400s});
  CHECK(replicas[4] >= 7);
  CHECK(replicas[4] <= 12);  // what has queued up meanwhile is worked off too
  CHECK(replicas[19] >= 7);
  CHECK(replicas[23] == replicas[19]);  // the stabilization window of 5 minutes
  CHECK(replicas[39] == 3);
  CHECK(*std::max_element(replicas.begin(), replicas.end()) <= 50);
  CHECK(rig.metric("api", "scale_ups").count >= 1);
  CHECK(rig.metric("api", "scale_downs").count >= 1);
  CHECK(rig.value("api", "utilization") < 1);
  CHECK(std::any_of(rig.happenings().begin(), rig.happenings().end(), [](const Happening& h) {
    return h.kind == "scale_up" && h.text.starts_with("api is scaled from 3 to ");
  }));
}

TEST_CASE("autoscaler: limits hold whatever the load", "[autoscaling][costly]") {
  for (const std::string scaler :
       {R"({"hpa": {}, "min_replicas": 2, "max_replicas": 4})",
        R"({"hpa": {"target_concurrency": 0.1}, "min_replicas": 2, "max_replicas": 4})",
        R"({"hpa": {"target_rate": "1/s"}, "min_replicas": 2, "max_replicas": 4})",
        R"({"kpa": {"target_concurrency": 0.1}, "min_replicas": 2, "max_replicas": 4})",
        R"({"target_tracking": {"target": 5}, "min_replicas": 2, "max_replicas": 4})",
        R"({"step_scaling": {"alarms": [{"above": 5, "steps": [{"add": 7}]}]},
            "min_replicas": 2, "max_replicas": 4})",
        R"({"simple_scaling": {"alarms": [{"above": 5, "set": 9}]},
            "min_replicas": 2, "max_replicas": 4})"}) {
    INFO(scaler);
    ModelRig rig({service::service()}, api(R"("replicas": 3, "autoscaler": )" + scaler));
    rig.add(load(500, 600));
    std::size_t most = 0;
    std::size_t least = 100;
    for (int second = 1; second < 3000; ++second)
      rig.at(Time{std::chrono::seconds{second}}, [&] {
        most = std::max(most, listed(rig));
        least = std::min(least, listed(rig));
      });
    rig.run(Time{3000s});
    CHECK(most == 4);
    CHECK(least >= 2);
  }
}

TEST_CASE("autoscaler: new instances take their time, and balancers use them when they are up",
          "[autoscaling]") {
  for (const std::string policy :
       {"nginx_round_robin", "envoy_least_request", "haproxy_leastconn", "envoy_maglev"}) {
    INFO(policy);
    ModelRig rig(
        {service::service(), balancer::load_balancer()},
        R"({"lb": {"kind": "load_balancer", "policy": ")" + policy + R"(", "targets": ["api"]},
            "api": {"kind": "service", "workers": 10, "cores": 1, "service_time": "10ms",
                    "start_time": "20s",
                    "autoscaler": {"kpa": {"target_concurrency": 1}, "max_replicas": 8,
                                   "scrape_interval": "1s"}, "scheduling_time": "10s"}})");
    Load work = load(300, 300, Time{}, "lb");
    work.make = [](RandomStream& random) {
      Request request;
      request.key = random.bits();
      return request;
    };
    std::size_t failed = 0;
    work.answered = [&](const Request&, const Answer& answer) { failed += !answer.reply.ok(); };
    rig.add(work);
    std::size_t at_25 = 0, at_60 = 0;
    rig.at(Time{25s}, [&] { at_25 = listed(rig); });
    rig.at(Time{60s}, [&] { at_60 = listed(rig); });
    rig.run(Time{400s});
    CHECK(at_25 == 1);
    CHECK(at_60 > 2);
    CHECK(failed == 0);  // nobody is asked who is not there, and nobody is cut off
    for (std::size_t i = 0; i < at_60; ++i) CHECK(rig.instance("api", i).received() > 100);
  }
}

TEST_CASE("autoscaler: an instance that goes finishes what it has begun, within its grace",
          "[autoscaling]") {
  const auto statuses = [](const std::string& grace) {
    ModelRig rig({service::service()},
                 R"({"api": {"kind": "service", "workers": 10, "service_time": "40s",
                             "replicas": 2,
                             "autoscaler": {"step_scaling": {"alarms": [{
                                                "below": 1000, "period": "10s",
                                                "steps": [{"remove": 1}]}], "cooldown": "1h"},
                                            "max_replicas": 2}, "shutdown_grace": ")" +
                     grace + R"("}})");
    const Answer& first = rig.send_to_instance(Time{20s}, "api", 0, Request{});
    const Answer& second = rig.send_to_instance(Time{20s}, "api", 1, Request{});
    rig.run(Time{200s});
    CHECK(listed(rig) == 1);
    CHECK_FALSE(rig.instance("api", 1).up());
    return std::pair(first.reply.status, second.reply.status);
  };
  CHECK(statuses("60s") == std::pair(Status::ok, Status::ok));
  CHECK(statuses("5s") == std::pair(Status::ok, Status::reset));
}

TEST_CASE("autoscaler: a fault hits who is there when it begins", "[autoscaling]") {
  ModelRig rig({service::service()},
               api(R"("autoscaler": {"kpa": {"target_concurrency": 1}, "max_replicas": 6,
                                     "scrape_interval": "1s"})"));
  rig.add(load(400, 120));
  rig.fault(faults::kill(), R"({"at": "60s", "for": "20s", "kill": "api"})");
  std::size_t before = 0, during = 0, after = 0;
  const auto up = [&] {
    const auto instances = rig.component("api").instances();
    return static_cast<std::size_t>(
        std::count_if(instances.begin(), instances.end(), [](const auto& i) { return i->up(); }));
  };
  rig.at(Time{59s}, [&] { before = up(); });
  rig.at(Time{61s}, [&] { during = up(); });
  rig.at(Time{85s}, [&] { after = up(); });
  rig.run(Time{200s});
  CHECK(before > 2);
  CHECK(during == 0);
  CHECK(after >= before);
}

/// What the autoscaler did to a service that is busy for half an hour and idle for another, as
/// "seconds from to".
std::vector<std::string> changes(const std::string& scaler) {
  ModelRig rig({service::service()},
               api(R"("autoscaler": {)" + scaler + R"(, "max_replicas": 20})"));
  rig.add(load(95, 1800));
  rig.run(Time{3600s});
  std::vector<std::string> result;
  for (const Happening& happening : rig.happenings()) {
    const std::size_t from = happening.text.find(" from ");
    const auto second = std::chrono::floor<std::chrono::seconds>(happening.at.time_since_epoch());
    result.push_back(std::to_string(second.count()) + happening.text.substr(from + 5));
  }
  return result;
}

TEST_CASE("autoscaler: simple scaling waits for its cooldown after each change", "[autoscaling]") {
  using Changes = std::vector<std::string>;
  // 95 % of one core, then 32 % of each of three, 19 % of five. Alarms look every minute.
  CHECK(changes(R"("simple_scaling": {"alarms": [{"above": 25, "add": 2}]})") ==
        Changes{"60 1 to 3", "360 3 to 5"});
  CHECK(changes(R"("simple_scaling": {"cooldown": "10m", "alarms": [
                     {"above": 25, "add": 2}, {"below": 1, "set": 1, "cooldown": "1m"}]})") ==
        Changes{"60 1 to 3", "660 3 to 5", "1860 5 to 1"});
  CHECK(changes(R"("simple_scaling": {"alarms": [
                     {"above": 25, "add": 2, "cooldown": "1m"}, {"below": 1, "remove": 3}]})") ==
        Changes{"60 1 to 3", "120 3 to 5", "1860 5 to 2", "2160 2 to 1"});
  // In the first half minute there is no reading yet.
  CHECK(changes(R"("simple_scaling": {"metric": "requests", "cooldown": "1m", "alarms": [
                     {"above": 2000, "evaluation_periods": 3, "period": "30s", "set": 4}]})") ==
        Changes{"120 1 to 4"});
}

TEST_CASE("autoscaler: adjustments may be shares of what there is", "[autoscaling]") {
  using Changes = std::vector<std::string>;
  CHECK(changes(R"("step_scaling": {"cooldown": "1m", "alarms": [
                     {"above": 20, "steps": [{"grow_by": "1x"}]},
                     {"below": 1, "steps": [{"shrink_by": "0.3x"}]}]})") ==
        Changes{"60 1 to 2", "120 2 to 4", "180 4 to 8", "1860 8 to 6", "1920 6 to 5",
                "1980 5 to 4", "2040 4 to 3", "2100 3 to 2", "2160 2 to 1"});
  CHECK(changes(R"("simple_scaling": {"cooldown": "1m", "alarms": [
                     {"above": 25, "grow_by": "0.1x", "at_least": 5},
                     {"below": 1, "shrink_by": "0.5x", "at_least": 4}]})") ==
        Changes{"60 1 to 6", "1860 6 to 2", "1920 2 to 1"});
}

TEST_CASE("autoscaler: old readings make it slower", "[autoscaling]") {
  const auto first_change = [](const std::string& lag) {
    ModelRig rig(
        {service::service()},
        api(R"("autoscaler": {"hpa": {}, "max_replicas": 10, "scrape_lag": ")" + lag + "\"}"));
    rig.add(load(95, 600));
    rig.run(Time{600s});
    for (const Happening& happening : rig.happenings())
      if (happening.kind == "scale_up") return happening.at;
    return kNever;
  };
  CHECK(first_change("60s") >= first_change("0s") + 45s);
}

TEST_CASE("autoscaler: what is wrong with it is said", "[autoscaling]") {
  const auto says = [](const std::string& autoscaler) {
    return problems_of(
        service::service(),
        R"({"kind": "service", "service_time": "1ms", "autoscaler": )" + autoscaler + "}");
  };
  CHECK_THAT(says(R"({"hpa": {}})"), Catch::Contains("max_replicas"));
  CHECK_THAT(says(R"({"hpa": {}, "min_replicas": 5, "max_replicas": 3})"),
             Catch::Contains("more than max_replicas"));
  CHECK_THAT(says(R"({"hpaa": {}, "max_replicas": 3})"), Catch::Contains("hpa"));
  CHECK_THAT(says(R"({"step_scaling": {"alarms": [{"above": 5, "below": 3, "steps": [{"add": 1}]}]},
                      "max_replicas": 3})"),
             Catch::Contains("rings"));
  CHECK_THAT(says(R"({"step_scaling": {"alarms": [{"above": 5, "steps": [{}]}]},
                      "max_replicas": 3})"),
             Catch::Contains("an adjustment is one of"));
  CHECK_THAT(says(R"({"step_scaling": {"alarms": [{"above": 5,
                          "steps": [{"add": 1}, {"from": 3, "grow_by": "1x"}]}]},
                      "max_replicas": 3})"),
             Catch::Contains("all of one kind"));
  CHECK_THAT(says(R"({"simple_scaling": {"alarms": [{"above": 5, "add": 1, "set": 3}]},
                      "max_replicas": 3})"),
             Catch::Contains("an adjustment is one of"));
  CHECK_THAT(says(R"({"simple_scaling": {"alarms": [{"above": 5, "add": 1, "at_least": 3}]},
                      "max_replicas": 3})"),
             Catch::Contains("grow_by and shrink_by only"));
  CHECK(says(R"({"hpa": {"target_cpu": "50%", "scale_down": {"stabilization_window": "60s",
                  "policies": [{"pods": 1, "period": "30s"}, {"percent": "0.1x"}],
                  "select_policy": "min"}}, "min_replicas": 3, "max_replicas": 50})")
            .empty());
}

}  // namespace
}  // namespace highwater
