#include "models/algorithms/hashing/kafka.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/algorithms/placement.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

TEST_CASE("kafka: librdkafka's partitions", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("kafka_librdkafka.json")["partitioners"];
  const std::vector<Target> partitions = numbered_targets(12);
  const KafkaKeys murmur2(partitions, KafkaPartitioner::murmur2);
  const KafkaKeys crc32(partitions, KafkaPartitioner::crc32);
  const KafkaKeys fnv1a(partitions, KafkaPartitioner::fnv1a);
  REQUIRE(golden.size() >= 100);
  for (const nlohmann::json& row : golden) {
    const std::string key = row[0];
    CHECK(murmur2.lookup(key) == row[1].get<std::size_t>());
    CHECK(crc32.lookup(key) == row[2].get<std::size_t>());
    CHECK(fnv1a.lookup(key) == row[3].get<std::size_t>());
  }
}

TEST_CASE("kafka: the values of librdkafka's unittest_fnv1a", "[algorithms][hashing]") {
  const std::vector<std::pair<std::string, std::uint32_t>> values = {
      {"kafka", 0xd33c4e1},
      {"giberish123456789", 0x77a58295},
      {"1234", 0x23bdd03},
      {"234", 0x2dea3cd2},
      {"34", 0x740fa83e},
      {"4", 0x310ca263},
      {"PreAmbleWillBeRemoved,ThePrePartThatIs", 0x65cbd69c},
      {"", 0x7ee3623b},
  };
  for (const auto& [key, hash] : values)
    CHECK(KafkaKeys::hash(KafkaPartitioner::fnv1a, key) == hash);
}

TEST_CASE("kafka: murmur2 is kafka_partition", "[algorithms][hashing]") {
  const KafkaKeys table(numbered_targets(7), KafkaPartitioner::murmur2);
  for (std::size_t i = 0; i < 500; ++i)
    CHECK(table.lookup(key_of(i)) == kafka_partition(key_of(i), 7));
  CHECK(table.lookup("\xff\x80") == kafka_partition("\xff\x80", 7));
}

}  // namespace
}  // namespace highwater::hashing
