#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/experiment/system.h"
#include "viewer/draw/topology_model.h"
#include "viewer/session/live_run.h"

namespace highwater::viewer {

/// Columns of a component, an instance or a client that pictures show; nothing where it does not
/// measure that.
struct FigureColumns {
  std::optional<std::size_t> rate;  ///< By the second.
  std::optional<std::size_t> utilization, cpu, queue, hit_ratio, replicas;
  std::optional<std::size_t> cost;     ///< For an hour, in the scenario's currency.
  std::optional<std::size_t> backlog;  ///< Messages.
  std::optional<std::size_t> mean, p50, p90, p99, p999, count;  ///< Of times.
  // Of clients: in the interval.
  std::optional<std::size_t> issued, completed, failed, rejected;
};

/// Reads a run for pictures: looks up once where everything stands, and fills in models. Its
/// functions may not be called by several threads at once.
class Feed {
 public:
  /// @param sight  Of a run of that system. Both must outlive it.
  Feed(const System& system, const Sight& sight);

  const Sight& sight() const { return sight_; }
  const FigureColumns& columns(std::size_t part) const { return parts_[part]; }
  /// Parts that send load, in the order of the scenario.
  const std::vector<std::size_t>& clients() const { return clients_; }

  double value(std::optional<std::size_t> column, std::size_t interval) const;
  /// The same of a count, by the second.
  double rate(std::optional<std::size_t> column, std::size_t interval) const;
  /// Of all clients together, by the second.
  struct Load {
    double offered = 0, completed = 0, errors = 0;
  };
  const Load& load(std::size_t interval) const;

  /// How busy a component is: the workers or the cores of it, whichever is more.
  double busy(std::size_t part, std::size_t interval) const;
  /// The same of its instances that have a utilization.
  struct Busy {
    std::size_t index;  ///< Into Sight::instances.
    std::optional<std::size_t> utilization, cpu;
  };
  std::vector<Busy> busy_instances(std::size_t part) const;
  double busy(const Busy& instance, std::size_t interval) const;
  /// Instances of a component that take requests.
  double up(std::size_t part, std::size_t interval) const;

  /// How a component did.
  topology::Figures figures(std::size_t part, std::size_t interval) const;

  /// The whole picture at the end of an interval.
  /// @param marks   Of the run: those that were on then are shown.
  /// @param other   The run that it is compared with; may be null.
  void fill(topology::Model& model, std::size_t interval, const std::vector<Mark>& marks,
            const Feed* other);

 private:
  void find_edges();
  void fill_instances(topology::Node& node, std::size_t part, std::size_t interval) const;
  void fill_sparkline(std::size_t part, std::size_t interval);
  std::string note(std::size_t part, std::size_t interval) const;
  double error_share(std::size_t part, std::size_t interval) const;

  const System& system_;
  const Sight& sight_;
  std::vector<FigureColumns> parts_;
  std::vector<std::size_t> clients_;
  struct InstanceOf {
    std::size_t index;  ///< Into Sight::instances.
    std::optional<std::size_t> utilization, cpu;
    std::size_t zone;
  };
  std::vector<std::vector<InstanceOf>> instances_;  // by part
  std::vector<std::vector<std::size_t>> edges_into_;
  std::vector<std::vector<std::size_t>> edges_drawn_;  // those of Sight, by edge of the picture
  std::vector<std::string> groups_;                    // of the nodes
  std::vector<std::vector<double>> sparklines_;
  mutable std::vector<Load> loads_;  // as far as they were asked for: intervals do not change
};

/// Whether a text such as "kill api[1]" speaks of that component.
bool speaks_of(const std::string& text, const std::string& id);

}  // namespace highwater::viewer
