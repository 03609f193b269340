#include <algorithm>
#include <limits>
#include <utility>

#include "engine/report/document_readers.h"
#include "engine/report/json_writer.h"
#include "engine/report/object_reader.h"

namespace highwater {
namespace {

/// Beyond these no picture can be drawn, and no layout has ever put a card.
constexpr double kFarthestCard = 1e5;
constexpr std::uint64_t kMostInstances = 1'000'000;

void read_times(const Value& value, const std::string& path, TimeSummary& out, Problems& problems) {
  const ObjectReader reader(value, path, problems);
  if (!value.is_object()) return;
  for (const auto& [name, statistic] :
       {std::pair{"mean", &TimeSummary::mean}, std::pair{"p50", &TimeSummary::p50},
        std::pair{"p90", &TimeSummary::p90}, std::pair{"p95", &TimeSummary::p95},
        std::pair{"p99", &TimeSummary::p99}, std::pair{"p999", &TimeSummary::p999},
        std::pair{"max", &TimeSummary::max}})
    reader.estimate(name, out.*statistic);
  reader.count("count", out.count);
  reader.number_or_null("resolution", out.resolution);
}

void read_causes(const Value& value, const std::string& path, CountsByCause& out,
                 Problems& problems) {
  const ObjectReader reader(value, path, problems);
  if (!value.is_object()) return;
  for (const Value::Member& member : value.members()) reader.count(member.key, out[member.key]);
}

bool all_numbers(const Value& object) {
  return std::all_of(object.members().begin(), object.members().end(),
                     [](const Value::Member& member) { return member.value.is_number(); });
}

class RunReader {
 public:
  RunReader(const FindKind& find, Problems& problems) : find_(find), problems_(problems) {}

  Results read(const Value& document) {
    const ObjectReader reader(document, "", problems_);
    Results results;
    reader.text("version", results.version);
    reader.text("scenario", results.scenario);
    reader.text("description", results.description);
    reader.count("seed", results.seed);
    reader.count("replications", results.replications);
    reader.time_s("simulated_s", results.simulated_s);
    reader.time_s("warmup_s", results.warmup_s);
    reader.text("warmup_method", results.warmup_method);
    reader.boolean("terminating", results.terminating);
    reader.boolean("partial", results.partial);
    if (results.partial) reader.text("partial_reason", results.partial_reason);
    reader.count("events", results.events);
    reader.object("requests", [&](const ObjectReader& of) { requests(of, results.requests); });
    // First: it says of what kind the clients are.
    reader.object("topology", [&](const ObjectReader& of) { topology(of, results.topology); });
    reader.members("clients", [&](const std::string& id, const ObjectReader& of) {
      results.clients.push_back(client(id, of, results.topology));
    });
    reader.members("components", [&](const std::string& id, const ObjectReader& of) {
      results.components.push_back(component(id, of));
    });
    if (reader.has("cost"))
      reader.object("cost", [&](const ObjectReader& of) { cost(of, results.cost.emplace()); });
    reader.objects("objectives",
                   [&](const ObjectReader& of) { results.objectives.push_back(objective(of)); });
    reader.objects("findings", [&](const ObjectReader& of) {
      Finding& finding = results.findings.emplace_back();
      of.text("kind", finding.kind);
      if (of.has("component")) of.text("component", finding.component);
      of.text("text", finding.text);
    });
    reader.objects("faults", [&](const ObjectReader& of) {
      FaultSpan& fault = results.faults.emplace_back();
      of.text("text", fault.text);
      of.time_s("begin_s", fault.begin_s);
      of.time_s("end_s", fault.end_s);
    });
    reader.objects("events_log", [&](const ObjectReader& of) {
      LogEntry& entry = results.events_log.emplace_back();
      of.time_s("t_s", entry.t_s);
      of.text("kind", entry.kind);
      of.text("text", entry.text);
    });
    reader.objects("charts", [&](const ObjectReader& of) { results.charts.push_back(chart(of)); });
    reader.time_s("wall_s", results.wall_s);
    reader.text("started", results.started);
    reader.text("host", results.host);
    return results;
  }

