#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace highwater::hashing {

/// ring: points on a circle of hashes, each owned by a target: what every consistent hash looks up.
///
/// A hash belongs to the first point at or after it; past the last point the circle begins anew.
/// Points of equal hash stay in the order given, so that each scheme settles ties by the order in
/// which it makes its points.
///
/// An index by the leading bits of a hash, about one entry a point, leads to the place; from there
/// one point is read on average. That holds for points that are hashes; n points crowded into one
/// corner cost up to n steps.
///
/// Memory: 12 to 20 bytes a point of 32 bits, 16 to 24 a point of 64.
///
/// Source   D. Karger et al., Consistent Hashing and Random Trees, STOC 1997. The index is chosen.
/// Checked  tests/algorithms/ring_test.cpp: any points against a linear search.
template <std::unsigned_integral Hash>
class Ring {
 public:
  struct Point {
    Hash hash;
    std::uint32_t target;
    bool operator==(const Point&) const = default;
  };

  Ring() = default;

  explicit Ring(std::vector<Point> points) {
    std::stable_sort(points.begin(), points.end(),
                     [](const Point& a, const Point& b) { return a.hash < b.hash; });
    std::vector<bool> seen;
    hashes_.reserve(points.size());
    targets_.reserve(points.size());
    for (const Point& point : points) {
      hashes_.push_back(point.hash);
      targets_.push_back(point.target);
      if (point.target >= seen.size()) seen.resize(std::size_t{point.target} + 1);
      if (!seen[point.target]) ++owners_;
      seen[point.target] = true;
    }
    build_index();
  }

  bool empty() const { return hashes_.empty(); }
  std::size_t size() const { return hashes_.size(); }
  Point point(std::size_t place) const { return {hashes_[place], targets_[place]}; }
  std::uint32_t target(std::size_t place) const { return targets_[place]; }

  /// The place of the first point at or after the hash. The ring is not empty.
  std::size_t place_of(Hash hash) const {
    const auto bucket = static_cast<std::size_t>(hash >> shift_);
    std::size_t place = starts_[bucket];
    const std::size_t end = starts_[bucket + 1];
    while (place < end && hashes_[place] < hash) ++place;
    return place == size() ? 0 : place;
  }

  std::size_t next(std::size_t place) const { return place + 1 == size() ? 0 : place + 1; }
  std::size_t before(std::size_t place) const { return place == 0 ? size() - 1 : place - 1; }

  /// Targets that own points on the ring.
  std::size_t owners() const { return owners_; }

  /// Fills `out` with the owners met from `place` on, each at its first point: where replicas go
  /// and where retries lead. Returns how many.
  std::size_t owners_from(std::size_t place, std::span<std::uint32_t> out) const {
    const std::size_t wanted = std::min(out.size(), owners_);
    std::size_t found = 0;
    for (; found < wanted; place = next(place)) {
      const auto known = out.begin() + static_cast<std::ptrdiff_t>(found);
      if (std::find(out.begin(), known, targets_[place]) == known) out[found++] = targets_[place];
    }
    return found;
  }

 private:
  // starts_[b] is the first place whose hash has leading bits of b or more.
  void build_index() {
    constexpr int kBits = std::numeric_limits<Hash>::digits;
    const int bits = std::clamp(static_cast<int>(std::bit_width(hashes_.size())), 1, kBits - 1);
    shift_ = kBits - bits;
    starts_.assign((std::size_t{1} << bits) + 1, 0);
    for (const Hash hash : hashes_) ++starts_[static_cast<std::size_t>(hash >> shift_) + 1];
    for (std::size_t b = 1; b < starts_.size(); ++b) starts_[b] += starts_[b - 1];
  }

  std::vector<Hash> hashes_;
  std::vector<std::uint32_t> targets_;
  std::vector<std::uint32_t> starts_ = {0, 0, 0};
  int shift_ = std::numeric_limits<Hash>::digits - 1;
  std::size_t owners_ = 0;
};

}  // namespace highwater::hashing
