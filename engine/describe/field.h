#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/describe/quantity.h"
#include "engine/describe/type_name.h"
#include "engine/describe/words.h"

namespace highwater {

/// What fields() returns: the declarations of a params struct. An aggregate of its own, for making
/// a std::tuple of so many types takes compilers seconds.
template <class... Each>
struct Fields : Each... {
  constexpr explicit Fields(const Each&... each) : Each(each)... {}
};
/// visit(first, second, …)
template <class Visit, class... Each>
constexpr void apply(Visit&& visit, const Fields<Each...>& fields) {
  visit(static_cast<const Each&>(fields)...);
}

/// The part of Codec<P> that a struct needs whose fields are inlined in another.
template <class P>
struct FieldCodec {
  static void add_infos(std::vector<FieldInfo>& out);
  static void read(const Value& object, const std::string& path, P& out, Problems& problems);
  static void write(const P& params, Value& object);
};

// A params struct is an aggregate whose members carry their defaults, with one declaration for each
// member, in the order of the members:
//
//   struct RetryParams {
//     std::uint32_t attempts = 3;
//     std::optional<Duration> backoff;
//
//     static constexpr auto fields() {
//       return Fields{
//           field<&RetryParams::attempts>("Tries in all, the first included.").at_least(1),
//           field<&RetryParams::backoff>("Wait before the second try.").at_least(1ns),
//       };
//     }
//     // Optional: a value that is not an object stands for this member ("retry": 3).
//     static constexpr auto shorthand = &RetryParams::attempts;
//     // Optional: rules that span fields, asked when every field was read without a problem (else
//     // they would judge defaults that nobody wrote). `where` is the value they were read from.
//     void check(const Value& where, const std::string& path, Problems& problems) const;
//   };
//
// The member's type gives unit and JSON form, its initialiser the default; std::optional means that
// leaving it out means "none". A member left out of fields() does not compile.

namespace detail {

template <auto Member>
constexpr std::string_view member_name() {
  std::string_view s = __PRETTY_FUNCTION__;  // "... [with auto Member = &ns::Struct::name; ...]"
  s = s.substr(0, s.find_first_of(";]", s.find("Member = ")));
  s = s.substr(s.rfind("::") + 2);
  while (!s.empty() && (s.back() == ')' || s.back() == '_')) s.remove_suffix(1);
  return s;
}

template <class>
struct MemberOf;
template <class P, class T>
struct MemberOf<T P::*> {
  using Params = P;
  using Value = T;
};

/// What at_least and at_most of a type take: the value itself, or the length of a list.
template <class T>
struct LimitOf {
  using Type = void;
};
template <class T>
concept Ordered = std::is_arithmetic_v<T> || std::is_same_v<T, Duration> ||
    std::is_same_v<T, Rate> || std::is_same_v<T, Bytes> || std::is_same_v<T, Bandwidth> ||
    std::is_same_v<T, Fraction> || std::is_same_v<T, Factor>;
template <Ordered T>
struct LimitOf<T> {
  using Type = T;
  static T measured(const T& value) { return value; }
};
template <class T>
struct LimitOf<std::optional<T>> : LimitOf<T> {
  static auto measured(const std::optional<T>& value) { return LimitOf<T>::measured(*value); }
};
template <class T>
struct LimitOf<Auto<T>> : LimitOf<T> {
  static auto measured(const Auto<T>& value) { return LimitOf<T>::measured(value.value); }
};
template <class T>
struct LimitOf<std::vector<T>> {
  using Type = std::uint64_t;
  static std::uint64_t measured(const std::vector<T>& value) { return value.size(); }
};
template <class T>
struct LimitOf<OrderedMap<T>> {
  using Type = std::uint64_t;
  static std::uint64_t measured(const OrderedMap<T>& value) { return value.size(); }
};

struct NoLimit {};

/// The declarations of a params struct, made while compiling.
template <class P>
inline constexpr auto kFields = P::fields();

/// What a declaration says that does not depend on the parameter's type, and what can be done with
/// it: compiled once, not for every parameter.
struct Declaration {
  std::string_view name, doc, source;
  std::string_view known_as, bare_unit, zero_word;
  bool required = false;
  Relation relation = Relation::call;

