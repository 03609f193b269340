// Requests that were followed, as waterfalls with their critical paths.

#include "viewer/session/request_trace.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/viewer/viewer_support.h"

using namespace highwater;
using namespace highwater::viewer;
using namespace highwater::testing;

namespace {

/// The path of a request that the step of a caller with that path sends.
std::uint64_t path_below(std::uint64_t path, std::uint32_t step, std::uint64_t turn = 1) {
  Request request;
  request.path = path;
  return request.descend(step, turn).path;
}

RequestTrace::Attempt call(const std::string& from, const std::string& to, std::uint64_t path,
                           Duration sent, Duration arrived, Duration replied, Duration returned) {
  RequestTrace::Attempt attempt;
  attempt.from = from;
  attempt.to = to;
  attempt.caller = from.substr(0, from.find('['));
  attempt.callee = to.substr(0, to.find('['));
  attempt.path = path;
  attempt.sent = sent;
  attempt.arrived = arrived;
  attempt.replied = replied;
  attempt.returned = returned;
  return attempt;
}

RequestTrace request(Duration ended, std::vector<RequestTrace::Attempt> attempts) {
  RequestTrace trace;
  trace.client = "users";
  trace.ended = ended;
  trace.seen = ended;
  trace.attempts = std::move(attempts);
  return trace;
}

Duration spent(const Waterfall& waterfall, Spent what) {
  return waterfall.spent[static_cast<std::size_t>(what)];
}

Duration sum(const Waterfall& waterfall) {
  Duration sum{0};
  for (const Duration part : waterfall.spent) sum += part;
  return sum;
}

const std::uint64_t kRoot = path_below(0, 0);

/// A system in which requests wait, are tried again and go through several components.
std::string deep_scenario() {
  return R"({"highwater": 1, "name": "deep", "run": {"duration": "20s", "warmup": "2s"},
    "network": {"same_zone": "0.5ms"},
    "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "150/s"},
                "calls": {"to": "lb", "timeout": "1s",
                          "retry": {"attempts": 3, "backoff": "20ms"}}},
      "lb": {"kind": "load_balancer", "targets": ["api"]},
      "api": {"kind": "service", "replicas": 2, "workers": 4,
              "endpoints": {"*": [{"compute": {"exponential": "4ms"}},
                        {"parallel": [[{"call": "cache"}], [{"call": "db", "timeout": "60ms"}]]}]}},
      "cache": {"kind": "service", "service_time": {"exponential": "1ms"}},
      "db": {"kind": "database", "connections": 2, "read_time": {"exponential": "12ms"}}}})";
}

}  // namespace

TEST_CASE("a request's time is the network, the queue and the work, to the nanosecond") {
  RequestTrace trace = request(20ms, {call("users", "api[0]", kRoot, 0ms, 2ms, 18ms, 20ms)});
  trace.waits.push_back({"api[0]", kRoot, 2ms, 7ms, WaitFor::worker});
  const Waterfall waterfall = waterfall_of(trace);
  REQUIRE(waterfall.rows.size() == 2);
  CHECK(waterfall.rows[1].name == "api[0]");
  CHECK(waterfall.rows[1].depth == 1);
  CHECK(spent(waterfall, Spent::network) == 4ms);
  CHECK(spent(waterfall, Spent::queue) == 5ms);
  CHECK(spent(waterfall, Spent::service) == 11ms);
  CHECK(sum(waterfall) == 20ms);
}

TEST_CASE("of calls side by side the one that ends last is on the critical path") {
  const Waterfall waterfall = waterfall_of(
      request(30ms, {call("users", "api[0]", kRoot, 0ms, 0ms, 30ms, 30ms),
                     call("api[0]", "a[0]", path_below(kRoot, 1), 5ms, 5ms, 12ms, 12ms),
                     call("api[0]", "b[0]", path_below(kRoot, 2), 5ms, 6ms, 24ms, 25ms)}));
  REQUIRE(waterfall.rows.size() == 4);
  CHECK(waterfall.rows[2].critical.empty());
  CHECK(waterfall.rows[3].component == "b");
  CHECK(spent(waterfall, Spent::network) == 2ms);
  CHECK(spent(waterfall, Spent::service) == 5ms + 18ms + 5ms);
  CHECK(sum(waterfall) == 30ms);
}

