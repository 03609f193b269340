#include "models/drivers/retrying.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/problems.h"
#include "models/algorithms/resilience/resilience.h"
#include "models/drivers/seconds.h"
#include "models/retry_limit_params.h"

namespace highwater::resilience {

template <class Enum, class Infos, std::size_t... I>
constexpr auto words_from(const Infos& infos, std::index_sequence<I...>) {
  return std::array{Word<Enum>{infos[I].kind, infos[I].name, infos[I].summary}...};
}
constexpr auto words_of(BackoffKind) {
  return words_from<BackoffKind>(kBackoffs, std::make_index_sequence<kBackoffs.size()>());
}
constexpr auto words_of(BulkheadKind) {
  return words_from<BulkheadKind>(kBulkheads, std::make_index_sequence<kBulkheads.size()>());
}
constexpr auto words_of(GrpcLibrary) {
  return std::array{
      Word{GrpcLibrary::go, "go", "The largest unit that comes out even; else rounds up."},
      Word{GrpcLibrary::java, "java", "The finest unit; cuts."},
      Word{GrpcLibrary::js, "js", "The finest unit from milliseconds on; rounds up."}};
}

}  // namespace highwater::resilience

namespace highwater::drivers {
namespace {

using resilience::Try;
using resilience::TryResult;

/// The words of a line, in at most two parts: the first, and all that follows.
std::pair<std::string_view, std::string_view> first_word(std::string_view line) {
  const std::size_t space = std::min(line.find(' '), line.size());
  return {line.substr(0, space), line.substr(std::min(space + 1, line.size()))};
}

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string expected(std::string_view what, std::string_view found) {
  return fmt::format("expected {}, found {}", what, in_quotes(found));
}

std::optional<TryResult> result_of(std::string_view word) {
  if (word == "success") return TryResult::ok;
  if (word == "failure") return TryResult::failed;
  if (word == "timeout") return TryResult::timed_out;
  if (word == "refused") return TryResult::refused;
  return std::nullopt;
}

std::string_view verdict(bool allowed) {
  return allowed ? "allow" : "deny";
}

// Pauses.

struct BackoffParams {
  resilience::BackoffKind kind = resilience::BackoffKind::full_jitter;
  std::optional<Duration> initial;
  std::optional<Duration> max;
  std::optional<double> multiplier;
  std::optional<Fraction> jitter;
  std::optional<Duration> max_elapsed;

  static constexpr std::string_view type_name = "backoff_driver";
  static constexpr auto fields() {
    using P = BackoffParams;
    return Fields{
        field<&P::kind>("How pauses grow and vary."),
        field<&P::initial>("The first pause; the kind's own unless given.").bare("ms"),
        field<&P::max>("The longest pause, before gRPC's and cenkalti's jitter.").bare("ms"),
        field<&P::multiplier>("From one pause to the next."),
        field<&P::jitter>("Share that gRPC's, cenkalti's and resilience4j's draws move it by."),
        field<&P::max_elapsed>("cenkalti gives up when a pause would end later; 0: never.")
            .bare("ms")};
  }
};

class BackoffSession final : public Session {
 public:
  explicit BackoffSession(const BackoffParams& params)
      : backoff_(params.kind, options_of(params)) {}

  std::string take(std::string_view line, std::string& out) override {
    const auto draw = number_of(line);
    if (!draw || !(*draw >= 0 && *draw < 1)) return expected("a number in [0, 1)", line);
    const auto pause = backoff_.next_ms(*draw, elapsed_);
    if (!pause) {
      out += "stop\n";
      return {};
    }
    elapsed_ += static_cast<std::int64_t>(std::min(*pause * 1e6, 0x1p61));
    elapsed_ = std::min(elapsed_, std::int64_t{1} << 61);
    out += fmt::format("{}\n", *pause / 1000);
    return {};
  }

 private:
  static resilience::BackoffOptions options_of(const BackoffParams& params) {
    resilience::BackoffOptions options = resilience::Backoff::info(params.kind).defaults;
    if (params.initial) options.initial = params.initial->count();
    if (params.max) options.max = params.max->count();
    if (params.multiplier) options.multiplier = *params.multiplier;
    if (params.jitter) options.jitter = params.jitter->value;
    if (params.max_elapsed) options.max_elapsed = params.max_elapsed->count();
    return options;
  }

  resilience::Backoff backoff_;
  std::int64_t elapsed_ = 0;  // as if tries took no time
};

// Limits on retries.

struct GrpcThrottleParams {
  RetryThrottleParams throttle;
  bool milli_tokens = false;

