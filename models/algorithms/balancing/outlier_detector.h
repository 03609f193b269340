#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "models/algorithms/random_bits.h"

namespace highwater::balancing {

/// What a request to a host came to, as a proxy sees it.
enum class OutlierResult : std::uint8_t {
  request_success,        ///< The host answered well.
  request_failed,         ///< The host answered with an error that has no status.
  connect_success,        ///< Connected; the answer is reported by itself.
  connect_success_final,  ///< Connected, and there is no answer to wait for.
  connect_failed,
  timeout,
};

/// What finds outliers.
enum class OutlierKind : std::uint8_t {
  consecutive_5xx,
  consecutive_gateway_failure,
  consecutive_local_origin_failure,
  success_rate,
  success_rate_local_origin,
  failure_percentage,
  failure_percentage_local_origin,
};
inline constexpr std::size_t kOutlierKinds = 7;

/// When one more host may be ejected.
enum class OutlierLimit : std::uint8_t {
  after,   ///< If not more than the percentage are out then: Envoy today.
  before,  ///< While less than the percentage is out: gRPC (A50), and Envoy before 2022.
};

/// Envoy's options with its defaults; times in nanoseconds, percentages 0 to 100.
struct OutlierOptions {
  std::int64_t interval = 10'000'000'000;
  std::int64_t base_ejection_time = 30'000'000'000;
  /// Not given: 300 s, or base_ejection_time if that is more.
  std::optional<std::int64_t> max_ejection_time = {};
  std::int64_t max_ejection_time_jitter = 0;  ///< In whole milliseconds.
  std::uint32_t max_ejection_percent = 10;
  bool always_eject_one_host = false;
  OutlierLimit limit = OutlierLimit::after;
  bool split_external_local_origin_errors = false;
  bool successful_active_health_check_uneject_host = true;

  std::uint32_t consecutive_5xx = 5;
  std::uint32_t consecutive_gateway_failure = 5;
  std::uint32_t consecutive_local_origin_failure = 5;

  std::uint32_t success_rate_minimum_hosts = 5;
  std::uint64_t success_rate_request_volume = 100;
  std::uint32_t success_rate_stdev_factor = 1900;  ///< Thousandths.

  std::uint32_t failure_percentage_threshold = 85;
  std::uint32_t failure_percentage_minimum_hosts = 5;
  std::uint64_t failure_percentage_request_volume = 50;

  /// Per cent of the findings that are acted on, in the order of OutlierKind.
  std::array<std::uint32_t, kOutlierKinds> enforcing = {100, 0, 100, 100, 100, 0, 0};
};

/// balancing OutlierDetector: which hosts are out for a while because of how requests to them end.
///
/// Found by errors in a row at once, and at the end of each interval by a success rate below the
/// mean less 1.9 standard deviations, or by a percentage of failures. A host that is ejected stays
/// out for base_ejection_time, twice that the second time, and so on up to max_ejection_time; each
/// interval it then spends in takes one step back. tick() is to be called every `interval`.
///
/// Ejected hosts are for the caller to keep requests from: Balancer::set_usable.
///
/// With the split, errors of the connection count by themselves; without it they count as answers
/// 503 (no connection) and 504 (timeout), and a success as 200.
///
/// O(1) per report; O(hosts) per tick and memory.
///
/// Assumes  what is found is acted on at once (Envoy hands it to its main thread); hosts are looked
///          at in their order (Envoy's map has none), and one that the success rate has ejected is
///          not ejected again by its failures in the same tick. gRPC's standard deviations include
///          the hosts that are out, and its failures must exceed the threshold; this follows Envoy.
/// Source   Envoy source/common/upstream/outlier_detection_impl.cc; gRPC proposal A50 and
///          @grpc/grpc-js load-balancer-outlier-detection for OutlierLimit::before.
/// Checked  tests/algorithms/outlier_detector_test.cpp: the flows and numbers of Envoy's
///          outlier_detection_impl_test.cc, the limits, and that they are never passed.
class OutlierDetector {
 public:
  enum class Action : std::uint8_t {
    ejected,
    returned,
    spared,      ///< Found, but chance decided against it: enforcing.
    over_limit,  ///< Found, but too many are out.
  };
  struct Event {
    std::size_t host = 0;
    Action action = Action::ejected;
    OutlierKind kind = OutlierKind::consecutive_5xx;  ///< For returned: what ejected it last.
    bool operator==(const Event&) const = default;
  };
  using Events = std::vector<Event>;

