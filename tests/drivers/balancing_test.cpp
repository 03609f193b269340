#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

using testing::drive;

TEST_CASE("drivers of balancing: weights, draws and loads decide", "[drivers]") {
  CHECK(drive("weighted", {{"targets", "a=5,b=1,c=1"}}, std::vector<std::string>(7, "pick")) ==
        "a\na\nb\na\nc\na\na\n");
  CHECK(drive("least_connections", {{"targets", "a,b"}, {"seed", "3"}},
              {"down a", "pick", "up a", "pick", "done b", "pick"}) == "b\na\nb\n");
  CHECK(drive("round_robin", {{"targets", ""}}, {"pick"}) == "-\n");
}

TEST_CASE("drivers of balancing: the seed decides the draws", "[drivers]") {
  const std::vector<std::string> picks(40, "pick");
  const auto with_seed = [&](const char* seed) {
    return drive("random", {{"targets", "a,b,c"}, {"seed", seed}}, picks);
  };
  CHECK(with_seed("1") == with_seed("1"));
  CHECK(with_seed("1") != with_seed("2"));
}

TEST_CASE("drivers of balancing: nginx servers fail, are limited, back up and go on", "[drivers]") {
  const testing::Options servers = {{"targets", "a=3,b,c"},   {"max_fails", "2,a=1"},
                                    {"fail_timeout", "b=2s"}, {"max_in_flight", "b=1"},
                                    {"backup", "c"},          {"down", ""}};
  CHECK(drive("nginx_round_robin", servers,
              {"pick", "refuse a", "retry", "pick", "at 5", "pick", "at 10.9", "pick", "at 11",
               "pick"}) == "a\nb\nc\nc\nc\na\n");
}

TEST_CASE("drivers of balancing: hashing policies take events where asked to", "[drivers]") {
  CHECK(drive("nginx_hash", {{"targets", "a,b"}}, {"k", "pick k"}).size() == 4);
  const std::string first = drive("nginx_hash", {{"targets", "a,b"}}, {"k"});
  const std::string other = first == "a\n" ? "b\n" : "a\n";
  CHECK(drive("nginx_hash", {{"targets", "a,b"}, {"events", "true"}},
              {"pick k", "refuse " + first.substr(0, 1), "retry", "pick k"}) ==
        first + other + other);
  CHECK(drive("haproxy_hash", {{"targets", "a,b"}, {"events", "true"}, {"down", "a"}},
              {"pick k", "up a", "down b", "pick k"}) == "b\na\n");
}

TEST_CASE("drivers of balancing: HAProxy backends", "[drivers]") {
  CHECK(drive("haproxy_roundrobin",
              {{"targets", "a,b,c"}, {"backup", "b,c"}, {"down", "a"}, {"all_backups", "true"}},
              {"pick", "pick", "pick"}) == "b\nc\nb\n");
  CHECK(drive("haproxy_roundrobin", {{"targets", "a,b,c"}, {"backup", "b,c"}, {"down", "a"}},
              {"pick", "pick", "pick"}) == "b\nb\nb\n");
  // One request of three each while the backend holds at most two of ten.
  CHECK(drive("haproxy_first",
              {{"targets", "a,b"},
               {"max_in_flight", "a=3"},
               {"min_in_flight", "a=1"},
               {"full_load", "10"}},
              {"pick", "pick", "pick"}) == "a\nb\nb\n");
}

// "hash-type consistent" alone implies avalanche; "hash-type consistent djb2" does not, although
// addresses go through no function: seen with a running HAProxy 2.6.12.
TEST_CASE("drivers of balancing: the function named for haproxy_source counts by being named",
          "[drivers]") {
  std::vector<std::string> addresses;
  for (int i = 0; i < 200; ++i) addresses.push_back("10.0." + std::to_string(i) + ".7");
  const auto picked = [&](testing::Options options) {
    return drive("haproxy_source", options, addresses);
  };
  const std::string alone = picked({{"targets", "a,b=3,c=9"}, {"type", "consistent"}});
  const std::string djb2 =
      picked({{"targets", "a,b=3,c=9"}, {"type", "consistent"}, {"function", "djb2"}});
  CHECK(alone == picked({{"targets", "a,b=3,c=9"}, {"type", "consistent"}, {"avalanche", "true"}}));
  CHECK(alone == picked({{"targets", "a,b=3,c=9"},
                         {"type", "consistent"},
                         {"function", "djb2"},
                         {"avalanche", "true"}}));
  CHECK(djb2 != alone);
  CHECK(djb2 == picked({{"targets", "a,b=3,c=9"}, {"type", "consistent"}, {"function", "wt6"}}));
}

TEST_CASE("drivers of balancing: Envoy's levels, panic and degraded hosts", "[drivers]") {
  const testing::Options levels = {{"targets", "a,b,c"}, {"priority", "c=1"}};
  CHECK(drive("envoy_random", levels, {"pick", "down a", "down b", "pick"}).ends_with("c\n"));
  CHECK(drive("envoy_random", levels,
              {"degrade a", "degrade b", "pick", "recover b", "down c", "pick"}) == "c\nb\n");
  const testing::Options panic = {{"targets", "a,b,c"}, {"down", "a,b,c"}};
  CHECK(drive("envoy_random", panic, {"pick"}) != "-\n");
  CHECK(drive("envoy_random",
              {{"targets", "a,b,c"}, {"down", "a,b,c"}, {"fail_traffic_on_panic", "true"}},
              {"pick"}) == "-\n");
  CHECK(drive("envoy_random", {{"targets", "a,b,c"}, {"down", "a,b,c"}, {"panic_threshold", "0%"}},
              {"pick"}) == "-\n");
}

