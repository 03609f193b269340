// The table of sessions: idle expiry and the limit on entries, against a model that looks at all
// entries, and what it says of its next end.

#include "models/session_table.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"

namespace highwater {
namespace {

struct Simple {
  struct Entry {
    std::uint64_t key, value;
    Time used;
  };
  std::vector<Entry> entries;  // the one unused for longest first
  Duration timeout;
  std::size_t most;

  std::vector<Entry>::iterator at(std::uint64_t key) {
    return std::find_if(entries.begin(), entries.end(),
                        [&](const Entry& one) { return one.key == key; });
  }
  void forget(Time now) {
    std::erase_if(entries, [&](const Entry& one) { return now - one.used >= timeout; });
  }
  std::optional<std::uint64_t> find(std::uint64_t key, Time now) {
    forget(now);
    const auto found = at(key);
    return found == entries.end() ? std::nullopt : std::optional(found->value);
  }
  bool use(std::uint64_t key, Time now) {
    const auto value = find(key, now);
    if (value) put(key, *value, now);
    return value.has_value();
  }
  void put(std::uint64_t key, std::uint64_t value, Time now) {
    forget(now);
    if (const auto found = at(key); found != entries.end())
      entries.erase(found);
    else if (entries.size() >= most)
      entries.erase(entries.begin());
    entries.push_back({key, value, now});
  }
};

TEST_CASE("session table: does what one does that looks at all entries", "[sessions]") {
  for (const std::size_t most : {3u, 20u, 1000u}) {
    SessionTable table(50ms, most);
    Simple simple{{}, 50ms, most};
    RandomStream random(RandomKey{most});
    Time now{};
    for (int i = 0; i < 20'000; ++i) {
      now += Duration{random.below(4'000'000)};
      const std::uint64_t key = random.below(40);
      switch (random.below(8)) {
        case 0:
        case 1:
        case 2:
          table.put(key, static_cast<std::uint64_t>(i), now);
          simple.put(key, static_cast<std::uint64_t>(i), now);
          break;
        case 3:
          table.erase(key);
          std::erase_if(simple.entries, [&](const auto& one) { return one.key == key; });
          break;
        case 4:
        case 5:
          REQUIRE(table.use(key, now) == simple.use(key, now));
          break;
        default:
          REQUIRE(table.find(key, now) == simple.find(key, now));
      }
      table.forget_expired(now);
      simple.forget(now);
      REQUIRE(table.size() == simple.entries.size());
      REQUIRE(table.next_end() ==
              (simple.entries.empty() ? kNever : simple.entries.front().used + 50ms));
    }
    table.clear();
    CHECK(table.size() == 0);
    CHECK_FALSE(table.find(1, now));
  }
}

TEST_CASE("session table: an entry is over at the end of its timeout, not after it", "[sessions]") {
  SessionTable table(10s);
  table.put(1, 7, Time{5s});
  CHECK(table.find(1, Time{15s} - 1ns) == 7u);
  CHECK_FALSE(table.find(1, Time{15s}));
  CHECK_FALSE(table.use(1, Time{15s}));
  CHECK(table.size() == 1);  // nobody has tidied up
}

}  // namespace
}  // namespace highwater
