#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace highwater::messaging {

/// A topic of a consumer group's metadata. One without partitions is a topic that does not exist.
struct GroupTopic {
  std::string name;
  std::uint32_t partitions = 0;
};

/// A partition, its topic by its place in Group::topics.
struct TopicPartition {
  std::uint32_t topic = 0;
  std::uint32_t partition = 0;

  friend bool operator==(const TopicPartition&, const TopicPartition&) = default;
};

/// What a member says of itself as it joins.
struct GroupMember {
  std::string id;
  std::optional<std::string> instance_id = {};  ///< group.instance.id of a static member.
  std::vector<std::uint32_t> topics = {};       ///< That it subscribes to; twice counts once.
  std::vector<TopicPartition> owned = {};       ///< What it has now.
  std::optional<std::int32_t> generation = {};  ///< In which it got that.
};

/// What an assignor knows.
struct Group {
  std::vector<GroupTopic> topics;
  std::vector<GroupMember> members;
};

/// The partitions of each member, in the order of Group::members; each member's in the order in
/// which the product hands them out.
using Assignment = std::vector<std::vector<TopicPartition>>;

/// Whose code is followed where the products differ.
enum class AssignorCode : std::uint8_t { librdkafka, java };

/// messaging Roster: a group with its names replaced by numbers.
///
/// Partitions are numbered by topic name and then partition, members ("ranks") by id, so that the
/// comparisons of names that every assignor is full of become comparisons of numbers. Names are
/// compared byte by byte; Java compares UTF-16 units, which differs only where characters beyond
/// U+FFFF meet those from U+E000 on.
///
/// At the edges  topics of equal names are different topics in their given order, and so are
///         members of equal ids. An owned partition that does not exist, or stands twice in one
///         member's list, is not owned.
/// Source   Apache Kafka 3.9, AbstractPartitionAssignor.java; librdkafka 2.0.2,
///          rdkafka_assignor.c.
/// Checked  tests/messaging/group_test.cpp.
class Roster {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  explicit Roster(const Group& group) : group_(&group) {
    const std::size_t topics = group.topics.size();
    topic_order_.resize(topics);
    std::iota(topic_order_.begin(), topic_order_.end(), 0u);
    std::stable_sort(topic_order_.begin(), topic_order_.end(),
                     [&](auto a, auto b) { return group.topics[a].name < group.topics[b].name; });
    first_.resize(topics + 1);
    topic_rank_.resize(topics);
    for (std::uint32_t rank = 0; rank < topics; ++rank) {
      topic_rank_[topic_order_[rank]] = rank;
      first_[rank + 1] = first_[rank] + group.topics[topic_order_[rank]].partitions;
    }
    topic_of_.reserve(first_.back());
    for (std::uint32_t rank = 0; rank < topics; ++rank) topic_of_.resize(first_[rank + 1], rank);

    const std::size_t members = group.members.size();
    member_order_.resize(members);
    std::iota(member_order_.begin(), member_order_.end(), 0u);
    std::stable_sort(member_order_.begin(), member_order_.end(),
                     [&](auto a, auto b) { return group.members[a].id < group.members[b].id; });
    subscribed_.resize(members * topics);
    topic_lists_.resize(members);
    readers_.resize(topics);
    for (std::uint32_t rank = 0; rank < members; ++rank) {
      for (const std::uint32_t topic : group.members[member_order_[rank]].topics) {
        if (topic >= topics) continue;
        const std::uint32_t t = topic_rank_[topic];
        char& flag = subscribed_[rank * topics + t];
        if (flag != 0) continue;
        flag = 1;
        topic_lists_[rank].push_back(t);
        ++readers_[t];
      }
    }
  }

  const Group& group() const { return *group_; }
  std::uint32_t members() const { return static_cast<std::uint32_t>(member_order_.size()); }
  std::uint32_t topics() const { return static_cast<std::uint32_t>(topic_order_.size()); }
  std::uint32_t partitions() const { return first_.back(); }

  const GroupMember& member(std::uint32_t rank) const {
    return group_->members[member_order_[rank]];
  }
  /// The rank of each member in the order in which the group lists them.
  std::vector<std::uint32_t> ranks() const {
    std::vector<std::uint32_t> ranks(member_order_.size());
    for (std::uint32_t rank = 0; rank < ranks.size(); ++rank) ranks[member_order_[rank]] = rank;
    return ranks;
  }

