#pragma once

#include <algorithm>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/kernel/simulation.h"
#include "engine/kernel/task.h"
#include "engine/model/attempt.h"
#include "engine/model/component.h"
#include "models/calls/call_params.h"
#include "models/calls/connections.h"
#include "models/calls/guard.h"
#include "models/calls/transport.h"

namespace highwater {

/// One place in the system that calls another component: the edge it calls over, its policy, and
/// what the policy has to remember from call to call, for each calling process its own.
///
/// The order of a policy's parts, the outermost first:
///
///   fallback   answers where everything else has failed
///   retry      begins again from here on, after a pause
///   breaker, adaptive throttling, rate limit, concurrency limit, bulkhead: each may refuse, the
///              last two or their like may make wait
///   hedge      sends further requests beside a slow one
///   outlier detection: chooses the instance, and judges it by the answer
///   pool       each request that is sent takes a connection, and waits where none is free
///   timeout    of each request that is sent
///   transport  the connection that it goes over
///
/// A request waits for its connection before its timeout begins: to a pool that is a query like any
/// other, and has a time limit of its own. What the pool refuses is a failure to all that is
/// further out: the breaker counts it, a retry asks again. A request that runs into its timeout
/// takes its connection with it, since what it asked for is still under way there.
///
/// The connections of a transport are part of sending, as in an HTTP client: the timeout covers the
/// wait for one, its handshakes, and the last byte of the answer.
///
/// A split decides before all of these: the component that it chooses has policies, limits and
/// breakers of its own.
///
/// Outlier detection takes the callee's instances in turn but for those that are out. With all of
/// them out the call fails as unavailable: Istio switches Envoy's panic mode off.
///
/// Source   resilience4j's order, Retry ( CircuitBreaker ( RateLimiter ( TimeLimiter ( Bulkhead
///          ( call ) ) ) ) ), docs "Aspect order"; the pool is part of the call there.
class CallSite {
 public:
  /// @param step      Number of this place within its component; keys the draws of the calls made
  ///                  here.
  /// @param fallback    The edge to the policy's fallback, where that names a component.
  /// @param transports  Those of another place in the same component that calls the same callee;
  ///                    null where there is none.
  CallSite(World& world, Edge& edge, const CallPolicy& policy, std::uint32_t step,
           Edge* fallback = nullptr, std::shared_ptr<Transports> transports = nullptr);

  /// The transports over an edge that other places in the same component use; null for none.
  using KnownTransports = std::function<std::shared_ptr<Transports>(const Edge&)>;
  /// What else decides where calls go. Before the run only.
  void route_by(const RoutingParams& routing, Directory& directory,
                const KnownTransports& known = {});

  /// The policy is this one from now on. Fallbacks stay where they are, and connections of a
  /// transport what they are. What the policy has to remember is kept unless the part of it that
  /// remembers has changed; calls that are under way keep to what they began with.
  void reconfigure(const CallPolicy& policy);

  /// Whether a call here is a single attempt, for which a Call is enough: it spares a frame.
  bool is_plain() const { return plain_; }

  /// Calls with all that the policy asks for.
  Task<Reply> call(Instance& from, Request request);

  std::uint32_t step() const { return step_; }
  Edge& edge() const { return edge_; }
  Component& callee() const { return edge_.to(); }

  /// Where a split sends calls instead.
  const std::deque<CallSite>& splits() const { return splits_; }
  std::deque<CallSite>& splits() { return splits_; }

  const CallCounts& counts() const { return counts_; }
  /// Whether counts() can ever be anything but zero.
  bool counts_something() const { return !plain_; }
  /// Whether what it remembers goes by the time of day of the calling process.
  bool reads_clock() const { return policy_.rate_limit && policy_.rate_limit->reads_time_of_day(); }
  bool has_breaker() const { return policy_.breaker.has_value(); }
  /// Null where the policy has no pool.
  ConnectionPools* pools() const { return pools_.get(); }
  /// From here on the connections are those of another place in the same component, which calls
  /// the same callee. Before the run only.
  void share_pools_of(const CallSite& other) { pools_ = other.pools_; }
  /// Null where the policy has no transport.
  const std::shared_ptr<Transports>& transports() const { return transports_; }
  /// One request over a connection of the transport, to an instance that the caller has chosen.
  Task<Reply> transported(Instance& from, Route to, const Request& request, std::uint32_t attempt);
  /// Breakers of the calling processes that are not closed, integrated over time, in seconds; a
  /// breaker counts as what it was when it last let a call through or refused one.
  double breakers_not_closed(Time now) const;

 private:
  friend class Call;
  class Admitted;

