#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace highwater::storage {

/// What a request costs. Reads count in halves of a unit, for one that may be stale costs half.
struct DynamoUnits {
  std::uint64_t half_reads = 0;
  std::uint64_t writes = 0;

  static DynamoUnits read(std::uint64_t bytes, bool strong) {
    const std::uint64_t blocks = std::max<std::uint64_t>(1, (bytes + 4095) / 4096);
    return {strong ? 2 * blocks : blocks, 0};
  }
  static DynamoUnits write(std::uint64_t bytes) {
    return {0, std::max<std::uint64_t>(1, (bytes + 1023) / 1024)};
  }
};

struct DynamoOptions {
  static constexpr std::uint64_t kMostCapacity = 10'000'000;

  bool on_demand = false;
  std::uint64_t read_capacity = 5;       ///< Provisioned units a second; on demand half of the peak
  std::uint64_t write_capacity = 5;      ///< that the table has seen before the beginning.
  std::uint32_t partitions = 0;          ///< To begin with; 0: as many as the capacity takes.
  std::int64_t burst = 300'000'000'000;  ///< So long unused capacity is kept.
  bool adaptive_capacity = true;
  bool split_for_heat = true;
  std::int64_t split_after = 300'000'000'000;  ///< So long a partition must be hot. Chosen.
  std::uint64_t partition_reads = 3'000;       ///< Hard limits of a partition, units a second.
  std::uint64_t partition_writes = 1'000;

  /// As a new table on demand: it takes 12,000 reads and 4,000 writes a second.
  static DynamoOptions new_on_demand() {
    DynamoOptions options;
    options.on_demand = true;
    options.read_capacity = 6'000;
    options.write_capacity = 2'000;
    return options;
  }
};

/// dynamodb: which requests a DynamoDB table takes, and which it throttles.
///
/// A table has a rate of read and of write units. What is not used is kept for `burst`, and spent
/// on top of the rate. With adaptive capacity any partition may use all that the table has;
/// without, each has its equal part. No partition serves more than 3,000 read or 1,000 write units
/// a second or a mix of both in proportion, be there as much capacity as may.
///
/// On demand the rate is twice the highest minute that lies half an hour back or more, no less than
/// at the beginning; nothing is kept, and partitions are added for the rate.
///
/// A partition at nine tenths of its limit through every minute of `split_after` is split in two
/// where half of its latest 64 requests go to either side; next to a key that has most of them; and
/// not at all where they all go to one key.
///
/// Integers throughout: a table never gives a unit more than its rate, to the nanosecond.
///
/// Time O(log p) for p partitions.
///
/// Edges    A table begins with the capacity of one second. Times that go back count as no time. A
///          request that costs more than ever can be saved up is throttled each time.
/// Assumes  of what AWS leaves open: throttled requests cost nothing; capacity is counted by the
///          nanosecond; both on-demand numbers (a minute, half an hour); nine tenths, 64; splits
///          take effect at once, with the next request after a minute.
/// Source   Amazon DynamoDB Developer Guide, Burst and adaptive capacity, On-demand capacity mode
///          (initial throughput and scaling properties), Read and write units; M. Elhemali et al.,
///          Amazon DynamoDB, USENIX ATC 2022, section 4 (global admission control, splits); AWS
///          Database Blog, Scaling DynamoDB, parts 2 and 3 (split for heat).
/// Checked  tests/storage/dynamo_table_test.cpp: rates, bursts, limits, peaks and splits by hand;
///          never more than the rate over random histories.
class DynamoTable {
 public:
  enum class Verdict : std::uint8_t {
    admitted,
    table,      ///< The table's capacity is used up.
    partition,  ///< The partition is at its limit, or its part is used up.
  };

  explicit DynamoTable(DynamoOptions options) : options_(options) {
    const std::uint64_t factor = options.on_demand ? 2 : 1;
    rates_ = {factor * options.read_capacity, factor * options.write_capacity};
    const std::uint32_t count =
        std::max(1u, options.partitions > 0 ? options.partitions : partitions_for(rates_));
    for (std::uint32_t i = 0; i < count; ++i) {
      Partition partition;
      partition.begin = i == 0 ? 0 : ~std::uint64_t{0} / count * i;
      partition.limit = limit_rate() * kSecond;
      partition.reads.level = rates_.reads * kSecond;
      partition.writes.level = rates_.writes * kSecond;
      partitions_.push_back(partition);
    }
    table_reads_.level = rates_.reads * kSecond;
    table_writes_.level = rates_.writes * kSecond;
  }

