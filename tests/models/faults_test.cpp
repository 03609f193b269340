// Faults as a scenario has them: what they hit, when, and that they end without a trace.

#include "models/faults/faults.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/fault_params.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::problems_of;
using testing::Reaction;
using testing::Received;
using testing::sink;
using testing::SinkLog;

CallPolicy timeout_of(Duration timeout) {
  CallPolicy policy;
  policy.timeout = timeout;
  return policy;
}

/// A service `api` that calls the sink `db`.
struct Bench {
  explicit Bench(const std::string& replicas = "1", std::uint64_t seed = 1)
      : rig({service::service(), sink(log)},
            R"({"db": {"kind": "sink"}, "api": {"kind": "service", "workers": 100, "replicas": )" +
                replicas + R"(, "endpoints": {"*": [{"compute": "10ms"}, {"call": "db"}]}}})",
            seeded(seed)) {}
  static ModelRig::Options seeded(std::uint64_t seed) {
    ModelRig::Options options;
    options.seed = seed;
    return options;
  }
  const Answer& ask(Duration at) { return rig.send(Time{at}, "api", Request{}, timeout_of(20s)); }
  std::string slowed() {
    std::string text;
    for (const auto& instance : rig.component("api").instances())
      text += instance->slowdown() > 1 ? 'x' : '.';
    return text;
  }

  SinkLog log;
  ModelRig rig;
};

TEST_CASE("faults: kill, for a while or for good", "[models][faults]") {
  Bench bench;
  bench.rig.fault(kill(), R"({"at": "2s", "for": "3s", "kill": "api"})");
  bench.rig.fault(kill(), R"({"at": "8s", "kill": "api"})");
  const Answer& before = bench.ask(1s);
  const Answer& during = bench.ask(3s);
  const Answer& after = bench.ask(6s);
  const Answer& later = bench.ask(900s);
  bench.rig.run(Time{1000s});
  CHECK(before.reply.ok());
  CHECK(during.reply.status == Status::unavailable);
  CHECK(after.reply.ok());
  CHECK(later.reply.status == Status::unavailable);
  CHECK(bench.rig.happenings()[1].text == "kill api[0]");
  CHECK(bench.rig.happenings()[1].at == Time{2s});
}

TEST_CASE("faults: a silent kill leaves callers in the dark", "[models][faults]") {
  Bench bench;
  bench.rig.fault(kill(), R"({"at": "2s", "for": "3s", "kill": "api", "silent": true})");
  const Answer& during = bench.ask(3s);
  const Answer& after = bench.ask(30s);
  bench.rig.run(Time{60s});
  CHECK(during.reply.status == Status::timeout);
  CHECK(after.reply.ok());
}

TEST_CASE("faults: kills of both sorts that overlap", "[models][faults]") {
  // The silent one ends first: from then on the host is there again, and refuses.
  Bench bench;
  bench.rig.fault(kill(), R"({"at": "100s", "for": "100s", "kill": "api", "silent": true})");
  bench.rig.fault(kill(), R"({"at": "150s", "for": "100s", "kill": "api"})");
  const Answer& both = bench.ask(160s);
  const Answer& loud = bench.ask(210s);
  const Answer& after = bench.ask(260s);
  bench.rig.run(Time{300s});
  CHECK(both.reply.status == Status::timeout);
  CHECK(loud.reply.status == Status::unavailable);
  CHECK(after.reply.ok());
}

TEST_CASE("faults: slow stretches the target's own work and nothing else", "[models][faults]") {
  Bench bench;
  bench.log.react = [](const Received&) { return Reaction{5ms}; };
  bench.rig.fault(slow(), R"({"at": "2s", "for": "10s", "slow": "api", "factor": "3x"})");
  bench.rig.fault(slow(), R"({"at": "5s", "for": "2s", "slow": "api"})");
  const Answer& before = bench.ask(1s);
  const Answer& during = bench.ask(3s);
  const Answer& both = bench.ask(6s);
  const Answer& first = bench.ask(8s);
  const Answer& after = bench.ask(13s);
  bench.rig.run(Time{20s});
  CHECK(before.took() == 15ms);
  CHECK(during.took() == 35ms);
  CHECK(both.took() == 65ms);  // 3 times 2, the factor unless given
  CHECK(first.took() == 35ms);
  CHECK(after.took() == 15ms);
}

