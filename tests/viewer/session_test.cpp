#include "viewer/session/session.h"

#include <fstream>

#include <catch2/catch.hpp>

#include "engine/chaos/conductor.h"
#include "engine/experiment/assemble.h"
#include "engine/experiment/replication.h"
#include "tests/support/scratch_file.h"
#include "tests/viewer/viewer_support.h"

using namespace highwater;
using namespace highwater::viewer;
using namespace highwater::testing;

namespace session_test {
namespace {

Value json(const std::string& text) {
  return parse_json_value(text).value();
}

void act(Session& session, const std::string& fault) {
  Problems problems;
  if (!session.inject(json(fault), problems)) throw std::runtime_error(problems.text());
}

void go_to(Session& session, Duration at) {
  session.go_to(at);
  wait_until([&] {
    const RunStatus& status = session.run().status();
    return status.now == at && status.state == RunState::paused;
  });
}

std::string refusal(Session& session, const std::string& fault) {
  Problems problems;
  return session.inject(json(fault), problems) ? "" : problems.text();
}

}  // namespace

TEST_CASE("a fault strikes a nanosecond after the run stands still, and ends when told to") {
  const auto session = small_session();
  go_to(*session, 20s);
  act(*session, R"({"kill": "api[1]"})");
  wait_until([&] { return session->run().status().marks.size() == 1; });
  {
    const Mark mark = session->run().status().marks.front();
    CHECK(mark.text == "kill api[1]");
    CHECK(mark.begin_s == 20.000000001);
    CHECK_FALSE(mark.end_s);
  }
  go_to(*session, 30s);
  CHECK(session->run().status().instances[2] == InstanceState::down);
  session->end(session->acts().front().name);
  wait_until([&] { return session->run().status().marks.front().end_s.has_value(); });
  CHECK(*session->run().status().marks.front().end_s == 30.000000001);
}

TEST_CASE("what is done by hand gives what the experiment gives that is recorded of it") {
  const auto session = small_session();
  go_to(*session, 20s);
  act(*session, R"({"kill": "api", "count": 1})");
  go_to(*session, 25s);
  act(*session, R"({"spike": "users", "factor": "2x"})");
  go_to(*session, 28s + 123ms);
  act(*session, R"({"slow": "store", "factor": "5x", "for": "3s"})");
  go_to(*session, 40s);
  session->end_all();
  wait_until([&] { return session->acts().size() == 4; });
  const std::string by_hand = told(finish(session->run()));

  const ScratchFile file(write_json(session->experiment("x.json")));
  Problems problems;
  const auto draft = chaos::load_experiment(file.path(), {}, {}, problems);
  INFO(problems.text());
  REQUIRE(draft);
  System system = session->system();
  const auto experiment = chaos::read_experiment(*draft, session->document(), viewer_language(),
                                                 system, viewer_catalog(), problems);
  INFO(problems.text());
  REQUIRE(experiment);
  const TimeGrid grid(system.duration, *system.warmup);
  chaos::ExperimentRun run;
  Watch watch;
  RunRecord record(grid);
  ReplicationRecord one =
      run_replication(system, grid, system.seed, 0, watch, [&](Stage stage, std::uint64_t) {
        return std::make_unique<chaos::Conductor>(stage, system, *experiment, chaos::Acting::yes,
                                                  run);
      });
  // The experiment looks at its objectives, which takes events of its own.
  one.events = session->run().results()->events;
  record.take_timelines(one);
  record.replications.push_back(std::move(one));
  CHECK(run.strikes.size() == 3);
  CHECK(told(assemble(system, record)) == by_hand);
}

TEST_CASE("back in time, what was done is done again at the same instants") {
  const auto session = small_session();
  go_to(*session, 20s);
  act(*session, R"({"kill": "api", "count": 1, "for": "5s"})");
  go_to(*session, 40s);
  const Sight& first = *session->run().sight();
  const std::size_t column = *first.column("users", "latency_ms", "mean");
  const std::size_t intervals = first.history.intervals();
  std::vector<float> seen;
  for (std::size_t i = 0; i < intervals; ++i) seen.push_back(first.history.value(column, i));
  go_to(*session, 10s);
  CHECK(session->run().status().marks.empty());
  CHECK(session->acts().size() == 1);
  go_to(*session, 40s);
  CHECK(session->run().status().marks.size() == 1);
  const Sight& again = *session->run().sight();
  REQUIRE(again.history.intervals() == intervals);
  for (std::size_t i = 0; i < intervals; ++i)
    CHECK((again.history.value(column, i) == seen[i] ||
           (std::isnan(seen[i]) && std::isnan(again.history.value(column, i)))));
}

TEST_CASE("what is done after going back takes the place of what was done then") {
  const auto session = small_session();
  go_to(*session, 30s);
  act(*session, R"({"kill": "api", "count": 1})");
  go_to(*session, 40s);
  go_to(*session, 20s);
  act(*session, R"({"slow": "api", "factor": "2x"})");
  wait_until([&] { return session->run().status().marks.size() == 1; });
  go_to(*session, 50s);
  REQUIRE(session->run().status().marks.size() == 1);
  CHECK(session->run().status().marks.front().text == "slow api");
  CHECK(session->acts().size() == 1);
}

TEST_CASE("a fault that adds instances is there although the run began without room for them") {
  const auto session = small_session();
  go_to(*session, 20s);
  act(*session, R"({"scale": "api", "replicas": 4})");
  wait_until([&] { return session->run().status().marks.size() == 1; });
  CHECK(session->run().status().marks.front().begin_s == 20.000000001);
  CHECK(session->run().sight()->instances.size() == 1 + 4 + 1 + 1);
}

TEST_CASE("a changed parameter begins the run anew, beside the one before") {
  const auto session = small_session();
  go_to(*session, 20s);
  act(*session, R"({"kill": "api", "count": 1})");
  go_to(*session, 30s);
  Problems problems;
  REQUIRE(session->change("api.replicas=3", problems));
  REQUIRE(session->other() != nullptr);
  wait_until([&] {
    const RunStatus& status = session->run().status();
    return status.state == RunState::paused && status.now == 30s;
  });
  CHECK(session->run().sight()->instances.size() == 1 + 3 + 1 + 1);
  CHECK(session->run().status().marks.size() == 1);
  CHECK(session->other()->status().now == 30s);
  CHECK(session->settings() == std::vector<std::string>{"api.replicas=3"});
  // Nobody else notices: the same requests get the same answers.
  const auto others = [&](LiveRun& run) {
    const Sight& sight = *run.sight();
    std::vector<float> seen;
    for (std::size_t i = 0; i < sight.history.intervals(); ++i)
      seen.push_back(sight.history.value(*sight.column("others", "latency_ms", "count"), i));
    return seen;
  };
  CHECK(others(session->run()) == others(*session->other()));
}

TEST_CASE("what makes no sense changes nothing") {
  const auto session = small_session();
  go_to(*session, 20s);
  CHECK(refusal(*session, R"({"kill": "ap"})").find("did you mean \"api\"") != std::string::npos);
  CHECK(refusal(*session, R"({"slow": "api", "factor": "-1x"})") != "");
  CHECK(refusal(*session, R"({"kill": "api", "at": "3s"})") != "");
  Problems problems;
  CHECK_FALSE(session->change("api.replicas=-3", problems));
  CHECK(problems.has_errors());
  Problems of_text;
  CHECK_FALSE(session->open_text("{", "x.json", ".", of_text));
  CHECK(of_text.has_errors());
  CHECK(session->run().status().now == 20s);
  CHECK(session->other() == nullptr);
  CHECK(session->acts().empty());
}

TEST_CASE("another seed gives another run of the same system, from its beginning") {
  const auto session = small_session();
  const std::string first = told(finish(session->run()));
  session->restart(2);
  CHECK(session->system().seed == 2);
  const std::string second = told(finish(session->run()));
  CHECK(first != second);
  session->restart(1);
  CHECK(told(finish(session->run())) == first);
}

}  // namespace session_test
