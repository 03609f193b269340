#include <sstream>

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

using testing::drive;
using testing::problems_of;

TEST_CASE("ttl_cache: fixed and sliding and a ttl of its own", "[drivers]") {
  const std::vector<std::string> lines{"0 set a",  "9 get a",      "10 get a", "10 set a",
                                       "18 get a", "19.999 get a", "30 get a"};
  CHECK(drive("ttl_cache", {{"capacity", "5"}, {"ttl", "10s"}}, lines) ==
        "stored\nhit\nexpired\nstored\nhit\nhit\nexpired\n");
  CHECK(drive("ttl_cache", {{"capacity", "5"}, {"ttl", "10s"}, {"expiry", "sliding"}}, lines) ==
        "stored\nhit\nhit\nstored\nhit\nhit\nexpired\n");
  CHECK(drive("ttl_cache", {{"capacity", "5"}},
              {"0 set a", "0 setex 2 b c", "1 get b c", "2 get b c", "2 get b c", "9 get a"}) ==
        "stored\nstored\nhit\nexpired\nmiss\nhit\n");
}

TEST_CASE("ttl_cache: says what leaves and what can not be stored", "[drivers]") {
  CHECK(drive("ttl_cache", {{"capacity", "2"}},
              {"0 set a", "0 set b", "1 get a", "2 set c", "3 delete a", "3 delete a",
               "3 set b"}) == "stored\nstored\nhit\nevicts b\ndeleted\nabsent\nstored\n");
  CHECK(drive("ttl_cache", {{"capacity", "0"}}, {"0 set a", "0 get a"}) == "refused\nmiss\n");
  // Nothing ends, so nothing may leave; then the one that ends first does.
  CHECK(drive("ttl_cache", {{"capacity", "2"}, {"policy", "redis_volatile_ttl"}},
              {"0 set a", "0 set b", "0 set c", "0 delete b", "0 setex 50 d", "0 setex 9 e",
               "0 get d", "0 get e"}) ==
        "stored\nstored\nrefused\ndeleted\nstored\nevicts e\nhit\nmiss\n");
}

TEST_CASE("ttl_cache: jitter shortens and never lengthens", "[drivers]") {
  std::vector<std::string> lines;
  for (int i = 0; i < 200; ++i) lines.push_back("0 set " + std::to_string(i));
  for (int i = 0; i < 200; ++i) lines.push_back("7.5 get " + std::to_string(i));
  const auto hits = [&](const char* jitter) {
    const std::string out =
        drive("ttl_cache", {{"capacity", "500"}, {"ttl", "10s"}, {"ttl_jitter", jitter}}, lines);
    std::istringstream words(out);
    int count = 0;
    for (std::string word; words >> word;) count += word == "hit";
    return count;
  };
  CHECK(hits("0") == 200);
  CHECK(hits("25%") == 200);
  // Half of the ttls are below 7.5 s: binomial, five standard deviations are 35.
  CHECK(hits("50%") > 65);
  CHECK(hits("50%") < 135);
}

