// Services whose instances are pods: where they are placed, how long they wait, and what becomes of
// them when nodes die, are drained, come and go.

#include "models/cluster/cluster.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/catalog.h"
#include "models/faults/faults.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater::cluster_test {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;

/// A service and a cluster.
std::string system(const std::string& api, const std::string& pod, const std::string& cluster) {
  return R"({"api": {"kind": "service", "workers": 10, "service_time": "10ms", )" + api +
         R"(, "pod": {"cluster": "k8s", )" + pod + R"(}}, "k8s": {"kind": "cluster", )" + cluster +
         "}}";
}
std::vector<ModelKind> kinds() {
  return {service::service(), cluster::cluster(), balancer::load_balancer()};
}
ModelRig::Options zones() {
  ModelRig::Options options;
  options.network.zones = {"a", "b"};
  return options;
}

std::size_t listed(ModelRig& rig) {
  const auto instances = rig.component("api").instances();
  return static_cast<std::size_t>(
      std::count_if(instances.begin(), instances.end(), [](const auto& i) { return i->listed(); }));
}
std::size_t nodes(ModelRig& rig) {
  const auto instances = rig.component("k8s").instances();
  return static_cast<std::size_t>(std::count_if(
      instances.begin(), instances.end(),
      [](const auto& i) { return static_cast<const cluster::Node&>(*i).registered(); }));
}
/// When something of that kind happened, in seconds.
std::vector<double> times(const ModelRig& rig, const std::string& kind) {
  std::vector<double> found;
  for (const Happening& happening : rig.happenings())
    if (happening.kind == kind) found.push_back(seconds(happening.at - Time{}));
  return found;
}
/// Listed instances at some instants.
std::vector<std::size_t> listed_at(ModelRig& rig, const std::vector<Duration>& when, Time end) {
  std::vector<std::size_t> seen(when.size());
  for (std::size_t i = 0; i < when.size(); ++i)
    rig.at(Time{when[i]}, [&rig, &seen, i] { seen[i] = listed(rig); });
  rig.run(end);
  return seen;
}

constexpr const char* kTwoNodes =
    R"("node_groups": {"general": {"cpu": 4, "memory": "16GiB", "nodes": 2}})";

TEST_CASE("cluster: pods go where what they ask for is free, and else wait", "[deployment]") {
  // Two of 1.5 cores on each node of four.
  ModelRig rig(kinds(), system(R"("replicas": 5)", R"("requests": {"cpu": "1500m"})", kTwoNodes));
  CHECK(listed_at(rig, {0s, 500s}, Time{1000s}) == std::vector<std::size_t>{4, 4});
  CHECK(rig.value("k8s", "pods") == 4);
  CHECK(rig.value("k8s", "pending_pods") == 1);
  CHECK(rig.value("k8s", "nodes") == 2);
  CHECK(rig.value("k8s", "cpu_requested") == Approx(6.0 / 8));
  CHECK(rig.value("k8s", "memory_requested") == 0);
  CHECK(rig.value("k8s[0]", "pods") == 2);
  CHECK(rig.value("k8s[1]", "cpu_requested") == Approx(3.0 / 4));
  CHECK(rig.value("k8s", "placement_ms") == 0);
}

TEST_CASE("cluster: memory, the number of pods and daemons limit too", "[deployment]") {
  const auto placed = [](const std::string& requests, const std::string& node) {
    ModelRig rig(
        kinds(),
        system(R"("replicas": 20)", R"("requests": {)" + requests + "}",
               R"("node_groups": {"one": {"nodes": 1, "cpu": 4, "memory": "8GiB")" + node + "}}"));
    rig.run(Time{1s});
    return listed(rig);
  };
  CHECK(placed(R"("memory": "1GiB")", "") == 8);
  CHECK(placed(R"("memory": "1GiB")", R"(, "daemon_memory": "1.5GiB")") == 6);
  CHECK(placed(R"("cpu": 1)", "") == 4);
  CHECK(placed(R"("cpu": 1)", R"(, "daemon_cpu": "1m")") == 3);
  CHECK(placed(R"("cpu": "10m")", R"(, "pods": 7)") == 7);
}

