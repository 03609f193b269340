#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/client.h"
#include "models/algorithms/balancing/haproxy_map.h"
#include "models/algorithms/hashing/haproxy_hash.h"
#include "models/algorithms/hashing/ring.h"

namespace highwater::balancing {

/// What haproxy_random and the consistent hashes share: a ring on which each server owns as many
/// points as its effective weight; a hash belongs to the nearest point, the one before it of two
/// equally near.
///
/// hash-balance-factor passes over servers that hold more than their share of the requests in
/// flight times that factor, along the ring.
///
/// Assumes  HAProxy keeps its round-robin cursor where it was when the servers that work change
///          from active ones to backups or back, and may so walk the wrong ones; here it begins
///          anew. The shares that the factor bounds are split by the weights of the configuration's
///          first day, as in HAProxy 2.6.
/// Source   HAProxy 2.6.12 src/lb_chash.c.
/// Checked  tests/algorithms/haproxy_test.cpp; tests/reality/haproxy_balancing.py.
class HaproxyRing : public Haproxy {
 public:
  HaproxyRing(std::vector<Target> targets, const HaproxyOptions& options)
      : Haproxy(std::move(targets), options, HaproxySlowStart::kScale), before_(size(), 0) {
    std::array<std::uint32_t, 2> sums{};
    for (std::size_t i = 0; i < size(); ++i) {
      if (!takes_part(i)) continue;
      std::uint32_t& sum = sums[target(i).backup];
      before_[i] = sum;
      sum += effective_weight(i);
    }
    owned_.assign(size(), 0);
    most_owned_.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) {
      most_owned_.push_back(configured_weight(i) * HaproxySlowStart::kScale);
      if (takes_part(i)) add_points(i, effective_weight(i));
    }
    for (std::size_t g = 0; g < 2; ++g) rings_[g] = Ring(points_[g]);
  }

 protected:
  /// The server of the hash; full ones included, which the caller sorts out. Of the servers that
  /// may not be picked the last on the ring where there is no other. O(1) for points that are
  /// hashes.
  Pick server_of(std::uint32_t hash, const Question& question) const {
    if (const auto lone = lone_backup()) return lone;
    const Ring& ring = rings_[working_group()];
    if (ring.empty()) return std::nullopt;
    std::size_t place = ring.place_of(hash);
    const std::size_t before = ring.before(place);
    if (hash - ring.point(before).hash <= ring.point(place).hash - hash) place = before;
    const Pick avoid = to_avoid(question);
    bool wrapped = false;
    while (ring.target(place) == avoid || overloaded(ring.target(place))) {
      const std::size_t next = ring.next(place);
      if (next == 0 && std::exchange(wrapped, true)) break;
      place = next;
    }
    return ring.target(place);
  }

  /// Round robin for requests without a key: from point to point. O(points) where all are full.
  Pick next_on_ring(const Question& question) {
    if (const auto lone = lone_backup()) return lone;
    const std::size_t group = working_group();
    const Ring& ring = rings_[group];
    if (ring.empty()) return std::nullopt;
    const bool begins = cursor_group_ != group || cursor_ == kNowhere;
    const std::size_t stop = begins ? 0 : cursor_;  // without a cursor the first point only
    std::size_t place = begins ? 0 : ring.next(stop);
    const Pick avoid = to_avoid(question);
    Pick avoided;
    std::size_t avoided_at = kNowhere;
    cursor_group_ = group;
    for (;; place = ring.next(place)) {
      const std::size_t i = ring.target(place);
      cursor_ = place;
      if (!saturated(i, question.now)) {
        if (i != avoid) return i;
        avoided = i;
        avoided_at = place;
      }
      if (place == stop) break;
    }
    cursor_ = avoided_at;
    return avoided;
  }

