#pragma once

#include <string>
#include <string_view>

namespace highwater {

/// Turns a C++ type's full name into the name its table has: namespaces `highwater` and anonymous
/// ones are dropped, other namespaces stay as a prefix, an ending "Params" is dropped, CamelCase
/// becomes snake_case: highwater::client::RetryParams is "client.retry".
std::string table_name(std::string_view cpp_name);

namespace detail {
template <class T>
constexpr std::string_view cpp_type_name() {
  std::string_view s =
      __PRETTY_FUNCTION__;  // "... [with T = ns::Name; ...]" or "... [T = ns::Name]"
  s.remove_prefix(s.find("T = ") + 4);
  return s.substr(0, s.find_first_of(";]"));
}
}  // namespace detail

/// The table name of T; a type may give its own by a static member `type_name`.
template <class T>
std::string type_name() {
  if constexpr (requires { T::type_name; }) {
    return std::string(T::type_name);
  } else {
    return table_name(detail::cpp_type_name<T>());
  }
}

}  // namespace highwater
