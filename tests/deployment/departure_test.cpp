// Instances that go in good order, or before their callers have heard of it.

#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater {
namespace {

using Catch::Contains;
using testing::Answer;
using testing::ModelRig;
using testing::problems_of;

struct Seen {
  std::size_t refused = 0;
  std::optional<double> gone{};  // seconds
};

/// Two instances, asked in turn every 100 ms; at 10 s the second is to go. A request takes `time`.
Seen leave(const Instance::Departure& how, const std::string& time = "10ms") {
  ModelRig rig({service::service()},
               R"({"api": {"kind": "service", "replicas": 2, "workers": 100, "service_time": ")" +
                   time + "\"}}");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 400; ++i)
    answers.push_back(&rig.send(Time{5s + 1ms} + i * 100ms, "api", Request{}));
  Seen seen;
  rig.component("api").watch([&](const Instance&, Component::Change change) {
    if (change == Component::Change::gone) seen.gone = seconds(rig.world().now() - Time{});
  });
  rig.at(Time{10s}, [&] { rig.instance("api", 1).leave(how); });
  rig.run(Time{100s});
  for (const Answer* answer : answers) {
    REQUIRE(answer->answered);
    if (answer->reply.ok()) continue;
    CHECK((answer->reply.status == Status::unavailable));
    ++seen.refused;
  }
  return seen;
}

TEST_CASE("departure: callers hear of it at once, unless it takes time", "[deployment]") {
  const Seen told = leave({30s, 0s, 0s});
  CHECK(told.refused == 0);
  CHECK(told.gone == 10.0);
  // For five seconds every other of ten a second.
  const Seen late = leave({30s, 5s, 0s});
  CHECK(late.refused == 25);
  CHECK(late.gone == 15.0);
}

TEST_CASE("departure: who waits until callers have heard refuses nobody", "[deployment]") {
  CHECK(leave({30s, 5s, 5s}).refused == 0);
  CHECK(leave({30s, 5s, 5s}).gone == 15.0);
  CHECK(leave({30s, 5s, 3s}).refused == 10);
  const Seen longer = leave({30s, 5s, 8s});
  CHECK(longer.refused == 0);
  CHECK(longer.gone == 18.0);
}

TEST_CASE("departure: what has begun is finished, within the grace", "[deployment]") {
  const Seen seen = leave({30s, 5s, 5s}, "3s");
  CHECK(seen.refused == 0);
  CHECK(seen.gone.value() == Approx(17.9).margin(0.2));  // the last one came shortly before 15 s
}

TEST_CASE("departure: without a word on it, it takes what still comes", "[deployment]") {
  CHECK(leave({30s, 5s, std::nullopt}, "300ms").refused == 0);
}

TEST_CASE("departure: the grace is all there is", "[deployment]") {
  ModelRig rig({service::service()},
               R"({"api": {"kind": "service", "replicas": 2, "service_time": "60s"}})");
  const Answer& first = rig.send_to_instance(Time{1s}, "api", 1, Request{});
  rig.at(Time{2s}, [&] { rig.instance("api", 1).leave({10s, 20s, 30s}); });
  const Answer& late = rig.send_to_instance(Time{13s}, "api", 1, Request{});
  rig.run(Time{100s});
  CHECK(first.at == Time{12s});
  CHECK((first.reply.status == Status::reset));
  CHECK((late.reply.status == Status::unavailable));
  CHECK_FALSE(rig.instance("api", 1).listed());
}

TEST_CASE("departure: one that dies on its way out has gone", "[deployment]") {
  ModelRig rig({service::service()},
               R"({"api": {"kind": "service", "replicas": 2, "service_time": "60s"}})");
  std::optional<Time> gone;
  rig.component("api").watch([&](const Instance&, Component::Change change) {
    if (change == Component::Change::gone) gone = rig.world().now();
  });
  rig.at(Time{2s}, [&] { rig.instance("api", 1).leave({30s, 0s, 20s}); });
  rig.at(Time{5s}, [&] { rig.instance("api", 1).kill(false); });
  rig.at(Time{6s}, [&] { rig.instance("api", 1).revive(false); });
  rig.run(Time{100s});
  CHECK(gone == Time{5s});
  CHECK_FALSE(rig.instance("api", 1).up());
}

TEST_CASE("departure: a rolling update loses requests unless its pods wait", "[deployment]") {
  const auto failed = [](const std::string& more) {
    // Called directly: a balancer would pass over who refuses.
    ModelRig rig({service::service()},
                 R"({"api": {"kind": "service", "replicas": 4, "workers": 50,
                             "service_time": "20ms", "start_time": "5s",
                             "rollouts": [{"at": "20s", "rolling_update": {}}])" +
                     more + "}}");
    std::vector<const Answer*> answers;
    for (int i = 0; i < 4000; ++i)
      answers.push_back(&rig.send(Time{10s} + i * 10ms + 1ms, "api", Request{}));
    rig.run(Time{100s});
    std::size_t lost = 0;
    for (const Answer* answer : answers) lost += !answer->reply.ok();
    return lost;
  };
  CHECK(failed("") == 0);
  CHECK(failed(R"(, "endpoint_lag": "2s")") > 100);
  CHECK(failed(R"(, "endpoint_lag": "2s", "pre_stop": "1s")") > 50);
  CHECK(failed(R"(, "endpoint_lag": "2s", "pre_stop": "2500ms")") == 0);
}

TEST_CASE("departure: what nobody reads is refused", "[deployment]") {
  const std::string problems = problems_of(
      service::service(),
      R"({"kind": "service", "service_time": "1ms", "endpoint_lag": "1s", "pre_stop": "2s"})");
  CHECK_THAT(problems, Contains("endpoint_lag") && Contains("pre_stop"));
}

}  // namespace
}  // namespace highwater
