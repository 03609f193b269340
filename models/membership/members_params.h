#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/describe/one_of.h"
#include "models/membership_params.h"

namespace highwater::membership {

struct SwimForm {
  SwimParams params;

  static constexpr auto fields() {
    return Fields{field<&SwimForm::params>("SWIM with Lifeguard, as Consul, Nomad and Serf run "
                                           "it.")
                      .named("swim")
                      .source("hashicorp/memberlist 0.2.2")};
  }
};

struct RingpopForm {
  RingpopParams params;

  static constexpr auto fields() {
    return Fields{field<&RingpopForm::params>("Ringpop's gossip over TCP.")
                      .named("ringpop")
                      .source("ringpop-node 10.21")};
  }
};

struct PhiDetectorParams {
  PhiParams phi;
  double threshold = 8;
  Duration heartbeat_interval = 1s;

  static constexpr auto fields() {
    using P = PhiDetectorParams;
    return Fields{
        inlined<&P::phi>(),
        field<&P::threshold>("A member whose phi is as high is taken for dead.")
            .at_least(0.001)
            .at_most(1000.0)
            .source("Akka threshold, Cassandra phi_convict_threshold"),
        field<&P::heartbeat_interval>("Between two heartbeats of a member, and two looks at phi.")
            .at_least(Duration{1ms})
            .at_most(Duration{1h})
            .source("Akka heartbeat-interval")};
  }
};

struct PhiForm {
  PhiDetectorParams params;

  static constexpr auto fields() {
    return Fields{field<&PhiForm::params>("Heartbeats to one of the members, who suspects "
                                          "those that are silent for unusually long.")
                      .named("phi_accrual")
                      .source("Hayashibara et al. 2004; Akka 2.6; Cassandra 4.1")};
  }
};

/// How the instances of a component learn which of them live: an object with the protocol's name
/// and its options, or the name alone.
struct MembershipParams : OneOf<SwimForm, RingpopForm, PhiForm> {
  using OneOf::OneOf;
  static constexpr bool words = true;
  static constexpr std::string_view type_name = "membership";
};

/// What only shows beside the number of instances.
inline void check_membership(const std::optional<MembershipParams>& membership,
                             std::uint32_t replicas, const Value& where, const std::string& path,
                             Problems& problems) {
  if (!membership) return;
  const Position position = where.find("membership")->position();
  if (replicas > kMostMembers)
    problems.error(position, pointer_to(path, "membership"),
                   "is for " + std::to_string(kMostMembers) + " instances at most");
  if (replicas == 1)
    problems.warning(position, pointer_to(path, "membership"),
                     "has no effect on a single instance");
}

}  // namespace highwater::membership

namespace highwater {

extern template struct Codec<membership::MembershipParams>;

}  // namespace highwater
