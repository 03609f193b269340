#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "engine/kernel/distribution.h"
#include "engine/kernel/random.h"
#include "engine/kernel/time.h"
#include "engine/model/disturbance.h"
#include "engine/model/network.h"
#include "engine/model/request.h"

namespace highwater {

class Attempt;
class Component;
struct World;

/// What the messages over an edge pass beside the network, such as proxies.
class Passage {
 public:
  /// How much longer the request with this id takes for it, and how much longer its answer.
  /// @param message  Names the try of the call, as in Attempt::make().
  virtual Duration there(std::uint64_t request, std::uint64_t message) = 0;
  virtual Duration back(std::uint64_t request, std::uint64_t message) = 0;

 protected:
  ~Passage() = default;
};

/// Who keeps connections open over an edge.
class Connected {
 public:
  /// The other ends of some connections forget them without a word: what is sent over them gets no
  /// answer.
  /// @param hit      Whether it is this one, which the message names; asked once for each that is
  ///                 open between processes of the scope, in the order of their opening.
  /// @param gives_up How long after the first message that is lost its sender gives one up.
  virtual void forget_peers(const FaultScope& scope,
                            const std::function<bool(const Disturbance::Message&)>& hit,
                            Duration gives_up) = 0;

 protected:
  ~Connected() = default;
};

/// The way from one component to another: what passed over it, and what faults do to it.
class Edge {
 public:
  Edge(World& world, Component& from, Component& to, bool asynchronous);

  Component& from() const { return from_; }
  Component& to() const { return to_; }
  bool asynchronous() const { return asynchronous_; }

  /// Attempts sent, and those that ended in anything but ok as their callers saw it: too late
  /// counts, but not what comes for a caller that is gone.
  std::uint64_t attempts() const { return attempts_; }
  std::uint64_t failures() const { return failures_; }

  /// Bytes of requests and of answers that went over it, as far as calls say how large theirs are.
  std::uint64_t bytes_sent() const { return bytes_sent_; }
  std::uint64_t bytes_received() const { return bytes_received_; }
  /// Calls over it say how large their messages are. Before the run only.
  void know_sizes() { knows_sizes_ = true; }
  bool knows_sizes() const { return knows_sizes_; }
  void count_sent(std::uint64_t bytes) { bytes_sent_ += bytes; }
  void count_received(std::uint64_t bytes) { bytes_received_ += bytes; }
  /// The caller gave up between the first byte of an answer and the last.
  void count_late_answer() { ++failures_; }
  /// An attempt failed before the callee could see anything of it: its connection was not made, or
  /// it was lost on the way.
  void count_vain_attempt() {
    ++attempts_;
    ++failures_;
  }

  /// And some of them other than nothing. Before the run only.
  void state_sizes() { states_sizes_ = true; }
  bool states_sizes() const { return states_sizes_; }
  /// Calls over it make connections with TLS. Before the run only.
  void know_tls() { knows_tls_ = true; }
  bool knows_tls() const { return knows_tls_; }
  /// What faults did to what was sent: a message counts as often as it was lost.
  std::uint64_t lost() const { return lost_; }
  std::uint64_t corrupted() const { return corrupted_; }
  std::uint64_t duplicated() const { return duplicated_; }

  /// Whether a fault lets nothing through between these two, in either direction.
  bool is_cut(const Ends& ends) const;

  /// How long it takes over the edge, if no request has sent it and nobody sends it again: a
  /// datagram, or a segment of a handshake. Nothing when a fault keeps it back, or it is lost.
  std::optional<Duration> datagram_time(const Ends& ends, Direction direction,
                                        RandomStream& random);
  /// Of a datagram that has come over: how long a copy of it takes, where a fault makes one.
  std::optional<Duration> copy_time(const Ends& ends, Direction direction, RandomStream& random);
  /// The same of a message over a connection that is open: what is lost is sent again by TCP, which
  /// drops copies. Nothing when a fault keeps it back for as long as it is on.
  std::optional<Duration> message_time(const Ends& ends, Direction direction, RandomStream& random);

