#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

/// Every way the family knows to place a key on one of n shards by the key alone.
enum class Scheme : std::uint8_t {
  modulo,
  karger,
  ketama,
  ketama_weighted,
  libmemcached_modula,
  jump,
  rendezvous,
  maglev,
  envoy_ring,
  nginx_hash,
  nginx_hash_consistent,
  haproxy_map,
  haproxy_consistent,
  ringpop,
  redis_slot,
  cassandra,
  kafka_murmur2,
  kafka_crc32,
  kafka_fnv1a,
  range,
};

struct SchemeInfo {
  Scheme scheme;
  std::string_view name;
  std::string_view summary;
  std::string_view source;
};

/// In the order documents list them; kSchemes[i].scheme is the i-th value of Scheme.
inline constexpr std::array kSchemes = {
    SchemeInfo{Scheme::modulo, "modulo", "CRC-32 mod n; nearly every key moves when n changes.",
               "elementary"},
    SchemeInfo{Scheme::karger, "karger",
               "Consistent hashing: 160 points a unit of weight on a circle, by xxHash64.",
               "Karger et al. 1997"},
    SchemeInfo{Scheme::ketama, "ketama",
               "libmemcached's consistent distribution: 100 points a server, Jenkins' hash.",
               "libmemcached 1.1.4 hosts.cc"},
    SchemeInfo{Scheme::ketama_weighted, "ketama_weighted",
               "libmemcached's weighted ketama: 160 points a server on average, by MD5.",
               "libmemcached 1.1.4 hosts.cc"},
    SchemeInfo{Scheme::libmemcached_modula, "libmemcached_modula",
               "libmemcached's default: Jenkins' one-at-a-time hash mod n.",
               "libmemcached 1.1.4 hash.cc"},
    SchemeInfo{Scheme::jump, "jump",
               "Jump consistent hash: no table, even; shards come and go at the end only.",
               "Lamping, Veach 2014"},
    SchemeInfo{Scheme::rendezvous, "rendezvous",
               "Every shard bids for the key, the highest hash wins, by weight.",
               "Thaler, Ravishankar 1998; Resch 2015"},
    SchemeInfo{Scheme::maglev, "maglev",
               "Envoy's Maglev: a table of 65,537 cells that hosts fill in turn.",
               "Eisenbud et al. 2016; Envoy maglev_lb.cc"},
    SchemeInfo{Scheme::envoy_ring, "envoy_ring",
               "Envoy's ring_hash: a ring of about 1,024 points by xxHash64.",
               "Envoy ring_hash_lb.cc"},
    SchemeInfo{Scheme::nginx_hash, "nginx_hash",
               "nginx' `hash key`: fifteen bits of CRC-32 over the weights.",
               "nginx 1.22.1 ngx_http_upstream_hash_module.c"},
    SchemeInfo{Scheme::nginx_hash_consistent, "nginx_hash_consistent",
               "nginx' `hash key consistent`: 160 chained CRC-32 points a unit of weight.",
               "nginx 1.22.1 ngx_http_upstream_hash_module.c"},
    SchemeInfo{Scheme::haproxy_map, "haproxy_map",
               "HAProxy's `hash-type map-based`: sdbm over a map of the weights.",
               "HAProxy 2.6 lb_map.c"},
    SchemeInfo{Scheme::haproxy_consistent, "haproxy_consistent",
               "HAProxy's `hash-type consistent`: the nearest of 16 points a unit of weight.",
               "HAProxy 2.6 lb_chash.c"},
    SchemeInfo{Scheme::ringpop, "ringpop",
               "Ringpop's ring: 100 points a server by FarmHash's fingerprint.",
               "ringpop-node 10.21.0 lib/ring"},
    SchemeInfo{Scheme::redis_slot, "redis_slot",
               "Redis Cluster: CRC-16 mod 16,384 slots with hash tags, contiguous ranges of slots.",
               "Redis 7.0 cluster.c, redis-cli.c"},
    SchemeInfo{Scheme::cassandra, "cassandra",
               "Cassandra: Murmur3 tokens, 16 random tokens a node and unit of weight.",
               "Cassandra 4.0 Murmur3Partitioner.java"},
    SchemeInfo{Scheme::kafka_murmur2, "kafka_murmur2",
               "Kafka's Java clients: MurmurHash2 mod the number of partitions.",
               "Kafka Utils.java"},
    SchemeInfo{Scheme::kafka_crc32, "kafka_crc32",
               "librdkafka's `consistent`: CRC-32 mod the number of partitions.",
               "librdkafka 2.0.2 rdkafka_msg.c"},
    SchemeInfo{Scheme::kafka_fnv1a, "kafka_fnv1a",
               "librdkafka's `fnv1a`, as Sarama: FNV-1a mod the number of partitions.",
               "librdkafka 2.0.2 rdfnv1a.c"},
    SchemeInfo{Scheme::range, "range",
               "Ordered ranges of the key as a number, one a shard, as wide as its weight.",
               "MongoDB 6.0 manual, data partitioning"},
};

/// A key's shard under any scheme: what a model of a database, a cache or a topic holds. The table
/// is made once from the list of shards; a look-up changes nothing, so that threads may share one.
///
/// A scheme joins by being a class with a constructor from Targets, lookup(key) and
/// candidates(key, out), and by one line in Scheme, kSchemes and sharder.cpp.
///
/// Source   as each scheme's.
/// Checked  tests/algorithms/placement_test.cpp: properties that all schemes share;
///          hashing_test.cpp: that each is the scheme it says.
class Sharder {
 public:
  /// What of() says where no target has a weight.
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  /// @param keys  Numbers of keys are below this: only `range` reads it, to cut 0 to keys - 1 into
  ///              even parts. 0 stands for all numbers of 64 bits.
  Sharder(Scheme scheme, Targets targets, std::uint64_t keys = 0);

  Scheme scheme() const { return scheme_; }

  /// The key's shard, as a place in the list of targets.
  std::size_t of(std::string_view key) const { return table_->of(key); }

  /// The same for a number, whose key is its decimal text.
  std::size_t of(std::uint64_t key) const { return table_->of(key); }

  /// Fills `out` with distinct shards in the order in which the scheme would try them, the first
  /// being the key's own. Returns how many: fewer than asked for where the scheme gives up.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    return table_->candidates(key, out);
  }

  /// A scheme's table behind one interface.
  class Table {
   public:
    Table() = default;
    virtual ~Table() = default;
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;
    virtual std::size_t of(std::string_view key) const = 0;
    virtual std::size_t of(std::uint64_t key) const = 0;
    virtual std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const = 0;
  };

 private:
  std::unique_ptr<const Table> table_;
  Scheme scheme_;
};

}  // namespace highwater::hashing
