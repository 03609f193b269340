/// pause: the process stands still, with its connections open.
///
/// It neither begins nor finishes any work. What is sent to it waits unread, as in the buffers of
/// its sockets, and what its own calls are answered; timers that are due meanwhile are due when it
/// goes on, before what has come, as libuv's event loop has it. Work that was going on takes that
/// much longer; what it waited for (a disk, the network) is done when it goes on, if it would have
/// been by then. Health checks and probes of it time out, gossip hears nothing of it, and a
/// consumer's group gives it up after its session timeout.
///
/// Either for as long as the fault lasts, or again and again: for a `length`, with `every` between.
///
/// Assumes  a process that is killed meanwhile ends, and the one started in its place runs; what a
///          consumer had in hand when its group gave it up is dropped; it burns no CPU and loses no
///          memory while it stands still; SQL replicas are sent writes and decide on leaders as
///          before.
/// Source   signal(7) SIGSTOP; Chaos Mesh JVMChaos gc; M. Kleppmann, Designing Data-Intensive
///          Applications (2017), chapter 8, Process Pauses; ALGORITHMS 9.3 pause.
/// Checked  tests/faults/pause_test.cpp

#include <algorithm>
#include <deque>

#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

struct Turns {
  Distribution every;
  Distribution length;
};

/// One instance that is paused, once or in turns.
class Paused {
 public:
  Paused(Instance& instance, const std::optional<Turns>& turns, RandomStream random)
      : instance_(instance), turns_(turns), random_(random), next_(*this) {}

  void turn() {
    Duration wait{};
    if (std::exchange(on_, !on_)) {
      end();
      wait = turns_->every.draw(random_);
    } else {
      if (instance_.up()) {
        incarnation_ = instance_.incarnation();
        instance_.pause();
      }
      if (!turns_) return;
      wait = turns_->length.draw(random_);
    }
    simulation().schedule_after(next_, std::max(wait, Duration{1us}));
  }
  void end() {
    simulation().cancel(next_);
    if (incarnation_) instance_.resume(*std::exchange(incarnation_, std::nullopt));
  }

 private:
  Simulation& simulation() const { return instance_.component().world().simulation; }

  Instance& instance_;
  const std::optional<Turns>& turns_;  // of the action
  RandomStream random_;
  bool on_ = false;
  std::optional<std::uint32_t> incarnation_;  // of the process that stands still
  Timer<&Paused::turn> next_;
};

class Pause final : public FaultAction {
 public:
  Pause(World& world, Victims choose, const Strike& strike, std::optional<Turns> turns)
      : world_(world), choose_(std::move(choose)), strike_(strike), turns_(std::move(turns)) {}
  std::string begin() override {
    const std::vector<Instance*> victims = choose_();
    for (Instance* victim : victims)
      paused_
          .emplace_back(*victim, turns_, world_.stream(victim->label(), "pause " + strike_.key()))
          .turn();
    return "pause " + list_of(victims);
  }
  void end() override {
    for (Paused& each : paused_) each.end();
  }

 private:
  World& world_;
  Victims choose_;
  Strike strike_;
  std::optional<Turns> turns_;
  std::deque<Paused> paused_;
};

struct PauseFault {
  static constexpr std::string_view kKinds[] = {"service", "load_balancer",  "cache", "database",
                                                "topic",   "consumer_group", "queue", "worker"};
  static constexpr std::string_view kTrials[] = {R"({"count": 1})"};

  std::string pause;
  FaultTiming timing;
  FaultExtent extent;
  std::optional<Distribution> every;
  std::optional<Distribution> length;

  static constexpr auto fields() {
    using F = PauseFault;
    return Fields{
        field<&F::pause>("The component, or one instance: \"api[2]\".").required(),
        inlined<&F::timing>(), inlined<&F::extent>(),
        field<&F::every>("From the end of one pause to the next; it is one as long as the "
                         "fault unless given."),
        field<&F::length>("With \"every\": how long one takes.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (every.has_value() != length.has_value())
      problems.error(where.position(), pointer_to(path, every ? "every" : "length"),
                     "pauses that come again have both an \"every\" and a \"length\"");
    for (const auto* each : {&every, &length})
      if (*each && (*each)->mean_s() <= 0)
        problems.error(where.position(), pointer_to(path, each == &every ? "every" : "length"),
                       "takes no time");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    std::optional<Turns> turns;
    if (every && length) turns = Turns{*every, *length};
    return std::make_unique<Pause>(
        world, choose_instances(world, directory, target, extent, strike), strike, turns);
  }
};

}  // namespace

FaultKind pause() {
  return fault_kind<PauseFault>("pause", &PauseFault::pause, Aim::members,
                                "Processes stand still with their connections open.",
                                "SIGSTOP; Chaos Mesh JVMChaos gc");
}

}  // namespace highwater::faults
