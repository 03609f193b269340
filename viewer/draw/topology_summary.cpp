#include "viewer/draw/topology_summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace highwater::viewer::topology {
namespace {

bool serves(InstanceState state) {
  return state == InstanceState::up || state == InstanceState::slow ||
         state == InstanceState::failing;
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool contains(std::string_view whole, std::string_view part) {
  return std::search(whole.begin(), whole.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != whole.end();
}

}  // namespace

int Census::total() const {
  return std::accumulate(counts.begin(), counts.end(), 0);
}

int Census::serving() const {
  return of(InstanceState::up) + of(InstanceState::slow) + of(InstanceState::failing);
}

void Census::add(const Node& node) {
  for (const Instance& instance : node.instances)
    ++counts[static_cast<std::size_t>(instance.state)];
  if (node.instances.empty()) counts[static_cast<std::size_t>(InstanceState::up)] += node.count;
}

Health health_of(const Figures& figures, const Census& census, const Limits& limits) {
  const int expected = census.total() - census.of(InstanceState::absent);
  if (expected > 0 && census.serving() == 0) return Health::down;
  const double utilization = std::isnan(figures.utilization) ? 0 : figures.utilization;
  if (figures.error_share >= limits.errors_bad || utilization >= limits.utilization_bad)
    return Health::bad;
  if (figures.error_share >= limits.errors_warn || utilization >= limits.utilization_warn ||
      census.of(InstanceState::up) < expected)
    return Health::warn;
  return figures.rate_per_s > 0 || utilization > 0 ? Health::ok : Health::idle;
}

Health health_of(const Edge& edge, const Limits& limits) {
  if (edge.state == EdgeState::cut) return Health::down;
  if (edge.error_share >= limits.errors_bad) return Health::bad;
  if (edge.error_share >= limits.errors_warn || edge.state == EdgeState::faulted)
    return Health::warn;
  return edge.rate_per_s > 0 ? Health::ok : Health::idle;
}

Status status_of(Health health) {
  switch (health) {
    case Health::idle:
      return Status::idle;
    case Health::ok:
      return Status::ok;
    case Health::warn:
      return Status::warn;
    case Health::bad:
    case Health::down:
      break;
  }
  return Status::bad;
}

Icon icon_of(Health health) {
  return health == Health::down ? Icon::stop : icon(status_of(health));
}

int Histogram::highest() const {
  return *std::max_element(bins.begin(), bins.end());
}

void Histogram::add(const Instance& instance) {
  if (!serves(instance.state) || std::isnan(instance.utilization)) return;
  const double bin = std::clamp(std::floor(instance.utilization * kBins), 0.0, kBins - 1.0);
  ++bins[static_cast<std::size_t>(bin)];
}

Figures sum_of(std::span<const Part> parts, std::optional<double> entering) {
  Figures sum;
  double errors = 0;
  double load = 0;
  double loaded = 0;
  for (const Part& part : parts) {
    const Figures& figures = *part.figures;
    sum.rate_per_s += figures.rate_per_s;
    errors += figures.rate_per_s * figures.error_share;
    if (!std::isnan(figures.p99_ms))
      sum.p99_ms = std::isnan(sum.p99_ms) ? figures.p99_ms : std::max(sum.p99_ms, figures.p99_ms);
    if (!std::isnan(figures.queue))
      sum.queue = std::isnan(sum.queue) ? figures.queue : sum.queue + figures.queue;
    if (!std::isnan(figures.utilization)) {
      load += figures.utilization * part.serving;
      loaded += part.serving;
    }
  }
  if (sum.rate_per_s > 0) sum.error_share = errors / sum.rate_per_s;
  if (loaded > 0) sum.utilization = load / loaded;
  if (entering) sum.rate_per_s = *entering;
  return sum;
}

Change change_of(double now, double other) {
  if (std::isnan(now) || std::isnan(other)) return Change::same;
  if (std::abs(now - other) <= 0.01 * std::max(std::abs(now), std::abs(other))) return Change::same;
  return now > other ? Change::up : Change::down;
}

std::vector<std::string> short_names(std::span<const Zone> zones) {
  std::vector<std::string> names;
  if (zones.empty()) return names;
  std::size_t common = zones.size() > 1 ? zones.front().name.size() : 0;
  for (const Zone& zone : zones) {
    std::size_t same = 0;
    while (same < common && same < zone.name.size() && zone.name[same] == zones.front().name[same])
      ++same;
    // One letter must remain of the shortest.
    common = std::min(same, zone.name.empty() ? 0 : zone.name.size() - 1);
  }
  for (const Zone& zone : zones) names.push_back(zone.name.substr(common));
  return names;
}

std::optional<std::size_t> only_zone(const Node& node) {
  if (node.instances.empty()) {
    if (node.zones.size() == 1) return node.zones.front();
    return std::nullopt;
  }
  const std::size_t first = node.instances.front().zone;
  for (const Instance& instance : node.instances)
    if (instance.zone != first) return std::nullopt;
  if (first == kNoZone) return std::nullopt;
  return first;
}

bool is_in(const Node& node, std::size_t zone) {
  if (node.instances.empty())
    return std::find(node.zones.begin(), node.zones.end(), zone) != node.zones.end();
  return std::any_of(node.instances.begin(), node.instances.end(),
                     [zone](const Instance& instance) { return instance.zone == zone; });
}

bool matches(const Node& node, std::string_view text) {
  return contains(node.id, text) || contains(node.kind, text) || contains(node.group, text) ||
         std::any_of(node.faults.begin(), node.faults.end(),
                     [text](const std::string& fault) { return contains(fault, text); });
}

}  // namespace highwater::viewer::topology