  static constexpr std::string_view type_name = "grpc_retry_throttle_driver";
  static constexpr auto fields() {
    using P = GrpcThrottleParams;
    return Fields{
        inlined<&P::throttle>(),
        field<&P::milli_tokens>("Counts whole thousandths, as C core and Java, not doubles.")};
  }
};

class GrpcThrottleSession final : public Session {
 public:
  explicit GrpcThrottleSession(const GrpcThrottleParams& params)
      : doubles_(params.throttle.options()),
        millis_(params.throttle.options()),
        in_millis_(params.milli_tokens) {}

  std::string take(std::string_view line, std::string& out) override {
    const auto [word, pushback] = first_word(line);
    const auto how = result_of(word);
    if (!how || (!pushback.empty() && *how != TryResult::failed))
      return expected("success, failure, failure PUSHBACK_MS, timeout or refused", line);
    doubles_.ended(0, {}, *how);
    millis_.ended(0, {}, *how);
    bool allowed = in_millis_ ? millis_.may_retry(0, *how) : doubles_.may_retry(0, *how);
    if (!pushback.empty() && resilience::grpc_pushback(pushback).stop) allowed = false;
    const double tokens =
        in_millis_ ? static_cast<double>(millis_.milli_tokens()) / 1000 : doubles_.tokens();
    out += fmt::format("{} {}\n", verdict(allowed), tokens);
    return {};
  }

 private:
  resilience::GrpcRetryThrottle doubles_;
  resilience::GrpcMilliThrottle millis_;
  bool in_millis_;
};

struct RetryBudgetDriverParams {
  double percent_can_retry = resilience::RetryBudgetOptions{}.percent_can_retry;
  RetryReserveParams reserve;
  bool linkerd = false;

  static constexpr std::string_view type_name = "retry_budget_driver";
  static constexpr auto fields() {
    using P = RetryBudgetDriverParams;
    return Fields{field<&P::percent_can_retry>("Retries a request: 0.2 is one for five.")
                      .at_least(0.0)
                      .at_most(1000.0),
                  inlined<&P::reserve>(),
                  field<&P::linkerd>("As Linkerd's proxy keeps it, not Finagle.")};
  }
};

class RetryBudgetSession final : public Session {
 public:
  explicit RetryBudgetSession(const RetryBudgetDriverParams& params)
      : finagle_(params.reserve.options(params.percent_can_retry)),
        linkerd_(params.reserve.options(params.percent_can_retry)),
        budget_(params.linkerd ? static_cast<resilience::RetryLimit*>(&linkerd_) : &finagle_) {}

  std::string take(std::string_view line, std::string& out) override {
    const auto [seconds, word] = first_word(line);
    const auto time = nanoseconds_of(seconds);
    if (!time) return no_seconds(seconds);
    if (word != "request" && word != "retry")
      return expected("SECONDS request or SECONDS retry", line);
    if (*time < now_) return "time goes back";
    now_ = *time;
    if (word == "request") {
      budget_->began(now_, {});
    } else {
      out += fmt::format("{}\n", verdict(budget_->may_retry(now_, TryResult::failed)));
    }
    return {};
  }

 private:
  resilience::FinagleRetryBudget finagle_;
  resilience::LinkerdRetryBudget linkerd_;
  resilience::RetryLimit* budget_;
  std::int64_t now_ = 0;
};

class EnvoyRetryBudgetSession final : public Session {
 public:
  explicit EnvoyRetryBudgetSession(const RetryConcurrencyParams& params)
      : budget_(params.options()) {}

  std::string take(std::string_view line, std::string& out) override {
    const Try retry{true, TryResult::failed};
    const std::uint64_t firsts = budget_.active() - active_retries_;
    if (line == "request") {
      budget_.began(0, {});
    } else if (line == "done") {
      if (firsts == 0) return "no request is on its way";
      budget_.ended(0, {}, TryResult::ok);
    } else if (line == "retry") {
      const bool allowed = budget_.may_retry(0, TryResult::failed);
      if (allowed) {
        budget_.began(0, retry);
        ++active_retries_;
      }
      out += fmt::format("{}\n", verdict(allowed));
    } else if (line == "retry done") {
      if (active_retries_ == 0) return "no retry is on its way";
      budget_.ended(0, retry, TryResult::ok);
      --active_retries_;
    } else {
      return expected("request, done, retry or retry done", line);
    }
    return {};
  }

