#include "engine/chaos/conductor.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace highwater::chaos {
namespace {

constexpr Duration kLookForAbort = 1s;

bool looks_before(Strategy strategy) {
  return strategy == Strategy::standard || strategy == Strategy::before_only ||
         strategy == Strategy::continuously;
}

bool looks_after(Strategy strategy) {
  return strategy == Strategy::standard || strategy == Strategy::after_only ||
         strategy == Strategy::continuously;
}

bool looks_during(Strategy strategy) {
  return strategy == Strategy::during_only || strategy == Strategy::continuously;
}

}  // namespace

Conductor::Conductor(Stage stage, const System& system, const Experiment& experiment, Acting acting,
                     ExperimentRun& run)
    : world_(stage.world),
      directory_(stage.directory),
      experiment_(experiment),
      acting_(acting),
      run_(run),
      scenario_faults_(stage.faults),
      something_ended_(world_.simulation),
      abort_look_(*this),
      method_(world_.simulation),
      whole_(world_.simulation) {
  run_ = {};
  for (const auto* list :
       {&experiment.hypothesis.probes, &experiment.method, &experiment.rollbacks})
    for (const Activity& activity : *list) {
      if (activity.probe) add_gauges(*activity.probe);
      if (activity.tolerance_probe) add_gauges(*activity.tolerance_probe);
      if (activity.action.until)
        gauge(*activity.action.until->metric, activity.action.until->metric->over);
      if (activity.action.fault)
        armed_.push_back(
            {&activity, std::make_unique<Injection>(world_, directory_, *activity.action.fault,
                                                    system.faults.size() + armed_.size())});
    }
  for (const Trigger& condition : experiment.abort_on)
    abort_gauges_.emplace_back(world_.recorder, condition.metric->component,
                               condition.metric->metric, condition.metric->statistic,
                               condition.metric->over);
  whole_.spawn(perform());
}

Conductor::~Conductor() {
  const auto take = [&](const Injection& injection) {
    for (const Injection::Span& span : injection.spans()) {
      FaultStrike strike{injection.number(), span.text, seconds(span.begin), std::nullopt};
      if (span.end) strike.end_s = seconds(*span.end);
      run_.strikes.push_back(std::move(strike));
    }
  };
  for (const Injection& injection : scenario_faults_) take(injection);
  for (const Armed& armed : armed_) take(*armed.injection);
  method_.cancel(CancelReason::shutdown);
  whole_.cancel(CancelReason::shutdown);
}

Gauge& Conductor::gauge(const Objective& metric, Duration window) {
  for (Read& read : gauges_)
    if (read.component == metric.component && read.metric == metric.metric &&
        read.statistic == metric.statistic && read.window == window)
      return *read.gauge;
  return *gauges_
              .emplace_back(Read{metric.component, metric.metric, metric.statistic, window,
                                 std::make_unique<Gauge>(world_.recorder, metric.component,
                                                         metric.metric, metric.statistic, window)})
              .gauge;
}

void Conductor::add_gauges(const Probe& probe) {
  for (const Probe::Reading& reading : probe.readings) gauge(reading.metric, probe.window);
}

std::vector<std::optional<double>> Conductor::values_of(const Probe& probe) const {
  std::vector<std::optional<double>> values;
  for (const Probe::Reading& reading : probe.readings) {
    const Objective& metric = reading.metric;
    const auto found = std::find_if(gauges_.begin(), gauges_.end(), [&](const Read& read) {
      return read.component == metric.component && read.metric == metric.metric &&
             read.statistic == metric.statistic && read.window == probe.window;
    });
    values.push_back(found->gauge->value());
  }
  return values;
}

Value Conductor::output_of(const Probe& probe, const std::vector<std::optional<double>>& values) {
  const auto one = [&](std::size_t i) {
    const Probe::Reading& reading = probe.readings[i];
    const Objective& metric = reading.metric;
    if (reading.judged)
      return Value::boolean(values[i] && holds(metric.comparison, *values[i], metric.limit));
    return values[i] && std::isfinite(*values[i]) ? Value::number(*values[i]) : Value();
  };
  if (!probe.several) return one(0);
  Value all = Value::object();
  for (std::size_t i = 0; i < probe.readings.size(); ++i)
    all.set(probe.readings[i].metric.text, one(i));
  return all;
}

void Conductor::read(const Activity& activity, ActivityRun& run) const {
  run.output = output_of(*activity.probe, values_of(*activity.probe));
  if (activity.tolerance)
    run.tolerance_met = activity.tolerance->met(run.output, [&] {
      const Probe& judge = *activity.tolerance_probe;
      return is_true(output_of(judge, values_of(judge)));
    });
}

SteadyState Conductor::look() {
  SteadyState state;
  state.at_s = now_s();
  for (const Activity& probe : experiment_.hypothesis.probes) {
    ActivityRun& run = state.probes.emplace_back();
    run.activity = &probe;
    run.start_s = run.end_s = now_s();
    read(probe, run);
    if (*run.tolerance_met) continue;
    state.met = false;
    break;
  }
  return state;
}

Task<> Conductor::perform() {
  co_await world_.simulation.until(Time{} + experiment_.begin);
  run_.begin_s = now_s();
  const bool hypothesis = !experiment_.hypothesis.probes.empty();
  if (hypothesis && looks_before(experiment_.strategy)) run_.before = look();
  if (run_.began_steady()) {
    if (!abort_gauges_.empty()) world_.simulation.schedule_after(abort_look_, kLookForAbort);
    if (hypothesis && looks_during(experiment_.strategy)) whole_.spawn(look_during());
    method_.spawn(play_method());
    while (!method_over_) co_await something_ended_.wait();
    world_.simulation.cancel(abort_look_);
    const bool goes_on = run_.status.empty() || run_.status == "failed";
    if (hypothesis && goes_on && looks_after(experiment_.strategy)) run_.after = look();
    run_.deviated = run_.after && !run_.after->met;
  }
  const Rollbacks rollbacks = experiment_.rollback_strategy;
  const bool wanted = rollbacks == Rollbacks::always ||
                      (rollbacks == Rollbacks::deviated && run_.deviated) ||
                      (rollbacks == Rollbacks::standard && run_.status != "failed");
  if (wanted) co_await play_rollbacks();
  if (run_.status.empty()) run_.status = "completed";
  run_.end_s = now_s();
}

