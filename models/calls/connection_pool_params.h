#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "engine/describe/one_of.h"
#include "models/pool_params.h"

namespace highwater {

/// What stands beside a pool's own options, whatever the pool.
struct ConnectionParams {
  Distribution connect_time = Distribution::constant(Duration{0});
  Fraction leak{0};

  static constexpr auto fields() {
    return Fields{
        field<&ConnectionParams::connect_time>("How long a connection takes to open."),
        field<&ConnectionParams::leak>("Share of the calls that never give their connection back."),
    };
  }
};

struct QueuePoolForm {
  pool::QueuePoolParams pool;
  ConnectionParams connections;
  Duration connect_timeout = 127s;
  Distribution ping_time = Distribution::constant(Duration{0});

  static constexpr std::string_view doc =
      "A pool in each calling instance, as SQLAlchemy's QueuePool.";
  static constexpr auto fields() {
    using P = QueuePoolForm;
    return Fields{
        inlined<&P::pool>(),
        inlined<&P::connections>(),
        field<&P::connect_timeout>("Gives up opening a connection after so long.")
            .at_least(Duration{1})
            .source("Linux tcp_syn_retries 6"),
        field<&P::ping_time>("How long a ping takes; with pre_ping."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (!pool.pre_ping)
      pool::report_idle<QueuePoolForm>(where, "ping_time", "without pre_ping nothing is pinged",
                                       path, problems);
  }
  std::unique_ptr<resources::ConnectionPool> make(std::int64_t) const {
    return std::make_unique<resources::QueuePool>(pool.options());
  }
  /// How long a connection takes to be made ready for its next user.
  const Distribution& preparation() const { return ping_time; }
  Duration gives_up_connecting() const { return connect_timeout; }
};

struct PgbouncerForm {
  pool::PgbouncerParams pgbouncer;
  ConnectionParams connections;
  Distribution reset_time = Distribution::constant(Duration{0});

  static constexpr auto fields() {
    using P = PgbouncerForm;
    return Fields{
        field<&P::pgbouncer>("A pgbouncer beside each calling instance. A call is a client that "
                             "connects, makes one transaction of one statement and goes."),
        inlined<&P::connections>(),
        field<&P::reset_time>("How long server_reset_query takes after each call; with pool_mode "
                              "session."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (pgbouncer.pool_mode != resources::PoolMode::session)
      pool::report_idle<PgbouncerForm>(
          where, "reset_time", "connections are reset with pool_mode session only", path, problems);
  }
  std::unique_ptr<resources::ConnectionPool> make(std::int64_t now) const {
    return std::make_unique<resources::Pgbouncer>(pgbouncer.options(), now);
  }
  const Distribution& preparation() const { return reset_time; }
  /// pgbouncer gives up by itself.
  Duration gives_up_connecting() const { return kLongestRun; }
};

/// A pool of connections on the caller's side: {"size": 20, …} or {"pgbouncer": {…}, …}.
struct ConnectionPoolParams : OneOf<QueuePoolForm, PgbouncerForm> {
  using OneOf::OneOf;
  static constexpr bool words = true;
  static constexpr std::string_view type_name = "connection_pool";

  const ConnectionParams& connections() const {
    return std::visit([](const auto& one) -> const ConnectionParams& { return one.connections; },
                      form);
  }
  std::unique_ptr<resources::ConnectionPool> make(std::int64_t now) const {
    return std::visit([now](const auto& one) { return one.make(now); }, form);
  }
  const Distribution& preparation() const {
    return std::visit([](const auto& one) -> const Distribution& { return one.preparation(); },
                      form);
  }
  Duration gives_up_connecting() const {
    return std::visit([](const auto& one) { return one.gives_up_connecting(); }, form);
  }
};

}  // namespace highwater