TEST_CASE("cluster: full nodes, empty nodes, or few of the same", "[deployment]") {
  const auto spread = [](const std::string& placement) {
    ModelRig rig(kinds(), system(R"("replicas": 4)", R"("requests": {"cpu": "500m"})",
                                 R"("node_groups": {"n": {"cpu": 4, "memory": "16GiB", "nodes": 4}},
                                    "placement": ")" +
                                     placement + "\""));
    rig.run(Time{100s});
    std::vector<double> pods;
    for (int i = 0; i < 4; ++i) pods.push_back(rig.value("k8s[" + std::to_string(i) + "]", "pods"));
    std::sort(pods.begin(), pods.end());
    return pods;
  };
  CHECK(spread("least_allocated") == std::vector<double>{1, 1, 1, 1});
  CHECK(spread("spread") == std::vector<double>{1, 1, 1, 1});
  CHECK(spread("most_allocated") == std::vector<double>{0, 0, 0, 4});
}

TEST_CASE("cluster: the autoscaler orders nodes for pods that wait", "[deployment]") {
  ModelRig rig(kinds(), system(R"("replicas": 3, "start_time": "5s", "scheduling_time": "2s")",
                               R"("requests": {"cpu": 3}, "image_pull": "20s")",
                               R"("node_groups": {"n": {"cpu": 4, "memory": "16GiB", "nodes": 1,
                                               "max_size": 2, "provision_time": "60s"}},
                         "autoscaler": {})"));
  // Looked at after 10 s, the node is there at 70 s; image, scheduling and start take 27 s more.
  CHECK(listed_at(rig, {0s, 96s, 98s, 900s}, Time{1000s}) == std::vector<std::size_t>{1, 1, 2, 2});
  CHECK(times(rig, "nodes ordered") == std::vector<double>{10});
  CHECK(times(rig, "node up") == std::vector<double>{70});
  CHECK(rig.count("k8s", "node_scale_ups") == 1);
  CHECK(rig.value("k8s", "pending_pods") == Approx(1 + 0.07));
}

TEST_CASE("cluster: an image is pulled once to a node", "[deployment]") {
  ModelRig rig(kinds(),
               system(R"("replicas": 1, "autoscaler": {"step_scaling": {"alarms": [{
                                     "below": 1000, "period": "60s", "steps": [{"add": 1}]}],
                                     "cooldown": "60s"}, "max_replicas": 4})",
                      R"("requests": {"cpu": 1}, "image_pull": "30s")",
                      R"("node_groups": {"n": {"cpu": 2, "memory": "1GiB", "nodes": 2}})"));
  // The second one needs another node and its image; the third and fourth find it there.
  const std::vector<std::size_t> seen =
      listed_at(rig, {59s, 61s, 89s, 91s, 121s, 181s}, Time{300s});
  CHECK(seen == std::vector<std::size_t>{1, 1, 1, 2, 3, 4});
}

TEST_CASE("cluster: nodes that are not needed are given back, their pods moved", "[deployment]") {
  ModelRig rig(kinds(), system(R"("replicas": 4, "start_time": "5s")", R"("requests": {"cpu": 1})",
                               R"("node_groups": {"n": {"cpu": 4, "memory": "16GiB", "nodes": 4,
                                                        "min_size": 1}},
                                  "autoscaler": {"scale_down_unneeded_time": "60s"})"));
  std::size_t least = 9;
  for (int second = 0; second < 1000; ++second)
    rig.at(Time{std::chrono::seconds{second}}, [&] { least = std::min(least, listed(rig)); });
  rig.run(Time{1000s});
  CHECK(nodes(rig) <= 2);  // one would be full, and a full one is never unneeded
  CHECK(nodes(rig) >= 1);
  CHECK(listed(rig) == 4);
  CHECK(least >= 2);
  CHECK(rig.count("k8s", "node_scale_downs") == 4 - nodes(rig));
  CHECK(rig.count("k8s", "evictions") == rig.count("api", "evicted"));
  CHECK(times(rig, "node lost").empty());
}

