#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "models/algorithms/hashing/bytes.h"

namespace highwater::hashing {

/// crc: the cyclic redundancy checks by which nginx, HAProxy, memcached's clients, librdkafka and
/// Redis Cluster place keys.
///
/// crc32 is zlib's (polynomial 0x04c11db7, bits reflected, all ones before and after), crc32c the
/// same with Castagnoli's polynomial 0x1edc6f41, and crc16 XMODEM's (0x1021, not reflected, from
/// zero). The state can be carried on: a prefix that many keys share is hashed once.
///
/// Four tables let crc32 take four bytes a step; the products look up one byte a step.
///
/// Source   zlib crc32.c; RFC 3720 appendix B.4 (CRC-32C); Redis src/crc16.c.
/// Checked  tests/algorithms/hash_functions_test.cpp: the catalogue's check values, zlib's rule for
///          joining, and Guava's crc32c.
namespace crc_detail {

using Tables = std::array<std::array<std::uint32_t, 256>, 4>;

/// tables[k][b]: what the byte b does to the state when k more bytes follow it.
constexpr Tables reflected_tables(std::uint32_t polynomial) {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t state = byte;
    for (int bit = 0; bit < 8; ++bit) state = state >> 1 ^ ((state & 1) != 0 ? polynomial : 0);
    tables[0][byte] = state;
  }
  for (std::size_t k = 1; k < tables.size(); ++k)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = before >> 8 ^ tables[0][before & 0xff];
    }
  return tables;
}

constexpr std::array<std::uint16_t, 256> crc16_table() {
  std::array<std::uint16_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t state = byte << 8;
    for (int bit = 0; bit < 8; ++bit) state = state << 1 ^ ((state & 0x8000) != 0 ? 0x1021 : 0);
    table[byte] = static_cast<std::uint16_t>(state);
  }
  return table;
}

inline constexpr Tables kCrc32 = reflected_tables(0xedb88320);
inline constexpr Tables kCrc32c = reflected_tables(0x82f63b78);
inline constexpr std::array<std::uint16_t, 256> kCrc16 = crc16_table();

constexpr std::uint32_t carry_on(const Tables& tables, std::uint32_t state,
                                 std::string_view bytes) {
  std::size_t i = 0;
  for (; bytes.size() - i >= 4; i += 4) {
    state ^= load32(bytes, i);
    state = tables[3][state & 0xff] ^ tables[2][state >> 8 & 0xff] ^ tables[1][state >> 16 & 0xff] ^
            tables[0][state >> 24];
  }
  for (; i < bytes.size(); ++i) state = state >> 8 ^ tables[0][(state ^ byte_at(bytes, i)) & 0xff];
  return state;
}

}  // namespace crc_detail

/// zlib's CRC-32. `before` is the result for the bytes in front: crc32(b, crc32(a)) is that of ab.
constexpr std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0) {
  return ~crc_detail::carry_on(crc_detail::kCrc32, ~before, bytes);
}

/// CRC-32C, as in iSCSI.
constexpr std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) {
  return ~crc_detail::carry_on(crc_detail::kCrc32c, ~before, bytes);
}

/// CRC-16/XMODEM.
constexpr std::uint16_t crc16(std::string_view bytes) {
  std::uint32_t state = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    state = (state << 8 ^ crc_detail::kCrc16[(state >> 8 ^ byte_at(bytes, i)) & 0xff]) & 0xffff;
  return static_cast<std::uint16_t>(state);
}

}  // namespace highwater::hashing
