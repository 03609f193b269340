#pragma once

#include <map>
#include <optional>
#include <string>

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
  /// Forgets what was begun to be written.
  void clear() { texts_.clear(); }

 private:
  std::optional<Change> one(Context& context, const FieldInfo& field, const Value* said,
                            const std::string& path);
  std::optional<Change> group(Context& context, const FieldInfo& field, const Value* said,
                              const std::string& path);
  std::optional<std::string> forms(Context& context, const FieldInfo& field,
                                   const std::string& path);
  std::optional<std::string> text(Context& context, const FieldInfo& field,
                                  const std::string& current, const std::string& path);

  struct Written {
    std::string base;  ///< The value that stood there when it was begun.
    std::string text;
  };
  std::map<std::string, Written> texts_;  // by path
};

/// A value as people write it after `--set path=`: texts without their quotes.
std::string text_of_value(const Value& value);

}  // namespace highwater::viewer
