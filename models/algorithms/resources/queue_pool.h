#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "models/algorithms/resources/connection_pool.h"

namespace highwater::resources {

struct QueuePoolOptions {
  std::uint32_t pool_size = 5;     ///< Connections that are kept; 0: any number.
  std::int32_t max_overflow = 10;  ///< Further ones while they are in use; -1: any number.
  std::int64_t timeout =
      30'000'000'000;         ///< Nanoseconds a caller waits; kForever: as long as it takes.
  bool use_lifo = false;      ///< The connection that came back last is lent first.
  std::int64_t recycle = -1;  ///< One older than this is replaced before it is lent; -1: none is.
  bool pre_ping = false;      ///< One that was lent before is tried before it is lent again.
};

/// resources QueuePool: SQLAlchemy's pool, which opens connections as they are needed.
///
/// A caller gets an idle connection, the one that is idle for longest; where there is none, a new
/// one, as long as fewer than pool_size + max_overflow are there; else it waits. Callers get what
/// comes back in the order in which they came. A connection that comes back while pool_size are
/// idle is closed.
///
/// A connection that was closed under its user keeps its place and is opened again for the next.
/// Where the other side closed it, or a ping finds that, all that were opened before are replaced
/// too, each when it is lent the next time. Whoever was to use a connection that cannot be opened
/// is refused; those who wait are not told of the room this leaves until they time out, as in
/// SQLAlchemy: then they open one after all.
///
/// Assumes  that a waiter gets what was put back for it. In SQLAlchemy a thread that comes just
///          then may be faster.
/// Edges    A caller that has waited exactly `timeout` gets nothing of what comes back at that
///          moment. A time-out of 0 or less never waits. max_overflow below -1 is -1. Time that
///          goes backwards stands still. Ages count from when opening began, and a connection is
///          replaced when it is older than `recycle`, not as old.
/// Source   SQLAlchemy 1.4.46 lib/sqlalchemy/pool/impl.py, base.py, util/queue.py; the same in 2.0.
/// Checked  tests/resources/queue_pool_test.cpp: recordings of SQLAlchemy 1.4.46.
class QueuePool final : public ConnectionPool {
 public:
  explicit QueuePool(const QueuePoolOptions& options = {})
      : options_(options), overflow_(-std::int64_t{options.pool_size}) {
    if (options_.pool_size == 0) options_.max_overflow = -1;
  }

  Caller acquire(std::int64_t now) override {
    now = forward(now);
    expire(now);
    const Caller caller = callers_.take(now);
    if (!idle_.empty()) {
      prepare(now, take_idle(), caller);
    } else if (has_room()) {
      open_another(now, caller);
    } else if (options_.timeout <= 0) {
      refuse(caller, Refusal::timeout);
    } else {
      callers_.wait(caller);
    }
    return caller;
  }

  void withdraw(std::int64_t now, Caller caller) override {
    now = forward(now);
    const Connection connection = callers_[caller].connection;
    if (connection == IndexLists::kNone) {
      callers_.stop_waiting(caller);
      callers_.free(caller);
    } else {
      callers_.free(caller);
      order({.kind = Order::Kind::close, .connection = connection});
      give_up(now, connection);
    }
    expire(now);
  }

  void release(std::int64_t now, Connection connection, Returned how) override {
    now = forward(now);
    expire(now);
    Record& record = records_[connection];
    --lent_;
    callers_.free(record.caller);
    if (how == Returned::severed) replace_all_before(now, record);
    if (how != Returned::reusable) disconnect(connection);
    put_back(now, connection);
  }

  void done(std::int64_t now, Connection connection) override {
    expire(forward(now));
    Record& record = records_[connection];
    if (!record.connected) {
      record.connected = true;
      ++connected_;
    }
    lend(connection);
  }

  void failed(std::int64_t now, Connection connection) override {
    now = forward(now);
    expire(now);
    Record& record = records_[connection];
    const Caller caller = record.caller;
    if (record.connected) {  // the ping failed
      replace_all_before(now, record);
      disconnect(connection);
      open(now, connection, caller);
      return;
    }
    refuse(caller, Refusal::connect_failed);
    give_up(now, connection);
  }

  /// Nothing: the pool learns of it when it uses a connection.
  void severed(std::int64_t) override {}

  void tick(std::int64_t now) override { expire(forward(now)); }
  std::optional<std::int64_t> next_tick() const override {
    if (callers_.nobody_waits() || options_.timeout == kForever) return std::nullopt;
    return deadline_of(callers_.first());
  }

  std::uint32_t lent() const override { return lent_; }
  std::uint32_t connected() const override { return connected_; }

