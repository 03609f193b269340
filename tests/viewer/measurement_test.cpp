// What is measured in the background is what highwater run says.

#include "viewer/session/measurement.h"

#include <string>

#include <catch2/catch.hpp>

#include "engine/experiment/assemble.h"
#include "engine/experiment/findings.h"
#include "tests/support/scratch_file.h"
#include "tests/viewer/viewer_support.h"

using namespace highwater;
using namespace highwater::viewer;
using namespace highwater::testing;

namespace {

/// As cli/run.cpp does it with --set, --seed and --replications.
std::string as_run(const std::string& file, const std::vector<std::string>& settings) {
  Problems problems;
  const auto document =
      load_document(file, viewer_language(), {settings, process_environment()}, problems);
  REQUIRE(document);
  const auto system = prepare(*document, viewer_catalog(), problems);
  REQUIRE(system);
  Results results = assemble(*system, run_system(*system, {}));
  for (Finding& finding : findings_of(problems)) results.findings.push_back(std::move(finding));
  return told(std::move(results));
}

std::unique_ptr<MeasuredRun> measure(Session& session, std::uint64_t replications) {
  Problems problems;
  auto plan = session.plan_measurement(replications, problems);
  REQUIRE(plan);
  Measurement measurement(std::move(*plan));
  std::unique_ptr<MeasuredRun> run;
  wait_until([&] {
    REQUIRE(measurement.failure().empty());
    run = measurement.take();
    return run != nullptr;
  });
  return run;
}

}  // namespace

TEST_CASE("measurement: with changed settings and another seed it is the same as a run of them") {
  // The objective's window lies outside the run, which is a warning.
  std::string text = small_scenario();
  text.replace(text.find("\"users.availability >= 99%\""), 27,
               R"("users.availability >= 99%", "users.availability >= 99% during 2m..3m")");
  const ScratchFile file(text);
  Session session(viewer_catalog(), viewer_language());
  Problems problems;
  REQUIRE(session.open(file.path().string(), {"run.duration=30s"}, problems));
  REQUIRE(session.change("api.replicas=3", problems));
  session.restart(7);
  const auto run = measure(session, 3);
  CHECK(run->results.replications == 3);
  CHECK(run->settings == std::vector<std::string>{"run.duration=30s", "api.replicas=3"});
  CHECK(told(run->results) == as_run(file.path().string(), {"run.duration=30s", "api.replicas=3",
                                                            "run.seed=7", "run.replications=3"}));
  CHECK_THAT(run->expanded, Catch::Contains("\"replications\": 3"));
}

TEST_CASE("measurement: what was done by hand is not in it") {
  const auto session = small_session();
  const std::string before = told(measure(*session, 2)->results);
  Problems problems;
  REQUIRE(session->inject(parse_json_value(R"({"kill": "api"})").value(), problems));
  finish(session->run());
  CHECK(told(measure(*session, 2)->results) == before);
}

TEST_CASE("measurement: it can be stopped, keeps what is finished, and shows how far it is") {
  const auto session = small_session();
  Problems problems;
  auto plan = session->plan_measurement(5'000, problems);
  REQUIRE(plan);
  Measurement measurement(std::move(*plan));
  wait_until([&] { return measurement.progress().replications >= 2; });
  CHECK(measurement.progress().events > 0);
  CHECK(measurement.progress().planned == 5'000);
  measurement.stop();
  std::unique_ptr<MeasuredRun> run;
  wait_until([&] { return (run = measurement.take()) != nullptr; });
  CHECK(run->results.partial);
  CHECK(run->results.replications >= 2);
  CHECK(run->results.replications < 5'000);
}

TEST_CASE("measurement: one that is dropped ends soon") {
  const auto session = small_session();
  Problems problems;
  auto plan = session->plan_measurement(5'000, problems);
  REQUIRE(plan);
  const auto began = std::chrono::steady_clock::now();
  { const Measurement measurement(std::move(*plan)); }
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(20));
}

TEST_CASE("measurement: a number of replications that makes no sense is refused with a reason") {
  const auto session = small_session();
  Problems problems;
  CHECK_FALSE(session->plan_measurement(0, problems));
  CHECK(problems.has_errors());
}
