#pragma once

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/kernel/condition.h"
#include "engine/kernel/random.h"
#include "engine/kernel/simulation.h"
#include "engine/kernel/task.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"
#include "models/calls/by_process.h"
#include "models/calls/listener.h"
#include "models/calls/transport_params.h"

namespace highwater {

/// What the connections of one caller to one callee did.
struct TransportCounts {
  std::uint64_t opened = 0;
  std::uint64_t failed = 0;   ///< Could not be opened.
  std::uint64_t full = 0;     ///< TLS handshakes with asymmetric cryptography.
  std::uint64_t resumed = 0;  ///< And without.
  std::uint64_t retransmissions = 0;
  TimeIntegral open;      ///< Connections.
  TimeIntegral waiting;   ///< Calls that have no place on one.
  Tally* wait = nullptr;  ///< From asking to having one; null where nobody measures.
};

/// The connections of one calling process to one instance of the callee. They die with either.
///
/// A request takes a place on a connection: the whole of it with HTTP/1.1, a stream with HTTP/2.
/// The one used last is taken first. Where none has a place left, another is opened for the request
/// if there may be one. What becomes free meanwhile goes to the request that waits longest; a new
/// connection to the one it was opened for, unless that has a place by then.
///
/// To open one takes a round trip for TCP, further ones for TLS, over the delays of the edge. A SYN
/// that is lost, or swallowed by a partition, a silent death or a full backlog, is sent again after
/// 1, 2, 4, … s. A process that is down, or refuses, ends the attempt and one request's wait.
///
/// What is sent over a connection in one direction arrives in the order in which it was sent: each
/// message takes the bandwidth for itself (as RFC 9218 has it for answers of the same urgency), and
/// one that TCP has to send again keeps back all that were sent after it. So a loss costs one
/// request with HTTP/1.1 and all streams of its connection with HTTP/2.
///
/// Faults on the edge lose messages in the same way, for as long as they are on: what gets through
/// waits for those sent before it. A reset ends the connection: what is sent over it from then on
/// until it comes is swallowed. So is what is sent over one that the other end has forgotten, until
/// TCP gives it up: with HTTP/1.1 the first request's timeout closes it, with HTTP/2 it ends that
/// stream alone and the next goes the same way (golang/go issue 36026).
///
/// The callee's end is noticed at once, unless it is silent: then a request that is sent to its
/// successor is answered with a reset. An instance that is about to leave says so (GOAWAY,
/// Connection: close): what is under way is finished, then the connection is closed.
///
/// Assumes  no fast retransmission and no tail loss probe: what is lost is the end of a message;
///          no slow start; no idle connection is closed by the callee.
/// Source   RFC 9112, section 9; RFC 9113, sections 5.1.2 and 6.8; RFC 9293; engine/model/tcp.h;
///          RFC 5246, section 7.3; RFC 8446, section 2;
///          Go net/http/transport.go (which connection is taken, who gets a new one, who hears
///          that it could not be opened).
/// Checked  tests/transport/transport_test.cpp, tests/transport/loss_test.cpp
class Transport {
 public:
  Transport(World& world, Edge& edge, Instance& from, Instance& to, const TransportParams& params,
            TransportCounts& counts);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  ~Transport() { die(); }

  /// How asking for a place ended.
  enum class Outcome : std::uint8_t {
    granted,
    unreachable,  ///< No connection could be opened.
    gave_up,      ///< The caller's own time was over first: all places were taken,
    unopened,     ///< or a connection was still being opened.
  };
  class Stream;
  class Take;

  /// Awaitable: gives a Stream.
  Take take(Time give_up);

  /// The callee's process ended, is about to, or began.
  void callee_changed(Component::Change change);
  /// The calling process is gone.
  void die();
  /// See Connected.
  void forget_peers(const FaultScope& scope,
                    const std::function<bool(const Disturbance::Message&)>& hit, Duration gives_up);

 private:
  struct Waiter;
  // Messages that faults keep back, in the order in which they were sent.
  struct Line {
    explicit Line(Simulation& simulation) : moved(simulation) {}

