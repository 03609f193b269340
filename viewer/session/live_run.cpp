#include "viewer/session/live_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <limits>
#include <utility>

#include "engine/experiment/assemble.h"
#include "engine/experiment/replication.h"
#include "engine/model/component.h"
#include "engine/model/tracer.h"

namespace highwater::viewer {
namespace {

using Clock = std::chrono::steady_clock;
using Wall = Clock::time_point;

/// Whoever commands is heard at least so often.
constexpr double kReaction_s = 0.004;
/// Whoever looks sees something new so often.
constexpr double kNews_s = 0.015;
/// What "lately" is, of speeds.
constexpr double kLately_s = 0.5;
constexpr std::size_t kMostLog = 200;
/// So many requests of a run are followed, evenly over its time, and in so many stretches of it the
/// slowest are noted.
constexpr std::int64_t kFollowed = 1'500;
constexpr std::int64_t kStretches = 200;
/// Beside those that are followed since somebody wants to see them.
constexpr std::size_t kMostFollowed = 4'000;
/// A run that falls behind its speed does not catch up more than this.
constexpr double kMostBehind_s = 0.1;

double seconds_between(Wall from, Wall to) {
  return std::chrono::duration<double>(to - from).count();
}

Duration duration_of(double s) {
  constexpr double kMost = 9e9;
  return Duration{static_cast<std::int64_t>(std::clamp(s, 0.0, kMost) * 1e9)};
}

/// Ids hold no line breaks.
std::string place_key(std::string_view owner, std::string_view metric, std::string_view statistic) {
  std::string key(owner);
  key.append(1, '\n').append(metric).append(1, '\n').append(statistic);
  return key;
}

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

InstanceState state_of(const Instance& instance) {
  if (instance.absent()) return InstanceState::absent;
  if (!instance.up()) return InstanceState::down;
  if (instance.paused()) return InstanceState::paused;
  return instance.slowdown() > 1 ? InstanceState::slow : InstanceState::up;
}

}  // namespace

Sight::Sight(std::vector<Sampler::Column> numbers, Duration run, std::size_t all,
             std::size_t heats_seen)
    : columns(std::move(numbers)), history(run, History::intervals_for(run, all), all, heats_seen) {
  for (std::size_t i = 0; i < columns.size(); ++i)
    places_.emplace(place_key(columns[i].owner, columns[i].metric, columns[i].statistic), i);
}

std::optional<std::size_t> Sight::column(std::string_view owner, std::string_view metric,
                                         std::string_view statistic) const {
  const auto found = places_.find(place_key(owner, metric, statistic));
  return found == places_.end() ? std::nullopt : std::optional(found->second);
}

/// The other side: everything that belongs to the thread of the run.
class LiveRun::Driver {
 public:
  explicit Driver(LiveRun& run)
      : run_(run),
        system_(*run.system_),
        grid_(system_.duration, system_.warmup.value_or(Duration{0})),
        replication_(system_, grid_, system_.seed, run.options_.number,
                     [this](Stage stage, std::uint64_t) { return follow_requests(stage); }),
        sampler_(replication_.stage().world.recorder),
        speed_(run.options_.speed),
        to_do_(run.options_.acts.begin(), run.options_.acts.end()) {
    make_sight();
    if (run.options_.go_to > Duration{0}) {
      goal_ = std::min(run.options_.go_to, system_.duration);
      going_ = settling_ = true;
    }
    running_ = run.options_.then_runs;
    anchor();
    told_ = lately_ = Clock::now();
  }

  void drive() {
    tell();
    while (!run_.quit_.load(std::memory_order_relaxed)) {
      take_commands();
      // Whoever acts on a run that is still on its way to where it was means it there.
      settling_ &= going_;
      if (!settling_) perform_held();
      if (finished_ || !(running_ || going_)) {
        if (!std::exchange(told_requests_, true)) tell_requests();
        wait(3600);
        continue;
      }
      told_requests_ = false;
      advance();
    }
  }

