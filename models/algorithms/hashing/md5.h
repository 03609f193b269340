#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "models/algorithms/hashing/bytes.h"

namespace highwater::hashing {

/// md5: the digest of ketama's points and of memcached keys under its `md5` hash.
///
/// The result is the digest's sixteen bytes as four words in little-endian order: word 0 is what
/// ketama calls the hash of a key. No longer safe against anybody who means harm; here it spreads.
///
/// One block of 64 rounds for a key below 56 bytes: some ten times the cost of any other hash here.
///
/// Source   RFC 1321.
/// Checked  tests/algorithms/hash_functions_test.cpp: the RFC's test suite and every length around
///          a block's end; cassandra-driver's RandomTokenizer (tests/algorithms/murmur3_test.cpp).
using Md5 = std::array<std::uint32_t, 4>;

namespace md5_detail {

/// floor(2^32 * |sin(i + 1)|) of RFC 1321 section 3.4.
inline constexpr std::array<std::uint32_t, 64> kSines = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

inline constexpr std::array<std::array<int, 4>, 4> kTurns = {
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

constexpr std::uint32_t mix(std::size_t round, std::uint32_t x, std::uint32_t y, std::uint32_t z) {
  switch (round) {
    case 0:
      return z ^ (x & (y ^ z));
    case 1:
      return y ^ (z & (x ^ y));
    case 2:
      return x ^ y ^ z;
    default:
      return y ^ (x | ~z);
  }
}

/// Takes one block of 64 bytes, from `at` on, into the state.
constexpr void take(Md5& state, std::string_view bytes, std::size_t at) {
  constexpr std::array<std::size_t, 4> kFirst = {0, 1, 5, 0};
  constexpr std::array<std::size_t, 4> kStep = {1, 5, 3, 7};
  std::array<std::uint32_t, 16> words{};
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = load32(bytes, at + 4 * i);
  auto [a, b, c, d] = state;
  for (std::size_t round = 0; round < 4; ++round)
    for (std::size_t i = 0; i < 16; ++i) {
      const std::uint32_t sum = a + mix(round, b, c, d) +
                                words[(kFirst[round] + kStep[round] * i) % 16] +
                                kSines[16 * round + i];
      a = d;
      d = c;
      c = b;
      b += std::rotl(sum, kTurns[round][i % 4]);
    }
  state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
}

}  // namespace md5_detail

constexpr Md5 md5(std::string_view bytes) {
  Md5 state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::size_t i = 0;
  for (; bytes.size() - i >= 64; i += 64) md5_detail::take(state, bytes, i);
  // What is left, a one bit, zeros, and the length in bits: one block, or two.
  std::array<char, 128> last{};
  const std::size_t rest = bytes.size() - i;
  for (std::size_t k = 0; k < rest; ++k) last[k] = bytes[i + k];
  last[rest] = static_cast<char>(0x80);
  const std::size_t blocks = rest < 56 ? 1 : 2;
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (std::size_t k = 0; k < 8; ++k)
    last[64 * blocks - 8 + k] = static_cast<char>(bits >> (8 * k) & 0xff);
  for (std::size_t k = 0; k < blocks; ++k)
    md5_detail::take(state, {last.data(), last.size()}, 64 * k);
  return state;
}

}  // namespace highwater::hashing
