#pragma once

#include <cstdint>
#include <vector>

#include "engine/kernel/completion.h"
#include "engine/kernel/scope.h"
#include "engine/model/request.h"
#include "models/database/reshard_params.h"
#include "models/sharding.h"

namespace highwater::database {

class Database;
class Node;

/// Moves keys to their new shards while the database serves. A key is where it was until it has
/// been copied, and from then on where it belongs.
///
/// Assumes  what is written to a key while it is copied comes along, as with the log that Vitess
///          and Citus replay; the old shard keeps what it has, and answers what was on its way to
///          it when a key went; nodes that join have been provided before.
/// Source   Vitess documentation, Reshard and VReplication (copy phase, switching traffic); Citus,
///          citus_rebalance_start.
/// Checked  tests/storage/resharding_test.cpp
class Resharding {
 public:
  /// @param before  Where the keys are when it begins.
  /// @param after   Where they belong when it is done.
  Resharding(Database& database, const ReshardParams& params, const Shards& before, Shards after);

  void start();
  /// The shard that has the key now.
  std::size_t of(std::uint64_t key) const { return moved(key) ? after_.of(key) : before_.of(key); }
  std::uint64_t moved_keys() const { return moved_; }

 private:
  struct Stream {
    std::uint64_t next;  // key; those before it are where they belong
    std::uint64_t end;
  };

  bool moved(std::uint64_t key) const {
    if (!begun_ || key >= params_.keys) return done_;
    return key < streams_[key / part_].next;
  }
  Task<> move(Stream& stream);
  Task<bool> move_one(std::uint64_t key);
  Task<bool> copy(Node* node, std::uint64_t key, Operation operation);
  static Task<> copy_at(Node& node, std::uint64_t key, Operation operation,
                        CompletionSender<> done);

  Database& database_;
  const ReshardParams& params_;
  const Shards& before_;
  Shards after_;
  Scope tasks_;
  std::uint64_t part_;  // keys of a stream
  std::vector<Stream> streams_;
  Time next_start_{};
  std::size_t running_ = 0;
  bool begun_ = false;
  bool done_ = false;
  std::uint64_t moved_ = 0;
};

}  // namespace highwater::database
