// Steps of an endpoint, one verb at a time: a service runs them, sinks write down what it calls.

#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/cache/cache.h"
#include "models/service/service.h"
#include "models/steps/program.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater::steps {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;
using testing::Reaction;
using testing::read_of;
using testing::Received;
using testing::sink;
using testing::SinkLog;

/// A service `api` with one endpoint and a thousand workers, a sink `db`, a cache `redis`.
struct Bench {
  explicit Bench(const std::string& steps, const std::string& parameters = R"("workers": 1000)")
      : rig({service::service(), cache::cache(), sink(log)},
            R"({"db": {"kind": "sink"},
                "redis": {"kind": "cache", "policy": "lru", "capacity": 100,
                          "service_time": "1ms"},
                "api": {"kind": "service", )" +
                parameters + R"(, "endpoints": {"*": )" + steps + "}}}") {}

  const Answer& ask(Duration at, Request request = {}, const CallPolicy& policy = {}) {
    return rig.send(Time{at}, "api", request, policy);
  }
  /// How long one request takes.
  Duration took() {
    const Answer& answer = ask(1s);
    rig.run(Time{1000s});
    REQUIRE(answer.answered);
    return answer.took();
  }
  /// Of so many requests.
  std::vector<const Answer*> many(int requests) {
    std::vector<const Answer*> answers;
    for (int i = 0; i < requests; ++i) answers.push_back(&ask(1s, read_of(0)));
    rig.run(Time{1000s});
    return answers;
  }

  SinkLog log;
  ModelRig rig;
};

double mean_ms(const std::vector<const Answer*>& answers) {
  double sum = 0;
  for (const Answer* answer : answers) sum += milliseconds(answer->took());
  return sum / static_cast<double>(answers.size());
}
double share_of(const std::vector<const Answer*>& answers, Status status) {
  double sum = 0;
  for (const Answer* answer : answers) sum += answer->reply.status == status;
  return sum / static_cast<double>(answers.size());
}

TEST_CASE("steps: one after the other, and none at all answers at once", "[models][steps]") {
  CHECK(Bench(R"([{"compute": "3ms"}, {"wait": "4ms"}, {"compute": "5ms"}])").took() == 12ms);
  CHECK(Bench("[]").took() == 0ms);
}

TEST_CASE("steps: compute takes a core, wait does not", "[models][steps]") {
  const auto took = [](const char* verb) {
    Bench bench(R"([{")" + std::string(verb) + R"(": "10ms"}])", R"("workers": 10, "cores": 1)");
    bench.ask(1s);
    return bench.took();
  };
  CHECK(took("compute") == 20ms);
  CHECK(took("wait") == 10ms);
}

TEST_CASE("steps: times are drawn for each request and each step", "[models][steps]") {
  Bench bench(R"([{"compute": {"exponential": "10ms"}}, {"wait": {"exponential": "10ms"}}])");
  const auto answers = bench.many(1000);
  CHECK(mean_ms(answers) == Approx(20).margin(2.3));  // five standard errors of Erlang-2
  double squares = 0;
  for (const Answer* answer : answers) {
    const double off = milliseconds(answer->took()) - 20;
    squares += off * off / 1000;
  }
  CHECK(squares == Approx(200).epsilon(0.35));  // 400 were both draws the same
}

TEST_CASE("steps: a call says what it wants, and ends the request when it fails",
          "[models][steps]") {
  Bench bench(R"([{"call": "db"}, {"call": "db", "op": "write", "endpoint": "insert"},
                  {"wait": "5ms"}])");
  bench.log.react = [](const Received& received) {
    const bool fails = received.request.key == 9 && received.request.operation == Operation::write;
    return Reaction{1ms, fails ? Status::rejected : Status::ok};
  };
  const Answer& good = bench.ask(1s, read_of(3));
  const Answer& bad = bench.ask(2s, read_of(9));
  bench.rig.run(Time{3s});
  REQUIRE(bench.log.size() == 4);
  const Request& first = bench.log.received[0].request;
  const Request& second = bench.log.received[1].request;
  CHECK(first.operation == Operation::read);
  CHECK(second.operation == Operation::write);
  CHECK(bench.rig.world().symbols.name(second.endpoint) == "insert");
  CHECK(first.endpoint == kNoSymbol);
  CHECK(first.key == 3);
  CHECK(second.key == 3);
  CHECK(first.id == second.id);
  CHECK(first.path != second.path);
  CHECK(good.took() == 7ms);
  CHECK(bad.took() == 2ms);
  CHECK(bad.reply.status == Status::error);  // the service was there and answered: a 5xx
  CHECK(bad.reply.cause() == Status::rejected);
}

