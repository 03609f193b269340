#pragma once

#include <coroutine>
#include <cstdint>
#include <map>

#include "engine/kernel/check.h"
#include "engine/kernel/event.h"
#include "engine/kernel/pending_set.h"
#include "engine/kernel/task.h"
#include "engine/kernel/time.h"

namespace highwater {

/// Why a task was ended from outside, for those who wait for its answer.
enum class CancelReason : std::uint8_t {
  abandoned,         // it dropped its duty to answer by itself
  killed,            // its owner was killed
  shutdown,          // its owner came to an end
  deadline,          // it ran out of time
  sibling_finished,  // another of its group made it unnecessary
};

class Delay;
class LaneDelay;
class Resumption;
class Simulation;

/// Events that are all armed with the same delay. They are due in the order they were armed, so
/// they need no ordering: arming and cancelling are O(1), and only the first of them stands in the
/// pending set. Made for timeouts, hops and ticks. Obtained from Simulation::lane().
class Lane {
 public:
  Lane(Simulation& simulation, Duration delay) noexcept
      : simulation_(simulation), delay_(delay), first_(*this) {}

  Duration delay() const noexcept { return delay_; }

 private:
  friend class Simulation;

  // Stands in the pending set for the first of the line. When that one is cancelled its key stays,
  // too early, and is corrected when it surfaces.
  struct First : Event {
    explicit First(Lane& owner) noexcept : Event(&Lane::on_first), lane(owner) {}
    Lane& lane;
  };

  static void on_first(Event& first);
  inline void represent_first();

  Simulation& simulation_;
  const Duration delay_;
  EventList line_;
  First first_;
  std::uint64_t first_sequence_ = 0;  // that first_ was pushed with
};

/// A simulated world's clock and the events that move it.
///
/// Order. Events fire in order of time; events due at the same time fire in the order in which they
/// were scheduled, whatever mechanism carries them:
///   - the pending set, for any time in the future (a heap, with lazy buckets before it when many
///     events are pending);
///   - lanes, for constant delays;
///   - the ring, for what is due at once: it never touches the pending set. Whatever else is due
///     now was scheduled before the clock came here, so it goes first.
///
/// A simulation is used by one thread from its construction to its end. It must outlive its
/// resources and scopes; events that outlive it are released. Two simulations share nothing.
class Simulation {
 public:
  Simulation() = default;
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  ~Simulation();

  Time now() const noexcept { return now_; }

  /// Events fired since the beginning, those of lanes and of the ring included.
  std::uint64_t events() const noexcept { return events_; }

  /// Events scheduled and not yet fired or cancelled, where a lane counts as one at most.
  /// For tests and diagnosis.
  std::size_t pending() const noexcept { return pending_.size(); }

  /// Fires every event due at or before `end`, then sets the clock to `end`. After stop() the clock
  /// stays where it is. Preconditions: end >= now(), not called from an event.
  void run_until(Time end);

  /// Fires events until none is left; the clock stays at the last one.
  void run();

  /// Fires the next event if it is due at or before `end`; the clock stays at it. Otherwise sets
  /// the clock to `end`. Preconditions as of run_until().
  /// @return whether there was one.
  bool step(Time end);

  /// Ends run_until() or run() after the event that is firing.
  void stop() noexcept {
    stopping_ = true;
    attention_ = true;
  }

  /// Schedules an event. Preconditions of all: the event is not scheduled (see reschedule_*) and
  /// is not in a line; `due` >= now(); `delay` >= 0. A time after kNever becomes kNever.
  void schedule_at(Event& event, Time due) {
    schedule_by_never(event, due < kNever ? due : kNever);
  }
  void schedule_after(Event& event, Duration delay) { schedule_by_never(event, after(delay)); }
  void schedule_after(Event& event, Lane& lane) {
    HIGHWATER_CHECK(event.ticket_ == 0);
    if (lane.delay_ == Duration::zero()) [[unlikely]] {
      schedule_now(event);
      return;
    }
    event.simulation_ = this;
    event.due_ = after(lane.delay_).time_since_epoch().count();
    const std::uint64_t sequence = next_sequence();
    EventList::link_before(lane.line_.ends_, event);
    event.stand_in(Event::Place::lane, sequence);
    if (lane.first_.ticket_ == 0) lane.represent_first();
  }
  /// For now, after everything that is already due now.
  void schedule_now(Event& event) {
    HIGHWATER_CHECK(event.ticket_ == 0);
    event.simulation_ = this;
    event.due_ = now_.time_since_epoch().count();
    EventList::link_before(ring_.ends_, event);
    event.stand_in(Event::Place::now_ring, 0);
  }

  void reschedule_at(Event& event, Time due) {
    cancel(event);
    schedule_at(event, due);
  }
  void reschedule_after(Event& event, Duration delay) { reschedule_at(event, after(delay)); }

  /// Takes back a scheduled event in O(1). Nothing happens if it is not scheduled.
  void cancel(Event& event) {
    switch (event.place()) {
      case Event::Place::pending_set:
        pending_.cancel(event);
        break;
      case Event::Place::lane:
      case Event::Place::now_ring:
        event.unlink();
        event.leave();
        break;
      case Event::Place::nowhere:
      case Event::Place::parked:
        break;
    }
  }

  /// The lane of a delay: made at its first use, the same object ever after. Precondition:
  /// delay >= 0. O(log n) in the number of lanes: look it up once and keep the reference.
  Lane& lane(Duration delay);

  /// Awaitables: go on after `delay`, at `due`, or after everything that is already due now. A zero
  /// delay is a yield.
  Delay delay(Duration delay);
  LaneDelay delay(Lane& lane);
  Delay until(Time due);
  Delay yield();

