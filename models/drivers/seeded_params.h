#pragma once

#include <cstdint>
#include <string_view>

#include "engine/describe/field.h"
#include "models/drivers/seeded_bits.h"

namespace highwater::drivers {

inline constexpr const char* kSeedDoc = "Of the draws: SplitMix64.";

/// An algorithm's own options and the seed of its draws.
template <class Group>
struct SeededParams {
  Group group;
  std::uint64_t seed = 1;

  static constexpr std::string_view type_name = "seeded_driver";
  static constexpr auto fields() {
    using P = SeededParams;
    return Fields{inlined<&P::group>(), field<&P::seed>(kSeedDoc)};
  }
};

}  // namespace highwater::drivers
