#include "engine/experiment/prepare.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "engine/experiment/costs.h"
#include "engine/experiment/part_reader.h"
#include "engine/experiment/replication.h"
#include "engine/kernel/check.h"
#include "engine/metrics/gauge.h"
#include "engine/scenario/fault_trace.h"
#include "engine/topology/layout.h"

namespace highwater {
namespace {

/// The entry of a catalog that describes `kind`.
template <class Entry>
const Entry& entry_of(const std::vector<Entry>& entries, const KindInfo& kind) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& e) { return e.info.name == kind.name; });
  HIGHWATER_CHECK(found != entries.end());
  return *found;
}

Zone zone_of(const NetworkParams& network, const std::string& name) {
  const auto found = std::find(network.zones.begin(), network.zones.end(), name);
  HIGHWATER_CHECK(found != network.zones.end());
  return static_cast<Zone>(found - network.zones.begin());
}

NetworkPlan network_plan(const NetworkParams& params) {
  NetworkPlan plan;
  plan.zones = params.zones;
  plan.same_zone = params.same_zone;
  plan.cross_zone = params.cross_zone;
  for (const LinkParams& link : params.links)
    plan.links.push_back(
        {zone_of(params, link.between[0]), zone_of(params, link.between[1]), link.latency});
  return plan;
}

class Preparer {
 public:
  Preparer(const Document& document, const Catalog& catalog, Problems& problems)
      : document_(document), catalog_(catalog), problems_(problems) {}

  std::optional<System> system() {
    const std::size_t before = problems_.error_count();
    take_settings();
    for (const DeclaredPart& part : document_.components()) {
      const ModelKind& kind = entry_of(catalog_.kinds, *part.kind);
      Preparation preparation = preparation_of(part);
      system_.parts.push_back({part.id, &kind, kind.read(preparation), price_of(part)});
      parts_.add(part.id, kind, system_.parts.back().blueprint);
    }
    for (const DeclaredPart& part : document_.faults()) {
      Preparation preparation = preparation_of(part);
      preparation.surroundings = &parts_;
      system_.faults.push_back(entry_of(catalog_.faults, *part.kind).read(preparation));
    }
    report_contradictions();
    for (const SectionKind& kind : catalog_.sections) {
      const Value* const given = document_.root().find(kind.info.name);
      if (given == nullptr) continue;
      Preparation preparation{*given, "/" + kind.info.name, problems_, system_.notes,
                              system_.charts};
      system_.sections.push_back(kind.read(preparation));
      sections_.push_back({given, "/" + kind.info.name});
    }
    Topology topology = topology_of(document_, problems_);
    check_costs();
    // Components are built only from what is known to be right.
    if (problems_.error_count() != before) return std::nullopt;
    system_.terminating = !system_.faults.empty();
    rehearse(system_, [&](Directory& directory) { examine(directory, topology); });
    warn_of_late_faults();
    if (problems_.error_count() != before) return std::nullopt;
    system_.topology = picture_of(topology);
    return std::move(system_);
  }

 private:
  Preparation preparation_of(const DeclaredPart& part) {
    return {*part.value, part.path, problems_, system_.notes, system_.charts};
  }

  std::optional<PriceParams> price_of(const DeclaredPart& part) {
    const Value* const price = part.value->find("price");
    if (price == nullptr || price->is_null()) return std::nullopt;
    return read_params<PriceParams>(*price, pointer_to(part.path, "price"), problems_);
  }

  /// Whoever speaks of the costs of all needs a price, and the name for it.
  void check_costs() {
    const std::string name = cost_kind().name;
    const bool any = std::any_of(system_.parts.begin(), system_.parts.end(),
                                 [](const Part& part) { return part.price.has_value(); });
    bool taken = false;
    for (const DeclaredPart& part : document_.components()) {
      if (part.id != name) continue;
      taken = true;
      if (any)
        problems_.error(part.value->position(), part.path,
                        "beside prices a component may not be called \"cost\": that is what all "
                        "of them cost together");
    }
    for (const Objective& objective : system_.objectives)
      if (!any && !taken && objective.component == name)
        problems_.error(objective.position, objective.path, "no component has a \"price\"");
  }

  void take_settings() {
    const RunParams& run = document_.run();
    system_.name = document_.name();
    system_.description = document_.description();
    system_.file = document_.file();
    system_.currency = document_.currency();
    system_.duration = run.duration;
    if (!run.warmup.is_auto) system_.warmup = run.warmup.value;
    system_.seed = run.seed;
    system_.replications = run.replications;
    system_.max_in_flight = run.max_in_flight;
    system_.network = network_plan(document_.network());
    system_.objectives = document_.objectives();
    system_.triggers = document_.triggers();
  }

