/// load_balancer: forwards each request to one instance of its targets.
///
/// Failures are dealt with as nginx deals with them: a target that refuses or drops the connection,
/// or does not answer in time, is passed over (next upstream) and, after `max_fails` of these, left
/// alone for `fail_timeout`; one request then tries it again. Health checks come on top.
///
/// Assumes  the balancer's own capacity is no limit; probes cost the targets nothing and see
/// whether
///          they take connections.
/// Source   nginx 1.22.1 ngx_http_upstream_round_robin.c (max_fails, fail_timeout), proxy module
///          (proxy_next_upstream); HAProxy 2.6 configuration manual (fall, rise).
/// Checked  tests/models/load_balancer_test.cpp.

#include "models/balancer/load_balancer.h"

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/model/call.h"
#include "models/balancer/policy_params.h"
#include "models/placement.h"
#include "models/slowdown.h"

namespace highwater::balancer {
namespace {

using balancing::Balancer;
using balancing::Pick;
using balancing::Policy;

struct HealthCheckParams {
  Duration interval = 2s;
  std::uint32_t fall = 3;
  std::uint32_t rise = 2;

  static constexpr std::string_view type_name = "load_balancer.health_check";
  static constexpr auto fields() {
    return std::tuple{
        field<&HealthCheckParams::interval>("Time between two checks of a target.")
            .at_least(Duration{1'000'000})
            .source("HAProxy inter"),
        field<&HealthCheckParams::fall>("Failed checks in a row after which a target gets no more "
                                        "requests.")
            .at_least(1u)
            .source("HAProxy fall"),
        field<&HealthCheckParams::rise>("Good checks in a row after which it gets requests again.")
            .at_least(1u)
            .source("HAProxy rise")};
  }
};

struct LoadBalancerParams {
  Policy policy = Policy::round_robin;
  std::vector<ComponentRef> targets;
  OrderedMap<std::uint32_t> weights;
  std::uint32_t tries = 0;
  std::uint32_t max_fails = 1;
  Duration fail_timeout = 10s;
  std::optional<HealthCheckParams> health_check;
  std::optional<Duration> timeout;
  Distribution service_time;
  std::uint32_t replicas = 1;
  std::vector<std::string> zones;
  Duration start_time{0};

