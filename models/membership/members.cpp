#include "models/membership/members.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <string>
#include <tuple>
#include <utility>

#include "models/algorithms/membership/membership.h"

namespace highwater::membership {
namespace {

constexpr std::int64_t kNeverDue = std::numeric_limits<std::int64_t>::max();

/// A detector whose every node has a view of its own.
template <class Cluster>
class Gossip final : public Detector {
 public:
  template <class... Arguments>
  explicit Gossip(Arguments&&... arguments) : cluster_(std::forward<Arguments>(arguments)...) {}

  void start(std::uint32_t present) override { cluster_.start_complete(present); }
  std::int64_t next() const override { return cluster_.next(); }
  bool run(std::int64_t until) override {
    cluster_.run(until, events_);
    const bool changed = std::any_of(events_.begin(), events_.end(), [this](const auto& event) {
      return event.observer == observer_;
    });
    events_.clear();
    return changed;
  }
  void kill(std::uint32_t node) override { cluster_.kill(node); }
  void restart(std::uint32_t node) override { cluster_.restart(node, seed_for(node)); }
  void leave(std::uint32_t node) override { cluster_.leave(node); }
  void observe(std::uint32_t observer) override { observer_ = observer; }
  bool lists(std::uint32_t observer, std::uint32_t node) const override {
    return cluster_.lists(observer, node);
  }

 private:
  // The first that is up; itself when there is none.
  std::uint32_t seed_for(std::uint32_t node) const {
    for (std::uint32_t i = 0; i < cluster_.size(); ++i)
      if (i != node && cluster_.up(i)) return i;
    return node;
  }

  Cluster cluster_;
  std::vector<typename Cluster::Event> events_;
  std::uint32_t observer_ = 0;
};

/// Ringpop's cluster with the addresses that it refers to.
struct Addresses {
  explicit Addresses(std::uint32_t nodes) {
    for (std::uint32_t i = 0; i < nodes; ++i)
      addresses.push_back("10." + std::to_string(i / 65536) + '.' + std::to_string(i / 256 % 256) +
                          '.' + std::to_string(i % 256) + ":3000");
  }
  std::vector<std::string> addresses;
};
class RingpopGroup : Addresses, public RingpopCluster<RandomStream> {
 public:
  RingpopGroup(RingpopOptions options, NetworkOptions network, std::uint32_t nodes,
               RandomStream random)
      : Addresses(nodes),
        RingpopCluster<RandomStream>(options, network, Addresses::addresses, random) {}
};

/// Every node sends heartbeats to the observer, who judges their silence.
class Heartbeats final : public Detector {
 public:
  Heartbeats(const PhiDetectorParams& params, Ways& ways, std::uint32_t nodes, RandomStream random)
      : options_(params.phi.options()),
        threshold_(params.threshold),
        interval_(params.heartbeat_interval.count()),
        ways_(ways),
        random_(random),
        nodes_(nodes, Node{PhiAccrual(options_)}) {}

  void start(std::uint32_t present) override {
    for (std::uint32_t i = 0; i < present; ++i) {
      nodes_[i].trusted = true;
      beat_from(i, 0);
    }
    push(0, Event::check, 0);
  }
  std::int64_t next() const override { return events_.empty() ? kNeverDue : events_.top().at; }
  bool run(std::int64_t until) override {
    while (next() <= until) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.at;
      if (event.what == Event::check) {
        check();
      } else if (event.life == nodes_[event.node].life) {
        event.what == Event::beat ? send(event.node) : arrive(event.node, event.to);
      }
    }
    now_ = std::max(now_, until);
    return std::exchange(changed_, false);
  }
  void kill(std::uint32_t node) override {
    nodes_[node].up = false;
    ++nodes_[node].life;
  }
  void restart(std::uint32_t node) override {
    ++nodes_[node].life;
    nodes_[node].anew = true;
    beat_from(node, now_);
  }
  void leave(std::uint32_t node) override {
    ++nodes_[node].life;
    trust(node, false);
  }
  void observe(std::uint32_t observer) override {
    observer_ = observer;
    // Who begins to look counts the time from now, as if everybody had just been heard of.
    for (Node& node : nodes_) {
      node.phi = PhiAccrual(options_);
      node.phi.heartbeat(now_);
    }
    trust(observer, true);
  }
  bool lists(std::uint32_t, std::uint32_t node) const override { return nodes_[node].trusted; }

