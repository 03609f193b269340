// Outage logs are replayed as the faults that are in them.

#include "engine/scenario/fault_trace.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/experiment/experiment_support.h"
#include "tests/support/scratch_file.h"

namespace highwater::testing {
namespace {

Prepared replaying(const std::string& log, const std::string& more = "",
                   std::vector<std::string> settings = {}) {
  const ScratchFile file(log);
  return prepared(mm1(R"("faults": [{"replay": ")" + file.path().string() + "\"" + more + "}],"),
                  std::move(settings));
}

TEST_CASE("fault trace: rows become faults, with their parameters") {
  const Prepared ready = replaying(
      "time,target,fault,duration,factor,count\n"
      "1.5,api,kill,500ms,,1\n"
      "\n"
      "3s,api,slow,\"1\",3x,\n"
      "4,api[0],kill,,,\n");
  INFO(ready.problems);
  REQUIRE(ready.system);
  const auto& faults = ready.system->faults;
  REQUIRE(faults.size() == 3);
  CHECK(faults[0]->text() == "kill api");
  CHECK(faults[0]->schedule().at == 1500ms);
  CHECK(faults[1]->text() == "slow api");
  CHECK(faults[1]->schedule().lasts->mean_s() == 1);
  CHECK_FALSE(faults[2]->schedule().lasts);
  const Results results = run(*ready.system);
  CHECK(results.events_log.at(0).t_s == 1.5);
}

TEST_CASE("fault trace: where it begins, and how fast it passes") {
  const Prepared ready = replaying("time,target,fault,duration\n10,api,kill,20\n",
                                   R"(, "at": "1s", "speedup": "10x")");
  REQUIRE(ready.system);
  CHECK(ready.system->faults[0]->schedule().at == 2s);
  CHECK(ready.system->faults[0]->schedule().lasts->mean_s() == 2);
}

TEST_CASE("fault trace: its rows stand in its place") {
  const ScratchFile file("time,target,fault\n5,api,kill\n6,api,slow\n");
  const Prepared ready = prepared(mm1(
      R"("faults": [{"at": "1s", "slow": "api", "for": "1s"}, {"replay": ")" +
      file.path().string() + R"("}, {"kill": "api", "when": "faults[2] begins", "for": "1s"}],)"));
  INFO(ready.problems);
  REQUIRE(ready.system);
  REQUIRE(ready.system->faults.size() == 4);
  CHECK(ready.system->faults[2]->text() == "slow api");
  CHECK(ready.system->triggers[3]->fault == 2);
}

TEST_CASE("fault trace: what is wrong with a log is reported with its line and column") {
  const std::string problems = replaying(
                                   "time,target,fault,duration,factr\n"
                                   "x,api,kill,1,\n"
                                   "1,api,kil,1,\n"
                                   "1,apo,kill,1,\n"
                                   "1,api,kill,soon,\n"
                                   "1,api,slow,1,2x\n"
                                   "-3,api,kil,-1s,\n"
                                   "1,api,kill,1,,,7\n"
                                   "1,api,\"kill,1,\n")
                                   .problems;
  using Catch::Contains;
  CHECK_THAT(problems, Contains(":2:1") && Contains("\"x\" is no time"));
  CHECK_THAT(problems, Contains(":3:7") && Contains("did you mean \"kill\""));
  CHECK_THAT(problems, Contains(":4:3") && Contains("did you mean \"api\""));
  CHECK_THAT(problems, Contains(":5:12") && Contains("\"soon\" is no duration"));
  CHECK_THAT(problems, Contains(":6:14") && Contains("did you mean \"factor\""));
  CHECK_THAT(problems, Contains(":7:1:") && Contains(":7:8:") && Contains(":7:12:") &&
                           Contains("\"-3\" is no time") && Contains("\"-1s\" is no duration"));
  CHECK_THAT(problems, Contains(":8:15") && Contains("7 fields, and the header names 5"));
  CHECK_THAT(problems, Contains(":9:1") && Contains("a quote is not closed"));
}

TEST_CASE("fault trace: what is no log") {
  using Catch::Contains;
  CHECK_THAT(replaying("time,target\n").problems, Contains("\"fault\" is missing"));
  CHECK_THAT(replaying("when,what,fault\n").problems,
             Contains("\"time\" is missing") && Contains("\"target\" is missing"));
  CHECK_THAT(replaying("time,target,fault,target,,for\n").problems,
             Contains(":1:19") && Contains("\"target\" stands twice") && Contains(":1:26") &&
                 Contains("no name") && Contains(":1:27") && Contains("column \"duration\""));
  CHECK_THAT(replaying("time;target;fault\n").problems, Contains("have commas between them"));
  CHECK_THAT(replaying("").problems, Contains("the log is empty"));
  CHECK_THAT(replaying("time,target,fault\n\n").problems, Contains("no rows"));
  CHECK_THAT(replaying(std::string("\x7f"
                                   "ELF\0\x01",
                                   6))
                 .problems,
             Contains(":1:1") && Contains("is it a CSV file?"));
  CHECK_THAT(replaying(std::string("time,target,fault\n1,\0\n", 22)).problems,
             Contains(":2:3") && Contains("is it a CSV file?"));
  CHECK_THAT(prepared(mm1(R"("faults": [{"replay": "nowhere.csv"}],)")).problems,
             Contains("no such file"));
  std::string many = "time,target,fault\n";
  for (std::size_t i = 0; i <= kMostTraceRows; ++i) many += "1,api,slow\n";
  CHECK_THAT(replaying(many).problems, Contains(":10002:1") && Contains("at most 10000 rows"));
  std::string wrong = "time,target,fault\n";
  for (int i = 0; i < 1'000'000; ++i) wrong += "1,api,kil\n";
  CHECK_THAT(replaying(wrong).problems, Contains("more") && Contains("did you mean \"kill\""));
}

TEST_CASE("fault trace: in any order, and never beyond what a run can be") {
  const Prepared ready = replaying("time,target,fault,duration\n30,api,slow,1\n10,api,kill,400d\n",
                                   R"(, "at": "1s", "speedup": "0.001x")");
  INFO(ready.problems);
  REQUIRE(ready.system);
  CHECK(ready.system->faults[0]->schedule().at > ready.system->faults[1]->schedule().at);
  CHECK(ready.system->faults[1]->schedule().lasts->mean_s() == seconds(kLongestRun));
}

}  // namespace
}  // namespace highwater::testing
