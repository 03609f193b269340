#include "engine/topology/graphviz.h"

#include <catch2/catch.hpp>

#include "tests/topology/sample_topology.h"

namespace highwater {
namespace {

TEST_CASE("graphviz: the sample, word for word", "[topology][golden]") {
  CHECK(graphviz_text(users_api(), "users-api", {{"service", "component"}}) ==
        "digraph \"users-api\" {\n"
        "  rankdir=LR;\n"
        "  node [fontname=\"sans-serif\"];\n"
        "  edge [fontname=\"sans-serif\"];\n"
        "  \"users\" [label=\"users\\nclient\", shape=\"oval\"];\n"
        "  \"nginx\" [label=\"nginx\\nservice\", shape=\"component\"];\n"
        "  \"api\" [label=\"api\\nservice ×3\", shape=\"component\"];\n"
        "  \"redis\" [label=\"redis\\nservice\", shape=\"component\"];\n"
        "  \"users-db\" [label=\"users-db\\nservice ×2\", shape=\"component\"];\n"
        "  \"email-topic\" [label=\"email-topic\\ntopic\", shape=\"cds\"];\n"
        "  \"email-worker\" [label=\"email-worker\\nservice ×3\", shape=\"component\"];\n"
        "  \"users\" -> \"nginx\";\n"
        "  \"nginx\" -> \"api\";\n"
        "  \"api\" -> \"redis\";\n"
        "  \"api\" -> \"users-db\";\n"
        "  \"api\" -> \"email-topic\" [style=dashed];\n"
        "  \"email-topic\" -> \"email-worker\" [style=dashed];\n"
        "}\n");
}

TEST_CASE("graphviz: no name can break out of its quotes", "[topology]") {
  Topology topology;
  topology.components.push_back(service("a\"];\n evil [label=\"b\\"));
  topology.components.back().kind = std::string("x\\n\0y", 5);
  const std::string text = graphviz_text(topology, "\\\"}");
  CHECK(text.find("digraph \"\\\\\\\"}\" {") == 0);
  CHECK(text.find("  \"a\\\"];  evil [label=\\\"b\\\\\" [label=\"a\\\"];  evil "
                  "[label=\\\"b\\\\\\nx\\\\n y\", "
                  "shape=\"box\"];\n") != std::string::npos);
}

}  // namespace
}  // namespace highwater
