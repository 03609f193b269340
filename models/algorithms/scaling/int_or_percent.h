#pragma once

#include <cstdint>

namespace highwater::scaling {

/// scaling int_or_percent: a number of pods, or a share of them in percent.
///
/// Percentages become whole pods rounded up or down, as whoever asks needs it. Both are done in
/// whole numbers: (percent * total + 99) / 100 and percent * total / 100, which is what the
/// product's ceil and floor of a double give for every total that exists. Negative numbers do not
/// exist here.
///
/// Source   Kubernetes k8s.io/apimachinery/pkg/util/intstr GetScaledValueFromIntOrPercent.
/// Checked  tests/scaling/rolling_update_test.cpp, tests/scaling/disruption_budget_test.cpp
struct IntOrPercent {
  std::uint32_t value = 0;
  bool percent = false;

  constexpr std::uint32_t rounded_up(std::uint32_t total) const {
    return percent ? static_cast<std::uint32_t>((std::uint64_t{value} * total + 99) / 100) : value;
  }
  constexpr std::uint32_t rounded_down(std::uint32_t total) const {
    return percent ? static_cast<std::uint32_t>(std::uint64_t{value} * total / 100) : value;
  }
  friend constexpr bool operator==(const IntOrPercent&, const IntOrPercent&) = default;
};

}  // namespace highwater::scaling