TEST_CASE("steps: a call has its own policy", "[models][steps]") {
  Bench bench(R"([{"call": "db", "timeout": "20ms", "retry":
                   {"attempts": 2, "backoff": "5ms", "jitter": "none"}}])");
  bench.log.react = [&bench](const Received&) {
    return Reaction{bench.log.size() == 1 ? 1h : 1ms};
  };
  CHECK(bench.took() == 26ms);
  CHECK(bench.log.size() == 2);
}

TEST_CASE("steps: cache-aside asks, loads what is missing and stores it", "[models][steps]") {
  Bench bench(R"([{"cache": "redis", "ttl": "10s", "miss": [{"call": "db"}]}, {"wait": "5ms"}])");
  bench.log.react = [](const Received& received) {
    return Reaction{50ms, received.request.key == 9 ? Status::error : Status::ok};
  };
  const Answer& miss = bench.ask(1s, read_of(7));
  const Answer& hit = bench.ask(2s, read_of(7));
  const Answer& expired = bench.ask(20s, read_of(7));
  const Answer& other = bench.ask(30s, read_of(8));
  const Answer& failed = bench.ask(40s, read_of(9));
  const Answer& again = bench.ask(41s, read_of(9));
  bench.rig.run(Time{50s});
  CHECK(miss.took() == 57ms);  // get, load, put, and what follows
  CHECK(hit.took() == 6ms);
  CHECK(expired.took() == 57ms);
  CHECK(other.took() == 57ms);
  CHECK(failed.took() == 51ms);
  CHECK(failed.reply.status == Status::error);
  CHECK(again.took() == 51ms);  // what could not be loaded was not stored
}

TEST_CASE("steps: a cache that does not answer costs time, not the answer", "[models][steps]") {
  Bench bench(R"([{"cache": "redis", "timeout": "20ms", "miss": [{"wait": "50ms"}]}])");
  bench.rig.at(Time{500ms}, [&] { bench.rig.instance("redis", 0).kill(true); });
  CHECK(bench.took() == 70ms);
  Bench retried(R"([{"cache": "redis", "timeout": "20ms", "retry": {"attempts": 2,
                     "backoff": "5ms", "jitter": "none"}, "miss": [{"wait": "50ms"}]}])");
  retried.rig.at(Time{500ms}, [&] { retried.rig.instance("redis", 0).kill(true); });
  CHECK(retried.took() == 95ms);
  Bench refusing(R"([{"cache": "redis", "miss": [{"wait": "50ms"}]}])");
  refusing.rig.at(Time{500ms}, [&] { refusing.rig.instance("redis", 0).kill(false); });
  CHECK(refusing.took() == 50ms);
}

TEST_CASE("steps: publish writes over an edge of its own, and waits for the answer",
          "[models][steps]") {
  Bench bench(R"([{"publish": "db", "timeout": "1s"}])");
  bench.log.react = [](const Received&) { return Reaction{3ms}; };
  CHECK(bench.took() == 3ms);
  CHECK(bench.log.received.at(0).request.operation == Operation::write);
  bool asynchronous = false;
  for (const Edge& edge : bench.rig.directory().edges())
    if (&edge.from() == &bench.rig.component("api")) asynchronous |= edge.asynchronous();
  CHECK(asynchronous);
  Bench late(R"([{"publish": "db", "timeout": "1ms"}])");
  late.log.react = [](const Received&) { return Reaction{3ms}; };
  CHECK(late.took() == 1ms);
}

