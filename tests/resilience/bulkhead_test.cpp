#include "models/algorithms/resilience/bulkhead.h"

#include <map>
#include <set>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::resilience::bulkhead_test {
namespace {

constexpr std::int64_t kMs = 1'000'000;
using Entry = Bulkhead::Entry;

TEST_CASE("bulkhead: cockatiel runs and rejects as recorded", "[resilience]") {
  const auto runs = golden_json("retrying.json")["bulkhead"];
  REQUIRE(runs.size() == 3);
  for (const auto& run : runs) {
    Bulkhead bulkhead(BulkheadKind::cockatiel, {run["capacity"], run["capacity"], run["queue"],
                                                kBulkheadUnbounded, kNever, 0});
    const auto& rows = run["rows"];
    std::map<std::uint64_t, std::int64_t> ran;
    std::multimap<std::int64_t, std::uint64_t> ends;
    const auto start = [&](std::uint64_t i, std::int64_t now) {
      ran[i] = now;
      ends.emplace(now + rows[i][1].get<std::int64_t>(), i);
    };
    const auto end_until = [&](std::int64_t now) {
      while (!ends.empty() && ends.begin()->first <= now) {
        const std::int64_t at = ends.begin()->first;
        ends.erase(ends.begin());
        if (const auto next = bulkhead.leave(at * kMs)) start(*next, at);
      }
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::int64_t now = rows[i][0];
      end_until(now);
      const Entry entry = bulkhead.enter(now * kMs, i);
      CAPTURE(i, rows[i].dump());
      CHECK((entry == Entry::rejected) == (rows[i][2] == -2));
      if (entry == Entry::runs) start(i, now);
    }
    end_until(1 << 30);
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (rows[i][2] != -2) CHECK(ran.at(i) == rows[i][2]);
  }
}

TEST_CASE("bulkhead: a pool hands out threads as the JDK's executor", "[resilience]") {
  const auto runs = golden_json("retrying.json")["executor"];
  REQUIRE(runs.size() == 3);
  for (const auto& run : runs) {
    Bulkhead pool(BulkheadKind::resilience4j_thread_pool,
                  {run["core"], run["max"], run["queue"], kBulkheadUnbounded, kNever, 40 * kMs});
    for (const auto& row : run["rows"]) {
      CAPTURE(run["core"].dump(), row.dump());
      const std::int64_t now = row[0].get<std::int64_t>() * kMs;
      if (row[1] == 0) {
        const Entry entry = pool.enter(now, row[2]);
        const Entry expected = row[3] == 1   ? Entry::runs
                               : row[3] == 2 ? Entry::waits
                                             : Entry::rejected;
        CHECK(entry == expected);
      } else {
        const auto next = pool.leave(now);
        CHECK((next ? static_cast<std::int64_t>(*next) : -1) == row[3]);
      }
    }
  }
}

TEST_CASE("bulkhead: a semaphore lets calls wait for so long", "[resilience]") {
  Bulkhead bulkhead(BulkheadKind::resilience4j_semaphore,
                    {1, 1, kBulkheadUnbounded, kBulkheadUnbounded, 10, 0});
  CHECK(bulkhead.enter(0, 1) == Entry::runs);
  CHECK(bulkhead.enter(0, 2) == Entry::waits);
  CHECK(bulkhead.enter(3, 3) == Entry::waits);
  CHECK(bulkhead.enter(4, 4) == Entry::waits);
  CHECK(bulkhead.next_expiry() == 10);
  CHECK(bulkhead.withdraw(3));
  CHECK_FALSE(bulkhead.withdraw(3));
  // The second call gives up at the moment at which the slot becomes free.
  CHECK(bulkhead.leave(10) == 4);
  CHECK(bulkhead.expired(10) == 2);
  CHECK_FALSE(bulkhead.expired(10));
  CHECK(bulkhead.running() == 1);
  CHECK_FALSE(bulkhead.leave(11));
  CHECK(bulkhead.running() == 0);
  Bulkhead at_once(BulkheadKind::resilience4j_semaphore);
  for (std::uint64_t i = 0; i < 25; ++i) CHECK(at_once.enter(0, i) == Entry::runs);
  CHECK(at_once.enter(0, 25) == Entry::rejected);
}

TEST_CASE("bulkhead: Hystrix' queue is full at its threshold", "[resilience]") {
  BulkheadOptions options = Bulkhead::info(BulkheadKind::hystrix_thread_pool).defaults;
  Bulkhead none(BulkheadKind::hystrix_thread_pool, options);
  for (std::uint64_t i = 0; i < 10; ++i) CHECK(none.enter(0, i) == Entry::runs);
  CHECK(none.enter(0, 10) == Entry::rejected);
  options.queue = 100;
  Bulkhead queue(BulkheadKind::hystrix_thread_pool, options);
  for (std::uint64_t i = 0; i < 10; ++i) CHECK(queue.enter(0, i) == Entry::runs);
  for (std::uint64_t i = 10; i < 15; ++i) CHECK(queue.enter(0, i) == Entry::waits);
  CHECK(queue.enter(0, 15) == Entry::rejected);
  CHECK(queue.leave(1) == 10);
}

TEST_CASE("bulkhead: no slots run nothing and every kind is listed at its place", "[resilience]") {
  for (const BulkheadInfo& info : kBulkheads) {
    CAPTURE(info.name);
    CHECK(static_cast<std::size_t>(info.kind) ==
          static_cast<std::size_t>(&info - kBulkheads.data()));
    BulkheadOptions options = info.defaults;
    options.max_concurrent = options.max_threads = options.queue = 0;
    Bulkhead closed(info.kind, options);
    CHECK(closed.enter(0, 1) == Entry::rejected);
  }
}

TEST_CASE("bulkhead: never more run than may and nobody is lost", "[resilience]") {
  for (const BulkheadInfo& info : kBulkheads) {
    CAPTURE(info.name);
    CHECK(rc::check([&](const std::vector<std::uint8_t>& steps) {
      BulkheadOptions options = info.defaults;
      options.max_concurrent = *rc::gen::inRange(1u, 4u);
      options.max_threads = options.max_concurrent + *rc::gen::inRange(0u, 3u);
      options.queue = *rc::gen::inRange(0u, 5u);
      options.max_wait = *rc::gen::element(std::int64_t{0}, std::int64_t{20}, kNever);
      options.keep_alive = *rc::gen::inRange<std::int64_t>(0, 40);
      Bulkhead bulkhead(info.kind, options);
      const std::uint32_t most = info.is_pool ? options.max_threads : options.max_concurrent;
      std::set<std::uint64_t> waits;
      std::size_t runs = 0;
      std::int64_t now = 0;
      std::uint64_t next = 0;
      for (const std::uint8_t step : steps) {
        now += step % 16;
        while (const auto call = bulkhead.expired(now)) RC_ASSERT(waits.erase(*call) == 1u);
        if (step >= 128 && runs > 0) {
          const auto call = bulkhead.leave(now);
          if (call) RC_ASSERT(waits.erase(*call) == 1u);
          if (!call) --runs;
        } else {
          switch (bulkhead.enter(now, next)) {
            case Entry::runs:
              ++runs;
              break;
            case Entry::waits:
              waits.insert(next);
              break;
            case Entry::rejected:
              RC_ASSERT(runs >= options.max_concurrent);
              break;
          }
          ++next;
        }
        RC_ASSERT(runs <= most);
        RC_ASSERT(bulkhead.running() == runs);
        RC_ASSERT(bulkhead.waiting() == waits.size());
        RC_ASSERT(waits.size() <= options.queue);
        if (!waits.empty()) RC_ASSERT(runs >= options.max_concurrent);
      }
    }));
  }
}

}  // namespace
}  // namespace highwater::resilience::bulkhead_test
