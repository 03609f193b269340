#include "models/algorithms/hashing/resize.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/hashing/hashing.h"
#include "tests/algorithms/placement.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

std::vector<std::string> sample_keys() {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < 20'000; ++i) keys.push_back(key_of(i));
  return keys;
}

Resize measure(Scheme scheme, const std::vector<Target>& from, const std::vector<Target>& to,
               const std::vector<std::string>& keys) {
  const Sharder before(scheme, from);
  const Sharder after(scheme, to);
  return resize(
      from, [&](const std::string& key) { return before.of(key); }, to,
      [&](const std::string& key) { return after.of(key); }, keys);
}

// The recording has four decimals of shares and three of the imbalance, a half rounded either way.
bool is(double value, double recorded, double unit) {
  return std::abs(value - recorded) < unit / 2 + 1e-12;
}

void check_row(const nlohmann::json& row, const Resize& report) {
  CAPTURE(row.dump());
  CHECK(report.keys == 20'000);
  CHECK(is(report.moved, row[3], 1e-4));
  CHECK(is(report.collateral, row[4], 1e-4));
  CHECK(is(report.imbalance_before, row[5], 1e-3));
}

TEST_CASE("resize: from n to n + 1 as independent implementations of the schemes say",
          "[algorithms][hashing][golden]") {
  struct Named {
    const char* name;
    Scheme scheme;
    const char* suffix;  // of the targets' names: 10.0.0.1<suffix> and so on
  };
  const std::vector<Named> schemes = {
      {"modulo_crc32", Scheme::modulo, ":80"},
      {"jump", Scheme::jump, ":80"},
      {"maglev65537", Scheme::maglev, ":80"},
      {"envoy_ring1024", Scheme::envoy_ring, ":80"},
      {"ketama160", Scheme::ketama_weighted, ":11211"},
      {"nginx_chash160", Scheme::nginx_hash_consistent, ":80"},
  };
  const nlohmann::json golden = golden_json("resize_moves.json");
  const std::vector<std::string> keys = sample_keys();
  REQUIRE(golden["rows"].size() == 24);
  std::size_t checked = 0;
  for (const nlohmann::json& row : golden["rows"])
    for (const auto& [name, scheme, suffix] : schemes) {
      if (row[0] != name) continue;
      check_row(row, measure(scheme, numbered_targets(row[1], "10.0.0.", suffix),
                             numbered_targets(row[2], "10.0.0.", suffix), keys));
      ++checked;
    }
  CHECK(checked == 18);
}

// It cut the slots at slot * n / 16384, where redis-cli rounds a running sum in single precision.
TEST_CASE("resize: contiguous slots dealt out anew", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("resize_moves.json");
  const std::vector<std::string> keys = sample_keys();
  std::size_t checked = 0;
  for (const nlohmann::json& row : golden["rows"]) {
    if (row[0] != "redis_slots_contiguous_resplit") continue;
    const std::vector<Target> from = numbered_targets(row[1]);
    const std::vector<Target> to = numbered_targets(row[2]);
    const auto cut = [](std::size_t nodes) {
      return [nodes](const std::string& key) { return redis_slot(key) * nodes / kRedisSlots; };
    };
    check_row(row, resize(from, cut(from.size()), to, cut(to.size()), keys));
    const Resize ours = measure(Scheme::redis_slot, from, to, keys);
    CHECK(std::abs(ours.moved - row[3].get<double>()) < 0.0005);
    CHECK(std::abs(ours.collateral - row[4].get<double>()) < 0.0005);
    ++checked;
  }
  CHECK(checked == 3);
}

// The recording's hash is not ours: both are samples of a share 1 / (n + 1). Each number may be
// five standard deviations of the difference of two samples away; nothing moves between old
// targets.
TEST_CASE("resize: rendezvous moves what it must", "[algorithms][hashing][golden][statistical]") {
  const nlohmann::json golden = golden_json("resize_moves.json");
  const std::vector<std::string> keys = sample_keys();
  std::size_t checked = 0;
  for (const nlohmann::json& row : golden["rows"]) {
    if (row[0] != "rendezvous") continue;
    const Resize report =
        measure(Scheme::rendezvous, numbered_targets(row[1]), numbered_targets(row[2]), keys);
    const double share = 1.0 / row[2].get<double>();
    const double deviation = std::sqrt(2 * share * (1 - share) / 20'000);
    CHECK(std::abs(report.moved - row[3].get<double>()) < 5 * deviation);
    CHECK(std::abs(report.imbalance_before - row[5].get<double>()) <
          5 * deviation * row[1].get<double>());
    CHECK(report.collateral == 0);
    ++checked;
  }
  CHECK(checked == 3);
}

TEST_CASE("resize: moving chosen slots only spares half of the keys", "[algorithms][hashing]") {
  const std::vector<Target> from = numbered_targets(5);
  const std::vector<Target> to = numbered_targets(6);
  const RedisSlots before(from);
  RedisSlots after = before;
  after.rebalance(to);
  const auto in = [](const RedisSlots& slots) {
    return [&slots](const std::string& key) { return slots.lookup(key).value(); };
  };
  const Resize report = resize(from, in(before), to, in(after), sample_keys());
  CHECK(report.collateral == 0);
  CHECK(std::abs(report.moved - 1.0 / 6) < 0.02);
}

TEST_CASE("resize: counted by hand", "[algorithms][hashing]") {
  const std::vector<Target> from = {{"a", 1}, {"b", 1}, {"gone", 2}};
  const std::vector<Target> to = {{"b", 1}, {"new", 1}, {"a", 2}};
  // Keys 0 to 7: the shard before and after.
  const std::vector<std::size_t> before = {0, 0, 1, 1, 2, 2, 2, 2};
  const std::vector<std::size_t> after = {2, 0, 0, 1, 0, 1, 2, 2};
  // stays, to an old one, stays, to the new one, and four that had to leave.
  const std::vector<std::size_t> keys = {0, 1, 2, 3, 4, 5, 6, 7};
  const auto of = [](const std::vector<std::size_t>& places) {
    return [&places](std::size_t key) { return places[key]; };
  };
  const Resize report = resize(from, of(before), to, of(after), keys);
  CHECK(report.keys == 8);
  CHECK(report.moved == 6.0 / 8);
  CHECK(report.collateral == 1.0 / 8);
  CHECK(report.imbalance_before == 1);       // 2, 2 and 4 of shares 2, 2 and 4
  CHECK(report.imbalance_after == 3.0 / 2);  // 3, 2 and 3 of shares 2, 2 and 4
}

TEST_CASE("resize: no keys, no targets, weight 0", "[algorithms][hashing]") {
  const std::vector<Target> two = numbered_targets(2);
  const std::vector<std::string> none;
  CHECK(measure(Scheme::modulo, two, two, none).keys == 0);
  CHECK(measure(Scheme::modulo, {}, two, sample_keys()).keys == 0);
  CHECK(measure(Scheme::modulo, two, {}, sample_keys()).keys == 0);
  CHECK(measure(Scheme::modulo, two, two, sample_keys()).moved == 0);
  // A target that is switched off has gone: what it held had to move.
  const Resize off = measure(Scheme::karger, two, weighted_targets({1, 0}), sample_keys());
  CHECK(off.collateral == 0);
  CHECK(off.moved > 0.3);
  CHECK(off.imbalance_after == 1);
  // And one that is switched on is new.
  CHECK(measure(Scheme::karger, weighted_targets({1, 0}), two, sample_keys()).collateral == 0);
  // Twins are told apart by their order.
  const std::vector<Target> twins = {{"a", 1}, {"a", 1}};
  CHECK(measure(Scheme::modulo, twins, twins, sample_keys()).moved == 0);
}

}  // namespace
}  // namespace highwater::hashing
