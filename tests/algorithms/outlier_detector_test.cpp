#include "models/algorithms/balancing/outlier_detector.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/algorithms/scripted_bits.h"
#include "tests/support/golden.h"

namespace highwater::balancing::outlier_detector_test {
namespace {

using Action = OutlierDetector::Action;
using Events = OutlierDetector::Events;

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000 * kMillisecond;

/// Envoy's tests were written when one more host could be ejected while less than the percentage
/// was out; single hosts are ejected there, with the default of 10 %.
OutlierOptions as_then() {
  OutlierOptions options;
  options.limit = OutlierLimit::before;
  return options;
}

/// A detector that hosts report to, as in outlier_detection_impl_test.cc.
struct Bench {
  explicit Bench(std::size_t hosts, const OutlierOptions& options = as_then())
      : detector(hosts, options) {}

  Events load(std::size_t host, int count, std::uint32_t status) {
    return collect(count, [&] { return detector.report_status(host, status, now, bits); });
  }
  Events load(std::size_t host, int count, OutlierResult result) {
    return collect(count, [&] { return detector.report(host, result, now, bits); });
  }
  Events tick(std::int64_t at) {
    now = at;
    return detector.tick(now, bits);
  }

  OutlierDetector detector;
  SplitMix bits{1};
  std::int64_t now = 0;

