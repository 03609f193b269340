// New versions of a service: how many instances there are meanwhile, what a version changes, and
// when a rollout is over. What the controller decides is tested in tests/scaling.

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/deployment/deployment.h"
#include "models/deployment/deployment_params.h"
#include "models/faults/faults.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater::rollout_test {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;

std::string api(const std::string& more) {
  return R"({"api": {"kind": "service", "workers": 10, "service_time": "10ms", )" + more + "}}";
}

std::size_t count(ModelRig& rig, bool (Instance::*is)() const) {
  const auto instances = rig.component("api").instances();
  return static_cast<std::size_t>(std::count_if(
      instances.begin(), instances.end(), [is](const auto& one) { return (one.get()->*is)(); }));
}
std::size_t listed(ModelRig& rig) {
  return count(rig, &Instance::listed);
}
std::size_t processes(ModelRig& rig) {
  const auto instances = rig.component("api").instances();
  return static_cast<std::size_t>(std::count_if(instances.begin(), instances.end(),
                                                [](const auto& one) { return !one->absent(); }));
}

/// When something of that kind happened, in seconds.
std::vector<double> times(const ModelRig& rig, const std::string& kind) {
  std::vector<double> found;
  for (const Happening& happening : rig.happenings())
    if (happening.kind == kind) found.push_back(seconds(happening.at - Time{}));
  return found;
}

struct Bounds {
  std::size_t least = 1'000'000;
  std::size_t most = 0;
};
/// Of the listed ones and of all, looked at ten times a second.
std::pair<Bounds, Bounds> watch(ModelRig& rig, int from, int until) {
  Bounds up, all;
  for (int tenth = from * 10; tenth < until * 10; ++tenth) {
    rig.at(Time{tenth * 100ms}, [&] {
      up.least = std::min(up.least, listed(rig));
      up.most = std::max(up.most, listed(rig));
      all.least = std::min(all.least, processes(rig));
      all.most = std::max(all.most, processes(rig));
    });
  }
  rig.run(Time{std::chrono::seconds{until}});
  return {up, all};
}

