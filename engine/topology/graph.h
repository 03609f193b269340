#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "engine/topology/topology.h"

namespace highwater {

// Questions about the graph of components. All answers are the same in every run and on every
// machine; none recurses over the graph, so that its size is bounded by memory alone.

/// For each component whether requests or messages can come to it from a source of load; sources
/// themselves can. O(components + edges).
std::vector<bool> reached_by_load(const Topology& topology);

/// The components in the order that requests flow: every edge leads from an earlier group to a
/// later one or stays within its group. A group has more than one member only where the components
/// use each other in a circle (over a topic, say). O(components + edges).
/// Source   R. Tarjan, Depth-first search and linear graph algorithms, SIAM J. Computing 1(2),
/// 1972.
std::vector<std::vector<std::size_t>> flow_order(const Topology& topology);

/// Circles of synchronous edges (calls and routes), as indices of edges in the order of the circle:
/// of each group of components that call each other in circles, the shortest circle through its
/// first component. Order of those components.
std::vector<std::vector<std::size_t>> synchronous_circles(const Topology& topology);

/// The components whose loss splits the system into parts that have nothing to do with each other
/// any more, whatever the direction of the edges. Ascending indices. O(components + edges). Source
/// J. Hopcroft, R. Tarjan, Efficient algorithms for graph manipulation, CACM 16(6), 1973.
std::vector<std::size_t> articulation_points(const Topology& topology);

/// For each component the nearest one that every request passes on its way there from whichever
/// source of load: if that one is down, nothing gets through. Empty for the sources, for what
/// several independent ways lead to, and for what no request reaches. Source   K. D. Cooper, T. J.
/// Harvey, K. Kennedy, A Simple, Fast Dominance Algorithm, Rice University
///          TR-06-33870, 2001.
std::vector<std::optional<std::size_t>> immediate_dominators(const Topology& topology);

}  // namespace highwater
