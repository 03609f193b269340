#include "models/algorithms/hashing/hashing.h"

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/algorithms/placement.h"

namespace highwater::hashing {
namespace {

TEST_CASE("hashing: the catalog lists every scheme once, in order", "[algorithms][hashing]") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kSchemes.size(); ++i) {
    CHECK(kSchemes[i].scheme == static_cast<Scheme>(i));
    CHECK(names.insert(kSchemes[i].name).second);
    CHECK_FALSE(kSchemes[i].summary.empty());
    CHECK_FALSE(kSchemes[i].source.empty());
    CHECK(Sharder(kSchemes[i].scheme, numbered_targets(2)).scheme() == kSchemes[i].scheme);
  }
  CHECK(static_cast<std::size_t>(Scheme::range) + 1 == kSchemes.size());
}

template <class Table>
void check_same(Scheme scheme, const Table& table, const std::vector<Target>& targets) {
  const Sharder sharder(scheme, targets);
  CAPTURE(kSchemes.at(static_cast<std::size_t>(scheme)).name);
  for (std::size_t i = 0; i < 300; ++i) CHECK(sharder.of(key_of(i)) == table.lookup(key_of(i)));
}

TEST_CASE("hashing: a Sharder is the table its scheme says", "[algorithms][hashing]") {
  const std::vector<Target> targets = weighted_targets({2, 1, 0, 3, 5, 4, 1});
  check_same(Scheme::modulo, Modulo(targets), targets);
  check_same(Scheme::karger, Karger(targets), targets);
  check_same(Scheme::ketama, Ketama(targets), targets);
  check_same(Scheme::ketama_weighted, Ketama::weighted(targets), targets);
  check_same(Scheme::libmemcached_modula, LibmemcachedModula(targets), targets);
  check_same(Scheme::jump, Jump(targets), targets);
  check_same(Scheme::rendezvous, Rendezvous(targets), targets);
  check_same(Scheme::maglev, Maglev(targets), targets);
  check_same(Scheme::envoy_ring, EnvoyRing(targets), targets);
  check_same(Scheme::nginx_hash, NginxHash(targets), targets);
  check_same(Scheme::nginx_hash_consistent, NginxConsistent(targets), targets);
  check_same(Scheme::haproxy_map, HaproxyMap(targets), targets);
  check_same(Scheme::haproxy_consistent, HaproxyConsistent(targets), targets);
  check_same(Scheme::ringpop, Ringpop(targets), targets);
  check_same(Scheme::redis_slot, RedisSlots(targets), targets);
  check_same(Scheme::cassandra, CassandraRing(targets), targets);
  check_same(Scheme::kafka_murmur2, KafkaKeys(targets, KafkaPartitioner::murmur2), targets);
  check_same(Scheme::kafka_crc32, KafkaKeys(targets, KafkaPartitioner::crc32), targets);
  check_same(Scheme::kafka_fnv1a, KafkaKeys(targets, KafkaPartitioner::fnv1a), targets);
  check_same(Scheme::range, RangeTable(targets), targets);
}

TEST_CASE("hashing: no two schemes are one", "[algorithms][hashing]") {
  const std::vector<Target> targets = numbered_targets(10);
  std::set<std::string> placements;
  for (const SchemeInfo& info : kSchemes) {
    const Sharder sharder(info.scheme, targets);
    std::string placement;
    for (std::size_t i = 0; i < 200; ++i) placement += static_cast<char>(sharder.of(key_of(i)));
    CAPTURE(info.name);
    // librdkafka's crc32 is plain CRC-32 mod n.
    CHECK((placements.insert(placement).second || info.scheme == Scheme::kafka_crc32));
  }
}

TEST_CASE("hashing: kafka_murmur2 is where a topic puts a key", "[algorithms][hashing]") {
  const Sharder sharder(Scheme::kafka_murmur2, numbered_targets(12));
  for (std::uint64_t key = 0; key < 500; ++key) CHECK(sharder.of(key) == kafka_partition(key, 12));
}

TEST_CASE("hashing: range cuts the keys it is told of", "[algorithms][hashing]") {
  const Sharder sharder(Scheme::range, numbered_targets(4), 1000);
  for (std::uint64_t key = 0; key < 1000; ++key) CHECK(sharder.of(key) == key / 250);
}

}  // namespace
}  // namespace highwater::hashing
