#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/one_of.h"
#include "engine/model/request.h"
#include "models/cache/freshness_params.h"
#include "models/cache/local_params.h"
#include "models/calls/call_params.h"

namespace highwater {

constexpr auto words_of(Operation) {
  return std::array{
      Word{Operation::read, "read", "Reads data."},
      Word{Operation::write, "write", "Changes data."},
      Word{Operation::remove, "delete", "Deletes data; what a cache has of it is forgotten."}};
}

namespace steps {

struct Step;

struct ComputeStep {
  Distribution compute = Distribution::constant(Duration{0});

  static constexpr std::string_view doc = "Computes: holds a core for this long.";
  static constexpr auto fields() {
    return Fields{field<&ComputeStep::compute>("Time on a core of its own.").required()};
  }
};

struct WaitStep {
  Distribution wait = Distribution::constant(Duration{0});

  static constexpr std::string_view doc = "Waits without using a core.";
  static constexpr auto fields() { return Fields{field<&WaitStep::wait>("How long.").required()}; }
};

struct CallStep {
  ComponentRef call;
  Operation op = Operation::read;
  std::optional<std::string> endpoint;
  CallPolicy policy;
  RoutingParams routing;

  static constexpr std::string_view doc = "Calls another component and waits for its answer.";
  static constexpr auto fields() {
    return Fields{
        field<&CallStep::call>("The component that is called.").required(),
        field<&CallStep::op>("What the call does to the data."),
        field<&CallStep::endpoint>("Endpoint of the callee; needed where it has several."),
        inlined<&CallStep::policy>(),
        inlined<&CallStep::routing>(),
    };
  }
};

struct CacheStep {
  ComponentRef cache;
  std::optional<Duration> ttl;
  std::optional<cache::LocalParams> local;
  std::vector<Step> miss;
  cache::FreshnessParams freshness;
  std::optional<Duration> lease_wait;
  CallPolicy policy;

  static constexpr std::string_view doc =
      "Cache-aside: asks the cache, and on a miss (or when the cache does not answer) does the "
      "`miss` steps and stores the result.";
  static constexpr auto fields() {
    return Fields{
        field<&CacheStep::cache>("The cache that is asked.").required(),
        field<&CacheStep::ttl>("How long the stored entry may be used; the cache's own ttl unless "
                               "given.")
            .at_least(Duration{1}),
        field<&CacheStep::local>(
            "A cache in each calling process that is asked first; the steps of "
            "a component that have one in front of the same cache share it. "
            "None unless given.")
            .source("Oracle Coherence near cache; Redis client-side caching"),
        field<&CacheStep::miss>("What is done when the cache does not have it."),
        inlined<&CacheStep::freshness>(),
        field<&CacheStep::lease_wait>("Of those who miss a key one gets the cache's lease for it "
                                      "and may store it; the others ask again after so long. No "
                                      "leases unless given.")
            .at_least(Duration{1})
            .source("Nishtala et al. 2013"),
        inlined<&CacheStep::policy>(),
    };
  }
};

struct PublishStep {
  ComponentRef publish;
  CallPolicy policy;

  static constexpr std::string_view doc =
      "Publishes a message with the request's key to a topic or queue, and waits until it is "
      "stored.";
  static constexpr auto fields() {
    return Fields{
        field<&PublishStep::publish>("The topic or queue.").required().uses(Relation::publish),
        inlined<&PublishStep::policy>(),
    };
  }
};

struct ParallelStep {
  std::vector<std::vector<Step>> parallel;
  std::optional<std::uint32_t> quorum;

  static constexpr std::string_view doc = "Does several lists of steps at the same time.";
  static constexpr auto fields() {
    return Fields{
        field<&ParallelStep::parallel>("The lists.").required().at_least(1u),
        field<&ParallelStep::quorum>("Goes on when so many lists have succeeded, without waiting "
                                     "for the others; all of them unless given.")
            .at_least(1u),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

struct Branch {
  Fraction p;
  std::vector<Step> steps;

  static constexpr auto fields() {
    return Fields{
        field<&Branch::p>("Probability of this branch; together they are at most 1, and the rest "
                          "of the requests does nothing.")
            .required(),
        field<&Branch::steps>("What is done then."),
    };
  }
};

struct ChooseStep {
  std::vector<Branch> choose;

  static constexpr std::string_view doc = "Does one of several lists of steps, by chance.";
  static constexpr auto fields() {
    return Fields{field<&ChooseStep::choose>("The branches.").required().at_least(1u)};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

struct FixedTimes {
  std::uint64_t times = 1;

  static constexpr auto fields() {
    return Fields{field<&FixedTimes::times>("So many times.").at_most(std::uint64_t{1'000'000})};
  }
  static constexpr auto shorthand = &FixedTimes::times;
};

struct GeometricTail {
  Fraction p;

  static constexpr auto fields() {
    return Fields{field<&GeometricTail::p>("Probability of going round once more.")
                      .required()
                      .at_most(Fraction{0.999999})};
  }
};

struct GeometricTimes {
  GeometricTail geometric;

  static constexpr auto fields() {
    return Fields{field<&GeometricTimes::geometric>("Once, and again each time with probability p.")
                      .required()};
  }
};

struct Times : OneOf<FixedTimes, GeometricTimes> {
  using OneOf::OneOf;
};

struct Repetition {
  Times times;
  std::vector<Step> steps;

  static constexpr auto fields() {
    return Fields{
        field<&Repetition::times>("How often: a number, or {\"geometric\": {\"p\": 0.4}}.")
            .required(),
        field<&Repetition::steps>("What is repeated, one time after the other."),
    };
  }
};

struct RepeatStep {
  Repetition repeat;

  static constexpr std::string_view doc = "Does steps several times over: the N+1 query.";
  static constexpr auto fields() {
    return Fields{field<&RepeatStep::repeat>("What, and how often.").required()};
  }
};

struct LockStep {
  std::string lock;
  bool keyed = false;
  std::vector<Step> steps;

  static constexpr std::string_view doc =
      "Does steps while holding a lock of the component, waiting for it first come, first served.";
  static constexpr auto fields() {
    return Fields{
        field<&LockStep::lock>("Name of the lock, shared by all instances.").required(),
        field<&LockStep::keyed>("One lock for each key of the requests instead of one for all."),
        field<&LockStep::steps>("What is done under the lock."),
    };
  }
};

struct RespondStep {
  std::uint32_t respond = 200;

  static constexpr std::string_view doc =
      "Answers now; the steps after it run on while the caller goes its way.";
  static constexpr auto fields() {
    return Fields{field<&RespondStep::respond>(
                      "HTTP status of the answer; from 500 on it counts as an error.")
                      .at_least(100u)
                      .at_most(599u)};
  }
};

struct FailStep {
  Fraction fail{1};

  static constexpr std::string_view doc = "Ends the request with an error.";
  static constexpr auto fields() {
    return Fields{field<&FailStep::fail>("With this probability.")};
  }
};

/// One step of an endpoint or a consumer: an object with exactly one verb.
struct Step : OneOf<ComputeStep, WaitStep, CallStep, CacheStep, PublishStep, ParallelStep,
                    ChooseStep, RepeatStep, LockStep, RespondStep, FailStep> {
  using OneOf::OneOf;
};

/// The most `compute` steps that one request does at the same time: more than one only where lists
/// are parallel.
std::uint64_t computing_at_once(const std::vector<Step>& steps);

}  // namespace steps

extern template struct Codec<steps::Step>;

}  // namespace highwater