 private:
  using Ring = hashing::Ring<std::uint32_t>;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  bool overloaded(std::size_t i) const {
    if (options().balance_factor == 0) return false;
    const auto in_all = static_cast<std::uint32_t>(in_flight());
    const std::uint32_t all_slots = ((in_all + 1) * options().balance_factor + 99) / 100;
    const std::uint32_t all_weight = working_weight();
    const std::uint32_t weight = effective_weight(i);
    const std::uint32_t rest = all_slots % all_weight;
    std::uint32_t slots = weight * (all_slots / all_weight);
    slots += (before_[i] + weight) * rest / all_weight - before_[i] * rest / all_weight;
    return in_flight(i) >= std::max(slots, 1u);
  }

  void came_up(std::size_t i) override { own(i, effective_weight(i)); }
  void went_down(std::size_t i) override { own(i, 0); }
  void reweighted(std::size_t i, std::uint32_t) override { own(i, effective_weight(i)); }

  /// O(points log points).
  void own(std::size_t i, std::uint32_t count) {
    const std::size_t group = target(i).backup;
    // A server that grows beyond what it ever had loses its points first: they go behind equals.
    if (count > most_owned_[i]) {
      most_owned_[i] = count;
      keep_points(i, 0);
    }
    keep_points(i, count);
    add_points(i, count);
    rebuild(group);
  }

  void keep_points(std::size_t i, std::uint32_t count) {
    if (owned_[i] <= count) return;
    std::vector<std::uint32_t> lost;
    while (owned_[i] > count) lost.push_back(hash_of_point(i, --owned_[i]));
    std::sort(lost.begin(), lost.end());
    std::erase_if(points_[target(i).backup], [&](const Ring::Point& point) {
      return point.target == i && std::binary_search(lost.begin(), lost.end(), point.hash);
    });
    const std::size_t group = target(i).backup;
    move_cursor(group, Ring(points_[group]));
  }

  void add_points(std::size_t i, std::uint32_t count) {
    while (owned_[i] < count)
      points_[target(i).backup].push_back(
          {hash_of_point(i, owned_[i]++), static_cast<std::uint32_t>(i)});
  }

  void rebuild(std::size_t group) { move_cursor(group, Ring(points_[group])); }

  /// Changes to the new ring. The cursor stays at its point, or goes to the next one still there.
  void move_cursor(std::size_t group, Ring changed) {
    Ring& ring = rings_[group];
    if (cursor_group_ == group && cursor_ != kNowhere) {
      std::size_t kept = kNowhere;
      std::size_t place = cursor_;
      for (std::size_t tries = 0; tries < ring.size() && kept == kNowhere; ++tries) {
        kept = find(changed, ring.point(place));
        place = ring.next(place);
      }
      cursor_ = kept;
    }
    ring = std::move(changed);
  }

  static std::size_t find(const Ring& ring, Ring::Point point) {
    if (ring.empty()) return kNowhere;
    std::size_t place = ring.place_of(point.hash);
    for (; place < ring.size() && ring.point(place).hash == point.hash; ++place)
      if (ring.point(place) == point) return place;
    return kNowhere;
  }

  /// The servers' numbers count from 1, each with 4,096 points to itself.
  static std::uint32_t hash_of_point(std::size_t i, std::uint32_t number) {
    return hashing::full_hash((static_cast<std::uint32_t>(i) + 1) * 4096 + number);
  }

  std::array<std::vector<Ring::Point>, 2> points_;  // in the order of their insertion
  std::array<Ring, 2> rings_;                       // the active servers', the backups'
  std::vector<std::uint32_t> owned_;                // points per server now
  std::vector<std::uint32_t> most_owned_;           // and at any time
  std::vector<std::uint32_t> before_;  // weights of the servers before it, as configured
  std::size_t cursor_group_ = 0;
  std::size_t cursor_ = kNowhere;
};

/// balancing haproxy_random: the less loaded of several servers that random hashes lead to on the
/// ring.
///
/// A later draw wins unless it has more requests per weight. Where the winner is full, the request
/// waits although others may have room.
///
/// Assumes  draws are 32 bits of the caller's; HAProxy's own are a xorshift generator's, which
///          never gives 0.
/// Source   HAProxy 2.6.12 src/backend.c, get_server_rnd.
/// Checked  tests/algorithms/haproxy_test.cpp: against the ring, draw by draw; shares by weight.
class HaproxyRandom final : public HaproxyRing {
 public:
  explicit HaproxyRandom(std::vector<Target> targets, const HaproxyOptions& options = {})
      : HaproxyRing(std::move(targets), options) {}

