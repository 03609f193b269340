#include "models/algorithms/hashing/haproxy_hash.h"

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/hashing/address.h"
#include "models/algorithms/hashing/haproxy_consistent.h"
#include "models/algorithms/hashing/haproxy_map.h"
#include "tests/algorithms/placement.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

// What a recorded `backend` block says.
struct Backend {
  std::vector<Target> targets;
  bool consistent = false;
  HaproxyFunction function = HaproxyFunction::sdbm;
  bool avalanche = false;
};

Backend backend_of(const std::string& text) {
  Backend backend;
  constexpr std::string_view kWeight = " weight ";
  for (std::size_t at = text.find(kWeight); at != std::string::npos; at = text.find(kWeight, at)) {
    at += kWeight.size();
    const auto weight = static_cast<std::uint32_t>(std::stoul(text.substr(at)));
    backend.targets.push_back({"s" + std::to_string(backend.targets.size()), weight});
  }
  const auto says = [&](const std::string& word) { return text.find(word) != std::string::npos; };
  backend.consistent = says("hash-type consistent");
  const bool function = says(" sdbm") || says(" djb2") || says(" wt6") || says(" crc32");
  if (says(" djb2")) backend.function = HaproxyFunction::djb2;
  if (says(" wt6")) backend.function = HaproxyFunction::wt6;
  if (says(" crc32")) backend.function = HaproxyFunction::crc32;
  backend.avalanche = says("avalanche") || (backend.consistent && !function);
  return backend;
}

TEST_CASE("haproxy: the servers HAProxy chose under 18 configurations",
          "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("haproxy_hash.json");
  REQUIRE(golden["choice"].size() == 18);
  for (const auto& [name, recorded] : golden["choice"].items()) {
    CAPTURE(name);
    const std::string choice = recorded;
    REQUIRE(choice.size() == 300);
    const Backend backend = backend_of(golden["backends"][name]);
    if (backend.consistent) {
      CHECK(choices(HaproxyConsistent(backend.targets, backend.function, backend.avalanche), 300) ==
            choice);
    } else {
      CHECK(choices(HaproxyMap(backend.targets, backend.function, backend.avalanche), 300) ==
            choice);
    }
  }
}

TEST_CASE("haproxy: balance source", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("haproxy_source.json");
  REQUIRE(golden["rows"].size() == 3);
  for (const auto& [name, rows] : golden["rows"].items()) {
    CAPTURE(name);
    const Backend backend = backend_of(golden["backends"][name]);
    const HaproxyConsistent ring(backend.targets);
    const HaproxyMap map(backend.targets);
    REQUIRE(rows.size() >= 150);
    for (const nlohmann::json& row : rows) {
      std::uint32_t hash = haproxy_source_hash(parse_address(row[0].get<std::string>()).value());
      if (backend.avalanche) hash = full_hash(hash);
      CHECK((backend.consistent ? ring.lookup_hash(hash) : map.lookup_hash(hash)) ==
            row[1].get<std::size_t>());
    }
  }
}

TEST_CASE("haproxy_hash: functions by hand", "[algorithms][hashing]") {
  static_assert(sdbm("") == 0);
  static_assert(sdbm("a") == 97);
  static_assert(djb2("") == 5381);
  static_assert(djb2("ab") == (5381 * 33 + 97) * 33 + 98);
  static_assert(wt6("") == (0xa53c965a ^ 0x5ca6953a));
  static_assert(full_hash(4096) == 0x49c2008b);  // from the Python script that reproduces HAProxy
  CHECK(sdbm("\xff") == 255);
  CHECK(djb2("\xff") == 5381 * 33 + 255);
  CHECK(haproxy_hash(HaproxyFunction::crc32, true, "x") == full_hash(crc32("x")));
}

TEST_CASE("haproxy_hash: full_hash is a bijection", "[algorithms][hashing]") {
  // Each step undone: if it was none, two of these 4096 * 64 arguments of servers would meet.
  std::set<std::uint32_t> seen;
  for (std::uint32_t i = 0; i < 4096 * 64; ++i) seen.insert(full_hash(4096 + i));
  CHECK(seen.size() == 4096 * 64);
}

TEST_CASE("haproxy_hash: `none` reads a number", "[algorithms][hashing]") {
  static_assert(leading_number("") == 0);
  static_assert(leading_number("17") == 17);
  static_assert(leading_number("17x3") == 17);
  static_assert(leading_number("x17") == 0);
  static_assert(leading_number("+5") == 5);
  static_assert(leading_number("-1") == 0xffffffff);
  static_assert(leading_number("4294967297") == 1);
  static_assert(leading_number("9223372036854775807") == 0xffffffff);
  static_assert(leading_number("9223372036854775808") == 0xffffffff);  // cut to the greatest
  static_assert(leading_number("99999999999999999999999") == 0xffffffff);
  static_assert(leading_number("-9223372036854775808") == 0);
  static_assert(leading_number("-99999999999999999999999") == 0);
}

TEST_CASE("haproxy_map: cells are dealt out smoothly", "[algorithms][hashing]") {
  const auto cells = [](const std::vector<std::uint32_t>& weights) {
    const HaproxyMap map(weighted_targets(weights));
    return std::vector<std::uint32_t>(map.cells().begin(), map.cells().end());
  };
  CHECK(cells({1, 1, 1}) == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(cells({4, 4, 4}) == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(cells({2, 4}) == cells({1, 2}));
  CHECK(cells({5}) == std::vector<std::uint32_t>{0});
  CHECK(cells({0, 5}) == std::vector<std::uint32_t>{1});
  CHECK(cells({}).empty());
  CHECK(cells({1'000'000, 1}).size() == 257);  // no weight above 256
}

TEST_CASE("haproxy_consistent: the nearest point wins, at a tie the one before",
          "[algorithms][hashing]") {
  const HaproxyConsistent table(weighted_targets({1, 2, 3}));
  const Ring<std::uint32_t>& ring = table.ring();
  REQUIRE(ring.size() == 96);
  std::uint32_t even_gaps = 0;
  for (std::size_t i = 0; i + 1 < ring.size(); ++i) {
    const std::uint32_t gap = ring.point(i + 1).hash - ring.point(i).hash;
    CHECK(table.nearest(ring.point(i).hash) == i);
    CHECK(table.nearest(ring.point(i).hash + gap / 2) == i);
    CHECK(table.nearest(ring.point(i).hash + gap / 2 + 1) == i + 1);
    even_gaps += gap % 2 == 0;
  }
  CHECK(even_gaps > 10);  // half of an even gap is the tie
  // Across the end of the circle.
  const std::uint32_t first = ring.point(0).hash;
  const std::uint32_t last = ring.point(95).hash;
  const std::uint32_t gap = first - last;
  CHECK(table.nearest(last + gap / 2) == 95);
  CHECK(table.nearest(last + gap / 2 + 1) == 0);
}

TEST_CASE("haproxy_consistent: points hang on the server's number", "[algorithms][hashing]") {
  const HaproxyConsistent table(weighted_targets({0, 1}));
  REQUIRE(table.ring().size() == 16);
  std::set<std::uint32_t> hashes;
  for (std::size_t i = 0; i < 16; ++i) hashes.insert(table.ring().point(i).hash);
  for (std::uint32_t k = 0; k < 16; ++k) CHECK(hashes.contains(full_hash(2 * 4096 + k)));
}

}  // namespace
}  // namespace highwater::hashing