  /// From now on all attempts pass `passage`; datagrams do not.
  void lead_through(Passage& passage);

  // Faults. Each may be applied several times over; the effects add up and are taken back singly.
  // They concern all messages unless their scope says otherwise.
  /// @param strength  So much of the delay is added.
  void add_latency(Duration add, const Distribution* jitter, double strength = 1,
                   const FaultScope& scope = {});
  void remove_latency(Duration add, const Distribution* jitter, double strength = 1,
                      const FaultScope& scope = {});
  /// Cuts the edge: messages wait on it, as TCP would send them again, until it heals; a caller
  /// that gives up meanwhile takes its message with it.
  void cut(bool requests, bool replies) { cut(FaultScope{{}, {}, {}, requests, replies}); }
  void heal(bool requests, bool replies) { heal(FaultScope{{}, {}, {}, requests, replies}); }
  void cut(const FaultScope& scope);
  void heal(const FaultScope& scope);
  void add(Disturbance& disturbance);
  void remove(Disturbance& disturbance);

  // Asked by those who have connections, for whom attempts are not all there is to a message.
  /// Whether any of the following can be anything but what it is without faults.
  bool has_disturbances() const { return !disturbances_.empty(); }
  /// How long a message stands in line where faults have made one; nothing where it is lost.
  std::optional<Duration> passes(const Disturbance::Message& message, std::uint64_t bytes);
  /// @param message  What names it names the connection.
  std::optional<Duration> resets(const Disturbance::Message& message) const;
  Disturbance::Cut cuts_off(const Disturbance::Message& message, std::uint64_t bytes) const;
  Duration closes_late(const Disturbance::Message& message) const;
  void tell_closed(const Disturbance::Message& message) const;
  /// Who keeps connections over it, from now on and until the end of the run.
  void connect(Connected& connections) { connected_.push_back(&connections); }
  const std::vector<Connected*>& connected() const { return connected_; }
  std::optional<Duration> fails_to_resolve(const Ends& ends) const;
  Instance& address(const Instance& caller, Instance& to) const;
  bool has_expired(const Ends& ends) const;

 private:
  friend class Attempt;
  friend class Disturbance;
  struct Latency {
    Duration add;
    const Distribution* jitter;
    double strength;
    FaultScope scope;
    friend bool operator==(const Latency&, const Latency&) = default;
  };

  /// What becomes of an attempt that is to go: how much longer it takes than the network alone;
  /// nothing where it does not go now, and the edge or the attempt itself sees to what follows.
  std::optional<Duration> let_pass(Attempt& attempt, Direction direction);
  /// Time that faults and the passage add to a message, drawn for this message alone.
  Duration extra(const Ends& ends, std::uint64_t request, std::uint64_t message,
                 Direction direction) const;
  Duration delays(const Disturbance::Message& message) const;
  std::optional<Duration> network_time(const Ends& ends, Direction direction, RandomStream& random);
  std::optional<Duration> gets_through(const Disturbance::Message& message, std::uint64_t bytes);
  bool is_doubled(const Disturbance::Message& message);
  bool is_held(const Ends& ends, Direction direction) const;
  /// What passes between members of one component has no direction of its own.
  bool concerns(const FaultScope& scope, const Ends& ends, Direction direction) const;
  Duration round_trip(const Ends& ends) const;
  bool is_disturbed() const;
  void release();

  World& world_;
  Component& from_;
  Component& to_;
  bool asynchronous_;
  bool disturbed_ = false;  // a fault or a passage is on: the only test on the ordinary way
  bool knows_sizes_ = false;
  bool states_sizes_ = false;
  bool knows_tls_ = false;
  std::uint64_t attempts_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t bytes_received_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t corrupted_ = 0;
  std::uint64_t duplicated_ = 0;
  std::vector<Latency> latencies_;
  RandomKey jitter_key_;
  Passage* passage_ = nullptr;
  std::vector<FaultScope> cuts_;
  std::vector<Disturbance*> disturbances_;
  std::vector<Connected*> connected_;
  std::vector<Attempt*> parked_[2];  // by direction
};

}  // namespace highwater
