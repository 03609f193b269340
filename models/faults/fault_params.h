#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "engine/model/component.h"

namespace highwater::faults {

/// What every fault says beside its verb: when, and for how long.
struct FaultTiming {
  Duration at{0};
  std::optional<Duration> lasts;

  static constexpr auto fields() {
    return Fields{
        field<&FaultTiming::at>("When it strikes, from the beginning of the run.").required(),
        field<&FaultTiming::lasts>("How long it lasts; for good unless given.")
            .named("for")
            .at_least(Duration{1})};
  }
};

/// How many of a component's instances a fault hits.
struct FaultExtent {
  std::optional<std::uint32_t> count;
  std::optional<Fraction> percent;

  static constexpr auto fields() {
    return Fields{
        field<&FaultExtent::count>("So many instances of the target, chosen at random; all of them "
                                   "unless given.")
            .at_least(1u),
        field<&FaultExtent::percent>("Such a part of the target's instances, rounded up, chosen at "
                                     "random.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

/// What a fault is aimed at: "api", "api[2]", or the edge "api -> users-db".
struct Target {
  std::string component;
  std::optional<std::uint32_t> instance;
  std::optional<std::string> callee;  ///< Of an edge.

  /// Parses the three forms; nullopt for anything else.
  static std::optional<Target> parse(const std::string& text);
  std::string text() const;
};

/// Chooses the instances that a fault hits in one replication, in order of their numbers: to be
/// asked when it begins, since an autoscaler may have changed by then who is there.
using Victims = std::function<std::vector<Instance*>()>;
Victims choose_instances(World& world, Directory& directory, const Target& target,
                         const FaultExtent& extent, std::size_t fault_number);

/// Reports a target that the joined system does not have.
/// @param verb  The key that names the target.
/// @return false where it is not even a component, but a zone: documents let both through.
bool examine_target(Directory& directory, const Target& target, const std::string& verb,
                    const Examination& examination);

/// The edges that a fault hits: the one named, or all those into the component.
std::vector<Edge*> choose_edges(Directory& directory, const Target& target);

/// "api[0], api[2]", or "api" where all of a component are meant.
std::string list_of(const std::vector<Instance*>& instances);

}  // namespace highwater::faults
