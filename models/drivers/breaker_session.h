#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/algorithms/resilience/breaker.h"
#include "models/drivers/driver.h"

namespace highwater::drivers {

/// Drives a circuit breaker by calls, a line each, in the order of time:
///
///   SECONDS success             what the call would do if it went out
///   SECONDS failure
///   SECONDS slow
///   SECONDS success DURATION    the same, ending so many seconds later
///
/// A call without a duration ends at once. A slow one succeeds and took just longer than what the
/// product calls slow; where the product has a time-out instead, it fails by that. A call that
/// lasts as long as the product's time-out fails at that moment.
///
/// Each line is answered by `allowed STATE` or `rejected STATE`, the state after it. Calls that the
/// breaker lets wait (cockatiel) are answered once it has decided, and so are the lines behind
/// them.
class BreakerSession final : public Session {
 public:
  explicit BreakerSession(std::unique_ptr<resilience::Breaker> breaker);

  std::string take(std::string_view line, std::string& out) override;
  void end(std::string& out) override;

 private:
  struct Call {
    std::uint64_t number = 0;  // of its line
    std::int64_t duration = 0;
    bool at_once = true;
    bool fails = false;
    bool slow = false;
  };
  struct InFlight {
    std::int64_t ends = 0;
    std::uint64_t order = 0;  // of going out
    std::int64_t began = 0;
    resilience::Admission as = resilience::Admission::admitted;
    Call call;
  };

  struct Waiting {
    Call call;
    std::uint64_t trial = 0;  // the order of the one it waits for
  };

  /// @return whether it has been answered.
  bool ask(const Call& call, std::int64_t now);
  void trial_ended(std::uint64_t trial, std::int64_t now);
  void end_calls_until(std::int64_t now);
  void report(const Call& call, resilience::Admission as, std::int64_t began, std::int64_t now);
  void answer(std::uint64_t number, bool allowed, std::int64_t now);
  void print(std::string& out);

  std::unique_ptr<resilience::Breaker> breaker_;
  std::int64_t now_ = 0;
  std::vector<InFlight> in_flight_;  // a heap: what ends first, of equals what went out first
  std::uint64_t gone_out_ = 0;
  std::uint64_t trial_ = 0;  // the last
  std::deque<Waiting> waiting_;
  std::deque<std::string> answers_;  // of the lines from printed_ on; empty: not yet
  std::uint64_t printed_ = 0;
};

}  // namespace highwater::drivers