TEST_CASE("faults: error answers a share of the requests at once", "[models][faults]") {
  Bench bench;
  bench.rig.fault(error(), R"({"at": "2s", "for": "1s", "error": "api", "rate": "25%"})");
  bench.rig.fault(error(), R"({"at": "10s", "error": "api"})");
  const auto failures = [&](Duration at) {
    std::vector<const Answer*> answers;
    for (int i = 0; i < 4000; ++i) answers.push_back(&bench.ask(at));
    return answers;
  };
  const auto some = failures(2500ms);
  const auto none = failures(5s);
  const auto all = failures(11s);
  bench.rig.run(Time{100s});
  const auto failed = [](const std::vector<const Answer*>& answers) {
    double sum = 0;
    for (const Answer* answer : answers) {
      if (answer->reply.status != Status::error) continue;
      ++sum;
      CHECK(answer->took() == 0s);
    }
    return sum / static_cast<double>(answers.size());
  };
  CHECK(failed(some) == Approx(0.25).margin(0.035));
  CHECK(failed(none) == 0);
  CHECK(failed(all) == 1);  // all of them unless a rate is given
}

TEST_CASE("faults: latency lengthens an edge both ways", "[models][faults]") {
  Bench bench;
  bench.rig.fault(latency(), R"({"at": "2s", "for": "2s", "latency": "api -> db", "add": "7ms"})");
  const Answer& before = bench.ask(1s);
  const Answer& during = bench.ask(3s);
  const Answer& after = bench.ask(5s);
  bench.rig.run(Time{10s});
  CHECK(before.took() == 10ms);
  CHECK(during.took() == 24ms);
  CHECK(after.took() == 10ms);
}

TEST_CASE("faults: latency of a component is that of all edges into it, with jitter",
          "[models][faults]") {
  Bench bench;
  bench.rig.send(Time{1s}, "db", Request{});  // makes the rig's own edge
  bench.rig.fault(latency(),
                  R"({"at": "2s", "for": "2s", "latency": "db", "jitter": {"uniform":
                      ["10ms", "20ms"]}})");
  const Answer& direct = bench.rig.send(Time{3s}, "db", Request{});
  const Answer& through = bench.ask(3s);
  const Answer& after = bench.rig.send(Time{5s}, "db", Request{});
  bench.rig.run(Time{10s});
  CHECK(direct.took() > 20ms);
  CHECK(direct.took() < 40ms);
  CHECK(through.took() > 30ms);
  CHECK(through.took() < 50ms);
  CHECK(after.took() == 0ms);
}

TEST_CASE("faults: a partition keeps messages back, and answers too unless one-way",
          "[models][faults]") {
  const auto took = [](const std::string& more) {
    Bench bench;
    bench.log.react = [](const Received&) { return Reaction{5ms}; };
    bench.rig.fault(partition(),
                    R"({"at": "2s", "for": "2s", "partition": "api -> db")" + more + "}");
    const Answer& sent_before = bench.ask(1988ms);
    const Answer& during = bench.ask(3s);
    const Answer& after = bench.ask(5s);
    bench.rig.run(Time{10s});
    CHECK(after.took() == 15ms);
    CHECK(during.took() == 1005ms);
    return sent_before.at;
  };
  CHECK(took("") == Time{4s});
  CHECK(took(R"(, "one_way": true)") == Time{2003ms});
}

TEST_CASE("faults: count and percent choose instances at random", "[models][faults]") {
  const auto slowed = [](const std::string& extent, std::uint64_t seed = 1) {
    Bench bench("7", seed);
    bench.rig.fault(slow(), R"({"at": "1s", "slow": "api", )" + extent + "}");
    bench.rig.run(Time{2s});
    return bench.slowed();
  };
  const auto number = [](const std::string& text) {
    return std::count(text.begin(), text.end(), 'x');
  };
  CHECK(number(slowed(R"("factor": "2x")")) == 7);
  CHECK(number(slowed(R"("count": 3)")) == 3);
  CHECK(number(slowed(R"("percent": "40%")")) == 3);  // 2.8, rounded up
  CHECK(number(slowed(R"("percent": "100%")")) == 7);
  CHECK(number(slowed(R"("percent": "0%")")) == 0);
  CHECK(slowed(R"("count": 3)") == slowed(R"("count": 3)"));
  std::set<std::string> different;
  std::vector<int> hits(7);
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::string hit = slowed(R"("count": 3)", seed);
    CHECK(number(hit) == 3);
    different.insert(hit);
    for (std::size_t i = 0; i < 7; ++i) hits[i] += hit[i] == 'x';
  }
  CHECK(different.size() > 20);
  for (const int count : hits) CHECK(count == Approx(100 * 3 / 7.0).margin(25));
}