  struct Threshold {
    double mean;   ///< Of the success rates of hosts with enough requests, in per cent.
    double eject;  ///< Hosts below are outliers.
  };

  explicit OutlierDetector(std::size_t hosts, const OutlierOptions& options = {})
      : options_(options),
        max_ejection_time_(std::max(options.base_ejection_time,
                                    options.max_ejection_time.value_or(
                                        std::max(kMaxEjectionTime, options.base_ejection_time)))),
        hosts_(hosts),
        members_(hosts) {}

  /// A request ended without a status. Events are few: most calls return none.
  template <BitSource G>
  Events report(std::size_t host, OutlierResult result, std::int64_t now, G& bits) {
    Events events;
    if (options_.split_external_local_origin_errors)
      report_split(host, result, now, bits, events);
    else if (const auto status = status_of(result))
      count_status(host, *status, now, bits, events);
    return events;
  }

  /// The host answered with an HTTP status.
  template <BitSource G>
  Events report_status(std::size_t host, std::uint32_t status, std::int64_t now, G& bits) {
    Events events;
    count_status(host, status, now, bits, events);
    return events;
  }

  /// The end of an interval.
  template <BitSource G>
  Events tick(std::int64_t now, G& bits) {
    Events events;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (!hosts_[i].member) continue;
      if (hosts_[i].ejected && now - hosts_[i].ejected_at >= ejection_time(i)) {
        uneject(i, now);
        events.push_back({i, Action::returned, hosts_[i].kind});
      }
      for (Window& window : hosts_[i].windows) window.turn();
    }
    eject_by_rates(external, now, bits, events);
    eject_by_rates(local, now, bits, events);
    for (Host& host : hosts_)
      if (host.member && !host.ejected && host.unejected_at &&
          now - *host.unejected_at >= options_.interval && host.multiplier > 0)
        --host.multiplier;
    return events;
  }

  /// An active health check of the host has passed; true if that lets it back in.
  bool health_check_passed(std::size_t host, std::int64_t now) {
    if (!hosts_[host].ejected || !options_.successful_active_health_check_uneject_host)
      return false;
    uneject(host, now);
    return true;
  }

  /// The host has left the cluster, or come back as a new one. All are members at first.
  void set_member(std::size_t host, bool member) {
    if (hosts_[host].member == member) return;
    if (hosts_[host].ejected) --ejected_;
    hosts_[host] = {};
    hosts_[host].member = member;
    if (member)
      ++members_;
    else
      --members_;
  }

  bool ejected(std::size_t host) const { return hosts_[host].ejected; }
  /// Hosts that are out now.
  std::size_t ejected() const { return ejected_; }
  std::size_t size() const { return hosts_.size(); }
  /// The number of base_ejection_time that the host's next ejection lasts is one more.
  std::uint32_t multiplier(std::size_t host) const { return hosts_[host].multiplier; }
  /// How long the host's present or last ejection lasts, in nanoseconds.
  std::int64_t ejection_time(std::size_t host) const {
    // base * multiplier < max + base: the multiplier grows no further.
    const std::int64_t time = options_.base_ejection_time * hosts_[host].multiplier;
    return std::min(time, max_ejection_time_) + hosts_[host].jitter;
  }
  /// The host's rate in the interval that the last tick ended, in per cent; nothing where it had
  /// too few requests for any judgement, or was out.
  std::optional<double> success_rate(std::size_t host, bool local_origin = false) const {
    return hosts_[host].rates[local_origin];
  }
  /// What the last tick compared with; nothing where too few hosts had enough requests.
  std::optional<Threshold> threshold(bool local_origin = false) const {
    return thresholds_[local_origin];
  }

 private:
  enum Origin : std::uint8_t { external, local };
  static constexpr std::int64_t kMillisecond = 1'000'000;
  static constexpr std::int64_t kMaxEjectionTime = 300'000'000'000;

