/// load_balancer: forwards each request to one instance of its targets.
///
/// Failures are dealt with as nginx deals with them: a target that refuses or drops the connection,
/// or does not answer in time, is passed over (next upstream) and, after `max_fails` of these, left
/// alone for `fail_timeout`; one request then tries it again. Health checks come on top.
///
/// Assumes  the balancer's own capacity is no limit unless it is given cores; probes cost the
///          targets nothing and see whether they take connections.
/// Source   nginx 1.22.1 ngx_http_upstream_round_robin.c (max_fails, fail_timeout), proxy module
///          (proxy_next_upstream); HAProxy 2.6 configuration manual (fall, rise).
/// Checked  tests/models/load_balancer_test.cpp, tests/models/outlier_origin_test.cpp.

#include "models/balancer/load_balancer.h"

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/model/live_changes.h"
#include "models/admission/gate.h"
#include "models/algorithms/hashing/bytes.h"
#include "models/balancer/authentication.h"
#include "models/balancer/load_balancer_params.h"
#include "models/calls/call.h"
#include "models/calls/listener.h"
#include "models/calls/outlier_report.h"
#include "models/calls/transport.h"
#include "models/placement.h"
#include "models/slowdown.h"
#include "models/steps/processor.h"

namespace highwater::balancer {
namespace {

using balancing::Balancer;
using balancing::OutlierDetector;
using balancing::Pick;

class LoadBalancer;

/// One balancer process with what it knows of its targets.
class Proxy final : public Instance {
 public:
  Proxy(LoadBalancer& owner, std::uint32_t index, Zone zone);

  void know(Instance& target, CallSite& site, const balancing::Target& configured);
  /// Every target is known.
  void begin();
  /// Service discovery lists a target, or lists it no longer.
  void listing_changed(const Instance& target);
  /// The owner's parameters have changed.
  /// @param anew    It forgets what it knows of its targets, as nginx does that is told to reload.
  /// @param checks  It checks them in another way.
  void reconfigure(bool anew, bool checks);
  double busy_integral(Time now) const { return processor_.busy_integral(now); }
  Listener* listener() override { return &listener_; }
  Duration start_time() const override;
  bool reads_clock() const override;

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
  void slowdown_changed() override { processor_.set_slowdown(slowdown()); }
  void pause_changed() override { processor_.freeze(paused()); }
  void killed() override { listener_.killed(); }
  Task<> forward(Served served);
  Pick pick(const Request& request, const std::vector<std::size_t>& tried,
            std::uint32_t& vain_draws);
  void try_again(std::size_t peer);
  void note(std::size_t peer, Status status);
  void judge(std::size_t peer, Status status);
  void look_at_outliers();
  void act_on(const OutlierDetector::Events& events);
  balancing::Options options() const;
  void update(std::size_t peer);
  void follow_listing(std::size_t peer);
  void begin_checks();
  bool fails_too_often(const Peer& peer) const;
  void forget_all();
  std::int64_t nanoseconds_now() const;
  void check_all();
  static bool connection_failed(Status status) {
    return status == Status::unavailable || status == Status::reset || status == Status::timeout;
  }

  LoadBalancer& owner_;
  std::unique_ptr<admission::Gate> gate_;
  std::optional<SessionTable> tokens_;
  steps::Processor processor_;  // without cores one for each handshake, and nobody else uses it
  Listener listener_;
  std::vector<balancing::Target> targets_;
  std::vector<Peer> peers_;
  std::unique_ptr<Balancer> balancer_;
  std::vector<std::unique_ptr<Balancer>> retired_;  // requests that they sent are under way
  Time next_return_ = kNever;                       // the earliest end of a fail_timeout
  Timer<&Proxy::check_all> check_;
  std::optional<OutlierDetector> outliers_;
  RandomStream outliers_random_;
  Timer<&Proxy::look_at_outliers> look_;
};

class LoadBalancer final : public Component {
 public:
  using Params = LoadBalancerParams;

