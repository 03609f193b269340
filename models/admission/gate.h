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
    resilience::ConcurrencyLimiter::Ticket ticket_;
  };

  Gate(Admissions& admissions, const Instance& instance);

  /// Lets a request in, at once or after a wait, or not.
  Task<bool> lets_in(Instance& instance, Request request, Pass& pass);

 private:
  bool has_room(const Request& request) const;
  Task<bool> is_within_rate(Instance& instance, Request request);
  std::uint64_t group_of(const Request& request) const;
  limiting::Verdict ask_limit(const Request& request);
  std::int64_t now() const;

  Admissions& admissions_;
  const Instance& instance_;
  RandomStream bits_;
  std::unique_ptr<limiting::Limiter> limit_;
  std::unique_ptr<limiting::KeyedLimiter> limits_;
  std::optional<resilience::ConcurrencyLimiter> concurrency_;
};

/// What the instances of a component have in common about the requests that they let in. A
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

 private:
  friend class Gate;
  struct Counts {
    std::uint64_t rate_limited = 0;
    std::uint64_t delayed = 0;
    std::uint64_t limit_reached = 0;
    std::uint64_t shed = 0;
    std::uint64_t without_store = 0;
  };

  void make_limit(std::unique_ptr<limiting::Limiter>& limit,
                  std::unique_ptr<limiting::KeyedLimiter>& limits) const;

  Component& component_;
  const AdmissionParams& params_;
  double capacity_;
  resilience::Shedder shedder_;
  RandomKey shed_key_;
  std::deque<CallSite> sites_;  // to the store, if there is one
  // Kept in the store.
  std::unique_ptr<limiting::Limiter> limit_;
  std::unique_ptr<limiting::KeyedLimiter> limits_;
  Counts counts_;
};

/// Of Admissions::measure(), for a kind's table.
std::vector<MetricInfo> admission_metrics();

}  // namespace highwater::admission
