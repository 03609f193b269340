#pragma once

#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/describe/problems.h"
#include "engine/experiment/prepare.h"
#include "engine/scenario/document.h"
#include "viewer/session/act_record.h"
#include "viewer/session/live_run.h"
#include "viewer/session/measurement.h"

namespace highwater::viewer {

/// A scenario that is open, the run of it that goes on, and the one that it is compared with.
///
/// What goes wrong leaves everything as it was: a scenario that makes no sense keeps the last good
/// run, an act that is refused does not happen.
///
/// Used by one thread. Opening, changing and acting take as long as reading a scenario does;
/// nothing waits for a run.
class Session {
 public:
  /// @param catalog, language  Must outlive it.
  Session(const Catalog& catalog, const Language& language);

  // The scenario.
  /// Opens a file, and has a run of it ready, paused at its beginning.
  /// @param problems  All that is wrong with it. @return whether it is open.
  bool open(const std::string& file, const std::vector<std::string>& settings, Problems& problems);
  /// The same with a text that is not in a file, such as one that is being edited.
  bool open_text(const std::string& text, const std::string& name, const std::string& directory,
                 Problems& problems);
  /// The same with what was read of a text elsewhere, such as in a thread.
  /// @param system  Prepared of the document.
  void open_read(Document document, std::shared_ptr<const System> system);
  /// Changes a parameter, by its path: "api.replicas=6". The run begins anew with the same seed and
  /// the same acts, and goes to where it was; what ran before stays to be compared with.
  bool change(const std::string& setting, Problems& problems);
  bool is_open() const { return run_ != nullptr; }
  const Document& document() const { return *document_; }
  const System& system() const { return *system_; }
  /// What was changed since the file was read.
  const std::vector<std::string>& settings() const { return settings_; }

  // The run. Precondition of all: is_open().
  LiveRun& run() { return *run_; }
  /// The run before the last change; null where there is none.
  LiveRun* other() { return other_.get(); }
  void forget_other() { retire(std::move(other_)); }
  /// The same run once more in the background, up to where it is, with an eye on these requests.
  void follow(std::vector<std::uint64_t> requests);
  /// What comes of follow(); null where nothing was followed, or the run is another now.
  LiveRun* following() { return following_.get(); }
  /// What comes from now on is compared with what has been until now: the run begins anew, as it
  /// was.
  void compare();
  /// From the beginning, with other draws.
  void restart(std::uint64_t seed);
  /// From the beginning, nothing done to it.
  void restart();
  /// Simulated seconds in a second, of this run and of those to come.
  void set_speed(double speed);
  double speed() const { return speed_; }
  /// Back or forth; back, what was done until then is done again. It pauses there.
  void go_to(Duration at);

  // Acts.
  /// @param fault  {"kill": "api", "count": 1}: at once, without times.
  /// @return the name of the act; nothing where it makes no sense.
  std::optional<std::string> inject(const Value& fault, Problems& problems);
  /// Ends the fault of an act.
  void end(const std::string& act);
  /// Those of all acts.
  void end_all();
  /// What has been done to the run so far.
  std::vector<RecordedAct> acts();
  /// @param file  Where the experiment is to stand; names the scenario relative to it.
  Value experiment(const std::string& file);

  // Measuring.
  /// The scenario with its settings and seed, to be run so often from beginning to end; without
  /// what was done by hand, and without where it comes from. Nothing where it makes no sense.
  std::optional<MeasurementPlan> plan_measurement(std::uint64_t replications, Problems& problems);

 private:
  struct Opened {
    Document document;
    std::shared_ptr<const System> system;
  };
  bool take(std::optional<Document> document, Problems& problems);
  void begin(LiveRun::Options options);
  /// It ends in its own time: nobody waits for it.
  void retire(std::unique_ptr<LiveRun> run);
  /// The same run once more, up to where it is.
  LiveRun::Options again(std::vector<Act> acts);
  /// @param system  Room is made in it for what the fault adds.
  std::shared_ptr<const FaultPlan> read_with(const Document& document, const Value& fault,
                                             System& system, Problems& problems) const;
  std::string new_name(const Value& fault);

  const Catalog& catalog_;
  const Language& language_;
  std::unique_ptr<Document> document_;
  std::shared_ptr<const System> system_;
  std::vector<std::string> settings_;
  std::unique_ptr<LiveRun> run_, other_, following_;
  std::map<std::string, Value> faults_;  // of acts, by name
  std::uint64_t named_ = 0;
  double speed_ = LiveRun::kFastest;
  std::vector<std::future<void>> retired_;
};

}  // namespace highwater::viewer
