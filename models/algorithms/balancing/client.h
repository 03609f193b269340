#pragma once

#include <string_view>

#include "models/algorithms/hashing/address.h"
#include "models/algorithms/hashing/crc.h"

namespace highwater::balancing {

/// client: the address of the client that a key stands for, for methods that hash addresses.
///
/// "192.0.2.7" and "2001:db8::7" are read as such. Any other key ("user-17") stands for a client
/// whose IPv4 address is the key's CRC-32: clients without addresses spread as addresses do. (nginx
/// takes all clients without an address, those of unix sockets, for one and the same.)
///
/// Source   hashing/address.h; the stand-in is chosen.
/// Checked  tests/algorithms/nginx_test.cpp
inline hashing::Address client_address(std::string_view key) {
  if (const auto address = hashing::parse_address(key)) return *address;
  const std::uint32_t hash = hashing::crc32(key);
  hashing::Address address;
  for (std::size_t i = 0; i < 4; ++i)
    address.bytes[i] = static_cast<char>(hash >> (24 - 8 * i) & 0xff);
  return address;
}

}  // namespace highwater::balancing
