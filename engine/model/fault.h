#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/kernel/distribution.h"
#include "engine/model/kind.h"

namespace highwater {

/// What a fault does to one replication. Begun by the injector and ended by it, in turn.
class FaultAction {
 public:
  virtual ~FaultAction() = default;
  /// @return what was hit, in words for the events log: "kill api[1]".
  virtual std::string begin() = 0;
  virtual void end() = 0;
  /// How much of the effect there is to be, above 0 and up to 1, which it is unless said otherwise:
  /// before it begins and while it is on. Only what grows or fades is told.
  virtual void set_strength(double) {}
};

/// The action of a verb whose effect has a size that may grow and fade.
class GradualAction : public FaultAction {
 public:
  std::string begin() final {
    std::string text = aim();
    apply(strength_);
    on_ = true;
    return text;
  }
  void end() final {
    withdraw(strength_);
    on_ = false;
  }
  void set_strength(double strength) final {
    if (on_) withdraw(strength_);
    strength_ = strength;
    if (on_) apply(strength_);
  }

 protected:
  /// Chooses what is hit. @return the text of begin().
  virtual std::string aim() = 0;
  /// Brings on the effect in that strength.
  virtual void apply(double strength) = 0;
  /// Takes back exactly what apply() with the same strength did; what other faults did stays.
  virtual void withdraw(double strength) = 0;

 private:
  double strength_ = 1;
  bool on_ = false;
};

/// Times at random at which a fault strikes. Exactly one of the first three is there.
struct RandomStrikes {
  std::optional<Distribution> gaps;         ///< From one strike to the next.
  std::optional<double> per_second;         ///< Of a Poisson process.
  std::optional<double> daily_probability;  ///< Once a day at most, at a time drawn evenly.
  Duration from{0};
  std::optional<Duration> until;  ///< Until the end of the run when absent.
  /// Hours of the day in which it may strike; a run begins on a Monday at midnight.
  struct Hours {
    Duration from{0}, until{0};
    int days = 5;  ///< So many from Monday on.
  };
  std::optional<Hours> hours;
};

/// When a fault strikes, how long it lasts, and how it comes and goes. Exactly one of the first
/// three is there, unless somebody else lets it strike.
struct FaultSchedule {
  std::optional<Duration> at;
  std::optional<std::string> when;  ///< A condition, as written.
  std::optional<RandomStrikes> random;
  Duration delay{0};                  ///< From the condition's coming true to the strike.
  std::optional<Distribution> lasts;  ///< For good when absent.
  Duration ramp{0};                   ///< From its beginning until all of its effect is there.
  Duration fade{0};                   ///< From its end until all of it has gone.
  double probability = 1;             ///< That it strikes when its time has come.
};

/// One strike of a fault: names the streams that its choices are drawn from.
struct Strike {
  std::size_t fault = 0;       ///< Its number in the scenario.
  std::size_t occurrence = 0;  ///< 0 for the first time it strikes.

  std::string key() const {
    const std::string first = std::to_string(fault);
    return occurrence == 0 ? first : first + "." + std::to_string(occurrence);
  }
};

/// One fault of the scenario, read and checked. Immutable, shared by all replications.
class FaultPlan {
 public:
  explicit FaultPlan(FaultSchedule schedule) : schedule_(std::move(schedule)) {}
  virtual ~FaultPlan() = default;

  const FaultSchedule& schedule() const { return schedule_; }

  /// "kill api", for charts and tables.
  virtual std::string text() const = 0;
  /// Whether it cannot be on at the same time as another one.
  virtual bool contradicts(const FaultPlan&) const { return false; }
  /// Asked once before a run: reports a target that is not there.
  virtual void examine(Directory& directory, const Examination& examination) const = 0;
  /// What one strike does. Called when it is to begin, or before the run.
  virtual std::unique_ptr<FaultAction> arm(World& world, Directory& directory,
                                           const Strike& strike) const = 0;

 private:
  FaultSchedule schedule_;
};

/// What a verb may be aimed at.
enum class FaultAim : std::uint8_t {
  instances,  ///< Those of a component, one of them, or all that a zone has.
  members,    ///< Those of a component, or one of them.
  whole,      ///< A component as a whole.
  edges,      ///< One edge, between instances or zones too, or all into a component.
  zone,       ///< A zone as a whole.
};

/// A verb of `faults`.
struct FaultKind {
  KindInfo info;
  FaultAim aim = FaultAim::instances;
  std::vector<std::string> kinds;   ///< Of components that it means something to; empty for all.
  std::vector<std::string> trials;  ///< What a search for weaknesses tries: {"factor": "3x"}.
  /// Reads the fault from its object. After a problem the plan is null.
  std::function<std::shared_ptr<const FaultPlan>(Preparation&)> read;
};

}  // namespace highwater
