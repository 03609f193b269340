#pragma once

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/kernel/random.h"
#include "engine/kernel/simulation.h"
#include "engine/kernel/task.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"
#include "models/algorithms/resources/connection_pool.h"
#include "models/calls/by_process.h"
#include "models/calls/connection_pool_params.h"
#include "models/leaks.h"

namespace highwater {

/// What the pools of one caller to one callee did.
struct PoolCounts {
  std::uint64_t timeouts =
      0;  ///< Calls that got no connection in time, or not even a place to wait.
  std::uint64_t opened = 0;
  std::uint64_t leaked = 0;
  TimeIntegral in_use;    ///< Connections that are lent, leaked ones included.
  TimeIntegral waiting;   ///< Calls that wait for one.
  Tally* wait = nullptr;  ///< From asking to having one; null where nobody measures.
};

/// The connections of one calling process to one instance of the callee. They die with either.
///
/// A pool in the process does not see that the other side has closed an idle connection: whoever is
/// lent it finds out, unless it is pinged before. pgbouncer sees it at once. Neither sees a process
/// that died silently before it is started again.
///
/// Opening a connection takes connect_time once the callee answers. While it does not, since it
/// died silently or a partition lies between, it is asked again after 1, 2, 4, … s, as TCP does. A
/// process that is down refuses at once. Of a connection that the other side has forgotten without
/// a word a ping gets no answer for as long as opening one may take.
class Connections {
 public:
  Connections(World& world, Edge& edge, Instance& from, Instance& to,
              const ConnectionPoolParams& params, PoolCounts& counts);
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;
  ~Connections();

  /// How asking for a connection ended.
  enum class Outcome : std::uint8_t {
    lent,
    refused,      ///< None in time, or too many wait.
    unreachable,  ///< None could be opened.
    gave_up,      ///< The caller's own time was over first.
  };
  class Loan;
  class Checkout;

  /// Awaitable: gives a Loan.
  /// @param give_up  When the call is over in any case.
  Checkout checkout(Time give_up);
  /// Whether one is being opened, and the callee has not said a word so far.
  bool is_unanswered() const;
  /// See Connected.
  void forget_peers(const FaultScope& scope,
                    const std::function<bool(const Disturbance::Message&)>& hit, Duration gives_up);

 private:
  // Who waits for a connection; lives in the awaiter.
  struct Waiter : Resumption {
    explicit Waiter(Connections& that) : Resumption(that.simulation_), pool(that) {}

    Connections& pool;
    resources::Caller caller = 0;
    resources::Connection connection = 0;
    Outcome outcome = Outcome::gave_up;
    bool asked = false;  // and not told yet
    bool suspended = false;
    Time since{};
  };
  struct Line {
    std::uint32_t version = 0;      // rises with each order, so that older work knows it is void
    std::uint32_t incarnation = 0;  // of the process at the other end
    std::uint32_t number = 0;       // in the order of opening; 0 while it is not open
    bool unanswered = false;        // it is being opened in vain
    bool forgotten = false;         // by the other end
    Duration gives_up{};            // then
  };

  /// Whether the calling process is gone, and with it all connections.
  bool is_dead() const { return dead_ || from_.incarnation() != incarnation_; }
  bool is_dying() const;
  bool is_cut() const { return edge_.is_cut({from_, to_}); }
  bool answers() const { return to_.accepts() && !is_cut(); }
  bool refuses() const { return !to_.accepts() && !to_.swallows() && !is_cut(); }
  bool loses_handshake();

  void ask(Waiter& waiter);
  void withdraw(Waiter& waiter);
  void give_back(resources::Connection connection, resources::Returned how);
  bool is_stale(resources::Connection connection) const;
  void die();

  void notice_end_of_callee();
  void obey();
  void carry_out(const resources::Order& order);
  void tell(resources::Caller caller, Outcome outcome, resources::Connection connection);
  void work_on(resources::Connection connection, const Distribution& takes, bool opens);
  Task<> work_slowly(resources::Connection connection, std::uint32_t version, Duration time,
                     bool opens);
  Task<> resolve_in_vain(resources::Connection connection, std::uint32_t version, Duration time);
  void finish(resources::Connection connection, bool opens);
  void settle(resources::Connection connection, bool well);
  void woke();
  void count();

