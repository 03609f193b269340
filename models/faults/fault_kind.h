#pragma once

#include <memory>
#include <string>
#include <utility>

#include "engine/model/fault.h"
#include "models/faults/fault_params.h"

namespace highwater::faults {

/// What a verb may be aimed at.
enum class Aim : std::uint8_t { instances, nodes, clusters, edges };

/// Reports a target that is none of the verb's forms.
std::optional<Target> read_target(const std::string& text, Aim aim, const std::string& verb,
                                  Preparation& preparation);

/// Reports a component that has no nodes, for a verb that is aimed at those.
void examine_nodes(Directory& directory, const Target& target, const std::string& verb,
                   const Examination& examination);

/// The entry of a verb. P is its params struct: the first field is the verb with the target,
/// `timing` (FaultTiming) is inlined, and arm() makes the action:
///   std::unique_ptr<FaultAction> arm(World&, Directory&, const Target&, std::size_t number) const;
/// and, where its other fields name what only shows when components are joined, examine() reports
/// what is wrong with them:
///   void examine(Directory&, const Target&, const Examination&) const;
template <class P>
FaultKind fault_kind(std::string verb, std::string P::*aimed_at, Aim aim, std::string summary,
                     std::string source) {
  class Plan final : public FaultPlan {
   public:
    Plan(P params, Target target, std::string verb, Aim aim)
        : FaultPlan(params.timing.at, params.timing.lasts),
          params_(std::move(params)),
          target_(std::move(target)),
          verb_(std::move(verb)),
          aim_(aim) {}
    std::string text() const override { return verb_ + " " + target_.text(); }
    void examine(Directory& directory, const Examination& examination) const override {
      if (!examine_target(directory, target_, verb_, examination)) return;
      if (aim_ == Aim::nodes || aim_ == Aim::clusters)
        examine_nodes(directory, target_, verb_, examination);
      if constexpr (requires { params_.examine(directory, target_, examination); })
        params_.examine(directory, target_, examination);
    }
    std::unique_ptr<FaultAction> arm(World& world, Directory& directory,
                                     std::size_t number) const override {
      return params_.arm(world, directory, target_, number);
    }

   private:
    P params_;
    Target target_;
    std::string verb_;
    Aim aim_;
  };
  FaultKind kind;
  kind.info = kind_info<P>(verb, std::move(summary), std::move(source));
  kind.read = [=](Preparation& preparation) -> std::shared_ptr<const FaultPlan> {
    const std::size_t before = preparation.problems.error_count();
    P params = read_params<P>(preparation.where, preparation.path, preparation.problems);
    if (preparation.problems.error_count() != before) return nullptr;
    std::optional<Target> target = read_target(params.*aimed_at, aim, verb, preparation);
    if (!target) return nullptr;
    return std::make_shared<Plan>(std::move(params), std::move(*target), verb, aim);
  };
  return kind;
}

}  // namespace highwater::faults
