// What faults do to a SQL database beyond killing its nodes.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "engine/describe/problems.h"
#include "models/database/node.h"

namespace highwater::database {

namespace {

Node& replica_of(Instance& instance) {
  return static_cast<Node&>(instance);
}

/// A session of faults that has a lock, one at each node where it has it.
class HeldLock final : public HasLocks::Hold {
 public:
  explicit HeldLock(std::shared_ptr<Keeping> until) : until_(std::move(until)) {}
  ~HeldLock() override { until_->end(); }

 private:
  std::shared_ptr<Keeping> until_;
};

}  // namespace

void Database::lose_data(Instance& instance, double share, RandomKey salt) {
  replica_of(instance).lost_rows().lose(share, salt);
}
void Database::corrupt_data(Instance& instance, double share, RandomKey salt) {
  replica_of(instance).corrupt(share, salt);
}
void Database::restore_data(Instance& instance, RandomKey salt) {
  replica_of(instance).restore(salt);
}
std::string Database::lacks_unsynced() const {
  return params_->storage ? "" : "has no \"storage\": all that it answers is safe";
}
void Database::lose_unsynced(Instance& instance) {
  replica_of(instance).lose_unsynced();
}

void Database::lose_node(Instance& instance) {
  replica_of(instance).lose_disk();
}

std::string Database::lacks_leaders() const {
  return params_->failover ? ""
                           : "has no \"failover\": nobody takes the place of a primary that dies";
}

std::string Database::lacks_replicas() const {
  return params_->read_replicas > 0 ? "" : "has no \"read_replicas\", which could lag";
}
void Database::delay_replication(Instance& instance, Duration add) {
  replica_of(instance).delay_replication(add);
}
void Database::pause_replication(Instance& instance) {
  replica_of(instance).pause_replication();
}
void Database::resume_replication(Instance& instance) {
  replica_of(instance).resume_replication();
}

std::string Database::lacks_disks() const {
  return params_->storage ? "" : "has no \"storage\", and so no disk";
}
Disk& Database::disk_of(Instance& instance) {
  return replica_of(instance).storage().disk();
}
void Database::fill_disk(Instance& instance) {
  replica_of(instance).storage().fill();
  replica_of(instance).pause_replication();
}
void Database::clear_disk(Instance& instance) {
  replica_of(instance).storage().clear();
  replica_of(instance).resume_replication();
}

std::string Database::lacks_query(const Query& query) const {
  return SlowQueries::lack(world(), query);
}
void Database::slow_query(const Query& query, double factor) {
  slow_queries_.slow(query, factor);
}
void Database::restore_query(const Query& query, double factor) {
  slow_queries_.restore(query, factor);
}

std::string Database::lacks_lock(const LockName& name) const {
  if (name.lock) return "has rows and a table: its locks have no names";
  return params_->locks ? "" : "has no \"locks\": its changes do not wait for each other";
}
std::unique_ptr<HasLocks::Hold> Database::hold_lock(const LockName& name, std::string& holder) {
  auto until = std::make_shared<Keeping>(world().simulation);
  const auto hold_at = [&](Shard& shard) {
    Node* const primary = shard.writer();
    if (primary != nullptr) primary->tasks().spawn(primary->hold_lock(name.key, until));
  };
  if (!name.key) {
    for (Shard& shard : shards_) hold_at(shard);
    holder = id();
  } else {
    hold_at(shard(*name.key));
    holder = shard(*name.key).primary().label();
  }
  return std::make_unique<HeldLock>(std::move(until));
}

Leaks& Database::connection_leaks(Instance& instance) {
  return replica_of(instance).connection_leaks();
}

}  // namespace highwater::database
