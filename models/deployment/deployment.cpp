#include "models/deployment/deployment.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/describe/kind.h"
#include "engine/kernel/check.h"

namespace highwater::deployment {

Deployment::Deployment(Component& component, const DeploymentParams& params, std::uint32_t replicas,
                       Leaks leaks)
    : component_(component),
      params_(params),
      replicas_(replicas),
      places_(component.instances().size()),
      sets_(1),
      leaks_(std::move(leaks)),
      wanted_(Time{}, replicas),
      answered_(component.instances().size()),
      rollout_(*this),
      look_(*this),
      check_(*this) {
  sets_.front().replicas = replicas;
  for (std::uint32_t i = 0; i < params.rollouts.size(); ++i) order_.push_back(i);
  std::stable_sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return params.rollouts[a].terms().at < params.rollouts[b].terms().at;
  });
  if (params.pod && params.pod->disruption_budget)
    budget_.emplace(params.pod->disruption_budget->options());
  component.watch(
      [this](const Instance& instance, Component::Change change) { changed(instance, change); });
}

void Deployment::connect(Directory& directory) {
  if (params_.pod) cluster_ = &cluster::cluster_of(directory.component(params_.pod->cluster.id));
  for (std::uint32_t i = 0; i < replicas_; ++i) {
    Pod& pod = make_pod(0);
    std::optional<Zone> zone;
    if (cluster_ != nullptr) {
      zone = cluster_->add_at_first(*this, pod.number, wish(0));
      if (!zone) continue;
    }
    Instance* place = nullptr;
    for (const auto& each : component_.instances())
      if (place == nullptr && places_[each->index()] == nullptr && (!zone || each->zone() == *zone))
        place = each.get();
    pod.instance = place;
    pod.started = pod.ready = Time{};
    places_[place->index()] = &pod;
  }
  for (const auto& each : component_.instances())
    if (places_[each->index()] == nullptr) each->be_absent();
}

void Deployment::start() {
  schedule_rollout();
}

void Deployment::scale(std::uint32_t replicas) {
  if (replicas == replicas_) return;
  replicas_ = replicas;
  wanted_.set(world().now(), replicas);
  if (strategy_) return look();
  sets_.front().replicas = replicas;
  follow();
}

cluster::Node* Deployment::node_of(const Instance& instance) const {
  const Pod* const pod = pod_at(instance);
  if (cluster_ == nullptr || pod == nullptr) return nullptr;
  return cluster_->node_of(*this, pod->number);
}

cluster::HostCpu* Deployment::host_of(const Instance& instance) const {
  cluster::Node* const node = node_of(instance);
  return node == nullptr ? nullptr : &node->cpu();
}

std::uint32_t Deployment::waiting() const {
  return static_cast<std::uint32_t>(std::count_if(
      pods_.begin(), pods_.end(), [](const auto& pod) { return pod->instance == nullptr; }));
}

const VersionParams& Deployment::version(std::uint32_t number) const {
  static const VersionParams kOwn;
  return number == 0 ? kOwn : *versions_[number - 1].params;
}

std::optional<Duration> Deployment::start_time(const Instance& instance) const {
  const Pod* const pod = pod_at(instance);
  if (pod == nullptr) return std::nullopt;
  const VersionParams& said = version(pod->version);
  return said.never_ready ? kLongestRun : said.start_time;
}

void Deployment::changed(const Instance& instance, Component::Change change) {
  Pod* const pod = places_[instance.index()];
  if (pod == nullptr) return;
  if (change == Component::Change::gone) {
    gone(*pod);
  } else if (instance.ready() != pod->ready.has_value()) {
    pod->ready.reset();
    if (instance.ready()) pod->ready = world().now();
  } else {
    return;
  }
  if (strategy_) world().simulation.reschedule_after(look_, Duration{0});
}

// Rollouts.

void Deployment::schedule_rollout() {
  if (begun_ == order_.size()) return;
  const Duration at = params_.rollouts[order_[begun_]].terms().at;
  world().simulation.schedule_at(rollout_, Time{at});
}

void Deployment::begin_rollout() {
  const Rollout& rollout = params_.rollouts[order_[begun_++]];
  roll_out(rollout, rollout.terms().version, wanted_version());
}

std::uint32_t Deployment::deploy(const Rollout& rollout) {
  roll_out(rollout, rollout.terms().version, wanted_version());
  return newest();
}

std::uint32_t Deployment::same_as(std::uint32_t version) const {
  return version == 0 ? 0 : versions_[version - 1].is;
}

/// The version that is to be the only one when all has gone well.
std::uint32_t Deployment::wanted_version() const {
  const bool failed = strategy_ && is_judged() && strategy_->phase == Phase::rolled_back;
  return same_as(failed ? stable_ : newest());
}

