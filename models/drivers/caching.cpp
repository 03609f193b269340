/// Drivers of the caching family: keys in, hits and misses out.

#include "models/algorithms/caching/caching.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "models/cache/eviction_params.h"
#include "models/drivers/catalog.h"
#include "models/drivers/event_session.h"
#include "models/key_number.h"

namespace highwater::drivers {
namespace {

using caching::Policy;

constexpr const char* kKey = "a key: any bytes; the empty line is the empty key";
constexpr const char* kOutcome = "hit or miss; a miss stores the key";

/// A policy that has nothing of its own to set.
struct NoOptions {
  static constexpr auto fields() { return Fields{}; }
  void apply(caching::Options&) const {}
};

/// @tparam kIntervalMs  Milliseconds between two requests unless given.
template <class Group, std::int64_t kIntervalMs>
struct CacheDriverParams {
  std::uint64_t capacity = 0;
  bool summary = false;
  std::optional<Duration> ttl;
  Duration interval{kIntervalMs * 1'000'000};
  std::uint64_t seed = 1;
  Group group;

  static constexpr std::string_view type_name = "cache_driver";
  static constexpr auto fields() {
    using P = CacheDriverParams;
    return Fields{field<&P::capacity>("Entries the cache may hold.").required(),
                  field<&P::summary>("Only the counts, at the end."),
                  field<&P::ttl>("How long an entry may be used; for ever unless given.")
                      .at_least(Duration{1}),
                  field<&P::interval>("Time from one request to the next, for clocks."),
                  field<&P::seed>("Of the draws: SplitMix64."),
                  inlined<&P::group>()};
  }
};

void append_outcome(bool hit, std::string& out) {
  out += hit ? "hit\n" : "miss\n";
}

void append_counts(std::uint64_t hits, std::uint64_t misses, std::string& out) {
  out += fmt::format("hits {}\nmisses {}\n", hits, misses);
}

class CacheSession final : public Session {
 public:
  template <class Params>
  CacheSession(Policy policy, const Params& params, const caching::Options& options)
      : cache_(policy, params.capacity, options),
        bits_(params.seed),
        interval_(params.interval.count()),
        summary_(params.summary) {
    if (params.ttl) ttl_ = params.ttl->count();
  }

  std::string take(std::string_view line, std::string& out) override {
    const std::uint64_t key = key_number(line);
    now_ += interval_;
    const bool hit = cache_.lookup(key, now_).outcome == caching::Outcome::hit;
    ++(hit ? hits_ : misses_);
    if (!hit) {
      caching::Item item;
      item.key = key;
      if (ttl_) item.expires = now_ + *ttl_;
      cache_.insert(item, now_, bits_);
    }
    if (!summary_) append_outcome(hit, out);
    return {};
  }
  void end(std::string& out) override {
    if (summary_) append_counts(hits_, misses_, out);
  }

 private:
  caching::Cache cache_;
  SeededBits bits_;
  std::int64_t now_ = 0;
  std::int64_t interval_;
  std::optional<std::int64_t> ttl_;
  bool summary_;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

/// Caching and balancing both know a policy `random`; a driver's name is its own.
std::string driver_name(const caching::PolicyInfo& info) {
  return info.policy == Policy::random ? "random_eviction" : std::string(info.name);
}

template <class Group, std::int64_t kIntervalMs = 1000>
Driver cache_driver(Policy policy) {
  using Params = CacheDriverParams<Group, kIntervalMs>;
  const caching::PolicyInfo& info = caching::kPolicies[static_cast<std::size_t>(policy)];
  const std::string name = driver_name(info);
  return driver<Params>(
      {name, "caching", std::string(info.summary), std::string(info.source), kKey, kOutcome,
       "printf '%s\\n' a b a c a | highwater algorithm " + name + " --capacity 2"},
      [policy](const Params& params) {
        caching::Options options;
        params.group.apply(options);
        return std::make_unique<CacheSession>(policy, params, options);
      });
}

Driver cache_driver_of(Policy policy) {
  switch (policy) {
    case Policy::arc:
      return cache_driver<cache::ArcParams>(policy);
    case Policy::two_queue:
      return cache_driver<cache::TwoQueueParams>(policy);
    case Policy::slru:
      return cache_driver<cache::SlruParams>(policy);
    case Policy::s3_fifo:
      return cache_driver<cache::S3FifoParams>(policy);
    case Policy::memcached:
      return cache_driver<cache::MemcachedParams>(policy);
    case Policy::redis_lru:
    case Policy::redis_volatile_lru:
    case Policy::redis_volatile_ttl:
      return cache_driver<cache::RedisSampleParams>(policy);
    case Policy::redis_lfu:
    case Policy::redis_volatile_lfu:
      // Counters decay by the minute: a second between two requests would leave nothing to count.
      return cache_driver<cache::RedisLfuParams, 10>(policy);
    case Policy::lru:
    case Policy::fifo:
    case Policy::clock:
    case Policy::sieve:
    case Policy::lfu:
    case Policy::w_tinylfu:
    case Policy::redis_random:
    case Policy::redis_volatile_random:
    case Policy::random:
    case Policy::worst:
      break;
  }
  return cache_driver<NoOptions>(policy);
}

struct MinParams {
  std::uint64_t capacity = 0;
  bool summary = false;
  static constexpr auto fields() {
    return Fields{field<&MinParams::capacity>("Entries the cache may hold.").required(),
                  field<&MinParams::summary>("Only the counts.")};
  }
};

/// Belady's MIN has to know the whole trace: it decides at the end.
class MinSession final : public Session {
 public:
  explicit MinSession(const MinParams& params) : params_(params) {}

  std::string take(std::string_view line, std::string&) override {
    if (keys_.size() == kMostRequests)
      return fmt::format("more than {} requests; min has to remember them all", kMostRequests);
    keys_.push_back(key_number(line));
    return {};
  }
  void end(std::string& out) override {
    std::uint64_t hits = 0;
    for (const bool hit : caching::Belady(keys_).hits(params_.capacity)) {
      hits += hit;
      if (!params_.summary) append_outcome(hit, out);
    }
    if (params_.summary) append_counts(hits, keys_.size() - hits, out);
  }

 private:
  static constexpr std::size_t kMostRequests = 200'000'000;

  MinParams params_;
  std::vector<std::uint64_t> keys_;
};

}  // namespace

std::vector<Driver> caching() {
  std::vector<Driver> drivers;
  for (const caching::PolicyInfo& info : caching::kPolicies)
    drivers.push_back(cache_driver_of(info.policy));
  drivers.push_back(driver<MinParams>(
      {"min", "caching", "Evicts what is needed again furthest in the future: the bound.",
       "Belady 1966", kKey, kOutcome,
       "printf '%s\\n' a b a c a | highwater algorithm min --capacity 2"},
      [](const MinParams& params) { return std::make_unique<MinSession>(params); }));
  return drivers;
}

}  // namespace highwater::drivers
