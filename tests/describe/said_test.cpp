#include "engine/describe/said.h"

#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include "engine/describe/field.h"

namespace highwater {
namespace said_test {

struct Params {
  std::optional<Duration> ttl;
  bool single_flight = false;
  Bytes size{16'384};

  static constexpr auto fields() {
    return Fields{field<&Params::ttl>(""), field<&Params::single_flight>(""),
                  field<&Params::size>("")};
  }
};

std::string unread(const std::string& json) {
  Problems problems;
  const auto value = parse_json(json, problems.add_source("test.json"), problems);
  report_unread<Params>(*value, "/cache", "nothing reads it", problems);
  return problems.text();
}

TEST_CASE("said: what would be so anyway is not said", "[describe]") {
  CHECK(unread("{}").empty());
  CHECK(unread(R"({"single_flight": false, "size": "16KiB", "other": 1})").empty());
  CHECK(unread(R"({"single_flight": true})") ==
        "test.json:1:19: /cache/single_flight: nothing reads it\n");
  const std::string both = unread(R"({"ttl": "1s", "size": "1KiB"})");
  CHECK(both.find("/cache/ttl: nothing") != std::string::npos);
  CHECK(both.find("/cache/size: nothing") != std::string::npos);
}

TEST_CASE("said: the value that is said", "[describe]") {
  Problems problems;
  const auto value = parse_json(R"({"ttl": "1s"})", problems.add_source("test.json"), problems);
  REQUIRE(said<Params>(*value, "ttl") == value->find("ttl"));
  CHECK(said<Params>(*value, "size") == nullptr);
}

}  // namespace said_test
}  // namespace highwater