 private:
  resilience::EnvoyRetryBudget budget_;
  std::uint64_t active_retries_ = 0;
};

class AwsRetryQuotaSession final : public Session {
 public:
  explicit AwsRetryQuotaSession(const RetryQuotaParams& params) : quota_(params.options()) {}

  std::string take(std::string_view line, std::string& out) override {
    const auto [name, word] = first_word(line);
    const auto how = result_of(word);
    if (!how || name.empty())
      return expected("NAME success, NAME failure, NAME timeout or NAME refused", line);
    Try attempt;
    const auto found = tries_.find(name);
    if (found != tries_.end()) attempt = found->second;
    quota_.ended(0, attempt, *how);
    const bool is_over = *how == TryResult::ok || *how == TryResult::refused;
    const bool allowed = !is_over && quota_.may_retry(0, *how);
    if (allowed) {
      tries_.insert_or_assign(std::string(name), Try{true, *how});
    } else if (found != tries_.end()) {
      tries_.erase(found);
    }
    out += fmt::format("{} {}\n", is_over ? "end" : verdict(allowed), quota_.available());
    return {};
  }

 private:
  resilience::AwsRetryQuota quota_;
  std::map<std::string, Try, std::less<>> tries_;  // the next of each request that goes on
};

// Hedges.

struct HedgeParams {
  std::string speculative_retry = "99p";
  Duration initial_delay = 2500ms;
  Duration window = 30s;
  std::optional<Fraction> budget;
  std::uint32_t burst = 10;

