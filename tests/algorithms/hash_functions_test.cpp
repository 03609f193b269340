// The plain hash functions: each against the values its authors or a product publish, and over
// every length around its block sizes against another implementation, folded into one checksum.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/hashing/bytes.h"
#include "models/algorithms/hashing/crc.h"
#include "models/algorithms/hashing/farmhash.h"
#include "models/algorithms/hashing/fnv.h"
#include "models/algorithms/hashing/libhashkit.h"
#include "models/algorithms/hashing/md5.h"
#include "models/algorithms/hashing/xxhash64.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

// The digest as md5sum prints it.
std::string hex(const Md5& digest) {
  std::string text;
  for (const std::uint32_t word : digest)
    for (std::uint32_t k = 0; k < 4; ++k)
      for (const std::uint32_t shift : {8 * k + 4, 8 * k})
        text += "0123456789abcdef"[word >> shift & 15];
  return text;
}

// Bytes of every value, another row for each length.
std::string sample(std::size_t length) {
  std::string bytes;
  for (std::size_t i = 0; i < length; ++i)
    bytes.push_back(static_cast<char>((i * i * 7 + length) & 0xff));
  return bytes;
}

void append(std::string& bytes, std::uint32_t word) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(word >> shift));
}

TEST_CASE("bytes: words are little-endian, signed bytes keep their sign", "[algorithms][hashing]") {
  static_assert(load32("\x01\x02\x03\x84", 0) == 0x84030201);
  static_assert(load64("\x01\x02\x03\x04\x05\x06\x07\x88", 0) == 0x8807060504030201);
  static_assert(byte_at("\xff", 0) == 255);
  static_assert(signed_byte_at("\xff", 0) == ~std::uint64_t{0});
  CHECK(DecimalText(0).view() == "0");
  CHECK(DecimalText(~std::uint64_t{0}).view() == "18446744073709551615");
}

TEST_CASE("crc: the check values of the catalogue", "[algorithms][hashing]") {
  static_assert(crc32("123456789") == 0xcbf43926);
  static_assert(crc32c("123456789") == 0xe3069283);
  static_assert(crc16("123456789") == 0x31c3);
  CHECK(crc32("") == 0);
  CHECK(crc32c("") == 0);
  CHECK(crc16("") == 0);
  CHECK(crc32(std::string(32, '\0')) == 0x190a55ad);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);  // RFC 3720, B.4
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
}

TEST_CASE("crc: a text can be taken in any two parts", "[algorithms][hashing]") {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string text = sample(length);
    for (std::size_t cut = 0; cut <= length; ++cut) {
      CHECK(crc32(text.substr(cut), crc32(text.substr(0, cut))) == crc32(text));
      CHECK(crc32c(text.substr(cut), crc32c(text.substr(0, cut))) == crc32c(text));
    }
  }
}

TEST_CASE("crc: crc32c is Guava's", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("guava_hashes.json");
  REQUIRE(golden["rows"].size() == 60);
  for (const nlohmann::json& row : golden["rows"]) {
    std::string bytes;  // Guava prints the four bytes in memory order
    append(bytes, crc32c(row[0].get<std::string>()));
    std::string text;
    for (std::size_t i = 0; i < 4; ++i)
      for (const std::uint32_t shift : {4u, 0u})
        text += "0123456789abcdef"[byte_at(bytes, i) >> shift & 15];
    CHECK(text == row[4].get<std::string>());
  }
}

