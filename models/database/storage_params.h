#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/storage/storage.h"

namespace highwater {

namespace database {

/// Of a buffer cache: bytes, or a number of pages.
struct CacheSize {
  std::uint64_t count = std::uint64_t{128} << 20;
  bool pages = false;  ///< What is counted.
  friend bool operator==(const CacheSize&, const CacheSize&) = default;
};

}  // namespace database

/// "128MiB", or 16384 pages.
template <>
struct Quantity<database::CacheSize> {
  static const TypeInfo& type() {
    static const TypeInfo info = [] {
      TypeInfo type = quantity_type(TypeTag<Bytes>{});
      type.name = "cache_size";
      type.expects = "a size with a unit, such as \"128MiB\", or a number of pages";
      type.numbers = Numbers::kWhole;
      return type;
    }();
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   database::CacheSize& out) {
    out.pages = value.is_number();
    if (out.pages) return read_quantity(value, path, problems, out.count);
    if (!value.is_string()) return report_unexpected(value, path, type(), problems);
    Bytes bytes;
    if (!read_quantity(value, path, problems, bytes)) return false;
    out.count = bytes.count;
    return true;
  }
  static Value write(const database::CacheSize& size) {
    return size.pages ? write_quantity(size.count) : write_quantity(Bytes{size.count});
  }
};

namespace database {

struct DiskParams {
  std::optional<Rate> iops;
  std::optional<Bandwidth> bandwidth;
  Distribution read_latency = Distribution::constant(200us);
  Distribution write_latency = Distribution::constant(200us);
  std::uint32_t queue_depth = 32;

  static constexpr auto fields() {
    return Fields{
        field<&DiskParams::iops>("Operations that it begins in a second at most, evenly spaced, as "
                                 "a cloud's volume; no limit unless given.")
            .at_least(Rate{0.001})
            .source("Amazon EBS, provisioned IOPS"),
        field<&DiskParams::bandwidth>("Data that it moves at most; no limit unless given. An "
                                      "operation takes its latency and the time of its bytes.")
            .at_least(Bandwidth{1})
            .source("Amazon EBS, throughput"),
        field<&DiskParams::read_latency>("Time of a read, once it has begun.")
            .source("chosen: a cloud's SSD volume"),
        field<&DiskParams::write_latency>("Time of a write, once it has begun.")
            .source("chosen: a cloud's SSD volume"),
        field<&DiskParams::queue_depth>("Operations that it works on at the same time; others "
                                        "wait, first come, first served. 1 is a disk with one "
                                        "head.")
            .at_least(1u)
            .at_most(65'536u)
            .source("NVMe and SATA native command queuing; chosen"),
    };
  }
};

/// Where the log lies.
enum class LogDevice : std::uint8_t { own, data };
constexpr auto words_of(LogDevice) {
  return std::array{Word<LogDevice>{LogDevice::own, "own", "On a device of its own."},
                    Word<LogDevice>{LogDevice::data, "data",
                                    "On the disk of the data: what a flush writes waits there for "
                                    "its turn."}};
}

struct WalParams {
  Distribution fsync = Distribution::constant(1ms);
  bool synchronous_commit = true;
  Duration wal_writer_delay = 200ms;
  Duration commit_delay{0};
  std::uint32_t commit_siblings = 5;
  Bytes record{200};
  bool full_page_writes = true;
  LogDevice device = LogDevice::own;

  static constexpr auto fields() {
    return Fields{
        field<&WalParams::fsync>("Time until the log is safe on its device. One at a time; it "
                                 "takes along all that was written before it began, so that "
                                 "commits which wait share the next one.")
            .source("chosen: a cloud's SSD volume"),
        field<&WalParams::synchronous_commit>("A commit waits until its log is safe. Without, the "
                                              "log follows within wal_writer_delay, and a crash "
                                              "loses what was answered since.")
            .source("PostgreSQL synchronous_commit"),
        field<&WalParams::wal_writer_delay>("From the first unsafe commit until the log writer "
                                            "flushes, without synchronous_commit.")
            .at_least(Duration{1ms})
            .at_most(Duration{10s})
            .source("PostgreSQL wal_writer_delay"),
        field<&WalParams::commit_delay>("Who is to flush waits so long for others to join, while "
                                        "commit_siblings other writes are under way.")
            .at_most(Duration{100ms})
            .source("PostgreSQL commit_delay"),
        field<&WalParams::commit_siblings>("Other writes at the node that make commit_delay "
                                           "worth it.")
            .at_most(1000u)
            .source("PostgreSQL commit_siblings"),
        field<&WalParams::record>("Log of one changed row.").at_least(Bytes{1}).source("chosen"),
        field<&WalParams::full_page_writes>("The first change of a page after a checkpoint began "
                                            "logs the whole page.")
            .source("PostgreSQL full_page_writes"),
        field<&WalParams::device>("Where the log is written."),
    };
  }
};

struct CheckpointParams {
  Duration timeout = 5min;
  Fraction completion_target{0.9};
  Bytes max_wal_size{std::uint64_t{1} << 30};

  static constexpr auto fields() {
    return Fields{
        field<&CheckpointParams::timeout>("From one to the next.")
            .at_least(Duration{1s})
            .at_most(Duration{24h})
            .source("PostgreSQL checkpoint_timeout"),
        field<&CheckpointParams::completion_target>("Share of the time between two over which one "
                                                    "spreads its writes.")
            .source("PostgreSQL checkpoint_completion_target"),
        field<&CheckpointParams::max_wal_size>("Log between two that makes the next one begin "
                                               "sooner.")
            .at_least(Bytes{std::uint64_t{1} << 20})
            .source("PostgreSQL max_wal_size"),
    };
  }
  storage::CheckpointOptions options() const {
    return {timeout.count(), completion_target.value, max_wal_size.count};
  }
};

struct BackgroundWriterParams {
  Duration delay = 200ms;
  std::uint32_t lru_maxpages = 100;
  Factor lru_multiplier{2};