TEST_CASE("a try that took too long, the pause after it and the next try are told apart") {
  RequestTrace::Attempt late = call("users", "api[0]", path_below(0, 0, 0), 0ms, 1ms, 90ms, 91ms);
  late.returned.reset();
  late.given_up = 50ms;
  late.status = highwater::Status::timeout;
  const Waterfall waterfall = waterfall_of(
      request(80ms, {late, call("users", "api[1]", path_below(0, 0, 1), 60ms, 61ms, 79ms, 80ms)}));
  REQUIRE(waterfall.rows.size() == 3);
  CHECK(waterfall.rows[1].end == 50ms);
  CHECK(waterfall.rows[1].served_to == Duration{90ms});
  CHECK(spent(waterfall, Spent::retry) == 10ms);
  CHECK(spent(waterfall, Spent::network) == 1ms + 2ms);
  CHECK(spent(waterfall, Spent::service) == 49ms + 18ms);
  CHECK(sum(waterfall) == 80ms);
}

TEST_CASE("what comes of a message is not waited for, and what is under way has no end yet") {
  RequestTrace trace =
      request(10ms, {call("users", "topic[0]", kRoot, 0ms, 1ms, 9ms, 10ms),
                     call("worker[0]", "db[0]", path_below(99, 1), 500ms, 500ms, 510ms, 510ms)});
  trace.attempts[1].returned.reset();
  trace.attempts[1].replied.reset();
  trace.seen = 700ms;
  const Waterfall waterfall = waterfall_of(trace);
  REQUIRE(waterfall.rows.size() == 3);
  CHECK(waterfall.rows[2].detached);
  CHECK_FALSE(waterfall.rows[2].ended);
  CHECK(waterfall.rows[2].end == 700ms);
  CHECK(sum(waterfall) == 10ms);
  CHECK(waterfall_of(RequestTrace{}).rows.size() == 1);
}

TEST_CASE("every request of a run is explained to the nanosecond by its critical path") {
  const auto session = small_session(deep_scenario());
  finish(session->run());
  wait_until([&] { return !session->run().traces().followed.empty(); });
  const RequestTraces& traces = session->run().traces();
  CHECK(traces.followed.size() > 500);
  bool retried = false, queued = false;
  for (const RequestTrace& trace : traces.followed) {
    const Waterfall waterfall = waterfall_of(trace);
    REQUIRE(sum(waterfall) == waterfall.end - waterfall.begin);
    REQUIRE(sum(waterfall) == trace.latency());
    REQUIRE(waterfall.rows.size() == trace.attempts.size() + 1);
    for (const Waterfall::Row& row : waterfall.rows) REQUIRE_FALSE(row.detached);
    if (trace.ended) CHECK(waterfall.rows.size() >= 3);
    retried |= spent(waterfall, Spent::retry) > Duration{0};
    queued |= spent(waterfall, Spent::queue) > Duration{0};
  }
  CHECK(queued);
  CHECK(retried);
}

TEST_CASE("the slowest requests are followed in the same run once more") {
  const auto session = small_session(deep_scenario());
  finish(session->run());
  wait_until([&] { return !session->run().traces().slow.empty(); });
  std::vector<SlowRequest> slow = session->run().traces().slow;
  CHECK(slow.size() >= 100);
  std::sort(slow.begin(), slow.end(),
            [](const SlowRequest& a, const SlowRequest& b) { return a.latency() > b.latency(); });
  slow.resize(20);
  std::vector<std::uint64_t> ids;
  for (const SlowRequest& request : slow) ids.push_back(request.id);
  session->follow(ids);
  REQUIRE(session->following() != nullptr);
  wait_until([&] { return session->following()->traces().followed.size() >= ids.size(); });
  const std::vector<RequestTrace>& followed = session->following()->traces().followed;
  for (const SlowRequest& request : slow) {
    const auto trace = std::find_if(followed.begin(), followed.end(),
                                    [&](const auto& one) { return one.id == request.id; });
    REQUIRE(trace != followed.end());
    CHECK(trace->latency() == request.latency());
    CHECK(trace->intended == request.intended);
    CHECK(trace->status == request.status);
  }
  session->restart();
  CHECK(session->following() == nullptr);
}
