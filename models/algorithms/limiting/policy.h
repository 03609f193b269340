#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "models/algorithms/limiting/bucket4j.h"
#include "models/algorithms/limiting/concurrency.h"
#include "models/algorithms/limiting/envoy_local_rate_limit.h"
#include "models/algorithms/limiting/fixed_window.h"
#include "models/algorithms/limiting/gcra.h"
#include "models/algorithms/limiting/juju_bucket.h"
#include "models/algorithms/limiting/keyed.h"
#include "models/algorithms/limiting/leaky_bucket.h"
#include "models/algorithms/limiting/limiter.h"
#include "models/algorithms/limiting/nginx_limit_req.h"
#include "models/algorithms/limiting/rate_limiter_flexible.h"
#include "models/algorithms/limiting/resilience4j_rate_limiter.h"
#include "models/algorithms/limiting/shared.h"
#include "models/algorithms/limiting/sliding_log.h"
#include "models/algorithms/limiting/sliding_window.h"
#include "models/algorithms/limiting/token_bucket.h"
#include "models/algorithms/limiting/uber_ratelimit.h"

namespace highwater::limiting {

/// Every way to limit requests that the family knows.
enum class Policy : std::uint8_t {
  token_bucket,
  juju_bucket,
  bucket4j,
  gcra,
  leaky_bucket,
  leaky_bucket_queue,
  uber_ratelimit,
  fixed_window,
  fixed_window_aligned,
  redis_fixed_window,
  elastic_window,
  sliding_log,
  sliding_window,
  rate_limiter_flexible,
  nginx_limit_req,
  envoy_local_rate_limit,
  resilience4j_rate_limiter,
  concurrency_limit,
};

struct PolicyInfo {
  Policy policy;
  std::string_view name;
  std::string_view summary;
  std::string_view source;
};

/// In the order documents list them; kPolicies[i].policy is the i-th value of Policy.
inline constexpr std::array kPolicies = {
    PolicyInfo{Policy::token_bucket, "token_bucket",
               "A bucket of tokens that fills evenly up to a burst; Go's x/time/rate.",
               "golang.org/x/time/rate 0.3.0"},
    PolicyInfo{Policy::juju_bucket, "juju_bucket",
               "A token bucket that fills at ticks, whole tokens at each.", "juju/ratelimit 1.0.1"},
    PolicyInfo{Policy::bucket4j, "bucket4j",
               "A token bucket in whole numbers, filled greedily or at intervals.",
               "bucket4j 8.19 BucketState64BitsInteger.java"},
    PolicyInfo{Policy::gcra, "gcra",
               "One number for each key, the theoretical arrival time; redis-cell.",
               "ITU-T I.371; redis-cell 0.5.0"},
    PolicyInfo{Policy::leaky_bucket, "leaky_bucket",
               "A bucket that leaks; what would make it run over is refused.", "Turner 1986"},
    PolicyInfo{Policy::leaky_bucket_queue, "leaky_bucket_queue",
               "A bounded queue that lets requests out evenly spaced.", "Tanenbaum 1996"},
    PolicyInfo{Policy::uber_ratelimit, "uber_ratelimit",
               "Evenly spaced requests that make up for some lost time; nobody is refused.",
               "go.uber.org/ratelimit 0.3.1"},
    PolicyInfo{Policy::fixed_window, "fixed_window",
               "A counter that begins with the first request; slowapi, Flask-Limiter.",
               "python-limits 2.8.0"},
    PolicyInfo{Policy::fixed_window_aligned, "fixed_window_aligned",
               "A counter for each minute, hour or day of the clock.", "Redis INCR"},
    PolicyInfo{Policy::redis_fixed_window, "redis_fixed_window",
               "A fixed window shared through Redis, in whole milliseconds.",
               "python-limits 2.8.0; Redis 7.0.15"},
    PolicyInfo{Policy::elastic_window, "elastic_window",
               "A counter whose window every request prolongs, a refused one too.",
               "python-limits 2.8.0"},
    PolicyInfo{Policy::sliding_log, "sliding_log",
               "The times of the last requests: never more than the limit in any period.",
               "python-limits 2.8.0"},
    PolicyInfo{Policy::sliding_window, "sliding_window",
               "Two counters, the older one weighted by how much of it still counts.",
               "Cloudflare 2017; python-limits 5.8.0"},
    PolicyInfo{Policy::rate_limiter_flexible, "rate_limiter_flexible",
               "A window from the first consume, with blocking and even spreading.",
               "npm rate-limiter-flexible 11.4.0"},
    PolicyInfo{Policy::nginx_limit_req, "nginx_limit_req",
               "nginx' leaky bucket in milliseconds and thousandths of requests.",
               "nginx 1.22.1 ngx_http_limit_req_module.c"},
    PolicyInfo{Policy::envoy_local_rate_limit, "envoy_local_rate_limit",
               "The token bucket of Envoy's local rate limit.", "Envoy token_bucket_impl.cc"},
    PolicyInfo{Policy::resilience4j_rate_limiter, "resilience4j_rate_limiter",
               "Permissions for each cycle; a request may wait for those to come.",
               "resilience4j 2.2.0 AtomicRateLimiter.java"},
    PolicyInfo{Policy::concurrency_limit, "concurrency_limit",
               "So many requests at once; nginx limit_conn.",
               "nginx 1.22.1 ngx_http_limit_conn_module.c"},
};

/// Whether the product's own code goes by the time of day, which may be set, and not by a clock
/// that only runs: python-limits (time.time()), bucket4j (TimeMeter.SYSTEM_MILLISECONDS), and
/// whatever has windows by the clock. rate_limiter_flexible goes by both, and its timers have the
/// last word.
constexpr bool reads_time_of_day(Policy policy) {
  switch (policy) {
    case Policy::bucket4j:
    case Policy::fixed_window:
    case Policy::fixed_window_aligned:
    case Policy::redis_fixed_window:
    case Policy::elastic_window:
    case Policy::sliding_log:
    case Policy::sliding_window:
      return true;
    default:
      return false;
  }
}

/// What the policies may be told.
struct Options {
  TokenBucketOptions token_bucket{};
  JujuBucketOptions juju_bucket{};
  Bucket4jOptions bucket4j{};
  GcraOptions gcra{};
  LeakyBucketOptions leaky_bucket{};  ///< The queue's too.
  UberRatelimitOptions uber_ratelimit{};
  WindowOptions window{};  ///< fixed, Redis', elastic, sliding log.
  AlignedWindowOptions aligned_window{};
  SlidingWindowOptions sliding_window{};
  RateLimiterFlexibleOptions rate_limiter_flexible{};
  NginxLimitReqOptions nginx_limit_req{};
  EnvoyLocalRateLimitOptions envoy_local_rate_limit{};
  Resilience4jRateLimiterOptions resilience4j_rate_limiter{};
  ConcurrencyOptions concurrency_limit{};
};

/// Calls `use` with the rule of the policy: what holds a state may then be chosen by the caller.
template <class Use>
auto with_rule(Policy policy, const Options& options, Use use) {
  switch (policy) {
    case Policy::token_bucket:
      return use(TokenBucket(options.token_bucket));
    case Policy::juju_bucket:
      return use(JujuBucket(options.juju_bucket));
    case Policy::bucket4j:
      return use(Bucket4j(options.bucket4j));
    case Policy::gcra:
      return use(Gcra(options.gcra));
    case Policy::leaky_bucket:
      return use(LeakyBucket(options.leaky_bucket));
    case Policy::leaky_bucket_queue:
      return use(LeakyQueue(options.leaky_bucket));
    case Policy::uber_ratelimit:
      return use(UberRatelimit(options.uber_ratelimit));
    case Policy::fixed_window:
      return use(FixedWindow(options.window));
    case Policy::fixed_window_aligned:
      return use(AlignedWindow(options.aligned_window));
    case Policy::redis_fixed_window:
      return use(RedisWindow(options.window));
    case Policy::elastic_window:
      return use(FixedWindow(options.window, true));
    case Policy::sliding_log:
      return use(SlidingLog(options.window));
    case Policy::sliding_window:
      return use(SlidingWindow(options.sliding_window));
    case Policy::rate_limiter_flexible:
      return use(RateLimiterFlexible(options.rate_limiter_flexible));
    case Policy::nginx_limit_req:
      return use(NginxLimitReq(options.nginx_limit_req));
    case Policy::envoy_local_rate_limit:
      return use(EnvoyLocalRateLimit(options.envoy_local_rate_limit));
    case Policy::resilience4j_rate_limiter:
      return use(Resilience4jRateLimiter(options.resilience4j_rate_limiter));
    case Policy::concurrency_limit:
      break;
  }
  return use(Concurrency(options.concurrency_limit));
}

/// A limiter under the policy, made at time `start`.
std::unique_ptr<Limiter> make_limiter(Policy policy, const Options& options = {},
                                      std::int64_t start = 0);

/// A limit under the policy for each key; a key's begins when it is first seen.
std::unique_ptr<KeyedLimiter> make_keyed_limiter(Policy policy, const Options& options = {},
                                                 const KeyedOptions& keyed = {});

}  // namespace highwater::limiting
