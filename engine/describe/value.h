#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/describe/problems.h"

namespace highwater {

/// One JSON value that remembers where it was written. Objects keep the order of their members and
/// numbers keep their text, so that a document can be shown as its author wrote it. A value type:
/// copies are deep.
class Value {
 public:
  struct Member;
  using Elements = std::vector<Value>;
  using Members = std::vector<Member>;

  Value();  ///< null
  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  ~Value();
  static Value boolean(bool value);
  static Value whole(std::uint64_t value);
  /// The shortest text that reads back as `value`, which must be finite.
  static Value number(double value);
  /// A number by its JSON text, which must be one; for numbers whose spelling matters.
  static Value number_text(std::string text);
  static Value string(std::string text);
  static Value array();
  static Value array(Elements elements);
  static Value object();

  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  bool is_boolean() const { return std::holds_alternative<bool>(data_); }
  bool is_number() const { return std::holds_alternative<Number>(data_); }
  bool is_string() const { return std::holds_alternative<std::string>(data_); }
  bool is_array() const { return std::holds_alternative<Elements>(data_); }
  bool is_object() const { return std::holds_alternative<Members>(data_); }

  // The accessors below may be called only on a value of their type; anything else is a bug.
  bool boolean() const;
  double number() const;
  const std::string& number_text() const;  ///< As written, such as "1e3".
  /// The number when it was written as digits alone and fits 64 bits.
  std::optional<std::uint64_t> whole() const;
  const std::string& text() const;  ///< Of a string.
  const Elements& elements() const;
  Elements& elements();
  const Members& members() const;
  Members& members();

  /// The member called `key`; nullptr when there is none or this is not an object.
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  /// Replaces the member called `key`, or appends one. @return the member's new value.
  Value& set(std::string key, Value value);
  void erase(std::string_view key);  ///< Nothing happens when there is no such member.
  void push(Value element);          ///< Appends to an array.

  Position position() const { return position_; }
  void set_position(Position position) { position_ = position; }

  /// What was found, for messages: `"5kg"`, `10`, `true`, `a list`, `an object`, `null`.
  std::string found() const;

  /// Equal content; positions and the spelling of numbers do not matter, the order of members does.
  friend bool operator==(const Value& a, const Value& b);

 private:
  struct Number {
    std::string text;
    double value = 0;
  };
  std::variant<std::monostate, bool, Number, std::string, Elements, Members> data_;
  Position position_;
};

/// A key and its value. The order of members is the order of the text.
struct Value::Member {
  std::string key;
  Position key_position;
  Value value;
};

/// Limits of a document. Input beyond them is reported, not read.
inline constexpr std::size_t kLargestDocument = std::size_t{64} << 20;  // bytes
inline constexpr std::size_t kDeepestDocument = 200;                    // brackets inside brackets
inline constexpr std::size_t kMostValues = 2'000'000;

/// Reads one JSON document. Comments (// and /* */) and a byte order mark are allowed; duplicate
/// keys, text after the document, NaN, bytes that are not UTF-8 and input over the limits above are
/// problems.
/// @param source  Of Problems::add_source(), for positions.
/// @return nullopt after a problem that leaves nothing to check; a document with duplicate keys
///         keeps the first of them so that everything else in it can still be checked.
std::optional<Value> parse_json(std::string_view text, std::uint32_t source, Problems& problems);

/// Reads `text` as a JSON value if it is one, without comments and problems.
std::optional<Value> parse_json_value(std::string_view text);

/// The JSON text of a value: lists and objects that fit into 100 columns stand on one line, others
/// one member a line, indented by two. No newline at the end.
std::string write_json(const Value& value);
/// The same on a single line.
std::string write_json_line(const Value& value);

}  // namespace highwater