TEST_CASE("rollout: a rolling update stays within surge and unavailable", "[deployment]") {
  ModelRig rig({service::service()}, api(R"("replicas": 8, "start_time": "20s",
                      "rollouts": [{"at": "100s", "rolling_update": {}}])"));
  const auto [up, all] = watch(rig, 0, 300);
  CHECK(up.least == 6);
  CHECK(all.most == 10);
  CHECK(times(rig, "rollout") == std::vector<double>{100});
  // 2 + 2 at once; those four are up after 20 s, the other four after 40.
  CHECK(times(rig, "rollout complete") == std::vector<double>{140});
  CHECK(listed(rig) == 8);
  CHECK(processes(rig) == 8);
  CHECK(rig.value("api", "rollout_ms") == 40'000);
  CHECK(rig.value("api", "replicas") == 8);
}

TEST_CASE("rollout: max_surge and max_unavailable decide", "[deployment]") {
  const auto run = [](const std::string& options) {
    ModelRig rig({service::service()}, api(R"("replicas": 4, "start_time": "10s",
                        "rollouts": [{"at": "10s", "rolling_update": )" +
                                           options + "}]"));
    auto bounds = watch(rig, 0, 200);
    return std::tuple(bounds.first.least, bounds.second.most, times(rig, "rollout complete"));
  };
  using Ends = std::vector<double>;
  CHECK(run(R"({"max_surge": 1, "max_unavailable": 0})") == std::tuple(4u, 5u, Ends{50}));
  CHECK(run(R"({"max_surge": 0, "max_unavailable": 1})") == std::tuple(3u, 4u, Ends{50}));
  CHECK(run(R"({"max_surge": "100%", "max_unavailable": 0})") == std::tuple(4u, 8u, Ends{20}));
  CHECK(run(R"({"max_surge": 1, "max_unavailable": 0, "min_ready": "5s"})") ==
        std::tuple(4u, 5u, Ends{70}));
}

TEST_CASE("rollout: recreate waits for the last old process, then begins anew", "[deployment]") {
  ModelRig rig({service::service()}, R"({"api": {
      "kind": "service", "workers": 10, "service_time": "7s", "replicas": 3, "start_time": "5s",
      "rollouts": [{"at": "20s", "recreate": {}}]}})");
  const Answer& old = rig.send_to_instance(Time{19s}, "api", 0, Request{});
  const Answer& nobody = rig.send(Time{28s}, "api", Request{});
  const Answer& fresh = rig.send(Time{32s}, "api", Request{});
  std::size_t at_25 = 9;
  rig.at(Time{25s}, [&] { at_25 = processes(rig); });
  rig.run(Time{100s});
  CHECK(old.reply.ok());  // it may finish, until 26 s
  CHECK(at_25 == 0);
  CHECK(nobody.reply.status == Status::unavailable);
  CHECK(fresh.reply.ok());
  CHECK(times(rig, "rollout complete") == std::vector<double>{31});
}

TEST_CASE("rollout: a version is slower, fails, or takes longer to start", "[deployment]") {
  ModelRig rig({service::service()}, api(R"("replicas": 2, "start_time": "1s",
                      "rollouts": [{"at": "100s", "rolling_update": {},
                                    "version": {"slowdown": 3, "error_rate": "20%",
                                                "start_time": "30s"}},
                                   {"at": "300s", "rolling_update": {}}])"));
  Load load;
  load.to = "api";
  load.per_second = 20;
  load.requests = 8000;
  struct Seen {
    int all = 0, failed = 0;
    Duration longest{};
  };
  std::vector<Seen> seen(3);
  load.answered = [&](const Request&, const Answer& answer) {
    const double at = seconds(answer.at - Time{});
    if (at > 95 && at < 165) return;
    if (at > 295 && at < 310) return;
    Seen& its = seen[at < 100 ? 0 : at < 300 ? 1 : 2];
    ++its.all;
    its.failed += !answer.reply.ok();
    if (answer.reply.ok()) its.longest = std::max(its.longest, answer.took());
  };
  rig.add(load);
  rig.run(Time{400s});
  CHECK(times(rig, "rollout complete") == std::vector<double>{160, 302});
  CHECK(seen[0].failed == 0);
  CHECK(seen[0].longest == 10ms);
  CHECK(seen[1].longest == 30ms);
  const double share = static_cast<double>(seen[1].failed) / seen[1].all;
  CHECK(share > 0.16);
  CHECK(share < 0.24);
  CHECK(seen[2].failed == 0);
  CHECK(seen[2].longest == 10ms);
  for (const auto& instance : rig.component("api").instances()) CHECK(instance->slowdown() == 1);
}

TEST_CASE("rollout: a version that never is ready is stopped by max_unavailable", "[deployment]") {
  ModelRig rig({service::service()}, api(R"("replicas": 8, "rollouts": [
                        {"at": "100s", "rolling_update": {"progress_deadline": "2m"},
                         "version": {"never_ready": true}},
                        {"at": "500s", "rolling_update": {}}])"));
  const auto [up, all] = watch(rig, 0, 499);
  CHECK(up.least == 6);
  CHECK(up.most == 8);
  CHECK(all.most == 10);
  const std::vector<double> stuck = times(rig, "rollout stuck");
  REQUIRE(stuck.size() == 1);
  CHECK(stuck.front() == Approx(220).margin(0.001));
  CHECK(times(rig, "rollout complete").empty());
  rig.run(Time{600s});
  CHECK(times(rig, "rollout complete") == std::vector<double>{500});
  CHECK(listed(rig) == 8);
}

TEST_CASE("rollout: one that begins while another is under way takes over", "[deployment]") {
  ModelRig rig({service::service()}, api(R"("replicas": 8, "start_time": "20s", "rollouts": [
                        {"at": "110s", "rolling_update": {}, "version": {"slowdown": 5}},
                        {"at": "100s", "rolling_update": {}, "version": {"slowdown": 9}}])"));
  const auto [up, all] = watch(rig, 0, 300);
  CHECK(up.least == 6);
  CHECK(all.most == 10);
  CHECK(times(rig, "rollout complete").size() == 1);
  for (const auto& instance : rig.component("api").instances())
    CHECK(instance->slowdown() == (instance->absent() ? 1 : 5));
}

TEST_CASE("rollout: nobody notices behind a balancer that is told", "[deployment]") {
  ModelRig rig({service::service(), balancer::load_balancer()},
               R"({"lb": {"kind": "load_balancer", "policy": "round_robin", "targets": ["api"]},
                   "api": {"kind": "service", "workers": 10, "service_time": "50ms",
                           "replicas": 5, "start_time": "3s",
                           "rollouts": [{"at": "10s", "rolling_update": {}},
                                        {"at": "40s", "rolling_update": {}}]}})");
  std::size_t failed = 0;
  Load load;
  load.to = "lb";
  load.per_second = 300;
  load.requests = 24'000;
  load.answered = [&](const Request&, const Answer& answer) { failed += !answer.reply.ok(); };
  rig.add(load);
  rig.run(Time{100s});
  CHECK(failed == 0);
  CHECK(times(rig, "rollout complete").size() == 2);
}

TEST_CASE("rollout: an autoscaler goes on meanwhile, in proportion", "[deployment]") {
  ModelRig rig({service::service()}, api(R"("cores": 1, "replicas": 4, "start_time": "10s",
                      "autoscaler": {"hpa": {"target_cpu": "50%"}, "min_replicas": 4,
                                     "max_replicas": 12},
                      "rollouts": [{"at": "60s", "rolling_update": {}, "version":
                                    {"start_time": "40s"}}])"));
  Load load;
  load.to = "api";
  load.per_second = 450;
  load.requests = 450 * 500;
  load.begin = Time{50s};
  rig.add(load);
  const auto [up, all] = watch(rig, 0, 500);
  CHECK(up.least >= 3);
  CHECK(all.most <= 15);  // 12 and a quarter
  CHECK(listed(rig) >= 8);
  CHECK(rig.count("api", "scale_ups") >= 1);
  CHECK(times(rig, "rollout complete").size() == 1);
}

TEST_CASE("rollout: a fault on an instance that is replaced ends with it", "[deployment]") {
  ModelRig rig({service::service()}, api(R"("replicas": 4, "start_time": "5s",
                      "rollouts": [{"at": "20s", "rolling_update": {}}])"));
  rig.fault(faults::kill(), R"({"at": "10s", "for": "60s", "kill": "api[1]"})");
  rig.run(Time{100s});
  CHECK(times(rig, "rollout complete").size() == 1);
  CHECK(listed(rig) == 4);
  CHECK(count(rig, &Instance::up) == 4);
}

TEST_CASE("rollout: what is wrong is said", "[deployment]") {
  const auto wrong = [](const std::string& more) {
    return problems_of(service::service(),
                       R"({"kind": "service", "service_time": "1ms", )" + more + "}");
  };
  CHECK_THAT(wrong(R"("rollouts": [{"rolling_update": {}}])"), Catch::Contains("at"));
  CHECK_THAT(wrong(R"("rollouts": [{"at": "1m"}])"), Catch::Contains("rolling_update"));
  CHECK_THAT(wrong(R"("rollouts": [{"at": "1m", "rolling_update": {}, "recreate": {}}])"),
             Catch::Contains("recreate"));
  CHECK_THAT(wrong(R"("rollouts": [{"at": "1m", "rolling_update": {"max_surge": "25 %"}}])"),
             Catch::Contains("a percentage, such as \"25%\""));
  CHECK_THAT(
      wrong(R"("rollouts": [{"at": "1m", "rolling_update": {}, "version": {"slowdwon": 2}}])"),
      Catch::Contains("slowdown"));
  CHECK_THAT(wrong(R"("shutdown_grace": "5s")"), Catch::Contains("no instance comes or goes"));
  CHECK_THAT(wrong(R"("scheduling_time": "5s")"), Catch::Contains("no instance comes or goes"));
  CHECK(wrong(R"("rollouts": [{"at": "1m", "recreate": {}}], "shutdown_grace": "5s")").empty());
}

}  // namespace
}  // namespace highwater::rollout_test
