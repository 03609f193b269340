#include "models/drivers/group_json.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/describe/problems.h"

namespace highwater::drivers {
namespace {

using messaging::Group;
using messaging::GroupMember;
using messaging::GroupTopic;
using messaging::TopicPartition;

constexpr std::uint64_t kMostPartitions = 1'000'000;

std::optional<std::uint32_t> place_of(const std::vector<GroupTopic>& topics,
                                      std::string_view name) {
  for (std::uint32_t i = 0; i < topics.size(); ++i)
    if (topics[i].name == name) return i;
  return std::nullopt;
}

std::uint32_t place_or_add(std::vector<GroupTopic>& topics, const std::string& name) {
  const auto place = place_of(topics, name);
  if (place) return *place;
  topics.push_back({name, 0});
  return static_cast<std::uint32_t>(topics.size() - 1);
}

std::string read_owned(const Value& value, Group& group, GroupMember& member) {
  if (value.is_object()) {
    for (const Value::Member& topic : value.members()) {
      if (!topic.value.is_array()) return "the partitions of a topic are a list of numbers";
      for (const Value& number : topic.value.elements()) {
        const auto n = number.is_number() ? number.whole() : std::nullopt;
        if (!n || *n > kMostPartitions) return "a partition is a whole number";
        member.owned.push_back(
            {place_or_add(group.topics, topic.key), static_cast<std::uint32_t>(*n)});
      }
    }
    return {};
  }
  if (!value.is_array()) return "what a member owns is a list of partitions such as \"t1-0\"";
  for (const Value& text : value.elements()) {
    if (!text.is_string()) return "a partition is a text such as \"t1-0\"";
    const std::string& name = text.text();
    const std::size_t dash = name.rfind('-');
    std::uint32_t number = 0;
    if (dash == std::string::npos)
      return "a partition is written TOPIC-NUMBER, found " + in_quotes(name);
    const auto [end, error] =
        std::from_chars(name.data() + dash + 1, name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size())
      return "a partition is written TOPIC-NUMBER, found " + in_quotes(name);
    member.owned.push_back({place_or_add(group.topics, name.substr(0, dash)), number});
  }
  return {};
}

std::vector<std::uint32_t> all_of(const Group& group) {
  std::vector<std::uint32_t> all(group.topics.size());
  for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
  return all;
}

std::string read_member(const Value& value, Group& group, GroupMember& member) {
  if (value.is_array()) return read_topic_names(value, group.topics, member.topics);
  if (!value.is_object()) return "a member is a list of topics or an object";
  member.topics = all_of(group);
  for (const Value::Member& field : value.members()) {
    if (field.key == "id" && field.value.is_string()) {
      member.id = field.value.text();
    } else if (field.key == "topics") {
      member.topics.clear();
      std::string wrong = read_topic_names(field.value, group.topics, member.topics);
      if (!wrong.empty()) return wrong;
    } else if (field.key == "instance_id" && field.value.is_string()) {
      member.instance_id = field.value.text();
    } else if (field.key == "owned") {
      std::string wrong = read_owned(field.value, group, member);
      if (!wrong.empty()) return wrong;
    } else if (field.key == "generation" && field.value.is_number()) {
      const double number = field.value.number();
      if (!(number >= -1 && number <= std::numeric_limits<std::int32_t>::max()) ||
          number != static_cast<double>(static_cast<std::int32_t>(number)))
        return "a generation is a whole number from -1 on";
      member.generation = static_cast<std::int32_t>(number);
    } else {
      return "a member has id, topics, instance_id, owned and generation; " + in_quotes(field.key) +
             " does not fit";
    }
  }
  return {};
}

std::string add_member(GroupMember member, Group& group) {
  for (const GroupMember& other : group.members)
    if (other.id == member.id) return "two members are called " + in_quotes(member.id);
  group.members.push_back(std::move(member));
  return {};
}

}  // namespace

std::string read_topics(const Value& value, std::vector<GroupTopic>& topics) {
  if (!value.is_object()) return "topics are an object of names and numbers of partitions";
  std::uint64_t sum = 0;
  for (const Value::Member& topic : value.members()) {
    const auto n = topic.value.is_number() ? topic.value.whole() : std::nullopt;
    if (!n || (sum += *n) > kMostPartitions || *n > kMostPartitions)
      return "partitions are whole numbers, a million in all at most";
    topics[place_or_add(topics, topic.key)].partitions = static_cast<std::uint32_t>(*n);
  }
  return {};
}

std::string read_topic_names(const Value& value, std::vector<GroupTopic>& topics,
                             std::vector<std::uint32_t>& places) {
  if (!value.is_array()) return "a subscription is a list of topics";
  for (const Value& name : value.elements()) {
    if (!name.is_string()) return "a topic is a text";
    places.push_back(place_or_add(topics, name.text()));
  }
  return {};
}

std::string read_group(const Value& value, Group& group) {
  if (!value.is_object()) return "expected an object with topics and members";
  const Value* topics = value.find("topics");
  const Value* members = value.find("members");
  if (topics == nullptr || members == nullptr) return "expected topics and members";
  for (const Value::Member& field : value.members())
    if (field.key != "topics" && field.key != "members" && field.key != "owned")
      return "expected topics, members and owned, found " + in_quotes(field.key);
  std::string wrong = read_topics(*topics, group.topics);
  if (!wrong.empty()) return wrong;
  if (members->is_object()) {
    for (const Value::Member& field : members->members()) {
      GroupMember member;
      member.id = field.key;
      wrong = read_member(field.value, group, member);
      if (wrong.empty()) wrong = add_member(std::move(member), group);
      if (!wrong.empty()) return wrong;
    }
  } else if (members->is_array()) {
    for (const Value& element : members->elements()) {
      GroupMember member;
      if (element.is_string()) {
        member.id = element.text();
        member.topics = all_of(group);
      } else {
        wrong = read_member(element, group, member);
      }
      if (wrong.empty()) wrong = add_member(std::move(member), group);
      if (!wrong.empty()) return wrong;
    }
  } else {
    return "members are an object or a list";
  }
  if (const Value* owned = value.find("owned")) {
    if (!owned->is_object()) return "owned is an object of members and their partitions";
    for (const Value::Member& field : owned->members()) {
      const auto member = std::find_if(group.members.begin(), group.members.end(),
                                       [&](const GroupMember& m) { return m.id == field.key; });
      // Who has left the group owns nothing any more.
      if (member == group.members.end()) continue;
      wrong = read_owned(field.value, group, *member);
      if (!wrong.empty()) return wrong;
    }
  }
  return {};
}

Value partitions_value(const std::vector<GroupTopic>& topics,
                       std::vector<TopicPartition> partitions) {
  std::sort(partitions.begin(), partitions.end(), [&](TopicPartition a, TopicPartition b) {
    const int order = topics[a.topic].name.compare(topics[b.topic].name);
    return order != 0 ? order < 0 : a.partition < b.partition;
  });
  Value list = Value::array();
  for (const TopicPartition p : partitions)
    list.push(Value::string(topics[p.topic].name + "-" + std::to_string(p.partition)));
  return list;
}

}  // namespace highwater::drivers
