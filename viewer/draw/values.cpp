#include "viewer/draw/values.h"

#include <algorithm>
#include <cmath>

namespace highwater::viewer {

Values Values::ramp(std::size_t size, double start, double step) {
  Values values;
  values.size_ = size;
  values.start_ = start;
  values.step_ = step;
  return values;
}

std::size_t Values::lower_bound(double bound) const {
  std::size_t first = 0;
  std::size_t count = size_;
  while (count > 0) {
    const std::size_t half = count / 2;
    if ((*this)[first + half] < bound) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return first;
}

}  // namespace highwater::viewer