 private:
  static void requests(const ObjectReader& reader, RequestCounts& out) {
    reader.count("issued", out.issued);
    reader.count("completed", out.completed);
    reader.count("failed", out.failed);
    reader.count("rejected", out.rejected);
    reader.count("in_flight", out.in_flight);
  }

  const KindInfo* kind(std::string_view name) const { return find_ ? find_(name) : nullptr; }

  /// What is no metric's form is a warning: a later version may say more of a component.
  std::optional<MetricValue> metric_value(const Value& value, const ObjectReader& owner,
                                          const std::string& key) const {
    const std::string path = pointer_to(owner.path(), key);
    if (value.is_number()) {
      Count count;
      owner.count(key, count.value);
      return count;
    }
    if (value.is_object()) {
      const auto has = [&](const char* name) { return value.find(name) != nullptr; };
      if (has("resolution") || has("p50") || has("p99")) {
        TimeSummary times;
        read_times(value, path, times, problems_);
        return times;
      }
      if (has("value") || has("ci95")) {
        Estimate estimate;
        read_estimate(value, path, estimate, problems_);
        return estimate;
      }
      if (all_numbers(value)) {
        CountsByCause causes;
        read_causes(value, path, causes, problems_);
        return causes;
      }
    }
    problems_.warning(value.position(), path,
                      "expected a metric, found " + value.found() + ": it is not shown");
    return std::nullopt;
  }

  /// Everything of an object but `known`.
  std::vector<MetricResult> metrics(const ObjectReader& reader, const KindInfo* kind,
                                    std::initializer_list<std::string_view> known) const {
    std::vector<MetricResult> read;
    for (const Value::Member& member : reader.value().members()) {
      if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
      std::optional<MetricValue> value = metric_value(member.value, reader, member.key);
      if (!value) continue;
      MetricResult& metric = read.emplace_back();
      metric.name = member.key;
      metric.value = std::move(*value);
      metric.unit = unit_by_name(member.key);
      if (kind == nullptr) continue;
      for (const MetricInfo& info : kind->metrics) {
        if (info.name != member.key) continue;
        metric.unit = info.unit;
        metric.doc = info.doc;
      }
    }
    return read;
  }

  ClientResult client(const std::string& id, const ObjectReader& reader,
                      const TopologyPicture& picture) const {
    ClientResult out;
    out.id = id;
    reader.object("requests", [&](const ObjectReader& of) { requests(of, out.requests); });
    reader.estimate("throughput_rps", out.throughput_rps);
    const auto times = [&](const char* key, TimeSummary& into) {
      reader.object(
          key, [&](const ObjectReader& of) { read_times(of.value(), of.path(), into, problems_); });
    };
    times("latency_ms", out.latency_ms);
    times("failed_latency_ms", out.failed_latency_ms);
    reader.estimate("availability", out.availability);
    reader.object("errors", [&](const ObjectReader& of) {
      read_causes(of.value(), of.path(), out.errors, problems_);
    });
    const auto node = std::find_if(picture.nodes.begin(), picture.nodes.end(),
                                   [&](const TopologyNode& each) { return each.id == id; });
    out.metrics = metrics(reader, node == picture.nodes.end() ? nullptr : kind(node->kind),
                          {"requests", "throughput_rps", "latency_ms", "failed_latency_ms",
                           "availability", "errors"});
    return out;
  }

  ComponentResult component(const std::string& id, const ObjectReader& reader) const {
    ComponentResult out;
    out.id = id;
    reader.text("kind", out.kind);
    const KindInfo* const info = kind(out.kind);
    out.metrics = metrics(reader, info, {"kind", "instances"});
    reader.objects("instances", [&](const ObjectReader& of) {
      InstanceResult& instance = out.instances.emplace_back();
      of.text("id", instance.id);
      if (of.has("zone")) of.text("zone", instance.zone);
      instance.metrics = metrics(of, info, {"id", "zone"});
    });
    return out;
  }

  void cost(const ObjectReader& reader, CostResult& out) const {
    reader.text("currency", out.currency);
    out.metrics = metrics(reader, kind("cost"), {"currency"});
  }

