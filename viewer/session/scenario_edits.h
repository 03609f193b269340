#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/fault.h"
#include "engine/scenario/language.h"
#include "viewer/session/mentions.h"
#include "viewer/session/scenario_text.h"

namespace highwater::viewer {

/// What came of an edit. Where it was not done, nothing was changed.
struct EditOutcome {
  bool done = false;
  std::string said;  ///< Why not; or what else was changed with it, if anything.
};

/// What a scenario is edited by.
struct EditGround {
  const Language& language;
  /// The scenario with what it extends, where it extends another; null where it does not.
  const Value* merged = nullptr;
};

// What people do to a scenario, as edits of its text. Nothing is asked of the scenario but that it
// is JSON: one that makes no sense yet can be edited, too.

/// A name for a new component of a kind, that none has: "service", "service-2".
std::string free_name(const Value& root, const EditGround& ground, const std::string& kind);

/// Adds a component with its kind and what that cannot be without, as the declarations of its
/// parameters have it: the example that they give, or a component that would do.
EditOutcome add_component(ScenarioText& text, const EditGround& ground, const std::string& kind,
                          const std::string& name);

/// Removes a component and all that speaks of it: calls and steps, faults and what waits for them,
/// objectives. Steps that were done only when a cache did not have it are done in its place.
EditOutcome remove_component(ScenarioText& text, const EditGround& ground, const std::string& name);

/// Everything that speaks of it follows.
EditOutcome rename_component(ScenarioText& text, const EditGround& ground, const std::string& from,
                             const std::string& to);

/// Sets a parameter of a component, or takes it out of the text; of the scenario itself where
/// `component` is empty: "run.seed".
/// @param path   "calls.timeout".
/// @param value  JSON, or else a string; empty to leave the parameter out. One that is what the
///               parameter would be anyway is left out, too, unless the scenario extends another.
EditOutcome set_parameter(ScenarioText& text, const EditGround& ground,
                          const std::string& component, const std::string& path,
                          const std::string& value);

/// A form of a parameter that has several, such as arrivals: the example that its declarations
/// give.
Value example_of(const AlternativeInfo& form, const Value& root, const EditGround& ground);
/// The same of a parameter; nothing where there is none, as of one that names a component.
std::optional<Value> example_of(const FieldInfo& field, const Value& root,
                                const EditGround& ground);

/// The same of an element of a list or map that `field` declares.
std::optional<Value> example_of(const TypeInfo& element, const FieldInfo& field, const Value& root,
                                const EditGround& ground);
/// A fault that does something to `target`, in the middle of the run.
Value example_of(const FaultKind& fault, const std::string& target, const Value& root);
/// What such a fault says beside its target and its time, to begin with: an object.
Value parameters_of(const FaultKind& fault);

/// Whether a field that names components may name one of that kind.
bool may_name(const Language& language, const FieldInfo& field, const KindInfo& kind);

/// The file that the scenario lies over; empty for none.
std::string extended_by(const Value& root);

/// The scenario with the kinds of components that other files give: what of its own is declared how
/// can be seen in it, and everything stands where it does in the scenario.
Value with_kinds(const Value& root, const EditGround& ground);

/// Takes out what speaks of a component, as far as `concerns` says so.
/// @return what went, in words.
std::vector<std::string> take_out(ScenarioText& text, const EditGround& ground,
                                  const std::string& name,
                                  const std::function<bool(const Mention&)>& concerns);

/// Why a component cannot be taken from the scenario or be called otherwise, in words; nothing
/// where it can.
std::optional<std::string> not_here(const Value& root, const EditGround& ground,
                                    const std::string& name);

}  // namespace highwater::viewer
