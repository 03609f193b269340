#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/math/math.h"
#include "models/algorithms/balancing/envoy_balancer.h"
#include "models/algorithms/balancing/envoy_edf.h"

namespace highwater::balancing {

/// balancing EnvoyScheduled: what Envoy's round robin and least request have in common.
///
/// Per list of targets: where all weights are equal and nobody is in slow start, Rule picks by
/// itself; otherwise an EdfScheduler does, by the weights that Rule gives at each pick.
///
/// Source   Envoy source/extensions/load_balancing_policies/common/load_balancer_impl.cc,
///          EdfLoadBalancerBase::refresh and chooseHostOnce.
/// Checked  tests/algorithms/envoy_test.cpp
template <class Rule>
class EnvoyScheduled {
 public:
  static constexpr bool kReadsKey = false;

  EnvoyScheduled(const EnvoyTargets& targets, const std::vector<std::uint32_t>& members,
                 const EnvoyOptions& options)
      : targets_(targets),
        options_(options.hosts),
        rule_(options),
        sets_(targets, members, options.hosts),
        schedules_(sets_.lists()),
        turns_(sets_.lists(), 0) {}

  void touch(std::size_t target) { sets_.touch(target); }

  /// O(1) for equal weights, O(log n) for others; O(n) after a change of health or weight.
  Pick choose(const Question& question, AnyBits& bits) {
    if (!started_) {
      started_ = true;
      seed_ = bits.bits();
      for (std::uint64_t& turn : turns_) turn = seed_;
    }
    sets_.refresh(bits, [&](std::size_t level) { reschedule(level, question.now); });
    return envoy_draw(targets_, options_, question, [&](std::uint32_t) {
      const std::uint64_t hash = bits.bits();  // Envoy draws it even where only one level is
      const auto list = sets_.choose(hash, bits);
      if (!list) return EnvoyDraw{};
      const std::vector<std::uint32_t>& hosts = sets_.hosts(*list);
      if (EdfScheduler* schedule = schedules_[*list] ? &*schedules_[*list] : nullptr) {
        const auto place = schedule->pick(
            [&](std::uint32_t i) { return rule_.weight(targets_, hosts[i], question.now); });
        return EnvoyDraw{&hosts, *place};
      }
      if (hosts.empty()) return EnvoyDraw{};
      return EnvoyDraw{&hosts, rule_.pick(targets_, hosts, turns_[*list], bits)};
    });
  }

 private:
  void reschedule(std::size_t level, std::int64_t now) {
    for (std::uint32_t list = sets_.first_list(level); list < sets_.first_list(level + 1); ++list) {
      const std::vector<std::uint32_t>& hosts = sets_.hosts(list);
      schedules_[list].reset();
      if (hosts.size() <= 1) continue;
      if (!rule_.always_scheduled() && equal_weights(hosts) && !targets_.slow_start.active(now))
        continue;
      schedules_[list] = EdfScheduler::with_picks(
          static_cast<std::uint32_t>(hosts.size()),
          [&](std::uint32_t i) { return rule_.weight(targets_, hosts[i], now); },
          static_cast<std::uint32_t>(seed_));
    }
  }

  bool equal_weights(const std::vector<std::uint32_t>& hosts) const {
    const std::uint32_t first = targets_.balancer.weight(hosts[0]);
    for (const std::uint32_t host : hosts)
      if (targets_.balancer.weight(host) != first) return false;
    return true;
  }

