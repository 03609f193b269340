#include "models/calls/listener.h"

#include <algorithm>
#include <utility>

namespace highwater {

Duration time_on_line(std::uint64_t bytes, Bandwidth bandwidth) {
  const double ns = static_cast<double>(bytes) * 8e9 / bandwidth.bits_per_second;
  constexpr double kCap = static_cast<double>(kLongestRun.count());
  return ns < kCap ? Duration{static_cast<Duration::rep>(ns + 0.5)} : kLongestRun;
}

Listener::Listener(Instance& instance, const ListenerParams& params, steps::Processor& processor,
                   Resource* workers)
    : instance_(instance), params_(params), processor_(processor), workers_(workers) {
  if (params.bandwidth) nic_.emplace(simulation(), 1);
}

Listener::Verdict Listener::knock(Socket& socket) {
  using State = Socket::State;
  if (!params_.accept) return Verdict::accepted;
  // One whose answer was lost is here already.
  if (socket.state_ != State::closed) return socket.waits() ? Verdict::queued : Verdict::accepted;
  const AcceptParams& accept = *params_.accept;
  const Time now = simulation().now();
  if (accepted_.size() < accept.max_connections) {
    socket.state_ = State::accepted;
    socket.place_ = accepted_.insert(accepted_.end(), &socket);
    open_.add(now, 1);
  } else if (backlog_.size() <= accept.backlog) {
    socket.state_ = State::waiting;
    socket.place_ = backlog_.insert(backlog_.end(), &socket);
    waiting_.add(now, 1);
  } else {
    ++overflows_;
    return accept.on_overflow == OnOverflow::reset ? Verdict::refused : Verdict::dropped;
  }
  socket.listener_ = this;
  return socket.waits() ? Verdict::queued : Verdict::accepted;
}

void Listener::Socket::close() {
  if (listener_ != nullptr) std::exchange(listener_, nullptr)->closed(*this);
}

void Listener::closed(Socket& socket) {
  using State = Socket::State;
  const Time now = simulation().now();
  if (std::exchange(socket.state_, State::closed) == State::waiting) {
    backlog_.erase(socket.place_);
    return waiting_.add(now, -1);
  }
  accepted_.erase(socket.place_);
  if (backlog_.empty()) return open_.add(now, -1);
  Socket& next = *backlog_.front();
  accepted_.splice(accepted_.end(), backlog_, backlog_.begin());
  waiting_.add(now, -1);
  next.state_ = State::accepted;
  next.changed_.notify_all();
}

void Listener::forget_all() {
  const Time now = simulation().now();
  open_.set(now, 0);
  waiting_.set(now, 0);
  for (std::list<Socket*>* const sockets : {&accepted_, &backlog_}) {
    for (Socket* const socket : *sockets) {
      socket->listener_ = nullptr;
      socket->state_ = Socket::State::closed;
      socket->changed_.notify_all();
    }
    sockets->clear();
  }
}

void Listener::shake_hands(Duration time, CompletionSender<> done) {
  instance_.tasks().spawn(compute(time, std::move(done)));
}

Task<> Listener::compute(Duration time, CompletionSender<> done) {
  CompletionSender<> computed = std::move(done);
  Lease worker;
  // It was accepted; the line's limit is for requests.
  if (workers_ != nullptr) worker = co_await workers_->acquire(AcquireOptions{0, kNever, true});
  co_await processor_.compute(time);
  computed.send();
}

void Listener::send(Served served, Reply reply, std::uint64_t bytes) {
  instance_.tasks().spawn(transmit(std::move(served), reply, bytes));
}

Task<> Listener::transmit(Served served, Reply reply, std::uint64_t bytes) {
  Served answered = std::move(served);
  bytes_ += bytes;
  co_await nic_->serve(time_on_line(bytes, *params_.bandwidth));
  answered.reply(reply);
}

void Listener::send(std::uint64_t bytes, CompletionSender<> done) {
  instance_.tasks().spawn(transmit(bytes, std::move(done)));
}

Task<> Listener::transmit(std::uint64_t bytes, CompletionSender<> done) {
  CompletionSender<> sent = std::move(done);
  bytes_ += bytes;
  co_await nic_->serve(time_on_line(bytes, *params_.bandwidth));
  sent.send();
}

std::vector<MetricInfo> listener_metrics() {
  return {{"connections_accepted", "connections",
           "Connections to its instances that are accepted and open, with \"accept\"."},
          {"backlog", "connections", "Connections that wait to be accepted."},
          {"backlog_overflows", "connections", "SYNs dropped or refused since that line was full.",
           MetricShape::kCount},
          {"egress_utilization", "1", "Use of its network interfaces, with \"bandwidth\"."},
          {"egress_bytes", "B", "What its instances sent through them.", MetricShape::kCount}};
}

void measure_listeners(Recorder::Owner& owner, const ListenerParams& params,
                       std::vector<const Listener*> listeners, Cumulative there) {
  const auto sum = [listeners](double (Listener::*one)(Time) const) {
    return [listeners, one](Time now) {
      double total = 0;
      for (const Listener* each : listeners) total += (each->*one)(now);
      return total;
    };
  };
  const auto count = [listeners](std::uint64_t (Listener::*one)() const) {
    return std::function<std::uint64_t()>([listeners, one] {
      std::uint64_t total = 0;
      for (const Listener* each : listeners) total += (each->*one)();
      return total;
    });
  };
  if (params.accept) {
    owner.time_average("connections_accepted", sum(&Listener::open_integral));
    owner.time_average("backlog", sum(&Listener::waiting_integral));
    owner.count("backlog_overflows", count(&Listener::overflows));
  }
  if (!params.bandwidth) return;
  owner.time_ratio("egress_utilization", sum(&Listener::sending_integral), std::move(there));
  owner.count("egress_bytes", count(&Listener::bytes));
}

}  // namespace highwater
