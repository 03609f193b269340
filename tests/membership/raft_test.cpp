#include "models/algorithms/membership/raft.h"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/membership/raft_cluster.h"
#include "tests/support/golden.h"

namespace highwater::membership::raft_test {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1000 * kMs;
using Group = RaftCluster<SplitMix>;
using Changes = std::vector<Group::Change>;

const std::pair<const char*, RaftOptions> kVariants[] = {{"paper", RaftOptions::paper()},
                                                         {"hashicorp", RaftOptions::hashicorp()},
                                                         {"etcd", RaftOptions::etcd()}};

std::optional<std::uint32_t> leader_of(const Group& group) {
  std::optional<std::uint32_t> leader;
  for (std::uint32_t i = 0; i < group.size(); ++i)
    if (group.up(i) && group.server(i).role() == RaftRole::leader) leader = i;
  return leader;
}

TEST_CASE("raft: hashicorp's timing is its default", "[membership]") {
  const auto golden = golden_json("defaults_go.json")["hashicorp_raft"];
  const RaftOptions o = RaftOptions::hashicorp();
  CHECK(o.election_min == golden["ElectionTimeout_ms"].get<std::int64_t>() * kMs);
  CHECK(o.heartbeat == golden["HeartbeatTimeout_ms"].get<std::int64_t>() * kMs / 10);
  CHECK(o.leader_lease == golden["LeaderLeaseTimeout_ms"].get<std::int64_t>() * kMs);
}

TEST_CASE("raft: a new leader comes as late as the timeouts say", "[membership]") {
  for (const auto& [name, options] : kVariants) {
    std::int64_t least = 100 * kSecond;
    std::int64_t most = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
      Group group(options, {.latency = 500'000}, 5, SplitMix{seed});
      Changes changes;
      group.run(10 * kSecond, changes);
      REQUIRE(changes.size() == 1);  // one election, and a leader that stays
      const std::uint32_t old = changes[0].server;
      group.kill(old, changes);
      changes.clear();
      group.run(30 * kSecond, changes);
      REQUIRE_FALSE(changes.empty());
      CHECK(changes[0].server != old);
      const std::int64_t took = changes[0].at - 10 * kSecond;
      least = std::min(least, took);
      most = std::max(most, took);
    }
    CAPTURE(name, least, most);
    // From the last heartbeat, up to one interval ago, the shortest timeout at least. Split votes
    // cost another round.
    CHECK(least >= options.election_min - 2 * options.heartbeat);
    CHECK(most <= 4 * options.election_min + 2 * options.heartbeat);
  }
}

TEST_CASE("raft: a leader cut off steps down with lease or quorum check", "[membership]") {
  for (const auto& [name, options] : kVariants) {
    Group group(options, {.latency = 500'000}, 5, SplitMix{4});
    Changes changes;
    group.run(10 * kSecond, changes);
    const std::uint32_t old = *leader_of(group);
    group.network().set_side(old, 1);
    changes.clear();
    group.run(20 * kSecond, changes);
    const auto gone = std::find_if(changes.begin(), changes.end(),
                                   [&](const auto& c) { return c.server == old && !c.leads; });
    CAPTURE(name);
    if (options.variant == RaftVariant::paper) {
      CHECK(gone == changes.end());  // it leads on among itself, in its term
    } else {
      REQUIRE(gone != changes.end());
      const std::int64_t within = options.variant == RaftVariant::hashicorp
                                      ? options.leader_lease + 300 * kMs
                                      : 2 * options.election_min + options.heartbeat;
      CHECK(gone->at - 10 * kSecond <= within);
    }
    CHECK(std::count_if(changes.begin(), changes.end(), [](const auto& c) { return c.leads; }) >=
          1);
    group.network().heal();
    group.run(40 * kSecond, changes);
    CHECK(leader_of(group).has_value());
  }
}

TEST_CASE("raft: pre-vote spares the others the terms of one that was away", "[membership]") {
  for (const bool pre_vote : {false, true}) {
    RaftOptions options = RaftOptions::etcd();
    options.pre_vote = pre_vote;
    options.check_quorum = false;
    Group group(options, {.latency = 500'000}, 3, SplitMix{2});
    Changes changes;
    group.run(10 * kSecond, changes);
    const std::uint32_t leader = *leader_of(group);
    const std::uint64_t term = group.server(leader).term();
    const std::uint32_t away = (leader + 1) % 3;
    group.network().set_side(away, 1);
    group.run(40 * kSecond, changes);
    CHECK((group.server(away).term() > term) == !pre_vote);
    group.network().heal();
    changes.clear();
    group.run(60 * kSecond, changes);
    CHECK((group.server(leader).term() > term) == !pre_vote);
    CHECK(changes.empty() == pre_vote);
  }
}

TEST_CASE("raft: one leader in a term whose log no majority outdoes", "[membership]") {
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    RaftOptions options = kVariants[bits.bits() % 3].second;
    if (options.variant == RaftVariant::etcd) {
      options.pre_vote = bits.bits() % 2 == 0;
      options.check_quorum = bits.bits() % 2 == 0;
    }
    const auto n = 1 + static_cast<std::uint32_t>(bits.bits() % 5);
    Group group(options, {.latency = 5 * kMs, .jitter = 20 * kMs, .loss = 0.1}, n, bits);
    std::map<std::uint64_t, std::uint32_t> leaders;
    std::vector<std::uint64_t> committed;
    Changes changes;
    std::int64_t now = 0;
    const auto check = [&] {
      for (const auto& c : changes) {
        if (!c.leads) continue;
        const auto [found, is_new] = leaders.try_emplace(c.term, c.server);
        RC_ASSERT(is_new || found->second == c.server);
      }
      changes.clear();
      for (std::uint32_t i = 0; i < n; ++i) {
        const auto& log = group.server(i).log();
        const std::uint64_t commit = group.server(i).commit();
        RC_ASSERT(commit <= log.size());
        // What one calls committed, all others agree with for ever.
        for (std::uint64_t k = 0; k < commit; ++k) {
          if (k == committed.size()) committed.push_back(log[k]);
          RC_ASSERT(committed[k] == log[k]);
        }
      }
      const auto leader = leader_of(group);
      std::uint64_t newest = 0;
      for (std::uint32_t i = 0; i < n; ++i) newest = std::max(newest, group.server(i).term());
      if (leader && group.server(*leader).term() == newest)
        RC_ASSERT(group.server(*leader).log().size() >= committed.size());
    };
    for (int i = 0; i < 60; ++i) {
      const auto who = static_cast<std::uint32_t>(bits.bits() % n);
      switch (bits.bits() % 6) {
        case 0:
          group.kill(who, changes);
          break;
        case 1:
        case 2:
          if (!group.up(who)) group.restart(who);
          break;
        case 3:
          group.network().set_side(who, static_cast<std::uint32_t>(bits.bits() % 2));
          break;
        case 4:
          group.network().heal();
          break;
        default:
          if (const auto leader = leader_of(group)) group.propose(*leader);
          break;
      }
      now += static_cast<std::int64_t>(bits.bits() % 3000) * kMs;
      group.run(now, changes);
      check();
    }
    group.network().heal();
    for (std::uint32_t i = 0; i < n; ++i)
      if (!group.up(i)) group.restart(i);
    const bool led = leader_of(group).has_value();
    group.run(now + 120 * kSecond, changes);
    // Losses may cost a leader its place at any moment, but never for long.
    RC_ASSERT(led ||
              std::any_of(changes.begin(), changes.end(), [](const auto& c) { return c.leads; }));
    check();
  }));
}

// A server that is asked for its vote.
struct Voter {
  explicit Voter(RaftOptions options = RaftOptions::paper()) : raft(options, 0, 3) {
    raft.start(0, bits);
  }
  bool asked(std::uint32_t from, std::uint64_t term, std::uint64_t last_term,
             std::uint64_t last_index) {
    RaftMessage m;
    m.kind = RaftMessage::Kind::vote;
    m.from = from;
    m.term = term;
    m.last_term = last_term;
    m.last_index = last_index;
    out.clear();
    raft.receive(0, m, bits, out);
    return !out.empty() && out[0].granted;
  }
  void append(std::uint64_t term, std::uint64_t previous, std::uint64_t previous_term,
              std::vector<std::uint64_t> entries) {
    RaftMessage m;
    m.from = 1;
    m.term = term;
    m.previous = previous;
    m.last_term = previous_term;
    m.entries = std::move(entries);
    out.clear();
    raft.receive(0, m, bits, out);
  }
  SplitMix bits{1};
  Raft raft;
  std::vector<RaftMessage> out;
};

TEST_CASE("raft: one vote in a term even after a crash", "[membership]") {
  Voter voter;
  CHECK(voter.asked(1, 5, 0, 0));
  CHECK(voter.asked(1, 5, 0, 0));  // the answer may have been lost
  CHECK_FALSE(voter.asked(2, 5, 0, 0));
  voter.raft.start(kSecond, voter.bits);
  CHECK_FALSE(voter.asked(2, 5, 0, 0));
  CHECK_FALSE(voter.asked(2, 4, 0, 0));
  CHECK(voter.asked(2, 6, 0, 0));
}

TEST_CASE("raft: only logs that are up to date are voted for", "[membership]") {
  Voter voter;
  voter.append(3, 0, 0, {1, 3});
  CHECK(voter.out[0].granted);
  CHECK_FALSE(voter.asked(1, 4, 3, 1));  // shorter
  CHECK_FALSE(voter.asked(1, 5, 2, 9));  // longer, of an older term
  CHECK(voter.asked(1, 6, 3, 2));
  CHECK(voter.asked(1, 7, 4, 1));
}

TEST_CASE("raft: a log that parts from the leader's is cut", "[membership]") {
  Voter voter;
  voter.append(1, 0, 0, {1, 1, 1});
  voter.append(2, 5, 2, {2});
  CHECK_FALSE(voter.out[0].granted);
  CHECK(voter.out[0].last_index == 3);
  voter.append(2, 2, 1, {2});
  CHECK(voter.raft.log() == std::vector<std::uint64_t>{1, 1, 2});
  voter.append(2, 0, 0, {1});  // an old packet cuts nothing
  CHECK(voter.raft.log().size() == 3);
}

TEST_CASE("raft: hashicorp and etcd do not vote while they hear of a leader", "[membership]") {
  for (const auto& [name, options] : kVariants) {
    Voter voter(options);
    voter.append(1, 0, 0, {1});
    CHECK(voter.asked(2, 9, 1, 1) == (options.variant == RaftVariant::paper));
  }
}

TEST_CASE("raft: a group of one elects itself and odd timeouts work", "[membership]") {
  for (const auto& [name, options] : kVariants) {
    RaftOptions odd = options;
    odd.heartbeat = 0;
    odd.election_min = -5;
    odd.election_max = -9;
    Group group(odd, {}, 1, SplitMix{1});
    Changes changes;
    group.run(kSecond, changes);
    REQUIRE(changes.size() == 1);
    CHECK(group.propose(0));
    CHECK(group.server(0).commit() == 2);
  }
}

TEST_CASE("raft: who holds more data beside the log is elected", "[membership]") {
  for (const auto& [name, options] : kVariants)
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      CAPTURE(name, seed);
      Group group(options, {.latency = 500'000}, 5, SplitMix{seed});
      Changes changes;
      group.campaign(2);
      group.run(kSecond, changes);
      REQUIRE(changes.size() == 1);
      CHECK(changes[0].server == 2);

      for (std::uint32_t i = 0; i < 5; ++i) group.holds(i, 10 + i);
      group.kill(2, changes);
      group.run(60 * kSecond, changes);
      CHECK(leader_of(group) >= 3);  // whoever leads has the votes of two that hold no more
      group.kill(0, changes);
      if (leader_of(group) == 4) continue;
      group.kill(3, changes);
      group.restart(0);
      group.run(120 * kSecond, changes);
      CHECK(leader_of(group) == 4);
    }
}

}  // namespace
}  // namespace highwater::membership::raft_test
