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

/// Parameter k of the rate mean * exp(k cos(phase)) / I0(k) whose peak is `peak` times its mean, by
/// bisection. Needs 1 <= peak <= 10.
double diurnal_concentration(double peak);

/// Modified Bessel function of the first kind and order 0, by its power series.
/// Source: Abramowitz & Stegun 9.6.12.
double bessel_i0(double x);

}  // namespace highwater::client
