#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "models/algorithms/hashing/envoy_weights.h"
#include "models/algorithms/hashing/target.h"
#include "models/algorithms/hashing/xxhash64.h"

namespace highwater::hashing {

/// maglev: Google's table of a prime number of cells, as Envoy fills it.
///
/// Each host has a permutation of the cells, (offset + skip * i) mod size, and the hosts take
/// turns, each claiming its next free cell, until the table is full. So every host owns the same
/// number of cells but for one, and a host that goes leaves nearly all others' cells alone: a few
/// in a thousand change hands. A look-up is one division and one read.
///
/// Hosts are sorted by name first, so that the order of configuration does not matter. A host of
/// weight w takes part in w / (greatest weight) of the rounds. The paper has no weights, leaves the
/// two hashes open and takes hosts in a given order; with equal weights this is the paper's table.
///
/// Assumes  a size that is no prime is raised to the next one, where Envoy refuses it; at most
///          5,000,011, Envoy's limit. Two targets of one name share its permutation, the first in
///          the list being first. With more hosts than cells the last by name get none.
/// Source   Envoy source/extensions/load_balancing_policies/maglev/maglev_lb.cc; D. Eisenbud et
///          al., Maglev: A Fast and Reliable Software Network Load Balancer, NSDI 2016,
///          section 3.4.
/// Checked  tests/algorithms/maglev_test.cpp: the tables of Envoy's unit tests, tables of 65,537
///          cells, what a removal moves.
class Maglev {
 public:
  static constexpr std::uint32_t kDefaultSize = 65'537;
  static constexpr std::uint32_t kGreatestSize = 5'000'011;

  explicit Maglev(Targets targets, std::uint32_t size = kDefaultSize)
      : Maglev(targets, envoy_weights(targets), size) {}

  /// With shares of their own, for instance by locality.
  Maglev(Targets targets, std::span<const EnvoyHost> hosts, std::uint32_t size = kDefaultSize)
      : size_(prime_from(std::min(size, kGreatestSize))), hosts_(hosts.size()) {
    if (!hosts.empty()) fill(targets, hosts);
  }

  static std::uint64_t hash(std::string_view key) { return xxhash64(key); }

  Choice lookup(std::string_view key) const { return lookup_hash(hash(key)); }

  /// attempt 0 is the choice; each further one changes the hash and looks again, maybe to no avail.
  Choice lookup_hash(std::uint64_t hash, std::uint32_t attempt = 0) const {
    if (table_.empty()) return std::nullopt;
    if (attempt > 0) hash ^= ~std::uint64_t{0} - attempt + 1;
    return table_[hash % size_];
  }

  /// Fills `out` with the distinct targets of the attempts 0, 1, 2 and so on, as many attempts as
  /// there are cells at most. Returns how many.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    if (table_.empty()) return 0;
    const std::size_t wanted = std::min(out.size(), hosts_);
    std::size_t found = 0;
    for (std::uint32_t attempt = 0; found < wanted && attempt < size_; ++attempt) {
      const auto target = static_cast<std::uint32_t>(*lookup_hash(hash(key), attempt));
      const auto known = out.begin() + static_cast<std::ptrdiff_t>(found);
      if (std::find(out.begin(), known, target) == known) out[found++] = target;
    }
    return found;
  }

  /// The owner of each cell; empty where no target has a weight.
  std::span<const std::uint32_t> table() const { return table_; }

 private:
  struct Entry {
    std::uint32_t place;
    std::uint32_t cell;  // where its permutation stands
    std::uint32_t skip;
    double weight;
    double due = 0;  // takes part in a round once round * weight has reached this
  };

  static std::uint32_t prime_from(std::uint32_t size) {
    const auto is_prime = [](std::uint32_t n) {
      for (std::uint32_t d = 2; d * d <= n; ++d)
        if (n % d == 0) return false;
      return true;
    };
    size = std::max(size, 2u);
    while (!is_prime(size)) ++size;
    return size;
  }

  void fill(Targets targets, std::span<const EnvoyHost> hosts) {
    constexpr std::uint32_t kFree = std::numeric_limits<std::uint32_t>::max();
    std::vector<EnvoyHost> sorted(hosts.begin(), hosts.end());
    std::stable_sort(sorted.begin(), sorted.end(), [&](const EnvoyHost& a, const EnvoyHost& b) {
      return targets[a.place].name < targets[b.place].name;
    });
    std::vector<Entry> entries;
    double greatest = 0;
    for (const EnvoyHost& host : sorted) {
      const std::string_view name = targets[host.place].name;
      entries.push_back({host.place, static_cast<std::uint32_t>(xxhash64(name) % size_),
                         static_cast<std::uint32_t>(xxhash64(name, 1) % (size_ - 1) + 1),
                         host.weight});
      greatest = std::max(greatest, host.weight);
    }
    table_.assign(size_, kFree);
    std::uint32_t left = size_;
    for (std::uint32_t round = 1; left > 0; ++round)
      for (Entry& entry : entries) {
        if (round * entry.weight < entry.due) continue;
        entry.due += greatest;
        while (table_[entry.cell] != kFree) step(entry);
        table_[entry.cell] = entry.place;
        step(entry);
        if (--left == 0) break;
      }
  }

  void step(Entry& entry) const {
    entry.cell += entry.skip;  // both below size_, which is far below 2^31
    if (entry.cell >= size_) entry.cell -= size_;
  }

  std::uint32_t size_;
  std::size_t hosts_;
  std::vector<std::uint32_t> table_;
};

}  // namespace highwater::hashing
