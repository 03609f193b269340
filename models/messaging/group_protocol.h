#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/kernel/simulation.h"
#include "models/algorithms/messaging/messaging.h"

namespace highwater::messaging {

/// Who learns what Kafka's group protocol does to the consumers of a group, by their numbers.
class GroupListener {
 public:
  /// It reads these partitions no more.
  virtual void revoked(std::uint32_t consumer, std::span<const TopicPartition> partitions) = 0;
  /// It reads these from now on.
  virtual void assigned(std::uint32_t consumer, std::span<const TopicPartition> partitions) = 0;
  /// The coordinator has given it up, or it has left by itself, for it did not poll in time.
  virtual void gone(std::uint32_t consumer) = 0;
  /// The group has come to rest.
  virtual void at_rest(std::int32_t generation) = 0;

 protected:
  ~GroupListener() = default;
};

/// Kafka's group protocol at work for one group that reads one topic: heartbeats, joins, the
/// assignor's decision, revocations, and who is given up when.
///
/// Assumes  requests to the coordinator take no time, and the coordinator never dies.
/// Source   models/algorithms/messaging/group_clients.h.
/// Checked  tests/models/consumer_group_test.cpp
class GroupProtocol {
 public:
  GroupProtocol(Simulation& simulation, GroupListener& listener, const GroupClientOptions& options,
                bool static_members, std::uint32_t partitions);

  void started(std::uint32_t consumer);
  void killed(std::uint32_t consumer);
  /// It leaves in good order; it has joined again where it rejoins.
  void closed(std::uint32_t consumer);
  void rejoins(std::uint32_t consumer);
  /// Its process stands still, or goes on.
  void freeze(std::uint32_t consumer, bool frozen);
  /// Its thread begins with messages, or asks for the next ones.
  void polls(std::uint32_t consumer, bool polls);

 private:
  void start(std::uint32_t consumer);
  static std::string name_of(std::uint32_t consumer);
  static std::uint32_t number_of(const std::string& name);
  std::int64_t now() const { return nanoseconds(simulation_.now()); }
  void tick();
  void tell();

  Simulation& simulation_;
  GroupListener& listener_;
  GroupClients clients_;
  bool static_members_;
  std::vector<GroupEvent> events_;
  bool telling_ = false;
  Timer<&GroupProtocol::tick> next_;
};

}  // namespace highwater::messaging
