#pragma once

#include <array>
#include <cstdint>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/caching/policy.h"

namespace highwater {

namespace caching {

/// The policies of the family are the words of a scenario: one that joins can be named at once.
constexpr auto words_of(Policy) {
  std::array<Word<Policy>, kPolicies.size()> words{};
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = Word<Policy>{kPolicies[i].policy, kPolicies[i].name, kPolicies[i].summary};
  return words;
}

constexpr auto words_of(ArcReading) {
  return std::array{Word{ArcReading::paper, "paper", "As the paper and libCacheSim have it."},
                    Word{ArcReading::golang_lru, "golang_lru", "As hashicorp/golang-lru 0.5.4."}};
}

}  // namespace caching

namespace cache {

// What the policies can be told, a struct for each that has something to tell. apply() puts it
// where the algorithm looks for it.

struct ArcParams {
  caching::ArcReading reading = caching::ArcOptions{}.reading;

  static constexpr auto fields() {
    return Fields{field<&ArcParams::reading>("Whose reading of the paper.")};
  }
  void apply(caching::Options& options) const { options.arc.reading = reading; }
};

struct TwoQueueParams {
  Fraction recent_share{caching::TwoQueueOptions{}.recent_share};
  Fraction ghost_share{caching::TwoQueueOptions{}.ghost_share};

  static constexpr auto fields() {
    return Fields{field<&TwoQueueParams::recent_share>("Of the capacity, for entries used once.")
                      .source("golang-lru Default2QRecentRatio"),
                  field<&TwoQueueParams::ghost_share>("Of the capacity, in keys remembered.")
                      .source("golang-lru Default2QGhostEntries")};
  }
  void apply(caching::Options& options) const {
    options.two_queue = {recent_share.value, ghost_share.value};
  }
};

struct SlruParams {
  Fraction protected_share{caching::SlruOptions{}.protected_share};

  static constexpr auto fields() {
    return Fields{field<&SlruParams::protected_share>("Of the capacity, for entries used twice.")
                      .source("Caffeine's main space")};
  }
  void apply(caching::Options& options) const {
    options.slru.protected_share = protected_share.value;
  }
};

struct S3FifoParams {
  Fraction small_share{caching::S3FifoOptions{}.small_share};
  Fraction ghost_share{caching::S3FifoOptions{}.ghost_share};
  std::uint32_t move_to_main_uses = caching::S3FifoOptions{}.move_to_main_uses;

  static constexpr auto fields() {
    return Fields{
        field<&S3FifoParams::small_share>("Of the capacity, for the small queue.")
            .source("libCacheSim fifo-size-ratio"),
        field<&S3FifoParams::ghost_share>("Of the capacity, in keys remembered.")
            .source("libCacheSim ghost-size-ratio"),
        field<&S3FifoParams::move_to_main_uses>("Uses in the small queue that save an entry.")
            .at_least(1u)
            .at_most(3u)
            .source("libCacheSim move-to-main-threshold")};
  }
  void apply(caching::Options& options) const {
    options.s3_fifo = {small_share.value, ghost_share.value, move_to_main_uses};
  }
};

struct RedisSampleParams {
  std::uint32_t samples = caching::RedisOptions{}.samples;

  static constexpr auto fields() {
    return Fields{field<&RedisSampleParams::samples>("Keys looked at for an eviction.")
                      .at_least(1u)
                      .at_most(64u)
                      .source("redis.conf maxmemory-samples")};
  }
  void apply(caching::Options& options) const { options.redis.samples = samples; }
};

struct RedisLfuParams {
  RedisSampleParams sampling;
  std::uint32_t log_factor = caching::RedisLfu{}.log_factor;
  std::uint32_t decay_time = caching::RedisLfu{}.decay_minutes;

  static constexpr auto fields() {
    return Fields{
        inlined<&RedisLfuParams::sampling>(),
        field<&RedisLfuParams::log_factor>("How much more rarely a counter grows the larger it is.")
            .at_most(10'000u)
            .source("redis.conf lfu-log-factor"),
        field<&RedisLfuParams::decay_time>("Minutes after which an idle counter loses one; 0: "
                                           "never.")
            .at_most(1'000'000u)
            .source("redis.conf lfu-decay-time")};
  }
  void apply(caching::Options& options) const {
    sampling.apply(options);
    options.redis.lfu.log_factor = log_factor;
    options.redis.lfu.decay_minutes = decay_time;
  }
};

struct MemcachedParams {
  std::uint32_t hot_lru_pct = caching::MemcachedOptions{}.hot_lru_pct;
  std::uint32_t warm_lru_pct = caching::MemcachedOptions{}.warm_lru_pct;
  double hot_max_factor = caching::MemcachedOptions{}.hot_max_factor;
  double warm_max_factor = caching::MemcachedOptions{}.warm_max_factor;

  static constexpr auto fields() {
    return Fields{
        field<&MemcachedParams::hot_lru_pct>("Percent of the items that may be hot.")
            .at_most(98u)
            .source("memcached -o hot_lru_pct"),
        field<&MemcachedParams::warm_lru_pct>("Percent of the items that may be warm.")
            .at_most(98u)
            .source("memcached -o warm_lru_pct"),
        field<&MemcachedParams::hot_max_factor>("A hot item cools down when it has been idle for "
                                                "so many times as long as the coldest.")
            .at_least(0.0)
            .source("memcached -o hot_max_factor"),
        field<&MemcachedParams::warm_max_factor>("The same for a warm one.")
            .at_least(0.0)
            .source("memcached -o warm_max_factor")};
  }
  void apply(caching::Options& options) const {
    options.memcached = {hot_lru_pct, warm_lru_pct, hot_max_factor, warm_max_factor};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (hot_lru_pct + warm_lru_pct > 99)
      problems.error(where.position(), path, "hot_lru_pct and warm_lru_pct together are over 99");
  }
};

}  // namespace cache
}  // namespace highwater
