#pragma once

#include <cstddef>

#include "engine/kernel/simulation.h"
#include "engine/kernel/task.h"

namespace highwater {

/// Owns the tasks of one thing that can die: a server process, a client, a test. Its tasks end by
/// themselves or with it; none outlives it.
///
/// cancel() destroys every task of the scope at once, with all they await. A task that is running
/// at that moment (it called cancel(), perhaps through others) can not be destroyed yet: it is
/// destroyed when the event that runs it is over, so it goes on until it returns or next waits, and
/// never beyond. Tasks spawned after cancel() are not concerned.
///
/// While a scope is frozen none of its tasks goes on: what would resume one is kept, and does so
/// when the scope thaws, in the order in which it was due. A task spawned meanwhile runs until it
/// first waits.
class Scope : private detail::ScopeLink {
 public:
  explicit Scope(Simulation& simulation) noexcept : simulation_(simulation) {
    close_list(tasks_);
    close_list(doomed_);
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  /// Cancels with `shutdown`. Precondition: none of its tasks is running.
  ~Scope();

  /// Starts a task, which runs until it first waits; its frame is freed when it ends.
  void spawn(Task<> task) {
    const auto handle = task.release();
    detail::TaskPromise& promise = handle.promise();
    promise.role_ = detail::TaskPromise::Role::root;
    promise.root_ = &promise;
    promise.owner_ = static_cast<detail::ScopeLink*>(this);
    link_before(tasks_, promise);
    ++tasks;
    const Simulation::Running running{&promise, simulation_.running_};
    simulation_.running_ = &running;
    handle.resume();
    simulation_.running_ = running.outer;
    if (simulation_.attention_) [[unlikely]]
      after_spawn();
  }

  /// Ends every task of the scope. Whoever waits for a completion that one of them was to send
  /// learns `reason`.
  void cancel(CancelReason reason = CancelReason::killed);

  /// Precondition: not frozen, or frozen.
  void freeze();
  void thaw();

  /// Tasks that have neither ended nor been cancelled.
  std::size_t size() const noexcept { return tasks; }

  Simulation& simulation() const noexcept { return simulation_; }

 private:
  friend class Simulation;
  using Link = detail::RootLink;

  static void close_list(Link& ends) noexcept { ends.previous = ends.next = &ends; }
  static void link_before(Link& place, Link& link) noexcept {
    link.previous = place.previous;
    link.next = &place;
    place.previous->next = &link;
    place.previous = &link;
  }
  static void unlink(Link& link) noexcept {
    link.previous->next = link.next;
    link.next->previous = link.previous;
  }
  static detail::TaskPromise& promise_of(Link& link) noexcept;
  static detail::ScopeLink& link_of(detail::TaskPromise& root) noexcept {
    return *static_cast<detail::ScopeLink*>(root.owner_);
  }
  static void destroy(detail::TaskPromise& promise) noexcept;
  void doom(detail::TaskPromise& promise, CancelReason reason) noexcept;
  void destroy_doomed() noexcept;
  void after_spawn();

  Simulation& simulation_;
  Link tasks_{};
  Link doomed_{};                 // cancelled while running
  EventList held_;                // would have resumed one of its tasks while it was frozen
  Scope* next_doomed_ = nullptr;  // in Simulation's list of scopes with doomed tasks
  CancelReason doom_reason_ = CancelReason::killed;
  bool in_doomed_list_ = false;
};

}  // namespace highwater
