// What faults do to a ring of Cassandra's nodes beyond killing them.
//
// A replica that has lost a row has none: its version is older than any. Whoever reads it there and
// elsewhere sees that they differ, and repairs it.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "models/database/cassandra_component.h"

namespace highwater::database {
namespace {

CassandraNode& node_of(Instance& instance) {
  return static_cast<CassandraNode&>(instance);
}

}  // namespace

std::string Cassandra::refuses(std::string_view verb) const {
  if (verb == "kill_leader") return "has no leaders: any node takes any request; use kill";
  if (verb == "hold_lock")
    return "has no locks: of two writes to a row the last one wins, and none waits; for one that "
           "takes long use slow_query";
  return "";
}

void Cassandra::watch_rows() {
  rows_.watch([this](Row& row) {
    for (std::size_t slot = 0; slot < row.versions.size(); ++slot)
      if (node(row.replicas->nodes[slot]).lost_rows().has(row.key)) row.versions[slot] = Row::kNone;
  });
}

void Cassandra::lose_data(Instance& instance, double share, RandomKey salt) {
  LostRows& lost = node_of(instance).lost_rows();
  lost.lose(share, salt);
  watch_rows();
  for_each_row_of(instance.index(), [&](const Row& row, std::uint64_t& version) {
    if (lost.has(row.key)) version = Row::kNone;
  });
}

void Cassandra::corrupt_data(Instance& instance, double share, RandomKey salt) {
  node_of(instance).spoilt_rows().lose(share, salt);
}

void Cassandra::restore_data(Instance& instance, RandomKey salt) {
  CassandraNode& node = node_of(instance);
  node.spoilt_rows().find(salt);
  node.lost_rows().find(salt);
  for_each_row_of(instance.index(), [&](const Row& row, std::uint64_t& version) {
    if (version == Row::kNone && !node.lost_rows().has(row.key))
      version = std::max({row.newest(), row.acknowledged, Row::kOld});
  });
  node.look_at_disk();
}

std::string Cassandra::lacks_unsynced() const {
  return params_->disk ? "" : "has no \"disk\": all that a node answers is safe there";
}

void Cassandra::lose_unsynced(Instance& instance) {
  const std::deque<Unsynced> lost = std::exchange(unsynced_[instance.index()], {});
  for (auto it = lost.rbegin(); it != lost.rend(); ++it) {
    std::uint64_t& version = it->row->versions[it->row->replicas->slot_of(instance.index())];
    if (version == it->version) version = it->before;
  }
  for (const Unsynced& write : lost) {
    const Row& row = *write.row;
    if (write.version <= row.acknowledged && row.newest() < write.version &&
        write.before < write.version && !is_hinted(row, write.version))
      ++lost_writes_;
  }
}

bool Cassandra::is_hinted(const Row& row, std::uint64_t version) const {
  return std::any_of(hints_.begin(), hints_.end(), [&](const std::unique_ptr<Hints>& store) {
    return store != nullptr && store->any([&](const HintedWrite& write) {
      return &*write.row == &row && write.version >= version;
    });
  });
}

void Cassandra::lose_node(Instance& instance) {
  drop_hints_of(instance.index());
  node_of(instance).lose_all();
  watch_rows();
  for_each_row_of(instance.index(),
                  [](const Row&, std::uint64_t& version) { version = Row::kNone; });
}

void Cassandra::drop_hints_of(std::uint32_t holder) {
  for (std::uint32_t target = 0; target < nodes(); ++target) {
    Hints* const store = hints(holder, target);
    while (store != nullptr && !store->empty()) {
      world().in_flight.let_go(1);
      dropped(store->take().write);
    }
  }
}

void Cassandra::leaves(std::uint32_t index) {
  View& view = views_[index];
  if (!view.alive) return;
  view.alive = false;
  view.convicted = world().now();
  world().happened("member lost", node(index).label() + " says that it leaves");
}

std::string Cassandra::lacks_replicas() const {
  const bool alone = params_->replication_factor == 1 && by_center_.size() == 1;
  return alone ? "has a replication_factor of 1: no row has another replica, which could lag" : "";
}
std::string Cassandra::lacks_pause() const {
  return "has no log that replicas apply one after the other: each write comes by itself, and is "
         "late by what \"add\" says";
}
void Cassandra::delay_replication(Instance& instance, Duration add) {
  node_of(instance).delay_replication(add);
}

std::string Cassandra::lacks_disks() const {
  return params_->disk ? "" : "has no \"disk\" in its \"cassandra\"";
}
Disk& Cassandra::disk_of(Instance& instance) {
  return node_of(instance).disk();
}
void Cassandra::disk_recovered(Instance& instance) {
  node_of(instance).look_at_disk();
}
void Cassandra::fill_disk(Instance& instance) {
  node_of(instance).fill_disk();
}
void Cassandra::clear_disk(Instance& instance) {
  node_of(instance).clear_disk();
}

std::string Cassandra::lacks_query(const Query& query) const {
  return SlowQueries::lack(world(), query);
}
void Cassandra::slow_query(const Query& query, double factor) {
  slow_queries_.slow(query, factor);
}
void Cassandra::restore_query(const Query& query, double factor) {
  slow_queries_.restore(query, factor);
}

void Cassandra::furnish_disks(Recorder::Owner& owner) {
  Tally& wait = owner.tally("disk_wait_ms");
  Tally& commit_wait = owner.tally("commit_wait_ms");
  std::vector<const Disk*> disks;
  for (std::uint32_t i = 0; i < nodes(); ++i)
    disks.push_back(&node(i).furnish(*params_->disk, wait, commit_wait));
  measure_disks(owner, params_->disk->device, std::move(disks));
}

void CassandraNode::lose_all() {
  is_new_ = true;
  lost_rows_.find_all();
  spoilt_rows_.find_all();
  lost_rows_.lose(1, loss_key_);
}

void CassandraNode::stream() {
  is_new_ = false;
  std::vector<bool> sources(cassandra_.nodes());
  bool all = true;
  for (std::uint32_t i = 0; i < cassandra_.nodes(); ++i) {
    sources[i] = i != index() && cassandra_.node(i).up();
    all &= sources[i] || i == index();
  }
  lost_rows_.find_all();
  const auto nobody_has = [&cassandra = cassandra_, sources](std::uint64_t key) {
    const std::vector<std::uint32_t>& nodes = cassandra.replicas(key).nodes;
    return std::none_of(nodes.begin(), nodes.end(), [&](std::uint32_t n) { return sources[n]; });
  };
  if (!all || cassandra_.params_->replication_factor == 1)
    lost_rows_.lose(1, loss_key_, nobody_has);
  cassandra_.for_each_row_of(index(), [&](const Row& row, std::uint64_t& version) {
    version = Row::kNone;
    for (std::size_t slot = 0; slot < row.versions.size(); ++slot)
      if (sources[row.replicas->nodes[slot]]) version = std::max(version, row.versions[slot]);
  });
  cassandra_.world().happened("rebuilt", label() + " has streamed what the others have");
}

}  // namespace highwater::database
