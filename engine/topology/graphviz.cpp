#include "engine/topology/graphviz.h"

#include <iterator>

#include <fmt/format.h>

namespace highwater {
namespace {

/// `text` in double quotes: quotes and backslashes escaped (a label would read \n or \l as layout).
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    // A line break would be kept and a NUL would end the input of the C program that reads this.
    result += c == '\n' || c == '\r' || c == '\0' ? ' ' : c;
  }
  return result + '"';
}

/// The same for two lines in one label.
std::string quoted_lines(const std::string& first, const std::string& second) {
  std::string result = quoted(first);
  result.pop_back();
  return result + "\\n" + quoted(second).substr(1);
}

std::string shape_of(const TopologyComponent& component,
                     const std::map<std::string, std::string>& shapes) {
  const auto known = shapes.find(component.kind);
  if (known != shapes.end()) return known->second;
  return component.sends_load ? "oval" : component.consumable ? "cds" : "box";
}

}  // namespace

std::string graphviz_text(const Topology& topology, const std::string& name,
                          const std::map<std::string, std::string>& shapes) {
  std::string text = fmt::format(
      "digraph {} {{\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n"
      "  edge [fontname=\"sans-serif\"];\n",
      quoted(name));
  const auto out = std::back_inserter(text);
  for (const TopologyComponent& component : topology.components) {
    const std::string second = component.instances == 1
                                   ? component.kind
                                   : fmt::format("{} ×{}", component.kind, component.instances);
    fmt::format_to(out, "  {} [label={}, shape={}];\n", quoted(component.id),
                   quoted_lines(component.id, second), quoted(shape_of(component, shapes)));
  }
  for (const Topology::Edge& edge : topology.edges) {
    fmt::format_to(out, "  {} -> {}{};\n", quoted(topology.components[edge.from].id),
                   quoted(topology.components[edge.to].id),
                   is_synchronous(edge.relation) ? "" : " [style=dashed]");
  }
  return text + "}\n";
}

}  // namespace highwater
