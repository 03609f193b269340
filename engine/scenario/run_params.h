#pragma once

#include <cstdint>
#include <string>

#include "engine/describe/field.h"

namespace highwater {

/// The section "run": how long, how often, from which seed.
struct RunParams {
  Duration duration = 60s;
  Auto<Duration> warmup;
  std::uint64_t seed = 1;
  std::uint32_t replications = 5;
  std::uint64_t max_in_flight = 10'000'000;

  static constexpr std::string_view type_name = "run";
  static constexpr auto fields() {
    return Fields{
        field<&RunParams::duration>("Simulated time of one replication, the warm-up included.")
            .at_least(Duration{1}),
        field<&RunParams::warmup>(
            "Cut from the beginning of every replication before anything is measured; auto finds "
            "it by MSER-5, and cuts nothing where the run is terminating."),
        field<&RunParams::seed>("Of all random streams. The same seed gives the same results."),
        field<&RunParams::replications>("Independent runs that the intervals come from.")
            .at_least(1)
            .at_most(10'000),
        field<&RunParams::max_in_flight>("Requests in flight, with messages that wait for a "
                                         "consumer, that end the run as partial.")
            .at_least(1)
            .at_most(1'000'000'000),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (warmup.is_auto || warmup.value < duration) return;
    const Value* given = where.find("warmup");
    problems.error(given != nullptr ? given->position() : where.position(),
                   pointer_to(path, "warmup"), "the warm-up leaves nothing of the duration");
  }
};

}  // namespace highwater
