#pragma once

#include <algorithm>
#include <cstdint>

namespace highwater::storage {

struct VacuumOptions {
  std::uint64_t threshold = 50;         ///< autovacuum_vacuum_threshold, in rows
  double scale_factor = 0.2;            ///< autovacuum_vacuum_scale_factor
  std::uint32_t cost_limit = 200;       ///< vacuum_cost_limit; at least 1
  std::int64_t cost_delay = 2'000'000;  ///< autovacuum_vacuum_cost_delay; 0: never naps
  std::uint32_t cost_page_hit = 1;      ///< vacuum_cost_page_hit
  std::uint32_t cost_page_miss = 2;     ///< vacuum_cost_page_miss
  std::uint32_t cost_page_dirty = 20;   ///< vacuum_cost_page_dirty
};

/// storage vacuum_cost: when PostgreSQL vacuums a table by itself, and how it holds itself back.
///
/// A vacuum is due when more rows are dead than a threshold and a share of all rows. Each page
/// costs something; when the limit has been spent it naps, for longer the further it went beyond,
/// up to four delays.
///
/// Source   PostgreSQL 15, src/backend/postmaster/autovacuum.c, relation_needs_vacanalyze;
///          src/backend/commands/vacuum.c, vacuum_delay_point.
/// Checked  tests/storage/vacuum_cost_test.cpp
class VacuumCost {
 public:
  explicit VacuumCost(const VacuumOptions& options) : options_(options) {}

  bool due(std::uint64_t dead_rows, std::uint64_t rows) const {
    return static_cast<double>(dead_rows) > static_cast<double>(options_.threshold) +
                                                options_.scale_factor * static_cast<double>(rows);
  }
  /// A page was looked at, in memory or read, and changed if it was clean before.
  void page(bool hit, bool dirtied) {
    balance_ += hit ? options_.cost_page_hit : options_.cost_page_miss;
    if (dirtied) balance_ += options_.cost_page_dirty;
  }
  /// How long to nap now, in nanoseconds.
  std::int64_t nap() {
    if (options_.cost_delay == 0 || balance_ < options_.cost_limit) return 0;
    const double nap = static_cast<double>(options_.cost_delay) * static_cast<double>(balance_) /
                       static_cast<double>(options_.cost_limit);
    balance_ = 0;
    return std::min(static_cast<std::int64_t>(nap), 4 * options_.cost_delay);
  }

 private:
  VacuumOptions options_;
  std::uint64_t balance_ = 0;
};

}  // namespace highwater::storage
