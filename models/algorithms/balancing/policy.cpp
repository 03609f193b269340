#include "models/algorithms/balancing/policy.h"

#include <utility>

#include "models/algorithms/balancing/busiest.h"
#include "models/algorithms/balancing/envoy_hash.h"
#include "models/algorithms/balancing/envoy_random.h"
#include "models/algorithms/balancing/envoy_scheduled.h"
#include "models/algorithms/balancing/failure_accrual.h"
#include "models/algorithms/balancing/finagle_p2c.h"
#include "models/algorithms/balancing/haproxy_hash.h"
#include "models/algorithms/balancing/haproxy_leastconn.h"
#include "models/algorithms/balancing/haproxy_map.h"
#include "models/algorithms/balancing/haproxy_roundrobin.h"
#include "models/algorithms/balancing/join_idle_queue.h"
#include "models/algorithms/balancing/least_connections.h"
#include "models/algorithms/balancing/nginx.h"
#include "models/algorithms/balancing/nginx_hash.h"
#include "models/algorithms/balancing/nginx_random.h"
#include "models/algorithms/balancing/outlier_detector.h"
#include "models/algorithms/balancing/peak_ewma.h"
#include "models/algorithms/balancing/power_of_d.h"
#include "models/algorithms/balancing/power_of_two.h"
#include "models/algorithms/balancing/random.h"
#include "models/algorithms/balancing/round_robin.h"
#include "models/algorithms/balancing/sticky.h"
#include "models/algorithms/balancing/weighted.h"

namespace highwater::balancing {
namespace {

std::unique_ptr<Balancer> make_plain(Policy policy, std::vector<Target> targets,
                                     const Options& options) {
  const auto haproxy_by = [&](HaproxyKeyHash::Key key) -> std::unique_ptr<Balancer> {
    if (options.haproxy.consistent)
      return std::make_unique<HaproxyRingHash>(std::move(targets), key, options.haproxy);
    return std::make_unique<HaproxyMapHash>(std::move(targets), key, options.haproxy);
  };
  switch (policy) {
    case Policy::round_robin:
      return std::make_unique<RoundRobin>(std::move(targets));
    case Policy::weighted:
      return std::make_unique<Weighted>(std::move(targets));
    case Policy::random:
      return std::make_unique<Random>(std::move(targets));
    case Policy::least_connections:
      return std::make_unique<LeastConnections>(std::move(targets));
    case Policy::power_of_two:
      return std::make_unique<PowerOfTwo>(std::move(targets));
    case Policy::power_of_d:
      return std::make_unique<PowerOfD>(std::move(targets), options.power_of_d);
    case Policy::join_idle_queue:
      return std::make_unique<JoinIdleQueue>(std::move(targets));
    case Policy::busiest:
      return std::make_unique<Busiest>(std::move(targets));
    case Policy::envoy_round_robin:
      return std::make_unique<EnvoyRoundRobin>(std::move(targets), options.envoy);
    case Policy::envoy_least_request:
      return std::make_unique<EnvoyLeastRequest>(std::move(targets), options.envoy);
    case Policy::envoy_random:
      return std::make_unique<EnvoyRandom>(std::move(targets), options.envoy);
    case Policy::envoy_ring_hash:
      return std::make_unique<EnvoyRingHash>(std::move(targets), options.envoy);
    case Policy::envoy_maglev:
      return std::make_unique<EnvoyMaglev>(std::move(targets), options.envoy);
    case Policy::finagle_p2c:
      return std::make_unique<FinagleP2cLeastLoaded>(std::move(targets), options.finagle);
    case Policy::peak_ewma:
      return std::make_unique<PeakEwma>(std::move(targets), options.finagle);
    case Policy::nginx_round_robin:
      return std::make_unique<NginxRoundRobin>(std::move(targets));
    case Policy::nginx_least_conn:
      return std::make_unique<NginxLeastConn>(std::move(targets));
    case Policy::nginx_ip_hash:
      return std::make_unique<NginxIpHash>(std::move(targets));
    case Policy::nginx_hash:
      return std::make_unique<NginxHash>(std::move(targets));
    case Policy::nginx_hash_consistent:
      return std::make_unique<NginxHashConsistent>(std::move(targets));
    case Policy::nginx_random:
      return std::make_unique<NginxRandom>(std::move(targets), NginxRandom::Draws::one);
    case Policy::nginx_random_two:
      return std::make_unique<NginxRandom>(std::move(targets), NginxRandom::Draws::two_least_conn);
    case Policy::haproxy_roundrobin:
      return std::make_unique<HaproxyRoundRobin>(std::move(targets), options.haproxy);
    case Policy::haproxy_static_rr:
      return std::make_unique<HaproxyStaticRoundRobin>(std::move(targets), options.haproxy);
    case Policy::haproxy_leastconn:
      return std::make_unique<HaproxyLeastConn>(std::move(targets), options.haproxy);
    case Policy::haproxy_first:
      return std::make_unique<HaproxyFirst>(std::move(targets), options.haproxy);
    case Policy::haproxy_source:
      return haproxy_by(HaproxyKeyHash::Key::address);
    case Policy::haproxy_hash:
      return haproxy_by(HaproxyKeyHash::Key::any);
    case Policy::haproxy_random:
      return std::make_unique<HaproxyRandom>(std::move(targets), options.haproxy);
  }
  return nullptr;  // no other value exists; compilers cannot know
}

}  // namespace

std::unique_ptr<Balancer> make_balancer(Policy policy, std::vector<Target> targets,
                                        const Options& options) {
  if (!options.sticky) return make_plain(policy, std::move(targets), options);
  std::unique_ptr<Balancer> inner = make_plain(policy, targets, options);
  return std::make_unique<Sticky>(std::move(targets), std::move(inner), *options.sticky);
}

}  // namespace highwater::balancing
