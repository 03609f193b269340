#include "viewer/gui/feed.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "viewer/draw/format.h"
#include "viewer/session/name_groups.h"

namespace highwater::viewer {
namespace {

constexpr std::size_t kSparkline = 60;
/// Fewer attempts than these tell no share of errors.
constexpr double kLeastAttempts = 1;

/// The first of them that is measured: what a kind has in its place.
std::optional<std::size_t> first_of(const Sight& sight, std::string_view owner,
                                    std::initializer_list<std::string_view> metrics,
                                    std::string_view statistic = "") {
  for (const std::string_view metric : metrics)
    if (const auto column = sight.column(owner, metric, statistic)) return column;
  return std::nullopt;
}

FigureColumns columns_of(const Sight& sight, const std::string& id, bool client) {
  FigureColumns columns;
  const auto times = [&](std::string_view statistic) {
    return client ? first_of(sight, id, {"latency_ms"}, statistic)
                  : first_of(
                        sight, id,
                        {"response_ms", "service_ms", "end_to_end_ms", "processing_ms", "wait_ms"},
                        statistic);
  };
  columns.mean = times("mean");
  columns.p50 = times("p50");
  columns.p90 = times("p90");
  columns.p99 = times("p99");
  columns.p999 = times("p999");
  columns.count = times("count");
  if (client) {
    columns.issued = sight.column(id, "issued");
    columns.completed = sight.column(id, "completed");
    columns.failed = sight.column(id, "failed");
    columns.rejected = sight.column(id, "rejected");
    return columns;
  }
  columns.rate = sight.column(id, "throughput_rps");
  columns.utilization = sight.column(id, "utilization");
  columns.cpu = sight.column(id, "cpu_utilization");
  columns.queue = first_of(sight, id, {"queue_length", "depth", "lag"});
  columns.hit_ratio = sight.column(id, "hit_ratio");
  columns.replicas = sight.column(id, "replicas");
  columns.cost = sight.column(id, "cost_per_hour");
  columns.backlog = first_of(sight, id, {"lag", "depth"});
  return columns;
}

/// The larger of two numbers, either of which may be none.
double more(double one, double other) {
  return std::isnan(one) || one < other ? other : one;
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

}  // namespace

bool speaks_of(const std::string& text, const std::string& id) {
  for (std::size_t at = text.find(id); at != std::string::npos; at = text.find(id, at + 1)) {
    const std::size_t end = at + id.size();
    // "->" may follow at once.
    const bool begins = at == 0 || !is_word(text[at - 1]);
    const bool ends = end == text.size() || !is_word(text[end]) ||
                      (text[end] == '-' && end + 1 < text.size() && text[end + 1] == '>');
    if (begins && ends) return true;
  }
  return false;
}

Feed::Feed(const System& system, const Sight& sight)
    : system_(system), sight_(sight), groups_(groups_of(system.topology)) {
  std::map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < system.parts.size(); ++i) places.emplace(system.parts[i].id, i);
  const auto part_of = [&](const std::string& id) {
    const auto found = places.find(id);
    return found == places.end() ? system.parts.size() : found->second;
  };
  instances_.resize(system.parts.size());
  edges_into_.resize(system.parts.size());
  sparklines_.resize(system.parts.size());
  for (std::size_t i = 0; i < system.parts.size(); ++i) {
    const bool client = system.parts[i].kind->info.sends_load;
    parts_.push_back(columns_of(sight, system.parts[i].id, client));
    if (client) clients_.push_back(i);
  }
  const std::vector<std::string>& zones = system.network.zones;
  for (std::size_t i = 0; i < sight.instances.size(); ++i) {
    const Sight::InstanceColumns& instance = sight.instances[i];
    const std::size_t part = part_of(instance.component);
    if (part == parts_.size()) continue;
    const auto zone = std::find(zones.begin(), zones.end(), instance.zone);
    instances_[part].push_back(
        {i, sight.column(instance.label, "utilization"),
         sight.column(instance.label, "cpu_utilization"),
         zone == zones.end() ? topology::kNoZone : static_cast<std::size_t>(zone - zones.begin())});
  }
  for (std::size_t i = 0; i < sight.edges.size(); ++i) {
    const std::size_t part = part_of(sight.edges[i].to);
    if (part < parts_.size()) edges_into_[part].push_back(i);
  }
  find_edges();
}

void Feed::find_edges() {
  std::multimap<std::pair<std::string_view, std::string_view>, std::size_t> places;
  for (std::size_t i = 0; i < sight_.edges.size(); ++i)
    places.emplace(
        std::pair(std::string_view(sight_.edges[i].from), std::string_view(sight_.edges[i].to)), i);
  for (const TopologyEdge& drawn : system_.topology.edges) {
    std::vector<std::size_t>& of = edges_drawn_.emplace_back();
    const std::string_view from = system_.topology.nodes[drawn.from].id;
    const std::string_view to = system_.topology.nodes[drawn.to].id;
    const auto add = [&](std::string_view begin, std::string_view end) {
      const auto [first, last] = places.equal_range({begin, end});
      for (auto place = first; place != last; ++place) of.push_back(place->second);
    };
    add(from, to);
    // Messages flow from a topic to who asks for them.
    if (drawn.asynchronous) add(to, from);
  }
}

double Feed::value(std::optional<std::size_t> column, std::size_t interval) const {
  return column ? static_cast<double>(sight_.history.value(*column, interval)) : topology::kNone;
}

double Feed::rate(std::optional<std::size_t> column, std::size_t interval) const {
  const History& history = sight_.history;
  const double begin = interval == 0 ? 0 : history.end_s(interval - 1);
  return value(column, interval) / std::max(history.end_s(interval) - begin, 1e-9);
}

const Feed::Load& Feed::load(std::size_t interval) const {
  while (loads_.size() <= interval) {
    const std::size_t next = loads_.size();
    Load sum;
    for (const std::size_t client : clients_) {
      const FigureColumns& columns = parts_[client];
      sum.offered += rate(columns.issued, next);
      sum.completed += rate(columns.completed, next);
      sum.errors += rate(columns.failed, next) + rate(columns.rejected, next);
    }
    loads_.push_back(sum);
  }
  return loads_[interval];
}

double Feed::error_share(std::size_t part, std::size_t interval) const {
  const FigureColumns& columns = parts_[part];
  double good = 0, bad = 0;
  if (columns.issued) {
    good = value(columns.completed, interval);
    bad = value(columns.failed, interval) + value(columns.rejected, interval);
  } else {
    for (const std::size_t edge : edges_into_[part]) {
      const double failures = value(sight_.edges[edge].failures, interval);
      bad += failures;
      good += std::max(value(sight_.edges[edge].attempts, interval) - failures, 0.0);
    }
  }
  return good + bad < kLeastAttempts ? 0 : bad / (good + bad);
}

double Feed::busy(std::size_t part, std::size_t interval) const {
  return more(value(parts_[part].utilization, interval), value(parts_[part].cpu, interval));
}

std::vector<Feed::Busy> Feed::busy_instances(std::size_t part) const {
  std::vector<Busy> all;
  for (const InstanceOf& instance : instances_[part])
    if (instance.utilization || instance.cpu)
      all.push_back({instance.index, instance.utilization, instance.cpu});
  return all;
}

double Feed::busy(const Busy& instance, std::size_t interval) const {
  return more(value(instance.utilization, interval), value(instance.cpu, interval));
}

double Feed::up(std::size_t part, std::size_t interval) const {
  return static_cast<double>(std::count_if(
      instances_[part].begin(), instances_[part].end(), [&](const InstanceOf& instance) {
        const auto state = static_cast<InstanceState>(
            sight_.history.value(sight_.instances[instance.index].state, interval));
        return state != InstanceState::down && state != InstanceState::absent;
      }));
}

topology::Figures Feed::figures(std::size_t part, std::size_t interval) const {
  const FigureColumns& columns = parts_[part];
  topology::Figures figures;
  figures.rate_per_s =
      columns.completed ? rate(columns.completed, interval) : value(columns.rate, interval);
  if (!std::isfinite(figures.rate_per_s)) figures.rate_per_s = 0;
  figures.p99_ms = value(columns.p99, interval);
  figures.utilization = busy(part, interval);
  figures.queue = value(columns.queue, interval);
  figures.error_share = error_share(part, interval);
  return figures;
}

std::string Feed::note(std::size_t part, std::size_t interval) const {
  const double hits = value(parts_[part].hit_ratio, interval);
  if (std::isfinite(hits)) return "hit " + format(hits, Unit::ratio, 2);
  const double replicas = value(parts_[part].replicas, interval);
  if (std::isfinite(replicas)) return format(replicas, Unit::number, 2) + " replicas";
  return "";
}

void Feed::fill_instances(topology::Node& node, std::size_t part, std::size_t interval) const {
  node.instances.resize(instances_[part].size());
  for (std::size_t i = 0; i < node.instances.size(); ++i) {
    const InstanceOf& from = instances_[part][i];
    topology::Instance& to = node.instances[i];
    const Sight::InstanceColumns& seen = sight_.instances[from.index];
    to.label = seen.label;
    to.zone = from.zone;
    switch (static_cast<InstanceState>(sight_.history.value(seen.state, interval))) {
      case InstanceState::up:
        to.state = topology::InstanceState::up;
        break;
      case InstanceState::down:
        to.state = topology::InstanceState::down;
        break;
      case InstanceState::absent:
        to.state = topology::InstanceState::absent;
        break;
      case InstanceState::paused:
        to.state = topology::InstanceState::paused;
        break;
      case InstanceState::slow:
        to.state = topology::InstanceState::slow;
        break;
      case InstanceState::failing:
        to.state = topology::InstanceState::failing;
        break;
    }
    to.utilization = more(value(from.utilization, interval), value(from.cpu, interval));
  }
}

void Feed::fill_sparkline(std::size_t part, std::size_t interval) {
  const FigureColumns& columns = parts_[part];
  const std::size_t first = interval + 1 - std::min(interval + 1, kSparkline);
  std::vector<double>& line = sparklines_[part];
  line.clear();
  for (std::size_t i = first; i <= interval; ++i) {
    const double at = columns.completed ? rate(columns.completed, i) : value(columns.rate, i);
    line.push_back(std::isfinite(at) ? at : 0);
  }
}

void Feed::fill(topology::Model& model, std::size_t interval, const std::vector<Mark>& marks,
                const Feed* other) {
  const double at_s = sight_.history.end_s(interval);
  std::vector<const Mark*> on;
  for (const Mark& mark : marks)
    if (mark.begin_s <= at_s && (!mark.end_s || *mark.end_s > at_s)) on.push_back(&mark);

  model.zones.resize(system_.network.zones.size());
  for (std::size_t i = 0; i < model.zones.size(); ++i) {
    model.zones[i].name = system_.network.zones[i];
    model.zones[i].down = std::any_of(on.begin(), on.end(), [&](const Mark* mark) {
      return mark->text.starts_with("zone_outage") && speaks_of(mark->text, model.zones[i].name);
    });
  }
  model.nodes.resize(system_.parts.size());
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    topology::Node& node = model.nodes[i];
    const TopologyNode& place = system_.topology.nodes[i];
    node.id = place.id;
    node.kind = place.kind;
    node.group = groups_[i];
    node.column = place.column;
    node.row = place.row;
    node.now = figures(i, interval);
    node.other.reset();
    if (other != nullptr && interval < other->sight().history.intervals() &&
        i < other->parts_.size())
      node.other = other->figures(i, interval);
    fill_instances(node, i, interval);
    node.count = place.instances;
    node.note = note(i, interval);
    fill_sparkline(i, interval);
    node.sparkline = sparklines_[i];
    node.faults.clear();
    for (const Mark* mark : on)
      if (mark->text.find("->") == std::string::npos && speaks_of(mark->text, node.id))
        node.faults.push_back(mark->text);
  }
  model.edges.resize(system_.topology.edges.size());
  for (std::size_t i = 0; i < model.edges.size(); ++i) {
    topology::Edge& edge = model.edges[i];
    const TopologyEdge& drawn = system_.topology.edges[i];
    edge.from = drawn.from;
    edge.to = drawn.to;
    edge.asynchronous = drawn.asynchronous;
    edge.rate_per_s = edge.error_share = 0;
    const std::string& from = model.nodes[edge.from].id;
    const std::string& to = model.nodes[edge.to].id;
    for (const std::size_t seen : edges_drawn_[i]) {
      const double attempts = value(sight_.edges[seen].attempts, interval);
      edge.rate_per_s += rate(sight_.edges[seen].attempts, interval);
      if (attempts >= kLeastAttempts)
        edge.error_share = value(sight_.edges[seen].failures, interval) / attempts;
    }
    edge.state = topology::EdgeState::whole;
    edge.fault.clear();
    for (const Mark* mark : on) {
      if (mark->text.find("->") == std::string::npos || !speaks_of(mark->text, to) ||
          !speaks_of(mark->text, from))
        continue;
      const bool cut = mark->text.starts_with("partition") || mark->text.starts_with("blackhole");
      edge.state = cut ? topology::EdgeState::cut : topology::EdgeState::faulted;
      edge.fault = mark->text;
    }
  }
}

}  // namespace highwater::viewer
