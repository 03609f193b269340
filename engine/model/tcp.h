#pragma once

#include <algorithm>

#include "engine/kernel/time.h"

namespace highwater::tcp {

/// When TCP sends again what was lost.
///
/// Assumes  the round trip time varies little: what is added to it is the least that Linux adds.
/// Source   RFC 6298; Linux TCP_RTO_MIN (of what is added to the round trip time), TCP_RTO_MAX,
///          tcp_retries2 and tcp_syn_retries.
/// Checked  tests/transport/loss_test.cpp, tests/faults/loss_test.cpp

inline constexpr Duration kFirstOfSyn = 1s;  ///< RFC 6298, section 2.1.
inline constexpr Duration kLeastVariation = 200ms;
inline constexpr Duration kLongest = 120s;
/// So often is a segment sent again; when the last of them is not acknowledged in time either, the
/// connection is given up: 924.6 s after the first where the round trip takes no time.
inline constexpr int kRetries = 15;

/// How long it waits for the acknowledgement of what it has sent for the first time.
inline Duration first_timeout(Duration round_trip) {
  return std::min(round_trip + kLeastVariation, kLongest);
}
inline Duration next_timeout(Duration timeout) {
  return std::min(timeout * 2, kLongest);
}

}  // namespace highwater::tcp
