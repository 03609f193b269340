#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "engine/experiment/system.h"
#include "engine/metrics/sampler.h"
#include "engine/report/results.h"
#include "viewer/session/history.h"
#include "viewer/session/mailbox.h"
#include "viewer/session/request_trace.h"

namespace highwater::viewer {

/// Something that is done to a run while it goes on: faults strike, or those of earlier acts end.
/// A change of parameters or of load is a fault, too.
struct Act {
  Duration at{};                           ///< When, in simulated time.
  std::string name;                        ///< Unique.
  std::shared_ptr<const FaultPlan> fault;  ///< Null where others are ended.
  std::vector<std::string> ended;          ///< Names of acts.
};

/// How an instance is doing.
enum class InstanceState : std::uint8_t { up, down, absent, paused, slow, failing };

/// What is seen of a run: its numbers, its calls, and how they went on.
struct Sight {
  /// @param all  Columns of the history: those of `numbers`, of edges and of instances.
  Sight(std::vector<Sampler::Column> numbers, Duration run, std::size_t all,
        std::size_t heats_seen);

  struct EdgeColumns {
    std::string from, to;
    bool asynchronous = false;
    std::size_t attempts = 0, failures = 0;  ///< Columns.
  };
  struct InstanceColumns {
    std::string component, label, zone;
    std::size_t state = 0;  ///< A column: InstanceState as a number, at the end of the interval.
  };

  std::vector<Sampler::Column> columns;  ///< Those of edges follow them in the history.
  std::vector<EdgeColumns> edges;
  std::vector<InstanceColumns> instances;
  /// Of each heat map of the history, the client whose latencies it shows.
  std::vector<std::string> heats;
  History history;

  std::optional<std::size_t> column(std::string_view owner, std::string_view metric,
                                    std::string_view statistic = "") const;

 private:
  std::unordered_map<std::string, std::size_t> places_;  // of columns, for look-ups only
};

/// A time in which something was on that was not there before.
struct Mark {
  std::string text;
  double begin_s = 0;
  std::optional<double> end_s;  ///< Absent while it lasts.
  std::string act;              ///< The name of the act; empty for the scenario's own faults.
};

/// What a run is doing.
enum class RunState : std::uint8_t { building, paused, running, finished };

/// How a run is at an instant.
struct RunStatus {
  RunState state = RunState::building;
  Duration now{};
  std::uint64_t events = 0;
  double speed = 0;                      ///< Simulated seconds in a second, lately.
  double events_per_s = 0;               ///< By the wall clock, lately.
  std::vector<Mark> marks;               ///< Of faults and acts, in the order of their beginnings.
  std::vector<LogEntry> log;             ///< The latest of what has happened.
  std::vector<InstanceState> instances;  ///< In the order of Sight::instances.
  bool reached_limit = false;            ///< It has ended early: too many requests are under way.
};

/// One replication that runs in a thread of its own, and what is seen of it. Whoever owns it never
/// waits: what he asks for is done a few milliseconds later, what there is to see comes by itself.
///
/// The run depends on (system, seed, number, acts) alone: neither on its speed nor on pauses, nor
/// on what was looked at.
class LiveRun {
 public:
  struct Options {
    std::uint64_t number = 0;  ///< Of the replication.
    std::vector<Act> acts;     ///< That are to be done again, in the order of their times.
    Duration go_to{0};         ///< It goes there as fast as it can,
    bool then_runs = false;    ///< and on, at its speed.
    double speed = kFastest;
    /// Requests that are followed whatever comes, by their ids; beside them some of all.
    std::vector<std::uint64_t> followed;
  };
  /// As fast as it can.
  static constexpr double kFastest = 1e9;
  static constexpr double kSlowest = 0.001;

  LiveRun(std::shared_ptr<const System> system, Options options);
  LiveRun(const LiveRun&) = delete;
  LiveRun& operator=(const LiveRun&) = delete;
  ~LiveRun();

  const System& system() const { return *system_; }
  const Options& options() const { return options_; }
  /// Tells it from all other runs, also from one that was at the same address before.
  std::uint64_t serial() const { return serial_; }

  // What is to happen.
  void play();
  void pause();
  /// Simulated seconds in a second.
  void set_speed(double speed);
  /// Pauses after the next event, after the next answer to a client's request, or after so much
  /// time.
  void step_event();
  void step_request();
  void step_time(Duration time);
  /// As fast as it can until then. It pauses there unless it was running.
  void go_to(Duration at);
  /// At the next instant, one nanosecond on. Acts of LiveRun::Options that are still to come are
  /// dropped: from here on it is another run.
  void act(std::string name, std::shared_ptr<const FaultPlan> fault,
           std::vector<std::string> ended = {});

  // What there is to see.
  /// Null while it is being built. Stays what it is from then on.
  const Sight* sight() const { return sight_.load(std::memory_order_acquire); }
  /// The latest one.
  const RunStatus& status();
  /// Those of LiveRun::Options, done yet or not, and what was done since, each with its time. What
  /// is done anew takes the place of what was still to come.
  const std::vector<Act>& acts();
  /// Has traces() brought up to now. They are when the run pauses or ends, too.
  void look_at_requests();
  /// The requests that were followed so far, and those that would be worth it: a few thousand at
  /// most. The latest that has been handed over.
  const RequestTraces& traces();
  /// What the replication measured, once it has finished; null before.
  const Results* results();

 private:
  struct Command {
    enum class Kind : std::uint8_t {
      play,
      pause,
      speed,
      step_event,
      step_request,
      go_to,
      step_time,
      act,
      requests
    } kind;
    double speed = 0;
    Duration time{};
    Act act{};
  };
  class Driver;

  void send(Command command);

  std::shared_ptr<const System> system_;
  Options options_;
  std::uint64_t serial_;
  std::atomic<bool> quit_{false};
  std::atomic<bool> commanded_{false};
  std::mutex mutex_;  // of the two below: held for as long as it takes to hand over a command
  std::condition_variable wake_;
  std::vector<Command> commands_;

  std::unique_ptr<Sight> seen_;  // made and filled in by the thread of the run
  std::atomic<const Sight*> sight_{nullptr};
  Mailbox<RunStatus> statuses_;
  Mailbox<std::vector<Act>> done_;
  Mailbox<Results> finished_;
  Mailbox<RequestTraces> traced_;
  std::unique_ptr<RunStatus> status_ = std::make_unique<RunStatus>();
  std::unique_ptr<std::vector<Act>> acts_;
  std::unique_ptr<Results> results_;
  std::unique_ptr<RequestTraces> traces_ = std::make_unique<RequestTraces>();
  std::thread thread_;  // the last to be made
};

}  // namespace highwater::viewer
