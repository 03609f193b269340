#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernel/scope.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/attempt.h"
#include "engine/model/edge.h"
#include "engine/model/world.h"

namespace highwater {

struct Afflictions;
class Blueprint;
class Component;
struct CpuQuota;
class Directory;
class Interference;
struct Leak;
class LiveChanges;
/// How an instance takes connections and sends what it sends; models/calls/listener.h.
class Listener;
class Problems;
class Value;
struct WrongClock;

/// Where a component or fault that is examined stands in the scenario, and who wants to know.
struct Examination {
  const Value& where;       ///< Its object.
  const std::string& path;  ///< Its JSON pointer.
  Problems& problems;
};

/// One process of a component, in one zone: what a call reaches, and what a fault hits.
///
/// A model derives from it and implements receive(). The base counts what comes and goes, so that
/// in every run and for every instance: received = answered, by status + in flight.
class Instance {
 public:
  Instance(Component& component, std::uint32_t index, Zone zone);
  virtual ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  Component& component() const { return component_; }
  std::uint32_t index() const { return index_; }
  Zone zone() const { return zone_; }
  /// "api[2]"
  std::string label() const;

  /// Takes connections. False while it is down or starting.
  bool up() const { return up_; }
  /// Whether it takes requests: one that shuts down finishes what it has, and refuses others.
  bool accepts() const { return up_ && !closing_; }
  /// What is sent to it vanishes, for it died silently.
  bool swallows() const { return silent_; }
  /// How often the process has died so far: what callers remember dies with it.
  std::uint32_t incarnation() const { return incarnation_; }
  /// Attempts received and not yet answered.
  std::uint64_t in_flight() const { return static_cast<std::uint64_t>(in_flight_.value()); }
  double in_flight_integral(Time now) const { return in_flight_.total(now); }

  std::uint64_t received() const { return received_; }
  /// Answers given, by cause. A request lost in a silent kill counts as a reset.
  const StatusCounts& answers() const { return answers_; }
  /// Answers that nobody waited for any more: work done for nothing.
  std::uint64_t wasted() const { return wasted_; }

  /// Whether service discovery lists it: callers and balancers choose among those. True from the
  /// beginning; an autoscaler takes instances out and in again, a failure detector those that it
  /// does not trust.
  bool listed() const { return registered_ && trusted_ && held_back_ == 0 && published_; }
  /// What a failure detector thinks of it. True from the beginning.
  bool trusted() const { return trusted_; }
  void set_trusted(bool trusted);
  /// Keeps it from being listed for a reason of the platform's: a probe, a node not heard of.
  /// Reasons add up.
  void hold_back();
  void let_in();
  /// Whether callers are to get to it at all: a version that is only tried out is not published.
  /// True from the beginning.
  void set_published(bool published);
  /// Up, and nothing holds it back.
  bool ready() const { return up_ && held_back_ == 0; }
  /// How long it has been there so far, in seconds: neither absent nor yet to appear, nor leaving.
  double present_integral(Time now) const { return present_time_.total(now); }
  /// How long it has had to be paid for, in seconds: from its order until it has gone.
  double paid_integral(Time now) const { return paid_time_.total(now); }
  /// It is not there: neither listed nor up. Before the run begins only.
  void be_absent();
  /// A process is started in its place: up and listed `wait` and its start_time() from now.
  void appear(Duration wait = Duration{0});
  /// How an instance goes.
  struct Departure {
    Duration grace{};       ///< From now on until it ends with whatever is still in flight.
    Duration listed_for{};  ///< Until callers hear of it.
    /// Until it refuses requests; absent: it takes what still comes, until it ends.
    std::optional<Duration> accepts_for;
  };
  /// It is to go. It ends when nothing is in flight any more, once it refuses requests if it ever
  /// does; and it has gone when it has ended and is no longer listed.
  void leave(const Departure& departure);
  /// Neither listed nor about to be.
  bool absent() const { return presence_ == Presence::absent || presence_ == Presence::leaving; }
  /// On its way out, and not yet gone.
  bool leaving() const { return presence_ == Presence::leaving; }

