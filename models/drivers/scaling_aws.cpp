/// Drivers of AWS' autoscalers: target tracking, step and simple scaling, Lambda's concurrency.

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

#include "engine/describe/nearest.h"
#include "engine/describe/words.h"
#include "models/algorithms/scaling/policy.h"
#include "models/drivers/json_line.h"
#include "models/drivers/scaling_drivers.h"
#include "models/lambda_params.h"

namespace highwater {

namespace scaling {

constexpr auto words_of(AwsService) {
  return std::array{
      Word{AwsService::application_auto_scaling, "application_auto_scaling",
           "ECS services, DynamoDB, Lambda and others: cooldowns."},
      Word{AwsService::ec2_auto_scaling, "ec2_auto_scaling", "Auto Scaling groups: warm-up."}};
}
constexpr auto words_of(AlarmComparison) {
  return std::array{
      Word{AlarmComparison::greater_than_or_equal_to_threshold, "GreaterThanOrEqualToThreshold",
           ">="},
      Word{AlarmComparison::greater_than_threshold, "GreaterThanThreshold", ">"},
      Word{AlarmComparison::less_than_threshold, "LessThanThreshold", "<"},
      Word{AlarmComparison::less_than_or_equal_to_threshold, "LessThanOrEqualToThreshold", "<="}};
}
constexpr auto words_of(AlarmStatistic) {
  return std::array{Word{AlarmStatistic::average, "Average", "The mean of a period's values."},
                    Word{AlarmStatistic::minimum, "Minimum", "The least."},
                    Word{AlarmStatistic::maximum, "Maximum", "The greatest."}};
}
constexpr auto words_of(AdjustmentType) {
  return std::array{
      Word{AdjustmentType::change_in_capacity, "ChangeInCapacity", "So many more or less."},
      Word{AdjustmentType::exact_capacity, "ExactCapacity", "So many."},
      Word{AdjustmentType::percent_change_in_capacity, "PercentChangeInCapacity",
           "So many percent more or less."}};
}

}  // namespace scaling

namespace drivers {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::uint32_t kMost = std::numeric_limits<std::int32_t>::max();
constexpr const char* kMetricLine =
    "{\"time\": seconds, \"replicas\": capacity now, \"metric\": value} or \"pods\": [value of "
    "each]; a line that ends a period is decided on at once";

enum class AwsOutput : std::uint8_t { replicas, all };
constexpr auto words_of(AwsOutput) {
  return std::array{Word{AwsOutput::replicas, "replicas", "The capacity."},
                    Word{AwsOutput::all, "all", "The capacity and the reason."}};
}

struct AlarmLine {
  Seconds time;
  std::uint32_t replicas = 0;
  std::optional<double> metric;
  std::optional<std::vector<double>> pods;

