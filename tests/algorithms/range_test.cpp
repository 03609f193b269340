#include "models/algorithms/hashing/range.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/algorithms/placement.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

TEST_CASE("range: numbers are numbers, other text goes by its first bytes",
          "[algorithms][hashing]") {
  CHECK(range_key("0") == 0);
  CHECK(range_key("42") == 42);
  CHECK(range_key("18446744073709551615") == ~std::uint64_t{0});
  CHECK(range_key("") == 0);
  CHECK(range_key("a") == std::uint64_t{'a'} << 56);
  CHECK(range_key("abcdefgh") == range_key("abcdefghijk"));
  CHECK(range_key("\xff\xff\xff\xff\xff\xff\xff\xff") == ~std::uint64_t{0});
  for (const char* const text : {"042", "-1", "+1", "4x", " 4", "18446744073709551616"})
    CHECK(range_key(text) >> 56 == static_cast<unsigned char>(text[0]));
  CHECK(range_key("apple") < range_key("banana"));
}

TEST_CASE("range: the space is cut by weight", "[algorithms][hashing]") {
  const RangeTable table(weighted_targets({1, 0, 2, 1}), 1000);
  CHECK(table.lookup_key(0) == 0);
  CHECK(table.lookup_key(249) == 0);
  CHECK(table.lookup_key(250) == 2);
  CHECK(table.lookup_key(749) == 2);
  CHECK(table.lookup_key(750) == 3);
  CHECK(table.lookup_key(999) == 3);
  CHECK(table.lookup_key(~std::uint64_t{0}) == 3);
  const RangeTable whole(numbered_targets(4));
  CHECK(whole.lookup_key((std::uint64_t{1} << 62) - 1) == 0);
  CHECK(whole.lookup_key(std::uint64_t{1} << 62) == 1);
  CHECK(whole.lookup_key(~std::uint64_t{0}) == 3);
  CHECK_FALSE(RangeTable({}).lookup_key(1));
  CHECK_FALSE(RangeTable(weighted_targets({0})).lookup("x"));
}

TEST_CASE("range: fewer keys than shards", "[algorithms][hashing]") {
  const RangeTable table(numbered_targets(5), 2);
  CHECK(table.chunks().size() == 2);
  CHECK(table.lookup_key(0) != table.lookup_key(1));
}

TEST_CASE("range: a chunk that outgrows its size splits in the middle of its keys",
          "[algorithms][hashing]") {
  RangeTable table(numbered_targets(1), 0, 100);
  table.insert(1000, 50);
  table.insert(2000, 50);
  CHECK(table.chunks().size() == 1);
  table.insert(1500, 10);
  REQUIRE(table.chunks().size() == 2);
  CHECK(table.chunks()[1].first_key == 1501);
  CHECK(table.chunks()[0].bytes == 55);
  CHECK(table.chunks()[1].bytes == 55);
  CHECK(table.bytes_on(0) == 110);
  CHECK(table.lookup_key(1500) == 0);
}

TEST_CASE("range: a chunk of one key is jumbo", "[algorithms][hashing]") {
  RangeTable table(numbered_targets(1), 0, 100);
  for (int i = 0; i < 50; ++i) table.insert(7, 1000);
  CHECK(table.chunks().size() == 1);
  table.insert(8, 1);
  CHECK(table.chunks().size() == 2);
  table.insert(~std::uint64_t{0}, 1'000'000);
  CHECK(table.chunks().size() == 3);
  RangeTable tiny(numbered_targets(1), 0, 0);
  for (std::uint64_t key = 0; key < 100; ++key) tiny.insert(key, 1);
  CHECK(tiny.chunks().size() <= 100);
}

TEST_CASE("range: the balancer waits for three chunks' difference", "[algorithms][hashing]") {
  const std::vector<Target> targets = numbered_targets(2);
  RangeTable table(targets, 1000, 100);
  for (std::uint64_t key = 0; key < 29; ++key) table.insert(key, 10);
  CHECK_FALSE(table.balance(targets));  // 290 against 0
  table.insert(29, 10);
  const std::optional<ChunkMove> move = table.balance(targets);
  REQUIRE(move);
  CHECK(move->from == 0);
  CHECK(move->to == 1);
  CHECK(table.bytes_on(0) + table.bytes_on(1) == 300);
  CHECK(table.bytes_on(1) == move->bytes);
  CHECK(table.lookup_key(move->first_key) == 1);
  CHECK_FALSE(table.balance(targets));
}

TEST_CASE("range: a drained shard gives everything away, a new one fills",
          "[algorithms][hashing]") {
  std::vector<Target> targets = numbered_targets(2);
  RangeTable table(targets, 10'000, 100);
  for (std::uint64_t key = 0; key < 10'000; ++key) table.insert(key, 1);
  targets[0].weight = 0;
  targets.push_back({"third", 1});
  int moves = 0;
  while (table.balance(targets)) REQUIRE(++moves < 10'000);
  CHECK(table.bytes_on(0) == 0);
  CHECK(table.bytes_on(1) + table.bytes_on(2) == 10'000);
  CHECK(std::max(table.bytes_on(1), table.bytes_on(2)) < 5'000 + 2 * 100);
  for (std::uint64_t key = 0; key < 10'000; key += 7) CHECK(table.lookup_key(key) != 0);
}

// What range sharding is known for: new keys at the upper end all hit one shard, balanced or not.
TEST_CASE("range: ascending keys all go to one shard", "[algorithms][hashing]") {
  const std::vector<Target> targets = numbered_targets(4);
  RangeTable table(targets, 0, 1000);
  std::vector<std::size_t> hits(4);
  for (std::uint64_t key = 1'000'000; key < 1'020'000; ++key) {
    table.insert(key, 10);
    table.balance(targets);
    ++hits.at(table.lookup_key(key + 1).value());
  }
  CHECK(*std::max_element(hits.begin(), hits.end()) > 19'000);
  std::uint64_t least = ~std::uint64_t{0};
  for (std::size_t i = 0; i < 4; ++i) least = std::min(least, table.bytes_on(i));
  CHECK(least > 45'000);  // the data spread all the same
}

TEST_CASE("range: bytes and order survive anything", "[algorithms][hashing][property]") {
  SplitMix bits{17};
  for (int round = 0; round < 30; ++round) {
    std::vector<Target> targets = numbered_targets(1 + bits.bits() % 6);
    RangeTable table(targets, bits.bits() % 3 == 0 ? 0 : 1 + bits.bits() % 5000,
                     1 + bits.bits() % 200);
    std::uint64_t total = 0;
    for (int i = 0; i < 3000; ++i) {
      const std::uint64_t key = bits.bits() % 5000;
      const std::uint64_t size = bits.bits() % 10;
      table.insert(key, size);
      total += size;
      if (i % 50 == 0) table.balance(targets);
    }
    std::uint64_t held = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) held += table.bytes_on(i);
    CHECK(held == total);
    std::uint64_t in_chunks = 0;
    for (const RangeTable::Chunk& chunk : table.chunks()) in_chunks += chunk.bytes;
    CHECK(in_chunks == total);
    CHECK(table.chunks()[0].first_key == 0);
    for (std::size_t i = 1; i < table.chunks().size(); ++i)
      CHECK(table.chunks()[i - 1].first_key < table.chunks()[i].first_key);
  }
}

}  // namespace
}  // namespace highwater::hashing
