#include "models/algorithms/storage/dynamic_snitch.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "engine/kernel/random.h"

namespace highwater::storage {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;
using Order = std::vector<std::uint32_t>;

Order sorted(DynamicSnitch& snitch, std::int64_t now, Order replicas) {
  snitch.sort(now, replicas);
  return replicas;
}

Order shuffled(Order list) {
  for (std::size_t i = list.size(); i > 1; --i)
    std::swap(list[i - 1], list[*rc::gen::inRange<std::size_t>(0, i)]);
  return list;
}

TEST_CASE("dynamic_snitch: a score is a share of the worst median", "[models][database]") {
  RandomStream random(1, "snitch", "test");
  DynamicSnitch snitch({}, 3);
  for (int i = 0; i < 10; ++i) {
    snitch.received(0, 0, 20 * kMillisecond, random);
    snitch.received(0, 1, 5 * kMillisecond + 999'999, random);  // whole milliseconds count
  }
  CHECK(snitch.score(99 * kMillisecond, 0) == 0);  // before the first update
  CHECK(snitch.score(100 * kMillisecond, 0) == 1);
  CHECK(snitch.score(100 * kMillisecond, 1) == 0.25);
  CHECK(snitch.score(100 * kMillisecond, 2) == 0);
}

TEST_CASE("dynamic_snitch: nodes that answer within a millisecond look alike",
          "[models][database]") {
  RandomStream random(1, "snitch", "test");
  DynamicSnitch snitch({.badness_threshold = 0}, 2);
  for (int i = 0; i < 10; ++i) {
    snitch.received(0, 0, 900'000, random);
    snitch.received(0, 1, 100'000, random);
  }
  CHECK(snitch.score(kSecond, 0) == 0);
  CHECK(sorted(snitch, kSecond, {0, 1}) == Order{0, 1});
}

TEST_CASE("dynamic_snitch: the plain order stays unless it is bad", "[models][database]") {
  RandomStream random(1, "snitch", "test");
  DynamicSnitch lenient({.badness_threshold = 1.0}, 3);
  DynamicSnitch strict({.badness_threshold = 0.1}, 3);
  for (DynamicSnitch* snitch : {&lenient, &strict})
    for (std::uint32_t node = 0; node < 3; ++node)
      snitch->received(0, node, (node == 0 ? 15 : 10) * kMillisecond, random);
  // 1 at the first place, where 2/3 is possible: worse by half.
  CHECK(sorted(lenient, kSecond, {0, 1, 2}) == Order{0, 1, 2});
  CHECK(sorted(strict, kSecond, {0, 1, 2}) == Order{1, 2, 0});
  CHECK(sorted(strict, kSecond, {1, 2, 0}) == Order{1, 2, 0});
  CHECK(sorted(strict, kSecond, {0}) == Order{0});
}

TEST_CASE("dynamic_snitch: samples are forgotten, scores are not until the next update",
          "[models][database]") {
  RandomStream random(1, "snitch", "test");
  DynamicSnitch snitch({.update_interval = kSecond, .reset_interval = 10 * kSecond + kSecond / 2},
                       2);
  snitch.received(9 * kSecond, 0, 50 * kMillisecond, random);
  CHECK(snitch.score(10 * kSecond, 0) == 1);
  CHECK(snitch.score(10 * kSecond + 600 * kMillisecond, 0) == 1);  // after the reset
  CHECK(snitch.score(11 * kSecond, 0) == 0);
  // The same when nobody looked in between.
  DynamicSnitch other({.update_interval = kSecond, .reset_interval = 10 * kSecond + kSecond / 2},
                      2);
  other.received(9 * kSecond, 0, 50 * kMillisecond, random);
  CHECK(other.score(10 * kSecond + 600 * kMillisecond, 0) == 1);
  CHECK(other.score(12 * kSecond, 0) == 0);
}

TEST_CASE("dynamic_snitch: the order against a second implementation", "[models][database]") {
  CHECK(rc::check([] {
    RandomStream random(1, "snitch", "test");
    const auto nodes = *rc::gen::inRange<std::size_t>(1, 8);
    const double threshold = *rc::gen::element(0.0, 0.1, 1.0, 3.0);
    DynamicSnitch snitch({.badness_threshold = threshold}, nodes);
    std::vector<double> scores(nodes);
    std::int64_t worst = 1;
    std::vector<std::int64_t> took(nodes);
    for (std::uint32_t i = 0; i < nodes; ++i) {
      took[i] = *rc::gen::inRange<std::int64_t>(0, 40);
      if (took[i] > 0) snitch.received(0, i, took[i] * kMillisecond, random);
      worst = std::max(worst, took[i]);
    }
    for (std::size_t i = 0; i < nodes; ++i)
      scores[i] = static_cast<double>(took[i]) / static_cast<double>(worst);
    Order plain(nodes);
    for (std::uint32_t i = 0; i < nodes; ++i) plain[i] = i;
    plain = shuffled(plain);

    // Position by position: is the plain order's score beyond what the best order has there?
    Order best = plain;
    std::stable_sort(best.begin(), best.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return scores[a] < scores[b]; });
    bool bad = threshold == 0;
    for (std::size_t i = 0; i < nodes; ++i)
      bad = bad || scores[plain[i]] > scores[best[i]] * (1 + threshold);
    RC_ASSERT(sorted(snitch, kSecond, plain) == (bad ? best : plain));
  }));
}

}  // namespace
}  // namespace highwater::storage
