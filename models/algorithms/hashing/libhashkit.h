#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "models/algorithms/hashing/bytes.h"
#include "models/algorithms/hashing/crc.h"
#include "models/algorithms/hashing/md5.h"
#include "models/algorithms/hashing/murmur2.h"

namespace highwater::hashing {

/// libhashkit: the hashes that libmemcached offers for keys and for the points of its rings.
///
/// They differ from the hashes whose names they bear. Most read plain `char`, which is signed on
/// the machines that run them: a byte above 127 is sign-extended here as there. crc keeps fifteen
/// bits of CRC-32, md5 four bytes of the digest, murmur derives its seed from the length, and
/// fnv1a_64 calculates in 32 bits only.
///
/// Assumes  a processor whose plain char is signed (x86). hsieh is left out of most builds, where
///          asking for it gives 1 for every key; here it calculates.
/// Source   libmemcached 1.1.4 src/libhashkit: one_at_a_time.cc, crc32.cc, md5.cc, fnv_32.cc,
///          fnv_64.cc, murmur.cc, hsieh.cc, digest.cc.
/// Checked  tests/algorithms/hash_functions_test.cpp: bytes above 127 against values worked out by
///          hand; tests/algorithms/ketama_test.cpp: servers that libmemcached chose by five of
///          them.
enum class Hashkit : std::uint8_t {
  one_at_a_time,  ///< its default: Jenkins
  md5,
  crc,
  fnv1_64,
  fnv1a_64,
  fnv1_32,
  fnv1a_32,
  hsieh,
  murmur,
};

namespace hashkit_detail {

/// C's (uint32_t) key[i].
constexpr std::uint32_t signed32(std::string_view key, std::size_t i) {
  return static_cast<std::uint32_t>(signed_byte_at(key, i));
}

constexpr std::uint32_t hsieh(std::string_view key) {
  const auto half = [&](std::size_t i) { return byte_at(key, i) | byte_at(key, i + 1) << 8; };
  std::uint32_t hash = 0;
  std::size_t i = 0;
  for (; key.size() - i >= 4; i += 4) {
    hash += half(i);
    hash = hash << 16 ^ (half(i + 2) << 11 ^ hash);
    hash += hash >> 11;
  }
  switch (key.size() - i) {
    case 3:
      hash += half(i);
      hash ^= hash << 16;
      hash ^= signed32(key, i + 2) << 18;
      hash += hash >> 11;
      break;
    case 2:
      hash += half(i);
      hash ^= hash << 11;
      hash += hash >> 17;
      break;
    case 1:
      hash += byte_at(key, i);
      hash ^= hash << 10;
      hash += hash >> 1;
      break;
    default:
      break;
  }
  hash ^= hash << 3;
  hash += hash >> 5;
  hash ^= hash << 4;
  hash += hash >> 17;
  hash ^= hash << 25;
  hash += hash >> 6;
  return hash;
}

}  // namespace hashkit_detail

/// Jenkins' one-at-a-time over signed bytes.
constexpr std::uint32_t one_at_a_time(std::string_view key) {
  std::uint32_t hash = 0;
  for (std::size_t i = 0; i < key.size(); ++i) {
    hash += hashkit_detail::signed32(key, i);
    hash += hash << 10;
    hash ^= hash >> 6;
  }
  hash += hash << 3;
  hash ^= hash >> 11;
  return hash + (hash << 15);
}

constexpr std::uint32_t hashkit(Hashkit function, std::string_view key) {
  using hashkit_detail::signed32;
  constexpr std::uint32_t kPrime = 0x01000193;
  switch (function) {
    case Hashkit::one_at_a_time:
      return one_at_a_time(key);
    case Hashkit::md5:
      return md5(key)[0];
    case Hashkit::crc:
      return crc32(key) >> 16 & 0x7fff;
    case Hashkit::fnv1_64: {
      std::uint64_t hash = 0xcbf29ce484222325;
      for (std::size_t i = 0; i < key.size(); ++i)
        hash = hash * 0x100000001b3 ^ signed_byte_at(key, i);
      return static_cast<std::uint32_t>(hash);
    }
    case Hashkit::fnv1a_64: {
      std::uint32_t hash = 0x84222325;  // the lower halves of the constants of 64 bits
      for (std::size_t i = 0; i < key.size(); ++i) hash = (hash ^ signed32(key, i)) * 0x1b3;
      return hash;
    }
    case Hashkit::fnv1_32: {
      std::uint32_t hash = 0x811c9dc5;
      for (std::size_t i = 0; i < key.size(); ++i) hash = hash * kPrime ^ signed32(key, i);
      return hash;
    }
    case Hashkit::fnv1a_32: {
      std::uint32_t hash = 0x811c9dc5;
      for (std::size_t i = 0; i < key.size(); ++i) hash = (hash ^ signed32(key, i)) * kPrime;
      return hash;
    }
    case Hashkit::hsieh:
      return hashkit_detail::hsieh(key);
    case Hashkit::murmur:
      return murmur2(key, 0xdeadbeef * static_cast<std::uint32_t>(key.size()));
  }
  return 1;  // as libhashkit for a function it does not know
}

}  // namespace highwater::hashing
