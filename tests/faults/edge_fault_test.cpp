// What all faults of edges have in common: they touch nothing else, and leave no trace.

#include "models/faults/edge_fault.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/faults/edge_rig.h"

namespace highwater::faults {
namespace {

using testing::TwoPairs;

struct Case {
  FaultKind kind;
  std::string json;
  bool shows_without_transport = true;
};

std::vector<Case> cases() {
  const auto fault = [](const std::string& verb, const std::string& more = "") {
    return R"({"at": "5s", "for": "5s", ")" + verb + R"(": "api -> db")" + more + "}";
  };
  return {
      {latency(), fault("latency", R"(, "add": "3ms", "jitter": {"exponential": "5ms"})")},
      {latency(), fault("latency", R"(, "add": "3ms", "count": 1, "ramp": "1s", "fade": "1s")")},
      {loss(), fault("loss", R"(, "rate": "20%")")},
      {loss(), fault("loss", R"(, "rate": "20%", "burst": 3, "percent": "50%")")},
      {corrupt(), fault("corrupt", R"(, "rate": "20%", "fade": "1s")")},
      {duplicate(), fault("duplicate", R"(, "rate": "50%")"), false},
      {partition(), fault("partition", R"(, "count": 1)")},
      {partition(), fault("partition", R"(, "one_way": true)")},
      {bandwidth(), fault("bandwidth", R"(, "rate": "8Mbit/s", "limit": "40kB")"), false},
      {blackhole(), fault("blackhole")},
      {reset(), fault("reset", R"(, "toxicity": "50%", "timeout": "10ms")")},
      {reset(), fault("reset", R"(, "toxicity": "50%", "stream": "upstream")")},
      {dns(), fault("dns")},
      {dns(), fault("dns", R"(, "answer": "timeout", "ttl": "3s")")},
      {tls_expiry(), fault("tls_expiry"), false}};
}

/// Answers of requests sent from `from` on.
TwoPairs::Answers sent_from(const TwoPairs::Answers& all, Time from) {
  TwoPairs::Answers some;
  for (const auto& [id, seen] : all)
    if (std::get<0>(seen) >= from) some[id] = seen;
  return some;
}

TEST_CASE("edge faults: touch nothing else, and leave no trace", "[faults]") {
  const bool with_transport = GENERATE(false, true);
  const std::string call = with_transport ? R"(, "transport": {"tls": "tls1_3",
      "keep_alive": "200ms", "request_size": "1kB", "response_size": "20kB"})"
                                          : "";
  TwoPairs without(call);
  without.rig.run(Time{40s});
  for (const Case& each : cases()) {
    if (!with_transport && !each.shows_without_transport) continue;
    INFO(each.json << (with_transport ? " over connections" : ""));
    TwoPairs with(call);
    with.rig.fault(each.kind, each.json);
    with.rig.run(Time{40s});
    REQUIRE(with.answers["api"].size() == 4000);
    CHECK(with.answers["other"] == without.answers["other"]);
    if (with.edge().duplicated() == 0)
      CHECK(with.answers["api"] != without.answers["api"]);
    else
      CHECK(with.answers["api"] == without.answers["api"]);
    CHECK(sent_from(with.answers["api"], Time{15s}) ==
          sent_from(without.answers["api"], Time{15s}));
  }
}