    std::list<const Stream*> streams;
    Condition moved;
  };
  class Place;
  struct Connection {
    explicit Connection(Transport& transport)
        : owner(transport), socket(transport.simulation_), idle(*this), lingers(*this) {}
    void idle_for_too_long() { owner.close(*this); }
    void closed_at_last() { owner.let_go(*this); }

    Transport& owner;
    Waiter* opener = nullptr;  // for whom it is being opened, while that one waits
    Listener::Socket socket;
    Timer<&Connection::idle_for_too_long> idle;
    Timer<&Connection::closed_at_last> lingers;  // until the callee hears that it is closed
    Duration round_trip{};
    Time sent_until[2]{};           // by direction: when the line is free
    Time delivered_until[2]{};      // and when all that was sent has arrived
    std::unique_ptr<Line> line[2];  // made when a fault first keeps something back
    Time reset = kNever;            // when a fault ends it
    Duration gives_up{};            // where it is forgotten
    std::uint64_t number = 0;       // of this connection, in the order of their opening
    std::uint32_t incarnation = 0;  // of the process at the other end
    std::uint32_t streams = 0;      // in use
    bool open = false;
    bool closing = false;    // takes no more requests, and is closed after the last one
    bool has_room = false;   // listed among those
    bool forgotten = false;  // by the other end
    bool cut_off = false;    // by a fault
  };
  // Who waits for a place; lives in the awaiter.
  struct Waiter : Resumption {
    explicit Waiter(Transport& that) : Resumption(that.simulation_), transport(that) {}

    Transport& transport;
    Connection* connection = nullptr;
    Outcome outcome = Outcome::gave_up;
    bool asked = false;  // and not told yet
    bool suspended = false;
    Time since{};
    std::list<Waiter*>::iterator place{};
    std::list<Waiter*>::iterator place_without{};  // among those for whom none is being opened
    Connection* opens = nullptr;
  };

  bool is_dead() const { return dead_ || from_.incarnation() != incarnation_; }
  bool is_dying() const;
  /// Whether the process at the other end is still the one it was.
  bool is_alive(const Connection& connection) const {
    return to_.up() && to_.incarnation() == connection.incarnation;
  }

  void ask(Waiter& waiter);
  void withdraw(Waiter& waiter);
  void tell(Waiter& waiter, Outcome outcome, Connection* connection);
  void grant(Waiter& waiter, Connection& connection);
  void leave_line(Waiter& waiter);
  void give_back(Connection& connection, bool broken);
  void open_more();
  bool needs_another_connection() const;
  Connection& unused();
  void settle(Connection& connection);
  void retire(Connection& connection);
  void take_out(Connection& connection);
  void close(Connection& connection);
  void forget(Connection& connection);
  void let_go(Connection& connection);
  Disturbance::Message name(const Connection& connection, Direction direction) const;

  Task<> connect(Connection& connection);
  Task<bool> shake_hands_tcp(Connection& connection);
  Task<bool> shake_hands_tls(Connection& connection);
  Task<bool> fly(Connection& connection, Direction direction);
  Task<bool> compute_handshake(Connection& connection);
  Task<bool> is_there(Connection& connection);
  Listener::Verdict knock(Connection& connection);
  std::optional<Duration> one_way(Direction direction);
  void opened(Connection& connection);
  void failed(Connection& connection);

  Simulation& simulation_;
  Edge& edge_;
  Instance& from_;
  Instance& to_;
  const TransportParams& params_;
  TransportCounts& counts_;
  Lane& keep_alive_;
  RandomStream random_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> unused_;     // places in memory for further ones
  std::vector<Connection*> with_room_;  // the one used last at the end
  std::list<Waiter*> waiters_;
  std::list<Waiter*> waiters_without_;  // those for whom no connection is being opened
  Condition callee_restarted_;
  std::uint64_t made_ = 0;
  std::uint32_t number_ = 0;  // of connections that are open or being opened
  std::uint32_t opening_ = 0;
  bool opens_more_ = false;
  std::optional<std::uint32_t> knows_session_;  // of that incarnation of the callee
  std::uint32_t incarnation_;                   // of the calling process
  bool dead_ = false;
};

/// A place on a connection in the hands of a call. Move-only. Where the call ends without a word
/// its request is still under way: with HTTP/1.1 that ends the connection, with HTTP/2 the stream.
class [[nodiscard]] Transport::Stream {
 public:
  Stream(Stream&& other) noexcept
      : transport_(std::exchange(other.transport_, nullptr)),
        connection_(other.connection_),
        outcome_(other.outcome_) {}
  Stream& operator=(Stream&&) = delete;
  ~Stream();