TEST_CASE("cluster: a node that dies takes its pods with it, and others come later",
          "[deployment]") {
  const std::string pods =
      system(R"("replicas": 4, "start_time": "5s")", R"("requests": {"cpu": 1})", kTwoNodes);
  ModelRig rig(kinds(), pods);
  rig.fault(faults::kill(), R"({"at": "100s", "kill": "k8s[0]", "silent": true})");
  std::size_t up = 9;
  rig.at(Time{101s}, [&] {
    const auto instances = rig.component("api").instances();
    up = static_cast<std::size_t>(
        std::count_if(instances.begin(), instances.end(), [](const auto& i) { return i->up(); }));
  });
  // Dead at once, told after 40 s, replaced 300 s later.
  CHECK(listed_at(rig, {99s, 139s, 141s, 439s, 446s}, Time{1000s}) ==
        std::vector<std::size_t>{4, 4, 2, 2, 4});
  CHECK(up == 2);
  CHECK(times(rig, "node lost") == std::vector<double>{140});
  CHECK(rig.count("api", "evicted") == 2);
  CHECK(rig.value("k8s[1]", "pods", Time{500s}) == 4);
}

TEST_CASE("cluster: a node that comes back in time has its pods again", "[deployment]") {
  ModelRig rig(kinds(), system(R"("replicas": 4, "start_time": "5s")", R"("requests": {"cpu": 1})",
                               kTwoNodes));
  rig.fault(faults::kill(), R"({"at": "100s", "for": "100s", "kill": "k8s[0]"})");
  CHECK(listed_at(rig, {139s, 141s, 199s, 206s}, Time{1000s}) ==
        std::vector<std::size_t>{4, 2, 2, 4});
  CHECK(rig.count("api", "evicted") == 0);
  for (const auto& instance : rig.component("api").instances())
    CHECK(instance->up() == instance->listed());
}

TEST_CASE("cluster: what a slow node does to its pods ends with it", "[deployment]") {
  ModelRig rig(kinds(), system(R"("replicas": 2)", R"("requests": {"cpu": 1})", kTwoNodes));
  rig.fault(faults::slow(), R"({"at": "10s", "for": "10s", "slow": "k8s[1]", "factor": "4x"})");
  rig.fault(faults::drain(), R"({"at": "15s", "drain": "k8s[1]"})");
  std::map<int, double> product;
  for (const int at : {5, 11, 16, 25})
    rig.at(Time{std::chrono::seconds{at}}, [&rig, &product, at] {
      product[at] = 1;
      for (const auto& instance : rig.component("api").instances())
        product[at] *= instance->slowdown();
    });
  rig.run(Time{100s});
  CHECK(product == std::map<int, double>{{5, 1}, {11, 4}, {16, 1}, {25, 1}});
}

