#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/kernel/check.h"
#include "engine/kernel/time.h"

namespace highwater {

class Event;
class EventList;
class Lane;
class PendingSet;
class Simulation;

/// The two pointers by which an event stands in a circular list. A list is closed by a link of its
/// own, so an event leaves any list without knowing which one it stands in.
struct EventLink {
  EventLink* previous;  // both meaningful only while the event stands in a list
  EventLink* next;
};

/// One thing that will happen once, at one time: an intrusive node that its owner embeds or derives
/// from, so that scheduling never allocates. Scheduling, cancelling and the order of events are the
/// business of Simulation.
///
/// An event may be scheduled again as soon as it has fired, from its own fire function too. It may
/// not be copied or moved: the simulation knows it by address. Destroying a scheduled event cancels
/// it.
class Event : private EventLink {
 public:
  /// Called when the event is due, on the event itself; recover the owner by a downcast.
  using Fire = void (*)(Event&);

  // What is not set here is set whenever the event is scheduled: awaiters are made in numbers.
  explicit Event(Fire fire) noexcept : fire_(fire) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() {
    if (ticket_ != 0) [[unlikely]]
      detach();
  }

  /// Whether the event is scheduled and has neither fired nor been cancelled.
  bool pending() const noexcept { return place() != Place::nowhere && place() != Place::parked; }

  /// Whether the event stands in a waiting line (EventList) instead of being scheduled.
  bool parked() const noexcept { return place() == Place::parked; }

  /// When the event is due. Precondition: pending().
  Time due() const noexcept { return Time{Duration{due_}}; }

 private:
  friend class EventList;
  friend class Lane;
  friend class PendingSet;
  friend class Simulation;

  // Where the event stands; the low bits of ticket_. `nowhere` is zero, and so is the whole ticket
  // then, which makes the test in the destructor one comparison.
  enum class Place : std::uint8_t { nowhere, pending_set, lane, now_ring, parked };
  static constexpr unsigned kPlaceBits = 4;

  Place place() const noexcept {
    return static_cast<Place>(ticket_ & ((std::uint64_t{1} << kPlaceBits) - 1));
  }
  std::uint64_t number() const noexcept { return ticket_ >> kPlaceBits; }
  void stand_in(Place place, std::uint64_t number) noexcept {
    ticket_ = number << kPlaceBits | static_cast<std::uint64_t>(place);
  }
  void leave() noexcept { ticket_ = 0; }
  void unlink() noexcept {
    previous->next = next;
    next->previous = previous;
  }
  void detach();

  Fire fire_;
  Simulation* simulation_;    // set while scheduled
  Duration::rep due_;         // the same, in nanoseconds
  std::uint64_t ticket_ = 0;  // place, and slot (pending set) or sequence number (lane)
};

/// A first-in first-out line of events that are not scheduled: the waiting lines of resources,
/// channels and conditions, and inside Simulation the lanes and the ring. Doubly linked through the
/// events, so an event leaves from the middle in O(1) and nothing is allocated.
class EventList {
 public:
  EventList() noexcept { ends_.previous = ends_.next = &ends_; }
  EventList(const EventList&) = delete;
  EventList& operator=(const EventList&) = delete;
  /// Events still in line are released from it; they do not fire.
  ~EventList() {
    while (!empty()) remove(front());
  }

  bool empty() const noexcept { return ends_.next == &ends_; }
  /// Precondition of front and back: !empty().
  Event& front() const noexcept { return static_cast<Event&>(*ends_.next); }
  Event& back() const noexcept { return static_cast<Event&>(*ends_.previous); }

  /// Precondition of both: the event is neither scheduled nor in a line.
  void push_back(Event& event) noexcept {
    HIGHWATER_DCHECK(event.ticket_ == 0);
    link_before(ends_, event);
    event.stand_in(Event::Place::parked, 0);
  }
  void push_front(Event& event) noexcept {
    HIGHWATER_DCHECK(event.ticket_ == 0);
    link_before(*ends_.next, event);
    event.stand_in(Event::Place::parked, 0);
  }

  /// Takes an event out of the line it stands in. Precondition: event.parked().
  static void remove(Event& event) noexcept {
    event.unlink();
    event.leave();
  }

 private:
  friend class Lane;
  friend class Simulation;

  static void link_before(EventLink& place, Event& event) noexcept {
    event.previous = place.previous;
    event.next = &place;
    place.previous->next = &event;
    place.previous = &event;
  }

  EventLink ends_;
};

template <auto Method>
class Timer;

/// An event that calls a member function of its owner: a class embeds it and is called back.
///
///     class Server {
///       void on_tick();
///       Timer<&Server::on_tick> tick_{*this};
///     };
template <class Owner, void (Owner::*Method)()>
class Timer<Method> final : public Event {
 public:
  explicit Timer(Owner& owner) noexcept : Event(&Timer::call), owner_(&owner) {}

 private:
  static void call(Event& event) { (static_cast<Timer&>(event).owner_->*Method)(); }

  Owner* owner_;
};

}  // namespace highwater
