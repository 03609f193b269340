#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/kernel/completion.h"
#include "engine/kernel/simulation.h"
#include "engine/kernel/task.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"
#include "models/calls/pools_to.h"
#include "models/function/event_queue.h"
#include "models/function/function.h"
#include "models/function/function_params.h"
#include "models/steps/endpoints.h"
#include "models/steps/program.h"
#include "models/weak_points.h"

namespace highwater::function {

class Environments;
class Function;

/// An environment in the hands of the request that it works for. It waits for the next one when it
/// is released; destroyed before that, it is gone.
class Environment {
 public:
  Environment(Environments& home, scaling::LambdaOutcome how) : home_(&home), how_(how) {}
  Environment(Environment&& other) noexcept
      : home_(std::exchange(other.home_, nullptr)), how_(other.how_) {}
  Environment& operator=(Environment&&) = delete;
  ~Environment();

  Environments& home() const { return *home_; }
  bool is_new() const { return how_ == scaling::LambdaOutcome::cold; }
  bool is_provisioned() const { return how_ == scaling::LambdaOutcome::provisioned; }
  void release();

 private:
  Environments* home_;
  scaling::LambdaOutcome how_;
};

/// The answer to a request that came in at a zone, which dies with that zone. An environment that
/// dies in another one, before it has answered, is an error (5xx) of the function's.
class Owed {
 public:
  Owed() = default;
  Owed(Environments& at, Served served);
  Owed(Owed&& other) noexcept : at_(std::exchange(other.at_, nullptr)), place_(other.place_) {}
  Owed& operator=(Owed&&) = delete;
  ~Owed();

  /// Null where nobody waits for an answer. Stays valid for as long as this is there.
  Served* served() const;

 private:
  Environments* at_ = nullptr;
  std::size_t place_ = 0;
};

/// A request that has got an environment.
struct Invocation {
  Request request;
  const steps::Endpoint& endpoint;
  Environment environment;
  Owed answer;                          ///< Who waits for the answer,
  CompletionSender<Status> event = {};  ///< or wants to know how the event went.
};

/// The environments of a function in one zone.
class Environments final : public Instance {
 public:
  Environments(Function& function, std::uint32_t index, Zone zone);

  void begin(Invocation invocation);
  /// So many provisioned environments are to be made.
  void make(std::uint32_t provisioned);
  /// The environment of a request waits for the next, or is gone.
  void released(const Environment& environment);
  void lost(const Environment& environment);

 private:
  friend class Owed;

  /// What an invocation has to know of how its environment began.
  struct Beginning {
    Time billed_from{};
    std::optional<Time> deadline;  // where part of the time-out is gone already
  };
  /// A processor that is a request's own.
  class OwnProcessor;

  void receive(Served served) override;
  bool reads_clock() const override;
  void killed() override;
  void started() override;
  void slowdown_changed() override;
  Task<> serve(Invocation invocation);
  static Task<Status> then_sleep(Simulation& simulation, Task<Status> handler, Duration sleep);
  Task<Beginning> initialize(Request request);
  Task<> provision();
  void end(Environment environment);
  Duration drawn(const Distribution& time, RequestRandom& random) const;
  void set_slowdown();

  Function& function_;
  steps::Processor processor_;  // of all, where no request can use more than its core
  // Of those in use and of those that were: one for each request at most.
  std::deque<steps::Processor> own_processors_;
  std::vector<steps::Processor*> free_processors_;
  std::deque<Served> owed_;  // what came in here; nothing in free places
  std::vector<std::size_t> free_owed_;
  std::uint64_t provisions_ = 0;
};

class Function final : public Component, public HasPools, public Growing {
 public:
  std::vector<ConnectionPools*> pools_to(const Component& callee) override {
    return highwater::pools_to(program_->sites(), callee);
  }
  using Params = FunctionParams;
  Function(World& world, std::string id, const FunctionParams& params);

  void connect(Directory& directory) override;
  Route route(const Request& request, const Instance& from) override;
  bool answers(Symbol symbol) const override { return endpoints_.answers(symbol); }
  std::vector<std::string> endpoints() const override { return endpoints_.names(); }
  void examine(const Examination& examination) const override;
  std::vector<std::string> changeable() const override;
  std::string why_fixed(const std::string& parameter) const override;
  void reconfigure(const Blueprint& changed) override;
  std::optional<double> billed_gb_seconds() const override { return billed_gb_s_; }

  void freeze() override;
  void unfreeze() override;

  /// The zones that are up, in turn; null when none is.
  Environments* next_up();
  /// An environment for a request that came in at `at`; none when it is throttled.
  std::optional<Environment> environment_for(const Environments& at);

 private:
  friend class Environments;

  Environments& zone(std::uint32_t place) const {
    return static_cast<Environments&>(*instances()[place]);
  }
  std::int64_t nanoseconds() const { return world().now().time_since_epoch().count(); }
  void join_account(Directory& directory);
  scaling::LambdaConcurrency::Function in_account() const;
  /// Environments have come or gone, or begun or ended to work.
  void changed();
  void give_up_idle();
  void bill(Duration time);
  void declare_metrics();
  std::map<std::string, std::uint64_t> throttled() const;

  const FunctionParams* params_;
  std::shared_ptr<scaling::LambdaConcurrency> account_;
  std::size_t number_ = 0;  // in the account
  bool misplaced_ = false;  // what it names has no account
  RandomKey cold_start_key_, provision_key_;
  Lane* timeout_;
  std::optional<steps::Program> program_;
  steps::Endpoints endpoints_;
  Timer<&Function::give_up_idle> next_given_up_;
  std::size_t turn_ = 0;
  int frozen_ = 0;
  TimeIntegral concurrency_, provisioned_busy_, existing_;
  std::uint64_t most_at_once_ = 0;
  std::uint64_t invocations_ = 0;
  std::uint64_t cold_starts_ = 0;
  std::uint64_t timeouts_ = 0;
  std::array<std::uint64_t, 7> outcomes_{};
  double billed_gb_s_ = 0;
  Recorder::Owner* owner_ = nullptr;
  Tally* cold_start_ = nullptr;
  Tally* init_ = nullptr;
  Tally* service_ = nullptr;
  Tally* billed_ = nullptr;
  EventQueue events_;  // last: its tasks use the rest
};

}  // namespace highwater::function
