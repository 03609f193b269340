#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

using testing::drive;
using testing::problems_of;

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t n = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

TEST_CASE("drivers: swim finds what is killed and only that", "[drivers]") {
  const std::vector<std::string> lines = {R"({"at": 40, "kill": "n3"})", R"({"at": 80})"};
  for (const char* profile : {"lan", "local"}) {
    const std::string out = drive("swim", {{"profile", profile}}, lines);
    CHECK(count(out, "joined") == 20);
    CHECK(count(out, "\"failed\": \"n3\"") == 4);
    CHECK(count(out, "failed") == 4);
  }
  CHECK(drive("swim", {}, lines) == drive("swim", {}, lines));
  CHECK(drive("swim", {{"seed", "2"}}, lines) != drive("swim", {}, lines));
  // Every option changes something.
  const std::vector<std::string> longer = {R"({"at": 40, "kill": "n3"})",
                                           R"({"at": 60, "restart": "n3"})",
                                           R"({"at": 100, "leave": "n1"})", R"({"at": 150})"};
  const testing::Options base = {{"loss", "60%"}, {"nodes", "8"}};
  const std::string usual = drive("swim", base, longer);
  const std::pair<const char*, const char*> options[] = {{"probe_interval", "700ms"},
                                                         {"probe_timeout", "100ms"},
                                                         {"indirect_checks", "1"},
                                                         {"suspicion_mult", "3"},
                                                         {"suspicion_max_timeout_mult", "3"},
                                                         {"retransmit_mult", "1"},
                                                         {"gossip_interval", "300ms"},
                                                         {"gossip_nodes", "1"},
                                                         {"gossip_to_the_dead_time", "1s"},
                                                         {"push_pull_interval", "5s"},
                                                         {"disable_tcp_pings", "true"},
                                                         {"latency", "30ms"},
                                                         {"jitter", "9ms"}};
  for (const auto& [name, value] : options) {
    CAPTURE(name);
    CHECK(drive("swim", {{"loss", "60%"}, {"nodes", "8"}, {name, value}}, longer) != usual);
  }
  // Health suffers only where no ping by TCP makes up for what is lost.
  const auto by_udp = [&](const char* most) {
    return drive("swim",
                 {{"loss", "60%"},
                  {"nodes", "8"},
                  {"disable_tcp_pings", "true"},
                  {"awareness_max_multiplier", most}},
                 longer);
  };
  CHECK(by_udp("1") != by_udp("8"));
  CHECK(drive("swim", {{"profile", "wan"}}, lines) != drive("swim", {}, lines));
}

TEST_CASE("drivers: a partition of swim heals", "[drivers]") {
  const std::string out = drive("swim", {},
                                {R"({"at": 40, "partition": [["n0", "n1"], ["n2", "n3", "n4"]]})",
                                 R"({"at": 100, "heal": true})", R"({"at": 200})"});
  CHECK(count(out, "failed") == 12);
}

TEST_CASE("drivers: fault lines are checked", "[drivers]") {
  const std::pair<const char*, const char*> wrong[] = {
      {"x", "JSON object"},
      {R"({"kill": "n1"})", "\"at\""},
      {R"({"at": 1, "kill": "n9"})", "expected a node"},
      {R"({"at": 1, "kill": "m1"})", "expected a node"},
      {R"({"at": 1, "explode": "n1"})", "expected one of"},
      {R"({"at": 1, "kill": "n1", "leave": "n2"})", "one thing"},
      {R"({"at": 1, "partition": "n1"})", "list"},
      {R"({"at": 1, "partition": [["x"]]})", "expected a node"}};
  for (const auto& [line, why] : wrong) CHECK_THAT(drive("raft", {}, {line}), Catch::Contains(why));
  CHECK_THAT(drive("swim", {}, {R"({"at": 2})", R"({"at": 1})"}), Catch::Contains("goes back"));
}

