#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/problems.h"
#include "engine/describe/units.h"

namespace highwater {

/// One component as the graph sees it. What its kind allows comes from the caller: the engine knows
/// no kinds.
struct TopologyComponent {
  std::string id;
  std::string kind;
  int instances = 1;
  bool sends_load = false;   ///< A source of requests.
  bool callable = true;      ///< May be called and routed to.
  bool publishable = false;  ///< May be published to.
  bool consumable = false;   ///< May be consumed from.
  bool hosting = false;      ///< Others may run on it.
  Position position;         ///< Where the input describes it.
  std::string pointer;
};

/// A mention of a component in another's description.
struct TopologyReference {
  std::string from;  ///< The component that mentions; one of the components.
  std::string to;    ///< The id it mentions; may be wrong.
  Relation relation = Relation::call;
  Position position;
  std::string pointer;
};

/// Who uses whom, in the direction that requests and messages flow: of a consumption, from the
/// topic to its consumer; with what is shared, and with hosts, nothing flows. Components in the
/// order given; edges in the order first mentioned, each once.
struct Topology {
  struct Edge {
    std::size_t from = 0;  ///< Indices into components.
    std::size_t to = 0;
    Relation relation = Relation::call;
    std::size_t reference = 0;  ///< Index of the first reference that says so.
  };
  std::vector<TopologyComponent> components;
  std::vector<Edge> edges;

  std::optional<std::size_t> find(std::string_view id) const;
};

/// Joins references to a graph and reports what cannot be right:
/// errors    an unknown component (with the nearest id that would do), a kind that cannot be used
/// that
///           way, synchronous calls in a circle (each would wait for itself), no source of load;
/// warnings  components that no request can reach, and hosts where nothing runs.
/// A wrong reference makes no edge. Of each tangle of circles the shortest through its first
/// component is shown.
///
/// @param components  Their ids are distinct.
/// @param where       Position and pointer of the list of components, for what concerns all of
/// them.
Topology join_topology(std::vector<TopologyComponent> components,
                       const std::vector<TopologyReference>& references, Position where,
                       const std::string& pointer, Problems& problems);

}  // namespace highwater
