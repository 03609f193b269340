#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "engine/kernel/check.h"
#include "engine/kernel/simulation.h"
#include "engine/kernel/time_integral.h"

namespace highwater {

class Resource;

/// Which waiter a freed server takes.
enum class Discipline : std::uint8_t {
  fifo,      // the one that waits longest
  lifo,      // the one that came last
  priority,  // the most urgent; among equals the one that waits longest
};

struct ResourceOptions {
  Discipline discipline = Discipline::fifo;
  /// How many may wait; one more is rejected. No limit by default.
  std::optional<std::uint32_t> capacity = std::nullopt;
};

struct AcquireOptions {
  /// 0 is the most urgent. Counts under Discipline::priority only; nobody is ever preempted.
  std::uint32_t priority = 0;
  /// Whoever has no server by then gives up waiting.
  Time deadline = kNever;
  /// Waits even where the line is full: for those who were admitted before and come back.
  bool beyond_capacity = false;
};

enum class LeaseStatus : std::uint8_t {
  none,      // default constructed, moved from or released
  acquired,  // a server is held
  rejected,  // the line was full
  expired,   // the deadline passed before a server was free
};

/// A server of a Resource, held until release() or destruction. Move-only.
class [[nodiscard]] Lease {
 public:
  Lease() noexcept = default;
  Lease(Lease&& other) noexcept
      : resource_(other.resource_), status_(std::exchange(other.status_, LeaseStatus::none)) {}
  Lease& operator=(Lease&& other) noexcept {
    if (this != &other) {
      release();
      resource_ = other.resource_;
      status_ = std::exchange(other.status_, LeaseStatus::none);
    }
    return *this;
  }
  ~Lease() { release(); }

  explicit operator bool() const noexcept { return status_ == LeaseStatus::acquired; }
  LeaseStatus status() const noexcept { return status_; }
  inline void release() noexcept;

 private:
  friend class Resource;
  Lease(Resource& resource, LeaseStatus status) noexcept : resource_(&resource), status_(status) {}

  Resource* resource_ = nullptr;
  LeaseStatus status_ = LeaseStatus::none;
};

/// A number of equal servers and a line of those who wait for one: threads, connections, cores
/// that run one job at a time.
///
///     const Lease server = co_await servers.acquire();
///     co_await simulation.delay(service);
///
/// A free server is taken without suspension. A released one is handed to the best waiter at once,
/// so it is never seen free while somebody waits; the waiter goes on through the ring, at the same
/// instant. Waiting allocates nothing, and whoever is cancelled leaves the line in O(1).
/// Under Discipline::priority the line is one first-in first-out line for each priority in use, so
/// waiting and granting cost O(log p) in the number p of different priorities.
///
/// A resource must outlive its leases and waiters.
class Resource {
 public:
  Resource(Simulation& simulation, std::uint32_t servers, ResourceOptions options = {});
  Resource(const Resource&) = delete;
  Resource& operator=(const Resource&) = delete;
  ~Resource();

  class Acquire;
  class AcquireWithOptions;
  /// Awaitables that give a Lease. The first form waits as long as it takes, with priority 0.
  inline Acquire acquire() noexcept;
  inline AcquireWithOptions acquire(AcquireOptions options) noexcept;

  /// A lease if a server is free, else status `rejected`.
  Lease try_acquire() noexcept {
    if (busy_ >= servers_) return Lease(*this, LeaseStatus::rejected);
    take_free_server();
    return Lease(*this, LeaseStatus::acquired);
  }

  std::uint32_t servers() const noexcept { return servers_; }
  std::uint32_t busy() const noexcept { return busy_; }
  std::uint32_t waiting() const noexcept { return waiting_; }

  /// Changes the number of servers. More servers go to waiters at once; fewer take effect as
  /// leases are released, until when busy() may exceed servers().
  void resize(std::uint32_t servers);

  /// Changes how many may wait. Whoever waits already stays.
  void set_capacity(std::optional<std::uint32_t> capacity) noexcept {
    capacity_ = capacity.value_or(std::numeric_limits<std::uint32_t>::max());
  }

  /// From here on the line is served from the other end, or as before. Precondition: neither the
  /// old discipline nor the new one is `priority`.
  void change_discipline(Discipline discipline) noexcept {
    HIGHWATER_CHECK(discipline != Discipline::priority && discipline_ != Discipline::priority);
    discipline_ = discipline;
  }

  /// Busy servers and waiters, integrated from the beginning of the run to `now`, in seconds.
  /// Precondition: `now` is not before the last change.
  double busy_integral(Time now) const noexcept { return busy_time_.total(now); }
  double waiting_integral(Time now) const noexcept { return waiting_time_.total(now); }

  Simulation& simulation() const noexcept { return simulation_; }

 private:
  friend class Lease;

  // One who waits, or has been granted a server but has not been resumed yet. Lives in the awaiter.
  struct Waiter : Resumption {
    enum class State : std::uint8_t { settled, waiting, granted };