TEST_CASE("cluster: a drain evicts as the disruption budget allows", "[deployment]") {
  const auto run = [](const std::string& budget) {
    ModelRig rig(kinds(), system(R"("replicas": 4, "start_time": "8s")",
                                 R"("requests": {"cpu": 1})" + budget,
                                 R"("node_groups": {"n": {"cpu": 4, "memory": "16GiB", "nodes": 2}},
                           "placement": "most_allocated")"));
    rig.fault(faults::drain(), R"({"at": "100s", "for": "200s", "drain": "k8s", "count": 1})");
    std::size_t least = 9;
    for (int second = 0; second < 300; ++second)
      rig.at(Time{std::chrono::seconds{second}}, [&] { least = std::min(least, listed(rig)); });
    rig.run(Time{1000s});
    CHECK(listed(rig) == 4);
    return std::pair(least, rig.count("k8s", "evictions"));
  };
  // All four stand on one node; the fault may hit the other.
  using Seen = std::pair<std::size_t, std::uint64_t>;
  const Seen all = run("");
  CHECK((all == Seen{0, 4} || all == Seen{4, 0}));
  const Seen one = run(R"(, "disruption_budget": {"max_unavailable": 1})");
  CHECK((one == Seen{3, 4} || one == Seen{4, 0}));
  CHECK(one.second == all.second);
  CHECK(run(R"(, "disruption_budget": {"min_available": "100%"})") == Seen{4, 0});
}

TEST_CASE("cluster: pods take the zones of their nodes", "[deployment]") {
  const auto by_zone = [](const std::string& api, const std::string& group) {
    ModelRig rig(
        kinds(),
        system(api, R"("requests": {"cpu": 1})",
               R"("node_groups": {"n": {"cpu": 2, "memory": "16GiB", "nodes": 2)" + group + "}}"),
        zones());
    rig.run(Time{1s});
    std::map<std::string, int> count;
    for (const auto& instance : rig.component("api").instances())
      if (instance->listed()) ++count[std::string(rig.world().network.zone_name(instance->zone()))];
    return count;
  };
  using Count = std::map<std::string, int>;
  CHECK(by_zone(R"("replicas": 4)", "") == Count{{"a", 2}, {"b", 2}});
  CHECK(by_zone(R"("replicas": 4)", R"(, "zones": ["b"])") == Count{{"b", 4}});
  CHECK(by_zone(R"("replicas": 4, "zones": ["a"])", "") == Count{{"a", 2}});
}

TEST_CASE("cluster: a rollout waits for room, and finds it as old pods end", "[deployment]") {
  const auto end = [](const std::string& strategy) {
    // Four fit, and four there are.
    ModelRig rig(kinds(), system(R"("replicas": 4, "start_time": "10s",
                                    "rollouts": [{"at": "50s", "rolling_update": )" +
                                     strategy + "}]",
                                 R"("requests": {"cpu": 2})", kTwoNodes));
    rig.run(Time{1000s});
    CHECK(listed(rig) == 4);
    return times(rig, "rollout complete");
  };
  CHECK(end(R"({"max_surge": 1, "max_unavailable": 0})").empty());
  CHECK(end(R"({"max_surge": 1, "max_unavailable": 1})").size() == 1);
}

TEST_CASE("cluster: what pods ask for never is more than there is", "[deployment][costly]") {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    ModelRig::Options options = zones();
    options.seed = seed;
    ModelRig rig(kinds(),
                 R"({"lb": {"kind": "load_balancer", "policy": "power_of_two",
                            "targets": ["api", "web"]},
                     "api": {"kind": "service", "workers": 4, "cores": 1, "service_time": "10ms",
                             "replicas": 4, "start_time": "3s",
                             "autoscaler": {"kpa": {"target_concurrency": 1}, "max_replicas": 20},
                             "rollouts": [{"at": "200s", "rolling_update": {}},
                                          {"at": "420s", "recreate": {}}],
                             "pod": {"cluster": "k8s", "requests": {"cpu": "700m"},
                                     "disruption_budget": {"max_unavailable": "50%"},
                                     "image_pull": {"exponential": "4s"}}},
                     "web": {"kind": "service", "workers": 4, "service_time": "5ms", "replicas": 6,
                             "pod": {"cluster": "k8s",
                                     "requests": {"cpu": "300m", "memory": "3GiB"}}},
                     "k8s": {"kind": "cluster",
                             "node_groups": {
                               "small": {"cpu": 2, "memory": "8GiB", "nodes": 2, "max_size": 6,
                                         "provision_time": {"exponential": "30s"}},
                               "large": {"cpu": 6, "memory": "24GiB", "nodes": 0, "max_size": 2,
                                         "zones": ["b"]}},
                             "autoscaler": {"scale_down_unneeded_time": "30s",
                                            "scale_down_delay_after_add": "30s",
                                            "expander": "random"}}})",
                 options);
    for (int i = 0; i < 4; ++i) {
      Load load;
      load.to = "lb";
      load.per_second = i % 2 == 0 ? 700 : 60;
      load.requests = static_cast<std::uint64_t>(load.per_second * 150);
      load.begin = Time{i * 150s};
      rig.add(load);
    }
    rig.fault(faults::kill(), R"({"at": "100s", "for": "60s", "kill": "k8s", "percent": "50%"})");
    rig.fault(faults::kill(), R"({"at": "300s", "kill": "k8s", "count": 1, "silent": true})");
    rig.fault(faults::drain(), R"({"at": "350s", "for": "120s", "drain": "k8s", "count": 2})");
    rig.fault(faults::slow(), R"({"at": "120s", "for": "300s", "slow": "k8s", "count": 1})");
    std::size_t looks = 0;
    for (int second = 0; second < 700; ++second)
      rig.at(Time{std::chrono::seconds{second}}, [&] {
        for (const auto& each : rig.component("k8s").instances()) {
          const auto& node = static_cast<const cluster::Node&>(*each);
          const std::int64_t cpu = node.group() == 0 ? 2000 : 6000;
          looks += node.registered();
          CHECK(node.requested().cpu <= cpu);
          CHECK(node.requested().cpu >= 0);
          CHECK(node.requested().pods >= 0);
        }
      });
    rig.run(Time{1000s});
    CHECK(looks > 1000);
    // Nothing is left of faults on those who are there.
    for (const char* id : {"api", "web"})
      for (const auto& instance : rig.component(id).instances())
        if (instance->listed()) CHECK(instance->slowdown() == 1);
    CHECK(rig.component("web").instances().size() == 12);
  }
}

