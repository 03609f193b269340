#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/describe/field.h"
#include "engine/describe/said.h"
#include "engine/describe/words.h"
#include "engine/kernel/distribution.h"
#include "models/calls/call_params.h"

namespace highwater::balancer {

/// Tokens that the gateway checks itself.
struct JwtParams {
  Distribution verify_time = Distribution::constant(40us);
  std::optional<Duration> lifetime;
  Duration leeway = 60s;

  static constexpr std::string_view type_name = "load_balancer.authentication.jwt";
  static constexpr auto fields() {
    return Fields{field<&JwtParams::verify_time>(
                      "Time on a core to check the signature: some 40us for RS256, 150us for "
                      "ES256, 3us for HS256.")
                      .source("RFC 7519; openssl speed rsa2048 ecdsap256 on one core, with the "
                              "parsing"),
                  field<&JwtParams::lifetime>(
                      "How long a token is good; a key gets a new one when its last has expired. "
                      "It matters to a gateway whose clock is wrong (see `clock`), and to that "
                      "only where it is given.")
                      .at_least(Duration{1ms})
                      .source("RFC 7519 iat, exp"),
                  field<&JwtParams::leeway>("So much of a wrong clock is forgiven; with a "
                                            "lifetime.")
                      .source("Envoy jwt_authn clock_skew_seconds, 60")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (lifetime) return;
    if (const Value* const given = said<JwtParams>(where, "leeway"))
      problems.error(given->position(), pointer_to(path, "leeway"), "is of a \"lifetime\"");
  }
};

/// What a balancer remembers of tokens that it has asked about.
struct TokenCacheParams {
  Duration ttl = 10s;
  std::uint64_t tokens = 100'000;

  static constexpr std::string_view type_name = "load_balancer.authentication.cache";
  static constexpr auto fields() {
    return Fields{
        field<&TokenCacheParams::ttl>("How long a good token needs no further question; one that "
                                      "is taken back is still accepted for so long.")
            .at_least(Duration{1ms})
            .source("RFC 7662, section 4; nginx proxy_cache_valid 200 10s in F5's example"),
        field<&TokenCacheParams::tokens>(
            "Tokens that each balancer remembers; of more, those asked "
            "about longest ago are forgotten.")
            .at_least(std::uint64_t{1})
            .at_most(std::uint64_t{1'000'000'000})
            .source("chosen")};
  }
  static constexpr auto shorthand = &TokenCacheParams::ttl;
};

/// What becomes of a request about whose token nobody answers.
enum class WithoutAnswer : std::uint8_t { refuse, allow };
constexpr auto words_of(WithoutAnswer) {
  return std::array{
      Word{WithoutAnswer::refuse, "refuse", "It is answered with an error: nobody gets in."},
      Word{WithoutAnswer::allow, "allow", "It goes on, whoever it is."}};
}

/// Tokens that another component knows.
struct IntrospectionParams {
  ComponentRef to;
  std::optional<std::string> endpoint;
  CallPolicy policy;
  std::optional<TokenCacheParams> cache;
  WithoutAnswer without_answer = WithoutAnswer::refuse;

  static constexpr std::string_view type_name = "load_balancer.authentication.introspection";
  static constexpr auto fields() {
    using P = IntrospectionParams;
    return Fields{
        field<&P::to>("The component that knows which tokens are good.").required(),
        field<&P::endpoint>("Endpoint of that component; needed where it has several."),
        inlined<&P::policy>(),
        field<&P::cache>("Remembers good tokens for a while; every request asks unless given.")
            .source("RFC 7662, section 4"),
        field<&P::without_answer>("What becomes of a request when no answer comes.")
            .source("Envoy ext_authz failure_mode_allow")};
  }
  static constexpr auto shorthand = &IntrospectionParams::to;
};

/// Who may pass the gateway.
struct AuthenticationParams {
  std::optional<JwtParams> jwt;
  std::optional<IntrospectionParams> introspection;
  Fraction invalid{0};

  static constexpr std::string_view type_name = "load_balancer.authentication";
  static constexpr auto fields() {
    using P = AuthenticationParams;
    return Fields{
        field<&P::jwt>("Each balancer checks the signature of a request's token.")
            .source("RFC 7519; Envoy jwt_authn"),
        field<&P::introspection>("Each balancer asks another component whether a request's token "
                                 "is good. The token is the request's key.")
            .source("RFC 7662; nginx auth_request, Envoy ext_authz"),
        field<&P::invalid>("Share of the requests whose token is no good: each has one that nobody "
                           "has seen before, and is answered with a 401.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (jwt.has_value() == introspection.has_value())
      problems.error(where.position(), path,
                     "tokens are checked in one way: say jwt or introspection");
  }
};

}  // namespace highwater::balancer