  Simulation& simulation_;
  Edge& edge_;
  Instance& from_;
  Instance& to_;
  const ConnectionPoolParams& params_;
  PoolCounts& counts_;
  std::unique_ptr<resources::ConnectionPool> pool_;
  RandomStream random_;
  std::vector<Waiter*> waiters_;  // by caller
  std::vector<Line> lines_;       // by connection
  Timer<&Connections::woke> wake_;
  std::uint32_t incarnation_;       // of the calling process
  std::uint32_t seen_incarnation_;  // of the callee, as far as its end was noticed
  std::uint32_t opened_ = 0;        // by this pool, so far
  std::uint32_t lent_ = 0;          // as counted
  std::uint32_t waiting_ = 0;
  bool dead_ = false;
  bool obeying_ = false;
};

/// A connection in the hands of a call. Move-only; closed where the call ends without a word.
class [[nodiscard]] Connections::Loan {
 public:
  Loan(Loan&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        connection_(other.connection_),
        outcome_(other.outcome_) {}
  Loan& operator=(Loan&&) = delete;
  ~Loan() { give_back(resources::Returned::closed); }

  explicit operator bool() const { return pool_ != nullptr; }
  Outcome outcome() const { return outcome_; }
  /// Whether the other side has closed it already, and is there to say so.
  bool is_stale() const { return pool_->is_stale(connection_); }
  /// Whether the other side has forgotten it and says nothing. What is sent over it gets no answer
  /// until TCP gives up, gives_up() later.
  bool is_forgotten() const { return pool_->lines_[connection_].forgotten; }
  Duration gives_up() const { return pool_->lines_[connection_].gives_up; }
  void give_back(resources::Returned how) {
    if (pool_ != nullptr) std::exchange(pool_, nullptr)->give_back(connection_, how);
  }

 private:
  friend class Checkout;
  Loan(Connections* pool, resources::Connection connection, Outcome outcome)
      : pool_(pool), connection_(connection), outcome_(outcome) {}

  Connections* pool_;
  resources::Connection connection_;
  Outcome outcome_;
};

class Connections::Checkout {
 public:
  Checkout(Connections& pool, Time give_up)
      : waiter_(pool), timeout_(pool.simulation_), give_up_(give_up) {}
  Checkout(const Checkout&) = delete;
  Checkout& operator=(const Checkout&) = delete;
  ~Checkout();

  bool await_ready() {
    waiter_.pool.ask(waiter_);
    return !waiter_.asked;
  }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    waiter_.suspended = true;
    waiter_.remember(task);
    if (give_up_ == kNever) return;
    timeout_.remember(task);
    timeout_.simulation().schedule_at(timeout_, give_up_);
  }
  Loan await_resume();

 private:
  Waiter waiter_;
  Resumption timeout_;
  Time give_up_;
};

inline Connections::Checkout Connections::checkout(Time give_up) {
  return Checkout(*this, give_up);
}

/// The connections of all processes of a caller to all instances of a callee, which every place
/// that calls it shares, as the code of a process shares its engine or data source.
class ConnectionPools final : private Connected {
 public:
  ConnectionPools(World& world, Edge& edge, const ConnectionPoolParams& params)
      : world_(world), edge_(edge), params_(params) {}
  ConnectionPools(const ConnectionPools&) = delete;
  ConnectionPools& operator=(const ConnectionPools&) = delete;

  /// Those of the process that `from` is at present.
  Connections& between(Instance& from, Instance& to) {
    return kept_.between(from, to, [&] {
      // Not before: who shares another's pools makes none of its own.
      if (!std::exchange(is_known_, true)) edge_.connect(*this);
      return std::make_unique<Connections>(world_, edge_, from, to, params_, counts_);
    });
  }

  const ConnectionPoolParams& params() const { return params_; }
  PoolCounts& counts() { return counts_; }
  /// What faults keep, beside what its parameters say.
  Leaks& leaks() { return leaks_; }
  /// Pools are made anew with these; the old ones are closed as their connections come back.
  void reconfigure(const ConnectionPoolParams& params) {
    params_ = params;
    retired_.push_back(std::exchange(kept_, {}));
  }

 private:
  void forget_peers(const FaultScope& scope,
                    const std::function<bool(const Disturbance::Message&)>& hit,
                    Duration gives_up) override;

  World& world_;
  Edge& edge_;
  ConnectionPoolParams params_;
  PoolCounts counts_;
  Leaks leaks_;
  bool is_known_ = false;  // to the edge
  ByProcess<Connections> kept_;
  std::deque<ByProcess<Connections>> retired_;  // calls that are under way have connections of them
};

}  // namespace highwater