  LoadBalancer(World& world, std::string id, const LoadBalancerParams& params)
      : Component(world, std::move(id), "load_balancer"),
        params_(&params),
        admissions_(*this, params.admission, 0),
        pick_key_(world.key(this->id(), "pick")),
        time_key_(world.key(this->id(), "service_time")) {
    if (params.authentication) authentication_.emplace(*this, *params.authentication);
    for (std::uint32_t i = 0; i < params.replicas; ++i)
      add(std::make_unique<Proxy>(*this, i, place(world, params.zones, i)));
    Recorder::Owner& owner = measure();
    owner.count("retried", retried_);
    owner.count("no_target", no_target_);
    owner.count("ejections", ejections_);
    admissions_.measure(owner);
    if (params.cores) {
      const double cores = *params.cores * params.replicas;
      owner.time_ratio(
          "cpu_utilization",
          [this](Time now) {
            double sum = 0;
            for (const auto& proxy : instances())
              sum += static_cast<const Proxy&>(*proxy).busy_integral(now);
            return sum;
          },
          [cores](Time now) { return seconds(now) * cores; });
    }
    std::vector<const Listener*> listeners;
    for (const auto& instance : instances()) listeners.push_back(instance->listener());
    const auto there = static_cast<double>(params.replicas);
    measure_listeners(owner, params.network, std::move(listeners),
                      [there](Time now) { return seconds(now) * there; });
    owner_ = &owner;
    for (const auto& instance : instances()) measure(*instance);
  }

  void connect(Directory& directory) override {
    admissions_.connect(directory);
    if (authentication_) {
      authentication_->connect(directory);
      authentication_->measure(*owner_);
    }
    for (const ComponentRef& ref : params().targets) {
      Component& target = directory.component(ref.id);
      targets_.push_back(&target);
      CallSite& site = sites_.emplace_back(world(), directory.edge(*this, target), policy(),
                                           static_cast<std::uint32_t>(sites_.size()));
      target.watch([this](const Instance& instance, Change change) {
        if (change != Change::listing) return;
        for (const auto& proxy : instances()) static_cast<Proxy&>(*proxy).listing_changed(instance);
      });
      for (const auto& instance : target.instances())
        for (const auto& proxy : instances())
          static_cast<Proxy&>(*proxy).know(*instance, site, configured(*instance));
    }
    std::vector<const CallSite*> called;
    if (authentication_)
      for (const CallSite& site : authentication_->sites()) called.push_back(&site);
    for (const CallSite& site : sites_)
      if (site.transports()) called.push_back(&site);
    measure_calls(*owner_, std::move(called), instances().size());
  }

  void start() override {
    for (const auto& proxy : instances()) static_cast<Proxy&>(*proxy).begin();
  }

  bool reads_answers() const override { return false; }
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

  std::vector<std::string> changeable() const override {
    std::vector<std::string> names{"fail_timeout", "tries",        "health_check",
                                   "timeout",      "service_time", "start_time"};
    for (const char* name : kOfBalancers) names.push_back(name);
    for (std::string& name : admission::Admissions::changeable()) names.push_back(std::move(name));
    return names;
  }
  void reconfigure(const Blueprint& changed) override {
    const Value before = write_params(params());
    params_ = &params_in<LoadBalancerParams>(changed);
    const std::vector<ParameterPath> differs = differences(before, write_params(params()));
    const auto concerns = [&](const char* name) {
      return std::any_of(differs.begin(), differs.end(),
                         [&](const ParameterPath& path) { return path.front() == name; });
    };
    const bool anew = std::any_of(std::begin(kOfBalancers), std::end(kOfBalancers), concerns) ||
                      concerns("fail_timeout");
    admissions_.reconfigure(params().admission, 0);
    for (CallSite& site : sites_) site.reconfigure(policy());
    for (const auto& proxy : instances())
      static_cast<Proxy&>(*proxy).reconfigure(anew, concerns("health_check"));
  }

  void examine(const Examination& examination) const override {
    admissions_.examine(examination);
    if (authentication_) authentication_->examine(examination);
  }

  const LoadBalancerParams& params() const { return *params_; }
  admission::Admissions& admissions() { return admissions_; }
  /// Null where anybody may pass.
  Authentication* authentication() { return authentication_ ? &*authentication_ : nullptr; }
  /// What the endpoint's requests ask for.
  std::span<const balancing::Label> labels_asked_by(Symbol endpoint) {
    if (params().match.empty()) return {};
    while (asked_.size() <= endpoint) {
      const auto* labels =
          params().match.find(world().symbols.name(static_cast<Symbol>(asked_.size())));
      asked_.push_back(labels != nullptr ? labels_of(*labels) : std::vector<balancing::Label>());
    }
    return asked_[endpoint];
  }
  RandomKey pick_key() const { return pick_key_; }
  RandomKey time_key() const { return time_key_; }
  void count_retry() { ++retried_; }
  void count_no_target() { ++no_target_; }
  void count_ejection() { ++ejections_; }

