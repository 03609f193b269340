/// Drivers of what takes targets out of balancing for a while: how requests end in, who is out out.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/describe/nearest.h"
#include "models/algorithms/balancing/failure_accrual.h"
#include "models/drivers/catalog.h"
#include "models/drivers/seconds.h"
#include "models/drivers/seeded_bits.h"
#include "models/drivers/target_list.h"
#include "models/outlier_params.h"

namespace highwater::drivers {
namespace {

using balancing::OutlierDetector;
using balancing::OutlierKind;
using balancing::OutlierResult;

// ---- Envoy's outlier detection

struct OutlierDriverParams {
  NameList hosts;
  std::uint64_t seed = 1;
  bool explain = false;
  highwater::balancer::OutlierParams detection;

  static constexpr std::string_view type_name = "outlier_driver";
  static constexpr auto fields() {
    using P = OutlierDriverParams;
    return Fields{field<&P::hosts>("Names of the hosts, in order.").required(),
                  field<&P::seed>("Of the draws: SplitMix64."),
                  field<&P::explain>("Adds to each line what has just happened and why."),
                  inlined<&P::detection>()};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    std::vector<std::string> sorted = hosts.names;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end())
      problems.error(where.position(), pointer_to(path, "hosts"),
                     in_quotes(*twice) + " is named twice");
  }
};

constexpr std::array<std::string_view, balancing::kOutlierKinds> kKindNames = {
    "consecutive_5xx",
    "consecutive_gateway_failure",
    "consecutive_local_origin_failure",
    "success_rate",
    "success_rate_local_origin",
    "failure_percentage",
    "failure_percentage_local_origin"};

constexpr std::array<std::pair<std::string_view, OutlierResult>, 6> kResults = {
    {{"success", OutlierResult::request_success},
     {"failure", OutlierResult::request_failed},
     {"connect_success", OutlierResult::connect_success},
     {"connect_success_final", OutlierResult::connect_success_final},
     {"connect_failed", OutlierResult::connect_failed},
     {"timeout", OutlierResult::timeout}}};

/// Intervals end by themselves as time passes.
class OutlierSession final : public Session {
 public:
  explicit OutlierSession(const OutlierDriverParams& params)
      : names_(params.hosts.names),
        interval_(params.detection.interval.count()),
        next_tick_(interval_),
        explain_(params.explain),
        bits_(params.seed),
        detector_(names_.size(), params.detection.options()) {}

  std::string take(std::string_view line, std::string& out) override {
    std::string wrong = act(line);
    if (wrong.empty()) answer(out);
    events_.clear();
    return wrong;
  }

 private:
  static std::pair<std::string_view, std::string_view> split_last(std::string_view text) {
    const std::size_t space = text.rfind(' ');
    if (space == std::string_view::npos) return {text, {}};
    return {text.substr(0, space), text.substr(space + 1)};
  }

  std::string act(std::string_view line) {
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view event = line.substr(0, space);
    const std::string_view rest = space < line.size() ? line.substr(space + 1) : "";
    if (event == "end") return finish(rest);
    if (event == "at") return advance(rest);
    if (event == "check" || event == "leave" || event == "join") {
      const auto host = index_of(rest);
      if (!host) return unknown(rest);
      if (event != "check") {
        detector_.set_member(*host, event == "join");
      } else if (detector_.health_check_passed(*host, now_)) {
        events_.push_back({*host, OutlierDetector::Action::returned, kind_of_[*host]});
      }
      return {};
    }
    return "expected end NAME STATUS, end NAME RESULT, check NAME, leave NAME, join NAME or at "
           "SECONDS, found " +
           in_quotes(line);
  }

