// The worst policies exist so that this can be shown: an objective that real ones keep is missed
// under them, and so the objectives mean something.

#include <catch2/catch.hpp>

#include "engine/report/metric_view.h"
#include "tests/experiment/experiment_support.h"

namespace highwater::testing {
namespace {

/// Whether the only objective was met, under this setting. One that cannot be judged, because the
/// system never settles, counts as missed.
bool met(const std::string& text, const std::string& setting) {
  const Results results = run(text, {setting});
  REQUIRE(results.objectives.size() == 1);
  return missed_objectives(results) == 0;
}

TEST_CASE("an objective on latency is kept by balancing, and missed by always the busiest",
          "[pathological]") {
  const std::string text = R"({"highwater": 1, "name": "balanced",
    "run": {"duration": "60s", "replications": 4},
    "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "240/s"}, "calls": "lb"},
      "lb": {"kind": "load_balancer", "targets": ["api"]},
      "api": {"kind": "service", "replicas": 4, "service_time": {"exponential": "10ms"}}},
    "objectives": ["users.latency.p99 < 150ms"]})";
  for (const char* policy : {"round_robin", "least_connections", "nginx_least_conn",
                             "haproxy_roundrobin", "envoy_least_request", "peak_ewma"}) {
    CAPTURE(policy);
    CHECK(met(text, "lb.policy=" + std::string(policy)));
  }
  CHECK_FALSE(met(text, "lb.policy=busiest"));
}

TEST_CASE("an objective on hits is kept by eviction, and missed by the worst eviction",
          "[pathological]") {
  const std::string text = R"({"highwater": 1, "name": "cached",
    "run": {"duration": "60s", "replications": 4},
    "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "1k/s"},
                "keys": {"zipf": {"items": "10k", "exponent": 1.0}}, "calls": "cdn"},
      "cdn": {"kind": "cache", "capacity": 500, "origin": "api"},
      "api": {"kind": "service", "workers": 1000, "service_time": "5ms"}},
    "objectives": ["cdn.hit_ratio > 50%"]})";
  for (const char* policy : {"lru", "sieve", "s3_fifo", "redis_lru", "w_tinylfu"}) {
    CAPTURE(policy);
    CHECK(met(text, "cdn.policy=" + std::string(policy)));
  }
  CHECK_FALSE(met(text, "cdn.policy=worst"));
}

}  // namespace
}  // namespace highwater::testing
