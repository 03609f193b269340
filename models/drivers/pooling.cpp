/// Drivers of the resources family: pools of connections. Events with their times in, decisions
/// out.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/problems.h"
#include "models/algorithms/resources/pgbouncer.h"
#include "models/algorithms/resources/queue_pool.h"
#include "models/drivers/catalog.h"
#include "models/drivers/seconds.h"
#include "models/drivers/timed_line.h"
#include "models/pool_params.h"

namespace highwater::drivers {
namespace {

using resources::Caller;
using resources::Connection;
using resources::Order;
using resources::Refusal;
using resources::Returned;

/// A pool's own options, and how long its connections take to open.
template <class Pool>
struct PoolDriverParams {
  Pool pool;
  Duration connect_time{0};

  static constexpr std::string_view type_name = "pool_driver";
  static constexpr auto fields() {
    using P = PoolDriverParams;
    return Fields{inlined<&P::pool>(),
                  field<&P::connect_time>("How long a connection takes to open.").bare("s")};
  }
};

std::string_view refusal_text(Refusal refusal) {
  switch (refusal) {
    case Refusal::timeout:
      return "timeout";
    case Refusal::too_many_clients:
      return "too_many_clients";
    case Refusal::connect_failed:
      break;
  }
  return "connect_failed";
}

/// Carries out what a pool orders, and says so. Connections are numbered as they are opened.
class PoolSession : public Session {
 public:
  PoolSession(resources::ConnectionPool& pool, Duration connect_time)
      : pool_(pool), connect_time_(connect_time.count()) {}

  std::string take(std::string_view text, std::string& out) override {
    TimedLine line;
    const std::string wrong = lines_.read(text, line);
    if (!wrong.empty()) return wrong;
    if (line.has_rest == (line.verb == "down" || line.verb == "up") ||
        (line.has_rest && line.rest.empty()))
      return expected(line.verb, text);
    out_ = &out;
    run_until(line.now);
    lines_.taken(line);  // the time has passed, whatever else is wrong with the line
    if (line.verb == "down")
      go_down();
    else if (line.verb == "up")
      is_down_ = false;
    else
      return event(line, text);
    return {};
  }

 protected:
  struct User {
    std::optional<Caller> caller;  // while it has a connection or waits for one
    bool has_connection = false;
    Connection connection = 0;
  };

  virtual std::string event(const TimedLine& line, std::string_view text) = 0;
  virtual std::string expected(std::string_view verb, std::string_view text) const = 0;
  /// The other side is gone, and with it the connections that users have.
  virtual void lost_users() {}

  User& user(std::string_view name) { return users_[std::string(name)]; }
  void forget(std::string_view name) { users_.erase(users_.find(name)); }
  std::int64_t now() const { return now_; }

  void acquire(std::string_view name) {
    User& who = user(name);
    who.caller = pool_.acquire(now_);
    names_[*who.caller] = std::string(name);
    obey();
    if (const auto found = users_.find(name);
        found != users_.end() && found->second.caller && !found->second.has_connection)
      say(name, "waits");
  }
  void release(User& who, Returned how) {
    who.has_connection = false;
    who.caller.reset();
    pool_.release(now_, who.connection, how);
    obey();
  }
  /// What the users have, by name.
  std::map<std::string, User, std::less<>>& users() { return users_; }

  void obey() {
    while (const std::optional<Order> order = pool_.next()) carry_out(*order);
  }
  template <class... Args>
  void say(Args... words) {
    *out_ += seconds_text(now_);
    ((*out_ += fmt::format(" {}", words)), ...);
    *out_ += '\n';
  }

  /// Goes on while somebody waits who will be told.
  void finish(std::string& out) {
    out_ = &out;
    while (pool_.waiting() > 0 || !opening_.empty()) {
      const auto next = next_time();
      if (!next) return;
      run_until(*next);
    }
  }

 private:
  struct Opening {
    std::int64_t due = 0;
    Connection connection = 0;
  };

  std::optional<std::int64_t> next_time() const {
    std::optional<std::int64_t> next = pool_.next_tick();
    if (!opening_.empty() && (!next || opening_.front().due < *next)) next = opening_.front().due;
    return next;
  }

  void run_until(std::int64_t now) {
    for (auto next = next_time(); next && *next <= now; next = next_time()) {
      now_ = *next;
      if (!opening_.empty() && opening_.front().due <= now_) {
        const Connection connection = opening_.front().connection;
        opening_.pop_front();
        opened(connection);
      } else {
        pool_.tick(now_);
      }
      obey();
    }
    now_ = now;
  }

