#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/kernel/simulation.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"
#include "models/algorithms/messaging/in_sync_replicas.h"
#include "models/messaging/replication_params.h"

namespace highwater::messaging {

/// The replicas of a topic's partitions: which brokers hold them, how far each has come, who leads.
///
/// Followers fetch from the leader, one request after the other: it waits there until there is
/// something new, brings all there is, and tells the leader how far the follower has come. What all
/// in sync have is below the high watermark. A controller beside the brokers notices when one is
/// gone, after its session, and lets others lead.
///
/// Assumes  one fetcher for each partition; what it brings takes the follower the time of one
///          append; a fetch that a fault keeps back is sent again after kFetchBackoff; the
///          controller sees processes die and nothing else, decides at once, and everybody knows
///          what it decides. A broker that comes back to a partition without a leader has dropped
///          what its last leader did not have.
/// Source   Apache Kafka 3.9: AdminUtils.assignReplicasToBrokers; Partition.scala,
///          ReplicaFetcherThread.scala, ReplicationControlManager.java, ClusterControlManager.java.
/// Checked  tests/models/replication_test.cpp
class Replication {
 public:
  static constexpr Duration kFetchBackoff{1'000'000'000};  ///< replica.fetch.backoff.ms

  /// The topic, as its replicas see it.
  class Listener {
   public:
    /// The high watermark has moved up, or it has become known whether it will.
    virtual void advanced(std::uint32_t partition) = 0;
    /// Another broker leads it, or none does; see leader().
    virtual void led_anew(std::uint32_t partition) = 0;
    /// How long the broker takes to append what a fetch has brought.
    virtual Duration append_time(std::uint32_t broker, RandomStream& random) = 0;

   protected:
    ~Listener() = default;
  };

  /// @param brokers  They outlive this, as do the params.
  Replication(Listener& topic, const ReplicationParams& params, std::uint32_t partitions,
              std::span<const std::unique_ptr<Instance>> brokers);

  /// @param ways  From the topic to itself: fetches and what they bring go that way.
  void connect(Edge& ways) { ways_ = &ways; }
  void start();

  /// Who leads it, or did last.
  std::uint32_t leader(std::uint32_t partition) const { return partitions_[partition].leader; }
  bool is_led(std::uint32_t partition) const {
    return partitions_[partition].replicas.leader().has_value();
  }
  const InSyncReplicas& replicas(std::uint32_t partition) const {
    return partitions_[partition].replicas;
  }
  /// The brokers that hold the partition; the first is meant to lead it.
  const std::vector<std::uint32_t>& brokers_of(std::uint32_t partition) const {
    return partitions_[partition].brokers;
  }
  /// Whether there are enough in sync for what all are to acknowledge.
  bool has_enough(std::uint32_t partition) const {
    return replicas(partition).isr_size() >= params_.replicas.min_insync_replicas;
  }

  /// The leader has appended so many messages.
  void appended(std::uint32_t partition, std::uint64_t messages);
  void died(std::uint32_t broker);
  void is_back(std::uint32_t broker);
  /// A broker has died, and what it had on its disk is gone.
  void lose(std::uint32_t broker) { sessions_[broker].lost = true; }
  /// How long the controller still takes a broker that died for alive.
  Duration session_left(std::uint32_t broker) const;

  /// Partitions that have fewer replicas in sync than they should, and those without a leader that
  /// is alive to the controller: integrated over time.
  double under_replicated(Time now) const { return under_replicated_.total(now); }
  double offline(Time now) const { return offline_.total(now); }
  std::uint64_t elections() const { return elections_; }

 private:
  class Follower;
  struct Partition {
    Partition(const IsrOptions& options) : replicas(options) {}

    /// The replica that the broker holds; nothing where it has none.
    std::optional<std::uint32_t> replica_on(std::uint32_t broker) const;

    InSyncReplicas replicas;
    std::vector<std::uint32_t> brokers;  // by replica
    std::deque<Follower> followers;      // by replica; the leader's rests
    std::uint32_t leader = 0;            // a broker
    bool is_whole = true;
    bool is_led = true;
  };
  struct Session {
    Session(Replication& r, std::uint32_t b) : replication(r), broker(b), over(*this) {}
    void end() { replication.session_over(broker); }

    Replication& replication;
    std::uint32_t broker;
    Time ends{};
    bool lost = false;  // its disk, since it died
    Timer<&Session::end> over;
  };

  Instance& broker(std::uint32_t index) const { return *brokers_[index]; }
  static std::vector<std::uint32_t> place(std::uint32_t partition, std::uint32_t brokers,
                                          std::uint32_t factor);
  /// Does `change` to the partition, and what follows from it: change(replicas).
  template <class Change>
  void change(std::uint32_t partition, Change change);
  void note(std::uint32_t partition);
  void hear_all(std::uint32_t partition, InSyncReplicas& replicas) const;
  void hand_on(std::uint32_t partition);
  void session_over(std::uint32_t broker);
  void look();
  void rebalance();
  bool is_imbalanced(std::uint32_t broker) const;
  void tell(const std::string& cause, std::uint64_t elections_before);
  std::int64_t now() const;

  Listener& topic_;
  const ReplicationParams& params_;
  std::span<const std::unique_ptr<Instance>> brokers_;
  World& world_;
  Edge* ways_ = nullptr;
  RandomStream random_;
  std::deque<Partition> partitions_;
  std::deque<Session> sessions_;  // by broker
  TimeIntegral under_replicated_;
  TimeIntegral offline_;
  std::uint64_t elections_ = 0;
  Timer<&Replication::look> look_{*this};
  Timer<&Replication::rebalance> rebalance_{*this};
};

/// A replica that does not lead.
class Replication::Follower {
 public:
  Follower(Replication& replication, std::uint32_t partition, std::uint32_t replica)
      : replication_(replication), partition_(partition), replica_(replica) {}

  /// What its log holds: the leader knows of it when the next fetch comes.
  std::uint64_t end() const { return end_; }
  /// It begins to fetch, with a log up to `end`, wherever it was.
  void fetch_from(std::uint64_t end);
  void rest();
  /// The leader has its fetch and nothing new, or has something now.
  bool waits() const { return state_ == State::waits; }
  void answer();

 private:
  enum class State : std::uint8_t { rests, asks, waits, is_answered, appends, pauses };

  void step();
  void ask();
  void arrived();
  void has_come();
  void appended();
  void pause();
  void go(State state, std::optional<Duration> takes);
  Partition& partition() const { return replication_.partitions_[partition_]; }
  Instance& broker() const { return replication_.broker(partition().brokers[replica_]); }
  Instance& leader() const { return replication_.broker(partition().leader); }

  Replication& replication_;
  std::uint32_t partition_;
  std::uint32_t replica_;
  State state_ = State::rests;
  std::uint64_t end_ = 0;
  std::uint64_t coming_ = 0;  // what the answer under way brings it to
  Timer<&Follower::step> timer_{*this};
};

}  // namespace highwater::messaging
