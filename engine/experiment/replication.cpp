#include "engine/experiment/replication.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

#include "engine/experiment/costs.h"
#include "engine/experiment/trigger_watch.h"
#include "engine/kernel/check.h"
#include "engine/model/injection.h"

namespace highwater {

/// Everything that lives for one replication. The order of the members is that of construction;
/// whatever refers to something stands below it.
class Replication::State {
 public:
  State(const System& system, const TimeGrid& grid, std::uint64_t seed)
      : system_(system),
        network_(simulation_, system.network, seed),
        recorder_(simulation_, grid),
        limit_(simulation_, system.max_in_flight),
        world_{simulation_, network_,    recorder_, symbols_, limit_,
               attempts_,   happenings_, seed,      0,        &system.reserved},
        directory_(world_) {
    for (const Part& part : system.parts) {
      components_.push_back(part.blueprint->build(world_, part.id));
      directory_.add(*components_.back());
    }
    for (const auto& component : components_) component->connect(directory_);
    measure_costs(recorder_, system_, components_, directory_);
    for (const auto& section : system.sections)
      effects_.push_back(section->join(world_, directory_));
  }

  /// Faults and load are set up; from here on things happen.
  void start(const Attend& attend, std::uint64_t number) {
    for (const auto& plan : system_.faults)
      injections_.emplace_back(world_, directory_, *plan, injections_.size()).start();
    watch_triggers();
    if (attend) attendant_ = attend(stage(), number);
    recorder_.start();
    for (const auto& component : components_) component->start();
  }

  Directory& directory() { return directory_; }

  ~State() {
    world_.over = true;
    // Tasks hold leases, attempts and references into components: all tasks go first.
    for (const auto& component : components_)
      for (const auto& instance : component->instances())
        instance->tasks().cancel(CancelReason::shutdown);
  }

  Stage stage() { return {world_, directory_, injections_}; }
  Simulation& simulation() { return simulation_; }
  const std::vector<Happening>& happenings() const { return happenings_; }
  bool reached_limit() const { return limit_.reached(); }
  Time end() const { return Time{} + system_.duration; }

  /// Whoever attends it has seen enough.
  bool ended_early() const { return attendant_ != nullptr && attendant_->seen_enough(); }

  ReplicationRecord record() {
    ReplicationRecord record;
    record.owners = recorder_.finish();
    for (const Edge& edge : directory_.edges())
      record.edges.push_back({edge.from().id(), edge.to().id(), edge.asynchronous(),
                              edge.attempts(), edge.failures(), edge.lost(), edge.corrupted(),
                              edge.duplicated()});
    record.simulated = simulation_.now() - Time{};
    for (const Injection& injection : injections_)
      for (const Injection::Span& span : injection.spans())
        record.faults.push_back({injection.plan().text(), injection.number(), span.begin - Time{},
                                 span.end ? *span.end - Time{} : record.simulated});
    for (const auto& component : components_) {
      Conservation books{component->id(), component->received(), 0, component->in_flight()};
      for (const auto& instance : component->instances())
        books.answered += instance->answers().total();
      HIGHWATER_CHECK(books.received == books.answered + books.in_flight);
      record.conservation.push_back(std::move(books));
    }
    record.happenings = std::move(happenings_);
    record.events = simulation_.events();
    record.in_flight = limit_.in_flight();
    record.reached_in_flight_limit = limit_.reached();
    return record;
  }

 private:
  void watch_triggers() {
    for (std::size_t i = 0; i < injections_.size(); ++i) {
      const auto& condition = system_.triggers[i];
      if (!condition) continue;
      if (condition->metric) {
        trigger_watches_.emplace_back(world_, *condition->metric, injections_[i]);
        continue;
      }
      injections_[condition->fault].watch(
          [this, i, begins = condition->begins, met = false](const Injection&, bool begun) mutable {
            if (begun == begins && !std::exchange(met, true)) injections_[i].condition_met();
          });
    }
  }

  const System& system_;
  AttemptPool attempts_;
  Simulation simulation_;
  Network network_;
  Recorder recorder_;
  Symbols symbols_;
  InFlightLimit limit_;
  std::vector<Happening> happenings_;
  World world_;
  Directory directory_;
  std::vector<std::unique_ptr<Component>> components_;
  std::vector<std::unique_ptr<SectionEffect>> effects_;
  std::deque<Injection> injections_;
  std::deque<TriggerWatch> trigger_watches_;
  std::unique_ptr<Attendant> attendant_;
};

Replication::Replication(const System& system, const TimeGrid& grid, std::uint64_t seed,
                         std::uint64_t number, const Attend& attend)
    : state_(std::make_unique<State>(system, grid, replication_seed(seed, number))) {
  state_->start(attend, number);
}

Replication::~Replication() = default;

Stage Replication::stage() {
  return state_->stage();
}

Time Replication::now() const {
  return state_->simulation().now();
}

std::uint64_t Replication::events() const {
  return state_->simulation().events();
}

void Replication::run_until(Time end) {
  state_->simulation().run_until(end);
}

bool Replication::step(Time end) {
  return state_->simulation().step(end);
}

bool Replication::over() const {
  return now() >= state_->end() || state_->reached_limit() || state_->ended_early();
}

const std::vector<Happening>& Replication::happenings() const {
  return state_->happenings();
}

ReplicationRecord Replication::record() {
  return state_->record();
}

void rehearse(const System& system, const std::function<void(Directory&)>& look) {
  const TimeGrid grid(system.duration, Duration{0});
  Replication::State replication(system, grid, replication_seed(system.seed, 0));
  look(replication.directory());
}

std::uint64_t replication_seed(std::uint64_t seed, std::uint64_t number) {
  return random_key(seed, "replication", std::to_string(number)).value;
}

ReplicationRecord run_replication(const System& system, const TimeGrid& grid, std::uint64_t seed,
                                  std::uint64_t number, Watch& watch, const Attend& attend) {
  Replication replication(system, grid, seed, number, attend);
  // In pieces, so that somebody else can watch and stop it.
  constexpr std::int64_t kPieces = 5'000;
  for (std::int64_t piece = 1; piece <= kPieces; ++piece) {
    const Duration end = piece == kPieces ? system.duration : system.duration / kPieces * piece;
    replication.run_until(Time{} + end);
    watch.simulated_ns.store((replication.now() - Time{}).count(), std::memory_order_relaxed);
    watch.events.store(replication.events(), std::memory_order_relaxed);
    if (replication.over() || watch.stop.load(std::memory_order_relaxed)) break;
  }
  const bool stopped = !replication.over();
  ReplicationRecord record = replication.record();
  record.number = number;
  record.interrupted = stopped;
  return record;
}

}  // namespace highwater
