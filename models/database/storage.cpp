#include "models/database/storage.h"

#include <algorithm>
#include <coroutine>
#include <string>
#include <utility>

#include "models/sharding.h"
#include "models/slowdown.h"

namespace highwater::database {

void StorageParams::check(const Value& where, const std::string& path, Problems& problems) const {
  const Value* const given = where.find("buffer_cache");
  const Position position = given != nullptr ? given->position() : where.position();
  constexpr std::uint64_t kMostPages = 1'000'000'000;
  if (cache_pages() == 0)
    problems.error(position, pointer_to(path, "buffer_cache"),
                   "holds not even one page of " + std::to_string(page_size.count) + " bytes");
  else if (cache_pages() > kMostPages)
    problems.error(position, pointer_to(path, "buffer_cache"),
                   "holds more than a thousand million pages, which nobody has");
}

/// Keeps a buffer's page where it is.
class Storage::Pin {
 public:
  Pin(storage::ClockSweep& pool, std::uint32_t buffer) : pool_(pool), buffer_(buffer) {
    pool_.pin(buffer_);
  }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  ~Pin() { pool_.unpin(buffer_); }

 private:
  storage::ClockSweep& pool_;
  std::uint32_t buffer_;
};

/// Makes others wait for a page until it has been read.
class Storage::Reading {
 public:
  Reading(Storage& storage, std::uint32_t buffer) : storage_(storage), buffer_(buffer) {
    storage_.details_[buffer_].reading = true;
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() {
    storage_.details_[buffer_].reading = false;
    storage_.read_.notify_all();
  }

 private:
  Storage& storage_;
  std::uint32_t buffer_;
};

/// One flushes at a time.
class Storage::Flushing {
 public:
  explicit Flushing(Storage& storage) : storage_(storage) { storage_.flushing_ = true; }
  Flushing(const Flushing&) = delete;
  Flushing& operator=(const Flushing&) = delete;
  ~Flushing() {
    storage_.flushing_ = false;
    storage_.flushed_.notify_all();
  }

