#pragma once

#include <cstdint>

namespace highwater::messaging {

/// The member, 0 to members - 1 in the order of their ids, that gets a partition of a topic which
/// all of them read: neighbouring partitions together, and the first members one more each where
/// the partitions do not go round. Preconditions: partition < partitions, members >= 1.
///
/// Source   Apache Kafka,
/// clients/src/main/java/org/apache/kafka/clients/consumer/RangeAssignor.java. Checked
/// tests/models/range_assignor_test.cpp.
constexpr std::uint32_t range_member(std::uint32_t partition, std::uint32_t partitions,
                                     std::uint32_t members) {
  const std::uint32_t each = partitions / members;
  const std::uint32_t with_one_more = partitions % members;
  const std::uint32_t theirs = with_one_more * (each + 1);
  if (partition < theirs) return partition / (each + 1);
  return with_one_more + (partition - theirs) / each;
}

}  // namespace highwater::messaging
