#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/kernel/random.h"
#include "engine/model/request.h"
#include "models/algorithms/balancing/outlier_detector.h"

namespace highwater {

/// Tells an outlier detection how a request to `host` ended, in the terms of Envoy; `act` hears of
/// what that leads to.
template <class Act>
void report_to(balancing::OutlierDetector& detector, std::size_t host, Status status,
               std::int64_t now, RandomStream& random, const Act& act) {
  using balancing::OutlierResult;
  // An answer came over a connection, which counts where connections count apart.
  if (status == Status::ok || status == Status::error || status == Status::rejected)
    act(detector.report(host, OutlierResult::connect_success, now, random));
  switch (status) {
    case Status::ok:
      return act(detector.report_status(host, 200, now, random));
    case Status::error:
      return act(detector.report_status(host, 500, now, random));
    case Status::rejected:
      return act(detector.report_status(host, 503, now, random));
    case Status::unavailable:
    case Status::reset:
      return act(detector.report(host, OutlierResult::connect_failed, now, random));
    case Status::timeout:
      return act(detector.report(host, OutlierResult::timeout, now, random));
    case Status::abandoned:
      return;  // that was the caller's doing
  }
}

}  // namespace highwater
