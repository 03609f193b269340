#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/algorithms/hashing/crc.h"
#include "models/algorithms/hashing/libhashkit.h"
#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

/// hashing modulo: hash mod n, what everybody writes first.
///
/// Perfectly cheap and even, and one more target moves n / (n + 1) of all keys. The hash is CRC-32.
///
/// Assumes  weights only say who takes part. A retry goes to the next target in the list.
/// Source   elementary; CRC-32 is chosen (as in PHP's crc32($key) % $n).
/// Checked  tests/algorithms/modulo_test.cpp; tests/algorithms/resize_test.cpp: the share of keys
///          that move.
class Modulo {
 public:
  explicit Modulo(Targets targets) : places_(places_in_use(targets)) {}

  Choice lookup(std::string_view key) const { return lookup_hash(crc32(key)); }

  Choice lookup_hash(std::uint64_t hash) const {
    if (places_.empty()) return std::nullopt;
    return places_[hash % places_.size()];
  }

  /// Fills `out` with the targets to try, the first being the choice. Returns how many.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    if (places_.empty()) return 0;
    return in_turn(places_, crc32(key) % places_.size(), out);
  }

 private:
  std::vector<std::uint32_t> places_;
};

/// libmemcached_modula: the default distribution of libmemcached: a hash of its own mod n.
///
/// Assumes  as Modulo. libmemcached takes a weight of 0 for 1; here it is out of the pool.
/// Source   libmemcached 1.1.4 src/libmemcached/hash.cc, dispatch_host.
/// Checked  tests/algorithms/modulo_test.cpp: servers that libmemcached chose by five hashes.
class LibmemcachedModula {
 public:
  explicit LibmemcachedModula(Targets targets, Hashkit hash = Hashkit::one_at_a_time)
      : places_(places_in_use(targets)), hash_(hash) {}

  Choice lookup(std::string_view key) const {
    if (places_.empty()) return std::nullopt;
    return places_[hashkit(hash_, key) % places_.size()];
  }

  /// Fills `out` with the targets to try, the first being the choice. Returns how many.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    if (places_.empty()) return 0;
    return in_turn(places_, hashkit(hash_, key) % places_.size(), out);
  }

 private:
  std::vector<std::uint32_t> places_;
  Hashkit hash_;
};

}  // namespace highwater::hashing