  /// Limits are null where there are none.
  FieldInfo info(const TypeInfo& (*type)(), const Value& usual, const Value& min,
                 const Value& max) const;
  /// The parameter's value in an object; nullptr where it is left out, which may be a problem.
  const Value* find(const Value& object, const std::string& path, Problems& problems) const;
  void report_missing(const Value& where, const std::string& path, Problems& problems) const;
  void add_to(Value& object, Value value) const;
};

void report_outside(const Value& value, const std::string& path, const Value& min, const Value& max,
                    Problems& problems);
/// The value is "auto", which no limit concerns.
bool says_auto(const Value& value);

}  // namespace detail

/// One declared parameter. See field().
template <auto Member>
class Field {
 public:
  using Params = typename detail::MemberOf<decltype(Member)>::Params;
  using Type = typename detail::MemberOf<decltype(Member)>::Value;
  using Limit = typename detail::LimitOf<Type>::Type;
  static constexpr bool kLimited = !std::is_void_v<Limit>;
  using StoredLimit =
      std::conditional_t<kLimited,
                         std::optional<std::conditional_t<kLimited, Limit, detail::NoLimit>>,
                         detail::NoLimit>;
  static constexpr bool kInlined = false;

  constexpr explicit Field(std::string_view doc) {
    said_.name = detail::member_name<Member>();
    said_.doc = doc;
  }

  /// Smallest and largest value allowed; of a list or map, the least and most entries.
  template <class L>
  requires std::is_convertible_v<L, Limit>
  constexpr Field at_least(L least) const {
    Field f = *this;
    f.min_ = static_cast<Limit>(least);
    return f;
  }
  template <class L>
  requires std::is_convertible_v<L, Limit>
  constexpr Field at_most(L most) const {
    Field f = *this;
    f.max_ = static_cast<Limit>(most);
    return f;
  }
  /// Where the default or the meaning comes from.
  constexpr Field source(std::string_view source) const {
    Field f = *this;
    f.said_.source = source;
    return f;
  }
  /// Leaving it out is a problem.
  constexpr Field required() const {
    Field f = *this;
    f.said_.required = true;
    return f;
  }
  /// How the components that this field names are used; they are called unless said otherwise.
  constexpr Field uses(Relation relation) const {
    Field f = *this;
    f.said_.relation = relation;
    return f;
  }
  /// The JSON key, where it cannot be the member's name (a trailing "_" of the member is dropped
  /// anyway: `for_` is "for").
  constexpr Field named(std::string_view name) const {
    Field f = *this;
    f.said_.name = name;
    return f;
  }

  /// The product's own name of it, where ours differs. See FieldInfo.
  constexpr Field known_as(std::string_view name) const {
    Field f = *this;
    f.said_.known_as = name;
    return f;
  }
  /// The unit that a number without one has in the product's own configuration.
  constexpr Field bare(std::string_view unit) const {
    Field f = *this;
    f.said_.bare_unit = unit;
    return f;
  }
  /// The product's own word for 0: a time-out of opossum may be `false`.
  constexpr Field zero(std::string_view word) const {
    Field f = *this;
    f.said_.zero_word = word;
    return f;
  }

  constexpr std::string_view name() const { return said_.name; }

  static constexpr bool is_shorthand() {
    if constexpr (requires { Params::shorthand == Member; }) {
      return Params::shorthand == Member;
    } else {
      return false;
    }
  }

  void add_info(std::vector<FieldInfo>& out, const Params& defaults) const {
    out.push_back(said_.info(&type_of<Type>, Quantity<Type>::write(defaults.*Member), shown(min_),
                             shown(max_)));
  }

