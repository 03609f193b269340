#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater::testing {

/// A network in which every message takes `delay`.
inline ModelRig::Options network_of(Duration delay) {
  ModelRig::Options options;
  options.network.same_zone = Distribution::constant(delay);
  return options;
}

/// A service called api that calls a sink called it, with one policy. Its answers take two delays
/// more than the calls, from and to whoever asks.
struct Caller {
  Caller(SinkLog& log, const std::string& policy, Duration delay = Duration{0})
      : Caller(log, policy, network_of(delay)) {}
  Caller(SinkLog& log, const std::string& policy, ModelRig::Options options)
      : rig({sink(log), service::service()},
            R"({"it": {"kind": "sink"}, "api": {"kind": "service", "workers": 1000,
                "endpoints": {"*": [{"call": "it", )" +
                policy + "}]}}}",
            std::move(options)) {}
  const Answer& at(Time time) { return rig.send(time, "api", Request{}); }
  std::uint64_t count(const std::string& name) { return rig.count("api", name); }
  double value(const std::string& name) { return rig.value("api", name); }
  Instance& it() { return rig.instance("it", 0); }
  Edge& edge() { return rig.directory().edge(rig.component("api"), rig.component("it")); }

  ModelRig rig;
};

inline void answer_after(SinkLog& log, Duration time) {
  log.react = [time](const Received&) { return Reaction{time}; };
}

/// Poisson calls from a service api to a service db, over the transport given.
struct Flow {
  Flow(double per_second, std::uint64_t requests, const std::string& transport,
       const std::string& db, Duration end, const std::string& more_of_api = "")
      : rig({service::service()},
            R"({"db": {"kind": "service", )" + db +
                R"(}, "api": {"kind": "service", "workers": 100000, )" + more_of_api +
                R"("endpoints": {"*": [{"call": "db", "transport": )" + transport + "}]}}}") {
    Load load;
    load.to = "api";
    load.per_second = per_second;
    load.requests = requests;
    load.answered = [this](const Request&, const Answer& answer) {
      ++answered;
      if (!answer.reply.ok()) ++failed;
      took += seconds(answer.took());
    };
    rig.add(std::move(load));
    rig.run(Time{end});
  }
  /// In seconds.
  double mean() const { return took / static_cast<double>(answered); }

  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  double took = 0;
  ModelRig rig;
};

}  // namespace highwater::testing
