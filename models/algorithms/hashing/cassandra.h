#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "models/algorithms/hashing/murmur3.h"
#include "models/algorithms/hashing/ring.h"
#include "models/algorithms/hashing/target.h"
#include "models/algorithms/random_bits.h"

namespace highwater::hashing {

/// Where a node stands, for NetworkTopologyStrategy.
struct CassandraLocation {
  std::uint32_t datacenter = 0;
  std::uint32_t rack = 0;
  auto operator<=>(const CassandraLocation&) const = default;
};

/// cassandra: Cassandra's token ring with virtual nodes, and where replicas of a row go.
///
/// A node owns num_tokens random tokens; a row belongs to the node of the first token at or after
/// its own. SimpleStrategy puts replicas on the next distinct nodes. NetworkTopologyStrategy does
/// so within each data center, taking each rack once before it takes any twice: nodes of a rack
/// that is known are passed over unless there are more replicas than racks.
///
/// Assumes  random tokens, as without allocate_tokens_for_local_replication_factor; a node of
///          weight w has w times num_tokens, at most 2^20 tokens in all, weights being scaled down
///          to that. When no bit source is given, a node's tokens hang on its name alone, so that
///          they survive a change of the list, as they do on disk; the node of a name listed twice
///          is the first, and its second entry gets other tokens.
/// Source   Cassandra 4.0 Murmur3Partitioner.java, SimpleStrategy.java,
///          NetworkTopologyStrategy.java (calculateNaturalReplicas), TokenMetadata.java
///          (firstTokenIndex).
/// Checked  tests/algorithms/cassandra_test.cpp: tokens set by hand, replicas against a second
///          implementation over random rings, who takes from whom when a node joins.
class CassandraRing {
 public:
  static constexpr std::uint32_t kNumTokens = 16;  ///< cassandra.yaml's default from 4.0 on
  static constexpr std::uint64_t kMostTokens = std::uint64_t{1} << 20;

  struct Token {
    std::int64_t token;
    std::uint32_t node;
  };

  /// Tokens as initial_token sets them; of equal ones the first in the list counts.
  explicit CassandraRing(std::span<const Token> tokens) {
    std::vector<Point> points;
    points.reserve(tokens.size());
    for (const Token& token : tokens) points.push_back({to_point(token.token), token.node});
    ring_ = Ring<std::uint64_t>(std::move(points));
  }

  /// Random tokens, node after node. A value that is taken is drawn again.
  template <BitSource G>
  CassandraRing(Targets targets, std::uint32_t num_tokens, G& bits)
      : CassandraRing(targets, num_tokens, [&](std::uint32_t) -> G& { return bits; }) {}

  /// Tokens that hang on the names.
  explicit CassandraRing(Targets targets, std::uint32_t num_tokens = kNumTokens)
      : CassandraRing(targets, num_tokens, NameBits::of(targets)) {}

  static std::int64_t hash(std::string_view key) { return cassandra_token(key); }

  /// The node that owns the row: its first replica.
  Choice lookup(std::string_view key) const { return lookup_token(hash(key)); }

  Choice lookup_token(std::int64_t token) const {
    if (ring_.empty()) return std::nullopt;
    return ring_.target(ring_.place_of(to_point(token)));
  }

  /// SimpleStrategy: fills `out` with as many distinct nodes as it holds or the ring has.
  std::size_t simple_replicas(std::int64_t token, std::span<std::uint32_t> out) const {
    if (ring_.empty()) return 0;
    return ring_.owners_from(ring_.place_of(to_point(token)), out);
  }

  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    return simple_replicas(hash(key), out);
  }

