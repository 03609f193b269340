#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/metrics/bar_chart.h"
#include "engine/model/component.h"
#include "engine/model/price.h"

namespace highwater {

/// A component's parameters, read and checked, with what was prepared from them (a trace loaded).
/// Immutable: every replication on every thread builds its own component from the same blueprint.
class Blueprint {
 public:
  virtual ~Blueprint() = default;
  virtual std::unique_ptr<Component> build(World& world, const std::string& id) const = 0;
  /// The parameters with every default filled in.
  virtual Value written() const { return {}; }
  /// The most instances that it may ever have; 0 where their number never changes.
  virtual std::uint32_t most_instances() const { return 0; }
};

/// A blueprint with parameters of that type.
template <Described P>
class BlueprintOf : public Blueprint {
 public:
  explicit BlueprintOf(P params) : params_(std::move(params)) {}

  const P& params() const { return params_; }
  Value written() const override { return write_params(params_); }
  std::uint32_t most_instances() const override {
    if constexpr (requires { params_.most_replicas(); }) return params_.most_replicas();
    return 0;
  }

 protected:
  P params_;
};

/// The parameters of a blueprint that is known to have this type of them.
template <Described P>
const P& params_in(const Blueprint& blueprint) {
  return static_cast<const BlueprintOf<P>&>(blueprint).params();
}

/// Reads one component of a scenario with other parameters than it has there. Immutable.
class PartReader {
 public:
  virtual ~PartReader() = default;
  /// As the scenario has it.
  virtual const std::shared_ptr<const Blueprint>& original() const = 0;
  /// With these changes, later ones over earlier ones. Each is an object whose keys are paths below
  /// the component, as settings on the command line have them: {"calls.timeout": "1s"}.
  /// @param where  Whose problem it is when that cannot be; see Examination.
  /// @param value  Where given, becomes the component's object.
  /// @return null after a problem.
  virtual std::shared_ptr<const Blueprint> read(const std::vector<const Value*>& changes,
                                                const Examination& where,
                                                Value* value = nullptr) const = 0;
};

/// The scenario that a fault stands in, for faults that change its components while they run.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  /// Null where there is no such component, or something is wrong with it by itself.
  virtual std::shared_ptr<const PartReader> reader(const std::string& component) = 0;
  /// There may be so many instances of it. See World::reserved().
  virtual void reserve(const std::string& component, std::uint32_t instances) = 0;
};

/// What preparing may report: problems with the input, and notes about it for the results.
struct Preparation {
  const Value& where;  ///< The component's object in the scenario.
  std::string path;    ///< Its JSON pointer.
  Problems& problems;
  /// Things worth knowing about the input, such as trace records skipped, in sentences.
  std::vector<std::string>& notes;
  std::vector<BarChart>& charts;
  /// Of a fault, what it stands in; null where that is nothing, or of something else.
  Surroundings* surroundings = nullptr;
};

/// A kind of component: its description, and how to make one.
struct ModelKind {
  KindInfo info;
  /// Reads the parameters from the component's object. After a problem the blueprint is null.
  std::function<std::shared_ptr<const Blueprint>(Preparation&)> read;
};

/// Reads a kind's own parameters; kind and price, which stand beside them, are somebody else's.
template <Described P>
P read_own_params(Preparation& preparation) {
  return read_params<P>(preparation.where, preparation.path, preparation.problems,
                        {"kind", "price"});
}

/// The description of a kind whose components cost something, if the scenario says so.
template <Described P>
KindInfo priced_kind_info(std::string name, std::string summary, std::string source,
                          std::vector<MetricInfo> metrics) {
  metrics.push_back(cost_metric());
  return kind_info<Priced<P>>(std::move(name), std::move(summary), std::move(source),
                              std::move(metrics));
}

/// The entry of model M, which has
///   struct Params            described parameters
///   M(World&, std::string id, const Params&)
/// and, where something costly is to be made once from the parameters,
///   struct Prepared; static Prepared prepare(const Params&, Preparation&);
///   M(World&, std::string id, const Params&, const Prepared&)
/// and, where it stands for somebody outside who costs nothing,
///   static constexpr bool kCostsNothing = true
template <class M>
ModelKind model_kind(std::string name, std::string summary, std::string source,
                     std::vector<MetricInfo> metrics) {
  using Params = typename M::Params;
  ModelKind kind;
  if constexpr (requires { M::kCostsNothing; })
    kind.info = kind_info<Params>(std::move(name), std::move(summary), std::move(source),
                                  std::move(metrics));
  else
    kind.info = priced_kind_info<Params>(std::move(name), std::move(summary), std::move(source),
                                         std::move(metrics));
  kind.read = [](Preparation& preparation) -> std::shared_ptr<const Blueprint> {
    const std::size_t before = preparation.problems.error_count();
    Params params = read_own_params<Params>(preparation);
    if constexpr (requires { typename M::Prepared; }) {
      class PreparedPlan final : public BlueprintOf<Params> {
       public:
        PreparedPlan(Params params, typename M::Prepared prepared)
            : BlueprintOf<Params>(std::move(params)), prepared_(std::move(prepared)) {}
        std::unique_ptr<Component> build(World& world, const std::string& id) const override {
          return std::make_unique<M>(world, id, this->params_, prepared_);
        }

       private:
        typename M::Prepared prepared_;
      };
      if (preparation.problems.error_count() != before) return nullptr;
      auto prepared = M::prepare(params, preparation);
      if (preparation.problems.error_count() != before) return nullptr;
      return std::make_shared<PreparedPlan>(std::move(params), std::move(prepared));
    } else {
      class Plan final : public BlueprintOf<Params> {
       public:
        using BlueprintOf<Params>::BlueprintOf;
        std::unique_ptr<Component> build(World& world, const std::string& id) const override {
          return std::make_unique<M>(world, id, this->params_);
        }
      };
      if (preparation.problems.error_count() != before) return nullptr;
      return std::make_shared<Plan>(std::move(params));
    }
  };
  return kind;
}

}  // namespace highwater
