#pragma once

#include "engine/report/results.h"
#include "engine/topology/topology.h"

namespace highwater {

/// Places the components for a picture in which requests flow from left to right.
///
/// Nodes are in the order of the components; column and row count from 0, one apart is enough for
/// two cards not to touch, rows are multiples of 1/4. What sends load and is used by nobody stands
/// in column 0. An edge leads to a higher column unless it closes a circle. Edges are those of the
/// topology in its order, without rates.
///
/// Method   Layers by the longest path, edges that close circles left out; long edges split by
///          invisible nodes, so that they pass between the cards; order within layers by
///          barycentres, sweeping both ways and keeping the order with the fewest crossings; rows
///          by pulling each node towards the mean of its neighbours as far as order and distance
///          allow, which is a least-squares fit under monotonicity (pool adjacent violators).
/// Source   K. Sugiyama, S. Tagawa, M. Toda, Methods for Visual Understanding of Hierarchical
/// System
///          Structures, IEEE Trans. SMC 11(2), 1981; R. E. Barlow et al., Statistical Inference
///          under Order Restrictions, 1972 (the fit).
/// Cost     A thousand components with five thousand edges take some ten milliseconds. No
/// recursion.
TopologyPicture picture_of(const Topology& topology);

}  // namespace highwater
