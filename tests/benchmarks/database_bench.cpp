// Nanoseconds a decision inside of a database's node.

#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/kernel/popularity.h"
#include "engine/kernel/random.h"
#include "models/algorithms/storage/storage.h"

namespace {

using namespace highwater::storage;

/// 2^16 page numbers, drawn before so that the draw is not measured.
std::vector<std::uint64_t> pages_of(const highwater::KeyPopularity& popularity) {
  highwater::RandomStream random(1, "bench", "pages");
  std::vector<std::uint64_t> pages(65'536);
  for (std::uint64_t& page : pages) page = popularity.draw(random);
  return pages;
}

/// A page asked for, of many more than fit: about two in three are there.
void clock_sweep(benchmark::State& state) {
  const auto buffers = static_cast<std::uint32_t>(state.range(0));
  const std::vector<std::uint64_t> pages =
      pages_of(highwater::KeyPopularity::zipf(8 * buffers, 0.9));
  ClockSweep pool(buffers);
  std::size_t at = 0;
  std::uint64_t hits = 0;
  for (auto _ : state) {
    const std::uint64_t page = pages[at++ % pages.size()];
    const std::uint32_t buffer = pool.find(page);
    if (buffer != ClockSweep::kNone) {
      pool.use(buffer);
      ++hits;
    } else {
      pool.assign(pool.victim(), page);
    }
  }
  state.counters["hit_ratio"] = static_cast<double>(hits) / static_cast<double>(state.iterations());
  state.SetItemsProcessed(state.iterations());
}

/// A round over a pool that is asked for a hundred buffers in between; a buffer passed is an item.
void background_writer(benchmark::State& state) {
  ClockSweep pool(16'384);
  BackgroundWriter writer({});
  std::uint64_t page = 0;
  std::uint64_t written = 0;
  for (auto _ : state) {
    for (int i = 0; i < 100; ++i) {
      const std::uint32_t buffer = pool.victim();
      pool.assign(buffer, page++);
      pool.set_dirty(buffer, true);
    }
    writer.round(pool, [&](std::uint32_t buffer) {
      pool.set_dirty(buffer, false);
      ++written;
    });
  }
  benchmark::DoNotOptimize(written);
  state.SetItemsProcessed(state.iterations() * 100);
}

/// A hundred transactions under way, each with two rows of so many: one decision is a lock taken or
/// waited for, or a look for a deadlock, or a release.
void lock_table(benchmark::State& state) {
  LockTable table;
  highwater::RandomStream random(1, "bench", "locks");
  const auto rows = static_cast<std::uint64_t>(state.range(0));
  std::vector<std::uint64_t> drawn(65'536);
  for (std::uint64_t& row : drawn) row = random.below(rows);
  std::vector<LockTable::Transaction> live;
  for (int i = 0; i < 100; ++i) live.push_back(table.begin());
  std::size_t at = 0;
  std::size_t next = 0;
  std::uint64_t decisions = 0;
  std::uint64_t waits = 0;
  for (auto _ : state) {
    LockTable::Transaction& who = live[next++ % live.size()];
    bool waiting = table.waits(who);
    if (waiting) benchmark::DoNotOptimize(table.deadlocked(who));
    decisions += waiting;
    table.end(who, [&](LockTable::Transaction) { ++decisions; });
    who = table.begin();
    waiting = false;
    for (int row = 0; row < 2 && !waiting; ++row) {
      waiting = !table.acquire(who, drawn[at++ % drawn.size()]);
      decisions += 2;  // and its release
    }
    waits += waiting;
  }
  state.counters["waits"] = static_cast<double>(waits) / static_cast<double>(state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(decisions));
}

BENCHMARK(lock_table)->Name("storage/lock_table")->Arg(1'000)->Arg(1'000'000);
BENCHMARK(clock_sweep)->Name("storage/clock_sweep")->Arg(1'024)->Arg(16'384)->Arg(262'144);
BENCHMARK(background_writer)->Name("storage/background_writer");

}  // namespace
