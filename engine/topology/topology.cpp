#include "engine/topology/topology.h"

#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "engine/describe/nearest.h"
#include "engine/kernel/check.h"
#include "engine/topology/graph.h"

namespace highwater {
namespace {

bool may_be_used(const TopologyComponent& component, const std::string& by_kind,
                 Relation relation) {
  switch (relation) {
    case Relation::call:
    case Relation::route:
      return component.callable;
    case Relation::publish:
      return component.publishable;
    case Relation::consume:
      return component.consumable;
    case Relation::share:
      return component.kind == by_kind;
    case Relation::host:
      return component.hosting;
  }
  return false;  // no other value exists; compilers cannot know
}

/// "a cache", "an external".
std::string with_article(const std::string& kind) {
  const bool vowel =
      !kind.empty() && std::string_view("aeiouAEIOU").find(kind[0]) != std::string::npos;
  return (vowel ? "an " : "a ") + kind;
}

/// What is wrong with using `component` that way, and what would be right.
std::string misuse(const TopologyComponent& component, const std::string& by_kind,
                   Relation relation) {
  const std::string what =
      fmt::format("{} is {}", in_quotes(component.id), with_article(component.kind));
  if (is_synchronous(relation)) {
    const char* verb = relation == Relation::call ? "called" : "routed to";
    return fmt::format("{} and cannot be {}{}", what, verb,
                       component.publishable ? "; publish to it instead" : "");
  }
  if (relation == Relation::share)
    return fmt::format("{}; only {} can be named here", what, with_article(by_kind));
  if (relation == Relation::host) return what + ", nothing can run on it";
  const char* verb = relation == Relation::publish ? "published to" : "consumed from";
  return fmt::format("{} and cannot be {}", what, verb);
}

class Joiner {
 public:
  Joiner(std::vector<TopologyComponent> components, Problems& problems) : problems_(problems) {
    topology_.components = std::move(components);
    for (std::size_t i = 0; i < topology_.components.size(); ++i) {
      const bool added = index_.emplace(topology_.components[i].id, i).second;
      HIGHWATER_CHECK(added);
    }
  }

  void add(const TopologyReference& reference, std::size_t number) {
    const auto from = index_.find(reference.from);
    HIGHWATER_CHECK(from != index_.end());
    const auto to = index_.find(reference.to);
    if (to == index_.end()) {
      problems_.error(reference.position, reference.pointer,
                      fmt::format("no component is called {}", in_quotes(reference.to)),
                      nearest(reference, topology_.components[from->second].kind));
      return;
    }
    const TopologyComponent& used = topology_.components[to->second];
    const std::string& by_kind = topology_.components[from->second].kind;
    if (!may_be_used(used, by_kind, reference.relation)) {
      problems_.error(reference.position, reference.pointer,
                      misuse(used, by_kind, reference.relation));
      return;
    }
    if (reference.relation == Relation::host) hosts_.insert(to->second);
    if (reference.relation == Relation::share || reference.relation == Relation::host) return;
    Topology::Edge edge{from->second, to->second, reference.relation, number};
    if (reference.relation == Relation::consume) std::swap(edge.from, edge.to);
    if (!known_.emplace(edge.from, edge.to, edge.relation).second) return;
    topology_.edges.push_back(edge);
  }

  Topology take() { return std::move(topology_); }
  /// Where something runs.
  const std::set<std::size_t>& hosts() const { return hosts_; }

 private:
  /// Someone who mistypes most likely means a component that would do here.
  std::string nearest(const TopologyReference& reference, const std::string& by_kind) const {
    std::vector<std::string> fitting, others;
    for (const TopologyComponent& component : topology_.components) {
      if (component.id == reference.from) continue;
      const bool fits = may_be_used(component, by_kind, reference.relation);
      (fits ? fitting : others).push_back(component.id);
    }
    std::string word = nearest_word(reference.to, fitting);
    return word.empty() ? nearest_word(reference.to, others) : word;
  }

  Problems& problems_;
  Topology topology_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::set<std::tuple<std::size_t, std::size_t, Relation>> known_;
  std::set<std::size_t> hosts_;
};

void report_circles(const Topology& topology, const std::vector<TopologyReference>& references,
                    Problems& problems) {
  for (const std::vector<std::size_t>& circle : synchronous_circles(topology)) {
    std::string text;
    for (const std::size_t edge : circle) {
      text += topology.components[topology.edges[edge].from].id + " -> ";
    }
    text += topology.components[topology.edges[circle.front()].from].id;
    const TopologyReference& first = references[topology.edges[circle.front()].reference];
    problems.error(
        first.position, first.pointer,
        fmt::format("calls go round in a circle, so that a request would wait for itself: {}",
                    text));
  }
}

void report_unused(const Topology& topology, const std::set<std::size_t>& hosts,
                   Problems& problems) {
  const std::vector<bool> reached = reached_by_load(topology);
  for (std::size_t i = 0; i < reached.size(); ++i) {
    const TopologyComponent& component = topology.components[i];
    if (component.hosting ? hosts.contains(i) : reached[i]) continue;
    problems.warning(
        component.position, component.pointer,
        fmt::format("{} {}", component.hosting ? "nothing runs on" : "no request can reach",
                    in_quotes(component.id)));
  }
}

}  // namespace

std::optional<std::size_t> Topology::find(std::string_view id) const {
  for (std::size_t i = 0; i < components.size(); ++i) {
    if (components[i].id == id) return i;
  }
  return std::nullopt;
}

Topology join_topology(std::vector<TopologyComponent> components,
                       const std::vector<TopologyReference>& references, Position where,
                       const std::string& pointer, Problems& problems) {
  const std::size_t errors = problems.error_count();
  Joiner joiner(std::move(components), problems);
  for (std::size_t i = 0; i < references.size(); ++i) joiner.add(references[i], i);
  const bool whole = problems.error_count() == errors;
  Topology topology = joiner.take();

  report_circles(topology, references, problems);
  bool any_load = false;
  for (const TopologyComponent& component : topology.components) any_load |= component.sends_load;
  if (!any_load) {
    problems.error(where, pointer, "nobody sends requests: there is no client");
  } else if (whole) {
    // A wrong reference is reason enough why something is not reached.
    report_unused(topology, joiner.hosts(), problems);
  }
  return topology;
}

}  // namespace highwater
