#include "viewer/draw/values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace highwater::viewer {
namespace {

// Eight at a time, which do not wait for each other: heat maps have many cells.
template <typename Number>
double largest_of(std::span<const Number> numbers, double least) {
  constexpr std::size_t kLanes = 8;
  constexpr Number kInfinite = std::numeric_limits<Number>::infinity();
  std::array<Number, kLanes> most{};
  most.fill(static_cast<Number>(least));
  const std::size_t whole = numbers.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const Number number = numbers[i + lane];  // comparisons with NaN are false
      const bool larger = (number > most[lane]) & (number < kInfinite);
      most[lane] = larger ? number : most[lane];
    }
  for (std::size_t i = whole; i < numbers.size(); ++i)
    if (numbers[i] > most[0] && numbers[i] < kInfinite) most[0] = numbers[i];
  return static_cast<double>(*std::max_element(most.begin(), most.end()));
}

}  // namespace

double Values::largest(double least) const {
  if (source_ == Source::doubles)
    return largest_of(std::span(static_cast<const double*>(data_), size_), least);
  if (source_ == Source::floats)
    return largest_of(std::span(static_cast<const float*>(data_), size_), least);
  double most = least;
  for (std::size_t i = 0; i < size_; ++i) {
    const double number = (*this)[i];
    if (std::isfinite(number)) most = std::max(most, number);
  }
  return most;
}

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
