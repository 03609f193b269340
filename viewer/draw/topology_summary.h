#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "viewer/draw/theme.h"
#include "viewer/draw/topology_model.h"

/// What a card says about a component, or about many at once.
namespace highwater::viewer::topology {

/// How many instances are in which state.
struct Census {
  std::array<int, 6> counts{};  ///< In the order of InstanceState.

  int of(InstanceState state) const { return counts[static_cast<std::size_t>(state)]; }
  int total() const;
  /// That answer requests, well or not.
  int serving() const;
  void add(const Node& node);
};

/// In the order of severity.
enum class Health : std::uint8_t { idle, ok, warn, bad, down };

/// Down where nobody serves, though somebody should; bad and warn by the limits, and at least warn
/// where some instances are not what they should be; idle without requests and load.
Health health_of(const Figures& figures, const Census& census, const Limits& limits);

/// How an edge fares, by its share of errors; down when it is cut.
Health health_of(const Edge& edge, const Limits& limits);

/// Health without its last step: down counts as bad.
Status status_of(Health health);

/// Signs differ in shape, not in colour only.
Icon icon_of(Health health);

inline constexpr std::size_t kBins = 10;

/// Instances by utilization, in steps of a tenth; what is 1 or more counts as the last. Those that
/// do not serve and those without a utilization are left out.
struct Histogram {
  std::array<int, kBins> bins{};

  int highest() const;
  void add(const Instance& instance);
};

/// One card for many: queues add up, latency is the worst, utilization that of the mean instance,
/// the share of errors that of the mean request. The rate is the sum, too, unless `entering` says
/// how many requests come from outside.
struct Part {
  const Figures* figures;
  int serving;  ///< Instances.
};
Figures sum_of(std::span<const Part> parts, std::optional<double> entering);

enum class Change : std::uint8_t { same, up, down };

/// Whether a number is higher or lower than another one; `same` within 1 %, and where there is
/// none.
Change change_of(double now, double other);

/// What is needed of each name to tell them apart: "eu-1a", "eu-1b" are "a", "b".
std::vector<std::string> short_names(std::span<const Zone> zones);

/// The zone that all of a node is in.
std::optional<std::size_t> only_zone(const Node& node);
bool is_in(const Node& node, std::size_t zone);

/// Whether the text is in the node's id, kind, group or one of its faults, in any case of letters.
bool matches(const Node& node, std::string_view text);

}  // namespace highwater::viewer::topology
