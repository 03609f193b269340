#include "models/algorithms/storage/checkpoint_pace.h"

#include <catch2/catch.hpp>

namespace highwater::storage {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST_CASE("checkpoint pace: due by the clock or for the log", "[algorithms][storage]") {
  CheckpointPace pace({.timeout = 300 * kSecond, .completion_target = 0.9, .max_wal_size = 1900});
  pace.begin(10 * kSecond, 5000);
  CHECK(pace.due() == 310 * kSecond);
  CHECK_FALSE(pace.log_full(5999));
  CHECK(pace.log_full(6000));  // 1900 / 1.9
}

TEST_CASE("checkpoint pace: naps while it is ahead of both", "[algorithms][storage]") {
  CheckpointPace pace({.timeout = 100 * kSecond, .completion_target = 0.5, .max_wal_size = 1500});
  pace.begin(0, 0);
  CHECK(pace.ahead(0.5, 25 * kSecond, 0));
  CHECK_FALSE(pace.ahead(0.5, 26 * kSecond, 0));
  CHECK(pace.ahead(0.5, 0, 250));  // of 1000
  CHECK_FALSE(pace.ahead(0.5, 0, 251));
  CHECK(pace.ahead(1, 50 * kSecond, 500));
}

}  // namespace
}  // namespace highwater::storage
