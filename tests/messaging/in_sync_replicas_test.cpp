#include "models/algorithms/messaging/in_sync_replicas.h"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/algorithms/golden.h"

namespace highwater::messaging {
namespace {

using Acks = InSyncReplicas::Acks;
using Answer = InSyncReplicas::Answer;
constexpr std::int64_t kSecond = 1'000'000'000;

TEST_CASE("isr: the high watermark is the lowest end of those in sync", "[messaging]") {
  InSyncReplicas isr({.replicas = 3, .min_insync_replicas = 2});
  CHECK(isr.append(0, 10, Acks::all).answer == Answer::pending);
  isr.fetch(kSecond, 1, 10);
  CHECK(isr.high_watermark() == 0);
  isr.fetch(kSecond, 2, 7);
  CHECK(isr.high_watermark() == 7);
  CHECK(isr.answer(7) == Answer::ok);
  CHECK(isr.answer(10) == Answer::pending);
  isr.fetch(2 * kSecond, 2, 10);
  CHECK(isr.answer(10) == Answer::ok);
  CHECK(isr.append(2 * kSecond, 1, Acks::leader).answer == Answer::ok);
  CHECK(isr.append(2 * kSecond, 1, Acks::none).first == 11);
}

TEST_CASE("isr: a follower that lags leaves and comes back", "[messaging]") {
  InSyncReplicas isr({.replicas = 3, .min_insync_replicas = 3, .lag_time_max = 10 * kSecond});
  isr.append(0, 5, Acks::leader);
  for (int t = 1; t <= 9; ++t) isr.fetch(t * kSecond, 1, 5);
  isr.tick(10 * kSecond);
  CHECK(isr.isr_size() == 3);  // not longer than 10 s
  isr.fetch(14 * kSecond, 1, 5);
  isr.tick(15 * kSecond);
  CHECK(isr.isr_size() == 2);
  CHECK_FALSE(isr.in_sync(2));
  CHECK(isr.high_watermark() == 5);
  CHECK(isr.append(15 * kSecond, 1, Acks::all).answer == Answer::not_enough_replicas);
  CHECK(isr.append(15 * kSecond, 1, Acks::leader).answer == Answer::ok);
  isr.fetch(16 * kSecond, 2, 4);
  CHECK_FALSE(isr.in_sync(2));
  isr.fetch(17 * kSecond, 2, 5);  // up to the high watermark: enough
  CHECK(isr.in_sync(2));
}

TEST_CASE("isr: too few left once it was appended is an error", "[messaging]") {
  InSyncReplicas isr({.replicas = 2, .min_insync_replicas = 2, .lag_time_max = 10 * kSecond});
  const auto appended = isr.append(0, 3, Acks::all);
  CHECK(isr.answer(appended.end) == Answer::pending);
  isr.tick(20 * kSecond);
  CHECK(isr.answer(appended.end) == Answer::not_enough_replicas_after_append);
}

TEST_CASE("isr: a follower that keeps up with a growing log stays", "[messaging]") {
  InSyncReplicas isr({.replicas = 2, .lag_time_max = 10 * kSecond});
  std::uint64_t end = 0;
  for (int t = 0; t < 60; ++t) {
    const std::uint64_t had = end;
    end = isr.append(t * kSecond, 100, Acks::leader).end;
    isr.fetch(t * kSecond + 1, 1, had);  // always one append behind
  }
  CHECK(isr.in_sync(1));
}

TEST_CASE("isr: the leader's place goes to one in sync", "[messaging]") {
  InSyncReplicas isr({.replicas = 3, .lag_time_max = 10 * kSecond});
  isr.append(0, 10, Acks::leader);
  isr.fetch(0, 1, 10);
  isr.fetch(0, 2, 6);
  isr.fail(kSecond, 0);
  CHECK(isr.leader() == 1u);
  CHECK(isr.high_watermark() == 6);
  CHECK(isr.lost() == 0);
  isr.restore(2 * kSecond, 0);
  CHECK(isr.log_end(0) == 10);
  isr.fail(3 * kSecond, 1);
  CHECK(isr.leader() == 2u);
  CHECK(isr.log_end(2) == 6);
}

TEST_CASE("isr: the last one in sync is waited for unless elections are unclean", "[messaging]") {
  for (const bool unclean : {false, true}) {
    InSyncReplicas isr(
        {.replicas = 2, .lag_time_max = 10 * kSecond, .unclean_leader_election = unclean});
    isr.append(0, 10, Acks::leader);
    isr.fetch(0, 1, 4);
    isr.tick(30 * kSecond);
    CHECK(isr.isr_size() == 1);
    CHECK(isr.high_watermark() == 10);
    isr.fail(31 * kSecond, 0);
    CHECK(isr.leader().has_value() == unclean);
    CHECK(isr.lost() == (unclean ? 6 : 0));
    CHECK(isr.append(32 * kSecond, 1, Acks::leader).answer ==
          (unclean ? Answer::ok : Answer::no_leader));
    isr.restore(33 * kSecond, 0);
    CHECK(isr.leader() == (unclean ? 1u : 0u));
    CHECK(isr.log_end(0) == (unclean ? 4 : 10));
  }
}

TEST_CASE("isr: edges of time and number", "[messaging]") {
  InSyncReplicas alone({.replicas = 0});
  CHECK(alone.append(0, 2, Acks::all).answer == Answer::ok);
  alone.fetch(0, 0, 5);  // the leader fetches from nobody
  CHECK(alone.high_watermark() == 2);
  InSyncReplicas isr({.replicas = 2, .lag_time_max = 0});
  isr.append(0, 1, Acks::leader);
  isr.tick(5);
  CHECK(isr.isr_size() == 1);
  isr.fetch(-100, 1, 99);  // as if nothing had passed, and no further than the leader
  CHECK(isr.log_end(1) == 1);
  CHECK(isr.isr_size() == 2);
}

TEST_CASE("isr: nothing acknowledged by all is lost while elections are clean", "[messaging]") {
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    const auto replicas = 1 + static_cast<std::uint32_t>(bits.bits() % 4);
    InSyncReplicas isr({.replicas = replicas, .lag_time_max = 10 * kSecond});
    std::uint64_t safe = 0;
    std::int64_t now = 0;
    for (int i = 0; i < 200; ++i) {
      now += static_cast<std::int64_t>(bits.bits() % 5) * kSecond;
      const auto r = static_cast<std::uint32_t>(bits.bits() % replicas);
      switch (bits.bits() % 6) {
        case 0:
          isr.append(now, bits.bits() % 5, Acks::all);
          break;
        case 1:
          isr.fail(now, r);
          break;
        case 2:
        case 3:
          isr.restore(now, r);
          break;
        default:
          // A follower can only fetch on from where it is.
          isr.fetch(now, r, isr.log_end(r) + bits.bits() % 4);
          break;
      }
      RC_ASSERT(isr.high_watermark() >= safe);
      safe = isr.high_watermark();
      RC_ASSERT(isr.lost() == 0u);
      if (!isr.leader()) continue;
      RC_ASSERT(isr.log_end(*isr.leader()) >= safe);
      for (std::uint32_t k = 0; k < replicas; ++k)
        if (isr.in_sync(k)) RC_ASSERT(isr.log_end(k) >= safe);
    }
  }));
}

}  // namespace
}  // namespace highwater::messaging