  // In SQLAlchemy's words.
  std::uint32_t size() const { return options_.pool_size; }
  std::uint32_t checkedin() const { return idle_.size; }
  std::int64_t overflow() const { return options_.pool_size > 0 ? overflow_ : 0; }
  std::int64_t checkedout() const { return size() - std::int64_t{checkedin()} + overflow_; }

 private:
  struct Record {
    std::int64_t since = 0;  // when opening began
    Caller caller = 0;       // while it is lent or made ready
    bool connected = false;
    bool has_come_back = false;  // it is among those that are kept, also where opening fails
  };

  bool has_room() const { return options_.max_overflow < 0 || overflow_ < options_.max_overflow; }
  std::int64_t deadline_of(Caller caller) const {
    const std::int64_t since = callers_[caller].since;
    return since > kForever - options_.timeout ? kForever : since + options_.timeout;
  }

  /// Those whose time is over get a new connection where there is room for one by now.
  void expire(std::int64_t now) {
    if (options_.timeout == kForever) return;
    while (!callers_.nobody_waits() && deadline_of(callers_.first()) <= now) {
      const Caller caller = callers_.first();
      callers_.stop_waiting(caller);
      if (has_room())
        open_another(now, caller);
      else
        refuse(caller, Refusal::timeout);
    }
  }

  void refuse(Caller caller, Refusal refusal) {
    order({.kind = Order::Kind::refuse, .caller = caller, .refusal = refusal});
    callers_.free(caller);
  }

  Connection take_idle() {
    const Connection connection = options_.use_lifo ? idle_.last : idle_.first;
    lists_.remove(idle_, connection);
    return connection;
  }

  /// A connection that was kept, on its way to a caller.
  void prepare(std::int64_t now, Connection connection, Caller caller) {
    Record& record = records_[connection];
    if (record.connected && is_outdated(now, record)) {
      order({.kind = Order::Kind::close, .connection = connection});
      disconnect(connection);
    }
    if (!record.connected) return open(now, connection, caller);
    attach(connection, caller);
    if (!options_.pre_ping) return lend(connection);
    order({.kind = Order::Kind::ping, .connection = connection});
  }

  bool is_outdated(std::int64_t now, const Record& record) const {
    return (options_.recycle > -1 && now - record.since > options_.recycle) ||
           replaced_before_ > record.since;
  }

  void open_another(std::int64_t now, Caller caller) {
    ++overflow_;
    if (free_.empty()) {
      lists_.push_back(free_, lists_.grow());
      records_.emplace_back();
    }
    const Connection connection = lists_.pop_front(free_);
    records_[connection] = {};
    open(now, connection, caller);
  }

  void open(std::int64_t now, Connection connection, Caller caller) {
    attach(connection, caller);
    records_[connection].since = now;
    order({.kind = Order::Kind::open, .connection = connection});
  }

  void attach(Connection connection, Caller caller) {
    records_[connection].caller = caller;
    callers_[caller].connection = connection;
  }

  void lend(Connection connection) {
    ++lent_;
    order({.kind = Order::Kind::lend,
           .connection = connection,
           .caller = records_[connection].caller});
  }

  void disconnect(Connection connection) {
    Record& record = records_[connection];
    if (record.connected) --connected_;
    record.connected = false;
  }

  void replace_all_before(std::int64_t now, const Record& record) {
    if (replaced_before_ < record.since) replaced_before_ = now;
  }

  /// Nobody has a use for a connection that was being made ready.
  void give_up(std::int64_t now, Connection connection) {
    disconnect(connection);
    if (records_[connection].has_come_back)
      put_back(now, connection);
    else
      drop(connection);
  }

  void drop(Connection connection) {
    --overflow_;
    lists_.push_front(free_, connection);
  }

  void put_back(std::int64_t now, Connection connection) {
    Record& record = records_[connection];
    if (options_.pool_size > 0 && idle_.size == options_.pool_size) {
      if (record.connected) order({.kind = Order::Kind::close, .connection = connection});
      disconnect(connection);
      return drop(connection);
    }
    record.has_come_back = true;
    if (callers_.nobody_waits()) return lists_.push_back(idle_, connection);
    const Caller caller = callers_.first();
    callers_.stop_waiting(caller);
    prepare(now, connection, caller);
  }

  QueuePoolOptions options_;
  IndexLists lists_;
  IndexLists::List free_;
  IndexLists::List idle_;
  std::vector<Record> records_;
  std::int64_t overflow_;
  std::int64_t replaced_before_ = std::numeric_limits<std::int64_t>::min();
  std::uint32_t lent_ = 0;
  std::uint32_t connected_ = 0;
};

}  // namespace highwater::resources
