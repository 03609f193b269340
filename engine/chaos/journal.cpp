#include "engine/chaos/journal.h"

#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace highwater::chaos {
namespace {

/// A point of simulated time as the toolkit writes times, in UTC.
std::string moment(double time_s) {
  const auto micros = static_cast<std::int64_t>(std::llround(time_s * 1e6));
  const std::int64_t whole = micros / 1'000'000;
  std::int64_t days = whole / 86'400;
  const std::int64_t clock = whole % 86'400;
  // Runs are shorter than 417 days: two years are all there is.
  int year = 1970;
  if (days >= 365) {
    days -= 365;
    year = 1971;
  }
  static constexpr int kLengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int month = 0;
  while (days >= kLengths[month]) days -= kLengths[month++];
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}+00:00", year, month + 1, days + 1,
                     clock / 3600, clock / 60 % 60, clock % 60, micros % 1'000'000);
}

Value seconds_value(double value) {
  return Value::number(std::round(value * 1e6) / 1e6);
}

Value activity_value(const ActivityRun& run) {
  Value out = Value::object();
  out.set("activity", run.activity->written);
  out.set("output", run.output);
  out.set("start", Value::string(moment(run.start_s)));
  out.set("status", Value::string(run.succeeded ? "succeeded" : "failed"));
  if (!run.failure.empty()) {
    Value lines = Value::array();
    lines.push(Value::string(run.failure));
    out.set("exception", std::move(lines));
  }
  out.set("end", Value::string(moment(run.end_s)));
  out.set("duration", seconds_value(run.end_s - run.start_s));
  if (run.tolerance_met) out.set("tolerance_met", Value::boolean(*run.tolerance_met));
  return out;
}

Value activities(const std::vector<ActivityRun>& runs) {
  Value list = Value::array();
  for (const ActivityRun& run : runs) list.push(activity_value(run));
  return list;
}

Value state_value(const SteadyState& state) {
  Value out = Value::object();
  out.set("steady_state_met", Value::boolean(state.met));
  out.set("probes", activities(state.probes));
  return out;
}

}  // namespace

std::string journal_json(const Experiment& experiment, const ExperimentRun& run,
                         const std::string& version, const std::string& node) {
  Value journal = Value::object();
  journal.set("chaoslib-version", Value::string("1.45.0"));
  journal.set("platform", Value::string("highwater " + version));
  journal.set("node", Value::string(node));
  journal.set("experiment", experiment.document);
  journal.set("start", Value::string(moment(run.begin_s)));
  journal.set("status", Value::string(run.status));
  journal.set("deviated", Value::boolean(run.deviated));
  Value states = Value::object();
  states.set("before", run.before ? state_value(*run.before) : Value());
  states.set("after", run.after ? state_value(*run.after) : Value());
  Value during = Value::array();
  for (const SteadyState& state : run.during) during.push(state_value(state));
  states.set("during", std::move(during));
  journal.set("steady_states", std::move(states));
  journal.set("run", activities(run.method));
  journal.set("rollbacks", activities(run.rollbacks));
  journal.set("end", Value::string(moment(run.end_s)));
  journal.set("duration", seconds_value(run.end_s - run.begin_s));
  return write_json(journal) + "\n";
}

}  // namespace highwater::chaos
