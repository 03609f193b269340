#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/experiment/system.h"
#include "engine/metrics/recorder.h"
#include "engine/metrics/time_grid.h"
#include "engine/model/component.h"
#include "engine/model/injection.h"
#include "engine/model/world.h"

namespace highwater {

/// Calls over one edge in one replication.
struct EdgeRecord {
  std::string from, to;
  bool asynchronous = false;
  std::uint64_t attempts = 0;
  std::uint64_t failures = 0;
  /// What faults did to what was sent.
  std::uint64_t lost = 0;
  std::uint64_t corrupted = 0;
  std::uint64_t duplicated = 0;
};

/// Requests of one component in one replication, for the conservation check.
struct Conservation {
  std::string component;
  std::uint64_t received = 0;
  std::uint64_t answered = 0;
  std::uint64_t in_flight = 0;
};

/// A span in which a fault was on.
struct FaultRecord {
  std::string text;
  std::size_t fault = 0;  ///< Its number in the scenario.
  Duration begin{};
  Duration end{};
};

/// What one replication measured.
struct ReplicationRecord {
  std::uint64_t number = 0;
  std::vector<OwnerRecord> owners;
  std::vector<EdgeRecord> edges;
  std::vector<Happening> happenings;
  std::vector<FaultRecord> faults;
  std::vector<Conservation> conservation;
  std::uint64_t events = 0;
  std::uint64_t in_flight = 0;  ///< Requests of all clients under way at the end.
  Duration simulated{};         ///< Shorter than planned when it was stopped.
  bool reached_in_flight_limit = false;
  bool interrupted = false;
};

/// Shows how far a replication is, and lets it be stopped; both from another thread.
struct Watch {
  std::atomic<std::int64_t> simulated_ns{0};
  std::atomic<std::uint64_t> events{0};
  std::atomic<bool> stop{false};
};

/// What somebody may touch who acts on a replication while it runs.
struct Stage {
  World& world;
  Directory& directory;
  std::deque<Injection>& faults;  ///< Of the scenario.
};

/// Somebody who acts on one replication, or looks at it: lives from before its first event until it
/// is over, and goes before its components.
class Attendant {
 public:
  virtual ~Attendant() = default;
  /// The replication may end now. Asked a few thousand times in its duration.
  virtual bool seen_enough() const { return false; }
};

/// Makes the attendant of replication `number`. Called on the thread that runs it.
using Attend = std::function<std::unique_ptr<Attendant>(Stage stage, std::uint64_t number)>;

/// One replication in the hands of whoever moves it on: at his pace, with whatever he does between
/// two events. Used by one thread at a time.
class Replication {
 public:
  /// Faults and load are set up; nothing has happened yet.
  /// @param system, grid  Must outlive it.
  /// @param attend        May be empty.
  Replication(const System& system, const TimeGrid& grid, std::uint64_t seed, std::uint64_t number,
              const Attend& attend);
  Replication(const Replication&) = delete;
  Replication& operator=(const Replication&) = delete;
  ~Replication();

  Stage stage();
  Time now() const;
  std::uint64_t events() const;

  /// Everything due at or before `end` happens. Precondition: end >= now().
  void run_until(Time end);
  /// The next event happens, if it is due at or before `end`. @return whether there was one.
  bool step(Time end);
  /// It has reached the end of the run or its limit of requests, or its attendant has seen enough.
  bool over() const;

  const std::vector<Happening>& happenings() const;
  /// What was measured, up to now. The last thing that may be asked of it.
  ReplicationRecord record();

 private:
  friend void rehearse(const System& system, const std::function<void(Directory&)>& look);
  class State;
  std::unique_ptr<State> state_;
};

/// Runs replication `number` of the system from beginning to end. Deterministic in (system, seed,
/// number); touches nothing that another replication touches.
/// @param attend  May be empty.
ReplicationRecord run_replication(const System& system, const TimeGrid& grid, std::uint64_t seed,
                                  std::uint64_t number, Watch& watch, const Attend& attend);

/// Builds and connects the components as a replication would, lets `look` see them, and takes them
/// down again: no time passes and no load begins. The faults of the system are not looked at.
void rehearse(const System& system, const std::function<void(Directory&)>& look);

/// The seed of a replication's draws.
std::uint64_t replication_seed(std::uint64_t seed, std::uint64_t number);

}  // namespace highwater