  std::uint32_t topic_of(std::uint32_t partition) const { return topic_of_[partition]; }
  std::uint32_t first_of(std::uint32_t topic) const { return first_[topic]; }
  std::uint32_t size_of(std::uint32_t topic) const { return first_[topic + 1] - first_[topic]; }
  std::uint32_t topic_rank(std::uint32_t topic) const { return topic_rank_[topic]; }
  std::uint32_t topic_index(std::uint32_t rank) const { return topic_order_[rank]; }
  const std::string& topic_name(std::uint32_t rank) const {
    return group_->topics[topic_order_[rank]].name;
  }

  bool subscribes(std::uint32_t rank, std::uint32_t topic) const {
    return subscribed_[rank * topics() + topic] != 0;
  }
  /// What a member subscribes to, in its own order.
  const std::vector<std::uint32_t>& topics_of(std::uint32_t rank) const {
    return topic_lists_[rank];
  }
  /// How many members subscribe to it.
  std::uint32_t readers(std::uint32_t topic) const { return readers_[topic]; }
  /// Partitions of everything it subscribes to.
  std::uint32_t most(std::uint32_t rank) const {
    std::uint32_t sum = 0;
    for (const std::uint32_t topic : topic_lists_[rank]) sum += size_of(topic);
    return sum;
  }
  /// Whether all members subscribe to the same topics.
  /// @param missing  Whether topics that do not exist count too.
  bool alike(bool missing) const {
    for (std::uint32_t topic = 0; topic < topics(); ++topic)
      if (readers_[topic] != 0 && readers_[topic] != members() && (missing || size_of(topic) > 0))
        return false;
    return true;
  }

  /// The number of a partition; kNone where there is none such.
  std::uint32_t number(TopicPartition p) const {
    if (p.topic >= topic_rank_.size()) return kNone;
    const std::uint32_t rank = topic_rank_[p.topic];
    return p.partition < size_of(rank) ? first_[rank] + p.partition : kNone;
  }
  TopicPartition name(std::uint32_t partition) const {
    const std::uint32_t rank = topic_of_[partition];
    return {topic_order_[rank], partition - first_[rank]};
  }
  /// What a member owns, by number.
  std::vector<std::uint32_t> owned(std::uint32_t rank) const {
    std::vector<std::uint32_t> numbers;
    const std::vector<TopicPartition>& claims = member(rank).owned;
    numbers.reserve(claims.size());
    for (const TopicPartition claim : claims) {
      const std::uint32_t partition = number(claim);
      if (partition != kNone) numbers.push_back(partition);
    }
    if (!std::is_sorted(numbers.begin(), numbers.end(), std::less_equal<>())) {
      std::vector<std::uint32_t> sorted = numbers;
      std::sort(sorted.begin(), sorted.end());
      if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) drop_repeats(numbers);
    }
    return numbers;
  }

  /// The result for the group. @param parts  By rank.
  Assignment named(const std::vector<std::vector<std::uint32_t>>& parts) const {
    Assignment assignment(parts.size());
    for (std::uint32_t rank = 0; rank < parts.size(); ++rank) {
      std::vector<TopicPartition>& to = assignment[member_order_[rank]];
      to.reserve(parts[rank].size());
      for (const std::uint32_t partition : parts[rank]) to.push_back(name(partition));
    }
    return assignment;
  }

 private:
  // The first of each stays where it is.
  void drop_repeats(std::vector<std::uint32_t>& numbers) const {
    std::vector<char> seen(partitions());
    std::erase_if(numbers, [&](std::uint32_t n) { return std::exchange(seen[n], 1) != 0; });
  }

  const Group* group_;
  std::vector<std::uint32_t> topic_order_;   // by rank: index in the group
  std::vector<std::uint32_t> topic_rank_;    // by index: rank
  std::vector<std::uint32_t> first_;         // by topic rank: its first partition
  std::vector<std::uint32_t> topic_of_;      // by partition: topic rank
  std::vector<std::uint32_t> member_order_;  // by rank: index in the group
  std::vector<char> subscribed_;             // by member rank and topic rank
  std::vector<std::vector<std::uint32_t>> topic_lists_;
  std::vector<std::uint32_t> readers_;  // by topic rank
};

}  // namespace highwater::messaging
