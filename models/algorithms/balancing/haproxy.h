#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/balancer.h"
#include "models/algorithms/hashing/haproxy_hash.h"

namespace highwater::balancing {

/// The parts of a HAProxy backend that the configuration sets for all its servers.
struct HaproxyOptions {
  bool all_backups = false;     ///< option allbackups; else the first usable backup works alone.
  std::uint32_t full_load = 0;  ///< fullconn: requests at which minconn gives way to maxconn; 0:
                                ///< always (HAProxy: 10 % of what the frontends admit).
  bool consistent = false;      ///< hash-type consistent; else map-based.
  /// hash-type's function. Where none is named it is sdbm, and with `consistent` also avalanche.
  std::optional<hashing::HaproxyFunction> function = std::nullopt;
  bool avalanche = false;            ///< hash-type's modifier.
  std::uint32_t balance_factor = 0;  ///< hash-balance-factor, percent; 0: no bound on the load.
  std::uint32_t draws = 2;           ///< balance random(draws); at least 1.
};

/// haproxy_dynamic_limit: how many requests a server may hold at a time: srv_dynamic_maxconn.
///
/// Between minconn and maxconn in proportion to the backend's load; a server that warms up gets the
/// elapsed share of that in whole percent, at least 1. No maxconn means no limit: do not ask.
///
/// Source   HAProxy 2.6.12 src/queue.c, srv_dynamic_maxconn; include/haproxy/server.h,
///          srv_minmax_conn_apply.
/// Checked  tests/algorithms/haproxy_test.cpp: the numbers of the formula at its edges.
inline std::uint32_t haproxy_dynamic_limit(std::uint32_t minimum, std::uint32_t maximum,
                                           std::uint64_t backend_load, std::uint32_t full_load) {
  maximum = std::max(maximum, minimum);
  if (minimum == 0 || minimum == maximum || backend_load >= full_load) return maximum;
  return std::max(minimum, static_cast<std::uint32_t>(backend_load * maximum / full_load));
}

/// haproxy_slow_start: a server that came back up works its way to full weight and limit.
///
/// Weights move in sixteenths of the configured weight, once a second; the limit in whole percents,
/// and with the clock. The clock counts whole seconds.
///
/// Source   HAProxy 2.6.12 src/server.c, server_recalc_eweight and server_warmup (which compares
///          milliseconds with seconds, so that its twentieths of the time are never used below
///          20,000 s); src/queue.c, srv_dynamic_maxconn.
/// Checked  tests/algorithms/haproxy_test.cpp: the ramp as computed from the formula.
class HaproxySlowStart {
 public:
  static constexpr std::uint32_t kScale = 16;  ///< BE_WEIGHT_SCALE
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  explicit HaproxySlowStart(std::int64_t duration) : duration_(rounded_up(duration)) {}

  void begin(std::int64_t now) {
    if (duration_ == 0) return;
    warming_ = true;
    since_ = now / kSecond;
    schedule(now);
  }
  void stop() { warming_ = false; }

  /// When step() is due; the end of time where it never is.
  std::int64_t due() const { return due_; }

  /// Sixteenths of the weight that count from now on; ends the warm-up when its time is over.
  std::uint32_t sixteenths(std::int64_t now) {
    const std::int64_t elapsed = now / kSecond - since_;
    if (elapsed >= duration_) warming_ = false;
    if (!warming_) return kScale;
    return static_cast<std::uint32_t>((kScale * elapsed + duration_) / duration_);
  }

  /// The task that HAProxy runs once a second: true where the weight must be computed anew.
  bool step(std::int64_t now) {
    due_ = kNever;
    if (!warming_) return false;
    if (now / kSecond - since_ < duration_) schedule(now);
    return true;
  }

  std::uint32_t limit(std::uint32_t full, std::int64_t now) const {
    const std::int64_t elapsed = now / kSecond - since_;
    if (!warming_ || elapsed >= duration_) return full;
    const std::int64_t percent = 100 * elapsed / duration_;
    return std::max(1u, static_cast<std::uint32_t>(full * percent / 100));
  }