 private:
  struct Node {
    PhiAccrual phi;
    bool up = false;
    bool trusted = false;
    bool anew = false;       // a process that the observer has not heard of
    std::uint32_t life = 0;  // messages of earlier ones mean nothing
  };
  struct Event {
    enum What : std::uint8_t { beat, arrival, check };
    std::int64_t at;
    std::uint64_t number;
    What what;
    std::uint32_t node;
    std::uint32_t life;
    std::uint32_t to;
    bool operator>(const Event& other) const {
      return std::pair(at, number) > std::pair(other.at, other.number);
    }
  };

  void trust(std::uint32_t node, bool trusted) {
    changed_ = changed_ || nodes_[node].trusted != trusted;
    nodes_[node].trusted = trusted;
  }
  void push(std::int64_t at, Event::What what, std::uint32_t node) {
    events_.push({at, ++pushed_, what, node, nodes_[node].life, observer_});
  }
  void beat_from(std::uint32_t node, std::int64_t now) {
    nodes_[node].up = true;
    // Not in step with the others.
    push(now + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(interval_))),
         Event::beat, node);
  }
  void send(std::uint32_t node) {
    push(now_ + interval_, Event::beat, node);
    if (node == observer_) return;
    const std::int64_t time = ways_.time(node, observer_, true);
    if (time >= 0) push(now_ + time, Event::arrival, node);
  }
  void arrive(std::uint32_t i, std::uint32_t to) {
    if (to != observer_ || !nodes_[to].up) return;
    Node& node = nodes_[i];
    if (std::exchange(node.anew, false)) node.phi = PhiAccrual(options_);
    if (options_.formula == PhiFormula::akka && !node.trusted && node.phi.intervals() > 0)
      node.phi.heartbeat_after_absence(now_);
    else
      node.phi.heartbeat(now_);
    trust(i, true);
  }
  void check() {
    push(now_ + interval_, Event::check, 0);
    if (!nodes_[observer_].up) return;
    for (std::uint32_t i = 0; i < nodes_.size(); ++i)
      if (i != observer_ && nodes_[i].trusted && nodes_[i].phi.phi(now_) >= threshold_)
        trust(i, false);
  }

  PhiOptions options_;
  double threshold_;
  std::int64_t interval_;
  Ways& ways_;
  RandomStream random_;
  std::vector<Node> nodes_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t pushed_ = 0;
  std::uint32_t observer_ = 0;
  std::int64_t now_ = 0;
  bool changed_ = false;
};

struct MakeDetector {
  Ways& ways;
  std::uint32_t nodes;
  RandomStream random;

  NetworkOptions network() const {
    NetworkOptions options;
    options.ways = &ways;
    return options;
  }
  std::unique_ptr<Detector> operator()(const SwimForm& form) const {
    return std::make_unique<Gossip<SwimCluster<RandomStream>>>(form.params.options(), network(),
                                                               nodes, random);
  }
  std::unique_ptr<Detector> operator()(const RingpopForm& form) const {
    return std::make_unique<Gossip<RingpopGroup>>(form.params.options(), network(), nodes, random);
  }
  std::unique_ptr<Detector> operator()(const PhiForm& form) const {
    return std::make_unique<Heartbeats>(form.params, ways, nodes, random);
  }
};

}  // namespace

Members::ZoneWays::ZoneWays(Component& component)
    : component_(component),
      random_(component.world().stream(component.id(), "membership delay")) {}

std::int64_t Members::ZoneWays::time(std::uint32_t from, std::uint32_t to, bool reliable) {
  const auto instances = component_.instances();
  const Ends ends(*instances[from], *instances[to]);
  const std::optional<Duration> time = reliable
                                           ? edge->message_time(ends, Direction::request, random_)
                                           : edge->datagram_time(ends, Direction::request, random_);
  return time ? time->count() : -1;
}

std::int64_t Members::ZoneWays::copy_time(std::uint32_t from, std::uint32_t to) {
  const auto instances = component_.instances();
  const std::optional<Duration> time =
      edge->copy_time({*instances[from], *instances[to]}, Direction::request, random_);
  return time ? time->count() : -1;
}

