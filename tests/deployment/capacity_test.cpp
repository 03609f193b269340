// Clusters whose provider has no more machines.

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/cluster/cluster.h"
#include "models/faults/faults.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater::capacity_test {
namespace {

using Catch::Contains;
using testing::ModelRig;

std::string system(const std::string& cluster) {
  return R"({"api": {"kind": "service", "replicas": 3, "service_time": "10ms",
                     "pod": {"cluster": "k8s", "requests": {"cpu": 3}}},
             "k8s": {"kind": "cluster", )" +
         cluster + "}}";
}
std::string group(const std::string& name, const std::string& more = "") {
  return "\"" + name + R"(": {"cpu": 4, "memory": "16GiB", "nodes": 1, "max_size": 4,
                              "provision_time": "60s")" +
         more + "}";
}
std::vector<ModelKind> kinds() {
  return {service::service(), cluster::cluster()};
}
ModelRig::Options zones() {
  ModelRig::Options options;
  options.network.zones = {"a", "b"};
  return options;
}
std::vector<double> times(const ModelRig& rig, const std::string& kind) {
  std::vector<double> found;
  for (const Happening& happening : rig.happenings())
    if (happening.kind == kind) found.push_back(seconds(happening.at - Time{}));
  return found;
}

TEST_CASE("capacity: refused orders are repeated after a back-off that doubles", "[deployment]") {
  ModelRig rig(kinds(), system("\"node_groups\": {" + group("n") + R"(}, "autoscaler": {})"));
  rig.fault(faults::deny_capacity(), R"({"at": "0s", "for": "1000s", "deny_capacity": "k8s"})");
  rig.run(Time{3000s});
  // Each asks for two. Refused at 10 s for 300 s, then for 600 s, then for 1200 s.
  CHECK(times(rig, "no capacity") == std::vector<double>{10, 310, 910});
  CHECK(times(rig, "nodes ordered") == std::vector<double>{10, 310, 910, 2110});
  CHECK(times(rig, "node up") == std::vector<double>{2170, 2170});
  CHECK(rig.count("k8s", "refused_nodes") == 6);
}

TEST_CASE("capacity: another group does where one is refused", "[deployment]") {
  ModelRig rig(kinds(), system("\"node_groups\": {" + group("cheap", R"(, "priority": 9)") + ", " +
                               group("dear", R"(, "priority": 1)") +
                               R"(}, "autoscaler": {"expander": "priority"})"));
  rig.fault(faults::deny_capacity(),
            R"({"at": "0s", "deny_capacity": "k8s", "node_group": "cheap"})");
  rig.run(Time{1000s});
  CHECK(times(rig, "no capacity") == std::vector<double>{10});
  CHECK(times(rig, "node up") == std::vector<double>{80});
}

TEST_CASE("capacity: zones that have some give them", "[deployment]") {
  const auto came = [](const std::string& group_zones, const std::string& denied) {
    ModelRig rig(kinds(),
                 system("\"node_groups\": {" + group("n", group_zones) + R"(}, "autoscaler": {})"),
                 zones());
    rig.fault(faults::deny_capacity(),
              R"({"at": "0s", "deny_capacity": "k8s", "zone": ")" + denied + "\"}");
    rig.run(Time{200s});
    return std::pair(times(rig, "node up").size(), rig.count("k8s", "refused_nodes"));
  };
  using Seen = std::pair<std::size_t, std::uint64_t>;
  // Of its four places two are in each zone, and the first has a node: a second in b, none more.
  CHECK(came("", "a") == Seen{2, 0});
  CHECK(came("", "b").first == 1);
  // Refused at once, and again when the other has come and the group counts as healthy.
  CHECK(came("", "b").second == 2);
  CHECK(came(R"(, "zones": ["b"])", "a") == Seen{2, 0});
  CHECK(came(R"(, "zones": ["b"])", "b") == Seen{0, 2});
}

TEST_CASE("capacity: nodes that are there or on their way stay", "[deployment]") {
  ModelRig rig(kinds(), system("\"node_groups\": {" + group("n") + R"(}, "autoscaler": {})"));
  rig.fault(faults::deny_capacity(), R"({"at": "15s", "deny_capacity": "k8s"})");
  rig.run(Time{500s});
  CHECK(times(rig, "node up") == std::vector<double>{70, 70});
  CHECK(rig.value("k8s", "nodes") == Approx((1 * 70 + 3 * 430) / 500.0));
}

TEST_CASE("capacity: what cannot be denied is said", "[deployment]") {
  const auto problems = [](const std::string& cluster, const std::string& more) -> std::string {
    ModelRig rig(kinds(), system(cluster));
    try {
      rig.fault(faults::deny_capacity(), R"({"at": "1s", "deny_capacity": )" + more + "}");
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  const std::string fixed = R"("node_groups": {"n": {"cpu": 4, "memory": "16GiB"}})";
  const std::string scaled = fixed + R"(, "autoscaler": {})";
  CHECK(problems(scaled, R"("k8s")").empty());
  CHECK_THAT(problems(fixed, R"("k8s")"), Contains("never orders nodes"));
  CHECK_THAT(problems(scaled, R"("api")"),
             Contains("is a service; deny_capacity is for these kinds: cluster"));
  CHECK_THAT(problems(scaled, R"("k8s[0]")"), Contains("a component as a whole"));
  CHECK_THAT(problems(scaled, R"("k8s", "zone": "z")"), Contains("unknown zone \"z\""));
  CHECK_THAT(problems(scaled, R"("k8s", "node_group": "m")"), Contains("no node group \"m\""));
}

}  // namespace
}  // namespace highwater::capacity_test
