#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

using testing::drive;
using testing::problems_of;

TEST_CASE("kafka_murmur2: the partitions of Kafka's clients", "[drivers]") {
  CHECK(drive("kafka_murmur2", {{"partitions", "12"}}, {"key-0", "", "key-1"}).size() > 5);
  CHECK_THAT(problems_of("kafka_murmur2", {{"partitions", "0"}}), Catch::Contains("must be 1 to"));
  CHECK(drive("kafka_murmur2", {{"partitions", "2147483647"}}, {"key-0"}).size() > 2);
  CHECK(drive("kafka_murmur2", {{"partitions", "1"}}, {"key-0", ""}) == "0\n0\n");
  CHECK_THAT(problems_of("kafka_murmur2", {}), Catch::Contains("\"partitions\" is missing"));
}

}  // namespace
}  // namespace highwater::drivers
