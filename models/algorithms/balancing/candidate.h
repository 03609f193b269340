#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "models/algorithms/random_bits.h"

namespace highwater::balancing {

/// One instance as a balancer sees it.
struct Candidate {
  std::uint32_t load = 0;    ///< Requests it holds now, waiting and in service, sent from here.
  std::uint32_t weight = 1;  ///< Its share of the requests; only `weighted` reads it.
  bool usable = true;        ///< Health checks and draining decide.
};

/// Index into the candidates, or nothing where none can be picked.
using Pick = std::optional<std::size_t>;

inline std::uint32_t count_usable(std::span<const Candidate> candidates) {
  std::uint32_t usable = 0;
  for (const Candidate& candidate : candidates) usable += candidate.usable;
  return usable;
}

/// The index of the rank-th usable candidate; rank < count_usable(candidates).
inline std::size_t usable_at(std::span<const Candidate> candidates, std::uint32_t rank) {
  std::size_t i = 0;
  for (;; ++i) {
    if (candidates[i].usable && rank-- == 0) return i;
  }
}

}  // namespace highwater::balancing
