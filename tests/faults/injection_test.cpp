// When faults strike, for how long, and how they come and go.

#include "engine/model/injection.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/fault_params.h"
#include "models/faults/faults.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater::faults {
namespace {

using testing::ModelRig;
using testing::problems_of;

/// A service that does nothing, with a fault `json` of `kind`.
struct Bench {
  Bench(const FaultKind& kind, const std::string& json, std::uint64_t seed = 1)
      : rig({service::service()},
            R"({"api": {"kind": "service", "replicas": 4, "service_time": "1ms"}})",
            options(seed)) {
    rig.fault(kind, json);
  }
  static ModelRig::Options options(std::uint64_t seed) {
    ModelRig::Options options;
    options.seed = seed;
    options.duration = 24h * 100;
    return options;
  }
  std::vector<Time> strikes() const {
    std::vector<Time> at;
    for (const Happening& happening : rig.happenings())
      if (happening.kind == "fault") at.push_back(happening.at);
    return at;
  }
  /// Seconds from each strike to its end, of those that ended in their turn.
  std::vector<double> lengths() const {
    std::vector<double> found;
    Time begun{};
    for (const Happening& happening : rig.happenings()) {
      if (happening.kind == "fault") begun = happening.at;
      if (happening.kind == "fault ended") found.push_back(seconds(happening.at - begun));
    }
    return found;
  }

  ModelRig rig;
};

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

TEST_CASE("injection: strikes at a rate are a Poisson process", "[faults]") {
  Bench bench(slow(), R"({"slow": "api", "random": {"rate": "2/h"}, "for": "1s"})");
  bench.rig.run(Time{24h * 60});
  const auto strikes = bench.strikes();
  // 2880 are expected, with a standard deviation of 54.
  CHECK(static_cast<double>(strikes.size()) == Approx(2880).margin(4 * 54));
  double sum = 0, squares = 0;
  for (std::size_t i = 1; i < strikes.size(); ++i) {
    const double gap = seconds(strikes[i] - strikes[i - 1]);
    sum += gap;
    squares += gap * gap;
  }
  const auto gaps = static_cast<double>(strikes.size() - 1);
  const double mean = sum / gaps;
  CHECK((squares / gaps - mean * mean) / (mean * mean) == Approx(1).margin(0.15));
}

TEST_CASE("injection: gaps between strikes and lengths follow their laws", "[faults]") {
  Bench bench(slow(), R"({"slow": "api", "random": {"every": {"uniform": ["10m", "30m"]}},
                          "for": {"exponential": "1m"}})");
  bench.rig.run(Time{24h * 30});
  CHECK(static_cast<double>(bench.strikes().size()) == Approx(30 * 72).margin(60));
  CHECK(mean_of(bench.lengths()) == Approx(60).margin(6));
}

TEST_CASE("injection: random times have a window", "[faults]") {
  Bench bench(slow(), R"({"slow": "api", "for": "1s",
                          "random": {"rate": "1/minute", "from": "2h", "until": "3h"}})");
  bench.rig.run(Time{24h});
  const auto strikes = bench.strikes();
  CHECK(static_cast<double>(strikes.size()) == Approx(60).margin(31));
  CHECK(strikes.front() >= Time{2h});
  CHECK(strikes.back() < Time{3h});
}

TEST_CASE("injection: office hours", "[faults]") {
  const auto in_hours = [](Time at) {
    const auto day = (at - Time{}) / 24h;
    const Duration clock = (at - Time{}) - 24h * day;
    return day % 7 < 5 && clock >= 9h && clock < 15h;
  };
  SECTION("the monkey's day") {
    Bench bench(kill(), R"({"kill": "api", "count": 1, "for": "1m",
                            "random": {"daily_probability": "50%", "office_hours": {}}})");
    bench.rig.run(Time{24h * 98});
    const auto strikes = bench.strikes();
    // 70 work days.
    CHECK(static_cast<double>(strikes.size()) == Approx(35).margin(16));
    for (const Time at : strikes) CHECK(in_hours(at));
    for (std::size_t i = 1; i < strikes.size(); ++i)
      CHECK((strikes[i] - Time{}) / 24h > (strikes[i - 1] - Time{}) / 24h);
  }
  SECTION("a rate, and gaps so short that nothing else could end") {
    Bench bench(slow(), R"({"slow": "api", "for": "1s", "random": {"every": "1ms",
                            "office_hours": {"from": "9h", "until": "15h", "days": 5},
                            "until": "8d"}})");
    bench.rig.run(Time{24h * 8});
    const auto strikes = bench.strikes();
    CHECK(strikes.front() == Time{9h + 1ms});
    for (const Time at : strikes) CHECK(in_hours(at));
    CHECK(strikes.size() <= Injection::kMostSpans + 1);
  }
}