  void read(const Value& object, const std::string& path, Params& out, Problems& problems) const {
    if (const Value* value = said_.find(object, path, problems))
      read_value(*value, pointer_to(path, said_.name), out, problems);
  }

  /// Reads the struct from a value that is no object: the shorthand takes it, others are missing.
  void read_bare(const Value& bare, const std::string& path, Params& out,
                 Problems& problems) const {
    if (is_shorthand()) {
      read_value(bare, path, out, problems);
    } else if (said_.required) {
      said_.report_missing(bare, path, problems);
    }
  }

  void write(const Params& params, Value& object) const {
    said_.add_to(object, Quantity<Type>::write(params.*Member));
  }

 private:
  void read_value(const Value& value, const std::string& path, Params& out,
                  Problems& problems) const {
    Type given{};
    if (!Quantity<Type>::read(value, path, problems, given)) return;
    if constexpr (kLimited) {
      if (!detail::says_auto(value)) {
        const Limit measured = detail::LimitOf<Type>::measured(given);
        if ((min_ && measured < *min_) || (max_ && measured > *max_)) {
          return detail::report_outside(value, path, shown(min_), shown(max_), problems);
        }
      }
    }
    out.*Member = std::move(given);
  }

  static Value shown(const StoredLimit& limit) {
    if constexpr (kLimited) {
      if (limit) return Quantity<Limit>::write(*limit);
    }
    return {};
  }

  detail::Declaration said_;
  StoredLimit min_{}, max_{};
};

/// Declares a member as a parameter; `doc` says what it means in a sentence or two.
template <auto Member>
constexpr Field<Member> field(std::string_view doc) {
  return Field<Member>(doc);
}

/// Declares that the fields of a member, itself a params struct, stand in the same JSON object: a
/// call's policy stands beside its target.
template <auto Member>
class Inlined {
 public:
  using Params = typename detail::MemberOf<decltype(Member)>::Params;
  using Type = typename detail::MemberOf<decltype(Member)>::Value;
  static constexpr bool kInlined = true;
  static constexpr bool is_shorthand() { return false; }

