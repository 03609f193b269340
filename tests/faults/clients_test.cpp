// Faults of clients: what they ask for, and when.

#include <map>
#include <set>

#include "models/client/client.h"
#include "models/faults/store_faults.h"
#include "tests/faults/stores_rig.h"
#include "tests/support/sink.h"

namespace highwater::faults {
namespace {

using Catch::Contains;
using testing::Received;
using testing::sink;
using testing::SinkLog;

/// What a client of `json` sends in a minute, with faults.
std::vector<Received> sent(const std::string& json,
                           const std::vector<std::pair<FaultKind, std::string>>& faults) {
  SinkLog log;
  ModelRig rig(
      {sink(log), client::client()},
      R"({"it": {"kind": "sink"}, "users": {"kind": "client", "calls": "it", )" + json + "}}");
  for (const auto& [kind, text] : faults) rig.fault(kind, text);
  rig.run(Time{60s});
  return log.received;
}

const char* const kOpen =
    R"("arrivals": {"constant": "100/s"}, "keys": {"zipf": {"items": 10000}})";

TEST_CASE("hot_key: a share of the requests turns to a few keys, all others keep theirs",
          "[faults]") {
  const auto before = sent(kOpen, {});
  const auto after = sent(kOpen, {{hot_key(), R"({"hot_key": "users", "at": "10s", "for": "40s",
                                                  "share": "30%", "keys": 3, "first": 9000})"}});
  REQUIRE(before.size() == after.size());
  std::map<std::uint64_t, double> hot;
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(before[i].at == after[i].at);
    if (before[i].request.key == after[i].request.key) continue;
    CHECK(after[i].at >= Time{10s});
    CHECK(after[i].at < Time{50s});
    ++hot[after[i].request.key];
  }
  CHECK(hot.size() == 3);
  for (std::uint64_t key : {9000U, 9001U, 9002U}) CHECK(hot[key] == Approx(400).margin(4 * 20));
}

TEST_CASE("hot_key: by degrees, and several at once", "[faults]") {
  const auto share = [](const std::vector<Received>& all, Duration from, Duration to,
                        std::uint64_t key) {
    double hot = 0, sum = 0;
    for (const Received& each : all) {
      if (each.at < Time{from} || each.at >= Time{to}) continue;
      ++sum;
      hot += each.request.key == key;
    }
    return hot / sum;
  };
  const std::string fast = R"("arrivals": {"constant": "2000/s"}, "keys": {"uniform": 1000000})";
  const auto grown =
      sent(fast, {{hot_key(), R"({"hot_key": "users", "at": "10s", "for": "20s", "first": 5,
                                  "share": "80%", "ramp": "10s", "fade": "10s"})"},
                  {hot_key(), R"({"hot_key": "users", "at": "25s", "for": "20s", "first": 6,
                                  "share": "50%"})"}});
  CHECK(share(grown, 5s, 10s, 5) == 0);
  CHECK(share(grown, 10s, 20s, 5) == Approx(0.4).margin(0.04));
  CHECK(share(grown, 20s, 25s, 5) == Approx(0.8).margin(0.02));
  CHECK(share(grown, 25s, 30s, 5) == Approx(0.4).margin(0.02));
  CHECK(share(grown, 25s, 45s, 6) == Approx(0.5).margin(0.02));
  CHECK(share(grown, 46s, 60s, 5) == 0);
}

TEST_CASE("hot_key: keys are drawn from all there are", "[faults]") {
  const auto hit = [](const std::string& more) {
    std::set<std::uint64_t> keys;
    for (const Received& each :
         sent(R"("arrivals": {"constant": "100/s"}, "keys": {"uniform": 8})",
              {{hot_key(), R"({"hot_key": "users", "at": "0s", "share": "100%")" + more + "}"}}))
      keys.insert(each.request.key);
    return keys.size();
  };
  CHECK(hit("") == 1);
  CHECK(hit(R"(, "keys": 3)") == 3);
  CHECK(hit(R"(, "keys": 8)") == 8);
}

TEST_CASE("herd: open traffic is sent at whole minutes, so to speak", "[faults]") {
  const auto plain = sent(kOpen, {});
  const auto herded =
      sent(kOpen, {{herd(), R"({"herd": "users", "at": "10s", "for": "25s", "every": "10s"})"}});
  REQUIRE(plain.size() == herded.size());
  std::map<Time, std::size_t> at;
  std::map<std::uint64_t, std::uint64_t> keys;
  for (const Received& each : herded) {
    ++at[each.at];
    keys[each.request.id] = each.request.key;
  }
  CHECK(at[Time{20s}] > 990);
  CHECK(at[Time{30s}] > 990);
  CHECK(at[Time{40s}] == Approx(501).margin(1));
  CHECK(at[Time{15s}] == 0);
  CHECK(at[Time{50s}] == 1);
  for (const Received& each : plain) CHECK(keys[each.request.id] == each.request.key);
}

TEST_CASE("herd: users who have thought wait for each other", "[faults]") {
  const auto herded =
      sent(R"("arrivals": {"closed": {"users": 50, "think": {"uniform": ["1s", "9s"]}}})",
           {{herd(), R"({"herd": "users", "at": "20s", "every": "10s"})"}});
  std::map<Time, std::size_t> at;
  for (const Received& each : herded) ++at[each.at];
  CHECK(at[Time{30s}] == 50);
  CHECK(at[Time{40s}] == 50);
  CHECK(at[Time{50s}] == 50);
}

TEST_CASE("clients: faults leave others as they are, and nothing behind", "[faults]") {
  struct Sent {
    std::vector<std::tuple<Time, std::uint64_t, std::uint64_t>> touched, late, other;
  };
  const auto observe =
      [](const std::string& arrivals, const FaultKind* kind, const std::string& fault) {
        SinkLog log, log2;
        const std::string client = R"({"kind": "client", "keys": {"zipf": {"items": 100}},
        "arrivals": )" + arrivals + R"(, "calls": ")";
        ModelKind second = sink(log2);
        second.info.name = "sink2";
        ModelRig rig({sink(log), second, client::client()},
                     R"({"it": {"kind": "sink"}, "it2": {"kind": "sink2"}, "users": )" + client +
                         R"(it"}, "others": )" + client + R"(it2"}})");
        if (kind != nullptr) rig.fault(*kind, fault);
        rig.run(Time{60s});
        Sent sent;
        for (const Received& each : log.received)
          (each.at < Time{32s} ? sent.touched : sent.late)
              .emplace_back(each.at, each.request.key, each.request.id);
        for (const Received& each : log2.received)
          sent.other.emplace_back(each.at, each.request.key, each.request.id);
        std::sort(sent.late.begin(), sent.late.end());
        return sent;
      };
  const char* const open = R"({"poisson": "50/s"})";
  const char* const closed = R"({"closed": {"users": 20, "think": {"exponential": "500ms"}}})";
  for (const auto& [arrivals, kind, fault] :
       {std::tuple{open, hot_key(), R"("hot_key": "users", "share": "50%")"},
        std::tuple{closed, hot_key(), R"("hot_key": "users", "share": "50%")"},
        std::tuple{open, herd(), R"("herd": "users", "every": "2s")"}}) {
    CAPTURE(arrivals, fault);
    const Sent with =
        observe(arrivals, &kind, R"({"at": "10s", "for": "20s", )" + std::string(fault) + "}");
    const Sent without = observe(arrivals, nullptr, "");
    CHECK((with.touched != without.touched));
    CHECK((with.late == without.late));
    CHECK((with.other == without.other));
    CHECK(with.late.size() > 1000);
    CHECK(with.other.size() > 1500);
  }
  // Users who have waited for each other think at other times for ever: they are as many, and
  // apart again.
  const FaultKind kind = herd();
  const Sent with = observe(closed, &kind, R"({"at": "10s", "for": "20s", "herd": "users",
                                                  "every": "2s"})");
  const Sent without = observe(closed, nullptr, "");
  CHECK((with.other == without.other));
  CHECK(static_cast<double>(with.late.size()) ==
        Approx(static_cast<double>(without.late.size())).epsilon(0.15));
  std::set<Time> times;
  for (const auto& [at, key, id] : with.late) times.insert(at);
  CHECK(times.size() == with.late.size());
}

