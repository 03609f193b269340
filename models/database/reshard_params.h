#pragma once

#include <cstdint>

#include "engine/describe/field.h"

namespace highwater::database {

/// A change of the number of shards while the database serves.
struct ReshardParams {
  Duration at{0};
  std::uint32_t shards = 1;
  std::uint64_t keys = 1;
  Rate rate{1000};
  std::uint32_t streams = 4;

  static constexpr auto fields() {
    using P = ReshardParams;
    return Fields{
        field<&P::at>("When it begins.").required(),
        field<&P::shards>("Shards that there are after it. Those that join are there from the "
                          "beginning, without work.")
            .required()
            .at_least(1u)
            .at_most(10'000u),
        field<&P::keys>("Keys below this are moved one by one, where their shard changes; all "
                        "others when these are done.")
            .required()
            .at_least(std::uint64_t{1})
            .at_most(std::uint64_t{10'000'000}),  // each is looked at, whether it moves or not
        field<&P::rate>("Keys that are moved in a second at most: each is read on its old shard "
                        "and written on its new one, as any request.")
            .at_least(Rate{0.001})
            .source("chosen; Vitess max_tps"),
        field<&P::streams>("Keys that are moved at the same time at most, each stream with its "
                           "part of the keys.")
            .at_least(1u)
            .at_most(10'000u)
            .source("chosen"),
    };
  }
};

}  // namespace highwater::database
