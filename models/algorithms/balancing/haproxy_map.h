#pragma once

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/haproxy.h"

namespace highwater::balancing {

/// What haproxy_static_rr and the map-based hashes share: a map of servers in which each stands as
/// often as its weight says, well mixed; it is made anew whenever a server comes or goes.
///
/// Weights are first divided by their greatest common divisor. Where backups stand in, a lone first
/// backup of weight 1 gets everything, but one of a higher weight shares its places with the
/// further ones: the map is made over all of them.
///
/// Assumes  another weight set on the way (HAProxy refuses all but 0 and the configured one)
///          counts as configured so.
/// Source   HAProxy 2.6.12 src/lb_map.c.
/// Checked  tests/algorithms/haproxy_test.cpp; tests/reality/haproxy_balancing.py.
class HaproxyMap : public Haproxy {
 public:
  HaproxyMap(std::vector<Target> targets, const HaproxyOptions& options)
      : Haproxy(std::move(targets), options, 1) {
    for (std::size_t i = 0; i < size(); ++i) configured_.push_back(configured_weight(i));
    rebuild();
  }

 protected:
  const std::vector<std::uint32_t>& map() const { return map_; }

  /// The map's servers in turn; O(1), and one step per place of a full server.
  Pick next_in_turn(const Question& question) {
    if (map_.empty()) return std::nullopt;
    if (turn_ >= map_.size()) turn_ = 0;
    const Pick avoid = to_avoid(question);
    Pick avoided;
    std::size_t avoided_turn = 0;
    std::size_t at = turn_;
    do {
      const std::size_t i = map_[at++];
      if (!saturated(i, question.now)) {
        if (i != avoid) {
          turn_ = at;
          return i;
        }
        avoided = i;
        avoided_turn = at;
      }
      if (at == map_.size()) at = 0;
    } while (at != turn_);
    if (avoided) turn_ = avoided_turn;
    return avoided;
  }

 private:
  void came_up(std::size_t) override { rebuild(); }
  void went_down(std::size_t) override { rebuild(); }
  void reweighted(std::size_t, std::uint32_t) override { rebuild(); }

  /// O(n * sum of the weights).
  void rebuild() {
    std::uint32_t divisor = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      if (configured_weight(i) > 0) configured_[i] = configured_weight(i);
      divisor = std::gcd(divisor, configured_[i]);
    }
    map_.clear();
    if (nobody_works()) return;
    const auto part = [&](std::size_t i) { return effective_weight(i) / divisor; };
    std::vector<std::uint32_t> members;
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      if (!takes_part(i) || target(i).backup != (working_group() == 1)) continue;
      members.push_back(static_cast<std::uint32_t>(i));
      sum += part(i);
    }
    fill(members, lone_backup() ? part(*lone_backup()) : sum, part);
  }

  template <class Part>
  void fill(const std::vector<std::uint32_t>& members, std::uint32_t places, const Part& part) {
    if (places == 1) {
      map_.push_back(members.front());
      return;
    }
    std::vector<std::uint32_t> scores(members.size(), 0);
    for (std::uint32_t place = 0; place < places; ++place) {
      std::size_t best = 0;
      std::uint32_t most = 0;
      for (std::size_t m = 0; m < members.size(); ++m) {
        scores[m] += part(members[m]);
        const std::uint32_t turns = (scores[m] + places) / places;  // unsigned, as HAProxy's
        if (m == 0 || static_cast<std::int32_t>(turns) > static_cast<std::int32_t>(most)) {
          most = turns;
          best = m;
        }
      }
      map_.push_back(members[best]);
      scores[best] -= places;
    }
  }

  std::vector<std::uint32_t> configured_;  // the last weight of each that was not 0
  std::vector<std::uint32_t> map_;
  std::size_t turn_ = 0;
};

/// balancing haproxy_static_rr: in turn by fixed weights.
///
/// Source   HAProxy 2.6.12 src/lb_map.c, map_get_server_rr.
/// Checked  tests/algorithms/haproxy_test.cpp: recorded picks for 3 sets of weights.
class HaproxyStaticRoundRobin final : public HaproxyMap {
 public:
  explicit HaproxyStaticRoundRobin(std::vector<Target> targets, const HaproxyOptions& options = {})
      : HaproxyMap(std::move(targets), options) {}

 private:
  Pick choose(const Question& question, AnyBits&) override {
    advance(question.now);
    return next_in_turn(question);
  }
};

}  // namespace highwater::balancing
