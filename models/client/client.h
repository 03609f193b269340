#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/kind.h"
#include "models/calls/call.h"
#include "models/client/arrivals.h"
#include "models/client/key_params.h"

namespace highwater::client {

struct SessionParams {
  Times requests;
  Distribution think;

  static constexpr auto fields() {
    return Fields{
        field<&SessionParams::requests>("Requests of a session, one after the other; each arrival "
                                        "begins one.")
            .required(),
        field<&SessionParams::think>("Time between an answer and the session's next request.")};
  }
};

struct ClientParams {
  Arrivals arrivals;
  OrderedMap<Fraction> mix;
  std::optional<Keys> keys;
  std::optional<SessionParams> session;
  std::uint32_t priority = 0;
  std::optional<Operation> op;
  std::vector<std::string> zones;
  CallParams calls;

  static constexpr auto fields() {
    return Fields{
        field<&ClientParams::arrivals>("How requests come about.").required(),
        field<&ClientParams::mix>("Endpoints and their shares, which add up to 100 %; a trace "
                                  "brings its own unless given."),
        field<&ClientParams::keys>("Which data the requests are about; all about one, or what "
                                   "a trace says, unless given."),
        field<&ClientParams::session>("Every arrival begins a session of several requests about "
                                      "one key; single requests unless given."),
        field<&ClientParams::priority>("Urgency of its requests, 0 the most urgent.").at_most(255u),
        field<&ClientParams::op>("What its requests do to data; unless given, POST, PUT, PATCH and "
                                 "DELETE write and all else reads. Balancers repeat no write, "
                                 "databases and caches treat them apart."),
        field<&ClientParams::zones>("Zones that its users are in, whose requests come in turn; "
                                    "outside of every zone unless given.")
            .at_most(1000u),
        field<&ClientParams::calls>("Whom it calls, and how it deals with slow and failed "
                                    "answers.")
            .required()};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

/// Who sends load, for faults that change how much.
class LoadSource {
 public:
  /// So many times as much comes from now on. Factors of several multiply.
  virtual void spike(double factor) = 0;
  /// Takes back one of that factor.
  virtual void end_spike(double factor) = 0;
  /// Users of a closed loop, and of how many there may be; 0 where the load is open.
  virtual std::uint64_t users() const = 0;
  static constexpr std::uint64_t kMostUsers = 10'000'000;

 protected:
  ~LoadSource() = default;
};

ModelKind client();

}  // namespace highwater::client