  /// Counts of this interval and of the one before.
  struct Window {
    struct Counts {
      std::uint64_t total = 0;
      std::uint64_t success = 0;
    };
    Counts now;
    Counts last;
    void add(bool success) {
      ++now.total;
      now.success += success;
    }
    void turn() { last = std::exchange(now, {}); }
  };

  struct Host {
    std::uint32_t consecutive_5xx = 0;
    std::uint32_t consecutive_gateway_failure = 0;
    std::uint32_t consecutive_local_origin_failure = 0;
    std::array<Window, 2> windows{};
    std::array<std::optional<double>, 2> rates{};
    std::uint32_t multiplier = 0;
    bool ejected = false;
    bool member = true;
    OutlierKind kind = OutlierKind::consecutive_5xx;
    std::int64_t ejected_at = 0;
    std::int64_t jitter = 0;
    std::optional<std::int64_t> unejected_at{};
  };

  static std::optional<std::uint32_t> status_of(OutlierResult result) {
    switch (result) {
      case OutlierResult::request_success:
      case OutlierResult::connect_success_final:
        return 200;
      case OutlierResult::request_failed:
        return 500;
      case OutlierResult::connect_failed:
        return 503;
      case OutlierResult::timeout:
        return 504;
      case OutlierResult::connect_success:
        return std::nullopt;  // or it would undo the errors of the answers
    }
    return std::nullopt;
  }

  template <BitSource G>
  void report_split(std::size_t host, OutlierResult result, std::int64_t now, G& bits,
                    Events& events) {
    switch (result) {
      case OutlierResult::connect_success:
      case OutlierResult::connect_success_final:
        count_connection(host);
        break;
      case OutlierResult::timeout:
      case OutlierResult::connect_failed:
        hosts_[host].windows[local].add(false);
        if (++hosts_[host].consecutive_local_origin_failure ==
            options_.consecutive_local_origin_failure)
          found(host, OutlierKind::consecutive_local_origin_failure, now, bits, events);
        break;
      case OutlierResult::request_failed:
        count_status(host, 503, now, bits, events);
        break;
      case OutlierResult::request_success:
        count_status(host, 200, now, bits, events);
        count_connection(host);
        break;
    }
  }

  void count_connection(std::size_t host) {
    hosts_[host].windows[local].add(true);
    hosts_[host].consecutive_local_origin_failure = 0;
  }

  template <BitSource G>
  void count_status(std::size_t i, std::uint32_t status, std::int64_t now, G& bits,
                    Events& events) {
    Host& host = hosts_[i];
    const bool failed = status >= 500 && status < 600;
    host.windows[external].add(!failed);
    if (!failed) {
      host.consecutive_5xx = 0;
      host.consecutive_gateway_failure = 0;
      return;
    }
    if (status >= 502 && status <= 504) {
      if (++host.consecutive_gateway_failure == options_.consecutive_gateway_failure)
        found(i, OutlierKind::consecutive_gateway_failure, now, bits, events);
    } else {
      host.consecutive_gateway_failure = 0;
    }
    if (++host.consecutive_5xx == options_.consecutive_5xx)
      found(i, OutlierKind::consecutive_5xx, now, bits, events);
  }

  /// Errors in a row have reached their number.
  template <BitSource G>
  void found(std::size_t i, OutlierKind kind, std::int64_t now, G& bits, Events& events) {
    Host& host = hosts_[i];
    if (host.ejected || !host.member) return;
    eject(i, kind, now, bits, events);
    // The count begins anew, so that more errors can be found even without a success in between.
    if (kind == OutlierKind::consecutive_5xx)
      host.consecutive_5xx = 0;
    else if (kind == OutlierKind::consecutive_gateway_failure)
      host.consecutive_gateway_failure = 0;
    else
      host.consecutive_local_origin_failure = 0;
  }

  bool may_eject() const {
    const std::uint32_t percent = std::min(options_.max_ejection_percent, 100u);
    const auto share_of = [this](std::size_t out) {
      return 100.0 * static_cast<double>(out) / static_cast<double>(members_);
    };
    if (options_.always_eject_one_host && ejected_ == 0) return true;
    return options_.limit == OutlierLimit::after ? share_of(ejected_ + 1) <= percent
                                                 : share_of(ejected_) < percent;
  }

