#pragma once

#include <functional>
#include <memory>

#include "engine/model/kind.h"

namespace highwater {

/// What a section does to one replication, for as long as that lives.
class SectionEffect {
 public:
  virtual ~SectionEffect() = default;
};

/// A section of the scenario's top level, read and checked. Immutable, shared by all replications.
class SectionPlan {
 public:
  virtual ~SectionPlan() = default;

  /// Asked once before a run: reports what only shows when components are joined.
  virtual void examine(Directory& directory, const Examination& examination) const = 0;
  /// The components are connected, and nothing has begun.
  virtual std::unique_ptr<SectionEffect> join(World& world, Directory& directory) const = 0;
};

/// A section that models declare: what it says concerns many components at once.
struct SectionKind {
  KindInfo info;  ///< Its fields are those of the section.
  /// Writes what the section gives as defaults into the rest of the scenario, wherever that says
  /// nothing else. `section` is right by itself, the rest may be wrong in any way.
  void (*fill)(const Value& section, Value& root) = nullptr;
  /// Reads the section. After a problem the plan is null.
  std::function<std::shared_ptr<const SectionPlan>(Preparation&)> read;
};

}  // namespace highwater
