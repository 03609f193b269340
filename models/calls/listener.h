#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/kernel/completion.h"
#include "engine/kernel/condition.h"
#include "engine/kernel/processor_sharing.h"
#include "engine/kernel/resource.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"
#include "models/calls/listener_params.h"
#include "models/steps/processor.h"

namespace highwater {

/// How long so many bytes take on a line that nobody else uses.
Duration time_on_line(std::uint64_t bytes, Bandwidth bandwidth);

/// The side of an instance that connections come to: it accepts them, does its part of their
/// handshakes, and sends what it sends through its network interface.
///
/// A connection beyond max_connections is made by the kernel and waits in the backlog until another
/// is closed; where more than `backlog` wait already, its SYN is dropped, or refused.
///
/// All that an instance sends at a time shares its interface equally, as many TCP connections do:
/// an M/G/1 queue under processor sharing. What it has begun to send dies with its process.
///
/// Assumes  the place of a closed connection is free at once; nothing limits what it receives.
/// Source   Linux net/ipv4/tcp_input.c tcp_conn_request, include/net/sock.h sk_acceptq_is_full;
///          L. Massoulie, J. Roberts, Bandwidth sharing and admission control for elastic traffic,
///          Telecommunication Systems 15, 2000 (processor sharing).
/// Checked  tests/transport/listener_test.cpp
class Listener {
 public:
  /// @param workers  Of the instance: a handshake takes one. Null where none are needed.
  Listener(Instance& instance, const ListenerParams& params, steps::Processor& processor,
           Resource* workers);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { forget_all(); }

  /// The far end of a connection, at the caller's; closed when destroyed.
  class Socket {
   public:
    explicit Socket(Simulation& simulation) : changed_(simulation) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { close(); }

    void close();
    /// In the backlog.
    bool waits() const { return state_ == State::waiting; }
    /// Announced when it has been accepted or has been forgotten with its process.
    Condition& changed() { return changed_; }

   private:
    friend class Listener;
    enum class State : std::uint8_t { closed, waiting, accepted };

    Listener* listener_ = nullptr;
    State state_ = State::closed;
    std::list<Socket*>::iterator place_{};
    Condition changed_;
  };

  /// What becomes of a SYN.
  enum class Verdict : std::uint8_t {
    accepted,
    queued,   ///< Connected as far as the caller can see.
    dropped,  ///< No answer.
    refused,
  };
  Verdict knock(Socket& socket);

  /// Uses so much CPU time for a handshake; `done` hears of it, or of the end of the process.
  void shake_hands(Duration time, CompletionSender<> done);

  /// Whether there is a number of connections that it does not go beyond.
  bool limits_connections() const { return params_.accept.has_value(); }
  bool has_bandwidth() const { return nic_.has_value(); }
  /// Sends the answer, then replies with it. Needs bandwidth.
  void send(Served served, Reply reply, std::uint64_t bytes);
  /// Sends a request of its own; `done` hears of the end. Needs bandwidth.
  void send(std::uint64_t bytes, CompletionSender<> done);

  /// The process is gone.
  void killed() { forget_all(); }

  double open_integral(Time now) const { return open_.total(now); }
  double waiting_integral(Time now) const { return waiting_.total(now); }
  double sending_integral(Time now) const { return nic_ ? nic_->busy_integral(now) : 0; }
  std::uint64_t overflows() const { return overflows_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  Task<> compute(Duration time, CompletionSender<> done);
  Task<> transmit(Served served, Reply reply, std::uint64_t bytes);
  Task<> transmit(std::uint64_t bytes, CompletionSender<> done);
  void closed(Socket& socket);
  void forget_all();
  Simulation& simulation() const { return instance_.component().world().simulation; }

  Instance& instance_;
  const ListenerParams& params_;
  steps::Processor& processor_;
  Resource* workers_;
  std::optional<ProcessorSharing> nic_;
  std::list<Socket*> accepted_;
  std::list<Socket*> backlog_;
  TimeIntegral open_;
  TimeIntegral waiting_;
  std::uint64_t overflows_ = 0;
  std::uint64_t bytes_ = 0;
};

/// Declares what listener_metrics() names and the parameters have, over all instances.
/// @param there  Instances, integrated over time.
void measure_listeners(Recorder::Owner& owner, const ListenerParams& params,
                       std::vector<const Listener*> listeners, Cumulative there);

/// Of measure_listeners(), for a kind's table.
std::vector<MetricInfo> listener_metrics();

}  // namespace highwater
