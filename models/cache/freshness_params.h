#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/describe/field.h"
#include "models/algorithms/caching/freshness.h"

namespace highwater::cache {

/// How those who fetch what a cache lacks keep it fresh and its source alive: a cache in the way of
/// the requests for itself, a service's cache step for what it stores.
struct FreshnessParams {
  std::optional<Duration> stale_while_revalidate;
  std::optional<Duration> stale_if_error;
  std::optional<Factor> early_expiration;
  std::optional<Fraction> refresh_ahead;
  bool single_flight = false;
  Fraction absent{0};
  std::optional<Duration> negative_ttl;

  static constexpr auto fields() {
    return Fields{
        field<&FreshnessParams::stale_while_revalidate>("For so long after its end an entry still "
                                                        "answers, while one request fetches it "
                                                        "anew.")
            .at_least(Duration{1})
            .source("RFC 5861"),
        field<&FreshnessParams::stale_if_error>("For so long after its end an entry answers where "
                                                "fetching it anew fails.")
            .at_least(Duration{1})
            .source("RFC 5861"),
        field<&FreshnessParams::early_expiration>("Fetches an entry anew shortly before its end, "
                                                  "by chance: XFetch's beta. 1 is the paper's; off "
                                                  "unless given.")
            .at_least(Factor{0.001})
            .source("Vattani et al. 2015"),
        field<&FreshnessParams::refresh_ahead>("A use after this share of an entry's ttl fetches "
                                               "it anew meanwhile; off unless given.")
            .at_least(Fraction{0.001})
            .source("Oracle Coherence refresh-ahead factor"),
        field<&FreshnessParams::single_flight>("Misses of one key at the same time and instance "
                                               "fetch it once, and all get what comes of that.")
            .source("nginx proxy_cache_lock; Go singleflight"),
        field<&FreshnessParams::absent>("Share of the keys for which there is nothing to be "
                                        "fetched: always the same ones. That there is nothing is "
                                        "an answer, but stored only if negative_ttl is given."),
        field<&FreshnessParams::negative_ttl>("How long it is known that there is nothing for a "
                                              "key.")
            .at_least(Duration{1})
            .source("RFC 2308; nginx proxy_cache_valid 404"),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
  caching::FreshnessRules rules() const;
  /// Whether there is nothing for this key.
  bool lacks(std::uint64_t key) const;
};

}  // namespace highwater::cache
