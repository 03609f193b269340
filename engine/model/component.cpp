#include "engine/model/component.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/describe/kind.h"
#include "engine/describe/nearest.h"
#include "engine/describe/value.h"
#include "engine/kernel/check.h"
#include "engine/model/afflictions.h"

namespace highwater {

Instance::Instance(Component& component, std::uint32_t index, Zone zone)
    : component_(component),
      index_(index),
      zone_(zone),
      starting_(*this),
      grace_(*this),
      closes_(*this),
      forgotten_(*this),
      tasks_(component.world().simulation) {}

Instance::~Instance() = default;

std::string Instance::label() const {
  return component_.id() + "[" + std::to_string(index_) + "]";
}

bool Instance::draws_failure(const Request& request, std::uint64_t message) const {
  RequestRandom random(component_.world().key(label(), "error fault"), request.id, message);
  return random.uniform() >= survives_;
}

void Instance::be_absent() {
  up_ = registered_ = false;
  presence_ = Presence::absent;
  present_time_.set(Time{}, 0);
  paid_time_.set(Time{}, 0);
}

void Instance::appear(Duration wait) {
  Simulation& simulation = component_.world().simulation;
  // One that was about to leave is kept: it has been told nothing yet.
  if (presence_ == Presence::leaving) {
    simulation.cancel(grace_);
    simulation.cancel(closes_);
    simulation.cancel(forgotten_);
    closing_ = lingers_ = false;
    presence_ = Presence::present;
    set_registered(true);
    if (std::exchange(ended_, false) && silent_kills_ + loud_kills_ == 0)
      simulation.reschedule_after(starting_, wait + start_time());
    if (up_) component_.tell(*this, Component::Change::up);
    return;
  }
  HIGHWATER_CHECK(presence_ == Presence::absent);
  presence_ = Presence::appearing;
  paid_time_.set(simulation.now(), 1);
  if (silent_kills_ + loud_kills_ == 0) simulation.reschedule_after(starting_, wait + start_time());
}

void Instance::leave(const Departure& departure) {
  HIGHWATER_CHECK(!absent());
  Simulation& simulation = component_.world().simulation;
  const bool serving = presence_ == Presence::present && up_;
  presence_ = Presence::leaving;
  if (serving && departure.accepts_for) {
    lingers_ = true;
    if (*departure.accepts_for == Duration{0})
      close();
    else
      simulation.reschedule_after(closes_, std::min(*departure.accepts_for, departure.grace));
  }
  if (serving && departure.listed_for > Duration{0})
    simulation.reschedule_after(forgotten_, departure.listed_for);
  else
    set_registered(false);
  if (serving) component_.tell(*this, Component::Change::leaving);
  const bool busy = serving && (in_flight_.value() > 0 || lingers_);
  simulation.reschedule_after(grace_, busy ? departure.grace : Duration{0});
}

void Instance::close() {
  closing_ = true;
  lingers_ = false;
  if (in_flight_.value() == 0) component_.world().simulation.reschedule_after(grace_, Duration{0});
}

void Instance::be_forgotten() {
  set_registered(false);
  if (ended_) go();
}

void Instance::grace_ended() {
  component_.world().simulation.cancel(closes_);
  if (up_) end_process(CancelReason::shutdown);
  lingers_ = false;
  ended_ = true;
  if (!forgotten_.pending()) go();
}

/// Another may come in its place.
void Instance::go() {
  ended_ = closing_ = false;
  presence_ = Presence::absent;
  paid_time_.set(component_.world().now(), 0);
  component_.world().simulation.cancel(starting_);
  left();
  component_.tell(*this, Component::Change::gone);
}

void Instance::end_process(CancelReason reason) {
  up_ = lingers_ = false;
  tasks_.cancel(reason);
  ++incarnation_;
  killed();
  if (afflictions_ != nullptr) forget_afflictions();
  component_.tell(*this, Component::Change::down);
}

/// Callers hear of it where nothing else keeps it from being listed.
void Instance::tell_listing(bool would_be) {
  if (would_be) component_.tell(*this, Component::Change::listing);
}

void Instance::set_registered(bool registered) {
  if (registered_ == registered) return;
  registered_ = registered;
  present_time_.set(component_.world().now(), registered ? 1 : 0);
  tell_listing(trusted_ && held_back_ == 0 && published_);
}

void Instance::set_trusted(bool trusted) {
  if (trusted_ == trusted) return;
  trusted_ = trusted;
  tell_listing(registered_ && held_back_ == 0 && published_);
}

void Instance::hold_back() {
  if (++held_back_ == 1) tell_listing(registered_ && trusted_ && published_);
}

void Instance::let_in() {
  HIGHWATER_CHECK(held_back_ > 0);
  if (--held_back_ == 0) tell_listing(registered_ && trusted_ && published_);
}

void Instance::set_published(bool published) {
  if (published_ == published) return;
  published_ = published;
  tell_listing(registered_ && trusted_ && held_back_ == 0);
}

void Instance::kill(bool silent) {
  ++(silent ? silent_kills_ : loud_kills_);
  silent_ = silent_kills_ > 0;
  if (silent_kills_ + loud_kills_ > 1) return;
  if (presence_ == Presence::absent) return;  // nothing is there to die, and nothing starts
  component_.world().simulation.cancel(starting_);
  component_.world().happened("down", label() + " is down");
  if (up_) end_process(CancelReason::killed);
  // Nothing is left to wait for.
  if (presence_ == Presence::leaving && !ended_ && in_flight_.value() == 0)
    component_.world().simulation.reschedule_after(grace_, Duration{0});
}

void Instance::revive(bool silent) {
  int& kills = silent ? silent_kills_ : loud_kills_;
  HIGHWATER_CHECK(kills > 0);
  --kills;
  if (silent_kills_ + loud_kills_ > 0) {
    silent_ = silent_kills_ > 0;
    return;
  }
  if (absent()) {
    silent_ = false;
    return;
  }
  component_.world().simulation.reschedule_after(starting_, start_time());
}

void Instance::start_finished() {
  up_ = true;
  silent_ = false;
  if (presence_ == Presence::present) component_.world().happened("up", label() + " is up");
  presence_ = Presence::present;
  started();
  set_registered(true);
  component_.tell(*this, Component::Change::up);
}

void Instance::slow(double factor) {
  HIGHWATER_CHECK(factor > 0);
  factors_.push_back(factor);
  slowdown_ *= factor;
  slowdown_changed();
}

void Instance::restore_speed(double factor) {
  const auto found = std::find(factors_.begin(), factors_.end(), factor);
  HIGHWATER_CHECK(found != factors_.end());
  factors_.erase(found);
  // Multiplied anew: dividing would leave a rounding error behind for the rest of the run.
  slowdown_ = 1;
  for (const double each : factors_) slowdown_ *= each;
  slowdown_changed();
}

void Instance::fail_share(double share) {
  failing_.push_back(share);
  survives_ *= 1 - share;
  look_at_disturbance();
}

void Instance::stop_failing(double share) {
  const auto found = std::find(failing_.begin(), failing_.end(), share);
  HIGHWATER_CHECK(found != failing_.end());
  failing_.erase(found);
  survives_ = 1;
  for (const double each : failing_) survives_ *= 1 - each;
  look_at_disturbance();
}

Component::Component(World& world, std::string id, std::string_view kind)
    : world_(world), id_(std::move(id)), kind_(kind) {}

Route Component::route(const Request&, const Instance&) {
  for (std::size_t looked = 0; looked < instances_.size(); ++looked) {
    if (turn_ == instances_.size()) turn_ = 0;
    Instance& instance = *instances_[turn_++];
    if (instance.listed()) [[likely]]
      return &instance;
  }
  return nullptr;
}

bool Component::answers(Symbol) const {
  return true;
}

void require_endpoint(const Component& callee, const std::string& endpoint, const Value& where,
                      const std::string& path, Problems& problems) {
  if (callee.answers(callee.world().symbols.intern(endpoint))) return;
  const std::vector<std::string> known = callee.endpoints();
  std::string list;
  for (const std::string& each : known) list += (list.empty() ? "" : ", ") + in_quotes(each);
  if (endpoint.empty()) {
    problems.error(where.position(), path,
                   in_quotes(callee.id()) + " has several endpoints, one must be named: " + list);
    return;
  }
  const std::string nearest = nearest_word(endpoint, known);
  problems.error(where.position(), path,
                 in_quotes(callee.id()) + " has no endpoint " + in_quotes(endpoint) +
                     (nearest.empty() ? "; it has " + list : ""),
                 nearest);
}

std::uint64_t Component::received() const {
  std::uint64_t sum = 0;
  for (const auto& instance : instances_) sum += instance->received();
  return sum;
}

std::uint64_t Component::in_flight() const {
  std::uint64_t sum = 0;
  for (const auto& instance : instances_) sum += instance->in_flight();
  return sum;
}

Recorder::Owner& Component::measure() {
  Recorder::Owner& owner = world_.recorder.owner(id_);
  owner.rate("throughput_rps", [this](Time) {
    double sum = 0;
    for (const auto& instance : instances_)
      sum += static_cast<double>(instance->answers()[Status::ok]);
    return sum;
  });
  owner.time_average("in_flight", [this](Time now) {
    double sum = 0;
    for (const auto& instance : instances_) sum += instance->in_flight_integral(now);
    return sum;
  });
  owner.causes("errors", [this] {
    std::map<std::string, std::uint64_t> causes;
    for (std::size_t i = 1; i < kStatuses; ++i) {
      const auto status = static_cast<Status>(i);
      std::uint64_t sum = 0;
      for (const auto& instance : instances_) sum += instance->answers()[status];
      if (sum > 0) causes[std::string(name(status))] = sum;
    }
    return causes;
  });
  owner.count("wasted", [this] {
    std::uint64_t sum = 0;
    for (const auto& instance : instances_) sum += instance->wasted();
    return sum;
  });
  return owner;
}

Recorder::Owner& Component::measure(const Instance& instance) {
  Recorder::Owner& owner =
      world_.recorder.owner(instance.label(), world_.network.zone_name(instance.zone()));
  owner.seen_if([this, &instance] { return instance.present_integral(world_.now()) > 0; });
  owner.rate("throughput_rps",
             [&instance](Time) { return static_cast<double>(instance.answers()[Status::ok]); });
  owner.time_average("in_flight",
                     [&instance](Time now) { return instance.in_flight_integral(now); });
  return owner;
}

std::vector<MetricInfo> common_component_metrics() {
  return {
      {"throughput_rps", "/s", "Requests answered without error."},
      {"in_flight", "requests", "Requests received and not yet answered, waiting ones included."},
      {"errors", "requests", "Requests not answered with success, by cause.", MetricShape::kCauses},
      {"wasted", "requests", "Answers that no caller waited for any more.", MetricShape::kCount}};
}

Component& Directory::component(std::string_view id) const {
  for (Component* component : components_)
    if (component->id() == id) return *component;
  HIGHWATER_CHECK(false && "references are checked when the scenario is read");
  std::abort();
}

Edge& Directory::edge(Component& from, Component& to, bool asynchronous) {
  for (Edge& edge : edges_)
    if (&edge.from() == &from && &edge.to() == &to && edge.asynchronous() == asynchronous)
      return edge;
  return edges_.emplace_back(world_, from, to, asynchronous);
}

}  // namespace highwater