Task<> Conductor::play_method() {
  for (const Activity& activity : experiment_.method) {
    if (stopped_) break;
    const std::size_t place = run_.method.size();
    run_.method.emplace_back();
    if (activity.background) {
      ++aside_;
      method_.spawn(play_aside(activity, run_.method, place));
    } else {
      co_await play(activity, run_.method, place);
    }
  }
  while (aside_ > 0) co_await something_ended_.wait();
  method_over_ = true;
  something_ended_.notify_all();
}

Task<> Conductor::play_rollbacks() {
  for (const Activity& activity : experiment_.rollbacks) {
    const std::size_t place = run_.rollbacks.size();
    run_.rollbacks.emplace_back();
    if (activity.background) {
      ++aside_;
      whole_.spawn(play_aside(activity, run_.rollbacks, place));
    } else {
      co_await play(activity, run_.rollbacks, place);
    }
  }
  while (aside_ > 0) co_await something_ended_.wait();
}

Task<> Conductor::play_aside(const Activity& activity, std::vector<ActivityRun>& runs,
                             std::size_t place) {
  co_await play(activity, runs, place);
  --aside_;
  something_ended_.notify_all();
}

Task<> Conductor::play(const Activity& activity, std::vector<ActivityRun>& runs,
                       std::size_t place) {
  runs[place].activity = &activity;
  if (activity.pause_before > Duration{0}) co_await world_.simulation.delay(activity.pause_before);
  ActivityRun run;
  run.activity = &activity;
  run.start_s = now_s();
  if (activity.probe) {
    read(activity, run);
  } else if (activity.action.until) {
    co_await wait_for(activity, run);
  } else {
    act(activity, run);
    if (activity.action.wait > Duration{0}) co_await world_.simulation.delay(activity.action.wait);
  }
  run.end_s = now_s();
  runs[place] = std::move(run);
  if (activity.pause_after > Duration{0}) co_await world_.simulation.delay(activity.pause_after);
}

Task<> Conductor::wait_for(const Activity& activity, ActivityRun& run) {
  const Objective& condition = *activity.action.until->metric;
  const Gauge& watched = gauge(condition, condition.over);
  const Time deadline = world_.simulation.after(activity.action.timeout);
  const Duration step = std::max(condition.over / Gauge::kSteps, Duration{1ms});
  for (;;) {
    const auto value = watched.value();
    if (value && holds(condition.comparison, *value, condition.limit)) break;
    if (world_.now() >= deadline) {
      run.succeeded = false;
      run.failure = condition.text + " did not come true in time";
      break;
    }
    co_await world_.simulation.delay(std::min(step, deadline - world_.now()));
  }
  // In the run that it is compared with the same time passes, whatever is seen there.
  if (acting_ == Acting::no) co_await world_.simulation.until(deadline);
  run.output = Value::boolean(run.succeeded);
}

void Conductor::act(const Activity& activity, ActivityRun& run) {
  if (acting_ == Acting::no) return;
  const Action& action = activity.action;
  for (Armed& armed : armed_) {
    const bool named = std::find(action.reverted.begin(), action.reverted.end(),
                                 armed.activity->name) != action.reverted.end();
    if (named || action.reverts_all) armed.injection->end();
    if (armed.activity != &activity) continue;
    const std::size_t before = armed.injection->spans().size();
    armed.injection->strike();
    if (armed.injection->spans().size() > before)
      run.output = Value::string(armed.injection->spans().back().text);
  }
}

Task<> Conductor::look_during() {
  while (!method_over_ && !stopped_) {
    SteadyState state = look();
    ++run_.looks_during;
    if (!state.met) ++run_.failed_during;
    const double failed =
        static_cast<double>(run_.failed_during) / static_cast<double>(run_.looks_during);
    const bool missed = !state.met;
    if (run_.during.size() < ExperimentRun::kMostKept) run_.during.push_back(std::move(state));
    const ChaosParams& settings = experiment_.settings;
    if (missed && settings.fail_fast && failed >= settings.fail_fast_ratio.value) {
      run_.status = "failed";
      stopped_ = true;
      break;
    }
    co_await world_.simulation.delay(settings.frequency);
  }
}

void Conductor::look_for_abort() {
  for (std::size_t i = 0; i < abort_gauges_.size(); ++i) {
    const Objective& condition = *experiment_.abort_on[i].metric;
    const auto value = abort_gauges_[i].value();
    if (value && holds(condition.comparison, *value, condition.limit)) return abort(condition.text);
  }
  world_.simulation.schedule_after(abort_look_, kLookForAbort);
}

void Conductor::abort(const std::string& condition) {
  run_.status = "aborted";
  run_.aborted_by = condition;
  method_.cancel(CancelReason::killed);
  for (ActivityRun& run : run_.method) {
    if (run.end_s > 0) continue;
    run.succeeded = false;
    run.failure = "the experiment was aborted";
    run.start_s = run.end_s = now_s();
  }
  for (Armed& armed : armed_) armed.injection->end();
  world_.happened("experiment", "aborted: " + condition);
  aside_ = 0;
  method_over_ = true;
  something_ended_.notify_all();
}

}  // namespace highwater::chaos