 private:
  Storage& storage_;
};

Storage::Storage(const Shared& shared, Instance& node)
    : shared_(shared),
      params_(shared.params),
      node_(node),
      world_(node.component().world()),
      random_(world_.stream(node.label(), "storage")),
      table_pages_(0),
      rows_((params_.rows + shared.shards - 1) / shared.shards),
      disk_(params_.disk, node, *shared.disk_wait),
      read_(world_.simulation),
      needed_(world_.simulation),
      flushed_(world_.simulation),
      pace_(params_.checkpoint.options()),
      log_full_(world_.simulation) {
  table_pages_ = (rows_ + params_.rows_per_page - 1) / params_.rows_per_page;
}

std::uint64_t Storage::page_of(std::uint64_t key) const {
  if (params_.row_order == RowOrder::by_key) {
    // A page is full of the keys that live here; between them lie those of the other shards.
    const std::uint64_t others = shared_.placed_by_hash ? shared_.shards : 1;
    return key / (params_.rows_per_page * others);
  }
  // What places keys on shards must not place them on pages too.
  __extension__ using Wide = unsigned __int128;
  const std::uint64_t hash = key_hash(key + 0x9e3779b97f4a7c15U);
  return static_cast<std::uint64_t>((static_cast<Wide>(hash) * table_pages_) >> 64);
}

void Storage::start(std::function<bool()> primary) {
  pool_.emplace(static_cast<std::uint32_t>(params_.cache_pages()));
  details_.clear();
  // What recovery did ends with a checkpoint, and of dead rows nobody knows the number any more.
  pace_.begin(nanoseconds(world_.now()), inserted_);
  imaged_.clear();
  changes_ = 0;
  dead_rows_.set(world_.now(), 0);
  node_.tasks().spawn(make_checkpoints());
  if (params_.background_writer.lru_maxpages > 0) node_.tasks().spawn(write_in_background());
  node_.tasks().spawn(vacuum_by_itself(std::move(primary)));
}

void Storage::stop() {
  world_.simulation.cancel(log_writer_);
  world_.simulation.cancel(panic_);
  lost_commits_ += unwaited_ - unwaited_safe_;
  unwaited_safe_ = unwaited_;
  unsafe_keys_.clear();
  safe_ = inserted_;
  disk_.forget();
}

Task<std::uint32_t> Storage::fetch(std::uint64_t page, const Request& request, std::uint64_t turn) {
  RequestRandom random(shared_.access_key, request.id, request.path + turn);
  const Duration read = params_.disk.read_latency.draw(random);
  const Duration write = params_.disk.write_latency.draw(random);
  return bring(page, read, write, true);
}

Task<std::uint32_t> Storage::bring(std::uint64_t page, Duration read, Duration write,
                                   bool for_statement) {
  for (;;) {
    const std::uint32_t present = pool_->find(page);
    if (present != kNone) {
      if (details_[present].reading) {
        co_await read_.wait();
        continue;
      }
      pool_->use(present);
      hits_ += for_statement;
      co_return present;
    }
    const std::uint32_t buffer = pool_->victim();
    if (needed_.has_waiters()) needed_.notify_all();
    if (buffer == kNone) co_return kNone;
    if (buffer >= details_.size()) details_.resize(buffer + 1);
    if (pool_->dirty(buffer)) {
      backend_writes_ += for_statement;
      const bool written = co_await write_out(buffer, write);
      if (!written) co_return kNone;
      // Meanwhile others may have changed or pinned it, or have read the page elsewhere.
      if (pool_->dirty(buffer) || pool_->pins(buffer) > 0 || pool_->find(page) != kNone) continue;
    }
    pool_->assign(buffer, page);
    details_[buffer] = {};
    misses_ += for_statement;
    const Pin pin(*pool_, buffer);
    const Reading reading(*this, buffer);
    const bool is_there =
        co_await disk_.operate(Disk::Operation::read, params_.page_size.count, read);
    const bool is_spoilt = spoilt_.any() && spoilt_.has(page);
    if (is_there && !is_spoilt) co_return buffer;
    pool_->lose(buffer);
    co_return kNone;
  }
}

Task<bool> Storage::write_out(std::uint32_t buffer, Duration latency) {
  const Pin pin(*pool_, buffer);
  // Before it is written: what changes meanwhile is to be written again.
  pool_->set_dirty(buffer, false);
  details_[buffer].due = false;
  const std::uint64_t logged = details_[buffer].log;
  if (safe_ < logged) co_await flush(logged);
  const bool written =
      co_await disk_.operate(Disk::Operation::write, params_.page_size.count, latency);
  if (!written) make_dirty(buffer);
  if (written && spoilt_.any()) spoilt_.write(pool_->page(buffer));
  co_return written;
}

void Storage::make_dirty(std::uint32_t buffer) {
  pool_->set_dirty(buffer, true);
  ++changes_;
}

std::uint64_t Storage::log_change(std::uint64_t page) {
  inserted_ += params_.wal.record.count;
  if (params_.wal.full_page_writes && imaged_.insert(page).second) {
    inserted_ += params_.page_size.count;
    ++full_page_images_;
  }
  if (log_full_.has_waiters() && pace_.log_full(inserted_)) log_full_.notify_all();
  return inserted_;
}

void Storage::change(std::uint32_t buffer) {
  const std::uint64_t page = pool_->page(buffer);
  make_dirty(buffer);
  details_[buffer].log = log_change(page);
  dead_rows_.add(world_.now(), 1);
  dirtied_.insert(page);
}

Task<> Storage::commit(std::uint64_t key) {
  const Time asked = world_.now();
  if (params_.wal.synchronous_commit) {
    co_await flush(inserted_);
  } else {
    ++unwaited_;
    unsafe_keys_.push_back(key);
    if (!log_writer_.pending())
      world_.simulation.schedule_after(log_writer_, params_.wal.wal_writer_delay);
  }
  shared_.commit_wait->record(world_.now(), world_.now() - asked);
}

Task<> Storage::flush(std::uint64_t up_to) {
  const WalParams& wal = params_.wal;
  while (safe_ < up_to) {
    if (flushing_) {
      co_await flushed_.wait();
      continue;
    }
    const Flushing flushing(*this);
    if (wal.commit_delay > Duration{0} && writing_ > wal.commit_siblings)
      co_await world_.simulation.delay(wal.commit_delay);
    const std::uint64_t end = inserted_;
    const std::uint64_t unwaited = unwaited_;
    bool written = true;
    if (wal.device == LogDevice::data) written = co_await disk_.write(end - safe_, random_, true);
    const Duration fsync = stretched(wal.fsync.draw(random_), node_.slowdown());
    co_await world_.simulation.delay(disk_.troubled(fsync, true));
    if (!written || disk_.fails(true)) {
      // The process ends with this task, which runs now and so cannot be ended from here.
      world_.simulation.schedule_after(panic_, Duration{0});
      co_await std::suspend_always{};
    }
    safe_ = end;
    const auto now_safe = static_cast<std::ptrdiff_t>(unwaited - unwaited_safe_);
    unsafe_keys_.erase(unsafe_keys_.begin(), unsafe_keys_.begin() + now_safe);
    unwaited_safe_ = unwaited;
    ++fsyncs_;
  }
}

std::vector<std::uint64_t> Storage::unsafe_keys() const {
  return {unsafe_keys_.begin(), unsafe_keys_.end()};
}

void Storage::panic() {
  world_.happened("killed", node_.label() + " could not write its log");
  node_.kill(false);
  node_.revive(false);
}

Task<bool> Storage::copy_from(Storage& other) {
  // In blocks as pg_basebackup's, and larger ones where there are very many.
  constexpr std::uint64_t kBlock = 32'768;
  constexpr std::uint64_t kMostBlocks = 100'000;
  const std::uint64_t bytes = table_pages_ * params_.page_size.count;
  const std::uint64_t block = std::max(kBlock, bytes / kMostBlocks + 1);
  for (std::uint64_t done = 0; done < bytes; done += block) {
    const std::uint64_t part = std::min(block, bytes - done);
    const bool read = co_await other.disk_.read(part, random_);
    if (!read || !other.node_.up()) co_return false;
    const bool written = co_await disk_.write(part, random_);
    if (!written) co_return false;
  }
  co_return true;
}

void Storage::log_writer_due() {
  node_.tasks().spawn(flush(inserted_));
}

void Storage::replay(std::uint64_t key) {
  const std::uint64_t page = page_of(key);
  if (params_.wal.full_page_writes) spoilt_.write(page);  // by the image in the log
  const std::uint32_t buffer = pool_->find(page);
  if (buffer != kNone && !details_[buffer].reading) {
    pool_->use(buffer);
    make_dirty(buffer);
  } else {
    node_.tasks().spawn(bring_for_replay(page));
  }
}

Task<> Storage::bring_for_replay(std::uint64_t page) {
  const Duration read = params_.disk.read_latency.draw(random_);
  const Duration write = params_.disk.write_latency.draw(random_);
  const std::uint32_t buffer = co_await bring(page, read, write, false);
  if (buffer != kNone) make_dirty(buffer);
}

Task<> Storage::write_in_background() {
  constexpr int kHibernate = 50;  // delays: HIBERNATE_FACTOR of bgwriter.c
  storage::BackgroundWriter writer(params_.background_writer.options());
  const Duration delay = params_.background_writer.delay;
  std::vector<std::uint32_t> chosen;
  for (bool rested = false;;) {
    co_await world_.simulation.delay(delay);
    chosen.clear();
    const bool may_rest =
        writer.round(*pool_, [&](std::uint32_t buffer) { chosen.push_back(buffer); });
    for (const std::uint32_t buffer : chosen) {
      if (!pool_->dirty(buffer) || !pool_->reusable(buffer)) continue;
      ++background_writes_;
      co_await write_out(buffer, params_.disk.write_latency.draw(random_));  // or another time
    }
    if (may_rest && rested)
      co_await needed_.wait_until(world_.simulation.after(kHibernate * delay));
    rested = may_rest;
  }
}

Task<> Storage::make_checkpoints() {
  for (;;) {
    if (!pace_.log_full(inserted_)) co_await log_full_.wait_until(Time{Duration{pace_.due()}});
    pace_.begin(nanoseconds(world_.now()), inserted_);
    if (changes_ > 0) co_await checkpoint();
  }
}

Task<> Storage::checkpoint() {
  imaged_.clear();
  changes_ = 0;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> pages;
  for (std::uint32_t buffer = 0; buffer < pool_->size(); ++buffer) {
    if (!pool_->dirty(buffer)) continue;
    details_[buffer].due = true;
    pages.emplace_back(pool_->page(buffer), buffer);
  }
  std::sort(pages.begin(), pages.end());
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const auto [page, buffer] = pages[i];
    if (details_[buffer].due && pool_->page(buffer) == page) {
      ++checkpoint_writes_;
      const bool written = co_await write_out(buffer, params_.disk.write_latency.draw(random_));
      if (!written) co_return;  // failed as a whole; the next one has these pages too
    }
    const double written = static_cast<double>(i + 1) / static_cast<double>(pages.size());
    if (pace_.ahead(written, nanoseconds(world_.now()), inserted_))
      co_await world_.simulation.delay(Duration{storage::CheckpointPace::kNap});
  }
  ++checkpoints_;
}

Task<> Storage::vacuum_by_itself(std::function<bool()> primary) {
  const storage::VacuumCost cost(params_.autovacuum.options());
  for (;;) {
    co_await world_.simulation.delay(params_.autovacuum.naptime);
    if (primary() && cost.due(static_cast<std::uint64_t>(dead_rows_.value()), rows_))
      co_await vacuum();
  }
}

Task<> Storage::vacuum() {
  storage::VacuumCost cost(params_.autovacuum.options());
  const std::set<std::uint64_t> pages = std::exchange(dirtied_, {});
  dead_rows_.set(world_.now(), 0);
  for (const std::uint64_t page : pages) {
    const std::uint32_t buffer = pool_->find(page);
    if (buffer != kNone && !details_[buffer].reading) {
      cost.page(true, !pool_->dirty(buffer));
      make_dirty(buffer);
      details_[buffer].log = log_change(page);
    } else {
      cost.page(false, true);
      const bool read = co_await disk_.read(params_.page_size.count, random_);
      if (!read || spoilt_.has(page)) {
        dirtied_.insert(page);  // for the next vacuum
        continue;
      }
      co_await flush(log_change(page));
      co_await disk_.write(params_.page_size.count, random_);
    }
    ++vacuumed_pages_;
    if (const std::int64_t nap = cost.nap(); nap > 0)
      co_await world_.simulation.delay(Duration{nap});
  }
  ++vacuums_;
}

void measure_storage(Recorder::Owner& owner, const StorageParams& params,
                     std::vector<const Storage*> nodes) {
  const auto count = [&](std::string_view name, std::uint64_t (Storage::*of)() const) {
    owner.count(name, [nodes, of] {
      std::uint64_t sum = 0;
      for (const Storage* const node : nodes) sum += (node->*of)();
      return sum;
    });
  };
  const auto over = [&](auto of) {
    return [nodes, of](Time now) {
      double sum = 0;
      for (const Storage* const node : nodes) sum += static_cast<double>(of(*node, now));
      return sum;
    };
  };
  owner.ratio("buffer_hit_ratio", over([](const Storage& node, Time) { return node.hits(); }),
              over([](const Storage& node, Time) { return node.hits() + node.misses(); }));
  std::vector<const Disk*> disks;
  for (const Storage* const node : nodes) disks.push_back(&node->disk());
  measure_disks(owner, params.disk, std::move(disks));
  count("backend_writes", &Storage::backend_writes);
  count("background_writes", &Storage::background_writes);
  count("checkpoint_writes", &Storage::checkpoint_writes);
  count("checkpoints", &Storage::checkpoints);
  count("full_page_images", &Storage::full_page_images);
  count("wal_bytes", &Storage::wal_bytes);
  count("wal_fsyncs", &Storage::wal_fsyncs);
  count("lost_commits", &Storage::lost_commits);
  count("vacuums", &Storage::vacuums);
  count("vacuumed_pages", &Storage::vacuumed_pages);
  owner.time_average("dead_rows", over([](const Storage& node, Time now) {
                       return node.dead_rows_integral(now);
                     }));
}

std::vector<MetricInfo> storage_metrics() {
  return {
      {"buffer_hit_ratio", "1", "Share of the pages needed by statements that were in memory."},
      {"disk_utilization", "1", "Operations in work / queue_depth, over all disks."},
      {"disk_limit_utilization", "1",
       "Share used of what iops and bandwidth allow, whichever is nearer; 0 without either."},
      {"disk_queue_length", "operations", "Operations that wait to begin, over all disks."},
      {"disk_wait_ms", "ms", "From asking for an operation until it begins.", MetricShape::kTimes},
      {"disk_reads", "operations", "Pages read from disk.", MetricShape::kCount},
      {"disk_writes", "operations", "Writes to the disks of the data.", MetricShape::kCount},
      {"backend_writes", "pages", "Dirty pages that a statement had to write to get a buffer.",
       MetricShape::kCount},
      {"background_writes", "pages", "Pages written by the background writer.",
       MetricShape::kCount},
      {"checkpoint_writes", "pages", "Pages written by checkpoints.", MetricShape::kCount},
      {"checkpoints", "1", "Checkpoints that were finished.", MetricShape::kCount},
      {"full_page_images", "pages", "Pages logged as a whole.", MetricShape::kCount},
      {"wal_bytes", "bytes", "Log written.", MetricShape::kCount},
      {"wal_fsyncs", "1", "Flushes of the log; commits that wait together share one.",
       MetricShape::kCount},
      {"commit_wait_ms", "ms", "From the end of a write's work until its log was safe.",
       MetricShape::kTimes},
      {"lost_commits", "requests", "Writes whose log was not safe when their node died.",
       MetricShape::kCount},
      {"vacuums", "1", "Vacuums that were finished.", MetricShape::kCount},
      {"vacuumed_pages", "pages", "Pages that vacuums cleaned.", MetricShape::kCount},
      {"dead_rows", "rows", "Dead rows that no vacuum has removed."},
  };
}

}  // namespace highwater::database
