#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/kind.h"

namespace highwater {

/// What a fault does to one replication. Begun and ended once each by the injector.
class FaultAction {
 public:
  virtual ~FaultAction() = default;
  /// @return what was hit, in words for the events log: "kill api[1]".
  virtual std::string begin() = 0;
  virtual void end() = 0;
};

/// One fault of the scenario, read and checked. Immutable, shared by all replications.
class FaultPlan {
 public:
  FaultPlan(Duration at, std::optional<Duration> lasts) : at_(at), lasts_(lasts) {}
  virtual ~FaultPlan() = default;

  Duration at() const { return at_; }
  /// How long it stays; for good when absent.
  std::optional<Duration> lasts() const { return lasts_; }

  /// "kill api", for charts and tables.
  virtual std::string text() const = 0;
  /// Asked once before a run: reports a target that is not there.
  virtual void examine(Directory& directory, const Examination& examination) const = 0;
  /// @param number  Of the fault in the scenario; keys the choice of instances.
  virtual std::unique_ptr<FaultAction> arm(World& world, Directory& directory,
                                           std::size_t number) const = 0;

 private:
  Duration at_;
  std::optional<Duration> lasts_;
};

/// A verb of `faults`.
struct FaultKind {
  KindInfo info;
  /// Reads the fault from its object. After a problem the plan is null.
  std::function<std::shared_ptr<const FaultPlan>(Preparation&)> read;
};

}  // namespace highwater
