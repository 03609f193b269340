#pragma once

#include <algorithm>
#include <vector>

namespace highwater {

/// Factors of faults that overlap: what one that ends leaves is exactly what there would be without
/// it.
///
/// Checked  tests/faults/databases_test.cpp
class Factors {
 public:
  void add(double factor) {
    factors_.push_back(factor);
    multiply();
  }
  void remove(double factor) {
    const auto found = std::find(factors_.begin(), factors_.end(), factor);
    if (found != factors_.end()) factors_.erase(found);
    multiply();
  }
  /// 1 where there are none.
  double product() const { return product_; }

 private:
  void multiply() {
    product_ = 1;
    for (const double factor : factors_) product_ *= factor;
  }

  std::vector<double> factors_;
  double product_ = 1;
};

}  // namespace highwater
