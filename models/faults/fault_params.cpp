#include "models/faults/fault_params.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "engine/describe/nearest.h"
#include "engine/describe/value.h"

namespace highwater::faults {
namespace {

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

bool is_id(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || !letter(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// "api" or "api[2]".
bool read_end(std::string_view text, std::string& name, std::optional<std::uint32_t>& instance) {
  name = trimmed(text);
  const std::size_t bracket = name.find('[');
  if (bracket != std::string::npos) {
    std::uint32_t number = 0;
    const char* const begin = name.data() + bracket + 1;
    const char* const end = name.data() + name.size();
    const auto [rest, error] = std::from_chars(begin, end, number);
    if (error != std::errc{} || end - rest != 1 || *rest != ']') return false;
    instance = number;
    name.resize(bracket);
  }
  return is_id(name);
}

std::string text_of(const std::string& name, std::optional<std::uint32_t> instance) {
  return instance ? name + "[" + std::to_string(*instance) + "]" : name;
}

Component* component_called(Directory& directory, const std::string& name) {
  for (Component* component : directory.components())
    if (component->id() == name) return component;
  return nullptr;
}

/// The zones of a target that is the way between two.
std::optional<std::pair<Zone, Zone>> zones_of(Directory& directory, const Target& target) {
  if (!target.callee || component_called(directory, target.component) != nullptr ||
      component_called(directory, *target.callee) != nullptr)
    return std::nullopt;
  const Network& network = directory.components().front()->world().network;
  const auto a = zone_called(network, target.component);
  const auto b = zone_called(network, *target.callee);
  return a && b ? std::optional(std::pair(*a, *b)) : std::nullopt;
}

void examine_instance(const Component& component, std::optional<std::uint32_t> instance,
                      const std::string& verb, const Examination& examination) {
  const std::size_t instances = component.instances().size();
  if (instance && *instance >= instances)
    report_at(examination, verb.c_str(),
              in_quotes(component.id()) + " has " + std::to_string(instances) +
                  (instances == 1 ? " instance" : " instances") + ", the last one is " +
                  component.id() + "[" + std::to_string(instances - 1) + "]");
}

}  // namespace

void report_at(const Examination& examination, const char* key, const std::string& message,
               const std::string& suggestion) {
  const Value* found = examination.where.find(key);
  if (found != nullptr)
    examination.problems.error(found->position(), pointer_to(examination.path, key), message,
                               suggestion);
}

namespace {

/// The component's id that is most like `name`.
std::string nearest_id(Directory& directory, const std::string& name) {
  std::vector<std::string> ids;
  for (const Component* component : directory.components()) ids.push_back(component->id());
  return nearest_word(name, ids);
}

}  // namespace

void OfficeHours::check(const Value& where, const std::string& path, Problems& problems) const {
  if (from >= until)
    problems.error(where.position(), path, "office hours begin before they end, on the same day");
}

void RandomTimes::check(const Value& where, const std::string& path, Problems& problems) const {
  if (int{rate.has_value()} + int{every.has_value()} + int{daily_probability.has_value()} != 1)
    problems.error(where.position(), path,
                   "random times have exactly one of \"rate\", \"every\" and "
                   "\"daily_probability\"");
  if (every && every->mean_s() <= 0)
    problems.error(where.position(), pointer_to(path, "every"), "a gap must be longer than 0");
  if (until && *until <= from)
    problems.error(where.position(), pointer_to(path, "until"), "it ends before it begins");
}

RandomStrikes RandomTimes::strikes() const {
  RandomStrikes strikes;
  strikes.gaps = every;
  if (rate) strikes.per_second = rate->per_second;
  if (daily_probability) strikes.daily_probability = daily_probability->value;
  strikes.from = from;
  strikes.until = until;
  if (office_hours)
    strikes.hours = RandomStrikes::Hours{office_hours->from, office_hours->until,
                                         static_cast<int>(office_hours->days)};
  return strikes;
}

void FaultTiming::check(const Value& where, const std::string& path, Problems& problems) const {
  if (int{at.has_value()} + int{when.has_value()} + int{random.has_value()} != 1)
    problems.error(where.position(), path,
                   "a fault strikes either \"at\" a time, or \"when\" something is so, or at "
                   "\"random\" times");
  if (delay > Duration{0} && !when)
    problems.error(where.position(), pointer_to(path, "after"),
                   "that is for a fault that strikes \"when\" something is so");
  if (lasts && lasts->mean_s() <= 0)
    problems.error(where.position(), pointer_to(path, "for"),
                   "a fault that ends at once does nothing");
}

FaultSchedule FaultTiming::schedule() const {
  FaultSchedule schedule;
  schedule.at = at;
  schedule.when = when;
  if (random) schedule.random = random->strikes();
  schedule.delay = delay;
  schedule.lasts = lasts;
  schedule.probability = probability.value;
  return schedule;
}

void FaultExtent::check(const Value& where, const std::string& path, Problems& problems) const {
  if (count && percent)
    problems.error(where.position(), pointer_to(path, "percent"),
                   "a fault has either a count or a percent of its target");
}

void CallerExtent::check(const Value& where, const std::string& path, Problems& problems) const {
  if (count && percent)
    problems.error(where.position(), pointer_to(path, "percent"),
                   "a fault has either a count or a percent of the callers");
}

Component* component_named(Directory& directory, const Target& target) {
  return component_called(directory, target.component);
}

std::optional<Zone> zone_called(const Network& network, const std::string& name) {
  for (std::size_t i = 0; i < network.zones(); ++i)
    if (network.zone_name(static_cast<Zone>(i)) == name) return static_cast<Zone>(i);
  return std::nullopt;
}

void examine_extent(Directory& directory, const Target& target, const Examination& examination) {
  const Component* const named = component_named(directory, target);
  if (named == nullptr) return report_at(examination, "zone", "the target is a zone already");
  const Component& component = *named;
  const std::size_t instances = component.instances().size();
  const std::string having = in_quotes(target.component) + " has " + std::to_string(instances) +
                             (instances == 1 ? " instance" : " instances");
  const Value* count = examination.where.find("count");
  if (count != nullptr && (target.instance || count->whole().value_or(0) > instances))
    report_at(examination, "count", target.instance ? "one instance is named already" : having);
  if (target.instance) {
    report_at(examination, "percent", "one instance is named already");
    report_at(examination, "zone", "one instance is named already");
  }
  const Value* zone = examination.where.find("zone");
  if (zone == nullptr || !zone->is_string() || target.instance) return;
  const std::optional<Zone> known = zone_called(component.world().network, zone->text());
  if (!known) return report_at(examination, "zone", "unknown zone " + in_quotes(zone->text()));
  const bool any = std::any_of(component.instances().begin(), component.instances().end(),
                               [&](const auto& instance) { return instance->zone() == *known; });
  if (!any)
    report_at(examination, "zone",
              in_quotes(target.component) + " has no instance in zone " + in_quotes(zone->text()));
}

namespace {

bool anything_in(Directory& directory, Zone zone) {
  for (const Component* component : directory.components())
    for (const auto& instance : component->instances())
      if (instance->zone() == zone) return true;
  return false;
}

}  // namespace

void examine_callers(Directory& directory, const Target& target, const Examination& examination) {
  const auto report = [&](const std::string& message) {
    report_at(examination, "count", message);
    report_at(examination, "percent", message);
  };
  if (zones_of(directory, target)) return report("between zones there are no callers to choose");
  if (target.instance) return report("one caller is named already");
  std::set<const Component*> callers;
  for (const Edge* edge : choose_edges(directory, target)) callers.insert(&edge->from());
  std::size_t instances = 0;
  for (const Component* caller : callers) instances += caller->instances().size();
  const Value* count = examination.where.find("count");
  if (count != nullptr && !callers.empty() && count->whole().value_or(0) > instances)
    report("the callers have " + std::to_string(instances) +
           (instances == 1 ? " instance" : " instances"));
}

bool examine_target(Directory& directory, const Target& target, const std::string& verb, bool zones,
                    const Examination& examination) {
  const Component* const component = component_named(directory, target);
  if (target.callee) {
    const Component* const callee = component_called(directory, *target.callee);
    if ((component == nullptr) != (callee == nullptr)) {
      report_at(examination, verb.c_str(),
                in_quotes(component == nullptr ? target.component : *target.callee) +
                    " is no component: the way is between two components or two zones");
    } else if (component == nullptr) {
      if (!zones_of(directory, target) || target.instance || target.callee_instance)
        report_at(examination, verb.c_str(), in_quotes(target.text()) + " are no zones");
    } else if (choose_edges(directory, target).empty()) {
      report_at(examination, verb.c_str(),
                in_quotes(target.component) + " sends nothing to " + in_quotes(*target.callee));
    } else {
      examine_instance(*component, target.instance, verb, examination);
      examine_instance(*callee, target.callee_instance, verb, examination);
    }
    return true;
  }
  if (component == nullptr) {
    const std::optional<Zone> zone =
        directory.components().empty()
            ? std::nullopt
            : zone_called(directory.components().front()->world().network, target.component);
    if (!zones || target.instance || !zone)
      report_at(examination, verb.c_str(), in_quotes(target.component) + " is no component",
                nearest_id(directory, target.component));
    else if (!anything_in(directory, *zone))
      report_at(examination, verb.c_str(), "nothing is in zone " + in_quotes(target.component));
    return false;
  }
  examine_instance(*component, target.instance, verb, examination);
  return true;
}

std::optional<Target> Target::parse(const std::string& text) {
  Target target;
  const std::string_view whole = text;
  const std::size_t arrow = whole.find("->");
  if (!read_end(whole.substr(0, arrow), target.component, target.instance)) return std::nullopt;
  if (arrow == std::string_view::npos) return target;
  if (!read_end(whole.substr(arrow + 2), target.callee.emplace(), target.callee_instance))
    return std::nullopt;
  return target;
}

std::string Target::text() const {
  const std::string end = text_of(component, instance);
  return callee ? end + " -> " + text_of(*callee, callee_instance) : end;
}

namespace {

/// So many of them, at random, in order.
std::vector<Instance*> some_of(std::vector<Instance*> chosen, std::optional<std::uint32_t> count,
                               std::optional<Fraction> percent, World& world,
                               const Strike& strike) {
  std::vector<Instance*> in_order = chosen;
  std::size_t wanted = chosen.size();
  if (count) wanted = std::min<std::size_t>(*count, chosen.size());
  if (percent)
    wanted = static_cast<std::size_t>(
        std::ceil(percent->value * static_cast<double>(chosen.size()) - 1e-9));
  // Fisher-Yates as far as it is needed, then back in order, so that logs read well.
  RandomStream random = world.stream("faults", strike.key());
  for (std::size_t i = 0; i < wanted; ++i)
    std::swap(chosen[i], chosen[i + random.below(chosen.size() - i)]);
  chosen.resize(wanted);
  std::erase_if(in_order, [&](Instance* instance) {
    return std::find(chosen.begin(), chosen.end(), instance) == chosen.end();
  });
  return in_order;
}

std::vector<Instance*> those_hit(World& world, Directory& directory, const Target& target,
                                 const FaultExtent& extent, const Strike& strike) {
  const Component* const component = component_named(directory, target);
  if (target.instance) return {component->instances()[*target.instance].get()};
  std::optional<Zone> zone;
  if (component == nullptr) zone = world.network.zone(target.component);
  if (extent.zone) zone = world.network.zone(*extent.zone);
  std::vector<Instance*> chosen;
  for (const Component* one : directory.components()) {
    if (component != nullptr && one != component) continue;
    for (const auto& instance : one->instances())
      if (!instance->absent() && (!zone || instance->zone() == *zone))
        chosen.push_back(instance.get());
  }
  return some_of(std::move(chosen), extent.count, extent.percent, world, strike);
}

}  // namespace

Victims choose_instances(World& world, Directory& directory, const Target& target,
                         const FaultExtent& extent, const Strike& strike) {
  return [&world, &directory, target, extent, strike] {
    return those_hit(world, directory, target, extent, strike);
  };
}

std::vector<Edge*> choose_edges(Directory& directory, const Target& target) {
  std::vector<Edge*> chosen;
  const bool all = zones_of(directory, target).has_value();
  for (Edge& edge : directory.edges()) {
    const bool hit = all ? true
                     : target.callee
                         ? edge.from().id() == target.component && edge.to().id() == *target.callee
                         : edge.to().id() == target.component;
    if (hit) chosen.push_back(&edge);
  }
  return chosen;
}

FaultScope scope_of(World& world, Directory& directory, const Target& target,
                    const CallerExtent& extent, const Strike& strike) {
  FaultScope scope;
  scope.zones = zones_of(directory, target);
  if (scope.zones) return scope;
  const auto named = [&](const std::string& id, std::uint32_t number) {
    return std::vector<const Instance*>{directory.component(id).instances()[number].get()};
  };
  if (target.instance) scope.callers = named(target.component, *target.instance);
  if (target.callee_instance) scope.callees = named(*target.callee, *target.callee_instance);
  if (!extent.count && !extent.percent) return scope;
  std::vector<Instance*> callers;
  std::set<const Component*> seen;
  for (const Edge* edge : choose_edges(directory, target)) {
    if (!seen.insert(&edge->from()).second) continue;
    for (const auto& instance : edge->from().instances())
      if (!instance->absent()) callers.push_back(instance.get());
  }
  const std::vector<Instance*> some =
      some_of(std::move(callers), extent.count, extent.percent, world, strike);
  scope.callers.emplace(some.begin(), some.end());
  return scope;
}

std::string list_of(const std::vector<Instance*>& instances) {
  if (instances.empty()) return "nothing";
  std::string text;
  const auto add = [&](const std::string& name) { text += (text.empty() ? "" : ", ") + name; };
  for (std::size_t i = 0; i < instances.size();) {
    const Component& component = instances[i]->component();
    std::size_t end = i;
    while (end < instances.size() && &instances[end]->component() == &component) ++end;
    if (end - i > 1 && end - i == component.instances().size())
      add(component.id());
    else
      for (std::size_t k = i; k < end; ++k) add(instances[k]->label());
    i = end;
  }
  return text;
}

}  // namespace highwater::faults
