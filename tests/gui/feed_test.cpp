// What pictures show is what the run measured.

#include "viewer/gui/feed.h"

#include <array>
#include <cmath>

#include <catch2/catch.hpp>

#include "tests/viewer/viewer_support.h"
#include "viewer/gui/so_far.h"
#include "viewer/gui/toolbar.h"

using namespace highwater;
using namespace highwater::viewer;
using namespace highwater::testing;

TEST_CASE("feed: rates of the picture add up to the requests of the run") {
  const auto session = small_session();
  const Results results = finish(session->run());
  const Feed feed(session->system(), *session->run().sight());
  const History& history = session->run().sight()->history;
  double offered = 0, completed = 0, errors = 0;
  for (std::size_t i = 0; i < history.intervals(); ++i) {
    const double length = history.end_s(i) - (i == 0 ? 0 : history.end_s(i - 1));
    offered += feed.load(i).offered * length;
    completed += feed.load(i).completed * length;
    errors += feed.load(i).errors * length;
  }
  CHECK(offered == Approx(static_cast<double>(results.requests.issued)));
  CHECK(completed == Approx(static_cast<double>(results.requests.completed)));
  CHECK(errors == Approx(static_cast<double>(results.requests.failed + results.requests.rejected)));
}

TEST_CASE("feed: a killed instance is down in the picture, its fault stands at it") {
  const auto session = small_session();
  session->go_to(20s);
  wait_until([&] { return session->run().status().now == 20s; });
  Problems problems;
  REQUIRE(session->inject(parse_json_value(R"({"kill": "api[1]"})").value(), problems));
  session->go_to(30s);
  wait_until([&] { return session->run().status().now == 30s; });
  Feed feed(session->system(), *session->run().sight());
  topology::Model model;
  feed.fill(model, session->run().sight()->history.intervals() - 1, session->run().status().marks,
            nullptr);
  REQUIRE(model.nodes.size() == 4);
  CHECK(model.nodes[1].id == "api");
  CHECK(model.nodes[1].instances[0].state == topology::InstanceState::up);
  CHECK(model.nodes[1].instances[1].state == topology::InstanceState::down);
  CHECK(model.nodes[1].faults == std::vector<std::string>{"kill api[1]"});
  CHECK(model.nodes[0].faults.empty());
  // Users ask at 100/s, the others at 50/s.
  REQUIRE(model.edges.size() == 2);
  CHECK(model.edges[0].rate_per_s == Approx(100).margin(90));
  CHECK(model.edges[1].rate_per_s == Approx(50).margin(45));
  CHECK(feed.up(1, session->run().sight()->history.intervals() - 1) == 1);
  CHECK(feed.up(1, 0) == 2);
}

TEST_CASE("feed: texts speak of whole names only") {
  CHECK(speaks_of("kill api[1]", "api"));
  CHECK(speaks_of("latency web->api", "web"));
  CHECK(speaks_of("latency web->api", "api"));
  CHECK_FALSE(speaks_of("kill api-2", "api"));
  CHECK_FALSE(speaks_of("kill myapi", "api"));
}

TEST_CASE("toolbar: times are read as people write them") {
  const auto read = [](const std::string& text) {
    Duration at{-1};
    return read_time(text, at) ? at : Duration{-1};
  };
  CHECK(read("90") == 90s);
  CHECK(read("1:30") == 90s);
  CHECK(read("1:30.5") == 90'500ms);
  CHECK(read("2m") == 120s);
  CHECK(read("250ms") == 250ms);
  CHECK(read("") == Duration{-1});
  CHECK(read("1:75") == Duration{-1});
  CHECK(read("soon") == Duration{-1});
  CHECK(read("-3") == Duration{-1});
}

TEST_CASE("feed: a percentile of a heat map is near the true one") {
  std::array<std::uint64_t, History::Heat::kRows> rows{};
  CHECK_FALSE(quantile_ms(rows, 0.5).has_value());
  for (int i = 1; i <= 1000; ++i) ++rows[History::Heat::row_of(i)];
  CHECK(*quantile_ms(rows, 0.5) == Approx(500).epsilon(0.1));
  CHECK(*quantile_ms(rows, 0.99) == Approx(990).epsilon(0.1));
}

TEST_CASE("feed: objectives so far are near what they come to in the end") {
  const auto session = small_session(R"({"highwater": 1, "name": "judged",
    "run": {"duration": "60s", "warmup": "10s"},
    "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "100/s"},
                "calls": {"to": "api", "timeout": "60ms"}},
      "api": {"kind": "service", "replicas": 2, "service_time": {"exponential": "10ms"}}},
    "objectives": ["users.availability >= 99%", "users.latency.p99 < 30ms",
                   "users.latency.mean < 30ms", "api.utilization < 90%",
                   "users.throughput > 10/s", "users.latency.p90 < 1s during 20s..30s",
                   "users.errors.timeout < 5"]})");
  const Results results = finish(session->run());
  const Feed feed(session->system(), *session->run().sight());
  const std::size_t last = session->run().sight()->history.intervals() - 1;
  const std::vector<Objective>& objectives = session->system().objectives;
  REQUIRE(objectives.size() == 7);
  for (std::size_t i = 0; i + 1 < objectives.size(); ++i) {
    INFO(objectives[i].text);
    const auto value = so_far(objectives[i], session->system(), feed, last);
    REQUIRE(value.has_value());
    CHECK(*value == Approx(*results.objectives[i].value).epsilon(0.12));
    CHECK_FALSE(so_far(objectives[i], session->system(), feed, 0).has_value());
  }
  // Which of the errors it was is not kept.
  CHECK_FALSE(so_far(objectives.back(), session->system(), feed, last).has_value());
}