TEST_CASE("drivers: ringpop finds what is killed", "[drivers]") {
  const std::vector<std::string> lines = {R"({"at": 10, "kill": "n3"})",
                                          R"({"at": 60, "restart": "n3"})",
                                          R"({"at": 90, "leave": "n2"})", R"({"at": 200})"};
  const std::string out = drive("ringpop_membership", {}, lines);
  CHECK(count(out, "\"faulty\": \"n3\"") == 4);
  CHECK(count(out, "faulty") == 4);
  CHECK(count(out, "\"leave\": \"n2\"") == 4);
  const std::string usual = drive("ringpop_membership", {{"loss", "10%"}}, lines);
  const std::pair<const char*, const char*> options[] = {
      {"min_protocol_period", "500ms"}, {"ping_timeout", "500ms"}, {"ping_req_timeout", "1s"},
      {"ping_req_size", "1"},           {"suspect_timeout", "2s"}, {"faulty_timeout", "20s"},
      {"piggyback_factor", "1"}};
  for (const auto& [name, value] : options) {
    CAPTURE(name);
    CHECK(drive("ringpop_membership", {{"loss", "10%"}, {name, value}}, lines) != usual);
  }
  const std::vector<std::string> for_good = {R"({"at": 10, "kill": "n3"})", R"({"at": 200})"};
  CHECK(count(drive("ringpop_membership", {{"faulty_timeout", "20s"}, {"tombstone_timeout", "30s"}},
                    for_good),
              "\"evicted\": \"n3\"") == 4);
}

TEST_CASE("drivers: phi by three formulas", "[drivers]") {
  const std::vector<std::string> lines = {"0",     "heartbeat 1", "2",     "3.1",
                                          "phi 5", "8",           "phi 9", "phi 30"};
  CHECK(drive("phi_accrual", {{"formula", "cassandra"}}, {"0", "1", "phi 11"}) ==
        "2.895296546021679\n");  // ten seconds over a mean of 1.5 s
  const std::string akka = drive("phi_accrual", {}, lines);
  CHECK(count(akka, "\n") == 3);
  CHECK(drive("phi_accrual", {{"formula", "hayashibara"}}, lines) != akka);
  CHECK(drive("phi_accrual", {{"window", "2"}}, lines) != akka);
  CHECK(drive("phi_accrual", {{"min_std_deviation", "5s"}}, lines) != akka);
  CHECK(drive("phi_accrual", {{"acceptable_heartbeat_pause", "1s"}}, lines) != akka);
  CHECK(drive("phi_accrual", {{"first_heartbeat_estimate", "2s"}}, lines) != akka);
  const std::string cassandra = drive("phi_accrual", {{"formula", "cassandra"}}, lines);
  CHECK(drive("phi_accrual", {{"formula", "cassandra"}, {"initial_value", "1s"}}, lines) !=
        cassandra);
  CHECK(drive("phi_accrual", {{"formula", "cassandra"}, {"max_interval", "9s"}}, lines) !=
        cassandra);
  CHECK_THAT(drive("phi_accrual", {}, {"1", "0"}), Catch::Contains("goes back"));
  CHECK_THAT(drive("phi_accrual", {}, {"x"}), Catch::Contains("seconds"));
  CHECK_THAT(drive("phi_accrual", {}, {"beat 1"}), Catch::Contains("expected"));
}

TEST_CASE("drivers: raft elects and elects again", "[drivers]") {
  const std::vector<std::string> lines = {R"({"at": 5, "propose": "n0"})",
                                          R"({"at": 10, "kill": "n0"})",
                                          R"({"at": 12, "kill": "n1"})",
                                          R"({"at": 14, "restart": "n0"})",
                                          R"({"at": 20, "partition": [["n0", "n1"]]})",
                                          R"({"at": 30, "heal": true})",
                                          R"({"at": 60})"};
  for (const char* variant : {"paper", "hashicorp", "etcd"}) {
    const std::string out = drive("raft", {{"variant", variant}}, lines);
    CHECK(count(out, "leads") >= 1);
    CHECK(out == drive("raft", {{"variant", variant}}, lines));
    CHECK(out != drive("raft", {{"variant", variant}, {"election_timeout", "700ms"}}, lines));
    CHECK(out != drive("raft", {{"variant", variant}, {"seed", "3"}}, lines));
  }
  CHECK(drive("raft", {{"election_timeout_max", "200ms"}}, lines) != drive("raft", {}, lines));
  CHECK(count(drive("raft", {{"nodes", "1"}}, {R"({"at": 5})"}), "leads") == 1);
}

