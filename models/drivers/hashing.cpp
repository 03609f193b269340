/// Drivers of the hashing family: a key in, a number or the name of a target out.

#include "models/algorithms/hashing/hashing.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/words.h"
#include "models/balancer/policy_params.h"
#include "models/drivers/catalog.h"
#include "models/drivers/target_list.h"

namespace highwater::hashing {

constexpr auto words_of(Hashkit) {
  return std::array{Word{Hashkit::one_at_a_time, "default", "Jenkins' one-at-a-time."},
                    Word{Hashkit::md5, "md5", "Four bytes of MD5."},
                    Word{Hashkit::crc, "crc", "Fifteen bits of CRC-32."},
                    Word{Hashkit::fnv1_64, "fnv1_64", "FNV-1 of 64 bits, cut to 32."},
                    Word{Hashkit::fnv1a_64, "fnv1a_64", "FNV-1a of 64 bits, calculated in 32."},
                    Word{Hashkit::fnv1_32, "fnv1_32", "FNV-1 of 32 bits."},
                    Word{Hashkit::fnv1a_32, "fnv1a_32", "FNV-1a of 32 bits."},
                    Word{Hashkit::hsieh, "hsieh", "Hsieh's SuperFastHash."},
                    Word{Hashkit::murmur, "murmur", "MurmurHash2 seeded by the length."}};
}

}  // namespace highwater::hashing

