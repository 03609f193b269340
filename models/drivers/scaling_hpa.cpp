/// The driver of Kubernetes' Horizontal Pod Autoscaler.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/words.h"
#include "models/algorithms/scaling/policy.h"
#include "models/drivers/json_line.h"
#include "models/drivers/scaling_drivers.h"
#include "models/predict_params.h"

namespace highwater {

namespace scaling {

constexpr auto words_of(HpaPolicyType) {
  return std::array{Word{HpaPolicyType::pods, "Pods", "So many pods."},
                    Word{HpaPolicyType::percent, "Percent", "So many percent of the pods."}};
}
constexpr auto words_of(HpaSelect) {
  return std::array{Word{HpaSelect::max, "Max", "The policy that allows most."},
                    Word{HpaSelect::min, "Min", "The policy that allows least."},
                    Word{HpaSelect::disabled, "Disabled", "No change in this direction."}};
}
constexpr auto words_of(HpaSource) {
  return std::array{Word{HpaSource::resource, "Resource", "What pods use of a resource."},
                    Word{HpaSource::pods, "Pods", "A metric of each pod."},
                    Word{HpaSource::object, "Object", "A metric of one object."},
                    Word{HpaSource::external, "External", "A metric from outside."}};
}
constexpr auto words_of(HpaVersion) {
  return std::array{
      Word{HpaVersion::v1_20, "1.20", "One-sided stabilization, own changes only."},
      Word{HpaVersion::v1_23, "1.23", "1.23 to 1.25."},
      Word{HpaVersion::v1_26, "1.26", "1.26 to 1.32: targets above 100 % for missing pods."},
      Word{HpaVersion::v1_33, "1.33", "A tolerance for each direction."}};
}

}  // namespace scaling

namespace drivers {

/// The condition Ready: true, false, or "none" and "unknown".
struct ReadyCondition {
  scaling::Readiness value = scaling::Readiness::ready;
  friend bool operator==(const ReadyCondition&, const ReadyCondition&) = default;
};

}  // namespace drivers

template <>
struct Quantity<drivers::ReadyCondition> {
  static const TypeInfo& type() {
    static const TypeInfo info = [] {
      TypeInfo type;
      type.name = "ready_condition";
      type.shape = Shape::kQuantity;
      type.expects = "true, false, \"unknown\" or \"none\" (no such condition yet)";
      type.pattern = "true|false|unknown|none";
      type.booleans = true;
      return type;
    }();
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   drivers::ReadyCondition& out) {
    using scaling::Readiness;
    const std::string text = value.is_string() ? value.text() : std::string();
    if ((value.is_boolean() && value.boolean()) || text == "true") {
      out.value = Readiness::ready;
    } else if (value.is_boolean() || text == "false") {
      out.value = Readiness::not_ready;
    } else if (text == "unknown") {
      out.value = Readiness::unknown;
    } else if (text == "none") {
      out.value = Readiness::none;
    } else {
      return report_unexpected(value, path, type(), problems);
    }
    return true;
  }
  static Value write(const drivers::ReadyCondition& value) {
    return value.value == scaling::Readiness::ready ? Value::boolean(true) : Value::boolean(false);
  }
};

namespace drivers {
namespace {

using scaling::Hpa;
using scaling::HpaMetric;
using scaling::HpaSource;
using scaling::HpaTarget;
using scaling::PodObservation;
using scaling::PodSample;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::uint32_t kNoLimit = std::numeric_limits<std::int32_t>::max();

enum class HpaOutput : std::uint8_t { replicas, recommendation, all };
constexpr auto words_of(HpaOutput) {
  return std::array{
      Word{HpaOutput::replicas, "replicas", "What the autoscaler sets."},
      Word{HpaOutput::recommendation, "recommendation",
           "What the metrics and predictions ask for, before windows, policies and limits; - where "
           "they fail."},
      Word{HpaOutput::all, "all",
           "Replicas, recommendation, stabilized recommendation, reason, utilization in percent "
           "and average in thousandths."}};
}

struct PolicyParams {
  scaling::HpaPolicyType type = scaling::HpaPolicyType::pods;
  std::uint32_t value = 0;
  std::uint32_t period_seconds = 0;

