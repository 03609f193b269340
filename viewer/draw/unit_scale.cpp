#include "viewer/draw/unit_scale.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <span>

#include <fmt/format.h>

namespace highwater::viewer {
namespace {

constexpr double kEverything = std::numeric_limits<double>::infinity();
constexpr double kTwoMinutes = 120;  // chosen: "90 s" reads better than "1.50 min"

constexpr std::array<UnitScale, 4> kNumbers{
    {{1000, 1, ""}, {1000, 1e-3, "k"}, {1000, 1e-6, "M"}, {kEverything, 1e-9, "G"}}};
constexpr std::array<UnitScale, 4> kRates{
    {{1000, 1, "/s"}, {1000, 1e-3, "k/s"}, {1000, 1e-6, "M/s"}, {kEverything, 1e-9, "G/s"}}};
constexpr std::array<UnitScale, 6> kSeconds{{{1000, 1e9, " ns"},
                                             {1000, 1e6, " µs"},
                                             {1000, 1e3, " ms"},
                                             {kTwoMinutes, 1, " s"},
                                             {kTwoMinutes, 1 / 60.0, " min"},
                                             {kEverything, 1 / 3600.0, " h"}}};
constexpr std::array<UnitScale, 6> kMilliseconds{{{1000, 1e6, " ns"},
                                                  {1000, 1e3, " µs"},
                                                  {1000, 1, " ms"},
                                                  {kTwoMinutes, 1e-3, " s"},
                                                  {kTwoMinutes, 1 / 60e3, " min"},
                                                  {kEverything, 1 / 3600e3, " h"}}};
constexpr double kKibi = 1024;
constexpr std::array<UnitScale, 5> kBytes{
    {{kKibi, 1, " B"},
     {kKibi, 1 / kKibi, " KiB"},
     {kKibi, 1 / kKibi / kKibi, " MiB"},
     {kKibi, 1 / kKibi / kKibi / kKibi, " GiB"},
     {kEverything, 1 / kKibi / kKibi / kKibi / kKibi, " TiB"}}};
constexpr std::array<UnitScale, 5> kByteRates{
    {{kKibi, 1, " B/s"},
     {kKibi, 1 / kKibi, " KiB/s"},
     {kKibi, 1 / kKibi / kKibi, " MiB/s"},
     {kKibi, 1 / kKibi / kKibi / kKibi, " GiB/s"},
     {kEverything, 1 / kKibi / kKibi / kKibi / kKibi, " TiB/s"}}};
constexpr std::array<UnitScale, 1> kPlain{{{kEverything, 1, ""}}};

std::span<const UnitScale> scales_of(Unit unit) {
  switch (unit) {
    case Unit::number:
      return kNumbers;
    case Unit::rate:
      return kRates;
    case Unit::seconds:
      return kSeconds;
    case Unit::milliseconds:
      return kMilliseconds;
    case Unit::bytes:
      return kBytes;
    case Unit::byte_rate:
      return kByteRates;
    case Unit::ratio:
    case Unit::clock:
      break;
  }
  return kPlain;
}

const UnitScale& natural_scale(std::span<const UnitScale> scales) {
  return *std::find_if(scales.begin(), scales.end(),
                       [](const UnitScale& scale) { return scale.factor == 1; });
}

double rounded(double value, int digits) {
  return std::strtod(fmt::format("{:.{}e}", value, digits - 1).c_str(), nullptr);
}

}  // namespace

const UnitScale& scale_for(double value, Unit unit, int digits) {
  const std::span<const UnitScale> scales = scales_of(unit);
  if (value == 0 || !std::isfinite(value)) return natural_scale(scales);
  const double magnitude = std::abs(value);
  const auto found = std::find_if(scales.begin(), scales.end(), [&](const UnitScale& scale) {
    // 1023.9 bytes are written with four digits, whatever was asked for.
    const int written = scale.below == kKibi ? std::max(digits, 4) : digits;
    return rounded(magnitude * scale.factor, written) < scale.below;
  });
  return found == scales.end() ? scales.back() : *found;
}

}  // namespace highwater::viewer
