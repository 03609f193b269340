#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/describe/problems.h"
#include "engine/describe/value.h"
#include "models/cache/eviction_params.h"

namespace highwater::cache {

/// How a local tier learns that somebody else has changed a key.
enum class Invalidation : std::uint8_t { none, broadcast };
constexpr auto words_of(Invalidation) {
  return std::array{
      Word{Invalidation::none, "none",
           "Not at all: what another instance has changed is stale here until its ttl is over."},
      Word{
          Invalidation::broadcast, "broadcast",
          "The cache tells every process that may have the key, over the network, as Redis' client "
          "tracking does."}};
}

/// A small cache in each calling process, in front of the shared one.
struct LocalParams {
  caching::Policy policy = caching::Policy::lru;
  std::uint64_t capacity = 10'000;
  std::optional<Duration> ttl;
  Duration time{0};
  Invalidation invalidation = Invalidation::none;

  static constexpr auto fields() {
    return Fields{
        field<&LocalParams::policy>("Which entry leaves when there is no room for another."),
        field<&LocalParams::capacity>("Entries that each process can hold.")
            .at_least(std::uint64_t{1})
            .at_most(std::uint64_t{100'000'000})
            .source("Coherence near cache, front-limit, of no default; chosen"),
        field<&LocalParams::ttl>("How long an entry may be used after it was filled; until it is "
                                 "evicted or invalidated unless given.")
            .at_least(Duration{1}),
        field<&LocalParams::time>("What a look-up takes, found or not; it holds no core."),
        field<&LocalParams::invalidation>("How it learns that another process has changed a key."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (!ttl && invalidation == Invalidation::none)
      problems.warning(where.position(), path,
                       "without a ttl and invalidation, what another process changes stays stale "
                       "here until it is evicted");
  }
};

}  // namespace highwater::cache
