#include "models/algorithms/caching/redis_dict.h"

#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::caching {
namespace {

TEST_CASE("RedisDict: agrees with std::map over random operations",
          "[algorithms][caching][property]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SplitMix bits{seed};
    RedisDict dict;
    std::map<std::uint64_t, std::uint32_t> truth;
    const std::uint64_t range = std::uint64_t{10} << (seed % 8);
    for (int i = 0; i < 3000; ++i) {
      const std::uint64_t key = bits.bits() % range;
      const auto known = truth.find(key);
      RedisDict::Entry* entry = dict.find(key);
      REQUIRE((entry != nullptr) == (known != truth.end()));
      if (entry == nullptr) {
        dict.add(key).version = truth[key] = static_cast<std::uint32_t>(bits.bits());
        REQUIRE(dict.head(key) == dict.find(key));  // a new key comes first in its bucket
      } else {
        REQUIRE(entry->version == known->second);
        REQUIRE(dict.remove(key));
        REQUIRE_FALSE(dict.remove(key));
        truth.erase(known);
      }
      if (i % 100 == 0) dict.shrink_if_sparse();
      REQUIRE(dict.size() == truth.size());
    }
    for (const auto& [key, version] : truth) REQUIRE(dict.find(key)->version == version);
  }
}

TEST_CASE("RedisDict: doubles when full, shrinks below a tenth", "[algorithms][caching]") {
  RedisDict dict;
  CHECK(dict.buckets() == 4);
  for (std::uint64_t key = 0; key < 1024; ++key) dict.add(key);
  CHECK(dict.buckets() == 1024);
  dict.add(1024);
  CHECK(dict.buckets() == 2048);
  for (std::uint64_t key = 204; key <= 1024; ++key) dict.remove(key);
  dict.add(9999);
  dict.shrink_if_sparse();
  CHECK(dict.buckets() == 2048);  // 205 of 2048 is still a tenth
  dict.remove(9999);
  dict.shrink_if_sparse();
  CHECK(dict.buckets() == 256);
  CHECK(dict.size() == 204);
  for (std::uint64_t key = 0; key < 204; ++key) CHECK(dict.find(key) != nullptr);
}

// At 700 keys in 1,024 buckets, six empty buckets in a row (then the walk jumps, and may meet a key
// again) are rare.
TEST_CASE("RedisDict: a sample is neighbours from anywhere", "[algorithms][caching]") {
  SplitMix bits{1};
  RedisDict dict;
  for (std::uint64_t key = 0; key < 700; ++key) dict.add(key);
  std::set<std::uint64_t> seen_ever;
  int repeats = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::set<std::uint64_t> seen;
    int visits = 0;
    dict.sample(5, bits, [&](const RedisDict::Entry& entry) {
      ++visits;
      repeats += !seen.insert(entry.key).second;
      seen_ever.insert(entry.key);
    });
    REQUIRE(visits == 5);
  }
  CHECK(seen_ever.size() == 700);
  CHECK(repeats < 20);
}

// dictGetSomeKeys with one key returns the head of the first chain it meets: a key behind another
// one is out of its sight until the table grows.
TEST_CASE("RedisDict: a sample of one sees the heads of chains only", "[algorithms][caching]") {
  SplitMix bits{1};
  RedisDict dict;
  for (std::uint64_t key = 0; key < 1024; ++key) dict.add(key);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 50'000; ++i) {
    dict.sample(1, bits, [&](const RedisDict::Entry& entry) { seen.insert(entry.key); });
  }
  // 1,024 keys over 1,024 buckets leave a share of 1/e of the buckets empty: about 647 heads.
  CHECK(seen.size() > 600);
  CHECK(seen.size() < 700);
  CHECK(seen.count(1023) == 1);
}

TEST_CASE("RedisDict: a sample of more than there is takes all", "[algorithms][caching]") {
  SplitMix bits{1};
  RedisDict dict;
  dict.sample(5, bits, [](const RedisDict::Entry&) { FAIL("there is nothing"); });
  for (std::uint64_t key = 0; key < 3; ++key) dict.add(key);
  std::set<std::uint64_t> seen;
  dict.sample(5, bits, [&](const RedisDict::Entry& entry) { seen.insert(entry.key); });
  CHECK(seen == std::set<std::uint64_t>{0, 1, 2});
}

TEST_CASE("RedisDict: prunes what it is told to", "[algorithms][caching]") {
  RedisDict dict;
  for (std::uint64_t key = 0; key < 1000; ++key) dict.add(key);
  for (std::size_t bucket = 0; bucket < dict.buckets(); ++bucket) {
    dict.prune(bucket, [](const RedisDict::Entry& entry) { return entry.key % 3 == 0; });
  }
  CHECK(dict.size() == 666);
  CHECK(dict.find(3) == nullptr);
  CHECK(dict.find(4) != nullptr);
}

}  // namespace
}  // namespace highwater::caching
