#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "models/algorithms/resources/index_list.h"

namespace highwater::resources {

inline constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

/// Who wants a connection, or has one; a number is used again once its owner is gone.
using Caller = std::uint32_t;
/// A connection; the number of one that is closed is used again.
using Connection = std::uint32_t;

/// In what state a connection comes back.
enum class Returned : std::uint8_t {
  reusable,
  closed,   ///< Its user closed it: after a time-out nobody knows what is still on its way.
  severed,  ///< The other side has closed it, and with it perhaps all the others.
};

enum class Refusal : std::uint8_t {
  timeout,           ///< No connection in time.
  too_many_clients,  ///< Not even allowed to wait.
  connect_failed,    ///< The other side takes no connections.
};

/// What a pool wants done.
struct Order {
  enum class Kind : std::uint8_t {
    lend,    ///< The caller has the connection from now on.
    refuse,  ///< The caller gets none.
    open,    ///< To be opened; answered by done() or failed().
    ping,    ///< To be tried whether it is still alive; likewise.
    reset,   ///< To be cleaned for its next user; likewise.
    close,   ///< To be closed; whatever else was wanted of it is no longer. No answer.
  };
  Kind kind = Kind::lend;
  Connection connection = 0;  ///< Of all but refuse.
  Caller caller = 0;          ///< Of lend and refuse.
  Refusal refusal = Refusal::timeout;
};

/// Those who want a connection of a pool or have one; some wait, first come, first served.
class Callers {
 public:
  struct Info {
    std::int64_t since = 0;                     ///< When it came, or asked anew.
    Connection connection = IndexLists::kNone;  ///< That it has, or that is made ready for it.
    bool waits = false;
  };

  Caller take(std::int64_t now) {
    if (free_.empty()) {
      lists_.push_back(free_, lists_.grow());
      infos_.emplace_back();
    }
    const Caller caller = lists_.pop_front(free_);
    infos_[caller] = {now};
    ++present_;
    return caller;
  }
  /// Precondition: it does not wait. Nobody gets the number before reuse().
  void free(Caller caller) {
    lists_.push_back(gone_, caller);
    --present_;
  }
  void reuse() {
    while (!gone_.empty()) lists_.push_front(free_, lists_.pop_front(gone_));
  }

  void wait(Caller caller) {
    infos_[caller].waits = true;
    lists_.push_back(line_, caller);
  }
  void stop_waiting(Caller caller) {
    infos_[caller].waits = false;
    lists_.remove(line_, caller);
  }

  Info& operator[](Caller caller) { return infos_[caller]; }
  const Info& operator[](Caller caller) const { return infos_[caller]; }
  bool nobody_waits() const { return line_.empty(); }
  Caller first() const { return line_.first; }
  Caller behind(Caller caller) const { return lists_.next(caller); }
  std::uint32_t waiting() const { return line_.size; }
  std::uint32_t present() const { return present_; }

 private:
  IndexLists lists_;
  IndexLists::List free_;
  IndexLists::List gone_;
  IndexLists::List line_;
  std::vector<Info> infos_;
  std::uint32_t present_ = 0;
};

/// The decisions of a pool of connections; whoever has it opens, pings and closes them as told.
///
/// Each call may lead to orders, to be taken by next(). An order may be answered at once, the
/// others are taken before anything else is asked. A caller's number is used again once it was
/// refused, has withdrawn or has released what it had, and all orders are taken.
///
/// Source   what SQLAlchemy's and pgbouncer's pools have in common; orders in place of their
/// threads
///          and sockets.
/// Checked  tests/resources/queue_pool_test.cpp, tests/resources/pgbouncer_test.cpp
class ConnectionPool {
 public:
  virtual ~ConnectionPool() = default;

  /// A caller wants a connection: it is told by lend or refuse, at once or later.
  virtual Caller acquire(std::int64_t now) = 0;
  /// A caller that was told neither no longer wants one.
  virtual void withdraw(std::int64_t now, Caller caller) = 0;
  /// The caller that has the connection gives it back.
  virtual void release(std::int64_t now, Connection connection, Returned how) = 0;
  /// What was ordered last about the connection is done, or has failed.
  virtual void done(std::int64_t now, Connection connection) = 0;
  virtual void failed(std::int64_t now, Connection connection) = 0;
  /// The other side has closed every connection. What its users have is released by them.
  virtual void severed(std::int64_t now) = 0;
  /// Time has passed. To be called at next_tick(), or any time before or after.
  virtual void tick(std::int64_t now) = 0;
  /// When time alone may lead to orders; nothing: not before another call.
  virtual std::optional<std::int64_t> next_tick() const = 0;

  virtual std::uint32_t lent() const = 0;
  std::uint32_t waiting() const { return callers_.waiting(); }
  /// Open, lent ones included.
  virtual std::uint32_t connected() const = 0;

  /// The next order; nothing: all are taken.
  std::optional<Order> next() {
    if (taken_ == orders_.size()) {
      orders_.clear();
      taken_ = 0;
      callers_.reuse();
      return std::nullopt;
    }
    return orders_[taken_++];
  }

 protected:
  void order(const Order& order) { orders_.push_back(order); }

  /// Time that goes backwards stands still.
  std::int64_t forward(std::int64_t now) { return latest_ = std::max(latest_, now); }

  Callers callers_;

 private:
  std::vector<Order> orders_;
  std::size_t taken_ = 0;
  std::int64_t latest_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace highwater::resources
