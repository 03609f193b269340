#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "engine/kernel/condition.h"
#include "engine/model/component.h"
#include "engine/model/kind.h"
#include "models/algorithms/storage/storage.h"
#include "models/database/disk.h"
#include "models/database/lost_rows.h"
#include "models/database/storage_params.h"

namespace highwater::database {

/// What one node of a database has in memory and on its disk: pages in a buffer cache, a
/// write-ahead log, and the processes that write in the background.
///
/// A statement needs the page of its row. One that is not in the cache is read, into the buffer
/// that the clock sweep gives; if that one is dirty, it is written first, by whoever needs it. Who
/// needs a page that is being read waits for it. A change makes its page dirty and is logged; a
/// commit waits until the log is safe.
///
/// Assumes  indexes are in memory; a read or write reaches the disk when it is asked for (no cache
///          of the operating system in between), and the data's own fsync at the end of a
///          checkpoint takes no time; every write leaves one dead row, and only a vacuum removes
///          it; a vacuum looks at the pages that have dead rows and passes those that it must read
///          by the cache; what a process that dies loses without synchronous_commit is counted, and
///          else still there: only a fault that says so takes it.
/// Source   PostgreSQL 15 documentation, 20.4 Resource Consumption, 30 Reliability and the
///          Write-Ahead Log, 25.1.6 The Autovacuum Daemon; src/backend/storage/buffer/bufmgr.c,
///          BufferAlloc; src/backend/access/transam/xlog.c, XLogFlush.
/// Checked  tests/storage/storage_test.cpp, storage_outage_test.cpp
class Storage {
 public:
  static constexpr std::uint32_t kNone = storage::ClockSweep::kNone;

  /// What all nodes of a database share.
  struct Shared {
    const StorageParams& params;
    std::uint32_t shards;
    bool placed_by_hash;   ///< Keys next to each other lie on different shards.
    RandomKey access_key;  ///< Of the disk operations that statements ask for.
    Tally* disk_wait = nullptr;
    Tally* commit_wait = nullptr;
  };

  Storage(const Shared& shared, Instance& node);

  /// The process serves, with an empty cache: its background processes begin.
  /// @param primary  Asked by the one that vacuums, which only a primary does.
  void start(std::function<bool()> primary);
  /// The process is gone, its tasks too.
  void stop();

  std::uint64_t page_of(std::uint64_t key) const;

  /// The page's buffer, counted as a use; kNone when it is not in memory.
  std::uint32_t in_memory(std::uint64_t page) {
    const std::uint32_t buffer = pool_->find(page);
    if (buffer == kNone || pool_->pins(buffer) > 0) return kNone;  // pinned: perhaps being read
    pool_->use(buffer);
    ++hits_;
    return buffer;
  }
  /// Whether the buffer, which has had the page, still does.
  bool has(std::uint32_t buffer, std::uint64_t page) const {
    return pool_->page(buffer) == page && !details_[buffer].reading;
  }
  /// Brings a page into memory for a request, in the `turn`-th time that it asks.
  /// @return its buffer; kNone when all are pinned.
  Task<std::uint32_t> fetch(std::uint64_t page, const Request& request, std::uint64_t turn);

  /// A row of the page has changed.
  void change(std::uint32_t buffer);
  /// Ends when what was logged so far is safe, or at once without synchronous_commit.
  /// @param key  Of the row that was written.
  Task<> commit(std::uint64_t key);
  /// A write is under way at this node, from here to its end.
  class Writing {
   public:
    explicit Writing(Storage& storage) : storage_(storage) { ++storage_.writing_; }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    ~Writing() { --storage_.writing_; }

   private:
    Storage& storage_;
  };

  /// A write of the primary is applied here.
  void replay(std::uint64_t key);
  /// Copies all pages from another node's disk. @return whether it has got them all.
  Task<bool> copy_from(Storage& other);
  /// The pages that hold the rows; the one after the last is the first.
  std::uint64_t page_after(std::uint64_t page) const { return (page + 1) % table_pages_; }

