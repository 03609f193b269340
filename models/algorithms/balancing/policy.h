#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/balancer.h"
#include "models/algorithms/balancing/haproxy_hash.h"
#include "models/algorithms/balancing/haproxy_leastconn.h"
#include "models/algorithms/balancing/haproxy_map.h"
#include "models/algorithms/balancing/haproxy_roundrobin.h"
#include "models/algorithms/balancing/least_connections.h"
#include "models/algorithms/balancing/nginx.h"
#include "models/algorithms/balancing/nginx_hash.h"
#include "models/algorithms/balancing/nginx_random.h"
#include "models/algorithms/balancing/power_of_two.h"
#include "models/algorithms/balancing/random.h"
#include "models/algorithms/balancing/round_robin.h"
#include "models/algorithms/balancing/weighted.h"

namespace highwater::balancing {

/// Every way to choose an instance that the family knows.
enum class Policy : std::uint8_t {
  round_robin,
  weighted,
  random,
  least_connections,
  power_of_two,
  nginx_round_robin,
  nginx_least_conn,
  nginx_ip_hash,
  nginx_hash,
  nginx_hash_consistent,
  nginx_random,
  nginx_random_two,
  haproxy_roundrobin,
  haproxy_static_rr,
  haproxy_leastconn,
  haproxy_first,
  haproxy_source,
  haproxy_hash,
  haproxy_random,
};

struct PolicyInfo {
  Policy policy;
  std::string_view name;
  std::string_view summary;
  std::string_view source;
};

/// In the order documents list them; kPolicies[i].policy is the i-th value of Policy.
inline constexpr std::array kPolicies = {
    PolicyInfo{Policy::round_robin, "round_robin", "Instances in turn.", "RFC 1794"},
    PolicyInfo{Policy::weighted, "weighted",
               "In turn by weight, evenly spread: nginx' smooth weighted round robin.",
               "nginx 1.22.1 ngx_http_upstream_round_robin.c"},
    PolicyInfo{Policy::random, "random", "Any instance, each equally likely.", "elementary"},
    PolicyInfo{Policy::least_connections, "least_connections",
               "The instance with the fewest requests in flight, ties at random.", "Winston 1977"},
    PolicyInfo{Policy::power_of_two, "power_of_two",
               "Two distinct instances at random, then the less loaded one.", "Mitzenmacher 2001"},
    PolicyInfo{Policy::nginx_round_robin, "nginx_round_robin",
               "nginx: smooth weighted round robin that leaves failing servers alone.",
               "nginx 1.22.1 ngx_http_upstream_round_robin.c"},
    PolicyInfo{Policy::nginx_least_conn, "nginx_least_conn",
               "nginx least_conn: fewest requests per weight, ties by round robin.",
               "nginx 1.22.1 ngx_http_upstream_least_conn_module.c"},
    PolicyInfo{Policy::nginx_ip_hash, "nginx_ip_hash",
               "nginx ip_hash: by the client's network.",
               "nginx 1.22.1 ngx_http_upstream_ip_hash_module.c"},
    PolicyInfo{Policy::nginx_hash, "nginx_hash", "nginx hash: by a key, over the weights.",
               "nginx 1.22.1 ngx_http_upstream_hash_module.c"},
    PolicyInfo{Policy::nginx_hash_consistent, "nginx_hash_consistent",
               "nginx hash consistent: by a key, on a ring.",
               "nginx 1.22.1 ngx_http_upstream_hash_module.c"},
    PolicyInfo{Policy::nginx_random, "nginx_random", "nginx random: drawn by weight.",
               "nginx 1.22.1 ngx_http_upstream_random_module.c"},
    PolicyInfo{Policy::nginx_random_two, "nginx_random_two",
               "nginx random two: two drawn by weight, then the less loaded one.",
               "nginx 1.22.1 ngx_http_upstream_random_module.c"},
    PolicyInfo{Policy::haproxy_roundrobin, "haproxy_roundrobin",
               "HAProxy roundrobin: in turn by weights that may change.",
               "HAProxy 2.6.12 lb_fwrr.c"},
    PolicyInfo{Policy::haproxy_static_rr, "haproxy_static_rr",
               "HAProxy static-rr: in turn by fixed weights.", "HAProxy 2.6.12 lb_map.c"},
    PolicyInfo{Policy::haproxy_leastconn, "haproxy_leastconn",
               "HAProxy leastconn: fewest requests per weight, ties in turn.",
               "HAProxy 2.6.12 lb_fwlc.c"},
    PolicyInfo{Policy::haproxy_first, "haproxy_first",
               "HAProxy first: the first server with room.", "HAProxy 2.6.12 lb_fas.c"},
    PolicyInfo{Policy::haproxy_source, "haproxy_source",
               "HAProxy source: by the client's address.", "HAProxy 2.6.12 backend.c"},
    PolicyInfo{Policy::haproxy_hash, "haproxy_hash",
               "HAProxy hash, uri, hdr, url_param: by a key.", "HAProxy 2.6.12 backend.c"},
    PolicyInfo{Policy::haproxy_random, "haproxy_random",
               "HAProxy random: the less loaded of several random points on the ring.",
               "HAProxy 2.6.12 backend.c"},
};

/// What the configurations of the products set besides their targets, with the products' defaults.
struct Options {
  HaproxyOptions haproxy = {};
};

/// A balancer under the policy. Any number of targets, none included, and any weights will do:
/// where nobody can be picked, pick() says so.
inline std::unique_ptr<Balancer> make_balancer(Policy policy, std::vector<Target> targets,
                                               const Options& options = {}) {
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

}  // namespace highwater::balancing