  static constexpr std::string_view type_name = "hpa_policy";
  static constexpr auto fields() {
    return Fields{
        field<&PolicyParams::type>("Pods or Percent.").required(),
        field<&PolicyParams::value>("How much.").required().at_least(1u).at_most(kNoLimit),
        field<&PolicyParams::period_seconds>("In how many seconds.")
            .required()
            .at_least(1u)
            .at_most(1800u)};
  }
};

struct RulesParams {
  std::optional<std::uint32_t> stabilization_window_seconds;
  scaling::HpaSelect select_policy = scaling::HpaSelect::max;
  std::optional<std::vector<PolicyParams>> policies;
  std::optional<double> tolerance;

  static constexpr std::string_view type_name = "hpa_rules";
  static constexpr auto fields() {
    return Fields{field<&RulesParams::stabilization_window_seconds>("Window of recommendations.")
                      .at_most(3600u),
                  field<&RulesParams::select_policy>("Which of the policies counts."),
                  field<&RulesParams::policies>("The policies; the defaults unless given."),
                  field<&RulesParams::tolerance>("Of this direction; from 1.33.").at_least(0.0)};
  }

  scaling::HpaRules rules(scaling::HpaRules usual) const {
    if (stabilization_window_seconds)
      usual.stabilization_window = *stabilization_window_seconds * kSecond;
    usual.select_policy = select_policy;
    if (policies) {
      usual.policies.clear();
      for (const PolicyParams& policy : *policies)
        usual.policies.push_back({policy.type, static_cast<std::int32_t>(policy.value),
                                  policy.period_seconds * kSecond});
    }
    return usual;
  }
};

struct BehaviorParams {
  RulesParams scale_up;
  RulesParams scale_down;

  static constexpr std::string_view type_name = "hpa_behavior";
  static constexpr auto fields() {
    return Fields{field<&BehaviorParams::scale_up>("Rules for growing."),
                  field<&BehaviorParams::scale_down>("Rules for shrinking.")};
  }
};

struct MetricParams {
  HpaSource type = HpaSource::resource;
  std::string name = "cpu";
  std::optional<std::uint32_t> average_utilization;
  std::optional<Thousandths> average_value;
  std::optional<Thousandths> value;

