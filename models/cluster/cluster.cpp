/// cluster: machines that services run on as pods.
///
/// Assumes  see the class.
/// Source   Kubernetes kube-scheduler, node lifecycle controller, kubectl drain,
///          cluster-autoscaler.
/// Checked  tests/deployment/cluster_test.cpp

#include "models/cluster/cluster.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/describe/kind.h"
#include "engine/describe/said.h"
#include "engine/kernel/check.h"
#include "models/placement.h"

namespace highwater::cluster {
namespace {

/// kubectl drain: how long after an eviction that is denied it asks again.
constexpr Duration kRetry = 5s;

}  // namespace

void ClusterParams::check(const Value& where, const std::string& path, Problems& problems) const {
  std::uint64_t nodes = 0;
  for (const auto& group : node_groups) nodes += group.value.group.max_size;
  if (nodes == 0)
    problems.error(where.position(), pointer_to(path, "node_groups"), "no group may have a node");
  constexpr std::uint64_t kMost = 10'000;
  if (nodes > kMost)
    problems.error(where.position(), pointer_to(path, "node_groups"),
                   "together they may have " + std::to_string(nodes) + " nodes, at most " +
                       std::to_string(kMost) + " can be simulated");
  if (autoscaler) return;
  for (const auto& group : node_groups) {
    const Value* groups = where.find("node_groups");
    const Value* own = groups != nullptr ? groups->find(group.key) : nullptr;
    if (own == nullptr) continue;
    for (const char* key : {"min_size", "priority", "provision_time"})
      if (said<ScalableGroup>(*own, key) != nullptr)
        problems.error(own->position(),
                       pointer_to(pointer_to(pointer_to(path, "node_groups"), group.key), key),
                       "means something with an \"autoscaler\" only");
  }
}

Node::Node(Cluster& cluster, std::uint32_t index, Zone zone, std::uint32_t group, double cores)
    : Instance(cluster, index, zone),
      cluster_(cluster),
      group_(group),
      cpu_(cluster.world().simulation, cores),
      monitor_(*this) {}

void Node::receive(Served served) {
  served.reply(Status::error);  // nobody calls a machine
}

void Node::killed() {
  if (registered_) cluster_.node_down(*this);
}

void Node::started() {
  cluster_.node_up(*this);
}

void Node::slowdown_changed() {
  cluster_.node_slowed(*this);
}

/// As much of a claim as if a pod asked for what it uses.
void Node::competitors_changed() {
  if (std::exchange(stranger_.there, false)) cpu_.leave(stranger_);
  const double threads = competitors();
  if (threads <= 0) return;
  stranger_.there = true;
  cpu_.enter(stranger_,
             static_cast<double>(host::FairShare::weight_of_request(std::llround(threads * 1000))));
  cpu_.claim(stranger_, threads);
}

void Node::monitor() {
  cluster_.monitor(*this);
}

Cluster::Cluster(World& world, std::string id, const ClusterParams& params)
    : Component(world, std::move(id), "cluster"),
      params_(params),
      random_(world.stream(this->id(), "placement")),
      provision_(world.stream(this->id(), "provision")),
      pull_(world.stream(this->id(), "image pull")),
      schedule_(*this),
      retry_(*this),
      scan_(*this) {
  std::uint32_t index = 0;
  std::uint32_t number = 0;
  for (const auto& group : params.node_groups) {
    first_.push_back(index);
    const Cpu cpu = group.value.group.cpu;
    for (std::uint32_t i = 0; i < group.value.group.max_size; ++i, ++index) {
      Component::add(std::make_unique<Node>(*this, index,
                                            highwater::place(world, group.value.zones, i), number,
                                            static_cast<double>(cpu.millicores) / 1000));
      Node& made = node(index);
      made.requested_ = group.value.group.group().daemons;
      if (i < group.value.nodes) {
        made.id_ = nodes_made_++;
        made.registered_ = true;
      } else {
        made.be_absent();
      }
      update(made);
    }
    ++number;
  }
  first_.push_back(index);
  if (params.autoscaler) {
    scaling::ClusterAutoscaler::Options options = params.autoscaler->options.options();
    options.scan_interval = params.autoscaler->scan_interval.count();
    for (const auto& group : params.node_groups)
      options.groups.push_back(group.value.group.group());
    autoscaler_.emplace(std::move(options));
  }
  declare_metrics();
}

void Cluster::start() {
  if (autoscaler_) world().simulation.schedule_after(scan_, params_.autoscaler->scan_interval);
}

void Cluster::add(Tenant& tenant, std::uint64_t pod, const PodWish& wish) {
  guests_.emplace(came_, Guest{&tenant, pod, wish, world().now()});
  numbers_.emplace(std::pair{&tenant, pod}, came_++);
  pending_.add(world().now(), 1);
  world().simulation.reschedule_after(schedule_, Duration{0});
}

std::optional<Zone> Cluster::add_at_first(Tenant& tenant, std::uint64_t pod, const PodWish& wish) {
  Guest& guest = guests_.emplace(came_, Guest{&tenant, pod, wish, Time{}}).first->second;
  numbers_.emplace(std::pair{&tenant, pod}, came_++);
  pending_.add(Time{}, 1);
  if (!place(guest)) return std::nullopt;
  guest.node->images_.insert({&tenant, wish.image});
  return guest.node->zone();
}

void Cluster::remove(const Tenant& tenant, std::uint64_t pod) {
  const auto number = numbers_.find({&tenant, pod});
  HIGHWATER_CHECK(number != numbers_.end());
  const auto found = guests_.find(number->second);
  const Guest guest = found->second;
  if (guest.node == nullptr) {
    pending_.add(world().now(), -1);
  } else {
    // Its place is free for others, who must not inherit what the node did to it.
    Instance* const process = tenant.process_of(pod);
    if (guest.killed) process->revive(guest.silent);
    if (guest.held_back) process->let_in();
    if (guest.node->slowed_ != 1) process->restore_speed(guest.node->slowed_);
    guest.node->requested_ -= guest.wish.requests;
    update(*guest.node);
    world().simulation.reschedule_after(schedule_, Duration{0});
  }
  guests_.erase(found);
  numbers_.erase(number);
  if (guest.node != nullptr) look_at_drained(*guest.node);
}

std::uint32_t Cluster::together(const Tenant& tenant, std::uint64_t pod) const {
  const auto number = numbers_.find({&tenant, pod});
  const Node* const node = guests_.at(number->second).node;
  if (node == nullptr) return 0;
  std::uint32_t count = 0;
  for (const auto& [id, guest] : guests_) count += guest.tenant == &tenant && guest.node == node;
  return count;
}

Node* Cluster::node_of(const Tenant& tenant, std::uint64_t pod) const {
  const auto number = numbers_.find({&tenant, pod});
  return number == numbers_.end() ? nullptr : guests_.at(number->second).node;
}

void Cluster::drain(Node& node) {
  if (node.cordons_++ == 0) empty(node);
}

void Cluster::undrain(Node& node) {
  HIGHWATER_CHECK(node.cordons_ > 0);
  --node.cordons_;
  world().simulation.reschedule_after(schedule_, Duration{0});
}

/// Asks for the eviction of what is there; again later where that is denied.
void Cluster::empty(Node& node) {
  bool denied = false;
  for (auto& [id, guest] : guests_) {
    if (guest.node != &node || guest.evicted) continue;
    if (guest.tenant->evict(guest.pod)) {
      guest.evicted = true;
      ++evictions_;
    } else {
      denied = true;
    }
  }
  if (denied && !retry_.pending()) world().simulation.schedule_after(retry_, kRetry);
  look_at_drained(node);
}

void Cluster::retry() {
  for (const auto& each : instances()) {
    Node& node = static_cast<Node&>(*each);
    if (node.cordons_ > 0 && node.registered_) empty(node);
  }
}

/// A node that is to be removed goes when the last pod has.
void Cluster::look_at_drained(Node& node) {
  if (!node.removing_ || !node.registered_) return;
  for (const auto& [id, guest] : guests_)
    if (guest.node == &node) return;
  node.registered_ = false;
  node.removing_ = false;
  node.cordons_ = 0;
  node.leave({});
  update(node);
}

void Cluster::node_down(Node& node) {
  const bool silent = node.swallows();
  for (auto& [id, guest] : guests_) {
    if (guest.node != &node) continue;
    guest.killed = true;
    guest.silent = silent;
    guest.tenant->process_of(guest.pod)->kill(silent);
  }
  world().simulation.reschedule_after(node.monitor_, params_.node_monitor_grace_period);
}

void Cluster::node_up(Node& node) {
  if (!node.registered_) {
    node.registered_ = true;
    node.images_.clear();
    world().happened("node up", node.label() + " has joined " + id());
  }
  world().simulation.cancel(node.monitor_);
  node.taken_for_lost_ = false;
  for (auto& [id, guest] : guests_) {
    if (guest.node != &node) continue;
    Instance* const process = guest.tenant->process_of(guest.pod);
    if (std::exchange(guest.held_back, false)) process->let_in();
    if (std::exchange(guest.killed, false)) process->revive(guest.silent);
  }
  update(node);
  world().simulation.reschedule_after(schedule_, Duration{0});
}

/// The node has not been heard of for so long that something is done about it.
void Cluster::monitor(Node& node) {
  if (!node.taken_for_lost_) {
    node.taken_for_lost_ = true;
    world().happened("node lost", node.label() + " is not heard of");
    for (auto& [id, guest] : guests_) {
      if (guest.node != &node) continue;
      guest.held_back = true;
      guest.tenant->process_of(guest.pod)->hold_back();
    }
    world().simulation.reschedule_after(node.monitor_, params_.unreachable_toleration);
    return;
  }
  for (auto& [id, guest] : guests_) {
    if (guest.node != &node || guest.evicted) continue;
    guest.evicted = true;
    ++evictions_;
    guest.tenant->lost(guest.pod);
  }
}

void Cluster::node_slowed(Node& node) {
  const double before = std::exchange(node.slowed_, node.slowdown());
  for (auto& [id, guest] : guests_) {
    if (guest.node != &node) continue;
    Instance* const process = guest.tenant->process_of(guest.pod);
    if (before != 1) process->restore_speed(before);
    if (node.slowed_ != 1) process->slow(node.slowed_);
  }
}

void Cluster::schedule() {
  // Who wants the same as one that has just found nothing finds nothing either.
  std::vector<const Guest*> in_vain;
  for (auto& [id, guest] : guests_) {
    if (guest.node != nullptr) continue;
    const bool known =
        std::any_of(in_vain.begin(), in_vain.end(), [&guest = guest](const Guest* other) {
          return other->tenant == guest.tenant && other->wish.requests == guest.wish.requests;
        });
    if (known) continue;
    if (place(guest))
      settle(guest, *guest.node);
    else
      in_vain.push_back(&guest);
  }
}

/// Finds a node for it. @return whether there is one.
bool Cluster::place(Guest& guest) {
  layout_.clear();
  for (const auto& each : instances()) {
    const Node& node = static_cast<const Node&>(*each);
    scaling::PlacementNode& seen = layout_.emplace_back();
    seen.schedulable = node.schedulable();
    if (!seen.schedulable) continue;
    seen.allocatable = params_.node_groups.entries[node.group_].value.group.group().node;
    seen.requested = node.requested_;
    seen.schedulable = guest.tenant->has_place(node.zone());
  }
  if (params_.placement == scaling::PlacementScore::spread)
    for (const auto& [id, other] : guests_)
      if (other.tenant == guest.tenant && other.node != nullptr)
        ++layout_[other.node->index()].same;
  const std::optional<std::size_t> best =
      scaling::Placement::place(guest.wish.requests, layout_, params_.placement, random_);
  if (!best) return false;
  Node& chosen = node(static_cast<std::uint32_t>(*best));
  guest.node = &chosen;
  chosen.requested_ += guest.wish.requests;
  pending_.add(world().now(), -1);
  placement_time_->record(world().now(), world().now() - guest.came);
  update(chosen);
  return true;
}

void Cluster::settle(Guest& guest, Node& node) {
  Duration wait{0};
  const bool first = node.images_.insert({guest.tenant, guest.wish.image}).second;
  if (first && guest.wish.pull != nullptr) wait = guest.wish.pull->draw(pull_);
  guest.tenant->placed(guest.pod, node.zone(), wait);
  if (node.slowed_ != 1) guest.tenant->process_of(guest.pod)->slow(node.slowed_);
}

void Cluster::scan() {
  world().simulation.schedule_after(scan_, params_.autoscaler->scan_interval);
  if (frozen_ > 0) return;
  std::vector<scaling::ClusterNode> nodes;
  std::vector<std::uint32_t> number(instances().size());
  for (const auto& each : instances()) {
    const Node& one = static_cast<const Node&>(*each);
    if (!one.registered_) continue;
    number[one.index()] = static_cast<std::uint32_t>(nodes.size());
    const bool drained = one.cordons_ > 0 && !one.removing_;
    nodes.push_back({one.id_, one.group_, one.up() && one.cordons_ == 0, drained});
  }
  std::vector<scaling::ClusterPod> pods;
  for (const auto& [id, guest] : guests_) {
    scaling::ClusterPod& pod = pods.emplace_back();
    pod.requests = guest.wish.requests;
    if (guest.node != nullptr) pod.node = number[guest.node->index()];
    pod.movable = guest.evicted || guest.tenant->allows_eviction();
  }
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    // Daemons fill a part of every node.
    const scaling::NodeGroup group =
        params_.node_groups.entries[nodes[i].group].value.group.group();
    if (group.daemons == scaling::Resources{}) continue;
    scaling::ClusterPod& daemons = pods.emplace_back();
    daemons.requests = group.daemons;
    daemons.node = i;
    daemons.daemon = true;
  }
  const scaling::ClusterPlan& plan =
      autoscaler_->scan(nanoseconds(world().now()), nodes, pods, random_);
  if (plan.group) grow(*plan.group, plan.added);
  for (const std::uint64_t id : plan.removed) {
    for (const auto& each : instances()) {
      Node& one = static_cast<Node&>(*each);
      if (!one.registered_ || one.id_ != id) continue;
      ++scale_downs_;
      world().happened("node removed", one.label() + " is not needed any more");
      one.removing_ = true;
      drain(one);
    }
  }
}

