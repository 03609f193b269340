// Arrival processes against their laws: means, variances and shapes at a size where five standard
// errors tell a fault from chance. Seeds are fixed.

#include "models/client/arrivals.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/describe/field.h"

namespace highwater::client {
namespace {

Arrivals parse(const std::string& json) {
  Problems problems;
  const auto value =
      parse_json(R"({"arrivals": )" + json + "}", problems.add_source("t"), problems);
  REQUIRE(value);
  Arrivals arrivals;
  Quantity<Arrivals>::read(*value->find("arrivals"), "/arrivals", problems, arrivals);
  INFO(problems.text());
  REQUIRE_FALSE(problems.has_errors());
  return arrivals;
}

/// All arrivals before `end`, in seconds.
std::vector<double> arrivals_of(const std::string& json, double end, std::uint64_t seed = 5) {
  const auto process = make_arrivals(parse(json), RandomStream(seed, "arrivals_test", "arrivals"));
  std::vector<double> times;
  Time now{};
  while (const std::optional<Time> next = process->next(now)) {
    if (*next < now) FAIL("an arrival before the one before it");
    now = *next;
    if (seconds(now) >= end) break;
    times.push_back(seconds(now));
  }
  return times;
}

double between(const std::vector<double>& times, double from, double to) {
  return static_cast<double>(std::lower_bound(times.begin(), times.end(), to) -
                             std::lower_bound(times.begin(), times.end(), from));
}

/// Variance over mean of the counts in windows of `width`: 1 for Poisson.
double dispersion(const std::vector<double>& times, double end, double width) {
  double sum = 0;
  double squares = 0;
  const auto windows = static_cast<int>(end / width);
  for (int i = 0; i < windows; ++i) {
    const double count = between(times, i * width, (i + 1) * width);
    sum += count;
    squares += count * count;
  }
  const double mean = sum / windows;
  return (squares / windows - mean * mean) / mean;
}

TEST_CASE("arrivals: poisson", "[models][client]") {
  const std::vector<double> times = arrivals_of(R"({"poisson": "100/s"})", 1000);
  CHECK(static_cast<double>(times.size()) == Approx(100'000).margin(5 * std::sqrt(100'000)));
  CHECK(dispersion(times, 1000, 0.1) == Approx(1).margin(0.07));  // 5 sqrt(2 / 10,000)
  double longer = 0;
  for (std::size_t i = 1; i < times.size(); ++i) longer += times[i] - times[i - 1] > 0.02;
  CHECK(longer / 100'000 == Approx(std::exp(-2)).margin(0.006));
  CHECK(arrivals_of(R"({"poisson": "100/s"})", 10, 6) !=
        arrivals_of(R"({"poisson": "100/s"})", 10));
  CHECK(arrivals_of(R"({"poisson": "0/s"})", 1e6).empty());
}

TEST_CASE("arrivals: constant, without an error that adds up", "[models][client]") {
  const std::vector<double> times = arrivals_of(R"({"constant": "3/s"})", 100'000.1);
  REQUIRE(times.size() == 300'000);
  CHECK(times[0] == Approx(1.0 / 3).margin(1e-9));
  CHECK(times[2] == 1);
  CHECK(times.back() == 100'000);
  CHECK(arrivals_of(R"({"constant": "0/s"})", 1e6).empty());
}

TEST_CASE("arrivals: renewal has any gap", "[models][client]") {
  const std::vector<double> times =
      arrivals_of(R"({"renewal": {"erlang": {"k": 4, "mean": "10ms"}}})", 1000);
  CHECK(static_cast<double>(times.size()) == Approx(100'000).margin(5 * 0.5 * 316));
  CHECK(dispersion(times, 1000, 1) == Approx(0.25).margin(0.06));  // cv² in long windows
  CHECK(arrivals_of(R"({"renewal": "250ms"})", 1.1) == std::vector<double>{0.25, 0.5, 0.75, 1});
}

TEST_CASE("arrivals: mmpp", "[models][client]") {
  // Rates 10 and 200 with mean stays of 3 s and 1 s: on average (30 + 200) / 4 = 57.5 a second.
  const std::string bursts =
      R"({"mmpp": [{"rate": "10/s", "stay": "3s"}, {"rate": "200/s", "stay": "1s"}]})";
  const std::vector<double> times = arrivals_of(bursts, 40'000);
  CHECK(static_cast<double>(times.size()) / 40'000 == Approx(57.5).epsilon(0.04));
  // Index of dispersion in the long run: 1 + 2 (r1 - r2)² s1² s2² / ((s1 + s2)² (r1 s1 + r2 s2))
  // (Fischer & Meier-Hellstern, section 2.3) = 1 + 2 · 190² · 9 / (16 · 230) = 177.6.
  CHECK(dispersion(times, 40'000, 100) == Approx(177.6).epsilon(0.35));
  // The first state comes first.
  const std::string late =
      R"({"mmpp": [{"rate": "0/s", "stay": "100s"}, {"rate": "1k/s", "stay": "1h"}]})";
  double begin = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto process = make_arrivals(parse(late), RandomStream(seed, "arrivals_test", "late"));
    begin += seconds(*process->next(Time{})) / 400;
  }
  CHECK(begin == Approx(100).margin(25));
}

TEST_CASE("arrivals: stages of ramps and holds, then nothing", "[models][client]") {
  const std::vector<double> times = arrivals_of(
      R"({"stages": [{"hold": "100s", "rate": "100/s"}, {"ramp": "100s", "to": "300/s"},
                     {"hold": "50s"}, {"ramp": "100s", "to": "0/s"}, {"hold": "10s"},
                     {"hold": "100s", "rate": "50/s"}]})",
      1e9);
  const auto expect = [&](double from, double to, double count) {
    CAPTURE(from, to);
    CHECK(between(times, from, to) == Approx(count).margin(5 * std::sqrt(count)));
  };
  expect(0, 100, 10'000);
  expect(100, 150, 7'500);   // 100 to 200 a second
  expect(150, 200, 12'500);  // 200 to 300
  expect(200, 250, 15'000);  // a hold keeps the rate
  expect(250, 300, 11'250);
  expect(300, 350, 3'750);
  CHECK(between(times, 350, 360) == 0);
  expect(360, 460, 5'000);
  CHECK(times.back() < 460);
  CHECK(dispersion(std::vector<double>(times.begin(), times.begin() + 9000), 90, 0.1) ==
        Approx(1).margin(0.25));
  CHECK(arrivals_of(R"({"stages": [{"hold": "10s"}]})", 1e9).empty());  // nothing before it
  const std::vector<double> ramp =
      arrivals_of(R"({"stages": [{"ramp": "100s", "to": "200/s"}]})", 1e9);
  CHECK(static_cast<double>(ramp.size()) == Approx(10'000).margin(500));  // from 0
  CHECK(between(ramp, 0, 50) == Approx(2'500).margin(250));
}

TEST_CASE("arrivals: a daily cycle has the mean, the peak and the hour it is given",
          "[models][client]") {
  const std::vector<double> days =
      arrivals_of(R"({"diurnal": {"mean": "1/s", "peak": "3x", "at": "20h"}})", 86400 * 10);
  const auto hour = [&](const std::vector<double>& times, int of_day) {
    double sum = 0;
    for (int day = 0; day < 10; ++day)
      sum +=
          between(times, 86400 * day + 3600 * (of_day - 0.5), 86400 * day + 3600 * (of_day + 0.5));
    return sum / 36'000;
  };
  CHECK(static_cast<double>(days.size()) / 864'000 == Approx(1).margin(0.006));
  CHECK(hour(days, 20) == Approx(3).margin(0.06));  // the hour around the peak loses 1 %
  CHECK(hour(days, 14) == Approx(hour(days, 2)).margin(0.06));  // symmetric about 20 h
  CHECK(hour(days, 8) < 0.1);
  const std::vector<double> flat =
      arrivals_of(R"({"diurnal": {"mean": "1/s", "peak": "1x"}})", 86400);
  CHECK(static_cast<double>(flat.size()) == Approx(86'400).margin(1500));
  CHECK(between(flat, 0, 43'200) == Approx(43'200).margin(1050));
  // Cycles of another length; the peak lies in the middle of each.
  const std::vector<double> minutes = arrivals_of(
      R"({"diurnal": {"mean": "100/s", "peak": "2x", "at": "30s", "period": "60s"}})", 600);
  double middle = 0;
  for (int i = 0; i < 10; ++i) middle += between(minutes, 60 * i + 29, 60 * i + 31) / 20;
  CHECK(middle == Approx(200).margin(16));
  CHECK(static_cast<double>(minutes.size()) / 600 == Approx(100).margin(2.1));
}

TEST_CASE("arrivals: the shape of the day", "[models][client]") {
  CHECK(bessel_i0(0) == 1);
  CHECK(bessel_i0(1) == Approx(1.2660658777520082).epsilon(1e-14));  // Abramowitz & Stegun, 9.8
  CHECK(bessel_i0(10) == Approx(2815.716628466254).epsilon(1e-14));
  for (const double peak : {1.0, 1.5, 2.0, 3.0, 10.0}) {
    const double k = diurnal_concentration(peak);
    CHECK(std::exp(k) / bessel_i0(k) == Approx(peak).epsilon(1e-9));
  }
}

TEST_CASE("arrivals: a trace and closed users are no process", "[models][client]") {
  const RandomStream stream(1, "arrivals_test", "none");
  CHECK(make_arrivals(Arrivals{ClosedArrivals{}}, stream) == nullptr);
  CHECK(make_arrivals(Arrivals{TraceArrivals{}}, stream) == nullptr);
}

}  // namespace
}  // namespace highwater::client
