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

void FaultExtent::check(const Value& where, const std::string& path, Problems& problems) const {
  if (count && percent)
    problems.error(where.position(), pointer_to(path, "percent"),
                   "a fault has either a count or a percent of its target");
}

bool examine_target(Directory& directory, const Target& target, const std::string& verb,
                    const Examination& examination) {
  if (target.callee) {
    if (choose_edges(directory, target).empty())
      report_at(examination, verb.c_str(),
                in_quotes(target.component) + " sends nothing to " + in_quotes(*target.callee));
    return true;
  }
  const std::span<Component* const> all = directory.components();
  if (std::none_of(all.begin(), all.end(),
                   [&](const Component* one) { return one->id() == target.component; })) {
    report_at(examination, verb.c_str(), in_quotes(target.component) + " is no component");
    return false;
  }
  const std::size_t instances = directory.component(target.component).instances().size();
  const std::string having = in_quotes(target.component) + " has " + std::to_string(instances) +
                             (instances == 1 ? " instance" : " instances");
  if (target.instance && *target.instance >= instances)
    report_at(examination, verb.c_str(),
              having + ", the last one is " + target.component + "[" +
                  std::to_string(instances - 1) + "]");
  const Value* count = examination.where.find("count");
  if (count != nullptr && (target.instance || count->whole().value_or(0) > instances))
    report_at(examination, "count", target.instance ? "one instance is named already" : having);
  if (target.instance) report_at(examination, "percent", "one instance is named already");
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
                                 const FaultExtent& extent, std::size_t fault_number) {
  const auto all = directory.component(target.component).instances();
  if (target.instance) return {all[*target.instance].get()};
  std::vector<Instance*> chosen;
  for (const auto& instance : all)
    if (!instance->absent()) chosen.push_back(instance.get());
  std::size_t wanted = chosen.size();
  if (extent.count) wanted = std::min<std::size_t>(*extent.count, chosen.size());
  if (extent.percent)
    wanted = static_cast<std::size_t>(
        std::ceil(extent.percent->value * static_cast<double>(chosen.size()) - 1e-9));
  // Fisher-Yates as far as it is needed, then back in order, so that logs read well.
  RandomStream random = world.stream("faults", std::to_string(fault_number));
  for (std::size_t i = 0; i < wanted; ++i)
    std::swap(chosen[i], chosen[i + random.below(chosen.size() - i)]);
  chosen.resize(wanted);
  std::sort(chosen.begin(), chosen.end(),
            [](const Instance* a, const Instance* b) { return a->index() < b->index(); });
  return chosen;
}

}  // namespace

Victims choose_instances(World& world, Directory& directory, const Target& target,
                         const FaultExtent& extent, std::size_t fault_number) {
  return [&world, &directory, target, extent, fault_number] {
    return those_hit(world, directory, target, extent, fault_number);
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
  const Component& component = instances.front()->component();
  if (instances.size() > 1 && instances.size() == component.instances().size())
    return component.id();
  std::string text;
  for (const Instance* instance : instances) text += (text.empty() ? "" : ", ") + instance->label();
  return text;
}

}  // namespace highwater::faults