void Cluster::grow(std::uint32_t group, std::uint32_t by) {
  const auto& grown = params_.node_groups.entries[group];
  ++scale_ups_;
  world().happened("nodes ordered", id() + " orders " + std::to_string(by) + " of " + grown.key);
  for (std::uint32_t i = first_[group]; i < first_[group + 1] && by > 0; ++i) {
    Node& one = node(i);
    if (!one.absent() || one.leaving() || !can_be_had(one)) continue;
    --by;
    one.id_ = nodes_made_++;
    one.appear(grown.value.provision_time.draw(provision_));
  }
  if (by == 0) return;
  refused_nodes_ += by;
  world().happened("no capacity",
                   std::to_string(by) + " of " + grown.key + " cannot be had for " + id());
  autoscaler_->refused(nanoseconds(world().now()), group, by);
}

bool Cluster::can_be_had(const Node& node) const {
  return std::none_of(shortages_.begin(), shortages_.end(), [&](const Shortage& shortage) {
    return shortage.group.value_or(node.group_) == node.group_ &&
           shortage.zone.value_or(node.zone()) == node.zone();
  });
}

void Cluster::deny(const Shortage& shortage) {
  shortages_.push_back(shortage);
}

void Cluster::allow(const Shortage& shortage) {
  const auto found = std::find(shortages_.begin(), shortages_.end(), shortage);
  HIGHWATER_CHECK(found != shortages_.end());
  shortages_.erase(found);
}