TEST_CASE("clients: what is wrong is said", "[faults]") {
  SinkLog log;
  const std::vector<ModelKind> kinds{sink(log), client::client()};
  const std::string plain = R"({"it": {"kind": "sink"},
      "users": {"kind": "client", "calls": "it", "arrivals": {"constant": "1/s"},
                "keys": {"uniform": 10}},
      "keyless": {"kind": "client", "calls": "it", "arrivals": {"constant": "1/s"}}})";
  const auto wrong = [&](const FaultKind& kind, const std::string& fault) {
    return wrong_with(kinds, plain, kind, R"({"at": "1s", )" + fault + "}");
  };
  CHECK_THAT(wrong(hot_key(), R"("hot_key": "keyless")"), Contains("has no \"keys\""));
  CHECK_THAT(wrong(hot_key(), R"("hot_key": "users", "keys": 11)"), Contains("has 10 keys"));
  CHECK_THAT(wrong(hot_key(), R"("hot_key": "users", "first": 10)"), Contains("the last key is 9"));
  CHECK_THAT(wrong(hot_key(), R"("hot_key": "it")"), Contains("these kinds"));
  CHECK_THAT(problems_of(herd(), R"({"herd": "users", "at": "1s", "every": "0s"})"),
             Contains("every"));
}

}  // namespace
}  // namespace highwater::faults