  explicit operator bool() const { return transport_ != nullptr; }
  Outcome outcome() const { return outcome_; }
  /// Whether the process at the other end, or the connection, has come to an end.
  bool is_broken() const;
  /// Whether what is sent over it gets no answer: the other end has forgotten it, or it is closed.
  bool is_lost() const { return connection_->forgotten || connection_->cut_off; }
  Duration round_trip() const { return connection_->round_trip; }
  /// Sends a message. @return when it arrives, but for the delay of the edge; nothing where TCP
  /// gives up, which it does at `at`.
  /// @param draws  Of losses.
  bool send(Direction direction, std::uint64_t bytes, RequestRandom& draws, Time& at);
  /// Gets a message through what faults on the edge have put in its way, after send().
  /// @return ok, timeout (at `give_up`), or reset.
  Task<Status> get_through(Direction direction, std::uint64_t bytes, Request asked, Time give_up);
  /// The answer is here. @param broken  And it was that the connection is.
  void finish(bool broken);

 private:
  friend class Take;
  Stream(Transport* transport, Connection* connection, Outcome outcome)
      : transport_(transport), connection_(connection), outcome_(outcome) {}

  Transport* transport_;
  Connection* connection_;
  Outcome outcome_;
};

class Transport::Take {
 public:
  Take(Transport& transport, Time give_up)
      : waiter_(transport), timeout_(transport.simulation_), give_up_(give_up) {}
  Take(const Take&) = delete;
  Take& operator=(const Take&) = delete;
  ~Take();

  bool await_ready() {
    waiter_.transport.ask(waiter_);
    return !waiter_.asked;
  }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    waiter_.suspended = true;
    waiter_.remember(task);
    if (give_up_ == kNever) return;
    timeout_.remember(task);
    timeout_.simulation().schedule_at(timeout_, give_up_);
  }
  Stream await_resume();

 private:
  Waiter waiter_;
  Resumption timeout_;
  Time give_up_;
};

inline Transport::Take Transport::take(Time give_up) {
  return Take(*this, give_up);
}

/// The connections of all processes of a caller to all instances of a callee, which every place
/// that calls it shares, as the code of a process shares its HTTP client.
class Transports final : private Connected {
 public:
  Transports(World& world, Edge& edge, const TransportParams& params);
  Transports(const Transports&) = delete;
  Transports& operator=(const Transports&) = delete;

  /// Those of the process that `from` is at present.
  Transport& between(Instance& from, Instance& to) {
    return kept_.between(from, to, [&] {
      return std::make_unique<Transport>(world_, edge_, from, to, params_, counts_);
    });
  }

  const TransportParams& params() const { return params_; }
  const Edge& edge() const { return edge_; }
  RandomKey loss_key() const { return loss_key_; }
  TransportCounts& counts() { return counts_; }

 private:
  void forget_peers(const FaultScope& scope,
                    const std::function<bool(const Disturbance::Message&)>& hit,
                    Duration gives_up) override;

  World& world_;
  Edge& edge_;
  TransportParams params_;
  RandomKey loss_key_;
  TransportCounts counts_;
  ByProcess<Transport> kept_;
};

/// The sizes of the messages of one place that calls.
struct MessageSizes {
  MessageSizes(const TransportParams& params, RandomKey draws)
      : request(law(params.request_size)), reply(law(params.response_size)), key(draws) {}
  static Distribution law(const std::optional<SizeParams>& size) {
    return size ? size->law() : Distribution();
  }

  Distribution request;
  Distribution reply;
  RandomKey key;
};

/// Declares what transport_metrics() names.
void measure_transports(Recorder::Owner& owner, const std::vector<Transports*>& transports);

/// Of measure_transports(), for the table of calls.
std::vector<MetricInfo> transport_metrics();

}  // namespace highwater
