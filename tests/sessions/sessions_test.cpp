// Sessions of a service: in process, in a store, as tokens. Shares of lost sessions against closed
// forms, expiry to the nanosecond, what logins and checks cost.

#include "models/service/sessions.h"

#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/cache/cache.h"
#include "models/database/database.h"
#include "models/external/external.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;
using testing::read_of;

std::vector<ModelKind> kinds() {
  return {balancer::load_balancer(), service::service(), cache::cache(), database::database(),
          external::external()};
}

/// A service with these sessions, alone or behind a balancer.
std::string api(const std::string& sessions, const std::string& more = "") {
  return R"("api": {"kind": "service", "service_time": "1ms", "workers": 1000, )" + more +
         R"("sessions": {)" + sessions + R"(}})";
}
std::string alone(const std::string& sessions, const std::string& more = "") {
  return "{" + api(sessions, more) + "}";
}
std::string balanced(const std::string& sessions, const std::string& how) {
  return R"({"lb": {"kind": "load_balancer", "targets": ["api"], )" + how + R"(},
             "redis": {"kind": "cache", "capacity": "1M", "service_time": "0.5ms"}, )" +
         api(sessions, R"("replicas": 4, )") + "}";
}

/// Poisson.
Load load_of(const char* to, double per_second, std::uint64_t requests) {
  Load load;
  load.to = to;
  load.per_second = per_second;
  load.requests = requests;
  return load;
}

TEST_CASE("sessions: one of four instances dies, and a quarter of them is lost if it kept them",
          "[sessions]") {
  struct Case {
    const char* sessions;
    std::uint64_t lost;
  };
  constexpr std::uint64_t kUsers = 400;
  for (const Case& each : {Case{R"("in_process": {})", kUsers / 4}, Case{R"("store": "redis")", 0},
                           Case{R"("token": {"lifetime": "1h"})", 0}}) {
    INFO(each.sessions);
    ModelRig rig(kinds(), balanced(std::string(each.sessions) + R"(, "login": [{"wait": "10ms"}])",
                                   R"("policy": "round_robin", "sticky": {})"));
    const auto all_come = [&](Time begin) {
      for (std::uint64_t user = 0; user < kUsers; ++user)
        rig.send(begin + user * 10ms, "lb", read_of(user));
    };
    all_come(Time{1s});
    all_come(Time{10s});
    rig.at(Time{20s}, [&] { rig.instance("api", 2).kill(false); });
    rig.at(Time{21s}, [&] { rig.instance("api", 2).revive(); });
    all_come(Time{40s});
    all_come(Time{60s});
    rig.run(Time{100s});
    CHECK(rig.count("api", "logins") == kUsers + each.lost);
    if (std::string(each.sessions).find("token") == std::string::npos)
      CHECK(rig.count("api", "sessions_lost") == each.lost);
  }
}

TEST_CASE("sessions: without stickiness three of four requests come where nobody knows the user",
          "[sessions]") {
  const auto share_lost = [](const std::string& how) {
    ModelRig rig(kinds(), balanced(R"("in_process": {})", how));
    constexpr std::uint64_t kRequests = 20'000;
    constexpr std::uint64_t kUsers = 50;
    Load load = load_of("lb", 100, kRequests);
    load.make = [](RandomStream& random) { return read_of(random.below(kUsers)); };
    rig.add(load);
    rig.run(Time{1000s});
    CHECK(rig.count("api", "logins") == kUsers + rig.count("api", "sessions_lost"));
    return static_cast<double>(rig.count("api", "sessions_lost")) / (kRequests - kUsers);
  };
  // Of 20000 trials: the standard deviation is 0.0031.
  CHECK(share_lost(R"("policy": "round_robin")") == Approx(0.75).margin(0.0124));
  CHECK(share_lost(R"("policy": "random")") == Approx(0.75).margin(0.0124));
  CHECK(share_lost(R"("policy": "nginx_ip_hash")") == 0);
  CHECK(share_lost(R"("policy": "round_robin", "sticky": {})") == 0);
}

