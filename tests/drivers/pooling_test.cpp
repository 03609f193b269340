// The drivers of pools of connections: what goes in and what comes out. What the pools decide is
// tested in tests/resources.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::testing {
namespace {

TEST_CASE("queue_pool driver: connections, waits, time-outs", "[drivers]") {
  CHECK(drive("queue_pool", {{"pool_size", "1"}, {"max_overflow", "1"}, {"timeout", "2"}},
              {"0 checkout a", "0.5 checkout b", "1 checkout c", "1.5 checkout d", "2 checkin b",
               "4 checkin a", "4 checkin c"}) ==
        "0 opens 1\n0 a gets 1\n"
        "0.5 opens 2\n0.5 b gets 2\n"
        "1 c waits\n1.5 d waits\n"
        "2 c gets 2\n"
        "3.5 d refused timeout\n"
        "4 closes 2\n");
}

TEST_CASE("queue_pool driver: at the end those who wait time out", "[drivers]") {
  CHECK(drive("queue_pool", {{"pool_size", "1"}, {"max_overflow", "0"}},
              {"0 checkout a", "1 checkout b"}) ==
        "0 opens 1\n0 a gets 1\n1 b waits\n31 b refused timeout\n");
}

TEST_CASE("queue_pool driver: dead connections are found by pings", "[drivers]") {
  CHECK(drive("queue_pool", {{"pre_ping", "true"}, {"connect_time", "0.25"}},
              {"0 checkout a", "1 checkin a", "2 down", "3 up", "4 checkout a"}) ==
        "0 opens 1\n0 a waits\n0.25 a gets 1\n4 pings 1\n4 opens 2\n4 a waits\n4.25 a gets 2\n");
  CHECK(drive("queue_pool", {}, {"0 down", "1 checkout a"}) ==
        "1 opens 1\n1 a refused connect_failed\n");
}

TEST_CASE("queue_pool driver: each option decides something", "[drivers]") {
  const std::vector<std::string> lines{"0 checkout a", "0 checkout b", "1 checkin a",
                                       "2 checkin b",  "3 checkout c", "4 invalidate c",
                                       "5 checkout a", "6 checkout b"};
  const std::string plain = drive("queue_pool", {{"size", "2"}}, lines);
  CHECK_THAT(plain, Catch::Contains("3 c gets 1\n"));
  CHECK_THAT(drive("queue_pool", {{"size", "2"}, {"use_lifo", "true"}}, lines),
             Catch::Contains("3 c gets 2\n"));
  CHECK_THAT(drive("queue_pool", {{"size", "2"}, {"recycle", "2"}}, lines),
             Catch::Contains("3 closes 1\n3 opens 3\n3 c gets 3\n"));
}

TEST_CASE("pgbouncer driver: sessions, transactions, statements", "[drivers]") {
  const std::vector<std::string> lines{"0 query a", "0 query b", "1 in_transaction a",
                                       "2 query a", "3 ready a", "4 quit a"};
  const Options one{{"default_pool_size", "1"}, {"pool_mode", "session"}};
  CHECK(drive("pgbouncer", one, lines) ==
        "0 opens 1\n0 a gets 1\n0 b waits\n4 resets 1\n4 b gets 1\n");
  CHECK(drive("pgbouncer", {{"default_pool_size", "1"}, {"pool_mode", "TRANSACTION"}}, lines) ==
        "0 opens 1\n0 a gets 1\n0 b waits\n3 b gets 1\n");
  CHECK(drive("pgbouncer", {{"default_pool_size", "1"}, {"pool_mode", "statement"}}, lines) ==
        "0 opens 1\n0 a gets 1\n0 b waits\n1 a thrown_out\n1 closes 1\n1 opens 2\n1 b gets 2\n"
        "2 a waits\n"
        "3 ready a: \"a\" has asked for nothing, or waits for a server\n");
}

TEST_CASE("pgbouncer driver: limits take effect at its maintenance", "[drivers]") {
  CHECK(drive("pgbouncer",
              {{"default_pool_size", "1"}, {"query_wait_timeout", "1"}, {"max_client_conn", "2"}},
              {"0 query a", "0.1 query b", "0.2 query c"}) ==
        "0 opens 1\n0 a gets 1\n0.1 b waits\n0.2 c refused too_many_clients\n"
        "1.333332 b refused timeout\n");
}

TEST_CASE("pgbouncer driver: a database that goes away takes everybody along", "[drivers]") {
  CHECK(
      drive("pgbouncer", {{"pool_mode", "transaction"}},
            {"0 query a", "0 query b", "1 ready b", "2 down", "3 query c", "4 up", "20 query d"}) ==
      "0 opens 1\n0 a gets 1\n0 opens 2\n0 b gets 2\n"
      "2 a thrown_out\n2 closes 1\n2 closes 2\n"
      "3 opens 3\n3 c waits\n"
      "18.333315 opens 4\n18.333315 c gets 4\n"
      "20 opens 5\n20 d gets 5\n");
}

TEST_CASE("pool drivers: what is wrong is said", "[drivers]") {
  CHECK(drive("queue_pool", {},
              {"0 checkin a", "1 checkout a", "2 checkout a", "1 checkin a", "3 chekin a",
               "4 checkout", "5 down a"}) ==
        "0 checkin a: \"a\" has no connection\n"
        "1 opens 1\n1 a gets 1\n"
        "2 checkout a: \"a\" has a connection already, or waits for one\n"
        "1 checkin a: time goes back\n"
        "3 chekin a: expected SECONDS checkout NAME, SECONDS checkin NAME, SECONDS invalidate "
        "NAME, SECONDS down, SECONDS up, found \"3 chekin a\"; did you mean \"checkin\"?\n"
        "4 checkout: expected SECONDS checkout NAME, SECONDS checkin NAME, SECONDS invalidate "
        "NAME, SECONDS down, SECONDS up, found \"4 checkout\"\n"
        "5 down a: expected SECONDS checkout NAME, SECONDS checkin NAME, SECONDS invalidate NAME, "
        "SECONDS down, SECONDS up, found \"5 down a\"\n");
  CHECK_THAT(problems_of("queue_pool", {{"max_overflow", "-2"}}), Catch::Contains("-1 for any"));
  CHECK_THAT(problems_of("queue_pool", {{"size", "0"}, {"max_overflow", "3"}}),
             Catch::Contains("has no limit, so nothing can be beyond it"));
  CHECK_THAT(problems_of("queue_pool", {{"max_overflow", "-1"}, {"timeout", "3"}}),
             Catch::Contains("nobody waits for a pool without limit"));
  CHECK_THAT(problems_of("pgbouncer", {{"default_pool_size", "5"}, {"min_pool_size", "6"}}),
             Catch::Contains("default_pool_size is 5"));
  CHECK_THAT(problems_of("pgbouncer", {{"reserve_pool_timeout", "6"}}),
             Catch::Contains("no reserve without reserve_pool_size"));
  CHECK_THAT(problems_of("pgbouncer", {{"default_pool_size", "0"}, {"min_pool_size", "1"}}),
             Catch::Contains("keeps none of it open"));
  CHECK_THAT(problems_of("pgbouncer", {{"max_client_conn", "0"}}), Catch::Contains("1"));
}

}  // namespace
}  // namespace highwater::testing