std::optional<std::uint32_t> Cluster::group(std::string_view name) const {
  const auto& groups = params_.node_groups.entries;
  for (std::uint32_t i = 0; i < groups.size(); ++i)
    if (groups[i].key == name) return i;
  return std::nullopt;
}

void Cluster::update(Node& node) {
  const Time now = world().now();
  const bool there = node.registered_;
  node.pods_time_.set(now, there ? node.requested_.pods : 0);
  node.cpu_time_.set(now, there ? node.requested_.cpu : 0);
  node.memory_time_.set(now, there ? node.requested_.memory : 0);
}

void Cluster::declare_metrics() {
  Recorder::Owner& owner = world().recorder.owner(id());
  const auto sum_of = [this](auto integral) {
    return [this, integral](Time now) {
      double sum = 0;
      for (const auto& each : instances()) sum += integral(static_cast<const Node&>(*each), now);
      return sum;
    };
  };
  const auto allocatable = [this](const Node& node) {
    return params_.node_groups.entries[node.group_].value.group.group().node;
  };
  owner.time_average("nodes",
                     sum_of([](const Node& node, Time now) { return node.present_integral(now); }));
  owner.time_average("pods",
                     sum_of([](const Node& node, Time now) { return node.pods_time_.total(now); }));
  owner.time_average("pending_pods", [this](Time now) { return pending_.total(now); });
  placement_time_ = &owner.tally("placement_ms");
  owner.time_ratio("cpu_requested",
                   sum_of([](const Node& node, Time now) { return node.cpu_time_.total(now); }),
                   sum_of([allocatable](const Node& node, Time now) {
                     return node.present_integral(now) * static_cast<double>(allocatable(node).cpu);
                   }));
  owner.time_ratio("cpu_utilization",
                   sum_of([](const Node& node, Time now) { return node.cpu().used_integral(now); }),
                   sum_of([](const Node& node, Time now) {
                     return node.present_integral(now) * node.cpu().cores();
                   }));
  owner.time_ratio("memory_requested",
                   sum_of([](const Node& node, Time now) { return node.memory_time_.total(now); }),
                   sum_of([allocatable](const Node& node, Time now) {
                     return node.present_integral(now) *
                            static_cast<double>(allocatable(node).memory);
                   }));
  owner.count("node_scale_ups", scale_ups_);
  owner.count("node_scale_downs", scale_downs_);
  owner.count("refused_nodes", refused_nodes_);
  owner.count("evictions", evictions_);
  for (const auto& each : instances()) {
    const Node& node = static_cast<const Node&>(*each);
    Recorder::Owner& own =
        world().recorder.owner(node.label(), world().network.zone_name(node.zone()));
    own.seen_if([this, &node] { return node.present_integral(world().now()) > 0; });
    own.time_average("pods", [&node](Time now) { return node.pods_time_.total(now); });
    own.time_ratio(
        "cpu_utilization", [&node](Time now) { return node.cpu().used_integral(now); },
        [&node](Time now) { return node.present_integral(now) * node.cpu().cores(); });
    own.time_ratio(
        "cpu_requested", [&node](Time now) { return node.cpu_time_.total(now); },
        [&node, allocatable](Time now) {
          return node.present_integral(now) * static_cast<double>(allocatable(node).cpu);
        });
  }
}