  // Faults.
  /// The process is gone: its tasks end, their callers see a reset (or nothing at all, when
  /// `silent`); what comes later is refused (or swallowed). Kills nest: nothing is refused while a
  /// silent one is on, and after the last one it stays as that left it until the process serves.
  void kill(bool silent);
  /// Takes back one kill of that sort; after the last one the process starts again, for
  /// start_time(). Without a word on the sort, a silent one if there is any.
  void revive(bool silent);
  void revive() { revive(silent_kills_ > 0); }
  /// Work begun from now on takes `factor` times as long. Factors of overlapping faults multiply.
  void slow(double factor);
  void restore_speed(double factor);
  double slowdown() const { return slowdown_; }
  /// A share of the requests is answered with an error, without being served. Independent faults:
  /// the shares that survive multiply.
  void fail_share(double share);
  void stop_failing(double share);
  /// The process stands still until as many resume() with the same incarnation() have come: its
  /// tasks do not go on, what is sent to it waits unread, and it sends nothing. Connections stay.
  /// What was due meanwhile is due when it goes on. Not while it is down; it does not outlive the
  /// process.
  void pause();
  void resume(std::uint32_t incarnation);
  bool paused() const { return disturbed_ && is_paused(); }
  /// From now on what comes and is answered goes by it, after those that were there before.
  void interfere(Interference& interference);
  void stop_interfering(Interference& interference);
  /// Who looks whether it is well is told so, whatever is true. Lies nest; the bad one wins.
  void lie(bool up);
  void stop_lying(bool up);
  /// What is heard by who looks whether it is well, and whether that is a lie.
  bool looks_up() const { return afflictions_ == nullptr ? up_ : seems_up(); }
  bool lied_about() const;
  /// So many threads of somebody else run on its cores. Those of several faults add up.
  void burden(double threads);
  void unburden(double threads);
  double competitors() const;
  /// Its CPU is throttled to that. Of several each counts what it uses, and each may stop it.
  void limit_cpu(const CpuQuota& quota);
  void unlimit_cpu(const CpuQuota& quota);
  std::span<const CpuQuota> cpu_quotas() const;
  /// Its process loses memory from now on; what it has lost stays lost. Leaks add up.
  void leak(const Leak& leak);
  void stop_leaking(const Leak& leak);
  Leak leaks() const;
  /// Its clock is wrong. What several do adds up.
  void set_clock(const WrongClock& clock);
  void reset_clock(const WrongClock& clock);
  /// The time of day as it reads it, less the true one.
  Duration clock_ahead(Time now) const {
    return afflictions_ == nullptr ? Duration{0} : clock_error(now);
  }
  /// Whether anything that it does depends on the time of day.
  virtual bool reads_clock() const { return false; }
  /// The machine that its process is on now, where that is an instance of something.
  virtual Instance* host() const { return nullptr; }
  /// Whether its memory has a limit.
  virtual bool has_memory_limit() const { return false; }

  /// The tasks of this process; killed with it.
  Scope& tasks() { return tasks_; }

  /// Null where connections cost it nothing and what it sends takes no time.
  virtual Listener* listener() { return nullptr; }
  /// From the start of the process until it takes connections.
  virtual Duration start_time() const { return Duration{0}; }

 protected:
  /// A request has arrived. Whoever holds `served` answers it.
  virtual void receive(Served served) = 0;
  /// The process died: forget everything that lived in its memory. Its tasks are gone already.
  virtual void killed() {}
  /// The process serves again, with empty memory.
  virtual void started() {}
  /// The factor of slow() changed.
  virtual void slowdown_changed() {}
  /// It is paused(), or goes on.
  virtual void pause_changed() {}
  /// competitors() has changed.
  virtual void competitors_changed() {}
  /// cpu_quotas() have changed.
  virtual void cpu_quotas_changed() {}
  /// leaks() has changed.
  virtual void leaks_changed() {}
  /// It has left: what it kept for its next requests goes with it.
  virtual void left() {}

 private:
  friend class Attempt;
  friend class Served;
  inline void began();
  inline void answered(Status cause, bool abandoned);
  /// A request has come to an instance that a fault is on.
  void meet(Attempt& attempt);
  /// It has an answer, and a fault is on.
  void answer(Served served, Reply reply);
  Task<> answer_later(Served served, Reply reply, Duration sleep);
  Duration sleeps(const Attempt& attempt) const;
  Afflictions& afflictions();
  bool is_paused() const;
  bool seems_up() const;
  Duration clock_error(Time now) const;
  void look_at_disturbance();
  void wake();
  void forget_afflictions();
  void tell_health(bool before);
  bool draws_failure(const Request& request, std::uint64_t message) const;
  void start_finished();
  void grace_ended();
  void close();
  void be_forgotten();
  void go();
  void end_process(CancelReason reason);
  void set_registered(bool registered);
  void tell_listing(bool would_be);

