#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "models/algorithms/scaling/scaler.h"

namespace highwater::scaling {

/// What became of an invocation.
enum class LambdaOutcome : std::uint8_t {
  warm,                   ///< Served by an environment that was idle.
  cold,                   ///< A new environment is made for it: its start takes longer.
  provisioned,            ///< Served by an environment that is kept ready.
  throttled_by_reserve,   ///< 429: the function has as many as it reserved.
  throttled_by_account,   ///< 429: the account has no concurrency left.
  throttled_by_rate,      ///< 429: new environments are not made so fast.
  throttled_by_requests,  ///< 429: more than ten requests a second for each unit of concurrency.
};

constexpr bool is_throttled(LambdaOutcome outcome) {
  return outcome >= LambdaOutcome::throttled_by_reserve;
}

/// How fast new environments are made: 1000 in 10 s for each function, continuously; or, until
/// November 2023, a burst of 500 to 3000 for all functions of a region and 500 more each minute.
enum class LambdaScaling : std::uint8_t { per_function, regional_burst };

/// scaling lambda_concurrency: AWS Lambda's concurrency, one environment for each request.
///
/// An invocation takes a provisioned environment of its function if one is free, then one that is
/// idle, the last used first; else a new one is made, if the concurrency limits and the scaling
/// rate let it. The function's reserved concurrency is its part and its limit; the others share
/// what the account has left. Provisioned concurrency of a function without reserve is taken out of
/// what is shared, used or not.
///
/// The scaling rate is a bucket of scaling_units that fills up in scaling_interval, continuously,
/// and holds no more. In the older form the bucket holds burst_limit for all functions and gets
/// burst_increment each whole minute since its first use.
///
/// Assumes  an idle environment is given up after idle_timeout; AWS documents neither how long it
///          stays nor which is reused first. Requests a second are a bucket too: ten for each unit
///          of the concurrency that the function may have, refilled continuously.
/// Edges    Reserves beyond the account's concurrency leave nothing to share. Time that goes back
///          fills no bucket and gives up no environment.
/// Source   AWS documentation: Lambda Developer Guide, Lambda scaling behavior; Configuring
///          reserved and provisioned concurrency; Lambda quotas; the older burst quotas: Lambda
///          function scaling, 2021.
/// Checked  tests/scaling/lambda_concurrency_test.cpp
class LambdaConcurrency {
 public:
  static constexpr std::int64_t kSecond = 1'000'000'000;

  /// Where an environment stands: a number, for those whom it concerns.
  using Place = std::uint32_t;

  struct Function {
    std::optional<std::uint32_t> reserved;  ///< None: it shares the account's.
    std::uint32_t provisioned = 0;          ///< At most `reserved` where that is set.
    /// Nanoseconds; none: as Options says for all.
    std::optional<std::int64_t> idle_timeout = {};
    Place places = 1;  ///< Over which the provisioned environments are spread in turn.
  };
  struct Options {
    std::uint32_t account_concurrency = 1000;
    LambdaScaling scaling = LambdaScaling::per_function;
    std::uint32_t scaling_units = 1000;
    std::int64_t scaling_interval = 10 * kSecond;
    std::uint32_t burst_limit = 3000;           ///< 500, 1000 or 3000 by region.
    std::uint32_t burst_increment = 500;        ///< A minute.
    std::uint32_t requests_per_unit = 10;       ///< A second; 0: any number.
    std::int64_t idle_timeout = 600 * kSecond;  ///< Chosen: not documented.
    std::vector<Function> functions{Function{}};
  };

  explicit LambdaConcurrency(const Options& options) : options_(options) {
    options_.scaling_interval = std::max<std::int64_t>(1, options_.scaling_interval);
    options_.functions.clear();
    for (const Function& function : options.functions) add(function);
  }

  /// One more function in the account.
  /// @return its number.
  std::size_t add(Function function) {
    if (function.reserved)
      function.provisioned = std::min(function.provisioned, *function.reserved);
    taken_ += function.reserved.value_or(function.provisioned);
    function.places = std::max<Place>(1, function.places);
    State& state = states_.emplace_back();
    for (Place place = 0; place < function.places; ++place)
      state.ready.push_back(provisioned_at(function, place));
    state.too_many.resize(function.places);
    options_.functions.push_back(function);
    return options_.functions.size() - 1;
  }

