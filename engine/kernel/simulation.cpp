#include "engine/kernel/simulation.h"

#include "engine/kernel/scope.h"

namespace highwater {

void Event::detach() {
  if (parked()) {
    EventList::remove(*this);
  } else {
    simulation_->cancel(*this);
  }
}

void Lane::on_first(Event& event) {
  Lane& lane = static_cast<First&>(event).lane;
  Simulation& simulation = lane.simulation_;
  if (lane.line_.empty() || lane.line_.front().number() != lane.first_sequence_) {
    --simulation.events_;  // the one it stood for was cancelled: nothing happens now
    if (!lane.line_.empty()) lane.represent_first();
    return;
  }
  Event& front = lane.line_.front();
  EventList::remove(front);
  if (!lane.line_.empty()) lane.represent_first();
  front.fire_(front);
}

Simulation::~Simulation() {
  HIGHWATER_CHECK(!in_run_);
  HIGHWATER_CHECK(doomed_ == nullptr);
}

Lane& Simulation::lane(Duration delay) {
  HIGHWATER_CHECK(delay >= Duration::zero());
  auto found = lanes_.find(delay);
  if (found == lanes_.end()) {
    found = lanes_
                .emplace(std::piecewise_construct, std::forward_as_tuple(delay),
                         std::forward_as_tuple(*this, delay))
                .first;
  }
  return found->second;
}

bool Simulation::is_running(const void* root) const noexcept {
  for (const Running* running = running_; running != nullptr; running = running->outer) {
    if (running->root == root) return true;
  }
  return false;
}

// Most events resume a task: calling that function by name spares an indirect call.
inline void Simulation::fire(Event& event) {
  ++events_;
  if (event.fire_ == &Resumption::resume) [[likely]] {
    Resumption::resume(event);
  } else {
    event.fire_(event);
  }
}

// The next one, if it is due at or before `end`. @return whether there was one.
inline bool Simulation::fire_next(Time end) {
  while (true) {
    // What is due now and not in the ring was scheduled before anything in the ring.
    if (!ring_.empty() && !pending_.any_due(now_)) {
      Event& event = ring_.front();
      EventList::remove(event);
      fire(event);
      return true;
    }
    Time next;
    if (!pending_.next(next) || next > end) return false;
    Event* const event = pending_.pop();
    if (event == nullptr) continue;
    HIGHWATER_CHECK(next >= now_);
    now_ = next;
    fire(*event);
    return true;
  }
}

void Simulation::run_events(Time end) {
  while (true) {
    if (attention_) [[unlikely]] {
      attention_ = false;
      destroy_doomed();
      if (stopping_) return;
    }
    if (!fire_next(end)) return;
  }
}

void Simulation::run_until(Time end) {
  HIGHWATER_CHECK(!in_run_ && end >= now_ && end <= kNever);
  in_run_ = true;
  stopping_ = false;
  run_events(end);
  in_run_ = false;
  if (!stopping_) now_ = end;
}

bool Simulation::step(Time end) {
  HIGHWATER_CHECK(!in_run_ && end >= now_ && end <= kNever);
  in_run_ = true;
  stopping_ = false;
  const std::uint64_t before = events_;
  // A lane's first one may stand for an event that was cancelled: then nothing has happened yet.
  while (events_ == before && fire_next(end)) {
  }
  if (attention_) {
    attention_ = false;
    destroy_doomed();
  }
  in_run_ = false;
  if (events_ == before) now_ = end;
  return events_ != before;
}

void Simulation::run() {
  HIGHWATER_CHECK(!in_run_);
  in_run_ = true;
  stopping_ = false;
  run_events(kNever);
  in_run_ = false;
}

void Simulation::destroy_doomed() {
  while (doomed_ != nullptr) doomed_->destroy_doomed();
}

}  // namespace highwater
