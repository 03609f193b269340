#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/algorithms/hashing/crc.h"
#include "models/algorithms/hashing/ring.h"
#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

/// nginx_hash_consistent: nginx' `hash key consistent`, compatible with Cache::Memcached::Fast.
///
/// 160 points for each unit of weight, every one the CRC-32 of host, a zero byte, port and the
/// point before it; points that coincide are dropped but for the first. A refused server is
/// followed by the owner of the next point, kNginxTries times at most.
///
/// Points hang on the server's name in the configuration, not on its addresses: "unix:" is cut off,
/// digits after a last colon are the port.
///
/// Assumes  each name is one peer; where a name has several addresses, nginx takes turns among
/// them.
///          nginx takes turns for an empty key too; here it is a key like any other. At most 2^15
///          units of weight, weights being scaled down to that.
/// Source   nginx 1.22.1 src/http/modules/ngx_http_upstream_hash_module.c,
///          ngx_http_upstream_update_chash, ngx_http_upstream_get_chash_peer.
/// Checked  tests/algorithms/nginx_hash_test.cpp: peers nginx chose for 300 keys by weight, and
/// with
///          one of four down.
class NginxConsistent {
 public:
  static constexpr std::uint32_t kPointsEach = 160;
  static constexpr std::uint64_t kMostWeight = std::uint64_t{1} << 15;

  explicit NginxConsistent(Targets targets) : ring_(points(targets)) {}

  static std::uint32_t hash(std::string_view key) { return crc32(key); }

  Choice lookup(std::string_view key) const { return lookup_hash(hash(key)); }

  Choice lookup_hash(std::uint32_t hash) const {
    if (ring_.empty()) return std::nullopt;
    return ring_.target(ring_.place_of(hash));
  }

  /// Fills `out` with the targets met around the circle, the first being the choice.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    if (ring_.empty()) return 0;
    return ring_.owners_from(ring_.place_of(hash(key)), out);
  }

  const Ring<std::uint32_t>& ring() const { return ring_; }

 private:
  using Point = Ring<std::uint32_t>::Point;

  /// The state after host, zero byte and port.
  static std::uint32_t base_of(std::string_view server) {
    constexpr std::string_view kZero("\0", 1);
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    constexpr std::string_view kUnix = "unix:";
    bool is_unix = server.size() >= kUnix.size();
    for (std::size_t i = 0; is_unix && i < kUnix.size(); ++i)
      is_unix = lower(server[i]) == kUnix[i];
    if (is_unix) return crc32(kZero, crc32(server.substr(kUnix.size())));
    const std::size_t other = server.find_last_not_of("0123456789");
    if (other == std::string_view::npos || server[other] != ':') return crc32(kZero, crc32(server));
    return crc32(server.substr(other + 1), crc32(kZero, crc32(server.substr(0, other))));
  }

  static std::vector<Point> points(Targets targets) {
    const std::vector<std::uint32_t> weights = limited_weights(targets, kMostWeight);
    std::vector<Point> points;
    for (std::uint32_t i = 0; i < targets.size(); ++i) {
      const std::uint32_t base = base_of(targets[i].name);
      std::uint32_t before = 0;
      for (std::uint64_t k = 0; k < std::uint64_t{weights[i]} * kPointsEach; ++k) {
        const std::array<char, 4> bytes = {
            static_cast<char>(before & 0xff), static_cast<char>(before >> 8 & 0xff),
            static_cast<char>(before >> 16 & 0xff), static_cast<char>(before >> 24)};
        before = crc32({bytes.data(), bytes.size()}, base);
        points.push_back({before, i});
      }
    }
    std::stable_sort(points.begin(), points.end(),
                     [](const Point& a, const Point& b) { return a.hash < b.hash; });
    const auto end = std::unique(points.begin(), points.end(),
                                 [](const Point& a, const Point& b) { return a.hash == b.hash; });
    points.erase(end, points.end());
    return points;
  }

  Ring<std::uint32_t> ring_;
};

}  // namespace highwater::hashing
