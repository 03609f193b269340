#include "models/algorithms/storage/dynamo_table.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::storage::dynamo_table_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
using Verdict = DynamoTable::Verdict;
constexpr DynamoUnits kWrite{0, 1};
constexpr DynamoUnits kRead{2, 0};

DynamoOptions provisioned(std::uint64_t reads, std::uint64_t writes) {
  DynamoOptions options;
  options.read_capacity = reads;
  options.write_capacity = writes;
  return options;
}

/// So many writes a second for so long, evenly; how many were admitted. `hash` of the n-th.
template <class Hash>
std::uint64_t writes(DynamoTable& table, std::int64_t from, std::int64_t to, std::int64_t rate,
                     Hash hash) {
  std::uint64_t admitted = 0;
  const std::int64_t count = (to - from) / kSecond * rate;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t now = from + i * (kSecond / rate);
    admitted +=
        table.request(now, hash(static_cast<std::uint64_t>(i)), kWrite) == Verdict::admitted;
  }
  return admitted;
}
std::uint64_t spread(std::uint64_t i) {
  return i * 0x9e3779b97f4a7c15;
}
std::uint64_t one_key(std::uint64_t) {
  return 1;
}

TEST_CASE("dynamo_table: what requests cost", "[models][database]") {
  CHECK(DynamoUnits::read(1, false).half_reads == 1);
  CHECK(DynamoUnits::read(4096, true).half_reads == 2);
  CHECK(DynamoUnits::read(4097, true).half_reads == 4);
  CHECK(DynamoUnits::read(10'000, false).half_reads == 3);
  CHECK(DynamoUnits::write(1024).writes == 1);
  CHECK(DynamoUnits::write(1025).writes == 2);
  CHECK(DynamoUnits::write(0).writes == 1);
}

TEST_CASE("dynamo_table: the rate is served for ever", "[models][database]") {
  DynamoOptions options = provisioned(5, 100);
  options.burst = kSecond;
  DynamoTable table(options);
  // The first second's capacity is there from the beginning.
  CHECK(writes(table, 0, 1'000 * kSecond, 400, spread) == 100 * 1'000 + 100 - 1);
  CHECK(table.throttled(Verdict::partition) == 0);
  CHECK(table.throttled(Verdict::table) == 400'000 - 100'099);
  CHECK(table.consumed_writes() == 100'099);
}

TEST_CASE("dynamo_table: unused capacity is kept for 300 seconds", "[models][database]") {
  for (const std::int64_t idle : {100, 299, 400, 10'000}) {
    DynamoOptions options = provisioned(5, 10);
    DynamoTable table(options);
    // Empties it, then leaves it alone.
    while (table.request(0, 1, kWrite) == Verdict::admitted) {
    }
    // A partition serves no more than 1,000 a second, so this takes some.
    std::uint64_t admitted = 0;
    for (std::int64_t s = 0; s < 4; ++s)
      while (table.request((idle + s) * kSecond, spread(admitted), kWrite) == Verdict::admitted)
        ++admitted;
    CHECK(admitted == static_cast<std::uint64_t>(10 * std::min<std::int64_t>(idle, 300) + 3 * 10));
  }
}

TEST_CASE("dynamo_table: a key has its partition's limit, whatever the table has",
          "[models][database]") {
  DynamoTable table(provisioned(40'000, 40'000));
  CHECK(table.partitions() == 54);  // 40,000 / 3,000 + 40,000 / 1,000, rounded up
  CHECK(writes(table, 0, 100 * kSecond, 5'000, one_key) == 100 * 1'000 + 1'000 - 1);
  CHECK(table.throttled(Verdict::table) == 0);
  // A mix counts in proportion: a second's worth at the beginning, and one every second.
  DynamoTable mixed(provisioned(40'000, 40'000));
  std::uint64_t read = 0, written = 0;
  for (std::int64_t i = 0; i < 200'000; ++i) {
    const std::int64_t now = i * (kSecond / 10'000);
    if (i % 2 == 0) written += mixed.request(now, 1, kWrite) == Verdict::admitted;
    if (i % 2 == 1) read += mixed.request(now, 1, kRead) == Verdict::admitted;
  }
  CHECK(static_cast<double>(read) / 3'000 + static_cast<double>(written) / 1'000 ==
        Approx(21).epsilon(0.001));
  CHECK(read > 1'000);
  CHECK(written > 500);
}

TEST_CASE("dynamo_table: adaptive capacity lends a partition what others leave",
          "[models][database]") {
  for (const bool adaptive : {true, false}) {
    DynamoOptions options = provisioned(5, 400);
    options.partitions = 4;
    options.adaptive_capacity = adaptive;
    options.burst = kSecond;
    DynamoTable table(options);
    const double served =
        static_cast<double>(writes(table, 0, 100 * kSecond, 1'000, one_key)) / 100;
    CHECK(served == Approx(adaptive ? 400 : 100).epsilon(0.02));
    // Keys on all partitions get all there is either way.
    const double all =
        static_cast<double>(writes(table, 200 * kSecond, 300 * kSecond, 1'000, spread)) / 100;
    CHECK(all == Approx(400).epsilon(0.02));
  }
}

TEST_CASE("dynamo_table: on demand twice the peak of half an hour ago", "[models][database]") {
  DynamoTable table(DynamoOptions::new_on_demand());
  CHECK(table.partitions() == 4);
  CHECK(table.write_rate() == 4'000);
  CHECK(table.read_rate() == 12'000);
  // A minute at full rate counts after half an hour.
  writes(table, 0, kMinute, 5'000, spread);
  CHECK(table.write_rate() == 4'000);
  table.request(31 * kMinute - 1, 1, kWrite);
  CHECK(table.write_rate() == 4'000);
  table.request(31 * kMinute, 1, kWrite);
  CHECK(static_cast<double>(table.write_rate()) == Approx(8'000).epsilon(0.03));
  CHECK(table.partitions() >= 8);
  // It never falls.
  table.request(1'000 * kMinute, 1, kWrite);
  CHECK(static_cast<double>(table.write_rate()) == Approx(8'000).epsilon(0.03));
}

TEST_CASE("dynamo_table: a hot partition is split where its load is", "[models][database]") {
  DynamoOptions options = provisioned(5, 10'000);
  options.partitions = 1;
  options.split_after = 5 * kMinute;
  DynamoTable even(options);
  const auto minute = [](DynamoTable& table, std::int64_t m, auto hash) {
    return writes(table, m * kMinute, (m + 1) * kMinute, 1'600, hash);
  };
  for (std::int64_t m = 0; m < 5; ++m) minute(even, m, spread);
  CHECK(even.splits() == 0);
  CHECK(minute(even, 5, spread) > 59 * 1'600);
  CHECK(even.partitions() == 2);
  CHECK(even.partition_of(0) == 0);
  CHECK(even.partition_of(~std::uint64_t{0}) == 1);

  // One key: nothing to split.
  DynamoTable hot(options);
  for (std::int64_t m = 0; m < 20; ++m) minute(hot, m, one_key);
  CHECK(hot.splits() == 0);
  // Two hot keys are taken apart.
  DynamoTable two(options);
  const auto either = [](std::uint64_t i) { return i % 2 == 0 ? std::uint64_t{10} : 20; };
  for (std::int64_t m = 0; m < 6; ++m) minute(two, m, either);
  CHECK(two.splits() == 1);
  CHECK(two.partition_of(10) != two.partition_of(20));
  // A minute of rest, and it begins anew.
  DynamoTable rests(options);
  for (std::int64_t m = 0; m < 20; ++m)
    if (m % 5 != 4) minute(rests, m, spread);
  CHECK(rests.splits() == 0);
  options.split_for_heat = false;
  DynamoTable never(options);
  for (std::int64_t m = 0; m < 8; ++m) minute(never, m, spread);
  CHECK(never.splits() == 0);
}

TEST_CASE("dynamo_table: no capacity comes from nothing", "[models][database]") {
  CHECK(rc::check([] {
    DynamoOptions options = provisioned(*rc::gen::inRange<std::uint64_t>(1, 5'000),
                                        *rc::gen::inRange<std::uint64_t>(1, 2'000));
    options.burst = *rc::gen::inRange<std::int64_t>(1, 301) * kSecond;
    options.adaptive_capacity = *rc::gen::arbitrary<bool>();
    options.partitions = *rc::gen::inRange(0u, 6u);
    options.split_after = kMinute;
    DynamoTable table(options);
    std::int64_t now = 0;
    std::uint64_t half_reads = 0, written = 0;
    const auto count = *rc::gen::inRange(0, 400);
    for (int i = 0; i < count; ++i) {
      now += *rc::gen::inRange<std::int64_t>(0, 20 * kSecond);
      const auto burst = *rc::gen::inRange(1, 200);
      const bool reads = *rc::gen::arbitrary<bool>();
      const std::uint64_t hash = *rc::gen::arbitrary<std::uint64_t>();
      const std::uint64_t cost = *rc::gen::inRange<std::uint64_t>(1, 50);
      for (int n = 0; n < burst; ++n) {
        const DynamoUnits units = reads ? DynamoUnits{cost, 0} : DynamoUnits{0, cost};
        if (table.request(now, hash, units) != Verdict::admitted) continue;
        half_reads += units.half_reads;
        written += units.writes;
      }
      // What the rate has given so far, and the first second.
      const double given = static_cast<double>(now) / kSecond + 1;
      RC_ASSERT(static_cast<double>(half_reads) / 2 <=
                given * static_cast<double>(options.read_capacity) + 1e-6);
      RC_ASSERT(static_cast<double>(written) <=
                given * static_cast<double>(options.write_capacity) + 1e-6);
    }
    RC_ASSERT(table.consumed_half_reads() == half_reads);
    RC_ASSERT(table.consumed_writes() == written);
  }));
}

TEST_CASE("dynamo_table: no partition is above its limit in any second", "[models][database]") {
  CHECK(rc::check([] {
    DynamoOptions options = provisioned(10'000'000, 10'000'000);
    options.partitions = 3;
    options.partition_reads = *rc::gen::inRange<std::uint64_t>(1, 300);
    options.partition_writes = *rc::gen::inRange<std::uint64_t>(1, 100);
    options.split_for_heat = false;
    DynamoTable table(options);
    std::vector<std::pair<std::int64_t, double>> served;  // shares of a second's limit
    std::int64_t now = 0;
    for (int i = 0; i < 300; ++i) {
      now += *rc::gen::inRange<std::int64_t>(0, kSecond / 20);
      const bool reads = *rc::gen::arbitrary<bool>();
      const DynamoUnits units = reads ? kRead : kWrite;
      if (table.request(now, 1, units) == Verdict::admitted)
        served.push_back({now, 1.0 / static_cast<double>(reads ? options.partition_reads
                                                               : options.partition_writes)});
    }
    // A second's bucket on top of a second's rate is the most that any second can see.
    for (std::size_t first = 0; first < served.size(); ++first) {
      double sum = 0;
      for (std::size_t i = first; i < served.size(); ++i)
        if (served[i].first < served[first].first + kSecond) sum += served[i].second;
      RC_ASSERT(sum <= 2 + 1e-9);
    }
  }));
}

}  // namespace
}  // namespace highwater::storage::dynamo_table_test
