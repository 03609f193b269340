#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/algorithms/hashing/crc.h"
#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

inline constexpr std::uint32_t kRedisSlots = 16'384;

/// redis_slot: the slot of a key in Redis Cluster.
///
/// CRC-16 of the key, or of what stands between its first "{" and the next "}" if that is not
/// nothing: keys that share such a tag share a slot.
///
/// Source   Redis 7.0 src/cluster.c, keyHashSlot.
/// Checked  tests/algorithms/redis_cluster_test.cpp: CLUSTER KEYSLOT of Redis 7.0.15.
constexpr std::uint32_t redis_slot(std::string_view key) {
  if (const std::size_t open = key.find('{'); open != std::string_view::npos)
    if (const std::size_t close = key.find('}', open + 1);
        close != std::string_view::npos && close > open + 1)
      key = key.substr(open + 1, close - open - 1);
  return crc16(key) % kRedisSlots;
}

/// One slot that changes its node.
struct SlotMove {
  std::uint32_t slot;
  std::uint32_t from;
  std::uint32_t to;
  bool operator==(const SlotMove&) const = default;
};

/// redis_slots: which node of a Redis Cluster holds which slots.
///
/// A new cluster's nodes get contiguous ranges, as `redis-cli --cluster create` deals them out.
/// From then on slots move one by one: rebalance() does what `redis-cli --cluster rebalance
/// --cluster-use-empty-masters` does, moving no more slots than it must, a node's lowest first.
///
/// Assumes  create knows no weights; here a node of weight w gets w nodes' worth, and of weight 0
///          none. When rounding leaves slots over, redis-cli may hand one to an empty node of
///          weight 0; here it stays empty. No node fails, and no slot is on its way.
/// Source   Redis 7.0 src/redis-cli.c, clusterManagerCommandCreate, clusterManagerCommandRebalance,
///          clusterManagerComputeReshardTable.
/// Checked  tests/algorithms/redis_cluster_test.cpp: ranges of well-known sizes, moves of a worked
///          example, that a balanced cluster stays so; resize_test.cpp: what a re-split would move.
class RedisSlots {
 public:
  static constexpr std::uint32_t kNoNode = ~std::uint32_t{0};

  explicit RedisSlots(Targets targets)
      : places_(places_in_use(targets)), slots_(kRedisSlots, kNoNode) {
    if (places_.empty()) return;
    std::uint64_t total = 0;
    for (const std::uint32_t place : places_) total += targets[place].weight;
    const float unit = static_cast<float>(kRedisSlots) / static_cast<float>(total);
    float cursor = 0;
    std::int64_t first = 0;
    for (const std::uint32_t place : places_) {
      const float width = unit * static_cast<float>(targets[place].weight);
      std::int64_t last = std::lround(cursor + width - 1);
      if (last > kRedisSlots || place == places_.back()) last = kRedisSlots - 1;
      last = std::clamp<std::int64_t>(last, first, kRedisSlots - 1);
      for (; first <= last; ++first) slots_[static_cast<std::size_t>(first)] = place;
      cursor += width;
    }
  }

  Choice lookup(std::string_view key) const { return lookup_slot(redis_slot(key)); }

  /// slot < kRedisSlots.
  Choice lookup_slot(std::uint32_t slot) const {
    if (slots_[slot] == kNoNode) return std::nullopt;
    return slots_[slot];
  }

  /// Fills `out` with the key's node and those after it in the list. A client of Redis never tries
  /// another node: only the first serves the key. Returns how many.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    const Choice node = lookup(key);
    if (!node) return 0;
    const auto rank = std::lower_bound(places_.begin(), places_.end(), *node) - places_.begin();
    return in_turn(places_, static_cast<std::size_t>(rank), out);
  }

  std::span<const std::uint32_t> slots() const { return slots_; }

  /// Makes every node hold its share by weight and returns the moves in the order in which
  /// redis-cli would make them. Nothing moves where no node is off by more than `threshold`
  /// percent.
  ///
  /// @param targets  All nodes, new ones at the end; a node of weight 0 gives all slots away. Where
  ///                 every weight is 0 nothing moves.
  std::vector<SlotMove> rebalance(Targets targets, float threshold = 2) {
    std::vector<Node> nodes = balances(targets, threshold);
    places_ = places_in_use(targets);
    std::stable_sort(nodes.begin(), nodes.end(),
                     [](const Node& a, const Node& b) { return a.surplus < b.surplus; });
    std::vector<SlotMove> moves;
    if (nodes.empty()) return moves;
    std::size_t taker = 0;
    std::size_t giver = nodes.size() - 1;
    while (taker < giver && nodes[taker].surplus < 0 && nodes[giver].surplus > 0) {
      const std::int64_t count = std::min(-nodes[taker].surplus, nodes[giver].surplus);
      move(nodes[giver].place, nodes[taker].place, count, moves);
      nodes[taker].surplus += count;
      nodes[giver].surplus -= count;
      if (nodes[taker].surplus == 0) ++taker;
      if (nodes[giver].surplus == 0) --giver;
    }
    return moves;
  }

 private:
  struct Node {
    std::uint32_t place;
    std::int64_t surplus;  // slots to give, or, below zero, to take
  };

  /// Empty where nothing is to be done.
  std::vector<Node> balances(Targets targets, float threshold) const {
    std::vector<std::int64_t> held(targets.size());
    for (const std::uint32_t node : slots_)
      if (node < held.size()) ++held[node];
    float total = 0;
    for (const Target& target : targets) total += static_cast<float>(target.weight);
    if (total == 0 || slots_[0] == kNoNode) return {};
    std::vector<Node> nodes;
    bool off = false;
    std::int64_t unmatched = 0;
    for (std::uint32_t i = 0; i < targets.size(); ++i) {
      const auto expected = static_cast<std::int64_t>(static_cast<float>(kRedisSlots) / total *
                                                      static_cast<float>(targets[i].weight));
      nodes.push_back({i, held[i] - expected});
      unmatched += held[i] - expected;
      if (held[i] == 0) {
        off |= expected > 1;
      } else {
        const double error =
            100 - 100.0 * static_cast<double>(expected) / static_cast<double>(held[i]);
        off |= static_cast<float>(std::abs(error)) > threshold;
      }
    }
    if (!off) return {};
    // Shares are rounded down: those that take are given what is left over, one each in turn.
    for (bool given = true; unmatched > 0 && given;) {
      given = false;
      for (Node& node : nodes)
        if (unmatched > 0 && node.surplus <= 0 && targets[node.place].weight > 0) {
          --node.surplus;
          --unmatched;
          given = true;
        }
    }
    return nodes;
  }

  void move(std::uint32_t from, std::uint32_t to, std::int64_t count,
            std::vector<SlotMove>& moves) {
    for (std::uint32_t slot = 0; slot < kRedisSlots && count > 0; ++slot) {
      if (slots_[slot] != from) continue;
      slots_[slot] = to;
      moves.push_back({slot, from, to});
      --count;
    }
  }

  std::vector<std::uint32_t> places_;
  std::vector<std::uint32_t> slots_;
};

}  // namespace highwater::hashing