TEST_CASE("faults: one instance by its number", "[models][faults]") {
  Bench bench("3");
  bench.rig.fault(slow(), R"({"at": "1s", "slow": "api[1]"})");
  bench.rig.run(Time{2s});
  CHECK(bench.slowed() == ".x.");
  CHECK(bench.rig.happenings()[0].text == "slow api[1]");
}

TEST_CASE("faults: lists of what was hit", "[models][faults]") {
  Bench bench("3");
  std::vector<Instance*> all;
  for (const auto& instance : bench.rig.component("api").instances()) all.push_back(instance.get());
  CHECK(list_of(all) == "api");
  CHECK(list_of({all[0], all[2]}) == "api[0], api[2]");
  CHECK(list_of({}) == "nothing");
}

TEST_CASE("faults: targets are a component, an instance or an edge", "[models][faults]") {
  CHECK(Target::parse("api")->component == "api");
  CHECK(Target::parse(" api[12] ")->instance == 12u);
  CHECK(Target::parse("api[12]")->text() == "api[12]");
  CHECK(Target::parse("api->users-db")->callee == "users-db");
  CHECK(Target::parse("api -> users-db")->text() == "api -> users-db");
  CHECK(Target::parse("api[2]->users-db[0]")->text() == "api[2] -> users-db[0]");
  for (const char* text : {"", "api[", "api[]", "api[-1]", "api[1]x", "api[1", "->db", "api ->",
                           "a b", "api -> db[x]", "9", "api[99999999999]"})
    CHECK_FALSE(Target::parse(text));
}

/// What examining the joined system finds wrong with a fault.
std::string examined(const FaultKind& kind, const std::string& json) {
  Bench bench("3");
  Problems problems;
  const auto value = parse_json(json, problems.add_source("fault.json"), problems);
  std::vector<std::string> notes;
  std::vector<BarChart> charts;
  const std::string path = "/faults/0";
  Preparation preparation{*value, path, problems, notes, charts};
  const auto plan = kind.read(preparation);
  REQUIRE(plan != nullptr);
  plan->examine(bench.rig.directory(), {*value, path, problems});
  return problems.text();
}

TEST_CASE("faults: what is wrong with them is said", "[models][faults][input]") {
  CHECK(problems_of(kill(), R"({"at": "1s", "kill": "api"})").empty());
  CHECK_THAT(problems_of(kill(), R"({"kill": "api"})"), Catch::Contains("at"));
  CHECK_THAT(problems_of(kill(), R"({"at": "1s", "kill": "api -> db"})"),
             Catch::Contains("is no target of kill"));
  CHECK_THAT(problems_of(partition(), R"({"at": "1s", "partition": "api[1]"})"),
             Catch::Contains("is no target of partition"));
  CHECK_THAT(problems_of(kill(), R"({"at": "1s", "kill": "api", "count": 1, "percent": "5%"})"),
             Catch::Contains("either a count or a percent"));
  CHECK_THAT(problems_of(latency(), R"({"at": "1s", "latency": "api"})"),
             Catch::Contains("adds something"));
  CHECK_THAT(problems_of(latency(), R"({"at": "1s", "latency": "api", "add": "1ms", "zone": "a"})"),
             Catch::Contains("zone"));
  CHECK_THAT(problems_of(slow(), R"({"at": "1s", "slow": "api", "factor": "0x"})"),
             Catch::Contains("factor"));
  CHECK_THAT(problems_of(error(), R"({"at": "1s", "error": "api", "rate": "200%"})"),
             Catch::Contains("rate"));

  CHECK(examined(kill(), R"({"at": "1s", "kill": "api[2]"})").empty());
  CHECK_THAT(examined(kill(), R"({"at": "1s", "kill": "api[3]"})"), Catch::Contains("3 instances"));
  CHECK_THAT(examined(kill(), R"({"at": "1s", "kill": "api", "count": 4})"),
             Catch::Contains("3 instances"));
  CHECK_THAT(examined(kill(), R"({"at": "1s", "kill": "api[1]", "count": 1})"),
             Catch::Contains("named already"));
  CHECK_THAT(examined(kill(), R"({"at": "1s", "kill": "api[1]", "percent": "5%"})"),
             Catch::Contains("named already"));
  CHECK_THAT(examined(partition(), R"({"at": "1s", "partition": "db -> api"})"),
             Catch::Contains("sends nothing to"));
}

}  // namespace
}  // namespace highwater::faults
