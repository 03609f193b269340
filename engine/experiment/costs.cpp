#include "engine/experiment/costs.h"

#include <string>
#include <utility>

#include "engine/describe/said.h"
#include "engine/kernel/check.h"

namespace highwater {
namespace {

constexpr double kHour = 3600;
constexpr double kMillion = 1e6;
constexpr double kGigabyte = 1e9;

double hours(Time now) {
  return seconds(now) / kHour;
}

/// The ways over which a component sends what it may be charged for.
std::vector<const Edge*> edges_of(Directory& directory, const Component& component) {
  std::vector<const Edge*> found;
  for (const Edge& edge : directory.edges())
    if (edge.knows_sizes() && (&edge.from() == &component || &edge.to() == &component))
      found.push_back(&edge);
  return found;
}

/// One component with its price.
class Item {
 public:
  Item(const PriceParams& price, const Component& component, std::vector<const Edge*> edges)
      : price_(price), component_(component), edges_(std::move(edges)) {}

  /// What it has cost so far.
  double cost(Time now) const {
    double cost = price_.hour * hours(now);
    if (price_.instance_hour > 0) {
      double paid = 0;
      for (const auto& instance : component_.instances()) paid += instance->paid_integral(now);
      cost += price_.instance_hour * paid / kHour;
    }
    cost += price_.million_requests * static_cast<double>(component_.received()) / kMillion;
    cost += price_.gb_sent * static_cast<double>(sent()) / kGigabyte;
    cost += price_.gb_second * component_.billed_gb_seconds().value_or(0);
    return cost;
  }

 private:
  /// Bytes of its own requests, and of its answers to others.
  std::uint64_t sent() const {
    std::uint64_t sum = 0;
    for (const Edge* edge : edges_) {
      if (&edge->from() == &component_) sum += edge->bytes_sent();
      if (&edge->to() == &component_) sum += edge->bytes_received();
    }
    return sum;
  }

  const PriceParams& price_;
  const Component& component_;
  std::vector<const Edge*> edges_;
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
                   const std::vector<std::unique_ptr<Component>>& components,
                   Directory& directory) {
  std::vector<std::shared_ptr<const Item>> bill;
  for (std::size_t i = 0; i < components.size(); ++i) {
    const std::optional<PriceParams>& price = system.parts[i].price;
    if (!price) continue;
    const Component& component = *components[i];
    const auto item =
        std::make_shared<const Item>(*price, component, edges_of(directory, component));
    bill.push_back(item);
    Recorder::Owner* const owner = recorder.find(component.id());
    HIGHWATER_CHECK(owner != nullptr);
    owner->time_ratio(
        "cost_per_hour", [item](Time now) { return item->cost(now); }, hours);
  }
  if (bill.empty()) return;
  const auto total = [bill](Time now) {
    double sum = 0;
    for (const auto& item : bill) sum += item->cost(now);
    return sum;
  };
  Recorder::Owner& all = recorder.owner("cost");
  all.time_ratio("per_hour", total, hours);
  all.time_ratio("per_million_requests", total, [&components](Time) {
    std::uint64_t completed = 0;
    for (const auto& component : components) completed += component->completed();
    return static_cast<double>(completed) / kMillion;
  });
}

void examine_price(const PriceParams& price, const ModelKind& kind, const Component& component,
                   Directory& directory, const Examination& examination) {
  const auto refuse = [&](const char* key, const std::string& why) {
    const Value* const given = examination.where.find(key);
    examination.problems.error((given != nullptr ? *given : examination.where).position(),
                               pointer_to(examination.path, key), why);
  };
  if (price.gb_second > 0 && !component.billed_gb_seconds())
    refuse("gb_second", "a " + kind.info.name +
                            " is not billed by the memory that its requests use; a function is");
  if (price.gb_sent > 0 && edges_of(directory, component).empty())
    refuse("gb_sent", "no call to it or of it has a \"transport\", which says how much is sent");
  if (price.million_requests > 0 && !kind.info.callable && !kind.info.publishable)
    refuse("million_requests", "no requests reach a " + kind.info.name);
}

}  // namespace highwater