 private:
  static constexpr std::int64_t kSecond = 1'000'000'000;
  static constexpr std::int64_t kMillisecond = 1'000'000;

  static std::int64_t rounded_up(std::int64_t nanoseconds) {
    const std::int64_t milliseconds = std::max<std::int64_t>(nanoseconds, 0) / kMillisecond;
    return (milliseconds + 999) / 1000;
  }

  void schedule(std::int64_t now) {
    const std::int64_t interval = std::max<std::int64_t>(1000, duration_ / 20) * kMillisecond;
    due_ = std::min(due_, now + interval);  // what is under way already comes first
  }

  std::int64_t duration_ = 0;  // seconds
  std::int64_t since_ = 0;     // seconds
  std::int64_t due_ = kNever;
  bool warming_ = false;
};

/// What all HAProxy algorithms share: which servers take part, with what effective weight, and when
/// the backups stand in.
///
/// Backups work while no active server is usable: the first usable one alone, or with all_backups
/// all of them by the algorithm. A server of weight 0 takes no part. Only the target tried last is
/// passed over, and not even that where no other is left: HAProxy redispatches so (`tried` is what
/// retries have left behind).
///
/// Assumes  one thread. A request that finds its server full, or all servers full, is not picked
///          for: it waits, and queues are the caller's business (HAProxy keeps one per server and
///          one per backend). So minconn's load counts the requests in flight and the one that
///          asks, not those that wait. Weights are cut to 256, which is the most HAProxy takes.
/// Source   HAProxy 2.6.12 src/backend.c (recount_servers, update_backend_weight, assign_server),
///          src/server.c (srv_update_status, server_recalc_eweight).
/// Checked  tests/algorithms/haproxy_test.cpp
class Haproxy : public Balancer {
 public:
  Haproxy(std::vector<Target> targets, const HaproxyOptions& options, std::uint32_t scale)
      : Balancer(std::move(targets)), options_(options), scale_(scale) {
    servers_.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) {
      servers_.push_back({.slow_start = HaproxySlowStart(target(i).slow_start)});
      Server& server = servers_[i];
      server.weight = configured_weight(i) * scale;
      server.takes_part = usable(i) && server.weight > 0;
      if (server.takes_part) count_in(i);
      server.limited = target(i).max_in_flight != 0 || target(i).min_in_flight != 0;
    }
  }

 protected:
  const HaproxyOptions& options() const { return options_; }

  std::uint32_t configured_weight(std::size_t i) const { return std::min(weight(i), 256u); }
  /// In the unit the algorithm works with: sixteenths for the dynamic ones.
  std::uint32_t effective_weight(std::size_t i) const { return servers_[i].weight; }
  bool takes_part(std::size_t i) const { return servers_[i].takes_part; }

  /// Which servers work just now.
  bool actives_work() const { return sums_[0].servers > 0; }
  std::optional<std::size_t> lone_backup() const {
    return actives_work() || options_.all_backups ? std::nullopt : first_backup_;
  }
  bool nobody_works() const { return sums_[0].servers == 0 && sums_[1].servers == 0; }
  /// 0 for the active ones, 1 for the backups.
  std::size_t working_group() const { return actives_work() ? 0 : 1; }
  std::uint32_t working_servers() const {
    return lone_backup() ? 1 : sums_[working_group()].servers;
  }
  std::uint32_t working_weight() const {
    const std::optional<std::size_t> lone = lone_backup();
    return lone ? servers_[*lone].weight : sums_[working_group()].weight;
  }

  bool saturated(std::size_t i, std::int64_t now) const {
    if (!servers_[i].limited) return false;
    const std::uint32_t limit = haproxy_dynamic_limit(
        target(i).min_in_flight, target(i).max_in_flight, in_flight() + 1, options_.full_load);
    return in_flight(i) >= servers_[i].slow_start.limit(limit, now);
  }
  Pick unless_saturated(std::size_t i, std::int64_t now) const {
    return saturated(i, now) ? std::nullopt : Pick(i);
  }