TEST_CASE("drivers of balancing: Envoy's subsets by labels", "[drivers]") {
  const testing::Options subsets = {
      {"targets", "a,b,c,d"},
      {"labels", R"({"b": {"v": "2"}, "c": {"v": "2"}, "d": {"v": "3"}})"},
      {"subsets", R"({"selectors": [{"keys": ["v"]}], "fallback": "default_subset",
                      "default_subset": {"v": "3"}})"}};
  const std::string picked = drive("envoy_round_robin", subsets,
                                   {R"(match {"v": "2"})", "pick", "pick", "pick",
                                    R"(match {"v": "9"})", "pick", "match", "pick"});
  CHECK((picked == "b\nc\nb\nd\nd\n" || picked == "c\nb\nc\nd\nd\n"));
}

TEST_CASE("drivers of balancing: Envoy's zones", "[drivers]") {
  CHECK(drive("envoy_round_robin",
              {{"targets", "a,b,c,d,e,f"},
               {"zones", "z2,a=z1,b=z1,c=z1"},
               {"zone", "z1"},
               {"proxies", R"({"z1": 1, "z2": 1})"},
               {"locality", "zone_aware"}},
              std::vector<std::string>(9, "pick"))
            .find_first_of("def") == std::string::npos);
  const std::string weighted = drive("envoy_round_robin",
                                     {{"targets", "a,b"},
                                      {"zones", "a=z1,b=z2"},
                                      {"locality", "weighted"},
                                      {"locality_weights", R"({"z1": 3, "z2": 1})"}},
                                     std::vector<std::string>(8, "pick"));
  CHECK(std::count(weighted.begin(), weighted.end(), 'a') == 6);
  CHECK(std::count(weighted.begin(), weighted.end(), 'b') == 2);
}

TEST_CASE("drivers of balancing: Envoy's slow start", "[drivers]") {
  const auto share = [](const char* slow_start) {
    std::vector<std::string> lines = {"at 100", "down a", "up a"};
    for (int i = 0; i < 110; ++i) lines.push_back("pick");
    const std::string picked =
        drive("envoy_round_robin", {{"targets", "a,b"}, {"slow_start", slow_start}}, lines);
    return std::count(picked.begin(), picked.end(), 'a');
  };
  CHECK(share("60s") == 10);  // a tenth of b's weight
  CHECK(share(R"({"window": "60s", "min_weight": "57.2%"})") == 40);
}

TEST_CASE("drivers of balancing: sessions stick", "[drivers]") {
  CHECK(drive("sticky", {{"targets", "a,b,c"}},
              {"pick u", "pick v", "pick u", "pick", "down a", "pick u", "up a", "pick u"}) ==
        "a\nb\na\nc\nb\nb\n");
  CHECK(drive("sticky", {{"targets", "a,b"}, {"ttl", "5s"}, {"redispatch", "false"}},
              {"pick u", "at 4", "pick u", "at 8.9", "down a", "pick u", "at 14", "pick u"}) ==
        "a\na\n-\nb\n");
  CHECK(drive("sticky", {{"targets", "a,b"}, {"policy", "nginx_round_robin"}, {"sessions", "1"}},
              {"pick u", "pick v", "pick u"}) == "a\nb\na\n");
}

TEST_CASE("drivers of balancing: Finagle's panic", "[drivers]") {
  CHECK(drive("finagle_p2c", {{"targets", "a,b"}, {"down", "a,b"}}, {"pick"}) != "-\n");
  CHECK(drive("finagle_p2c", {{"targets", "a,b"}, {"down", "a,b"}, {"panic", "false"}}, {"pick"}) ==
        "-\n");
  CHECK(drive("peak_ewma", {{"targets", "a,b"}, {"down", "a,b"}, {"panic", "false"}}, {"pick"}) ==
        "-\n");
}

// Zero targets, all down, weight 0, any bytes as a key: defined for every policy.
TEST_CASE("drivers of balancing: bad input is answered by every policy", "[drivers]") {
  for (const Driver& driver : all()) {
    if (driver.family != "balancing" || driver.type().fields.front().name != "targets") continue;
    CAPTURE(driver.name);
    const auto lines = [&](std::initializer_list<std::string> keys) {
      const bool by_key = driver.output.starts_with("the name of the key's");
      std::vector<std::string> list;
      for (const std::string& key : keys)
        list.push_back(by_key ? key : key.empty() ? "pick" : "pick " + key);
      return list;
    };
    CHECK(drive(driver.name, {{"targets", ""}}, lines({"k", ""})) == "-\n-\n");
    CHECK(drive(driver.name, {{"targets", "a=0,b=0"}}, lines({"k", ""})) == "-\n-\n");
    const std::string odd = drive(
        driver.name, {{"targets", "a,b"}},
        lines({std::string("\xff\xfe\0\x80 ", 5), std::string(9999, 'x'), " ", "", "\xc3\xa9"}));
    CHECK(odd.size() == 10);
    CHECK(odd.find('-') == std::string::npos);
    // Envoy and Finagle panic when nobody is usable, on purpose.
    const bool panics = driver.name.starts_with("envoy_") || driver.name == "finagle_p2c" ||
                        driver.name == "peak_ewma";
    const std::string down =
        drive(driver.name, {{"targets", "a,b"}, {"down", "a,b"}}, lines({"k", ""}));
    CHECK((down.find('-') == std::string::npos) == panics);
  }
}

}  // namespace
}  // namespace highwater::drivers