 private:
  /// What is said about this instance, or about its component; else `otherwise`.
  static std::uint32_t said(const OrderedMap<std::uint32_t>& map, const Instance& instance,
                            std::uint32_t otherwise) {
    if (const std::uint32_t* own = map.find(instance.label())) return *own;
    const std::uint32_t* all = map.find(instance.component().id());
    return all != nullptr ? *all : otherwise;
  }

  CallPolicy policy() const {
    CallPolicy policy;
    policy.timeout = params().timeout;
    policy.transport = params().transport;
    return policy;
  }

 public:
  balancing::Target configured(const Instance& instance) const {
    balancing::Target target;
    target.name = instance.label();
    target.weight = said(params().weights, instance, 1);
    target.max_in_flight = params().max_connections.value_or(0);
    const std::vector<std::string>& backup = params().backup;
    target.backup =
        std::find(backup.begin(), backup.end(), target.name) != backup.end() ||
        std::find(backup.begin(), backup.end(), instance.component().id()) != backup.end();
    target.priority = said(params().priorities, instance, 0);
    target.locality = world().network.zone_name(instance.zone());
    target.max_fails = params().max_fails;
    target.fail_timeout = params().fail_timeout.count();
    if (params().slow_start) target.slow_start = params().slow_start->window.count();
    if (params().haproxy) target.min_in_flight = params().haproxy->min_connections.value_or(0);
    if (const auto* all = params().labels.find(instance.component().id()))
      target.labels = labels_of(*all);
    if (const auto* own = params().labels.find(target.name)) {
      // An instance's own label takes the place of its component's.
      const std::vector<balancing::Label> labels = labels_of(*own);
      target.labels.insert(target.labels.begin(), labels.begin(), labels.end());
    }
    return target;
  }

 private:
  /// What a balancer that is told otherwise is made anew for.
  static constexpr const char* kOfBalancers[] = {
      "policy",          "weights",         "priorities",     "backup",
      "max_fails",       "max_connections", "slow_start",     "sticky",
      "envoy",           "haproxy",         "finagle",        "power_of_d",
      "haproxy_source",  "haproxy_hash",    "haproxy_random", "envoy_least_request",
      "envoy_ring_hash", "envoy_maglev",    "peak_ewma"};

