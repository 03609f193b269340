#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/describe/field.h"
#include "models/algorithms/hashing/murmur2.h"
#include "models/messaging/consumer_group.h"
#include "models/messaging/topic.h"
#include "tests/support/model_rig.h"

namespace highwater::messaging {

struct ProbeParams {
  Duration takes{0};

  static constexpr auto fields() {
    return Fields{field<&ProbeParams::takes>("Time until it answers.")};
  }
};

/// A component that the steps of a test call, to see what was processed, when and by whom.
class Probe final : public Component {
 public:
  using Params = ProbeParams;
  struct Seen {
    std::uint64_t id, key;
    Time at;
  };

  Probe(World& world, std::string id, const ProbeParams& params)
      : Component(world, std::move(id), "probe"), takes_(params.takes) {
    add(std::make_unique<Answerer>(*this));
  }

  bool answers(Symbol endpoint) const override { return endpoint == kNoSymbol; }

  /// Calls in the order they came.
  std::vector<Seen> seen;
  /// What the next call is answered with; ok unless given.
  std::function<Status(const Request&)> answer = [](const Request&) { return Status::ok; };

  std::vector<std::uint64_t> ids() const {
    std::vector<std::uint64_t> list;
    for (const Seen& each : seen) list.push_back(each.id);
    return list;
  }

 private:
  class Answerer final : public Instance {
   public:
    explicit Answerer(Probe& probe) : Instance(probe, 0, kOutside), probe_(probe) {}

   private:
    void receive(Served served) override { tasks().spawn(serve(std::move(served))); }
    Task<> serve(Served served) {
      const Request& request = served.request();
      probe_.seen.push_back({request.id, request.key, probe_.world().now()});
      const Status status = probe_.answer(request);
      if (probe_.takes_ > Duration{0}) co_await probe_.world().simulation.delay(probe_.takes_);
      served.reply(status);
    }
    Probe& probe_;
  };

  Duration takes_;
};

inline ModelKind probe() {
  return model_kind<Probe>("probe", "Sees what is called.", "none", {});
}

/// A topic "log" whose appends take no time, a group "group" that reads it, and "probe".
class GroupRig : public testing::ModelRig {
 public:
  GroupRig(const std::string& log, const std::string& group, Options options = {},
           const std::string& more = "")
      : ModelRig({topic(), consumer_group(), probe()},
                 R"({"log": {"kind": "topic", "append_time": "0s")" + comma(log) +
                     R"(}, "group": {"kind": "consumer_group", "topic": "log")" + comma(group) +
                     R"(}, "probe": {"kind": "probe"})" + comma(more) + "}",
                 std::move(options)) {}

  Probe& probe_component() { return static_cast<Probe&>(component("probe")); }

 private:
  static std::string comma(const std::string& text) { return text.empty() ? "" : ", " + text; }
};

/// A key whose messages go to `partition` of `partitions`.
inline std::uint64_t key_of(std::uint32_t partition, std::uint32_t partitions) {
  std::uint64_t key = 0;
  while (hashing::kafka_partition(key, partitions) != partition) ++key;
  return key;
}

}  // namespace highwater::messaging
