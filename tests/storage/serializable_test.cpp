#include "models/algorithms/storage/serializable.h"

#include <map>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"

namespace highwater::storage::serializable_test {
namespace {

using Transaction = Serializable::Transaction;

TEST_CASE("serializable: of two whose writes skew, the one that commits later fails",
          "[algorithms][storage]") {
  Serializable all;
  const Transaction a = all.begin();
  const Transaction b = all.begin();
  CHECK(all.read(a, 1));
  CHECK(all.read(b, 2));
  CHECK(all.write(a, 2));
  CHECK(all.write(b, 1));
  CHECK(all.commit(a));
  CHECK_FALSE(all.commit(b));
  all.abort(b);
  CHECK(all.size() == 0);
}

TEST_CASE("serializable: one after the other nothing fails", "[algorithms][storage]") {
  Serializable all;
  for (int i = 0; i < 10; ++i) {
    const Transaction one = all.begin();
    CHECK(all.read(one, 1));
    CHECK(all.write(one, 2));
    CHECK(all.read(one, 2));
    CHECK(all.write(one, 1));
    CHECK(all.commit(one));
    CHECK(all.size() == 0);
  }
}

TEST_CASE("serializable: one read that must come first harms nobody", "[algorithms][storage]") {
  Serializable all;
  const Transaction reader = all.begin();
  const Transaction writer = all.begin();
  CHECK(all.read(reader, 1));
  CHECK(all.write(writer, 1));
  CHECK(all.commit(writer));
  CHECK(all.commit(reader));
}

TEST_CASE("serializable: the anomaly that takes a read-only transaction", "[algorithms][storage]") {
  // Fekete, O'Neil, O'Neil 2004: the deposit commits, a report sees it and not the withdrawal.
  Serializable all;
  const Transaction withdrawal = all.begin();
  CHECK(all.read(withdrawal, 1));
  CHECK(all.read(withdrawal, 2));
  const Transaction deposit = all.begin();
  CHECK(all.write(deposit, 2));
  CHECK(all.commit(deposit));
  const Transaction report = all.begin();
  CHECK(all.read(report, 1));
  CHECK(all.read(report, 2));
  CHECK(all.commit(report));
  const bool good = all.write(withdrawal, 1) && all.commit(withdrawal);
  CHECK_FALSE(good);
}

/// Of transactions that committed, with what each read and wrote, when it began and committed.
struct Done {
  std::uint64_t begun, committed;
  std::set<std::uint64_t> read, written;
};

/// Whether the committed ones fit into a serial order: no cycle among what must come before what.
bool serial(const std::vector<Done>& done) {
  const auto meet = [](const auto& a, const auto& b) {
    for (const std::uint64_t row : a)
      if (b.contains(row)) return true;
    return false;
  };
  const std::size_t n = done.size();
  std::vector<std::vector<std::size_t>> next(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      if (i == j) continue;
      const Done& a = done[i];
      const Done& b = done[j];
      const bool unseen = b.committed > a.begun;  // by a
      const bool first = a.committed < b.begun;
      if ((unseen && meet(a.read, b.written)) ||
          (first && (meet(a.written, b.read) || meet(a.written, b.written))))
        next[i].push_back(j);
    }
  std::vector<int> state(n, 0);
  const auto cyclic = [&](const auto& self, std::size_t at) -> bool {
    state[at] = 1;
    for (const std::size_t other : next[at])
      if (state[other] == 1 || (state[other] == 0 && self(self, other))) return true;
    state[at] = 2;
    return false;
  };
  for (std::size_t i = 0; i < n; ++i)
    if (state[i] == 0 && cyclic(cyclic, i)) return false;
  return true;
}

TEST_CASE("serializable: what commits has a serial order", "[algorithms][storage]") {
  std::size_t failed = 0;
  std::size_t committed = 0;
  bool needed = false;  // without failures some history would have had a cycle
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    RandomStream random(seed, "test", "transactions");
    Serializable all;
    std::uint64_t clock = 0;
    std::map<Transaction, Done> live;
    std::vector<Done> done;
    std::vector<Done> without;
    std::set<std::uint64_t> being_written;
    const auto fail = [&](Transaction who) {
      all.abort(who);
      for (const std::uint64_t row : live[who].written) being_written.erase(row);
      live[who].committed = ++clock;
      without.push_back(live[who]);
      live.erase(who);
      ++failed;
    };
    for (int step = 0; step < 400 || !live.empty(); ++step) {
      if (step < 400 && live.size() < 5 && random.below(3) == 0) {
        const Transaction one = all.begin();
        live[one].begun = ++clock;
        continue;
      }
      if (live.empty()) continue;
      auto it = live.begin();
      std::advance(it, static_cast<std::ptrdiff_t>(random.below(live.size())));
      const Transaction who = it->first;
      Done& mine = it->second;
      const std::uint64_t row = random.below(12);
      const std::uint64_t action = step < 400 ? random.below(5) : 4;
      if (action < 2) {
        mine.read.insert(row);
        if (!all.read(who, row)) fail(who);
      } else if (action < 4) {
        // Of concurrent writers of a row only one may go on: who holds it, if nobody has changed
        // it.
        bool changed = being_written.contains(row) && !mine.written.contains(row);
        for (const Done& other : done)
          changed = changed || (other.committed > mine.begun && other.written.contains(row));
        if (changed) continue;
        mine.written.insert(row);
        being_written.insert(row);
        if (!all.write(who, row)) fail(who);
      } else if (all.commit(who)) {
        for (const std::uint64_t written : mine.written) being_written.erase(written);
        mine.committed = ++clock;
        done.push_back(mine);
        without.push_back(mine);
        live.erase(who);
        ++committed;
      } else {
        fail(who);
      }
    }
    REQUIRE(serial(done));
    needed = needed || !serial(without);
    REQUIRE(all.size() == 0);
  }
  CHECK(needed);
  CHECK(failed > 100);
  CHECK(committed > 3 * failed);
}

}  // namespace
}  // namespace highwater::storage::serializable_test