TEST_CASE("injection: a probability decides whether it strikes", "[faults]") {
  int struck = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    Bench bench(slow(), R"({"slow": "api", "at": "1s", "for": "1s", "probability": "30%"})", seed);
    bench.rig.run(Time{10s});
    struck += !bench.strikes().empty();
  }
  CHECK(struck == Approx(120).margin(4 * 9.2));
}

TEST_CASE("injection: an effect grows and fades by degrees", "[faults]") {
  Bench bench(slow(), R"({"slow": "api", "at": "100s", "for": "100s", "factor": "3x",
                          "ramp": "20s", "fade": "10s"})");
  const auto at = [&](Duration time) {
    bench.rig.run(Time{time});
    return bench.rig.instance("api", 0).slowdown();
  };
  CHECK(at(99s) == 1);
  CHECK(at(100500ms) == Approx(1.1));  // one step of twenty
  CHECK(at(110500ms) == Approx(1 + 2 * 11 / 20.0));
  CHECK(at(119500ms) == Approx(3));
  CHECK(at(199s) == Approx(3));
  CHECK(at(200250ms) == Approx(3));
  CHECK(at(205250ms) == Approx(1 + 2 * 10 / 20.0));
  CHECK(at(211s) == 1);
}

TEST_CASE("injection: what ends while it grows fades from where it is", "[faults]") {
  Bench bench(slow(), R"({"slow": "api", "at": "100s", "for": "10s", "factor": "3x",
                          "ramp": "20s", "fade": "10s"})");
  bench.rig.run(Time{110s});
  const double reached = bench.rig.instance("api", 0).slowdown();
  CHECK(reached == Approx(2).margin(0.11));
  bench.rig.run(Time{115s});
  CHECK(bench.rig.instance("api", 0).slowdown() == Approx(1.5).margin(0.11));
  bench.rig.run(Time{121s});
  CHECK(bench.rig.instance("api", 0).slowdown() == 1);
}

TEST_CASE("injection: strikes that overlap compose, and leave nothing behind", "[faults]") {
  Bench bench(slow(), R"({"slow": "api[0]", "factor": "2x", "for": {"exponential": "3h"},
                          "random": {"rate": "1/h", "until": "2d"}})");
  double most = 1;
  for (int hour = 0; hour < 48; ++hour) {
    bench.rig.run(Time{1h * hour});
    most = std::max(most, bench.rig.instance("api", 0).slowdown());
  }
  CHECK(most >= 8);
  bench.rig.run(Time{24h * 10});
  CHECK(bench.rig.instance("api", 0).slowdown() == 1);
}

TEST_CASE("injection: each strike chooses anew", "[faults]") {
  Bench bench(kill(), R"({"kill": "api", "count": 1, "for": "1m", "random": {"rate": "1/h"}})");
  bench.rig.run(Time{24h * 4});
  std::vector<std::string> hit;
  for (const Happening& happening : bench.rig.happenings())
    if (happening.kind == "fault" && std::find(hit.begin(), hit.end(), happening.text) == hit.end())
      hit.push_back(happening.text);
  CHECK(hit.size() == 4);
}

TEST_CASE("injection: what is said about times is held to sense", "[faults]") {
  const auto problems = [](const std::string& more) {
    return problems_of(kill(), R"({"kill": "api", )" + more + "}");
  };
  CHECK(problems(R"("at": "1s")").empty());
  CHECK_THAT(problems(R"("for": "1s")"), Catch::Contains("either \"at\" a time"));
  CHECK_THAT(problems(R"("at": "1s", "random": {"rate": "1/h"})"), Catch::Contains("either"));
  CHECK_THAT(problems(R"("at": "1s", "for": "0s")"), Catch::Contains("does nothing"));
  CHECK_THAT(problems(R"("at": "1s", "for": "-1s")"), Catch::Contains("/for: "));
  CHECK_THAT(problems(R"("at": "1s", "after": "2s")"), Catch::Contains("\"when\""));
  CHECK_THAT(problems(R"("random": {})"), Catch::Contains("exactly one of"));
  CHECK_THAT(problems(R"("random": {"every": "0s"})"), Catch::Contains("longer than 0"));
  CHECK_THAT(problems(R"("random": {"rate": "1/h", "from": "2h", "until": "1h"})"),
             Catch::Contains("ends before it begins"));
  CHECK_THAT(problems(R"("random": {"rate": "1/h", "office_hours": {"from": "18h"}})"),
             Catch::Contains("begin before they end"));
}

}  // namespace
}  // namespace highwater::faults