TEST_CASE("sessions: who sends nothing for the timeout must log in, but has lost nothing",
          "[sessions]") {
  ModelRig rig(kinds(), alone(R"("in_process": {}, "timeout": "20s", "login": [{"wait": "5ms"}])"),
               {.duration = 100s, .seed = 1, .network = {}});
  const Answer& first = rig.send(Time{1s}, "api", read_of(7));
  // From its arrival on the session, made 5 ms later, is used.
  const Answer& used = rig.send(Time{10s}, "api", read_of(7));
  const Answer& in_time = rig.send(Time{30s} - 1ns, "api", read_of(7));
  const Answer& late = rig.send(Time{50s} - 1ns, "api", read_of(7));
  rig.run(Time{100s});
  CHECK(first.took() == 6ms);
  CHECK(used.took() == 1ms);
  CHECK(in_time.took() == 1ms);
  CHECK(late.took() == 6ms);
  CHECK(rig.count("api", "logins") == 2);
  CHECK(rig.count("api", "sessions_lost") == 0);
  // 1.005 s to 50 s - 1 ns, and 50.005 s to 70.005 s.
  CHECK(rig.value("api", "sessions_held") == Approx((48.995 + 20) / 100).epsilon(1e-6));
}

TEST_CASE("sessions: users who log in elsewhere leave a session behind that waits for its timeout",
          "[sessions]") {
  ModelRig rig(kinds(),
               balanced(R"("in_process": {}, "timeout": "50s")", R"("policy": "round_robin")"),
               {.duration = 100s, .seed = 1, .network = {}});
  for (int i = 0; i < 4; ++i) rig.send(Time{10s} + i * 1ms, "lb", read_of(7));
  rig.run(Time{100s});
  CHECK(rig.count("api", "sessions_lost") == 3);
  CHECK(rig.value("api", "sessions_held") == Approx(4 * 50.0 / 100).epsilon(1e-3));
}

TEST_CASE("sessions: a lost one is a login or an error", "[sessions]") {
  for (const bool fails : {false, true}) {
    ModelRig rig(kinds(), alone(std::string(R"("in_process": {}, "login": [{"wait": "5ms"}])") +
                                (fails ? R"(, "on_lost": "error")" : "")));
    rig.send(Time{1s}, "api", read_of(7));
    rig.at(Time{2s}, [&] { rig.instance("api", 0).kill(false); });
    rig.at(Time{3s}, [&] { rig.instance("api", 0).revive(); });
    const Answer& lost = rig.send(Time{4s}, "api", read_of(7));
    const Answer& next = rig.send(Time{5s}, "api", read_of(7));
    rig.run(Time{10s});
    CHECK(lost.reply.status == (fails ? Status::error : Status::ok));
    CHECK(lost.took() == (fails ? 0ms : 6ms));
    CHECK(next.reply.ok());
    CHECK(next.took() == (fails ? 6ms : 1ms));
    CHECK(rig.count("api", "sessions_lost") == 1);
    CHECK(rig.count("api", "logins") == 2);
  }
}

