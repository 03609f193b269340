// A service that Knative's autoscaler takes down to nothing and brings back when somebody comes.
// When it decides so is tested in tests/scaling.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/scaling/activator.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater::scale_to_zero_test {
namespace {

using Catch::Contains;
using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;
using testing::read_of;

/// One instance at first, which starts in 2 s; nobody wants anything.
std::string api(const std::string& kpa, const std::string& more = "") {
  return R"({"api": {"kind": "service", "workers": 20000, "start_time": "2s",
             "service_time": "10ms", "autoscaler": {"kpa": {)" +
         kpa + R"(}, "min_replicas": 0, "max_replicas": 5)" + (more.empty() ? "}" : more) + "}}";
}

/// When it is scaled to nothing first.
Time gone_at(const std::string& kpa) {
  ModelRig rig({service::service()}, api(kpa));
  rig.run(Time{1000s});
  for (const Happening& each : rig.happenings())
    if (each.kind == "scale_down") {
      CHECK(each.text == "api is scaled from 1 to 0");
      return each.at;
    }
  return kNever;
}

TEST_CASE("scale to zero: after a stable window without requests, and a grace", "[autoscaling]") {
  // The first readings are known at 30 s: from then on the activator is in the path of requests,
  // since so few instances are no match for a burst. Nothing wanted for a minute is seen at 62 s.
  CHECK(gone_at("") == Time{64s});
  CHECK(gone_at(R"("scale_to_zero_grace_period": "60s")") == Time{90s});
  CHECK(gone_at(R"("scale_to_zero_pod_retention_period": "120s")") == Time{182s});
  CHECK(gone_at(R"("stable_window": "30s")") == Time{60s});
}

TEST_CASE("scale to zero: who comes waits for an instance to start", "[autoscaling]") {
  ModelRig rig({service::service()}, api("", R"(}, "scheduling_time": "1s")"));
  const Answer& before = rig.send(Time{10s}, "api", read_of(1));
  const Answer& first = rig.send(Time{500s}, "api", read_of(1));
  const Answer& second = rig.send(Time{502s}, "api", read_of(1));
  const Answer& after = rig.send(Time{503s + 1ms}, "api", read_of(1));
  std::vector<std::size_t> up;
  for (const Duration at : {499s, 504s, 700s})
    rig.at(Time{at}, [&] {
      const auto instances = rig.component("api").instances();
      up.push_back(static_cast<std::size_t>(std::count_if(
          instances.begin(), instances.end(), [](const auto& each) { return each->up(); })));
    });
  rig.run(Time{1000s});
  CHECK(before.took() == 10ms);
  CHECK(first.took() == 3s + 10ms);  // not at the next round
  CHECK(second.took() == 1s + 10ms);
  CHECK(after.took() == 10ms);
  CHECK(up == std::vector<std::size_t>{0, 1, 0});
  CHECK(rig.count("api", "scale_ups") == 1);
  CHECK(rig.count("api", "scale_downs") == 2);
  CHECK(rig.value("api", "activation_ms") == Approx(2000));
  CHECK(rig.value("api", "activating") == Approx(0.004));
  CHECK(rig.value("api", "replicas") < 0.25);
  CHECK(std::isfinite(rig.value("api", "utilization")));
}

TEST_CASE("scale to zero: many at once are many instances", "[autoscaling]") {
  for (const char* const follows : {R"("target_concurrency": 10)", R"("target_rate": "10/s")"}) {
    ModelRig rig({service::service()}, api(follows));
    for (int i = 0; i < 60; ++i) rig.send(Time{500s + i * 30ms}, "api", read_of(1));
    rig.run(Time{600s});
    CHECK(rig.component("api").received() == 60);
    double most = 0;
    for (const Happening& each : rig.happenings())
      if (each.kind == "scale_up")
        most = std::max(most, std::stod(each.text.substr(each.text.rfind(' '))));
    CHECK(most > 1);
  }
}

TEST_CASE("scale to zero: so many may wait and no more", "[autoscaling]") {
  ModelRig rig({service::service()}, api(""));
  std::vector<const Answer*> answers;
  for (std::size_t i = 0; i <= autoscaling::Activator::kMostHeld; ++i)
    answers.push_back(&rig.send(Time{500s}, "api", read_of(1)));
  rig.run(Time{600s});
  CHECK(std::count_if(answers.begin(), answers.end(), [](const Answer* answer) {
          return answer->reply.status == Status::rejected && answer->at == Time{500s};
        }) == 1);
  CHECK(std::count_if(answers.begin(), answers.end(),
                      [](const Answer* answer) { return answer->reply.ok(); }) == 10'000);
}

TEST_CASE("scale to zero: an instance that ends is called back where there may be no other",
          "[autoscaling]") {
  const Time gone = gone_at(R"("target_rate": "10/s")");
  const auto took = [&](const std::string& most) {
    std::string service = api(R"("target_rate": "10/s")");
    const auto replace = [&](const std::string& old, const std::string& other) {
      service.replace(service.find(old), old.size(), other);
    };
    replace(R"("service_time": "10ms")",
            R"("endpoints": {"GET /slow": [{"wait": "20s"}], "GET /fast": [{"wait": "10ms"}]})");
    replace(R"("max_replicas": 5)", R"("max_replicas": )" + most);
    ModelRig rig({service::service()}, service);
    Symbols& symbols = rig.world().symbols;
    // Nobody has read yet that it came.
    const Answer& slow = rig.send(gone - 1ms, "api", read_of(1, symbols.intern("GET /slow")));
    const Answer& fast = rig.send(gone + 500ms, "api", read_of(1, symbols.intern("GET /fast")));
    rig.run(Time{600s});
    CHECK(slow.took() == 20s);
    return fast.took();
  };
  CHECK(took("5") == 2s + 10ms);  // another one starts meanwhile
  CHECK(took("1") == 10ms);
}

TEST_CASE("scale to zero: those who give up meanwhile know it, and the rest is served",
          "[autoscaling]") {
  ModelRig rig({service::service()}, api(""));
  CallPolicy hasty;
  hasty.timeout = 1s;
  const Answer& gives_up = rig.send(Time{500s}, "api", read_of(1), hasty);
  const Answer& waits = rig.send(Time{500s}, "api", read_of(1));
  rig.run(Time{600s});
  CHECK(gives_up.reply.status == Status::timeout);
  CHECK(gives_up.took() == 1s);
  CHECK(waits.took() == 2s + 10ms);
  CHECK(rig.count("api", "wasted") == 1);
}

TEST_CASE("scale to zero: what is wrong with it is said", "[autoscaling][input]") {
  const auto says = [](const std::string& autoscaler) {
    return problems_of(
        service::service(),
        R"({"kind": "service", "service_time": "1ms", "autoscaler": )" + autoscaler + "}");
  };
  CHECK(says(R"({"kpa": {}, "min_replicas": 0, "max_replicas": 3})").empty());
  CHECK_THAT(says(R"({"hpa": {}, "min_replicas": 0, "max_replicas": 3})"),
             Contains("/autoscaler/min_replicas: only kpa scales to zero"));
  CHECK_THAT(says(R"({"kpa": {"scale_to_zero_grace_period": "60s"}, "max_replicas": 3})"),
             Contains("scales to zero with \"min_replicas\": 0 only"));
}

}  // namespace
}  // namespace highwater::scale_to_zero_test
