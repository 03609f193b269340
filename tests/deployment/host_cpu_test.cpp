// Processes that share the cores of a node.

#include "models/cluster/host_cpu.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/cluster/cluster.h"
#include "models/faults/faults.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater::host_cpu_test {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;

std::vector<ModelKind> kinds() {
  return {service::service(), cluster::cluster()};
}
std::string pod_of(const std::string& id, const std::string& cpu, const std::string& more) {
  return "\"" + id + R"(": {"kind": "service", "workers": 64, )" + more +
         R"(, "pod": {"cluster": "k8s", "requests": {"cpu": )" + cpu + "}}}";
}
std::string node(int cores, int nodes = 1) {
  return R"("k8s": {"kind": "cluster", "node_groups": {"n": {"memory": "64GiB", "cpu": )" +
         std::to_string(cores) + R"(, "nodes": )" + std::to_string(nodes) + "}}}";
}
std::string system(const std::vector<std::string>& parts) {
  std::string text = "{";
  for (const std::string& part : parts) text += (text.size() > 1 ? ", " : "") + part;
  return text + "}";
}
constexpr const char* kHalf = "\"500m\"";

/// Sends `count` requests at once.
std::vector<const Answer*> burst(ModelRig& rig, Time at, const std::string& to, int count) {
  std::vector<const Answer*> answers;
  for (int i = 0; i < count; ++i) answers.push_back(&rig.send(at, to, Request{}));
  return answers;
}

TEST_CASE("host: a process has the machine for itself while nobody else computes", "[deployment]") {
  ModelRig rig(kinds(), system({pod_of("api", "1", R"("service_time": "100ms")"),
                                pod_of("batch", "1", R"("service_time": "100ms")"), node(4)}));
  const auto api = burst(rig, Time{1s}, "api", 4);
  const auto batch = burst(rig, Time{2s}, "batch", 8);
  rig.run(Time{10s});
  for (const Answer* answer : api) CHECK(answer->took() == 100ms);
  for (const Answer* answer : batch) CHECK(answer->took() == 200ms);  // eight on four cores
  CHECK(rig.value("k8s", "cpu_utilization") == Approx(1.2 / 40));
  CHECK(rig.value("k8s[0]", "cpu_utilization") == Approx(1.2 / 40));
  CHECK(rig.value("api", "cpu_utilization") == Approx(0.4 / (64 * 10)));
}

TEST_CASE("host: together they have what they ask for as weights", "[deployment]") {
  // Requests of 1 and 3 cores are weights of 39 and 118: 0.994 and 3.006 of four cores.
  ModelRig rig(kinds(), system({pod_of("api", "1", R"("service_time": "100ms")"),
                                pod_of("batch", "3", R"("service_time": "100ms")"), node(4)}));
  const auto api = burst(rig, Time{1s}, "api", 4);
  const auto batch = burst(rig, Time{1s}, "batch", 12);
  rig.run(Time{10s});
  const double api_share = 4.0 * 39 / (39 + 118);
  const double batch_end = 1.2 / (4 - api_share);
  for (const Answer* answer : batch) CHECK(seconds(answer->took()) == Approx(batch_end));
  const double api_left = 0.4 - api_share * batch_end;
  for (const Answer* answer : api)
    CHECK(seconds(answer->took()) == Approx(batch_end + api_left / 4));
}

TEST_CASE("host: a small request is a small weight, whatever the number of threads",
          "[deployment]") {
  // 60 threads that ask for 100m against one that asks for 1: weights 4 and 39.
  ModelRig rig(kinds(),
               system({pod_of("api", "1", R"("service_time": "100ms")"),
                       pod_of("batch", R"("100m")", R"("service_time": "10s")"), node(2)}));
  burst(rig, Time{1s}, "batch", 60);
  const auto one = burst(rig, Time{2s}, "api", 1);
  const auto two = burst(rig, Time{3s}, "api", 2);
  rig.run(Time{5s});
  CHECK(one[0]->took() == 100ms);  // its part is 1.81 cores, and it can use one
  for (const Answer* answer : two) CHECK(seconds(answer->took()) == Approx(0.2 / (2.0 * 39 / 43)));
  CHECK(rig.value("k8s", "cpu_utilization") == Approx(4.0 / 5));  // all the time from 1 s on
}

TEST_CASE("host: a limit is of what is really used", "[deployment]") {
  // Half of a core is left for it; its limit of a core does not throttle it.
  ModelRig rig(kinds(), system({pod_of("api", kHalf, R"("service_time": "1s", "cpu_limit": 1)"),
                                pod_of("batch", kHalf, R"("service_time": "100s")"), node(1)}));
  burst(rig, Time{1s}, "batch", 1);
  const auto api = burst(rig, Time{2s}, "api", 1);
  rig.run(Time{10s});
  CHECK(api[0]->took() == 2s);
  CHECK(rig.value("api", "throttled_periods") == 0);
  CHECK(rig.value("api", "cpu_utilization") == Approx(1.0 / (64 * 10)));
}

TEST_CASE("host: what a throttled process may not use is for the others", "[deployment]") {
  ModelRig rig(kinds(),
               system({pod_of("api", kHalf, R"("service_time": "10s", "cpu_limit": "500m")"),
                       pod_of("batch", kHalf, R"("service_time": "1s")"), node(1)}));
  burst(rig, Time{1s}, "api", 1);
  const auto batch = burst(rig, Time{2s}, "batch", 1);
  rig.run(Time{5s});
  // Half of each period for the one and half for the other, in turn or at the same time.
  CHECK(seconds(batch[0]->took()) == Approx(2).epsilon(0.06));
  CHECK(rig.value("api", "cpu_utilization") * 64 * 5 == Approx(2).epsilon(0.03));
  CHECK(rig.value("k8s", "cpu_utilization") == Approx((4.0 - 2.0 * 0.5) / 5).epsilon(0.03));
}

TEST_CASE("host: whoever dies, leaves or moves takes nothing more of the machine", "[deployment]") {
  ModelRig rig(kinds(), system({pod_of("api", kHalf, R"("service_time": "2s")"),
                                pod_of("batch", kHalf, R"("service_time": "100s")"), node(1)}));
  burst(rig, Time{1s}, "batch", 4);
  const auto api = burst(rig, Time{2s}, "api", 1);
  rig.at(Time{3s}, [&] { rig.component("batch").instances()[0]->kill(false); });
  rig.at(Time{20s}, [&] { rig.component("batch").instances()[0]->revive(false); });
  rig.run(Time{30s});
  CHECK(api[0]->took() == 2500ms);  // half a core for one second, then all of it
}

TEST_CASE("host: other machines are nobody's business", "[deployment]") {
  ModelRig rig(kinds(), system({pod_of("api", kHalf, R"("service_time": "100ms")"),
                                pod_of("batch", kHalf, R"("service_time": "100s")"), node(1, 2)}));
  burst(rig, Time{1s}, "batch", 30);
  const auto api = burst(rig, Time{2s}, "api", 1);
  rig.run(Time{5s});
  CHECK(api[0]->took() == 100ms);
}

}  // namespace
}  // namespace highwater::host_cpu_test
