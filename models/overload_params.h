#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/resilience/resilience.h"

namespace highwater {

namespace resilience {

constexpr auto words_of(Criticality) {
  return std::array{
      Word{Criticality::critical_plus, "critical_plus", "Failing it is serious."},
      Word{Criticality::critical, "critical", "Failing it is visible."},
      Word{Criticality::sheddable_plus, "sheddable_plus", "Batch jobs that can try again."},
      Word{Criticality::sheddable, "sheddable", "May be gone for long."}};
}

}  // namespace resilience

namespace overload {

// What overload control can be told, a struct for each. options() is how the algorithm wants it.

struct AimdParams {
  std::uint32_t initial_limit = resilience::AimdOptions{}.initial_limit;
  std::uint32_t min_limit = resilience::AimdOptions{}.min_limit;
  std::uint32_t max_limit = resilience::AimdOptions{}.max_limit;
  double backoff_ratio = resilience::AimdOptions{}.backoff_ratio;
  Duration timeout{resilience::AimdOptions{}.timeout};

  static constexpr auto fields() {
    using P = AimdParams;
    return Fields{
        field<&P::initial_limit>("The limit at first.").at_least(1),
        field<&P::min_limit>("The least it becomes.").at_least(1),
        field<&P::max_limit>("The most it becomes.").at_least(1),
        field<&P::backoff_ratio>("What a drop leaves of it.").at_least(0.5).at_most(0.999999999),
        field<&P::timeout>("A request that takes longer counts as dropped.").at_least(Duration{1})};
  }
  std::unique_ptr<resilience::ConcurrencyLimit> make(AnyBits) const {
    return std::make_unique<resilience::Aimd>(resilience::AimdOptions{
        initial_limit, min_limit, max_limit, backoff_ratio, timeout.count()});
  }
};

struct VegasParams {
  std::uint32_t initial_limit = resilience::VegasOptions{}.initial_limit;
  std::uint32_t max_concurrency = resilience::VegasOptions{}.max_concurrency;
  double smoothing = resilience::VegasOptions{}.smoothing;
  std::uint32_t probe_multiplier = resilience::VegasOptions{}.probe_multiplier;
  std::optional<std::uint32_t> alpha;
  std::optional<std::uint32_t> beta;

  static constexpr auto fields() {
    using P = VegasParams;
    return Fields{
        field<&P::initial_limit>("The limit at first.").at_least(1),
        field<&P::max_concurrency>("The most it becomes.").at_least(1),
        field<&P::smoothing>("Weight of the new limit.").at_least(0.0).at_most(1.0),
        field<&P::probe_multiplier>("Times the limit: samples between two probes at most."),
        field<&P::alpha>("Queue below which the limit grows; 3 log10(limit) unless given."),
        field<&P::beta>("Queue above which it falls; 6 log10(limit) unless given.")};
  }
  std::unique_ptr<resilience::ConcurrencyLimit> make(AnyBits bits) const {
    return std::make_unique<resilience::Vegas>(
        resilience::VegasOptions{initial_limit, max_concurrency, smoothing, probe_multiplier, alpha,
                                 beta},
        bits);
  }
};

struct Gradient2Params {
  std::uint32_t initial_limit = resilience::Gradient2Options{}.initial_limit;
  std::uint32_t min_limit = resilience::Gradient2Options{}.min_limit;
  std::uint32_t max_concurrency = resilience::Gradient2Options{}.max_concurrency;
  double smoothing = resilience::Gradient2Options{}.smoothing;
  std::uint32_t queue_size = resilience::Gradient2Options{}.queue_size;
  std::uint32_t long_window = resilience::Gradient2Options{}.long_window;
  double rtt_tolerance = resilience::Gradient2Options{}.rtt_tolerance;

  static constexpr auto fields() {
    using P = Gradient2Params;
    return Fields{
        field<&P::initial_limit>("The limit at first.").at_least(1),
        field<&P::min_limit>("The least it becomes.").at_least(1),
        field<&P::max_concurrency>("The most it becomes.").at_least(1),
        field<&P::smoothing>("Weight of the new limit.").at_least(0.0).at_most(1.0),
        field<&P::queue_size>("What it may grow by while latency is low."),
        field<&P::long_window>("Samples of the long average."),
        field<&P::rtt_tolerance>("How many times the long average is no queue.").at_least(1.0)};
  }
  std::unique_ptr<resilience::ConcurrencyLimit> make(AnyBits) const {
    return std::make_unique<resilience::Gradient2>(
        resilience::Gradient2Options{initial_limit, min_limit, max_concurrency, smoothing,
                                     queue_size, long_window, rtt_tolerance});
  }
};

struct FixedLimitParams {
  std::uint32_t limit = 20;

