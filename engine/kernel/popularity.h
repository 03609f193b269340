#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/kernel/random.h"
#include "engine/math/math.h"

namespace highwater {

/// Which of `items` keys a request asks for: a law over ranks 0 … items - 1, of which 0 is the most
/// popular. Ranks say nothing about where a key lies; scramble them where that matters (sharding,
/// hashing).
///
/// Each factory has a check_ twin that says in one sentence what is wrong with the parameters, or
/// nothing; calling a factory with parameters its twin refuses is a bug.
class KeyPopularity {
 public:
  static constexpr std::uint64_t kMostItems = std::uint64_t{1} << 53;

  /// One key.
  KeyPopularity() = default;

  /// Rank k with probability proportional to 1/(k + 1)^exponent: any exponent in [0, 100], 1
  /// included, 1 <= items <= 2^53. A draw costs 15 to 30 ns whatever the number of items and uses
  /// no table.
  /// Method: rejection-inversion, W. Hörmann, G. Derflinger, ACM TOMACS 6(3), 1996,
  /// https://doi.org/10.1145/235025.235029.
  static KeyPopularity zipf(std::uint64_t items, double exponent);
  /// All alike, 1 <= items <= 2^53.
  static KeyPopularity uniform(std::uint64_t items);
  /// A share `hot_share` of the requests goes evenly to a fraction `hot_fraction` of the keys
  /// (rounded to whole keys: at least one hot and one cold), the rest evenly to the others.
  /// 2 <= items <= 2^53, 0 < hot_fraction < 1, hot_fraction <= hot_share <= 1.
  static KeyPopularity hotspot(std::uint64_t items, double hot_fraction, double hot_share);

  static std::optional<std::string> check_zipf(std::uint64_t items, double exponent);
  static std::optional<std::string> check_uniform(std::uint64_t items);
  static std::optional<std::string> check_hotspot(std::uint64_t items, double hot_fraction,
                                                  double hot_share);

  /// A rank, 0 … items() - 1.
  template <class Generator>
  std::uint64_t draw(Generator& generator) const {
    switch (kind_) {
      case Kind::kUniform:
        return generator.below(items_);
      case Kind::kHotspot:
        if (generator.uniform() < hot_share_) return generator.below(hot_items_);
        return hot_items_ + generator.below(items_ - hot_items_);
      case Kind::kZipf:
        break;
    }
    return draw_zipf(generator);
  }

  std::uint64_t items() const { return items_; }

  /// Probability of one rank (< items()): what hit-ratio formulas and tests need. The constant of
  /// Zipf's law comes from Euler and Maclaurin's sum, relative error < 1e-12.
  double probability(std::uint64_t rank) const;

  friend bool operator==(const KeyPopularity&, const KeyPopularity&) = default;

 private:
  enum class Kind : std::uint8_t { kUniform, kHotspot, kZipf };

  // H(x), the integral of h(x) = 1/x^exponent from 1 to x, and its inverse. expm1 and log1p keep
  // all digits however near the exponent is to 1; only exactly there the formulas differ.
  double area(double x) const {
    if (exponent_ == 1.0) return math::log(x);
    return math::expm1((1.0 - exponent_) * math::log(x)) * slope_;
  }
  double inverse_area(double y) const {
    if (exponent_ == 1.0) return math::exp(y);
    double t = y * (1.0 - exponent_);
    if (t < -1.0) t = -1.0;  // only by rounding
    return math::exp(math::log1p(t) * slope_);
  }

  template <class Generator>
  std::uint64_t draw_zipf(Generator& generator) const;

  Kind kind_ = Kind::kUniform;
  std::uint64_t items_ = 1;
  std::uint64_t hot_items_ = 0;
  double hot_share_ = 0;
  double exponent_ = 0;
  double slope_ = 1;       // 1/(1 - exponent), unless the exponent is 1
  double area_first_ = 0;  // H(1.5) - h(1): the lower end of the drawn areas
  double area_last_ = 0;   // H(items + 0.5)
  double certain_ = 0;     // a candidate this close above x needs no test
  double total_ = 1;       // sum of 1/k^exponent over all ranks
};

template <class Generator>
[[gnu::noinline]] std::uint64_t KeyPopularity::draw_zipf(Generator& generator) const {
  const double last = static_cast<double>(items_);
  for (;;) {
    const double u = area_last_ + generator.uniform() * (area_first_ - area_last_);
    const double x = inverse_area(u);
    double k = std::floor(x + 0.5);
    if (k < 1.0) {
      k = 1.0;
    } else if (k > last) {
      k = last;
    }
    if (k - x <= certain_ || u >= area(k + 0.5) - math::exp(-exponent_ * math::log(k))) {
      return static_cast<std::uint64_t>(k) - 1;
    }
  }
}

}  // namespace highwater