TEST_CASE("cluster: what is wrong is said", "[deployment]") {
  const auto wrong = [](const std::string& more) {
    return problems_of(cluster::cluster(), R"({"kind": "cluster", )" + more + "}");
  };
  CHECK_THAT(problems_of(cluster::cluster(), R"({"kind": "cluster"})"),
             Catch::Contains("node_groups"));
  CHECK_THAT(wrong(R"("node_groups": {})"), Catch::Contains("at least 1"));
  const auto group = [&](const std::string& more, const std::string& beside = "") {
    return wrong(R"("node_groups": {"n": {"cpu": 4, "memory": "1GiB")" + more + "}}" + beside);
  };
  CHECK(group("").empty());
  CHECK_THAT(group(R"(, "min_size": 5, "max_size": 4)", R"(, "autoscaler": {})"),
             Catch::Contains("more than max_size, 4"));
  CHECK_THAT(group(R"(, "nodes": 11)"), Catch::Contains("more than max_size, 10"));
  CHECK_THAT(group(R"(, "nodes": 1, "min_size": 2)", R"(, "autoscaler": {})"),
             Catch::Contains("fewer than min_size, 2"));
  CHECK_THAT(group(R"(, "max_size": 0, "nodes": 0)"), Catch::Contains("no group may have a node"));
  CHECK_THAT(group(R"(, "provision_time": "5s")"), Catch::Contains("with an \"autoscaler\" only"));
  CHECK_THAT(group("", R"(, "placement": "spred")"), Catch::Contains("spread"));
  CHECK_THAT(wrong(R"("node_groups": {"n": {"cpu": "0.0005", "memory": "1GiB"}})"),
             Catch::Contains("\"250m\""));
  CHECK_THAT(wrong(R"("node_groups": {"n": {"cpu": 0, "memory": "1GiB"}})"),
             Catch::Contains("runs nothing"));

  const auto service_wrong = [](const std::string& more) {
    return problems_of(service::service(),
                       R"({"kind": "service", "service_time": "1ms", )" + more + "}");
  };
  CHECK_THAT(service_wrong(R"("pod": {})"), Catch::Contains("cluster"));
  CHECK_THAT(service_wrong(R"("pod": {"cluster": "k", "disruption_budget": {}})"),
             Catch::Contains("exactly one of min_available and max_unavailable"));
  CHECK_THAT(service_wrong(R"("pod": {"cluster": "k"}, "membership": {"swim": {}}, "replicas": 3)"),
             Catch::Contains("not simulated"));
}

}  // namespace
}  // namespace highwater::cluster_test
