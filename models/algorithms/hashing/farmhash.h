#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "models/algorithms/hashing/bytes.h"

namespace highwater::hashing {

namespace farmhash_detail {

inline constexpr std::uint32_t kFirst = 0xcc9e2d51;
inline constexpr std::uint32_t kSecond = 0x1b873593;

constexpr std::uint32_t scramble(std::uint32_t word) {
  return std::rotr(word * kFirst, 17) * kSecond;
}

constexpr std::uint32_t step(std::uint32_t word, std::uint32_t hash) {
  return std::rotr(hash ^ scramble(word), 19) * 5 + 0xe6546b64;
}

constexpr std::uint32_t finish(std::uint32_t hash) {
  hash = (hash ^ hash >> 16) * 0x85ebca6b;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35;
  return hash ^ hash >> 16;
}

constexpr std::uint32_t to_4_bytes(std::string_view bytes) {
  std::uint32_t b = 0;
  std::uint32_t c = 9;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    b = b * kFirst + static_cast<std::uint32_t>(signed_byte_at(bytes, i));
    c ^= b;
  }
  return finish(step(b, step(static_cast<std::uint32_t>(bytes.size()), c)));
}

constexpr std::uint32_t to_12_bytes(std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  const std::uint32_t a = size + load32(bytes, 0);
  const std::uint32_t b = size * 5 + load32(bytes, bytes.size() - 4);
  const std::uint32_t c = 9 + load32(bytes, bytes.size() >> 1 & 4);
  return finish(step(c, step(b, step(a, size * 5))));
}

constexpr std::uint32_t to_24_bytes(std::string_view bytes) {
  const std::size_t size = bytes.size();
  std::uint32_t a = load32(bytes, (size >> 1) - 4);
  const std::uint32_t b = load32(bytes, 4);
  const std::uint32_t c = load32(bytes, size - 8);
  const std::uint32_t d = load32(bytes, size >> 1);
  const std::uint32_t e = load32(bytes, 0);
  const std::uint32_t f = load32(bytes, size - 4);
  std::uint32_t hash = d * kFirst + static_cast<std::uint32_t>(size);
  a = std::rotr(a, 12) + f;
  hash = step(c, hash) + a;
  a = std::rotr(a, 3) + c;
  hash = step(e, hash) + a;
  a = std::rotr(a + f, 12) + d;
  return finish(step(b, hash) + a);
}

constexpr std::uint32_t beyond_24_bytes(std::string_view bytes) {
  const std::size_t size = bytes.size();
  const auto turn = [](std::uint32_t hash) { return std::rotr(hash, 19) * 5 + 0xe6546b64; };
  const auto from_end = [&](std::size_t back) { return scramble(load32(bytes, size - back)); };
  std::uint32_t h = static_cast<std::uint32_t>(size);
  std::uint32_t g = kFirst * h;
  std::uint32_t f = g;
  h = turn(turn(h ^ from_end(4)) ^ from_end(16));
  g = turn(turn(g ^ from_end(8)) ^ from_end(12));
  f = std::rotr(f + from_end(20), 19) + 113;
  for (std::size_t i = 0, block = (size - 1) / 20; block > 0; --block, i += 20) {
    const std::uint32_t a = load32(bytes, i);
    const std::uint32_t b = load32(bytes, i + 4);
    const std::uint32_t c = load32(bytes, i + 8);
    const std::uint32_t d = load32(bytes, i + 12);
    const std::uint32_t e = load32(bytes, i + 16);
    h = step(d, h + a) + e;
    g = step(c, g + b) + a;
    f = step(b + e * kFirst, f + c) + d;
    f += g;
    g += f;
  }
  g = std::rotr(std::rotr(g, 11) * kFirst, 17) * kFirst;
  f = std::rotr(std::rotr(f, 11) * kFirst, 17) * kFirst;
  h = std::rotr(turn(h + g), 17) * kFirst;
  return std::rotr(turn(h + f), 17) * kFirst;
}

}  // namespace farmhash_detail

/// farmhash: FarmHash's Fingerprint32, the hash of Ringpop's ring.
///
/// The fingerprint never changes between versions and machines, unlike FarmHash's Hash32, which
/// takes what the processor does best. Keys up to four bytes are read as signed.
///
/// Source   https://github.com/google/farmhash src/farmhash.cc, farmhashmk::Hash32.
/// Checked  tests/algorithms/hash_functions_test.cpp: farmhash-modern's recorded hashes, and every
///          length to 299 against the library itself.
constexpr std::uint32_t farmhash_fingerprint32(std::string_view bytes) {
  if (bytes.size() <= 4) return farmhash_detail::to_4_bytes(bytes);
  if (bytes.size() <= 12) return farmhash_detail::to_12_bytes(bytes);
  if (bytes.size() <= 24) return farmhash_detail::to_24_bytes(bytes);
  return farmhash_detail::beyond_24_bytes(bytes);
}

}  // namespace highwater::hashing
