#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/balancer.h"
#include "models/algorithms/balancing/envoy_host_sets.h"
#include "models/algorithms/balancing/envoy_subset.h"
#include "models/algorithms/hashing/envoy_ring.h"
#include "models/algorithms/hashing/maglev.h"

namespace highwater::balancing {

/// How envoy_least_request compares where all weights are equal.
enum class EnvoySelectionMethod : std::uint8_t { n_choices, full_scan };

struct EnvoyLeastRequestOptions {
  std::uint32_t choice_count = 2;  ///< Targets drawn, with replacement; 1 to 65,536 are meant.
  EnvoySelectionMethod selection_method = EnvoySelectionMethod::n_choices;
  /// weight / (requests in flight + 1)^bias; 0: requests in flight do not count. If it is given,
  /// equal weights are no special case. Below 0 or not a number: 1.
  std::optional<double> active_request_bias;
};

struct EnvoyHashOptions {
  hashing::EnvoyRingSettings ring{};
  std::uint32_t table_size = hashing::Maglev::kDefaultSize;  ///< Of envoy_maglev: a prime.
  /// Per cent of its share of the load that a target may have before others take its requests; 0:
  /// no bound. Envoy allows 100 and above.
  std::uint32_t hash_balance_factor = 0;
};

/// Envoy's options, with its defaults, for all envoy_* policies.
struct EnvoyOptions {
  EnvoyHostOptions hosts{};
  EnvoySubsetOptions subsets{};
  EnvoyLeastRequestOptions least_request{};
  EnvoyHashOptions hash{};
};

/// balancing EnvoyBalancer: one of Envoy's policies over the targets, or over each subset of them.
///
/// Health comes in through set_usable() and set_degraded(): usable and not degraded is healthy. A
/// level in panic picks unusable targets too; that is Envoy's way, and what makes this balancer
/// differ from the others here. Full targets and those tried before are passed over.
///
/// Scheme chooses among some of the targets: Scheme(targets, members, options), touch(target) and
/// choose(question, bits).
///
/// Assumes  one worker thread. Each subset has levels, panic and schedules of its own, as in Envoy,
///          and the requests in flight in common. Numbers drawn at the start in Envoy (where to
///          begin) are drawn at the first pick, in the same order.
/// Source   Envoy source/extensions/load_balancing_policies/subset/subset_lb.cc, PriorityLbSubset.
/// Checked  tests/algorithms/envoy_test.cpp, envoy_subset_test.cpp.
template <class Scheme>
class EnvoyBalancer final : public Balancer {
 public:
  explicit EnvoyBalancer(std::vector<Target> targets, const EnvoyOptions& options = {})
      : Balancer(std::move(targets)),
        options_(options),
        plain_(options),
        degraded_(size(), 0),
        slow_start_(options.hosts.slow_start, size()),
        view_{*this, degraded_, slow_start_} {
    if (options_.subsets.selectors.empty()) {
      std::vector<std::uint32_t> all(size());
      for (std::uint32_t i = 0; i < size(); ++i) all[i] = i;
      schemes_.push_back(std::make_unique<Scheme>(view_, all, options_));
      return;
    }
    if (plain_.hosts.locality.mode == EnvoyLocalityMode::weighted &&
        !options_.subsets.locality_weight_aware)
      plain_.hosts.locality.mode = EnvoyLocalityMode::none;
    std::vector<Target> configured;
    for (std::size_t i = 0; i < size(); ++i) configured.push_back(target(i));
    subsets_.emplace(configured, options_.subsets);
    for (std::size_t subset = 0; subset < subsets_->size(); ++subset)
      schemes_.push_back(std::make_unique<Scheme>(view_, subsets_->members(subset), plain_));
  }

  bool set_degraded(std::size_t target, bool degraded, std::int64_t now) override {
    if ((degraded_[target] != 0) == degraded) return true;
    degraded_[target] = degraded;
    if (!degraded && usable(target)) slow_start_.begin(target, now);
    touch(target);
    return true;
  }

  bool reads_key() const override { return Scheme::kReadsKey; }

 private:
  Pick choose(const Question& question, AnyBits& bits) override {
    if (!subsets_) return schemes_[0]->choose(question, bits);
    const EnvoySubsets::Choice choice = subsets_->choose(question.labels);
    if (!choice.subset) return std::nullopt;
    const Pick picked = schemes_[*choice.subset]->choose(question, bits);
    if (picked || !choice.instead) return picked;
    return schemes_[*choice.instead]->choose(question, bits);
  }

  void usable_changed(std::size_t target, std::int64_t now) override {
    if (usable(target) && degraded_[target] == 0) slow_start_.begin(target, now);
    touch(target);
  }
  void weight_changed(std::size_t target, std::int64_t) override { touch(target); }

  void touch(std::size_t target) {
    for (std::size_t subset = 0; subset < schemes_.size(); ++subset) {
      if (subsets_) {
        const auto& members = subsets_->members(subset);
        if (!std::binary_search(members.begin(), members.end(), target)) continue;
      }
      schemes_[subset]->touch(target);
    }
  }

  const EnvoyOptions options_;
  EnvoyOptions plain_;  // for subsets
  std::vector<std::uint8_t> degraded_;
  EnvoySlowStart slow_start_;
  EnvoyTargets view_;
  std::optional<EnvoySubsets> subsets_;
  std::vector<std::unique_ptr<Scheme>> schemes_;
};

/// The loop around one of Envoy's choices: `once(attempt)` returns a list and a place in it.
struct EnvoyDraw {
  const std::vector<std::uint32_t>* hosts = nullptr;  ///< Null: nobody.
  std::size_t place = 0;
};

/// Draws until a target will take the request, at most host_selection_retry_max_attempts times
/// more; then takes the next in the list that will.
///
/// Where all attempts fail Envoy sends the request to the last target drawn, tried or not.
template <class Once>
Pick envoy_draw(const EnvoyTargets& targets, const EnvoyHostOptions& options,
                const Question& question, const Once& once) {
  constexpr std::uint32_t kMostAttempts = 1000;  // chosen; a list of targets tried never ends it
  const std::uint32_t attempts = std::min(options.host_selection_retry_max_attempts, kMostAttempts);
  EnvoyDraw draw;
  for (std::uint32_t attempt = 0; attempt <= attempts; ++attempt) {
    draw = once(attempt);
    if (draw.hosts == nullptr || draw.hosts->empty()) return std::nullopt;
    const std::uint32_t host = (*draw.hosts)[draw.place];
    if (targets.accepts(host, question)) return host;
  }
  for (std::size_t step = 1; step < draw.hosts->size(); ++step) {
    const std::uint32_t host = (*draw.hosts)[(draw.place + step) % draw.hosts->size()];
    if (targets.accepts(host, question)) return host;
  }
  return std::nullopt;
}

}  // namespace highwater::balancing
