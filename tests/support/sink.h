#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/component.h"
#include "engine/model/kind.h"
#include "models/calls/call_params.h"

namespace highwater::testing {

/// What a sink does with a request.
struct Reaction {
  Duration after{};
  Status status = Status::ok;
  bool never = false;  ///< Holds it until the run ends or the instance dies.
};

/// A request as it reached a sink.
struct Received {
  Time at{};
  std::uint32_t instance = 0;
  Request request;
};

/// What reached a sink, and how it is to react. Outlives the rig.
struct SinkLog {
  std::vector<Received> received;
  /// Decides on each request; it is the last of `received`.
  std::function<Reaction(const Received&)> react = [](const Received&) { return Reaction{}; };
  std::uint32_t instances = 1;
  std::vector<Zone> zones;  ///< Of the instances, in turn; outside unless given.
  Duration start_time{};
  std::vector<std::string> calls;  ///< What the model was told: "killed", "started", "slowdown".

  std::size_t size() const { return received.size(); }
  std::vector<std::uint32_t> instances_hit() const {
    std::vector<std::uint32_t> numbers;
    for (const Received& each : received) numbers.push_back(each.instance);
    return numbers;
  }
  std::vector<Duration> times() const {
    std::vector<Duration> times;
    for (const Received& each : received) times.push_back(each.at.time_since_epoch());
    return times;
  }
};

class SinkInstance final : public Instance {
 public:
  SinkInstance(Component& component, std::uint32_t index, Zone zone, SinkLog& log)
      : Instance(component, index, zone), log_(log) {}

 private:
  void receive(Served served) override {
    log_.received.push_back({component().world().now(), index(), served.request()});
    const Reaction reaction = log_.react(log_.received.back());
    if (reaction.after == Duration{0} && !reaction.never) return served.reply(reaction.status);
    tasks().spawn(answer(std::move(served), reaction));
  }
  void killed() override { log_.calls.push_back("killed"); }
  void started() override { log_.calls.push_back("started"); }
  void slowdown_changed() override { log_.calls.push_back("slowdown"); }
  Duration start_time() const override { return log_.start_time; }

  Task<> answer(Served served, Reaction reaction) {
    co_await component().world().simulation.delay(reaction.never ? kLongestRun : reaction.after);
    served.reply(reaction.status);
  }

  SinkLog& log_;
};

class SinkComponent final : public Component {
 public:
  SinkComponent(World& world, const std::string& id, SinkLog& log) : Component(world, id, "sink") {
    for (std::uint32_t i = 0; i < log.instances; ++i)
      add(std::make_unique<SinkInstance>(
          *this, i, log.zones.empty() ? kOutside : log.zones[i % log.zones.size()], log));
    measure();
    for (const auto& instance : instances()) measure(*instance);
  }
};

/// Components of a scenario that has nothing but a sink, called "it".
inline constexpr const char* kOneSink = R"({"it": {"kind": "sink"}})";

/// The policy of a call that is given up after `timeout`.
inline CallPolicy timeout_of(Duration timeout) {
  CallPolicy policy;
  policy.timeout = timeout;
  return policy;
}

/// The kind `sink`: writes down what reaches it and answers as it is told.
inline ModelKind sink(SinkLog& log) {
  class Plan final : public Blueprint {
   public:
    explicit Plan(SinkLog& l) : log_(l) {}
    std::unique_ptr<Component> build(World& world, const std::string& id) const override {
      return std::make_unique<SinkComponent>(world, id, log_);
    }

   private:
    SinkLog& log_;
  };
  ModelKind kind;
  kind.info.name = "sink";
  kind.read = [&log](Preparation&) { return std::make_shared<Plan>(log); };
  return kind;
}

}  // namespace highwater::testing