Cluster& cluster_of(Component& component) {
  auto* const found = dynamic_cast<Cluster*>(&component);
  HIGHWATER_CHECK(found != nullptr && "references are checked when the scenario is read");
  return *found;
}

ModelKind cluster() {
  std::vector<MetricInfo> metrics{
      {"nodes", "nodes", "Nodes that are there."},
      {"pods", "pods", "Pods that have a node."},
      {"pending_pods", "pods", "Pods that wait for a node with room."},
      {"placement_ms", "ms", "How long a pod waits for a node.", MetricShape::kTimes},
      {"cpu_requested", "1", "CPU that pods ask for / CPU of the nodes."},
      {"cpu_utilization", "1", "CPU that pods use / CPU of the nodes."},
      {"memory_requested", "1", "Memory that pods ask for / memory of the nodes."},
      {"node_scale_ups", "1", "Orders of nodes.", MetricShape::kCount},
      {"node_scale_downs", "1", "Nodes given back.", MetricShape::kCount},
      {"refused_nodes", "nodes", "Nodes ordered that could not be had.", MetricShape::kCount},
      {"evictions", "1", "Pods that had to leave their node.", MetricShape::kCount}};
  ModelKind kind = model_kind<Cluster>(
      "cluster", "Machines that services run on as pods, with scheduler and node autoscaler.",
      "Kubernetes kube-scheduler, cluster-autoscaler", std::move(metrics));
  kind.info.callable = false;
  kind.info.hosting = true;
  return kind;
}

}  // namespace highwater::cluster
