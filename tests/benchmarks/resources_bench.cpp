// Speed of pools of connections: one connection lent and given back, with and without a line, and
// what maintenance adds.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "models/algorithms/resources/resources.h"

namespace highwater::resources {
namespace {

constexpr std::int64_t kMs = 1'000'000;

/// Callers come `ahead` of the connections: so many of them wait at any time.
void lend_and_return(benchmark::State& state, ConnectionPool& pool, std::uint32_t ahead) {
  ConnectionPool* called = &pool;
  benchmark::DoNotOptimize(called);  // as in a simulation: through its interface
  std::vector<Connection> lent;
  std::int64_t now = 0;
  const auto obey = [&] {
    while (const std::optional<Order> order = called->next()) {
      if (order->kind == Order::Kind::lend)
        lent.push_back(order->connection);
      else if (order->kind != Order::Kind::refuse && order->kind != Order::Kind::close)
        called->done(now, order->connection);
    }
  };
  for (std::uint32_t i = 0; i < ahead; ++i) {
    called->acquire(now);
    obey();
  }
  for (auto _ : state) {
    now += kMs;
    called->acquire(now);
    obey();
    const Connection connection = lent.back();
    lent.pop_back();
    called->release(now, connection, Returned::reusable);
    obey();
  }
  state.SetItemsProcessed(2 * state.iterations());
}

[[maybe_unused]] const bool registered = [] {
  for (const std::uint32_t ahead : {0u, 1000u}) {
    const std::string line = ahead > 0 ? "/line_of_1000" : "/idle";
    benchmark::RegisterBenchmark(("resources/queue_pool" + line).c_str(),
                                 [ahead](benchmark::State& state) {
                                   QueuePoolOptions options;
                                   options.pool_size = 20;
                                   options.timeout = kForever;
                                   QueuePool pool(options);
                                   lend_and_return(state, pool, ahead);
                                 });
    benchmark::RegisterBenchmark(("resources/pgbouncer" + line).c_str(),
                                 [ahead](benchmark::State& state) {
                                   PgbouncerOptions options;
                                   options.pool_mode = PoolMode::transaction;
                                   options.max_client_conn = 1'000'000;
                                   options.query_wait_timeout = 0;
                                   Pgbouncer pool(options);
                                   lend_and_return(state, pool, ahead);
                                 });
  }
  return true;
}();

}  // namespace
}  // namespace highwater::resources
