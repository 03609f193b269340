#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/algorithms/resources/connection_pool.h"

namespace highwater::resources {

/// For how long a client keeps a server connection.
enum class PoolMode : std::uint8_t { session, transaction, statement };

struct PgbouncerOptions {
  static constexpr std::int64_t kSecond = 1'000'000'000;
  PoolMode pool_mode = PoolMode::session;
  std::uint32_t default_pool_size = 20;  ///< Server connections; 0: any number.
  std::uint32_t min_pool_size = 0;       ///< While there are clients, at least so many.
  std::uint32_t reserve_pool_size = 0;   ///< Further ones where a client waits for too long.
  std::int64_t reserve_pool_timeout = 5 * kSecond;  ///< What is too long; 0: no reserve.
  std::uint32_t max_client_conn = 100;
  std::int64_t query_wait_timeout = 120 * kSecond;     ///< 0: clients wait for ever.
  std::int64_t server_lifetime = 3600 * kSecond;       ///< 0: used once.
  std::int64_t server_idle_timeout = 600 * kSecond;    ///< 0: never closed for being idle.
  std::int64_t server_connect_timeout = 15 * kSecond;  ///< 0: connecting may take any time.
  std::int64_t server_login_retry = 15 * kSecond;      ///< Pause after connecting has failed.
  bool server_round_robin = false;  ///< Else the connection that came back last is lent first.
};

/// resources Pgbouncer: pgbouncer's pool of one database and user.
///
/// A client that has a query gets the idle server connection that came back last, or with
/// server_round_robin first; where there is none it waits, first come, first served. What comes
/// back goes to the first that waits. While clients wait and fewer than default_pool_size
/// connections are there, one is opened, one at a time; reserve_pool_size more once the first
/// has waited for reserve_pool_timeout. No further one is tried within server_login_retry after
/// one could not be opened, and until one can be, clients are refused at once where no connection
/// is left.
///
/// A server connection comes back when its client goes (session), after its transaction
/// (transaction), or after every statement: then a client that begins a transaction of several is
/// thrown out (statement). With session it is reset before the next client gets it. One whose user
/// goes in the middle of something is closed.
///
/// Three times a second maintenance closes connections idle for more than server_idle_timeout
/// (down to min_pool_size) or as old as server_lifetime, gives up what has been connecting for more
/// than server_connect_timeout, opens one if fewer than min_pool_size are there, and refuses
/// clients that have waited for more than query_wait_timeout. So these limits take effect up to a
/// third of a second late, as they do in pgbouncer. Age also ends connections that come back. Two
/// that end with their age are server_lifetime / default_pool_size apart: not all go together.
///
/// Assumes  maintenance at multiples of a third of a second after `created`. No server_check_query,
///          which is empty by default, no PAUSE, no cancel requests, and no limits over several
///          pools.
/// Edges    Time that goes backwards stands still. default_pool_size 0 has no limit, so that
///          reserve_pool_size means nothing; min_pool_size above default_pool_size is
///          default_pool_size.
/// Source   pgbouncer 13a344f (July 2026) src/objects.c (find_server, release_server, life_over,
///          launch_new_connection), src/janitor.c (per_loop_activate, do_full_maint),
///          src/server.c, src/client.c.
/// Checked  tests/resources/pgbouncer_test.cpp
class Pgbouncer final : public ConnectionPool {
 public:
  static constexpr std::int64_t kMaintenance = 333'333'000;  // nanoseconds; USEC / 3

  explicit Pgbouncer(const PgbouncerOptions& options = {}, std::int64_t created = 0)
      : options_(options), next_maintenance_(created + kMaintenance) {
    forward(created);
  }

  /// A client connects and sends a query.
  Caller acquire(std::int64_t now) override {
    maintain(now);
    const Caller client = callers_.take(now);
    if (callers_.present() > options_.max_client_conn)
      refuse(client, Refusal::too_many_clients);
    else
      find_server(now, client);
    activate(now);
    return client;
  }
  /// A client has a further query, after ready() had taken its server away.
  void query(std::int64_t now, Caller client) {
    maintain(now);
    callers_[client].since = now;
    if (!has_server(client)) find_server(now, client);
    activate(now);
  }
  bool has_server(Caller client) const { return callers_[client].connection != IndexLists::kNone; }
  /// The server has answered a client's query. Precondition: has_server().
  /// @return false where the client is thrown out: it began a transaction of several statements.
  bool ready(std::int64_t now, Caller client, bool in_transaction) {
    maintain(now);
    const Connection server = callers_[client].connection;
    servers_[server].active_at = now;
    const bool thrown_out = in_transaction && options_.pool_mode == PoolMode::statement;
    if (thrown_out) {
      unlink(server);
      close(server);
      callers_.free(client);
    } else if (!in_transaction && options_.pool_mode != PoolMode::session) {
      unlink(server);
      give_back(now, server);
    }
    activate(now);
    return !thrown_out;
  }

