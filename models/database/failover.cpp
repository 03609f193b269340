#include "models/database/failover.h"

#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "models/algorithms/membership/membership.h"

namespace highwater::database {
namespace {

class RaftFailover final : public Failover, private membership::Ways {
 public:
  RaftFailover(const membership::RaftParams& params, Shard& shard, const std::string& name,
               std::span<Instance* const> nodes, Edge& edge)
      : shard_(shard),
        nodes_(nodes.begin(), nodes.end()),
        world_(nodes.front()->component().world()),
        edge_(edge),
        delays_(world_.stream(name, "election delay")),
        group_(params.options(), network(*this), static_cast<std::uint32_t>(nodes.size()),
               world_.stream(name, "election")) {}

  void start() override {
    // Before the run begins the first node is elected, if the network lets it.
    constexpr std::int64_t kStep = 10'000'000;
    constexpr std::int64_t kLongest = 60'000'000'000;
    group_.campaign(0);
    while (changes_.empty() && group_.now() < kLongest) group_.run(group_.now() + kStep, changes_);
    group_.run(group_.now() + kStep, changes_);
    before_ = group_.now();
    tell();
  }
  void died(std::uint32_t node) override {
    run();
    group_.kill(node, changes_);
    tell();
  }
  void is_up(std::uint32_t node) override {
    run();
    group_.restart(node);
    tell();
  }

 private:
  static membership::NetworkOptions network(membership::Ways& ways) {
    membership::NetworkOptions options;
    options.ways = &ways;
    return options;
  }
  std::int64_t time(std::uint32_t from, std::uint32_t to, bool) override {
    const auto delay =
        edge_.message_time({*nodes_[from], *nodes_[to]}, Direction::request, delays_);
    return delay ? delay->count() : -1;
  }

  void run() {
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) group_.holds(i, shard_.position(i));
    group_.run(before_ + nanoseconds(world_.now()), changes_);
  }
  void wake() {
    run();
    tell();
  }
  void tell() {
    for (const auto& change : std::exchange(changes_, {})) {
      if (change.leads)
        shard_.leads(change.server);
      else
        shard_.steps_down(change.server);
    }
    const std::int64_t next = group_.next();
    if (next < std::numeric_limits<std::int64_t>::max())
      world_.simulation.reschedule_at(wake_, Time{Duration{next - before_}});
    else
      world_.simulation.cancel(wake_);
  }

  Shard& shard_;
  std::vector<Instance*> nodes_;
  World& world_;
  Edge& edge_;
  RandomStream delays_;
  membership::RaftCluster<RandomStream> group_;
  std::vector<membership::RaftCluster<RandomStream>::Change> changes_;
  std::int64_t before_ = 0;  // time of the group when the run begins
  Timer<&RaftFailover::wake> wake_{*this};
};

class LeaseFailover final : public Failover {
 public:
  LeaseFailover(const LeaseFailoverParams& params, Shard& shard, const std::string& name,
                std::span<Instance* const> nodes)
      : shard_(shard),
        params_(params),
        nodes_(nodes.begin(), nodes.end()),
        world_(nodes.front()->component().world()),
        random_(world_.stream(name, "lease")) {}

  void start() override {
    take(0);
    // Nothing tells where in its loop the primary is when the run begins.
    const double first = random_.uniform() * static_cast<double>(params_.lease.loop_wait.count());
    world_.simulation.reschedule_after(renew_, Duration{static_cast<Duration::rep>(first)});
  }
  void died(std::uint32_t node) override {
    if (node != holder_) return;
    world_.simulation.cancel(renew_);
    world_.simulation.reschedule_at(over_, ends_);
  }
  void is_up(std::uint32_t node) override {
    // Who comes back to a lease that is its own goes on as the primary.
    if (node == holder_ && world_.now() < ends_)
      take(node);
    else if (world_.now() >= ends_)
      lease_over();
  }

 private:
  void take(std::uint32_t node) {
    holder_ = node;
    world_.simulation.cancel(over_);
    renew();
    shard_.leads(node);
  }
  void renew() {
    store_.acquire(now(), holder_, params_.lease.ttl.count());
    ends_ = world_.simulation.after(params_.lease.ttl);
    world_.simulation.reschedule_after(renew_, params_.lease.loop_wait);
  }
  /// Whoever asks first among those that have the most writes.
  void lease_over() {
    if (store_.holder(now())) return;
    std::vector<std::uint32_t> best;
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      if (!nodes_[i]->up()) continue;
      const std::uint64_t position = shard_.position(i);
      if (params_.maximum_lag && shard_.last() - position > *params_.maximum_lag) continue;
      if (!best.empty() && position < shard_.position(best.front())) continue;
      if (!best.empty() && position > shard_.position(best.front())) best.clear();
      best.push_back(i);
    }
    if (!best.empty()) take(best[random_.below(best.size())]);
  }
  std::int64_t now() const { return nanoseconds(world_.now()); }

  Shard& shard_;
  const LeaseFailoverParams& params_;
  std::vector<Instance*> nodes_;
  World& world_;
  RandomStream random_;
  membership::LeaseStore store_;
  std::uint32_t holder_ = 0;
  Time ends_{};
  Timer<&LeaseFailover::renew> renew_{*this};
  Timer<&LeaseFailover::lease_over> over_{*this};
};

}  // namespace

std::unique_ptr<Failover> Failover::make(const FailoverParams& params, Shard& shard,
                                         const std::string& name, std::span<Instance* const> nodes,
                                         Edge& ways) {
  if (const auto* raft = params.as<RaftForm>())
    return std::make_unique<RaftFailover>(raft->raft, shard, name, nodes, ways);
  return std::make_unique<LeaseFailover>(params.as<LeaseForm>()->lease, shard, name, nodes);
}

}  // namespace highwater::database
