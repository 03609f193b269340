#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "models/algorithms/hashing/murmur3.h"
#include "models/algorithms/hashing/target.h"
#include "models/algorithms/hashing/xxhash64.h"

namespace highwater::hashing {

/// -ln((bits + 1/2) / 2^64), to within 1e-15 of its value: the logarithm of weighted rendezvous.
///
/// The argument is 2^e * m with m in [1/sqrt 2, sqrt 2); ln m = 2 artanh((m - 1) / (m + 1)), eleven
/// terms of the series. Only + - * / in a fixed order: the same bits on every machine, which the C
/// library's log does not promise.
///
/// Source   M. Abramowitz, I. Stegun, Handbook of Mathematical Functions, 4.1.27.
/// Checked  tests/algorithms/rendezvous_test.cpp: against long double over the whole range.
constexpr double minus_log_of(std::uint64_t bits) {
  constexpr double kSquareRootOfHalf = 0.70710678118654752440;
  // ln 2 in two parts, the first of few enough bits that a whole number times it is exact.
  constexpr double kLog2High = 6.93147180369123816490e-01;
  constexpr double kLog2Low = 1.90821492927058770002e-10;
  // Near 1 the distance to 1 is what counts, and it is exact in the upper half as a whole number.
  const bool upper = bits >> 63 != 0;
  double numerator = 0;    // m - 1
  double denominator = 0;  // m + 1
  int exponent = 0;
  if (upper) {
    const double below_one = (static_cast<double>(~bits) + 0.5) / 18446744073709551616.0;
    const double m = 1.0 - below_one;
    if (m >= kSquareRootOfHalf) {
      numerator = -below_one;
      denominator = 2.0 - below_one;
    } else {
      exponent = -1;
      numerator = 1.0 - 2.0 * below_one;
      denominator = 2.0 * m + 1.0;
    }
  } else {
    // bits + 1/2 without loss of more than the 53 bits a double has.
    const int zeros = std::countl_zero(bits);
    const std::uint64_t leading =
        bits == 0 ? std::uint64_t{1} << 63 : bits << zeros | std::uint64_t{1} << (zeros - 1);
    exponent = bits == 0 ? -64 : -zeros;
    double m = static_cast<double>(leading >> 11) / 9007199254740992.0;  // [1/2, 1)
    if (m < kSquareRootOfHalf) {
      m *= 2;
      --exponent;
    }
    numerator = m - 1.0;
    denominator = m + 1.0;
  }
  const double s = numerator / denominator;
  const double square = s * s;
  constexpr std::array kTerms = {1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11,
                                 1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3,  1.0};
  double series = 0;
  for (const double term : kTerms) series = series * square + term;
  const double log_of_m = 2 * s * series;
  return -(exponent * kLog2High + (exponent * kLog2Low + log_of_m));
}

/// rendezvous: highest random weight: every target bids for the key, the greatest bid wins.
///
/// No table and nothing to rebuild; the order of the bids is the order of retries, and a target
/// that goes leaves each of its keys to whoever bid second: perfectly even. One bid a target and
/// look-up.
///
/// With unequal weights the bid is -w / ln(u), u being the hash as a fraction: the chance to win is
/// in proportion to the weight, and a change of one weight moves keys to or from that target only.
/// With equal ones the greatest hash wins, which is the same order.
///
/// Assumes  the papers leave the hash open: xxHash64 of name and of key, combined by exclusive or
///          and mixed. Ties go to the first in the list.
/// Source   D. Thaler, C. Ravishankar, Using Name-Based Mappings to Increase Hit Rates, IEEE/ACM
///          ToN 6(1), 1998; J. Resch, New Hashing Algorithms for Data Storage, SDC 2015 (weights).
/// Checked  tests/algorithms/rendezvous_test.cpp, placement_test.cpp, placement_property_test.cpp.
class Rendezvous {
 public:
  explicit Rendezvous(Targets targets) : places_(places_in_use(targets)) {
    for (const std::uint32_t place : places_) {
      names_.push_back(xxhash64(targets[place].name));
      weights_.push_back(targets[place].weight);
      one_over_weights_.push_back(1 / weights_.back());
    }
    weighted_ = std::any_of(weights_.begin(), weights_.end(),
                            [&](double weight) { return weight != weights_.front(); });
  }