TEST_CASE("steps: parallel lists take as long as the longest, or as the quorum",
          "[models][steps]") {
  const std::string lists = R"([[{"wait": "30ms"}], [{"wait": "10ms"}, {"wait": "5ms"}],
                                [{"wait": "20ms"}]])";
  const auto took = [&](const std::string& more) {
    return Bench(R"([{"parallel": )" + lists + more + "}, {\"wait\": \"1ms\"}]").took();
  };
  CHECK(took("") == 31ms);
  CHECK(took(R"(, "quorum": 1)") == 16ms);
  CHECK(took(R"(, "quorum": 2)") == 21ms);
  CHECK(took(R"(, "quorum": 3)") == 31ms);
}

TEST_CASE("steps: a parallel list that fails fails the request, if it is needed",
          "[models][steps]") {
  const auto answer = [](const std::string& more) {
    Bench bench(R"([{"parallel": [[{"wait": "10ms"}, {"call": "db"}], [{"wait": "30ms"}]])" + more +
                "}]");
    bench.log.react = [](const Received&) { return Reaction{Duration{0}, Status::rejected}; };
    const Answer& result = bench.ask(1s);
    bench.rig.run(Time{2s});
    return result;
  };
  CHECK(answer("").reply.cause() == Status::rejected);
  CHECK(answer("").took() == 10ms);  // the quorum can not be reached any more
  CHECK(answer(R"(, "quorum": 1)").reply.ok());
  CHECK(answer(R"(, "quorum": 1)").took() == 30ms);
}

TEST_CASE("steps: parallel lists draw and call apart", "[models][steps]") {
  Bench bench(R"([{"parallel": [[{"call": "db"}], [{"call": "db"}], [{"call": "db"}]]},
                  {"parallel": [[{"call": "db"}], [{"call": "db"}]]}])");
  bench.ask(1s);
  bench.rig.run(Time{2s});
  std::set<std::uint64_t> paths;
  for (const Received& each : bench.log.received) paths.insert(each.request.path);
  CHECK(bench.log.size() == 5);
  CHECK(paths.size() == 5);

  Bench random(R"([{"parallel": [[{"wait": {"exponential": "10ms"}}],
                                 [{"wait": {"exponential": "10ms"}}]]}])");
  CHECK(mean_ms(random.many(1000)) == Approx(15).margin(1.8));  // the larger of two exponentials
}

TEST_CASE("steps: in an event loop, parallel lists compute one after the other on one worker",
          "[models][steps]") {
  const std::string lists = R"([{"parallel": [[{"compute": "10ms"}], [{"compute": "10ms"}]]}])";
  CHECK(Bench(lists, R"("workers": 1, "blocking": false)").took() == 20ms);
  CHECK(Bench(lists, R"("workers": 2, "blocking": false)").took() == 10ms);
}

TEST_CASE("steps: choose does one of its lists, or none", "[models][steps]") {
  Bench bench(R"([{"choose": [{"p": "50%", "steps": [{"wait": "1ms"}]},
                              {"p": "30%", "steps": [{"wait": "10ms"}]}]}])");
  const auto answers = bench.many(1000);
  std::map<Duration, double> shares;
  for (const Answer* answer : answers) shares[answer->took()] += 0.001;
  CHECK(shares.size() == 3);
  CHECK(shares[1ms] == Approx(0.5).margin(0.08));
  CHECK(shares[10ms] == Approx(0.3).margin(0.075));
  CHECK(shares[0ms] == Approx(0.2).margin(0.065));
}

TEST_CASE("steps: repeat goes round so often, or as chance has it", "[models][steps]") {
  CHECK(Bench(R"([{"repeat": {"times": 4, "steps": [{"wait": "3ms"}]}}])").took() == 12ms);
  CHECK(Bench(R"([{"repeat": {"times": 0, "steps": [{"wait": "3ms"}]}}])").took() == 0ms);
  const std::string geometric =
      R"([{"repeat": {"times": {"geometric": {"p": 0.75}}, "steps": [{"wait": "1ms"}]}}])";
  Bench bench(geometric);
  const auto answers = bench.many(1000);
  CHECK(mean_ms(answers) == Approx(4).margin(0.55));  // 1/(1 - p), standard deviation 3.46
  double once = 0;
  for (const Answer* answer : answers) once += answer->took() == 1ms;
  CHECK(once / 1000 == Approx(0.25).margin(0.07));
  CHECK(Bench(R"([{"repeat": {"times": {"geometric": {"p": 0}}, "steps": [{"wait": "1ms"}]}}])")
            .took() == 1ms);
}