void Deployment::take_back(std::uint32_t number) {
  versions_[number - 1].taken_back = true;
  if (wanted_version() != number) return;
  if (is_judged() && (strategy_->phase == Phase::trying || strategy_->phase == Phase::kept) &&
      (same_as(stable_) == 0 || !versions_[same_as(stable_) - 1].taken_back))
    return roll_back("is taken back");
  std::uint32_t back = number;
  while (back > 0 && versions_[back - 1].taken_back) back = versions_[back - 1].before;
  returning_ = back;
  roll_out(*strategy_->rollout, version(back), number);
  returning_.reset();
}

void Deployment::roll_out(const Rollout& rollout, const VersionParams& params,
                          std::uint32_t before) {
  if (!strategy_) {
    // What the controller has noted when it made the first set.
    sets_.front().desired_annotation = replicas_;
    sets_.front().max_annotation = replicas_;
  }
  scaling::RollingUpdate::Options options;
  const RolloutProgressParams* progress = nullptr;
  if (const auto* rolling = rollout.as<RollingRollout>()) {
    options = rolling->strategy.options();
    progress = &rolling->strategy.progress;
  } else if (const auto* recreate = rollout.as<RecreateRollout>()) {
    options.max_surge = {0, false};
    options.max_unavailable = {100, true};
    progress = &recreate->strategy;
  } else if (const auto* canary = rollout.as<CanaryRollout>()) {
    progress = &canary->strategy.progress;
  } else {
    progress = &rollout.as<BlueGreenRollout>()->strategy.progress;
  }
  options.progress_deadline = progress->progress_deadline.count();
  strategy_.emplace(Strategy{&rollout, scaling::RollingUpdate(options), progress->min_ready,
                             progress->progress_deadline});
  strategy_->began = strategy_->progressed = world().now();
  if (const auto* canary = rollout.as<CanaryRollout>())
    strategy_->weight = canary->strategy.step_weight.value;
  world().simulation.cancel(check_);
  sets_.emplace_back();
  versions_.push_back({&params, before, newest()});
  if (returning_) {
    // Its set is the new one again, as kubectl rollout undo has it: what is left of it stays.
    versions_.back().is = *returning_;
    versions_.back().before = *returning_ == 0 ? 0 : versions_[*returning_ - 1].before;
    for (std::uint32_t i = 0; i < newest(); ++i) {
      if (same_as(i) != *returning_) continue;
      sets_.back().replicas += std::exchange(sets_[i].replicas, 0u);
      for (const auto& pod : pods_)
        if (pod->version == i) pod->version = newest();
    }
  }
  world().happened("rollout", component_.id() + " gets version " + std::to_string(newest()));
  if (!rollout_.pending()) schedule_rollout();
  if (is_judged()) enter(Phase::trying);
  look();
}

void Deployment::look() {
  while (step()) follow();
  if (is_judged()) settle_judged();
  tell_status();
  look_again();
}

/// The controller looks once. @return whether a set is to be of another size.
bool Deployment::step() {
  count(sets_);
  if (is_judged()) return step_judged();
  if (strategy_->rollout->is<RecreateRollout>()) {
    bool shrinks = false;
    for (std::size_t i = 0; i + 1 < sets_.size(); ++i)
      shrinks |= std::exchange(sets_[i].replicas, 0u) > 0;
    if (shrinks) return true;
    for (const auto& pod : pods_)
      if (pod->version != newest()) return false;  // it still ends
  }
  return strategy_->controller.sync(now(), replicas_, sets_);
}

void Deployment::count(std::vector<scaling::ReplicaSet>& sets) const {
  for (scaling::ReplicaSet& set : sets) set.created = set.ready = set.available = 0;
  for (const auto& pod : pods_) {
    if (pod->deleting) continue;
    scaling::ReplicaSet& set = sets[pod->version];
    ++set.created;
    set.ready += pod->ready.has_value();
    set.available += is_available(*pod);
  }
}

bool Deployment::is_available(const Pod& pod) const {
  return pod.ready && *pod.ready + strategy_->min_ready <= world().now();
}