  static constexpr auto fields() {
    using P = BackgroundWriterParams;
    return Fields{
        field<&P::delay>("Between two rounds.")
            .at_least(Duration{10ms})
            .at_most(Duration{10s})
            .source("PostgreSQL bgwriter_delay"),
        field<&P::lru_maxpages>("Pages that a round writes at most; 0 turns it off.")
            .at_most(1'000'000u)
            .source("PostgreSQL bgwriter_lru_maxpages"),
        field<&P::lru_multiplier>("Clean buffers that it provides, as a multiple of those needed "
                                  "lately.")
            .at_most(Factor{10})
            .source("PostgreSQL bgwriter_lru_multiplier"),
    };
  }
  storage::BackgroundWriterOptions options() const {
    return {delay.count(), lru_maxpages, lru_multiplier.value};
  }
};

struct AutovacuumParams {
  std::uint64_t threshold = storage::VacuumOptions{}.threshold;
  Fraction scale_factor{storage::VacuumOptions{}.scale_factor};
  Duration naptime = 1min;
  std::uint32_t cost_limit = storage::VacuumOptions{}.cost_limit;
  Duration cost_delay{storage::VacuumOptions{}.cost_delay};
  std::uint32_t cost_page_hit = storage::VacuumOptions{}.cost_page_hit;
  std::uint32_t cost_page_miss = storage::VacuumOptions{}.cost_page_miss;
  std::uint32_t cost_page_dirty = storage::VacuumOptions{}.cost_page_dirty;

  static constexpr auto fields() {
    using P = AutovacuumParams;
    return Fields{
        field<&P::threshold>("Dead rows that are never worth a vacuum.")
            .source("PostgreSQL autovacuum_vacuum_threshold"),
        field<&P::scale_factor>("Share of the rows that may be dead beyond that.")
            .source("PostgreSQL autovacuum_vacuum_scale_factor"),
        field<&P::naptime>("Between two looks whether there is something to do.")
            .at_least(Duration{1s})
            .source("PostgreSQL autovacuum_naptime"),
        field<&P::cost_limit>("Cost of pages after which a vacuum naps.")
            .at_least(1u)
            .at_most(10'000u)
            .source("PostgreSQL vacuum_cost_limit"),
        field<&P::cost_delay>("How long it naps then; 0 for not at all.")
            .at_most(Duration{100ms})
            .source("PostgreSQL autovacuum_vacuum_cost_delay"),
        field<&P::cost_page_hit>("Cost of a page in the buffer cache.")
            .at_most(10'000u)
            .source("PostgreSQL vacuum_cost_page_hit"),
        field<&P::cost_page_miss>("Cost of a page that is read.")
            .at_most(10'000u)
            .source("PostgreSQL vacuum_cost_page_miss"),
        field<&P::cost_page_dirty>("Cost of changing a page that was clean.")
            .at_most(10'000u)
            .source("PostgreSQL vacuum_cost_page_dirty"),
    };
  }
  storage::VacuumOptions options() const {
    return {threshold,     scale_factor.value, cost_limit,     cost_delay.count(),
            cost_page_hit, cost_page_miss,     cost_page_dirty};
  }
};

/// Which rows share a page.
enum class RowOrder : std::uint8_t { scattered, by_key };
constexpr auto words_of(RowOrder) {
  return std::array{
      Word<RowOrder>{RowOrder::scattered, "scattered",
                     "Any: a row's page says nothing about its key."},
      Word<RowOrder>{RowOrder::by_key, "by_key",
                     "Those with keys next to each other, as in a table that was filled in the "
                     "order of its keys or is clustered by them."}};
}

/// What a node keeps where, and what that costs.
struct StorageParams {
  std::uint64_t rows = 0;
  std::uint32_t rows_per_page = 80;
  Bytes page_size{8192};
  RowOrder row_order = RowOrder::scattered;
  CacheSize buffer_cache;
  DiskParams disk;
  WalParams wal;
  CheckpointParams checkpoint;
  BackgroundWriterParams background_writer;
  AutovacuumParams autovacuum;

  static constexpr auto fields() {
    using P = StorageParams;
    return Fields{
        field<&P::rows>("Rows of the whole database.")
            .required()
            .at_least(std::uint64_t{1})
            .at_most(std::uint64_t{1} << 50),
        field<&P::rows_per_page>("Rows in a page.")
            .at_least(1u)
            .at_most(1'000'000u)
            .source("chosen: rows of 100 bytes"),
        field<&P::page_size>("Size of a page, the unit of reads and writes.")
            .at_least(Bytes{512})
            .at_most(Bytes{std::uint64_t{64} << 20})
            .source("PostgreSQL block_size"),
        field<&P::row_order>("Which rows share a page."),
        field<&P::buffer_cache>("Memory of each node for pages, or their number.")
            .source("PostgreSQL shared_buffers"),
        field<&P::disk>("The disk of each node."),
        field<&P::wal>("The write-ahead log."),
        field<&P::checkpoint>("When all that was changed is written."),
        field<&P::background_writer>("Writes pages ahead of the clock sweep, so that queries need "
                                     "not."),
        field<&P::autovacuum>("Cleans pages of rows that were changed or deleted."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;

  /// Pages that a node's cache holds.
  std::uint64_t cache_pages() const {
    return buffer_cache.pages ? buffer_cache.count : buffer_cache.count / page_size.count;
  }
};

}  // namespace database
}  // namespace highwater
