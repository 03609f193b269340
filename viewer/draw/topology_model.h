#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "viewer/draw/values.h"

/// What a topology canvas shows: plain numbers, filled by whoever knows the engine.
///
/// A model is meant to be kept and refreshed in place from frame to frame. Ids tell the canvas what
/// is the same thing as before; everything else may change at any time. A NaN stands for a number
/// that a component does not have.
namespace highwater::viewer::topology {

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::size_t kNoZone = static_cast<std::size_t>(-1);

enum class InstanceState { up, slow, failing, paused, down, absent };

std::string_view word_of(InstanceState state);

struct Instance {
  std::string label;           ///< "api[2]"
  std::size_t zone = kNoZone;  ///< Index into Model::zones.
  InstanceState state = InstanceState::up;
  double utilization = kNone;  ///< 0 to 1.
};

/// What a component measured lately.
struct Figures {
  double rate_per_s = 0;
  double p99_ms = kNone;
  double utilization = kNone;  ///< 0 to 1.
  double queue = kNone;        ///< Requests or messages that wait.
  double error_share = 0;      ///< 0 to 1.
};

struct Node {
  std::string id;
  std::string kind;            ///< As scenarios name it; decides the icon.
  double column = 0, row = 0;  ///< From 0; two cards one apart do not touch.
  std::string group;           ///< Nodes of one group can be collapsed into one card.
  Figures now;
  std::optional<Figures> other;  ///< Of the run that this one is compared with.
  std::vector<Instance> instances;
  int count = 1;                    ///< How many there are where `instances` is empty.
  std::vector<std::size_t> zones;   ///< Where `instances` is empty: indices into Model::zones.
  std::string note;                 ///< A few characters more: "hit 93 %", "lag 1.2k".
  Values sparkline;                 ///< Oldest first, not below 0.
  std::vector<std::string> faults;  ///< That are on: "kill 2 of 6".
};

enum class EdgeState { whole, faulted, cut };

struct Edge {
  std::size_t from = 0, to = 0;  ///< Indices into Model::nodes.
  bool asynchronous = false;
  double rate_per_s = 0;
  double error_share = 0;  ///< 0 to 1.
  double latency_ms = kNone;
  EdgeState state = EdgeState::whole;
  std::string fault;  ///< In words, where there is one.
};

struct Zone {
  std::string name;
  bool down = false;
};

struct Model {
  std::vector<Node> nodes;
  std::vector<Edge> edges;
  std::vector<Zone> zones;
};

/// From where on a number is a warning, or bad.
struct Limits {
  double utilization_warn = 0.8, utilization_bad = 0.95;
  double errors_warn = 0.002, errors_bad = 0.02;
};

/// Where a card stands, in columns and rows.
struct Position {
  double column = 0, row = 0;
  bool operator==(const Position&) const = default;
};

/// Something that can be pointed at.
struct Target {
  enum class Kind { empty, node, group, instance, edge, zone };

  Kind kind = Kind::empty;
  std::string id;  ///< Of a node, group or zone; of the node that an edge or instance is of.
  std::string to;  ///< Of an edge only.
  std::size_t instance = 0;  ///< Index into Node::instances.

  bool operator==(const Target&) const = default;

  static Target node(std::string_view id);
  static Target group(std::string_view id);
  static Target zone(std::string_view name);
  static Target edge(std::string_view from, std::string_view to);
  static Target instance_of(std::string_view node, std::size_t index);
};

/// "node:api", "group:shop", "instance:api[2]", "edge:api>db", "zone:a", "empty".
std::string name_of(const Target& target);

/// The other way round; nothing where the name is none of these.
std::optional<Target> target_of(std::string_view name);

}  // namespace highwater::viewer::topology
