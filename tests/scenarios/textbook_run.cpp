#include "tests/scenarios/textbook_run.h"

#include <cmath>
#include <stdexcept>
#include <variant>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "engine/experiment/assemble.h"
#include "engine/experiment/run.h"
#include "engine/statistics/histogram.h"
#include "tests/support/scenario_system.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HIGHWATER_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(undefined_behavior_sanitizer)
#define HIGHWATER_SANITIZED
#endif
#endif

namespace highwater::testing {
namespace {

#ifdef HIGHWATER_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

constexpr double kSanitizedWidths = 3;
constexpr int kSanitizedShare = 20;

constexpr double kMeanTolerance = 0.01;
constexpr double kTailTolerance = 0.02;

const Estimate& statistic_of(const TimeSummary& times, std::string_view statistic) {
  if (statistic.empty() || statistic == "mean") return times.mean;
  if (statistic == "p50") return times.p50;
  if (statistic == "p90") return times.p90;
  if (statistic == "p95") return times.p95;
  if (statistic == "p99") return times.p99;
  throw std::logic_error("no statistic " + std::string(statistic));
}

bool is_quantile(const std::string& path) {
  return path.find(".p5") != std::string::npos || path.find(".p9") != std::string::npos;
}

double tolerance_of(const std::string& path) {
  const bool number = path.find(".queue_length") != std::string::npos ||
                      path.find(".in_flight") != std::string::npos;
  return is_quantile(path) || number ? kTailTolerance : kMeanTolerance;
}

}  // namespace

TextbookRun::TextbookRun(const std::string& file, const std::vector<std::string>& settings,
                         Strictness strictness)
    : strictness_(strictness) {
  System system = system_of_scenario(file, settings);
  if (kSanitized && !strictness.whole) system.duration /= kSanitizedShare;
  RunOptions options;
  options.jobs = 2;
  results_ = assemble(system, run_system(system, options));
}

const Estimate& TextbookRun::find(const std::string& path) const {
  const std::size_t dot = path.find('.');
  const std::size_t end = path.find('.', dot + 1);
  const std::string owner = path.substr(0, dot);
  const std::string name = path.substr(dot + 1, end - dot - 1);
  const std::string statistic = end == std::string::npos ? "" : path.substr(end + 1);
  for (const ClientResult& client : results_.clients) {
    if (client.id != owner) continue;
    if (name == "throughput_rps") return client.throughput_rps;
    if (name == "availability") return client.availability;
    if (name == "latency_ms") return statistic_of(client.latency_ms, statistic);
    if (name == "failed_latency_ms") return statistic_of(client.failed_latency_ms, statistic);
  }
  for (const ComponentResult& component : results_.components) {
    if (component.id != owner) continue;
    for (const MetricResult& metric : component.metrics) {
      if (metric.name != name) continue;
      if (const auto* times = std::get_if<TimeSummary>(&metric.value))
        return statistic_of(*times, statistic);
      return std::get<Estimate>(metric.value);
    }
  }
  throw std::logic_error("no metric " + path);
}

void TextbookRun::hold_against(const Estimate& estimate, double truth, double tolerance,
                               double resolution) const {
  if (kSanitized && !estimate.ci95) return;  // too short a run for this one
  REQUIRE(estimate.value);
  REQUIRE(estimate.ci95);
  const double widths = kSanitized ? kSanitizedWidths : strictness_.widths;
  const double value = *estimate.value;
  // What a histogram's buckets are off is stated beside the interval, not in it; and a metric that
  // never varies has an interval of no width, which rounding must not put beside the truth.
  const double slack = (resolution + 1e-9) * truth;
  const double low = value - widths * (value - estimate.ci95->low) - slack;
  const double high = value + widths * (estimate.ci95->high - value) + slack;
  INFO("value " << value << " (" << 100 * (value / truth - 1) << " % off), interval ["
                << estimate.ci95->low << ", " << estimate.ci95->high << "], truth " << truth);
  CHECK(low <= truth);
  CHECK(high >= truth);
  if (!kSanitized) CHECK(std::abs(value - truth) <= strictness_.tolerance * tolerance * truth);
}

void TextbookRun::expect(const std::string& path, double truth) const {
  INFO(path);
  hold_against(find(path), truth, tolerance_of(path),
               is_quantile(path) ? Histogram::resolution() : 0);
}

void TextbookRun::expect_promise(double truth, int decimals, const std::string& unit) const {
  const std::string promise = fmt::format("{:.{}f} {}", truth, decimals, unit);
  INFO(results_.description);
  INFO("should say: " << promise);
  CHECK(results_.description.find(" " + promise) != std::string::npos);
}

void TextbookRun::expect_lost(const std::string& client, double truth) const {
  INFO(client << ", share of requests lost");
  Estimate lost = find(client + ".availability");
  if (lost.value) lost.value = 1 - *lost.value;
  if (lost.ci95) lost.ci95 = Interval{1 - lost.ci95->high, 1 - lost.ci95->low};
  hold_against(lost, truth, kTailTolerance, 0);
}

void TextbookRun::expect_conservation(bool losses) const {
  const auto check = [&](const RequestCounts& counts) {
    CHECK(counts.issued == counts.completed + counts.failed + counts.rejected + counts.in_flight);
    CHECK(counts.completed > 0);
    CHECK(counts.in_flight < counts.issued / 100);  // a count that fell below zero would be huge
    CHECK((counts.failed + counts.rejected > 0) == losses);
  };
  check(results_.requests);
  for (const ClientResult& client : results_.clients) {
    CAPTURE(client.id);
    check(client.requests);
  }
  CHECK_FALSE(results_.partial);
}

}  // namespace highwater::testing
