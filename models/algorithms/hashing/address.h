#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "models/algorithms/hashing/bytes.h"

namespace highwater::hashing {

/// address: a client's IP address, in the forms by which balancers hash it.
///
/// Source   RFC 4291 section 2.2 and inet_pton(3) for the text; HAProxy 2.6 src/backend.c,
///          get_server_sh, for the number.
/// Checked  tests/algorithms/address_test.cpp.
struct Address {
  std::array<char, 16> bytes{};  ///< in network order; of IPv4 the first four
  std::size_t size = 4;          ///< 4 or 16

  constexpr std::string_view view() const { return {bytes.data(), size}; }
  bool operator==(const Address&) const = default;
};

namespace address_detail {

constexpr std::optional<Address> parse_ipv4(std::string_view text) {
  Address address;
  for (std::size_t part = 0; part < 4; ++part) {
    if (part > 0) {
      if (!text.starts_with('.')) return std::nullopt;
      text.remove_prefix(1);
    }
    std::uint32_t number = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
      number = number * 10 + static_cast<std::uint32_t>(text[digits] - '0');
      if (digits == 3 || number > 255 || (digits > 0 && text[0] == '0')) return std::nullopt;
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    address.bytes[part] = static_cast<char>(number);
  }
  return text.empty() ? std::optional(address) : std::nullopt;
}

constexpr std::optional<std::uint32_t> hexadecimal(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<std::uint32_t>(c - 'A') + 10;
  return std::nullopt;
}

constexpr std::optional<Address> parse_ipv6(std::string_view text) {
  Address address;
  address.size = 16;
  std::size_t filled = 0;
  std::optional<std::size_t> gap;  // where "::" stands, in bytes
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    std::uint32_t number = 0;
    std::size_t digits = 0;
    while (digits < text.size()) {
      const std::optional<std::uint32_t> digit = hexadecimal(text[digits]);
      if (!digit) break;
      number = number * 16 + *digit;
      if (++digits > 4) return std::nullopt;
    }
    if (digits < text.size() && text[digits] == '.') {  // the last four bytes as IPv4
      const std::optional<Address> last = parse_ipv4(text);
      if (!last || filled > 12) return std::nullopt;
      for (std::size_t i = 0; i < 4; ++i) address.bytes[filled++] = last->bytes[i];
      break;
    }
    if (digits == 0 || filled == 16) return std::nullopt;
    address.bytes[filled++] = static_cast<char>(number >> 8);
    address.bytes[filled++] = static_cast<char>(number & 0xff);
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (!text.starts_with(':')) return std::nullopt;
    text.remove_prefix(1);
    if (text.starts_with(':')) {
      if (gap) return std::nullopt;
      gap = filled;
      text.remove_prefix(1);
    } else if (text.empty()) {
      return std::nullopt;  // a single colon at the end
    }
  }
  if (!gap) return filled == 16 ? std::optional(address) : std::nullopt;
  if (filled == 16) return std::nullopt;  // "::" stands for at least one group
  for (std::size_t i = filled; i > *gap; --i) {
    address.bytes[16 - 1 - (filled - i)] = address.bytes[i - 1];
    address.bytes[i - 1] = 0;
  }
  return address;
}

}  // namespace address_detail

/// Reads "192.0.2.7" or "2001:db8::7" as inet_pton does: no port, no brackets, no zone.
constexpr std::optional<Address> parse_address(std::string_view text) {
  return text.find(':') == std::string_view::npos ? address_detail::parse_ipv4(text)
                                                  : address_detail::parse_ipv6(text);
}

/// The number HAProxy's `balance source` starts from: an IPv4 address as a big-endian number, of
/// IPv6 the exclusive or of its four words.
constexpr std::uint32_t haproxy_source_hash(const Address& address) {
  std::uint32_t hash = 0;
  for (std::size_t i = 0; i < (address.size == 4 ? 4 : 16); i += 4)
    hash ^= byte_at(address.view(), i) << 24 | byte_at(address.view(), i + 1) << 16 |
            byte_at(address.view(), i + 2) << 8 | byte_at(address.view(), i + 3);
  return hash;
}

}  // namespace highwater::hashing
