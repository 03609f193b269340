#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "engine/kernel/simulation.h"
#include "engine/model/request.h"
#include "engine/model/world.h"

namespace highwater {

class Component;
class Edge;
class Instance;

/// What kept a request waiting where it was.
enum class WaitFor : std::uint8_t { worker, connection, lock, disk };

/// One call, or one try of it, that was sent for a traced request. Instants that have not come are
/// kNever.
struct TracedAttempt {
  const Edge* edge = nullptr;
  const Instance* from = nullptr;
  const Instance* to = nullptr;
  std::uint64_t path = 0;      ///< Of the request as sent; see Request::descend().
  Time sent{};                 ///< It left the caller.
  Time arrived = kNever;       ///< It came to the callee.
  Time replied = kNever;       ///< The callee had done with it.
  Time returned = kNever;      ///< The answer was back, or it was clear that none comes.
  Time given_up = kNever;      ///< The caller no longer waited.
  Status status = Status::ok;  ///< Once it has returned.
  std::uint8_t again = 0;      ///< So often it was sent again by TCP, being lost.
};

/// A time in which a traced request waited.
struct TracedWait {
  const Instance* at = nullptr;
  std::uint64_t path = 0;  ///< Of the request that waited.
  Time begin{}, end{};
  WaitFor what{};
};

/// What became of one request of a client, step by step.
struct TracedRequest {
  std::uint64_t id = 0;
  const Component* client = nullptr;
  Symbol endpoint = kNoSymbol;
  Time intended{};
  Time ended = kNever;
  Status status = Status::ok;           ///< Once it has ended.
  std::vector<TracedAttempt> attempts;  ///< In the order in which they were made.
  std::vector<TracedWait> waits;        ///< In the order of their ends.
  bool truncated = false;               ///< There were more than kMostSteps of either.

  static constexpr std::size_t kMostSteps = 1'000;
};

/// A request that took long, or failed: what is known of it without having followed it.
struct NotedRequest {
  std::uint64_t id = 0;
  const Component* client = nullptr;
  Symbol endpoint = kNoSymbol;
  Time intended{};
  Time ended{};
  Status status = Status::ok;

  Duration latency() const { return ended - intended; }
};

/// Follows some of the requests of a run through the system, and notes which were the slowest.
/// World::tracer points to it before the run begins, or to none.
///
/// Changes nothing of the run: it draws nothing and schedules nothing, so that a request that is
/// worth a look can be followed in the same run once more.
///
/// Memory: as many requests as the plan names, each with at most TracedRequest::kMostSteps steps,
/// and not more than kMostAttempts of all: some 50 MB.
///
/// Checked  tests/model/tracer_test.cpp
class Tracer {
 public:
  struct Plan {
    /// The first request that is begun after each such time; kNever follows none but those named.
    Duration every = Duration::max();
    std::vector<std::uint64_t> ids;  ///< These, whatever else.
    std::size_t most = 2'000;        ///< Not more than that; those named count, too.
    /// Of each such stretch of time the slowest are noted, and the first that failed.
    Duration stretch = Duration::max();
    std::size_t slowest = 3;
  };

  Tracer(const Simulation& simulation, Plan plan);
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  static constexpr std::size_t kMostAttempts = 400'000;

  // Whoever runs the system.
  const std::vector<TracedRequest>& requests() const { return requests_; }
  /// By the time of their ends: of each stretch those that took longest, and one that failed.
  std::vector<NotedRequest> noted() const;

  // Clients.
  void began(const Request& request, const Component& client);
  void ended(const Request& request, const Component& client, Status status);

  // Attempts.
  /// Where the steps of one attempt are noted; kNoTrack: nobody follows its request.
  using Track = std::uint32_t;
  static constexpr Track kNoTrack = 0;
  Track follow(const Request& request, const Edge& edge, const Instance& from, const Instance& to) {
    return follows(request.id) ? begin_attempt(request, edge, from, to) : kNoTrack;
  }
  void sent(Track track);
  void arrived(Track track, const Instance& to);
  void replied(Track track);
  void returned(Track track, Status status);
  void given_up(Track track);
  void sent_again(Track track);

  /// See trace_wait().
  void waited(std::uint64_t id, std::uint64_t path, const Instance& at, WaitFor what, Time since) {
    if (follows(id)) [[unlikely]]
      end_wait(id, path, at, what, since);
  }

 private:
  struct Place {
    std::uint32_t request = 0, attempt = 0;
  };

  /// A look at one bit answers for nearly all of those that nobody follows.
  bool follows(std::uint64_t id) const {
    const std::uint64_t bit = bit_of(id);
    return (marks_[bit / 64] >> bit % 64 & 1) != 0 && places_.contains(id);
  }
  static std::uint64_t bit_of(std::uint64_t id) { return id * 0x9e3779b97f4a7c15ULL >> 48; }
  void mark(std::uint64_t id);
  Track begin_attempt(const Request& request, const Edge& edge, const Instance& from,
                      const Instance& to);
  void end_wait(std::uint64_t id, std::uint64_t path, const Instance& at, WaitFor what, Time since);
  TracedAttempt& attempt(Track track);
  void note(const NotedRequest& request);
  void close_stretch();

  const Simulation& simulation_;
  Plan plan_;
  std::array<std::uint64_t, 1024> marks_{};
  std::unordered_map<std::uint64_t, std::uint32_t> places_;  // into requests_, by id
  static constexpr std::uint32_t kNotYet = 0xffffffff;       // named, and not begun
  std::vector<TracedRequest> requests_;
  std::vector<Place> tracks_{1};
  Time next_sample_{};
  std::uint64_t stretch_ = 0;              // that is open
  std::vector<NotedRequest> open_slow_;    // the slowest first
  std::vector<NotedRequest> open_failed_;  // none or one
  std::vector<NotedRequest> noted_;
};

/// The request with that id and path waited at an instance since then, and no longer does.
inline void trace_wait(const World& world, std::uint64_t id, std::uint64_t path, const Instance& at,
                       WaitFor what, Time since) {
  if (world.tracer != nullptr) [[unlikely]]
    world.tracer->waited(id, path, at, what, since);
}
inline void trace_wait(const World& world, const Request& request, const Instance& at, WaitFor what,
                       Time since) {
  trace_wait(world, request.id, request.path, at, what, since);
}

}  // namespace highwater