TEST_CASE("edge faults: whoever dies meanwhile", "[faults]") {
  // The rig checks its books; destroying it in the midst of everything is part of the test.
  const std::string call = GENERATE(as<std::string>(), "", R"(, "transport": {"tls": "tls1_2",
      "response_size": "20kB"})",
                                    R"(, "transport": {"protocol": "http2"})",
                                    R"(, "pool": {"size": 3, "max_overflow": 20})");
  INFO(call);
  const bool to_the_end = GENERATE(true, false);
  TwoPairs bench(call);
  const auto fault = [&](const FaultKind& kind, const std::string& json) {
    bench.rig.fault(kind, json);
  };
  fault(loss(), R"({"at": "2s", "for": "16s", "loss": "db", "rate": "20%", "burst": 2})");
  fault(corrupt(), R"({"at": "3s", "for": "10s", "corrupt": "api -> db", "rate": "5%"})");
  fault(reset(), R"({"random": {"rate": "1/s"}, "for": "500ms", "reset": "db", "toxicity": "20%",
                     "timeout": "30ms"})");
  fault(blackhole(), R"({"random": {"rate": "30/minute"}, "for": "700ms", "blackhole": "db",
                         "count": 1})");
  fault(partition(), R"({"random": {"rate": "30/minute"}, "for": "700ms",
                         "partition": "api -> db[1]"})");
  fault(dns(), R"({"random": {"rate": "30/minute"}, "for": "500ms", "dns": "db", "ttl": "200ms"})");
  fault(kill(), R"({"random": {"rate": "1/s"}, "for": "200ms", "kill": "api", "count": 1})");
  fault(kill(), R"({"random": {"rate": "1/s"}, "for": "200ms", "kill": "db", "count": 1})");
  fault(kill(), R"({"random": {"rate": "1/s"}, "for": "400ms", "kill": "db", "count": 1,
                    "silent": true})");
  bench.rig.run(to_the_end ? Time{100s} : Time{9s + 500ms});
  if (!to_the_end) return;
  CHECK(bench.answers["api"].size() == 4000);
  CHECK(bench.edge().lost() > 200);
  CHECK(bench.edge().corrupted() > 20);
}

TEST_CASE("edge faults: names of what was hit", "[faults]") {
  const auto text = [](const std::string& more) {
    TwoPairs bench("");
    bench.rig.fault(loss(), R"({"at": "1s", "loss": )" + more + "}");
    bench.rig.run(Time{2s});
    return bench.rig.happenings().front().text;
  };
  CHECK(text(R"("api -> db")") == "loss api -> db");
  CHECK(text(R"("db")") == "loss db");
  CHECK(text(R"("api[1] -> db[0]")") == "loss api[1] -> db[0]");
  CHECK(text(R"("api -> db", "percent": "100%")") == "loss api -> db of api");
  CHECK_THAT(text(R"("api -> db", "count": 1)"), Catch::StartsWith("loss api -> db of api["));
}

TEST_CASE("edge faults: what is wrong with their targets is said", "[faults][input]") {
  TwoPairs bench("");
  const auto wrong = [&](const std::string& more) {
    return testing::examined(bench.rig, loss(), R"({"at": "1s", "loss": )" + more + "}");
  };
  CHECK(wrong(R"("api -> db")").empty());
  CHECK(wrong(R"("api[1] -> db[1]")").empty());
  CHECK(wrong(R"("db", "count": 2)").empty());
  CHECK_THAT(wrong(R"("api[2] -> db")"), Catch::Contains("\"api\" has 2 instances"));
  CHECK_THAT(wrong(R"("api -> db[7]")"), Catch::Contains("the last one is db[1]"));
  CHECK_THAT(wrong(R"("api -> db2")"), Catch::Contains("sends nothing to"));
  CHECK_THAT(wrong(R"("api -> b")"), Catch::Contains("\"b\" is no component"));
  CHECK_THAT(wrong(R"("a -> b")"), Catch::Contains("are no zones"));
  CHECK_THAT(wrong(R"("api[1")"), Catch::Contains("is no target of loss"));
  CHECK_THAT(wrong(R"("api[1]")"), Catch::Contains("is no target of loss"));
  CHECK_THAT(wrong(R"("api -> ")"), Catch::Contains("is no target of loss"));
  CHECK_THAT(wrong(R"("api -> db", "count": 3)"), Catch::Contains("the callers have 2 instances"));
  CHECK_THAT(wrong(R"("api[0] -> db", "percent": "5%")"), Catch::Contains("named already"));
  CHECK_THAT(wrong(R"("api -> db", "count": 1, "percent": "5%")"),
             Catch::Contains("either a count or a percent"));
}

}  // namespace
}  // namespace highwater::faults
