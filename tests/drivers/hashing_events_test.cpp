#include <sstream>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

using testing::drive;
using testing::problems_of;

TEST_CASE("bounded_load: no target holds more than its bound", "[drivers]") {
  rc::prop("whatever keys come", [] {
    const auto percent = *rc::gen::inRange(100, 300);
    const auto session = testing::start(
        "bounded_load",
        {{"targets", "a=3,b=1,c=2,d=0"}, {"percent", std::to_string(percent).c_str()}});
    const std::uint64_t weights[] = {3, 1, 2, 0};
    std::uint64_t loads[4] = {};
    for (std::uint64_t load = 1; load <= 200; ++load) {
      std::string out;
      const int key = *rc::gen::inRange(0, 5);  // few keys: their targets would be overrun
      RC_ASSERT(session->take("pick " + std::to_string(key), out).empty());
      const auto place = static_cast<std::size_t>(out[0] - 'a');
      ++loads[place];
      const std::uint64_t bound =
          (static_cast<std::uint64_t>(percent) * load * weights[place] + 599) / 600;
      RC_ASSERT(loads[place] <= std::max<std::uint64_t>(bound, 1));
    }
    RC_ASSERT(loads[3] == 0);
  });
}

TEST_CASE("bounded_load: done gives a place back", "[drivers]") {
  const std::string first = drive("bounded_load", {{"targets", "a,b"}, {"percent", "100"}},
                                  {"pick k", "pick k", "pick k"});
  REQUIRE(first.size() == 6);
  CHECK(first[0] != first[2]);  // each may hold one of two
  const std::string name(1, first[0]);
  CHECK(drive("bounded_load", {{"targets", "a,b"}, {"percent", "100"}},
              {"pick k", "done " + name, "pick k"}) == name + "\n" + name + "\n");
  CHECK_THAT(drive("bounded_load", {{"targets", "a,b"}}, {"done a"}),
             Catch::Contains("no request is in flight"));
  CHECK_THAT(drive("bounded_load", {{"targets", "alpha"}}, {"done alhpa"}),
             Catch::Contains("did you mean \"alpha\"?"));
  CHECK(drive("bounded_load", {{"targets", "a=0"}}, {"pick k"}) == "-\n");
  CHECK(drive("bounded_load", {{"targets", ""}}, {"pick k"}) == "-\n");
}

// 420 bytes on one shard and none on the other: 60 go, which leaves a difference of three chunks;
// then 105 go, and the rest because the shard is drained.
TEST_CASE("range_chunks: chunks split and move and drain", "[drivers]") {
  CHECK(drive("range_chunks", {{"targets", "a,b"}, {"keys", "100"}, {"chunk", "100B"}},
              {"get 49", "get 50", "insert 60 1", "insert 60 9", "insert 150 20", "insert 150 30",
               "balance", "get 1", "balance", "weight a 0", "balance"}) ==
        "a\nb\na\na split\na split\na split\nmove 0 a b\nb\nmove 6 a b\nmove 14 a b\n");
  CHECK(drive("range_chunks", {{"targets", "a=0"}}, {"get 1", "insert 5 1", "balance"}) ==
        "-\n-\n-\n");
  CHECK_THAT(drive("range_chunks", {{"targets", "a"}}, {"insert x 1"}),
             Catch::Contains("expected bytes"));
  CHECK_THAT(drive("range_chunks", {{"targets", "a"}}, {"weight b 1"}),
             Catch::Contains("none of the targets"));
  CHECK_THAT(drive("range_chunks", {{"targets", "a"}}, {"blance"}),
             Catch::Contains("did you mean \"balance\"?"));
}

TEST_CASE("kafka_sticky_partitioner: stays for a batch and goes on", "[drivers]") {
  const auto partitions = [](const std::string& out) {
    std::istringstream words(out);
    std::vector<std::string> all;
    for (std::string word; words >> word;) all.push_back(word);
    return all;
  };
  const auto first =
      partitions(drive("kafka_sticky_partitioner", {{"partitions", "1000"}, {"batch_size", "100"}},
                       {"send 60", "send 60", "send 1", "fill 150", "fill 60", "send 1"}));
  REQUIRE(first.size() == 6);
  CHECK(first[0] == first[1]);
  CHECK(first[2] != first[1]);
  CHECK(first[4] == first[3]);  // the batch was not ready
  CHECK(first[3] == first[2]);
  CHECK(first[5] != first[4]);  // beyond twice its size
  CHECK(drive("kafka_sticky_partitioner", {{"partitions", "5"}}, {"available 3", "send 1"}) ==
        "3\n");
}

TEST_CASE("kafka_sticky_partitioner: long queues are avoided", "[drivers]") {
  std::vector<std::string> lines{"queues 0=99,1=0"};
  for (int i = 0; i < 2000; ++i) lines.emplace_back("send 1");
  const std::string out =
      drive("kafka_sticky_partitioner", {{"partitions", "2"}, {"batch_size", "1"}}, lines);
  // One in 101: five standard deviations around 19.8.
  CHECK(std::count(out.begin(), out.end(), '0') < 42);
  lines[0] = "queues 0=7,1=7";
  const std::string even =
      drive("kafka_sticky_partitioner", {{"partitions", "2"}, {"batch_size", "1"}}, lines);
  CHECK(std::count(even.begin(), even.end(), '0') > 880);
}

TEST_CASE("kafka_uniform_sticky_partitioner and kafka_round_robin_partitioner", "[drivers]") {
  const std::string out = drive("kafka_uniform_sticky_partitioner", {{"partitions", "10"}},
                                {"send", "send", "batch", "send", "batch"});
  REQUIRE(out.size() == 10);
  CHECK(out[0] == out[2]);
  CHECK(out[4] != out[2]);
  CHECK(out[6] == out[4]);
  CHECK(out[8] != out[6]);
  CHECK(drive("kafka_round_robin_partitioner", {{"partitions", "3"}},
              {"send", "send", "available 0,2", "send", "send", "available ", "send", "send"}) ==
        "0\n1\n0\n2\n1\n2\n");
}

TEST_CASE("drivers of Kafka: wrong lines say so", "[drivers]") {
  for (const char* name : {"kafka_sticky_partitioner", "kafka_uniform_sticky_partitioner",
                           "kafka_round_robin_partitioner"}) {
    CAPTURE(name);
    CHECK_THAT(drive(name, {{"partitions", "3"}}, {"available 0,3"}),
               Catch::Contains("partitions below 3 in rising order"));
    CHECK_THAT(drive(name, {{"partitions", "3"}}, {"available 1,1"}),
               Catch::Contains("in rising order"));
    CHECK_THAT(drive(name, {{"partitions", "3"}}, {"sned"}),
               Catch::Contains("did you mean \"send\"?"));
    CHECK_THAT(problems_of(name, {{"partitions", "0"}}), Catch::Contains("must be 1 to"));
  }
  CHECK_THAT(drive("kafka_sticky_partitioner", {{"partitions", "3"}}, {"queues 0=1,1"}),
             Catch::Contains("such as 0=5,2=7"));
  CHECK_THAT(drive("kafka_sticky_partitioner", {{"partitions", "3"}}, {"send"}),
             Catch::Contains("expected send BYTES"));
}

}  // namespace
}  // namespace highwater::drivers