 private:
  Duration now() const { return replication_.now() - Time{}; }

  std::unique_ptr<Attendant> follow_requests(Stage stage) {
    Tracer::Plan plan;
    plan.every = std::max(system_.duration / kFollowed, Duration{1});
    plan.ids = run_.options_.followed;
    plan.most = kMostFollowed;
    plan.stretch = std::max(system_.duration / kStretches, Duration{1});
    tracer_.emplace(stage.world.simulation, std::move(plan));
    stage.world.tracer = &*tracer_;
    return nullptr;
  }

  void make_sight() {
    const Stage stage = replication_.stage();
    const std::vector<Sampler::Column>& columns = sampler_.columns();
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (columns[i].metric == "latency_ms" && columns[i].statistic == "count")
        heat_columns_.push_back(i);
    std::size_t all = columns.size();
    std::vector<Sight::EdgeColumns> edges;
    for (const Edge& edge : stage.directory.edges()) {
      edges.push_back({edge.from().id(), edge.to().id(), edge.asynchronous(), all, all + 1});
      all += 2;
    }
    attempts_.resize(edges.size());
    failures_.resize(edges.size());
    std::vector<Sight::InstanceColumns> instances;
    for (const auto& component : stage.directory.components()) {
      instances_.push_back(component->instances().size());
      for (const auto& instance : component->instances())
        instances.push_back({component->id(), instance->label(),
                             stage.world.network.zone_name(instance->zone()), all++});
    }
    run_.seen_ = std::make_unique<Sight>(columns, system_.duration, all, heat_columns_.size());
    sight_ = run_.seen_.get();
    sight_->edges = std::move(edges);
    for (const std::size_t column : heat_columns_) sight_->heats.push_back(columns[column].owner);
    sight_->instances = std::move(instances);
    run_.sight_.store(sight_, std::memory_order_release);
  }

  /// Speeds count from here.
  void anchor() {
    anchor_wall_ = Clock::now();
    anchor_sim_ = now();
  }

  void take_commands() {
    if (!run_.commanded_.exchange(false, std::memory_order_acquire)) return;
    std::vector<Command> commands;
    {
      const std::lock_guard lock(run_.mutex_);
      commands.swap(run_.commands_);
    }
    for (Command& command : commands)
      if (!finished_ || command.kind == Command::Kind::requests) obey(command);
    if (!finished_) tell();
  }

  void obey(Command& command) {
    switch (command.kind) {
      case Command::Kind::play:
        running_ = true;
        anchor();
        break;
      case Command::Kind::pause:
        running_ = going_ = false;
        break;
      case Command::Kind::speed:
        speed_ = command.speed;
        anchor();
        break;
      case Command::Kind::step_event:
        running_ = going_ = false;
        step_one();
        break;
      case Command::Kind::step_request:
        running_ = going_ = false;
        step_to_answer();
        break;
      case Command::Kind::step_time:
        running_ = false;
        go_to(now() + command.time);
        break;
      case Command::Kind::go_to:
        go_to(command.time);
        break;
      case Command::Kind::act:
        held_.push_back(std::move(command.act));
        break;
      case Command::Kind::requests:
        tell_requests();
        break;
    }
  }

  void go_to(Duration at) {
    goal_ = std::min(at, system_.duration);
    going_ = goal_ > now();
  }

  /// The earliest of what stands in the way.
  Duration next_stop() const {
    Duration stop = sight_->history.full() ? system_.duration
                                           : sight_->history.end_of(sight_->history.intervals());
    if (!to_do_.empty()) stop = std::min(stop, to_do_.front().at);
    return std::min(stop, system_.duration);
  }

