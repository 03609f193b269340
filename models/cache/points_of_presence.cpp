#include "models/cache/points_of_presence.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace highwater::cache {

PointsOfPresence::PointsOfPresence(Component& cache, hashing::Scheme sharding)
    : cache_(cache), sharding_(sharding), orders_(cache.world().network.zones()) {
  for (const auto& instance : cache.instances()) {
    const bool is_known = std::any_of(points_.begin(), points_.end(), [&](const Point& point) {
      return point.zone == instance->zone();
    });
    if (!is_known) points_.push_back({instance->zone(), std::nullopt});
  }
  look_around();
}

void PointsOfPresence::look_around() {
  for (Point& point : points_) {
    std::vector<std::uint32_t> listed;
    for (const auto& instance : cache_.instances())
      if (instance->zone() == point.zone && instance->listed()) listed.push_back(instance->index());
    point.there.reset();
    if (!listed.empty()) point.there.emplace(sharding_, cache_.id(), std::move(listed));
  }
}

const std::vector<std::uint32_t>& PointsOfPresence::order(Zone from) {
  std::vector<std::uint32_t>& order = orders_[from];
  if (!order.empty()) return order;
  constexpr int kSamples = 1000;  // of a delay that varies, for its mean
  std::vector<std::pair<bool, double>> distance;
  for (const Point& point : points_) {
    RandomStream random = cache_.world().stream(
        cache_.id(), "distance " + std::to_string(from) + " " + std::to_string(point.zone));
    double sum = 0;
    for (int i = 0; i < kSamples; ++i)
      sum += static_cast<double>(cache_.world().network.delay(from, point.zone, random).count());
    distance.push_back({point.zone != from, sum});
  }
  order.resize(points_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return distance[a] < distance[b]; });
  return order;
}

Instance* PointsOfPresence::nearest(const Request& request, Zone from) {
  const auto instance_of = [&](const Point& point) {
    return cache_.instances()[point.there->of(request.key)].get();
  };
  if (from < orders_.size()) {
    for (const std::uint32_t place : order(from))
      if (points_[place].there) return instance_of(points_[place]);
    return nullptr;
  }
  constexpr std::uint64_t kOwn = 0x2c5a81f69d3be407;  // apart from other uses of the id
  const std::uint64_t first = key_hash(request.id ^ kOwn) % points_.size();
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const Point& point = points_[(first + i) % points_.size()];
    if (point.there) return instance_of(point);
  }
  return nullptr;
}

}  // namespace highwater::cache
