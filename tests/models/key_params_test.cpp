#include "models/client/key_params.h"

#include <cmath>
#include <string>

#include <catch2/catch.hpp>

#include "engine/describe/field.h"

namespace highwater::client {
namespace {

std::string read(const std::string& json, Keys& keys) {
  Problems problems;
  const auto value = parse_json(R"({"keys": )" + json + "}", problems.add_source("t"), problems);
  REQUIRE(value);
  Quantity<Keys>::read(*value->find("keys"), "/keys", problems, keys);
  return problems.text();
}

KeyPopularity popularity(const std::string& json) {
  Keys keys;
  REQUIRE(read(json, keys).empty());
  return keys.popularity();
}

TEST_CASE("keys: zipf", "[models][client]") {
  const KeyPopularity keys = popularity(R"({"zipf": {"items": 100, "exponent": 0.8}})");
  CHECK(keys.items() == 100);
  CHECK(keys.probability(0) / keys.probability(9) == Approx(std::pow(10, 0.8)));
  const KeyPopularity harmonic = popularity(R"({"zipf": {"items": "1M"}})");
  CHECK(harmonic.items() == 1'000'000);
  CHECK(harmonic.probability(0) / harmonic.probability(9) == Approx(10));
}

TEST_CASE("keys: uniform, with a short form", "[models][client]") {
  const KeyPopularity keys = popularity(R"({"uniform": {"items": 50}})");
  CHECK(keys.probability(0) == Approx(0.02));
  CHECK(keys.probability(49) == Approx(0.02));
  CHECK(popularity(R"({"uniform": 50})") == keys);
}

TEST_CASE("keys: hotspot", "[models][client]") {
  const KeyPopularity keys =
      popularity(R"({"hotspot": {"items": 1000, "hot": "10%", "share": "90%"}})");
  CHECK(keys.probability(99) == Approx(0.9 / 100));
  CHECK(keys.probability(100) == Approx(0.1 / 900));
  const KeyPopularity usual = popularity(R"({"hotspot": {"items": 1000}})");
  CHECK(usual.probability(199) == Approx(0.8 / 200));
  CHECK(usual.probability(200) == Approx(0.2 / 800));
}

TEST_CASE("keys: what is wrong with them is said", "[models][client][input]") {
  Keys keys;
  CHECK_THAT(read(R"({"zipf": {}})", keys), Catch::Contains("items"));
  CHECK_THAT(read(R"({"zipf": {"items": 0}})", keys), Catch::Contains("items"));
  CHECK_THAT(read(R"({"zipf": {"items": 5, "exponent": -1}})", keys), Catch::Contains("exponent"));
  CHECK_THAT(read(R"({"zipf": {"items": 5, "exponent": 21}})", keys), Catch::Contains("exponent"));
  CHECK_THAT(read(R"({"uniform": 0})", keys), Catch::Contains("uniform"));
  CHECK_FALSE(read(R"({"hotspot": {"items": 1}})", keys).empty());
  CHECK_FALSE(read(R"({"hotspot": {"items": 10, "hot": "50%", "share": "10%"}})", keys).empty());
  CHECK_THAT(read(R"({"gauss": {"items": 1}})", keys), Catch::Contains("gauss"));
}

}  // namespace
}  // namespace highwater::client
