#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

struct NginxLimitReqOptions {
  std::int64_t milli_rate = 1000;  ///< Thousandths of a request per second: 30r/m is 500.
  std::uint32_t burst = 0;         ///< Requests beyond the rate that are not refused.
  std::uint32_t delay = 0;         ///< Of those, how many are not delayed.
  bool nodelay = false;            ///< None is delayed.
};

/// limiting nginx_limit_req: nginx' leaky bucket, in thousandths of requests and whole
/// milliseconds.
///
/// Excess grows by 1000 with every request and shrinks by milli_rate * ms / 1000, rounded down; the
/// first request of a key leaves 0. Above burst a request is refused and changes nothing. Above
/// `delay` it waits (excess - delay) * 1000 / milli_rate milliseconds. A request within the same
/// millisecond leaves the time of the last one as it is.
///
/// In a window of t milliseconds at most burst + 1 + milli_rate * (t + 1) / 1000000 are let
/// through: all that is rounded away counts against the client.
///
/// Time that goes backwards counts as none, or as 1 ms where it goes back more than a minute (the
/// counter of milliseconds has wrapped). A cost of n is n requests at once, all or none; nginx has
/// no costs. Cost 0 is let through. milli_rate 0, which nginx does not
/// accept: the burst, once, and what of it would be delayed waits for ever.
///
/// Source   nginx 1.22.1 ngx_http_limit_req_module.c (ngx_http_limit_req_lookup, _account; the
///          directive's parser for rate: whole numbers, r/s or r/m, times 1000, divided by 60).
/// Checked  tests/limiting/nginx_limit_req_test.cpp: 288 recorded decisions of 1.22.1, the bound;
///          tests/reality/nginx_limit_req.py: a running nginx under random settings.
class NginxLimitReq {
 public:
  struct State {
    std::int64_t last = 0;  ///< Milliseconds.
    std::int64_t excess = 0;
    bool present = false;
  };
  static constexpr std::int64_t kIdleTime = 60'000;  ///< Milliseconds before a key may be dropped.

  explicit NginxLimitReq(const NginxLimitReqOptions& options)
      : rate_(std::max<std::int64_t>(0, options.milli_rate)),
        burst_(std::int64_t{options.burst} * 1000),
        undelayed_(options.nodelay ? kNever : std::int64_t{options.delay} * 1000) {}

  void begin(State& state, std::int64_t) const { state = {}; }

  Verdict admit(State& state, std::int64_t time, std::uint32_t cost) const {
    if (cost == 0) return Verdict::allowed();
    const std::int64_t now = floor_divide(time, kMillisecond);
    const std::int64_t more = (std::int64_t{cost} - 1) * 1000;
    if (!state.present) {
      if (more > burst_) return Verdict::denied(kNever);
      state = {now, more, true};
      return paced(more);
    }
    std::int64_t passed = saturating_subtract(now, state.last);
    passed = passed < -kIdleTime ? 1 : std::max<std::int64_t>(0, passed);
    const std::int64_t excess =
        std::max<std::int64_t>(0, state.excess - drained(passed) + 1000) + more;
    if (excess > burst_) return Verdict::denied(time_until(state, time, more));
    state.excess = excess;
    if (passed != 0) state.last = now;
    return paced(excess);
  }

  bool is_idle(const State& state, std::int64_t time) const {
    if (!state.present) return true;
    const std::int64_t passed = saturating_subtract(floor_divide(time, kMillisecond), state.last);
    const std::int64_t apart = passed < 0 ? saturating_subtract(0, passed) : passed;
    return apart >= kIdleTime && state.excess <= drained(apart);
  }

 private:
  std::int64_t drained(std::int64_t milliseconds) const {
    return saturating_multiply(rate_, milliseconds) / 1000;
  }
  Verdict paced(std::int64_t excess) const {
    if (excess <= undelayed_) return Verdict::allowed();
    if (rate_ == 0) return Verdict::after(kNever);
    return Verdict::after(saturating_multiply((excess - undelayed_) * 1000 / rate_, kMillisecond));
  }
  std::int64_t time_until(const State& state, std::int64_t time, std::int64_t more) const {
    if (rate_ == 0 || more > burst_) return kNever;
    const std::int64_t need = state.excess + 1000 + more - burst_;
    const std::int64_t passed = divide_up(need * 1000, rate_);
    return saturating_subtract(
        saturating_multiply(saturating_add(state.last, passed), kMillisecond), time);
  }

  std::int64_t rate_;
  std::int64_t burst_;
  std::int64_t undelayed_;
};

}  // namespace highwater::limiting
