/// Drivers of the limiting family: times in, verdicts out.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/problems.h"
#include "models/algorithms/limiting/policy.h"
#include "models/drivers/catalog.h"
#include "models/drivers/seconds.h"
#include "models/drivers/words.h"
#include "models/key_number.h"
#include "models/limit_params.h"

namespace highwater::drivers {
namespace {

using limiting::Policy;
using limiting::Verdict;

constexpr const char* kTimes =
    "SECONDS, or SECONDS COST; with --per-key SECONDS KEY, or SECONDS KEY COST";
constexpr const char* kTimesAndEnds =
    "SECONDS of a request, SECONDS done when one has ended; with --per-key SECONDS KEY and "
    "SECONDS KEY done; a cost may stand in place of nothing";
constexpr const char* kVerdict = "allow, deny, or delay SECONDS";

/// A limiter's own options and those that all have.
template <class Group>
struct LimiterDriverParams {
  Group group;
  bool retry_after = false;
  bool per_key = false;
  std::uint32_t keys = limiting::KeyedOptions{}.keys;
  limiting::WhenFull when_full = limiting::KeyedOptions{}.when_full;

  static constexpr std::string_view type_name = "limiter_driver";
  static constexpr auto fields() {
    using P = LimiterDriverParams;
    return Fields{
        inlined<&P::group>(),
        field<&P::retry_after>("Says behind deny after how many seconds the same request would be "
                               "admitted if no other came, or never."),
        field<&P::per_key>("A limit for each key."),
        field<&P::keys>("Keys that are remembered at most; with per_key.").at_least(1),
        field<&P::when_full>("What becomes of a new key when none of those is idle.")};
  }
};

/// What a line says.
struct Request {
  std::int64_t now = 0;
  std::uint64_t key = 0;
  std::uint32_t cost = 1;
  bool done = false;
};

/// Reads a line. @return what is wrong with it; empty where nothing is.
std::string read_request(std::string_view line, bool per_key, bool may_end, Request& request) {
  const Words<4> words(line);
  const auto now = nanoseconds_of(words[0]);
  if (!now) return no_seconds(words[0]);
  request.now = *now;
  std::size_t next = 1;
  if (per_key) {
    if (words.count() < 2) return "expected a key behind the time";
    request.key = key_number(words[next++]);
  }
  if (next < words.count() && may_end && words[next] == "done") {
    request.done = true;
    ++next;
  }
  if (next < words.count()) {
    const auto cost = whole_number(words[next]);
    if (!cost) return "expected a cost in whole numbers, found " + in_quotes(words[next]);
    request.cost = *cost;
    ++next;
  }
  if (next < words.count()) return "more words than a time, a key and a cost";
  return {};
}

void append_verdict(const Verdict& verdict, bool says_when, std::string& out) {
  switch (verdict.kind) {
    case Verdict::Kind::allow:
      out += "allow";
      break;
    case Verdict::Kind::delay:
      out += "delay ";
      out += verdict.delay == limiting::kNever ? "never" : seconds_text(verdict.delay);
      break;
    case Verdict::Kind::deny:
      out += "deny";
      if (!says_when) break;
      out += ' ';
      out += verdict.retry_after == limiting::kNever ? "never" : seconds_text(verdict.retry_after);
      break;
  }
  out += '\n';
}

class LimiterSession final : public Session {
 public:
  template <class Params>
  LimiterSession(Policy policy, const Params& params, const limiting::Options& options)
      : says_when_(params.retry_after), may_end_(policy == Policy::concurrency_limit) {
    if (params.per_key) {
      keyed_ = limiting::make_keyed_limiter(policy, options, {params.keys, params.when_full});
    } else {
      single_ = limiting::make_limiter(policy, options);
    }
  }

