#include "viewer/draw/topology_particles.h"

#include <algorithm>
#include <cmath>

namespace highwater::viewer::topology {
namespace {

constexpr double kShortestTravel = 1.4;
constexpr double kLongestTravel = 16;

// 0 to 1, excluding 1.
double share_of(std::uint64_t bits) {
  return static_cast<double>(bits >> 11U) * 0x1p-53;
}

double root_share(double rate, double highest) {
  if (!(rate > 0) || !(highest > 0)) return 0;
  return std::sqrt(std::min(1.0, rate / highest));
}

}  // namespace

std::uint64_t mixed_bits(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

Particle particle(std::uint64_t edge, std::uint32_t index, double time_s, double travel_s,
                  double error_share) {
  const std::uint64_t key = mixed_bits(edge) ^ mixed_bits(index + 1ULL);
  const double phase = share_of(mixed_bits(key));
  const double threshold = share_of(mixed_bits(key + 1));
  const double level = 2 * std::log2(std::max(travel_s, kShortestTravel) / kShortestTravel);
  const double below = std::floor(level);
  const double taken = level - below > threshold ? below + 1 : below;
  // A tenth faster or slower than the others, or they would march in step.
  const double own = 0.9 + 0.2 * share_of(mixed_bits(key + 2));
  const double laps = time_s / (kShortestTravel * std::exp2(taken / 2)) * own + phase;
  const double lap = std::floor(laps);

  Particle result;
  result.along = static_cast<float>(laps - lap);
  result.across = static_cast<float>(2 * share_of(mixed_bits(key + 3)) - 1);
  result.size = static_cast<float>(0.8 + 0.4 * share_of(mixed_bits(key + 4)));
  const auto lap_number = static_cast<std::uint64_t>(static_cast<std::int64_t>(lap));
  result.failed = share_of(mixed_bits(key + 5 + mixed_bits(lap_number))) < error_share;
  return result;
}

double travel_time(double latency_ms) {
  if (!(latency_ms > 0)) return kShortestTravel;
  return std::min(kLongestTravel, kShortestTravel + latency_ms / 60);
}

float particle_count(double rate_per_s, double highest_rate_per_s, float most) {
  const double share = root_share(rate_per_s, highest_rate_per_s);
  return share > 0 ? static_cast<float>(2 + share * (static_cast<double>(most) - 2)) : 0;
}

float edge_width(double rate_per_s, double highest_rate_per_s) {
  return static_cast<float>(1.2 + 4 * root_share(rate_per_s, highest_rate_per_s));
}

float pulse(double time_s, bool reduced_motion) {
  if (reduced_motion) return 0.6F;
  return static_cast<float>(0.5 + 0.5 * std::sin(time_s * 4));
}

}  // namespace highwater::viewer::topology