  /// NetworkTopologyStrategy: the replicas in the order of the ring.
  ///
  /// @param locations  Of each node; a node beyond its end holds no replicas.
  /// @param wanted     Replicas in each data center.
  std::vector<std::uint32_t> topology_replicas(std::int64_t token,
                                               std::span<const CassandraLocation> locations,
                                               std::span<const std::uint32_t> wanted) const {
    std::vector<std::uint32_t> replicas;
    if (ring_.empty()) return replicas;
    std::vector<Datacenter> centers = datacenters(locations, wanted);
    std::set<CassandraLocation> racks;
    std::size_t place = ring_.place_of(to_point(token));
    for (std::size_t i = 0; i < ring_.size(); ++i, place = ring_.next(place)) {
      const std::uint32_t node = ring_.target(place);
      if (node >= locations.size() || locations[node].datacenter >= centers.size()) continue;
      Datacenter& center = centers[locations[node].datacenter];
      if (center.left == 0) continue;
      if (std::find(replicas.begin(), replicas.end(), node) != replicas.end()) continue;
      if (!racks.insert(locations[node]).second && center.repeats-- <= 0) continue;
      replicas.push_back(node);
      --center.left;
    }
    return replicas;
  }

  /// The place on the ring of the token's first replica. The ring is not empty.
  std::size_t place_of(std::int64_t token) const { return ring_.place_of(to_point(token)); }

  const Ring<std::uint64_t>& ring() const { return ring_; }

 private:
  using Point = Ring<std::uint64_t>::Point;

  struct Datacenter {
    std::int64_t left = 0;     // replicas it still needs
    std::int64_t repeats = 0;  // of those that may share a rack with another
  };

  /// Random bits for each node, from its name.
  struct NameBits {
    struct Stream {
      std::uint64_t state;
      std::uint64_t bits() { return murmur3_mix(state += 0x9e3779b97f4a7c15); }
    };
    std::vector<Stream> streams;

    static NameBits of(Targets targets) {
      NameBits bits;
      for (const Target& target : targets)
        bits.streams.push_back({murmur3_x64_128(target.name).high});
      return bits;
    }
    Stream& operator()(std::uint32_t node) { return streams[node]; }
  };

  template <class BitsOf>
  requires requires(BitsOf bits_of) { bits_of(0u).bits(); }
  CassandraRing(Targets targets, std::uint32_t num_tokens, BitsOf bits_of) {
    const std::uint64_t each = std::clamp<std::uint64_t>(num_tokens, 1, kMostTokens);
    const std::vector<std::uint32_t> weights = limited_weights(targets, kMostTokens / each);
    std::set<std::uint64_t> taken;
    std::vector<Point> points;
    for (std::uint32_t node = 0; node < targets.size(); ++node)
      for (std::uint64_t k = 0; k < weights[node] * each; ++k) {
        std::uint64_t token = bits_of(node).bits();
        // The smallest number is no token, and a token has one node.
        while (token == 0 || !taken.insert(token).second) token = bits_of(node).bits();
        points.push_back({token, node});
      }
    ring_ = Ring<std::uint64_t>(std::move(points));
  }

  /// The ring runs from the smallest signed number to the greatest.
  static std::uint64_t to_point(std::int64_t token) {
    return static_cast<std::uint64_t>(token) ^ std::uint64_t{1} << 63;
  }

  std::vector<Datacenter> datacenters(std::span<const CassandraLocation> locations,
                                      std::span<const std::uint32_t> wanted) const {
    std::vector<bool> member(locations.size());
    for (std::size_t i = 0; i < ring_.size(); ++i)
      if (ring_.target(i) < member.size()) member[ring_.target(i)] = true;
    std::vector<std::set<std::uint32_t>> racks(wanted.size());
    std::vector<std::int64_t> nodes(wanted.size());
    for (std::size_t i = 0; i < locations.size(); ++i) {
      const auto [datacenter, rack] = locations[i];
      if (!member[i] || datacenter >= wanted.size()) continue;
      racks[datacenter].insert(rack);
      ++nodes[datacenter];
    }
    std::vector<Datacenter> centers;
    for (std::size_t d = 0; d < wanted.size(); ++d)
      centers.push_back({std::min<std::int64_t>(wanted[d], nodes[d]),
                         std::int64_t{wanted[d]} - static_cast<std::int64_t>(racks[d].size())});
    return centers;
  }

  Ring<std::uint64_t> ring_;
};

}  // namespace highwater::hashing
