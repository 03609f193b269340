#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/describe/problems.h"
#include "engine/describe/type_info.h"
#include "engine/describe/units.h"
#include "engine/describe/value.h"
#include "engine/kernel/distribution.h"
#include "engine/kernel/time.h"

namespace highwater {

template <class T>
struct TypeTag {};

// The quantities. Each has a JSON form and nothing else knows it: read_quantity sets `out` and
// returns true, or reports what was found and what is right and returns false; write_quantity is
// its inverse. Reading what writing gave returns the same value, bit for bit.
//
//   Duration   "250us" "1.5s" "10m"; 0 to kLongestRun, to the nanosecond
//   Rate       "800/s" "1.2k/s" "5/minute"; 0 to 1e9/s
//   Bytes      "512B" "4KiB" "2GB"; 0 to 1 EiB
//   Bandwidth  "1Gbit/s" "40MB/s"; 0 to 1e15 bit/s
//   Fraction   "2.5%" or 0.025; 0 to 1
//   Factor     "3x" or 3; 0 to 1e9
//   counts     20 or "1M" (k, M, G); 0 to 2^32 - 1 or 2^53
//   double     2.2, dimensionless
//   bool       true, false
// Numbers and booleans may also stand in a string ("20", "true"), because that is all that
// ${NAME:-default} can give.
#define HIGHWATER_QUANTITY(T)                                                                  \
  const TypeInfo& quantity_type(TypeTag<T>);                                                   \
  bool read_quantity(const Value& value, const std::string& path, Problems& problems, T& out); \
  Value write_quantity(const T& value);
HIGHWATER_QUANTITY(Duration)
HIGHWATER_QUANTITY(Rate)
HIGHWATER_QUANTITY(Bytes)
HIGHWATER_QUANTITY(Bandwidth)
HIGHWATER_QUANTITY(Fraction)
HIGHWATER_QUANTITY(Factor)
HIGHWATER_QUANTITY(std::uint32_t)
HIGHWATER_QUANTITY(std::uint64_t)
HIGHWATER_QUANTITY(double)
HIGHWATER_QUANTITY(bool)
HIGHWATER_QUANTITY(std::string)
HIGHWATER_QUANTITY(ComponentRef)
HIGHWATER_QUANTITY(FilePath)
/// "20ms" (constant), {"exponential": "20ms"}, … as listed in distribution_quantity.cpp.
HIGHWATER_QUANTITY(Distribution)
#undef HIGHWATER_QUANTITY

/// Whether a component may be called so: [A-Za-z][A-Za-z0-9_-]*.
bool is_component_id(std::string_view text);

/// How values of one C++ type look in JSON. A field's unit and form follow from its type and are
/// never written a second time. Specialised below and in words.h, field.h and one_of.h.
template <class T>
struct Quantity {
  static const TypeInfo& type() { return quantity_type(TypeTag<T>{}); }
  static bool read(const Value& value, const std::string& path, Problems& problems, T& out) {
    return read_quantity(value, path, problems, out);
  }
  static Value write(const T& value) { return write_quantity(value); }
};

/// What Quantity<T> does where T is made of other types (field.h, one_of.h): a lot of code. Where
/// many translation units would compile it, the type's header says
///   extern template struct Codec<T>;
/// and one source file says `template struct Codec<T>;`, both in namespace highwater.
template <class T>
struct Codec {
  static const TypeInfo& type();
  static bool read(const Value& value, const std::string& path, Problems& problems, T& out,
                   std::initializer_list<std::string_view> also_known = {});
  static Value write(const T& value);
};

namespace detail {

/// Specialised for each sort of such types.
template <class T>
struct CodecOf;

}  // namespace detail

// Outside of the class, or they would be inline and compiled everywhere all the same.
template <class T>
const TypeInfo& Codec<T>::type() {
  static const TypeInfo info = detail::CodecOf<T>::make_type();
  return info;
}
template <class T>
bool Codec<T>::read(const Value& value, const std::string& path, Problems& problems, T& out,
                    std::initializer_list<std::string_view> also_known) {
  return detail::CodecOf<T>::read(value, path, problems, out, also_known);
}
template <class T>
Value Codec<T>::write(const T& value) {
  return detail::CodecOf<T>::write(value);
}

/// The table of a type; the same object every time.
template <class T>
const TypeInfo& type_of() {
  return Quantity<T>::type();
}

/// Reports `expected …, found …`. @return false
bool report_unexpected(const Value& value, const std::string& path, const TypeInfo& type,
                       Problems& problems);
/// Reports unless `value` is an array, of `exact_length` elements if that is not 0.
bool expect_list(const Value& value, const std::string& path, const TypeInfo& type,
                 Problems& problems);
/// Reports unless `value` is an object.
bool expect_object(const Value& value, const std::string& path, const TypeInfo& type,
                   Problems& problems);
TypeInfo list_type(const TypeInfo& (*element)(), std::size_t exact_length);
TypeInfo map_type(const TypeInfo& (*element)());

/// Absent unless given. It has no default and is left out when written.
template <class T>
struct Quantity<std::optional<T>> {
  static const TypeInfo& type() { return Quantity<T>::type(); }
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   std::optional<T>& out) {
    T given{};
    if (!Quantity<T>::read(value, path, problems, given)) return false;
    out = std::move(given);
    return true;
  }
  static Value write(const std::optional<T>& value) {
    return value ? Quantity<T>::write(*value) : Value();
  }
};

