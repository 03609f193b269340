#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/describe/value.h"
#include "viewer/session/text_style.h"
#include "viewer/session/text_tree.h"

namespace highwater::viewer {

/// The way to a value: keys, and of lists the index in decimal digits.
using JsonPath = std::vector<std::string>;

/// The way that a JSON pointer says: "/components/api/replicas".
JsonPath path_of(std::string_view pointer);

/// What stands there in a value; null where nothing does.
const Value* find_value(const Value& root, const JsonPath& path);

/// The index of the element that has changed places with the next one, where that is all that
/// differs between two lists.
std::optional<std::size_t> moved_down(const Value::Elements& now, const Value::Elements& then);

/// The JSON text of a scenario, changed in place: an edit replaces the characters that it is about,
/// and everything else (comments, order, layout) stays as its author wrote it.
///
/// A comment belongs to the member or element that it stands beside: at the end of the same line,
/// or on the lines right above it. It goes when that goes.
///
/// After each edit the text parses to what the same edit makes of the value that it parsed to
/// before, members that are new being the last ones. Where keys stand twice in an object the first
/// counts, as for parse_json().
///
/// Cost     An edit reads the whole text once.
/// Checked  tests/viewer/scenario_text_test.cpp
class ScenarioText {
 public:
  /// @param source    Of Problems::add_source(), for positions.
  /// @param problems  Why the text is no JSON document.
  static std::optional<ScenarioText> read(std::string text, std::uint32_t source,
                                          Problems& problems);

  const std::string& text() const { return text_; }
  const Value& value() const { return value_; }
  const Value* find(const JsonPath& path) const { return find_value(value_, path); }
  /// From where to where a value stands in the text, its key included.
  std::optional<std::pair<std::size_t, std::size_t>> extent(const JsonPath& path) const;

  // Edits. Where they return false, the text is as it was.
  /// Replaces a value. A member that is not there is added at the end of its object, and so are the
  /// objects around it. @return false where something on the way is no object, or no element.
  bool set(const JsonPath& path, const Value& value);
  /// The same, but of a list or an object only what differs is replaced.
  bool say(const JsonPath& path, const Value& value);
  /// Adds an element at the end of a list. @return false where there is no list.
  bool append(const JsonPath& list, const Value& element);
  /// Removes a member or an element. @return false where there is none, or it is the whole text.
  bool remove(const JsonPath& path);
  /// @return false where there is no such member, or its object has one of that name.
  bool rename(const JsonPath& path, const std::string& key);
  /// Puts the elements of a list, which is part of an element of another list, in that element's
  /// place. @return false where either is not there.
  bool lift(const JsonPath& element, const JsonPath& list);
  /// Puts an element of a list behind the one that follows, each with its comments where they stand
  /// on lines of their own. @return false where there are not both.
  bool move_down(const JsonPath& list, std::size_t index);
  /// Makes the text say `wanted` by edits of what differs. Members that are in both keep the order
  /// of the text.
  void become(const Value& wanted);

 private:
  ScenarioText() = default;

  bool is_object(const TextNode& node) const { return text_[node.begin] == '{'; }
  bool is_list(const TextNode& node) const { return text_[node.begin] == '['; }
  std::optional<std::size_t> node_at(const JsonPath& path) const;
  std::optional<std::size_t> child_of(std::size_t parent, const std::string& step) const;
  std::string_view between(std::size_t begin, std::size_t end) const {
    return std::string_view(text_).substr(begin, end - begin);
  }

  void replace(std::size_t begin, std::size_t end, std::string_view by) {
    text_.replace(begin, end - begin, by);
  }
  void reread();
  void become(const JsonPath& path, const Value& wanted);
  bool become_longer_or_shorter(const JsonPath& path, const Value& wanted);
  void put(std::size_t number, const Value& value);
  /// At the end of an object, or of a list, where there is no key.
  struct Addition {
    std::string key;  // with its colon
    const Value& value;
  };
  void add(std::size_t number, const Addition& what);
  void add_first(std::size_t number, const Addition& what);
  void add_below(const TextNode& last, const Addition& what);
  bool make_room(std::size_t number, std::size_t place, std::size_t more);
  bool can_break(const TextNode& node) const;
  std::size_t columns_around(std::size_t place) const;
  std::string addition(const Addition& what, const std::string& indentation) const;
  void cut(const TextNode& node);
  std::size_t begin_with_comments(const TextNode& node, std::size_t after) const;
  std::size_t end_with_comments(std::size_t end) const;

  std::string text_;
  TextStyle style_;
  Value value_;
  std::vector<TextNode> nodes_;
};

}  // namespace highwater::viewer
