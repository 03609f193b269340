// Pgbouncer's decisions, each rule of its source once, and what must hold whatever its clients do.

#include "models/algorithms/resources/pgbouncer.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/resources/played.h"

namespace highwater::resources {
namespace {

PgbouncerOptions sized(std::uint32_t size, PoolMode mode = PoolMode::transaction) {
  PgbouncerOptions options;
  options.pool_mode = mode;
  options.default_pool_size = size;
  return options;
}

/// The first maintenance at or after that time.
std::int64_t maintenance(std::int64_t at) {
  const std::int64_t period = Pgbouncer::kMaintenance;
  return (at + period - 1) / period * period;
}

TEST_CASE("pgbouncer: what came back last is lent first, unless round robin", "[resources]") {
  PgbouncerOptions options = sized(3);
  options.server_round_robin = GENERATE(false, true);
  Pgbouncer pool(options);
  Played played(pool);
  std::vector<Caller> clients(3);
  for (Caller& client : clients) played.get(0, &client);
  for (const Caller client : clients) played.put(1, client);
  const int first = options.server_round_robin ? 1 : 3;
  CHECK(played.get(2) == first);
  CHECK(played.get(3) == 2);
  CHECK(played.get(4) == 4 - first);
}

TEST_CASE("pgbouncer: it opens one connection at a time, up to the pool's size", "[resources]") {
  Pgbouncer pool(sized(2));
  Played played(pool);
  played.opens_at_once = false;
  std::vector<Caller> clients(4);
  for (Caller& client : clients) CHECK_FALSE(played.get(0, &client));
  CHECK(played.opening.size() == 1);
  played.open_first(10 * kMs);
  CHECK(played.lent == std::vector<Caller>{clients[0]});
  CHECK(played.opening.size() == 1);
  played.open_first(20 * kMs);
  CHECK(played.lent == std::vector<Caller>{clients[0], clients[1]});
  CHECK(played.opening.empty());
  CHECK(pool.waiting() == 2);
  // First come, first served.
  played.put(30 * kMs, clients[1]);
  played.put(31 * kMs, clients[0]);
  CHECK(played.lent == clients);
}

TEST_CASE("pgbouncer: the reserve is for those who wait for too long", "[resources]") {
  PgbouncerOptions options = sized(1);
  options.reserve_pool_size = 1;
  Pgbouncer pool(options);
  Played played(pool);
  std::vector<Caller> clients(3);
  for (Caller& client : clients) played.get(kSecond, &client);
  played.tick(6 * kSecond - 1);
  CHECK(played.lent.size() == 1);
  played.tick(6 * kSecond);  // whatever happens then; maintenance at the latest
  CHECK(played.lent.size() == 2);
  played.tick(60 * kSecond);  // the reserve is used up
  CHECK(played.lent.size() == 2);
}

TEST_CASE("pgbouncer: clients beyond max_client_conn are refused at once", "[resources]") {
  PgbouncerOptions options = sized(1);
  options.max_client_conn = 2;
  Pgbouncer pool(options);
  Played played(pool);
  Caller a = 0;
  Caller c = 0;
  played.get(0, &a);
  played.get(0);
  played.get(0, &c);
  CHECK(played.refused.at(c) == Refusal::too_many_clients);
  played.put(1, a);
  CHECK_FALSE(played.get(2, &c));
  CHECK(pool.waiting() == 1);
}

TEST_CASE("pgbouncer: who waits longer than query_wait_timeout is refused at the next maintenance",
          "[resources]") {
  PgbouncerOptions options = sized(1);
  options.query_wait_timeout = 2 * kSecond;
  Pgbouncer pool(options);
  Played played(pool);
  Caller b = 0;
  played.get(0);
  played.get(kSecond, &b);
  const std::int64_t due = maintenance(3 * kSecond + 1);
  CHECK(due > 3 * kSecond);
  played.tick(due - 1);
  CHECK(played.refused.empty());
  played.tick(due);
  CHECK(played.refused.at(b) == Refusal::timeout);

  options.query_wait_timeout = 0;
  Pgbouncer patient(options);
  Played waiting(patient);
  waiting.get(0);
  waiting.get(0);
  waiting.tick(3600 * kSecond);
  CHECK(patient.waiting() == 1);
}

TEST_CASE("pgbouncer: idle connections are closed, down to min_pool_size", "[resources]") {
  PgbouncerOptions options = sized(4);
  options.server_idle_timeout = 10 * kSecond;
  options.min_pool_size = GENERATE(0u, 2u);
  Pgbouncer pool(options);
  Played played(pool);
  std::vector<Caller> clients(4);
  for (Caller& client : clients) played.get(0, &client);
  for (const Caller client : clients) played.put(0, client);
  const std::int64_t due = maintenance(10 * kSecond + 1);
  played.tick(due - 1);
  CHECK(pool.connected() == 4);
  played.tick(due);
  CHECK(pool.connected() == options.min_pool_size);
}

TEST_CASE("pgbouncer: min_pool_size is opened while there are clients", "[resources]") {
  PgbouncerOptions options = sized(4);
  options.min_pool_size = 3;
  Pgbouncer pool(options);
  Played played(pool);
  played.tick(10 * kSecond);
  CHECK(pool.connected() == 0);
  CHECK_FALSE(pool.next_tick());  // nothing to look after
  Caller client = 0;
  played.get(10 * kSecond, &client);
  CHECK(pool.connected() == 1);
  for (std::uint32_t more = 2; more <= 4; ++more) {  // one each time
    played.tick(*pool.next_tick());
    CHECK(pool.connected() == std::min(more, 3u));
  }
}

TEST_CASE("pgbouncer: connections end with their lifetime, not all at once", "[resources]") {
  PgbouncerOptions options = sized(2);
  options.server_lifetime = 100 * kSecond;
  options.server_idle_timeout = 0;
  Pgbouncer pool(options);
  Played played(pool);
  std::vector<Caller> clients(2);
  for (Caller& client : clients) played.get(0, &client);
  SECTION("idle ones by maintenance, half a lifetime apart") {
    for (const Caller client : clients) played.put(0, client);
    const std::int64_t due = maintenance(100 * kSecond);
    played.tick(due - 1);
    CHECK(pool.connected() == 2);
    played.tick(due);
    CHECK(pool.connected() == 1);
    played.tick(maintenance(due + 50 * kSecond) - 1);
    CHECK(pool.connected() == 1);
    played.tick(maintenance(due + 50 * kSecond));
    CHECK(pool.connected() == 0);
  }
  SECTION("used ones when they come back") {
    played.put(100 * kSecond - 1, clients[0]);
    played.put(100 * kSecond, clients[1]);
    CHECK(played.closed == std::vector<int>{2});
  }
  SECTION("0 means one use") {
    options.server_lifetime = 0;
    Pgbouncer once(options);
    Played each(once);
    for (int i = 1; i <= 5; ++i) {
      Caller client = 0;
      CHECK(each.get(i, &client) == i);
      each.put(i, client);
      CHECK(once.connected() == 0);
    }
  }
}

TEST_CASE("pgbouncer: a session's connection is reset before the next gets it", "[resources]") {
  Pgbouncer pool(sized(1, PoolMode::session));
  Played played(pool);
  Caller a = 0;
  Caller b = 0;
  played.get(0, &a);
  played.get(1, &b);
  played.put(2, a);
  CHECK(played.has.count(b) == 0);
  REQUIRE(played.resetting.size() == 1);
  played.reset_first(5);
  CHECK(played.has.count(b) == 1);
}

TEST_CASE("pgbouncer: clients that wait for a reset open no further connection", "[resources]") {
  Pgbouncer pool(sized(5, PoolMode::session));
  Played played(pool);
  played.opens_at_once = false;
  Caller a = 0;
  played.get(0, &a);
  played.open_first(1);
  played.put(2, a);
  played.get(3);
  CHECK(played.opening.empty());  // the one being reset will do
  played.get(4);
  CHECK(played.opening.size() == 1);
}

TEST_CASE("pgbouncer: a session keeps its server, a transaction only while it lasts",
          "[resources]") {
  const PoolMode mode = GENERATE(PoolMode::session, PoolMode::transaction, PoolMode::statement);
  Pgbouncer pool(sized(1, mode));
  Played played(pool);
  Caller a = 0;
  Caller b = 0;
  played.get(0, &a);
  played.get(1, &b);
  const bool stays = pool.ready(2, a, true);
  played.obey(2);
  CHECK(stays == (mode != PoolMode::statement));
  if (!stays) {
    // It is thrown out with its server; the other gets a new one.
    CHECK(played.closed == std::vector<int>{1});
    CHECK(played.has.count(b) == 1);
    CHECK(pool.clients() == 1);
    return;
  }
  CHECK(played.has.count(b) == 0);
  CHECK(pool.ready(3, a, false));
  played.obey(3);
  CHECK(played.has.count(b) == (mode == PoolMode::transaction ? 1 : 0));
  CHECK(pool.has_server(a) == (mode == PoolMode::session));
  // The same client again: it waits for its turn.
  pool.query(4, a);
  played.obey(4);
  CHECK(pool.waiting() == 1);
}

TEST_CASE("pgbouncer: statements of one client may go to different servers", "[resources]") {
  Pgbouncer pool(sized(2, PoolMode::statement));
  Played played(pool);
  Caller a = 0;
  Caller b = 0;
  CHECK(played.get(0, &a) == 1);
  CHECK(played.get(1, &b) == 2);
  pool.ready(2, a, false);
  played.obey(2);
  pool.ready(3, b, false);
  played.obey(3);
  pool.query(4, a);
  played.obey(4);
  CHECK(played.number[played.has.at(a)] == 2);
  CHECK(pool.clients() == 2);
  played.withdraw(5, b);
  CHECK(pool.clients() == 1);
}

TEST_CASE("pgbouncer: who goes in the middle of something takes its server along", "[resources]") {
  Pgbouncer pool(sized(1));
  Played played(pool);
  Caller a = 0;
  Caller b = 0;
  played.get(0, &a);
  played.get(1, &b);
  played.put(2, a, Returned::closed);
  CHECK(pool.connected() == 1);
  CHECK(played.number[played.has.at(b)] == 2);
}

TEST_CASE("pgbouncer: while nothing can be opened clients are refused, and it tries again later",
          "[resources]") {
  Pgbouncer pool(sized(2));
  Played played(pool);
  Caller a = 0;
  Caller b = 0;
  Caller c = 0;
  played.get(kSecond, &a);
  played.takes_connections = false;
  played.get(kSecond, &b);
  CHECK(pool.waiting() == 1);
  CHECK(played.opened == 2);
  // One server is left: it is worth waiting for.
  played.get(2 * kSecond, &c);
  CHECK(pool.waiting() == 2);
  CHECK(played.opened == 2);
  played.put(3 * kSecond, a, Returned::severed);
  // Those who wait already go on waiting; others are refused.
  Caller d = 0;
  played.get(4 * kSecond, &d);
  CHECK(played.refused.at(d) == Refusal::connect_failed);
  CHECK(pool.waiting() == 2);
  played.takes_connections = true;
  played.tick(16 * kSecond - Pgbouncer::kMaintenance);
  CHECK(played.opened == 2);
  played.tick(maintenance(16 * kSecond));
  CHECK(played.opened == 4);
  CHECK(pool.waiting() == 0);
}

TEST_CASE("pgbouncer: connecting is given up after server_connect_timeout", "[resources]") {
  Pgbouncer pool(sized(2));
  Played played(pool);
  played.opens_at_once = false;
  played.get(0);
  const std::int64_t due = maintenance(15 * kSecond + 1);
  played.tick(due - 1);
  CHECK(played.opening.size() == 1);
  played.tick(due);
  CHECK(played.closed == std::vector<int>{1});
  // Since it began to connect, the pause is over as well.
  CHECK(played.opening.size() == 1);
  CHECK(played.opened == 2);
}

TEST_CASE("pgbouncer: it sees the end of idle connections at once", "[resources]") {
  Pgbouncer pool(sized(3));
  Played played(pool);
  std::vector<Caller> clients(3);
  for (Caller& client : clients) played.get(0, &client);
  played.put(1, clients[0]);
  played.put(1, clients[1]);
  pool.severed(2);
  played.obey(2);
  CHECK(pool.connected() == 1);
  CHECK(played.get(3) == 4);
}

TEST_CASE("pgbouncer: never more than the pool, nobody waits while one is idle, in order",
          "[resources]") {
  CHECK(rc::check([] {
    PgbouncerOptions options = sized(*rc::gen::inRange<std::uint32_t>(1, 5),
                                     *rc::gen::element(PoolMode::session, PoolMode::transaction));
    options.reserve_pool_size = *rc::gen::inRange<std::uint32_t>(0, 3);
    options.reserve_pool_timeout = kSecond;
    options.min_pool_size = *rc::gen::inRange<std::uint32_t>(0, 3);
    options.server_idle_timeout = 3 * kSecond;
    options.server_lifetime = 20 * kSecond;
    options.query_wait_timeout = 5 * kSecond;
    options.server_round_robin = *rc::gen::arbitrary<bool>();
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100));
    Pgbouncer pool(options);
    Played played(pool);
    played.opens_at_once = *rc::gen::arbitrary<bool>();
    std::deque<Caller> line;
    std::int64_t now = 0;
    const std::uint32_t most = options.default_pool_size + options.reserve_pool_size;
    const auto settle = [&] {
      while (!line.empty() &&
             (played.has.count(line.front()) > 0 || played.refused.erase(line.front()) > 0))
        line.pop_front();
      for (const Caller client : line) RC_ASSERT(played.has.count(client) == 0u);
      RC_ASSERT(line.size() == pool.waiting());
      RC_ASSERT(pool.lent() == played.has.size());
      RC_ASSERT(pool.connected() + played.opening.size() <= most);
      RC_ASSERT(played.opening.size() <= 1u);
      // Idle ones are those that are neither lent nor being reset.
      RC_ASSERT(pool.waiting() == 0 || pool.connected() == pool.lent() + played.resetting.size());
      RC_ASSERT(pool.clients() == pool.lent() + pool.waiting());
    };
    for (const int step : steps) {
      now += step % 7 * 200 * kMs;
      played.tick(now);
      settle();
      if (step < 50) {
        Caller client = 0;
        if (!played.get(now, &client) && played.refused.erase(client) == 0) line.push_back(client);
      } else if (step < 80) {
        if (!played.has.empty())
          played.put(now, played.has.begin()->first,
                     step % 9 == 0 ? Returned::closed : Returned::reusable);
      } else if (step < 90) {
        if (!played.opening.empty()) played.open_first(now);
      } else if (step < 97) {
        if (!played.resetting.empty()) played.reset_first(now);
      } else if (!line.empty()) {
        played.withdraw(now, line.back());
        line.pop_back();
      }
      settle();
    }
  }));
}

}  // namespace
}  // namespace highwater::resources