/// "auto" or a T.
template <class T>
struct Quantity<Auto<T>> {
  static const TypeInfo& type() {
    static const TypeInfo info = [] {
      TypeInfo t;
      t.name = "auto_or_" + type_of<T>().name;
      t.shape = Shape::kWords;
      t.expects = "\"auto\" or " + type_of<T>().expects;
      t.words = {{"auto", "Chosen by the program."}};
      t.bare = &type_of<T>;
      return t;
    }();
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems, Auto<T>& out) {
    if (value.is_string() && value.text() == "auto") {
      out = {};
      return true;
    }
    out.is_auto = false;
    return Quantity<T>::read(value, path, problems, out.value);
  }
  static Value write(const Auto<T>& value) {
    return value.is_auto ? Value::string("auto") : Quantity<T>::write(value.value);
  }
};

/// An array. Every faulty element is reported.
template <class T>
struct Quantity<std::vector<T>> {
  static const TypeInfo& type() {
    static const TypeInfo info = list_type(&type_of<T>, 0);
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   std::vector<T>& out) {
    if (!expect_list(value, path, type(), problems)) return false;
    out.clear();
    bool good = true;
    for (std::size_t i = 0; i < value.elements().size(); ++i) {
      T element{};
      good &= Quantity<T>::read(value.elements()[i], pointer_to(path, i), problems, element);
      out.push_back(std::move(element));
    }
    return good;
  }
  static Value write(const std::vector<T>& list) {
    Value out = Value::array();
    for (const T& element : list) out.push(Quantity<T>::write(element));
    return out;
  }
};

/// An array of exactly N elements, such as the two ends of a range.
template <class T, std::size_t N>
struct Quantity<std::array<T, N>> {
  static const TypeInfo& type() {
    static const TypeInfo info = list_type(&type_of<T>, N);
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   std::array<T, N>& out) {
    if (!expect_list(value, path, type(), problems)) return false;
    bool good = true;
    for (std::size_t i = 0; i < N; ++i)
      good &= Quantity<T>::read(value.elements()[i], pointer_to(path, i), problems, out[i]);
    return good;
  }
  static Value write(const std::array<T, N>& list) {
    Value out = Value::array();
    for (const T& element : list) out.push(Quantity<T>::write(element));
    return out;
  }
};

/// A map that keeps the order of the document, which is the order its author meant.
template <class T>
struct OrderedMap {
  struct Entry {
    std::string key;
    T value{};
    Position position;  ///< Of the key.
    friend bool operator==(const Entry& a, const Entry& b) {
      return a.key == b.key && a.value == b.value;
    }
  };
  std::vector<Entry> entries;

  auto begin() const { return entries.begin(); }
  auto end() const { return entries.end(); }
  std::size_t size() const { return entries.size(); }
  bool empty() const { return entries.empty(); }
  const T* find(std::string_view key) const {
    for (const Entry& entry : entries)
      if (entry.key == key) return &entry.value;
    return nullptr;
  }
  friend bool operator==(const OrderedMap&, const OrderedMap&) = default;
};

/// An object with free keys. Every faulty value is reported.
template <class T>
struct Quantity<OrderedMap<T>> {
  static const TypeInfo& type() {
    static const TypeInfo info = map_type(&type_of<T>);
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   OrderedMap<T>& out) {
    if (!expect_object(value, path, type(), problems)) return false;
    out.entries.clear();
    bool good = true;
    for (const Value::Member& member : value.members()) {
      typename OrderedMap<T>::Entry entry;
      entry.key = member.key;
      entry.position = member.key_position;
      good &= Quantity<T>::read(member.value, pointer_to(path, member.key), problems, entry.value);
      out.entries.push_back(std::move(entry));
    }
    return good;
  }
  static Value write(const OrderedMap<T>& map) {
    Value out = Value::object();
    for (const auto& entry : map) out.set(entry.key, Quantity<T>::write(entry.value));
    return out;
  }
};

/// The same, in the order of the keys.
template <class T>
struct Quantity<std::map<std::string, T>> {
  static const TypeInfo& type() { return type_of<OrderedMap<T>>(); }
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   std::map<std::string, T>& out) {
    OrderedMap<T> ordered;
    if (!Quantity<OrderedMap<T>>::read(value, path, problems, ordered)) return false;
    out.clear();
    for (auto& entry : ordered.entries) out.emplace(entry.key, std::move(entry.value));
    return true;
  }
  static Value write(const std::map<std::string, T>& map) {
    Value out = Value::object();
    for (const auto& [key, element] : map) out.set(key, Quantity<T>::write(element));
    return out;
  }
};

}  // namespace highwater
