#include "models/algorithms/caching/entry_table.h"

#include <array>
#include <list>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::caching {
namespace {

TEST_CASE("EntryTable: agrees with lists over random operations",
          "[algorithms][caching][property]") {
  struct Naive {
    std::uint64_t key;
    std::uint32_t version;
    std::uint32_t count;
  };
  const bool holds = rc::check([] {
    const auto queues = *rc::gen::inRange<std::uint32_t>(1, 5);
    SplitMix bits{*rc::gen::arbitrary<std::uint64_t>()};
    EntryTable table(queues, 1'000'000);
    std::array<std::list<Naive>, 4> naive;
    for (int i = 0; i < 1500; ++i) {
      const std::uint64_t key = bits.bits() % 40;
      const auto queue = static_cast<std::uint32_t>(bits.bits() % queues);
      const std::uint32_t slot = table.find(key);
      std::list<Naive>* home = nullptr;
      std::list<Naive>::iterator known;
      for (auto& list : naive) {
        for (auto it = list.begin(); it != list.end(); ++it)
          if (it->key == key) home = &list, known = it;
      }
      RC_ASSERT((slot == EntryTable::kNone) == (home == nullptr));
      if (home == nullptr) {
        const auto version = static_cast<std::uint32_t>(bits.bits());
        table.add({.key = key, .version = version}, queue);
        naive[queue].push_front({key, version, 0});
        continue;
      }
      RC_ASSERT(table.queue_of(slot) == std::uint32_t(home - naive.data()));
      switch (bits.bits() % 4) {
        case 0:
          table.remove(slot);
          home->erase(known);
          break;
        case 1:
          table.move_to_front(queue, slot);
          naive[queue].splice(naive[queue].begin(), *home, known);
          break;
        case 2:
          known->count = static_cast<std::uint32_t>(bits.bits() % 4);
          table.set_count(slot, known->count);
          break;
        default:
          table.move_after(
              queue, table.back(queue) == slot ? table.before(slot) : table.back(queue), slot);
          naive[queue].splice(naive[queue].end(), *home, known);
      }
    }
    for (std::uint32_t queue = 0; queue < queues; ++queue) {
      RC_ASSERT(table.length(queue) == naive[queue].size());
      std::uint32_t slot = table.front(queue);
      for (const Naive& entry : naive[queue]) {
        RC_ASSERT(table.key(slot) == entry.key);
        RC_ASSERT(table.version(slot) == entry.version);
        RC_ASSERT(table.count(slot) == entry.count);
        slot = table.after(slot);
      }
      RC_ASSERT(slot == queue);
    }
  });
  CHECK(holds);
}

TEST_CASE("EntryTable: at most 44 bytes an entry at any number, 39 when full",
          "[algorithms][caching]") {
  EntryTable growing(2, ~std::uint64_t{0});
  CHECK(growing.bytes() < 500);
  for (std::uint64_t key = 1; key <= 200'000; ++key) {
    growing.add({.key = key}, 0);
    if (key >= 1000 && key % 97 == 0) REQUIRE(growing.bytes() <= key * 44);
  }
  growing.clear();
  CHECK(growing.bytes() < 500);
  for (const std::uint64_t most : {70'000u, 100'000u, 110'000u, 131'073u}) {
    EntryTable full(2, most);
    for (std::uint64_t key = 0; key < most; ++key) full.add({.key = key}, 0);
    CHECK(full.bytes() <= most * 39);
  }
}

}  // namespace
}  // namespace highwater::caching
