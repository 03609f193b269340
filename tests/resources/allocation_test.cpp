// No decision takes memory once everything is as large as it gets.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/resources/connection_pool.h"
#include "models/algorithms/resources/resources.h"
#include "tests/support/counted_new.h"
#include "tests/support/golden.h"

namespace highwater::resources::allocation_test {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1'000 * kMs;

/// More callers than connections come and go, and nothing else takes memory.
std::uint64_t allocated_by(ConnectionPool& pool) {
  std::vector<Connection> lent;
  lent.reserve(1000);
  SplitMix bits{1};
  std::int64_t now = 0;
  const auto obey = [&] {
    while (const std::optional<Order> order = pool.next()) {
      switch (order->kind) {
        case Order::Kind::lend:
          lent.push_back(order->connection);
          break;
        case Order::Kind::open:
        case Order::Kind::ping:
        case Order::Kind::reset:
          pool.done(now, order->connection);
          break;
        case Order::Kind::refuse:
        case Order::Kind::close:
          break;
      }
    }
  };
  const auto act = [&] {
    now += kMs;
    if (!lent.empty() && bits.bits() % 2 == 0) {
      const Connection connection = lent.back();
      lent.pop_back();
      pool.release(now, connection, bits.bits() % 50 == 0 ? Returned::closed : Returned::reusable);
    } else {
      pool.acquire(now);
    }
    obey();
  };
  for (int i = 0; i < 20'000; ++i) act();
  const std::uint64_t before = allocations_so_far();
  for (int i = 0; i < 20'000; ++i) act();
  return allocations_so_far() - before;
}

TEST_CASE("allocations: none by pools in steady state", "[resources]") {
  QueuePoolOptions queue_pool;
  queue_pool.timeout = 20 * kMs;
  queue_pool.recycle = 100 * kMs;
  queue_pool.pre_ping = true;
  QueuePool one(queue_pool);
  CHECK(allocated_by(one) == 0);

  PgbouncerOptions pgbouncer;
  pgbouncer.query_wait_timeout = kSecond;
  pgbouncer.server_lifetime = kSecond;
  Pgbouncer other(pgbouncer);
  CHECK(allocated_by(other) == 0);
}

}  // namespace
}  // namespace highwater::resources::allocation_test