 private:
  Pick choose(const Question& question, AnyBits& bits) override {
    advance(question.now);
    if (nobody_works()) return std::nullopt;
    Pick best;
    for (std::uint32_t draw = 0; draw < std::max(options().draws, 1u); ++draw) {
      const Pick found = server_of(static_cast<std::uint32_t>(bits.bits() >> 32), question);
      if (!best || !busier(*found, *best)) best = found;
    }
    return unless_saturated(*best, question.now);
  }

  bool busier(std::size_t i, std::size_t other) const {
    return in_flight(i) * effective_weight(other) > in_flight(other) * effective_weight(i);
  }
};

/// balancing haproxy_source, haproxy_hash: by the client's address, or by any key.
///
/// map-based: the map's place by the rest of the hash; consistent: the ring. A full server is
/// waited for, and a retry leads to the same one on the map, to another on the ring. An empty key
/// stands for a parameter or header that is missing: round robin over the map or the ring.
///
/// Assumes  haproxy_source: the key is an address as text, or else stands for one (client.h). With
///          one server left nothing is hashed, as for all but url_param.
/// Source   HAProxy 2.6.12 src/backend.c (get_server_sh, get_server_hh), src/lb_map.c,
///          src/lb_chash.c.
/// Checked  tests/algorithms/haproxy_test.cpp: recorded picks for 18 configurations and 500 keys,
///          3 configurations and 256 addresses, and a bounded one.
class HaproxyKeyHash {
 public:
  enum class Key : std::uint8_t { address, any };

  HaproxyKeyHash(Key key, const HaproxyOptions& options)
      : key_(key),
        function_(options.function.value_or(hashing::HaproxyFunction::sdbm)),
        avalanche_(options.avalanche || (!options.function && options.consistent)) {}

  std::uint32_t operator()(std::string_view key) const {
    if (key_ == Key::address) {
      const hashing::Address client = client_address(key);
      const std::uint32_t hash = hashing::haproxy_source_hash(client);
      return avalanche_ ? hashing::full_hash(hash) : hash;
    }
    return hashing::haproxy_hash(function_, avalanche_, key);
  }

 private:
  Key key_;
  hashing::HaproxyFunction function_;
  bool avalanche_;
};

/// balancing haproxy_source, haproxy_hash with hash-type map-based: see HaproxyKeyHash.
class HaproxyMapHash final : public HaproxyMap {
 public:
  HaproxyMapHash(std::vector<Target> targets, HaproxyKeyHash::Key key,
                 const HaproxyOptions& options = {})
      : HaproxyMap(std::move(targets), options), hash_(key, options) {}

  bool reads_key() const override { return true; }

 private:
  Pick choose(const Question& question, AnyBits&) override {
    advance(question.now);
    if (map().empty()) return std::nullopt;
    if (question.key.empty()) return next_in_turn(question);
    const std::uint32_t hash = working_servers() == 1 ? 0 : hash_(question.key);
    return unless_saturated(map()[hash % map().size()], question.now);
  }

  HaproxyKeyHash hash_;
};

/// balancing haproxy_source, haproxy_hash with hash-type consistent: see HaproxyKeyHash.
class HaproxyRingHash final : public HaproxyRing {
 public:
  HaproxyRingHash(std::vector<Target> targets, HaproxyKeyHash::Key key,
                  const HaproxyOptions& options = {})
      : HaproxyRing(std::move(targets), options), hash_(key, options) {}

  bool reads_key() const override { return true; }

 private:
  Pick choose(const Question& question, AnyBits&) override {
    advance(question.now);
    if (nobody_works()) return std::nullopt;
    const Pick found =
        question.key.empty() ? next_on_ring(question) : server_of(hash_(question.key), question);
    return found ? unless_saturated(*found, question.now) : std::nullopt;
  }

  HaproxyKeyHash hash_;
};

}  // namespace highwater::balancing