  void advance() {
    Duration end = next_stop();
    const Wall before = Clock::now();
    bool paced = false;
    if (going_) {
      end = std::min(end, goal_);
    } else if (speed_ < kFastest) {
      const double passed = seconds_between(anchor_wall_, before);
      Duration allowed = anchor_sim_ + duration_of(passed * speed_);
      if (allowed - now() > duration_of(kMostBehind_s * speed_)) {
        anchor();  // it cannot keep up
        allowed = now() + duration_of(kReaction_s * speed_);
      }
      paced = allowed < end;
      end = std::min(end, allowed);
    }
    const bool whole = end - now() <= piece_;
    if (!whole) end = now() + piece_;
    if (end > now()) replication_.run_until(Time{} + end);
    adapt(seconds_between(before, Clock::now()), whole);
    arrive();
    if (paced && whole) wait(std::min(kReaction_s, 1.0));
  }

  /// The longest time that takes no longer than anybody would wait for an answer.
  void adapt(double took_s, bool whole) {
    if (took_s > kReaction_s)
      piece_ = std::max(piece_ / 2, Duration{1'000});
    else if (!whole && took_s < kReaction_s / 2 && piece_ < system_.duration)
      piece_ *= 2;
  }

  /// The clock has come to where it is: what stands here is done.
  void arrive() {
    while (!to_do_.empty() && to_do_.front().at <= now()) {
      perform(std::move(to_do_.front()));
      to_do_.pop_front();
    }
    if (!sight_->history.full() && now() >= sight_->history.end_of(sight_->history.intervals()))
      look();
    if (going_ && now() >= goal_) {
      going_ = false;
      anchor();
    }
    if (replication_.over()) return finish();
    if (seconds_between(told_, Clock::now()) >= kNews_s || !(running_ || going_)) tell();
  }

  void step_one() {
    told_requests_ = false;
    const Duration stop = next_stop();
    replication_.step(Time{} + stop);
    arrive();
  }

  void step_to_answer() {
    const InFlightLimit& clients = replication_.stage().world.in_flight;
    const Wall began = Clock::now();
    std::uint64_t before;
    // In a system that answers nobody it goes on with the next command.
    do {
      before = clients.in_flight();
      step_one();
    } while (!finished_ && clients.in_flight() >= before &&
             seconds_between(began, Clock::now()) < kMostStep_s);
  }

  void perform_held() {
    if (held_.empty()) return;
    for (Act& act : std::exchange(held_, {}))
      if (!finished_) perform_next_instant(std::move(act));
    if (!finished_) tell();
  }

  void perform_next_instant(Act act) {
    act.at = now() + Duration{1};
    if (act.at >= system_.duration) return;
    // What is to be done again at some later time has its number already.
    to_do_.clear();
    while (now() < act.at) {
      const Duration end = std::min(next_stop(), act.at);
      replication_.run_until(Time{} + end);
      arrive();
      if (finished_) return;
    }
    perform(std::move(act));
    run_.done_.put(std::make_unique<std::vector<Act>>(acts_));
  }

  void perform(Act act) {
    const Stage stage = replication_.stage();
    for (std::size_t i = 0; i < acts_.size(); ++i)
      if (injections_[i] &&
          std::find(act.ended.begin(), act.ended.end(), acts_[i].name) != act.ended.end())
        injections_[i]->end();
    std::unique_ptr<Injection> injection;
    if (act.fault) {
      injection = std::make_unique<Injection>(stage.world, stage.directory, *act.fault,
                                              system_.faults.size() + faults_++);
      injection->strike();
    }
    injections_.push_back(std::move(injection));
    acts_.push_back(std::move(act));
  }

  /// The end of an interval.
  void look() {
    History& history = sight_->history;
    const std::span<float> values = history.open_values();
    sampler_.read(values.first(sampler_.columns().size()));
    const auto since = [](std::uint64_t& before, std::uint64_t count) {
      return static_cast<float>(count - std::exchange(before, count));
    };
    const std::deque<Edge>& edges = replication_.stage().directory.edges();
    for (std::size_t i = 0; i < sight_->edges.size(); ++i) {
      values[sight_->edges[i].attempts] = since(attempts_[i], edges[i].attempts());
      values[sight_->edges[i].failures] = since(failures_[i], edges[i].failures());
    }
    std::size_t place = 0;
    for_each_instance([&](const Instance& instance) {
      values[sight_->instances[place++].state] = static_cast<float>(state_of(instance));
    });
    for (std::size_t heat = 0; heat < heat_columns_.size(); ++heat) {
      const std::span<std::uint32_t> rows = history.open_heat(heat);
      sampler_.times(heat_columns_[heat])
          .for_each_bucket([&](std::uint64_t lower, std::uint64_t upper, std::uint64_t count) {
            const double ms = (static_cast<double>(lower) + static_cast<double>(upper)) / 2 * 1e-6;
            rows[History::Heat::row_of(ms)] += static_cast<std::uint32_t>(count);
          });
    }
    history.publish();
  }

  void finish() {
    if (!sight_->history.full() && now() > Duration{0}) look();
    finished_ = true;
    running_ = going_ = false;
    tell();
    RunRecord record(grid_);
    ReplicationRecord one = replication_.record();
    one.number = run_.options_.number;
    record.reached_in_flight_limit = one.reached_in_flight_limit;
    record.take_timelines(one);
    record.replications.push_back(std::move(one));
    auto results = std::make_unique<Results>(assemble(system_, record));
    run_.finished_.put(std::move(results));
  }

  void tell_requests() {
    const World& world = replication_.stage().world;
    run_.traced_.put(
        std::make_unique<RequestTraces>(traces_of(*tracer_, world.symbols, world.now())));
  }

  void tell() {
    const Wall wall = Clock::now();
    told_ = wall;
    const double passed = seconds_between(lately_, wall);
    if (passed >= kLately_s) {
      lately_speed_ = seconds(now() - lately_now_) / passed;
      lately_rate_ = static_cast<double>(replication_.events() - lately_events_) / passed;
      lately_ = wall;
      lately_now_ = now();
      lately_events_ = replication_.events();
    }
    auto status = std::make_unique<RunStatus>();
    status->state = finished_              ? RunState::finished
                    : (running_ || going_) ? RunState::running
                                           : RunState::paused;
    status->now = now();
    status->events = replication_.events();
    const bool moves = status->state == RunState::running;
    status->speed = moves ? lately_speed_ : 0;
    status->events_per_s = moves ? lately_rate_ : 0;
    add_marks(*status);
    const std::vector<Happening>& happenings = replication_.happenings();
    const std::size_t first = happenings.size() - std::min(happenings.size(), kMostLog);
    for (std::size_t i = first; i < happenings.size(); ++i)
      status->log.push_back({seconds(happenings[i].at), happenings[i].kind, happenings[i].text});
    for_each_instance(
        [&](const Instance& instance) { status->instances.push_back(state_of(instance)); });
    status->reached_limit = finished_ && now() < system_.duration;
    run_.statuses_.put(std::move(status));
  }

  /// Those that were there at the beginning, in the order of Sight::instances.
  template <class Visit>
  void for_each_instance(Visit visit) const {
    const auto components = replication_.stage().directory.components();
    for (std::size_t i = 0; i < components.size(); ++i)
      for (const auto& instance : components[i]->instances().first(instances_[i])) visit(*instance);
  }

  void add_marks(RunStatus& status) const {
    const auto add = [&](const Injection& injection, const std::string& act) {
      for (const Injection::Span& span : injection.spans()) {
        Mark mark{span.text, seconds(span.begin), std::nullopt, act};
        if (span.end) mark.end_s = seconds(*span.end);
        status.marks.push_back(std::move(mark));
      }
    };
    for (const Injection& injection : replication_.stage().faults) add(injection, "");
    for (std::size_t i = 0; i < injections_.size(); ++i)
      if (injections_[i]) add(*injections_[i], acts_[i].name);
    std::stable_sort(status.marks.begin(), status.marks.end(),
                     [](const Mark& a, const Mark& b) { return a.begin_s < b.begin_s; });
  }

  void wait(double most_s) {
    std::unique_lock lock(run_.mutex_);
    run_.wake_.wait_for(lock, std::chrono::duration<double>(most_s), [&] {
      return run_.quit_.load() || run_.commanded_.load(std::memory_order_relaxed);
    });
  }

  static constexpr double kMostStep_s = 0.25;

  LiveRun& run_;
  const System& system_;
  const TimeGrid grid_;
  std::optional<Tracer> tracer_;  // made when the replication is
  mutable Replication replication_;
  Sampler sampler_;
  Sight* sight_ = nullptr;
  std::vector<std::size_t> heat_columns_;
  std::vector<std::size_t> instances_;  // of each component
  std::vector<std::uint64_t> attempts_, failures_;
  bool running_ = false;   // at its speed
  bool going_ = false;     // to a goal, as fast as it can
  bool settling_ = false;  // on its first way, to where the run before it was
  bool finished_ = false;
  bool told_requests_ = false;  // as they are now
  double speed_;
  Duration goal_{0};
  Duration piece_{1'000'000};
  Wall anchor_wall_{};
  Duration anchor_sim_{0};
  std::deque<Act> to_do_;
  std::vector<Act> held_;
  std::vector<Act> acts_;
  std::vector<std::unique_ptr<Injection>> injections_;  // by act; null for those that only end
  std::size_t faults_ = 0;
  Wall told_{}, lately_{};
  Duration lately_now_{0};
  std::uint64_t lately_events_ = 0;
  double lately_speed_ = 0, lately_rate_ = 0;
};

LiveRun::LiveRun(std::shared_ptr<const System> system, Options options)
    : system_(std::move(system)),
      options_(std::move(options)),
      serial_(next_serial()),
      acts_(std::make_unique<std::vector<Act>>(options_.acts)),
      thread_([this] { Driver(*this).drive(); }) {}

LiveRun::~LiveRun() {
  {
    const std::lock_guard lock(mutex_);
    quit_.store(true);
  }
  wake_.notify_one();
  thread_.join();
}

void LiveRun::send(Command command) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
    commanded_.store(true, std::memory_order_release);
  }
  wake_.notify_one();
}

void LiveRun::play() {
  send({.kind = Command::Kind::play});
}

void LiveRun::pause() {
  send({.kind = Command::Kind::pause});
}

void LiveRun::set_speed(double speed) {
  send({.kind = Command::Kind::speed, .speed = std::clamp(speed, kSlowest, kFastest)});
}

void LiveRun::step_event() {
  send({.kind = Command::Kind::step_event});
}

void LiveRun::step_request() {
  send({.kind = Command::Kind::step_request});
}

void LiveRun::step_time(Duration time) {
  send({.kind = Command::Kind::step_time, .time = time});
}

void LiveRun::go_to(Duration at) {
  send({.kind = Command::Kind::go_to, .time = at});
}

void LiveRun::look_at_requests() {
  send({.kind = Command::Kind::requests});
}

void LiveRun::act(std::string name, std::shared_ptr<const FaultPlan> fault,
                  std::vector<std::string> ended) {
  send({.kind = Command::Kind::act,
        .act = {Duration{0}, std::move(name), std::move(fault), std::move(ended)}});
}

const RunStatus& LiveRun::status() {
  if (auto latest = statuses_.take()) status_ = std::move(latest);
  return *status_;
}

const std::vector<Act>& LiveRun::acts() {
  if (auto latest = done_.take()) acts_ = std::move(latest);
  return *acts_;
}

const RequestTraces& LiveRun::traces() {
  if (auto latest = traced_.take()) traces_ = std::move(latest);
  return *traces_;
}

const Results* LiveRun::results() {
  if (auto latest = finished_.take()) results_ = std::move(latest);
  return results_.get();
}

}  // namespace highwater::viewer