  static std::uint64_t hash(std::string_view key) { return xxhash64(key); }

  Choice lookup(std::string_view key) const { return lookup_hash(hash(key)); }

  Choice lookup_hash(std::uint64_t hash) const {
    if (places_.empty()) return std::nullopt;
    return places_[weighted_ ? best_by_cost(hash) : best_by_hash(hash)];
  }

  /// Fills `out` with the targets from the greatest bid down. Returns how many.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    std::vector<Bid> bids;
    bids.reserve(places_.size());
    for (std::uint32_t i = 0; i < places_.size(); ++i) {
      const std::uint64_t bid = murmur3_mix(names_[i] ^ hash(key));
      bids.push_back({weighted_ ? minus_log_of(bid) / weights_[i] : 0, bid, i});
    }
    const std::size_t count = std::min(out.size(), bids.size());
    std::partial_sort(bids.begin(), bids.begin() + static_cast<std::ptrdiff_t>(count), bids.end(),
                      before);
    for (std::size_t i = 0; i < count; ++i) out[i] = places_[bids[i].index];
    return count;
  }

 private:
  struct Bid {
    double cost;  // the reciprocal of the weighted bid: the least wins
    std::uint64_t hash;
    std::uint32_t index;
  };
  static bool before(const Bid& a, const Bid& b) {
    if (a.cost != b.cost) return a.cost < b.cost;
    return a.hash != b.hash ? a.hash > b.hash : a.index < b.index;
  }

  std::size_t best_by_hash(std::uint64_t hash) const {
    std::size_t best = 0;
    std::uint64_t highest = 0;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::uint64_t bid = murmur3_mix(names_[i] ^ hash);
      const bool better = bid > highest;
      best = better ? i : best;
      highest = better ? bid : highest;
    }
    return best;
  }

  /// With x = 1 - u, the cost is -ln(1 - x) / w = (x + x^2 / 2 + x^3 / 3 + ...) / w. The margins
  /// are far wider than any rounding.
  static double distance_to_one(std::uint64_t bid) {
    return static_cast<double>(static_cast<std::int64_t>(~bid >> 11)) / 9007199254740992.0;
  }
  static double cheapest_of(std::uint64_t bid, double one_over_weight) {
    return distance_to_one(bid) * (1 - 1e-9) * one_over_weight;
  }
  static double dearest_of(std::uint64_t bid, double one_over_weight) {
    const double x = distance_to_one(bid) + 0x1p-52;
    if (x > 0.5) return std::numeric_limits<double>::infinity();
    // From the third on the terms are less than a series of x^3 / 3 that halves each time.
    return x * (1 + x * (1.0 / 2 + x * (2.0 / 3))) * (1 + 1e-9) * one_over_weight;
  }

  /// Bounds without a logarithm, the dear part, nearly always tell the winner; where they do not,
  /// the bid that may be the cheapest is nearly always the one that is.
  std::size_t best_by_cost(std::uint64_t hash) const {
    std::size_t first = 0;
    double least = std::numeric_limits<double>::infinity();
    double second = least;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const double at_least = cheapest_of(murmur3_mix(names_[i] ^ hash), one_over_weights_[i]);
      second = std::min(second, std::max(least, at_least));
      first = at_least < least ? i : first;
      least = std::min(least, at_least);
    }
    const std::uint64_t bid = murmur3_mix(names_[first] ^ hash);
    if (dearest_of(bid, one_over_weights_[first]) < second) return first;
    Bid lowest{minus_log_of(bid) / weights_[first], bid, static_cast<std::uint32_t>(first)};
    if (second > lowest.cost) return first;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::uint64_t other = murmur3_mix(names_[i] ^ hash);
      if (i == first || cheapest_of(other, one_over_weights_[i]) > lowest.cost) continue;
      const Bid rival{minus_log_of(other) / weights_[i], other, static_cast<std::uint32_t>(i)};
      if (before(rival, lowest)) lowest = rival;
    }
    return lowest.index;
  }

  std::vector<std::uint32_t> places_;
  std::vector<std::uint64_t> names_;
  std::vector<double> weights_;
  std::vector<double> one_over_weights_;
  bool weighted_ = false;
};

}  // namespace highwater::hashing