  static Pick to_avoid(const Question& question) {
    return question.tried.empty() ? std::nullopt : Pick(question.tried.back());
  }

  /// To be called with the time of every event, first: servers that warm up change weight by it.
  void advance(std::int64_t now) {
    while (next_step_ <= now && next_step_ != HaproxySlowStart::kNever) step_slow_starts();
  }

  /// The server takes part from now on, with its effective weight.
  virtual void came_up(std::size_t i) = 0;
  /// It no longer does; its effective weight is still that of before.
  virtual void went_down(std::size_t i) = 0;
  /// It goes on with another effective weight than `before`.
  virtual void reweighted(std::size_t i, std::uint32_t before) = 0;

 private:
  struct Server {
    HaproxySlowStart slow_start;
    std::uint32_t weight = 0;
    bool takes_part = false;
    bool limited = false;
  };
  struct Sums {
    std::uint32_t servers = 0;
    std::uint32_t weight = 0;
  };

  void count_in(std::size_t i) {
    Sums& sums = sums_[target(i).backup];
    ++sums.servers;
    sums.weight += servers_[i].weight;
    if (target(i).backup) find_first_backup();
  }
  void count_out(std::size_t i) {
    Sums& sums = sums_[target(i).backup];
    --sums.servers;
    sums.weight -= servers_[i].weight;
    if (target(i).backup) find_first_backup();
  }
  void find_first_backup() {
    first_backup_ = std::nullopt;
    for (std::size_t i = 0; i < servers_.size() && !first_backup_; ++i)
      if (target(i).backup && servers_[i].takes_part) first_backup_ = i;
  }

  void update(std::size_t i, std::int64_t now) {
    Server& server = servers_[i];
    const bool dynamic = scale_ == HaproxySlowStart::kScale;
    const std::uint32_t weight =
        configured_weight(i) * (dynamic ? server.slow_start.sixteenths(now) : scale_);
    const std::uint32_t before = server.weight;
    const bool takes_part = usable(i) && weight > 0;
    if (server.takes_part && takes_part && weight != before) {
      sums_[target(i).backup].weight += weight - before;
      server.weight = weight;
      reweighted(i, before);
    } else if (server.takes_part && !takes_part) {
      server.takes_part = false;
      count_out(i);
      went_down(i);
      server.weight = weight;
    } else if (!server.takes_part && takes_part) {
      server.weight = weight;
      server.takes_part = true;
      count_in(i);
      came_up(i);
    } else {
      server.weight = weight;
    }
  }

  void usable_changed(std::size_t i, std::int64_t now) override {
    advance(now);
    HaproxySlowStart& slow_start = servers_[i].slow_start;
    if (usable(i)) {
      slow_start.begin(now);
      next_step_ = std::min(next_step_, slow_start.due());
    } else {
      slow_start.stop();
    }
    update(i, now);
  }
  void weight_changed(std::size_t i, std::int64_t now) override {
    advance(now);
    update(i, now);
  }

  /// Lets every server that is due next take its step, in their order.
  void step_slow_starts() {
    const std::int64_t now = next_step_;
    next_step_ = HaproxySlowStart::kNever;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      HaproxySlowStart& slow_start = servers_[i].slow_start;
      if (slow_start.due() <= now && slow_start.step(now)) update(i, now);
      next_step_ = std::min(next_step_, slow_start.due());
    }
  }

  HaproxyOptions options_;
  std::uint32_t scale_;
  std::vector<Server> servers_;
  Sums sums_[2];  // active servers, backups
  std::optional<std::size_t> first_backup_;
  std::int64_t next_step_ = HaproxySlowStart::kNever;
};

}  // namespace highwater::balancing