  void opened(Connection connection) {
    if (is_down_)
      pool_.failed(now_, connection);
    else
      pool_.done(now_, connection);
  }

  void carry_out(const Order& order) {
    switch (order.kind) {
      case Order::Kind::lend: {
        User& who = users_[names_[order.caller]];
        who.has_connection = true;
        who.connection = order.connection;
        return say(names_[order.caller], "gets", numbers_[order.connection]);
      }
      case Order::Kind::refuse: {
        const std::string name = names_[order.caller];
        forget(name);
        return say(name, "refused", refusal_text(order.refusal));
      }
      case Order::Kind::open:
        numbers_[order.connection] = ++opened_;
        say("opens", opened_);
        if (connect_time_ > 0)
          opening_.push_back({now_ + connect_time_, order.connection});
        else
          opened(order.connection);
        return;
      case Order::Kind::ping:
        say("pings", numbers_[order.connection]);
        if (is_down_ || numbers_[order.connection] <= dead_)
          pool_.failed(now_, order.connection);
        else
          pool_.done(now_, order.connection);
        return;
      case Order::Kind::reset:
        say("resets", numbers_[order.connection]);
        return pool_.done(now_, order.connection);
      case Order::Kind::close:
        std::erase_if(opening_,
                      [&](const Opening& one) { return one.connection == order.connection; });
        return say("closes", numbers_[order.connection]);
    }
  }

  void go_down() {
    is_down_ = true;
    dead_ = opened_;
    lost_users();
    pool_.severed(now_);
    obey();
  }

  resources::ConnectionPool& pool_;
  std::int64_t connect_time_;
  TimedLines lines_;
  std::string* out_ = nullptr;
  std::int64_t now_ = 0;
  std::map<std::string, User, std::less<>> users_;
  std::map<Caller, std::string> names_;
  std::map<Connection, std::uint64_t> numbers_;
  std::deque<Opening> opening_;  // the next to be open first
  std::uint64_t opened_ = 0;
  std::uint64_t dead_ = 0;  // connections up to that number were there when it went down
  bool is_down_ = false;
};

class QueuePoolSession final : public PoolSession {
 public:
  explicit QueuePoolSession(const PoolDriverParams<pool::QueuePoolParams>& params)
      : PoolSession(pool_, params.connect_time), pool_(params.pool.options()) {}

  void end(std::string& out) override { finish(out); }

 private:
  std::string event(const TimedLine& line, std::string_view text) override {
    const bool checks_out = line.verb == "checkout";
    const bool invalidates = line.verb == "invalidate";
    if (!checks_out && !invalidates && line.verb != "checkin") return expected(line.verb, text);
    const auto found = users().find(line.rest);
    if (checks_out) {
      if (found != users().end())
        return in_quotes(line.rest) + " has a connection already, or waits for one";
      acquire(line.rest);
      return {};
    }
    if (found == users().end() || !found->second.has_connection)
      return in_quotes(line.rest) + " has no connection";
    User who = found->second;
    forget(line.rest);
    release(who, invalidates ? Returned::severed : Returned::reusable);
    return {};
  }
  std::string expected(std::string_view verb, std::string_view text) const override {
    return expected_forms({"SECONDS checkout NAME", "SECONDS checkin NAME",
                           "SECONDS invalidate NAME", "SECONDS down", "SECONDS up"},
                          verb, text);
  }

  resources::QueuePool pool_;
};

class PgbouncerSession final : public PoolSession {
 public:
  explicit PgbouncerSession(const PoolDriverParams<pool::PgbouncerParams>& params)
      : PoolSession(pool_, params.connect_time),
        pool_(params.pool.options()),
        waits_for_ever_(params.pool.query_wait_timeout == Duration{0}) {}

  void end(std::string& out) override {
    if (!waits_for_ever_) finish(out);
  }

 private:
  std::string event(const TimedLine& line, std::string_view text) override {
    if (line.verb == "query") return query(line.rest);
    if (line.verb == "ready") return ready(line.rest, false);
    if (line.verb == "in_transaction") return ready(line.rest, true);
    if (line.verb == "quit") return quit(line.rest);
    return expected(line.verb, text);
  }
  std::string expected(std::string_view verb, std::string_view text) const override {
    return expected_forms(
        {"SECONDS query NAME", "SECONDS ready NAME", "SECONDS in_transaction NAME",
         "SECONDS quit NAME", "SECONDS down", "SECONDS up"},
        verb, text);
  }