  std::string take(std::string_view line, std::string& out) override {
    Request request;
    std::string wrong = read_request(line, keyed_ != nullptr, may_end_, request);
    if (!wrong.empty()) return wrong;
    if (request.done) {
      keyed_ ? keyed_->finish(request.key, request.now, request.cost)
             : single_->finish(request.now, request.cost);
      return {};
    }
    append_verdict(keyed_ ? keyed_->admit(request.key, request.now, request.cost)
                          : single_->admit(request.now, request.cost),
                   says_when_, out);
    return {};
  }

 private:
  std::unique_ptr<limiting::Limiter> single_;
  std::unique_ptr<limiting::KeyedLimiter> keyed_;
  bool says_when_;
  bool may_end_;
};

template <class Group>
Driver limiter_driver(Policy policy, const std::string& words) {
  using Params = LimiterDriverParams<Group>;
  const limiting::PolicyInfo& info = limiting::kPolicies[static_cast<std::size_t>(policy)];
  const bool ends = policy == Policy::concurrency_limit;
  const std::string name(info.name);
  return driver<Params>({name, "limiting", std::string(info.summary), std::string(info.source),
                         ends ? kTimesAndEnds : kTimes, kVerdict,
                         "printf '%s\\n' 0 0.1 " + std::string(ends ? "'0.2 done'" : "0.2") +
                             " 0.3 1.5 | highwater algorithm " + name + " " + words},
                        [policy](const Params& params) {
                          limiting::Options options;
                          params.group.apply(options);
                          return std::make_unique<LimiterSession>(policy, params, options);
                        });
}

Driver driver_of(Policy policy) {
  switch (policy) {
    case Policy::token_bucket:
      return limiter_driver<limit::TokenBucketParams>(policy, "--rate 2/s --burst 2");
    case Policy::juju_bucket:
      return limiter_driver<limit::JujuBucketParams>(policy, "--rate 2/s --capacity 2");
    case Policy::bucket4j:
      return limiter_driver<limit::Bucket4jParams>(policy, "--capacity 2 --refill-tokens 2");
    case Policy::gcra:
      return limiter_driver<limit::GcraParams>(policy, "--rate 2/s --burst 2");
    case Policy::leaky_bucket:
    case Policy::leaky_bucket_queue:
      return limiter_driver<limit::LeakyBucketParams>(policy, "--rate 2/s --burst 2");
    case Policy::uber_ratelimit:
      return limiter_driver<limit::UberRatelimitParams>(policy, "--rate 2/s");
    case Policy::fixed_window:
    case Policy::redis_fixed_window:
    case Policy::elastic_window:
      return limiter_driver<limit::WindowParams>(policy, "--rate 3/s");
    case Policy::sliding_log:
      return limiter_driver<limit::SlidingLogParams>(policy, "--rate 3/s");
    case Policy::fixed_window_aligned:
      return limiter_driver<limit::AlignedWindowParams>(policy, "--rate 3/s");
    case Policy::sliding_window:
      return limiter_driver<limit::SlidingWindowParams>(policy, "--rate 3/s");
    case Policy::rate_limiter_flexible:
      return limiter_driver<limit::RateLimiterFlexibleParams>(policy, "--points 3 --duration 1s");
    case Policy::nginx_limit_req:
      return limiter_driver<limit::NginxLimitReqParams>(policy, "--rate 5r/s --burst 2 --nodelay");
    case Policy::envoy_local_rate_limit:
      return limiter_driver<limit::EnvoyLocalRateLimitParams>(
          policy, "--max-tokens 2 --tokens-per-fill 2 --fill-interval 1s");
    case Policy::resilience4j_rate_limiter:
      return limiter_driver<limit::Resilience4jRateLimiterParams>(
          policy, "--limit-for-period 2 --limit-refresh-period 1s --timeout-duration 500ms");
    case Policy::concurrency_limit:
      break;
  }
  return limiter_driver<limit::ConcurrencyLimitParams>(policy, "--limit 2");
}

/// juju's TakeAvailable: takes what there is.
class TakeAvailableSession final : public Session {
 public:
  explicit TakeAvailableSession(const limiting::JujuBucketOptions& options) : bucket_(options) {
    bucket_.begin(state_, 0);
  }
  std::string take(std::string_view line, std::string& out) override {
    Request request;
    std::string wrong = read_request(line, false, false, request);
    if (wrong.empty())
      out += fmt::format("{}\n", bucket_.take_available(state_, request.now, request.cost));
    return wrong;
  }

