#include "models/algorithms/hashing/sharder.h"

#include <utility>

#include "models/algorithms/hashing/bytes.h"
#include "models/algorithms/hashing/cassandra.h"
#include "models/algorithms/hashing/envoy_ring.h"
#include "models/algorithms/hashing/haproxy_consistent.h"
#include "models/algorithms/hashing/haproxy_map.h"
#include "models/algorithms/hashing/jump.h"
#include "models/algorithms/hashing/kafka.h"
#include "models/algorithms/hashing/karger.h"
#include "models/algorithms/hashing/ketama.h"
#include "models/algorithms/hashing/maglev.h"
#include "models/algorithms/hashing/modulo.h"
#include "models/algorithms/hashing/nginx_consistent.h"
#include "models/algorithms/hashing/nginx_hash.h"
#include "models/algorithms/hashing/range.h"
#include "models/algorithms/hashing/redis_cluster.h"
#include "models/algorithms/hashing/rendezvous.h"
#include "models/algorithms/hashing/ringpop.h"

namespace highwater::hashing {
namespace {

/// A scheme's own class as a table.
/// Source   as the scheme's.
template <class Scheme>
class TableOf final : public Sharder::Table {
 public:
  explicit TableOf(Scheme scheme) : scheme_(std::move(scheme)) {}

  std::size_t of(std::string_view key) const override {
    return scheme_.lookup(key).value_or(Sharder::kNone);
  }
  std::size_t of(std::uint64_t key) const override {
    if constexpr (requires { scheme_.lookup_key(key); }) {
      return scheme_.lookup_key(key).value_or(Sharder::kNone);
    } else {
      return of(DecimalText(key).view());
    }
  }
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const override {
    return scheme_.candidates(key, out);
  }

 private:
  Scheme scheme_;
};

std::unique_ptr<const Sharder::Table> make_table(Scheme scheme, Targets targets,
                                                 std::uint64_t keys) {
  const auto table = []<class S>(S made) -> std::unique_ptr<const Sharder::Table> {
    return std::make_unique<TableOf<S>>(std::move(made));
  };
  switch (scheme) {
    case Scheme::modulo:
      return table(Modulo(targets));
    case Scheme::karger:
      return table(Karger(targets));
    case Scheme::ketama:
      return table(Ketama(targets));
    case Scheme::ketama_weighted:
      return table(Ketama::weighted(targets));
    case Scheme::libmemcached_modula:
      return table(LibmemcachedModula(targets));
    case Scheme::jump:
      return table(Jump(targets));
    case Scheme::rendezvous:
      return table(Rendezvous(targets));
    case Scheme::maglev:
      return table(Maglev(targets));
    case Scheme::envoy_ring:
      return table(EnvoyRing(targets));
    case Scheme::nginx_hash:
      return table(NginxHash(targets));
    case Scheme::nginx_hash_consistent:
      return table(NginxConsistent(targets));
    case Scheme::haproxy_map:
      return table(HaproxyMap(targets));
    case Scheme::haproxy_consistent:
      return table(HaproxyConsistent(targets));
    case Scheme::ringpop:
      return table(Ringpop(targets));
    case Scheme::redis_slot:
      return table(RedisSlots(targets));
    case Scheme::cassandra:
      return table(CassandraRing(targets));
    case Scheme::kafka_murmur2:
      return table(KafkaKeys(targets, KafkaPartitioner::murmur2));
    case Scheme::kafka_crc32:
      return table(KafkaKeys(targets, KafkaPartitioner::crc32));
    case Scheme::kafka_fnv1a:
      return table(KafkaKeys(targets, KafkaPartitioner::fnv1a));
    case Scheme::range:
      return table(RangeTable(targets, keys));
  }
  return nullptr;  // no other value exists; compilers cannot know
}

}  // namespace

Sharder::Sharder(Scheme scheme, Targets targets, std::uint64_t keys)
    : table_(make_table(scheme, targets, keys)), scheme_(scheme) {}

}  // namespace highwater::hashing
