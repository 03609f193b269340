#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/describe/one_of.h"
#include "models/membership_params.h"

namespace highwater::database {

/// What every way to a new primary has.
struct PromotionParams {
  Duration promotion_time{0};

  static constexpr auto fields() {
    return Fields{
        field<&PromotionParams::promotion_time>("From the choice of a new primary until it takes "
                                                "writes.")
            .at_most(Duration{24h})
            .source("chosen")};
  }
};

/// The nodes of a shard elect their primary.
struct RaftForm {
  membership::RaftParams raft;
  PromotionParams promotion;

  static constexpr auto fields() {
    return Fields{
        field<&RaftForm::raft>("The nodes of a shard vote for the one that has the most writes, as "
                               "etcd, MongoDB and CockroachDB do; it takes a majority of them.")
            .source("Ongaro, Ousterhout 2014; hashicorp/raft 1.1.2; etcd 3.4"),
        inlined<&RaftForm::promotion>()};
  }
};

struct LeaseFailoverParams {
  membership::LeaseParams lease;
  std::optional<std::uint64_t> maximum_lag;

  static constexpr auto fields() {
    using P = LeaseFailoverParams;
    return Fields{
        inlined<&P::lease>(),
        field<&P::maximum_lag>("A replica that lacks more writes than this of the last primary "
                               "does not take its place; any may unless given.")
            .source("Patroni maximum_lag_on_failover, which counts bytes")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (lease.loop_wait >= lease.ttl)
      problems.error(where.position(), pointer_to(path, "loop_wait"),
                     "a lease that is renewed no sooner than it ends (ttl) is lost each time");
  }
};

/// A store outside of the database keeps a lease, which the primary renews.
struct LeaseForm {
  LeaseFailoverParams lease;
  PromotionParams promotion;

  static constexpr auto fields() {
    return Fields{
        field<&LeaseForm::lease>("The primary holds a lease in a store that never fails and renews "
                                 "it; when it is over, the replica with the most writes takes it, "
                                 "as with Patroni.")
            .source("Patroni 3.0"),
        inlined<&LeaseForm::promotion>()};
  }
};

/// How a shard gets another primary: an object with the way's name and its options, or the name
/// alone.
struct FailoverParams : OneOf<RaftForm, LeaseForm> {
  using OneOf::OneOf;
  static constexpr bool words = true;
  static constexpr std::string_view type_name = "failover";

  Duration promotion_time() const {
    return std::visit([](const auto& one) { return one.promotion.promotion_time; }, form);
  }
};

}  // namespace highwater::database
