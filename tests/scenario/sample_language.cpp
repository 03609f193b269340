#include "tests/scenario/sample_language.h"

#include "engine/describe/one_of.h"

namespace sample {

using namespace highwater;

enum class Discipline { kFifo, kLifo };
constexpr auto words_of(Discipline) {
  return std::array{Word{Discipline::kFifo, "fifo", "First in, first out."},
                    Word{Discipline::kLifo, "lifo", "Last in, first out."}};
}

struct RetryParams {
  std::uint32_t attempts = 3;
  Duration backoff = 100ms;
  static constexpr auto fields() {
    return Fields{
        field<&RetryParams::attempts>("Tries in all, the first included.").at_least(1).at_most(100),
        field<&RetryParams::backoff>("Pause before the second try.").source("A book")};
  }
  static constexpr auto shorthand = &RetryParams::attempts;
};

struct CallPolicy {
  std::optional<Duration> timeout;
  std::optional<RetryParams> retry;
  static constexpr auto fields() {
    return Fields{field<&CallPolicy::timeout>("Of one attempt.").at_least(1ns),
                  field<&CallPolicy::retry>("Further attempts.")};
  }
};

struct CallParams {
  ComponentRef to;
  CallPolicy policy;
  static constexpr auto fields() {
    return Fields{field<&CallParams::to>("Whom.").required(), inlined<&CallParams::policy>()};
  }
  static constexpr auto shorthand = &CallParams::to;
};

struct Step;
struct ComputeStep {
  Distribution compute;
  static constexpr std::string_view doc = "Uses a core.";
  static constexpr auto fields() {
    return Fields{field<&ComputeStep::compute>("How long.").required()};
  }
};
struct CallStep {
  ComponentRef call;
  CallPolicy policy;
  static constexpr auto fields() {
    return Fields{field<&CallStep::call>("Whom.").required(), inlined<&CallStep::policy>()};
  }
};
struct CacheStep {
  ComponentRef cache;
  Duration ttl = 60s;
  std::vector<Step> miss;
  static constexpr auto fields() {
    return Fields{field<&CacheStep::cache>("Which.").required(),
                  field<&CacheStep::ttl>("How long it is good."),
                  field<&CacheStep::miss>("Otherwise.")};
  }
};
struct ParallelStep {
  std::vector<std::vector<Step>> parallel;
  static constexpr auto fields() {
    return Fields{field<&ParallelStep::parallel>("Lists of steps.").required().at_least(1)};
  }
};
struct Step : OneOf<ComputeStep, CallStep, CacheStep, ParallelStep> {
  using OneOf::OneOf;
};

struct PoissonArrivals {
  Rate poisson;
  std::uint32_t batch = 1;
  static constexpr auto fields() {
    return Fields{field<&PoissonArrivals::poisson>("Mean rate.").required(),
                  field<&PoissonArrivals::batch>("At a time.").at_least(1)};
  }
};
struct ConstantArrivals {
  Rate constant;
  static constexpr auto fields() {
    return Fields{field<&ConstantArrivals::constant>("Rate.").required()};
  }
};
struct TraceSource {
  FilePath file;
  Factor speedup{1};
  static constexpr auto fields() {
    return Fields{field<&TraceSource::file>("The trace.").required(),
                  field<&TraceSource::speedup>("How much faster.")};
  }
  static constexpr auto shorthand = &TraceSource::file;
};
struct TraceArrivals {
  TraceSource trace;
  static constexpr auto fields() {
    return Fields{field<&TraceArrivals::trace>("Replayed.").required()};
  }
};
struct Arrivals : OneOf<PoissonArrivals, ConstantArrivals, TraceArrivals> {
  using OneOf::OneOf;
};

struct ClientParams {
  Arrivals arrivals;
  CallParams calls;
  OrderedMap<Fraction> mix;
  static constexpr auto fields() {
    return Fields{field<&ClientParams::arrivals>("How requests come about.").required(),
                  field<&ClientParams::calls>("Where they go.").required(),
                  field<&ClientParams::mix>("Shares of the endpoints.")};
  }
};

struct QueueParams {
  Discipline discipline = Discipline::kFifo;
  std::optional<std::uint64_t> capacity;
  static constexpr auto fields() {
    return Fields{field<&QueueParams::discipline>("Who is next."),
                  field<&QueueParams::capacity>("Requests that may wait.")};
  }
};

struct EndpointParams {
  std::vector<Step> steps;
  std::uint32_t priority = 0;
  static constexpr auto fields() {
    return Fields{field<&EndpointParams::steps>("What it does.").required(),
                  field<&EndpointParams::priority>("0 is the most urgent.").at_most(255)};
  }
  static constexpr auto shorthand = &EndpointParams::steps;
};

struct SampleParams {
  std::uint32_t samples = 5;
  static constexpr auto fields() {
    return Fields{field<&SampleParams::samples>("Keys looked at.").at_least(1)};
  }
};
struct Nothing {
  static constexpr auto fields() { return Fields{}; }
};
struct LruEviction {
  Nothing lru;
  static constexpr auto fields() { return Fields{field<&LruEviction::lru>("Exact.")}; }
};
struct SampledEviction {
  SampleParams redis_lru;
  static constexpr auto fields() {
    return Fields{field<&SampledEviction::redis_lru>("By samples.")};
  }
};
struct Eviction : OneOf<LruEviction, SampledEviction> {
  using OneOf::OneOf;
  static constexpr bool words = true;
};

struct ServiceParams {
  std::uint32_t replicas = 1;
  std::vector<std::string> zones;
  double cores = 1;
  bool blocking = true;
  QueueParams queue;
  Eviction eviction;
  std::optional<Distribution> service_time;
  OrderedMap<EndpointParams> endpoints;
  static constexpr auto fields() {
    return Fields{
        field<&ServiceParams::replicas>("Instances.").at_least(1).at_most(10'000),
        field<&ServiceParams::zones>("Where they stand."),
        field<&ServiceParams::cores>("Of an instance.").at_least(0.001),
        field<&ServiceParams::blocking>("Whether a worker is held."),
        field<&ServiceParams::queue>("The waiting line."),
        field<&ServiceParams::eviction>("What leaves."),
        field<&ServiceParams::service_time>("Without endpoints."),
        field<&ServiceParams::endpoints>("What it answers."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (service_time && !endpoints.empty())
      problems.error(where.position(), path, "a service has either endpoints or a service_time");
  }
};

struct FaultTiming {
  Duration at{};
  std::optional<Duration> for_;
  static constexpr auto fields() {
    return Fields{field<&FaultTiming::at>("When.").required(),
                  field<&FaultTiming::for_>("How long.")};
  }
};
struct KillFault {
  std::string kill;
  FaultTiming timing;
  std::optional<std::uint32_t> count;
  static constexpr auto fields() {
    return Fields{field<&KillFault::kill>("The target.").required(), inlined<&KillFault::timing>(),
                  field<&KillFault::count>("So many.")};
  }
};
struct SlowFault {
  std::string slow;
  FaultTiming timing;
  Factor factor{2};
  static constexpr auto fields() {
    return Fields{field<&SlowFault::slow>("The target.").required(), inlined<&SlowFault::timing>(),
                  field<&SlowFault::factor>("How much.")};
  }
};

}  // namespace sample

const highwater::Language& sample_language() {
  using namespace highwater;
  static const Language language = [] {
    Language made;
    KindInfo client = kind_info<sample::ClientParams>(
        "client", "Traffic.", "A paper",
        {{"latency_ms", "ms", "From the intended arrival.", MetricShape::kTimes},
         {"throughput_rps", "/s", "Completed.", MetricShape::kEstimate},
         {"availability", "1", "Completed of all.", MetricShape::kEstimate},
         {"errors", "requests", "By cause.", MetricShape::kCauses}});
    client.sends_load = true;
    made.kinds.push_back(std::move(client));
    made.kinds.push_back(kind_info<sample::ServiceParams>(
        "service", "A replicated process.", "A book",
        {{"utilization", "1", "Busy workers.", MetricShape::kEstimate},
         {"queue_length", "requests", "Waiting.", MetricShape::kEstimate},
         {"memory_bytes", "bytes", "Used.", MetricShape::kEstimate},
         {"wasted", "requests", "Answers nobody waited for.", MetricShape::kCount}}));
    made.faults.push_back(kind_info<sample::KillFault>("kill", "Processes die.", "A product"));
    made.faults.push_back(kind_info<sample::SlowFault>("slow", "Work takes longer.", ""));
    return made;
  }();
  return language;
}
