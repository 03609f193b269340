#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/field.h"

namespace highwater::drivers {

/// Times as a product's own configuration writes them: with a unit as everywhere ("5s"), or a bare
/// number in the product's unit. In nanoseconds.
struct InMilliseconds {
  std::int64_t ns = 0;
  friend constexpr auto operator<=>(const InMilliseconds&, const InMilliseconds&) = default;
};
struct InSeconds {
  std::int64_t ns = 0;
  friend constexpr auto operator<=>(const InSeconds&, const InSeconds&) = default;
};

/// The same, or `false` for no limit, which is 0.
struct MillisecondsOrFalse {
  std::int64_t ns = 0;
  friend constexpr auto operator<=>(const MillisecondsOrFalse&,
                                    const MillisecondsOrFalse&) = default;
};

/// A percentage: 50 or "50%", both are 50.
struct Percentage {
  double value = 0;
  friend constexpr auto operator<=>(const Percentage&, const Percentage&) = default;
};

/// One pause or several of them, "500ms,1s,4s"; bare numbers are milliseconds. In nanoseconds.
struct PauseList {
  std::vector<std::int64_t> pauses;
  friend bool operator==(const PauseList&, const PauseList&) = default;
};

}  // namespace highwater::drivers

namespace highwater {

#define HIGHWATER_PRODUCT_UNIT(T)                                                     \
  template <>                                                                         \
  struct Quantity<drivers::T> {                                                       \
    static const TypeInfo& type();                                                    \
    static bool read(const Value& value, const std::string& path, Problems& problems, \
                     drivers::T& out);                                                \
    static Value write(const drivers::T& value);                                      \
  };
HIGHWATER_PRODUCT_UNIT(InMilliseconds)
HIGHWATER_PRODUCT_UNIT(InSeconds)
HIGHWATER_PRODUCT_UNIT(MillisecondsOrFalse)
HIGHWATER_PRODUCT_UNIT(Percentage)
HIGHWATER_PRODUCT_UNIT(PauseList)
#undef HIGHWATER_PRODUCT_UNIT

// They may have limits, as every quantity that is more or less.
namespace detail {
template <class T>
struct LimitOfUnit {
  using Type = T;
  static T measured(const T& value) { return value; }
};
template <>
struct LimitOf<drivers::InMilliseconds> : LimitOfUnit<drivers::InMilliseconds> {};
template <>
struct LimitOf<drivers::InSeconds> : LimitOfUnit<drivers::InSeconds> {};
template <>
struct LimitOf<drivers::Percentage> : LimitOfUnit<drivers::Percentage> {};
}  // namespace detail

}  // namespace highwater