  std::string finish(std::string_view rest) {
    const auto [name, how] = split_last(rest);
    const auto host = index_of(name);
    if (!host) return unknown(name);
    const auto result =
        std::find_if(kResults.begin(), kResults.end(),
                     [&how = how](const auto& known) { return known.first == how; });
    if (result != kResults.end()) {
      note(detector_.report(*host, result->second, now_, bits_));
      return {};
    }
    std::uint32_t status = 0;
    const auto [last, error] = std::from_chars(how.data(), how.data() + how.size(), status);
    if (how.empty() || error != std::errc() || last != how.data() + how.size())
      return "expected a status such as 503, success, failure, connect_success, "
             "connect_success_final, connect_failed or timeout, found " +
             in_quotes(how);
    note(detector_.report_status(*host, status, now_, bits_));
    return {};
  }

  std::string advance(std::string_view seconds) {
    const auto time = nanoseconds_of(seconds);
    if (!time) return no_seconds(seconds);
    if (*time < now_) return "time goes back";
    if ((*time - now_) / interval_ > kMostTicks)
      return "that is more than a million intervals at once";
    for (; next_tick_ <= *time; next_tick_ += interval_) note(detector_.tick(next_tick_, bits_));
    now_ = *time;
    return {};
  }

  void note(const OutlierDetector::Events& events) {
    for (const OutlierDetector::Event& event : events) {
      if (event.action == OutlierDetector::Action::ejected) kind_of_[event.host] = event.kind;
      events_.push_back(event);
    }
  }

  void answer(std::string& out) const {
    const std::size_t before = out.size();
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (!detector_.ejected(i)) continue;
      if (out.size() > before) out += ',';
      out += names_[i];
    }
    if (out.size() == before) out += '-';
    if (explain_)
      for (const OutlierDetector::Event& event : events_) {
        constexpr std::array<std::string_view, 4> kActions = {" ejected ", " returned ", " spared ",
                                                              " over_limit "};
        out += kActions[static_cast<std::size_t>(event.action)];
        out += names_[event.host];
        out += ' ';
        out += kKindNames[static_cast<std::size_t>(event.kind)];
      }
    out += '\n';
  }

  std::optional<std::size_t> index_of(std::string_view name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names_.begin());
  }
  std::string unknown(std::string_view name) const {
    std::string wrong = in_quotes(name) + " is none of the hosts";
    const std::string nearest = nearest_word(name, names_);
    if (!nearest.empty()) wrong += "; did you mean " + in_quotes(nearest) + "?";
    return wrong;
  }

  static constexpr std::int64_t kMostTicks = 1'000'000;

  std::vector<std::string> names_;
  std::int64_t interval_;
  std::int64_t next_tick_;
  bool explain_;
  SeededBits bits_;
  OutlierDetector detector_;
  std::int64_t now_ = 0;
  OutlierDetector::Events events_;
  std::vector<OutlierKind> kind_of_ = std::vector<OutlierKind>(names_.size());
};

// ---- Finagle's failure accrual

struct FailureAccrualParams {
  using Defaults = balancing::FailureAccrualOptions;
  std::uint32_t consecutive_failures = Defaults{}.consecutive_failures;
  Fraction required_success_rate{Defaults{}.required_success_rate};
  Duration window{Defaults{}.window};
  std::uint64_t minimum_requests = Defaults{}.minimum_requests;
  Duration mark_dead_start{Defaults{}.mark_dead_start};
  Duration mark_dead_maximum{Defaults{}.mark_dead_maximum};
  std::uint64_t seed = 1;

