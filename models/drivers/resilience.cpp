/// Drivers of the resilience family: circuit breakers here, the rest beside.

#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/algorithms/resilience/policy.h"
#include "models/breaker_params.h"
#include "models/drivers/breaker_session.h"
#include "models/drivers/catalog.h"
#include "models/drivers/retrying.h"
#include "models/drivers/seeded_params.h"

namespace highwater::drivers {
namespace {

using resilience::BreakerPolicy;

/// A session that also owns what its breaker draws from.
class DrawingSession final : public Session {
 public:
  template <class Breaker>
  DrawingSession(const Breaker& params, std::uint64_t seed)
      : bits_(seed), session_(params.make(0, bits_)) {}

  std::string take(std::string_view line, std::string& out) override {
    return session_.take(line, out);
  }
  void end(std::string& out) override { session_.end(out); }

 private:
  SeededBits bits_;
  BreakerSession session_;
};

/// @tparam Params  What the breaker may be told; SeededParams of it where it draws.
template <class Params>
Driver breaker_driver(BreakerPolicy policy) {
  const resilience::BreakerInfo& info = resilience::kBreakers[static_cast<std::size_t>(policy)];
  const std::string name(info.name);
  return driver<Params>(
      {name, "resilience", std::string(info.summary), std::string(info.source),
       "SECONDS success, SECONDS failure or SECONDS slow; a duration in seconds may follow",
       "allowed STATE or rejected STATE: the state after it",
       "printf '%s\\n' '1 failure' '2 failure' '3 success' | highwater algorithm " + name},
      [](const Params& params) {
        if constexpr (requires { params.seed; }) {
          return std::make_unique<DrawingSession>(params.group, params.seed);
        } else {
          return std::make_unique<DrawingSession>(params, 0);  // it draws nothing
        }
      });
}

}  // namespace

std::vector<Driver> resilience() {
  std::vector<Driver> drivers;
  drivers.push_back(breaker_driver<PybreakerParams>(BreakerPolicy::pybreaker));
  drivers.push_back(breaker_driver<Resilience4jParams>(BreakerPolicy::resilience4j));
  drivers.push_back(breaker_driver<HystrixParams>(BreakerPolicy::hystrix));
  drivers.push_back(breaker_driver<OpossumParams>(BreakerPolicy::opossum));
  drivers.push_back(breaker_driver<SeededParams<CockatielConsecutiveParams>>(
      BreakerPolicy::cockatiel_consecutive));
  drivers.push_back(
      breaker_driver<SeededParams<CockatielCountParams>>(BreakerPolicy::cockatiel_count));
  drivers.push_back(
      breaker_driver<SeededParams<CockatielSamplingParams>>(BreakerPolicy::cockatiel_sampling));
  std::vector<Driver> others = retrying();
  std::move(others.begin(), others.end(), std::back_inserter(drivers));
  return drivers;
}

}  // namespace highwater::drivers
