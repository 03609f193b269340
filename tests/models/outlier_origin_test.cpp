#include <string>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater::testing {
namespace {

using balancer::load_balancer;
using namespace std::chrono_literals;

TEST_CASE("load balancer: connections count apart where Envoy counts them apart",
          "[models][load_balancer]") {
  // One of four instances breaks every `each`th of its connections.
  const auto ejected = [](int each, const std::string& more) {
    SinkLog log;
    log.instances = 4;
    int sent = 0;
    log.react = [&](const Received& received) {
      const bool breaks = received.instance == 0 && ++sent % each == 0;
      return Reaction{1ms, breaks ? Status::reset : Status::ok, false};
    };
    ModelRig rig({load_balancer(), sink(log)},
                 R"({"api": {"kind": "sink"}, "lb": {"kind": "load_balancer", "targets": ["api"],
                     "max_fails": 0, "tries": 1, "outlier_detection": {"interval": "1s",
                       "split_local_origin_errors": true, "max_ejection_percent": "30%",
                       "success_rate_minimum_hosts": 3, "failure_percentage_minimum_hosts": 3)" +
                     more + "}}}");
    for (std::int64_t i = 0; i < 2000; ++i)
      rig.send(Time{1s} + Duration{i * 1'000'000}, "lb", read_of(1));
    rig.run(Time{5s});
    return rig.count("lb", "ejections");
  };
  const std::string not_in_a_row = R"(, "enforcing_consecutive_local_origin_failure": "0%")";
  const std::string no_rate = R"(, "enforcing_local_origin_success_rate": "0%")";
  CHECK(ejected(1, no_rate) == 1);
  CHECK(ejected(2, no_rate) == 0);  // never five in a row
  CHECK(ejected(2, R"(, "consecutive_local_origin_failure": 1)" + no_rate) == 1);
  CHECK(ejected(2, not_in_a_row + R"(, "success_rate_stdev_factor": 1)") == 1);
  CHECK(ejected(2, not_in_a_row + no_rate) == 0);
  const std::string by_share =
      not_in_a_row + no_rate + R"(, "enforcing_local_origin_failure_percentage": "100%")";
  CHECK(ejected(2, by_share + R"(, "failure_percentage_threshold": "45%")") == 1);
  CHECK(ejected(2, by_share + R"(, "failure_percentage_threshold": "60%")") == 0);
}

}  // namespace
}  // namespace highwater::testing
