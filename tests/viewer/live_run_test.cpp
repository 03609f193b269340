#include "viewer/session/live_run.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "engine/experiment/assemble.h"
#include "engine/experiment/run.h"
#include "tests/viewer/viewer_support.h"

using namespace highwater;
using namespace highwater::viewer;
using namespace highwater::testing;

namespace {

/// The sum of a column over all intervals.
double sum(const Sight& sight, std::size_t column) {
  double sum = 0;
  for (std::size_t i = 0; i < sight.history.intervals(); ++i) {
    const float value = sight.history.value(column, i);
    if (!std::isnan(value)) sum += static_cast<double>(value);
  }
  return sum;
}

Results of_run(const System& system) {
  System once = system;
  once.replications = 1;
  return assemble(once, run_system(once, {}));
}

}  // namespace

TEST_CASE("a run that is looked at gives what the run gives that is not") {
  const auto session = small_session();
  CHECK(told(finish(session->run())) == told(of_run(session->system())));
}

TEST_CASE("pauses, steps and speeds do not change a run") {
  const auto session = small_session();
  LiveRun& run = session->run();
  run.step_event();
  wait_until([&] { return run.status().events == 1; });
  run.step_request();
  wait_until([&] { return run.status().events > 1; });
  const Duration at = run.status().now;
  CHECK(at < 1s);
  run.step_time(1s);
  wait_until([&] { return run.status().now == at + 1s; });
  CHECK(run.status().state == RunState::paused);
  run.set_speed(100);
  run.play();
  wait_until([&] { return run.status().now > 3s; });
  CHECK(run.status().state == RunState::running);
  run.pause();
  wait_until([&] { return run.status().state == RunState::paused; });
  const Duration paused = run.status().now;
  run.go_to(paused + 5s);
  wait_until([&] { return run.status().now == paused + 5s; });
  run.set_speed(LiveRun::kFastest);
  CHECK(told(finish(run)) == told(of_run(session->system())));
}

TEST_CASE("one step goes from one event to the next, and from one answer to the next") {
  const auto session = small_session();
  LiveRun& run = session->run();
  for (std::uint64_t events = 1; events < 20; ++events) {
    run.step_event();
    wait_until([&] { return run.status().events == events; });
  }
  const Duration before = run.status().now;
  run.step_request();
  wait_until([&] { return run.status().now > before; });
  CHECK(run.status().now - before < 1s);
}

TEST_CASE("a run keeps to its speed") {
  const auto session = small_session();
  LiveRun& run = session->run();
  run.set_speed(10);
  run.play();
  wait_until([&] { return run.status().now > 2s; });
  // Slower it may be on a loaded machine, but never faster: 20 s would take two seconds.
  const auto began = std::chrono::steady_clock::now();
  const Duration from = run.status().now;
  wait_until([&] { return run.status().now >= from + 5s; });
  CHECK(std::chrono::steady_clock::now() - began > std::chrono::milliseconds(350));
}

TEST_CASE("intervals add up to the run") {
  const auto session = small_session();
  LiveRun& run = session->run();
  const Results results = finish(run);
  const Sight& sight = *run.sight();
  CHECK(sight.history.full());
  for (const ClientResult& client : results.clients) {
    CHECK(sum(sight, *sight.column(client.id, "issued")) ==
          static_cast<double>(client.requests.issued));
    CHECK(sum(sight, *sight.column(client.id, "completed")) ==
          static_cast<double>(client.requests.completed));
    CHECK(sum(sight, *sight.column(client.id, "latency_ms", "count")) ==
          static_cast<double>(client.requests.completed));
  }
  double heat = 0;
  for (std::size_t i = 0; i < sight.history.intervals(); ++i)
    for (const std::uint32_t count : sight.history.heat(0, i)) heat += count;
  CHECK(sight.heats.front() == "users");
  CHECK(heat == static_cast<double>(results.clients.front().requests.completed));
}

TEST_CASE("edges are seen with their attempts") {
  const auto session = small_session();
  LiveRun& run = session->run();
  finish(run);
  const Sight& sight = *run.sight();
  REQUIRE(sight.edges.size() == 2);
  CHECK(sight.edges[0].from == "users");
  CHECK(sight.edges[0].to == "api");
  CHECK(sum(sight, sight.edges[0].attempts) == sum(sight, *sight.column("users", "issued")));
  CHECK(sum(sight, sight.edges[0].failures) == 0);
}

TEST_CASE("percentiles of an interval are those of its answers") {
  const auto session = small_session();
  LiveRun& run = session->run();
  finish(run);
  const Sight& sight = *run.sight();
  for (std::size_t i = 0; i < sight.history.intervals(); ++i) {
    const auto value = [&](std::string_view statistic) {
      return sight.history.value(*sight.column("users", "latency_ms", statistic), i);
    };
    if (value("count") == 0) {
      CHECK(std::isnan(value("p50")));
      continue;
    }
    CHECK(value("p50") <= value("p90"));
    CHECK(value("p90") <= value("p99"));
    CHECK(value("p99") <= value("p999"));
    CHECK(value("p999") <= value("max") * 1.004F);
  }
}

TEST_CASE("a run ends with whoever owns it, wherever it is") {
  for (int i = 0; i < 20; ++i) {
    const auto session = small_session();
    session->run().play();
    if (i % 2 == 0) session->run().set_speed(0.01);
    std::this_thread::sleep_for(std::chrono::milliseconds(i));
  }
}
