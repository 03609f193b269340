#include "viewer/gui/still.h"

#include <algorithm>

#include "viewer/session/name_groups.h"

namespace highwater::viewer {

topology::Model still_of(const TopologyPicture& picture, double rate_per_s) {
  topology::Model model;
  const std::vector<std::string> groups = groups_of(picture);
  for (std::size_t i = 0; i < picture.nodes.size(); ++i) {
    const TopologyNode& node = picture.nodes[i];
    topology::Node& drawn = model.nodes.emplace_back();
    drawn.id = node.id;
    drawn.kind = node.kind;
    drawn.group = groups[i];
    drawn.column = node.column;
    drawn.row = node.row;
    drawn.count = std::max(node.instances, 1);
    drawn.now.rate_per_s = rate_per_s;
  }
  for (const TopologyEdge& edge : picture.edges) {
    topology::Edge& drawn = model.edges.emplace_back();
    drawn.from = edge.from;
    drawn.to = edge.to;
    drawn.asynchronous = edge.asynchronous;
    drawn.rate_per_s = rate_per_s;
  }
  return model;
}

}  // namespace highwater::viewer
