#pragma once

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/kernel/simulation.h"
#include "engine/kernel/task.h"
#include "engine/model/attempt.h"
#include "engine/model/component.h"
#include "models/calls/call_params.h"

namespace highwater {

/// Limits retries to a share of the calls, so that a callee in trouble is not asked several times
/// for everything. A balance of tokens: a call puts in `ratio`, a retry takes 1, `min_rate` flows
/// in besides; it holds what ten seconds bring at most, older credit expires.
/// Source: Finagle's RetryBudget (ttl 10 s, percentCanRetry 20 %, minRetriesPerSec 10).
class RetryBudget {
 public:
  explicit RetryBudget(const RetryBudgetParams& params);

  void call_made(Time now);
  /// Takes a token, or returns false where there is none.
  bool take(Time now);

 private:
  void decay(Time now);

  double ratio_;
  double min_rate_;      // per second
  double deposits_ = 0;  // tokens from calls
  double reserve_;       // tokens from min_rate
  Time updated_{};
};

/// One place in the system that calls another component: the edge it calls over, its policy, and
/// what the policy has to remember from call to call.
class CallSite {
 public:
  /// @param step  Number of this place within its component; keys the draws of the calls made here.
  CallSite(World& world, Edge& edge, const CallPolicy& policy, std::uint32_t step);

  /// Whether a call here may take more than one attempt; if not, a plain Call does it all.
  bool retries() const { return retry_.has_value(); }

  /// Calls with every attempt the policy allows.
  Task<Reply> call(Instance& from, Request request);

  std::uint32_t step() const { return step_; }
  Edge& edge() const { return edge_; }
  Component& callee() const { return edge_.to(); }

 private:
  friend class Call;
  bool may_retry(Status status, std::uint32_t attempts_made);
  Duration backoff(std::uint32_t attempts_made, Duration before, const Request& request) const;

  World& world_;
  Edge& edge_;
  std::uint32_t step_;
  Lane* timeout_ = nullptr;
  Duration timeout_length_{};
  std::optional<RetryParams> retry_;
  std::optional<RetryBudget> budget_;
  RandomKey backoff_key_;
};

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
