#include "models/algorithms/messaging/java_hash.h"

#include <catch2/catch.hpp>

namespace highwater::messaging {
namespace {

// String.hashCode is specified: the sum of unit times 31 to the power of the units behind it.
TEST_CASE("java_hash: texts", "[models][messaging]") {
  CHECK(java_string_hash("") == 0);
  CHECK(java_string_hash("a") == 97);
  CHECK(java_string_hash("Aa") == 2112);
  CHECK(java_string_hash("BB") == 2112);
  CHECK(java_string_hash("hello") == 99162322);
  CHECK(java_string_hash("polygenelubricants") == 0x80000000u);
  CHECK(java_string_hash("\xc3\xa9") == 0xe9);                            // U+00E9
  CHECK(java_string_hash("\xe2\x82\xac") == 0x20ac);                      // U+20AC
  CHECK(java_string_hash("\xf0\x9f\x98\x80") == 0xd83du * 31 + 0xde00u);  // U+1F600, two units
  CHECK(java_string_hash("\xc3") == 0xc3);                                // cut off
  CHECK(java_string_hash("\x80z") == 0x80u * 31 + 'z');
}

TEST_CASE("java_hash: partitions", "[models][messaging]") {
  CHECK(java_partition_hash(0, 0) == 31 * 31);
  CHECK(java_partition_hash(java_string_hash("a"), 2) == 31 * 33 + 97);
}

TEST_CASE("java_hash: maps grow beyond three quarters", "[models][messaging]") {
  CHECK(java_buckets(0) == 16);
  CHECK(java_buckets(12) == 16);
  CHECK(java_buckets(13) == 32);
  CHECK(java_buckets(24) == 32);
  CHECK(java_buckets(25) == 64);
  CHECK(java_bucket(0x00010001, 16) == 0);
  CHECK(java_bucket(17, 16) == 1);
  CHECK(java_bucket(17, 32) == 17);
}

TEST_CASE("java_hash: a walk goes by bucket then by insertion", "[models][messaging]") {
  CHECK(java_map_order({}).empty());
  CHECK(java_map_order({18, 1, 2, 17}) == std::vector<std::uint32_t>{1, 3, 0, 2});
  // With thirteen entries 17 and 18 have buckets of their own.
  CHECK(java_map_order({18, 1, 2, 17, 3, 4, 5, 6, 7, 8, 9, 10, 11}) ==
        std::vector<std::uint32_t>{1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 3, 0});
}

}  // namespace
}  // namespace highwater::messaging
