#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/algorithms/hashing/libhashkit.h"
#include "models/algorithms/hashing/md5.h"
#include "models/algorithms/hashing/ring.h"
#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

/// How many points a server of a ketama ring gets, and from what text.
enum class KetamaRule : std::uint8_t {
  libmemcached,           ///< 100 points each, hash("host-i"); weights only say who takes part
  libmemcached_weighted,  ///< 160 on average by weight, four of each MD5("host-i")
  hashring_npm,           ///< as weighted, counted in double, the port always part of the name
};

/// ketama: the consistent hash of memcached's clients.
///
/// Unweighted, every server has 100 points. Weighted, about 160 points a server are shared out by
/// weight, calculated in single precision as libmemcached does; a server more changes the share of
/// all, so that keys may also move between old servers there. libmemcached turns to the weighted
/// rule by itself when a server with a weight above 1 is added.
///
/// A name is "host" or "host:port". libmemcached leaves its default port out of the points' text:
/// "10.0.0.1:11211" and "10.0.0.1" are the same server to it.
///
/// Assumes  a name with several colons ends in ":port" like any other. libmemcached takes a weight
///          of 0 for 1; here it is out of the pool.
/// Source   libmemcached 1.1.4 src/libmemcached/hosts.cc (update_continuum), hash.cc
///          (dispatch_host); npm hashring 3.2.0 index.js (continuum, find).
/// Checked  tests/algorithms/ketama_test.cpp: libmemcached's points for weights 1 to 4, the servers
///          it chose under five configurations, and hashring's.
class Ketama {
 public:
  explicit Ketama(Targets targets, KetamaRule rule = KetamaRule::libmemcached,
                  Hashkit hash = Hashkit::one_at_a_time)
      : ring_(points(targets, rule, hash)), hash_(hash) {}

  /// The weighted rule with its usual hash.
  static Ketama weighted(Targets targets) {
    return Ketama(targets, KetamaRule::libmemcached_weighted, Hashkit::md5);
  }

  Choice lookup(std::string_view key) const { return lookup_hash(hashkit(hash_, key)); }

  Choice lookup_hash(std::uint32_t hash) const {
    if (ring_.empty()) return std::nullopt;
    return ring_.target(ring_.place_of(hash));
  }

  /// Fills `out` with the targets met around the circle, the first being the choice.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    if (ring_.empty()) return 0;
    return ring_.owners_from(ring_.place_of(hashkit(hash_, key)), out);
  }

  const Ring<std::uint32_t>& ring() const { return ring_; }

 private:
  using Point = Ring<std::uint32_t>::Point;

  static std::string host_text(const std::string& name) {
    constexpr std::string_view kDefaultPort = ":11211";
    return name.ends_with(kDefaultPort) ? name.substr(0, name.size() - kDefaultPort.size()) : name;
  }

  /// Digests, each of four points, of a server. Every operation rounds to single precision on its
  /// own: one bit more would change the count.
  static std::uint32_t digests(KetamaRule rule, std::uint32_t weight, std::uint64_t total,
                               std::size_t servers) {
    if (rule == KetamaRule::hashring_npm) {
      const double share = static_cast<double>(weight) / static_cast<double>(total);
      return static_cast<std::uint32_t>(share * 40 * static_cast<double>(servers));
    }
    const float share = static_cast<float>(weight) / static_cast<float>(total);
    const float scaled = share * 160.0F / 4.0F * static_cast<float>(servers);
    return static_cast<std::uint32_t>(scaled + 0.0000000001F);
  }

  static std::vector<Point> points(Targets targets, KetamaRule rule, Hashkit hash) {
    constexpr std::uint32_t kPointsEach = 100;
    std::uint64_t total = 0;
    for (const Target& target : targets) total += target.weight;
    const std::size_t servers = places_in_use(targets).size();
    std::vector<Point> points;
    for (std::uint32_t i = 0; i < targets.size(); ++i) {
      if (targets[i].weight == 0) continue;
      const std::string text =
          (rule == KetamaRule::hashring_npm ? targets[i].name : host_text(targets[i].name)) + "-";
      if (rule == KetamaRule::libmemcached) {
        for (std::uint32_t k = 0; k < kPointsEach; ++k)
          points.push_back({hashkit(hash, text + std::to_string(k)), i});
        continue;
      }
      const std::uint32_t count = digests(rule, targets[i].weight, total, servers);
      for (std::uint32_t k = 0; k < count; ++k)
        for (const std::uint32_t word : md5(text + std::to_string(k))) points.push_back({word, i});
    }
    return points;
  }

  Ring<std::uint32_t> ring_;
  Hashkit hash_;
};

}  // namespace highwater::hashing