TEST_CASE("steps: repeat draws anew each time, and ends with a failure", "[models][steps]") {
  Bench bench(R"([{"repeat": {"times": 5, "steps": [{"call": "db"}]}}])");
  bench.log.react = [&bench](const Received&) {
    return Reaction{1ms, bench.log.size() == 3 ? Status::error : Status::ok};
  };
  CHECK(bench.took() == 3ms);
  std::set<std::uint64_t> paths;
  for (const Received& each : bench.log.received) paths.insert(each.request.path);
  CHECK(paths.size() == 3);
}

TEST_CASE("steps: a lock is held by one request at a time, over all instances", "[models][steps]") {
  Bench bench(R"([{"lock": "row", "steps": [{"wait": "10ms"}]}])",
              R"("workers": 10, "replicas": 2)");
  const Answer& first = bench.ask(1s, read_of(1));
  const Answer& second = bench.ask(1s, read_of(2));
  const Answer& third = bench.ask(1s, read_of(1));
  bench.rig.run(Time{2s});
  CHECK(first.took() == 10ms);
  CHECK(second.took() == 20ms);
  CHECK(third.took() == 30ms);
}

TEST_CASE("steps: a keyed lock keeps only requests about the same key apart", "[models][steps]") {
  Bench bench(R"([{"lock": "row", "keyed": true, "steps": [{"wait": "10ms"}]}])");
  const Answer& first = bench.ask(1s, read_of(1));
  const Answer& other = bench.ask(1s, read_of(2));
  const Answer& third = bench.ask(1s, read_of(1));
  const Answer& later = bench.ask(1500ms, read_of(1));
  bench.rig.run(Time{2s});
  CHECK(first.took() == 10ms);
  CHECK(other.took() == 10ms);
  CHECK(third.took() == 20ms);
  CHECK(later.took() == 10ms);
}

TEST_CASE("steps: locks of different names do not meet, and one name is one lock",
          "[models][steps]") {
  const auto last = [](const char* other) {
    Bench bench(R"([{"choose": [{"p": 1, "steps": [{"parallel": [
                     [{"lock": "a", "steps": [{"wait": "10ms"}]}],
                     [{"lock": ")" +
                std::string(other) + R"(", "steps": [{"wait": "10ms"}]}]]}]}]}])");
    return bench.took();
  };
  CHECK(last("b") == 10ms);
  CHECK(last("a") == 20ms);
}

TEST_CASE("steps: a lock is given back with a failure and with a death", "[models][steps]") {
  Bench failing(R"([{"lock": "row", "steps": [{"wait": "10ms"}, {"fail": 1}]}])");
  failing.ask(1s);
  const Answer& next = failing.ask(1s);
  failing.rig.run(Time{2s});
  CHECK(next.took() == 20ms);

  Bench dying(R"([{"lock": "row", "steps": [{"wait": "1s"}]}])", R"("workers": 5, "replicas": 2)");
  const Answer& killed = dying.ask(1s);
  const Answer& waiting = dying.ask(1s);
  dying.rig.at(Time{1500ms}, [&] { dying.rig.instance("api", 0).kill(false); });
  dying.rig.run(Time{5s});
  CHECK(killed.reply.status == Status::reset);
  CHECK(waiting.took() == 1500ms);
}

TEST_CASE("steps: respond answers now, and the rest runs on", "[models][steps]") {
  Bench bench(R"([{"wait": "5ms"}, {"respond": 202}, {"wait": "20ms"}, {"call": "db"}])",
              R"("workers": 1)");
  const Answer& first = bench.ask(1s);
  const Answer& second = bench.ask(1s);
  bench.rig.run(Time{2s});
  CHECK(first.took() == 5ms);
  CHECK(first.reply.ok());
  CHECK(second.took() == 30ms);  // the worker is busy until the last step
  CHECK(bench.log.size() == 2);
}

