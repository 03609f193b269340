#pragma once

#include <cstdint>

namespace highwater::viewer::topology {

/// What stands for requests on an edge: so many that one sees where the traffic is, not one for
/// each. Where a particle is depends on its edge, its number and the time alone, so nothing has to
/// be remembered and the same time gives the same picture.
struct Particle {
  float along = 0;      ///< Share of the way, 0 to 1.
  float across = 0;     ///< -1 to 1: where in the width of the edge.
  float size = 1;       ///< 0.8 to 1.2.
  bool failed = false;  ///< One of the edge's errors.
};

/// Number `index` of edge `edge` (any number that stays the same) at `time_s`.
///
/// The time that a particle travels is one of a few, half an octave apart. Between two of them
/// some particles take the shorter and the others the longer, each at its own threshold: a latency
/// that changes slowly makes single particles jump, never all.
Particle particle(std::uint64_t edge, std::uint32_t index, double time_s, double travel_s,
                  double error_share);

/// Seconds that a particle travels on an edge of this latency; NaN counts as none. 1.4 s plus a
/// second for every 60 ms, at most 16 s (chosen).
double travel_time(double latency_ms);

/// How many particles an edge has: 2 to `most`, with the square root of its share of the highest
/// rate; 0 without requests. The last one's part of a particle is its opacity.
float particle_count(double rate_per_s, double highest_rate_per_s, float most);

/// Width of an edge in design pixels: 1.2 to 5.2, with the square root of its share.
float edge_width(double rate_per_s, double highest_rate_per_s);

/// 0 to 1: how brightly what is hot glows at a time. A constant when motion is reduced.
float pulse(double time_s, bool reduced_motion);

/// Mixes bits: every bit of the result depends on every bit of `value`.
/// Source  S. Vigna, splitmix64.c (2015), the finalizer.
std::uint64_t mixed_bits(std::uint64_t value);

}  // namespace highwater::viewer::topology
