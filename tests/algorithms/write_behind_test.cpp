#include "models/algorithms/caching/write_behind.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::caching {
namespace {

using Queue = WriteBehind<std::uint64_t>;
using Writes = std::vector<Queue::Write>;

TEST_CASE("write_behind: a batch goes when it is full or has waited", "[algorithms][caching]") {
  Queue queue({.batch = 3, .delay = 100, .most = 10});
  CHECK(queue.due() == Queue::kNever);
  CHECK(queue.write(1, 10, 0));
  CHECK(queue.write(2, 20, 50));
  CHECK(queue.due() == 100);
  CHECK(queue.flush(99).empty());
  CHECK(queue.flush(100) == Writes{{1, 10}, {2, 20}});
  CHECK(queue.due() == Queue::kNever);
  for (std::uint64_t key = 1; key <= 4; ++key) queue.write(key, key, 200);
  CHECK(queue.due() == 200);
  CHECK(queue.flush(200) == Writes{{1, 1}, {2, 2}, {3, 3}});
  CHECK(queue.due() == 300);
}

TEST_CASE("write_behind: writes to one key replace each other and are seen by reads",
          "[algorithms][caching]") {
  Queue queue({.batch = 10, .delay = 100, .most = 10});
  queue.write(1, 10, 0);
  queue.write(2, 20, 10);
  queue.write(1, 11, 90);
  CHECK(queue.coalesced() == 1);
  REQUIRE(queue.pending(1) != nullptr);
  CHECK(*queue.pending(1) == 11);
  CHECK(queue.pending(3) == nullptr);
  CHECK(queue.flush(100) == Writes{{1, 11}, {2, 20}});  // from its first write on
  CHECK(queue.pending(1) == nullptr);
}

TEST_CASE("write_behind: a full queue refuses new keys, and death loses what waits",
          "[algorithms][caching]") {
  Queue queue({.batch = 10, .delay = 100, .most = 2});
  CHECK(queue.write(1, 1, 0));
  CHECK(queue.write(2, 1, 0));
  CHECK_FALSE(queue.write(3, 1, 0));
  CHECK(queue.write(2, 2, 0));
  CHECK(queue.lose_all() == 2);
  CHECK(queue.size() == 0);
  CHECK(queue.flush(1000).empty());
  CHECK(queue.write(3, 1, 0));
}

TEST_CASE("write_behind: what was dropped is not written", "[algorithms][caching]") {
  Queue queue({.batch = 10, .delay = 100, .most = 2});
  queue.write(1, 1, 0);
  queue.write(2, 2, 50);
  queue.drop(1);
  queue.drop(3);  // was never there
  CHECK(queue.pending(1) == nullptr);
  CHECK(queue.due() == 150);
  CHECK(queue.write(3, 3, 60));  // there is room again
  CHECK(queue.flush(150) == Writes{{2, 2}, {3, 3}});
}

TEST_CASE("write_behind: agrees with a naive queue", "[algorithms][caching][property]") {
  SplitMix bits{1};
  for (int round = 0; round < 50; ++round) {
    const WriteBehindOptions options{
        1 + bits.bits() % 8, static_cast<std::int64_t>(bits.bits() % 50), 1 + bits.bits() % 20};
    Queue queue(options);
    struct Waiting {
      Queue::Write write;
      std::int64_t since;
    };
    std::vector<Waiting> naive;
    for (std::int64_t now = 0; now < 500; ++now) {
      const std::uint64_t key = bits.bits() % 30;
      const auto known = std::find_if(naive.begin(), naive.end(),
                                      [&](const Waiting& w) { return w.write.key == key; });
      const auto value = static_cast<std::uint64_t>(now);
      REQUIRE(queue.write(key, value, now) ==
              (known != naive.end() || naive.size() < options.most));
      if (known != naive.end())
        known->write.value = value;
      else if (naive.size() < options.most)
        naive.push_back({{key, value}, now});
      if (bits.bits() % 3 > 0) continue;
      Writes expected;
      const bool due = !naive.empty() && (naive.size() >= options.batch ||
                                          now - naive.front().since >= options.delay);
      while (due && !naive.empty() && expected.size() < options.batch) {
        expected.push_back(naive.front().write);
        naive.erase(naive.begin());
      }
      REQUIRE(queue.flush(now) == expected);
      REQUIRE(queue.size() == naive.size());
    }
  }
}

}  // namespace
}  // namespace highwater::caching
