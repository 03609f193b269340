#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include "models/algorithms/hashing/haproxy_hash.h"
#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

/// HAProxy's greatest weight of a server; more counts as this, where HAProxy refuses it.
inline constexpr std::uint32_t kHaproxyGreatestWeight = 256;

/// haproxy_map: HAProxy's `hash-type map-based`: a map of as many cells as the weights sum up to.
///
/// Weights are divided by their greatest common divisor; every server has its weight's number of
/// cells, spread out smoothly, and hash mod cells picks one. Any change redraws the whole map.
/// `balance static-rr` walks the same map from cell to cell.
///
/// Assumes  servers that are down have the weight 0: HAProxy draws the map anew without them. A
///          retry goes to the next cell of another server; HAProxy's redispatch takes turns.
/// Source   HAProxy 2.6 src/lb_map.c, init_server_map, recalc_server_map, map_get_server_hash.
/// Checked  tests/algorithms/haproxy_hash_test.cpp: the eight map-based configurations recorded,
/// and
///          `balance source`.
class HaproxyMap {
 public:
  explicit HaproxyMap(Targets targets, HaproxyFunction function = HaproxyFunction::sdbm,
                      bool avalanche = false)
      : cells_(cells(targets)), function_(function), avalanche_(avalanche) {}

  Choice lookup(std::string_view key) const { return lookup_hash(hash(key)); }

  Choice lookup_hash(std::uint32_t hash) const {
    if (cells_.empty()) return std::nullopt;
    return cells_[hash % cells_.size()];
  }

  /// Fills `out` with the distinct servers met from the key's cell on. Returns how many.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    if (cells_.empty()) return 0;
    std::size_t found = 0;
    std::size_t cell = hash(key) % cells_.size();
    for (std::size_t i = 0; i < cells_.size() && found < out.size(); ++i) {
      const auto known = out.begin() + static_cast<std::ptrdiff_t>(found);
      if (std::find(out.begin(), known, cells_[cell]) == known) out[found++] = cells_[cell];
      cell = cell + 1 == cells_.size() ? 0 : cell + 1;
    }
    return found;
  }

  std::uint32_t hash(std::string_view key) const {
    return haproxy_hash(function_, avalanche_, key);
  }

  /// The server of each cell: the order of static-rr.
  std::span<const std::uint32_t> cells() const { return cells_; }

 private:
  struct Server {
    std::uint32_t place;
    std::int64_t weight;
    std::int64_t score = 0;
  };

  static std::vector<std::uint32_t> cells(Targets targets) {
    std::vector<Server> servers;
    std::int64_t divisor = 0;
    for (const std::uint32_t place : places_in_use(targets)) {
      servers.push_back({place, std::min(targets[place].weight, kHaproxyGreatestWeight)});
      divisor = std::gcd(divisor, servers.back().weight);
    }
    std::int64_t total = 0;
    for (Server& server : servers) total += server.weight /= divisor;
    std::vector<std::uint32_t> cells;
    cells.reserve(static_cast<std::size_t>(total));
    for (std::int64_t cell = 0; cell < total; ++cell) {
      Server* best = nullptr;
      std::int64_t most = 0;
      for (Server& server : servers) {
        server.score += server.weight;
        const std::int64_t turns = (server.score + total) / total;
        if (best != nullptr && turns <= most) continue;
        most = turns;
        best = &server;
      }
      cells.push_back(best->place);
      best->score -= total;
    }
    return cells;
  }

  std::vector<std::uint32_t> cells_;
  HaproxyFunction function_;
  bool avalanche_;
};

}  // namespace highwater::hashing
