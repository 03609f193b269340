#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/kernel/random.h"
#include "engine/model/request.h"
#include "models/algorithms/balancing/outlier_detector.h"

namespace highwater {

/// Tells an outlier detection how a request to `host` ended, in the terms of Envoy.
inline balancing::OutlierDetector::Events report_to(balancing::OutlierDetector& detector,
                                                    std::size_t host, Status status,
                                                    std::int64_t now, RandomStream& random) {
  using balancing::OutlierResult;
  switch (status) {
    case Status::ok:
      return detector.report_status(host, 200, now, random);
    case Status::error:
      return detector.report_status(host, 500, now, random);
    case Status::rejected:
      return detector.report_status(host, 503, now, random);
    case Status::unavailable:
    case Status::reset:
      return detector.report(host, OutlierResult::connect_failed, now, random);
    case Status::timeout:
      return detector.report(host, OutlierResult::timeout, now, random);
    case Status::abandoned:
      break;  // that was the caller's doing
  }
  return {};
}

}  // namespace highwater
