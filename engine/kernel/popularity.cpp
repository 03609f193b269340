#include "engine/kernel/popularity.h"

#include "engine/kernel/check.h"

namespace highwater {
namespace {

/// Sum of 1/k^exponent for k = 1 … items; `area(x)` is the integral of 1/x^exponent from 1 to x.
/// The first terms one by one, smallest first; the rest by Euler and Maclaurin.
template <class Area>
double harmonic(std::uint64_t items, double exponent, Area area) {
  constexpr std::uint64_t kOneByOne = 256;
  const auto term = [exponent](double k) { return math::pow(k, -exponent); };
  const std::uint64_t exact = items < kOneByOne ? items : kOneByOne;
  double sum = 0;
  if (items > exact) {
    const double first = static_cast<double>(exact);
    const double last = static_cast<double>(items);
    const double s = exponent;
    const auto first_derivative = [&](double k) { return -s * term(k) / k; };
    const auto third_derivative = [&](double k) {
      return -s * (s + 1.0) * (s + 2.0) * term(k) / (k * k * k);
    };
    sum = (area(last) - area(first)) + 0.5 * (term(last) - term(first)) +
          (first_derivative(last) - first_derivative(first)) / 12.0 -
          (third_derivative(last) - third_derivative(first)) / 720.0;
  }
  for (std::uint64_t k = exact; k > 0; --k) sum += term(static_cast<double>(k));
  return sum;
}

}  // namespace

std::optional<std::string> KeyPopularity::check_uniform(std::uint64_t items) {
  if (items < 1) return "there must be at least one item";
  if (items > kMostItems) return "there may be at most 2^53 items";
  return std::nullopt;
}

std::optional<std::string> KeyPopularity::check_zipf(std::uint64_t items, double exponent) {
  if (!(exponent >= 0.0 && exponent <= 100.0)) return "exponent must be between 0 and 100";
  return check_uniform(items);
}

std::optional<std::string> KeyPopularity::check_hotspot(std::uint64_t items, double hot_fraction,
                                                        double hot_share) {
  if (items < 2) return "a hotspot needs at least two items";
  if (!(hot_fraction > 0.0 && hot_fraction < 1.0)) {
    return "the fraction of hot items must be above 0 and below 1";
  }
  if (!(hot_share <= 1.0)) return "the share of the hot items must be at most 1";
  if (!(hot_share >= hot_fraction)) {
    return "the share of the hot items must be at least their fraction, else they are the cold "
           "ones";
  }
  return check_uniform(items);
}

KeyPopularity KeyPopularity::uniform(std::uint64_t items) {
  HIGHWATER_CHECK(!check_uniform(items));
  KeyPopularity result;
  result.items_ = items;
  return result;
}

KeyPopularity KeyPopularity::hotspot(std::uint64_t items, double hot_fraction, double hot_share) {
  HIGHWATER_CHECK(!check_hotspot(items, hot_fraction, hot_share));
  KeyPopularity result;
  result.kind_ = Kind::kHotspot;
  result.items_ = items;
  const double hot = std::floor(static_cast<double>(items) * hot_fraction + 0.5);
  result.hot_items_ = hot < 1.0 ? 1 : static_cast<std::uint64_t>(hot);
  if (result.hot_items_ >= items) result.hot_items_ = items - 1;
  result.hot_share_ = hot_share;
  return result;
}

KeyPopularity KeyPopularity::zipf(std::uint64_t items, double exponent) {
  HIGHWATER_CHECK(!check_zipf(items, exponent));
  KeyPopularity result;
  result.kind_ = Kind::kZipf;
  result.items_ = items;
  result.exponent_ = exponent;
  if (exponent != 1.0) result.slope_ = 1.0 / (1.0 - exponent);
  result.area_first_ = result.area(1.5) - 1.0;
  result.area_last_ = result.area(static_cast<double>(items) + 0.5);
  result.certain_ = 2.0 - result.inverse_area(result.area(2.5) - math::pow(2.0, -exponent));
  result.total_ = harmonic(items, exponent, [&result](double x) { return result.area(x); });
  return result;
}

double KeyPopularity::probability(std::uint64_t rank) const {
  HIGHWATER_CHECK(rank < items_);
  switch (kind_) {
    case Kind::kUniform:
      return 1.0 / static_cast<double>(items_);
    case Kind::kHotspot:
      return rank < hot_items_ ? hot_share_ / static_cast<double>(hot_items_)
                               : (1.0 - hot_share_) / static_cast<double>(items_ - hot_items_);
    case Kind::kZipf:
      break;
  }
  return math::pow(static_cast<double>(rank) + 1.0, -exponent_) / total_;
}

}  // namespace highwater
