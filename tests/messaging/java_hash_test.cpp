#include "models/algorithms/messaging/java_hash.h"

#include <catch2/catch.hpp>

#include "tests/algorithms/golden.h"

namespace highwater::messaging {
namespace {

TEST_CASE("java hash: strings hash as documented for String.hashCode", "[messaging]") {
  CHECK(java_string_hash("") == 0);
  CHECK(java_string_hash("a") == 97);
  CHECK(java_string_hash("abc") == 96354);
  CHECK(java_string_hash("\xff") == 255);  // no UTF-8: a unit
  CHECK(java_partition_hash(java_string_hash("t"), 3) == 31 * (31 + 3) + 116);
}

TEST_CASE("java hash: buckets double at three quarters", "[messaging]") {
  CHECK(java_buckets(0) == 16);
  CHECK(java_buckets(12) == 16);
  CHECK(java_buckets(13) == 32);
  CHECK(java_buckets(25) == 64);
}

TEST_CASE("java hash: a map is walked as OpenJDK walks it", "[messaging]") {
  const auto recorded = golden_json("kafka_assignors.json")["java_map_order"];
  const std::vector<std::string> inserted = recorded["inserted"];
  std::vector<std::uint32_t> hashes;
  for (const std::string& name : inserted) hashes.push_back(java_string_hash(name));
  std::vector<std::string> walked;
  for (const std::uint32_t i : java_map_order(hashes)) walked.push_back(inserted[i]);
  CHECK(walked == recorded["walked"].get<std::vector<std::string>>());
}

}  // namespace
}  // namespace highwater::messaging
