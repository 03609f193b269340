#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/membership/membership.h"

namespace highwater::membership {

constexpr auto words_of(PhiFormula) {
  return std::array{
      Word{PhiFormula::hayashibara, "hayashibara", "Normal, as in the paper."},
      Word{PhiFormula::akka, "akka", "Normal by a logistic formula, with a pause allowed."},
      Word{PhiFormula::cassandra, "cassandra", "Exponential."}};
}
constexpr auto words_of(RaftVariant) {
  return std::array{Word{RaftVariant::paper, "paper", "Timeouts of 150 to 300 ms."},
                    Word{RaftVariant::hashicorp, "hashicorp", "hashicorp/raft, with its lease."},
                    Word{RaftVariant::etcd, "etcd", "etcd: ticks, pre-vote, check-quorum."}};
}

/// Every member keeps what it knows of every other: memory grows with the square.
inline constexpr std::uint32_t kMostMembers = 2'000;

// What the protocols of membership can be told, a struct for each. options() is how the algorithm
// wants it.

enum class SwimProfile : std::uint8_t { lan, wan, local };
constexpr auto words_of(SwimProfile) {
  return std::array{Word{SwimProfile::lan, "lan", "DefaultLANConfig"},
                    Word{SwimProfile::wan, "wan", "DefaultWANConfig"},
                    Word{SwimProfile::local, "local", "DefaultLocalConfig"}};
}

struct SwimParams {
  SwimProfile profile = SwimProfile::lan;
  std::optional<Duration> probe_interval;
  std::optional<Duration> probe_timeout;
  std::optional<std::uint32_t> indirect_checks;
  std::optional<std::uint32_t> suspicion_mult;
  std::optional<std::uint32_t> suspicion_max_timeout_mult;
  std::optional<std::uint32_t> retransmit_mult;
  std::optional<std::uint32_t> awareness_max_multiplier;
  std::optional<Duration> gossip_interval;
  std::optional<std::uint32_t> gossip_nodes;
  std::optional<Duration> gossip_to_the_dead_time;
  std::optional<Duration> push_pull_interval;
  Duration reconnect_interval{SwimOptions{}.reconnect_interval};
  bool disable_tcp_pings = false;

  static constexpr auto fields() {
    using P = SwimParams;
    return Fields{
        field<&P::profile>("Where the defaults of the rest come from."),
        field<&P::probe_interval>("Each member pings another so often: 1s; wan 5s.")
            .at_least(Duration{1ms})
            .source("memberlist ProbeInterval"),
        field<&P::probe_timeout>("Without an answer for so long others are asked to ping: 500ms; "
                                 "wan 3s, local 200ms.")
            .at_least(Duration{1})
            .source("memberlist ProbeTimeout"),
        field<&P::indirect_checks>("So many of them: 3; local 1.")
            .at_most(1000u)
            .source("memberlist IndirectChecks"),
        field<&P::suspicion_mult>("A suspect has this times log10 of the members (at least 1) "
                                  "times the interval to refute: 4; wan 6, local 3.")
            .at_least(1u)
            .at_most(1000u)
            .source("memberlist SuspicionMult"),
        field<&P::suspicion_max_timeout_mult>("So many times as long while nobody else suspects "
                                              "it: 6.")
            .at_least(1u)
            .at_most(1000u)
            .source("memberlist SuspicionMaxTimeoutMult"),
        field<&P::retransmit_mult>("A claim is told this times log10 of the members, rounded up: "
                                   "4; local 2.")
            .at_most(1000u)
            .source("memberlist RetransmitMult"),
        field<&P::awareness_max_multiplier>("How many times as long the probes of a member that "
                                            "seems sick itself may take: 8.")
            .at_least(1u)
            .at_most(1000u)
            .source("memberlist AwarenessMaxMultiplier"),
        field<&P::gossip_interval>("Between two gossips of a member: 200ms; wan 500ms, local "
                                   "100ms.")
            .at_least(Duration{1ms})
            .source("memberlist GossipInterval"),
        field<&P::gossip_nodes>("Members that are told each time: 3; wan 4.")
            .at_most(1000u)
            .source("memberlist GossipNodes"),
        field<&P::gossip_to_the_dead_time>("A dead member is told what is said of it for so long: "
                                           "30s; wan 60s, local 15s.")
            .source("memberlist GossipToTheDeadTime"),
        field<&P::push_pull_interval>("Between two exchanges of all that is known with one other "
                                      "member: 30s; wan 60s, local 15s.")
            .at_least(Duration{1ms})
            .source("memberlist PushPullInterval"),
        field<&P::reconnect_interval>("Between two attempts of a member to join one that has "
                                      "failed, which it makes the more often the more have; 0: "
                                      "never.")
            .source("serf ReconnectInterval"),
        field<&P::disable_tcp_pings>("Whether a ping that was not answered is not tried over TCP.")
            .source("memberlist DisableTcpPings")};
  }

