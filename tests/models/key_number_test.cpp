#include "models/key_number.h"

#include <set>

#include <catch2/catch.hpp>

namespace highwater {
namespace {

TEST_CASE("key_number: decimal numbers are themselves, other texts their hash", "[models]") {
  CHECK(key_number("0") == 0);
  CHECK(key_number("42") == 42);
  CHECK(key_number("9999999999999999999") == 9'999'999'999'999'999'999u);
  std::set<std::uint64_t> numbers;
  for (const char* text :
       {"", "00", "07", "7", "+7", "-7", "7 ", " 7", "user:7", "10000000000000000000", "\xff\xfe"})
    CHECK(numbers.insert(key_number(text)).second);
  CHECK(key_number("user:1") == hashing::xxhash64("user:1"));
}

}  // namespace
}  // namespace highwater
