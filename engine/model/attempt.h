#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "engine/kernel/simulation.h"
#include "engine/model/request.h"

namespace highwater {

class Edge;
class Instance;
class Attempt;
class Served;

/// Who waits for the answer of an attempt.
class AttemptWaiter {
 public:
  /// The answer has come back over the network. Called from the event loop, never from within the
  /// callee, so that a resumed caller never nests.
  virtual void answered(Reply reply) = 0;
  /// No answer will ever come: the callee died silently or a partition ate the message. Whoever has
  /// a timeout learns of it then; the others wait for good.
  virtual void lost() = 0;
  /// The callee has answered an attempt whose answers the waiter hands on: it replies when the
  /// answer has left the callee, which happens in the callee's own time and dies with it.
  virtual void hand_on(Served served, Reply reply);

 protected:
  ~AttemptWaiter() = default;
};

/// One try of one call: a message on its way to an instance, being served there, or its answer on
/// the way back. It lives on its own, because a caller that gives up does not take it back:
/// the callee finds it in its line and serves it all the same.
class Attempt final : private Event {
 public:
  /// An attempt to get `request` served by `to`. `waiter` hears of the outcome unless it forgets
  /// the attempt first. Nothing moves before depart().
  /// @param message  Keys the draws of this message's delays; distinct for every try of a call.
  static Attempt& make(Edge& edge, Instance& from, Instance& to, const Request& request,
                       std::uint64_t message, AttemptWaiter& waiter);

  /// Puts the request on the network. Where that takes no time, the callee receives it within this
  /// call; the waiter is still answered later, from the event loop (but lost() may come at once).
  void depart();
  /// In place of depart(): it ends where it began, with an answer of the callee's own client; what
  /// passed over the network for it was another attempt, which carried it.
  void conclude(Reply reply);
  /// It carries what other attempts ask for: the edge counts those, not this one.
  void only_carries();
  /// It goes over a connection that is there already, or over one of a transport, which sees to
  /// what is lost itself.
  void has_connection() { over_ = Over::open; }
  void has_transport() { over_ = Over::transport; }
  /// What the callee answers is given to the waiter's hand_on() before it goes over the network.
  void let_waiter_hand_on() { waiter_hands_on_ = true; }

  /// The waiter no longer waits, since it was cancelled itself.
  void forget() { waiter_ = nullptr; }
  /// The waiter no longer waits, since this takes too long.
  void time_out();

  const Request& request() const { return request_; }
  /// Of the request: after it no caller waits for the answer.
  Time deadline() const { return request_.deadline; }
  Edge& edge() const { return edge_; }
  Instance& from() const { return from_; }

  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

 private:
  friend class Served;
  friend class Edge;
  friend class AttemptPool;
  friend class Instance;
  enum class Phase : std::uint8_t { outbound, served, inbound, lost_outbound, lost_inbound };
  /// What it goes over: nothing that is modelled, until it has departed.
  enum class Over : std::uint8_t { none, open, transport };

  Attempt(Edge& edge, Instance& from, Instance& to, const Request& request, std::uint64_t message,
          AttemptWaiter& waiter);
  ~Attempt() = default;
  static void fire(Event& event);
  void arrive();
  void reply(Reply reply);
  void head_back();
  void come_back();
  void end_early(Status status, Duration after);
  void was_lost(Duration round_trip);
  void go_again();
  void drop();
  void break_off();
  void vanish();
  void free();
  void count_failure();

  Request request_;
  Edge& edge_;
  Instance& from_;
  Instance* to_;
  AttemptWaiter* waiter_;
  std::uint64_t message_;
  Phase phase_ = Phase::outbound;
  bool counted_ = true;  // by the edge
  bool waiter_hands_on_ = false;
  Over over_ = Over::none;
  std::uint8_t tries_ = 0;   // that this message was lost
  bool has_slept_ = false;   // the handler, as long as a fault wants it to
  bool is_final_ = false;    // faults have seen the answer
  std::uint32_t track_ = 0;  // of the world's Tracer; 0: nobody follows it
  Reply reply_;
};

/// Memory for the attempts of one replication. One is made and freed on every hop, so they come
/// from slabs by a free list; those still on their way when a run ends go with the slabs.
class AttemptPool {
 public:
  AttemptPool() = default;
  AttemptPool(const AttemptPool&) = delete;
  AttemptPool& operator=(const AttemptPool&) = delete;

  void* take() {
    if (free_ == nullptr) [[unlikely]]
      grow();
    return std::exchange(free_, free_->next);
  }
  void give_back(void* memory) { free_ = new (memory) Free{free_}; }

 private:
  struct Free {
    Free* next;
  };
  struct Slab {
    alignas(Attempt) std::byte memory[256][sizeof(Attempt)];
  };
  void grow();

  Free* free_ = nullptr;
  std::vector<std::unique_ptr<Slab>> slabs_;
};

/// An attempt in the hands of the instance that serves it. Exactly one answer leaves it: the one
/// given to reply(), or a reset when the holder is destroyed because its instance was killed.
class [[nodiscard]] Served {
 public:
  Served() = default;
  Served(Served&& other) noexcept : attempt_(std::exchange(other.attempt_, nullptr)) {}
  Served& operator=(Served&& other) noexcept {
    std::swap(attempt_, other.attempt_);
    return *this;
  }
  ~Served() {
    if (attempt_ != nullptr) broken();
  }

  const Request& request() const { return attempt_->request_; }
  /// Whether the caller leaves a message: it waits for nothing but that it is taken.
  bool asynchronous() const;
  /// True once the caller has given up: whatever is done from here on is wasted.
  bool abandoned() const { return attempt_->waiter_ == nullptr; }
  explicit operator bool() const { return attempt_ != nullptr; }
  /// How long a fault lets the handler sleep before it answers: for callees that are busy
  /// meanwhile. Who does not ask answers as much later.
  Duration sleeps();

  /// Answers and lets go.
  void reply(Reply reply);
  void reply(Status status) { reply(Reply{status}); }

 private:
  friend class Attempt;
  friend class Instance;
  explicit Served(Attempt& attempt) : attempt_(&attempt) {}
  void broken();

  Attempt* attempt_ = nullptr;
};

}  // namespace highwater
