#pragma once

#include <cstddef>
#include <span>

#include "engine/statistics/estimate.h"

namespace highwater {

/// When to stop adding replications: the rule behind `--precision 1%`.
///
/// A rule that looks after every replication and stops at the first narrow interval undercovers: it
/// stops when the variance happens to look small. This one starts from at least kFirstLook
/// replications and looks again only after a growth planned from the width, so that it looks a few
/// times, not hundreds; the plan adds a tenth, so that the next look is likely to be the last.
///
/// Source: Y. S. Chow, H. Robbins, On the asymptotic theory of fixed-width sequential confidence
/// intervals, Annals of Mathematical Statistics 36 (1965); A. M. Law, Simulation Modeling and
/// Analysis, section 9.4.1, for the relative error.
class PrecisionRule {
 public:
  static constexpr std::size_t kFirstLook = 10;  ///< Fewest replications to judge from.

  /// @param relative  Wanted half width of the interval over the value; in (0, 1).
  /// @param most      Replications never to be exceeded; at least kFirstLook.
  PrecisionRule(double relative, std::size_t most);

  /// Whether the interval reaches no farther than relative * |value| to either side. An estimate
  /// without value or interval has not reached anything. A value of 0 with no width has.
  bool reached(const Estimate& estimate) const;

  /// Replications to have before the next look, when `done` are finished and these estimates were
  /// asked for. Returns `done` to stop: all reached (and at least kFirstLook done), or `most` done.
  /// Otherwise between done + 1 and min(most, 4 * done), or kFirstLook at first.
  std::size_t next(std::size_t done, std::span<const Estimate> estimates) const;

 private:
  double relative_;
  std::size_t most_;
};

}  // namespace highwater
