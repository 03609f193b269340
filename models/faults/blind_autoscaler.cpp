/// blind_autoscaler: an autoscaler does not see, sees too late, or does nothing.
///
/// Assumes  without readings each policy does what its product does: the HPA and target tracking
///          leave the number as it is. A cluster's autoscaler and a function's concurrency have no
///          readings that could be missing: they can only be frozen; a function that is makes no
///          environment on demand and throttles whoever finds none waiting.
/// Source   Kubernetes HPA, "Support for metrics APIs" (no scaling without metrics);
///          CloudWatch alarms (INSUFFICIENT_DATA); ALGORITHMS 9.3 autoscaler_fault.
/// Checked  tests/faults/blind_autoscaler_test.cpp

#include "engine/describe/said.h"
#include "engine/describe/words.h"
#include "models/cluster/cluster.h"
#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"
#include "models/function/function.h"
#include "models/scaling/autoscaler.h"

namespace highwater::autoscaling {

constexpr auto words_of(Blindness::Mode) {
  using Mode = Blindness::Mode;
  return std::array{
      Word{Mode::missing, "missing", "It finds no readings: the metrics pipeline is down."},
      Word{Mode::late, "late", "Readings arrive later by late_by; until then the last ones stand."},
      Word{Mode::frozen, "frozen",
           "It decides nothing: the controller is down, or scaling is "
           "suspended."}};
}

}  // namespace highwater::autoscaling

namespace highwater::faults {
namespace {

using autoscaling::Blindness;

autoscaling::Autoscaler* autoscaler_of(Component& component) {
  auto* const scaled = dynamic_cast<autoscaling::Scaled*>(&component);
  return scaled == nullptr ? nullptr : scaled->autoscaler();
}

class Blind final : public FaultAction {
 public:
  Blind(Component& component, Blindness blindness) : component_(component), blindness_(blindness) {}
  std::string begin() override {
    if (auto* const autoscaler = autoscaler_of(component_))
      autoscaler->begin(blindness_);
    else if (auto* const function = dynamic_cast<function::Growing*>(&component_))
      function->freeze();
    else
      cluster::cluster_of(component_).freeze();
    return "blind_autoscaler " + component_.id();
  }
  void end() override {
    if (auto* const autoscaler = autoscaler_of(component_))
      autoscaler->end(blindness_);
    else if (auto* const function = dynamic_cast<function::Growing*>(&component_))
      function->unfreeze();
    else
      cluster::cluster_of(component_).unfreeze();
  }

 private:
  Component& component_;
  Blindness blindness_;
};

struct BlindAutoscalerFault {
  static constexpr std::string_view kKinds[] = {"service", "cluster", "function"};
  static constexpr std::string_view kTrials[] = {R"({})"};

  std::string blind_autoscaler;
  FaultTiming timing;
  Blindness::Mode mode = Blindness::Mode::missing;
  Duration late_by = 60s;

  static constexpr auto fields() {
    using F = BlindAutoscalerFault;
    return Fields{
        field<&F::blind_autoscaler>("The service, cluster or function whose autoscaler it is.")
            .required(),
        inlined<&F::timing>(), field<&F::mode>("What is wrong with it."),
        field<&F::late_by>("Of late readings, beside what they take anyway.")
            .at_least(Duration{1})};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (mode == Blindness::Mode::late) return;
    if (const Value* const given = said<BlindAutoscalerFault>(where, "late_by"))
      problems.error(given->position(), pointer_to(path, "late_by"), "is for the mode late");
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    Component& component = directory.component(target.component);
    const auto wrong = [&](const char* key, const std::string& what) {
      const Value* const given = examination.where.find(key);
      examination.problems.error((given != nullptr ? *given : examination.where).position(),
                                 pointer_to(examination.path, key), what);
    };
    const std::string name = in_quotes(component.id());
    if (component.kind() == "service") {
      if (autoscaler_of(component) == nullptr)
        wrong("blind_autoscaler", name + " has no \"autoscaler\"");
      return;
    }
    if (component.kind() == "cluster" && !cluster::cluster_of(component).orders_nodes())
      return wrong("blind_autoscaler", name + " has no \"autoscaler\"");
    if (mode != Blindness::Mode::frozen)
      wrong("mode", name + " is a " + std::string(component.kind()) +
                        ", which scales without readings: it can only be frozen");
  }
  std::unique_ptr<FaultAction> arm(World&, Directory& directory, const Target& target,
                                   const Strike&) const {
    const bool late = mode == Blindness::Mode::late;
    return std::make_unique<Blind>(directory.component(target.component),
                                   Blindness{mode, late ? late_by : Duration{0}});
  }
};

}  // namespace

FaultKind blind_autoscaler() {
  return fault_kind<BlindAutoscalerFault>(
      "blind_autoscaler", &BlindAutoscalerFault::blind_autoscaler, Aim::whole,
      "An autoscaler sees nothing, sees too late, or does nothing.",
      "Kubernetes HPA; CloudWatch INSUFFICIENT_DATA");
}

}  // namespace highwater::faults