  SwimOptions options() const {
    SwimOptions o = profile == SwimProfile::lan   ? SwimOptions::lan()
                    : profile == SwimProfile::wan ? SwimOptions::wan()
                                                  : SwimOptions::local();
    const auto set = [](auto& option, const auto& given) {
      if (given) option = *given;
    };
    const auto set_time = [](std::int64_t& option, const std::optional<Duration>& given) {
      if (given) option = given->count();
    };
    set_time(o.probe_interval, probe_interval);
    set_time(o.probe_timeout, probe_timeout);
    set(o.indirect_checks, indirect_checks);
    set(o.suspicion_mult, suspicion_mult);
    set(o.suspicion_max_timeout_mult, suspicion_max_timeout_mult);
    set(o.retransmit_mult, retransmit_mult);
    set(o.awareness_max_multiplier, awareness_max_multiplier);
    set_time(o.gossip_interval, gossip_interval);
    set(o.gossip_nodes, gossip_nodes);
    set_time(o.gossip_to_the_dead_time, gossip_to_the_dead_time);
    set_time(o.push_pull_interval, push_pull_interval);
    o.reconnect_interval = reconnect_interval.count();
    o.disable_tcp_pings = disable_tcp_pings;
    return o;
  }
};

struct RingpopParams {
  Duration min_protocol_period{RingpopOptions{}.min_protocol_period};
  Duration ping_timeout{RingpopOptions{}.ping_timeout};
  Duration ping_req_timeout{RingpopOptions{}.ping_req_timeout};
  std::uint32_t ping_req_size = RingpopOptions{}.ping_req_size;
  Duration suspect_timeout{RingpopOptions{}.suspect_timeout};
  Duration faulty_timeout{RingpopOptions{}.faulty_timeout};
  Duration tombstone_timeout{RingpopOptions{}.tombstone_timeout};
  std::uint32_t piggyback_factor = RingpopOptions{}.piggyback_factor;

  static constexpr auto fields() {
    using P = RingpopParams;
    return Fields{
        field<&P::min_protocol_period>("Each member pings another so often, or more seldom where "
                                       "pings take long.")
            .at_least(Duration{1ms})
            .source("ringpop minProtocolPeriod"),
        field<&P::ping_timeout>("Without an answer for so long others are asked to ping.")
            .at_least(Duration{1ms})
            .source("ringpop pingTimeout"),
        field<&P::ping_req_timeout>("They have so long to say what came of it.")
            .at_least(Duration{1ms})
            .source("ringpop pingReqTimeout"),
        field<&P::ping_req_size>("So many of them.").at_most(1000u).source("ringpop pingReqSize"),
        field<&P::suspect_timeout>("From suspect to faulty.").source("ringpop stateTimeouts"),
        field<&P::faulty_timeout>("From faulty to tombstone.").source("ringpop stateTimeouts"),
        field<&P::tombstone_timeout>("Until a tombstone is forgotten.")
            .source("ringpop stateTimeouts"),
        field<&P::piggyback_factor>(
            "How often a change is told, times the digits of the ring's size.")
            .at_least(1u)
            .at_most(1000u)
            .source("ringpop dissemination")};
  }
  RingpopOptions options() const {
    return {.min_protocol_period = min_protocol_period.count(),
            .ping_timeout = ping_timeout.count(),
            .ping_req_timeout = ping_req_timeout.count(),
            .ping_req_size = ping_req_size,
            .suspect_timeout = suspect_timeout.count(),
            .faulty_timeout = faulty_timeout.count(),
            .tombstone_timeout = tombstone_timeout.count(),
            .piggyback_factor = piggyback_factor};
  }
};

struct PhiParams {
  PhiFormula formula = PhiOptions{}.formula;
  std::uint32_t window = PhiOptions{}.window;
  Duration min_std_deviation{PhiOptions{}.min_std_deviation};
  Duration acceptable_heartbeat_pause{PhiOptions{}.acceptable_heartbeat_pause};
  Duration first_heartbeat_estimate{PhiOptions{}.first_heartbeat_estimate};
  Duration initial_value{PhiOptions{}.initial_value};
  Duration max_interval{PhiOptions{}.max_interval};