Members::Members(Component& component, const MembershipParams& params)
    : component_(component),
      ways_(component),
      detector_(
          std::visit(MakeDetector{ways_, static_cast<std::uint32_t>(component.instances().size()),
                                  component.world().stream(component.id(), "membership")},
                     params.form)),
      died_(component.instances().size()),
      heard_of_(component.instances().size()),
      wake_(*this) {}

Members::~Members() = default;

void Members::connect(Directory& directory) {
  ways_.edge = &directory.edge(component_, component_);
}

void Members::start() {
  component_.watch(
      [this](const Instance& instance, Component::Change change) { changed(instance, change); });
  // An autoscaler fills the places from the front.
  std::uint32_t present = 0;
  for (const auto& instance : component_.instances()) {
    present += instance->up();
    heard_of_[instance->index()] = instance->up();
    instance->set_trusted(instance->up());
  }
  detector_->start(present);
  observer_ = 0;
  detector_->observe(0);
  listed_.set(world().now(), present);
  world().simulation.schedule_after(wake_, Duration{0});
}

void Members::changed(const Instance& instance, Component::Change change) {
  const std::uint32_t index = instance.index();
  if (change == Component::Change::listing) {
    std::uint32_t listed = 0;
    for (const auto& each : component_.instances()) listed += each->listed();
    listed_.set(world().now(), listed);
    return;
  }
  if (change == Component::Change::gone) return;  // it was down before
  run();
  switch (change) {
    case Component::Change::down:
    case Component::Change::up:
    case Component::Change::health:
      // What its peers hear of it, which a fault may have a say in.
      if (instance.looks_up() == heard_of_[index]) {
        // One that was about to leave, and stays.
        const bool stays = change == Component::Change::up && heard_of_[index];
        if (stays && !instance.lied_about()) detector_->restart(index);
        break;
      }
      if (heard_of_[index]) {
        died_[index] = world().now();
        detector_->kill(index);
      } else {
        if (!instance.up()) break;
        detector_->restart(index);
      }
      heard_of_[index] = !heard_of_[index];
      break;
    case Component::Change::leaving:
      detector_->leave(index);
      break;
    case Component::Change::listing:
    case Component::Change::gone:
      break;
  }
  // Who asked an instance that is gone asks another.
  if (!observer_ || !component_.instances()[*observer_]->up()) {
    observer_.reset();
    for (const auto& each : component_.instances())
      if (!observer_ && each->up()) observer_ = each->index();
    if (observer_) detector_->observe(*observer_);
    view_changed_ = true;
  }
  world().simulation.reschedule_after(wake_, Duration{0});
}

void Members::run() {
  view_changed_ = detector_->run(now()) || view_changed_;
}

void Members::wake() {
  run();
  if (std::exchange(view_changed_, false)) look();
  const std::int64_t next = detector_->next();
  if (next < kNeverDue) world().simulation.reschedule_at(wake_, Time{Duration{next}});
}

void Members::look() {
  if (!observer_) return;
  for (const auto& instance : component_.instances()) {
    const bool trusted = detector_->lists(*observer_, instance->index());
    if (trusted == instance->trusted()) continue;
    instance->set_trusted(trusted);
    if (instance->absent()) continue;
    if (trusted) {
      world().happened("member back", instance->label() + " is taken for alive");
    } else {
      world().happened("member lost", instance->label() + " is taken for dead");
      if (instance->up())
        ++false_positives_;
      else
        detection_->record(world().now(), world().now() - died_[instance->index()]);
    }
  }
}

void Members::measure(Recorder::Owner& owner) {
  owner.time_average("members", [this](Time time) { return listed_.total(time); });
  detection_ = &owner.tally("detection_ms");
  owner.count("false_positives", false_positives_);
}

std::vector<MetricInfo> membership_metrics() {
  return {{"members", "instances", "Instances that are listed, where there is a membership."},
          {"detection_ms", "ms", "From the death of an instance until it is no longer listed.",
           MetricShape::kTimes},
          {"false_positives", "instances", "Instances taken for dead that were not.",
           MetricShape::kCount}};
}

}  // namespace highwater::membership

namespace highwater {

template struct Codec<membership::MembershipParams>;

}  // namespace highwater
