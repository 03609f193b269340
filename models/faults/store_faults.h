#pragma once

// What the verbs that hit stores and pools share.

#include <string>

#include "engine/describe/value.h"
#include "models/faults/fault_kind.h"
#include "models/weak_points.h"

namespace highwater::faults {

/// Points at a key of the fault that is there, or else at its verb.
inline void report_fault(const Examination& examination, const std::string& key,
                         const std::string& verb, const std::string& message) {
  const Value* found = examination.where.find(key);
  const std::string& named = found != nullptr ? key : verb;
  if (found == nullptr) found = examination.where.find(verb);
  examination.problems.error(found->position(), pointer_to(examination.path, named), message);
}

/// What a verb hits; null, and reported, where components of this sort have nothing like it.
template <class Point>
const Point* examine_point(const Component& component, const std::string& verb,
                           const Examination& examination) {
  const auto* const point = dynamic_cast<const Point*>(&component);
  if (point != nullptr) return point;
  const auto* const refuses = dynamic_cast<const Refuses*>(&component);
  std::string why = refuses != nullptr ? refuses->refuses(verb) : "";
  if (why.empty())
    why = "is a " + std::string(component.kind()) + " of a sort for which " + verb +
          " is not simulated";
  report_fault(examination, verb, verb, in_quotes(component.id()) + " " + why);
  return nullptr;
}
template <class Point>
Point& point_of(Component& component) {
  return dynamic_cast<Point&>(component);
}

/// Reports what a component lacks, if it lacks anything.
inline void examine_lack(const Component& component, const std::string& lack,
                         const std::string& verb, const Examination& examination) {
  if (!lack.empty()) report_fault(examination, verb, verb, in_quotes(component.id()) + " " + lack);
}

/// A salt for what one strike draws of its own.
inline RandomKey salt_of(const World& world, const std::string& verb, const Strike& strike) {
  return world.key(verb, strike.key());
}

}  // namespace highwater::faults
