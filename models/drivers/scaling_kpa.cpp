/// The driver of Knative's autoscaler.

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/words.h"
#include "models/algorithms/scaling/policy.h"
#include "models/drivers/json_line.h"
#include "models/drivers/scaling_drivers.h"

namespace highwater {

namespace scaling {

constexpr auto words_of(KpaMetric) {
  return std::array{Word{KpaMetric::concurrency, "concurrency", "Requests in progress."},
                    Word{KpaMetric::rps, "rps", "Requests a second."}};
}
constexpr auto words_of(KnativeAggregation) {
  return std::array{Word{KnativeAggregation::linear, "linear", "All seconds alike."},
                    Word{KnativeAggregation::weighted_exponential, "weighted-exponential",
                         "Recent seconds count more."}};
}

}  // namespace scaling

namespace drivers {
namespace {

using scaling::Kpa;

constexpr std::int64_t kSecond = Kpa::kSecond;
constexpr std::uint32_t kMost = std::numeric_limits<std::int32_t>::max();

enum class KpaOutput : std::uint8_t { replicas, desired, all };
constexpr auto words_of(KpaOutput) {
  return std::array{
      Word{KpaOutput::replicas, "replicas", "What is set, after bounds and the way to zero."},
      Word{KpaOutput::desired, "desired", "What the autoscaler itself wants; - without data."},
      Word{KpaOutput::all, "all",
           "Replicas, desired, excess burst capacity, stable or panic, and the reason."}};
}

struct KpaParams {
  scaling::KpaMetric metric = scaling::KpaMetric::concurrency;
  std::optional<double> target;
  double target_utilization_percentage = 70;
  double max_scale_up_rate = 1000;
  double max_scale_down_rate = 2;
  double target_burst_capacity = 211;
  double panic_threshold_percentage = 200;
  double panic_window_percentage = 10;
  Duration stable_window{60 * kSecond};
  Duration scale_down_delay{0};
  scaling::KnativeAggregation metric_aggregation_algorithm = scaling::KnativeAggregation::linear;
  std::uint32_t activation_scale = 1;
  std::uint32_t initial_scale = 1;
  std::uint32_t min_scale = 0;
  std::uint32_t max_scale = 0;
  bool disable_scale_to_zero = false;
  Duration scale_to_zero_grace_period{30 * kSecond};
  Duration scale_to_zero_pod_retention_period{0};
  Duration progress_deadline{600 * kSecond};
  KpaOutput output = KpaOutput::replicas;

