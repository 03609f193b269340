#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kernel/distribution.h"
#include "engine/kernel/random.h"
#include "engine/kernel/time.h"
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

  /// Whether a fault keeps messages back in either direction.
  bool is_cut() const { return cuts_[0] > 0 || cuts_[1] > 0; }

  /// How long a datagram over the edge takes that no request has sent; nothing when a fault keeps
  /// it back.
  std::optional<Duration> datagram_time(Zone from, Zone to, RandomStream& random) const;

  /// From now on all attempts pass `passage`; datagrams do not.
  void lead_through(Passage& passage);

  // Faults. Each may be applied several times over; the effects add up and are taken back singly.
  void add_latency(Duration add, const Distribution* jitter);
  void remove_latency(Duration add, const Distribution* jitter);
  /// Cuts the edge: messages wait on it, as TCP would send them again, until it heals; a caller
  /// that gives up meanwhile takes its message with it.
  void cut(bool requests, bool replies);
  void heal(bool requests, bool replies);

 private:
  friend class Attempt;
  enum class Direction : std::uint8_t { request, reply };

  /// Time that faults and the passage add to a message, drawn for this message alone.
  Duration extra(std::uint64_t request, std::uint64_t message, Direction direction) const;
  bool is_cut(Direction direction) const { return cuts_[static_cast<std::size_t>(direction)] > 0; }
  bool is_disturbed() const;
  void park(Attempt& attempt, Direction direction);
  void release(Direction direction);

  World& world_;
  Component& from_;
  Component& to_;
  bool asynchronous_;
  bool disturbed_ = false;  // a fault or a passage is on: the only test on the ordinary way
  std::uint64_t attempts_ = 0;
  std::uint64_t failures_ = 0;
  bool knows_sizes_ = false;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t bytes_received_ = 0;
  Duration added_{};
  std::vector<const Distribution*> jitters_;
  RandomKey jitter_key_;
  Passage* passage_ = nullptr;
  int cuts_[2] = {0, 0};
  std::vector<Attempt*> parked_[2];
};

}  // namespace highwater