  static constexpr std::string_view type_name = "hedge_driver";
  static constexpr auto fields() {
    using P = HedgeParams;
    return Fields{
        field<&P::speculative_retry>(
            "When the second request goes out: 99p, 50ms, ALWAYS, NONE, MIN(99p,50ms) or "
            "MAX(99p,50ms)."),
        field<&P::initial_delay>("While no latency is known.").bare("ms"),
        field<&P::window>("Latencies of one to two of these count.").bare("ms"),
        field<&P::budget>("Share of the requests that may be sent twice; all unless given."),
        field<&P::burst>("Hedges that the budget may save up.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (!resilience::parse_speculative_retry(speculative_retry))
      problems.error(where.position(), pointer_to(path, "speculative_retry"),
                     "expected 99p, 50ms, ALWAYS, NONE, MIN(99p,50ms) or MAX(99p,50ms), found " +
                         in_quotes(speculative_retry));
  }
};

class HedgeSession final : public Session {
 public:
  explicit HedgeSession(const HedgeParams& params)
      : delay_(*resilience::parse_speculative_retry(params.speculative_retry),
               params.initial_delay.count(), params.window.count()) {
    if (params.budget) budget_.emplace(params.budget->value, params.burst);
  }

  std::string take(std::string_view line, std::string& out) override {
    const auto [seconds, word] = first_word(line);
    const auto time = nanoseconds_of(seconds);
    const auto latency = nanoseconds_of(word);
    if (!time || !latency) return expected("SECONDS LATENCY", line);
    if (*time < now_) return "time goes back";
    now_ = *time;
    const auto answered = answers_.upper_bound(now_);
    for (auto it = answers_.begin(); it != answered; ++it) delay_.observe(it->first, it->second);
    answers_.erase(answers_.begin(), answered);
    if (*latency <= resilience::kNever - now_) answers_.emplace(now_ + *latency, *latency);

    if (budget_) budget_->request();
    const auto delay = delay_.delay(now_);
    const bool hedges = delay && *latency > *delay && (!budget_ || budget_->may_hedge());
    out += hedges ? "hedge " + seconds_text(*delay) + "\n" : "none\n";
    return {};
  }

 private:
  resilience::HedgeDelay delay_;
  std::optional<resilience::HedgeBudget> budget_;
  std::int64_t now_ = 0;
  std::multimap<std::int64_t, std::int64_t> answers_;  // latencies by when they are known
};

// Bulkheads.

struct BulkheadParams {
  resilience::BulkheadKind kind = resilience::BulkheadKind::resilience4j_semaphore;
  std::optional<std::uint32_t> max_concurrent;
  std::optional<std::uint32_t> max_threads;
  std::optional<std::uint32_t> queue;
  std::optional<std::uint32_t> queue_rejection_threshold;
  std::optional<Duration> max_wait;
  std::optional<Duration> keep_alive;

  static constexpr std::string_view type_name = "bulkhead_driver";
  static constexpr auto fields() {
    using P = BulkheadParams;
    return Fields{
        field<&P::kind>("Whose."),
        field<&P::max_concurrent>("Calls at a time; of a pool, its core threads."),
        field<&P::max_threads>("Of a pool: threads once the queue is full."),
        field<&P::queue>("Calls that may wait."),
        field<&P::queue_rejection_threshold>("Hystrix: the queue is full at this length."),
        field<&P::max_wait>("How long a call may wait.").bare("ms"),
        field<&P::keep_alive>("Of a pool: threads beyond its core idle for so long end.")
            .bare("ms")};
  }
  resilience::BulkheadOptions options() const {
    resilience::BulkheadOptions options = resilience::Bulkhead::info(kind).defaults;
    if (max_concurrent) options.max_concurrent = options.max_threads = *max_concurrent;
    if (max_threads) options.max_threads = *max_threads;
    if (queue) options.queue = *queue;
    if (queue_rejection_threshold) options.queue_rejection_threshold = *queue_rejection_threshold;
    if (max_wait) options.max_wait = max_wait->count();
    if (keep_alive) options.keep_alive = keep_alive->count();
    return options;
  }
};

class BulkheadSession final : public Session {
 public:
  explicit BulkheadSession(const BulkheadParams& params)
      : bulkhead_(params.kind, params.options()) {}

  std::string take(std::string_view line, std::string& out) override {
    const auto [seconds, word] = first_word(line);
    const auto time = nanoseconds_of(seconds);
    const auto duration = nanoseconds_of(word);
    if (!time || !duration || *duration > resilience::kNever / 4 || *time > resilience::kNever / 4)
      return expected("SECONDS DURATION", line);
    if (*time < now_) return "time goes back";
    now_ = *time;
    run_until(now_);
    const std::uint64_t number = printed_ + answers_.size();
    answers_.emplace_back();
    durations_.push_back(*duration);
    switch (bulkhead_.enter(now_, number)) {
      case resilience::Bulkhead::Entry::runs:
        start(number, now_);
        break;
      case resilience::Bulkhead::Entry::waits:
        break;
      case resilience::Bulkhead::Entry::rejected:
        answers_[number - printed_] = "rejected";
        break;
    }
    print(out);
    return {};
  }
  void end(std::string& out) override {
    run_until(resilience::kNever);
    print(out);
  }

 private:
  void start(std::uint64_t number, std::int64_t now) {
    answers_[number - printed_] = "runs " + seconds_text(now);
    ends_.emplace(now + durations_[number - printed_], number);
  }
  void run_until(std::int64_t now) {
    for (;;) {
      const auto expiry = bulkhead_.next_expiry();
      const bool ends = !ends_.empty() && ends_.begin()->first <= now;
      if (expiry && *expiry <= now && (!ends || *expiry <= ends_.begin()->first)) {
        while (const auto call = bulkhead_.expired(*expiry))
          answers_[*call - printed_] = "rejected";
      } else if (ends) {
        const std::int64_t at = ends_.begin()->first;
        ends_.erase(ends_.begin());
        if (const auto next = bulkhead_.leave(at)) start(*next, at);
      } else {
        return;
      }
    }
  }
  void print(std::string& out) {
    for (; !answers_.empty() && !answers_.front().empty(); answers_.pop_front(), ++printed_) {
      out += answers_.front() + "\n";
      durations_.pop_front();
    }
  }

  resilience::Bulkhead bulkhead_;
  std::int64_t now_ = 0;
  std::multimap<std::int64_t, std::uint64_t> ends_;
  std::deque<std::string> answers_;  // of the lines from printed_ on; empty: not yet
  std::deque<std::int64_t> durations_;
  std::uint64_t printed_ = 0;
};

// Deadlines.

struct GrpcTimeoutParams {
  resilience::GrpcLibrary library = resilience::GrpcLibrary::go;

  static constexpr std::string_view type_name = "grpc_timeout_driver";
  static constexpr auto fields() {
    return Fields{field<&GrpcTimeoutParams::library>("Which library encodes.")};
  }
};

class GrpcTimeoutSession final : public Session {
 public:
  explicit GrpcTimeoutSession(const GrpcTimeoutParams& params) : library_(params.library) {}

  std::string take(std::string_view line, std::string& out) override {
    const auto [word, text] = first_word(line);
    if (word == "encode") {
      const auto time = nanoseconds_of(text);
      if (!time) return no_seconds(text);
      out += resilience::encode_grpc_timeout(*time, library_).view();
    } else if (word == "decode") {
      const auto time = resilience::decode_grpc_timeout(text);
      out += time ? seconds_text(*time) : "invalid";
    } else {
      return expected("encode SECONDS or decode HEADER", line);
    }
    out += '\n';
    return {};
  }

 private:
  resilience::GrpcLibrary library_;
};

template <class S, class Params>
Driver driver_of(About about) {
  about.family = "resilience";
  return driver<Params>(std::move(about), [](const Params& params) -> std::unique_ptr<Session> {
    return std::make_unique<S>(params);
  });
}

}  // namespace

std::vector<Driver> retrying() {
  std::vector<Driver> drivers;
  drivers.push_back(driver_of<BackoffSession, BackoffParams>(
      {"backoff", "", "Pauses between the tries of a request.",
       "AWS Architecture Blog 2015; cockatiel 3.2.1; Polly; cenkalti/backoff 4; gRPC A6; Envoy",
       "a draw: a number in [0, 1)", "the next pause in seconds, or stop",
       "printf '%s\\n' 0.3 0.9 0.5 | highwater algorithm backoff --kind full_jitter"}));
  drivers.push_back(driver_of<GrpcThrottleSession, GrpcThrottleParams>(
      {"grpc_retry_throttle", "", "gRPC: retries only while more than half of the tokens are left.",
       "gRPC proposal A6; grpc-js 1.14.7 retrying-call.ts",
       "success, failure, timeout or refused; failure PUSHBACK_MS if the server says how to go on",
       "allow or deny a retry now, and the tokens",
       "printf '%s\\n' failure failure success | highwater algorithm grpc_retry_throttle "
       "--max-tokens 4"}));
  drivers.push_back(driver_of<RetryBudgetSession, RetryBudgetDriverParams>(
      {"retry_budget", "", "Finagle: requests pay for retries, what they paid is soon forgotten.",
       "Finagle RetryBudget.scala; Linkerd: tower tps_budget.rs",
       "SECONDS request or SECONDS retry", "allow or deny for each retry",
       "printf '%s\\n' '0 request' '0.1 retry' '0.2 retry' | highwater algorithm retry_budget "
       "--min-retries-per-sec 0 --percent-can-retry 1"}));
  drivers.push_back(driver_of<EnvoyRetryBudgetSession, RetryConcurrencyParams>(
      {"envoy_retry_budget", "", "Envoy: retries at a time in proportion to requests at a time.",
       "Envoy resource_manager_impl.h", "request, done, retry or retry done",
       "allow or deny for each retry",
       "printf '%s\\n' request retry retry | highwater algorithm envoy_retry_budget "
       "--min-retry-concurrency 1"}));
  drivers.push_back(driver_of<AwsRetryQuotaSession, RetryQuotaParams>(
      {"aws_retry_quota", "", "AWS SDKs: retries are paid from 500 tokens.",
       "botocore retries/standard.py", "NAME success, NAME failure, NAME timeout or NAME refused",
       "allow or deny a retry, or end, and the tokens",
       "printf '%s\\n' 'a failure' 'a success' 'b success' | highwater algorithm "
       "aws_retry_quota"}));
  drivers.push_back(driver_of<HedgeSession, HedgeParams>(
      {"hedge", "", "A second request when the first takes longer than most.",
       "Dean and Barroso 2013; Cassandra SpeculativeRetryPolicy.java",
       "SECONDS LATENCY: when the request comes and how long its answer takes",
       "hedge DELAY: so many seconds after the first, or none",
       "printf '%s\\n' '0 0.010' '1 0.012' '2 0.200' | highwater algorithm hedge "
       "--speculative-retry 95p"}));
  drivers.push_back(driver_of<BulkheadSession, BulkheadParams>(
      {"bulkhead", "", "So many calls at a time, some may wait, the others are rejected.",
       "resilience4j 2.2.0; Hystrix 1.5.18; opossum 9.0.0; cockatiel 3.2.1",
       "SECONDS DURATION: when the call comes and how long it runs", "runs SECONDS or rejected",
       "printf '%s\\n' '0 2' '0.5 1' '1 1' | highwater algorithm bulkhead --kind cockatiel "
       "--max-concurrent 1 --queue 1"}));
  drivers.push_back(driver_of<GrpcTimeoutSession, GrpcTimeoutParams>(
      {"grpc_timeout", "", "Time-outs as gRPC's header says them.",
       "gRPC over HTTP2; grpc-go encode_duration.go; grpc-java TimeoutMarshaller; grpc-js",
       "encode SECONDS or decode HEADER", "the header, or seconds, or invalid",
       "printf '%s\\n' 'encode 0.25' 'decode 3S' | highwater algorithm grpc_timeout"}));
  return drivers;
}

}  // namespace highwater::drivers
