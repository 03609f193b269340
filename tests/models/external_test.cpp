#include "models/external/external.h"

#include <cmath>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/model_rig.h"

namespace highwater::external {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;

ModelRig rig_of(const std::string& parameters, Duration duration = 1000s) {
  ModelRig::Options options;
  options.duration = duration;
  return ModelRig({external()}, R"({"pay": {"kind": "external", )" + parameters + "}}", options);
}

Load load(double per_second, std::uint64_t requests) {
  Load load;
  load.to = "pay";
  load.per_second = per_second;
  load.requests = requests;
  return load;
}

TEST_CASE("external: answers after its latency, however many ask", "[models][external]") {
  ModelRig rig = rig_of(R"("latency": "80ms")");
  for (int i = 0; i < 100; ++i) rig.send(Time{1s}, "pay", Request{});
  const Answer& answer = rig.send(Time{1s}, "pay", Request{});
  rig.run(Time{2s});
  CHECK(answer.took() == 80ms);
  CHECK(answer.reply.ok());
}

TEST_CASE("external: latency is drawn for each request", "[models][external]") {
  ModelRig rig = rig_of(R"("latency": {"exponential": "80ms"})");
  double mean = 0;
  Load requests = load(100, 20'000);
  requests.answered = [&](const Request&, const Answer& answer) {
    mean += milliseconds(answer.took()) / 20'000;
  };
  rig.add(requests);
  rig.run(Time{1000s});
  CHECK(mean == Approx(80).margin(2.9));  // five standard errors
  CHECK(rig.value("pay", "in_flight", Time{1s}) * 1000 / 200 == Approx(8).epsilon(0.06));
}

TEST_CASE("external: a share of the answers are errors, after the same latency",
          "[models][external]") {
  ModelRig rig = rig_of(R"("latency": "10ms", "error_rate": "20%")");
  Load requests = load(100, 20'000);
  int early = 0;
  requests.answered = [&](const Request&, const Answer& answer) { early += answer.took() != 10ms; };
  rig.add(requests);
  rig.run(Time{1000s});
  CHECK(static_cast<double>(rig.metric("pay", "errors").causes.at("error")) / 20'000 ==
        Approx(0.2).margin(0.015));
  CHECK(early == 0);
  CHECK(rig.metric("pay", "errors").causes.size() == 1);
}

TEST_CASE("external: what exceeds the rate is rejected at once", "[models][external]") {
  SECTION("on average") {
    ModelRig rig = rig_of(R"("latency": "10ms", "rate_limit": {"rate": "40/s", "burst": 5})");
    rig.add(load(100, 100'000));
    rig.run(Time{1000s});
    const double passed =
        100'000 - static_cast<double>(rig.metric("pay", "errors").causes.at("rejected"));
    CHECK(passed / 1000 == Approx(40).epsilon(0.01));
  }
  SECTION("in a burst and after it") {
    ModelRig rig = rig_of(R"("latency": "10ms", "rate_limit": {"rate": "2/s", "burst": 3})");
    std::vector<const Answer*> answers;
    for (const Duration at :
         {1000ms, 1000ms, 1000ms, 1000ms, 1400ms, 1500ms, 1600ms, 9000ms, 9000ms, 9000ms, 9000ms})
      answers.push_back(&rig.send(Time{at}, "pay", Request{}));
    rig.run(Time{10s});
    std::string seen;
    for (const Answer* answer : answers) seen += answer->reply.ok() ? '+' : '-';
    CHECK(seen == "+++--+-+++-");
    CHECK(answers[3]->took() == 0s);
    CHECK(answers[3]->reply.status == Status::rejected);
  }
  SECTION("one at a time unless a burst is given") {
    ModelRig rig = rig_of(R"("latency": "10ms", "rate_limit": "2/s")");
    const Answer& first = rig.send(Time{1s}, "pay", Request{});
    const Answer& second = rig.send(Time{1s}, "pay", Request{});
    const Answer& third = rig.send(Time{1500ms}, "pay", Request{});
    rig.run(Time{2s});
    CHECK(first.reply.ok());
    CHECK(second.reply.status == Status::rejected);
    CHECK(third.reply.ok());
  }
}

TEST_CASE("external: a slow one takes longer", "[models][external]") {
  ModelRig rig = rig_of(R"("latency": "10ms")");
  rig.at(Time{1s}, [&] { rig.instance("pay", 0).slow(3); });
  const Answer& answer = rig.send(Time{2s}, "pay", Request{});
  rig.run(Time{3s});
  CHECK(answer.took() == 30ms);
}

TEST_CASE("external: what is wrong with it is said", "[models][external][input]") {
  const auto wrong = [](const std::string& parameters) {
    return problems_of(external(), R"({"kind": "external")" + parameters + "}");
  };
  CHECK_THAT(wrong(""), Catch::Contains("latency"));
  CHECK(wrong(R"(, "latency": "1ms")").empty());
  CHECK_THAT(wrong(R"(, "latency": "1ms", "error_rate": "120%")"), Catch::Contains("error_rate"));
  CHECK_THAT(wrong(R"(, "latency": "1ms", "rate_limit": {"burst": 3})"), Catch::Contains("rate"));
  CHECK_THAT(wrong(R"(, "latency": "1ms", "rate_limit": {"rate": "1/s", "burst": 0})"),
             Catch::Contains("burst"));
}

}  // namespace
}  // namespace highwater::external