  static constexpr std::string_view type_name = "failure_accrual_driver";
  static constexpr auto fields() {
    using P = FailureAccrualParams;
    return Fields{
        field<&P::consecutive_failures>("Failures in a row that make it dead; 0: they do not.")
            .source("Finagle defaultConsecutiveFailures"),
        field<&P::required_success_rate>("A failure that finds the rate of the window below makes "
                                         "it dead; 0: it does not.")
            .source("Finagle DefaultSuccessRateThreshold"),
        field<&P::window>("Time over which the rate is averaged.")
            .at_least(Duration{1'000'000})
            .source("Finagle DefaultSuccessRateWindow"),
        field<&P::minimum_requests>("Requests in the window for the rate to count.")
            .source("Finagle DefaultMinimumRequestThreshold"),
        field<&P::mark_dead_start>("How long it is dead the first time; about twice that the "
                                   "second time, and so on.")
            .at_least(Duration{1})
            .source("Finagle jitteredBackoff"),
        field<&P::mark_dead_maximum>("The longest.")
            .at_least(Duration{1})
            .source("Finagle jitteredBackoff"),
        field<&P::seed>("Of the draws: SplitMix64.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (mark_dead_maximum < mark_dead_start)
      problems.error(where.position(), path, "mark_dead_maximum is below mark_dead_start");
  }
  balancing::FailureAccrualOptions options() const {
    return {consecutive_failures, required_success_rate.value, window.count(),
            minimum_requests,     mark_dead_start.count(),     mark_dead_maximum.count()};
  }
};

class FailureAccrualSession final : public Session {
 public:
  explicit FailureAccrualSession(const FailureAccrualParams& params)
      : accrual_(params.options()), bits_(params.seed) {}

  std::string take(std::string_view line, std::string& out) override {
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view seconds = line.substr(0, space);
    const std::string_view how = space < line.size() ? line.substr(space + 1) : "";
    const auto time = nanoseconds_of(seconds);
    if (!time) return no_seconds(seconds);
    if (*time < now_) return "time goes back";
    if (how != "success" && how != "failure" && how != "ignored")
      return "expected SECONDS success, SECONDS failure or SECONDS ignored, found " +
             in_quotes(line);
    now_ = *time;
    const bool allowed = accrual_.open(now_);
    if (allowed) {
      accrual_.began(now_);
      if (how == "success")
        accrual_.succeeded(now_);
      else if (how == "failure")
        accrual_.failed(now_, bits_);
      else
        accrual_.ignored(now_);
    }
    constexpr std::array<std::string_view, 4> kStates = {"alive", "dead", "probe_open",
                                                         "probe_closed"};
    out += allowed ? "allowed " : "rejected ";
    out += kStates[static_cast<std::size_t>(accrual_.state(now_))];
    out += '\n';
    return {};
  }

 private:
  balancing::FailureAccrual accrual_;
  SeededBits bits_;
  std::int64_t now_ = 0;
};

}  // namespace

std::vector<Driver> ejection() {
  std::vector<Driver> drivers;
  drivers.push_back(driver<OutlierDriverParams>(
      {"envoy_outlier_detection", "balancing",
       "Takes hosts out for a while because of how their requests end.",
       "Envoy outlier_detection_impl.cc",
       "end NAME STATUS (200, 503, ...), end NAME RESULT (success, failure, connect_success, "
       "connect_success_final, connect_failed, timeout), check NAME (an active health check has "
       "passed), leave NAME, join NAME, at SECONDS (intervals end on the way)",
       "after each line the names of the hosts that are out, in order, with commas between; - "
       "where none",
       "printf '%s\\n' 'end a 500' 'end a 500' 'at 40' | highwater algorithm "
       "envoy_outlier_detection --hosts a,b --consecutive-5xx 2 --max-ejection-percent 50%"},
      [](const OutlierDriverParams& params) { return std::make_unique<OutlierSession>(params); }));
  drivers.push_back(driver<FailureAccrualParams>(
      {"finagle_failure_accrual", "balancing",
       "Gives an endpoint up for a while after failures; one request then probes it.",
       "Finagle FailureAccrualFactory.scala, FailureAccrualPolicy.scala",
       "SECONDS success, SECONDS failure or SECONDS ignored: what the request would come to",
       "allowed or rejected, and the state after it: alive, dead, probe_open",
       "printf '%s\\n' '1 failure' '2 failure' '3 success' | highwater algorithm "
       "finagle_failure_accrual --consecutive-failures 2"},
      [](const FailureAccrualParams& params) {
        return std::make_unique<FailureAccrualSession>(params);
      }));
  return drivers;
}

}  // namespace highwater::drivers
