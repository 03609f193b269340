#include "engine/describe/value.h"
#include "engine/report/chaos_results.h"
#include "engine/report/estimate_value.h"

namespace highwater {
namespace {

Value texts(const std::string& text) {
  return Value::string(text);
}

Value numbers(const std::vector<double>& all) {
  Value out = Value::array();
  for (const double one : all) out.push(number_value(one));
  return out;
}

Value check_value(const ChaosCheck& check) {
  Value out = Value::object();
  out.set("name", texts(check.name));
  out.set("tolerance", texts(check.tolerance));
  if (!check.asked.empty()) out.set("asked_for", texts(check.asked));
  if (!check.unit.empty()) out.set("unit", texts(check.unit));
  out.set("before", estimate_value(check.before));
  out.set("after", estimate_value(check.after));
  out.set("looks", Value::whole(check.looks));
  out.set("missed", Value::whole(check.missed));
  if (!check.cannot_fail.empty()) out.set("cannot_fail", texts(check.cannot_fail));
  return out;
}

Value impact_value(const ChaosImpact& impact) {
  Value out = Value::object();
  out.set("name", texts(impact.name));
  out.set("text", texts(impact.text));
  out.set("strikes", Value::whole(impact.strikes));
  out.set("begin_s", estimate_value(impact.begin_s));
  out.set("lasted_s", estimate_value(impact.lasted_s));
  out.set("detected", Value::whole(impact.detected));
  out.set("time_to_detect_s", estimate_value(impact.detect_s));
  out.set("unrecovered", Value::whole(impact.unrecovered));
  out.set("time_to_recover_s", estimate_value(impact.recover_s));
  out.set("requests_lost", estimate_value(impact.lost));
  out.set("slowest_client", texts(impact.slowest_client));
  out.set("peak_p99_ms", estimate_value(impact.peak_p99_ms));
  out.set("usual_p99_ms", estimate_value(impact.usual_p99_ms));
  Value budgets = Value::array();
  for (const ChaosBudget& budget : impact.budgets) {
    Value one = Value::object();
    one.set("objective", texts(budget.objective));
    one.set("burnt", estimate_value(budget.burnt));
    budgets.push(std::move(one));
  }
  out.set("error_budgets", std::move(budgets));
  Value reach = Value::array();
  for (const ChaosReach& each : impact.reach) {
    Value one = Value::object();
    one.set("component", texts(each.component));
    one.set("metric", texts(each.metric));
    one.set("unit", texts(each.unit));
    one.set("normally", number_value(each.normally));
    one.set("then", number_value(each.then));
    one.set("change", estimate_value(each.change));
    reach.push(std::move(one));
  }
  out.set("blast_radius", std::move(reach));
  if (!impact.sustained_by.empty()) out.set("sustained_by", texts(impact.sustained_by));
  return out;
}

}  // namespace

std::string chaos_json(const ChaosResults& results) {
  Value out = Value::object();
  out.set("schema", texts("highwater/chaos/1"));
  out.set("title", texts(results.title));
  out.set("scenario", texts(results.scenario));
  out.set("seed", Value::whole(results.seed));
  out.set("runs", Value::whole(results.runs));
  out.set("simulated_s", number_value(results.simulated_s));
  out.set("verdict", texts(verdict_word(results.verdict)));
  out.set("sentence", texts(verdict_sentence(results)));
  out.set("probability", estimate_value(results.held));
  out.set("required", number_value(results.required));
  out.set("held", Value::whole(results.kept));
  out.set("deviated", Value::whole(results.deviated));
  out.set("never_steady", Value::whole(results.never_steady));
  out.set("aborted", Value::whole(results.aborted));
  Value aborted = Value::array();
  for (const auto& [condition, times] : results.aborted_by) {
    Value one = Value::object();
    one.set("condition", texts(condition));
    one.set("runs", Value::whole(times));
    aborted.push(std::move(one));
  }
  out.set("aborted_by", std::move(aborted));
  out.set("hypothesis", texts(results.hypothesis));
  Value checks = Value::array();
  for (const ChaosCheck& check : results.checks) checks.push(check_value(check));
  out.set("checks", std::move(checks));
  Value impacts = Value::array();
  for (const ChaosImpact& impact : results.impacts) impacts.push(impact_value(impact));
  out.set("faults", std::move(impacts));
  Value findings = Value::array();
  for (const Finding& finding : results.findings) {
    Value one = Value::object();
    one.set("kind", texts(finding.kind));
    one.set("text", texts(finding.text));
    findings.push(std::move(one));
  }
  out.set("findings", std::move(findings));
  Value over_time = Value::object();
  over_time.set("times_s", numbers(results.times_s));
  Value clients = Value::array();
  for (const ChaosSeries& series : results.series) {
    Value client = Value::object();
    client.set("client", texts(series.client));
    for (const ChaosCurve& curve : kChaosCurves)
      client.set(std::string(curve.name), numbers(series.*curve.values));
    clients.push(std::move(client));
  }
  over_time.set("clients", std::move(clients));
  out.set("over_time", std::move(over_time));
  out.set("events", Value::whole(results.events));
  out.set("partial", Value::boolean(results.partial));
  out.set("wall_s", number_value(results.wall_s));
  out.set("started", texts(results.started));
  out.set("host", texts(results.host));
  return write_json(out) + "\n";
}

}  // namespace highwater