 private:
  limiting::JujuBucket bucket_;
  limiting::JujuBucket::State state_;
};

Driver juju_take_available() {
  return driver<limit::JujuBucketParams>(
      {"juju_take_available", "limiting", "As juju_bucket, taking what there is.",
       "juju/ratelimit 1.0.1 TakeAvailable", "SECONDS, or SECONDS COUNT",
       "the number of tokens taken, 0 to COUNT",
       "printf '%s\\n' '0 3' '0.1 3' '2 3' | highwater algorithm juju_take_available --rate 1/s "
       "--capacity 5"},
      [](const limit::JujuBucketParams& params) {
        limiting::Options options;
        params.apply(options);
        return std::make_unique<TakeAvailableSession>(options.juju_bucket);
      });
}

struct RedisCellParams {
  std::uint32_t max_burst = 0;
  std::uint32_t count_per_period = 1;
  Duration period{limiting::kSecond};

  static constexpr auto fields() {
    using P = RedisCellParams;
    return Fields{field<&P::max_burst>("Requests beyond the first that may come at once.")
                      .at_most(4'294'967'294)
                      .required(),
                  field<&P::count_per_period>("Requests of each period.").at_least(1).required(),
                  field<&P::period>("The period.").at_least(Duration{1}).required()};
  }
};

/// CL.THROTTLE's answer: five integers.
class RedisCellSession final : public Session {
 public:
  explicit RedisCellSession(const RedisCellParams& params)
      : gcra_({static_cast<double>(params.count_per_period), params.period.count(),
               params.max_burst + 1}) {}

  std::string take(std::string_view line, std::string& out) override {
    Request request;
    std::string wrong = read_request(line, false, false, request);
    if (!wrong.empty()) return wrong;
    const limiting::Gcra::Answer answer = gcra_.throttle(state_, request.now, request.cost);
    const bool limited = !answer.verdict.is_admitted();
    const bool says_when = limited && answer.verdict.retry_after != limiting::kNever;
    out += fmt::format("{} {} {} {} {}\n", limited ? 1 : 0, answer.limit, answer.remaining,
                       says_when ? seconds_up(answer.verdict.retry_after) : -1,
                       seconds_up(answer.reset_after));
    return {};
  }

 private:
  /// Whole seconds; a millisecond more is a second more.
  static std::int64_t seconds_up(std::int64_t duration) {
    return duration / limiting::kSecond +
           (duration % limiting::kSecond >= limiting::kMillisecond ? 1 : 0);
  }

  limiting::Gcra gcra_;
  limiting::Gcra::State state_;
};

Driver redis_cell() {
  return driver<RedisCellParams>(
      {"redis_cell", "limiting", "GCRA as redis-cell's command CL.THROTTLE answers.",
       "redis-cell 0.5.0 src/cell/mod.rs, src/lib.rs", "SECONDS, or SECONDS QUANTITY",
       "0 or 1 for limited, limit, remaining, retry after, reset after; seconds, -1 for none",
       "printf '%s\\n' 0 0 0 3 | highwater algorithm redis_cell --max-burst 1 --count-per-period "
       "30 --period 60s"},
      [](const RedisCellParams& params) { return std::make_unique<RedisCellSession>(params); });
}

}  // namespace

std::vector<Driver> limiting() {
  std::vector<Driver> drivers;
  for (const limiting::PolicyInfo& info : limiting::kPolicies) {
    drivers.push_back(driver_of(info.policy));
    if (info.policy == Policy::juju_bucket) drivers.push_back(juju_take_available());
    if (info.policy == Policy::gcra) drivers.push_back(redis_cell());
  }
  return drivers;
}

}  // namespace highwater::drivers
