#pragma once

#include <string>
#include <vector>

#include "engine/describe/value.h"
#include "models/algorithms/messaging/group.h"

namespace highwater::drivers {

/// Reads what an assignor is to know:
///
///   {"topics": {"t1": 7, "t2": 3},
///    "members": {"c0": ["t1", "t2"], "c1": {"topics": ["t1"], "instance_id": "i", "generation":
///    3}}, "owned": {"c0": ["t1-0", "t2-1"]}}
///
/// Topics stand in the order of the metadata, members in that of their joins. `members` may be a
/// list of ids (each subscribes to every topic) or of objects with `id`. `owned` may be left out,
/// and may name partitions as {"t1": [0, 1]} too; a member's object may say `owned` itself.
/// @return what is wrong; empty where nothing is.
std::string read_group(const Value& value, messaging::Group& group);

/// {"t1": 7} as topics.
std::string read_topics(const Value& value, std::vector<messaging::GroupTopic>& topics);

/// A list of topic names as places in `topics`; one that is not there is added with no partitions.
std::string read_topic_names(const Value& value, std::vector<messaging::GroupTopic>& topics,
                             std::vector<std::uint32_t>& places);

/// ["t1-0", "t1-1"], by topic name and number.
Value partitions_value(const std::vector<messaging::GroupTopic>& topics,
                       std::vector<messaging::TopicPartition> partitions);

}  // namespace highwater::drivers
