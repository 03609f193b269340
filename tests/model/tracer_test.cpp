// Requests that are followed through a system, and those that are noted since they took long.

#include "engine/model/tracer.h"

#include <catch2/catch.hpp>

#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater {
namespace {

using testing::kOneSink;
using testing::ModelRig;
using testing::Reaction;
using testing::Received;
using testing::sink;
using testing::SinkLog;
using testing::timeout_of;

Request numbered(std::uint64_t id) {
  Request request;
  request.id = id;
  return request;
}

TEST_CASE("tracer: it follows one request in each while, and those that are named",
          "[model][tracer]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  Tracer tracer(rig.world().simulation, {.every = 10s, .ids = {7, 1'000}, .most = 4});
  const Component& client = rig.component("it");
  for (std::uint64_t id = 0; id < 40; ++id)
    rig.at(Time{} + std::chrono::seconds(id), [&, id] {
      tracer.began(numbered(id), client);
      tracer.ended(numbered(id), client, Status::ok);
    });
  rig.run(Time{100s});
  std::vector<std::uint64_t> ids;
  for (const TracedRequest& request : tracer.requests()) ids.push_back(request.id);
  // Two places are taken by those that are named, one of which never comes.
  CHECK(ids == std::vector<std::uint64_t>{0, 7, 10});
  CHECK(tracer.requests()[1].intended == Time{});
  CHECK(tracer.requests()[1].ended == Time{7s});
}

TEST_CASE("tracer: of each stretch of time the slowest are noted, and the first that failed",
          "[model][tracer]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  Tracer tracer(rig.world().simulation, {.ids = {}, .stretch = 10s, .slowest = 2});
  const Component& client = rig.component("it");
  const auto end_at = [&](Time at, std::uint64_t id, Duration latency, Status status) {
    rig.at(at, [&tracer, &client, at, id, latency, status] {
      Request request = numbered(id);
      request.intended = at - latency;
      tracer.ended(request, client, status);
    });
  };
  end_at(Time{1s}, 1, 10ms, Status::ok);
  end_at(Time{2s}, 2, 30ms, Status::ok);
  end_at(Time{3s}, 3, 5ms, Status::error);
  end_at(Time{4s}, 4, 20ms, Status::ok);
  end_at(Time{5s}, 5, 1ms, Status::timeout);
  end_at(Time{12s}, 6, 1ms, Status::ok);
  end_at(Time{35s}, 7, 2ms, Status::error);
  rig.run(Time{100s});
  std::vector<std::uint64_t> ids;
  for (const NotedRequest& request : tracer.noted()) ids.push_back(request.id);
  CHECK(ids == std::vector<std::uint64_t>{2, 3, 4, 6, 7});
  CHECK(tracer.noted()[0].latency() == 30ms);
  CHECK(tracer.noted()[1].status == Status::error);
  CHECK(tracer.requests().empty());
}

TEST_CASE("tracer: an attempt is seen to leave, arrive, be answered and come back",
          "[model][tracer]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{10ms}; };
  ModelRig::Options options;
  options.network.same_zone = Distribution::constant(Duration{3ms});
  ModelRig rig({sink(log)}, kOneSink, options);
  Tracer tracer(rig.world().simulation, {.ids = {1, 2}});
  rig.world().tracer = &tracer;
  // The rig numbers its requests from 1 on.
  for (std::uint64_t id = 1; id <= 3; ++id) tracer.began(numbered(id), rig.component("it"));
  rig.send(Time{1s}, "it", Request{});
  rig.send(Time{2s}, "it", Request{}, timeout_of(15ms));
  rig.send(Time{3s}, "it", Request{});
  rig.run(Time{4s});
  REQUIRE(tracer.requests().size() == 2);
  REQUIRE(tracer.requests()[0].attempts.size() == 1);
  const TracedAttempt& whole = tracer.requests()[0].attempts[0];
  CHECK(whole.to->label() == "it[0]");
  CHECK(whole.edge == &rig.edge("it"));
  CHECK(whole.sent == Time{1s});
  CHECK(whole.arrived == Time{1003ms});
  CHECK(whole.replied == Time{1013ms});
  CHECK(whole.returned == Time{1016ms});
  CHECK(whole.given_up == kNever);
  CHECK(whole.status == Status::ok);
  REQUIRE(tracer.requests()[1].attempts.size() == 1);
  const TracedAttempt& late = tracer.requests()[1].attempts[0];
  CHECK(late.given_up == Time{2015ms});
  CHECK(late.replied == Time{2013ms});
  CHECK(late.returned == kNever);
  CHECK(late.status == Status::timeout);
}

TEST_CASE("tracer: waits are noted of those that are followed, and only as many as it keeps",
          "[model][tracer]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  Tracer tracer(rig.world().simulation, {.ids = {1}});
  rig.world().tracer = &tracer;
  const Instance& instance = rig.instance("it", 0);
  tracer.began(numbered(1), rig.component("it"));
  rig.at(Time{5s}, [&] {
    trace_wait(rig.world(), numbered(1), instance, WaitFor::lock, Time{4s});
    trace_wait(rig.world(), numbered(1), instance, WaitFor::lock, Time{5s});  // not at all
    trace_wait(rig.world(), numbered(2), instance, WaitFor::lock, Time{4s});  // not followed
  });
  rig.run(Time{6s});
  REQUIRE(tracer.requests()[0].waits.size() == 1);
  CHECK(tracer.requests()[0].waits[0].begin == Time{4s});
  CHECK(tracer.requests()[0].waits[0].end == Time{5s});
  CHECK(tracer.requests()[0].waits[0].what == WaitFor::lock);
  for (std::size_t i = 0; i < TracedRequest::kMostSteps; ++i)
    trace_wait(rig.world(), numbered(1), instance, WaitFor::disk, Time{4s});
  CHECK(tracer.requests()[0].waits.size() == TracedRequest::kMostSteps);
  CHECK(tracer.requests()[0].truncated);
}

}  // namespace
}  // namespace highwater