namespace highwater::drivers {
namespace {

using hashing::Scheme;

constexpr const char* kKey = "a key: any bytes; the empty line is the empty key";
constexpr const char* kTarget = "the name of the key's target; - where no target has a weight";

std::vector<hashing::Target> configured(const TargetList& list) {
  std::vector<hashing::Target> targets;
  for (const NamedTarget& target : list.targets) targets.push_back({target.name, target.weight});
  return targets;
}

// ---- Hashes

enum class Function : std::uint8_t {
  crc16,
  crc32,
  crc32c,
  md5,
  fnv1a_32,
  jenkins,
  murmur2,
  murmur3_128,
  xxhash64,
  farmhash32,
  sdbm,
  djb2,
  wt6
};
constexpr auto words_of(Function) {
  return std::array{
      Word{Function::crc16, "crc16", "CRC-16/XMODEM, Redis Cluster's."},
      Word{Function::crc32, "crc32", "CRC-32 of zlib."},
      Word{Function::crc32c, "crc32c", "CRC-32C, Castagnoli's."},
      Word{Function::md5, "md5", "MD5, in hexadecimal."},
      Word{Function::fnv1a_32, "fnv1a_32", "FNV-1a of 32 bits."},
      Word{Function::jenkins, "jenkins", "One-at-a-time, as libmemcached."},
      Word{Function::murmur2, "murmur2", "MurmurHash2 with Kafka's seed."},
      Word{Function::murmur3_128, "murmur3_128", "MurmurHash3 x64 of 128 bits, in hexadecimal."},
      Word{Function::xxhash64, "xxhash64", "xxHash64 with seed 0."},
      Word{Function::farmhash32, "farmhash32", "FarmHash Fingerprint32."},
      Word{Function::sdbm, "sdbm", "HAProxy's default."},
      Word{Function::djb2, "djb2", "Bernstein's, as HAProxy."},
      Word{Function::wt6, "wt6", "HAProxy's wt6."}};
}

void append_hex_le(std::uint64_t word, std::string& out) {
  for (int i = 0; i < 8; ++i) out += fmt::format("{:02x}", word >> (8 * i) & 0xff);
}

void append_hash(Function function, std::string_view key, std::string& out) {
  switch (function) {
    case Function::crc16:
      out += std::to_string(hashing::crc16(key));
      return;
    case Function::crc32:
      out += std::to_string(hashing::crc32(key));
      return;
    case Function::crc32c:
      out += std::to_string(hashing::crc32c(key));
      return;
    case Function::md5:
      for (const std::uint32_t word : hashing::md5(key))
        for (int i = 0; i < 4; ++i) out += fmt::format("{:02x}", word >> (8 * i) & 0xff);
      return;
    case Function::fnv1a_32:
      out += std::to_string(hashing::fnv1a_32(key));
      return;
    case Function::jenkins:
      out += std::to_string(hashing::one_at_a_time(key));
      return;
    case Function::murmur2:
      out += std::to_string(hashing::murmur2(key));
      return;
    case Function::murmur3_128: {
      const auto [low, high] = hashing::murmur3_x64_128(key);
      append_hex_le(low, out);
      append_hex_le(high, out);
      return;
    }
    case Function::xxhash64:
      out += std::to_string(hashing::xxhash64(key));
      return;
    case Function::farmhash32:
      out += std::to_string(hashing::farmhash_fingerprint32(key));
      return;
    case Function::sdbm:
      out += std::to_string(hashing::sdbm(key));
      return;
    case Function::djb2:
      out += std::to_string(hashing::djb2(key));
      return;
    case Function::wt6:
      out += std::to_string(hashing::wt6(key));
      return;
  }
}

struct HashParams {
  Function function = Function::crc32;
  static constexpr auto fields() { return Fields{field<&HashParams::function>("The hash.")}; }
};

// ---- Numbers

struct NoParams {
  static constexpr auto fields() { return Fields{}; }
};

struct PartitionsParams {
  std::uint32_t partitions = 1;
  static constexpr auto fields() {
    return Fields{field<&PartitionsParams::partitions>("Partitions of the topic.")
                      .required()
                      .at_least(1u)
                      .at_most(0x7fff'ffffu)};
  }
};

struct BucketsParams {
  std::uint32_t buckets = 1;
  static constexpr auto fields() {
    return Fields{
        field<&BucketsParams::buckets>("Buckets.").required().at_least(1u).at_most(0x7fff'ffffu)};
  }
};

/// A signed or unsigned decimal modulo 2^64.
std::optional<std::uint64_t> whole_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return negative ? 0 - value : value;
}

/// Numbers in, buckets out.
class NumberSession final : public Session {
 public:
  using Decide = std::uint64_t (*)(std::uint64_t number, std::uint32_t buckets);
  NumberSession(Decide decide, std::uint32_t buckets) : decide_(decide), buckets_(buckets) {}

  std::string take(std::string_view line, std::string& out) override {
    const auto number = whole_number(line);
    if (!number) return "expected a whole number, found " + in_quotes(line);
    out += std::to_string(decide_(*number, buckets_));
    out += '\n';
    return {};
  }

 private:
  Decide decide_;
  std::uint32_t buckets_;
};

Driver numbers(std::string name, std::string summary, std::string source,
               NumberSession::Decide decide) {
  const std::string example = "seq 1 5 | highwater algorithm " + name + " --buckets 10";
  return driver<BucketsParams>(
      {std::move(name), "hashing", std::move(summary), std::move(source),
       "a whole number, signed or not, taken modulo 2^64", "the bucket, from 0", example},
      [decide](const BucketsParams& params) {
        return std::make_unique<NumberSession>(decide, params.buckets);
      });
}

Driver partitions(std::string name, std::string summary, std::string source,
                  hashing::KafkaPartitioner partitioner) {
  const std::string example =
      "printf '%s\\n' user:1 user:2 | highwater algorithm " + name + " --partitions 12";
  return driver<PartitionsParams>(
      {std::move(name), "hashing", std::move(summary), std::move(source), kKey,
       "the partition, from 0", example},
      [partitioner](const PartitionsParams& params) {
        // A table of as many partitions as there can be would fill the memory.
        return stateless(
            [partitioner, count = params.partitions](std::string_view key, std::string& out) {
              out += std::to_string(hashing::KafkaKeys::hash(partitioner, key) % count);
            });
      });
}

// ---- Targets

/// Any table of targets as a session: keys in, names out.
template <class Table>
std::unique_ptr<Session> lookups(const TargetList& list, Table table) {
  return stateless(
      [names = list, table = std::move(table)](std::string_view key, std::string& out) {
        const hashing::Choice choice = table.lookup(key);
        out += choice ? names.targets[*choice].name : "-";
      });
}

struct TargetsParams {
  TargetList targets;
  static constexpr auto fields() {
    return Fields{
        field<&TargetsParams::targets>("Targets with weights, in configuration order.").required()};
  }
};

/// A scheme without options of its own.
Driver scheme(Scheme which) {
  const hashing::SchemeInfo& info = hashing::kSchemes[static_cast<std::size_t>(which)];
  const std::string name(info.name);
  struct Table {
    std::shared_ptr<const hashing::Sharder> sharder;
    hashing::Choice lookup(std::string_view key) const {
      const std::size_t place = sharder->of(key);
      return place == hashing::Sharder::kNone ? std::nullopt : hashing::Choice(place);
    }
  };
  return driver<TargetsParams>(
      {name, "hashing", std::string(info.summary), std::string(info.source), kKey, kTarget,
       "printf '%s\\n' user:1 user:2 | highwater algorithm " + name + " --targets a=2,b=1"},
      [which](const TargetsParams& params) {
        return lookups(params.targets, Table{std::make_shared<const hashing::Sharder>(
                                           which, configured(params.targets))});
      });
}

struct KetamaParams {
  TargetList targets;
  Auto<hashing::Hashkit> hash;
  bool weighted = false;
  static constexpr auto fields() {
    return Fields{
        field<&KetamaParams::targets>("Servers with weights, in configuration order.").required(),
        field<&KetamaParams::hash>("Hash of keys and of unweighted points; auto is md5.")
            .source("libmemcached MEMCACHED_BEHAVIOR_KETAMA"),
        field<&KetamaParams::weighted>("Share the points out by weight; so they are anyway where "
                                       "a weight is written.")
            .source("libmemcached MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED")};
  }
};

std::unique_ptr<Session> start_ketama(const KetamaParams& params) {
  bool weighted = params.weighted;
  for (const NamedTarget& target : params.targets.targets) weighted |= target.weight_given;
  return lookups(params.targets,
                 hashing::Ketama(configured(params.targets),
                                 weighted ? hashing::KetamaRule::libmemcached_weighted
                                          : hashing::KetamaRule::libmemcached,
                                 params.hash.is_auto ? hashing::Hashkit::md5 : params.hash.value));
}

struct ModulaParams {
  TargetList targets;
  hashing::Hashkit hash = hashing::Hashkit::one_at_a_time;
  static constexpr auto fields() {
    return Fields{field<&ModulaParams::targets>("Servers, in configuration order.").required(),
                  field<&ModulaParams::hash>("Hash of the keys.").source("libmemcached")};
  }
};

/// Targets with the options that the policy of the same name has.
template <class Group>
struct HostsParams {
  TargetList targets;
  Group group;

  static constexpr std::string_view type_name = "hosts_driver";
  static constexpr auto fields() {
    using P = HostsParams;
    return Fields{field<&P::targets>("Hosts with weights, in configuration order.").required(),
                  inlined<&P::group>()};
  }
};
using MaglevParams = HostsParams<balancer::MaglevParams>;
using EnvoyRingParams = HostsParams<balancer::EnvoyRingParams>;

struct CassandraParams {
  TargetList targets;
  std::uint32_t num_tokens = hashing::CassandraRing::kNumTokens;
  static constexpr auto fields() {
    return Fields{field<&CassandraParams::targets>("Nodes with weights.").required(),
                  field<&CassandraParams::num_tokens>("Tokens of a node for each unit of weight.")
                      .at_least(1u)
                      .at_most(1024u)
                      .source("cassandra.yaml num_tokens")};
  }
};

template <class P, class Start>
Driver by_targets(std::string name, std::string summary, std::string source,
                  std::string more_options, Start start) {
  const std::string example = "printf '%s\\n' user:1 user:2 | highwater algorithm " + name +
                              " --targets 10.0.0.1:80=2,10.0.0.2:80=1" + more_options;
  return driver<P>(
      {std::move(name), "hashing", std::move(summary), std::move(source), kKey, kTarget, example},
      start);
}

// ---- Resizing

struct ResizeParams {
  TargetList from;
  TargetList to;
  static constexpr auto fields() {
    return Fields{field<&ResizeParams::from>("The targets before.").required().named("from"),
                  field<&ResizeParams::to>("The targets after.").required().named("to")};
  }
};

class ResizeSession final : public Session {
 public:
  explicit ResizeSession(const ResizeParams& params)
      : from_(configured(params.from)), to_(configured(params.to)) {}

  std::string take(std::string_view line, std::string&) override {
    if (keys_.size() == kMostKeys)
      return fmt::format("more than {} keys; a part of them says as much", kMostKeys);
    keys_.emplace_back(line);
    return {};
  }

  void end(std::string& out) override {
    for (const hashing::SchemeInfo& info : hashing::kSchemes) {
      const hashing::Sharder before(info.scheme, from_);
      const hashing::Sharder after(info.scheme, to_);
      const hashing::Resize report = hashing::resize(
          from_, [&](const std::string& key) { return before.of(key); }, to_,
          [&](const std::string& key) { return after.of(key); }, keys_);
      out += fmt::format("{} {:.4f} {:.4f} {:.3f}\n", info.name, report.moved, report.collateral,
                         report.imbalance_after);
    }
  }

 private:
  static constexpr std::size_t kMostKeys = 10'000'000;

  std::vector<hashing::Target> from_;
  std::vector<hashing::Target> to_;
  std::vector<std::string> keys_;
};

}  // namespace

std::vector<Driver> hashing() {
  std::vector<Driver> drivers;
  drivers.push_back(driver<HashParams>(
      {"hash", "hashing", "One of the hashes that the schemes below are made of.",
       "zlib, RFC 1321, smhasher, xxHash, FarmHash, HAProxy 2.6", kKey, "the hash, a number",
       "printf '%s\\n' user:1 user:2 | highwater algorithm hash --function xxhash64"},
      [](const HashParams& params) {
        return stateless([function = params.function](std::string_view key, std::string& out) {
          append_hash(function, key, out);
        });
      }));
  drivers.push_back(driver<NoParams>(
      {"redis_slot", "hashing", "The slot of a key in Redis Cluster, hash tags minded.",
       "Redis 7.0 cluster.c keyHashSlot", kKey, "the slot, 0 to 16383",
       "printf '%s\\n' user:1 '{user}:2' | highwater algorithm redis_slot"},
      [](const NoParams&) {
        return stateless([](std::string_view key, std::string& out) {
          out += std::to_string(hashing::redis_slot(key));
        });
      }));
  drivers.push_back(driver<NoParams>(
      {"cassandra_token", "hashing", "The token of a partition key in Cassandra.",
       "Cassandra 4.0 Murmur3Partitioner.java", kKey, "the token, -2^63 + 1 to 2^63 - 1",
       "printf '%s\\n' user:1 user:2 | highwater algorithm cassandra_token"},
      [](const NoParams&) {
        return stateless([](std::string_view key, std::string& out) {
          out += std::to_string(hashing::cassandra_token(key));
        });
      }));
  using hashing::KafkaPartitioner;
  const auto info = [](Scheme which) { return hashing::kSchemes[static_cast<std::size_t>(which)]; };
  for (const auto& [which, partitioner] :
       {std::pair{Scheme::kafka_murmur2, KafkaPartitioner::murmur2},
        std::pair{Scheme::kafka_crc32, KafkaPartitioner::crc32},
        std::pair{Scheme::kafka_fnv1a, KafkaPartitioner::fnv1a}})
    drivers.push_back(partitions(std::string(info(which).name), std::string(info(which).summary),
                                 std::string(info(which).source), partitioner));
  drivers.push_back(numbers("jump", "Jump consistent hash of a number.", "Lamping, Veach 2014",
                            [](std::uint64_t number, std::uint32_t buckets) -> std::uint64_t {
                              return hashing::jump_hash(number, buckets);
                            }));
  drivers.push_back(
      numbers("modulo", "The number modulo the buckets.", "elementary",
              [](std::uint64_t number, std::uint32_t buckets) { return number % buckets; }));
  drivers.push_back(by_targets<KetamaParams>(
      "ketama", "libmemcached's consistent distribution, plain and weighted.",
      "libmemcached 1.1.4 hosts.cc", "", start_ketama));
  drivers.push_back(by_targets<TargetsParams>(
      "hashring", "npm hashring's ring: ketama by MD5, points by weight.",
      "npm hashring 3.2.0 index.js", "", [](const TargetsParams& params) {
        return lookups(params.targets,
                       hashing::Ketama(configured(params.targets),
                                       hashing::KetamaRule::hashring_npm, hashing::Hashkit::md5));
      }));
  drivers.push_back(by_targets<ModulaParams>(
      "libmemcached_modula", std::string(info(Scheme::libmemcached_modula).summary),
      std::string(info(Scheme::libmemcached_modula).source), " --hash md5",
      [](const ModulaParams& params) {
        return lookups(params.targets,
                       hashing::LibmemcachedModula(configured(params.targets), params.hash));
      }));
  drivers.push_back(by_targets<MaglevParams>(
      "maglev", std::string(info(Scheme::maglev).summary), std::string(info(Scheme::maglev).source),
      " --table 65537", [](const MaglevParams& params) {
        return lookups(params.targets,
                       hashing::Maglev(configured(params.targets), params.group.table));
      }));
  drivers.push_back(by_targets<EnvoyRingParams>(
      "envoy_ring", std::string(info(Scheme::envoy_ring).summary),
      std::string(info(Scheme::envoy_ring).source), "", [](const EnvoyRingParams& params) {
        return lookups(params.targets,
                       hashing::EnvoyRing(configured(params.targets), params.group.settings()));
      }));
  drivers.push_back(by_targets<CassandraParams>(
      "cassandra", std::string(info(Scheme::cassandra).summary),
      std::string(info(Scheme::cassandra).source), " --num-tokens 16",
      [](const CassandraParams& params) {
        return lookups(params.targets,
                       hashing::CassandraRing(configured(params.targets), params.num_tokens));
      }));
  for (const Scheme which : {Scheme::ringpop, Scheme::rendezvous, Scheme::karger, Scheme::range})
    drivers.push_back(scheme(which));
  drivers.push_back(driver<ResizeParams>(
      {"resize", "hashing", "How many keys move under each scheme when targets come or go.",
       "elementary", kKey,
       "at the end, for each scheme: its name, the share of keys that moved, the share that moved "
       "between targets that stay, the fullest target over its fair share",
       "seq 20000 | highwater algorithm resize --from a,b,c --to a,b,c,d"},
      [](const ResizeParams& params) { return std::make_unique<ResizeSession>(params); }));
  return drivers;
}

}  // namespace highwater::drivers