TEST_CASE("ttl_cache: keys that end by the thousand are forgotten", "[drivers]") {
  const auto session = testing::start(
      "ttl_cache", {{"capacity", "10"}, {"ttl", "1s"}, {"policy", "redis_volatile_ttl"}});
  std::string out;
  for (int i = 0; i < 20'000; ++i)
    REQUIRE(session->take(std::to_string(i) + " set k" + std::to_string(i), out).empty());
  CHECK_FALSE(out.empty());
}

TEST_CASE("freshness: stale while revalidated and if the fetch fails", "[drivers]") {
  CHECK(drive("freshness",
              {{"ttl", "10s"}, {"stale_while_revalidate", "5s"}, {"stale_if_error", "60s"}},
              {"0 get a", "1 store 0.1 a", "10.999 get a", "11 get a", "15.9 get a", "16 get a",
               "70.9 get a", "71 get a", "71 get a"}) ==
        "miss\nuntil 11\nfresh\nrevalidate\nrevalidate\nfallback\nfallback\nmiss\nmiss\n");
}

TEST_CASE("freshness: refresh ahead and XFetch fetch before the end", "[drivers]") {
  CHECK(drive("freshness", {{"ttl", "10s"}, {"refresh_ahead", "75%"}},
              {"0 store 0 a", "7.4 get a", "7.5 get a"}) == "until 10\nfresh\nrefresh\n");
  // With a fetch of 1 s and beta 1, P(refresh 2 s before the end) is e^-2.
  std::vector<std::string> lines{"0 store 1 a"};
  for (int i = 0; i < 20'000; ++i) lines.push_back("8 get a");
  const auto refreshes = [&](const char* beta) {
    const std::string out = drive("freshness", {{"ttl", "10s"}, {"early_expiration", beta}}, lines);
    double count = 0;
    for (std::size_t at = out.find("refresh"); at != std::string::npos;
         at = out.find("refresh", at + 1))
      ++count;
    return count / 20'000;
  };
  CHECK(refreshes("1x") == Approx(0.1353).margin(0.0121));  // five standard deviations
  CHECK(refreshes("2x") == Approx(0.3679).margin(0.0171));
}

TEST_CASE("freshness: that there is nothing is known for a while", "[drivers]") {
  const std::vector<std::string> lines{"0 absent 0.1 a", "1 get a",    "2.5 get a",  "3 store 1 a",
                                       "4 get a",        "5 delete a", "5 delete a", "5 get a"};
  CHECK(drive("freshness", {{"ttl", "10s"}, {"negative_ttl", "2s"}, {"stale_if_error", "1h"}},
              lines) == "until 2\nfresh absent\nmiss\nuntil 13\nfresh\ndeleted\nunknown\nmiss\n");
  CHECK(drive("freshness", {{"ttl", "10s"}}, lines) ==
        "forgotten\nmiss\nmiss\nuntil 13\nfresh\ndeleted\nunknown\nmiss\n");
  CHECK_THAT(drive("freshness", {{"ttl", "10s"}, {"ttl_jitter", "100%"}}, {"0 store 1 a"}),
             !Catch::Contains("until 10"));
}

TEST_CASE("single_flight: one fetches and the others share", "[drivers]") {
  CHECK(drive("single_flight", {},
              {"want a", "want a", "want b", "want a", "forget a", "want a", "done 1", "done 3",
               "want a", "forget c", "done 1"}) ==
        "fetch 1\nwait 1\nfetch 2\nwait 1\nforgotten\nfetch 3\nshared 2\nshared 0\nfetch 4\n"
        "unknown\ndone 1: \"1\" is no fetch under way; the answers to want number them\n");
}

TEST_CASE("leases: one for a key in the lease time and void after a delete", "[drivers]") {
  CHECK(drive("leases", {},
              {"0 get a", "1 get a", "2 get b", "3 set 1 a", "3 get a", "4 set 2 b", "5 delete a",
               "5 get a", "6 delete a", "7 set 3 a", "7 get a", "16.9 get a", "17 get a"}) ==
        "lease 1\nwait\nlease 2\nstored\nhit\nstored\ndeleted\nlease 3\nabsent\nvoid\nlease 4\n"
        "wait\nlease 5\n");
  CHECK(drive("leases", {{"lease_time", "1s"}}, {"0 get a", "0.9 get a", "1 get a"}) ==
        "lease 1\nwait\nlease 2\n");
}

TEST_CASE("write_behind: together after the delay or when the batch is full", "[drivers]") {
  CHECK(drive("write_behind", {{"delay", "2s"}, {"batch", "3"}, {"queue", "3"}},
              {"0 write a", "1 write b", "1.5 write a", "1.9 read a", "5 read a", "6 write c",
               "6.5 write d", "7 write e", "7 read e", "8 write f", "8.5 crash", "9 write g"}) ==
        "waits\nwaits\nreplaces\npending\norigin 2 a\norigin 2 b\nwritten\nwaits\nwaits\nwaits\n"
        "origin 7 c\norigin 7 d\norigin 7 e\nwritten\nwaits\nlost 1\nwaits\norigin 11 g\n");
  CHECK(drive("write_behind", {{"delay", "2s"}, {"batch", "9"}, {"queue", "1"}},
              {"0 write a", "0 write b", "0 write a", "1 delete a", "1 write b", "2.5 delete a"}) ==
        "waits\nfull\nreplaces\ndropped\nwaits\nwritten\norigin 3 b\n");
}

TEST_CASE("redis_lfu_counter: up by use and down by the minute", "[drivers]") {
  CHECK(drive("redis_lfu_counter", {{"log_factor", "0"}},
              {"0 freq a", "0 use a", "0 use a", "1 use a", "60 freq a", "300 freq a", "300 use a",
               "9999 freq a"}) == "absent\n5\n6\n7\n6\n2\n3\n0\n");
  CHECK(drive("redis_lfu_counter", {{"log_factor", "0"}, {"decay_time", "0"}},
              {"0 use a", "0 use a", "9999 freq a"}) == "5\n6\n6\n");
}

TEST_CASE("drivers of caching events: wrong lines say so and change nothing", "[drivers]") {
  CHECK_THAT(drive("ttl_cache", {{"capacity", "2"}}, {"0 gte a"}),
             Catch::Contains("did you mean \"get\"?"));
  CHECK_THAT(drive("ttl_cache", {{"capacity", "2"}}, {"0 setex x a"}),
             Catch::Contains("expected seconds"));
  CHECK_THAT(drive("ttl_cache", {{"capacity", "2"}}, {"0 setex 0 a"}),
             Catch::Contains("more than 0"));
  CHECK_THAT(drive("ttl_cache", {{"capacity", "2"}}, {"5 get a", "4 get a"}),
             Catch::Contains("time goes back"));
  CHECK_THAT(drive("freshness", {}, {"0 store a"}), Catch::Contains("expected seconds"));
  CHECK_THAT(drive("leases", {}, {"0 set x a"}), Catch::Contains("number of a lease"));
  CHECK_THAT(drive("single_flight", {}, {"done x"}), Catch::Contains("is no fetch under way"));
  CHECK_THAT(drive("single_flight", {}, {"want"}), Catch::Contains("expected want KEY"));
  CHECK_THAT(drive("write_behind", {}, {"0 crash now"}), Catch::Contains("expected SECONDS write"));
  CHECK_THAT(problems_of("ttl_cache", {{"capacity", "2"}, {"policy", "lruu"}}),
             Catch::Contains("did you mean \"lru\"?"));
  CHECK_THAT(problems_of("write_behind", {{"batch", "0"}}), Catch::Contains("must be 1 to"));
}

}  // namespace
}  // namespace highwater::drivers