  /// @param hash  Of the partition key; hashes are spread evenly.
  Verdict request(std::int64_t now, std::uint64_t hash, DynamoUnits units) {
    now_ = std::max(now_, now);
    if (options_.on_demand) count_minute();
    Partition* partition = &partitions_[index_of(hash)];
    if (options_.split_for_heat && now_ / kMinute != partition->minute && cool_down(*partition))
      partition = &partitions_[index_of(hash)];
    partition->latest[partition->seen++ % kSample] = hash;

    const std::uint64_t cost = limit_cost(units);
    fill_limit(*partition);
    if (cost > partition->limit) {
      heat(*partition, cost);  // it would have been used
      return refuse(Verdict::partition);
    }
    if (options_.adaptive_capacity || options_.on_demand) {
      if (!take(table_reads_, table_writes_, units, 1)) return refuse(Verdict::table);
    } else if (!take(partition->reads, partition->writes, units, partitions_.size())) {
      return refuse(Verdict::partition);
    }
    partition->limit -= cost;
    heat(*partition, cost);
    consumed_half_reads_ += units.half_reads;
    consumed_writes_ += units.writes;
    minute_half_reads_ += units.half_reads;
    minute_writes_ += units.writes;
    return Verdict::admitted;
  }

  /// UpdateTable: another capacity, bought in advance, from now on. What is kept of the old one
  /// stays as far as the new one would have kept it; partitions come where they are needed, and
  /// none goes.
  void update(std::int64_t now, std::uint64_t read_capacity, std::uint64_t write_capacity) {
    now_ = std::max(now_, now);
    fill(table_reads_, rates_.reads);
    fill(table_writes_, rates_.writes);
    for (Partition& partition : partitions_) {
      fill(partition.reads, rates_.reads);
      fill(partition.writes, rates_.writes);
    }
    rates_ = {read_capacity, write_capacity};
    add_partitions();
  }

  std::size_t partitions() const { return partitions_.size(); }
  std::size_t partition_of(std::uint64_t hash) const { return index_of(hash); }
  std::uint64_t splits() const { return splits_; }
  /// Units a second that the table admits when nothing is kept.
  std::uint64_t read_rate() const { return rates_.reads; }
  std::uint64_t write_rate() const { return rates_.writes; }
  std::uint64_t consumed_half_reads() const { return consumed_half_reads_; }
  std::uint64_t consumed_writes() const { return consumed_writes_; }
  std::uint64_t throttled(Verdict verdict) const {
    return throttled_[static_cast<std::size_t>(verdict)];
  }

 private:
  static constexpr std::uint64_t kSecond = 1'000'000'000;
  static constexpr std::int64_t kMinute = 60'000'000'000;
  static constexpr std::int64_t kPeakAge = 30;  // minutes
  static constexpr std::size_t kSample = 64;

  struct Rates {
    std::uint64_t reads;
    std::uint64_t writes;
  };
  /// In units times nanoseconds; of a partition's part, that times the number of partitions.
  struct Bucket {
    std::uint64_t level = 0;
    std::int64_t filled = 0;
  };
  struct Partition {
    std::uint64_t begin = 0;  // of its hashes
    // Of both kinds: a read unit takes partition_writes, a write unit partition_reads.
    std::uint64_t limit = 0;
    std::int64_t limit_filled = 0;
    Bucket reads, writes;  // its part, without adaptive capacity
    std::int64_t minute = 0;
    std::uint64_t spent = 0;                // in that minute, of the limit
    std::optional<std::int64_t> hot_since;  // a minute
    std::uint64_t seen = 0;
    std::array<std::uint64_t, kSample> latest{};
  };
  struct Minute {
    std::int64_t number;
    Rates peak;  // a second
  };

