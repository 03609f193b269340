#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/kernel/random.h"
#include "engine/kernel/simulation.h"
#include "engine/model/fault.h"
#include "engine/model/world.h"

namespace highwater {

/// One fault in one replication: lets it strike when its time has come, grow, end and fade. Whoever
/// watches conditions, or acts by hand, lets it strike himself.
class Injection {
 public:
  /// When it was on. Ends at the time its effect begins to fade.
  struct Span {
    Time begin{};
    std::optional<Time> end;  ///< Absent while it lasts.
    std::string text;         ///< What was hit: "kill api[1]".
  };
  /// Hears of each beginning and each end, when it has happened.
  using Watcher = std::function<void(const Injection&, bool begun)>;

  /// @param number  Of the fault in the scenario.
  Injection(World& world, Directory& directory, const FaultPlan& plan, std::size_t number);
  Injection(const Injection&) = delete;
  Injection& operator=(const Injection&) = delete;
  ~Injection();

  /// Plans the strikes of a schedule that has times. Before the run begins.
  void start();
  /// It strikes now, if its probability says so; for as long as its plan says.
  void strike();
  /// Its condition has come true: it strikes after the plan's delay.
  void condition_met();
  /// Ends what is on, as if its time were over.
  void end();

  const FaultPlan& plan() const { return plan_; }
  std::size_t number() const { return number_; }
  bool on() const;
  /// Every time it was on, in order; not more than kMostSpans.
  const std::vector<Span>& spans() const { return spans_; }
  void watch(Watcher watcher) { watchers_.push_back(std::move(watcher)); }

  /// So often does it strike at most in one replication; what comes later is dropped, and said so.
  static constexpr std::size_t kMostSpans = 10'000;
  /// Steps in which an effect grows and fades.
  static constexpr int kSteps = 20;

 private:
  class Occurrence;
  friend class Occurrence;

  void scheduled();
  void plan_next();
  std::optional<Time> next_time(Time from);
  std::optional<Time> next_daily();
  bool in_hours(Time at) const;
  Time next_opening(Time at) const;
  void tell(bool begun);

  World& world_;
  Directory& directory_;
  const FaultPlan& plan_;
  std::size_t number_;
  Distribution gaps_;   // between strikes at random
  RandomStream times_;  // of strikes
  RandomStream luck_;   // whether, and how long
  std::int64_t day_ = 0;
  std::size_t occurrences_ = 0;
  std::size_t tries_ = 0;
  std::deque<std::unique_ptr<Occurrence>> on_;
  std::vector<Span> spans_;
  std::vector<Watcher> watchers_;
  Timer<&Injection::scheduled> next_;
  Timer<&Injection::strike> delayed_;
};

}  // namespace highwater
