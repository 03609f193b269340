#pragma once

#include <coroutine>
#include <cstdint>

#include "engine/kernel/simulation.h"

namespace highwater {

/// Something that tasks wait for and others announce. It has no memory: who waits after the
/// announcement waits for the next one, so a waiter checks in a loop what it waits for.
///
///     while (queue.empty()) co_await not_empty.wait();
///
/// Waiters are woken in the order they came, through the ring. A waiter that was woken by
/// notify_one() and is cancelled before it runs passes the wake-up on to the next.
class Condition {
 public:
  explicit Condition(Simulation& simulation) noexcept : simulation_(simulation) {}
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;
  ~Condition() { HIGHWATER_CHECK(waiters_.empty()); }

  class Wait;
  class TimedWait;
  /// Awaitable without a value.
  inline Wait wait() noexcept;
  /// Awaitables: true if notified, false if the deadline, or the lane's delay, came first.
  inline TimedWait wait_until(Time deadline) noexcept;
  inline TimedWait wait_for(Lane& timeout) noexcept;

  /// Wakes the one that waits longest, if any.
  void notify_one() { wake_first(true); }
  /// Wakes all that wait at this moment.
  void notify_all() {
    while (!waiters_.empty()) wake_first(false);
  }

  bool has_waiters() const noexcept { return !waiters_.empty(); }

 private:
  // Lives in the awaiter.
  struct Waiter : Resumption {
    enum class State : std::uint8_t { idle, waiting, woken, woken_alone };

    explicit Waiter(Condition& c) noexcept : Resumption(c.simulation_), condition(c) {}
    ~Waiter() { withdraw(); }

    template <class Promise>
    void enqueue(std::coroutine_handle<Promise> task) {
      remember(task);
      state = State::waiting;
      condition.waiters_.push_back(*this);
    }
    // The wake-up has reached the task.
    void settle() noexcept {
      state = State::idle;
      condition.simulation_.cancel(*this);
    }
    void withdraw() noexcept {
      if (state == State::waiting) EventList::remove(*this);
      const bool pass_on = state == State::woken_alone;
      if (state != State::idle) settle();
      if (pass_on) condition.notify_one();
    }

    Condition& condition;
    State state = State::idle;
  };

  void wake_first(bool alone) {
    if (waiters_.empty()) return;
    Waiter& waiter = static_cast<Waiter&>(waiters_.front());
    EventList::remove(waiter);
    waiter.state = alone ? Waiter::State::woken_alone : Waiter::State::woken;
    simulation_.schedule_now(waiter);
  }

  Simulation& simulation_;
  EventList waiters_;
};

class Condition::Wait {
 public:
  explicit Wait(Condition& condition) noexcept : waiter_(condition) {}

  bool await_ready() const noexcept { return false; }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    waiter_.enqueue(task);
  }
  void await_resume() noexcept { waiter_.settle(); }

 private:
  Waiter waiter_;
};

class Condition::TimedWait {
 public:
  TimedWait(Condition& condition, Time deadline) noexcept
      : waiter_(condition), timeout_(condition.simulation_), due_(deadline) {}
  TimedWait(Condition& condition, Lane& lane) noexcept
      : waiter_(condition), timeout_(condition.simulation_), lane_(&lane) {}

  bool await_ready() const noexcept {
    return lane_ == nullptr && due_ <= timeout_.simulation().now();
  }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    waiter_.enqueue(task);
    timeout_.remember(task);
    if (lane_ != nullptr) {
      timeout_.simulation().schedule_after(timeout_, *lane_);
    } else if (due_ < kNever) {
      timeout_.simulation().schedule_at(timeout_, due_);
    }
  }
  bool await_resume() noexcept {
    timeout_.simulation().cancel(timeout_);
    const bool notified =
        waiter_.state == Waiter::State::woken || waiter_.state == Waiter::State::woken_alone;
    if (notified) {
      waiter_.settle();
    } else {
      waiter_.withdraw();
    }
    return notified;
  }

 private:
  Waiter waiter_;
  Resumption timeout_;
  Lane* lane_ = nullptr;
  Time due_{};
};

inline Condition::Wait Condition::wait() noexcept {
  return Wait(*this);
}
inline Condition::TimedWait Condition::wait_until(Time deadline) noexcept {
  return TimedWait(*this, deadline);
}
inline Condition::TimedWait Condition::wait_for(Lane& timeout) noexcept {
  return TimedWait(*this, timeout);
}

}  // namespace highwater
