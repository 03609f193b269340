#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/envoy_balancer.h"
#include "models/algorithms/hashing/envoy_ring.h"
#include "models/algorithms/hashing/envoy_weights.h"
#include "models/algorithms/hashing/maglev.h"
#include "models/algorithms/hashing/target.h"
#include "models/algorithms/hashing/xxhash64.h"

namespace highwater::balancing {

/// balancing EnvoyBoundedLoad: the target that a hash leads to, or another one if that has more
/// than its share of the load.
///
/// A target's share is hash_balance_factor / 100 of the load (this request included) by weight,
/// rounded up; while it has that or less it keeps its keys. If not, the others are tried in an
/// order that is shuffled by the hash, so that a key goes to the same ones each time and the keys
/// of an overloaded target spread. If all have too much, the one least so is taken.
///
/// O(1), and O(targets) where the first has too much.
///
/// Source   Envoy source/extensions/load_balancing_policies/common/thread_aware_lb_impl.cc,
///          BoundedLoadHashingLoadBalancer; V. Mirrokni, M. Thorup, M. Zadimoghaddam, Consistent
///          Hashing with Bounded Loads, arXiv:1608.01350.
/// Checked  tests/algorithms/envoy_hash_test.cpp: the shuffles and picks that Envoy's
///          bounded_load_hlb_test.cc states, slots by hand, the bound.
class EnvoyBoundedLoad {
 public:
  /// @param hosts  By their places; each place once.
  EnvoyBoundedLoad(std::vector<hashing::EnvoyHost> hosts, std::uint32_t hash_balance_factor)
      : hosts_(std::move(hosts)), factor_(hash_balance_factor) {}

  /// Requests in flight over those that a host may have: above 1 it has too many.
  double overload(double weight, std::uint64_t active, std::uint64_t overall) const {
    const std::uint64_t slots = ((overall + 1) * factor_ + 99) / 100;
    const double own = std::max(1.0, std::ceil(static_cast<double>(slots) * weight));
    return static_cast<double>(active) / own;
  }

