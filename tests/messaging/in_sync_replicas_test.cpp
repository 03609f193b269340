#include "models/algorithms/messaging/in_sync_replicas.h"

#include <set>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::messaging::in_sync_replicas_test {
namespace {

using Acks = InSyncReplicas::Acks;
using Answer = InSyncReplicas::Answer;
constexpr std::int64_t kSecond = 1'000'000'000;

TEST_CASE("in_sync_replicas: the high watermark is what all in sync have", "[models][messaging]") {
  InSyncReplicas isr({});
  CHECK(isr.leader() == 0u);
  const auto sent = isr.append(0, 5, Acks::all);
  CHECK(sent.answer == Answer::pending);
  CHECK(sent.first == 0);
  CHECK(sent.end == 5);
  CHECK(isr.append(0, 2, Acks::leader).answer == Answer::ok);
  isr.fetch(1, 1, 5);
  CHECK(isr.high_watermark() == 0);
  isr.fetch(1, 2, 7);
  CHECK(isr.high_watermark() == 5);
  CHECK(isr.answer(5) == Answer::ok);
  CHECK(isr.answer(6) == Answer::pending);
  isr.fetch(1, 1, 100);  // beyond the end counts as the end
  CHECK(isr.log_end(1) == 7);
  CHECK(isr.high_watermark() == 7);
}

TEST_CASE("in_sync_replicas: alone", "[models][messaging]") {
  InSyncReplicas isr({.replicas = 0});
  CHECK(isr.append(0, 3, Acks::all).answer == Answer::ok);
  CHECK(isr.high_watermark() == 3);
  InSyncReplicas wanted({.replicas = 1, .min_insync_replicas = 2});
  CHECK(wanted.append(0, 3, Acks::all).answer == Answer::not_enough_replicas);
  CHECK(wanted.log_end(0) == 0);
  CHECK(wanted.append(0, 3, Acks::leader).answer == Answer::ok);
}

TEST_CASE("in_sync_replicas: who lags leaves and who is back returns", "[models][messaging]") {
  InSyncReplicas isr({.min_insync_replicas = 2, .lag_time_max = 10 * kSecond});
  isr.append(0, 5, Acks::all);
  isr.fetch(kSecond, 1, 5);
  // Looks at 5, 10, 15 s; follower 2 was at the end at time 0, for the last time.
  isr.tick(10 * kSecond);
  CHECK(isr.in_sync(2));
  CHECK(isr.high_watermark() == 0);
  isr.fetch(14 * kSecond, 1, 5);
  isr.tick(15 * kSecond);
  CHECK_FALSE(isr.in_sync(2));
  CHECK(isr.in_sync(1));
  CHECK(isr.high_watermark() == 5);
  CHECK(isr.answer(5) == Answer::ok);
  isr.fetch(16 * kSecond, 2, 4);
  CHECK_FALSE(isr.in_sync(2));
  isr.fetch(16 * kSecond, 2, 5);
  CHECK(isr.in_sync(2));
  // A follower at the end of an idle leader's log stays though it does not fetch.
  isr.tick(1000 * kSecond);
  CHECK(isr.isr_size() == 3);
}

TEST_CASE("in_sync_replicas: too few", "[models][messaging]") {
  InSyncReplicas isr({.min_insync_replicas = 2});
  isr.fail(0, 1);
  CHECK(isr.append(0, 1, Acks::all).answer == Answer::pending);
  isr.fail(0, 2);
  CHECK(isr.answer(1) == Answer::not_enough_replicas_after_append);
  CHECK(isr.append(0, 1, Acks::all).answer == Answer::not_enough_replicas);
  CHECK(isr.log_end(0) == 1);
  isr.fail(0, 0);
  CHECK_FALSE(isr.leader());
  CHECK(isr.in_sync(0));  // the last one stays
  CHECK(isr.append(0, 1, Acks::none).answer == Answer::no_leader);
  CHECK(isr.answer(1) == Answer::no_leader);
  isr.restore(0, 1);
  CHECK_FALSE(isr.leader());
  isr.restore(0, 0);
  CHECK(isr.leader() == 0u);
}

TEST_CASE("in_sync_replicas: an unclean election loses what only others had",
          "[models][messaging]") {
  InSyncReplicas isr({.replicas = 2, .unclean_leader_election = true});
  isr.fail(0, 1);
  CHECK(isr.append(0, 4, Acks::all).answer == Answer::ok);
  isr.fail(0, 0);
  CHECK_FALSE(isr.leader());
  isr.restore(0, 1);
  CHECK(isr.leader() == 1u);
  CHECK(isr.lost() == 4);
  CHECK(isr.high_watermark() == 0);
  isr.append(0, 1, Acks::leader);
  isr.restore(0, 0);
  CHECK(isr.log_end(0) == 0);  // its four are not the leader's
  CHECK_FALSE(isr.in_sync(0));
}

TEST_CASE("in_sync_replicas: a replica that has lost its log", "[models][messaging]") {
  InSyncReplicas group({3, 1, 30'000'000'000, false});
  group.append(0, 10, InSyncReplicas::Acks::leader);
  group.fetch(1, 1, 10);
  group.fetch(1, 2, 10);
  CHECK(group.high_watermark() == 10);
  group.lose(1);  // it is up: nothing is lost
  CHECK(group.log_end(1) == 10);
  group.fail(2, 1);
  group.lose(1);
  group.restore(3, 1);
  CHECK(group.log_end(1) == 0);
  CHECK_FALSE(group.in_sync(1));
  group.fetch(4, 1, 0);
  CHECK_FALSE(group.in_sync(1));
  group.fetch(5, 1, 10);
  CHECK(group.in_sync(1));
  CHECK(group.lost() == 0);

  // The last one in sync leads with nothing.
  group.fail(6, 1);
  group.fail(6, 2);
  group.fail(7, 0);
  CHECK_FALSE(group.leader());
  group.lose(0);
  group.restore(8, 2);
  CHECK_FALSE(group.leader());
  group.restore(9, 0);
  CHECK(group.leader() == 0u);
  CHECK(group.lost() == 10);
  CHECK(group.high_watermark() == 0);
  CHECK(group.log_end(2) == 0);
}

TEST_CASE("in_sync_replicas: time", "[models][messaging]") {
  InSyncReplicas isr({.lag_time_max = 0});
  isr.append(10, 1, Acks::none);
  isr.tick(5);  // stands still
  CHECK(isr.in_sync(1));
  isr.tick(12);
  CHECK(isr.isr_size() == 1);
  CHECK(isr.high_watermark() == 1);
}

// A replica that was up without a leader has to give up what the new leader has not.
TEST_CASE("in_sync_replicas: back before there is a leader", "[models][messaging]") {
  InSyncReplicas isr({.replicas = 2});
  isr.append(0, 5, Acks::leader);
  isr.fail(0, 0);
  CHECK(isr.leader() == 1u);
  isr.append(0, 3, Acks::all);
  isr.fail(0, 1);
  isr.restore(0, 0);
  CHECK_FALSE(isr.leader());
  isr.restore(0, 1);
  CHECK(isr.leader() == 1u);
  CHECK(isr.log_end(0) == 0);
  CHECK(isr.log_end(1) == 3);
}

TEST_CASE("in_sync_replicas: handing over", "[models][messaging]") {
  InSyncReplicas isr({.replicas = 3});
  isr.append(0, 5, Acks::leader);
  isr.fetch(0, 1, 3);
  isr.fail(0, 2);
  CHECK_FALSE(isr.hand_over(0, 0));  // it leads
  CHECK_FALSE(isr.hand_over(0, 2));  // it is down
  CHECK(isr.hand_over(0, 1));
  CHECK(isr.leader() == 1u);
  CHECK(isr.log_end(0) == 3);  // the two that only it had are gone
  CHECK(isr.high_watermark() == 3);
  CHECK(isr.lost() == 0);
  isr.restore(0, 2);
  CHECK_FALSE(isr.hand_over(0, 2));  // not in sync
  isr.fetch(0, 2, 3);
  CHECK(isr.hand_over(0, 2));
}

TEST_CASE("in_sync_replicas: a fork may be cut before its replica is back", "[models][messaging]") {
  const auto end = [](bool cut) {
    InSyncReplicas isr({.replicas = 2, .unclean_leader_election = true});
    isr.fail(0, 1);
    isr.append(0, 4, Acks::all);
    isr.fail(0, 0);
    isr.restore(0, 1);  // leads, with nothing
    isr.fail(0, 1);
    if (cut) isr.cut_fork(0);
    isr.restore(0, 0);
    CHECK(isr.leader() == 0u);
    return isr.log_end(0);
  };
  CHECK(end(false) == 4);
  CHECK(end(true) == 0);
}

// Every replica's log, record by record, beside the offsets.
TEST_CASE("in_sync_replicas: logs agree and nothing acknowledged is lost", "[models][messaging]") {
  const bool holds = rc::check("any calls", [](std::uint64_t seed) {
    SplitMix bits{seed};
    const auto n = static_cast<std::uint32_t>(1 + bits.bits() % 4);
    const bool unclean = bits.bits() % 3 == 0;
    const IsrOptions options{.replicas = n,
                             .min_insync_replicas = static_cast<std::uint32_t>(1 + bits.bits() % n),
                             .lag_time_max = static_cast<std::int64_t>(bits.bits() % 12),
                             .unclean_leader_election = unclean};
    InSyncReplicas isr(options);
    std::vector<std::vector<int>> logs(n);
    std::vector<char> up(n, 1);
    std::vector<std::pair<std::uint64_t, int>> waits;  // end, last record
    std::set<int> safe;
    int record = 0;
    std::int64_t now = 0;
    for (int i = 0; i < 200; ++i) {
      now += static_cast<std::int64_t>(bits.bits() % 4);
      const std::uint64_t before = isr.high_watermark();
      const auto leader_before = isr.leader();
      const auto r = static_cast<std::uint32_t>(bits.bits() % n);
      switch (bits.bits() % 8) {
        case 0:
        case 1: {
          const bool all = bits.bits() % 2 == 0;
          isr.tick(now);
          const bool few = isr.isr_size() < options.min_insync_replicas;
          const auto sent = isr.append(now, 1, all ? Acks::all : Acks::leader);
          if (!isr.leader()) {
            RC_ASSERT(sent.answer == Answer::no_leader);
          } else if (all && few) {
            RC_ASSERT(sent.answer == Answer::not_enough_replicas);
          } else {
            RC_ASSERT(sent.end == sent.first + 1);
            logs[*isr.leader()].push_back(++record);
            if (all) waits.emplace_back(sent.end, record);
          }
          break;
        }
        case 2:
        case 3:
        case 4:
          if (isr.leader() && up[r] && r != *isr.leader()) {
            const std::uint64_t offset = isr.log_end(r) + bits.bits() % 4;
            isr.fetch(now, r, offset);
            const auto& log = logs[*isr.leader()];
            logs[r].assign(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(isr.log_end(r)));
          }
          break;
        case 5:
          if (bits.bits() % 2 == 0) break;
          isr.fail(now, r);
          up[r] = 0;
          break;
        case 6:
          isr.restore(now, r);
          up[r] = 1;
          break;
        case 7:
          isr.tick(now);
          break;
      }
      if (isr.leader() != leader_before) waits.clear();  // those producers are told of an error
      RC_ASSERT(unclean || isr.high_watermark() >= before);
      RC_ASSERT(unclean || isr.lost() == 0u);
      if (!isr.leader()) continue;
      RC_ASSERT(up[*isr.leader()]);
      RC_ASSERT(isr.in_sync(*isr.leader()));
      auto& log = logs[*isr.leader()];
      RC_ASSERT(isr.log_end(*isr.leader()) == log.size());
      std::uint64_t lowest = log.size();
      bool others = false;
      for (std::uint32_t k = 0; k < n; ++k) {
        if (!up[k]) {
          RC_ASSERT(!isr.in_sync(k));
          continue;
        }
        RC_ASSERT(isr.log_end(k) <= logs[k].size());
        logs[k].resize(isr.log_end(k));
        RC_ASSERT(std::equal(logs[k].begin(), logs[k].end(), log.begin()));
        if (isr.in_sync(k))
          lowest = std::min(lowest, isr.log_end(k));
        else
          others = true;
      }
      RC_ASSERT(isr.high_watermark() <= lowest);
      if (!others) RC_ASSERT(isr.high_watermark() == lowest);
      std::erase_if(waits, [&](const auto& wait) {
        if (isr.answer(wait.first) == Answer::pending) return false;
        safe.insert(wait.second);
        return true;
      });
      if (!unclean)
        for (const int kept : safe) RC_ASSERT(std::count(log.begin(), log.end(), kept) == 1);
    }
  });
  CHECK(holds);
}

}  // namespace
}  // namespace highwater::messaging::in_sync_replicas_test
