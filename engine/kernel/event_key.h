#pragma once

#include <cstdint>

#include "engine/kernel/time.h"

namespace highwater {

/// Time (56 bits), sequence number (44 bits) and slot (28 bits) of one pending event, most
/// significant first, so that one integer comparison orders events by time and then by sequence.
__extension__ typedef unsigned __int128 EventKey;

/// The largest sequence number: 17 million million events in one run.
inline constexpr std::uint64_t kLargestSequence = (std::uint64_t{1} << 44) - 1;
inline constexpr std::uint32_t kLargestSlot = (std::uint32_t{1} << 28) - 1;

/// Preconditions: 0 <= time <= kNever, sequence <= kLargestSequence, slot <= kLargestSlot.
constexpr EventKey event_key(Time time, std::uint64_t sequence, std::uint32_t slot) {
  return static_cast<EventKey>(static_cast<std::uint64_t>(time.time_since_epoch().count())) << 72 |
         static_cast<EventKey>(sequence) << 28 | slot;
}

/// Nanoseconds since the beginning of the run.
constexpr std::uint64_t nanoseconds_of(EventKey key) {
  return static_cast<std::uint64_t>(key >> 72);
}
constexpr Time time_of(EventKey key) {
  return Time{Duration{static_cast<std::int64_t>(nanoseconds_of(key))}};
}
constexpr std::uint32_t slot_of(EventKey key) {
  return static_cast<std::uint32_t>(key) & kLargestSlot;
}
/// The same time and sequence number with another slot: the order of keys stays as it was.
constexpr EventKey with_slot(EventKey key, std::uint32_t slot) {
  return (key & ~static_cast<EventKey>(kLargestSlot)) | slot;
}

}  // namespace highwater
