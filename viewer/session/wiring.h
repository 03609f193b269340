#pragma once

#include <string>
#include <vector>

#include "viewer/session/scenario_edits.h"

namespace highwater::viewer {

/// One way in which a component can come to use another.
struct Way {
  std::string words;  ///< "calls: instead of web", "GET /users: publish".
  JsonPath path;      ///< What is set; of a list, what it is appended to.
  bool appends = false;
  Value value;
  JsonPath left_out;  ///< A parameter that moves into it; empty for none.
};

/// The ways by which requests or messages can go from one component to another, by the fields that
/// the two kinds declare for the names of components; the plainest first.
/// @param why  In words, where there is none.
std::vector<Way> ways_between(const Value& root, const EditGround& ground, const std::string& from,
                              const std::string& to, std::string& why);

EditOutcome connect(ScenarioText& text, const Way& way);

/// Takes out whatever makes the one use the other.
EditOutcome disconnect(ScenarioText& text, const EditGround& ground, const std::string& from,
                       const std::string& to);

}  // namespace highwater::viewer
