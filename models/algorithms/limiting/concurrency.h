#pragma once

#include <cstdint>

#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

struct ConcurrencyOptions {
  std::uint32_t limit = 1;  ///< Requests at once.
};

/// limiting concurrency_limit: so many requests at once, for as long as they take; nginx
/// limit_conn, a semaphore without a queue.
///
/// finish() gives back what admit() took; more than was taken counts as all of it. Time does not
/// matter. When a place becomes free depends on those who hold them: retry_after is 0, for unknown,
/// and kNever for a cost above the limit. Limit 0 refuses everything; nginx does not accept it.
///
/// Source   nginx 1.22.1 ngx_http_limit_conn_module.c (ngx_http_limit_conn_handler, _cleanup).
/// Checked  tests/limiting/concurrency_test.cpp; tests/reality/nginx_limit_req.py: a running nginx.
class Concurrency {
 public:
  struct State {
    std::uint32_t in_flight = 0;
  };

  explicit Concurrency(const ConcurrencyOptions& options) : limit_(options.limit) {}

  void begin(State& state, std::int64_t) const { state = {}; }

  Verdict admit(State& state, std::int64_t, std::uint32_t cost) const {
    if (cost > limit_) return Verdict::denied(kNever);
    if (state.in_flight > limit_ - cost) return Verdict::denied(0);
    state.in_flight += cost;
    return Verdict::allowed();
  }
  void finish(State& state, std::int64_t, std::uint32_t cost) const {
    state.in_flight -= cost < state.in_flight ? cost : state.in_flight;
  }

  bool is_idle(const State& state, std::int64_t) const { return state.in_flight == 0; }

 private:
  std::uint32_t limit_;
};

}  // namespace highwater::limiting
