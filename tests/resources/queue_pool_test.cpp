// QueuePool beside recordings of SQLAlchemy, and what must hold whatever its users do.

#include "models/algorithms/resources/queue_pool.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/resources/played.h"
#include "tests/support/golden.h"

namespace highwater::resources {
namespace {

QueuePoolOptions sized(std::uint32_t size, std::int32_t overflow) {
  QueuePoolOptions options;
  options.pool_size = size;
  options.max_overflow = overflow;
  return options;
}

TEST_CASE("queue_pool: as SQLAlchemy 1.4.46 was recorded", "[resources]") {
  std::size_t compared = 0;
  const nlohmann::json recorded = golden_json("sqlalchemy_queuepool.json");
  for (const nlohmann::json& run : recorded["runs"]) {
    QueuePoolOptions options = sized(3, 2);
    options.timeout = 20 * kMs;
    options.use_lifo = run["use_lifo"];
    QueuePool pool(options);
    Played played(pool);
    std::map<int, Caller> holder;
    std::int64_t now = 0;
    for (const nlohmann::json& row : run["rows"]) {
      CAPTURE(run["use_lifo"].get<bool>(), row.dump());
      if (row[0] == "checkout") {
        Caller caller = 0;
        std::optional<int> number = played.get(now, &caller);
        if (!number) played.tick(now += options.timeout);
        CHECK(played.refused.count(caller) == (number ? 0 : 1));
        CHECK((number ? nlohmann::json(*number) : nlohmann::json("TimeoutError")) == row[1]);
        if (number) holder[*number] = caller;
        played.refused.clear();
      } else {
        played.put(now, holder.at(row[1].get<int>()));
      }
      CHECK(nlohmann::json{pool.size(), pool.checkedin(), pool.overflow(), pool.checkedout()} ==
            row[2]);
      now += kMs;
      ++compared;
    }
  }
  CHECK(compared > 100);
}

TEST_CASE("queue_pool: who waits gets what comes back, first come, first served", "[resources]") {
  QueuePool pool(sized(1, 0));
  Played played(pool);
  Caller a = 0;
  Caller b = 0;
  Caller c = 0;
  CHECK(played.get(0, &a) == 1);
  CHECK_FALSE(played.get(1, &b));
  CHECK_FALSE(played.get(2, &c));
  CHECK(pool.waiting() == 2);
  played.put(3, a);
  CHECK(played.has.count(b) == 1);
  played.put(4, b);
  CHECK(played.has.count(c) == 1);
  CHECK(played.opened == 1);
  CHECK_FALSE(pool.next_tick());
}

TEST_CASE("queue_pool: a caller that has waited for the timeout is refused", "[resources]") {
  QueuePoolOptions options = sized(1, 0);
  options.timeout = 30 * kMs;
  QueuePool pool(options);
  Played played(pool);
  Caller a = 0;
  Caller b = 0;
  played.get(0, &a);
  played.get(5 * kMs, &b);
  CHECK(pool.next_tick() == 35 * kMs);
  played.tick(35 * kMs - 1);
  CHECK(played.refused.empty());
  SECTION("and gets nothing of what comes back at that moment") {
    played.put(35 * kMs, a);
    CHECK(played.refused.at(b) == Refusal::timeout);
    CHECK(pool.checkedin() == 1);
  }
  SECTION("unless something comes back before") {
    played.put(35 * kMs - 1, a);
    CHECK(played.has.count(b) == 1);
  }
}

TEST_CASE("queue_pool: a timeout of 0 never waits, an endless one always", "[resources]") {
  QueuePoolOptions options = sized(1, 0);
  options.timeout = 0;
  QueuePool hasty(options);
  Played played(hasty);
  Caller b = 0;
  played.get(0);
  played.get(0, &b);
  CHECK(played.refused.count(b) == 1);

  options.timeout = kForever;
  QueuePool patient(options);
  Played waiting(patient);
  waiting.get(0);
  waiting.get(0);
  CHECK_FALSE(patient.next_tick());
  waiting.tick(kForever - 1);
  CHECK(patient.waiting() == 1);
}

TEST_CASE("queue_pool: without limits nobody waits", "[resources]") {
  for (const bool no_size : {true, false}) {
    CAPTURE(no_size);
    QueuePool pool(no_size ? sized(0, 10) : sized(2, -1));
    Played played(pool);
    std::vector<Caller> callers(50);
    for (Caller& caller : callers) CHECK(played.get(0, &caller));
    CHECK(pool.lent() == 50);
    for (const Caller caller : callers) played.put(1, caller);
    CHECK(pool.checkedin() == (no_size ? 50 : 2));  // without a size all are kept
    CHECK(pool.connected() == pool.checkedin());
    CHECK(pool.checkedout() == 0);
    CHECK(pool.overflow() == 0);
  }
}

TEST_CASE("queue_pool: recycle replaces what is older, not what is as old", "[resources]") {
  QueuePoolOptions options = sized(1, 0);
  options.recycle = 10 * kSecond;
  QueuePool pool(options);
  Played played(pool);
  Caller caller = 0;
  played.get(0, &caller);
  played.put(1, caller);
  CHECK(played.get(10 * kSecond, &caller) == 1);
  played.put(10 * kSecond, caller);
  CHECK(played.get(10 * kSecond + 1, &caller) == 2);
  CHECK(played.closed == std::vector<int>{1});
}

TEST_CASE("queue_pool: pre_ping finds dead connections and replaces all", "[resources]") {
  QueuePoolOptions options = sized(3, 0);
  options.pre_ping = true;
  QueuePool pool(options);
  Played played(pool);
  std::vector<Caller> callers(3);
  for (Caller& caller : callers) played.get(0, &caller);
  CHECK(played.pings == 0);  // they are new
  for (const Caller caller : callers) played.put(1, caller);
  played.alive_from = 4;
  CHECK(played.get(2, &callers[0]) == 4);
  CHECK(played.pings == 1);
  // The others are known to be dead without a ping of their own.
  CHECK(played.get(3, &callers[1]) == 5);
  CHECK(played.get(4, &callers[2]) == 6);
  CHECK(played.pings == 1);
  for (const Caller caller : callers) played.put(5, caller);
  CHECK(played.get(6) == 4);
  CHECK(played.pings == 2);
}

TEST_CASE("queue_pool: one connection severed replaces all older ones, a closed one only itself",
          "[resources]") {
  const bool severed = GENERATE(true, false);
  QueuePool pool(sized(2, 0));
  Played played(pool);
  Caller a = 0;
  Caller b = 0;
  played.get(0, &a);
  played.get(0, &b);
  played.put(1, b);
  played.put(2, a, severed ? Returned::severed : Returned::closed);
  CHECK(pool.checkedin() == 2);
  CHECK(played.get(3) == (severed ? 3 : 2));
  CHECK(played.get(3) == (severed ? 4 : 3));
  CHECK(pool.connected() == 2);
}

TEST_CASE("queue_pool: who waits behind a failed opening waits until it times out", "[resources]") {
  QueuePoolOptions options = sized(1, 0);
  options.timeout = 30 * kMs;
  QueuePool pool(options);
  Played played(pool);
  played.opens_at_once = false;
  played.takes_connections = false;
  Caller a = 0;
  Caller b = 0;
  played.get(0, &a);
  played.get(1, &b);
  played.open_first(2);
  CHECK(played.refused.at(a) == Refusal::connect_failed);
  CHECK(pool.waiting() == 1);
  CHECK(played.opening.empty());
  // As SQLAlchemy does: the time is over, but there is room.
  played.takes_connections = true;
  played.tick(30 * kMs + 1);
  REQUIRE(played.opening.size() == 1);
  played.open_first(40 * kMs);
  CHECK(played.has.count(b) == 1);
}

TEST_CASE("queue_pool: a connection that cannot be opened again keeps its place", "[resources]") {
  QueuePool pool(sized(1, 0));
  Played played(pool);
  Caller a = 0;
  Caller b = 0;
  Caller c = 0;
  played.get(0, &a);
  played.get(1, &b);
  played.get(2, &c);
  played.takes_connections = false;
  played.put(3, a, Returned::severed);
  // Each in turn tries to open it and is refused; the place is free for the next.
  CHECK(played.refused.at(b) == Refusal::connect_failed);
  CHECK(played.refused.at(c) == Refusal::connect_failed);
  CHECK(pool.checkedin() == 1);
  CHECK(pool.connected() == 0);
  played.takes_connections = true;
  CHECK(played.get(4));
}

TEST_CASE("queue_pool: callers that withdraw leave the line or their connection", "[resources]") {
  QueuePool pool(sized(1, 0));
  Played played(pool);
  played.opens_at_once = false;
  Caller a = 0;
  Caller b = 0;
  Caller c = 0;
  played.get(0, &a);
  played.get(1, &b);
  played.get(2, &c);
  played.withdraw(3, b);
  CHECK(pool.waiting() == 1);
  SECTION("while it is opened") {
    played.withdraw(4, a);
    CHECK(played.opening.empty());
    CHECK(pool.connected() == 0);
    CHECK(pool.checkedout() == 0);
  }
  SECTION("and the next gets it") {
    played.open_first(4);
    played.put(5, a);
    CHECK(played.has.count(c) == 1);
  }
}

TEST_CASE("queue_pool: never more than size + overflow, nobody waits while one is idle, in order",
          "[resources]") {
  CHECK(rc::check([] {
    QueuePoolOptions options =
        sized(*rc::gen::inRange<std::uint32_t>(1, 6), *rc::gen::inRange<std::int32_t>(0, 4));
    options.use_lifo = *rc::gen::arbitrary<bool>();
    options.timeout = *rc::gen::inRange<std::int64_t>(1, 40);
    options.recycle = *rc::gen::inRange<std::int64_t>(-1, 60);
    const std::vector<int> steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100));
    QueuePool pool(options);
    Played played(pool);
    std::deque<std::pair<Caller, std::int64_t>> line;  // those who wait, as they came
    std::int64_t now = 0;
    const std::int64_t most = std::int64_t{options.pool_size} + options.max_overflow;
    const auto settle = [&] {
      while (!line.empty()) {
        const Caller first = line.front().first;
        const bool timed_out = played.refused.erase(first) > 0;
        if (!timed_out && played.has.count(first) == 0) break;
        // Whoever gave up had waited for the timeout, who got one had not.
        RC_ASSERT(timed_out == (now >= line.front().second + options.timeout));
        line.pop_front();
      }
      // Nobody overtakes: none of those who still wait has one.
      for (const auto& [caller, since] : line) {
        RC_ASSERT(played.has.count(caller) == 0u);
        RC_ASSERT(played.refused.count(caller) == 0u);
      }
      RC_ASSERT(line.size() == pool.waiting());
      RC_ASSERT(pool.lent() == played.has.size());
      RC_ASSERT(std::int64_t{pool.lent()} <= most);
      RC_ASSERT(pool.checkedin() <= options.pool_size);
      RC_ASSERT(pool.waiting() == 0 || pool.checkedin() == 0);
      RC_ASSERT(pool.waiting() == 0 || std::int64_t{pool.lent()} == most);
      RC_ASSERT(pool.checkedout() == std::int64_t{pool.lent()});
      std::set<Connection> different;
      for (const auto& [caller, connection] : played.has) different.insert(connection);
      RC_ASSERT(different.size() == played.has.size());
    };
    for (const int step : steps) {
      now += step % 7;
      if (step < 55) {
        Caller caller = 0;
        if (!played.get(now, &caller)) line.emplace_back(caller, now);
      } else if (step < 95) {
        played.tick(now);
        if (!played.has.empty()) {
          auto one = played.has.begin();
          std::advance(one, step % static_cast<int>(played.has.size()));
          played.put(now, one->first,
                     step % 10 == 0  ? Returned::severed
                     : step % 9 == 0 ? Returned::closed
                                     : Returned::reusable);
        }
      } else if (!line.empty()) {
        played.tick(now);
        settle();
        if (!line.empty()) {
          played.withdraw(now, line.back().first);
          line.pop_back();
        }
      }
      settle();
    }
  }));
}

}  // namespace
}  // namespace highwater::resources
