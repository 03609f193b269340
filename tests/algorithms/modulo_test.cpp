#include "models/algorithms/hashing/modulo.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/algorithms/placement.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

TEST_CASE("modulo: CRC-32 mod n", "[algorithms][hashing]") {
  const std::vector<Target> targets = numbered_targets(7);
  const Modulo modulo(targets);
  CHECK(modulo.lookup("123456789") == 0xcbf43926 % 7);
  CHECK(modulo.lookup("") == 0);
  CHECK(modulo.lookup_hash(20) == 6);
  std::array<std::uint32_t, 3> out{};
  CHECK(modulo.candidates("", out) == 3);
  CHECK(out == std::array<std::uint32_t, 3>{0, 1, 2});
}

TEST_CASE("libmemcached_modula: libmemcached's choices", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("libmemcached_choice.json");
  const std::vector<std::pair<std::string, Hashkit>> runs = {
      {"modula_oneatatime", Hashkit::one_at_a_time},
      {"modula_md5", Hashkit::md5},
      {"modula_crc", Hashkit::crc},
      {"modula_fnv1a_32", Hashkit::fnv1a_32},
      {"modula_murmur", Hashkit::murmur},
  };
  for (const auto& [name, hash] : runs) {
    CAPTURE(name);
    const std::string choice = golden["choice"][name];
    REQUIRE(choice.size() == 300);
    const LibmemcachedModula table(numbered_targets(4), hash);
    CHECK(choices(table, choice.size()) == choice);
  }
}

}  // namespace
}  // namespace highwater::hashing
