// Connections that end in other ways than by a reset: late, after so many bytes, or unheard.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/faults/edge_rig.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::answer_after;
using testing::Caller;
using testing::examined;
using testing::ModelRig;
using testing::problems_of;
using testing::SinkLog;

/// A service api that calls a service db, which accepts one connection at a time.
struct Accepting {
  explicit Accepting(const std::string& call)
      : rig({service::service()},
            R"({"db": {"kind": "service", "workers": 10, "service_time": "10ms", "accept": 1},
                "api": {"kind": "service", "workers": 1000,
                        "endpoints": {"*": [{"call": "db", )" +
                call + "}]}}}") {}
  const Answer& at(Time time) { return rig.send(time, "api", Request{}); }
  Edge& edge() { return rig.directory().edge(rig.component("api"), rig.component("db")); }
  ModelRig rig;
};

TEST_CASE("slow_close: the callee's place is taken until it has heard", "[faults]") {
  Accepting system(R"("transport": {"keep_alive": "0s"})");
  system.rig.fault(slow_close(), R"({"at": "2s", "for": "2s", "slow_close": "api -> db",
                                     "by": "500ms"})");
  const Answer& before = system.at(Time{1s});
  const Answer& next = system.at(Time{1100ms});
  const Answer& first = system.at(Time{2s});
  const Answer& second = system.at(Time{2100ms});
  const Answer& third = system.at(Time{2200ms});
  const Answer& after = system.at(Time{5s});
  const Answer& last = system.at(Time{5100ms});
  system.rig.run(Time{20s});
  CHECK(before.took() == 10ms);
  CHECK(next.took() == 10ms);
  CHECK(first.took() == 10ms);
  CHECK(second.at == Time{2520ms});  // its connection waits until that of the first is closed
  CHECK(third.at == Time{3030ms});
  CHECK(after.took() == 10ms);
  CHECK(last.took() == 10ms);
}

TEST_CASE("slow_close: connections that are kept are not closed", "[faults]") {
  Accepting system(R"("transport": {"keep_alive": "10s"})");
  system.rig.fault(slow_close(), R"({"at": "0s", "slow_close": "api -> db", "by": "500ms"})");
  const Answer& first = system.at(Time{1s});
  const Answer& second = system.at(Time{1100ms});
  system.rig.run(Time{5s});
  CHECK(first.took() == 10ms);
  CHECK(second.took() == 10ms);
}

TEST_CASE("slow_close: a share of them, and delays add up", "[faults]") {
  const auto late = [](const std::vector<std::string>& faults) {
    Accepting system(R"("transport": {"keep_alive": "0s"})");
    for (const std::string& each : faults)
      system.rig.fault(slow_close(), R"({"at": "0s", "slow_close": "api -> db", )" + each + "}");
    std::vector<const Answer*> answers;
    for (int i = 0; i < 400; ++i) answers.push_back(&system.at(Time{i * 1s}));
    for (int i = 0; i < 400; ++i) answers.push_back(&system.at(Time{i * 1s + 50ms}));
    system.rig.run(Time{500s});
    std::vector<Duration> took;
    for (std::size_t i = 400; i < 800; ++i) took.push_back(answers[i]->took());
    return took;
  };
  const std::vector<Duration> some = late({R"("by": "100ms", "toxicity": "30%")"});
  CHECK(std::count(some.begin(), some.end(), 70ms) == Approx(120).margin(30));
  CHECK(std::count(some.begin(), some.end(), 10ms) ==
        400 - std::count(some.begin(), some.end(), 70ms));
  CHECK(late({R"("by": "100ms")", R"("by": "60ms")"})[7] == 130ms);
}

TEST_CASE("slow_close: a caller that dies leaves nothing behind", "[faults]") {
  Accepting system(R"("transport": {"keep_alive": "0s"})");
  system.rig.fault(slow_close(), R"({"at": "0s", "slow_close": "api -> db", "by": "10s"})");
  const Answer& first = system.at(Time{1s});
  system.rig.at(Time{2s}, [&] { system.rig.instance("api", 0).kill(false); });
  system.rig.at(Time{3s}, [&] { system.rig.instance("api", 0).revive(); });
  const Answer& second = system.at(Time{4s});
  system.rig.run(Time{30s});
  CHECK(first.took() == 10ms);
  CHECK(second.took() == 10ms);
}

/// What became of calls a second apart, of which the fault hits those from the third on: '.' for
/// an answer, 'r' for a reset.
struct Limited {
  std::string seen;
  std::uint64_t made = 0;
  std::size_t received = 0;
};
Limited limited(const std::string& fault, const std::string& transport, int calls = 10) {
  SinkLog log;
  answer_after(log, 10ms);
  Caller caller(log, R"("transport": {)" + transport + "}");
  caller.rig.fault(limit_data(), R"({"at": "2500ms", "limit_data": "api -> it", )" + fault + "}");
  std::vector<const Answer*> answers;
  for (int i = 1; i <= calls; ++i) answers.push_back(&caller.at(Time{i * 1s}));
  caller.rig.run(Time{calls * 1s + 10s});
  Limited found;
  for (const Answer* each : answers)
    found.seen += each->reply.ok() ? '.' : each->reply.cause() == Status::reset ? 'r' : '?';
  found.made = caller.count("connections_made");
  found.received = log.size();
  return found;
}

TEST_CASE("limit_data: a connection ends with what goes beyond it", "[faults]") {
  const Limited down = limited(R"("bytes": "2500B")", R"("response_size": "1000B")");
  CHECK(down.seen == "....r..r..");  // two, and a part of the third
  CHECK(down.made == 3);
  CHECK(down.received == 10);  // what was asked for is done
  const Limited up =
      limited(R"("bytes": "2500B", "stream": "upstream")", R"("request_size": "1000B")");
  CHECK(up.seen == "....r..r..");
  CHECK(up.received == 8);
  // Bytes of the other direction do not count.
  CHECK(limited(R"("bytes": "2500B", "stream": "upstream")",
                R"("request_size": "1B", "response_size": "1000B")")
            .seen == "..........");
}

TEST_CASE("limit_data: what reaches it exactly is the last", "[faults]") {
  const Limited down = limited(R"("bytes": "2000B")", R"("response_size": "1000B")");
  CHECK(down.seen == "..........");
  CHECK(down.made == 4);  // that of before carries two more, and then each two
  // A request that does arrives; its answer finds the connection closed.
  const Limited up =
      limited(R"("bytes": "2000B", "stream": "upstream")", R"("request_size": "1000B")");
  CHECK(up.seen == "...r.r.r.r");
  CHECK(up.received == 10);
}

TEST_CASE("limit_data: each connection has its own, and a share is spared", "[faults]") {
  CHECK(limited(R"("bytes": "500B")", R"("response_size": "1000B")").seen == "..rrrrrrrr");
  CHECK(limited(R"("bytes": "500B", "toxicity": "0%")", R"("response_size": "1000B")").seen ==
        "..........");
  const std::string half = limited(R"("bytes": "500B", "toxicity": "50%")",
                                   R"("response_size": "1000B", "keep_alive": "0s")", 400)
                               .seen;
  CHECK(std::count(half.begin(), half.end(), 'r') == Approx(199).margin(40));
  // With keep_alive 0s no connection ever carries two.
  CHECK(limited(R"("bytes": "1500B")", R"("response_size": "1000B", "keep_alive": "0s")").seen ==
        "..........");
}

TEST_CASE("limit_data: streams of a connection end with it", "[faults]") {
  SinkLog log;
  answer_after(log, 100ms);
  Caller caller(log, R"("transport": {"protocol": "http2", "response_size": "1000B"})");
  caller.rig.fault(limit_data(), R"({"at": "2s", "limit_data": "api -> it", "bytes": "1500B"})");
  const Answer& opens = caller.at(Time{1s});
  const Answer& first = caller.at(Time{3s});
  const Answer& second = caller.at(Time{3010ms});
  const Answer& third = caller.at(Time{3020ms});
  const Answer& anew = caller.at(Time{4s});
  caller.rig.run(Time{20s});
  CHECK(opens.reply.ok());
  CHECK(first.reply.ok());
  CHECK(second.reply.cause() == Status::reset);
  CHECK(third.reply.cause() == Status::reset);
  CHECK(anew.reply.ok());
  CHECK(caller.count("connections_made") == 2);
}

TEST_CASE("half_open: with HTTP/1.1 it costs one request's timeout", "[faults]") {
  SinkLog log;
  answer_after(log, 10ms);
  Caller caller(log, R"("timeout": "500ms", "transport": {})");
  caller.rig.fault(half_open(), R"({"at": "2s", "half_open": "api -> it"})");
  const Answer& before = caller.at(Time{1s});
  const Answer& lost = caller.at(Time{3s});
  const Answer& anew = caller.at(Time{3100ms});
  const Answer& after = caller.at(Time{4s});
  caller.rig.run(Time{20s});
  CHECK(before.took() == 10ms);
  CHECK(lost.reply.cause() == Status::timeout);
  CHECK(lost.took() == 500ms);
  CHECK(anew.took() == 10ms);
  CHECK(after.took() == 10ms);
  CHECK(log.size() == 3);
  CHECK(caller.edge().attempts() == 4);
  CHECK(caller.edge().failures() == 1);
}

TEST_CASE("half_open: with HTTP/2 all fail until TCP gives up", "[faults]") {
  SinkLog log;
  answer_after(log, 10ms);
  Caller caller(log, R"("timeout": "500ms", "transport": "http2")");
  caller.rig.fault(half_open(), R"({"at": "2s", "half_open": "api -> it", "timeout": "5s"})");
  std::vector<const Answer*> answers;
  for (int i = 1; i < 12; ++i) answers.push_back(&caller.at(Time{i * 1s + 200ms}));
  caller.rig.run(Time{20s});
  std::string seen;
  for (const Answer* each : answers) seen += each->reply.ok() ? '.' : 't';
  // From the first that is sent, at 2.2 s, until 7.2 s.
  CHECK(seen == ".ttttt.....");
  CHECK(answers[5]->reply.cause() == Status::timeout);
  CHECK(caller.count("connections_made") == 2);
}

TEST_CASE("half_open: TCP gives up after 924.6 s where nobody does before", "[faults]") {
  const std::string protocol = GENERATE(as<std::string>(), "http1", "http2");
  SinkLog log;
  ModelRig::Options options = testing::network_of(0s);
  options.duration = 4000s;
  Caller caller(log, R"("transport": ")" + protocol + '"', options);
  caller.rig.fault(half_open(), R"({"at": "2s", "half_open": "it"})");
  caller.at(Time{1s});
  const Answer& lost = caller.at(Time{3s});
  const Answer& after = caller.at(Time{930s});
  caller.rig.run(Time{3000s});
  CHECK(lost.reply.cause() == Status::reset);
  CHECK(lost.took() == 924'600ms);
  CHECK(after.reply.ok());
}

TEST_CASE("half_open: a pool loses its connections one by one, or pings them", "[faults]") {
  SinkLog log;
  answer_after(log, 10ms);
  SECTION("without a ping") {
    Caller caller(log, R"("timeout": "500ms", "pool": {"size": 2})");
    caller.rig.fault(half_open(), R"({"at": "2s", "half_open": "api -> it"})");
    caller.at(Time{1s});
    caller.at(Time{1s});
    std::vector<const Answer*> answers;
    for (const Duration at : {3s, 4s, 5s, 6s}) answers.push_back(&caller.at(Time{at}));
    caller.rig.run(Time{20s});
    std::string seen;
    for (const Answer* each : answers) seen += each->reply.ok() ? '.' : 't';
    CHECK(seen == "tt..");
    CHECK(answers[0]->took() == 500ms);
    CHECK(caller.edge().failures() == 2);
    CHECK(caller.edge().attempts() == 6);
  }
  SECTION("a ping has no answer") {
    Caller caller(log, R"("pool": {"size": 1, "pre_ping": true, "connect_timeout": "2s"})");
    caller.rig.fault(half_open(), R"({"at": "2s", "half_open": "api -> it"})");
    caller.at(Time{1s});
    const Answer& pinged = caller.at(Time{3s});
    const Answer& after = caller.at(Time{6s});
    caller.rig.run(Time{20s});
    CHECK(pinged.reply.ok());
    CHECK(pinged.took() == 2010ms);
    CHECK(after.took() == 10ms);
  }
  SECTION("nobody has a timeout") {
    Caller caller(log, R"("pool": {"size": 1})");
    caller.rig.fault(half_open(), R"({"at": "2s", "half_open": "api -> it", "timeout": "4s"})");
    caller.at(Time{1s});
    const Answer& lost = caller.at(Time{3s});
    const Answer& after = caller.at(Time{8s});
    caller.rig.run(Time{20s});
    CHECK(lost.reply.cause() == Status::reset);
    CHECK(lost.took() == 4s);
    CHECK(after.took() == 10ms);
  }
}

TEST_CASE("half_open: a share of the connections, and only those of before", "[faults]") {
  SinkLog log;
  answer_after(log, 100ms);
  Caller caller(log, R"("timeout": "500ms", "transport": {})");
  caller.rig.fault(half_open(), R"({"at": "2s", "half_open": "api -> it", "toxicity": "30%"})");
  for (int i = 0; i < 400; ++i) caller.at(Time{1s});
  std::vector<const Answer*> answers;
  for (int i = 0; i < 400; ++i) answers.push_back(&caller.at(Time{3s}));
  for (int i = 0; i < 400; ++i) answers.push_back(&caller.at(Time{5s}));
  caller.rig.run(Time{20s});
  int lost = 0;
  for (const Answer* each : answers) lost += !each->reply.ok();
  CHECK(lost == Approx(120).margin(35));
  CHECK(caller.rig.happenings().front().text.find("connections") != std::string::npos);
}

TEST_CASE("half_open: answers that are on their way are lost with it", "[faults]") {
  SinkLog log;
  answer_after(log, 1s);
  Caller caller(log, R"("timeout": "3s", "transport": {})");
  caller.rig.fault(half_open(), R"({"at": "2s", "half_open": "api -> it"})");
  const Answer& under_way = caller.at(Time{1500ms});
  caller.rig.run(Time{20s});
  CHECK(under_way.reply.cause() == Status::timeout);
  CHECK(under_way.took() == 3s);
  CHECK(log.size() == 1);
}

TEST_CASE("half_open, limit_data: nothing else is touched", "[faults]") {
  const bool forgets = GENERATE(false, true);
  const auto answers = [&](bool with) {
    testing::TwoPairs pairs(R"(, "transport": {"response_size": "1000B"})");
    if (with && forgets)
      pairs.rig.fault(half_open(), R"({"at": "5s", "half_open": "api -> db", "timeout": "1s"})");
    if (with && !forgets)
      pairs.rig.fault(limit_data(), R"({"at": "5s", "for": "5s", "limit_data": "api -> db",
                                        "bytes": "2500B"})");
    pairs.rig.run(Time{60s});
    return pairs.answers;
  };
  const auto without = answers(false);
  const auto with = answers(true);
  CHECK(with.at("other") == without.at("other"));
  CHECK(with.at("api") != without.at("api"));
  for (const auto& [id, seen] : without.at("api"))
    if (std::get<0>(seen) < Time{5s} - 1s) CHECK(with.at("api").at(id) == seen);
}

TEST_CASE("slow_close, limit_data, half_open: what is wrong with them is said", "[faults][input]") {
  SinkLog log;
  Caller plain(log, R"("timeout": "1s")");
  CHECK_THAT(examined(plain.rig, slow_close(), R"({"at": "1s", "slow_close": "api -> it"})"),
             Catch::Contains("max_connections"));
  CHECK_THAT(examined(plain.rig, limit_data(),
                      R"({"at": "1s", "limit_data": "api -> it", "bytes": "1kB"})"),
             Catch::Contains("response_size"));
  CHECK_THAT(examined(plain.rig, half_open(), R"({"at": "1s", "half_open": "api -> it"})"),
             Catch::Contains("\"transport\" or a \"pool\""));
  Accepting accepting(R"("transport": {"request_size": "1kB"})");
  CHECK(
      examined(accepting.rig, slow_close(), R"({"at": "1s", "slow_close": "api -> db"})").empty());
  CHECK(examined(accepting.rig, limit_data(),
                 R"({"at": "1s", "limit_data": "api -> db", "bytes": "1kB"})")
            .empty());
  CHECK(examined(accepting.rig, half_open(), R"({"at": "1s", "half_open": "api -> db"})").empty());
  CHECK_THAT(problems_of(limit_data(), R"({"at": "1s", "limit_data": "it"})"),
             Catch::Contains("bytes"));
  CHECK_THAT(problems_of(slow_close(), R"({"at": "1s", "slow_close": "it", "by": "0s"})"),
             Catch::Contains("/by"));
  CHECK_THAT(problems_of(half_open(), R"({"at": "1s", "for": "1s", "half_open": "it"})"),
             Catch::Contains("for good"));
  CHECK_THAT(problems_of(half_open(), R"({"at": "1s", "half_open": "it", "timeout": "0s"})"),
             Catch::Contains("timeout"));
}

}  // namespace
}  // namespace highwater::faults
