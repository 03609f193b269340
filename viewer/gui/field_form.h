#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/type_info.h"
#include "engine/describe/value.h"
#include "viewer/gui/context.h"

namespace highwater::viewer {

/// Widgets for declared parameters: each has its name, unit, range, default, meaning and source
/// from the one declaration.
class FieldForm {
 public:
  struct Change {
    std::string path;  ///< Within what the form is of: "calls.timeout".
    std::string text;  ///< As after `--set path=`; empty to leave it out.
  };

  /// @param said    The object; null where nothing is said.
  /// @param prefix  Of the paths of changes and of the widgets' names.
  /// @return what the user has changed in this frame.
  std::optional<Change> draw(Context& context, const std::vector<FieldInfo>& fields,
                             const Value* said, const std::string& prefix);
  /// Those that a field for searching, which it draws, has in their names or meanings. Valid until
  /// the next call.
  const std::vector<FieldInfo>& found(Context& context, const std::vector<FieldInfo>& all);
  /// Makes what is added to a list: of the form that was chosen, null where there are none.
  using Maker = std::function<Value(const AlternativeInfo*)>;
  /// A list whose elements are of a type that its own field does not say; only the name and the
  /// meaning are the field's.
  std::optional<Change> draw_list(Context& context, const FieldInfo& field, const TypeInfo& element,
                                  const Value* said, const Maker& maker);
  /// Forgets what was begun to be written.
  void clear() { texts_.clear(); }

 private:
  std::optional<Change> one(Context& context, const FieldInfo& field, const Value* said,
                            const std::string& path);
  std::optional<Change> group(Context& context, const FieldInfo& field, const Value* said,
                              const std::string& path);
  std::optional<std::string> forms(Context& context, const TypeInfo& type, const std::string& path);
  std::optional<std::string> text(Context& context, const FieldInfo& field, const TypeInfo& type,
                                  const std::string& current, const std::string& path);

  // What is made of parts (lists, maps, objects that are one of several) is a tree of them.
  struct Part {
    const FieldInfo& field;  ///< Says what it means.
    const TypeInfo& type;
    const Value* value;  ///< Null where nothing is said.
    std::string label;
    std::string path;
    bool movable = false;                ///< An element of a list.
    bool removable = false;              ///< Of a list or a map.
    const Maker& maker;                  ///< If empty, the example of the declaration is added.
    const TypeInfo* elements = nullptr;  ///< Of a list, where its own type does not say them.
    const TypeInfo& element() const;
  };
  enum class Deed { none, up, down, remove };
  struct Outcome {
    std::optional<Value> value;  ///< What it becomes, where it was changed.
    Deed deed = Deed::none;      ///< Done to it as an element.
  };
  Outcome part(Context& context, const Part& part);
  Outcome branch(Context& context, const Part& part);
  Outcome leaf(Context& context, const Part& part);
  Deed deeds(Context& context, const Part& part);
  std::optional<Value> more(Context& context, const Part& part);
  std::optional<Value> another_form(Context& context, const Part& part);
  std::optional<Value> inside(Context& context, const Part& part);
  std::optional<Value> elements(Context& context, const Part& part);
  std::optional<Value> members(Context& context, const Part& part);

  struct Written {
    std::string base;  ///< The value that stood there when it was begun.
    std::string text;
  };
  std::map<std::string, Written> texts_;  // by path
  std::string search_;
  std::vector<FieldInfo> found_;
  std::string key_;  // of the member that is being added to a map
  float taken_ = 0;  // of the width of a text, by what stands behind it
};

/// `value` with a part of it that is another, or is left out where the text is empty.
/// @param path  Keys with dots between them.
Value with_change(Value value, std::string_view path, const std::string& text);

/// A value as people write it after `--set path=`: texts without their quotes.
std::string text_of_value(const Value& value);

}  // namespace highwater::viewer
