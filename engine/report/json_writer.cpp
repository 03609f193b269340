#include "engine/report/json_writer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "engine/kernel/check.h"
#include "engine/report/number_format.h"
#include "engine/report/summary_rows.h"

namespace highwater {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLineWidth = 100;

std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// One line: {"value": 1, "ci95": [0.9, 1.1]}.
std::string inline_text(const Json& json) {
  if (json.is_object() || json.is_array()) {
    const bool object = json.is_object();
    std::string text = object ? "{" : "[";
    for (auto item = json.begin(); item != json.end(); ++item) {
      if (item != json.begin()) text += ", ";
      if (object) text += quoted(item.key()) + ": ";
      text += inline_text(*item);
    }
    return text + (object ? "}" : "]");
  }
  if (json.is_string()) return quoted(json.get_ref<const std::string&>());
  if (json.is_number_float()) return shortest(json.get<double>());
  return json.dump();
}

bool holds_objects(const Json& json) {
  return std::any_of(json.begin(), json.end(), [](const Json& item) { return item.is_object(); });
}

/// Indented text in which everything that fits a line, such as an estimate, stays on one: a summary
/// of times is eight lines to read instead of fifty. The document is built here, so its depth is
/// small and known.
void append_text(std::string& text, const Json& json, std::size_t indent) {
  const bool structured = (json.is_object() || json.is_array()) && !json.empty();
  if (!structured || !holds_objects(json)) {
    const std::string line = inline_text(json);
    if (!structured || indent + line.size() < kLineWidth) {
      text += line;
      return;
    }
  }
  const bool object = json.is_object();
  text += object ? "{\n" : "[\n";
  for (auto item = json.begin(); item != json.end(); ++item) {
    if (item != json.begin()) text += ",\n";
    text.append(indent + 2, ' ');
    if (object) text += quoted(item.key()) + ": ";
    append_text(text, *item, indent + 2);
  }
  text += '\n';
  text.append(indent, ' ');
  text += object ? '}' : ']';
}

std::string document_text(const Json& json) {
  std::string text;
  append_text(text, json, 0);
  return text + '\n';
}

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json optional_number(const std::optional<double>& value) {
  return value ? number(*value) : Json(nullptr);
}

Json estimate_json(const Estimate& estimate) {
  Json json{{"value", optional_number(estimate.value)}, {"ci95", nullptr}};
  if (estimate.ci95) {
    json["ci95"] = Json::array({number(estimate.ci95->low), number(estimate.ci95->high)});
  }
  if (!estimate.note.empty()) json["note"] = estimate.note;
  return json;
}

Json times_json(const TimeSummary& times) {
  Json json = Json::object();
  for (const NamedEstimate& statistic : statistics_of(times)) {
    json[statistic.name] = estimate_json(*statistic.estimate);
  }
  json["count"] = times.count;
  json["resolution"] = number(times.resolution);
  return json;
}

Json causes_json(const CountsByCause& causes) {
  Json json = Json::object();
  for (const auto& [cause, count] : causes) json[cause] = count;
  return json;
}

Json metric_json(const MetricValue& value) {
  if (const auto* estimate = std::get_if<Estimate>(&value)) return estimate_json(*estimate);
  if (const auto* times = std::get_if<TimeSummary>(&value)) return times_json(*times);
  if (const auto* count = std::get_if<Count>(&value)) return count->value;
  return causes_json(std::get<CountsByCause>(value));
}

void add_metrics(Json& json, const std::vector<MetricResult>& metrics) {
  for (const MetricResult& metric : metrics) {
    HIGHWATER_CHECK(!json.contains(metric.name));  // two metrics of one name would hide one
    json[metric.name] = metric_json(metric.value);
  }
}

Json requests_json(const RequestCounts& requests) {
  return {{"issued", requests.issued},
          {"completed", requests.completed},
          {"failed", requests.failed},
          {"rejected", requests.rejected},
          {"in_flight", requests.in_flight}};
}

Json clients_json(const std::vector<ClientResult>& clients) {
  Json json = Json::object();
  for (const ClientResult& client : clients) {
    Json one{{"requests", requests_json(client.requests)},
             {"throughput_rps", estimate_json(client.throughput_rps)},
             {"latency_ms", times_json(client.latency_ms)},
             {"failed_latency_ms", times_json(client.failed_latency_ms)},
             {"availability", estimate_json(client.availability)},
             {"errors", causes_json(client.errors)}};
    add_metrics(one, client.metrics);
    json[client.id] = std::move(one);
  }
  return json;
}

Json components_json(const std::vector<ComponentResult>& components) {
  Json json = Json::object();
  for (const ComponentResult& component : components) {
    Json instances = Json::array();
    for (const InstanceResult& instance : component.instances) {
      Json one{{"id", instance.id}};
      if (!instance.zone.empty()) one["zone"] = instance.zone;
      add_metrics(one, instance.metrics);
      instances.push_back(std::move(one));
    }
    Json one{{"kind", component.kind}};
    add_metrics(one, component.metrics);
    HIGHWATER_CHECK(!one.contains("instances"));
    one["instances"] = std::move(instances);
    json[component.id] = std::move(one);
  }
  return json;
}

Json objectives_json(const std::vector<ObjectiveResult>& objectives) {
  Json json = Json::array();
  for (const ObjectiveResult& objective : objectives) {
    Json one{{"text", objective.text},
             {"met", objective.met ? Json(*objective.met) : Json(nullptr)},
             {"value", optional_number(objective.value)},
             {"limit", number(objective.limit)},
             {"unit", objective.unit}};
    if (!objective.note.empty()) one["note"] = objective.note;
    json.push_back(std::move(one));
  }
  return json;
}

Json findings_json(const std::vector<Finding>& findings) {
  Json json = Json::array();
  for (const Finding& finding : findings) {
    Json one{{"kind", finding.kind}};
    if (!finding.component.empty()) one["component"] = finding.component;
    one["text"] = finding.text;
    json.push_back(std::move(one));
  }
  return json;
}

Json faults_json(const std::vector<FaultSpan>& faults) {
  Json json = Json::array();
  for (const FaultSpan& fault : faults) {
    json.push_back(
        {{"text", fault.text}, {"begin_s", number(fault.begin_s)}, {"end_s", number(fault.end_s)}});
  }
  return json;
}

Json events_json(const std::vector<LogEntry>& log) {
  Json json = Json::array();
  for (const LogEntry& entry : log) {
    json.push_back({{"t_s", number(entry.t_s)}, {"kind", entry.kind}, {"text", entry.text}});
  }
  return json;
}

Json charts_json(const std::vector<BarChart>& charts) {
  Json json = Json::array();
  for (const BarChart& chart : charts) {
    HIGHWATER_CHECK(chart.labels.size() == chart.values.size());
    Json values = Json::array();
    for (const double value : chart.values) values.push_back(number(value));
    json.push_back({{"component", chart.component},
                    {"title", chart.title},
                    {"unit", chart.unit},
                    {"labels", chart.labels},
                    {"values", std::move(values)}});
  }
  return json;
}

Json topology_json(const TopologyPicture& topology) {
  Json nodes = Json::array();
  for (const TopologyNode& node : topology.nodes) {
    nodes.push_back({{"id", node.id},
                     {"kind", node.kind},
                     {"instances", node.instances},
                     {"column", number(node.column)},
                     {"row", number(node.row)}});
  }
  Json edges = Json::array();
  for (const TopologyEdge& edge : topology.edges) {
    Json json{{"from", topology.nodes.at(edge.from).id},
              {"to", topology.nodes.at(edge.to).id},
              {"calls_per_s", number(edge.calls_per_s)},
              {"error_ratio", number(edge.error_ratio)},
              {"asynchronous", edge.asynchronous}};
    if (edge.lost_per_s > 0) json["lost_per_s"] = number(edge.lost_per_s);
    if (edge.corrupted_per_s > 0) json["corrupted_per_s"] = number(edge.corrupted_per_s);
    if (edge.duplicated_per_s > 0) json["duplicated_per_s"] = number(edge.duplicated_per_s);
    edges.push_back(std::move(json));
  }
  return {{"nodes", std::move(nodes)}, {"edges", std::move(edges)}};
}

}  // namespace