TEST_CASE("steps: the status of a response decides what it counts as", "[models][steps]") {
  const auto status = [](const char* code) {
    Bench bench(R"([{"respond": )" + std::string(code) + "}]");
    const Answer& answer = bench.ask(1s);
    bench.rig.run(Time{2s});
    return answer.reply.status;
  };
  CHECK(status("200") == Status::ok);
  CHECK(status("404") == Status::ok);  // an answer that is meant
  CHECK(status("499") == Status::ok);
  CHECK(status("500") == Status::error);
  CHECK(status("503") == Status::error);
}

TEST_CASE("steps: only the first response counts", "[models][steps]") {
  Bench bench(R"([{"respond": 200}, {"respond": 500}, {"fail": 1}])");
  const Answer& answer = bench.ask(1s);
  bench.rig.run(Time{2s});
  CHECK(answer.reply.ok());
  CHECK(bench.rig.instance("api", 0).answers().total() == 1);
}

TEST_CASE("steps: fail ends the request, always or by chance", "[models][steps]") {
  Bench always(R"([{"wait": "2ms"}, {"fail": "100%"}, {"wait": "7ms"}])");
  const Answer& answer = always.ask(1s);
  always.rig.run(Time{2s});
  CHECK(answer.reply.status == Status::error);
  CHECK(answer.took() == 2ms);
  CHECK(share_of(Bench(R"([{"fail": "20%"}])").many(1000), Status::error) ==
        Approx(0.2).margin(0.065));
  CHECK(share_of(Bench(R"([{"fail": 0}])").many(100), Status::ok) == 1);
}

TEST_CASE("steps: how many computations one request does at once", "[models][steps]") {
  const Step compute{ComputeStep{}};
  const Step wait{WaitStep{}};
  const Step both{ParallelStep{{{compute}, {wait, compute}, {wait}}, std::nullopt}};
  CHECK(computing_at_once({}) == 0);
  CHECK(computing_at_once({wait}) == 0);
  CHECK(computing_at_once({compute, compute}) == 1);
  CHECK(computing_at_once({compute, both}) == 2);
  CHECK(computing_at_once({Step{ParallelStep{{{both}, {compute}}, std::nullopt}}}) == 3);
  CHECK(computing_at_once({Step{RepeatStep{{FixedTimes{9}, {both}}}}}) == 2);
  CHECK(computing_at_once(
            {Step{ChooseStep{{{Fraction{0.5}, {compute}}, {Fraction{0.5}, {both}}}}}}) == 2);
  LockStep lock;
  lock.steps = {both};
  CHECK(computing_at_once({Step{lock}}) == 2);
  CacheStep cached;
  cached.miss = {both};
  CHECK(computing_at_once({Step{cached}}) == 2);
}

TEST_CASE("steps: what is wrong with them is said", "[models][steps][input]") {
  const auto wrong = [](const std::string& steps) {
    return problems_of(service::service(),
                       R"({"kind": "service", "endpoints": {"*": )" + steps + "}}");
  };
  CHECK(wrong(R"([{"compute": "1ms"}])").empty());
  CHECK_THAT(wrong(R"([{"comput": "1ms"}])"), Catch::Contains("comput"));
  CHECK_THAT(wrong(R"([{"compute": "1ms", "wait": "1ms"}])"), Catch::Contains("/0"));
  CHECK_THAT(wrong(R"([{"parallel": [[], []], "quorum": 3}])"),
             Catch::Contains("a quorum of 3 can not be reached by 2 lists"));
  CHECK_THAT(wrong(R"([{"choose": [{"p": "60%"}, {"p": "50%"}]}])"),
             Catch::Contains("add up to more than 1"));
  CHECK_THAT(wrong(R"([{"repeat": {"times": {"geometric": {"p": 1}}, "steps": []}}])"),
             Catch::Contains("/p"));
  CHECK_THAT(wrong(R"([{"respond": 42}])"), Catch::Contains("respond"));
  CHECK_THAT(wrong(R"([{"call": "db", "timeout": "0s"}])"), Catch::Contains("timeout"));
  CHECK_THAT(wrong(R"([{"parallel": []}])"), Catch::Contains("parallel"));
}

}  // namespace
}  // namespace highwater::steps