  static constexpr auto fields() {
    return Fields{field<&FixedLimitParams::limit>("Requests in flight.").required()};
  }
  std::unique_ptr<resilience::ConcurrencyLimit> make(AnyBits) const {
    return std::make_unique<resilience::FixedLimit>(limit);
  }
};

/// A window of samples in front of a limit.
struct WindowedLimitParams {
  bool windowed = false;
  Duration min_window_time{resilience::WindowedLimitOptions{}.min_window_time};
  Duration max_window_time{resilience::WindowedLimitOptions{}.max_window_time};
  std::uint32_t window_size = resilience::WindowedLimitOptions{}.window_size;
  Duration min_rtt_threshold{resilience::WindowedLimitOptions{}.min_rtt_threshold};
  std::optional<Fraction> percentile;
  std::uint32_t percentile_window_size = resilience::WindowedLimitOptions{}.percentile_window_size;

  static constexpr auto fields() {
    using P = WindowedLimitParams;
    constexpr Duration kLeast{100'000'000};  // WindowedLimit's own bounds
    return Fields{
        field<&P::windowed>("Gives the limit one sample for a window of them.")
            .source("Netflix WindowedLimit"),
        field<&P::min_window_time>("The shortest window; with windowed, as the rest.")
            .at_least(kLeast),
        field<&P::max_window_time>("The longest window.").at_least(kLeast),
        field<&P::window_size>("Samples that a window needs to count.").at_least(10),
        field<&P::min_rtt_threshold>("Faster requests are left out."),
        field<&P::percentile>("The percentile that stands for a window; the mean unless given."),
        field<&P::percentile_window_size>("Samples of which the percentile is taken.").at_least(1)};
  }
  std::unique_ptr<resilience::ConcurrencyLimit> wrap(
      std::unique_ptr<resilience::ConcurrencyLimit> inner) const {
    if (!windowed) return inner;
    resilience::WindowedLimitOptions options;
    options.min_window_time = min_window_time.count();
    options.max_window_time = max_window_time.count();
    options.window_size = window_size;
    options.min_rtt_threshold = min_rtt_threshold.count();
    if (percentile) options.percentile = percentile->value;
    options.percentile_window_size = percentile_window_size;
    return std::make_unique<resilience::WindowedLimit>(options, std::move(inner));
  }
};

struct AdaptiveThrottleParams {
  Duration window{resilience::AdaptiveThrottleOptions{}.window};
  double k = resilience::AdaptiveThrottleOptions{}.k;

  static constexpr auto fields() {
    using P = AdaptiveThrottleParams;
    return Fields{field<&P::window>("How much history counts.").at_least(Duration{120}),
                  field<&P::k>("Requests that are sent for each accepted one.").at_least(1.0)};
  }
  resilience::AdaptiveThrottleOptions options() const { return {window.count(), k}; }
};

struct EnvoyAdmissionControlParams {
  Duration sampling_window{resilience::EnvoyAdmissionControlOptions{}.sampling_window};
  Fraction sr_threshold{resilience::EnvoyAdmissionControlOptions{}.sr_threshold};
  double aggression = resilience::EnvoyAdmissionControlOptions{}.aggression;
  std::uint32_t rps_threshold = resilience::EnvoyAdmissionControlOptions{}.rps_threshold;
  Fraction max_rejection_probability{
      resilience::EnvoyAdmissionControlOptions{}.max_rejection_probability};