  template <BitSource G>
  void eject(std::size_t i, OutlierKind kind, std::int64_t now, G& bits, Events& events) {
    if (!may_eject()) {
      events.push_back({i, Action::over_limit, kind});
      return;
    }
    const std::uint32_t enforcing = options_.enforcing[static_cast<std::size_t>(kind)];
    if (enforcing == 0 || (enforcing < 100 && bits.bits() % 100 >= enforcing)) {
      events.push_back({i, Action::spared, kind});
      return;
    }
    Host& host = hosts_[i];
    ++ejected_;
    host.ejected = true;
    host.kind = kind;
    host.ejected_at = now;
    host.jitter = 0;
    if (const std::int64_t most = options_.max_ejection_time_jitter / kMillisecond; most > 0)
      host.jitter =
          static_cast<std::int64_t>(bits.bits() % (static_cast<std::uint64_t>(most) + 1)) *
          kMillisecond;
    if (host.multiplier * options_.base_ejection_time <
        max_ejection_time_ + options_.base_ejection_time)
      ++host.multiplier;
    events.push_back({i, Action::ejected, kind});
  }

  void uneject(std::size_t i, std::int64_t now) {
    Host& host = hosts_[i];
    --ejected_;
    host.ejected = false;
    host.consecutive_5xx = 0;
    host.consecutive_gateway_failure = 0;
    host.consecutive_local_origin_failure = 0;
    host.unejected_at = now;
  }

  struct Rate {
    std::size_t host;
    double rate;
  };

  template <BitSource G>
  void eject_by_rates(Origin origin, std::int64_t now, G& bits, Events& events) {
    thresholds_[origin].reset();
    for (Host& host : hosts_) host.rates[origin].reset();
    if (members_ < options_.success_rate_minimum_hosts &&
        members_ < options_.failure_percentage_minimum_hosts)
      return;
    std::vector<Rate> rates;     // with volume enough for the success rate
    std::vector<Rate> failures;  // with volume enough for the percentage of failures
    double sum = 0;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      Host& host = hosts_[i];
      const Window::Counts& counts = host.windows[origin].last;
      if (!host.member || host.ejected || counts.total == 0) continue;
      const double rate =
          static_cast<double>(counts.success) * 100.0 / static_cast<double>(counts.total);
      if (counts.total >= std::min(options_.success_rate_request_volume,
                                   options_.failure_percentage_request_volume))
        host.rates[origin] = rate;
      if (counts.total >= options_.success_rate_request_volume) {
        rates.push_back({i, rate});
        sum += rate;
      }
      if (counts.total >= options_.failure_percentage_request_volume) failures.push_back({i, rate});
    }
    if (!rates.empty() && rates.size() >= options_.success_rate_minimum_hosts) {
      const Threshold limit = threshold_of(rates, sum);
      thresholds_[origin] = limit;
      for (const Rate& rate : rates)
        if (rate.rate < limit.eject)
          eject(
              rate.host,
              origin == local ? OutlierKind::success_rate_local_origin : OutlierKind::success_rate,
              now, bits, events);
    }
    if (failures.empty() || failures.size() < options_.failure_percentage_minimum_hosts) return;
    for (const Rate& rate : failures)
      if (100.0 - rate.rate >= options_.failure_percentage_threshold && !hosts_[rate.host].ejected)
        eject(rate.host,
              origin == local ? OutlierKind::failure_percentage_local_origin
                              : OutlierKind::failure_percentage,
              now, bits, events);
  }

  Threshold threshold_of(const std::vector<Rate>& rates, double sum) const {
    const auto count = static_cast<double>(rates.size());
    const double mean = sum / count;
    double variance = 0;
    for (const Rate& rate : rates) variance += (rate.rate - mean) * (rate.rate - mean);
    const double deviation = std::sqrt(variance / count);
    return {mean, mean - options_.success_rate_stdev_factor / 1000.0 * deviation};
  }

  OutlierOptions options_;
  std::int64_t max_ejection_time_;
  std::vector<Host> hosts_;
  std::size_t members_;
  std::size_t ejected_ = 0;
  std::array<std::optional<Threshold>, 2> thresholds_{};
};

}  // namespace highwater::balancing