  /// now() + delay, or kNever if that is later. Precondition: delay >= 0.
  Time after(Duration delay) const {
    HIGHWATER_CHECK(delay >= Duration::zero());
    return delay < kNever - now_ ? now_ + delay : kNever;
  }

  /// Why tasks are being destroyed at this moment; `abandoned` when none are being cancelled.
  CancelReason cancel_reason() const noexcept { return cancel_reason_; }

  /// Sets cancel_reason() for its lifetime.
  class Cancelling {
   public:
    Cancelling(Simulation& simulation, CancelReason reason) noexcept
        : simulation_(simulation), outer_(simulation.cancel_reason_) {
      simulation_.cancel_reason_ = reason;
    }
    Cancelling(const Cancelling&) = delete;
    Cancelling& operator=(const Cancelling&) = delete;
    ~Cancelling() { simulation_.cancel_reason_ = outer_; }

   private:
    Simulation& simulation_;
    CancelReason outer_;
  };

 private:
  friend class Delay;
  friend class Event;
  friend class Lane;
  friend class Resumption;
  friend class Scope;

  // A root task that is on the processor's stack, and the one that spawned it while running.
  struct Running {
    const void* root;
    const Running* outer;
  };

  std::uint64_t next_sequence() {
    HIGHWATER_CHECK(sequence_ < kLargestSequence);
    return sequence_++;
  }
  // Precondition: due <= kNever.
  void schedule_by_never(Event& event, Time due) {
    if (due > now_) [[likely]] {
      event.simulation_ = this;
      pending_.push(event, due, next_sequence());
    } else {
      HIGHWATER_CHECK(due == now_);
      schedule_now(event);
    }
  }
  bool is_running(const void* root) const noexcept;
  /// Keeps back what would resume a task of a frozen scope. @return whether it is one.
  bool hold(Resumption& resumption);
  void release(EventList& held);
  void run_events(Time end);
  inline bool fire_next(Time end);
  void fire(Event& event);
  void destroy_doomed();

  Time now_{};
  EventList ring_;
  PendingSet pending_;
  std::uint64_t sequence_ = 0;
  std::uint64_t events_ = 0;
  const Running* running_ = nullptr;
  std::uint32_t frozen_ = 0;  // scopes
  Scope* doomed_ = nullptr;   // scopes with tasks that could not be destroyed while they ran
  bool attention_ = false;    // whether run_events has something to look at after the event
  bool stopping_ = false;
  bool in_run_ = false;
  CancelReason cancel_reason_ = CancelReason::abandoned;
  std::map<Duration, Lane> lanes_;
};

inline void Lane::represent_first() {
  Event& front = line_.front();
  first_sequence_ = front.number();
  first_.simulation_ = &simulation_;
  simulation_.pending_.push(first_, front.due(), first_sequence_);
}

/// An event that resumes a suspended task. The building block of awaiters: remember() the task in
/// await_suspend, schedule or park the event, and destruction takes it back.
class Resumption : public Event {
 public:
  explicit Resumption(Simulation& simulation) noexcept
      : Resumption(simulation, &Resumption::resume) {}

  template <std::derived_from<detail::TaskPromise> Promise>
  void remember(std::coroutine_handle<Promise> task) noexcept {
    task_ = task.address();
    root_ = task.promise().root();
  }
  Simulation& simulation() const noexcept { return simulation_; }

  /// Resumes the task at once instead of through the ring. Only for who was called by an event and
  /// has nothing left to do: the task may destroy this and its owner. Precondition: not scheduled.
  void resume_now() {
    HIGHWATER_CHECK(!pending() && !parked() && simulation_.running_ == nullptr);
    resume(*this);
  }

 protected:
  /// One that does something else when it is due.
  Resumption(Simulation& simulation, Fire fire) noexcept : Event(fire), simulation_(simulation) {}

  static void resume(Event& event) {
    Resumption& self = static_cast<Resumption&>(event);
    Simulation& simulation = self.simulation_;
    if (simulation.frozen_ > 0 && simulation.hold(self)) [[unlikely]]
      return;
    const Simulation::Running running{self.root_, nullptr};
    simulation.running_ = &running;
    std::coroutine_handle<>::from_address(self.task_).resume();  // may destroy this event
    simulation.running_ = nullptr;
  }

 private:
  friend class Simulation;

  Simulation& simulation_;
  void* task_;  // its frame; this and the next are set by remember()
  const void* root_;
};

/// What Simulation::delay, until and yield return: await it once.
class Delay {
 public:
  /// Precondition: due <= kNever.
  Delay(Simulation& simulation, Time due) noexcept : resumption_(simulation), due_(due) {}

  bool await_ready() const noexcept { return false; }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    resumption_.remember(task);
    resumption_.simulation().schedule_by_never(resumption_, due_);
  }
  void await_resume() const noexcept {}

 private:
  Resumption resumption_;
  Time due_;
};

/// The same for the delay of a lane.
class LaneDelay {
 public:
  LaneDelay(Simulation& simulation, Lane& lane) noexcept : resumption_(simulation), lane_(lane) {}

  bool await_ready() const noexcept { return false; }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    resumption_.remember(task);
    resumption_.simulation().schedule_after(resumption_, lane_);
  }
  void await_resume() const noexcept {}

 private:
  Resumption resumption_;
  Lane& lane_;
};

inline Delay Simulation::delay(Duration delay) {
  return Delay(*this, after(delay));
}
inline LaneDelay Simulation::delay(Lane& lane) {
  return LaneDelay(*this, lane);
}
inline Delay Simulation::until(Time due) {
  return Delay(*this, due < kNever ? due : kNever);
}
inline Delay Simulation::yield() {
  return Delay(*this, now_);
}

}  // namespace highwater