  /// The function is told otherwise while it runs: requests under way keep their environments, and
  /// those that are one too many are gone when they have ended.
  /// @return by place, provisioned environments that are to be made; see provision().
  std::vector<std::uint32_t> change(std::size_t number, std::int64_t now, Function function) {
    add_up_limits(now);
    Function& settings = options_.functions[number];
    State& state = states_[number];
    if (function.reserved)
      function.provisioned = std::min(function.provisioned, *function.reserved);
    function.places = settings.places;
    taken_ -= settings.reserved.value_or(settings.provisioned);
    taken_ += function.reserved.value_or(function.provisioned);
    if (!settings.reserved) busy_shared_ -= state.busy;
    if (!function.reserved) busy_shared_ += state.busy;
    std::vector<std::uint32_t> to_make(function.places);
    for (Place place = 0; place < function.places; ++place) {
      const std::uint32_t before = provisioned_at(settings, place);
      const std::uint32_t after = provisioned_at(function, place);
      if (after >= before) {
        const std::uint32_t kept = std::min(after - before, state.too_many[place]);
        state.too_many[place] -= kept;
        to_make[place] = after - before - kept;
      } else {
        const std::uint32_t waiting = std::min(before - after, state.ready[place]);
        state.ready[place] -= waiting;
        state.too_many[place] += before - after - waiting;
      }
    }
    settings = function;
    return to_make;
  }
  /// The account's concurrency is another.
  void set_account_concurrency(std::int64_t now, std::uint32_t concurrency) {
    add_up_limits(now);
    options_.account_concurrency = concurrency;
  }
  /// limit(), integrated over time, in seconds.
  double limit_integral(std::size_t function, std::int64_t now) const {
    const State& state = states_[function];
    return state.limit_before + seconds(now - limits_since_) * limit(function);
  }
  /// Likewise the provisioned concurrency.
  double provisioned_integral(std::size_t function, std::int64_t now) const {
    const State& state = states_[function];
    return state.provisioned_before +
           seconds(now - limits_since_) * options_.functions[function].provisioned;
  }

  /// Of the provisioned environments, those that belong to a place.
  static std::uint32_t provisioned_at(const Function& function, Place place) {
    return function.provisioned / function.places +
           (place < function.provisioned % function.places);
  }

  /// @param place  Where the request comes in: where a provisioned environment is looked for first,
  ///               and a new one made. Becomes where the one stands that is taken.
  ///               Precondition: less than the function's places.
  LambdaOutcome invoke(std::size_t function, std::int64_t now, Place& place) {
    const Function& settings = options_.functions[function];
    State& state = states_[function];
    give_up_idle(function, now);
    if (!may_request(settings, state, now)) return LambdaOutcome::throttled_by_requests;
    if (settings.reserved && busy(function) >= *settings.reserved)
      return LambdaOutcome::throttled_by_reserve;
    if (take_ready(state, place)) {
      use_request(state);
      ++state.busy_provisioned;
      return LambdaOutcome::provisioned;
    }
    if (!settings.reserved && busy_shared_ >= shared()) return LambdaOutcome::throttled_by_account;
    LambdaOutcome outcome = LambdaOutcome::warm;
    if (state.idle.size() > state.first_idle) {
      place = state.idle.back().place;
      state.idle.pop_back();
    } else if (!state.frozen && take_new(state, now, 1) == 1) {
      outcome = LambdaOutcome::cold;
    } else {
      return LambdaOutcome::throttled_by_rate;
    }
    use_request(state);
    ++state.busy;
    if (!settings.reserved) ++busy_shared_;
    return outcome;
  }
  LambdaOutcome invoke(std::size_t function, std::int64_t now) {
    Place place = 0;
    return invoke(function, now, place);
  }

  /// A request of the function has ended. On-demand environments become idle first, since
  /// provisioned ones are used first and alike.
  void finish(std::size_t function, std::int64_t now, bool was_provisioned, Place place = 0) {
    State& state = states_[function];
    if (!end_request(function, was_provisioned)) return;
    if (was_provisioned) return provision(function, place);
    // Sorted, also where time goes back: the oldest are given up first.
    if (state.idle.size() > state.first_idle) now = std::max(now, state.idle.back().since);
    state.idle.push_back({now, place});
  }

  /// The environment of a request is gone, and the request with it. A provisioned one is missing
  /// until provision() says that another has come in its place.
  void lose(std::size_t function, bool was_provisioned) { end_request(function, was_provisioned); }

  /// All environments that wait for requests at a place are gone, provisioned ones too.
  void lose_waiting(std::size_t function, Place place) {
    State& state = states_[function];
    state.ready[place] = 0;
    state.too_many[place] = 0;
    const auto first = state.idle.begin() + static_cast<std::ptrdiff_t>(state.first_idle);
    state.idle.erase(std::remove_if(first, state.idle.end(),
                                    [&](const Idle& one) { return one.place == place; }),
                     state.idle.end());
  }

