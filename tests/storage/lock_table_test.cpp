#include "models/algorithms/storage/lock_table.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"

namespace highwater::storage {
namespace {

using Transaction = LockTable::Transaction;

std::vector<Transaction> end(LockTable& table, Transaction who) {
  std::vector<Transaction> granted;
  table.end(who, [&](Transaction next) { granted.push_back(next); });
  return granted;
}

TEST_CASE("lock table: first come, first served", "[algorithms][storage]") {
  LockTable table;
  const Transaction a = table.begin();
  const Transaction b = table.begin();
  const Transaction c = table.begin();
  CHECK(table.acquire(a, 7));
  CHECK(table.acquire(a, 7));  // has it
  CHECK_FALSE(table.acquire(b, 7));
  CHECK_FALSE(table.acquire(c, 7));
  CHECK(table.locked() == 1);
  CHECK(table.waiting() == 2);
  CHECK(end(table, a) == std::vector{b});
  CHECK_FALSE(table.waits(b));
  CHECK(table.waits(c));
  CHECK(end(table, b) == std::vector{c});
  CHECK(end(table, c).empty());
  CHECK(table.locked() == 0);
}

TEST_CASE("lock table: who gives up leaves the line where it stands", "[algorithms][storage]") {
  LockTable table;
  std::vector<Transaction> line;
  for (int i = 0; i < 5; ++i) {
    line.push_back(table.begin());
    table.acquire(line.back(), 1);
  }
  CHECK(end(table, line[2]).empty());
  CHECK(end(table, line[4]).empty());
  CHECK(end(table, line[1]).empty());
  CHECK(end(table, line[0]) == std::vector{line[3]});
  CHECK(end(table, line[3]).empty());
}

TEST_CASE("lock table: a cycle is seen by those in it, not by those who lead into it",
          "[algorithms][storage]") {
  LockTable table;
  std::vector<Transaction> t;
  for (std::uint64_t row = 0; row < 4; ++row) {
    t.push_back(table.begin());
    CHECK(table.acquire(t[row], row));
  }
  CHECK_FALSE(table.acquire(t[3], 0));
  CHECK_FALSE(table.acquire(t[0], 1));
  CHECK_FALSE(table.acquire(t[1], 2));
  for (const Transaction one : t) CHECK_FALSE(table.deadlocked(one));
  CHECK_FALSE(table.acquire(t[2], 0));  // behind t[3]; 0 -> 1 -> 2 -> 0
  CHECK_FALSE(table.deadlocked(t[3]));
  for (int i = 0; i < 3; ++i) CHECK(table.deadlocked(t[static_cast<std::size_t>(i)]));
  CHECK(end(table, t[2]) == std::vector{t[1]});
  for (const Transaction one : {t[0], t[1], t[3]}) CHECK_FALSE(table.deadlocked(one));
}

/// The same with maps, and cycles found by walking.
struct Naive {
  std::map<std::uint64_t, std::deque<Transaction>> lines;  // the holder first
  std::map<Transaction, std::uint64_t> waits;

  bool acquire(Transaction who, std::uint64_t row) {
    std::deque<Transaction>& line = lines[row];
    if (!line.empty() && line.front() == who) return true;
    line.push_back(who);
    if (line.front() == who) return true;
    waits[who] = row;
    return false;
  }
  std::set<Transaction> end(Transaction who) {
    std::set<Transaction> granted;
    waits.erase(who);
    for (auto& [row, line] : lines) {
      const bool held = !line.empty() && line.front() == who;
      line.erase(std::remove(line.begin(), line.end(), who), line.end());
      if (!held || line.empty()) continue;
      waits.erase(line.front());
      granted.insert(line.front());
    }
    std::erase_if(lines, [](const auto& one) { return one.second.empty(); });
    return granted;
  }
  bool deadlocked(Transaction who) const {
    std::set<Transaction> seen;
    for (Transaction at = who; waits.contains(at);) {
      at = lines.at(waits.at(at)).front();
      if (at == who) return true;
      if (!seen.insert(at).second) return false;
    }
    return false;
  }
};

TEST_CASE("lock table: like a naive one, over random transactions", "[algorithms][storage]") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    RandomStream random(seed, "test", "locks");
    const std::uint64_t rows = 2 + random.below(20);
    LockTable table;
    Naive naive;
    std::vector<Transaction> live;
    for (int step = 0; step < 3'000; ++step) {
      if (live.empty() || (live.size() < 12 && random.below(4) == 0)) {
        live.push_back(table.begin());
        continue;
      }
      const std::size_t i = random.below(live.size());
      const Transaction who = live[i];
      const bool deadlocked = table.deadlocked(who);
      REQUIRE(deadlocked == naive.deadlocked(who));
      if (deadlocked || random.below(5) == 0) {
        const std::vector<Transaction> granted = end(table, who);
        const std::set<Transaction> expected = naive.end(who);
        REQUIRE(std::set<Transaction>(granted.begin(), granted.end()) == expected);
        REQUIRE(granted.size() == expected.size());
        live.erase(live.begin() + static_cast<std::ptrdiff_t>(i));
      } else if (!table.waits(who)) {
        const std::uint64_t row = random.below(rows);
        REQUIRE(table.acquire(who, row) == naive.acquire(who, row));
      }
      REQUIRE(table.locked() == naive.lines.size());
      REQUIRE(table.waiting() == naive.waits.size());
    }
    // Ending whoever does not wait, or waits for itself, serves all.
    while (!live.empty()) {
      const auto next = std::find_if(live.begin(), live.end(), [&](Transaction one) {
        return !table.waits(one) || table.deadlocked(one);
      });
      REQUIRE(next != live.end());
      end(table, *next);
      live.erase(next);
    }
    REQUIRE(table.locked() == 0);
    REQUIRE(table.waiting() == 0);
  }
}

}  // namespace
}  // namespace highwater::storage