void Deployment::tell_status() {
  if (is_judged()) {
    // Nothing is left to the controller but to say how things stand.
    const bool back = strategy_->phase == Phase::rolled_back;
    if (strategy_->phase == Phase::trying || strategy_->phase == Phase::kept) return;
    const std::uint32_t wanted = back ? stable_ : newest();
    for (std::uint32_t i = 0; i < sets_.size(); ++i)
      if (i == wanted ? sets_[i].available < replicas_ : sets_[i].created > 0) return;
    if (strategy_->told == scaling::RolloutStatus::complete) return;
    strategy_->told = scaling::RolloutStatus::complete;
    if (!back) stable_ = newest();
    if (rollout_time_ != nullptr)
      rollout_time_->record(world().now(), world().now() - strategy_->began);
    world().happened(back ? "rollback complete" : "rollout complete",
                     component_.id() + "'s version " + std::to_string(back ? wanted : newest()) +
                         (back ? " is the only one again" : " has taken the place of all others"));
    return;
  }
  const scaling::RolloutStatus status = strategy_->controller.status();
  if (strategy_->told == status) return;
  strategy_->told = status;
  const std::string what = component_.id() + "'s version " + std::to_string(newest());
  if (status == scaling::RolloutStatus::complete) {
    // A set that is completed anew after having been resized is no rollout any more.
    if (rollout_time_ != nullptr && strategy_->began >= Time{})
      rollout_time_->record(world().now(), world().now() - strategy_->began);
    strategy_->began = Time{Duration{-1}};
    stable_ = newest();
    world().happened("rollout complete", what + " has taken the place of all others");
  } else if (status == scaling::RolloutStatus::deadline_exceeded) {
    world().happened("rollout stuck", what + " makes no progress");
  }
}

/// When time alone changes what the controller sees.
void Deployment::look_again() {
  std::optional<Time> next;
  const auto at = [&](Time time) {
    if (time > world().now() && (!next || time < *next)) next = time;
  };
  for (const auto& pod : pods_)
    if (!pod->deleting && pod->ready) at(*pod->ready + strategy_->min_ready);
  if (is_judged()) {
    if (strategy_->phase == Phase::trying) at(give_up_at() + Duration{1});
  } else if (strategy_->controller.status() == scaling::RolloutStatus::progressing) {
    if (const std::optional<std::int64_t> due = strategy_->controller.deadline())
      at(Time{Duration{*due + 1}});
  }
  if (next) world().simulation.reschedule_at(look_, *next);
}

// Pods.

/// Makes the pods what the sets want.
void Deployment::follow() {
  for (std::uint32_t version = 0; version < sets_.size(); ++version) {
    std::uint32_t there = 0;
    for (const auto& pod : pods_) there += pod->version == version && !pod->deleting;
    const std::uint32_t wanted = sets_[version].replicas;
    if (there > wanted) remove_from(version, there - wanted);
    for (; there < wanted; ++there) create(version);
  }
}

cluster::PodWish Deployment::wish(std::uint32_t version) const {
  const ResourceRequests& requests = params_.pod->requests;
  return {{requests.cpu.millicores, static_cast<std::int64_t>(requests.memory.count), 1},
          version,
          params_.pod->image_pull ? &*params_.pod->image_pull : nullptr};
}

Pod& Deployment::make_pod(std::uint32_t version) {
  Pod& pod = *pods_.emplace_back(std::make_unique<Pod>());
  pod.number = created_++;
  pod.version = version;
  pod.created = world().now();
  return pod;
}

void Deployment::create(std::uint32_t version) {
  Pod& pod = make_pod(version);
  if (cluster_ != nullptr)
    cluster_->add(*this, pod.number, wish(version));
  else
    fill_places();
}

/// Gives the pods that wait for a place one, if there are any; the oldest first.
void Deployment::fill_places() {
  for (std::size_t i = 0; i < pods_.size(); ++i) {
    Pod& pod = *pods_[i];
    if (pod.instance != nullptr) continue;
    if (Instance* const place = free_place(std::nullopt)) {
      begin(pod, *place, params_.scheduling());
    } else if (Pod* const kept = leaving_of(pod.version)) {
      // It has been told nothing yet, and goes on in the new one's name.
      Instance& its_place = *kept->instance;
      const std::optional<Time> ready = kept->ready;
      kept->instance = nullptr;
      pod.instance = &its_place;
      pod.started = world().now() + params_.scheduling();
      pod.ready = ready;
      places_[its_place.index()] = &pod;
      erase(*kept);
      its_place.appear();
      return fill_places();
    } else {
      return;
    }
  }
}

Pod* Deployment::leaving_of(std::uint32_t version) const {
  for (Pod* const pod : places_)
    if (pod != nullptr && pod->deleting && pod->version == version) return pod;
  return nullptr;
}

Instance* Deployment::free_place(std::optional<Zone> zone) const {
  for (const auto& each : component_.instances())
    if (places_[each->index()] == nullptr && (!zone || each->zone() == *zone)) return each.get();
  return nullptr;
}

void Deployment::placed(std::uint64_t number, Zone zone, Duration wait) {
  begin(*find(number), *free_place(zone), wait + params_.scheduling());
}

