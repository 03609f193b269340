#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "engine/describe/said.h"
#include "engine/describe/words.h"
#include "models/calls/call_params.h"
#include "models/steps/step_params.h"

namespace highwater::service {

/// What becomes of a request whose user has a session that is not to be found any more.
enum class OnLost : std::uint8_t { login, error };
constexpr auto words_of(OnLost) {
  return std::array{
      Word{OnLost::login, "login", "The user logs in again, and then gets what was asked for."},
      Word{OnLost::error, "error",
           "It is answered with an error; the next request of the user logs in."}};
}

/// Sessions in the memory of the instance where the user logged in.
struct InProcessParams {
  Bytes memory{};

  static constexpr std::string_view type_name = "service.sessions.in_process";
  static constexpr auto fields() {
    return Fields{field<&InProcessParams::memory>("Memory of a session, of the service's memory.")};
  }
};

/// Sessions in a component that all instances ask.
struct SessionStoreParams {
  ComponentRef to;
  CallPolicy policy;

  static constexpr std::string_view type_name = "service.sessions.store";
  static constexpr auto fields() {
    return Fields{field<&SessionStoreParams::to>("A cache or a database. How long a cache keeps "
                                                 "what is in it is its own affair: ttl, expiry.")
                      .required(),
                  inlined<&SessionStoreParams::policy>()};
  }
  static constexpr auto shorthand = &SessionStoreParams::to;
};

/// Sessions that the users carry with them, signed.
struct TokenParams {
  Distribution verify_time = Distribution::constant(40us);
  Duration lifetime = 15min;
  std::optional<std::vector<steps::Step>> refresh;

  static constexpr std::string_view type_name = "service.sessions.token";
  static constexpr auto fields() {
    return Fields{
        field<&TokenParams::verify_time>("CPU time to check the signature of a request's token: "
                                         "some 40us for RS256, 150us for ES256, 3us for HS256.")
            .source("RFC 7519; openssl speed rsa2048 ecdsap256 on one core, with the parsing"),
        field<&TokenParams::lifetime>("How long a token is good. No check could take it back "
                                      "before.")
            .at_least(Duration{1ms})
            .source("chosen"),
        field<&TokenParams::refresh>("What an instance does to make a new token for a user whose "
                                     "session has not timed out; unless given, the same as for a "
                                     "login.")
            .source("RFC 6749, section 6")};
  }
};

/// Users who have to log in, and what remembers that they have.
struct SessionsParams {
  std::optional<InProcessParams> in_process;
  std::optional<SessionStoreParams> store;
  std::optional<TokenParams> token;
  Duration timeout = 30min;
  std::vector<steps::Step> login;
  OnLost on_lost = OnLost::login;

  static constexpr std::string_view type_name = "service.sessions";
  static constexpr auto fields() {
    using P = SessionsParams;
    return Fields{
        field<&P::in_process>("Each instance keeps the sessions of those who logged in there, in "
                              "its memory: they are lost with its process, and of no use where the "
                              "user's next request goes elsewhere."),
        field<&P::store>("A component keeps them for all instances, which ask it for each request "
                         "with a session and write to it at a login."),
        field<&P::token>("The users keep them, as signed tokens that any instance can check.")
            .source("RFC 7519"),
        field<&P::timeout>("A session ends when its user has sent nothing for so long.")
            .at_least(Duration{1ms})
            .source("Tomcat session-timeout, 30 min"),
        field<&P::login>("What an instance does for a request without a session, before what the "
                         "request is about."),
        field<&P::on_lost>("What becomes of a request whose session is not to be found although it "
                           "has not timed out.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    const int ways = in_process.has_value() + store.has_value() + token.has_value();
    if (ways != 1)
      problems.error(where.position(), path,
                     "a session is in one place: say in_process, store or token");
    if (token && said<SessionsParams>(where, "on_lost") != nullptr)
      problems.error(where.position(), pointer_to(path, "on_lost"),
                     "a token that its user has is not lost");
  }
};

}  // namespace highwater::service