  void examine(Directory& directory, Topology& topology) {
    for (std::size_t i = 0; i < system_.parts.size(); ++i) {
      const DeclaredPart& part = document_.components()[i];
      const Component& component = directory.component(part.id);
      component.examine({*part.value, part.path, problems_});
      if (system_.parts[i].price)
        examine_price(*system_.parts[i].price, *system_.parts[i].kind, component, directory,
                      {*part.value->find("price"), pointer_to(part.path, "price"), problems_});
      if (!component.has_steady_state()) system_.terminating = true;
      topology.components[i].instances =
          static_cast<int>(std::count_if(component.instances().begin(), component.instances().end(),
                                         [](const auto& instance) { return !instance->absent(); }));
    }
    for (std::size_t i = 0; i < system_.faults.size(); ++i) {
      const DeclaredPart& part = document_.faults()[i];
      system_.faults[i]->examine(directory, {*part.value, part.path, problems_});
    }
    examine_triggers(directory);
    for (std::size_t i = 0; i < system_.sections.size(); ++i)
      system_.sections[i]->examine(directory, {*sections_[i].value, sections_[i].path, problems_});
  }

  /// Faults that say what cannot both be of one target at one time.
  void report_contradictions() {
    std::map<std::string, std::vector<std::size_t>> alike;
    for (std::size_t i = 0; i < system_.faults.size(); ++i)
      if (system_.faults[i] && system_.faults[i]->schedule().at)
        alike[system_.faults[i]->text()].push_back(i);
    const auto end_s = [&](std::size_t i) {
      const FaultSchedule& schedule = system_.faults[i]->schedule();
      const double lasts = schedule.lasts ? schedule.lasts->mean_s() : seconds(kLongestRun);
      return seconds(*schedule.at) + lasts;
    };
    for (const auto& [text, faults] : alike)
      for (std::size_t i = 0; i < faults.size(); ++i)
        for (std::size_t k = i + 1; k < std::min(faults.size(), i + 100); ++k) {
          const std::size_t a = faults[i], b = faults[k];
          if (!system_.faults[a]->contradicts(*system_.faults[b])) continue;
          if (seconds(*system_.faults[a]->schedule().at) >= end_s(b) ||
              seconds(*system_.faults[b]->schedule().at) >= end_s(a))
            continue;
          const DeclaredPart& part = document_.faults()[b];
          problems_.error(
              part.value->position(), part.path,
              "contradicts " + document_.faults()[a].id + ", which is on at the same time");
        }
  }

  /// What a kind measures, not each of its components does.
  void examine_triggers(Directory& directory) {
    Recorder& recorder = directory.components().front()->world().recorder;
    for (const auto& condition : system_.triggers) {
      if (!condition || !condition->metric) continue;
      const Objective& metric = *condition->metric;
      if (!Gauge::measures(recorder, metric.component, metric.metric))
        problems_.error(metric.position, metric.path,
                        in_quotes(metric.component) + " does not measure " +
                            in_quotes(metric.metric) + " in this scenario");
    }
  }

  void warn_of_late_faults() {
    for (std::size_t i = 0; i < system_.faults.size(); ++i) {
      if (system_.faults[i]->schedule().at.value_or(Duration{0}) < system_.duration) continue;
      const DeclaredPart& part = document_.faults()[i];
      const Value* at = part.value->find("at");
      problems_.warning((at != nullptr ? *at : *part.value).position(), pointer_to(part.path, "at"),
                        "the run ends before this fault strikes");
    }
  }

  const Document& document_;
  const Catalog& catalog_;
  Problems& problems_;
  System system_;
  ScenarioParts parts_{document_, catalog_, system_.reserved};
  struct Section {
    const Value* value;
    std::string path;
  };
  std::vector<Section> sections_;  // of the system, where they stand
};

}  // namespace

Language language_of(const Catalog& catalog) {
  Language language;
  for (const ModelKind& kind : catalog.kinds) language.kinds.push_back(kind.info);
  for (const FaultKind& fault : catalog.faults) language.faults.push_back(fault.info);
  language.faults.push_back(fault_trace_kind());
  language.totals.push_back(cost_kind());
  for (const SectionKind& section : catalog.sections) language.add({section.info, section.fill});
  return language;
}

Topology topology_of(const Document& document, Problems& problems) {
  std::vector<TopologyComponent> components;
  for (const DeclaredPart& part : document.components()) {
    TopologyComponent component;
    component.id = part.id;
    component.kind = part.kind->name;
    component.sends_load = part.kind->sends_load;
    component.callable = part.kind->callable;
    component.publishable = part.kind->publishable;
    component.consumable = part.kind->consumable;
    component.hosting = part.kind->hosting;
    component.position = part.value->position();
    component.pointer = part.path;
    components.push_back(std::move(component));
  }
  std::vector<TopologyReference> references;
  for (const Reference& reference : document.references())
    references.push_back(
        {reference.from, reference.to, reference.relation, reference.position, reference.path});
  const Value* all = document.root().find("components");
  return join_topology(std::move(components), references, all->position(), "/components", problems);
}

std::optional<System> prepare(const Document& document, const Catalog& catalog,
                              Problems& problems) {
  return Preparer(document, catalog, problems).system();
}

}  // namespace highwater
