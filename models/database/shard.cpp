#include <algorithm>
#include <functional>
#include <utility>

#include "models/database/node.h"

namespace highwater::database {

Node* Shard::reader(std::uint64_t key) {
  const Reads reads = params_->reads;
  if (reads == Reads::primary) return writer();
  if (params_->session == Session::sticky_primary && sticky_.holds(world_.now(), key)) {
    ++session_primary_reads_;
    return primary_->up() ? primary_ : nullptr;
  }
  const bool any = reads == Reads::any;
  const bool sees_writes = params_->session == Session::read_your_writes;
  const std::size_t candidates = nodes_.size() - (any ? 0 : 1);
  bool passed_over = false;
  for (std::size_t tried = 0; tried < candidates; ++tried) {
    if (++turn_ >= candidates) turn_ = 0;
    // Of the replicas the turn-th.
    const bool beyond = !any && turn_ >= primary_->rank();
    Node* const node = nodes_[turn_ + (beyond ? 1 : 0)];
    if (!node->up() || node->is_empty()) continue;
    if (sees_writes && node != primary_ && node->log().stale(key)) {
      passed_over = true;
      continue;
    }
    session_primary_reads_ += passed_over && node == primary_;
    return node;
  }
  session_primary_reads_ += passed_over;
  return primary_->up() ? primary_ : nullptr;
}

std::uint64_t Shard::commit(const Request& write) {
  const std::uint64_t number = ++last_;
  for (Node* const node : nodes_)
    if (node != primary_) node->send(number, write);
  advance();
  return number;
}

std::uint64_t Shard::replicated_up_to() const {
  const Replication replication = params_->replication;
  if (nodes_.size() == 1 || replication == Replication::async) return last_;
  if (replication == Replication::semi_sync && !any_replica_up()) return last_;
  std::vector<std::uint64_t> applied;
  for (const Node* const node : nodes_)
    if (node != primary_ && (replication != Replication::semi_sync || node->up()))
      applied.push_back(node->log().applied());
  std::sort(applied.begin(), applied.end(), std::greater<>());
  // So many of the others must have it.
  const std::size_t others = replication == Replication::semi_sync ? 1
                             : replication == Replication::sync    ? applied.size()
                                                                   : nodes_.size() / 2;
  return applied[others - 1];
}

void Shard::advance() {
  // A replica that dies takes nothing back from writers who were told already.
  replicated_ = std::max(replicated_, replicated_up_to());
  while (!waiting_.empty()) {
    auto& writer = static_cast<Replicated&>(waiting_.front());
    if (writer.number_ > replicated_) return;
    EventList::remove(writer);
    world_.simulation.schedule_now(writer);
  }
}

void Shard::replica_died() {
  if (params_->replication == Replication::semi_sync && !any_replica_up())
    world_.happened("replication", primary().component().id() + ", " + title_ +
                                       ", has no replica up: its writes wait for none");
  advance();
}

void Shard::connect(Edge& ways) {
  const std::vector<Instance*> nodes(nodes_.begin(), nodes_.end());
  failover_ = Failover::make(*params_->failover, *this, primary_->component().id() + ", " + title_,
                             nodes, ways);
  writable_ = false;  // until it has been said who begins
}

void Shard::reconfigure(const DatabaseParams& params) {
  const DatabaseParams& before = *std::exchange(params_, &params);
  if (before.session != params.session || before.sticky_for != params.sticky_for)
    sticky_ = StickyKeys(params.sticky_for.value_or(2s));
  advance();
}

void Shard::node_died(Node& node) {
  if (&node != primary_) {
    node.cut_off();
    replica_died();
  } else if (failover_) {
    primary_lost();
  }
  if (promoted_ == &node) {
    promoted_ = nullptr;
    world_.simulation.cancel(promotion_);
  }
  if (failover_) failover_->died(node.rank());
}

void Shard::node_started(Node& node) {
  if (failover_) failover_->is_up(node.rank());
  if (&node != primary_ && writable_) node.catch_up();
}

void Shard::primary_lost() {
  if (!writable_) return;
  writable_ = false;
  lost_at_ = world_.now();
  for (Node* const node : nodes_)
    if (node != primary_) node->cut_off();
}

void Shard::steps_down(std::uint32_t rank) {
  Node& node = *nodes_[rank];
  if (promoted_ == &node) {
    promoted_ = nullptr;
    world_.simulation.cancel(promotion_);
  }
  if (&node != primary_ || !writable_) return;
  primary_lost();
  world_.happened("step down", node.label() + " is no longer the primary of " + title_);
  node.restart();
}

void Shard::leads(std::uint32_t rank) {
  if (writable_) steps_down(primary_->rank());
  promoted_ = nodes_[rank];
  const Duration time = params_->failover->promotion_time();
  if (!lost_at_ || time == Duration{0}) return promote();  // the run begins, or nothing takes time
  world_.simulation.reschedule_after(promotion_, time);
}

void Shard::promote() {
  Node& node = *std::exchange(promoted_, nullptr);
  world_.simulation.cancel(promotion_);
  if (&node != primary_) change_primary(node);
  if (node.is_empty()) node.begin_with_nothing();
  if (lost_at_) database().failover_time().record(world_.now(), world_.now() - *lost_at_);
  lost_at_.reset();
  writable_ = true;
  for (Node* const other : nodes_)
    if (other != primary_ && other->up()) other->catch_up();
}

void Shard::change_primary(Node& node) {
  const bool begins = !lost_at_ && last_ == 0;
  const std::uint64_t lost = node.log().missed_acknowledged();
  const std::uint64_t fork = node.log().applied();
  primary_->log().follow(last_);
  for (Node* const other : nodes_)
    if (other != &node) other->log().rewind(fork, lost);
  primary_ = &node;
  node.log().lead();
  last_ = replicated_ = fork;
  if (begins) return;
  ++failovers_;
  lost_writes_ += lost;
  world_.happened("failover", node.label() + " is the primary of " + title_ + " now; " +
                                  std::to_string(lost) + " acknowledged writes are lost");
}

std::uint64_t Shard::position(std::uint32_t rank) const {
  const Node& node = *nodes_[rank];
  if (node.is_empty()) return 0;
  return &node == primary_ ? last_ : node.log().applied();
}

Database& Shard::database() const {
  return static_cast<Database&>(primary_->component());
}

}  // namespace highwater::database
