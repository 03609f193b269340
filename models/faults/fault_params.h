#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "engine/describe/field.h"
#include "engine/model/component.h"

namespace highwater::faults {

/// What every fault says beside its verb: when, for how long, and how much of the target.
struct FaultTiming {
  Duration at{0};
  std::optional<Duration> lasts;
  std::optional<std::uint32_t> count;
  std::optional<Fraction> percent;

  static constexpr auto fields() {
    return std::tuple{
        field<&FaultTiming::at>("When it strikes, from the beginning of the run.").required(),
        field<&FaultTiming::lasts>("How long it lasts; for good unless given.")
            .named("for")
            .at_least(Duration{1}),
        field<&FaultTiming::count>("So many instances of the target, chosen at random; all of them "
                                   "unless given.")
            .at_least(1u),
        field<&FaultTiming::percent>("Such a part of the target's instances, rounded up, chosen at "
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

/// The instances that a fault hits in one replication, in order of their numbers.
std::vector<Instance*> choose_instances(World& world, Directory& directory, const Target& target,
                                        const FaultTiming& timing, std::size_t fault_number);

/// The edges that a fault hits: the one named, or all those into the component.
std::vector<Edge*> choose_edges(Directory& directory, const Target& target);

/// "api[0], api[2]", or "api" where all of a component are meant.
std::string list_of(const std::vector<Instance*>& instances);

}  // namespace highwater::faults