    explicit Waiter(Resource& r) noexcept : Resumption(r.simulation_), resource(r) {}
    ~Waiter() {
      if (state != State::settled) [[unlikely]]
        resource.withdraw(*this);
    }

    Resource& resource;
    std::uint32_t priority = 0;
    State state = State::settled;
    LeaseStatus status = LeaseStatus::none;
  };

  /// Whether no waiting is needed: a server was free, or there is no room to wait.
  bool settle_at_once(Waiter& waiter, bool beyond_capacity = false) noexcept {
    if (busy_ < servers_) {
      take_free_server();
      waiter.status = LeaseStatus::acquired;
      return true;
    }
    if (waiting_ >= capacity_ && !beyond_capacity) {
      waiter.status = LeaseStatus::rejected;
      return true;
    }
    return false;
  }
  void take_free_server() noexcept {
    ++busy_;
    busy_time_.set(simulation_.now(), busy_);
  }
  void count_waiting(std::uint32_t waiting) noexcept {
    waiting_ = waiting;
    waiting_time_.set(simulation_.now(), waiting);
  }
  void enqueue(Waiter& waiter) {
    waiter.state = Waiter::State::waiting;
    if (discipline_ == Discipline::priority) {
      line_of(waiter.priority).push_back(waiter);
    } else {
      line_.push_back(waiter);
    }
    count_waiting(waiting_ + 1);
  }
  Waiter& best_waiter() noexcept {
    Event& event = discipline_ == Discipline::fifo   ? line_.front()
                   : discipline_ == Discipline::lifo ? line_.back()
                                                     : most_urgent();
    return static_cast<Waiter&>(event);
  }
  void grant(Waiter& waiter) noexcept {
    EventList::remove(waiter);
    waiter.state = Waiter::State::granted;
    waiter.status = LeaseStatus::acquired;
    count_waiting(waiting_ - 1);
    simulation_.schedule_now(waiter);
  }
  void give_back() noexcept {
    if (waiting_ > 0 && busy_ <= servers_) {
      grant(best_waiter());
    } else {
      --busy_;
      busy_time_.set(simulation_.now(), busy_);
    }
  }
  void withdraw(Waiter& waiter) noexcept;
  void expire(Waiter& waiter) noexcept;
  EventList& line_of(std::uint32_t priority);
  Event& most_urgent() noexcept;

  Simulation& simulation_;
  std::uint32_t servers_;
  std::uint32_t busy_ = 0;
  std::uint32_t waiting_ = 0;
  std::uint32_t capacity_;
  Discipline discipline_;
  EventList line_;  // under fifo and lifo
  TimeIntegral busy_time_;
  TimeIntegral waiting_time_;
  std::map<std::uint32_t, EventList> lines_;  // under priority; some may be empty
  std::size_t prune_at_;                      // size of lines_ at which empty ones are erased
};

class Resource::Acquire {
 public:
  explicit Acquire(Resource& resource) noexcept : waiter_(resource) {}

  bool await_ready() noexcept { return waiter_.resource.settle_at_once(waiter_); }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    waiter_.remember(task);
    waiter_.resource.enqueue(waiter_);
  }
  Lease await_resume() noexcept {
    waiter_.state = Waiter::State::settled;
    return Lease(waiter_.resource, waiter_.status);
  }

 private:
  Waiter waiter_;
};

class Resource::AcquireWithOptions {
 public:
  AcquireWithOptions(Resource& resource, AcquireOptions options) noexcept
      : waiter_(resource),
        timeout_(resource.simulation_),
        deadline_(options.deadline),
        beyond_capacity_(options.beyond_capacity) {
    waiter_.priority = options.priority;
  }

  bool await_ready() noexcept {
    if (waiter_.resource.settle_at_once(waiter_, beyond_capacity_)) return true;
    if (deadline_ > waiter_.resource.simulation_.now()) return false;
    waiter_.status = LeaseStatus::expired;
    return true;
  }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    waiter_.remember(task);
    waiter_.resource.enqueue(waiter_);
    if (deadline_ < kNever) {
      timeout_.remember(task);
      waiter_.resource.simulation_.schedule_at(timeout_, deadline_);
    }
  }
  Lease await_resume() noexcept {
    if (waiter_.state == Waiter::State::waiting) waiter_.resource.expire(waiter_);
    waiter_.resource.simulation_.cancel(timeout_);
    waiter_.resource.simulation_.cancel(waiter_);
    waiter_.state = Waiter::State::settled;
    return Lease(waiter_.resource, waiter_.status);
  }

 private:
  Waiter waiter_;
  Resumption timeout_;
  Time deadline_;
  bool beyond_capacity_;
};

inline Resource::Acquire Resource::acquire() noexcept {
  return Acquire(*this);
}
inline Resource::AcquireWithOptions Resource::acquire(AcquireOptions options) noexcept {
  return AcquireWithOptions(*this, options);
}

inline void Lease::release() noexcept {
  if (status_ == LeaseStatus::acquired) resource_->give_back();
  status_ = LeaseStatus::none;
}

}  // namespace highwater