  void set_timeout();
  Guard& guard_of(const Instance& from);
  Task<Reply> guarded(Guard& guard, Instance& from, Request request, std::uint32_t attempt);
  Task<Reply> sent(Guard& guard, Instance& from, const Request& request, std::uint32_t attempt);
  Task<Reply> pooled(Instance& from, Route to, const Request& request, std::uint32_t attempt);
  CallSite& chosen(const Request& request);
  /// Whether the instance is chosen here, or the request needs a connection.
  bool sends_with_care() const {
    return pools_ != nullptr || transports_ != nullptr || outlier_detection_.has_value();
  }
  Route route(Guard& guard, const Request& request, const Instance& from);
  void look_at_outliers(Guard& guard, const Instance& from);
  void act_on(const balancing::OutlierDetector::Events& events, const Instance& from);
  Task<Reply> hedged(Guard& guard, Instance& from, const Request& request, std::uint32_t attempt);
  struct Race;
  Task<bool> one_of_race(Race& race, Instance& from, Request request, std::uint32_t attempt,
                         std::uint32_t number);
  Task<Reply> fall_back(Instance& from, Request request, Reply failed);
  void look_at_breaker(Guard& guard, const Instance& from);
  bool is_worth_retrying(Status status) const;
  /// When nobody waits for the answer of an attempt any more.
  Time give_up_at(const Request& request) const;

  World& world_;
  Edge& edge_;
  Edge* fallback_edge_;
  CallPolicy policy_;
  std::uint32_t step_;
  bool plain_;
  bool has_client_;
  bool guarded_ = false;     // an attempt passes by more than the timeout
  Lane* timeout_ = nullptr;  // where nothing but the constant timeout ends an attempt
  Duration timeout_length_ = kNever - Time{};
  RandomKey backoff_key_;
  RandomKey policy_key_;
  RandomKey leak_key_;
  RandomKey split_key_;
  std::optional<balancer::OutlierParams> outlier_detection_;
  std::deque<CallSite> splits_;
  std::vector<double> up_to_;                             // running sums of their shares
  std::deque<std::optional<Guard>> guards_;               // by instance of the caller
  std::deque<std::deque<std::optional<Guard>>> retired_;  // of earlier policies
  std::shared_ptr<ConnectionPools> pools_;
  std::shared_ptr<Transports> transports_;
  std::unique_ptr<MessageSizes> sizes_;  // where there is a transport
  std::unique_ptr<CallSite> fallback_;
  CallCounts counts_;
};

/// Reports what the routing of a call cannot be, seen from its callee: splits to components that do
/// not answer the same, outliers where there is nothing to choose among.
/// @param call       The object with the RoutingParams, with its JSON pointer.
/// @param endpoints  That the call asks for; "" for none.
void examine_routing(const Value& call, const std::string& path, const std::string& callee,
                     const std::vector<std::string>& endpoints, const Directory& directory,
                     Problems& problems);

/// The parameters of a policy that reconfigure() can change, for Component::changeable(): with
/// `before` in front of each.
std::vector<std::string> changeable_policy(const std::string& before);

/// Whether any of these goes by the time of day of the calling process.
inline bool any_reads_clock(const std::deque<CallSite>& sites) {
  return std::any_of(sites.begin(), sites.end(),
                     [](const CallSite& site) { return site.reads_clock(); });
}

/// The edge from `caller` to the fallback of a policy; null where that names no component.
Edge* fallback_edge(Directory& directory, Component& caller, const CallPolicy& policy);

/// The metrics that measure_calls() may declare, for a kind's table.
std::vector<MetricInfo> call_metrics();

/// What the policies at these places did, as metrics of the caller: `calls`, by cause,
/// `breakers_open` where there are breakers, and what became of connections where there are pools.
/// Nothing where no policy asks for anything.
/// @param callers  Instances of the caller.
void measure_calls(Recorder::Owner& owner, std::vector<const CallSite*> sites, std::size_t callers);
void measure_calls(Recorder::Owner& owner, const std::deque<CallSite>& sites, std::size_t callers);

/// One attempt at a call: `Reply reply = co_await Call(site, from, request);`. Sends the request to
/// the instance that the callee routes it to, waits for the answer or the timeout. Destroying the
/// awaiting coroutine forgets the attempt; the callee serves it all the same.
class Call final : private AttemptWaiter {
 public:
  Call(CallSite& site, Instance& from, const Request& request, std::uint32_t attempt = 1);
  /// The same to an instance that the caller has chosen itself (null: nobody there).
  Call(CallSite& site, Instance& from, Route to, const Request& request, std::uint32_t attempt = 1);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// The attempt goes over a connection that is there already.
  void has_connection() { attempt_->has_connection(); }

  bool await_ready() const { return attempt_ == nullptr; }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> caller) {
    caller_.remember(caller);
    depart();
  }
  Reply await_resume() const { return reply_; }

 private:
  void answered(Reply reply) override;
  void lost() override;
  void timed_out();
  void depart();

  CallSite& site_;
  Attempt* attempt_ = nullptr;  // null once answered or given up, and where nobody was there to ask
  Resumption caller_;
  Reply reply_{Status::unavailable};
  Timer<&Call::timed_out> timeout_;
};

}  // namespace highwater
