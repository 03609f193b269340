#include "models/algorithms/hashing/redis_cluster.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/algorithms/placement.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

std::vector<std::size_t> held(const RedisSlots& slots, std::size_t nodes) {
  std::vector<std::size_t> counts(nodes);
  for (const std::uint32_t node : slots.slots()) ++counts.at(node);
  return counts;
}

TEST_CASE("redis_slot: CLUSTER KEYSLOT", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("redis_keyslot.json");
  REQUIRE(golden["rows"].size() >= 120);
  for (const nlohmann::json& row : golden["rows"])
    CHECK(redis_slot(row[0].get<std::string>()) == row[1].get<std::uint32_t>());
}

TEST_CASE("redis_slot: hash tags", "[algorithms][hashing]") {
  static_assert(redis_slot("") == 0);
  static_assert(redis_slot("123456789") == 0x31c3);
  CHECK(redis_slot("{user1000}.following") == redis_slot("user1000"));
  CHECK(redis_slot("foo{bar}{zap}") == redis_slot("bar"));
  CHECK(redis_slot("foo{{bar}}zap") == redis_slot("{bar"));
  CHECK(redis_slot("foo{}{bar}") == 8363);
  for (const char* const whole : {"foo{bar", "foo}bar{", "{}", "}{", "{", "a{}b{c}"})
    CHECK(redis_slot(whole) == crc16(whole) % 16384u);
  CHECK(redis_slot(std::string_view("\0{\xff}\0", 5)) == redis_slot("\xff"));
}

TEST_CASE("redis_slots: the ranges of redis-cli --cluster create", "[algorithms][hashing]") {
  const auto first_slots = [](std::size_t nodes) {
    const RedisSlots slots(numbered_targets(nodes));
    std::vector<std::uint32_t> firsts;
    for (std::uint32_t slot = 0; slot < kRedisSlots; ++slot)
      if (slot == 0 || slots.slots()[slot] != slots.slots()[slot - 1]) {
        CHECK(slots.slots()[slot] == firsts.size());
        firsts.push_back(slot);
      }
    return firsts;
  };
  CHECK(first_slots(1) == std::vector<std::uint32_t>{0});
  CHECK(first_slots(3) == std::vector<std::uint32_t>{0, 5461, 10923});  // as every tutorial shows
  CHECK(first_slots(4) == std::vector<std::uint32_t>{0, 4096, 8192, 12288});
  CHECK(first_slots(5) == std::vector<std::uint32_t>{0, 3277, 6554, 9830, 13107});
  CHECK(first_slots(6) == std::vector<std::uint32_t>{0, 2731, 5461, 8192, 10923, 13653});
  CHECK(first_slots(16384).size() == 16384);
}

TEST_CASE("redis_slots: more nodes than slots, and none", "[algorithms][hashing]") {
  const RedisSlots crowded(numbered_targets(20'000));
  for (const std::uint32_t node : crowded.slots()) CHECK(node < 20'000);
  const RedisSlots empty(weighted_targets({0, 0}));
  CHECK_FALSE(empty.lookup("key"));
  CHECK_FALSE(RedisSlots({}).lookup("key"));
}

// Three nodes of 5461, 5462 and 5461 slots; a fourth, empty one joins. Everybody should have 4096:
// the surpluses are 1365, 1366, 1365, and the fourth lacks 4096. redis-cli begins with the
// greatest.
TEST_CASE("redis_slots: a fourth node joins", "[algorithms][hashing]") {
  const std::vector<Target> three = numbered_targets(3);
  const std::vector<Target> four = numbered_targets(4);
  RedisSlots slots(three);
  CHECK(held(slots, 3) == std::vector<std::size_t>{5461, 5462, 5461});
  const std::vector<SlotMove> moves = slots.rebalance(four);
  CHECK(held(slots, 4) == std::vector<std::size_t>{4096, 4096, 4096, 4096});
  REQUIRE(moves.size() == 4096);
  for (const SlotMove& move : moves) CHECK(move.to == 3);
  CHECK(moves[0] == SlotMove{5461, 1, 3});  // the lowest slot of the fullest node
  CHECK(moves[1365] == SlotMove{5461 + 1365, 1, 3});
  CHECK(moves[1366] == SlotMove{10923, 2, 3});  // then from the end of the list
  CHECK(moves[4095] == SlotMove{1364, 0, 3});
  CHECK(slots.rebalance(four).empty());
}

TEST_CASE("redis_slots: a node is drained, and returns", "[algorithms][hashing]") {
  std::vector<Target> targets = numbered_targets(5);
  RedisSlots slots(targets);
  const RedisSlots before = slots;
  targets[1].weight = 0;
  const std::vector<SlotMove> moves = slots.rebalance(targets);
  CHECK(moves.size() == held(before, 5)[1]);
  for (const SlotMove& move : moves) CHECK(move.from == 1);
  CHECK(held(slots, 5) == std::vector<std::size_t>{4096, 0, 4096, 4096, 4096});
  targets[1].weight = 1;
  // 16384 / 5 is 3276.8: shares are rounded down, and the one that takes gets the four left over.
  CHECK(slots.rebalance(targets).size() == 3280);
  CHECK(held(slots, 5) == std::vector<std::size_t>{3276, 3280, 3276, 3276, 3276});
}

TEST_CASE("redis_slots: any change moves no more than it must", "[algorithms][hashing][property]") {
  SplitMix bits{11};
  for (int round = 0; round < 60; ++round) {
    std::vector<std::uint32_t> weights(2 + bits.bits() % 8);
    for (std::uint32_t& weight : weights) weight = static_cast<std::uint32_t>(1 + bits.bits() % 9);
    std::vector<Target> targets = weighted_targets(weights);
    RedisSlots slots(targets);
    for (Target& target : targets) target.weight = static_cast<std::uint32_t>(bits.bits() % 10);
    targets[0].weight += 1;
    targets.push_back({"new", 3});
    const std::vector<std::uint32_t> before(slots.slots().begin(), slots.slots().end());
    const std::vector<SlotMove> moves = slots.rebalance(targets, 0.5F);
    std::uint64_t total = 0;
    for (const Target& target : targets) total += target.weight;
    const std::vector<std::size_t> after = held(slots, targets.size());
    std::size_t gained = 0;
    std::vector<std::size_t> had(targets.size());
    for (const std::uint32_t node : before) ++had[node];
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const double share = 16384.0 * targets[i].weight / static_cast<double>(total);
      CHECK(std::abs(static_cast<double>(after[i]) - share) < static_cast<double>(targets.size()));
      if (targets[i].weight == 0) CHECK(after[i] == 0);
      gained += after[i] > had[i] ? after[i] - had[i] : 0;
    }
    CHECK(moves.size() == gained);  // nothing moved twice or in a circle
  }
}

TEST_CASE("redis_slots: within the threshold nothing moves", "[algorithms][hashing]") {
  const std::vector<Target> targets = numbered_targets(3);
  RedisSlots slots(targets);
  CHECK(slots.rebalance(targets).empty());
  CHECK(slots.rebalance(targets, 0).size() <= 1);
  CHECK(slots.rebalance(weighted_targets({0, 0, 0})).empty());
  RedisSlots one(numbered_targets(1));
  CHECK(one.rebalance(weighted_targets({3})).empty());
}

}  // namespace
}  // namespace highwater::hashing
