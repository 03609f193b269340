#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace highwater::viewer {

/// A column of numbers that somebody else owns: nothing is copied. What it refers to must live as
/// long as it does, which is until the chart's frame is over.
class Values {
 public:
  Values() = default;
  Values(std::span<const double> numbers)  // NOLINT(google-explicit-constructor)
      : source_(Source::doubles), size_(numbers.size()), data_(numbers.data()) {}
  Values(std::span<const float> numbers)  // NOLINT(google-explicit-constructor)
      : source_(Source::floats), size_(numbers.size()), data_(numbers.data()) {}
  Values(const std::vector<double>& numbers)  // NOLINT(google-explicit-constructor)
      : Values(std::span<const double>(numbers)) {}
  Values(const std::vector<float>& numbers)  // NOLINT(google-explicit-constructor)
      : Values(std::span<const float>(numbers)) {}

  /// The number at each index is asked of `at`: for ring buffers and what is computed.
  Values(std::size_t size, std::function<double(std::size_t)> at)
      : source_(Source::asked), size_(size), at_(std::move(at)) {}

  /// start, start + step, start + 2 step …: the times of bins.
  static Values ramp(std::size_t size, double start, double step);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  double operator[](std::size_t index) const {
    switch (source_) {
      case Source::doubles:
        return static_cast<const double*>(data_)[index];
      case Source::floats:
        return static_cast<double>(static_cast<const float*>(data_)[index]);
      case Source::asked:
        return at_(index);
      case Source::ramp:
        break;
    }
    return start_ + step_ * static_cast<double>(index);
  }

  /// The first `size` of them, or all where there are fewer.
  Values shortened(std::size_t size) const {
    Values copy = *this;
    if (size < copy.size_) copy.size_ = size;
    return copy;
  }

  /// The largest finite number, or `least` where none is larger.
  double largest(double least) const;

  /// First index whose number is not below `bound`; the numbers must ascend. size() if there is
  /// none.
  std::size_t lower_bound(double bound) const;

 private:
  enum class Source : std::uint8_t { ramp, doubles, floats, asked };

  Source source_ = Source::ramp;
  std::size_t size_ = 0;
  const void* data_ = nullptr;
  double start_ = 0;
  double step_ = 0;
  std::function<double(std::size_t)> at_;
};

}  // namespace highwater::viewer
