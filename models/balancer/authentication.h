#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/model/component.h"
#include "models/balancer/authentication_params.h"
#include "models/calls/call.h"
#include "models/session_table.h"
#include "models/steps/processor.h"

namespace highwater::balancer {

/// How a gateway finds out who a request is from, before it sends it on.
///
/// A request whose token is no good is answered with a 401: an answer, as to a caller that gets
/// what it deserves. One about which nobody answers fails.
///
/// Times of tokens, and of what is remembered of them, are times of day: a gateway whose clock is
/// wrong takes good tokens for those of the past, or of the future.
///
/// Assumes  tokens come from clocks that are right, of each user a new one when the last has
///          expired; what is remembered of a token costs nothing to find; requests with one token
///          that come while it is asked about ask too; a bad token is not remembered.
/// Source   RFC 7519 (JWT), RFC 7662 (introspection); Envoy jwt_authn and ext_authz, nginx
///          auth_request with proxy_cache.
/// Checked  tests/gateway/authentication_test.cpp
class Authentication {
 public:
  enum class Verdict : std::uint8_t { passes, unauthorized, failed };
  struct Result {
    Verdict verdict = Verdict::passes;
    Reply reply;  ///< Where it does not pass.
  };

  Authentication(Component& gateway, const AuthenticationParams& params);

  void connect(Directory& directory);
  void examine(const Examination& examination) const;
  void measure(Recorder::Owner& owner);
  /// Where it asks, if it does.
  const std::deque<CallSite>& sites() const { return sites_; }
  /// Whether anything depends on the gateway's time of day.
  bool reads_clock() const {
    return params_.jwt ? params_.jwt->lifetime.has_value()
                       : params_.introspection->cache.has_value();
  }

  /// The tokens that a process remembers; nothing where it remembers none.
  std::optional<SessionTable> memory() const;

  /// @param known      What memory() gave the process.
  /// @param processor  Of the process; null where its CPU is no limit.
  Task<Result> check(Instance& gateway, SessionTable* known, steps::Processor* processor,
                     Request request);

 private:
  bool is_in_time(const Instance& gateway, const Request& request) const;
  Task<Result> ask(Instance& gateway, SessionTable* known, Request request, bool is_good);

  Component& gateway_;
  const AuthenticationParams& params_;
  RandomKey invalid_key_, verify_key_, age_key_;
  std::deque<CallSite> sites_;  // one, where it asks
  struct Counts {
    std::uint64_t unauthorized = 0;
    std::uint64_t asked = 0;
    std::uint64_t known = 0;
    std::uint64_t without_answer = 0;
  } counts_;
};

/// Of Authentication::measure(), for a kind's table.
std::vector<MetricInfo> authentication_metrics();

}  // namespace highwater::balancer
