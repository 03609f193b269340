#pragma once

#include <cstdint>
#include <utility>
#include <variant>

#include "engine/kernel/time.h"
#include "models/algorithms/caching/policy.h"
#include "models/cache/change_log.h"
#include "models/cache/restore_params.h"

namespace highwater::cache {

/// The last snapshot of a cache's contents. It is taken when something is to change after its time
/// has come, which gives the same.
class Snapshots {
 public:
  Snapshots(Duration interval, caching::Cache empty)
      : interval_(interval.count()), saved_(std::move(empty)) {}

  void will_change(const caching::Cache& contents, std::int64_t now) {
    if (now / interval_ == last_) return;
    last_ = now / interval_;
    saved_ = contents;
  }
  void stored(const caching::Item&, std::int64_t) {}
  void erased(std::uint64_t, std::int64_t) {}
  void died(const caching::Cache& contents, std::int64_t now) { will_change(contents, now); }
  void holds(const caching::Cache& contents) { saved_ = contents; }
  const caching::Cache& saved() const { return saved_; }

 private:
  std::int64_t interval_;
  std::int64_t last_ = 0;
  caching::Cache saved_;
};

/// What an append-only file says of a cache's contents.
class AppendOnlyFile {
 public:
  template <BitSource G>
  AppendOnlyFile(Duration fsync, caching::Cache empty, G& bits)
      : fsync_(fsync.count()), saved_(std::move(empty)), bits_(bits) {}

  void will_change(const caching::Cache&, std::int64_t) {}
  void stored(const caching::Item& item, std::int64_t now) {
    log_.apply(now, saved_, bits_);
    log_.store(item, flushed(now));
  }
  void erased(std::uint64_t key, std::int64_t now) {
    log_.apply(now, saved_, bits_);
    log_.erase(key, flushed(now));
  }
  void died(const caching::Cache&, std::int64_t now) {
    log_.apply(now, saved_, bits_);
    log_.clear();
  }
  void holds(const caching::Cache& contents) {
    log_.clear();
    saved_ = contents;
  }
  const caching::Cache& saved() const { return saved_; }

 private:
  std::int64_t flushed(std::int64_t now) const {
    return fsync_ == 0 ? now : (now / fsync_ + 1) * fsync_;
  }

  std::int64_t fsync_;
  caching::Cache saved_;
  ChangeLog log_;
  AnyBits bits_;
};

/// What of an instance's contents outlives its process, on a disk that never fails.
///
/// Source   Redis 7.0 documentation, Redis persistence (RDB, AOF).
/// Checked  tests/caches/restore_test.cpp
class Persistence {
 public:
  template <BitSource G>
  Persistence(const SnapshotParams& params, caching::Cache empty, G&)
      : load_time_(params.load_time), way_(Snapshots(params.interval, std::move(empty))) {}
  template <BitSource G>
  Persistence(const AppendOnlyParams& params, caching::Cache empty, G& bits)
      : load_time_(params.load_time), way_(AppendOnlyFile(params.fsync, std::move(empty), bits)) {}

  /// Before anything is stored, evicted or erased.
  void will_change(const caching::Cache& contents, Time now) {
    std::visit([&](auto& way) { way.will_change(contents, nanoseconds(now)); }, way_);
  }
  void stored(const caching::Item& item, Time now) {
    std::visit([&](auto& way) { way.stored(item, nanoseconds(now)); }, way_);
  }
  void erased(std::uint64_t key, Time now) {
    std::visit([&](auto& way) { way.erased(key, nanoseconds(now)); }, way_);
  }
  void died(const caching::Cache& contents, Time now) {
    std::visit([&](auto& way) { way.died(contents, nanoseconds(now)); }, way_);
  }
  /// All of this is saved.
  void holds(const caching::Cache& contents) {
    std::visit([&](auto& way) { way.holds(contents); }, way_);
  }
  const caching::Cache& saved() const {
    return std::visit([](const auto& way) -> const caching::Cache& { return way.saved(); }, way_);
  }
  Duration load_time() const { return load_time_ * static_cast<std::int64_t>(saved().size()); }

 private:
  Duration load_time_;
  std::variant<Snapshots, AppendOnlyFile> way_;
};

}  // namespace highwater::cache