TEST_CASE("drivers: raft's extensions change what a cut off server does", "[drivers]") {
  std::size_t lease = 0;
  std::size_t pre_vote = 0;
  std::size_t check_quorum = 0;
  std::size_t heartbeat = 0;
  for (const char* seed : {"1", "2", "3", "4"}) {
    std::vector<std::string> lines;
    for (int i = 0; i < 5; ++i) {
      const std::string at = std::to_string(10 + 20 * i);
      const std::string heal = std::to_string(20 + 20 * i);
      lines.push_back(R"({"at": )" + at + R"(, "partition": [["n)" + std::to_string(i) + R"("]]})");
      lines.push_back(R"({"at": )" + heal + R"(, "heal": true})");
    }
    const auto with = [&](const char* variant, const char* name, const char* value) {
      return drive("raft", {{"seed", seed}, {"variant", variant}, {name, value}}, lines);
    };
    lease +=
        with("hashicorp", "leader_lease", "300ms") != with("hashicorp", "leader_lease", "900ms");
    pre_vote += with("etcd", "pre_vote", "true") != with("etcd", "pre_vote", "false");
    check_quorum += with("etcd", "check_quorum", "true") != with("etcd", "check_quorum", "false");
    heartbeat += with("etcd", "heartbeat", "50ms") != with("etcd", "heartbeat", "100ms");
  }
  CHECK(lease > 0);
  CHECK(pre_vote > 0);
  CHECK(check_quorum > 0);
  CHECK(heartbeat > 0);
}

TEST_CASE("drivers: leases pass from one to the other", "[drivers]") {
  CHECK(drive("lease", {}, {"0 start a", "1 start b", "15 cut a", "60"}) ==
        "0.002 leads a token 1\n30 demoted a\n41.002 leads b token 2\n");
  CHECK(drive("lease", {{"retry_timeout", "60s"}},
              {"0 start a", "1 start b", "15 step a -20", "15 cut a", "100"}) ==
        "0.002 leads a token 1\n41.002 leads b token 2 beside a\n60 expired a\n");
  CHECK(drive("lease", {{"retry_timeout", "60s"}, {"max_drift", "21s"}},
              {"0 start a", "1 start b", "15 step a -20", "15 cut a", "100"})
            .find("beside") == std::string::npos);
  CHECK(drive("lease", {{"ttl", "5s"}, {"loop_wait", "1s"}}, {"0 start a", "2 stop a", "9"}) ==
        "0.002 leads a token 1\n2 stopped a\n");
  CHECK_THAT(drive("lease", {{"latency", "1s"}}, {"0 start a", "9"}), Catch::StartsWith("2 leads"));
  const std::vector<std::string> drifts = {"0 start a", "0 drift a 100000", "1 cut a", "60"};
  CHECK(drive("lease", {{"retry_timeout", "90s"}}, drifts) ==
        "0.002 leads a token 1\n27.272727273 expired a\n");
  CHECK_THAT(drive("lease", {}, {"0 start a", "1 slew a 0.5", "2 mend a", "90"}),
             Catch::Contains("leads a"));
  for (const char* wrong : {"x", "0 go a", "0 drift a x", "0 start"})
    CHECK_THAT(drive("lease", {}, {wrong}), Catch::StartsWith(wrong));
  CHECK_FALSE(problems_of("lease", {{"ttl", "0s"}}).empty());
}

}  // namespace
}  // namespace highwater::drivers
