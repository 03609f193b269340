#pragma once

#include <array>
#include <cstdint>

#include "engine/describe/words.h"
#include "engine/model/disturbance.h"

namespace highwater::faults {

/// Which way over a connection a fault looks, as Toxiproxy calls it.
///
/// Checked  tests/faults/reset_test.cpp, tests/faults/connections_test.cpp
enum class Stream : std::uint8_t { upstream, downstream };
constexpr auto words_of(Stream) {
  return std::array{
      Word{Stream::upstream, "upstream", "Requests: the callee never sees them."},
      Word{Stream::downstream, "downstream", "Answers: the callee has done what it was asked."}};
}
inline Direction direction_of(Stream stream) {
  return stream == Stream::upstream ? Direction::request : Direction::reply;
}

}  // namespace highwater::faults
