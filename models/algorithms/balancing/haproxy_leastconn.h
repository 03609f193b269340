#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/haproxy.h"
#include "models/algorithms/balancing/haproxy_order.h"

namespace highwater::balancing {

/// balancing haproxy_leastconn: the server with the fewest requests per weight.
///
/// Servers stand in a row by (requests + 1) * 4096 / weight, idle ones first, equals in the order
/// in which they came to their number: so idle servers are used in turn.
///
/// Assumes  no maxqueue: a full server is passed over (with one it may be picked, to wait there).
///          HAProxy 3 spreads equals at random over several rows; that is another algorithm.
/// Source   HAProxy 2.6.12 src/lb_fwlc.c.
/// Checked  tests/algorithms/haproxy_test.cpp: recorded scripts of requests begun and ended;
///          tests/reality/haproxy_balancing.py.
class HaproxyLeastConn final : public Haproxy {
 public:
  explicit HaproxyLeastConn(std::vector<Target> targets, const HaproxyOptions& options = {})
      : Haproxy(std::move(targets), options, HaproxySlowStart::kScale), keys_(size()) {
    for (std::size_t i = 0; i < size(); ++i)
      if (takes_part(i)) came_up(i);
  }

 private:
  HaproxyOrder& row_of(std::size_t i) { return rows_[target(i).backup]; }

  std::uint32_t key_of(std::size_t i) const {
    if (in_flight(i) == 0) return 0;
    return (in_flight(i) + 1) * 256 * HaproxySlowStart::kScale / effective_weight(i);
  }

  /// O(1) plus one step per full server in front. A request begun or ended moves its server.
  Pick choose(const Question& question, AnyBits&) override {
    advance(question.now);
    if (const auto lone = lone_backup()) return unless_saturated(*lone, question.now);
    const Pick avoid = to_avoid(question);
    Pick avoided;
    for (const HaproxyOrder::Entry& entry : rows_[working_group()]) {
      if (saturated(entry.server, question.now)) continue;
      if (entry.server != avoid) return entry.server;
      avoided = entry.server;
    }
    return avoided;
  }

  void began(std::size_t i, const Question&) override { reposition(i); }
  void ended(std::size_t i, const Ending& ending) override {
    advance(ending.now);
    reposition(i);
  }

  void reposition(std::size_t i) {
    if (takes_part(i) && key_of(i) != keys_[i]) move(i);
  }
  void move(std::size_t i) {
    went_down(i);
    came_up(i);
  }

  void came_up(std::size_t i) override {
    keys_[i] = key_of(i);
    row_of(i).insert(keys_[i], static_cast<std::uint32_t>(i));
  }
  void went_down(std::size_t i) override {
    row_of(i).erase(keys_[i], static_cast<std::uint32_t>(i));
  }
  void reweighted(std::size_t i, std::uint32_t) override { move(i); }

  std::array<HaproxyOrder, 2> rows_;  // active servers, backups
  std::vector<std::uint32_t> keys_;
};

/// balancing haproxy_first: the first server with room, in the order of the configuration: the
/// fewest servers are used, for those that are switched off when idle.
///
/// Weights count only as zero or not. Without maxconn the first server gets everything.
///
/// Source   HAProxy 2.6.12 src/lb_fas.c.
/// Checked  tests/algorithms/haproxy_test.cpp: a recorded script of requests begun and ended.
class HaproxyFirst final : public Haproxy {
 public:
  explicit HaproxyFirst(std::vector<Target> targets, const HaproxyOptions& options = {})
      : Haproxy(std::move(targets), options, HaproxySlowStart::kScale) {}

 private:
  /// O(n), but one step while the first server has room.
  Pick choose(const Question& question, AnyBits&) override {
    advance(question.now);
    if (const auto lone = lone_backup()) return unless_saturated(*lone, question.now);
    if (nobody_works()) return std::nullopt;
    const bool backups = working_group() == 1;
    const Pick avoid = to_avoid(question);
    Pick avoided;
    for (std::size_t i = 0; i < size(); ++i) {
      if (!takes_part(i) || target(i).backup != backups || saturated(i, question.now)) continue;
      if (i != avoid) return i;
      avoided = i;
    }
    return avoided;
  }

  void came_up(std::size_t) override {}
  void went_down(std::size_t) override {}
  void reweighted(std::size_t, std::uint32_t) override {}
};

}  // namespace highwater::balancing