TEST_CASE("sessions: a token costs CPU for each request with one", "[sessions]") {
  const auto cpu = [](const std::string& verify) {
    ModelRig rig(kinds(), R"({"api": {"kind": "service", "service_time": "1ms", "workers": 1000,
                              "cores": 2, "sessions": {"token": {"lifetime": "2h")" +
                              verify + R"(}, "timeout": "2h"}}})");
    Load load = load_of("api", 300, 200'000);
    load.make = [](RandomStream& random) { return read_of(random.below(100)); };
    rig.add(load);
    rig.run(Time{200s});
    CHECK(rig.count("api", "logins") == 100);
    return rig.value("api", "cpu_utilization");
  };
  // 300/s · (1 ms + 2 ms) on two cores, and with RS256.
  CHECK(cpu(R"(, "verify_time": "2ms")") == Approx(0.45).epsilon(0.02));
  CHECK(cpu("") == Approx(300 * 0.00104 / 2).epsilon(0.02));
}

TEST_CASE("sessions: a token whose lifetime is over is made anew, a session that is over is not",
          "[sessions]") {
  const std::string token =
      R"("token": {"lifetime": "10s", "verify_time": "0us", "refresh": [{"wait": "2ms"}]},
         "timeout": "15s", "login": [{"wait": "50ms"}])";
  ModelRig rig(kinds(), alone(token));
  std::vector<const Answer*> answers;
  for (int second = 1; second <= 40; ++second)
    answers.push_back(&rig.send(Time{second * 1s}, "api", read_of(7)));
  const Answer& gone = rig.send(Time{60s}, "api", read_of(7));
  rig.run(Time{100s});
  // Tokens of 1.05 s, 12.002 s, 23.002 s and 34.002 s.
  for (int second = 1; second <= 40; ++second) {
    INFO(second);
    const bool renews = second == 12 || second == 23 || second == 34;
    CHECK(answers[static_cast<std::size_t>(second - 1)]->took() == (second == 1 ? 51ms
                                                                    : renews    ? 3ms
                                                                                : 1ms));
  }
  CHECK(gone.took() == 51ms);
  CHECK(rig.count("api", "token_refreshes") == 3);
  CHECK(rig.count("api", "logins") == 2);
}

TEST_CASE("sessions: a store is asked for each request, and forgets whom it evicts", "[sessions]") {
  ModelRig rig(kinds(), R"({"redis": {"kind": "cache", "capacity": 1, "service_time": "0.5ms"}, )" +
                            api(R"("store": {"to": "redis", "timeout": "100ms"},
                                   "login": [{"wait": "5ms"}])") +
                            "}");
  const Answer& login = rig.send(Time{1s}, "api", read_of(1));
  const Answer& known = rig.send(Time{2s}, "api", read_of(1));
  rig.send(Time{3s}, "api", read_of(2));
  const Answer& lost = rig.send(Time{4s}, "api", read_of(1));
  rig.at(Time{5s}, [&] { rig.instance("redis", 0).kill(true); });
  const Answer& unknown = rig.send(Time{6s}, "api", read_of(1));
  rig.run(Time{10s});
  CHECK(login.took() == 6500us);  // login, write, work
  CHECK(known.took() == 1500us);
  CHECK(lost.took() == 7ms);
  CHECK(rig.count("api", "sessions_lost") == 1);
  CHECK(rig.count("api", "logins") == 3);
  CHECK(unknown.reply.status == Status::error);
  CHECK(unknown.reply.behind == Status::timeout);
  CHECK(unknown.took() == 100ms);
}

TEST_CASE("sessions: a database is a store too", "[sessions]") {
  ModelRig rig(kinds(),
               R"({"db": {"kind": "database", "read_time": "2ms", "write_time": "3ms"}, )" +
                   api(R"("store": "db", "login": [{"call": "db"}])") + "}");
  const Answer& login = rig.send(Time{1s}, "api", read_of(1));
  const Answer& known = rig.send(Time{2s}, "api", read_of(1));
  rig.run(Time{10s});
  CHECK(login.took() == 6ms);
  CHECK(known.took() == 3ms);
}

TEST_CASE("sessions: a failed login is no login", "[sessions]") {
  ModelRig rig(kinds(),
               R"({"auth": {"kind": "external", "latency": "1ms", "error_rate": "100%"}, )" +
                   api(R"("in_process": {}, "login": [{"call": "auth"}])") + "}");
  const Answer& first = rig.send(Time{1s}, "api", read_of(1));
  const Answer& again = rig.send(Time{2s}, "api", read_of(1));
  rig.run(Time{10s});
  CHECK(first.reply.status == Status::error);
  CHECK(first.took() == 1ms);
  CHECK(again.took() == 1ms);
  CHECK(rig.count("api", "logins") == 2);
  CHECK(rig.count("api", "sessions_lost") == 0);
  CHECK(rig.value("api", "sessions_held") == 0);
}

TEST_CASE("sessions: they take up memory until it is too much", "[sessions]") {
  ModelRig rig(kinds(), alone(R"("in_process": {"memory": "1MB"}, "timeout": "50s")",
                              R"("memory": {"limit": "200MB", "base": "100MB"}, )"));
  for (std::uint64_t user = 0; user < 100; ++user)
    rig.send(Time{1s} + user * 10ms, "api", read_of(user));
  const Answer& too_much = rig.send(Time{40s}, "api", read_of(1000));
  // The others have ended by then.
  rig.send(Time{300s}, "api", read_of(2000));
  rig.run(Time{400s});
  CHECK(too_much.reply.status == Status::reset);  // dies with the process that its login killed
  CHECK(rig.count("api", "oom_kills") == 1);
  ModelRig roomy(kinds(), alone(R"("in_process": {"memory": "1MB"}, "timeout": "50s")",
                                R"("memory": {"limit": "200MB", "base": "100MB"}, )"));
  for (std::uint64_t user = 0; user < 300; ++user)
    roomy.send(Time{1s} + user * 1s, "api", read_of(user));
  roomy.run(Time{400s});
  CHECK(roomy.count("api", "oom_kills") == 0);
}

TEST_CASE("sessions: an event loop gives its worker back during a login", "[sessions]") {
  ModelRig rig(kinds(), R"({"auth": {"kind": "external", "latency": "100ms"},
      "api": {"kind": "service", "service_time": "1ms", "workers": 1, "blocking": false,
              "sessions": {"in_process": {}, "login": [{"call": "auth"}, {"compute": "2ms"}]}}})");
  const Answer& one = rig.send(Time{1s}, "api", read_of(1));
  const Answer& other = rig.send(Time{1s}, "api", read_of(2));
  rig.run(Time{10s});
  CHECK(one.took() == 103ms);
  CHECK(other.took() == 106ms);  // waits for the CPU alone
}

