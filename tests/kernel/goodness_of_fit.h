#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "engine/math/math.h"

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

/// Kolmogorov and Smirnov's distance between draws and a law, taken at the borders of 100 cells
/// that the law makes equally likely (so that a million draws need no sorting).
class LawDistance {
 public:
  /// `cdf(x)` is the law, continuous, with cdf(low) = 0.
  template <class Cdf>
  LawDistance(double low, Cdf cdf) {
    double left = low;
    for (int i = 1; i < kCells; ++i) {
      const double target = static_cast<double>(i) / kCells;
      double step = 1e-12;
      while (cdf(left + step) < target) step *= 2;
      double right = left + step;
      for (int halving = 0; halving < 36; ++halving) {
        const double middle = 0.5 * (left + right);
        (cdf(middle) < target ? left : right) = middle;
      }
      borders_.push_back(left);
    }
  }

  void add(double x) {
    const auto above = std::upper_bound(borders_.begin(), borders_.end(), x);
    ++counts_[static_cast<std::size_t>(above - borders_.begin())];
    ++total_;
  }

  double value() const {
    double below = 0;
    double largest = 0;
    for (std::size_t i = 0; i < kCells; ++i) {
      below += counts_[i];
      const double expected = static_cast<double>(i + 1) / kCells;
      largest = std::fmax(largest, std::abs(below / total_ - expected));
    }
    return largest;
  }

  /// The distance that draws from the right law exceed once in 10,000 times.
  double critical() const { return 2.2255 / std::sqrt(total_); }

 private:
  static constexpr int kCells = 100;
  std::vector<double> borders_;
  std::vector<double> counts_ = std::vector<double>(kCells);
  double total_ = 0;
};

}  // namespace highwater::testing
