#include "models/algorithms/caching/redis_lfu.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::caching {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

struct Always {
  std::uint64_t bits() { return 0; }
};
struct Never {
  std::uint64_t bits() { return ~std::uint64_t{0}; }
};

// redis-server 7.0.15 told the counters of 40 keys after 100, 1,000 and 10,000 hits, the table of
// redis.conf. Ours are the mean of 4,000 keys; the recorded mean of 40 must lie within four of its
// own standard errors (and where every key has the same counter it must be equal).
TEST_CASE("redis_lfu: counters of a running redis-server",
          "[algorithms][caching][golden][costly]") {
  const nlohmann::json golden = golden_json("redis_eviction.json").at("lfu_counter");
  int compared = 0;
  for (const auto& row : golden.at("rows")) {
    RedisLfu lfu;
    lfu.log_factor = row.at(0);
    double sum = 0;
    double squares = 0;
    constexpr int kKeys = 4000;
    SplitMix bits{1};
    for (int key = 0; key < kKeys; ++key) {
      std::uint32_t used = RedisLfu::fresh(0);
      for (int hit = 0; hit < row.at(1).get<int>(); ++hit) used = lfu.touched(used, 0, bits);
      const double counter = lfu.counter(used, 0);
      sum += counter;
      squares += counter * counter;
    }
    const double mean = sum / kKeys;
    const double deviation = std::sqrt(std::max(0.0, squares / kKeys - mean * mean));
    CAPTURE(row.dump(), mean, deviation);
    CHECK(std::abs(mean - row.at(2).get<double>()) <= 4 * deviation / std::sqrt(40.0));
    ++compared;
  }
  CHECK(compared == 12);
}

TEST_CASE("redis_lfu: a new key starts at 5 and every use may count", "[algorithms][caching]") {
  const RedisLfu lfu;
  CHECK(lfu.counter(RedisLfu::fresh(0), 0) == 5);
  Always always;
  Never never;
  std::uint32_t used = RedisLfu::fresh(0);
  used = lfu.touched(used, 0, never);
  CHECK(lfu.counter(used, 0) == 6);  // at 5 the chance is one
  used = lfu.touched(used, 0, never);
  CHECK(lfu.counter(used, 0) == 6);
  for (int i = 0; i < 300; ++i) used = lfu.touched(used, 0, always);
  CHECK(lfu.counter(used, 0) == 255);
}

TEST_CASE("redis_lfu: the counter decays by one for every period", "[algorithms][caching]") {
  RedisLfu lfu;
  const std::uint32_t used = (7u << 8) | 40u;  // at minute 7
  CHECK(lfu.counter(used, 7 * kMinute) == 40);
  CHECK(lfu.counter(used, 8 * kMinute - 1) == 40);
  CHECK(lfu.counter(used, 8 * kMinute) == 39);
  CHECK(lfu.counter(used, 46 * kMinute) == 1);
  CHECK(lfu.counter(used, 7000 * kMinute) == 0);
  lfu.decay_minutes = 10;
  CHECK(lfu.counter(used, 16 * kMinute) == 40);
  CHECK(lfu.counter(used, 17 * kMinute) == 39);
  lfu.decay_minutes = 0;
  CHECK(lfu.counter(used, 7000 * kMinute) == 40);
}

// The minutes have 16 bits: 3 after 65,534 seems to be 4 minutes later, one less than it is.
TEST_CASE("redis_lfu: the minutes wrap as in Redis", "[algorithms][caching]") {
  const RedisLfu lfu;
  const std::uint32_t used = (65'534u << 8) | 40u;
  CHECK(lfu.counter(used, (65'536 + 3) * kMinute) == 36);
}

}  // namespace
}  // namespace highwater::caching