  ObjectiveResult objective(const ObjectReader& reader) const {
    ObjectiveResult out;
    reader.text("text", out.text);
    if (const Value* const met = reader.value().find("met"); met == nullptr || !met->is_null())
      reader.boolean("met", out.met.emplace());
    if (const Value* const value = reader.value().find("value");
        value == nullptr || !value->is_null())
      reader.number("value", out.value.emplace());
    reader.number_or_null("limit", out.limit);
    reader.text("unit", out.unit);
    if (reader.has("note")) reader.text("note", out.note);
    return out;
  }

  BarChart chart(const ObjectReader& reader) const {
    BarChart out;
    reader.text("component", out.component);
    reader.text("title", out.title);
    reader.text("unit", out.unit);
    reader.elements("labels", [&](const Value& label, const std::string& path) {
      if (!label.is_string())
        problems_.error(label.position(), path, "expected a text, found " + label.found());
      out.labels.push_back(label.is_string() ? label.text() : "");
    });
    reader.elements("values", [&](const Value& value, const std::string& path) {
      if (!value.is_number() && !value.is_null())
        problems_.error(value.position(), path,
                        "expected a number or null, found " + value.found());
      out.values.push_back(value.is_number() ? value.number()
                                             : std::numeric_limits<double>::quiet_NaN());
    });
    if (out.labels.size() != out.values.size())
      problems_.error(reader.value().position(), reader.path(),
                      "expected a value for each label, found " +
                          std::to_string(out.values.size()) + " for " +
                          std::to_string(out.labels.size()));
    return out;
  }

  void topology(const ObjectReader& reader, TopologyPicture& out) const {
    reader.objects("nodes", [&](const ObjectReader& of) {
      TopologyNode& node = out.nodes.emplace_back();
      of.text("id", node.id);
      of.text("kind", node.kind);
      std::uint64_t instances = 1;
      of.count("instances", instances);
      if (instances > kMostInstances) of.wrong("instances", "not more than 1000000");
      node.instances = static_cast<int>(std::min(instances, kMostInstances));
      of.within("column", kFarthestCard, node.column);
      of.within("row", kFarthestCard, node.row);
    });
    reader.objects("edges", [&](const ObjectReader& of) {
      TopologyEdge& edge = out.edges.emplace_back();
      const auto end = [&](const char* key, std::size_t& into) {
        std::string id;
        const std::size_t before = problems_.error_count();
        of.text(key, id);
        if (problems_.error_count() != before) return;
        const auto node = std::find_if(out.nodes.begin(), out.nodes.end(),
                                       [&](const TopologyNode& each) { return each.id == id; });
        if (node == out.nodes.end()) return of.wrong(key, "the id of one of the nodes");
        into = static_cast<std::size_t>(node - out.nodes.begin());
      };
      end("from", edge.from);
      end("to", edge.to);
      of.number_or_null("calls_per_s", edge.calls_per_s);
      of.number_or_null("error_ratio", edge.error_ratio);
      of.boolean("asynchronous", edge.asynchronous);
      if (of.has("lost_per_s")) of.number("lost_per_s", edge.lost_per_s);
      if (of.has("corrupted_per_s")) of.number("corrupted_per_s", edge.corrupted_per_s);
      if (of.has("duplicated_per_s")) of.number("duplicated_per_s", edge.duplicated_per_s);
    });
  }

  const FindKind& find_;
  Problems& problems_;
};

}  // namespace

std::string unit_by_name(std::string_view metric) {
  for (const auto& [ending, unit] :
       {std::pair{"_ms", "ms"}, std::pair{"_rps", "/s"}, std::pair{"_per_s", "/s"},
        std::pair{"_s", "s"}, std::pair{"_bytes", "bytes"}, std::pair{"ratio", "1"},
        std::pair{"utilization", "1"}, std::pair{"availability", "1"}})
    if (metric.ends_with(ending)) return unit;
  return "";
}

std::optional<Results> read_run_document(const Value& document, const FindKind& find,
                                         Problems& problems) {
  const std::size_t before = problems.error_count();
  const ObjectReader reader(document, "", problems);
  std::string schema;
  reader.text("schema", schema);
  if (problems.error_count() == before && schema != kRunSchema)
    reader.wrong("schema", in_quotes(kRunSchema));
  Results results = RunReader(find, problems).read(document);
  if (problems.error_count() != before) return std::nullopt;
  return results;
}

}  // namespace highwater
