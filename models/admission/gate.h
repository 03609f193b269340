#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/model/component.h"
#include "models/admission/admission_params.h"
#include "models/algorithms/limiting/keyed.h"
#include "models/algorithms/resilience/concurrency_limiter.h"
#include "models/algorithms/resilience/shedding.h"
#include "models/calls/call.h"

namespace highwater::admission {

class Admissions;

/// What one process knows about the requests that it lets in; it dies with the process.
class Gate {
 public:
  /// A request that was let in. Says how it ended, or, where its process dies, nothing.
  class Pass {
   public:
    Pass() = default;
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    ~Pass() { ended(Status::reset); }
    void ended(Status status);

   private:
    friend class Gate;
    Gate* gate_ = nullptr;
    resilience::ConcurrencyLimiter* limiter_ = nullptr;
    resilience::ConcurrencyLimiter::Ticket ticket_;
  };

  Gate(Admissions& admissions, const Instance& instance);

  /// Lets a request in, at once or after a wait, or not.
  Task<bool> lets_in(Instance& instance, Request request, Pass& pass);

  /// It goes by what the component's admissions say now: what it has learned for limits that are
  /// others now is forgotten. Requests that it has let in count for the limit that they passed.
  void reconfigure(bool rate_limit, bool concurrency_limit);

 private:
  bool has_room(const Request& request) const;
  Task<bool> is_within_rate(Instance& instance, Request request);
  static std::uint64_t group_of(const Request& request, const SharedLimitParams& shared);
  limiting::Verdict ask_limit(std::uint64_t group, Time now);
  std::int64_t now() const;

  Admissions& admissions_;
  const Instance& instance_;
  RandomStream bits_;
  std::unique_ptr<limiting::Limiter> limit_;
  std::unique_ptr<limiting::KeyedLimiter> limits_;
  std::unique_ptr<resilience::ConcurrencyLimiter> concurrency_;
  // Requests that they let in are under way.
  std::vector<std::unique_ptr<resilience::ConcurrencyLimiter>> retired_;
};

/// What the instances of a component have in common about the requests that they let in. Of a limit
/// in a store the store's time of day counts, of one in a process that of its instance where its
/// product reads it. A
/// component with AdmissionParams has one; instances make themselves a Gate whenever they start.
class Admissions {
 public:
  /// @param capacity  Requests in flight at an instance that are a pressure of 1, where the
  ///                  parameters do not say; 0: they must.
  Admissions(Component& component, const AdmissionParams& params, std::uint64_t capacity);

  /// Finds the store of the limits.
  void connect(Directory& directory);
  /// Declares `refused_by` where something may refuse.
  void measure(Recorder::Owner& owner);

  /// A gate for an instance that starts; null where all requests are let in.
  std::unique_ptr<Gate> gate(const Instance& instance);
  /// Whether its limit goes by the time of day of the instance that it is at.
  bool reads_clock() const {
    return params_->rate_limit && !params_->rate_limit->beside().store &&
           params_->rate_limit->reads_time_of_day();
  }

  /// It goes by these from now on; so does each gate that is given to follow().
  /// @param capacity  As when it was made.
  void reconfigure(const AdmissionParams& params, std::uint64_t capacity);
  /// After reconfigure(), for each instance.
  void follow(std::unique_ptr<Gate>& gate, const Instance& instance);
  /// Reports a store that would be another than the one that it knows.
  void examine(const Examination& examination) const;
  /// The parameters that reconfigure() can change, for Component::changeable().
  static std::vector<std::string> changeable() {
    return {"rate_limit", "concurrency_limit", "shed"};
  }

 private:
  friend class Gate;
  struct Counts {
    std::uint64_t rate_limited = 0;
    std::uint64_t delayed = 0;
    std::uint64_t limit_reached = 0;
    std::uint64_t shed = 0;
    std::uint64_t without_store = 0;
  };

  void set_shedder(std::uint64_t capacity);
  void make_limit(std::unique_ptr<limiting::Limiter>& limit,
                  std::unique_ptr<limiting::KeyedLimiter>& limits) const;

  Component& component_;
  const AdmissionParams* params_;
  double capacity_;
  resilience::Shedder shedder_;
  RandomKey shed_key_;
  std::deque<CallSite> sites_;  // to the store, if there is one
  // Kept in the store.
  std::unique_ptr<limiting::Limiter> limit_;
  std::unique_ptr<limiting::KeyedLimiter> limits_;
  Counts counts_;
  // What the last reconfigure() has changed.
  bool rate_limit_differs_ = false;
  bool concurrency_limit_differs_ = false;
};

/// Of Admissions::measure(), for a kind's table.
std::vector<MetricInfo> admission_metrics();

}  // namespace highwater::admission