  static constexpr std::string_view type_name = "kpa_driver";
  static constexpr auto fields() {
    using P = KpaParams;
    return Fields{
        field<&P::metric>("What to scale by.").source("autoscaling.knative.dev/metric"),
        field<&P::target>("What a pod can do; 100 requests in progress or 200 a second.")
            .at_least(0.0)
            .source("autoscaling.knative.dev/target"),
        field<&P::target_utilization_percentage>("How much of the target to aim at.")
            .at_least(1.0)
            .at_most(100.0)
            .source("container-concurrency-target-percentage"),
        field<&P::max_scale_up_rate>("Times the ready pods, at most.")
            .at_least(1.0)
            .source("max-scale-up-rate"),
        field<&P::max_scale_down_rate>("The ready pods divided by it, at least.")
            .at_least(1.0)
            .source("max-scale-down-rate"),
        field<&P::target_burst_capacity>("Requests more that ready pods must be able to take.")
            .at_least(-1.0)
            .source("target-burst-capacity"),
        field<&P::panic_threshold_percentage>("Of the ready pods, from where it panics.")
            .at_least(0.0)
            .source("panic-threshold-percentage"),
        field<&P::panic_window_percentage>("Of the stable window.")
            .at_least(1.0)
            .at_most(100.0)
            .source("panic-window-percentage"),
        field<&P::stable_window>("The long window.")
            .at_least(Duration{kSecond})
            .source("stable-window"),
        field<&P::scale_down_delay>("How long less must be wanted.").source("scale-down-delay"),
        field<&P::metric_aggregation_algorithm>("How windows average.")
            .source("metric-aggregation-algorithm"),
        field<&P::activation_scale>("Fewest pods as soon as anything is wanted.")
            .at_most(kMost)
            .source("activation-scale"),
        field<&P::initial_scale>("Fewest pods until so many were ready.")
            .at_most(kMost)
            .source("initial-scale"),
        field<&P::min_scale>("Fewest pods.").at_most(kMost).source("min-scale"),
        field<&P::max_scale>("Most pods; 0: any number.").at_most(kMost).source("max-scale"),
        field<&P::disable_scale_to_zero>("One pod always stays.").source("enable-scale-to-zero"),
        field<&P::scale_to_zero_grace_period>("How long the activator is in the path before.")
            .source("scale-to-zero-grace-period"),
        field<&P::scale_to_zero_pod_retention_period>("How long the last pod stays at least.")
            .source("scale-to-zero-pod-retention-period"),
        field<&P::progress_deadline>("With 30 s more, when a revision that does not start is "
                                     "given up.")
            .source("progress-deadline"),
        field<&P::output>("What a line of output says.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (target_burst_capacity < 0 && target_burst_capacity != -1)
      problems.error(where.position(), path, "target_burst_capacity is 0, more, or -1 for any");
    if (max_scale > 0 && min_scale > max_scale)
      problems.error(where.position(), path, "min_scale is more than max_scale");
  }

  Kpa::Options options() const {
    Kpa::Options made;
    made.metric = metric;
    made.target = target.value_or(metric == scaling::KpaMetric::rps ? 200 : 100);
    made.target_utilization = target_utilization_percentage / 100;
    made.max_scale_up_rate = max_scale_up_rate;
    made.max_scale_down_rate = max_scale_down_rate;
    made.target_burst_capacity = target_burst_capacity;
    made.panic_threshold = panic_threshold_percentage / 100;
    made.panic_window_percentage = panic_window_percentage;
    made.stable_window = stable_window.count();
    made.scale_down_delay = scale_down_delay.count();
    made.aggregation = metric_aggregation_algorithm;
    made.activation_scale = static_cast<std::int32_t>(activation_scale);
    made.initial_scale = static_cast<std::int32_t>(initial_scale);
    made.min_scale = static_cast<std::int32_t>(min_scale);
    made.max_scale = static_cast<std::int32_t>(max_scale);
    made.enable_scale_to_zero = !disable_scale_to_zero;
    made.scale_to_zero_grace_period = scale_to_zero_grace_period.count();
    made.scale_to_zero_pod_retention_period = scale_to_zero_pod_retention_period.count();
    made.activation_timeout = progress_deadline.count() + 30 * kSecond;
    return made;
  }
};

struct KpaLine {
  Seconds time;
  std::uint32_t ready = 0;
  std::optional<std::uint32_t> replicas;
  std::optional<double> value;
  std::optional<std::vector<double>> pods;
  std::optional<double> stable;
  std::optional<double> panic;
  std::optional<bool> reachable;
  bool record_only = false;

  static constexpr std::string_view type_name = "kpa_line";
  static constexpr auto fields() {
    using P = KpaLine;
    return Fields{
        field<&P::time>("Seconds.").required(),
        field<&P::ready>("Pods that are ready.").at_most(kMost),
        field<&P::replicas>("Pods that are wanted now; those ready unless given.").at_most(kMost),
        field<&P::value>("The metric of all pods together in this second."),
        field<&P::pods>("The same for each pod."),
        field<&P::stable>("The average over the stable window itself; with panic."),
        field<&P::panic>("The average over the panic window itself."),
        field<&P::reachable>("Whether the revision gets traffic, from now on."),
        field<&P::record_only>("A second between two ticks: recorded, nothing decided.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (stable.has_value() != panic.has_value())
      problems.error(where.position(), path, "stable and panic stand together");
    if (value && pods)
      problems.error(where.position(), path, "value and pods cannot stand together");
  }
};

class KpaSession final : public Session {
 public:
  explicit KpaSession(const KpaParams& params) : output_(params.output), kpa_(params.options()) {}

  std::string take(std::string_view text, std::string& out) override {
    KpaLine line;
    std::string wrong = read_line(text, line);
    if (!wrong.empty()) return wrong;
    const std::int64_t now = line.time.nanoseconds;
    if (begun_ && now < now_) return "time goes back";
    begun_ = true;
    now_ = now;
    if (line.reachable) kpa_.set_reachable(*line.reachable);
    kpa_.begin(now, line.ready);
    std::optional<double> value = line.value;
    if (line.pods) {
      value = 0;
      for (const double pod : *line.pods) *value += pod;
    }
    if (value) kpa_.record(now, *value);
    if (line.record_only) return {};
    const scaling::KpaScale scale = line.stable
                                        ? kpa_.scale(now, line.ready, *line.stable, *line.panic)
                                        : kpa_.scale(now, line.ready);
    const scaling::Decision decision =
        kpa_.apply(now, line.replicas.value_or(line.ready), line.ready, scale);
    const std::string desired = scale.valid ? std::to_string(scale.desired) : "-";
    switch (output_) {
      case KpaOutput::replicas:
        out += fmt::format("{}\n", decision.replicas);
        break;
      case KpaOutput::desired:
        out += desired + "\n";
        break;
      case KpaOutput::all:
        out += fmt::format("{} {} {} {} {}\n", decision.replicas, desired,
                           scale.valid ? std::to_string(scale.excess_burst) : "-",
                           scale.panicking ? "panic" : "stable",
                           scaling::reason_name(decision.reason));
        break;
    }
    return {};
  }

 private:
  KpaOutput output_;
  Kpa kpa_;
  bool begun_ = false;
  std::int64_t now_ = 0;
};

}  // namespace

Driver kpa_driver() {
  const scaling::ScalerPolicyInfo& info =
      scaling::kScalerPolicies[static_cast<std::size_t>(scaling::ScalerPolicy::kpa)];
  return driver<KpaParams>(
      {std::string(info.name), "scaling", std::string(info.summary), std::string(info.source),
       "{\"time\": seconds, \"ready\": pods ready, \"replicas\": wanted now, \"value\": metric of "
       "all pods} or \"pods\": [of each]; or \"stable\" and \"panic\" averages; \"record_only\": "
       "true between ticks",
       "the number of pods from now on; more with --output",
       "printf '%s\\n' '{\"time\": 0, \"ready\": 1, \"value\": 50}' '{\"time\": 2, \"ready\": 1, "
       "\"value\": 300}' | highwater algorithm kpa --target 10"},
      [](const KpaParams& params) { return std::make_unique<KpaSession>(params); });
}

}  // namespace drivers
}  // namespace highwater
