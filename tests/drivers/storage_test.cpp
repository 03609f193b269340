#include "models/algorithms/storage/storage.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

using testing::drive;
using testing::problems_of;
using Lines = std::vector<std::string>;

TEST_CASE("drivers of storage: a table of DynamoDB", "[drivers]") {
  CHECK(drive("dynamodb",
              {{"provisioned", R"({"read_capacity_units": 2, "write_capacity_units": 1})"}},
              {"0 write 1024 a", "0 write 1 b", "0 read 4096 a", "0 strong 4096 b", "0 read 1 c",
               "0 read 1 c", "1 write 1 c"}) ==
        "admitted\nthrottled table\nadmitted\nadmitted\nadmitted\nthrottled table\nadmitted\n");
  CHECK(drive("dynamodb",
              {{"provisioned", R"({"write_capacity_units": 100, "adaptive_capacity": false})"},
               {"partitions", "100"}},
              {"0 write 1 a", "0 write 1 a"}) == "admitted\nthrottled partition\n");
  CHECK(drive("dynamodb", {}, {"0 write 1 a key"}) == "admitted\n");  // on demand
  const std::string wrong =
      drive("dynamodb", {}, {"1 wirte 1 a", "1 write a", "1 write 409601 a", "0.5 read 1 a", "x"});
  CHECK(wrong.find("did you mean \"write\"") != std::string::npos);
  CHECK(wrong.find("at most 409600 bytes") != std::string::npos);
  CHECK_FALSE(problems_of("dynamodb", {{"partitions", "0"}}).empty());
}

TEST_CASE("drivers of storage: Cassandra's speculative retries", "[drivers]") {
  CHECK(drive("cassandra_speculative_retry", {{"speculative_retry", "50ms"}},
              {"0 read", "5 read"}) == "2.5\n0.05\n");
  CHECK(drive("cassandra_speculative_retry", {{"speculative_retry", "never"}}, {"5 read"}) ==
        "never\n");
  // The bucket of Cassandra's histogram that 10 ms falls into ends at 11.864.
  const std::string found =
      drive("cassandra_speculative_retry", {}, {"1 took 0.01", "1 took 0.002", "5 read"});
  CHECK(found == "0.011864\n");
  const std::string wrong = drive("cassandra_speculative_retry", {}, {"1 tok 1", "1 took x"});
  CHECK(wrong.find("did you mean \"took\"") != std::string::npos);
  CHECK_FALSE(problems_of("cassandra_speculative_retry", {{"speculative_retry", "soon"}}).empty());
}

TEST_CASE("drivers of storage: the dynamic snitch", "[drivers]") {
  const Lines lines{"0 took n0 0.5", "0 took n1 0.01", "1 sort n0 n1 n2", "1 sort n1"};
  CHECK(drive("dynamic_snitch", {{"dynamic_snitch_badness_threshold", "0.1"}}, lines) ==
        "n2 n1 n0\nn1\n");
  CHECK(drive("dynamic_snitch", {{"dynamic_snitch_badness_threshold", "1000"}}, lines) ==
        "n2 n1 n0\nn1\n");  // nothing is a thousand times nothing
  const std::string wrong = drive("dynamic_snitch", {}, {"0 took m 1", "0 took n1 x", "0 srt n1"});
  CHECK(wrong.find("n0 to n999") != std::string::npos);
  CHECK(wrong.find("did you mean \"sort\"") != std::string::npos);
}

}  // namespace
}  // namespace highwater::drivers
