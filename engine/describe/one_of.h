#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engine/describe/field.h"

namespace highwater {

/// A parameter that is one of several forms, told apart by the key it has. Each form is a params
/// struct; the name of its *first* field is the key (the verb) that chooses it, its other fields
/// may stand beside that key. Derive from it to give the parameter a name of its own:
///
///   struct WaitStep {
///     Distribution wait;
///     static constexpr std::string_view doc = "Waits without using a core.";
///     static constexpr auto fields() {
///       return Fields{field<&WaitStep::wait>("How long.").required()};
///     }
///   };
///   struct RepeatStep { … std::vector<Step> steps; … };   // Step may be incomplete here
///   struct Step : OneOf<WaitStep, RepeatStep> { using OneOf::OneOf; };
///
/// JSON: {"wait": "30ms"}. No verb or two of them is a problem. A default-constructed OneOf holds
/// the default of its first form.
///
/// A value that is no object goes to the form with a `shorthand`, if there is one. With
/// `static constexpr bool words = true;` in the derived struct a string may name a verb whose
/// parameters all have defaults: "policy": "redis_lru" is {"redis_lru": {}}.
template <class... Forms>
struct OneOf {
  using Variant = std::variant<Forms...>;
  Variant form;

  OneOf() = default;
  template <class Form>
  requires(std::same_as<Form, Forms> || ...) OneOf(Form given) : form(std::move(given)) {}

  template <class Form>
  bool is() const {
    return std::holds_alternative<Form>(form);
  }
  /// The form if it is this one, else nullptr.
  template <class Form>
  const Form* as() const {
    return std::get_if<Form>(&form);
  }
};

namespace detail {

template <class... Forms>
std::variant<Forms...> forms_of(const OneOf<Forms...>&);

/// Finds the form that an object chooses. Reports none or several.
/// @return nullptr after a problem.
const AlternativeInfo* choose_form(const Value& object, const std::string& path,
                                   const TypeInfo& type, Problems& problems);
/// Finishes and checks the table: verbs are distinct, and no form has a field called like the verb
/// of another.
TypeInfo one_of_type(std::string name, std::vector<AlternativeInfo> alternatives,
                     bool words_allowed);
/// {verb: {}} at the position of `word`.
Value spelled_out(const Value& word);

template <class Form>
AlternativeInfo alternative_info() {
  AlternativeInfo info;
  info.doc = doc_of<Form>();
  info.source = source_of<Form>();
  FieldCodec<Form>::add_infos(info.fields);
  info.verb = info.fields.front().name;
  if (info.doc.empty()) info.doc = info.fields.front().doc;
  return info;
}

template <class T, class Variant>
struct OneOfReader;

template <class T, class... Forms>
struct OneOfReader<T, std::variant<Forms...>> {
  static constexpr bool words() {
    if constexpr (requires { T::words; }) {
      return T::words;
    } else {
      return false;
    }
  }

  static TypeInfo make_type() {
    TypeInfo type = one_of_type(type_name<T>(), {alternative_info<Forms>()...}, words());
    (add_shorthand<Forms>(type), ...);
    type.bare_field.clear();
    if (type.bare != nullptr) type.expects = type.bare().expects + ", or " + type.expects;
    return type;
  }

  static bool read(const Value& value, const std::string& path, Problems& problems, T& out,
                   const TypeInfo& type) {
    if (value.is_object()) {
      const AlternativeInfo* chosen = choose_form(value, path, type, problems);
      if (chosen == nullptr) return false;
      const auto index = static_cast<std::size_t>(chosen - type.alternatives.data());
      return read_form(value, path, problems, out, index, std::index_sequence_for<Forms...>{});
    }
    if (words() && value.is_string() && find_alternative(type, value.text()) != nullptr)
      return read(spelled_out(value), path, problems, out, type);
    if (words() && value.is_string() && type.bare == nullptr)
      return read_word(value, path, type, problems).has_value();  // reports the unknown word
    bool good = false;
    const bool taken = (try_bare<Forms>(value, path, problems, out, good) || ...);
    if (!taken) report_unexpected(value, path, type, problems);
    return good;
  }

  template <std::size_t... I>
  static bool read_form(const Value& value, const std::string& path, Problems& problems, T& out,
                        std::size_t index, std::index_sequence<I...>) {
    bool good = false;
    const auto read_one = [&]<class Form>(TypeTag<Form>) {
      Form form{};
      good = Quantity<Form>::read(value, path, problems, form);
      out.form = std::move(form);
    };
    ((I == index ? read_one(TypeTag<Forms>{}) : void()), ...);
    return good;
  }

  template <class Form>
  static bool try_bare(const Value& value, const std::string& path, Problems& problems, T& out,
                       bool& good) {
    if constexpr (requires { Form::shorthand; }) {
      Form form{};
      good = Quantity<Form>::read(value, path, problems, form);
      out.form = std::move(form);
      return true;
    } else {
      return false;
    }
  }
};

}  // namespace detail

template <class T>
concept OneOfType = std::is_class_v<T> && requires(const T& t) {
  detail::forms_of(t);
};

namespace detail {

template <OneOfType T>
struct CodecOf<T> {
  using Reader = OneOfReader<T, decltype(forms_of(std::declval<const T&>()))>;

  static TypeInfo make_type() { return Reader::make_type(); }
  static bool read(const Value& value, const std::string& path, Problems& problems, T& out,
                   std::initializer_list<std::string_view>) {
    const std::size_t before = problems.error_count();
    const bool good = Reader::read(value, path, problems, out, Codec<T>::type());
    return good && problems.error_count() == before;
  }
  static Value write(const T& value) {
    return std::visit([](const auto& form) { return write_params(form); }, value.form);
  }
};

}  // namespace detail

template <OneOfType T>
struct Quantity<T> : Codec<T> {};

}  // namespace highwater
