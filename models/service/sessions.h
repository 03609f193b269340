#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"
#include "models/service/sessions_params.h"
#include "models/session_table.h"
#include "models/steps/program.h"

namespace highwater::service {

/// A table of sessions that counts over time what it holds.
class HeldSessions {
 public:
  /// @param changed  Hears how many there are, whenever that changes; may be empty.
  HeldSessions(Simulation& simulation, Duration timeout,
               std::function<void(std::size_t)> changed = {});
  HeldSessions(const HeldSessions&) = delete;
  HeldSessions& operator=(const HeldSessions&) = delete;

  std::optional<std::uint64_t> find(std::uint64_t key) const {
    return table_.find(key, simulation_.now());
  }
  bool use(std::uint64_t key) { return table_.use(key, simulation_.now()); }
  void put(std::uint64_t key, std::uint64_t value);
  void erase(std::uint64_t key);
  void clear();

  double integral(Time now) const { return held_.total(now); }

 private:
  void end();
  void count();

  Simulation& simulation_;
  SessionTable table_;
  TimeIntegral held_;
  std::function<void(std::size_t)> changed_;
  Timer<&HeldSessions::end> end_;
};

/// The sessions of a service: which users have one, where it is, and what a request without one
/// does. A user is the key of the request.
///
/// Each user carries the number of the session that the last login gave out, as a cookie, or the
/// token itself. In process, the instance must know that number: one where the user was before
/// another login does not, and keeps what it has until that times out.
///
/// Assumes  a cookie lives as long as the session; a user who has two requests under way without a
///          session logs in twice, and the later login counts.
/// Source   Tomcat and express-session (in memory), Spring Session (store), RFC 7519 (tokens);
///          Twelve-Factor App, VI: processes are stateless and share nothing.
/// Checked  tests/sessions/sessions_test.cpp
class Sessions {
 public:
  Sessions(Component& service, const SessionsParams& params);

  /// Makes the steps and calls ready.
  void connect(steps::Program& program);
  /// Reports a store that cannot be one.
  void examine(const Examination& examination, Directory& directory) const;
  /// @param held  Sessions in the instances, integrated over time.
  void measure(Recorder::Owner& owner, Cumulative held);

  bool in_process() const { return params_.in_process.has_value(); }
  Duration timeout() const { return params_.timeout; }

  /// Finds the session of the request, or makes one, with all that this takes.
  /// @param here  Of the instance; null unless sessions are in the process.
  /// @return what went wrong; the request is not to be served then.
  Task<Status> enter(HeldSessions* here, steps::Work& work);

 private:
  enum class Found : std::uint8_t { yes, no, token_over };
  Task<Status> look_up(HeldSessions* here, steps::Work& work, Found& found);
  Task<Status> ask(steps::Work& work, Operation operation, bool& has_it);
  Status lost(std::uint64_t user);
  Time time_of_day(const Instance& process) const;

  Component& service_;
  const SessionsParams& params_;
  RandomKey verify_key_;
  HeldSessions users_;  // number of the session, or when the token is over
  steps::Program* program_ = nullptr;
  steps::Block login_, refresh_;
  CallSite* store_ = nullptr;
  std::uint64_t last_session_ = 0;
  std::uint64_t logins_ = 0;
  std::uint64_t refreshes_ = 0;
  std::uint64_t lost_ = 0;
};

/// Of Sessions::measure(), for a kind's table.
std::vector<MetricInfo> session_metrics();

}  // namespace highwater::service