void Deployment::begin(Pod& pod, Instance& place, Duration wait) {
  pod.instance = &place;
  pod.started = world().now() + wait;
  places_[place.index()] = &pod;
  place.set_published(is_published(pod.version));
  answered_[place.index()] = {place.answers().total(), place.answers()[Status::ok]};
  const VersionParams& said = version(pod.version);
  if (said.slowdown.value != 1) place.slow(said.slowdown.value);
  if (said.error_rate.value > 0) place.fail_share(said.error_rate.value);
  if (leaks_) leaks_(place, said.leak.count);
  place.appear(wait);
}

void Deployment::remove_from(std::uint32_t version, std::uint32_t count) {
  struct Rank {
    Pod* pod;
    std::uint32_t together;
  };
  std::vector<Rank> ranked;
  for (const auto& pod : pods_) {
    if (pod->version != version || pod->deleting) continue;
    const bool has_node = cluster_ != nullptr && pod->instance != nullptr;
    ranked.push_back({pod.get(), has_node ? cluster_->together(*this, pod->number) : 0});
  }
  std::sort(ranked.begin(), ranked.end(), [](const Rank& a, const Rank& b) {
    const Instance* const its = a.pod->instance;
    const Instance* const other = b.pod->instance;
    if ((its == nullptr) != (other == nullptr)) return its == nullptr;
    if (its == nullptr) return a.pod->number > b.pod->number;
    if (its->up() != other->up()) return !its->up();
    if (a.together != b.together) return a.together > b.together;
    if (a.pod->started != b.pod->started) return a.pod->started > b.pod->started;
    return its->index() > other->index();
  });
  for (std::uint32_t i = 0; i < count; ++i) remove(*ranked[i].pod, params_.departure());
}

void Deployment::remove(Pod& pod, const Instance::Departure& how) {
  pod.deleting = true;
  if (pod.instance != nullptr) return pod.instance->leave(how);
  if (cluster_ != nullptr) cluster_->remove(*this, pod.number);
  erase(pod);
}

void Deployment::gone(Pod& pod) {
  Instance& place = *pod.instance;
  const VersionParams& said = version(pod.version);
  if (said.slowdown.value != 1) place.restore_speed(said.slowdown.value);
  if (said.error_rate.value > 0) place.stop_failing(said.error_rate.value);
  if (cluster_ != nullptr) cluster_->remove(*this, pod.number);
  places_[place.index()] = nullptr;
  place.set_published(true);
  erase(pod);
  if (cluster_ == nullptr) fill_places();
}

void Deployment::erase(const Pod& pod) {
  std::erase_if(pods_, [&](const auto& each) { return each.get() == &pod; });
}

Pod* Deployment::find(std::uint64_t number) const {
  const auto found =
      std::lower_bound(pods_.begin(), pods_.end(), number,
                       [](const auto& pod, std::uint64_t wanted) { return pod->number < wanted; });
  HIGHWATER_CHECK(found != pods_.end() && (*found)->number == number);
  return found->get();
}

// What the cluster asks.

Instance* Deployment::process_of(std::uint64_t pod) const {
  return find(pod)->instance;
}

void Deployment::update_budget() {
  budget_pods_.clear();
  for (const auto& pod : pods_)
    budget_pods_.push_back(
        {pod->number, pod->ready.has_value(), pod->deleting, pod->instance == nullptr});
  budget_->update(now(), budget_pods_, replicas_);
}

bool Deployment::allows_eviction() {
  if (!budget_) return true;
  update_budget();
  return budget_->status().disruptions_allowed > 0;
}

bool Deployment::evict(std::uint64_t number) {
  if (budget_) {
    update_budget();
    if (budget_->evict(now(), budget_pods_, number) != scaling::Eviction::allowed) return false;
  }
  ++evicted_;
  give_up(number, params_.departure());
  return true;
}

void Deployment::lost(std::uint64_t number) {
  ++evicted_;
  give_up(number, {});
}

/// The pod goes, and its set makes another.
void Deployment::give_up(std::uint64_t number, const Instance::Departure& how) {
  Pod& pod = *find(number);
  if (pod.deleting) return;
  remove(pod, how);
  follow();
}

void Deployment::measure(Recorder::Owner& owner) {
  owner.time_average("replicas", [this](Time time) { return wanted_.total(time); });
  if (!params_.rollouts.empty()) rollout_time_ = &owner.tally("rollout_ms");
  if (params_.judges()) owner.count("rollbacks", rollbacks_);
  if (params_.pod) owner.count("evicted", evicted_);
}

std::vector<MetricInfo> deployment_metrics() {
  return {{"replicas", "instances", "Instances that are wanted, where they come and go."},
          {"rollout_ms", "ms", "From the begin of a rollout until it is complete.",
           MetricShape::kTimes},
          {"rollbacks", "1", "Rollouts taken back by their analysis.", MetricShape::kCount},
          {"evicted", "instances", "Pods that had to leave their node, where they have one.",
           MetricShape::kCount}};
}

}  // namespace highwater::deployment
