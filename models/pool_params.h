#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "engine/describe/field.h"
#include "engine/describe/said.h"
#include "engine/describe/words.h"
#include "models/algorithms/resources/pgbouncer.h"
#include "models/algorithms/resources/queue_pool.h"

namespace highwater {

namespace resources {

constexpr auto words_of(PoolMode) {
  return std::array{Word{PoolMode::session, "session", "Until the client goes; then it is reset."},
                    Word{PoolMode::transaction, "transaction", "For a transaction."},
                    Word{PoolMode::statement, "statement",
                         "For a statement; transactions of several are not allowed."}};
}

}  // namespace resources

namespace pool {

/// No pool is larger than this.
inline constexpr std::uint32_t kMostConnections = 1'000'000;

/// How many connections there may be beyond a pool's size; -1: any number.
struct Overflow {
  std::int32_t most = resources::QueuePoolOptions{}.max_overflow;
};

}  // namespace pool

/// 10 or -1.
template <>
struct Quantity<pool::Overflow> {
  static const TypeInfo& type() {
    static const TypeInfo info = [] {
      TypeInfo type;
      type.name = "pool_overflow";
      type.shape = Shape::kQuantity;
      type.expects = "a number of connections up to " + std::to_string(pool::kMostConnections) +
                     ", or -1 for any number";
      type.pattern = "-1|[0-9]+";
      type.numbers = Numbers::kWhole;
      return type;
    }();
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   pool::Overflow& out) {
    const std::string text = value.is_number()   ? value.number_text()
                             : value.is_string() ? value.text()
                                                 : std::string();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.most);
    if (error != std::errc() || end != text.data() + text.size() || out.most < -1 ||
        out.most > static_cast<std::int32_t>(pool::kMostConnections))
      return report_unexpected(value, path, type(), problems);
    return true;
  }
  static Value write(const pool::Overflow& value) { return Value::number(value.most); }
};

namespace pool {

// What pools of connections may be told, a struct for each product: in scenarios, and by
// `highwater algorithm`.

/// Reports a parameter that says something that has no meaning, and why.
template <class P>
void report_idle(const Value& where, std::string_view name, const std::string& why,
                 const std::string& path, Problems& problems) {
  if (const Value* const given = said<P>(where, name))
    problems.error(given->position(), pointer_to(path, name), why);
}

struct QueuePoolParams {
  using Defaults = resources::QueuePoolOptions;
  std::uint32_t size = Defaults{}.pool_size;
  Overflow max_overflow;
  Duration timeout{Defaults{}.timeout};
  bool use_lifo = Defaults{}.use_lifo;
  std::optional<Duration> recycle;
  bool pre_ping = Defaults{}.pre_ping;

