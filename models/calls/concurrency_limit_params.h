#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "engine/describe/one_of.h"
#include "models/overload_params.h"

namespace highwater {

enum class LearnedLimit : std::uint8_t { aimd, vegas, gradient2 };

struct LearnedLimitInfo {
  std::string_view name;
  std::string_view summary;
};
inline constexpr std::array kLearnedLimits = {
    LearnedLimitInfo{"aimd", "One more while it is used, a tenth less after a drop."},
    LearnedLimitInfo{"vegas", "Keeps the estimated queue between two bounds, as TCP Vegas does."},
    LearnedLimitInfo{"gradient2", "Follows the ratio of the long average latency to the last."}};

/// A verb of `concurrency_limit`: {"vegas": {…}}; what gathers samples may stand beside it.
template <class P, LearnedLimit kLimit>
struct ConcurrencyLimitForm {
  P params;
  overload::WindowedLimitParams window;

  static constexpr auto fields() {
    constexpr LearnedLimitInfo info = kLearnedLimits[static_cast<std::size_t>(kLimit)];
    return Fields{field<&ConcurrencyLimitForm::params>(info.summary)
                      .named(info.name)
                      .source("Netflix concurrency-limits"),
                  inlined<&ConcurrencyLimitForm::window>()};
  }
};

/// A limit on requests in flight that learns: "vegas", or {"vegas": {…}}.
struct ConcurrencyLimitParams
    : OneOf<ConcurrencyLimitForm<overload::AimdParams, LearnedLimit::aimd>,
            ConcurrencyLimitForm<overload::VegasParams, LearnedLimit::vegas>,
            ConcurrencyLimitForm<overload::Gradient2Params, LearnedLimit::gradient2>> {
  using OneOf::OneOf;
  static constexpr bool words = true;
  static constexpr std::string_view type_name = "concurrency_limit";

  /// @param bits  Of Vegas' probes.
  std::unique_ptr<resilience::ConcurrencyLimit> make(AnyBits bits) const {
    return std::visit([&](const auto& one) { return one.window.wrap(one.params.make(bits)); },
                      form);
  }
};

}  // namespace highwater
