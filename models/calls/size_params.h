#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/describe/one_of.h"
#include "engine/kernel/distribution.h"

namespace highwater {

/// Nothing that is sent in one piece is larger than this.
inline constexpr Bytes kLargestMessage{std::uint64_t{1} << 40};

namespace size_forms {

/// Sizes follow the laws of durations, a byte for each nanosecond.
inline Duration as_duration(Bytes bytes) {
  return Duration{static_cast<Duration::rep>(bytes.count)};
}
inline void report_fault(const std::optional<std::string>& fault, const Value& where,
                         const std::string& path, Problems& problems) {
  if (fault) problems.error(where.position(), path, *fault);
}

struct ConstantSize {
  Bytes constant{};

  static constexpr std::string_view doc = "Always the same.";
  static constexpr auto shorthand = &ConstantSize::constant;
  static constexpr auto fields() {
    return Fields{field<&ConstantSize::constant>("The size.").required().at_most(kLargestMessage)};
  }
  Distribution law() const { return Distribution::constant(as_duration(constant)); }
};

struct ExponentialSize {
  Bytes exponential{};

  static constexpr std::string_view doc = "Exponential.";
  static constexpr auto fields() {
    return Fields{
        field<&ExponentialSize::exponential>("Mean.").required().at_least(Bytes{1}).at_most(
            kLargestMessage)};
  }
  Distribution law() const { return Distribution::exponential(as_duration(exponential)); }
};

struct LognormalSizeShape {
  Bytes mean{};
  Bytes p99{};

  static constexpr std::string_view type_name = "lognormal_size";
  static constexpr auto fields() {
    using P = LognormalSizeShape;
    return Fields{field<&P::mean>("Mean.").required().at_least(Bytes{1}).at_most(kLargestMessage),
                  field<&P::p99>("99 % quantile.").required().at_most(kLargestMessage)};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    report_fault(Distribution::check_lognormal_mean_p99(as_duration(mean), as_duration(p99)), where,
                 path, problems);
  }
};
struct LognormalSize {
  LognormalSizeShape lognormal;

  static constexpr std::string_view doc = "Lognormal: many small ones, few large ones.";
  static constexpr auto fields() {
    return Fields{field<&LognormalSize::lognormal>("Mean and tail.").required()};
  }
  Distribution law() const {
    return Distribution::lognormal_mean_p99(as_duration(lognormal.mean),
                                            as_duration(lognormal.p99));
  }
};

struct UniformSize {
  std::array<Bytes, 2> uniform{};

  static constexpr std::string_view doc = "Uniform between two sizes.";
  static constexpr auto fields() {
    return Fields{field<&UniformSize::uniform>("Least and largest size.").required()};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (uniform[1] > kLargestMessage)
      return problems.error(where.position(), path, "no message is larger than 1TiB");
    report_fault(Distribution::check_uniform(as_duration(uniform[0]), as_duration(uniform[1])),
                 where, path, problems);
  }
  Distribution law() const {
    return Distribution::uniform(as_duration(uniform[0]), as_duration(uniform[1]));
  }
};

}  // namespace size_forms

/// How large a message is: "20kB", {"exponential": "20kB"}, {"lognormal": {"mean": "20kB", "p99":
/// "200kB"}}, {"uniform": ["1kB", "9kB"]}.
struct SizeParams : OneOf<size_forms::ConstantSize, size_forms::ExponentialSize,
                          size_forms::LognormalSize, size_forms::UniformSize> {
  using OneOf::OneOf;
  static constexpr std::string_view type_name = "size_distribution";

  /// Of sizes in bytes, each as that many nanoseconds.
  Distribution law() const {
    return std::visit([](const auto& one) { return one.law(); }, form);
  }
};

}  // namespace highwater
