#include "engine/experiment/costs.h"

#include <string>
#include <utility>

#include "engine/describe/said.h"
#include "engine/kernel/check.h"

namespace highwater {
namespace {

constexpr double kHour = 3600;
constexpr double kMillion = 1e6;

double hours(Time now) {
  return seconds(now) / kHour;
}

/// What the component has cost so far.
double cost_of(const PriceParams& price, const Component& component, Time now) {
  double cost = price.hour * hours(now);
  if (price.instance_hour > 0) {
    double paid = 0;
    for (const auto& instance : component.instances()) paid += instance->paid_integral(now);
    cost += price.instance_hour * paid / kHour;
  }
  cost += price.million_requests * static_cast<double>(component.received()) / kMillion;
  cost += price.gb_second * component.billed_gb_seconds().value_or(0);
  return cost;
}

/// Everything that has a price.
class Bill {
 public:
  void add(const PriceParams& price, const Component& component) {
    items_.emplace_back(&price, &component);
  }
  double total(Time now) const {
    double sum = 0;
    for (const auto& [price, component] : items_) sum += cost_of(*price, *component, now);
    return sum;
  }

 private:
  std::vector<std::pair<const PriceParams*, const Component*>> items_;
};

}  // namespace

KindInfo cost_kind() {
  KindInfo kind;
  kind.name = "cost";
  kind.summary = "What everything that has a price costs together, in the scenario's currency.";
  kind.metrics = {
      {"per_hour", "/h", "For an hour."},
      {"per_million_requests", "", "For a million requests completed, of all clients together."}};
  return kind;
}

void measure_costs(Recorder& recorder, const System& system,
                   const std::vector<std::unique_ptr<Component>>& components) {
  const auto bill = std::make_shared<Bill>();
  bool any = false;
  for (std::size_t i = 0; i < components.size(); ++i) {
    const std::optional<PriceParams>& price = system.parts[i].price;
    if (!price) continue;
    any = true;
    const Component& component = *components[i];
    bill->add(*price, component);
    Recorder::Owner* const owner = recorder.find(component.id());
    HIGHWATER_CHECK(owner != nullptr);
    owner->time_ratio(
        "cost_per_hour", [&price, &component](Time now) { return cost_of(*price, component, now); },
        hours);
  }
  if (!any) return;
  const auto total = [bill](Time now) { return bill->total(now); };
  Recorder::Owner& all = recorder.owner("cost");
  all.time_ratio("per_hour", total, hours);
  all.time_ratio("per_million_requests", total, [&components](Time) {
    std::uint64_t completed = 0;
    for (const auto& component : components) completed += component->completed();
    return static_cast<double>(completed) / kMillion;
  });
}

void examine_price(const PriceParams& price, const ModelKind& kind, const Component& component,
                   const Examination& examination) {
  const auto refuse = [&](const char* key, const std::string& why) {
    const Value* const given = examination.where.find(key);
    examination.problems.error((given != nullptr ? *given : examination.where).position(),
                               pointer_to(examination.path, key), why);
  };
  if (price.gb_second > 0 && !component.billed_gb_seconds())
    refuse("gb_second", "a " + kind.info.name +
                            " is not billed by the memory that its requests use; a function is");
  if (price.million_requests > 0 && !kind.info.callable && !kind.info.publishable)
    refuse("million_requests", "no requests reach a " + kind.info.name);
}

}  // namespace highwater
