// A service whose HPA predicts. What the models say is tested in tests/scaling/predictor_test.cpp.

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "models/predict_params.h"
#include "models/scaling/autoscaler.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater::predict_test {
namespace {

using Catch::Contains;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;

std::string api(const std::string& predict, const std::string& bounds = R"("max_replicas": 40)") {
  return R"({"api": {"kind": "service", "workers": 1000, "cores": 1000, "service_time": "1ms",
             "replicas": 2, "autoscaler": {"hpa": {"target_rate": "10/s")" +
         predict + "}, " + bounds + "}}}";
}

/// A service whose load grows by 10 a second every 15 s until `end`, from 20 a second on.
struct Ramp {
  explicit Ramp(const std::string& system, Duration end = 300s, Duration run = 900s)
      : rig({service::service()}, system) {
    for (int step = -1; step * 15s < end; ++step) {
      Load load;
      load.to = "api";
      load.per_second = 10;
      load.begin = Time{std::max(0, step) * 15s};
      load.requests = static_cast<std::uint64_t>(10 * seconds(Time{run} - load.begin));
      rig.add(load);
    }
    rig.run(Time{run});
  }
  /// When there are so many first.
  Time reached(std::size_t replicas) const {
    for (const Happening& happening : rig.happenings()) {
      const std::string& text = happening.text;
      if (happening.kind == "scale_up" && std::stoul(text.substr(text.rfind(' ') + 1)) >= replicas)
        return happening.at;
    }
    return kNever;
  }
  ModelRig rig;
};

constexpr const char* kLine =
    R"(, "predict": {"models": [{"linear": {"look_ahead": "60s", "history_size": 6}}]})";

TEST_CASE("predict: on a ramp a line has instances there sooner by what it looks ahead",
          "[autoscaling]") {
  Ramp plain(api(""));
  Ramp ahead(api(kLine));
  for (const std::size_t replicas : {10u, 14u, 18u}) {
    const Duration lead = plain.reached(replicas) - ahead.reached(replicas);
    INFO(replicas << ": " << seconds(lead));
    CHECK(lead >= 45s);   // the load is drawn at random, and decisions are 15 s apart
    CHECK(lead <= 150s);  // the plain one's tolerance holds it back besides
  }
  // After the ramp it is as if nothing had been.
  CHECK(plain.rig.value("api", "replicas", Time{750s}) ==
        Approx(ahead.rig.value("api", "replicas", Time{750s})).margin(2));
}

TEST_CASE("predict: it never asks for more than the bounds and policies allow", "[autoscaling]") {
  Ramp bounded(api(kLine, R"("min_replicas": 2, "max_replicas": 12)"));
  CHECK(bounded.reached(12) < Time{150s});
  CHECK(bounded.reached(13) == kNever);
  Ramp slow(
      api(std::string(kLine) + R"(, "scale_up": {"policies": [{"pods": 1, "period": "60s"}]})"));
  CHECK(slow.reached(7) >= Time{255s});  // the fifth more
  Ramp floor(api(kLine, R"("min_replicas": 1, "max_replicas": 40, "schedule": [
                             {"at": "10s", "min_replicas": 15}])"));
  CHECK(floor.reached(15) == Time{10s});
  CHECK(floor.reached(16) < Ramp(api("")).reached(16));  // it sees past the floor
}

TEST_CASE("predict: each of its parameters counts", "[autoscaling]") {
  const auto mean = [](const std::string& predict) {
    return Ramp(api(R"(, "predict": )" + predict), 300s, 600s).rig.value("api", "replicas");
  };
  const double usual =
      mean(R"({"models": [{"linear": {"look_ahead": "60s", "history_size": 6}}]})");
  CHECK(mean(R"({"models": [{"linear": {"look_ahead": "120s", "history_size": 6}}]})") > usual);
  CHECK(mean(R"({"models": [{"linear": {"look_ahead": "60s", "history_size": 30}}]})") != usual);
  CHECK(mean(R"({"models": [{"linear": {"look_ahead": "60s", "history_size": 6},
                             "per_sync_period": 4}]})") != usual);
  for (const char* decision : {"mean", "median", "minimum"})
    CHECK(mean(std::string(R"({"decision_type": ")") + decision +
               R"(", "models": [{"linear": {"look_ahead": "60s", "history_size": 6}}]})") < usual);
}