  std::string query(std::string_view name) {
    const auto found = users().find(name);
    if (found == users().end()) {
      acquire(name);
    } else if (busy_.count(name) > 0) {
      return in_quotes(name) + " has not been answered yet";
    } else {
      pool_.query(now(), *found->second.caller);
      obey();
      if (const auto still = users().find(name);
          still != users().end() && !still->second.has_connection)
        say(name, "waits");
    }
    if (users().find(name) != users().end()) busy_.emplace(name);
    return {};
  }

  std::string ready(std::string_view name, bool in_transaction) {
    const auto found = users().find(name);
    if (found == users().end() || !found->second.has_connection || busy_.count(name) == 0)
      return in_quotes(name) + " has asked for nothing, or waits for a server";
    busy_.erase(busy_.find(name));
    const Caller caller = *found->second.caller;
    if (!pool_.ready(now(), caller, in_transaction)) {
      say(name, "thrown_out");
      forget(name);
    } else {
      found->second.has_connection = pool_.has_server(caller);
    }
    if (in_transaction)
      in_transaction_.emplace(name);
    else if (const auto was = in_transaction_.find(name); was != in_transaction_.end())
      in_transaction_.erase(was);
    obey();
    return {};
  }

  std::string quit(std::string_view name) {
    const auto found = users().find(name);
    if (found == users().end()) return in_quotes(name) + " is not connected";
    User who = found->second;
    const bool in_the_middle = busy_.count(name) > 0 || in_transaction_.count(name) > 0;
    leave(name);
    if (who.has_connection) {
      release(who, in_the_middle ? Returned::closed : Returned::reusable);
    } else {
      pool_.withdraw(now(), *who.caller);
      obey();
    }
    return {};
  }

  void lost_users() override {
    std::vector<std::string> names;
    for (const auto& [name, who] : users())
      if (who.has_connection) names.push_back(name);
    for (const std::string& name : names) {
      User who = users().find(name)->second;
      say(name, "thrown_out");
      leave(name);
      release(who, Returned::severed);
    }
  }

  void leave(std::string_view name) {
    forget(name);
    for (auto* set : {&busy_, &in_transaction_})
      if (const auto found = set->find(name); found != set->end()) set->erase(found);
  }

  resources::Pgbouncer pool_;
  bool waits_for_ever_;
  std::set<std::string, std::less<>> busy_;            // whose query is not answered yet
  std::set<std::string, std::less<>> in_transaction_;  // who has more to say
};

template <class S, class Pool>
Driver driver_of(About about) {
  about.family = "resources";
  using Params = PoolDriverParams<Pool>;
  return driver<Params>(std::move(about), [](const Params& params) -> std::unique_ptr<Session> {
    return std::make_unique<S>(params);
  });
}

constexpr const char* kDecisions =
    "SECONDS NAME gets N, SECONDS NAME waits, SECONDS NAME refused WHY; SECONDS opens N, closes N";

}  // namespace

std::vector<Driver> pooling() {
  std::vector<Driver> drivers;
  drivers.push_back(driver_of<QueuePoolSession, pool::QueuePoolParams>(
      {"queue_pool", "", "SQLAlchemy's pool of connections.",
       "SQLAlchemy 1.4.46 pool/impl.py, pool/base.py",
       "SECONDS checkout NAME, SECONDS checkin NAME, SECONDS invalidate NAME (its connection "
       "broke); "
       "SECONDS down and SECONDS up of the other side",
       std::string(kDecisions) + ", pings N",
       "printf '%s\\n' '0 checkout a' '1 checkout b' '2 checkin a' | highwater algorithm "
       "queue_pool --pool-size 1 --max-overflow 0"}));
  drivers.push_back(driver_of<PgbouncerSession, pool::PgbouncerParams>(
      {"pgbouncer", "", "pgbouncer's pool of server connections.",
       "pgbouncer 13a344f src/objects.c, src/janitor.c",
       "SECONDS query NAME (who connects with its first), SECONDS ready NAME (it is answered), "
       "SECONDS in_transaction NAME (answered, within a transaction), SECONDS quit NAME; SECONDS "
       "down and SECONDS up of the database",
       std::string(kDecisions) + ", resets N; SECONDS NAME thrown_out",
       "printf '%s\\n' '0 query a' '0 query b' '1 ready a' | highwater algorithm pgbouncer "
       "--pool-mode transaction --default-pool-size 1"}));
  return drivers;
}

}  // namespace highwater::drivers
