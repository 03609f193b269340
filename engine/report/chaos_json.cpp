#include <cmath>

#include "engine/describe/value.h"
#include "engine/report/chaos_results.h"

namespace highwater {
namespace {

Value number(double value) {
  return std::isfinite(value) ? Value::number(value) : Value();
}

Value texts(const std::string& text) {
  return Value::string(text);
}

Value estimate(const Estimate& of) {
  Value out = Value::object();
  out.set("value", of.value ? number(*of.value) : Value());
  if (of.ci95) {
    Value range = Value::array();
    range.push(number(of.ci95->low));
    range.push(number(of.ci95->high));
    out.set("ci95", std::move(range));
  } else {
    out.set("ci95", Value());
  }
  return out;
}

Value check_value(const ChaosCheck& check) {
  Value out = Value::object();
  out.set("name", texts(check.name));
  out.set("tolerance", texts(check.tolerance));
  if (!check.unit.empty()) out.set("unit", texts(check.unit));
  out.set("before", estimate(check.before));
  out.set("after", estimate(check.after));
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
  out.set("begin_s", estimate(impact.begin_s));
  out.set("lasted_s", estimate(impact.lasted_s));
  out.set("detected", Value::whole(impact.detected));
  out.set("time_to_detect_s", estimate(impact.detect_s));
  out.set("unrecovered", Value::whole(impact.unrecovered));
  out.set("time_to_recover_s", estimate(impact.recover_s));
  out.set("requests_lost", estimate(impact.lost));
  out.set("slowest_client", texts(impact.slowest_client));
  out.set("peak_p99_ms", estimate(impact.peak_p99_ms));
  out.set("usual_p99_ms", estimate(impact.usual_p99_ms));
  Value budgets = Value::array();
  for (const ChaosBudget& budget : impact.budgets) {
    Value one = Value::object();
    one.set("objective", texts(budget.objective));
    one.set("burnt", estimate(budget.burnt));
    budgets.push(std::move(one));
  }
  out.set("error_budgets", std::move(budgets));
  Value reach = Value::array();
  for (const ChaosReach& each : impact.reach) {
    Value one = Value::object();
    one.set("component", texts(each.component));
    one.set("metric", texts(each.metric));
    one.set("unit", texts(each.unit));
    one.set("normally", number(each.normally));
    one.set("then", number(each.then));
    one.set("change", estimate(each.change));
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
  out.set("simulated_s", number(results.simulated_s));
  out.set("verdict", texts(verdict_word(results.verdict)));
  out.set("sentence", texts(verdict_sentence(results)));
  out.set("probability", estimate(results.held));
  out.set("required", number(results.required));
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
  out.set("events", Value::whole(results.events));
  out.set("partial", Value::boolean(results.partial));
  out.set("wall_s", number(results.wall_s));
  out.set("started", texts(results.started));
  out.set("host", texts(results.host));
  return write_json(out) + "\n";
}

}  // namespace highwater
