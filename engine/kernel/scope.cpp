#include "engine/kernel/scope.h"

namespace highwater {

detail::TaskPromise& Scope::promise_of(Link& link) noexcept {
  return static_cast<detail::TaskPromise&>(link);
}

void Scope::destroy(detail::TaskPromise& promise) noexcept {
  using Promise = Task<>::promise_type;  // what spawn() took
  Task<>::Handle::from_promise(static_cast<Promise&>(promise)).destroy();
}

Scope::~Scope() {
  cancel(CancelReason::shutdown);
  destroy_doomed();
  if (frozen) --simulation_.frozen_;
}

void Scope::freeze() {
  HIGHWATER_CHECK(!frozen);
  frozen = true;
  ++simulation_.frozen_;
}

void Scope::thaw() {
  HIGHWATER_CHECK(frozen);
  frozen = false;
  --simulation_.frozen_;
  simulation_.release(held_);
}

bool Simulation::hold(Resumption& resumption) {
  // A root task alone has a scope.
  auto& root = *static_cast<detail::TaskPromise*>(const_cast<void*>(resumption.root_));
  if (!Scope::link_of(root).frozen) return false;
  EventList& held = static_cast<Scope&>(Scope::link_of(root)).held_;
  // It counts as one that is due: it stands in a ring like the simulation's own.
  resumption.Event::simulation_ = this;
  resumption.due_ = now_.time_since_epoch().count();
  EventList::link_before(held.ends_, resumption);
  resumption.stand_in(Event::Place::now_ring, 0);
  return true;
}

void Simulation::release(EventList& held) {
  while (!held.empty()) {
    Event& event = held.front();
    EventList::remove(event);
    schedule_now(event);
  }
}

void Scope::cancel(CancelReason reason) {
  const Simulation::Cancelling cancelling(simulation_, reason);
  // A destructor run by this may end other tasks of the scope, or spawn: start over at the front
  // each time, and leave what is spawned meanwhile (it is linked behind `last`) alone.
  Link last{};
  link_before(tasks_, last);
  while (tasks_.next != &last) {
    detail::TaskPromise& promise = promise_of(*tasks_.next);
    if (simulation_.is_running(&promise)) {
      doom(promise, reason);
    } else {
      destroy(promise);
    }
  }
  unlink(last);
}

void Scope::doom(detail::TaskPromise& promise, CancelReason reason) noexcept {
  unlink(promise);
  --tasks;
  promise.role_ = detail::TaskPromise::Role::doomed;
  link_before(doomed_, promise);
  doom_reason_ = reason;
  if (!in_doomed_list_) {
    in_doomed_list_ = true;
    next_doomed_ = simulation_.doomed_;
    simulation_.doomed_ = this;
  }
  simulation_.attention_ = true;
}

void Scope::destroy_doomed() noexcept {
  if (!in_doomed_list_) return;
  in_doomed_list_ = false;
  for (Scope** link = &simulation_.doomed_; *link != nullptr; link = &(*link)->next_doomed_) {
    if (*link == this) {
      *link = next_doomed_;
      break;
    }
  }
  const Simulation::Cancelling cancelling(simulation_, doom_reason_);
  while (doomed_.next != &doomed_) {
    detail::TaskPromise& promise = promise_of(*doomed_.next);
    HIGHWATER_CHECK(!simulation_.is_running(&promise));  // a task may not destroy its own scope
    destroy(promise);
  }
}

void Scope::after_spawn() {
  const bool nothing_runs = simulation_.running_ == nullptr && !simulation_.in_run_;
  if (nothing_runs) simulation_.destroy_doomed();
}

}  // namespace highwater
