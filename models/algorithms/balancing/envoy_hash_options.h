#pragma once

#include <cstdint>

namespace highwater::balancing {

/// What envoy_ring_hash hashes the points of its ring with.
enum class EnvoyHashFunction : std::uint8_t { xx_hash, murmur_hash_2 };

/// The options of envoy_ring_hash and envoy_maglev, with Envoy's defaults.
///
/// Source   Envoy api/envoy/extensions/load_balancing_policies: ring_hash, maglev, common.
struct EnvoyHashOptions {
  std::uint64_t minimum_ring_size = 1024;
  std::uint64_t maximum_ring_size = 8'388'608;  ///< Also a bound on the minimum.
  EnvoyHashFunction hash_function = EnvoyHashFunction::xx_hash;
  std::uint64_t table_size = 65'537;  ///< Maglev's: a prime.
  /// Per cent of the average load that a target may have before others take its requests; 0: no
  /// bound. Envoy allows 100 and above.
  std::uint32_t hash_balance_factor = 0;
};

}  // namespace highwater::balancing
