#include "models/quota.h"

#include <catch2/catch.hpp>

namespace highwater {
namespace {

std::optional<Quota> read(const char* text) {
  Quota quota;
  Problems problems;
  if (!Quantity<Quota>::read(Value::string(text), "", problems, quota)) return std::nullopt;
  return quota;
}

TEST_CASE("quota: as the products write it", "[drivers]") {
  constexpr std::int64_t kSecond = 1'000'000'000;
  CHECK(read("5/s") == Quota{5, kSecond});
  CHECK(read("0.5/s") == Quota{0.5, kSecond});
  CHECK(read("5r/s") == Quota{5, kSecond});
  CHECK(read("30r/m") == Quota{30, 60 * kSecond});
  CHECK(read("5/minute") == Quota{5, 60 * kSecond});
  CHECK(read("3 per 2 seconds") == Quota{3, 2 * kSecond});
  CHECK(read(" 10 / 250 ms ") == Quota{10, kSecond / 4});
  CHECK(read("1 per hour") == Quota{1, 3'600 * kSecond});
  CHECK(read("7/3d") == Quota{7, 3 * 86'400 * kSecond});
  CHECK(read("1/year") == Quota{1, 360 * 86'400 * kSecond});
  for (const char* wrong : {"", "5", "5/", "/s", "-5/s", "5/x", "5/0s", "5 s", "5/-1s", "1e99/s",
                            "5/99999999999d", "5perminute", "5/msx", "x/s", "5/us s"})
    CHECK_FALSE(read(wrong).has_value());
}

TEST_CASE("quota: what is written reads back the same", "[drivers]") {
  for (const char* text : {"5/s", "0.1/s", "30/m", "3/2s", "7/90s", "1/1500ms", "1000000007/ns"}) {
    const auto quota = read(text);
    REQUIRE(quota);
    const Value written = Quantity<Quota>::write(*quota);
    CHECK(read(std::string(written.text()).c_str()) == quota);
  }
  CHECK(Quantity<Quota>::write(Quota{5, 60'000'000'000}).text() == "5/m");
  CHECK(Quantity<Quota>::write(Quota{5, 120'000'000'000}).text() == "5/2m");
}

TEST_CASE("quota: whole counts", "[drivers]") {
  CHECK(Quota{5, 1}.whole_count() == 5u);
  CHECK_FALSE(Quota{5.5, 1}.whole_count().has_value());
  CHECK_FALSE(Quota{5e9, 1}.whole_count().has_value());
  CHECK(Quota{30, 60'000'000'000}.per_second() == 0.5);
}

}  // namespace
}  // namespace highwater
