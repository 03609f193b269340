#include "engine/statistics/percentiles.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include <fmt/format.h>

#include "engine/kernel/check.h"

namespace highwater {
namespace {

constexpr double kNsPerMs = 1e6;

/// Takes the next number of a line off its front; nullopt when there is none.
std::optional<double> take_number(std::string_view& line) {
  const std::size_t start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos) return std::nullopt;
  line.remove_prefix(start);
  double number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  return number;
}

}  // namespace

std::vector<PercentilePoint> percentile_spectrum(const Histogram& histogram,
                                                 int steps_per_halving) {
  HIGHWATER_CHECK(steps_per_halving > 0);
  std::vector<PercentilePoint> points;
  if (histogram.empty()) return points;
  const double total = static_cast<double>(histogram.count());
  double wanted = 0;
  double distance = 1;
  int step = 0;
  std::uint64_t below = 0;
  histogram.for_each_bucket([&](std::uint64_t lower, std::uint64_t upper, std::uint64_t count) {
    below += count;
    const double reached = static_cast<double>(below) / total;
    if (below == histogram.count()) {
      points.push_back({static_cast<double>(histogram.max_ns()), 1, below});
      return;
    }
    if (reached < wanted) return;
    const double middle = 0.5 * (static_cast<double>(lower) + static_cast<double>(upper - 1));
    points.push_back({std::max(middle, static_cast<double>(histogram.min_ns())), reached, below});
    while (wanted <= reached) {
      ++step;
      if (step == steps_per_halving) {
        step = 0;
        distance *= 0.5;
      }
      wanted = 1 - distance + 0.5 * distance * step / steps_per_halving;
    }
  });
  return points;
}

std::string to_hgrm(const Histogram& histogram, int steps_per_halving) {
  std::string text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
  for (const PercentilePoint& point : percentile_spectrum(histogram, steps_per_halving)) {
    text += fmt::format("{:12.6f} {:2.12f} {:10}", point.value_ns / kNsPerMs, point.quantile,
                        point.count);
    text += point.quantile < 1 ? fmt::format(" {:14.2f}\n", 1 / (1 - point.quantile))
                               : std::string("            inf\n");
  }
  if (!histogram.empty()) {
    text += fmt::format("#[Mean    = {:12.6f}, Total count = {}]\n", histogram.mean_ns() / kNsPerMs,
                        histogram.count());
    text +=
        fmt::format("#[Max     = {:12.6f}]\n", static_cast<double>(histogram.max_ns()) / kNsPerMs);
  }
  return text;
}

std::optional<Histogram> from_hgrm(std::string_view text) {
  Histogram histogram;
  double before = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos || line.front() == '#' ||
        line.find("Value") != std::string_view::npos) {
      continue;
    }
    const std::optional<double> value = take_number(line);
    const std::optional<double> quantile = take_number(line);
    const std::optional<double> count = take_number(line);
    if (!value || !quantile || !count) return std::nullopt;
    if (*value < 0 || *value * kNsPerMs > 9e18 || *count < before || *count > 9e15) {
      return std::nullopt;
    }
    histogram.record(static_cast<std::int64_t>(*value * kNsPerMs + 0.5),
                     static_cast<std::uint64_t>(*count - before));
    before = *count;
  }
  return histogram;
}

}  // namespace highwater
