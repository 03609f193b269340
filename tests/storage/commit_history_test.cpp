#include "models/algorithms/storage/commit_history.h"

#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"

namespace highwater::storage {
namespace {

using Rows = std::vector<std::uint64_t>;

TEST_CASE("commit history: what was committed before a snapshot is seen by it",
          "[algorithms][storage]") {
  CommitHistory history;
  history.commit(Rows{1});
  const CommitHistory::Snapshot early = history.take();
  CHECK_FALSE(history.changed_since(early, 1));
  history.commit(Rows{1, 2});
  const CommitHistory::Snapshot late = history.take();
  CHECK(history.changed_since(early, 1));
  CHECK(history.changed_since(early, 2));
  CHECK_FALSE(history.changed_since(early, 3));
  CHECK_FALSE(history.changed_since(late, 1));
  history.give_back(early);
  CHECK(history.size() == 0);
  history.give_back(late);
}

TEST_CASE("commit history: like a list of all commits, and no longer than needed",
          "[algorithms][storage]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    RandomStream random(seed, "test", "history");
    CommitHistory history;
    std::vector<Rows> all;  // commit i + 1
    std::vector<CommitHistory::Snapshot> used;
    for (int step = 0; step < 2'000; ++step) {
      switch (random.below(3)) {
        case 0:
          used.push_back(history.take());
          REQUIRE(used.back() == all.size());
          break;
        case 1:
          all.push_back({random.below(20), 20 + random.below(20)});
          history.commit(all.back());
          break;
        default: {
          if (used.empty()) break;
          const std::size_t i = random.below(used.size());
          history.give_back(used[i]);
          used.erase(used.begin() + static_cast<std::ptrdiff_t>(i));
        }
      }
      for (const CommitHistory::Snapshot snapshot : used) {
        const std::uint64_t row = random.below(40);
        bool changed = false;
        for (std::size_t i = snapshot; i < all.size(); ++i)
          changed = changed || all[i][0] == row || all[i][1] == row;
        REQUIRE(history.changed_since(snapshot, row) == changed);
      }
    }
    for (const CommitHistory::Snapshot snapshot : used) history.give_back(snapshot);
    if (!used.empty()) {
      REQUIRE(history.size() == 0);
    }
  }
}

}  // namespace
}  // namespace highwater::storage
