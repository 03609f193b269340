// How often a canary notices a version that is a little worse: the tail of a binomial.

#include <cmath>
#include <cstdint>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater {
namespace {

using testing::ModelRig;

/// P(X > most) of X ~ Bin(n, p).
double more_than(int most, int n, double p) {
  double below = 0;
  double term = std::pow(1 - p, n);
  for (int k = 0; k <= most; ++k) {
    below += term;
    term *= p / (1 - p) * (n - k) / (k + 1);
  }
  return 1 - below;
}

TEST_CASE("canary: it is caught as often as its answers in a check allow", "[deployment]") {
  // One of ten instances gets every tenth of ten requests a second: 60 answers in its only check,
  // which fails with more than three errors. Each is one with a probability of 5 %.
  constexpr int kRuns = 400;
  int caught = 0;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    ModelRig::Options options;
    options.seed = seed;
    options.duration = 100s;
    ModelRig rig({service::service(), balancer::load_balancer()},
                 R"({"lb": {"kind": "load_balancer", "policy": "round_robin", "targets": ["api"],
                            "max_fails": 0},
                     "api": {"kind": "service", "workers": 10, "service_time": "1ms",
                             "replicas": 10, "rollouts": [{"at": "10s",
                       "canary": {"step_weight": "10%", "max_weight": "10%", "interval": "60s",
                                  "threshold": 1, "min_success_rate": "95%"},
                       "version": {"error_rate": "5%"}}]}})",
                 options);
    for (int i = 0; i < 700; ++i) rig.send(Time{10s} + i * 100ms + 50ms, "lb", Request{});
    rig.run(Time{80s});
    caught += rig.count("api", "rollbacks") > 0;
  }
  const double expected = more_than(3, 60, 0.05);
  const double deviation = std::sqrt(expected * (1 - expected) / kRuns);
  CHECK(static_cast<double>(caught) / kRuns == Approx(expected).margin(3.5 * deviation));
}

}  // namespace
}  // namespace highwater