  /// @param first   The place that the hash leads to.
  /// @param active  active(place): the requests in flight there.
  template <class Active>
  std::uint32_t choose(std::uint32_t first, std::uint64_t hash, std::uint64_t overall,
                       const Active& active) const {
    const auto own =
        std::find_if(hosts_.begin(), hosts_.end(),
                     [&](const hashing::EnvoyHost& host) { return host.place == first; });
    double least = overload(own->weight, active(first), overall);
    if (least <= 1.0) return first;
    std::uint32_t best = first;
    // Envoy's own generator and division: std::shuffle differs between libraries.
    std::mt19937 random(static_cast<std::mt19937::result_type>(hash & 0xffff'ffff));
    const auto below = [&random](std::uint32_t n) {
      std::uint64_t x = n;
      while (x >= n) x = random() / ((std::uint64_t{1} << 32) / n);
      return static_cast<std::size_t>(x);
    };
    std::vector<std::uint32_t> order(hosts_.size());
    std::iota(order.begin(), order.end(), 0u);
    for (std::size_t i = 0; i < order.size(); ++i) {
      std::swap(order[i], order[i + below(static_cast<std::uint32_t>(order.size() - i))]);
      const hashing::EnvoyHost& other = hosts_[order[i]];
      if (other.place == first) continue;
      const double load = overload(other.weight, active(other.place), overall);
      if (load <= 1.0) return other.place;
      if (load < least) {
        best = other.place;
        least = load;
      }
    }
    return best;
  }

 private:
  std::vector<hashing::EnvoyHost> hosts_;
  std::uint64_t factor_;
};

/// balancing EnvoyHashing: what Envoy's ring and Maglev table have in common as balancers.
///
/// A table per level over its healthy targets, or all in panic, made anew when health or weights
/// change. The hash of the key draws the level too. A request without a key gets a random hash.
///
/// Assumes  one hash policy per request: the key is what it hashes. Degraded targets get nothing,
///          and zone-aware routing plays no part, as in Envoy.
/// Source   Envoy source/extensions/load_balancing_policies/common/thread_aware_lb_impl.cc,
///          ThreadAwareLoadBalancerBase.
/// Checked  tests/algorithms/envoy_hash_test.cpp
template <class Table>
class EnvoyHashing {
 public:
  static constexpr bool kReadsKey = true;

  EnvoyHashing(const EnvoyTargets& targets, const std::vector<std::uint32_t>& members,
               const EnvoyOptions& options)
      : targets_(targets),
        options_(options),
        sets_(targets, members, options.hosts),
        tables_(sets_.levels()) {}

  void touch(std::size_t target) { sets_.touch(target); }

  Pick choose(const Question& question, AnyBits& bits) {
    if (tables_.empty()) return std::nullopt;
    // A change at one level can bring panic to another, so all tables go; those needed come back.
    if (sets_.refresh(bits, [](std::size_t) {}))
      for (std::optional<Entry>& table : tables_) table.reset();
    const std::uint64_t hash = question.key.empty() ? bits.bits() : hashing::xxhash64(question.key);
    const std::size_t level = sets_.priorities().choose(hash).level;
    if (!tables_[level]) make_table(level);
    Entry& entry = *tables_[level];
    return envoy_draw(targets_, options_.hosts, question, [&](std::uint32_t attempt) {
      const hashing::Choice found = entry.table.lookup_hash(hash, attempt);
      if (!found) return EnvoyDraw{};
      const auto first = static_cast<std::uint32_t>(*found);
      if (!entry.bound) return EnvoyDraw{&entry.hosts, first};
      return EnvoyDraw{
          &entry.hosts,
          entry.bound->choose(first, hash, targets_.balancer.in_flight(), [&](std::uint32_t place) {
            return targets_.balancer.in_flight(entry.hosts[place]);
          })};
    });
  }

 private:
  struct Entry {
    std::vector<std::uint32_t> hosts;
    Table table;
    std::optional<EnvoyBoundedLoad> bound;
  };

  void make_table(std::size_t level) {
    const std::vector<std::uint32_t>& hosts = sets_.usual_hosts(level);
    std::vector<hashing::Target> named;
    for (const std::uint32_t i : hosts)
      named.push_back({targets_.balancer.target(i).name, targets_.balancer.weight(i)});
    const std::vector<hashing::EnvoyHost> shares = shares_of(level, hosts, named);
    tables_[level].emplace(Entry{hosts, make(named, shares, static_cast<Table*>(nullptr)), {}});
    if (options_.hash.hash_balance_factor > 0 && !shares.empty())
      tables_[level]->bound.emplace(shares, options_.hash.hash_balance_factor);
  }

  std::vector<hashing::EnvoyHost> shares_of(std::size_t level,
                                            const std::vector<std::uint32_t>& hosts,
                                            const std::vector<hashing::Target>& named) const {
    if (options_.hosts.locality.mode != EnvoyLocalityMode::weighted ||
        options_.hosts.locality.weights.empty())
      return hashing::envoy_weights(named);
    std::vector<std::uint32_t> locality;
    for (const std::uint32_t i : hosts) locality.push_back(sets_.locality_of(i));
    std::vector<std::uint32_t> weights;
    for (std::size_t k = 0; k < sets_.localities(level); ++k)
      weights.push_back(sets_.locality_weight(level, k));
    return hashing::envoy_weights(named, locality, weights);
  }

  hashing::EnvoyRing make(hashing::Targets named, std::span<const hashing::EnvoyHost> shares,
                          hashing::EnvoyRing*) const {
    return hashing::EnvoyRing(named, shares, options_.hash.ring);
  }
  hashing::Maglev make(hashing::Targets named, std::span<const hashing::EnvoyHost> shares,
                       hashing::Maglev*) const {
    return hashing::Maglev(named, shares, options_.hash.table_size);
  }

  const EnvoyTargets& targets_;
  const EnvoyOptions& options_;
  EnvoyHostSets sets_;
  std::vector<std::optional<Entry>> tables_;
};

/// balancing envoy_ring_hash: the key's place on a ring of about 1,024 points decides.
///
/// Source   Envoy source/extensions/load_balancing_policies/ring_hash/ring_hash_lb.cc.
/// Checked  tests/algorithms/envoy_hash_test.cpp: the derived ring of five hosts; attempts; what
///          stays when a target leaves.
using EnvoyRingHash = EnvoyBalancer<EnvoyHashing<hashing::EnvoyRing>>;

/// balancing envoy_maglev: the key's cell in a table of 65,537 decides.
///
/// Source   Envoy source/extensions/load_balancing_policies/maglev/maglev_lb.cc.
/// Checked  tests/algorithms/envoy_hash_test.cpp: the published and derived tables, cell by cell;
///          attempts; localities.
using EnvoyMaglev = EnvoyBalancer<EnvoyHashing<hashing::Maglev>>;

}  // namespace highwater::balancing