  enum class Presence : std::uint8_t { present, absent, appearing, leaving };

  Component& component_;
  std::uint32_t index_;
  Zone zone_;
  bool up_ = true;
  bool registered_ = true;  // there, to be listed
  bool trusted_ = true;
  int held_back_ = 0;
  bool published_ = true;
  bool closing_ = false;    // refuses requests, on its way out
  bool lingers_ = false;    // on its way out and yet to refuse them
  bool ended_ = false;      // on its way out, and still listed
  bool disturbed_ = false;  // faults have a say in what comes and goes
  Presence presence_ = Presence::present;
  bool silent_ = false;
  int loud_kills_ = 0;
  int silent_kills_ = 0;
  std::uint32_t incarnation_ = 0;
  double slowdown_ = 1;
  std::vector<double> factors_;
  std::vector<double> failing_;
  double survives_ = 1;  // share of requests that no error fault hits
  std::uint64_t received_ = 0;
  std::uint64_t wasted_ = 0;
  StatusCounts answers_;
  TimeIntegral in_flight_;
  TimeIntegral present_time_{Time{}, 1};
  TimeIntegral paid_time_{Time{}, 1};
  Timer<&Instance::start_finished> starting_;
  Timer<&Instance::grace_ended> grace_;
  Timer<&Instance::close> closes_;
  Timer<&Instance::be_forgotten> forgotten_;
  std::unique_ptr<Afflictions> afflictions_;  // since the first fault that needs them
  Scope tasks_;
};

/// Where a direct call goes.
struct Route {
  Route(Instance* instance, std::uint16_t chosen = 0) : to(instance), part(chosen) {}
  operator Instance*() const { return to; }

  Instance* to;        ///< Null where nobody can be asked.
  std::uint16_t part;  ///< For Request::part.
};

/// One component of the scenario in one replication. Models derive from it, one class per kind.
///
/// Life: constructed with its parameters (makes its instances and declares its metrics), connect()
/// (finds the components it talks to), start() (the first events), the run, destroyed.
class Component {
 public:
  Component(World& world, std::string id, std::string_view kind);
  virtual ~Component() = default;
  Component(const Component&) = delete;
  Component& operator=(const Component&) = delete;

  const std::string& id() const { return id_; }
  std::string_view kind() const { return kind_; }
  World& world() const { return world_; }
  std::span<const std::unique_ptr<Instance>> instances() const { return instances_; }

  /// Looks up what this component refers to; every edge is made here.
  virtual void connect(Directory&) {}
  virtual void start() {}

  /// The instance that a direct call goes to; null when nobody can be asked. The default takes the
  /// listed instances in turn, dead ones too: a client without a balancer knows no better.
  virtual Route route(const Request& request, const Instance& from);

  /// True where callers have a client of this component in them that sends when it sees fit: their
  /// attempts go to take(). Does not change.
  virtual bool has_client() const { return false; }
  /// An attempt that is to be made here, routed already. Whoever takes it concludes it.
  virtual void take(Attempt& attempt) { attempt.depart(); }

  /// What may happen to an instance.
  enum class Change : std::uint8_t {
    listing,  ///< It is listed, or no longer.
    down,     ///< Its process is gone: it died, or it had left and has ended.
    up,       ///< A process serves: a new one, or the one that was about to leave.
    leaving,  ///< It is to go and ends when what it has begun is done.
    gone,     ///< It has left: another may come in its place.
    health,   ///< looks_up() is another for a fault's doing.
  };
  using Watcher = std::function<void(const Instance&, Change)>;
  /// Tells of every change of an instance, when it has happened.
  void watch(Watcher watcher) { watchers_.push_back(std::move(watcher)); }

  /// Whether it understands the answers that it gets, or hands them on unread.
  virtual bool reads_answers() const { return true; }