  static constexpr auto fields() {
    using P = EnvoyAdmissionControlParams;
    return Fields{field<&P::sampling_window>("How much history counts, in whole seconds.")
                      .at_least(Duration{1'000'000'000}),
                  field<&P::sr_threshold>("Success rate below which requests are refused."),
                  field<&P::aggression>("The probability's root.").at_least(1.0),
                  field<&P::rps_threshold>("Requests per second below which nothing is refused."),
                  field<&P::max_rejection_probability>("The greatest probability.")};
  }
  resilience::EnvoyAdmissionControlOptions options() const {
    return {sampling_window.count(), sr_threshold.value, aggression, rps_threshold,
            max_rejection_probability.value};
  }
};

struct CodelParams {
  Duration target{resilience::CodelOptions{}.target};
  Duration interval{resilience::CodelOptions{}.interval};
  std::uint32_t min_backlog = resilience::CodelOptions{}.min_backlog;

  static constexpr auto fields() {
    using P = CodelParams;
    return Fields{
        field<&P::target>("What a request may wait always.").source("RFC 8289 TARGET"),
        field<&P::interval>("For how long it must be more before one is dropped.")
            .at_least(Duration{1})
            .source("RFC 8289 INTERVAL"),
        field<&P::min_backlog>("While no more requests than this are left none is dropped.")
            .source("RFC 8289 maxpacket, in requests")};
  }
  resilience::CodelOptions options() const {
    return {target.count(), interval.count(), min_backlog};
  }
};

struct FollyCodelParams {
  Duration interval{resilience::FollyCodelOptions{}.interval};
  Duration target_delay{resilience::FollyCodelOptions{}.target_delay};

  static constexpr auto fields() {
    using P = FollyCodelParams;
    return Fields{field<&P::interval>("How often overload is judged.").at_least(Duration{1}),
                  field<&P::target_delay>("Of an interval's shortest wait; twice as much is "
                                          "dropped.")
                      .at_least(Duration{1})};
  }
  resilience::FollyCodelOptions options() const { return {interval.count(), target_delay.count()}; }
};

struct AdaptiveLifoParams {
  Duration n{resilience::AdaptiveLifoOptions{}.n};
  Duration m{resilience::AdaptiveLifoOptions{}.m};
  std::optional<std::uint32_t> lifo_switch_threshold;

  static constexpr auto fields() {
    using P = AdaptiveLifoParams;
    return Fields{
        field<&P::n>("A queue not empty for as long stands; else the most a request may wait."),
        field<&P::m>("The most a request may wait in a queue that stands."),
        field<&P::lifo_switch_threshold>("Requests left waiting from which the newest goes first; "
                                         "unless given, while the queue stands.")
            .source("HHVM ThreadJobLIFOSwitchThreshold")};
  }
  resilience::AdaptiveLifoOptions options() const {
    return {n.count(), m.count(), lifo_switch_threshold};
  }
};

struct ShedParams {
  double critical_plus_scaling = resilience::ShedderOptions{}.ranges[0].scaling_threshold;
  double critical_plus_saturation = resilience::ShedderOptions{}.ranges[0].saturation_threshold;
  double critical_scaling = resilience::ShedderOptions{}.ranges[1].scaling_threshold;
  double critical_saturation = resilience::ShedderOptions{}.ranges[1].saturation_threshold;
  double sheddable_plus_scaling = resilience::ShedderOptions{}.ranges[2].scaling_threshold;
  double sheddable_plus_saturation = resilience::ShedderOptions{}.ranges[2].saturation_threshold;
  double sheddable_scaling = resilience::ShedderOptions{}.ranges[3].scaling_threshold;
  double sheddable_saturation = resilience::ShedderOptions{}.ranges[3].saturation_threshold;
  double exponent = resilience::ShedderOptions{}.exponent;

  static constexpr auto fields() {
    using P = ShedParams;
    return Fields{
        field<&P::critical_plus_scaling>("Pressure above which some of critical_plus is refused.")
            .source("Envoy ScaledTrigger scaling_threshold"),
        field<&P::critical_plus_saturation>("Pressure from which all of it is.")
            .source("Envoy ScaledTrigger saturation_threshold"),
        field<&P::critical_scaling>("As for critical_plus, of critical."),
        field<&P::critical_saturation>("As for critical_plus, of critical."),
        field<&P::sheddable_plus_scaling>("As for critical_plus, of sheddable_plus."),
        field<&P::sheddable_plus_saturation>("As for critical_plus, of sheddable_plus."),
        field<&P::sheddable_scaling>("As for critical_plus, of sheddable."),
        field<&P::sheddable_saturation>("As for critical_plus, of sheddable."),
        field<&P::exponent>("Of the curve between the two: 1 is a line, 3 is cubic.")
            .at_least(0.0)};
  }
  resilience::ShedderOptions options() const {
    return {{resilience::ShedRange{critical_plus_scaling, critical_plus_saturation},
             resilience::ShedRange{critical_scaling, critical_saturation},
             resilience::ShedRange{sheddable_plus_scaling, sheddable_plus_saturation},
             resilience::ShedRange{sheddable_scaling, sheddable_saturation}},
            exponent};
  }
};

}  // namespace overload
}  // namespace highwater