 private:
  template <class Report>
  static Events collect(int count, const Report& report) {
    Events all;
    for (int i = 0; i < count; ++i)
      for (const auto& event : report()) all.push_back(event);
    return all;
  }
};

Events one(std::size_t host, Action action, OutlierKind kind) {
  return {{host, action, kind}};
}

int count(const Events& events, Action action, OutlierKind kind) {
  int number = 0;
  for (const auto& event : events) number += event.action == action && event.kind == kind;
  return number;
}

// ---- Scenarios of Envoy's outlier_detection_impl_test.cc, named as there

TEST_CASE("OutlierDetector: BasicFlow5xxViaHttpCodes", "[algorithms][balancing][golden]") {
  Bench bench(2);
  CHECK(bench.load(0, 1, 500).empty());
  CHECK(bench.load(0, 1, 200).empty());
  CHECK(bench.load(0, 4, 500).empty());
  CHECK(bench.load(0, 1, 500) == one(0, Action::ejected, OutlierKind::consecutive_5xx));
  CHECK(bench.detector.ejected(0));
  CHECK(bench.detector.ejected() == 1);
  CHECK(bench.tick(9'999 * kMillisecond).empty());
  CHECK(bench.tick(30'001 * kMillisecond) ==
        one(0, Action::returned, OutlierKind::consecutive_5xx));
  CHECK_FALSE(bench.detector.ejected(0));
  CHECK(bench.load(0, 4, 500).empty());
  bench.now = 40'000 * kMillisecond;
  CHECK(bench.load(0, 1, 500) == one(0, Action::ejected, OutlierKind::consecutive_5xx));
  bench.detector.set_member(0, false);
  bench.detector.set_member(1, false);
  CHECK(bench.detector.ejected() == 0);
}

TEST_CASE("OutlierDetector: BasicFlow5xxViaHttpCodesWithActiveHC",
          "[algorithms][balancing][golden]") {
  Bench bench(2);
  bench.load(0, 5, 500);
  REQUIRE(bench.detector.ejected(0));
  CHECK(bench.detector.health_check_passed(0, 1 * kSecond));
  CHECK_FALSE(bench.detector.ejected(0));
  CHECK(bench.detector.ejected() == 0);
  CHECK_FALSE(bench.detector.health_check_passed(0, 2 * kSecond));

  OutlierOptions options = as_then();
  options.successful_active_health_check_uneject_host = false;
  Bench strict(2, options);
  strict.load(0, 5, 500);
  CHECK_FALSE(strict.detector.health_check_passed(0, 1 * kSecond));
  CHECK(strict.detector.ejected(0));
}

TEST_CASE("OutlierDetector: BasicFlowGatewayFailureAnd5xx", "[algorithms][balancing][golden]") {
  OutlierOptions options = as_then();
  options.enforcing[static_cast<std::size_t>(OutlierKind::consecutive_gateway_failure)] = 100;
  Bench bench(2, options);
  bench.load(0, 1, 503);
  bench.load(0, 1, 200);
  CHECK(bench.load(0, 4, 503).empty());
  // The fifth is the fifth error of any kind as well, but the host is out by then.
  CHECK(bench.load(0, 1, 503) == one(0, Action::ejected, OutlierKind::consecutive_gateway_failure));
  CHECK(bench.tick(9'999 * kMillisecond).empty());
  CHECK(bench.tick(30'001 * kMillisecond).size() == 1);
  CHECK(bench.load(0, 2, 503).empty());
  CHECK(bench.load(0, 2, 500).empty());
  CHECK(bench.load(0, 1, 500) == one(0, Action::ejected, OutlierKind::consecutive_5xx));
}

TEST_CASE("OutlierDetector: BasicFlowNonHttpCodesExternalOrigin",
          "[algorithms][balancing][golden]") {
  Bench bench(2);
  for (int i = 0; i < 100; ++i) {
    CHECK(bench.load(0, 1, OutlierResult::connect_failed).empty());
    CHECK(bench.load(0, 1, OutlierResult::request_success).empty());
  }
  bench.load(0, 1, OutlierResult::connect_failed);
  bench.load(0, 1, OutlierResult::connect_success);  // does not interrupt the row
  CHECK(bench.load(0, 3, OutlierResult::connect_failed).empty());
  const Events events = bench.load(0, 1, OutlierResult::connect_failed);
  REQUIRE(events.size() == 2);
  CHECK(events[0] ==
        OutlierDetector::Event{0, Action::spared, OutlierKind::consecutive_gateway_failure});
  CHECK(events[1] == OutlierDetector::Event{0, Action::ejected, OutlierKind::consecutive_5xx});
}

TEST_CASE("OutlierDetector: TimeoutWithHttpCode", "[algorithms][balancing][golden]") {
  Bench bench(3);
  CHECK(bench.load(0, 5, 500).size() == 1);
  CHECK(bench.tick(50'001 * kMillisecond).size() == 1);
  CHECK(bench.load(0, 5, 200).empty());
  CHECK(count(bench.load(0, 5, OutlierResult::timeout), Action::ejected,
              OutlierKind::consecutive_5xx) == 1);
}

TEST_CASE("OutlierDetector: LargeNumberOfTimeouts and BasicFlowLocalOriginFailure",
          "[algorithms][balancing][golden]") {
  OutlierOptions options = as_then();
  options.split_external_local_origin_errors = true;
  Bench bench(1, options);
  constexpr auto kKind = OutlierKind::consecutive_local_origin_failure;
  CHECK(bench.load(0, 5, OutlierResult::connect_failed) == one(0, Action::ejected, kKind));
  // More of them while it is out change nothing.
  CHECK(bench.load(0, 5, OutlierResult::connect_failed).empty());
  CHECK(bench.tick(9'999 * kMillisecond).empty());
  CHECK(bench.tick(30'001 * kMillisecond) == one(0, Action::returned, kKind));
  CHECK(bench.load(0, 5, OutlierResult::timeout) == one(0, Action::ejected, kKind));
  CHECK(bench.tick(40'000 * kMillisecond).empty());
  CHECK(bench.tick(90'002 * kMillisecond) == one(0, Action::returned, kKind));
  CHECK(bench.load(0, 4, OutlierResult::connect_failed).empty());
  CHECK(bench.load(0, 1, OutlierResult::connect_success).empty());
  CHECK(bench.load(0, 2, OutlierResult::connect_failed).empty());
  CHECK_FALSE(bench.detector.ejected(0));
}

TEST_CASE("OutlierDetector: ExternalOriginEventsWithSplit", "[algorithms][balancing][golden]") {
  OutlierOptions options = as_then();
  options.split_external_local_origin_errors = true;
  Bench bench(1, options);
  for (int i = 0; i < 100; ++i) {
    CHECK(bench.load(0, 1, OutlierResult::request_failed).empty());
    CHECK(bench.load(0, 1, OutlierResult::request_success).empty());
  }
  const Events events = bench.load(0, 100, OutlierResult::request_failed);
  CHECK(count(events, Action::ejected, OutlierKind::consecutive_5xx) == 1);
  CHECK(count(events, Action::spared, OutlierKind::consecutive_gateway_failure) == 1);
  CHECK(events.size() == 2);
}

/// Five hosts of which only the rates can be found out of the order.
OutlierOptions only(OutlierKind kind) {
  OutlierOptions options = as_then();
  options.enforcing = {};
  options.enforcing[static_cast<std::size_t>(kind)] = 100;
  return options;
}

TEST_CASE("OutlierDetector: BasicFlowSuccessRateExternalOrigin",
          "[algorithms][balancing][golden]") {
  Bench bench(5, only(OutlierKind::success_rate));
  for (std::size_t host = 0; host < 5; ++host) CHECK(bench.load(host, 200, 200).empty());
  const Events rows = bench.load(4, 200, 503);
  CHECK(count(rows, Action::spared, OutlierKind::consecutive_5xx) == 40);
  CHECK(count(rows, Action::spared, OutlierKind::consecutive_gateway_failure) == 40);
  CHECK(rows.size() == 80);
  CHECK(bench.tick(10 * kSecond) == one(4, Action::ejected, OutlierKind::success_rate));
  CHECK(bench.detector.success_rate(4) == 50);
  REQUIRE(bench.detector.threshold());
  CHECK(bench.detector.threshold()->mean == 90);
  CHECK(bench.detector.threshold()->eject == 52);
  CHECK_FALSE(bench.detector.success_rate(4, true));
  CHECK_FALSE(bench.detector.threshold(true));
  CHECK(bench.tick(19'999 * kMillisecond).empty());
  CHECK(bench.detector.ejected() == 1);
  CHECK(bench.tick(50'001 * kMillisecond) == one(4, Action::returned, OutlierKind::success_rate));
  // Too few requests for the success rate, but enough for the percentage of failures.
  for (std::size_t host = 0; host < 5; ++host) bench.load(host, 25, 200);
  CHECK(count(bench.load(4, 25, 503), Action::spared, OutlierKind::consecutive_5xx) == 5);
  CHECK(bench.tick(60'001 * kMillisecond).empty());
  CHECK(bench.detector.success_rate(4) == 50);
  CHECK_FALSE(bench.detector.threshold());
}

TEST_CASE("OutlierDetector: BasicFlowSuccessRateLocalOrigin", "[algorithms][balancing][golden]") {
  OutlierOptions options = only(OutlierKind::success_rate_local_origin);
  options.split_external_local_origin_errors = true;
  Bench bench(5, options);
  for (std::size_t host = 0; host < 5; ++host)
    bench.load(host, 200, OutlierResult::connect_success);
  CHECK(count(bench.load(4, 200, OutlierResult::connect_failed), Action::spared,
              OutlierKind::consecutive_local_origin_failure) == 40);
  CHECK(bench.tick(10 * kSecond) ==
        one(4, Action::ejected, OutlierKind::success_rate_local_origin));
  CHECK(bench.detector.success_rate(4, true) == 50);
  CHECK(bench.detector.threshold(true)->mean == 90);
  CHECK(bench.detector.threshold(true)->eject == 52);
  CHECK_FALSE(bench.detector.success_rate(4));
  CHECK_FALSE(bench.detector.threshold());
}

TEST_CASE("OutlierDetector: EmptySuccessRate", "[algorithms][balancing][golden]") {
  OutlierOptions options = as_then();
  options.success_rate_minimum_hosts = 0;
  options.failure_percentage_minimum_hosts = 0;
  Bench bench(0, options);
  CHECK(bench.tick(10 * kSecond).empty());
  CHECK(bench.detector.ejected() == 0);
}

TEST_CASE("OutlierDetector: BasicFlowFailurePercentageExternalOrigin",
          "[algorithms][balancing][golden]") {
  Bench bench(5, only(OutlierKind::failure_percentage));
  for (std::size_t host = 0; host < 5; ++host) bench.load(host, 50, 200);
  CHECK(count(bench.load(3, 250, 503), Action::spared, OutlierKind::consecutive_5xx) == 50);
  CHECK(count(bench.load(4, 300, 503), Action::spared, OutlierKind::consecutive_5xx) == 60);
  const Events events = bench.tick(10 * kSecond);
  CHECK(count(events, Action::ejected, OutlierKind::failure_percentage) == 1);
  CHECK(bench.detector.success_rate(3) == Approx(100.0 * 50 / 300));
  CHECK(bench.detector.success_rate(4) == Approx(100.0 * 50 / 350));
  CHECK_FALSE(bench.detector.ejected(3));
  CHECK(bench.detector.ejected(4));
  CHECK(bench.tick(19'999 * kMillisecond).empty());
  CHECK(bench.tick(50'001 * kMillisecond) ==
        one(4, Action::returned, OutlierKind::failure_percentage));
}

TEST_CASE("OutlierDetector: BasicFlowFailurePercentageLocalOrigin",
          "[algorithms][balancing][golden]") {
  OutlierOptions options = only(OutlierKind::failure_percentage_local_origin);
  options.split_external_local_origin_errors = true;
  options.failure_percentage_threshold = 40;
  Bench bench(5, options);
  for (std::size_t host = 0; host < 5; ++host)
    bench.load(host, 200, OutlierResult::connect_success);
  bench.load(4, 200, OutlierResult::connect_failed);
  const Events events = bench.tick(10 * kSecond);
  REQUIRE(events.size() == 2);
  CHECK(events[0] ==
        OutlierDetector::Event{4, Action::spared, OutlierKind::success_rate_local_origin});
  CHECK(events[1] ==
        OutlierDetector::Event{4, Action::ejected, OutlierKind::failure_percentage_local_origin});
}

TEST_CASE("OutlierDetector: RemoveWhileEjected", "[algorithms][balancing][golden]") {
  Bench bench(1);
  bench.load(0, 5, 500);
  CHECK(bench.detector.ejected() == 1);
  bench.detector.set_member(0, false);
  CHECK(bench.detector.ejected() == 0);
  CHECK(bench.tick(9'999 * kMillisecond).empty());
  // CrossThreadRemoveRace: what is reported of a host that has left counts for nothing.
  CHECK(bench.load(0, 20, 500).empty());
  bench.detector.set_member(0, true);
  CHECK(bench.load(0, 5, 500).size() == 1);
}

TEST_CASE("OutlierDetector: Overflow", "[algorithms][balancing][golden]") {
  OutlierOptions options = as_then();
  options.max_ejection_percent = 1;
  Bench bench(2, options);
  CHECK(bench.load(0, 5, 500).size() == 1);
  CHECK(bench.detector.ejected(0));
  CHECK(bench.load(1, 5, 500) == one(1, Action::over_limit, OutlierKind::consecutive_5xx));
  CHECK_FALSE(bench.detector.ejected(1));
}

TEST_CASE("OutlierDetector: NotEnforcing", "[algorithms][balancing][golden]") {
  OutlierOptions options = as_then();
  options.enforcing = {};
  Bench bench(1, options);
  const Events events = bench.load(0, 5, 503);
  CHECK(count(events, Action::spared, OutlierKind::consecutive_5xx) == 1);
  CHECK(count(events, Action::spared, OutlierKind::consecutive_gateway_failure) == 1);
  CHECK(events.size() == 2);
  CHECK(bench.detector.ejected() == 0);
}

TEST_CASE("OutlierDetector: Consecutive_5xxAlreadyEjected", "[algorithms][balancing][golden]") {
  Bench bench(1);
  CHECK(bench.load(0, 5, 500).size() == 1);
  CHECK(bench.load(0, 1, 200).empty());
  CHECK(bench.load(0, 5, 500).empty());
}

TEST_CASE("OutlierDetector: EjectTimeBackoff", "[algorithms][balancing][golden]") {
  OutlierOptions options = as_then();
  options.base_ejection_time = 10 * kSecond;
  Bench bench(1, options);
  const auto out_for = [&](int intervals) {  // ejected now, back after so many intervals
    CHECK(bench.load(0, 5, 500).size() == 1);
    const std::int64_t since = bench.now;
    for (int i = 1; i < intervals; ++i) CHECK(bench.tick(since + i * 10 * kSecond).empty());
    CHECK(bench.tick(since + intervals * 10 * kSecond).size() == 1);
    CHECK_FALSE(bench.detector.ejected(0));
  };
  out_for(1);
  out_for(2);
  out_for(3);
  CHECK(bench.now == 60 * kSecond);
  CHECK(bench.tick(70 * kSecond).empty());
  CHECK(bench.tick(80 * kSecond).empty());
  out_for(2);
  for (int i = 1; i <= 50; ++i) CHECK(bench.tick((100 + i * 10) * kSecond).empty());
  bench.now = 610 * kSecond;
  out_for(1);
}

TEST_CASE("OutlierDetector: MaxEjectTime and MaxEjectTimeNotAlligned",
          "[algorithms][balancing][golden]") {
  for (const std::int64_t most : {300 * kSecond, 305 * kSecond}) {
    OutlierOptions options = as_then();
    options.base_ejection_time = 10 * kSecond;
    options.max_ejection_time = most;
    Bench bench(1, options);
    const int longest = static_cast<int>((most + 10 * kSecond - 1) / (10 * kSecond));
    std::int64_t ticks = 0;
    for (int i = 1; i <= longest + 9; ++i) {
      CHECK(bench.load(0, 5, 500).size() == 1);
      const int intervals = std::min(i, longest);
      for (int j = 1; j < intervals; ++j) CHECK(bench.tick(++ticks * 10 * kSecond).empty());
      CHECK(bench.tick(++ticks * 10 * kSecond).size() == 1);
    }
  }
}

// ---- What Envoy's tests do not say

TEST_CASE("OutlierDetector: jitter is drawn for each ejection", "[algorithms][balancing]") {
  OutlierOptions options = as_then();
  options.max_ejection_time_jitter = 13 * kSecond;
  OutlierDetector detector(1, options);
  ScriptedBits bits{{14'000 + 13'001, 0}};  // modulo 13,001 ms
  for (int i = 0; i < 5; ++i) detector.report_status(0, 500, 0, bits);
  CHECK(detector.ejection_time(0) == 30 * kSecond + 999 * kMillisecond);
  CHECK(detector.tick(30 * kSecond, bits).empty());
  CHECK(detector.tick(31 * kSecond, bits).size() == 1);
  for (int i = 0; i < 5; ++i) detector.report_status(0, 500, 31 * kSecond, bits);
  CHECK(detector.ejection_time(0) == 60 * kSecond);
  CHECK(bits.used_up());
}

TEST_CASE("OutlierDetector: a share of the findings is acted on", "[algorithms][balancing]") {
  OutlierOptions options = as_then();
  options.consecutive_5xx = 1;
  options.consecutive_gateway_failure = 1'000'000;
  options.max_ejection_percent = 100;
  options.enforcing[0] = 30;
  OutlierDetector detector(1, options);
  SplitMix bits{1};
  int ejected = 0;
  for (int i = 0; i < 10'000; ++i) {
    for (const auto& event : detector.report_status(0, 500, 0, bits))
      ejected += event.action == Action::ejected;
    detector.health_check_passed(0, 0);
  }
  CHECK(ejected > 2'800);
  CHECK(ejected < 3'200);
}

// Envoy today: with the default of 10 % no host of nine may be ejected, one of ten may.
TEST_CASE("OutlierDetector: the limit of today and always_eject_one_host",
          "[algorithms][balancing]") {
  const auto out_of = [](std::size_t hosts, const OutlierOptions& options) {
    Bench bench(hosts, options);
    for (std::size_t host = 0; host < hosts; ++host) bench.load(host, 5, 500);
    return bench.detector.ejected();
  };
  OutlierOptions options;
  CHECK(out_of(9, options) == 0);
  CHECK(out_of(10, options) == 1);
  CHECK(out_of(29, options) == 2);
  options.always_eject_one_host = true;
  CHECK(out_of(1, options) == 1);
  CHECK(out_of(9, options) == 1);
  CHECK(out_of(29, options) == 2);
  options.max_ejection_percent = 0;
  CHECK(out_of(29, options) == 1);
  options.always_eject_one_host = false;
  CHECK(out_of(29, options) == 0);
  options.max_ejection_percent = 400;  // as 100
  CHECK(out_of(7, options) == 7);
  options.max_ejection_percent = 10;
  options.limit = OutlierLimit::before;
  CHECK(out_of(1, options) == 1);
  CHECK(out_of(11, options) == 2);
}

TEST_CASE("OutlierDetector: a thousand errors of a status that is none are no errors",
          "[algorithms][balancing]") {
  Bench bench(1);
  CHECK(bench.load(0, 1'000, 499).empty());
  CHECK(bench.load(0, 1'000, 600).empty());
  CHECK(bench.load(0, 1'000, 0).empty());
}

TEST_CASE("OutlierDetector: whatever happens, the limits are kept and hosts come back",
          "[algorithms][balancing][property]") {
  CHECK(rc::check([] {
    const auto hosts = *rc::gen::inRange<std::size_t>(1, 30);
    OutlierOptions options;
    options.max_ejection_percent = *rc::gen::inRange(0u, 120u);
    options.consecutive_5xx = *rc::gen::inRange(1u, 4u);
    options.success_rate_minimum_hosts = *rc::gen::inRange(0u, 6u);
    options.success_rate_request_volume = *rc::gen::inRange(1u, 20u);
    options.failure_percentage_request_volume = *rc::gen::inRange(1u, 20u);
    options.failure_percentage_minimum_hosts = *rc::gen::inRange(0u, 6u);
    options.split_external_local_origin_errors = *rc::gen::arbitrary<bool>();
    options.always_eject_one_host = *rc::gen::arbitrary<bool>();
    options.enforcing = {50, 50, 100, 100, 100, 100, 100};
    options.max_ejection_time_jitter = 5 * kSecond;
    Bench bench(hosts, options);
    const double percent = std::min(options.max_ejection_percent, 100u);
    const auto most =
        std::max<std::size_t>(options.always_eject_one_host,
                              static_cast<std::size_t>(percent * static_cast<double>(hosts) / 100));
    const auto steps = *rc::gen::inRange(1, 300);
    for (int step = 0; step < steps; ++step) {
      const auto host = *rc::gen::inRange<std::size_t>(0, hosts);
      switch (*rc::gen::inRange(0, 6)) {
        case 0:
          bench.tick(bench.now + 10 * kSecond);
          break;
        case 1:
          bench.load(host, 3, OutlierResult::connect_failed);
          break;
        case 2:
          bench.load(host, 2, 200);
          break;
        case 3:
          bench.detector.health_check_passed(host, bench.now);
          break;
        default:
          bench.load(host, 3, 502);
      }
      std::size_t out = 0;
      for (std::size_t i = 0; i < hosts; ++i) out += bench.detector.ejected(i);
      RC_ASSERT(out == bench.detector.ejected());
      RC_ASSERT(out <= most);
    }
    for (int i = 0; i < 40; ++i) bench.tick(bench.now + 10 * kSecond);
    RC_ASSERT(bench.detector.ejected() == 0u);  // 300 s and jitter are over
  }));
}

}  // namespace
}  // namespace highwater::balancing::outlier_detector_test
