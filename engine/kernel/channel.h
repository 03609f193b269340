#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "engine/kernel/simulation.h"

namespace highwater {

/// A first-in first-out line of values between tasks.
///
///     Channel<Message> inbox(simulation, 100);       // bounded; without a number: unbounded
///     const bool sent = co_await inbox.send(message);
///     while (auto message = co_await inbox.receive()) { … }
///
/// A sender waits while the channel is full, a receiver while it is empty; both are served in the
/// order they came and woken through the ring. A bound of 0 makes every send wait for its receiver.
/// A sender that is cancelled before its value was taken over withdraws it; a receiver that is
/// cancelled after it was given a value, but before it ran, gives it back to the front.
/// After close(), sends fail at once and receivers get what is left, then nullopt.
template <class T>
class Channel {
 public:
  static constexpr std::size_t kUnbounded = std::numeric_limits<std::size_t>::max();

  explicit Channel(Simulation& simulation, std::size_t capacity = kUnbounded)
      : simulation_(simulation), capacity_(capacity) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() { HIGHWATER_CHECK(senders_.empty() && receivers_.empty()); }

  class Send;
  class Receive;
  /// Awaitable: true when the channel has taken the value, false if it is closed.
  Send send(T value) { return Send(*this, std::move(value)); }
  /// Awaitable: optional<T>, empty when the channel is closed and drained.
  Receive receive() { return Receive(*this); }

  /// Whether the value was taken: false when the channel is full or closed. `value` is moved from
  /// only if it was taken.
  bool try_send(T& value) {
    if (closed_) return false;
    if (!receivers_.empty()) {
      hand_to_receiver(std::move(value));
      return true;
    }
    if (size_ >= capacity_) return false;
    push_back(std::move(value));
    return true;
  }
  bool try_send(T&& value) { return try_send(value); }

  /// The next value; empty when there is none at this moment.
  std::optional<T> try_receive() {
    if (size_ > 0) {
      std::optional<T> value(pop_front());
      admit_sender();
      return value;
    }
    if (senders_.empty()) return std::nullopt;
    Send& sender = static_cast<Send&>(senders_.front());  // capacity 0: straight from the sender
    std::optional<T> value(std::move(sender.value_));
    settle_sender(sender, true);
    return value;
  }

  /// No more sends; waiting senders are told false.
  void close() {
    closed_ = true;
    while (!senders_.empty()) settle_sender(static_cast<Send&>(senders_.front()), false);
    while (!receivers_.empty()) wake_receiver();
  }

  bool closed() const noexcept { return closed_; }
  /// Values sent and not yet received.
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

 private:
  // A ring of places that doubles when full: a deque would allocate as values pass through.
  void push_back(T&& value) {
    if (size_ == places_.size()) grow();
    places_[(first_ + size_) % places_.size()].emplace(std::move(value));
    ++size_;
  }
  void push_front(T&& value) {
    if (size_ == places_.size()) grow();
    first_ = (first_ + places_.size() - 1) % places_.size();
    places_[first_].emplace(std::move(value));
    ++size_;
  }
  T pop_front() {
    T value = std::move(*places_[first_]);
    places_[first_].reset();
    first_ = (first_ + 1) % places_.size();
    --size_;
    return value;
  }
  void grow() {
    std::vector<std::optional<T>> larger(places_.empty() ? 4 : 2 * places_.size());
    for (std::size_t i = 0; i < size_; ++i) {
      larger[i] = std::move(places_[(first_ + i) % places_.size()]);
    }
    places_ = std::move(larger);
    first_ = 0;
  }

  void wake_receiver() {
    Receive& receiver = static_cast<Receive&>(receivers_.front());
    EventList::remove(receiver);
    receiver.waiting_ = false;
    simulation_.schedule_now(receiver);
  }
  void hand_to_receiver(T&& value) {
    static_cast<Receive&>(receivers_.front()).value_.emplace(std::move(value));
    wake_receiver();
  }
  void settle_sender(Send& sender, bool sent) {
    EventList::remove(sender);
    sender.sent_ = sent;
    simulation_.schedule_now(sender);
  }
  // A place has become free.
  void admit_sender() {
    if (senders_.empty() || size_ >= capacity_) return;
    Send& sender = static_cast<Send&>(senders_.front());
    push_back(std::move(sender.value_));
    settle_sender(sender, true);
  }
  // A value comes back from a receiver that will never see it. It is older than all in line.
  void take_back(T&& value) {
    if (receivers_.empty()) {
      push_front(std::move(value));
    } else {
      hand_to_receiver(std::move(value));
    }
  }

  Simulation& simulation_;
  const std::size_t capacity_;
  std::vector<std::optional<T>> places_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  bool closed_ = false;
  EventList senders_;
  EventList receivers_;
};

template <class T>
class Channel<T>::Send : private Resumption {
 public:
  Send(Channel& channel, T value)
      : Resumption(channel.simulation_), channel_(channel), value_(std::move(value)) {}

  bool await_ready() {
    sent_ = channel_.try_send(value_);
    return sent_ || channel_.closed_;
  }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    this->remember(task);
    channel_.senders_.push_back(*this);
  }
  bool await_resume() const noexcept { return sent_; }

 private:
  friend class Channel;
  Channel& channel_;
  T value_;
  bool sent_ = false;
};

template <class T>
class Channel<T>::Receive : private Resumption {
 public:
  explicit Receive(Channel& channel) : Resumption(channel.simulation_), channel_(channel) {}
  ~Receive() {
    // Still here: it was handed over and the task was cancelled before it ran.
    if (value_.has_value()) [[unlikely]]
      channel_.take_back(std::move(*value_));
  }

  bool await_ready() {
    value_ = channel_.try_receive();
    return value_.has_value() || channel_.closed_;
  }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    this->remember(task);
    waiting_ = true;
    channel_.receivers_.push_back(*this);
  }
  std::optional<T> await_resume() { return std::exchange(value_, std::nullopt); }

 private:
  friend class Channel;
  Channel& channel_;
  std::optional<T> value_;
  bool waiting_ = false;
};

}  // namespace highwater
