#include "viewer/session/act_record.h"

#include <utility>

#include <fmt/format.h>

namespace highwater::viewer {
namespace {

/// Seconds with every nanosecond of them.
Value exact_seconds(Duration time) {
  return Value::number_text(
      fmt::format("{}.{:09}", time.count() / 1'000'000'000, time.count() % 1'000'000'000));
}

Value provider_of(const RecordedAct& act) {
  Value provider = Value::object();
  provider.set("type", Value::string("simulation"));
  if (!act.fault.is_null()) {
    provider.set("fault", act.fault);
    return provider;
  }
  Value names = Value::array();
  for (const std::string& ended : act.ended) names.push(Value::string(ended));
  provider.set("revert", std::move(names));
  return provider;
}

Value probe_of(const std::string& objective) {
  Value provider = Value::object();
  provider.set("type", Value::string("simulation"));
  provider.set("objective", Value::string(objective));
  Value probe = Value::object();
  probe.set("type", Value::string("probe"));
  probe.set("name", Value::string(objective));
  probe.set("tolerance", Value::boolean(true));
  probe.set("provider", std::move(provider));
  return probe;
}

/// After the method only: what was done at once has no steady state before it.
void add_hypothesis(const std::vector<std::string>& objectives, Value& experiment) {
  if (objectives.empty()) return;
  Value probes = Value::array();
  for (const std::string& objective : objectives) probes.push(probe_of(objective));
  Value hypothesis = Value::object();
  hypothesis.set("title", Value::string("The objectives of the scenario are met"));
  hypothesis.set("probes", std::move(probes));
  experiment.set("steady-state-hypothesis", std::move(hypothesis));
  Value strategy = Value::object();
  strategy.set("strategy", Value::string("after-method-only"));
  Value runtime = Value::object();
  runtime.set("hypothesis", std::move(strategy));
  experiment.set("runtime", std::move(runtime));
}

}  // namespace

Value experiment_of(const std::vector<RecordedAct>& acts, const std::string& scenario,
                    const std::vector<std::string>& settings,
                    const std::vector<std::string>& objectives) {
  Value extension = Value::object();
  extension.set("name", Value::string("highwater"));
  extension.set("scenario", Value::string(scenario));
  if (!settings.empty()) {
    Value set = Value::array();
    for (const std::string& setting : settings) set.push(Value::string(setting));
    extension.set("set", std::move(set));
  }
  if (!acts.empty())
    extension.set("begin", Value::string(fmt::format("{}ns", acts.front().at.count())));
  Value extensions = Value::array();
  extensions.push(std::move(extension));

  Value method = Value::array();
  Duration before = acts.empty() ? Duration{0} : acts.front().at;
  for (const RecordedAct& act : acts) {
    Value action = Value::object();
    action.set("type", Value::string("action"));
    action.set("name", Value::string(act.name));
    action.set("provider", provider_of(act));
    if (act.at > before) {
      Value pauses = Value::object();
      pauses.set("before", exact_seconds(act.at - before));
      action.set("pauses", std::move(pauses));
    }
    before = act.at;
    method.push(std::move(action));
  }

  Value experiment = Value::object();
  experiment.set("version", Value::string("1.0.0"));
  experiment.set("title", Value::string("Recorded in the viewer"));
  experiment.set("description", Value::string("What was done by hand to " + scenario + "."));
  experiment.set("extensions", std::move(extensions));
  add_hypothesis(objectives, experiment);
  experiment.set("method", std::move(method));
  experiment.set("rollbacks", Value::array());
  return experiment;
}

}  // namespace highwater::viewer
