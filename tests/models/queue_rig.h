#pragma once

#include <string>
#include <utility>
#include <vector>

#include "models/messaging/queue.h"
#include "models/messaging/queue_component.h"
#include "models/messaging/worker.h"
#include "tests/models/messaging_rig.h"
#include "tests/support/model_rig.h"

namespace highwater::messaging {

/// What a queue says of its product, where appends take no time.
inline std::string sqs(const std::string& told = "") {
  return R"("sqs": {"append_time": "0s")" + (told.empty() ? "" : ", " + told) + "}";
}
inline std::string rabbitmq(const std::string& told = "") {
  return R"("rabbitmq": {"append_time": "0s")" + (told.empty() ? "" : ", " + told) + "}";
}
/// With long polls, so that workers are pushed their messages, so to speak.
inline std::string polled(const std::string& told = "") {
  return sqs(R"("receive_wait": "20s")" + (told.empty() ? "" : ", " + told));
}

/// A queue "jobs", its workers "crew", and "probe".
class QueueRig : public testing::ModelRig {
 public:
  QueueRig(const std::string& jobs, const std::string& crew, Options options = {},
           const std::string& more = "")
      : ModelRig({queue(), worker(), probe()},
                 R"({"jobs": {"kind": "queue", )" + jobs +
                     R"(}, "crew": {"kind": "worker", "queue": "jobs", )" + crew +
                     R"(}, "probe": {"kind": "probe"})" + (more.empty() ? "" : ", " + more) + "}",
                 std::move(options)) {}

  Probe& probe_component() { return static_cast<Probe&>(component("probe")); }
  Queue& queue_component(const std::string& id = "jobs") {
    return static_cast<Queue&>(component(id));
  }

  void send_at(Duration at, std::uint64_t key = 1) {
    send(Time{at}, "jobs", testing::write_of(key));
  }
  /// The instants at which the probe was called.
  std::vector<Duration> seen() {
    std::vector<Duration> times;
    for (const Probe::Seen& each : probe_component().seen)
      times.push_back(each.at.time_since_epoch());
    return times;
  }
  std::uint64_t dropped(const std::string& cause, const std::string& id = "jobs") {
    const auto& causes = metric(id, "dropped").causes;
    const auto found = causes.find(cause);
    return found == causes.end() ? 0 : found->second;
  }
  /// Every message that came is accounted for; after the run.
  bool adds_up(const std::string& id = "jobs") {
    std::uint64_t gone = count(id, "acknowledged") + count(id, "dead_lettered");
    for (const auto& [cause, number] : metric(id, "dropped").causes) gone += number;
    return count(id, "accepted") == gone + count(id, "remaining");
  }
};

using Times = std::vector<Duration>;

/// Steps that take so long and then call the probe.
inline std::string takes(const std::string& time) {
  return R"("steps": [{"wait": ")" + time + R"("}, {"call": "probe"}])";
}

inline testing::ModelRig::Options lasting(Duration duration, std::uint64_t seed = 1) {
  testing::ModelRig::Options options;
  options.duration = duration;
  options.seed = seed;
  return options;
}

inline testing::Load publishes(double per_second, std::uint64_t messages, std::uint64_t keys = 1) {
  testing::Load load;
  load.to = "jobs";
  load.per_second = per_second;
  load.requests = messages;
  load.make = [keys](RandomStream& random) { return testing::write_of(random.below(keys)); };
  return load;
}

}  // namespace highwater::messaging
