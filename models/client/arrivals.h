#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "engine/kernel/random.h"
#include "engine/kernel/time.h"
#include "models/client/arrival_params.h"

namespace highwater::client {

/// The instants at which requests are meant to be sent, one after the other.
class ArrivalProcess {
 public:
  virtual ~ArrivalProcess() = default;
  /// The next arrival at or after `now`, the one before; nothing when there is none any more.
  virtual std::optional<Time> next(Time now) = 0;
};

/// The process of an open form of arrivals; null for a trace and for closed users, which are not
/// one.
/// @param stream  Drives it; independent of everything else that happens.
std::unique_ptr<ArrivalProcess> make_arrivals(const Arrivals& arrivals, RandomStream stream);

/// Further arrivals of the same form beside those of make_arrivals(), or in their place: so many
/// times as many, from streams of their own, with a number that may change at any time. What comes
/// without them is not touched.
///
/// Forms whose rate follows a plan or a chain (stages, diurnal, mmpp) have candidates at the
/// highest rate thinned: the rate is always `scale` times that of the form, at the same time. The
/// others run on a clock of their own that is `scale` times as fast.
///
/// Source   Lewis & Shedler 1979 (thinning).
/// Checked  tests/models/arrivals_test.cpp
class ScaledArrivals {
 public:
  /// @param own   Drives the arrivals.
  /// @param path  What make_arrivals() is driven by, whose bursts these are to follow.
  ScaledArrivals(const Arrivals& like, RandomStream own, RandomStream path);
  ~ScaledArrivals();
  ScaledArrivals(ScaledArrivals&&) noexcept;
  ScaledArrivals& operator=(ScaledArrivals&&) noexcept;

  /// From `now` on there are so many times as many; 0 stops them.
  void set_scale(Time now, double scale);
  /// The next one at or after `now`; nothing where there is none as things are. To be asked anew
  /// after each change of the scale.
  std::optional<Time> next(Time now);
  /// It has come.
  void arrived(Time now);

 private:
  class Intensity;
  struct IntensityMaker;

  double scale_ = 0;
  RandomStream own_;
  std::unique_ptr<Intensity> intensity_;    // of those that are thinned
  std::unique_ptr<ArrivalProcess> steady_;  // of the others, on their own clock
  double clock_s_ = 0;                      // of that, at `since_`
  Time since_{};
  std::optional<Time> due_;  // the next one, by that
};

/// Parameter k of the rate mean * exp(k cos(phase)) / I0(k) whose peak is `peak` times its mean, by
/// bisection. Needs 1 <= peak <= 10.
double diurnal_concentration(double peak);

/// Modified Bessel function of the first kind and order 0, by its power series.
/// Source: Abramowitz & Stegun 9.6.12.
double bessel_i0(double x);

}  // namespace highwater::client
