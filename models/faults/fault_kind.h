#pragma once

#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/model/fault.h"
#include "models/faults/fault_params.h"

namespace highwater::faults {

using Aim = FaultAim;

/// Reports a target that is none of the verb's forms.
std::optional<Target> read_target(const std::string& text, Aim aim, const std::string& verb,
                                  Preparation& preparation);

/// Reports a component of a kind that the verb means nothing to.
/// @return whether it is one of those kinds.
bool examine_kind(const Component& component, std::span<const std::string_view> kinds,
                  const std::string& verb, const Examination& examination);

/// When a fault with these parameters strikes.
template <class P>
FaultSchedule schedule_of(const P& params) {
  FaultSchedule schedule = params.timing.schedule();
  if constexpr (requires { params.gradual.ramp; }) {
    schedule.ramp = params.gradual.ramp;
    schedule.fade = params.gradual.fade;
  }
  return schedule;
}

/// The entry of a verb. P is its params struct: the first field is the verb with the target,
/// `timing` (FaultTiming) is inlined, `gradual` (FaultRamp) too where the action is a
/// GradualAction, `callers` (CallerExtent) where it hits edges, and arm() makes the action:
///   std::unique_ptr<FaultAction> arm(World&, Directory&, const Target&, const Strike& strike)
///   const;
/// and, where it means something to some kinds of components only (and is aimed at those),
///   static constexpr std::string_view kKinds[] = {"cache"};
/// and, where a search for weaknesses is to try it, what it says beside target and times: all verbs
/// but `config`, which has nothing to set without the parameters of its target, and `scale`, which
/// is kill with a count where it takes something away,
///   static constexpr std::string_view kTrials[] = {R"({"count": 1})"};
/// and, where two of them may say what cannot both be of one target,
///   bool contradicts(const P& other) const;
/// and, where its other fields name what only shows when components are joined, examine() reports
/// what is wrong with them:
///   void examine(Directory&, const Target&, const Examination&) const;
/// or, where it is aimed at zones, all there is to say about them:
///   void examine(World&, Directory&, const Examination&) const;
/// and, where reading it takes a look at the scenario around it, what comes of that and goes to
/// examine() and arm() as their last argument; null after a problem:
///   std::shared_ptr<const X> prepare(const Target&, Preparation&) const;
template <class P>
concept Prepared = requires(const P& params, const Target& target, Preparation& preparation) {
  params.prepare(target, preparation);
};

/// What prepare() makes; an empty thing where there is none.
template <class P>
auto prepared(const P& params, const Target& target, Preparation& preparation) {
  if constexpr (Prepared<P>)
    return params.prepare(target, preparation);
  else
    return std::make_shared<const std::monostate>();
}

template <class P>
FaultKind fault_kind(std::string verb, std::string P::*aimed_at, Aim aim, std::string summary,
                     std::string source) {
  using Made = decltype(prepared(std::declval<const P&>(), std::declval<const Target&>(),
                                 std::declval<Preparation&>()));
  class Plan final : public FaultPlan {
   public:
    Plan(P params, Target target, std::string verb, Aim aim, Made made)
        : FaultPlan(schedule_of(params)),
          params_(std::move(params)),
          made_(std::move(made)),
          target_(std::move(target)),
          verb_(std::move(verb)),
          aim_(aim) {}
    std::string text() const override { return verb_ + " " + target_.text(); }
    bool contradicts(const FaultPlan& other) const override {
      if constexpr (requires { params_.contradicts(params_); }) {
        const Plan* const same = dynamic_cast<const Plan*>(&other);
        return same != nullptr && same->target_.text() == target_.text() &&
               params_.contradicts(same->params_);
      }
      return false;
    }
    void examine(Directory& directory, const Examination& examination) const override {
      if constexpr (requires(World & world) { params_.examine(world, directory, examination); }) {
        params_.examine(directory.components().front()->world(), directory, examination);
        return;
      }
      const bool zones = aim_ == Aim::instances;
      const bool named = examine_target(directory, target_, verb_, zones, examination);
      if constexpr (requires { params_.extent; }) examine_extent(directory, target_, examination);
      if constexpr (requires { params_.callers; }) examine_callers(directory, target_, examination);
      if (!named) return;
      if constexpr (requires { P::kKinds[0]; }) {
        const Component& component = directory.component(target_.component);
        if (!examine_kind(component, P::kKinds, verb_, examination)) return;
      }
      if constexpr (Prepared<P>)
        params_.examine(directory, target_, examination, *made_);
      else if constexpr (requires { params_.examine(directory, target_, examination); })
        params_.examine(directory, target_, examination);
    }
    std::unique_ptr<FaultAction> arm(World& world, Directory& directory,
                                     const Strike& strike) const override {
      if constexpr (Prepared<P>)
        return params_.arm(world, directory, target_, strike, *made_);
      else
        return params_.arm(world, directory, target_, strike);
    }

   private:
    P params_;
    Made made_;
    Target target_;
    std::string verb_;
    Aim aim_;
  };
  FaultKind kind;
  kind.info = kind_info<P>(verb, std::move(summary), std::move(source));
  kind.aim = aim;
  if constexpr (requires { P::kKinds[0]; })
    kind.kinds.assign(std::begin(P::kKinds), std::end(P::kKinds));
  if constexpr (requires { P::kTrials[0]; })
    kind.trials.assign(std::begin(P::kTrials), std::end(P::kTrials));
  kind.read = [=](Preparation& preparation) -> std::shared_ptr<const FaultPlan> {
    const std::size_t before = preparation.problems.error_count();
    P params = read_params<P>(preparation.where, preparation.path, preparation.problems);
    if (preparation.problems.error_count() != before) return nullptr;
    std::optional<Target> target = read_target(params.*aimed_at, aim, verb, preparation);
    if (!target) return nullptr;
    Made made = prepared(params, *target, preparation);
    if (made == nullptr) return nullptr;
    return std::make_shared<Plan>(std::move(params), std::move(*target), verb, aim,
                                  std::move(made));
  };
  return kind;
}

}  // namespace highwater::faults
