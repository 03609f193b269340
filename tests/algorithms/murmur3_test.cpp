#include "models/algorithms/hashing/murmur3.h"

#include <cstdint>
#include <string>

#include <catch2/catch.hpp>

#include "models/algorithms/hashing/md5.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

std::string from_hex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::uint64_t word_of(const std::string& bytes, std::size_t at) {
  return load64(bytes, at);
}

TEST_CASE("murmur3: Guava's murmur3_128 and murmur3_32_fixed", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("guava_hashes.json");
  REQUIRE(golden["rows"].size() == 60);
  for (const nlohmann::json& row : golden["rows"]) {
    const std::string key = row[0];
    CAPTURE(key);
    const std::string wide = from_hex(row[1]);
    CHECK(murmur3_x64_128(key) == Murmur3{word_of(wide, 0), word_of(wide, 8)});
    CHECK(murmur3_32(key) == load32(from_hex(row[2]), 0));
  }
}

TEST_CASE("murmur3: the authors' verification value", "[algorithms][hashing]") {
  // SMHasher: hash the keys {}, {0}, {0, 1} ... with the seed 256 - length, then all results.
  std::string keys;
  std::string results32;
  std::string results128;
  const auto append = [](std::string& bytes, std::uint64_t word, int size) {
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(word >> (8 * i) & 0xff));
  };
  for (std::uint32_t length = 0; length < 256; ++length) {
    append(results32, murmur3_32(keys, 256 - length), 4);
    const Murmur3 wide = murmur3_x64_128(keys, 256 - length);
    append(results128, wide.low, 8);
    append(results128, wide.high, 8);
    keys.push_back(static_cast<char>(length));
  }
  CHECK(murmur3_32(results32) == 0xb0f57ee3);
  CHECK(static_cast<std::uint32_t>(murmur3_x64_128(results128).low) == 0x6384ba69);
}

TEST_CASE("murmur3: tokens are those of cassandra-driver", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("cassandra_murmur3_tokens.json");
  REQUIRE(golden["rows"].size() == 123);
  for (const nlohmann::json& row : golden["rows"])
    CHECK(cassandra_token(from_hex(row[0])) == std::stoll(row[1].get<std::string>()));
}

// The same file holds RandomPartitioner tokens: the digest as a big-endian signed number, made
// positive. Its last decimal digits suffice to tell digests apart.
TEST_CASE("md5: digests are behind cassandra-driver's random tokens",
          "[algorithms][hashing][golden]") {
  __extension__ using Wide = unsigned __int128;
  const nlohmann::json golden = golden_json("cassandra_murmur3_tokens.json");
  for (const nlohmann::json& row : golden["rows"]) {
    Wide number = 0;
    for (const std::uint32_t word : md5(from_hex(row[0])))
      for (int k = 0; k < 4; ++k) number = number << 8 | (word >> (8 * k) & 0xff);
    if (number >> 127 != 0) number = 0 - number;
    std::string text;
    for (; number != 0; number /= 10) text.insert(text.begin(), char('0' + int(number % 10)));
    CHECK(text == row[2].get<std::string>());
  }
}

TEST_CASE("murmur3: Cassandra's variant differs where a late byte is above 127",
          "[algorithms][hashing]") {
  const auto cassandra = [](std::string_view key) {
    return murmur3_x64_128(key, 0, TailBytes::sign_extended);
  };
  std::string key = "0123456789abcdef0123";  // one block and a tail of four
  CHECK(cassandra(key) == murmur3_x64_128(key));
  key[3] = '\x80';  // in the block: read as a word, without a sign
  CHECK(cassandra(key) == murmur3_x64_128(key));
  key[17] = '\x80';
  CHECK(cassandra(key) != murmur3_x64_128(key));
  // The sign fills the bytes above, which later bytes turn over again: by hand for one byte.
  CHECK(cassandra("\xff") != murmur3_x64_128("\xff"));
  CHECK(cassandra("\xff").low != cassandra("\xfe").low);
}

// From the Python script that reproduces the recorded tokens.
TEST_CASE("murmur3: tokens of keys full of bytes above 127", "[algorithms][hashing]") {
  CHECK(cassandra_token("\xff") == -4442228696663692417);
  CHECK(cassandra_token(from_hex("808182838485868788898a8b8c8d8e8f")) == 7217206371623098675);
  CHECK(cassandra_token(from_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfefff0")) == -8643975058035977670);
  CHECK(cassandra_token(from_hex("fec200ff")) == -4064896633800468747);
  CHECK(
      cassandra_token(from_hex("c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6")) ==
      4398332801500074197);
}

TEST_CASE("murmur3: an empty key has the token 0", "[algorithms][hashing]") {
  CHECK(cassandra_token("") == 0);
}

}  // namespace
}  // namespace highwater::hashing