std::string run_json(const Results& results) {
  Json json{{"schema", kRunSchema},
            {"version", results.version},
            {"scenario", results.scenario},
            {"description", results.description},
            {"seed", results.seed},
            {"replications", results.replications},
            {"simulated_s", number(results.simulated_s)},
            {"warmup_s", number(results.warmup_s)},
            {"warmup_method", results.warmup_method},
            {"terminating", results.terminating},
            {"partial", results.partial}};
  if (results.partial) json["partial_reason"] = results.partial_reason;
  json["events"] = results.events;
  json["requests"] = requests_json(results.requests);
  json["clients"] = clients_json(results.clients);
  json["components"] = components_json(results.components);
  if (results.cost) {
    Json cost{{"currency", results.cost->currency}};
    add_metrics(cost, results.cost->metrics);
    json["cost"] = std::move(cost);
  }
  json["objectives"] = objectives_json(results.objectives);
  json["findings"] = findings_json(results.findings);
  json["faults"] = faults_json(results.faults);
  json["events_log"] = events_json(results.events_log);
  json["charts"] = charts_json(results.charts);
  json["topology"] = topology_json(results.topology);
  json["wall_s"] = number(results.wall_s);
  json["started"] = results.started;
  json["host"] = results.host;
  return document_text(json);
}

std::string manifest_json(const Results& results, const std::vector<std::string>& files) {
  Json json{{"schema", "highwater/manifest/1"},
            {"version", results.version},
            {"compiler", results.compiler},
            {"command", results.command},
            {"scenario", results.scenario},
            {"scenario_file", results.scenario_file},
            {"seed", results.seed},
            {"replications", results.replications},
            {"partial", results.partial},
            {"started", results.started},
            {"wall_s", number(results.wall_s)},
            {"host", results.host},
            {"files", files}};
  return document_text(json);
}

std::string json_quoted(std::string_view text) {
  return quoted(std::string(text));
}

}  // namespace highwater