  static constexpr std::string_view type_name = "aws_line";
  static constexpr auto fields() {
    using P = AlarmLine;
    return Fields{field<&P::time>("Seconds.").required(),
                  field<&P::replicas>("The capacity now.").required().at_most(kMost),
                  field<&P::metric>("The metric; left out: missing."),
                  field<&P::pods>("The metric of each; their mean counts.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (metric && pods)
      problems.error(where.position(), path, "metric and pods cannot stand together");
  }
  std::optional<double> value() const {
    if (!pods) return metric;
    if (pods->empty()) return std::nullopt;
    double sum = 0;
    for (const double pod : *pods) sum += pod;
    return sum / static_cast<double>(pods->size());
  }
};

class AlarmSession final : public Session {
 public:
  AlarmSession(std::unique_ptr<scaling::Scaler> scaler, AwsOutput output)
      : scaler_(std::move(scaler)), output_(output) {}

  std::string take(std::string_view text, std::string& out) override {
    AlarmLine line;
    std::string wrong = read_line(text, line);
    if (!wrong.empty()) return wrong;
    if (begun_ && line.time.nanoseconds < now_) return "time goes back";
    begun_ = true;
    now_ = line.time.nanoseconds;
    scaling::Observation seen;
    seen.now = now_;
    seen.replicas = seen.ready_replicas = line.replicas;
    seen.metric = line.value();
    const scaling::Decision decision = scaler_->decide(seen);
    out += output_ == AwsOutput::all
               ? fmt::format("{} {}\n", decision.replicas, scaling::reason_name(decision.reason))
               : fmt::format("{}\n", decision.replicas);
    return {};
  }

 private:
  std::unique_ptr<scaling::Scaler> scaler_;
  AwsOutput output_;
  bool begun_ = false;
  std::int64_t now_ = 0;
};

struct CapacityParams {
  scaling::AwsService service = scaling::AwsService::application_auto_scaling;
  std::uint32_t min_capacity = 1;
  std::uint32_t max_capacity = kMost;
  Duration scale_out_cooldown{300 * kSecond};
  Duration scale_in_cooldown{300 * kSecond};
  Duration estimated_instance_warmup{300 * kSecond};

  static constexpr auto fields() {
    using P = CapacityParams;
    return Fields{
        field<&P::service>("Which service scales."),
        field<&P::min_capacity>("Least capacity.").at_most(kMost).source("MinCapacity"),
        field<&P::max_capacity>("Most; no limit unless given.")
            .at_most(kMost)
            .source("MaxCapacity"),
        field<&P::scale_out_cooldown>("After scaling out; 0 for DynamoDB, Lambda and others.")
            .source("ScaleOutCooldown"),
        field<&P::scale_in_cooldown>("After scaling in; likewise.").source("ScaleInCooldown"),
        field<&P::estimated_instance_warmup>("Until an instance counts; EC2 only.")
            .source("EstimatedInstanceWarmup")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (min_capacity > max_capacity)
      problems.error(where.position(), path, "min_capacity is more than max_capacity");
  }
  scaling::AwsCapacity::Options options() const {
    return {service,
            scale_out_cooldown.count(),
            scale_in_cooldown.count(),
            estimated_instance_warmup.count(),
            min_capacity,
            max_capacity};
  }
};

struct TargetTrackingParams {
  double target = 0;
  CapacityParams capacity;
  bool disable_scale_in = false;
  AwsOutput output = AwsOutput::replicas;

  static constexpr std::string_view type_name = "target_tracking_driver";
  static constexpr auto fields() {
    using P = TargetTrackingParams;
    return Fields{field<&P::target>("What the metric should be.").required().source("TargetValue"),
                  inlined<&P::capacity>(),
                  field<&P::disable_scale_in>("Only scale out.").source("DisableScaleIn"),
                  field<&P::output>("What a line of output says.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (!(target > 0)) problems.error(where.position(), path, "target is more than 0");
  }
};

struct AlarmParams {
  double threshold = 0;
  scaling::AlarmComparison comparison_operator =
      scaling::AlarmComparison::greater_than_or_equal_to_threshold;
  std::uint32_t evaluation_periods = 1;
  Seconds period{60 * kSecond};
  scaling::AlarmStatistic statistic = scaling::AlarmStatistic::average;

  static constexpr auto fields() {
    using P = AlarmParams;
    return Fields{field<&P::threshold>("Of the alarm.").required(),
                  field<&P::comparison_operator>("When it breaches."),
                  field<&P::evaluation_periods>("Datapoints in a row.").at_least(1u),
                  field<&P::period>("Of a datapoint."),
                  field<&P::statistic>("Of a period's values.")};
  }
  scaling::CloudwatchAlarm::Options options() const {
    return {threshold, comparison_operator, statistic, period.nanoseconds, evaluation_periods};
  }
};

struct StepParams {
  std::optional<double> metric_interval_lower_bound;
  std::optional<double> metric_interval_upper_bound;
  Whole scaling_adjustment;

  static constexpr std::string_view type_name = "step_adjustment";
  static constexpr auto fields() {
    using P = StepParams;
    return Fields{
        field<&P::metric_interval_lower_bound>("From the threshold on; none: minus infinity."),
        field<&P::metric_interval_upper_bound>("To which distance; none: infinity."),
        field<&P::scaling_adjustment>("What to do.").required()};
  }
};

struct StepPolicyParams {
  AlarmParams alarm;
  scaling::AdjustmentType adjustment_type = scaling::AdjustmentType::change_in_capacity;
  std::uint32_t min_adjustment_magnitude = 0;
  std::vector<StepParams> step_adjustments;

  static constexpr std::string_view type_name = "step_policy";
  static constexpr auto fields() {
    using P = StepPolicyParams;
    return Fields{inlined<&P::alarm>(), field<&P::adjustment_type>("How adjustments are meant."),
                  field<&P::min_adjustment_magnitude>("Of percentages, at least so many."),
                  field<&P::step_adjustments>("The steps.").required().at_least(1u)};
  }
};

struct StepScalingParams {
  JsonText<std::vector<StepPolicyParams>> policies;
  CapacityParams capacity;
  AwsOutput output = AwsOutput::replicas;

  static constexpr std::string_view type_name = "step_scaling_driver";
  static constexpr auto fields() {
    using P = StepScalingParams;
    return Fields{field<&P::policies>("Policies with their alarms as JSON: [{\"Threshold\": 60, "
                                      "\"AdjustmentType\": \"PercentChangeInCapacity\", "
                                      "\"StepAdjustments\": [{\"MetricIntervalLowerBound\": 0, "
                                      "\"ScalingAdjustment\": 10}]}].")
                      .required(),
                  inlined<&P::capacity>(), field<&P::output>("What a line of output says.")};
  }
};

struct SimplePolicyParams {
  AlarmParams alarm;
  scaling::AdjustmentType adjustment_type = scaling::AdjustmentType::change_in_capacity;
  std::uint32_t min_adjustment_magnitude = 0;
  Whole scaling_adjustment;
  std::optional<Seconds> cooldown;

  static constexpr std::string_view type_name = "simple_policy";
  static constexpr auto fields() {
    using P = SimplePolicyParams;
    return Fields{inlined<&P::alarm>(), field<&P::adjustment_type>("How the adjustment is meant."),
                  field<&P::min_adjustment_magnitude>("Of percentages, at least so many."),
                  field<&P::scaling_adjustment>("What to do.").required(),
                  field<&P::cooldown>("The default unless given.")};
  }
};

struct SimpleScalingParams {
  JsonText<std::vector<SimplePolicyParams>> policies;
  Duration default_cooldown{300 * kSecond};
  std::uint32_t min_size = 1;
  std::uint32_t max_size = kMost;
  AwsOutput output = AwsOutput::replicas;

  static constexpr std::string_view type_name = "simple_scaling_driver";
  static constexpr auto fields() {
    using P = SimpleScalingParams;
    return Fields{
        field<&P::policies>("Policies with their alarms as JSON: [{\"Threshold\": 60, "
                            "\"ScalingAdjustment\": 1, \"Cooldown\": 120}].")
            .required(),
        field<&P::default_cooldown>("After an activity.").source("DefaultCooldown"),
        field<&P::min_size>("Least capacity.").at_most(kMost).source("MinSize"),
        field<&P::max_size>("Most; no limit unless given.").at_most(kMost).source("MaxSize"),
        field<&P::output>("What a line of output says.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (min_size > max_size)
      problems.error(where.position(), path, "min_size is more than max_size");
  }
};

About about(scaling::ScalerPolicy policy, std::string input, std::string output,
            std::string example) {
  const scaling::ScalerPolicyInfo& info =
      scaling::kScalerPolicies[static_cast<std::size_t>(policy)];
  return {std::string(info.name),   "scaling",        std::string(info.summary),
          std::string(info.source), std::move(input), std::move(output),
          std::move(example)};
}

struct LambdaParams {
  lambda::AccountParams account;
  lambda::IdleParams idle;
  std::optional<JsonText<OrderedMap<lambda::FunctionParams>>> functions;

  static constexpr std::string_view type_name = "lambda_driver";
  static constexpr auto fields() {
    using P = LambdaParams;
    return Fields{
        inlined<&P::account>(), inlined<&P::idle>(),
        field<&P::functions>("Functions as JSON: {\"f\": {\"reserved_concurrency\": 100, "
                             "\"provisioned_concurrency\": 10}}; one called f unless given.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (functions && functions->value.entries.empty())
      problems.error(where.position(), path, "functions has no function");
  }
};

struct LambdaLine {
  Seconds time;
  std::optional<std::string> function;
  std::uint32_t finish = 0;
  std::uint32_t invoke = 0;

  static constexpr std::string_view type_name = "lambda_line";
  static constexpr auto fields() {
    using P = LambdaLine;
    return Fields{
        field<&P::time>("Seconds.").required(),
        field<&P::function>("Which; the first unless given."),
        field<&P::finish>("Requests that end, before the new ones begin.").at_most(10'000'000u),
        field<&P::invoke>("Requests that begin.").at_most(10'000'000u)};
  }
};

class LambdaSession final : public Session {
 public:
  explicit LambdaSession(const LambdaParams& params) : lambda_(options(params)) {
    names_ = {"f"};
    if (params.functions) {
      names_.clear();
      for (const auto& entry : params.functions->value) names_.push_back(entry.key);
    }
    provisioned_.resize(names_.size());
  }

  std::string take(std::string_view text, std::string& out) override {
    LambdaLine line;
    std::string wrong = read_line(text, line);
    if (!wrong.empty()) return wrong;
    const std::int64_t now = line.time.nanoseconds;
    if (begun_ && now < now_) return "time goes back";
    const auto found =
        line.function ? std::find(names_.begin(), names_.end(), *line.function) : names_.begin();
    if (found == names_.end()) {
      wrong = in_quotes(*line.function) + " is none of the functions";
      const std::string nearest = nearest_word(*line.function, names_);
      return nearest.empty() ? wrong : wrong + "; did you mean " + in_quotes(nearest) + "?";
    }
    const auto function = static_cast<std::size_t>(found - names_.begin());
    if (line.finish > lambda_.busy(function))
      return fmt::format("{} requests are in progress, {} cannot end", lambda_.busy(function),
                         line.finish);
    begun_ = true;
    now_ = now;
    for (std::uint32_t i = 0; i < line.finish; ++i) {
      // Those on demand end first: provisioned environments stay busy while there is work.
      const bool was_provisioned = lambda_.busy(function) == provisioned_[function];
      if (was_provisioned) --provisioned_[function];
      lambda_.finish(function, now, was_provisioned);
    }
    std::uint32_t counts[7] = {};
    for (std::uint32_t i = 0; i < line.invoke; ++i) {
      const scaling::LambdaOutcome outcome = lambda_.invoke(function, now);
      if (outcome == scaling::LambdaOutcome::provisioned) ++provisioned_[function];
      ++counts[static_cast<std::size_t>(outcome)];
    }
    out += fmt::format("warm {} cold {} provisioned {} throttled {}\n", counts[0], counts[1],
                       counts[2], counts[3] + counts[4] + counts[5] + counts[6]);
    return {};
  }

 private:
  static scaling::LambdaConcurrency::Options options(const LambdaParams& params) {
    scaling::LambdaConcurrency::Options made = params.account.options();
    made.idle_timeout = params.idle.idle_timeout.count();
    if (params.functions)
      for (const auto& entry : params.functions->value)
        made.functions.push_back(entry.value.function());
    else
      made.functions.emplace_back();
    return made;
  }

  scaling::LambdaConcurrency lambda_;
  std::vector<std::string> names_;
  std::vector<std::uint32_t> provisioned_;  // requests in progress on provisioned environments
  bool begun_ = false;
  std::int64_t now_ = 0;
};

}  // namespace

std::vector<Driver> aws_scaling_drivers() {
  const std::string said = "the capacity from now on; more with --output";
  const std::string lines =
      "printf '{\"time\": %s, \"replicas\": 4, \"metric\": 80}\\n' 60 120 180 | highwater "
      "algorithm ";
  std::vector<Driver> drivers;
  drivers.push_back(driver<TargetTrackingParams>(
      about(scaling::ScalerPolicy::target_tracking, kMetricLine, said,
            lines + "target_tracking --target 50"),
      [](const TargetTrackingParams& params) {
        scaling::TargetTracking::Options options;
        options.capacity = params.capacity.options();
        options.target = params.target;
        options.disable_scale_in = params.disable_scale_in;
        return std::make_unique<AlarmSession>(std::make_unique<scaling::TargetTracking>(options),
                                              params.output);
      }));
  drivers.push_back(driver<StepScalingParams>(
      about(scaling::ScalerPolicy::step_scaling, kMetricLine, said,
            lines + "step_scaling --policies '[{\"threshold\": 60, \"step_adjustments\": "
                    "[{\"metric_interval_lower_bound\": 0, \"scaling_adjustment\": 2}]}]'"),
      [](const StepScalingParams& params) {
        scaling::StepScaling::Options options;
        options.capacity = params.capacity.options();
        for (const StepPolicyParams& policy : params.policies.value) {
          scaling::StepPolicy& made = options.policies.emplace_back();
          made.alarm = policy.alarm.options();
          made.type = policy.adjustment_type;
          made.min_magnitude = policy.min_adjustment_magnitude;
          for (const StepParams& step : policy.step_adjustments)
            made.steps.push_back({step.metric_interval_lower_bound,
                                  step.metric_interval_upper_bound, step.scaling_adjustment.value});
        }
        return std::make_unique<AlarmSession>(
            std::make_unique<scaling::StepScaling>(std::move(options)), params.output);
      }));
  drivers.push_back(driver<SimpleScalingParams>(
      about(scaling::ScalerPolicy::simple_scaling, kMetricLine, said,
            lines + "simple_scaling --policies '[{\"threshold\": 60, \"scaling_adjustment\": 1}]'"),
      [](const SimpleScalingParams& params) {
        scaling::SimpleScaling::Options options;
        options.default_cooldown = params.default_cooldown.count();
        options.min_size = params.min_size;
        options.max_size = params.max_size;
        for (const SimplePolicyParams& policy : params.policies.value) {
          scaling::SimplePolicy& made = options.policies.emplace_back();
          made.alarm = policy.alarm.options();
          made.adjustment = {policy.adjustment_type, policy.scaling_adjustment.value,
                             policy.min_adjustment_magnitude};
          if (policy.cooldown) made.cooldown = policy.cooldown->nanoseconds;
        }
        return std::make_unique<AlarmSession>(
            std::make_unique<scaling::SimpleScaling>(std::move(options)), params.output);
      }));
  return drivers;
}

Driver lambda_driver() {
  return driver<LambdaParams>(
      about(scaling::ScalerPolicy::lambda_concurrency,
            "{\"time\": seconds, \"function\": name, \"finish\": requests that end, \"invoke\": "
            "requests that begin}",
            "warm N cold N provisioned N throttled N: what became of those that begin",
            "printf '{\"time\": %s, \"invoke\": 800}\\n' 0 1 5 | highwater algorithm "
            "lambda_concurrency --account-concurrency 5000"),
      [](const LambdaParams& params) { return std::make_unique<LambdaSession>(params); });
}

}  // namespace drivers
}  // namespace highwater
