#include "models/algorithms/membership/hybrid_clock.h"

#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::membership {
namespace {

TEST_CASE("commit wait: the timestamp is past everywhere once the wait is over", "[membership]") {
  const CommitWait wait{.epsilon = 7};
  const std::int64_t t = wait.timestamp(100);
  CHECK(t == 107);
  CHECK_FALSE(wait.over(t, 114));
  CHECK(wait.over(t, 115));
  CHECK(wait.until(t) == 115);  // two epsilons, and on
  CHECK(CommitWait{.epsilon = -5}.until(100) == 101);
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    const auto epsilon = static_cast<std::int64_t>(bits.bits() % 100);
    const CommitWait w{.epsilon = epsilon};
    const auto off = [&] {
      return static_cast<std::int64_t>(bits.bits() % static_cast<std::uint64_t>(2 * epsilon + 1)) -
             epsilon;
    };
    // One commits on its clock; another begins at any true time after that, on its own.
    const std::int64_t first_off = off();
    const std::int64_t first = w.timestamp(1000 + first_off);
    const std::int64_t done = w.until(first) - first_off;
    RC_ASSERT(w.timestamp(done + off()) > first);
  }));
}

TEST_CASE("hybrid clock: the figure of the paper", "[membership]") {
  HybridClock clock;
  CHECK(clock.now(10) == HybridTime{10, 0});
  CHECK(clock.now(10) == HybridTime{10, 1});
  CHECK(clock.now(5) == HybridTime{10, 2});  // its clock went back
  CHECK(clock.receive(11, {20, 3}) == HybridTime{20, 4});
  CHECK(clock.receive(20, {20, 9}) == HybridTime{20, 10});
  CHECK(clock.receive(21, {19, 99}) == HybridTime{21, 0});
  CHECK(clock.receive(0, {30, 0xffffffff}) == HybridTime{31, 0});
  CHECK(clock.last() == HybridTime{31, 0});
}

TEST_CASE("hybrid clock: causes come before effects and no one runs ahead", "[membership]") {
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    constexpr std::uint64_t kNodes = 4;
    HybridClock clocks[kNodes];
    std::int64_t offsets[kNodes];
    std::int64_t fastest = 0;
    for (std::int64_t& o : offsets) {
      o = static_cast<std::int64_t>(bits.bits() % 50);
      fastest = std::max(fastest, o);
    }
    std::vector<HybridTime> sent;
    for (std::int64_t t = 0; t < 300; ++t) {
      const std::uint64_t n = bits.bits() % kNodes;
      const HybridTime before = clocks[n].last();
      const std::int64_t mine = t / 3 + offsets[n];
      if (sent.empty() || bits.bits() % 2 == 0) {
        sent.push_back(clocks[n].now(mine));
        RC_ASSERT(sent.back() > before);
      } else {
        const HybridTime heard = sent[bits.bits() % sent.size()];
        const HybridTime mine_now = clocks[n].receive(mine, heard);
        RC_ASSERT(mine_now > before);
        RC_ASSERT(mine_now > heard);
      }
      RC_ASSERT(clocks[n].last().wall >= mine);
      RC_ASSERT(clocks[n].last().wall <= t / 3 + fastest);
    }
  }));
}

}  // namespace
}  // namespace highwater::membership
