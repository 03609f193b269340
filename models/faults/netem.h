#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <utility>

#include "engine/describe/words.h"
#include "engine/kernel/random.h"
#include "engine/math/math.h"
#include "engine/model/disturbance.h"

namespace highwater::faults {

/// What netem's options have in common. It sits at the interface of a host: each process that sends
/// over an edge has a memory of its own, for each direction.
///
/// Source   Linux net/sched/sch_netem.c (get_crandom, tabledist, netem_enqueue); iproute2 netem/
///          normal.c, pareto.c, paretonormal.c.
/// Checked  tests/faults/netem_test.cpp

/// The sender of a message, and the way that it goes.
using Interface = std::pair<const Instance*, Direction>;
inline Interface interface_of(const Disturbance::Message& message) {
  const bool there = message.direction == Direction::request;
  return {there ? message.ends.caller : message.ends.callee, message.direction};
}

/// Numbers from 0 to 1 of which each keeps a share of the one before: rho * last + (1 - rho) * u.
/// They crowd around 1/2, with the variance (1 - rho) / (1 + rho) / 12.
class Correlated {
 public:
  explicit Correlated(double rho) : rho_(rho) {}
  double next(Interface sender, RandomStream& stream) {
    const auto [found, is_new] = last_.try_emplace(sender);
    if (is_new) found->second = stream.uniform();
    const double fresh = stream.uniform();
    return found->second = rho_ * found->second + (1 - rho_) * fresh;
  }

 private:
  double rho_;
  std::map<Interface, double> last_;  // only ever looked up
};

/// How delays spread around their middle.
enum class Shape : std::uint8_t { uniform, normal, pareto, paretonormal };
constexpr auto words_of(Shape) {
  return std::array{
      Word{Shape::uniform, "uniform", "Any as likely as any other, from one end to the other."},
      Word{Shape::normal, "normal", "Normal, with `spread` as standard deviation; up to four."},
      Word{Shape::pareto, "pareto",
           "Few that take much longer: a Pareto distribution with the exponent 3, from 2/3 of "
           "`spread` below the middle to four times as much above it."},
      Word{Shape::paretonormal, "paretonormal",
           "A quarter normal and three quarters pareto, as delays on the Internet were measured."}};
}

/// Its quantile, in units of the spread. The tables of netem hold no more than 2^15 / 8192 = 4.
inline double quantile_of(Shape shape, double u) {
  constexpr double kMost = 4;
  const auto normal = [&] {
    if (u <= 0 || u >= 1) return u <= 0 ? -kMost : kMost;
    return std::clamp(math::normal_quantile(u), -kMost, kMost);
  };
  const auto pareto = [&] {
    if (u >= 1) return kMost;
    return std::min(4.0 / 3 * (math::exp(-math::log(1 - u) / 3) - 1.5), kMost);
  };
  switch (shape) {
    case Shape::uniform:
      break;
    case Shape::normal:
      return normal();
    case Shape::pareto:
      return pareto();
    case Shape::paretonormal:
      return normal() / 4 + pareto() * 3 / 4;
  }
  return 2 * u - 1;
}

/// Which messages are not delayed and so overtake those before: after `gap` - 1 that are, each with
/// some probability until one is.
class Reordering {
 public:
  Reordering(double share, double correlation, std::uint32_t gap)
      : share_(share), gap_(gap), draws_(correlation) {}
  bool overtakes(Interface sender, RandomStream& stream) {
    std::uint32_t& delayed = delayed_[sender];
    if (delayed + 1 < gap_ || draws_.next(sender, stream) > share_) {
      delayed = std::min(delayed + 1, gap_);
      return false;
    }
    delayed = 0;
    return true;
  }

 private:
  double share_;
  std::uint32_t gap_;
  Correlated draws_;
  std::map<Interface, std::uint32_t> delayed_;  // since the last one that was not
};

}  // namespace highwater::faults