TEST_CASE("predict: a season that comes again is met before it comes", "[autoscaling]") {
  // Every 5 minutes 100 a second more, for a minute. A season has 20 decisions.
  const auto grown_at = [](const std::string& predict) {
    ModelRig rig({service::service()},
                 api(R"(, "scale_down": {"stabilization_window": "0s"})" + predict));
    Load base;
    base.to = "api";
    base.per_second = 15;
    base.requests = 15 * 1500;
    rig.add(base);
    for (int season = 0; season < 5; ++season) {
      Load peak = base;
      peak.begin = Time{season * 300s + 200s};
      peak.per_second = 100;
      peak.requests = 100 * 60;
      rig.add(peak);
    }
    rig.run(Time{1500s});
    for (const Happening& happening : rig.happenings()) {
      const std::string& text = happening.text;
      const bool is_large = std::stoul(text.substr(text.rfind(' ') + 1)) >= 5;
      if (happening.kind == "scale_up" && happening.at >= Time{1300s} && is_large)
        return happening.at;
    }
    return kNever;
  };
  const Time plain = grown_at("");
  const Time seasonal = grown_at(
      R"(, "predict": {"models": [{"holt_winters": {"alpha": 0.1, "beta": 0, "gamma": 0.9,
           "trend": "additive", "seasonal": "additive", "seasonal_periods": 20,
           "stored_seasons": 3}}]})");
  CHECK(plain == Time{1410s});     // the reading of 1395 s to 1410 s tells
  CHECK(plain - seasonal == 15s);  // one decision ahead
}

TEST_CASE("predict: while nobody is there the number stays", "[autoscaling]") {
  ModelRig rig({service::service()}, api(kLine));
  for (int step = 0; step < 30; ++step) {
    Load load;
    load.to = "api";
    load.per_second = 10;
    load.begin = Time{step * 15s};
    load.requests = static_cast<std::uint64_t>(10 * (450 - step * 15));
    rig.add(load);
  }
  rig.fault(faults::kill(), R"({"at": "200s", "for": "60s", "kill": "api"})");
  rig.run(Time{450s});
  std::size_t before = 0;
  std::size_t during = 0;
  std::size_t after = 0;
  for (const Happening& happening : rig.happenings()) {
    if (happening.kind != "scale_up" && happening.kind != "scale_down") continue;
    ++(happening.at < Time{200s} ? before : happening.at < Time{260s} ? during : after);
  }
  CHECK(before > 3);
  CHECK(during == 0);  // without readings, whatever the line would say
  CHECK(after > 0);
}

TEST_CASE("predict: what is wrong with it is said", "[autoscaling]") {
  const auto says = [](const std::string& predict) {
    return problems_of(service::service(),
                       R"({"kind": "service", "service_time": "1ms",
                           "autoscaler": {"hpa": {"predict": )" +
                           predict + R"(}, "max_replicas": 8}})");
  };
  const std::string seasons = R"("alpha": 0.1, "beta": 0.1, "gamma": 0.9, "trend": "additive",
                                 "seasonal": "multiplicative")";
  CHECK(says(R"({"models": [{"linear": {"look_ahead": "1m", "history_size": 5}},
                            {"holt_winters": {)" +
             seasons + R"(, "seasonal_periods": 20, "stored_seasons": 1}}]})")
            .empty());
  CHECK_THAT(says("{}"), Contains("models"));
  CHECK_THAT(says(R"({"models": []})"), Contains("models"));
  CHECK_THAT(says(R"({"models": [{}]})"), Contains("holt_winters"));
  CHECK_THAT(says(R"({"models": [{"linear": {}}]})"),
             Contains("look_ahead") && Contains("history_size"));
  CHECK_THAT(says(R"({"models": [{"linear": {"look_ahead": "0s", "history_size": 0}}]})"),
             Contains("look_ahead") && Contains("history_size"));
  CHECK_THAT(says(R"({"models": [{"linear": {"look_ahead": "1s", "history_size": 1000000}}]})"),
             Contains("10000"));
  CHECK_THAT(says(R"({"decision_type": "most", "models": [{"linear": {"look_ahead": "1s",
                      "history_size": 1}}]})"),
             Contains("maximum"));
  CHECK_THAT(says(R"({"models": [{"holt_winters": {}}]})"),
             Contains("alpha") && Contains("beta") && Contains("gamma") && Contains("trend") &&
                 Contains("seasonal") && Contains("seasonal_periods") &&
                 Contains("stored_seasons"));
  CHECK_THAT(says(R"({"models": [{"holt_winters": {)" + seasons +
                  R"(, "seasonal_periods": 3, "stored_seasons": 2}}]})"),
             Contains("keeps 9 decisions at most") && Contains("predicts from 12 on"));
  CHECK_THAT(says(R"({"models": [{"holt_winters": {)" + seasons +
                  R"(, "seasonal_periods": 1, "stored_seasons": 2}}]})"),
             Contains("seasonal_periods"));
  // Of other autoscalers it is none.
  CHECK_THAT(problems_of(service::service(),
                         R"({"kind": "service", "service_time": "1ms", "autoscaler":
                             {"kpa": {"predict": {}}, "max_replicas": 8}})"),
             Contains("predict"));
}

}  // namespace
}  // namespace highwater::predict_test