TEST_CASE("sessions: logins that die with their process leave nothing behind", "[sessions]") {
  for (const bool silent : {false, true}) {
    ModelRig rig(kinds(), alone(R"("in_process": {}, "login": [{"wait": "5s"}])"));
    rig.send(Time{1s}, "api", read_of(1));
    rig.at(Time{2s}, [&] { rig.instance("api", 0).kill(silent); });
    rig.at(Time{3s}, [&] { rig.instance("api", 0).revive(); });
    const Answer& next = rig.send(Time{4s}, "api", read_of(1));
    rig.run(Time{20s});
    CHECK(next.reply.ok());
    CHECK(rig.count("api", "logins") == 2);
    CHECK(rig.count("api", "sessions_lost") == 0);
  }
}

TEST_CASE("sessions: what is wrong with them is said", "[sessions]") {
  const auto wrong = [](const std::string& sessions) {
    return problems_of(service::service(), R"({"kind": "service", "service_time": "1ms",
                                               "sessions": {)" +
                                               sessions + "}}");
  };
  using Catch::Matchers::Contains;
  CHECK(wrong(R"("in_process": {})") == "");
  CHECK_THAT(wrong(""), Contains("in one place"));
  CHECK_THAT(wrong(R"("in_process": {}, "token": {})"), Contains("in one place"));
  CHECK_THAT(wrong(R"("token": {}, "on_lost": "error")"), Contains("not lost"));
  CHECK(wrong(R"("token": {}, "on_lost": "login")") == "");  // as `show` prints it
  CHECK_THAT(wrong(R"("in_process": {"memory": "1kB"})"), Contains("no memory"));
  CHECK_THAT(wrong(R"("in_process": {}, "login": [{"comput": "1ms"}])"), Contains("compute"));
  CHECK_THAT(wrong(R"("in_process": {}, "timeout": "0s")"), Contains("at least"));
}

}  // namespace
}  // namespace highwater
