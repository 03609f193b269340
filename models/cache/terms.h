#pragma once

#include <optional>

#include "engine/kernel/time.h"
#include "models/algorithms/caching/freshness.h"

namespace highwater {

/// What a step that keeps something in a cache has agreed on for it. The step's requests point at
/// it, and the cache goes by it instead of by its own rules. Steps that share entries should agree.
struct CacheTerms {
  std::optional<Duration> ttl;  ///< The cache's own unless given.
  caching::FreshnessRules rules;
  bool lease = false;   ///< A miss asks for a lease, and without one nothing is stored.
  bool absent = false;  ///< What is stored is that there is nothing.
};

}  // namespace highwater