  const EnvoyTargets& targets_;
  const EnvoyHostOptions& options_;
  Rule rule_;
  EnvoyHostSets sets_;
  bool started_ = false;
  std::uint64_t seed_ = 0;
  std::vector<std::optional<EdfScheduler>> schedules_;
  std::vector<std::uint64_t> turns_;
};

struct EnvoyRoundRobinRule {
  explicit EnvoyRoundRobinRule(const EnvoyOptions&) {}
  bool always_scheduled() const { return false; }
  double weight(const EnvoyTargets& targets, std::uint32_t host, std::int64_t now) const {
    return targets.balancer.weight(host) * targets.slow_start.factor(host, now);
  }
  std::size_t pick(const EnvoyTargets&, const std::vector<std::uint32_t>& hosts,
                   std::uint64_t& turn, AnyBits&) const {
    return static_cast<std::size_t>(turn++ % hosts.size());
  }
};

/// balancing envoy_round_robin: the healthy targets in turn, from a random one on; by an earliest
/// deadline schedule if their weights differ.
///
/// Source   Envoy source/extensions/load_balancing_policies/round_robin/round_robin_lb.h.
/// Checked  tests/algorithms/envoy_test.cpp: the picks that Envoy's load_balancer_impl_test.cc
///          expects, with and without weights, seeds, panic and failing levels.
using EnvoyRoundRobin = EnvoyBalancer<EnvoyScheduled<EnvoyRoundRobinRule>>;

class EnvoyLeastRequestRule {
 public:
  explicit EnvoyLeastRequestRule(const EnvoyOptions& options)
      : options_(options.least_request), bias_(options_.active_request_bias.value_or(1.0)) {
    if (!(bias_ >= 0)) bias_ = 1.0;
    options_.choice_count = std::min(options_.choice_count, kMostChoices);
  }

  bool always_scheduled() const { return options_.active_request_bias.has_value(); }

  double weight(const EnvoyTargets& targets, std::uint32_t host, std::int64_t now) const {
    const double active = targets.balancer.in_flight(host) + 1.0;
    double weight = targets.balancer.weight(host);
    if (bias_ == 1.0)
      weight /= active;
    else if (bias_ != 0.0)
      weight /= math::pow(active, bias_);
    return weight * targets.slow_start.factor(host, now);
  }

  std::size_t pick(const EnvoyTargets& targets, const std::vector<std::uint32_t>& hosts,
                   std::uint64_t&, AnyBits& bits) const {
    return options_.selection_method == EnvoySelectionMethod::full_scan
               ? scan(targets, hosts, bits)
               : draw(targets, hosts, bits);
  }

 private:
  static constexpr std::uint32_t kMostChoices = 65'536;

  std::size_t draw(const EnvoyTargets& targets, const std::vector<std::uint32_t>& hosts,
                   AnyBits& bits) const {
    std::size_t best = bits.bits() % hosts.size();
    for (std::uint32_t i = 1; i < options_.choice_count; ++i) {
      const std::size_t other = bits.bits() % hosts.size();
      if (targets.balancer.in_flight(hosts[other]) < targets.balancer.in_flight(hosts[best]))
        best = other;
    }
    return best;
  }

  /// Each of those tied for the least is equally likely, whatever their number turns out to be.
  static std::size_t scan(const EnvoyTargets& targets, const std::vector<std::uint32_t>& hosts,
                          AnyBits& bits) {
    std::size_t best = 0;
    std::uint64_t ties = 1;
    for (std::size_t i = 1; i < hosts.size(); ++i) {
      const std::uint32_t load = targets.balancer.in_flight(hosts[i]);
      const std::uint32_t least = targets.balancer.in_flight(hosts[best]);
      if (load < least) {
        best = i;
        ties = 1;
      } else if (load == least && bits.bits() % ++ties == 0) {
        best = i;
      }
    }
    return best;
  }

  EnvoyLeastRequestOptions options_;
  double bias_;
};

/// balancing envoy_least_request: of two targets drawn with replacement the one with fewer requests
/// in flight; by an earliest deadline schedule with weight / (in flight + 1)^bias if the weights
/// differ.
///
/// With two targets the busier one still gets a quarter of the requests, since both draws may hit
/// it. In a schedule a target's requests count when its turn comes and not in between.
///
/// Source   Envoy source/extensions/load_balancing_policies/least_request/least_request_lb.cc.
/// Checked  tests/algorithms/envoy_test.cpp: the picks that Envoy's load_balancer_impl_test.cc
///          expects (Normal, PNC, WeightImbalance), shares of scripted and random draws.
using EnvoyLeastRequest = EnvoyBalancer<EnvoyScheduled<EnvoyLeastRequestRule>>;

}  // namespace highwater::balancing
