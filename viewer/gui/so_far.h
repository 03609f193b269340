#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/scenario/objective.h"
#include "viewer/gui/feed.h"

namespace highwater::viewer {

/// What an objective is about, from the end of the warm-up (or the beginning of the objective's own
/// window) to the end of an interval: what its verdict would go by if the run ended there, by the
/// time of the answer. Percentiles are those of a heat map's rows: about 10 % either way.
///
/// @return nothing where that cannot be told from what the viewer keeps: recoveries, percentiles of
///         others than clients, causes; and before there is anything to judge.
/// Checked  tests/gui/feed_test.cpp
std::optional<double> so_far(const Objective& objective, const System& system, const Feed& feed,
                             std::size_t interval);

/// The same of a heat map's row counts: the value below which a share of them lie, in ms.
std::optional<double> quantile_ms(std::span<const std::uint64_t> rows, double share);

}  // namespace highwater::viewer