  /// A client that waits, or that has no server at the moment, goes.
  void withdraw(std::int64_t now, Caller client) override {
    maintain(now);
    if (callers_[client].waits) callers_.stop_waiting(client);
    callers_.free(client);
    activate(now);
  }

  /// The client has its answer and goes. `closed`: it goes without waiting for the answer.
  void release(std::int64_t now, Connection server, Returned how) override {
    maintain(now);
    callers_.free(servers_[server].client);
    unlink(server);
    servers_[server].active_at = now;
    if (how == Returned::reusable)
      give_back(now, server);
    else
      close(server);
    activate(now);
  }

  void done(std::int64_t now, Connection server) override {
    maintain(now);
    servers_[server].active_at = now;
    if (servers_[server].state == State::login) {
      login_.reset();
      last_login_failed_ = false;
      become_idle(server);
    } else {
      lists_.remove(tested_, server);
      settle(now, server);
    }
    activate(now);
  }

  void failed(std::int64_t now, Connection server) override {
    maintain(now);
    if (servers_[server].state == State::login)
      login_failed(server);
    else
      close_listed(server);
    activate(now);
  }

  /// It sees the end of its idle connections at once.
  void severed(std::int64_t now) override {
    maintain(now);
    while (!idle_.empty()) close_listed(idle_.first);
    while (!tested_.empty()) close_listed(tested_.first);
    activate(now);
  }

  void tick(std::int64_t now) override {
    maintain(now);
    activate(now);
  }
  std::optional<std::int64_t> next_tick() const override {
    if (servers() == 0 && callers_.present() == 0) return std::nullopt;
    return next_maintenance_;
  }

  std::uint32_t lent() const override { return active_; }
  std::uint32_t connected() const override { return active_ + idle_.size + tested_.size; }
  std::uint32_t clients() const { return callers_.present(); }

 private:
  enum class State : std::uint8_t { login, idle, active, tested };
  struct Server {
    State state = State::login;
    Caller client = 0;              // while active
    std::int64_t connected_at = 0;  // when opening began
    std::int64_t active_at = 0;     // when it was last heard of
  };

  /// Those that are being opened included.
  std::uint32_t servers() const { return connected() + (login_ ? 1 : 0); }

  void find_server(std::int64_t now, Caller client) {
    if (!idle_.empty()) return link(client, lists_.pop_front(idle_));
    if (last_login_failed_ && connected() == 0) {
      refuse(client, Refusal::connect_failed);
      launch(now);
      return;
    }
    callers_.wait(client);
  }

  void refuse(Caller client, Refusal refusal) {
    order({.kind = Order::Kind::refuse, .caller = client, .refusal = refusal});
    callers_.free(client);
  }

  void link(Caller client, Connection server) {
    callers_[client].connection = server;
    servers_[server].client = client;
    servers_[server].state = State::active;
    ++active_;
    order({.kind = Order::Kind::lend, .connection = server, .caller = client});
  }
  void unlink(Connection server) {
    callers_[servers_[server].client].connection = IndexLists::kNone;
    --active_;
  }

  /// The first that waits gets a server that is idle.
  void serve_first() {
    const Caller client = callers_.first();
    callers_.stop_waiting(client);
    link(client, lists_.pop_front(idle_));
  }

  /// What an active server does when its client lets go of it.
  void give_back(std::int64_t now, Connection server) {
    if (options_.pool_mode != PoolMode::session || is_over(now, server)) return settle(now, server);
    servers_[server].state = State::tested;
    lists_.push_back(tested_, server);
    order({.kind = Order::Kind::reset, .connection = server});
  }

  void settle(std::int64_t now, Connection server) {
    if (!is_over(now, server)) return become_idle(server);
    close(server);
    last_end_of_life_ = now;
  }

  void become_idle(Connection server) {
    servers_[server].state = State::idle;
    if (options_.server_round_robin)
      lists_.push_back(idle_, server);
    else
      lists_.push_front(idle_, server);
    if (!callers_.nobody_waits()) serve_first();
  }

