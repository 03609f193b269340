#include "models/faults/fault_params.h"

#include <algorithm>
#include <charconv>
#include <cmath>

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

/// Points at a key of the fault, if it is there.
void report_at(const Examination& examination, const char* key, const std::string& message) {
  const Value* found = examination.where.find(key);
  if (found != nullptr)
    examination.problems.error(found->position(), pointer_to(examination.path, key), message);
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

Component* component_named(Directory& directory, const Target& target) {
  for (Component* component : directory.components())
    if (component->id() == target.component) return component;
  return nullptr;
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

bool examine_target(Directory& directory, const Target& target, const std::string& verb, bool zones,
                    const Examination& examination) {
  if (target.callee) {
    if (choose_edges(directory, target).empty())
      report_at(examination, verb.c_str(),
                in_quotes(target.component) + " sends nothing to " + in_quotes(*target.callee));
    return true;
  }
  const Component* const component = component_named(directory, target);
  if (component == nullptr) {
    if (!zones || target.instance)
      report_at(examination, verb.c_str(), in_quotes(target.component) + " is no component");
    return false;
  }
  const std::size_t instances = component->instances().size();
  if (target.instance && *target.instance >= instances)
    report_at(examination, verb.c_str(),
              in_quotes(target.component) + " has " + std::to_string(instances) +
                  (instances == 1 ? " instance" : " instances") + ", the last one is " +
                  target.component + "[" + std::to_string(instances - 1) + "]");
  return true;
}

std::optional<Target> Target::parse(const std::string& text) {
  Target target;
  const std::size_t arrow = text.find("->");
  if (arrow != std::string::npos) {
    target.component = trimmed(std::string_view(text).substr(0, arrow));
    target.callee = trimmed(std::string_view(text).substr(arrow + 2));
    if (!is_id(target.component) || !is_id(*target.callee)) return std::nullopt;
    return target;
  }
  std::string whole = trimmed(text);
  const std::size_t bracket = whole.find('[');
  if (bracket != std::string::npos) {
    std::uint32_t number = 0;
    const char* const begin = whole.data() + bracket + 1;
    const char* const end = whole.data() + whole.size();
    const auto [rest, error] = std::from_chars(begin, end, number);
    if (error != std::errc{} || end - rest != 1 || *rest != ']') return std::nullopt;
    target.instance = number;
    whole.resize(bracket);
  }
  target.component = whole;
  if (!is_id(target.component)) return std::nullopt;
  return target;
}

std::string Target::text() const {
  if (callee) return component + " -> " + *callee;
  if (instance) return component + "[" + std::to_string(*instance) + "]";
  return component;
}

namespace {

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
  std::vector<Instance*> in_order = chosen;
  std::size_t wanted = chosen.size();
  if (extent.count) wanted = std::min<std::size_t>(*extent.count, chosen.size());
  if (extent.percent)
    wanted = static_cast<std::size_t>(
        std::ceil(extent.percent->value * static_cast<double>(chosen.size()) - 1e-9));
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

}  // namespace

Victims choose_instances(World& world, Directory& directory, const Target& target,
                         const FaultExtent& extent, const Strike& strike) {
  return [&world, &directory, target, extent, strike] {
    return those_hit(world, directory, target, extent, strike);
  };
}

std::vector<Edge*> choose_edges(Directory& directory, const Target& target) {
  std::vector<Edge*> chosen;
  for (Edge& edge : directory.edges()) {
    const bool hit = target.callee
                         ? edge.from().id() == target.component && edge.to().id() == *target.callee
                         : edge.to().id() == target.component;
    if (hit) chosen.push_back(&edge);
  }
  return chosen;
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