  /// A provisioned environment that was missing is ready.
  void provision(std::size_t function, Place place) {
    State& state = states_[function];
    if (state.too_many[place] > 0)
      --state.too_many[place];
    else
      ++state.ready[place];
  }

  /// Makes up to `count` environments of the function without a request, as for a whole that grows.
  /// @return how many the scaling rate lets through.
  std::uint32_t grow(std::size_t function, std::int64_t now, std::uint32_t count) {
    return take_new(states_[function], now, count);
  }

  /// No environment is made on demand while it is frozen: whoever finds none waiting is throttled.
  void freeze(std::size_t function, bool frozen) { states_[function].frozen = frozen; }

  std::uint32_t busy(std::size_t function) const {
    return states_[function].busy + states_[function].busy_provisioned;
  }
  std::uint32_t busy_provisioned(std::size_t function) const {
    return states_[function].busy_provisioned;
  }
  /// Provisioned ones that wait for a request.
  std::uint32_t ready(std::size_t function) const {
    std::uint32_t sum = 0;
    for (const std::uint32_t here : states_[function].ready) sum += here;
    return sum;
  }
  std::size_t idle(std::size_t function, std::int64_t now) {
    give_up_idle(function, now);
    return states_[function].idle.size() - states_[function].first_idle;
  }
  /// When the next idle environment is given up; none: there is none.
  std::optional<std::int64_t> next_given_up(std::size_t function) const {
    const State& state = states_[function];
    if (state.idle.size() == state.first_idle) return std::nullopt;
    const std::int64_t since = state.idle[state.first_idle].since;
    return since +
           std::min(idle_timeout(function), std::numeric_limits<std::int64_t>::max() - since);
  }
  /// The most that the function may have at once, provisioned ones included.
  std::uint32_t limit(std::size_t function) const {
    const Function& settings = options_.functions[function];
    return settings.reserved ? *settings.reserved : shared() + settings.provisioned;
  }
  /// What functions have reserved or provisioned, together; may be more than the account has.
  std::uint64_t taken() const { return taken_; }
  const Options& options() const { return options_; }

 private:
  /// Something that fills up with time, in whole numbers: `level` counts units times interval.
  struct Bucket {
    std::optional<std::int64_t> since;
    std::int64_t level = 0;
  };
  struct Idle {
    std::int64_t since;
    Place place;
  };
  struct State {
    std::uint32_t busy = 0;
    std::uint32_t busy_provisioned = 0;
    std::vector<Idle> idle;  // from first_idle on, the longest idle first
    std::size_t first_idle = 0;
    std::vector<std::uint32_t> ready;     // provisioned ones that wait, by place
    std::vector<std::uint32_t> too_many;  // to be gone when they are released, or made
    double limit_before = 0;              // limit_integral(), until the last change
    double provisioned_before = 0;        // and that
    Bucket environments;
    Bucket requests;
    bool frozen = false;
  };

  std::uint32_t shared() const {
    return options_.account_concurrency > taken_
               ? options_.account_concurrency - static_cast<std::uint32_t>(taken_)
               : 0;
  }
  static double seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }
  void add_up_limits(std::int64_t now) {
    for (std::size_t function = 0; function < states_.size(); ++function) {
      const double limit = limit_integral(function, now);
      states_[function].provisioned_before = provisioned_integral(function, now);
      states_[function].limit_before = limit;
    }
    limits_since_ = now;
  }
  std::int64_t idle_timeout(std::size_t function) const {
    return options_.functions[function].idle_timeout.value_or(options_.idle_timeout);
  }

  static bool take_ready(State& state, Place& place) {
    Place from = place;
    if (state.ready[from] == 0)
      from = static_cast<Place>(std::max_element(state.ready.begin(), state.ready.end()) -
                                state.ready.begin());
    if (state.ready[from] == 0) return false;
    --state.ready[from];
    place = from;
    return true;
  }

  /// False where there was no such request.
  bool end_request(std::size_t function, bool was_provisioned) {
    State& state = states_[function];
    std::uint32_t& busy = was_provisioned ? state.busy_provisioned : state.busy;
    if (busy == 0) return false;
    --busy;
    if (!was_provisioned && !options_.functions[function].reserved) --busy_shared_;
    return true;
  }

  static void fill(Bucket& bucket, std::int64_t now, std::int64_t units, std::int64_t interval) {
    if (!bucket.since) {
      bucket.level = units * interval;
      bucket.since = now;
    }
    const std::int64_t passed = std::clamp<std::int64_t>(now - *bucket.since, 0, interval);
    bucket.level = std::min(units * interval, bucket.level + passed * units);
    bucket.since = std::max(*bucket.since, now);
  }

