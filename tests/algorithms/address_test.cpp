#include "models/algorithms/hashing/address.h"

#include <string>
#include <string_view>

#include <catch2/catch.hpp>

namespace highwater::hashing {
namespace {

// Bytes in hexadecimal, or "-" for what is no address.
std::string read(std::string_view text) {
  const std::optional<Address> address = parse_address(text);
  if (!address) return "-";
  std::string digits;
  for (std::size_t i = 0; i < address->size; ++i)
    for (const std::uint32_t shift : {4u, 0u})
      digits += "0123456789abcdef"[byte_at(address->view(), i) >> shift & 15];
  return digits;
}

TEST_CASE("address: IPv4", "[algorithms][hashing]") {
  CHECK(read("0.0.0.0") == "00000000");
  CHECK(read("192.0.2.7") == "c0000207");
  CHECK(read("255.255.255.255") == "ffffffff");
  for (const char* const text :
       {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.", ".1.2.3", "1..2.3", "01.2.3.4",
        "1.2.3.4 ", " 1.2.3.4", "1.2.3.x", "1.2.3.1000", "-1.2.3.4"})
    CHECK(read(text) == "-");
}

TEST_CASE("address: IPv6", "[algorithms][hashing]") {
  CHECK(read("::") == std::string(32, '0'));
  CHECK(read("::1") == std::string(31, '0') + "1");
  CHECK(read("1::") == "0001" + std::string(28, '0'));
  CHECK(read("2001:db8::Ff02") == "20010db8" + std::string(20, '0') + "ff02");
  CHECK(read("1:2:3:4:5:6:7:8") == "00010002000300040005000600070008");
  CHECK(read("1:2:3:4:5:6:7::") == "00010002000300040005000600070000");
  CHECK(read("::2:3:4:5:6:7:8") == "00000002000300040005000600070008");
  CHECK(read("::ffff:192.0.2.7") == std::string(20, '0') + "ffffc0000207");
  CHECK(read("1:2:3:4:5:6:1.2.3.4") == "00010002000300040005000601020304");
  for (const char* const text : {":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
                                 "1:2:3:4:5:6:7:8::", "12345::", "::g", "1:", ":1", "fe80::1%eth0",
                                 "[::1]", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "::1:", "1.2.3.4::"})
    CHECK(read(text) == "-");
}

TEST_CASE("address: the number of HAProxy's balance source", "[algorithms][hashing]") {
  CHECK(haproxy_source_hash(parse_address("192.0.2.7").value()) == 0xc0000207);
  CHECK(haproxy_source_hash(parse_address("1:2:3:4:5:6:7:8").value()) ==
        (0x00010002u ^ 0x00030004u ^ 0x00050006u ^ 0x00070008u));
}

}  // namespace
}  // namespace highwater::hashing