  void add_info(std::vector<FieldInfo>& out, const Params&) const {
    FieldCodec<Type>::add_infos(out);
  }
  void read(const Value& object, const std::string& path, Params& out, Problems& problems) const {
    FieldCodec<Type>::read(object, path, out.*Member, problems);
  }
  void read_bare(const Value& bare, const std::string& path, Params& out,
                 Problems& problems) const {
    apply([&](const auto&... f) { (f.read_bare(bare, path, out.*Member, problems), ...); },
          detail::kFields<Type>);
  }
  void write(const Params& params, Value& object) const {
    FieldCodec<Type>::write(params.*Member, object);
  }
};

template <auto Member>
constexpr Inlined<Member> inlined() {
  return {};
}

/// A params struct: it declares its fields.
template <class P>
concept Described = std::is_class_v<P> && requires {
  P::fields();
};

namespace detail {

/// True when fields() names every member of P once and in order: the declared types fill the braces
/// of P exactly, and there is no member left that one more pair of braces could fill.
template <class P, class... Each>
constexpr bool declares_every_member(TypeTag<Fields<Each...>>) {
  return requires {
    P{std::declval<typename Each::Type>()...};
  }
  &&!requires {
    P{std::declval<typename Each::Type>()..., {}};
  };
}

template <class P>
constexpr std::string_view doc_of() {
  if constexpr (requires { std::string_view(P::doc); }) {
    return P::doc;
  } else {
    return "";
  }
}
template <class P>
constexpr std::string_view source_of() {
  if constexpr (requires { std::string_view(P::source); }) {
    return P::source;
  } else {
    return "";
  }
}

TypeInfo struct_type(std::string name, std::vector<FieldInfo> fields);

}  // namespace detail

template <class P>
void FieldCodec<P>::add_infos(std::vector<FieldInfo>& out) {
  static_assert(detail::declares_every_member<P>(TypeTag<decltype(P::fields())>{}),
                "fields() lists every member of the params struct, in the order of the members");
  const P defaults{};
  apply([&](const auto&... f) { (f.add_info(out, defaults), ...); }, detail::kFields<P>);
}

template <class P>
void FieldCodec<P>::read(const Value& object, const std::string& path, P& out, Problems& problems) {
  const std::size_t before = problems.error_count();
  apply([&](const auto&... f) { (f.read(object, path, out, problems), ...); }, detail::kFields<P>);
  if constexpr (requires { out.check(object, path, problems); }) {
    if (problems.error_count() == before) out.check(object, path, problems);
  }
}

template <class P>
void FieldCodec<P>::write(const P& params, Value& object) {
  apply([&](const auto&... f) { (f.write(params, object), ...); }, detail::kFields<P>);
}

namespace detail {

/// Fills in what a bare value stands for.
template <class P>
void add_shorthand(TypeInfo& type) {
  if constexpr (requires { P::shorthand; }) {
    apply(
        [&](const auto&... f) {
          const auto add = [&]<class F>(const F& one) {
            if constexpr (!F::kInlined) {
              if (F::is_shorthand()) {
                type.bare = &type_of<typename F::Type>;
                type.bare_field = one.name();
              }
            }
          };
          (add(f), ...);
        },
        kFields<P>);
  }
}

}  // namespace detail

/// Reports every key of `object` that neither `fields` nor `also_known` lists.
void report_unknown_keys(const Value& object, const std::vector<FieldInfo>& fields,
                         std::initializer_list<std::string_view> also_known,
                         const std::string& path, Problems& problems);

namespace detail {

template <Described P>
struct CodecOf<P> {
  static TypeInfo make_type() {
    std::vector<FieldInfo> fields;
    FieldCodec<P>::add_infos(fields);
    TypeInfo type = struct_type(type_name<P>(), std::move(fields));
    add_shorthand<P>(type);
    return type;
  }

  static bool read(const Value& value, const std::string& path, Problems& problems, P& out,
                   std::initializer_list<std::string_view> also_known) {
    const std::size_t before = problems.error_count();
    out = P{};
    if (value.is_object()) {
      FieldCodec<P>::read(value, path, out, problems);
      report_unknown_keys(value, Codec<P>::type().fields, also_known, path, problems);
    } else if constexpr (requires { P::shorthand; }) {
      apply([&](const auto&... f) { (f.read_bare(value, path, out, problems), ...); }, kFields<P>);
      if constexpr (requires { out.check(value, path, problems); }) {
        if (problems.error_count() == before) out.check(value, path, problems);
      }
    } else {
      report_unexpected(value, path, Codec<P>::type(), problems);
    }
    return problems.error_count() == before;
  }

  static Value write(const P& params) {
    Value object = Value::object();
    FieldCodec<P>::write(params, object);
    return object;
  }
};

}  // namespace detail

template <Described P>
struct Quantity<P> : Codec<P> {};

/// The run-time table of a params struct.
template <Described P>
const std::vector<FieldInfo>& table_of() {
  return type_of<P>().fields;
}

/// Reads a params struct. Reports every unknown key (with the nearest known one), wrong type, wrong
/// unit and out-of-range value, then calls params.check() if it exists. Faulty fields keep their
/// defaults.
/// @param path        JSON pointer of `value`.
/// @param also_known  Keys of the object that someone else reads, such as "kind".
template <Described P>
P read_params(const Value& value, const std::string& path, Problems& problems,
              std::initializer_list<std::string_view> also_known = {}) {
  P params;
  Quantity<P>::read(value, path, problems, params, also_known);
  return params;
}

/// The JSON of a params struct with every default filled in.
template <Described P>
Value write_params(const P& params) {
  return Quantity<P>::write(params);
}

}  // namespace highwater