  const Disk& disk() const { return disk_; }
  Disk& disk() { return disk_; }
  // Faults that leave no room on the disk.
  void fill() { ++full_; }
  void clear() { --full_; }
  bool is_full() const { return full_ > 0; }
  /// Pages whose checksum is wrong on the disk. One that is in memory is well, and so is the disk's
  /// once it is written again.
  LostRows& spoilt_pages() { return spoilt_; }
  /// Rows of the commits that were answered and are not safe, the oldest first.
  std::vector<std::uint64_t> unsafe_keys() const;
  std::uint64_t hits() const { return hits_; }
  std::uint64_t misses() const { return misses_; }
  std::uint64_t backend_writes() const { return backend_writes_; }
  std::uint64_t background_writes() const { return background_writes_; }
  std::uint64_t checkpoint_writes() const { return checkpoint_writes_; }
  std::uint64_t checkpoints() const { return checkpoints_; }
  std::uint64_t full_page_images() const { return full_page_images_; }
  std::uint64_t wal_bytes() const { return inserted_; }
  std::uint64_t wal_fsyncs() const { return fsyncs_; }
  std::uint64_t lost_commits() const { return lost_commits_; }
  std::uint64_t vacuums() const { return vacuums_; }
  std::uint64_t vacuumed_pages() const { return vacuumed_pages_; }
  double dead_rows_integral(Time now) const { return dead_rows_.total(now); }

 private:
  /// Of a buffer's page, beside what the clock sweep keeps.
  struct Detail {
    std::uint64_t log = 0;  // up to which it must be safe before the page is written
    bool due = false;       // the checkpoint that runs is to write it
    bool reading = false;   // not here yet
  };
  class Pin;
  class Reading;
  class Flushing;

  Task<std::uint32_t> bring(std::uint64_t page, Duration read, Duration write, bool for_statement);
  Task<> bring_for_replay(std::uint64_t page);
  /// @return whether the page is safe.
  Task<bool> write_out(std::uint32_t buffer, Duration latency);
  Task<> flush(std::uint64_t up_to);
  void log_writer_due();
  /// The log could not be made safe.
  void panic();
  Task<> write_in_background();
  Task<> make_checkpoints();
  Task<> checkpoint();
  Task<> vacuum_by_itself(std::function<bool()> primary);
  Task<> vacuum();
  /// Logs a change of the page. @return up to where.
  std::uint64_t log_change(std::uint64_t page);
  void make_dirty(std::uint32_t buffer);

  const Shared& shared_;
  const StorageParams& params_;
  Instance& node_;
  World& world_;
  RandomStream random_;  // of what no request waits for alone
  std::uint64_t table_pages_;
  std::uint64_t rows_;
  Disk disk_;
  int full_ = 0;
  LostRows spoilt_;  // pages
  Timer<&Storage::panic> panic_{*this};

  // Memory.
  std::optional<storage::ClockSweep> pool_;
  std::vector<Detail> details_;
  Condition read_;    // a page has been read
  Condition needed_;  // somebody needed a buffer

  // The log, in bytes written since the run began.
  std::uint64_t inserted_ = 0;
  std::uint64_t safe_ = 0;
  bool flushing_ = false;
  Condition flushed_;
  std::uint32_t writing_ = 0;
  std::uint64_t unwaited_ = 0;             // commits that were answered without waiting for the log
  std::uint64_t unwaited_safe_ = 0;        // those of them that are safe
  std::deque<std::uint64_t> unsafe_keys_;  // of the others
  Timer<&Storage::log_writer_due> log_writer_{*this};

  // Checkpoints.
  storage::CheckpointPace pace_;
  std::set<std::uint64_t> imaged_;  // pages logged as a whole since the last one began
  std::uint64_t changes_ = 0;       // since then
  Condition log_full_;              // one is due for the log

  // Vacuums.
  std::set<std::uint64_t> dirtied_;  // pages with dead rows
  TimeIntegral dead_rows_;

  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
  std::uint64_t backend_writes_ = 0;
  std::uint64_t background_writes_ = 0;
  std::uint64_t checkpoint_writes_ = 0;
  std::uint64_t checkpoints_ = 0;
  std::uint64_t full_page_images_ = 0;
  std::uint64_t fsyncs_ = 0;
  std::uint64_t lost_commits_ = 0;
  std::uint64_t vacuums_ = 0;
  std::uint64_t vacuumed_pages_ = 0;
};

/// What is measured where there is storage, beside the tallies in Storage::Shared.
void measure_storage(Recorder::Owner& owner, const StorageParams& params,
                     std::vector<const Storage*> nodes);
/// All of it.
std::vector<MetricInfo> storage_metrics();

}  // namespace highwater::database
