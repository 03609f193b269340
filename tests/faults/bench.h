#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater::faults {

/// When a request was sent, and how long it took to what status.
struct Seen {
  Time sent{};
  Duration took{};
  Status status{};
  friend bool operator==(const Seen&, const Seen&) = default;
};

/// What came of requests to the service `api`, and to a service `other` that nothing connects it
/// with.
struct Outcomes {
  std::vector<Seen> api, other;

  std::vector<Seen> api_after(Time time) const {
    std::vector<Seen> later;
    for (const Seen& each : api)
      if (each.sent > time) later.push_back(each);
    return later;
  }
};

/// Twenty seconds of requests to both, with a fault or without one.
/// @param api  More parameters of `api`: ", …".
inline Outcomes outcomes(const FaultKind* kind, const std::string& json,
                         const std::string& api = "") {
  testing::ModelRig rig({service::service()}, R"({
      "api": {"kind": "service", "replicas": 2, "workers": 2,
              "service_time": {"exponential": "10ms"})" +
                                                  api + R"(},
      "other": {"kind": "service", "replicas": 2, "workers": 2,
                "service_time": {"exponential": "10ms"}}})");
  if (kind != nullptr) rig.fault(*kind, json);
  Outcomes seen;
  const auto send = [&](const char* to, std::vector<Seen>& into) {
    testing::Load load;
    load.to = to;
    load.per_second = 100;
    load.requests = 2000;
    load.answered = [&into](const Request&, const testing::Answer& answer) {
      into.push_back({answer.sent, answer.took(), answer.reply.status});
    };
    rig.add(load);
  };
  send("api", seen.api);
  send("other", seen.other);
  rig.run(Time{100s});
  const auto earlier = [](const Seen& a, const Seen& b) { return a.sent < b.sent; };
  std::stable_sort(seen.api.begin(), seen.api.end(), earlier);
  std::stable_sort(seen.other.begin(), seen.other.end(), earlier);
  return seen;
}

/// The fault, which strikes `api` at 5s and has ended by 10s, changes something there, nothing that
/// is sent after 15s, and never anything elsewhere.
inline void check_leaves_no_trace(const FaultKind& kind, const std::string& json,
                                  const std::string& api = "") {
  const Outcomes without = outcomes(nullptr, "", api);
  const Outcomes with = outcomes(&kind, json, api);
  CHECK(with.api != without.api);
  CHECK(with.other == without.other);
  REQUIRE(without.api_after(Time{15s}).size() > 300);
  CHECK(with.api_after(Time{15s}) == without.api_after(Time{15s}));
}

}  // namespace highwater::faults