  static constexpr auto fields() {
    using P = QueuePoolParams;
    return Fields{
        field<&P::size>("Connections that are kept; 0: any number.")
            .known_as("pool_size")
            .at_most(kMostConnections)
            .source("SQLAlchemy QueuePool"),
        field<&P::max_overflow>("Further connections while they are in use; they are closed when "
                                "they come back and enough are idle. -1: any number.")
            .source("SQLAlchemy QueuePool"),
        field<&P::timeout>("How long one waits for a connection before it is refused.")
            .bare("s")
            .source("SQLAlchemy QueuePool"),
        field<&P::use_lifo>("Lends the connection that came back last, so that the others grow "
                            "idle, and not the one that is idle for longest."),
        field<&P::recycle>("A connection older than this is replaced when it is to be lent; never "
                           "unless given.")
            .bare("s"),
        field<&P::pre_ping>("Tries a connection before it is lent again, and replaces it where "
                            "the other side has closed it."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (size == 0)
      report_idle<QueuePoolParams>(where, "max_overflow",
                                   "a pool of size 0 has no limit, so nothing can be beyond it",
                                   path, problems);
    if (size == 0 || max_overflow.most < 0)
      report_idle<QueuePoolParams>(where, "timeout", "nobody waits for a pool without limit", path,
                                   problems);
  }
  resources::QueuePoolOptions options() const {
    resources::QueuePoolOptions options;
    options.pool_size = size;
    options.max_overflow = max_overflow.most;
    options.timeout = timeout.count();
    options.use_lifo = use_lifo;
    if (recycle) options.recycle = recycle->count();
    options.pre_ping = pre_ping;
    return options;
  }
};

struct PgbouncerParams {
  using Defaults = resources::PgbouncerOptions;
  resources::PoolMode pool_mode = Defaults{}.pool_mode;
  std::uint32_t default_pool_size = Defaults{}.default_pool_size;
  std::uint32_t min_pool_size = Defaults{}.min_pool_size;
  std::uint32_t reserve_pool_size = Defaults{}.reserve_pool_size;
  Duration reserve_pool_timeout{Defaults{}.reserve_pool_timeout};
  std::uint32_t max_client_conn = Defaults{}.max_client_conn;
  Duration query_wait_timeout{Defaults{}.query_wait_timeout};
  Duration server_lifetime{Defaults{}.server_lifetime};
  Duration server_idle_timeout{Defaults{}.server_idle_timeout};
  Duration server_connect_timeout{Defaults{}.server_connect_timeout};
  Duration server_login_retry{Defaults{}.server_login_retry};
  bool server_round_robin = Defaults{}.server_round_robin;

  static constexpr auto fields() {
    using P = PgbouncerParams;
    return Fields{
        field<&P::pool_mode>("For how long a client keeps a server connection."),
        field<&P::default_pool_size>("Server connections; 0: any number.")
            .at_most(kMostConnections),
        field<&P::min_pool_size>("Server connections that are kept open while there are clients.")
            .at_most(kMostConnections),
        field<&P::reserve_pool_size>("Further ones where a client waits for too long.")
            .at_most(kMostConnections),
        field<&P::reserve_pool_timeout>("What is too long.").bare("s").at_least(Duration{1}),
        field<&P::max_client_conn>("Clients that are connected or wait; one more is refused.")
            .at_least(1u)
            .at_most(kMostConnections),
        field<&P::query_wait_timeout>("How long a client waits before it is refused; \"0s\": for "
                                      "ever.")
            .bare("s"),
        field<&P::server_lifetime>("Server connections older than this are closed when nobody "
                                   "uses them; \"0s\": after one use.")
            .bare("s"),
        field<&P::server_idle_timeout>("Server connections idle for longer are closed; \"0s\": "
                                       "none is.")
            .bare("s"),
        field<&P::server_connect_timeout>("Gives up opening a server connection after so long; "
                                          "\"0s\": never.")
            .bare("s"),
        field<&P::server_login_retry>("Opens none for so long after one could not be opened.")
            .bare("s"),
        field<&P::server_round_robin>("Lends the server connection that is idle for longest, not "
                                      "the one that came back last."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    using P = PgbouncerParams;
    if (default_pool_size == 0) {
      const std::string why = "a pool of size 0 has no limit";
      report_idle<P>(where, "reserve_pool_size", why + ", so it needs no reserve", path, problems);
      report_idle<P>(where, "min_pool_size", why + ", and pgbouncer keeps none of it open", path,
                     problems);
    } else if (min_pool_size > default_pool_size) {
      report_idle<P>(where, "min_pool_size",
                     "more connections cannot be kept open than there may be: "
                     "default_pool_size is " +
                         std::to_string(default_pool_size),
                     path, problems);
    }
    if (reserve_pool_size == 0)
      report_idle<P>(where, "reserve_pool_timeout", "there is no reserve without reserve_pool_size",
                     path, problems);
  }
  resources::PgbouncerOptions options() const {
    return {pool_mode,
            default_pool_size,
            min_pool_size,
            reserve_pool_size,
            reserve_pool_timeout.count(),
            max_client_conn,
            query_wait_timeout.count(),
            server_lifetime.count(),
            server_idle_timeout.count(),
            server_connect_timeout.count(),
            server_login_retry.count(),
            server_round_robin};
  }
};

}  // namespace pool
}  // namespace highwater