  static constexpr std::string_view type_name = "hpa_metric";
  static constexpr auto fields() {
    return Fields{
        field<&MetricParams::type>("Where it comes from.").required(),
        field<&MetricParams::name>("What lines call it; cpu is what usage_m and request_m say."),
        field<&MetricParams::average_utilization>("Target in percent of the requests; Resource.")
            .at_least(1u)
            .at_most(kNoLimit),
        field<&MetricParams::average_value>("Target a pod."),
        field<&MetricParams::value>("Target of the whole; Object and External.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    const int targets =
        average_utilization.has_value() + average_value.has_value() + value.has_value();
    const bool of_pods = type == HpaSource::resource || type == HpaSource::pods;
    if (targets != 1) {
      problems.error(where.position(), path,
                     "expected exactly one of average_utilization, average_value and value");
    } else if (average_utilization && type != HpaSource::resource) {
      problems.error(where.position(), path, "average_utilization needs the type Resource");
    } else if (value && of_pods) {
      problems.error(where.position(), path, "value needs the type Object or External");
    } else if ((average_value && average_value->value == 0) || (value && value->value == 0)) {
      problems.error(where.position(), path, "a target is more than 0");
    }
  }

  HpaMetric metric() const {
    HpaMetric made;
    made.source = type;
    made.cpu = name == "cpu";
    if (average_utilization) {
      made.target = HpaTarget::utilization;
      made.target_value = *average_utilization;
    } else if (average_value) {
      made.target = HpaTarget::average_value;
      made.target_value = average_value->value;
    } else {
      made.target = HpaTarget::value;
      made.target_value = value->value;
    }
    return made;
  }
};

struct HpaParams {
  std::uint32_t min_replicas = 1;
  std::uint32_t max_replicas = kNoLimit;
  std::optional<std::uint32_t> target_cpu;
  std::optional<JsonText<std::vector<MetricParams>>> metrics;
  std::optional<JsonText<BehaviorParams>> behavior;
  std::optional<JsonText<PredictParams>> predict;
  bool no_behavior = false;
  double tolerance = 0.1;
  Duration cpu_initialization_period{300 * kSecond};
  Duration initial_readiness_delay{30 * kSecond};
  Duration scale_down_stabilization{300 * kSecond};
  Duration created{0};
  scaling::HpaVersion version = scaling::HpaVersion::v1_23;
  HpaOutput output = HpaOutput::replicas;

  static constexpr std::string_view type_name = "hpa_driver";
  static constexpr auto fields() {
    using P = HpaParams;
    return Fields{
        field<&P::min_replicas>("Fewest replicas.").at_most(kNoLimit).source("spec.minReplicas"),
        field<&P::max_replicas>("Most replicas; no limit unless given, which the product demands.")
            .at_most(kNoLimit)
            .source("spec.maxReplicas"),
        field<&P::target_cpu>("CPU in percent of the requests; 80 unless given or metrics are.")
            .at_least(1u)
            .at_most(kNoLimit)
            .source("averageUtilization"),
        field<&P::metrics>("Metrics as JSON: "
                           "[{\"type\": \"Pods\", \"name\": \"qps\", \"average_value\": 20}, …].")
            .source("spec.metrics"),
        field<&P::behavior>("Rules as JSON: {\"scaleUp\": {\"stabilizationWindowSeconds\": 60, "
                            "\"selectPolicy\": \"Min\", \"policies\": [{\"type\": \"Pods\", "
                            "\"value\": 4, \"periodSeconds\": 60}]}, \"scaleDown\": …}.")
            .source("spec.behavior"),
        field<&P::predict>(
            "Predictions as JSON: {\"models\": [{\"linear\": {\"lookAhead\": \"2m\", "
            "\"historySize\": 6}}, {\"holt_winters\": {\"alpha\": 0.9, …}}], "
            "\"decisionType\": \"maximum\"}.")
            .source("Predictive Horizontal Pod Autoscaler"),
        field<&P::no_behavior>("As before autoscaling/v2beta2: at most max(2 * current, 4)."),
        field<&P::tolerance>("How far the ratio may be from 1.")
            .at_least(0.0)
            .source("horizontal-pod-autoscaler-tolerance"),
        field<&P::cpu_initialization_period>("In which a pod that starts is judged with care.")
            .source("horizontal-pod-autoscaler-cpu-initialization-period"),
        field<&P::initial_readiness_delay>("In which a pod that was never ready counts as such.")
            .source("horizontal-pod-autoscaler-initial-readiness-delay"),
        field<&P::scale_down_stabilization>("Window for shrinking where the behavior does not say.")
            .source("horizontal-pod-autoscaler-downscale-stabilization"),
        field<&P::created>("When the autoscaler began; it takes the first line's replicas as "
                           "recommended then."),
        field<&P::version>("Whose rules.").source("Kubernetes"),
        field<&P::output>("What a line of output says.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (min_replicas > max_replicas)
      problems.error(where.position(), path, "min_replicas is more than max_replicas");
    if (target_cpu && metrics)
      problems.error(where.position(), path, "target_cpu and metrics cannot stand together");
    if (no_behavior && behavior)
      problems.error(where.position(), path, "no_behavior and behavior cannot stand together");
    if (metrics && metrics->value.empty())
      problems.error(where.position(), path, "metrics has no metric");
    const bool own =
        behavior && (behavior->value.scale_up.tolerance || behavior->value.scale_down.tolerance);
    if (own && version != scaling::HpaVersion::v1_33)
      problems.error(where.position(), path, "a tolerance in the behavior needs version 1.33");
  }

  Hpa::Options options() const {
    Hpa::Options made;
    made.replicas = {tolerance, tolerance, cpu_initialization_period.count(),
                     initial_readiness_delay.count(), version};
    made.min_replicas = min_replicas;
    made.max_replicas = max_replicas;
    made.downscale_stabilization = scale_down_stabilization.count();
    scaling::HpaBehavior usual;
    usual.scale_down.stabilization_window = scale_down_stabilization.count();
    made.behavior = usual;
    if (no_behavior) made.behavior.reset();
    if (behavior) {
      const BehaviorParams& given = behavior->value;
      made.behavior = scaling::HpaBehavior{given.scale_up.rules(usual.scale_up),
                                           given.scale_down.rules(usual.scale_down)};
      made.replicas.tolerance_up = given.scale_up.tolerance.value_or(tolerance);
      made.replicas.tolerance_down = given.scale_down.tolerance.value_or(tolerance);
    }
    made.metrics.clear();
    for (const MetricParams& metric : metric_list()) made.metrics.push_back(metric.metric());
    return made;
  }
  std::vector<MetricParams> metric_list() const {
    if (metrics) return metrics->value;
    MetricParams cpu;
    cpu.average_utilization = target_cpu.value_or(80);
    return {cpu};
  }
};

/// One pod of a line. Ages count back from the line's time.
struct PodLine {
  std::optional<std::string> name;
  scaling::PodPhase phase = scaling::PodPhase::running;
  bool deleting = false;
  ReadyCondition ready;
  std::optional<Seconds> started;
  std::optional<Seconds> age_s;
  std::optional<Seconds> transition;
  std::optional<Seconds> transition_age_s;
  std::optional<std::uint64_t> request_m;
  std::optional<std::uint64_t> usage_m;
  std::optional<Seconds> metric_time;
  std::optional<Seconds> metric_age_s;
  Seconds metric_window_s{60 * kSecond};
  OrderedMap<Thousandths> metrics;
  OrderedMap<Thousandths> requests;

  static constexpr std::string_view type_name = "hpa_pod";
  static constexpr auto fields() {
    using P = PodLine;
    return Fields{
        field<&P::name>("Of no meaning."),
        field<&P::phase>("Its phase."),
        field<&P::deleting>("It has a deletion timestamp."),
        field<&P::ready>("Its condition Ready."),
        field<&P::started>("When it started, in seconds; long ago unless given."),
        field<&P::age_s>("The same as an age."),
        field<&P::transition>("When `ready` became what it is; when it started unless given."),
        field<&P::transition_age_s>("The same as an age."),
        field<&P::request_m>("Millicores that it asks for."),
        field<&P::usage_m>("Millicores that it uses; left out: the metric is missing."),
        field<&P::metric_time>("When the metrics were taken; now unless given."),
        field<&P::metric_age_s>("The same as an age."),
        field<&P::metric_window_s>("The time that the metrics average over."),
        field<&P::metrics>("Other metrics by name; left out: missing."),
        field<&P::requests>("What it asks for of other resources, by name.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if ((started && age_s) || (transition && transition_age_s) || (metric_time && metric_age_s))
      problems.error(where.position(), path, "a time and its age cannot stand together");
  }

  PodObservation pod(std::int64_t now) const {
    constexpr std::int64_t kLongAgo = std::int64_t{365} * 24 * 3600 * kSecond;
    const auto moment = [&](const std::optional<Seconds>& at, const std::optional<Seconds>& age,
                            std::int64_t otherwise) {
      return at ? at->nanoseconds : age ? now - age->nanoseconds : otherwise;
    };
    PodObservation made;
    made.phase = phase;
    made.deleting = deleting;
    made.readiness = ready.value;
    made.started = moment(started, age_s, now - kLongAgo);
    made.readiness_changed = moment(transition, transition_age_s, *made.started);
    if (request_m) made.request = static_cast<std::int64_t>(*request_m);
    return made;
  }
  std::optional<PodSample> sample(std::int64_t now, const std::string& metric) const {
    std::optional<std::int64_t> value;
    if (metric == "cpu" && usage_m) value = static_cast<std::int64_t>(*usage_m);
    for (const auto& entry : metrics)
      if (entry.key == metric) value = entry.value.value;
    if (!value) return std::nullopt;
    const std::int64_t at = metric_time    ? metric_time->nanoseconds
                            : metric_age_s ? now - metric_age_s->nanoseconds
                                           : now;
    return PodSample{*value, at, metric_window_s.nanoseconds};
  }
  std::optional<std::int64_t> request(const std::string& resource) const {
    std::optional<std::int64_t> value;
    if (resource == "cpu" && request_m) value = static_cast<std::int64_t>(*request_m);
    for (const auto& entry : requests)
      if (entry.key == resource) value = entry.value.value;
    return value;
  }
};

struct HpaLine {
  Seconds time;
  std::uint32_t replicas = 0;
  std::optional<std::vector<PodLine>> pods;
  OrderedMap<Thousandths> metrics;
  std::optional<Whole> desired;
  std::optional<std::uint32_t> target_cpu;
  std::vector<std::uint64_t> other_usage_m;

  static constexpr std::string_view type_name = "hpa_line";
  static constexpr auto fields() {
    using P = HpaLine;
    return Fields{
        field<&P::time>("Seconds.").required(),
        field<&P::replicas>("That are wanted now.").required().at_most(kNoLimit),
        field<&P::pods>("All pods that there are."),
        field<&P::metrics>("Metrics of objects and from outside by name; left out: failed."),
        field<&P::desired>("The recommendation itself, instead of metrics."),
        field<&P::target_cpu>("Instead of the option, for this line.").at_least(1u),
        field<&P::other_usage_m>("CPU of pods with metrics that are not in the list.")};
  }
};

class HpaSession final : public Session {
 public:
  explicit HpaSession(const HpaParams& params)
      : params_(params), options_(params.options()), hpa_(options_) {
    if (params.predict) predictor_.emplace(params.predict->value.options());
    for (const MetricParams& metric : params.metric_list()) names_.push_back(metric.name);
  }

  std::string take(std::string_view text, std::string& out) override {
    HpaLine line;
    std::string wrong = read_line(text, line);
    if (!wrong.empty()) return wrong;
    const std::int64_t now = line.time.nanoseconds;
    if (begun_ && now < now_) return "time goes back";
    if (!begun_) hpa_.begin(std::min(now, params_.created.count()), line.replicas);
    begun_ = true;
    now_ = now;
    scaling::HpaRound round;
    if (line.desired) {
      round = hpa_.round(now, line.replicas, std::optional(predicted(line.desired->value)));
    } else {
      read(line);
      if (params_.output == HpaOutput::recommendation || line.target_cpu || predictor_) {
        scaling::Recommendation asked = recommend(line);
        if (asked.error == scaling::MetricError::none) asked.replicas = predicted(asked.replicas);
        round = hpa_.round(now, line.replicas,
                           asked.error == scaling::MetricError::none ? std::optional(asked.replicas)
                                                                     : std::nullopt);
        round.metric = asked;
        round.recommended =
            asked.error == scaling::MetricError::none ? std::max(0, asked.replicas) : -1;
      } else {
        round = hpa_.round(now, line.replicas, pods_, readings_);
      }
    }
    append(round, line.desired.has_value(), out);
    return {};
  }

 private:
  /// What predictions make of what is asked for.
  std::int32_t predicted(std::int32_t asked) {
    return predictor_ ? predictor_->decide(now_, asked) : asked;
  }

  /// What the metrics recommend, with the line's own target.
  scaling::Recommendation recommend(const HpaLine& line) const {
    const auto current = static_cast<std::int32_t>(line.replicas);
    if (!line.target_cpu) return hpa_.recommend(now_, current, pods_, readings_);
    Hpa::Options options = options_;
    for (HpaMetric& metric : options.metrics)
      if (metric.source == HpaSource::resource && metric.cpu &&
          metric.target == HpaTarget::utilization)
        metric.target_value = *line.target_cpu;
    return Hpa(options).recommend(now_, current, pods_, readings_);
  }

  void read(const HpaLine& line) {
    const std::size_t metrics = options_.metrics.size();
    static const std::vector<PodLine> kNone;
    const std::vector<PodLine>& pods = line.pods ? *line.pods : kNone;
    pods_.clear();
    for (const PodLine& pod : pods) pods_.push_back(pod.pod(now_));
    strangers_.assign(line.other_usage_m.begin(), line.other_usage_m.end());
    samples_.assign(metrics, {});
    requests_.assign(metrics, {});
    readings_.assign(metrics, {});
    for (std::size_t m = 0; m < metrics; ++m) {
      for (const PodLine& pod : pods) {
        samples_[m].push_back(pod.sample(now_, names_[m]));
        requests_[m].push_back(pod.request(names_[m]));
      }
      readings_[m].pods.samples = samples_[m];
      readings_[m].pods.requests = requests_[m];
      if (names_[m] == "cpu") readings_[m].pods.strangers = strangers_;
      for (const auto& entry : line.metrics)
        if (entry.key == names_[m]) readings_[m].value = entry.value.value;
    }
  }

  void append(const scaling::HpaRound& round, bool given, std::string& out) const {
    const std::string recommended = round.recommended < 0 ? "-" : std::to_string(round.recommended);
    switch (params_.output) {
      case HpaOutput::replicas:
        out += fmt::format("{}\n", round.replicas);
        return;
      case HpaOutput::recommendation:
        out += recommended + "\n";
        return;
      case HpaOutput::all:
        break;
    }
    const bool known = !given && round.recommended >= 0;
    out += fmt::format("{} {} {} {} {} {}\n", round.replicas, recommended,
                       round.recommended < 0 ? "-" : std::to_string(round.stabilized),
                       scaling::reason_name(round.reason),
                       known ? std::to_string(round.metric.utilization) : "-",
                       known ? std::to_string(round.metric.average) : "-");
  }

  HpaParams params_;
  Hpa::Options options_;
  Hpa hpa_;
  std::optional<scaling::Predictor> predictor_;
  std::vector<std::string> names_;  // of the metrics
  bool begun_ = false;
  std::int64_t now_ = 0;
  std::vector<PodObservation> pods_;
  std::vector<std::int64_t> strangers_;
  std::vector<std::vector<std::optional<PodSample>>> samples_;
  std::vector<std::vector<std::optional<std::int64_t>>> requests_;
  std::vector<scaling::HpaReading> readings_;
};

}  // namespace

Driver hpa_driver() {
  const scaling::ScalerPolicyInfo& info =
      scaling::kScalerPolicies[static_cast<std::size_t>(scaling::ScalerPolicy::hpa)];
  return driver<HpaParams>(
      {std::string(info.name), "scaling", std::string(info.summary), std::string(info.source),
       "{\"time\": seconds, \"replicas\": wanted now, \"pods\": [{\"request_m\": 200, \"usage_m\": "
       "150, \"phase\": \"Running\", \"ready\": true, \"age_s\": 600, \"transition_age_s\": 590, "
       "\"metric_age_s\": 20}, …], \"metrics\": {\"queue\": 120}}; or \"desired\": 7 instead of "
       "metrics",
       "the number of replicas from now on; more with --output",
       "printf '%s\\n' '{\"time\": 15, \"replicas\": 2, \"pods\": [{\"request_m\": 100, "
       "\"usage_m\": 90}, {\"request_m\": 100, \"usage_m\": 80}]}' | highwater algorithm hpa "
       "--target-cpu 50 --max-replicas 10"},
      [](const HpaParams& params) { return std::make_unique<HpaSession>(params); });
}

}  // namespace drivers
}  // namespace highwater
