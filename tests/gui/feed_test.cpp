// What pictures show is what the run measured.

#include "viewer/gui/feed.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "tests/viewer/viewer_support.h"
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
    offered += feed.offered(i) * length;
    completed += feed.completed(i) * length;
    errors += feed.errors(i) * length;
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
