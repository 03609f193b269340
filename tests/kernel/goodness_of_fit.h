#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "engine/kernel/math.h"

namespace highwater::testing {

/// How well counts fit expectations: the chance of a chi-square at least as large if the law is
/// right. Neighbouring cells are joined until ten are expected.
inline double chi_square_p_value(const std::vector<double>& counts,
                                 const std::vector<double>& expected) {
  double sum = 0;
  double count = 0;
  double mean = 0;
  int cells = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    count += counts[i];
    mean += expected[i];
    if (mean < 10 && i + 1 < counts.size()) continue;
    if (mean > 0) {
      sum += (count - mean) * (count - mean) / mean;
      ++cells;
    }
    count = 0;
    mean = 0;
  }
  return math::gamma_tail(0.5 * (cells - 1), 0.5 * sum);
}

/// Kolmogorov and Smirnov's distance of draws, given as u = F(x), from the uniform law, taken at
/// the borders of 1,000 cells (so that a million draws need no sorting).
class UniformDistance {
 public:
  void add(double u) {
    const double cell = std::floor(u * kCells);
    ++counts_[cell >= kCells ? kCells - 1 : static_cast<std::size_t>(cell)];
    ++total_;
  }

  double value() const {
    double below = 0;
    double largest = 0;
    for (std::size_t i = 0; i < kCells; ++i) {
      below += counts_[i];
      const double border = static_cast<double>(i + 1) / kCells;
      largest = std::fmax(largest, std::abs(below / total_ - border));
    }
    return largest;
  }

  /// The distance that draws from the right law exceed once in 10,000 times.
  double critical() const { return 2.2255 / std::sqrt(total_); }

 private:
  static constexpr std::size_t kCells = 1000;
  std::vector<double> counts_ = std::vector<double>(kCells);
  double total_ = 0;
};

}  // namespace highwater::testing