  std::uint32_t take_new(State& state, std::int64_t now, std::uint32_t count) {
    if (options_.scaling == LambdaScaling::per_function) {
      fill(state.environments, now, options_.scaling_units, options_.scaling_interval);
      const std::int64_t most = state.environments.level / options_.scaling_interval;
      const std::int64_t taken = std::min<std::int64_t>(count, most);
      state.environments.level -= taken * options_.scaling_interval;
      return static_cast<std::uint32_t>(taken);
    }
    constexpr std::int64_t kMinute = 60 * kSecond;
    if (!burst_.since) {
      burst_.since = now;
      burst_.level = options_.burst_limit;
    }
    if (const std::int64_t minutes = (now - *burst_.since) / kMinute; minutes > 0) {
      const std::int64_t enough = std::min<std::int64_t>(minutes, options_.burst_limit);
      burst_.level = std::min<std::int64_t>(options_.burst_limit,
                                            burst_.level + enough * options_.burst_increment);
      *burst_.since += minutes * kMinute;
    }
    const std::int64_t taken = std::min<std::int64_t>(count, burst_.level);
    burst_.level -= taken;
    return static_cast<std::uint32_t>(taken);
  }

  bool may_request(const Function& settings, State& state, std::int64_t now) {
    if (options_.requests_per_unit == 0) return true;
    const std::uint32_t most =
        settings.reserved ? *settings.reserved : shared() + settings.provisioned;
    const std::int64_t rate = std::int64_t{most} * options_.requests_per_unit;
    // Beyond that a nanosecond holds more than a request: no limit that could be met.
    if (rate > kSecond) return true;
    fill(state.requests, now, rate, kSecond);
    return state.requests.level >= kSecond || rate == 0;
  }
  void use_request(State& state) {
    if (state.requests.since) state.requests.level -= std::min(kSecond, state.requests.level);
  }

  void give_up_idle(std::size_t function, std::int64_t now) {
    State& state = states_[function];
    const std::int64_t timeout = idle_timeout(function);
    std::size_t& first = state.first_idle;
    while (first < state.idle.size() && now - state.idle[first].since >= timeout) ++first;
    if (first > 0 && first * 2 >= state.idle.size()) {
      state.idle.erase(state.idle.begin(), state.idle.begin() + static_cast<std::ptrdiff_t>(first));
      first = 0;
    }
  }

  Options options_;
  std::vector<State> states_;
  std::uint64_t taken_ = 0;
  std::uint32_t busy_shared_ = 0;  // on demand, of functions without a reserve
  std::int64_t limits_since_ = 0;  // of State::limit_before
  Bucket burst_;                   // level in environments, since: the last whole minute
};

/// scaling lambda_concurrency: the environments of one function as a number of replicas, for models
/// that do not send single requests.
///
/// The metric is how many requests would be in progress at once; environments grow toward it as
/// fast as the scaling rate lets them, up to the function's limit, and are given up where it has
/// been lower for idle_timeout.
///
/// Source   as LambdaConcurrency.
/// Checked  tests/scaling/lambda_concurrency_test.cpp
class LambdaScaler final : public Scaler {
 public:
  using Options = LambdaConcurrency::Options;

  explicit LambdaScaler(const Options& options) : lambda_(options) {}

  Decision decide(const Observation& seen) override {
    if (!seen.metric || !std::isfinite(*seen.metric)) return {seen.replicas, Reason::no_metrics};
    const std::uint32_t most = lambda_.limit(0);
    const auto demand = static_cast<std::uint32_t>(std::max(0, saturated(std::ceil(*seen.metric))));
    const std::uint32_t wanted = std::min(demand, most);
    if (wanted >= seen.replicas) {
      enough_since_.reset();
      const std::uint32_t made = lambda_.grow(0, seen.now, wanted - seen.replicas);
      const std::uint32_t replicas = seen.replicas + made;
      return {replicas, replicas < wanted ? Reason::scale_up_limit
                        : demand > most   ? Reason::too_many_replicas
                                          : Reason::within_range};
    }
    if (!enough_since_) {
      enough_since_ = seen.now;
      needed_since_then_ = wanted;
    }
    needed_since_then_ = std::max(needed_since_then_, wanted);
    if (seen.now - *enough_since_ < lambda_.options().idle_timeout)
      return {seen.replicas, Reason::cooldown};
    enough_since_.reset();
    return {needed_since_then_, Reason::within_range};
  }
  std::int64_t period() const override { return LambdaConcurrency::kSecond; }
  /// The limits of Lambda are its account's and the function's own.
  void limit(const ReplicaLimits& /*limits*/) override {}

 private:
  LambdaConcurrency lambda_;
  std::optional<std::int64_t> enough_since_;
  std::uint32_t needed_since_then_ = 0;
};

}  // namespace highwater::scaling
