#pragma once

#include <map>
#include <string>

#include "engine/topology/topology.h"

namespace highwater {

/// The graph in the language of Graphviz (`dot -Tsvg`): requests flow from left to right, one node
/// per component, dashed edges where nobody waits. Any text is safe in ids and kinds.
///
/// @param name    Title of the graph.
/// @param shapes  Graphviz shape by kind, such as {"database", "cylinder"}. Kinds that are not
/// listed get
///                an oval if they send load, an arrow-like box if they are published to, else a
///                box.
/// Source   https://graphviz.org/doc/info/lang.html, https://graphviz.org/doc/info/shapes.html
std::string graphviz_text(const Topology& topology, const std::string& name,
                          const std::map<std::string, std::string>& shapes = {});

}  // namespace highwater