  static constexpr auto fields() {
    using P = PhiParams;
    return Fields{
        field<&P::formula>("Whose formula."),
        field<&P::window>("Intervals that are remembered.").at_least(1u).at_most(100'000u),
        field<&P::min_std_deviation>("hayashibara, akka: the deviation is never taken for less."),
        field<&P::acceptable_heartbeat_pause>("akka: added to the mean."),
        field<&P::first_heartbeat_estimate>("akka: what the first interval is taken for."),
        field<&P::initial_value>("cassandra: the first interval."),
        field<&P::max_interval>("cassandra: longer intervals are not counted.")};
  }
  PhiOptions options() const {
    return {formula,
            window,
            min_std_deviation.count(),
            acceptable_heartbeat_pause.count(),
            first_heartbeat_estimate.count(),
            initial_value.count(),
            max_interval.count()};
  }
};

struct RaftParams {
  RaftVariant variant = RaftVariant::paper;
  std::optional<Duration> heartbeat;
  std::optional<Duration> election_timeout;
  std::optional<Duration> election_timeout_max;
  std::optional<Duration> leader_lease;
  std::optional<bool> pre_vote;
  std::optional<bool> check_quorum;

  static constexpr auto fields() {
    using P = RaftParams;
    return Fields{
        field<&P::variant>("Whose timing."),
        field<&P::heartbeat>("Between two of the leader: 50ms; hashicorp 100ms to 200ms; etcd "
                             "100ms, also its tick.")
            .at_least(Duration{1ms}),
        field<&P::election_timeout>("The shortest: 150ms; hashicorp and etcd 1s.")
            .at_least(Duration{1ms}),
        field<&P::election_timeout_max>("paper: the longest, 300ms; of the others twice the "
                                        "shortest.")
            .at_least(Duration{1ms}),
        field<&P::leader_lease>("hashicorp: LeaderLeaseTimeout, 500ms.").at_least(Duration{1ms}),
        field<&P::pre_vote>("etcd: whether to ask first; on since 3.5."),
        field<&P::check_quorum>("etcd: whether a leader without a majority steps down.")};
  }
  RaftOptions options() const {
    RaftOptions o = variant == RaftVariant::paper       ? RaftOptions::paper()
                    : variant == RaftVariant::hashicorp ? RaftOptions::hashicorp()
                                                        : RaftOptions::etcd();
    if (heartbeat) o.heartbeat = heartbeat->count();
    if (election_timeout) {
      o.election_min = election_timeout->count();
      o.election_max = 2 * o.election_min;  // the paper's proportion
    }
    if (election_timeout_max) o.election_max = election_timeout_max->count();
    if (leader_lease) o.leader_lease = leader_lease->count();
    if (pre_vote) o.pre_vote = *pre_vote;
    if (check_quorum) o.check_quorum = *check_quorum;
    return o;
  }
};

/// Of a leader by a lease: Patroni's settings.
struct LeaseParams {
  Duration ttl{LeaseOptions{}.ttl};
  Duration loop_wait{LeaseOptions{}.interval};

  static constexpr auto fields() {
    using P = LeaseParams;
    return Fields{field<&P::ttl>("How long a grant lasts.")
                      .at_least(Duration{1})
                      .at_most(Duration{24h})
                      .source("Patroni ttl"),
                  field<&P::loop_wait>("Between two requests of a member.")
                      .at_least(Duration{1ms})
                      .at_most(Duration{24h})
                      .source("Patroni loop_wait")};
  }
};

}  // namespace highwater::membership