  std::uint64_t limit_rate() const { return options_.partition_reads * options_.partition_writes; }
  std::uint64_t limit_cost(DynamoUnits units) const {
    return units.half_reads * options_.partition_writes * (kSecond / 2) +
           units.writes * options_.partition_reads * kSecond;
  }
  std::uint32_t partitions_for(Rates rates) const {
    const std::uint64_t share =
        rates.reads * options_.partition_writes + rates.writes * options_.partition_reads;
    // On demand either rate may be reached, not both at once.
    if (options_.on_demand)
      return static_cast<std::uint32_t>(
          std::max(rounded_up(rates.reads, options_.partition_reads),
                   rounded_up(rates.writes, options_.partition_writes)));
    return static_cast<std::uint32_t>(rounded_up(share, limit_rate()));
  }
  static std::uint64_t rounded_up(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

  std::size_t index_of(std::uint64_t hash) const {
    const auto after =
        std::upper_bound(partitions_.begin(), partitions_.end(), hash,
                         [](std::uint64_t h, const Partition& p) { return h < p.begin; });
    return static_cast<std::size_t>(after - partitions_.begin()) - 1;
  }

  Verdict refuse(Verdict verdict) {
    ++throttled_[static_cast<std::size_t>(verdict)];
    return verdict;
  }

  void fill_limit(Partition& partition) const {
    const std::int64_t time = now_ - partition.limit_filled;
    partition.limit_filled = now_;
    const std::uint64_t most = limit_rate() * kSecond;
    partition.limit =
        time >= static_cast<std::int64_t>(kSecond)
            ? most
            : std::min(most, partition.limit + limit_rate() * static_cast<std::uint64_t>(time));
  }

  void fill(Bucket& bucket, std::uint64_t rate) const {
    const std::int64_t kept = options_.on_demand
                                  ? static_cast<std::int64_t>(kSecond)
                                  : std::max(options_.burst, static_cast<std::int64_t>(kSecond));
    const std::int64_t time = now_ - bucket.filled;
    bucket.filled = now_;
    const std::uint64_t most = rate * static_cast<std::uint64_t>(kept);
    bucket.level = time >= kept
                       ? most
                       : std::min(most, bucket.level + rate * static_cast<std::uint64_t>(time));
  }
  bool take(Bucket& reads, Bucket& writes, DynamoUnits units, std::uint64_t parts) const {
    fill(reads, rates_.reads);
    fill(writes, rates_.writes);
    const std::uint64_t read_cost = units.half_reads * (kSecond / 2) * parts;
    const std::uint64_t write_cost = units.writes * kSecond * parts;
    if (read_cost > reads.level || write_cost > writes.level) return false;
    reads.level -= read_cost;
    writes.level -= write_cost;
    return true;
  }

  /// On demand: what the minutes that are over say about the peak.
  void count_minute() {
    const std::int64_t minute = now_ / kMinute;
    if (minute != minute_) {
      // Half-units of reads and units of writes a second, from those of a minute.
      minutes_.push_back({minute_, {minute_half_reads_ / 120, minute_writes_ / 60}});
      minute_half_reads_ = minute_writes_ = 0;
      minute_ = minute;
    }
    bool higher = false;
    while (!minutes_.empty() && minutes_.front().number + kPeakAge < minute) {
      const Rates twice{2 * minutes_.front().peak.reads, 2 * minutes_.front().peak.writes};
      minutes_.pop_front();
      higher = higher || twice.reads > rates_.reads || twice.writes > rates_.writes;
      rates_ = {std::max(rates_.reads, twice.reads), std::max(rates_.writes, twice.writes)};
    }
    if (higher) add_partitions();
  }
  void add_partitions() {
    for (std::uint32_t wanted = partitions_for(rates_); partitions_.size() < wanted;) {
      std::size_t widest = 0;
      for (std::size_t i = 1; i < partitions_.size(); ++i)
        if (width(i) > width(widest)) widest = i;
      split(widest, partitions_[widest].begin + width(widest) / 2);
    }
  }
  std::uint64_t width(std::size_t index) const {
    const std::uint64_t end =
        index + 1 < partitions_.size() ? partitions_[index + 1].begin : ~std::uint64_t{0};
    return end - partitions_[index].begin;
  }

  /// What makes a partition hot, in a minute.
  std::uint64_t hot() const { return limit_rate() * kSecond / 10 * 9 * 60; }
  void heat(Partition& partition, std::uint64_t cost) const {
    partition.spent = std::min(partition.spent + cost, hot());
  }

  /// A minute of the partition is over. @return whether it was split.
  bool cool_down(Partition& partition) {
    const std::int64_t minute = now_ / kMinute;
    const bool was_hot = partition.spent >= hot() && minute == partition.minute + 1;
    if (!was_hot)
      partition.hot_since.reset();
    else if (!partition.hot_since)
      partition.hot_since = partition.minute;
    partition.minute = minute;
    partition.spent = 0;
    if (!partition.hot_since || (minute - *partition.hot_since) * kMinute < options_.split_after)
      return false;
    partition.hot_since.reset();
    const std::optional<std::uint64_t> cut = cut_of(partition);
    if (!cut) return false;
    split(static_cast<std::size_t>(&partition - partitions_.data()), *cut);
    return true;
  }

  /// Where half of the latest requests are on either side; nothing where all go to one key.
  static std::optional<std::uint64_t> cut_of(const Partition& partition) {
    std::array<std::uint64_t, kSample> sorted = partition.latest;
    const auto end = sorted.begin() +
                     static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(partition.seen, kSample));
    std::sort(sorted.begin(), end);
    const std::uint64_t middle = *(sorted.begin() + (end - sorted.begin()) / 2);
    if (middle > sorted.front()) return middle;
    const auto beyond = std::upper_bound(sorted.begin(), end, middle);
    return beyond == end ? std::nullopt : std::optional(*beyond);
  }

  void split(std::size_t index, std::uint64_t cut) {
    ++splits_;
    const std::size_t before = partitions_.size();
    for (Partition& partition : partitions_)
      for (Bucket* bucket : {&partition.reads, &partition.writes})
        bucket->level = bucket->level / before * (before + 1);
    Partition& whole = partitions_[index];
    for (Bucket* bucket : {&whole.reads, &whole.writes}) bucket->level /= 2;
    Partition half = whole;
    half.begin = cut;
    half.seen = whole.seen = 0;
    partitions_.insert(partitions_.begin() + static_cast<std::ptrdiff_t>(index) + 1, half);
  }

  DynamoOptions options_;
  Rates rates_{};
  Bucket table_reads_, table_writes_;
  std::vector<Partition> partitions_;  // by hash
  std::int64_t now_ = 0;
  std::int64_t minute_ = 0;
  std::uint64_t minute_half_reads_ = 0;
  std::uint64_t minute_writes_ = 0;
  std::deque<Minute> minutes_;  // younger than the peak
  std::uint64_t splits_ = 0;
  std::uint64_t consumed_half_reads_ = 0;
  std::uint64_t consumed_writes_ = 0;
  std::array<std::uint64_t, 3> throttled_{};
};

}  // namespace highwater::storage