  static constexpr auto fields() {
    return std::tuple{
        field<&LoadBalancerParams::policy>("How a target instance is chosen."),
        field<&LoadBalancerParams::targets>("Components whose instances share the requests.")
            .required()
            .uses(Relation::route)
            .at_least(1u),
        field<&LoadBalancerParams::weights>("Weight of a component's instances, or of one "
                                            "(\"api[2]\"), for the policy weighted; 1 unless "
                                            "given."),
        field<&LoadBalancerParams::tries>("Instances that one request may be sent to, one after "
                                          "the other, when they refuse it, break the connection "
                                          "(reads only) or time out; 0 for all there are.")
            .source("nginx proxy_next_upstream_tries"),
        field<&LoadBalancerParams::max_fails>("Failures, with less than fail_timeout between them, "
                                              "after which an instance gets no requests for "
                                              "fail_timeout; 0 for never.")
            .source("nginx max_fails"),
        field<&LoadBalancerParams::fail_timeout>("How long an instance that failed is left alone; "
                                                 "then one request tries it again.")
            .source("nginx fail_timeout"),
        field<&LoadBalancerParams::health_check>("Active checks of the targets; none unless "
                                                 "given."),
        field<&LoadBalancerParams::timeout>("Longest wait for an instance's answer; for ever "
                                            "unless given.")
            .at_least(Duration{1}),
        field<&LoadBalancerParams::service_time>("Time the balancer itself takes for a request."),
        field<&LoadBalancerParams::replicas>("Balancers, each with counts and checks of its own.")
            .at_least(1u)
            .at_most(10'000u),
        field<&LoadBalancerParams::zones>("Zones the balancers are spread over in turn; all zones "
                                          "of the network unless given."),
        field<&LoadBalancerParams::start_time>("From the start of a balancer until it takes "
                                               "requests.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (!weights.empty() && policy != Policy::weighted)
      problems.error(where.position(), pointer_to(path, "weights"),
                     "only the policy weighted reads weights");
    for (const auto& weight : weights) {
      const std::string component = weight.key.substr(0, weight.key.find('['));
      const bool known = std::any_of(targets.begin(), targets.end(),
                                     [&](const ComponentRef& ref) { return ref.id == component; });
      if (!known)
        problems.error(weight.position, pointer_to(pointer_to(path, "weights"), weight.key),
                       in_quotes(component) + " is none of the targets");
    }
  }
};

class LoadBalancer;

/// One balancer process with what it knows of its targets.
class Proxy final : public Instance {
 public:
  Proxy(LoadBalancer& owner, std::uint32_t index, Zone zone);

  void know(Instance& target, CallSite& site, std::uint32_t weight);
  /// Every target is known.
  void begin();

 private:
  struct Peer {
    Instance* instance;
    CallSite* site;
    bool healthy = true;       // what the checks say
    std::uint32_t checks = 0;  // in a row that say otherwise
    std::uint32_t fails = 0;   // of requests
    Time failed{};             // the last of them
    Time tried{};              // since then, or when it was last given a new chance
  };

  void receive(Served served) override { tasks().spawn(forward(std::move(served))); }
  void started() override;
  Duration start_time() const override;
  Task<> forward(Served served);
  Pick pick(const Request& request, const std::vector<std::size_t>& tried);
  void try_again(std::size_t peer);
  void note(std::size_t peer, Status status);
  void update(std::size_t peer);
  bool fails_too_often(const Peer& peer) const;
  void forget_all();
  std::int64_t nanoseconds_now() const;
  void check_all();
  static bool connection_failed(Status status) {
    return status == Status::unavailable || status == Status::reset || status == Status::timeout;
  }

  LoadBalancer& owner_;
  std::vector<balancing::Target> targets_;
  std::vector<Peer> peers_;
  std::unique_ptr<Balancer> balancer_;
  Time next_return_ = kNever;  // the earliest end of a fail_timeout
  Timer<&Proxy::check_all> check_;
};

class LoadBalancer final : public Component {
 public:
  using Params = LoadBalancerParams;

  LoadBalancer(World& world, std::string id, const LoadBalancerParams& params)
      : Component(world, std::move(id), "load_balancer"),
        params_(params),
        pick_key_(world.key(this->id(), "pick")),
        time_key_(world.key(this->id(), "service_time")) {
    for (std::uint32_t i = 0; i < params.replicas; ++i)
      add(std::make_unique<Proxy>(*this, i, place(world, params.zones, i)));
    Recorder::Owner& owner = measure();
    owner.count("retried", retried_);
    owner.count("no_target", no_target_);
    for (const auto& instance : instances()) measure(*instance);
  }

  void connect(Directory& directory) override {
    for (const ComponentRef& ref : params_.targets) {
      Component& target = directory.component(ref.id);
      targets_.push_back(&target);
      CallSite& site = sites_.emplace_back(world(), directory.edge(*this, target),
                                           CallPolicy{params_.timeout, std::nullopt},
                                           static_cast<std::uint32_t>(sites_.size()));
      for (const auto& instance : target.instances())
        for (const auto& proxy : instances())
          static_cast<Proxy&>(*proxy).know(*instance, site, weight_of(*instance));
    }
  }

  void start() override {
    for (const auto& proxy : instances()) static_cast<Proxy&>(*proxy).begin();
  }

  bool answers(Symbol endpoint) const override {
    return std::any_of(targets_.begin(), targets_.end(),
                       [&](const Component* target) { return target->answers(endpoint); });
  }
  std::vector<std::string> endpoints() const override {
    std::vector<std::string> names;
    for (const Component* target : targets_)
      for (std::string& name : target->endpoints()) names.push_back(std::move(name));
    return names;
  }

  const LoadBalancerParams& params() const { return params_; }
  RandomKey pick_key() const { return pick_key_; }
  RandomKey time_key() const { return time_key_; }
  void count_retry() { ++retried_; }
  void count_no_target() { ++no_target_; }

 private:
  std::uint32_t weight_of(const Instance& instance) const {
    if (const std::uint32_t* own = params_.weights.find(instance.label())) return *own;
    const std::uint32_t* all = params_.weights.find(instance.component().id());
    return all != nullptr ? *all : 1;
  }

  const LoadBalancerParams& params_;
  RandomKey pick_key_, time_key_;
  std::vector<Component*> targets_;
  std::deque<CallSite> sites_;
  std::uint64_t retried_ = 0;
  std::uint64_t no_target_ = 0;
};

Proxy::Proxy(LoadBalancer& owner, std::uint32_t index, Zone zone)
    : Instance(owner, index, zone), owner_(owner), check_(*this) {}

Duration Proxy::start_time() const {
  return owner_.params().start_time;
}

void Proxy::know(Instance& target, CallSite& site, std::uint32_t weight) {
  targets_.push_back({.name = target.label(), .weight = weight});
  peers_.push_back({&target, &site});
}

void Proxy::begin() {
  forget_all();
  const auto& health = owner_.params().health_check;
  if (!health) return;
  // Balancers check at their own times; one that checks in step with another tells nothing new.
  RandomStream random = owner_.world().stream(label(), "health checks");
  const double first = random.uniform() * static_cast<double>(health->interval.count());
  owner_.world().simulation.schedule_after(check_, Duration{static_cast<Duration::rep>(first)});
}

void Proxy::started() {
  forget_all();
}

void Proxy::forget_all() {
  balancer_ = make_balancer(owner_.params().policy, targets_);
  next_return_ = kNever;
  for (Peer& peer : peers_) peer = {peer.instance, peer.site};
}

std::int64_t Proxy::nanoseconds_now() const {
  return owner_.world().now().time_since_epoch().count();
}

void Proxy::check_all() {
  const HealthCheckParams& health = *owner_.params().health_check;
  owner_.world().simulation.schedule_after(check_, health.interval);
  if (!up()) return;  // a dead balancer checks nobody
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    Peer& peer = peers_[i];
    const bool answers = peer.instance->up() && !peer.site->edge().is_cut();
    if (answers == peer.healthy) {
      peer.checks = 0;
    } else if (++peer.checks >= (peer.healthy ? health.fall : health.rise)) {
      peer.healthy = answers;
      peer.checks = 0;
      owner_.world().happened(
          answers ? "healthy" : "unhealthy",
          label() + " finds " + peer.instance->label() + (answers ? " healthy" : " unhealthy"));
    }
    update(i);
  }
}

bool Proxy::fails_too_often(const Peer& peer) const {
  const std::uint32_t most = owner_.params().max_fails;
  return most > 0 && peer.fails >= most;
}

void Proxy::update(std::size_t index) {
  const Peer& peer = peers_[index];
  bool usable = peer.healthy;
  if (fails_too_often(peer)) {
    const Duration since = owner_.world().now() - peer.tried;
    const Duration timeout = owner_.params().fail_timeout;
    if (since < timeout) {
      usable = false;
      next_return_ = std::min(next_return_, owner_.world().simulation.after(timeout - since));
    }
  }
  balancer_->set_usable(index, usable, nanoseconds_now());
}

Pick Proxy::pick(const Request& request, const std::vector<std::size_t>& tried) {
  if (owner_.world().now() >= next_return_) {
    next_return_ = kNever;
    for (std::size_t i = 0; i < peers_.size(); ++i) update(i);
  }
  RequestRandom random(owner_.pick_key(), request.id, request.path + tried.size());
  const Pick picked = balancer_->pick({.now = nanoseconds_now(), .tried = tried}, random);
  if (picked && peers_[*picked].fails > 0) [[unlikely]]
    try_again(*picked);
  return picked;
}

void Proxy::try_again(std::size_t index) {
  Peer& peer = peers_[index];
  const Time now = owner_.world().now();
  if (now - peer.tried < owner_.params().fail_timeout) return;
  // Whoever is left alone after failures gets this one request, and no more until it is answered.
  peer.tried = now;
  update(index);
}

void Proxy::note(std::size_t index, Status status) {
  const std::uint32_t max_fails = owner_.params().max_fails;
  // A single target is never left alone, as in nginx: there is nobody else to ask.
  if (max_fails == 0 || peers_.size() == 1) return;
  Peer& peer = peers_[index];
  if (connection_failed(status)) {
    ++peer.fails;
    peer.failed = peer.tried = owner_.world().now();
  } else if (peer.failed < peer.tried) {
    peer.fails = 0;  // the answer to what was sent after a whole fail_timeout without failures
  } else {
    return;
  }
  update(index);
}

Task<> Proxy::forward(Served served) {
  const Request request = served.request();
  const LoadBalancerParams& params = owner_.params();
  if (!params.service_time.is_constant() || params.service_time.constant_value() > Duration{0}) {
    RequestRandom random(owner_.time_key(), request.id, request.path);
    const Duration time = params.service_time.draw(random);
    co_await owner_.world().simulation.delay(stretched(time, slowdown()));
  }
  const std::size_t most = params.tries == 0 ? peers_.size() : params.tries;
  std::vector<std::size_t> tried;  // stays empty, without memory, unless a target fails
  for (std::uint32_t attempt = 1;; ++attempt) {
    const Pick picked = pick(request, tried);
    if (!picked) {
      owner_.count_no_target();
      served.reply(Status::unavailable);
      co_return;
    }
    const Peer& peer = peers_[*picked];
    const Time sent = owner_.world().now();
    const Reply reply = co_await Call(*peer.site, *this, peer.instance, request, attempt);
    balancer_->finish(*picked, {.now = nanoseconds_now(),
                                .latency = (owner_.world().now() - sent).count(),
                                .failed = connection_failed(reply.status)});
    note(*picked, reply.status);
    // What may have had an effect is not sent twice: nginx passes over non-idempotent requests
    // only when the connection was never made.
    const bool passes_on =
        connection_failed(reply.status) &&
        (reply.status == Status::unavailable || request.operation == Operation::read);
    if (!passes_on || attempt >= most) {
      served.reply(reply);
      co_return;
    }
    owner_.count_retry();
    tried.push_back(*picked);
  }
}

}  // namespace

ModelKind load_balancer() {
  std::vector<MetricInfo> metrics = common_component_metrics();
  metrics.push_back({"retried", "requests", "Requests passed on to another target after a failure.",
                     MetricShape::kCount});
  metrics.push_back({"no_target", "requests", "Requests for which no target could be chosen.",
                     MetricShape::kCount});
  return model_kind<LoadBalancer>("load_balancer",
                                  "Forwards each request to one of many instances.",
                                  "nginx 1.22; HAProxy 2.6", std::move(metrics));
}

}  // namespace highwater::balancer