  bool is_over(std::int64_t now, Connection server) const {
    if (now - servers_[server].connected_at < options_.server_lifetime) return false;
    if (!last_end_of_life_ || options_.default_pool_size == 0) return true;
    return now - *last_end_of_life_ >= options_.server_lifetime / options_.default_pool_size;
  }

  void close(Connection server) {
    order({.kind = Order::Kind::close, .connection = server});
    lists_.push_front(free_, server);
  }
  void close_listed(Connection server) {
    lists_.remove(servers_[server].state == State::idle ? idle_ : tested_, server);
    close(server);
  }

  void login_failed(Connection server) {
    login_.reset();
    last_login_failed_ = true;
    lists_.push_front(free_, server);
  }

  /// What pgbouncer does at the end of every round of its event loop.
  void activate(std::int64_t now) {
    std::uint32_t being_reset = tested_.size;
    for (Caller client = callers_.first(); client != IndexLists::kNone;) {
      const Caller behind = callers_.behind(client);
      if (!idle_.empty()) {
        serve_first();
      } else if (being_reset > 0) {
        --being_reset;
      } else {
        return launch(now);
      }
      client = behind;
    }
  }

  /// Opens a connection if there may be another.
  void launch(std::int64_t now) {
    if (login_) return;
    if (last_login_failed_ && now - last_launch_ < options_.server_login_retry) return;
    if (options_.default_pool_size > 0 && servers() >= options_.default_pool_size &&
        !may_use_reserve(now))
      return;
    if (free_.empty()) {
      lists_.push_back(free_, lists_.grow());
      servers_.emplace_back();
    }
    const Connection server = lists_.pop_front(free_);
    servers_[server] = {State::login, 0, now, now};
    login_ = server;
    last_launch_ = now;
    order({.kind = Order::Kind::open, .connection = server});
  }

  bool may_use_reserve(std::int64_t now) const {
    return options_.reserve_pool_timeout > 0 && !callers_.nobody_waits() &&
           now - callers_[callers_.first()].since >= options_.reserve_pool_timeout &&
           servers() < std::uint64_t{options_.default_pool_size} + options_.reserve_pool_size;
  }

  /// Does the maintenance that is due before or at `now`.
  void maintain(std::int64_t& now) {
    now = forward(now);
    while (next_maintenance_ <= now) {
      if (servers() == 0 && callers_.present() == 0) {  // nothing to look after
        next_maintenance_ += (now - next_maintenance_) / kMaintenance * kMaintenance;
      } else {
        maintain_servers(next_maintenance_);
        maintain_clients(next_maintenance_);
        activate(next_maintenance_);
      }
      next_maintenance_ += kMaintenance;
    }
  }

  void maintain_servers(std::int64_t now) {
    close_unused(now, tested_);
    close_unused(now, idle_);
    if (login_ && options_.server_connect_timeout > 0 &&
        now - servers_[*login_].connected_at > options_.server_connect_timeout) {
      order({.kind = Order::Kind::close, .connection = *login_});
      login_failed(*login_);
    }
    if (connected() < std::min(options_.min_pool_size, options_.default_pool_size) &&
        callers_.present() > 0)
      launch(now);
  }

  void close_unused(std::int64_t now, IndexLists::List& list) {
    for (Connection server = list.first; server != IndexLists::kNone;) {
      const Connection behind = lists_.next(server);
      if (options_.server_idle_timeout > 0 &&
          now - servers_[server].active_at > options_.server_idle_timeout &&
          (options_.min_pool_size == 0 || connected() > options_.min_pool_size)) {
        close_listed(server);
      } else if (is_over(now, server)) {
        close_listed(server);
        last_end_of_life_ = now;
      }
      server = behind;
    }
  }

  void maintain_clients(std::int64_t now) {
    if (options_.query_wait_timeout <= 0) return;
    while (!callers_.nobody_waits()) {
      const Caller client = callers_.first();
      if (now - callers_[client].since <= options_.query_wait_timeout) return;
      callers_.stop_waiting(client);
      refuse(client, Refusal::timeout);
    }
  }

  PgbouncerOptions options_;
  IndexLists lists_;
  IndexLists::List free_;
  IndexLists::List idle_;    // the next to be lent first
  IndexLists::List tested_;  // being reset
  std::vector<Server> servers_;
  std::optional<Connection> login_;  // being opened: one at a time
  std::uint32_t active_ = 0;
  std::int64_t next_maintenance_;
  std::int64_t last_launch_ = 0;
  bool last_login_failed_ = false;
  std::optional<std::int64_t> last_end_of_life_;
};

}  // namespace highwater::resources
