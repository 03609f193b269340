// Lines that do not let waits grow, in a service under twice the load that it can bear.

#include "models/service/line_control.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::problems_of;

struct Overload {
  std::vector<Duration> waits;  // of those that were served, once the line had time to stand
  std::size_t served = 0, refused = 0;
};

/// One worker, 10 ms a request, 200 requests a second for 20 s.
Overload overloaded(const std::string& queue) {
  ModelRig rig({service::service()},
               R"({"api": {"kind": "service", "workers": 1, "service_time": "10ms", "queue": )" +
                   queue + "}}");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 4000; ++i) answers.push_back(&rig.send(Time{i * 5ms}, "api", Request{}));
  rig.run(Time{100s});
  Overload result;
  for (const Answer* answer : answers) {
    result.served += answer->reply.ok();
    result.refused += answer->reply.status == Status::rejected;
    if (answer->reply.ok() && answer->sent > Time{10s})
      result.waits.push_back(answer->took() - 10ms);
  }
  std::sort(result.waits.begin(), result.waits.end());
  return result;
}

TEST_CASE("line: without control waits grow with the overload", "[models][service]") {
  const Overload fifo = overloaded(R"({"discipline": "fifo"})");
  CHECK(fifo.served == 4000);
  CHECK(fifo.waits.back() > 15s);
}

TEST_CASE("line: CoDel brings waits down while it refuses ever more", "[models][service]") {
  const Overload codel = overloaded(R"({"discipline": "codel"})");
  CHECK(codel.served + codel.refused == 4000);
  CHECK(codel.waits.back() < 5s);
  CHECK(codel.waits.back() < overloaded(R"({"discipline": "fifo"})").waits.back() / 3);
  // Its parameters count: with a target above every wait nothing is refused.
  CHECK(overloaded(R"({"discipline": "codel", "codel": {"target": "1h"}})").refused == 0);
}

TEST_CASE("line: folly's CoDel keeps waits at twice the target", "[models][service]") {
  const Overload codel = overloaded(R"({"discipline": "folly_codel",
                                        "folly_codel": {"target_delay": "20ms"}})");
  CHECK(codel.served + codel.refused == 4000);
  CHECK(codel.waits[codel.waits.size() * 95 / 100] <= 60ms);
  CHECK(codel.served > 1900);  // the worker is never idle for that
}

TEST_CASE("line: adaptive LIFO serves the newest while the line stands", "[models][service]") {
  const Overload lifo = overloaded(R"({"discipline": "adaptive_lifo"})");
  CHECK(lifo.served + lifo.refused == 4000);
  // Never longer than N, and mostly not even M: the line stands most of the time.
  CHECK(lifo.waits.back() <= 100ms);
  CHECK(lifo.waits[lifo.waits.size() / 2] <= 5ms);
  CHECK(lifo.served > 1900);
  // A line that never stands is first in, first out, and bears waits of up to N.
  const Overload patient = overloaded(R"({"discipline": "adaptive_lifo",
                                          "adaptive_lifo": {"n": "1h", "m": "5ms"}})");
  CHECK(patient.waits.back() > 15s);
}

TEST_CASE("line: a burst that the line bears is served in order", "[models][service]") {
  for (const std::string discipline : {"codel", "folly_codel", "adaptive_lifo"}) {
    INFO(discipline);
    ModelRig rig({service::service()},
                 R"({"api": {"kind": "service", "workers": 1, "service_time": "10ms",
                             "queue": {"discipline": ")" +
                     discipline + R"("}}})");
    std::vector<const Answer*> answers;
    for (int i = 0; i < 8; ++i) answers.push_back(&rig.send(Time{1s} + i * 1us, "api", Request{}));
    rig.run(Time{10s});
    for (std::size_t i = 1; i < answers.size(); ++i) {
      CHECK(answers[i]->reply.ok());
      CHECK(answers[i]->at > answers[i - 1]->at);
    }
  }
}

TEST_CASE("line: options of another discipline are refused", "[models][service][input]") {
  CHECK_THAT(problems_of(service::service(),
                         R"({"kind": "service", "service_time": "1ms",
                             "queue": {"discipline": "fifo", "codel": {"target": "5ms"}}})"),
             Catch::Contains("needs the discipline codel"));
}

}  // namespace
}  // namespace highwater
