#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/units.h"

namespace highwater {

struct TypeInfo;

/// One declared parameter as plain data. The schema, the reference, `show`, `--set`, merging and
/// editors read only these tables; none of them sees a model's C++ types.
struct FieldInfo {
  std::string name;
  std::string doc;     ///< One or two sentences.
  std::string source;  ///< Where the default or the meaning comes from; may be empty.
  /// A function, because types may contain themselves (steps hold lists of steps).
  const TypeInfo& (*type)() = nullptr;
  bool required = false;
  Relation relation = Relation::call;             ///< Of a field that names components.
  std::optional<std::string> default_json;        ///< Absent: required, or nothing when left out.
  std::optional<std::string> min_json, max_json;  ///< Limits; of a list, those of its length.

  // How the configuration of the product says it that the parameter comes from, where that differs.
  // Scenarios never do: only the options of `highwater algorithm` may be given so.
  std::string known_as;   ///< Its name there; empty where it is ours.
  std::string bare_unit;  ///< Unit that a number has there without saying so: "ms".
  std::string zero_word;  ///< A word for 0 there: "false".
};

/// One word of a parameter that takes one of a few words.
struct WordInfo {
  std::string word, doc;
};

/// One form of a one-of: the object that holds the key `verb`.
struct AlternativeInfo {
  std::string verb;  ///< Name of the first field.
  std::string doc, source;
  std::vector<FieldInfo> fields;  ///< The verb's own field first, then those beside it.
};

enum class Shape {
  kQuantity,  ///< A number, string or boolean with a meaning: a duration, a count, a name.
  kWords,     ///< One of a few words.
  kStruct,    ///< An object with declared fields.
  kOneOf,     ///< An object with exactly one of several keys: a distribution, arrivals, a step.
  kList,      ///< An array of elements of one type.
  kMap,       ///< An object with free keys and values of one type.
};

/// Which JSON numbers a quantity accepts beside strings.
enum class Numbers { kNone, kAny, kWhole };

/// One type of parameter as plain data.
struct TypeInfo {
  std::string name;  ///< Unique within a program: "duration", "retry", "client.arrivals".
  Shape shape = Shape::kQuantity;
  std::string
      expects;  ///< For messages and the reference: `a duration with a unit, such as "40ms"`.

  // kQuantity
  std::string pattern;  ///< ECMA 262 regular expression of the strings; empty: no strings.
  Numbers numbers = Numbers::kNone;
  bool booleans = false;

  std::vector<WordInfo>
      words;  ///< kWords; of a kOneOf, the verbs that may stand alone as a string.
  std::vector<FieldInfo> fields;              ///< kStruct
  std::vector<AlternativeInfo> alternatives;  ///< kOneOf
  const TypeInfo& (*element)() = nullptr;     ///< kList, kMap
  std::size_t exact_length = 0;               ///< kList: 0 for any.

  /// A shorter form that may stand for the whole: "db" for {"to": "db"}, "20ms" for a distribution.
  /// Never an object.
  const TypeInfo& (*bare)() = nullptr;
  std::string bare_field;  ///< kStruct: the field that a bare value is the value of.
};

/// The field called `name`; nullptr when there is none.
const FieldInfo* find_field(const std::vector<FieldInfo>& fields, std::string_view name);
/// The field that its product calls `name`, where we do not; nullptr when there is none.
const FieldInfo* find_known_as(const std::vector<FieldInfo>& fields, std::string_view name);
/// The alternative whose verb is `verb`; nullptr when there is none.
const AlternativeInfo* find_alternative(const TypeInfo& type, std::string_view verb);

}  // namespace highwater