  const LoadBalancerParams* params_;
  admission::Admissions admissions_;
  std::optional<Authentication> authentication_;
  Recorder::Owner* owner_ = nullptr;
  RandomKey pick_key_, time_key_;
  std::vector<Component*> targets_;
  std::deque<CallSite> sites_;
  std::vector<std::vector<balancing::Label>> asked_;  // by endpoint
  std::uint64_t retried_ = 0;
  std::uint64_t no_target_ = 0;
  std::uint64_t ejections_ = 0;
};

Proxy::Proxy(LoadBalancer& owner, std::uint32_t index, Zone zone)
    : Instance(owner, index, zone),
      owner_(owner),
      processor_(owner.world().simulation, owner.params().cores, owner.params().cores ? 0 : 1),
      listener_(*this, owner.params().network, processor_, nullptr),
      check_(*this),
      outliers_random_(owner.world().stream(label(), "outlier detection")),
      look_(*this) {}

Duration Proxy::start_time() const {
  return owner_.params().start_time;
}

void Proxy::know(Instance& target, CallSite& site, const balancing::Target& configured) {
  targets_.push_back(configured);
  peers_.push_back({&target, &site});
}

void Proxy::begin() {
  forget_all();
  if (outliers_)
    owner_.world().simulation.schedule_after(look_, owner_.params().outlier_detection->interval);
  begin_checks();
}

void Proxy::begin_checks() {
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

bool Proxy::reads_clock() const {
  return owner_.admissions().reads_clock() ||
         (owner_.authentication() != nullptr && owner_.authentication()->reads_clock());
}

void Proxy::reconfigure(bool anew, bool checks) {
  owner_.admissions().follow(gate_, *this);
  Simulation& simulation = owner_.world().simulation;
  if (checks) {
    simulation.cancel(check_);
    for (Peer& peer : peers_) {
      peer.checks = 0;
      if (!owner_.params().health_check) peer.healthy = true;  // nobody says otherwise any more
    }
    begin_checks();
  }
  if (anew) {
    for (std::size_t i = 0; i < peers_.size(); ++i)
      targets_[i] = owner_.configured(*peers_[i].instance);
    retired_.push_back(std::move(balancer_));
    balancer_ = make_balancer(owner_.params().policy, targets_, options());
    next_return_ = kNever;
    for (Peer& peer : peers_) peer.fails = 0;
  }
  for (std::size_t i = 0; i < peers_.size(); ++i) follow_listing(i);
}

void Proxy::forget_all() {
  gate_ = owner_.admissions().gate(*this);
  if (const Authentication* const who = owner_.authentication()) tokens_ = who->memory();
  balancer_ = make_balancer(owner_.params().policy, targets_, options());
  if (const auto& detection = owner_.params().outlier_detection)
    outliers_.emplace(peers_.size(), detection->options());
  next_return_ = kNever;
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    peers_[i] = {peers_[i].instance, peers_[i].site};
    if (!peers_[i].instance->listed()) follow_listing(i);
  }
}

void Proxy::listing_changed(const Instance& target) {
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (peers_[i].instance != &target) continue;
    peers_[i] = {peers_[i].instance, peers_[i].site};
    if (balancer_ != nullptr) follow_listing(i);
  }
}

void Proxy::follow_listing(std::size_t index) {
  // What is not listed has no share of the requests and counts for nothing, whatever the policy.
  const bool listed = peers_[index].instance->listed();
  balancer_->set_weight(index, listed ? targets_[index].weight : 0, nanoseconds_now());
  if (outliers_) outliers_->set_member(index, listed);
  update(index);
}

balancing::Options Proxy::options() const {
  balancing::Options options = owner_.params().options();
  const Network& network = owner_.world().network;
  options.envoy.hosts.locality.own = network.zone_name(zone());
  for (const auto& other : owner_.instances()) {
    const std::string zone(network.zone_name(other->zone()));
    auto& proxies = options.envoy.hosts.locality.proxies;
    const auto known = std::find_if(proxies.begin(), proxies.end(),
                                    [&](const auto& one) { return one.locality == zone; });
    if (known == proxies.end()) {
      proxies.push_back({zone, 1, 1});
    } else {
      ++known->proxies;
      ++known->healthy;
    }
  }
  return options;
}

std::int64_t Proxy::nanoseconds_now() const {
  return nanoseconds(owner_.world().now());
}

void Proxy::check_all() {
  const HealthCheckParams& health = *owner_.params().health_check;
  owner_.world().simulation.schedule_after(check_, health.interval);
  if (!up() || paused()) return;  // a dead balancer checks nobody
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    Peer& peer = peers_[i];
    if (!peer.instance->listed()) continue;
    const bool answers =
        peer.instance->looks_up() && !peer.site->edge().is_cut({*this, *peer.instance});
    if (answers && outliers_ && outliers_->health_check_passed(i, nanoseconds_now()))
      act_on({{i, OutlierDetector::Action::returned}});
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

void Proxy::look_at_outliers() {
  owner_.world().simulation.schedule_after(look_, owner_.params().outlier_detection->interval);
  if (!up() || paused()) return;
  act_on(outliers_->tick(nanoseconds_now(), outliers_random_));
}

void Proxy::judge(std::size_t index, Status status) {
  report_to(*outliers_, index, status, nanoseconds_now(), outliers_random_,
            [this](const OutlierDetector::Events& events) { act_on(events); });
}

void Proxy::act_on(const OutlierDetector::Events& events) {
  for (const OutlierDetector::Event& event : events) {
    if (event.action != OutlierDetector::Action::ejected &&
        event.action != OutlierDetector::Action::returned)
      continue;
    const bool out = event.action == OutlierDetector::Action::ejected;
    if (out) owner_.count_ejection();
    owner_.world().happened(
        out ? "ejected" : "returned",
        label() + (out ? " ejects " : " takes back ") + peers_[event.host].instance->label());
    update(event.host);
  }
}

bool Proxy::fails_too_often(const Peer& peer) const {
  const std::uint32_t most = owner_.params().max_fails;
  return most > 0 && peer.fails >= most;
}

void Proxy::update(std::size_t index) {
  const Peer& peer = peers_[index];
  bool usable =
      peer.instance->listed() && peer.healthy && !(outliers_ && outliers_->ejected(index));
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

Pick Proxy::pick(const Request& request, const std::vector<std::size_t>& tried,
                 std::uint32_t& vain_draws) {
  if (owner_.world().now() >= next_return_) {
    next_return_ = kNever;
    for (std::size_t i = 0; i < peers_.size(); ++i) update(i);
  }
  RequestRandom random(owner_.pick_key(), request.id, request.path + tried.size());
  balancing::Question question;
  question.now = nanoseconds_now();
  question.tried = tried;
  question.vain_draws = &vain_draws;
  question.labels = owner_.labels_asked_by(request.endpoint);
  std::optional<hashing::DecimalText> key;
  if (balancer_->reads_key()) question.key = key.emplace(request.key).view();
  const Pick picked = balancer_->pick(question, random);
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
  // Nor does the model count where the policy does.
  if (max_fails == 0 || peers_.size() == 1 || balancer_->judges_failures()) return;
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
  admission::Gate::Pass pass;
  if (gate_ != nullptr) {
    const bool let_in = co_await gate_->lets_in(*this, request, pass);
    if (!let_in) {
      served.reply(Status::rejected);
      co_return;
    }
  }
  if (Authentication* const who = owner_.authentication(); who != nullptr) {
    const Authentication::Result result = co_await who->check(
        *this, tokens_ ? &*tokens_ : nullptr, params.cores ? &processor_ : nullptr, request);
    if (result.verdict != Authentication::Verdict::passes) {
      served.reply(result.reply);
      co_return;
    }
  }
  if (!params.service_time.is_constant() || params.service_time.constant_value() > Duration{0}) {
    RequestRandom random(owner_.time_key(), request.id, request.path);
    const Duration time = params.service_time.draw(random);
    if (params.cores)
      co_await processor_.compute(time);
    else
      co_await owner_.world().simulation.delay(stretched(time, slowdown()));
  }
  const std::size_t most = params.tries == 0 ? peers_.size() : params.tries;
  std::vector<std::size_t> tried;  // stays empty, without memory, unless a target fails
  std::uint32_t vain_draws = 0;
  for (std::uint32_t attempt = 1;; ++attempt) {
    const Pick picked = pick(request, tried, vain_draws);
    if (!picked) {
      owner_.count_no_target();
      served.reply(Reply{Status::unavailable}.passed_on());
      co_return;
    }
    const Peer& peer = peers_[*picked];
    Balancer& chooser = *balancer_;
    const Time sent = owner_.world().now();
    Reply reply;
    if (peer.site->transports())
      reply = co_await peer.site->transported(*this, peer.instance, request, attempt);
    else
      reply = co_await Call(*peer.site, *this, peer.instance, request, attempt);
    chooser.finish(*picked, {.now = nanoseconds_now(),
                             .latency = (owner_.world().now() - sent).count(),
                             .failed = connection_failed(reply.status)});
    note(*picked, reply.status);
    if (outliers_) judge(*picked, reply.status);
    // What may have had an effect is not sent twice: nginx passes over non-idempotent requests
    // only when the connection was never made.
    const bool passes_on =
        connection_failed(reply.status) &&
        (reply.status == Status::unavailable || request.operation == Operation::read);
    if (!passes_on || attempt >= most) {
      pass.ended(reply.status);
      served.reply(reply.passed_on());
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
  metrics.push_back(
      {"ejections", "instances", "Instances taken out by outlier detection.", MetricShape::kCount});
  metrics.push_back({"cpu_utilization", "1", "Busy cores / cores, where it is given cores."});
  for (MetricInfo& metric : admission::admission_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : authentication_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : call_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : listener_metrics()) metrics.push_back(std::move(metric));
  return model_kind<LoadBalancer>("load_balancer",
                                  "Forwards each request to one of many instances.",
                                  "nginx 1.22; HAProxy 2.6; Envoy; Finagle", std::move(metrics));
}

}  // namespace highwater::balancer
