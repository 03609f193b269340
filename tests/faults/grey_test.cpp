// A share of the requests fails or hangs, and health checks see nothing.

#include <string>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/faults/faults.h"
#include "models/faults/interfering.h"
#include "tests/faults/bench.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::problems_of;
using testing::sink;
using testing::SinkLog;
using testing::timeout_of;

TEST_CASE("grey: some fail, some hang", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log)}, testing::kOneSink);
  rig.fault(grey(), R"({"at": "1s", "for": "10s", "grey": "it", "rate": "40%", "hang": "25%"})");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 4000; ++i)
    answers.push_back(&rig.send(Time{2s}, "it", Request{}, timeout_of(1s)));
  const Answer& patient = rig.send(Time{2s}, "it", Request{}, timeout_of(100s));
  const Answer& after = rig.send(Time{12s}, "it", Request{}, timeout_of(1s));
  rig.run(Time{30s});
  double errors = 0, hung = 0;
  for (const Answer* each : answers) {
    errors += each->reply.status == Status::error;
    hung += each->reply.status == Status::timeout;
    if (each->reply.status == Status::error) CHECK(each->took() == 0ms);
  }
  CHECK(errors / 4000 == Approx(0.3).margin(0.03));
  CHECK(hung / 4000 == Approx(0.1).margin(0.02));
  CHECK((patient.took() == 0ms || patient.at == Time{11s}));
  CHECK(after.reply.ok());
}

TEST_CASE("grey: what hangs is answered at the end, or when the process dies", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log)}, testing::kOneSink);
  const std::string hangs = R"("for": "10s", "grey": "it", "rate": "100%", "hang": "100%"})";
  rig.fault(grey(), R"({"at": "1s", )" + hangs);
  rig.fault(grey(), R"({"at": "21s", )" + hangs);
  rig.fault(kill(), R"({"at": "25s", "for": "1s", "kill": "it"})");
  const Answer& freed = rig.send(Time{2s}, "it", Request{});
  const Answer& reset = rig.send(Time{22s}, "it", Request{});
  rig.run(Time{40s});
  CHECK(freed.at == Time{11s});
  CHECK(freed.reply.status == Status::error);
  CHECK(reset.at == Time{25s});
  CHECK(reset.reply.status == Status::reset);
  CHECK(log.size() == 0);
}

TEST_CASE("grey: health checks pass, outlier detection sees", "[faults]") {
  const auto answered = [](const std::string& how, std::string& unhealthy) {
    ModelRig rig({service::service(), balancer::load_balancer()}, R"({
        "lb": {"kind": "load_balancer", "targets": ["api"], "max_fails": 0, )" +
                                                                      how + R"(},
        "api": {"kind": "service", "replicas": 4, "workers": 100, "service_time": "1ms"}})");
    rig.fault(grey(), R"({"at": "1s", "grey": "api[2]", "rate": "100%", "hang": "0%"})");
    int ok = 0;
    std::vector<const Answer*> answers;
    for (int i = 0; i < 1000; ++i)
      answers.push_back(&rig.send(Time{10s + 10ms * i}, "lb", Request{}));
    rig.run(Time{30s});
    for (const Answer* each : answers) ok += each->reply.ok();
    for (const Happening& each : rig.happenings())
      if (each.kind == "unhealthy" || each.kind == "ejected") unhealthy = each.kind;
    return ok;
  };
  std::string checks, outliers;
  CHECK(answered(R"("health_check": {"interval": "1s", "fall": 1})", checks) == 750);
  CHECK(checks.empty());
  CHECK(answered(
            R"("outlier_detection": {"base_ejection_time": "1h", "max_ejection_percent": "25%"})",
            outliers) > 900);
  CHECK(outliers == "ejected");
}

TEST_CASE("grey: leaves no trace", "[faults]") {
  check_leaves_no_trace(grey(), R"({"at": "5s", "for": "2s", "grey": "api", "rate": "30%"})");
}

TEST_CASE("grey: what it cannot be", "[faults]") {
  CHECK_THAT(problems_of(grey(), R"({"at": "1s", "grey": "api"})"), Catch::Contains("rate"));
}

}  // namespace
}  // namespace highwater::faults
