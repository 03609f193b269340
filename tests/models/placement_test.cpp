#include "models/placement.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater {
namespace {

using testing::ModelRig;

ModelRig::Options three_zones() {
  ModelRig::Options options;
  options.network.zones = {"a", "b", "c"};
  return options;
}

TEST_CASE("placement: instances go to their zones in turn", "[models]") {
  ModelRig rig({}, "{}", three_zones());
  const std::vector<std::string> some{"c", "a"};
  CHECK(place(rig.world(), some, 0) == 2);
  CHECK(place(rig.world(), some, 1) == 0);
  CHECK(place(rig.world(), some, 2) == 2);
  CHECK(place(rig.world(), {}, 0) == 0);
  CHECK(place(rig.world(), {}, 5) == 2);
}

TEST_CASE("placement: outside of every zone where there are none", "[models]") {
  ModelRig rig({}, "{}");
  CHECK(place(rig.world(), {}, 3) == kOutside);
}

TEST_CASE("placement: services and balancers are spread over the zones they name", "[models]") {
  ModelRig rig({service::service(), balancer::load_balancer()},
               R"({"api": {"kind": "service", "replicas": 3, "zones": ["c", "b"],
                           "service_time": "1ms"},
                   "lb": {"kind": "load_balancer", "replicas": 2, "zones": ["b"],
                          "targets": ["api"]},
                   "all": {"kind": "service", "replicas": 4, "service_time": "1ms"}})",
               three_zones());
  const auto zones = [&](const char* id) {
    std::vector<int> numbers;
    for (const auto& instance : rig.component(id).instances()) numbers.push_back(instance->zone());
    return numbers;
  };
  CHECK(zones("api") == std::vector<int>{2, 1, 2});
  CHECK(zones("lb") == std::vector<int>{1, 1});
  CHECK(zones("all") == std::vector<int>{0, 1, 2, 0});
}

}  // namespace
}  // namespace highwater
