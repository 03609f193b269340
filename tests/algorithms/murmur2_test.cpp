#include "models/algorithms/hashing/murmur2.h"

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/hashing/hashing.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

std::int32_t as_java(std::string_view key) {
  return std::bit_cast<std::int32_t>(murmur2(key));
}

TEST_CASE("murmur2: hashes and partitions are those of kafkajs", "[algorithms][hashing]") {
  const nlohmann::json golden = golden_json("kafka_murmur2.json");
  REQUIRE(golden["rows"].size() == 120);
  for (const nlohmann::json& row : golden["rows"]) {
    const std::string key = row[0];
    CAPTURE(key);
    CHECK(as_java(key) == row[1].get<std::int32_t>());
    CHECK(kafka_partition(key, 12) == row[2].get<std::uint32_t>());
  }
}

TEST_CASE("murmur2: the values of Kafka's own test", "[algorithms][hashing]") {
  CHECK(as_java("21") == -973932308);
  CHECK(as_java("foobar") == -790332482);
  CHECK(as_java("a-little-bit-long-string") == -985981536);
  CHECK(as_java("a-little-bit-longer-string") == -1486304829);
  CHECK(as_java("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8") == -58897971);
  CHECK(as_java("abc") == 479470107);
}

TEST_CASE("murmur2: bytes above 127 count as unsigned", "[algorithms][hashing]") {
  // Would be lost in the sign extension of a plain char.
  CHECK(murmur2("\x80") != murmur2(std::string_view("\0", 1)));
  CHECK(murmur2("\xff") == murmur2(std::string_view("\xff\0", 1)));
  static_assert(murmur2("abc") == 479470107u);
}

TEST_CASE("murmur2: 64 bits as in Envoy's hash_test", "[algorithms][hashing]") {
  CHECK(murmur2_64a("foo") == 9631199822919835226u);
  CHECK(murmur2_64a("bar") == 11474628671133349555u);
  CHECK(murmur2_64a("foo\nbar") == 16306510975912980159u);
  CHECK(murmur2_64a("lyft") == 12847078931730529320u);
  CHECK(murmur2_64a("") == 6142509188972423790u);
}

#if defined(__GLIBCXX__) && __SIZEOF_POINTER__ == 8
TEST_CASE("murmur2: 64 bits at every length as libstdc++ hashes strings", "[algorithms][hashing]") {
  std::string text;
  for (int length = 0; length < 100; ++length, text.push_back(static_cast<char>(length * 37)))
    CHECK(murmur2_64a(text) == std::hash<std::string>()(text));
}
#endif

TEST_CASE("murmur2: a number's key is its decimal text", "[algorithms][hashing]") {
  for (const std::uint64_t key :
       {std::uint64_t{0}, std::uint64_t{21}, std::uint64_t{123456}, ~std::uint64_t{0}})
    for (const std::uint32_t partitions : {1u, 6u, 10'000u})
      CHECK(kafka_partition(key, partitions) == kafka_partition(std::to_string(key), partitions));
}

TEST_CASE("murmur2: consecutive keys fill the partitions evenly", "[algorithms][hashing]") {
  std::vector<int> counts(6);
  for (std::uint64_t key = 0; key < 60'000; ++key) ++counts.at(kafka_partition(key, 6));
  for (const int count : counts) CHECK(std::abs(count - 10'000) < 500);
}

}  // namespace
}  // namespace highwater::hashing
