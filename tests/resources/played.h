#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/algorithms/resources/connection_pool.h"

namespace highwater::resources {

inline constexpr std::int64_t kMs = 1'000'000;
inline constexpr std::int64_t kSecond = 1'000 * kMs;

/// A pool whose orders are carried out: connections open at once, or when the test says so.
struct Played {
  explicit Played(ConnectionPool& that) : pool(that) {}

  ConnectionPool& pool;
  bool opens_at_once = true;
  bool takes_connections = true;  ///< Of the other side: opening succeeds.
  int alive_from = 0;             ///< Connections with smaller numbers are dead.

  std::map<Caller, Connection> has;  ///< By caller, who has one.
  std::vector<Caller> lent;          ///< In the order of lending.
  std::map<Caller, Refusal> refused;
  std::vector<Connection> opening, resetting;  ///< Not yet answered.
  std::map<Connection, int> number;            ///< Of those that are open or are being opened.
  std::vector<int> closed;                     ///< Their numbers.
  int opened = 0;
  int pings = 0;

  /// The number of the connection that a caller got; nothing: none yet.
  std::optional<int> get(std::int64_t now, Caller* caller = nullptr) {
    const Caller who = pool.acquire(now);
    if (caller != nullptr) *caller = who;
    obey(now);
    const auto found = has.find(who);
    if (found == has.end()) return std::nullopt;
    return number[found->second];
  }
  void put(std::int64_t now, Caller caller, Returned how = Returned::reusable) {
    const Connection connection = has.at(caller);
    has.erase(caller);
    if (how != Returned::reusable) closed.push_back(number[connection]);
    pool.release(now, connection, how);
    obey(now);
  }
  void tick(std::int64_t now) {
    pool.tick(now);
    obey(now);
  }
  /// The oldest connection that is being opened is open.
  void open_first(std::int64_t now) {
    const Connection connection = opening.front();
    opening.erase(opening.begin());
    takes_connections ? pool.done(now, connection) : pool.failed(now, connection);
    obey(now);
  }
  void reset_first(std::int64_t now) {
    const Connection connection = resetting.front();
    resetting.erase(resetting.begin());
    pool.done(now, connection);
    obey(now);
  }
  void withdraw(std::int64_t now, Caller caller) {
    pool.withdraw(now, caller);
    obey(now);
  }

  void obey(std::int64_t now) {
    while (const std::optional<Order> order = pool.next()) {
      const Connection c = order->connection;
      switch (order->kind) {
        case Order::Kind::lend:
          has[order->caller] = c;
          lent.push_back(order->caller);
          break;
        case Order::Kind::refuse:
          refused[order->caller] = order->refusal;
          break;
        case Order::Kind::open:
          number[c] = ++opened;
          if (!opens_at_once)
            opening.push_back(c);
          else if (takes_connections)
            pool.done(now, c);
          else
            pool.failed(now, c);
          break;
        case Order::Kind::ping:
          ++pings;
          number[c] >= alive_from ? pool.done(now, c) : pool.failed(now, c);
          break;
        case Order::Kind::reset:
          resetting.push_back(c);
          break;
        case Order::Kind::close:
          closed.push_back(number[c]);
          std::erase(opening, c);
          std::erase(resetting, c);
          break;
      }
    }
  }
};

}  // namespace highwater::resources