  /// True when a call to this endpoint means something here.
  virtual bool answers(Symbol endpoint) const;
  /// The endpoints that it answers, as the scenario spells them; empty where any will do.
  virtual std::vector<std::string> endpoints() const { return {}; }

  /// Asked once before a run, after connect(): reports what only shows when components are joined,
  /// such as a call to an endpoint that the other one does not have.
  virtual void examine(const Examination&) const {}
  /// False where the load follows a plan that ends or changes (a trace, stages, a day): such a run
  /// is terminating.
  virtual bool has_steady_state() const { return true; }

  /// The parameters that can be changed while it runs, as paths: "calls.timeout", with all that
  /// stands below. A "*" is any one key, "**" any number of them; where a "=" stands in front, the
  /// parameter must be there before and after. Nothing else is ever changed.
  virtual std::vector<std::string> changeable() const { return {}; }
  /// Why this parameter, which is not among them, cannot be; empty where nothing is known.
  virtual std::string why_fixed(const std::string&) const { return {}; }
  /// It goes on with other parameters, which differ from those it has in what is changeable().
  /// What it has begun ends as it was begun. The blueprint is of its own kind and outlives it.
  virtual void reconfigure(const Blueprint&) {}

  /// GB-seconds of memory that it has been billed for so far; absent where nobody bills them.
  virtual std::optional<double> billed_gb_seconds() const { return std::nullopt; }
  /// Requests of its own that have been answered without error so far: of one that sends load.
  virtual std::uint64_t completed() const { return 0; }

  /// Sum over the instances, for the checks at the end of a run.
  std::uint64_t received() const;
  std::uint64_t in_flight() const;

 protected:
  /// Adds an instance made by the derived class, in construction order.
  Instance& add(std::unique_ptr<Instance> instance) {
    instances_.push_back(std::move(instance));
    return *instances_.back();
  }
  /// Declares the metrics that every component has: throughput_rps, in_flight, errors, wasted;
  /// and throughput_rps and in_flight of each instance. The owner is returned for the kind's own.
  Recorder::Owner& measure();
  Recorder::Owner& measure(const Instance& instance);

 private:
  World& world_;
  std::string id_;
  std::string_view kind_;
  friend class Instance;
  std::vector<std::unique_ptr<Instance>> instances_;
  void tell(const Instance& instance, Change change) const {
    for (const Watcher& watcher : watchers_) watcher(instance, change);
  }
  std::vector<Watcher> watchers_;
  std::size_t turn_ = 0;
};

/// Reports a call to an endpoint that `callee` does not answer.
/// @param endpoint  As written; empty where the caller names none.
/// @param where     What to point at, with its JSON pointer.
void require_endpoint(const Component& callee, const std::string& endpoint, const Value& where,
                      const std::string& path, Problems& problems);

inline void Instance::began() {
  ++received_;
  in_flight_.add(component_.world().now(), 1);
}

inline void Instance::answered(Status cause, bool abandoned) {
  in_flight_.add(component_.world().now(), -1);
  answers_.add(cause);
  if (abandoned) ++wasted_;
  if (presence_ == Presence::leaving && in_flight_.value() == 0 && !ended_ && !lingers_)
      [[unlikely]]
    component_.world().simulation.reschedule_after(grace_, Duration{0});
}

/// Finds components by id and keeps the edges between them.
class Directory {
 public:
  explicit Directory(World& world) : world_(world) {}

  void add(Component& component) { components_.push_back(&component); }
  /// The component called `id`; it exists, since references were checked when the scenario was
  /// read.
  Component& component(std::string_view id) const;
  std::span<Component* const> components() const { return components_; }

  /// The edge between two components, made on first use.
  Edge& edge(Component& from, Component& to, bool asynchronous = false);
  std::deque<Edge>& edges() { return edges_; }
  /// What is changed of a component while it runs; null until somebody changes something.
  std::shared_ptr<LiveChanges>& changes_of(const Component& component) {
    return changes_[&component];
  }

 private:
  World& world_;
  std::vector<Component*> components_;
  std::deque<Edge> edges_;
  std::map<const Component*, std::shared_ptr<LiveChanges>> changes_;  // for look-ups, never walked
};

/// Metrics that every component reports, for the catalog's tables.
std::vector<struct MetricInfo> common_component_metrics();

}  // namespace highwater
