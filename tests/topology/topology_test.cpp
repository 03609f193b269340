#include "engine/topology/topology.h"

#include <catch2/catch.hpp>

#include "tests/topology/sample_topology.h"

namespace highwater {
namespace {

/// All problems as text, from a file called s.json.
std::string problems_of(std::vector<TopologyComponent> components,
                        const std::vector<TopologyReference>& references) {
  Problems problems;
  problems.add_source("s.json");
  for (std::size_t i = 0; i < components.size(); ++i) {
    components[i].position = {0, static_cast<std::uint32_t>(100 + i), 3};
    components[i].pointer = "/components/" + components[i].id;
  }
  join_topology(std::move(components), references, {0, 99, 1}, "/components", problems);
  return problems.text();
}

TEST_CASE("topology: joins references in the direction of the flow", "[topology]") {
  const Topology topology = users_api();
  CHECK(topology.components.size() == 7);
  REQUIRE(topology.edges.size() == 6);
  const auto& consumption = topology.edges[5];
  CHECK(consumption.from == topology.find("email-topic"));
  CHECK(consumption.to == topology.find("email-worker"));
  CHECK(consumption.relation == Relation::consume);
  CHECK(consumption.reference == 5);
  CHECK_FALSE(topology.find("nobody").has_value());
}

TEST_CASE("topology: a sound system has no problems", "[topology]") {
  CHECK(problems_of({client("u"), service("a"), topic("t"), service("w")},
                    {reference("u", "a"), reference("a", "t", Relation::publish),
                     reference("w", "t", Relation::consume), reference("w", "a")})
            .empty());
}

TEST_CASE("topology: what is said twice makes one edge", "[topology]") {
  Problems problems;
  const Topology topology = join_topology(
      {client("u"), service("a"), service("db")},
      {reference("u", "a"), reference("a", "db", Relation::call, 7),
       reference("a", "db", Relation::call, 8), reference("a", "db", Relation::route, 9)},
      {}, "", problems);
  REQUIRE(topology.edges.size() == 3);
  CHECK(topology.edges[1].reference == 1);
  CHECK(topology.edges[2].relation == Relation::route);
}

TEST_CASE("topology: an unknown component, with the nearest that would do", "[topology]") {
  CHECK(
      problems_of({client("users"), service("redis"), topic("redit")},
                  {reference("users", "redsi", Relation::call, 7), reference("users", "redis")}) ==
      "s.json:7:5: /components/users: no component is called \"redsi\"; did you mean \"redis\"?\n");
  CHECK(
      problems_of(
          {client("users"), service("redis"), topic("redit")},
          {reference("redis", "redi", Relation::publish, 7), reference("users", "redis")}) ==
      "s.json:7:5: /components/redis: no component is called \"redi\"; did you mean \"redit\"?\n");
  // Nothing that would do is near, but something else is.
  CHECK(problems_of({client("users"), service("api")},
                    {reference("api", "user", Relation::call, 7), reference("users", "api")}) ==
        "s.json:7:5: /components/api: no component is called \"user\"; did you mean \"users\"?\n");
  CHECK(
      problems_of({client("users"), service("api")},
                  {reference("api", "warehouse", Relation::call, 7), reference("users", "api")}) ==
      "s.json:7:5: /components/api: no component is called \"warehouse\"\n");
}

TEST_CASE("topology: what is shared is shared among one kind, and nothing flows", "[topology]") {
  const std::vector<TopologyComponent> three{client("u"), service("a"), service("b")};
  Problems problems;
  const Topology topology =
      join_topology(three,
                    {reference("u", "a"), reference("u", "b"), reference("a", "b", Relation::share),
                     reference("b", "a", Relation::share)},
                    {}, "", problems);
  CHECK(problems.text().empty());  // nor is it a circle
  CHECK(topology.edges.size() == 2);
  CHECK_THAT(problems_of(three, {reference("u", "a"), reference("a", "b", Relation::share)}),
             Catch::Contains("no request can reach \"b\""));
  CHECK(problems_of({client("u"), service("a"), topic("t")},
                    {reference("u", "a"), reference("a", "t", Relation::share, 7)}) ==
        "s.json:7:5: /components/a: \"t\" is a topic; only a service can be named here\n");
  CHECK_THAT(problems_of({client("apples"), service("applet"), service("b")},
                         {reference("apples", "b"), reference("b", "apple", Relation::share)}),
             Catch::Contains("did you mean \"applet\"?"));
}

TEST_CASE("topology: one may be published to and not consumed from", "[topology]") {
  TopologyComponent function = service("f");
  function.publishable = true;
  CHECK(problems_of({client("u"), service("a"), function},
                    {reference("u", "a"), reference("a", "f", Relation::publish)}) == "");
  CHECK_THAT(problems_of({client("u"), service("a"), function},
                         {reference("u", "f"), reference("a", "f", Relation::consume, 7)}),
             Catch::Contains("\"f\" is a service and cannot be consumed from"));
}

TEST_CASE("topology: kinds that cannot be used that way", "[topology]") {
  TopologyComponent odd = topic("events");
  odd.kind = "event_store";
  CHECK(problems_of({client("users"), service("api"), topic("mail"), odd},
                    {reference("users", "api", Relation::call, 1),
                     reference("api", "users", Relation::call, 2),
                     reference("api", "mail", Relation::call, 3),
                     reference("api", "mail", Relation::route, 4),
                     reference("users", "api", Relation::publish, 5),
                     reference("api", "users", Relation::consume, 6),
                     reference("api", "events", Relation::call, 7)}) ==
        "s.json:2:5: /components/api: \"users\" is a client and cannot be called\n"
        "s.json:3:5: /components/api: \"mail\" is a topic and cannot be called; publish to it "
        "instead\n"
        "s.json:4:5: /components/api: \"mail\" is a topic and cannot be routed to; publish to it "
        "instead\n"
        "s.json:5:5: /components/users: \"api\" is a service and cannot be published to\n"
        "s.json:6:5: /components/api: \"users\" is a client and cannot be consumed from\n"
        "s.json:7:5: /components/api: \"events\" is an event_store and cannot be called; publish "
        "to it "
        "instead\n");
}

TEST_CASE("topology: synchronous calls in a circle", "[topology]") {
  CHECK(problems_of(
            {client("u"), service("a"), service("b"), service("c")},
            {reference("u", "a", Relation::call, 1), reference("a", "b", Relation::route, 2),
             reference("b", "c", Relation::call, 3), reference("c", "a", Relation::call, 4)}) ==
        "s.json:2:5: /components/a: calls go round in a circle, so that a request would wait for "
        "itself: "
        "a -> b -> c -> a\n");
  CHECK(problems_of({client("u"), service("a")},
                    {reference("u", "a"), reference("a", "a", Relation::call, 2)}) ==
        "s.json:2:5: /components/a: calls go round in a circle, so that a request would wait for "
        "itself: "
        "a -> a\n");
  // Over a topic nobody waits.
  CHECK(problems_of({client("u"), service("a"), topic("t")},
                    {reference("u", "a"), reference("a", "t", Relation::publish),
                     reference("a", "t", Relation::consume)})
            .empty());
}

TEST_CASE("topology: what no request can reach is a warning", "[topology]") {
  const std::string text =
      problems_of({client("u"), service("a"), service("lost"), service("behind")},
                  {reference("u", "a"), reference("lost", "behind"), reference("lost", "a")});
  CHECK(text ==
        "s.json:102:3: warning: /components/lost: no request can reach \"lost\"\n"
        "s.json:103:3: warning: /components/behind: no request can reach \"behind\"\n");

  // After a wrong reference it goes without saying.
  CHECK(problems_of({client("u"), service("api")}, {reference("u", "apx", Relation::call, 7)}) ==
        "s.json:7:5: /components/u: no component is called \"apx\"; did you mean \"api\"?\n");
}

TEST_CASE("topology: nobody sends requests", "[topology]") {
  CHECK(problems_of({service("a"), service("b")}, {reference("a", "b")}) ==
        "s.json:99:1: /components: nobody sends requests: there is no client\n");
  CHECK(problems_of({}, {}) ==
        "s.json:99:1: /components: nobody sends requests: there is no client\n");
}

TEST_CASE("topology: all that is wrong is said at once", "[topology]") {
  Problems problems;
  join_topology(
      {service("a"), service("b"), topic("t")},
      {reference("a", "x"), reference("a", "b"), reference("b", "a"), reference("b", "t")}, {}, "",
      problems);
  CHECK(problems.error_count() == 4);
}

}  // namespace
}  // namespace highwater
