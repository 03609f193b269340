#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "models/calls/concurrency_limit_params.h"
#include "models/calls/rate_limit_params.h"
#include "models/overload_params.h"

namespace highwater::admission {

/// Whose requests a limit counts together.
enum class Per : std::uint8_t { all, key, endpoint, key_and_endpoint, address };
constexpr auto words_of(Per) {
  return std::array{Word{Per::all, "all", "All requests together."},
                    Word{Per::key, "key",
                         "Those of one key: a client's address, a user, a token, whatever the "
                         "requests' keys stand for."},
                    Word{Per::endpoint, "endpoint", "Those to one endpoint."},
                    Word{Per::key_and_endpoint, "key_and_endpoint",
                         "Those of one key to one endpoint: a decorated route of slowapi."},
                    Word{Per::address, "address",
                         "Those from one address, which several keys may share: users behind one "
                         "NAT."}};
}

/// What becomes of a request whose limit is kept elsewhere, when that does not answer.
enum class WithoutStore : std::uint8_t { allow, reject };
constexpr auto words_of(WithoutStore) {
  return std::array{Word{WithoutStore::allow, "allow", "It goes on: the limit fails open."},
                    Word{WithoutStore::reject, "reject", "It is refused: the limit fails closed."}};
}

/// What stands beside the algorithm of a rate limit on what comes in.
struct SharedLimitParams {
  Per per = Per::all;
  std::optional<std::uint64_t> addresses;
  std::uint32_t keys = limiting::KeyedOptions{}.keys;
  limiting::WhenFull when_full = limiting::KeyedOptions{}.when_full;
  std::optional<ComponentRef> store;
  std::optional<Duration> store_timeout;
  WithoutStore without_store = WithoutStore::allow;

  static constexpr auto fields() {
    using P = SharedLimitParams;
    return Fields{
        field<&P::per>("Whose requests are counted together.")
            .source("nginx limit_req_zone key; slowapi key_func"),
        field<&P::addresses>("Addresses that all the keys come from, each from one and always from "
                             "the same; needed per address.")
            .at_least(std::uint64_t{1})
            .source("RFC 6269: addresses that several users share"),
        field<&P::keys>("Keys remembered at most.").at_least(1u).source("nginx limit_req_zone"),
        field<&P::when_full>("What becomes of a new key when none of those is idle."),
        field<&P::store>("A cache that keeps the limit for all instances, asked for each request; "
                         "unless given, each instance has a limit of its own in its memory."),
        field<&P::store_timeout>("How long its answer is waited for; for ever unless given.")
            .at_least(Duration{1}),
        field<&P::without_store>("What becomes of a request when it does not answer.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (addresses.has_value() != (per == Per::address))
      problems.error(
          where.position(), pointer_to(path, "addresses"),
          addresses ? "is read per address alone" : "say from how many addresses the keys come");
    if (store) return;
    if (store_timeout)
      problems.error(where.position(), pointer_to(path, "store_timeout"),
                     "without a store there is nothing to wait for");
  }
};

struct RateLimitParams : RateLimitOf<SharedLimitParams> {
  static constexpr std::string_view type_name = "admission.rate_limit";
};

/// Refuses by priority, the fuller the instance the more.
struct ShedParams {
  std::optional<std::uint32_t> capacity;
  overload::ShedParams classes;

  static constexpr std::string_view type_name = "admission.shed";
  static constexpr auto fields() {
    return Fields{
        field<&ShedParams::capacity>("Requests in flight at an instance that are a pressure of 1; "
                                     "of a service its workers and its line unless given.")
            .at_least(1u),
        inlined<&ShedParams::classes>()};
  }
};

/// What an instance does about requests before it begins with them.
struct AdmissionParams {
  std::optional<RateLimitParams> rate_limit;
  std::optional<ConcurrencyLimitParams> concurrency_limit;
  std::optional<ShedParams> shed;

  static constexpr auto fields() {
    using P = AdmissionParams;
    return Fields{
        field<&P::rate_limit>("Limit on the requests that come in; none unless given."),
        field<&P::concurrency_limit>("Limit on the requests in flight at each instance, learned "
                                     "from how they go; none unless given.")
            .source("Netflix concurrency-limits"),
        field<&P::shed>("Refuses requests by their priority when there are too many: 0 is "
                        "critical_plus, 1 critical, 2 sheddable_plus, from 3 on sheddable. Off "
                        "unless given.")
            .source("Site Reliability Engineering, chapter 21; Envoy overload manager")};
  }

  bool asks_for_anything() const { return rate_limit || concurrency_limit || shed; }
};

}  // namespace highwater::admission

namespace highwater {

extern template struct FieldCodec<admission::AdmissionParams>;

}  // namespace highwater
