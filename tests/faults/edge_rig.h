#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "engine/describe/problems.h"
#include "engine/describe/value.h"
#include "models/faults/faults.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"
#include "tests/transport/caller.h"

namespace highwater::testing {

/// What examine() finds wrong with a fault of the system in the rig; "" for nothing.
inline std::string examined(ModelRig& rig, const FaultKind& kind, const std::string& json) {
  Problems problems;
  const auto value = parse_json(json, problems.add_source("fault.json"), problems);
  std::vector<std::string> notes;
  std::vector<BarChart> charts;
  const std::string path = "/faults/0";
  Preparation preparation{*value, path, problems, notes, charts};
  const auto plan = kind.read(preparation);
  if (plan != nullptr) plan->examine(rig.directory(), {*value, path, problems});
  return problems.text();
}

/// Poisson calls from a service `api` to a service `db`, both of two instances, and beside them the
/// same from `other` to `db2`.
struct TwoPairs {
  /// @param call  What is said of the calls beside their target.
  explicit TwoPairs(const std::string& call)
      : rig({service::service()}, json_of(call), network_of(1ms)) {
    for (const char* to : {"api", "other"}) {
      Load load;
      load.to = to;
      load.per_second = 200;
      load.requests = 4000;
      load.answered = [this, to](const Request& request, const Answer& answer) {
        answers[to][request.id] = {answer.sent, answer.at, answer.reply.cause()};
      };
      rig.add(std::move(load));
    }
  }
  static std::string json_of(const std::string& call) {
    const auto pair = [&](const std::string& caller, const std::string& callee) {
      return '"' + callee +
             R"(": {"kind": "service", "replicas": 2, "workers": 1000,
                    "service_time": {"exponential": "2ms"}}, ")" +
             caller + R"(": {"kind": "service", "replicas": 2, "workers": 1000,
                    "endpoints": {"*": [{"call": ")" +
             callee + R"(", "timeout": "2s")" + call + "}]}}";
    };
    return "{" + pair("api", "db") + ", " + pair("other", "db2") + "}";
  }
  Edge& edge() { return rig.directory().edge(rig.component("api"), rig.component("db")); }

  using Seen = std::tuple<Time, Time, Status>;
  using Answers = std::map<std::uint64_t, Seen>;
  ModelRig rig;
  std::map<std::string, Answers> answers;
};

}  // namespace highwater::testing
