#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "engine/experiment/prepare.h"
#include "engine/report/json_writer.h"
#include "models/catalog.h"
#include "viewer/session/session.h"

namespace highwater::testing {

inline const Catalog& viewer_catalog() {
  static const Catalog all{model_kinds(), fault_kinds(), section_kinds()};
  return all;
}

inline const Language& viewer_language() {
  static const Language spoken = language_of(viewer_catalog());
  return spoken;
}

/// Waits for what a run's own thread does.
inline void wait_until(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("waited in vain");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// A small shop: two API replicas before a database; others whom nothing of it concerns.
inline std::string small_scenario() {
  return R"({"highwater": 1, "name": "small", "run": {"duration": "60s", "warmup": "10s"},
    "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "100/s"},
                "calls": {"to": "api", "timeout": "1s"}},
      "api": {"kind": "service", "replicas": 2, "service_time": {"exponential": "10ms"}},
      "others": {"kind": "client", "arrivals": {"poisson": "50/s"}, "calls": "store"},
      "store": {"kind": "service", "workers": 4, "service_time": {"exponential": "10ms"}}},
    "objectives": ["users.availability >= 99%"]})";
}

inline std::unique_ptr<viewer::Session> small_session(const std::string& text = small_scenario()) {
  auto session = std::make_unique<viewer::Session>(viewer_catalog(), viewer_language());
  Problems problems;
  if (!session->open_text(text, "small.json", ".", problems))
    throw std::runtime_error(problems.text());
  wait_until([&] { return session->run().status().state == viewer::RunState::paused; });
  return session;
}

inline const Results& finish(viewer::LiveRun& run) {
  run.play();
  wait_until([&] { return run.results() != nullptr; });
  return *run.results();
}

/// Everything that depends on the scenario alone.
inline std::string told(Results results) {
  results.wall_s = 0;
  results.started.clear();
  results.host.clear();
  return run_json(results);
}

}  // namespace highwater::testing
