// Answers that are not what they should be.

#include <string>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/faults/faults.h"
#include "tests/faults/bench.h"

namespace highwater::faults::bad_response_test {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::problems_of;

/// The rig asks a balancer, which asks `api`.
struct Bench {
  explicit Bench(const std::string& fault)
      : rig({service::service(), balancer::load_balancer()}, R"({
            "lb": {"kind": "load_balancer", "targets": ["api"]},
            "api": {"kind": "service", "workers": 100, "service_time": "10ms"}})") {
    rig.fault(bad_response(), R"({"at": "1s", "for": "2s", "bad_response": "api")" + fault + "}");
  }
  std::uint64_t errors_of(const std::string& id) {
    std::uint64_t sum = 0;
    for (const auto& [cause, count] : rig.metric(id, "errors").causes) sum += count;
    return sum;
  }
  ModelRig rig;
};

TEST_CASE("bad_response: wrong ones are errors to who reads them", "[faults]") {
  Bench bench("");
  const Answer& before = bench.rig.send(Time{500ms}, "lb", Request{});
  const Answer& direct = bench.rig.send(Time{2s}, "api", Request{});
  const Answer& through = bench.rig.send(Time{2s}, "lb", Request{});
  const Answer& after = bench.rig.send(Time{4s}, "lb", Request{});
  bench.rig.run(Time{10s});
  CHECK(before.reply.ok());
  for (const Answer* answer : {&direct, &through}) {
    CHECK(answer->reply.status == Status::error);
    CHECK(answer->took() == 10ms);  // all of the work has been done
  }
  CHECK(after.reply.ok());
  CHECK(bench.rig.edge("lb").failures() == 1);
  CHECK(bench.errors_of("lb") == 0);
  CHECK(bench.errors_of("api") == 0);
}

TEST_CASE("bad_response: truncated ones break the connection", "[faults]") {
  Bench bench(R"(, "mode": "truncated")");
  const Answer& direct = bench.rig.send(Time{2s}, "api", Request{});
  const Answer& through = bench.rig.send(Time{2s}, "lb", Request{});
  bench.rig.run(Time{10s});
  CHECK(direct.reply.status == Status::reset);
  CHECK(direct.took() == 10ms);
  CHECK(through.reply.status == Status::error);  // the balancer's 502
  CHECK(bench.errors_of("api") == 0);
  CHECK(bench.errors_of("lb") == 1);
}

TEST_CASE("bad_response: oversize ones take their bytes", "[faults]") {
  const auto bytes = [](const std::string& fault) {
    ModelRig rig({service::service()}, R"({
        "front": {"kind": "service", "workers": 10, "endpoints": {"*": [{"call": "api",
            "transport": {"response_size": "1kB"}}]}},
        "api": {"kind": "service", "workers": 10, "service_time": "10ms"}})");
    if (!fault.empty())
      rig.fault(bad_response(),
                R"({"at": "1s", "for": "2s", "bad_response": "api", )" + fault + "}");
    const Answer& answer = rig.send(Time{2s}, "front", Request{});
    rig.run(Time{10s});
    CHECK(answer.reply.ok() == fault.empty());
    return rig.directory().edge(rig.component("front"), rig.component("api")).bytes_received();
  };
  CHECK(bytes("") == 1000);
  CHECK(bytes(R"("mode": "wrong")") == 1000);
  CHECK(bytes(R"("mode": "oversize")") == 10'000);
  CHECK(bytes(R"("mode": "oversize", "factor": 200)") == 200'000);
}

TEST_CASE("bad_response: of a share, independently", "[faults]") {
  ModelRig rig({service::service()},
               R"({"api": {"kind": "service", "workers": 10000, "service_time": "10ms"}})");
  rig.fault(bad_response(), R"({"at": "1s", "bad_response": "api", "rate": "50%"})");
  rig.fault(bad_response(),
            R"({"at": "3s", "bad_response": "api", "rate": "20%", "mode": "truncated"})");
  std::vector<const Answer*> one, both;
  for (int i = 0; i < 4000; ++i) {
    one.push_back(&rig.send(Time{2s}, "api", Request{}));
    both.push_back(&rig.send(Time{4s}, "api", Request{}));
  }
  rig.run(Time{10s});
  const auto good = [](const std::vector<const Answer*>& answers) {
    double sum = 0;
    for (const Answer* each : answers) sum += each->reply.ok();
    return sum / static_cast<double>(answers.size());
  };
  CHECK(good(one) == Approx(0.5).margin(0.032));
  CHECK(good(both) == Approx(0.4).margin(0.031));
}

TEST_CASE("bad_response: leaves no trace", "[faults]") {
  check_leaves_no_trace(bad_response(),
                        R"({"at": "5s", "for": "2s", "bad_response": "api", "rate": "50%"})");
}

TEST_CASE("bad_response: what it cannot be", "[faults]") {
  const auto problems = [](const std::string& more) {
    return problems_of(bad_response(), R"({"at": "1s", "bad_response": "api", )" + more + "}");
  };
  CHECK_THAT(problems(R"("factor": 3)"), Catch::Contains("oversize"));
  CHECK_THAT(problems(R"("mode": "oversize", "factor": 256)"), Catch::Contains("255"));
  CHECK_THAT(problems(R"("mode": "late")"), Catch::Contains("truncated"));
}

}  // namespace
}  // namespace highwater::faults::bad_response_test
