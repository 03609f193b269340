#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scenario/language.h"
#include "viewer/session/scenario_text.h"

namespace highwater::viewer {

/// A place of a scenario that speaks of one component.
struct Mention {
  enum class Form : std::uint8_t {
    name,      ///< The string is its name: "calls": "api".
    instance,  ///< The string is its name or an instance's, "api[2]", beside others in a list.
    key,       ///< The same as the key of a member: "weights": {"api[2]": 3}.
    target,    ///< Of a fault: "api", "api[2]", "web -> api".
    measured,  ///< Begins with it: "api.utilization < 80%".
  };
  Form form = Form::name;
  JsonPath path;
  Relation relation = Relation::call;  ///< Of Form::name.
};

/// Everything that speaks of a component, in the order of the text: what the language declares as
/// the name of a component; targets and conditions of faults; objectives; and in components that
/// route to it, keys and words of lists that are its name or an instance's. What it says itself of
/// itself counts, too.
std::vector<Mention> mentions_of(const Value& root, const Language& language,
                                 std::string_view component);

/// A string that speaks of `component`, as it is once that has another name.
std::string renamed(const Mention& mention, const std::string& text, std::string_view component,
                    const std::string& name);

/// What has to go when the value there must: the element of a list, or the object around a member
/// that it cannot be without. Never a component or a section.
JsonPath what_goes_with(const Value& root, const Language& language, JsonPath path);

/// The place of a value; of unknown role where the language does not know it.
Place place_at(const Value& root, const Guide& guide, const JsonPath& path);

/// "users.calls.timeout", "faults[0]", "api.endpoints["GET /"][2]": as settings name it.
std::string words_of(const Value& root, const JsonPath& path);

/// The numbers of faults that a text names: "faults[1] begins".
std::vector<std::size_t> faults_named(std::string_view text);
/// The text with other numbers.
std::string with_other_faults(std::string_view text,
                              const std::function<std::size_t(std::size_t number)>& other);

}  // namespace highwater::viewer