TEST_CASE("md5: the test suite of RFC 1321", "[algorithms][hashing]") {
  CHECK(hex(md5("")) == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(hex(md5("a")) == "0cc175b9c0f1b6a831c399e269772661");
  CHECK(hex(md5("abc")) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hex(md5("message digest")) == "f96b697d7cb7938d525a2f31aaf161d0");
  CHECK(hex(md5("abcdefghijklmnopqrstuvwxyz")) == "c3fcd3d76192e4007dfb496cca67e13b");
  CHECK(hex(md5("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")) ==
        "d174ab98d277d9f5a5611c2c9f419d9f");
  CHECK(hex(md5("123456789012345678901234567890123456789012345678901234567890123456789012345678"
                "90")) == "57edf4a22be3c955ac49da2e2107b67a");
}

TEST_CASE("md5: every length to 299 is that of another implementation", "[algorithms][hashing]") {
  std::string digests;
  for (std::size_t length = 0; length < 300; ++length)
    for (const std::uint32_t word : md5(sample(length))) append(digests, word);
  CHECK(crc32(digests) == 0x324337dc);  // Python's hashlib
}

TEST_CASE("fnv: the authors' values", "[algorithms][hashing]") {
  static_assert(fnv1a_32("") == 0x811c9dc5);
  static_assert(fnv1a_32("a") == 0xe40c292c);
  static_assert(fnv1a_32("foobar") == 0xbf9cf968);
  static_assert(fnv1a_64("") == 0xcbf29ce484222325);
  static_assert(fnv1a_64("a") == 0xaf63dc4c8601ec8c);
  static_assert(fnv1a_64("foobar") == 0x85944171f73967e8);
  CHECK(fnv1a_32("\xff") == (0x811c9dc5 ^ 0xffu) * 0x01000193);
}

TEST_CASE("libhashkit: below 128 the textbook hashes, but for its quirks",
          "[algorithms][hashing]") {
  const std::string key = "memcached:key-17";
  CHECK(hashkit(Hashkit::fnv1a_32, key) == fnv1a_32(key));
  CHECK(hashkit(Hashkit::md5, key) == md5(key)[0]);
  CHECK(hashkit(Hashkit::crc, key) == (crc32(key) >> 16 & 0x7fff));
  CHECK(hashkit(Hashkit::murmur, key) == murmur2(key, 0xdeadbeef * 16));
  CHECK(one_at_a_time("a") == 0xca2e9442);  // Jenkins' own values
  CHECK(one_at_a_time("The quick brown fox jumps over the lazy dog") == 0x519e91f5);
  // The low half of FNV-1 (64) and, in 32 bits only, of FNV-1a (64), over one byte.
  CHECK(hashkit(Hashkit::fnv1_64, "a") ==
        static_cast<std::uint32_t>(0xcbf29ce484222325 * 0x100000001b3 ^ 'a'));
  CHECK(hashkit(Hashkit::fnv1_32, "a") == (0x811c9dc5 * 0x01000193 ^ 'a'));
  // In 32 bits (h ^ c) * p is the low half of the product in 64: the quirk changes no ASCII key.
  CHECK(hashkit(Hashkit::fnv1a_64, key) == static_cast<std::uint32_t>(fnv1a_64(key)));
  CHECK(hashkit(Hashkit::hsieh, "") == 0);
}

TEST_CASE("libhashkit: every length to 299, of any bytes, is the library's",
          "[algorithms][hashing]") {
  const std::vector<std::pair<Hashkit, std::uint32_t>> folded = {
      {Hashkit::one_at_a_time, 0xfd81a05b}, {Hashkit::md5, 0xb8e46fdc},
      {Hashkit::crc, 0x525a6141},           {Hashkit::fnv1_64, 0xe4db48c6},
      {Hashkit::fnv1a_64, 0xb85d3147},      {Hashkit::fnv1_32, 0x5d53577f},
      {Hashkit::fnv1a_32, 0x0ca189b5},      {Hashkit::hsieh, 0x1252cabe},
      {Hashkit::murmur, 0x690f83d5},
  };
  for (const auto& [function, expected] : folded) {  // src/libhashkit, compiled
    CAPTURE(static_cast<int>(function));
    std::string hashes;
    for (std::size_t length = 0; length < 300; ++length)
      append(hashes, hashkit(function, sample(length)));
    CHECK(crc32(hashes) == expected);
  }
}

TEST_CASE("libhashkit: a byte above 127 is negative", "[algorithms][hashing]") {
  // One byte 0xff is -1, whose 32 bits are all ones.
  CHECK(hashkit(Hashkit::fnv1a_32, "\xff") == (0x811c9dc5 ^ 0xffffffffu) * 0x01000193);
  CHECK(hashkit(Hashkit::fnv1_32, "\xff") == (0x811c9dc5 * 0x01000193 ^ 0xffffffffu));
  CHECK(hashkit(Hashkit::fnv1_64, "\xff") ==
        ~static_cast<std::uint32_t>(0xcbf29ce484222325 * 0x100000001b3));
  CHECK(hashkit(Hashkit::fnv1a_64, "\xff") == (0x84222325 ^ 0xffffffffu) * 0x1b3);
  std::uint32_t value = 0xffffffff;
  value += value << 10;
  value ^= value >> 6;
  value += value << 3;
  value ^= value >> 11;
  value += value << 15;
  CHECK(one_at_a_time("\xff") == value);
  // These two read bytes as they are.
  CHECK(hashkit(Hashkit::crc, "\xff") == (0xff000000 >> 16 & 0x7fff));
  CHECK(hashkit(Hashkit::murmur, "\xff") == murmur2("\xff", 0xdeadbeef));
}

TEST_CASE("xxhash64: the values of its own sanity check and of Envoy's test",
          "[algorithms][hashing]") {
  static_assert(xxhash64("") == 0xef46db3751d8e999);
  CHECK(xxhash64("foo") == 3728699739546630719);
  CHECK(xxhash64("bar") == 5234164152756840025);
  CHECK(xxhash64("foo\nbar") == 8917841378505826757u);
  CHECK(xxhash64("lyft") == 4400747396090729504);
  std::string buffer;
  std::uint32_t generator = 2654435761;
  for (int i = 0; i < 101; ++i, generator *= generator)
    buffer.push_back(static_cast<char>(generator >> 24));
  const auto first = [&](std::size_t length) { return std::string_view(buffer).substr(0, length); };
  const std::uint64_t prime = 2654435761;
  CHECK(xxhash64("", prime) == 0xac75fda2929b17ef);
  CHECK(xxhash64(first(1)) == 0x4fce394cc88952d8);
  CHECK(xxhash64(first(1), prime) == 0x739840cb819fa723);
  CHECK(xxhash64(first(14)) == 0xcffa8db881bc3a3d);
  CHECK(xxhash64(first(14), prime) == 0x5b9611585efcc9cb);
  CHECK(xxhash64(first(101)) == 0x0eab543384f878ad);
  CHECK(xxhash64(first(101), prime) == 0xcaa65939306f1e21);
}

TEST_CASE("farmhash: fingerprints are farmhash-modern's", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("farmhash.json");
  REQUIRE(golden["rows"].size() == 120);
  for (const nlohmann::json& row : golden["rows"])
    CHECK(farmhash_fingerprint32(row[0].get<std::string>()) == row[1].get<std::uint32_t>());
}

TEST_CASE("farmhash: every length to 299 is the library's", "[algorithms][hashing]") {
  std::string hashes;
  for (std::size_t length = 0; length < 300; ++length)
    append(hashes, farmhash_fingerprint32(sample(length)));
  CHECK(crc32(hashes) == 0x69934fc2);  // google/farmhash, farmhashmk::Hash32, compiled
}

}  // namespace
}  // namespace highwater::hashing
