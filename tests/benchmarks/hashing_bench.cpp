// What a placement costs: hash and look-up of a short key (8 to 10 bytes) under every scheme with
// 10 and with 100 targets; the hashes alone; and what it takes to build a table.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "models/algorithms/hashing/hashing.h"

namespace highwater::hashing {
namespace {

std::vector<Target> some_targets(std::int64_t count, bool weighted) {
  std::vector<Target> targets;
  for (std::int64_t i = 1; i <= count; ++i)
    targets.push_back({"10.0.0." + std::to_string(i) + ":80",
                       weighted ? static_cast<std::uint32_t>(i % 4 + 1) : 1});
  return targets;
}

const std::vector<std::string>& some_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> made;
    for (int i = 0; i < 4096; ++i) made.push_back("key-" + std::to_string(i * 7919 % 1'000'000));
    return made;
  }();
  return keys;
}

void decide(benchmark::State& state, Scheme scheme, bool weighted) {
  const Sharder sharder(scheme, some_targets(state.range(0), weighted));
  const std::vector<std::string>& keys = some_keys();
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sharder.of(keys[i++ % 4096]));
}

void decide_number(benchmark::State& state) {
  const Sharder sharder(Scheme::karger, some_targets(10, false));
  std::uint64_t key = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sharder.of((key += 7919) % 1'000'000));
}

void build(benchmark::State& state, Scheme scheme) {
  const std::vector<Target> targets = some_targets(state.range(0), false);
  for (auto _ : state) {
    const Sharder sharder(scheme, targets);
    benchmark::DoNotOptimize(&sharder);
  }
}

template <class Hash>
void hash(benchmark::State& state, Hash function) {
  const std::vector<std::string>& keys = some_keys();
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(function(keys[i++ % 4096]));
}

const bool kRegistered = [] {
  for (const SchemeInfo& info : kSchemes) {
    const std::string name(info.name);
    const Scheme scheme = info.scheme;
    benchmark::RegisterBenchmark(("hashing/" + name).c_str(), decide, scheme, false)
        ->Arg(10)
        ->Arg(100);
    if (scheme == Scheme::rendezvous)
      benchmark::RegisterBenchmark("hashing/rendezvous_weighted", decide, scheme, true)
          ->Arg(10)
          ->Arg(100);
    benchmark::RegisterBenchmark(("hashing/build/" + name).c_str(), build, scheme)->Arg(100);
  }
  benchmark::RegisterBenchmark("hashing/number", decide_number);
  using Key = const std::string&;
  const auto add = [](const char* name, auto function) {
    benchmark::RegisterBenchmark(name,
                                 [function](benchmark::State& state) { hash(state, function); });
  };
  add("hashing/hash/crc32", [](Key key) { return crc32(key); });
  add("hashing/hash/crc16", [](Key key) { return crc16(key); });
  add("hashing/hash/md5", [](Key key) { return md5(key); });
  add("hashing/hash/one_at_a_time", [](Key key) { return one_at_a_time(key); });
  add("hashing/hash/fnv1a_32", [](Key key) { return fnv1a_32(key); });
  add("hashing/hash/murmur2", [](Key key) { return murmur2(key); });
  add("hashing/hash/murmur3_x64_128", [](Key key) { return murmur3_x64_128(key); });
  add("hashing/hash/cassandra_token", [](Key key) { return cassandra_token(key); });
  add("hashing/hash/xxhash64", [](Key key) { return xxhash64(key); });
  add("hashing/hash/farmhash", [](Key key) { return farmhash_fingerprint32(key); });
  add("hashing/hash/haproxy_sdbm", [](Key key) { return full_hash(sdbm(key)); });
  return true;
}();

}  // namespace
}  // namespace highwater::hashing
