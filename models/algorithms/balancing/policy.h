#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "models/algorithms/balancing/balancer.h"
#include "models/algorithms/balancing/envoy_balancer.h"
#include "models/algorithms/balancing/finagle_p2c.h"
#include "models/algorithms/balancing/haproxy.h"
#include "models/algorithms/balancing/power_of_d.h"
#include "models/algorithms/balancing/sticky.h"

namespace highwater::balancing {

/// Every way to choose an instance that the family knows.
enum class Policy : std::uint8_t {
  round_robin,
  weighted,
  random,
  least_connections,
  power_of_two,
  power_of_d,
  join_idle_queue,
  busiest,
  envoy_round_robin,
  envoy_least_request,
  envoy_random,
  envoy_ring_hash,
  envoy_maglev,
  finagle_p2c,
  peak_ewma,
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
    PolicyInfo{Policy::power_of_d, "power_of_d",
               "Several distinct instances at random, then the least loaded one.",
               "Mitzenmacher 2001"},
    PolicyInfo{Policy::join_idle_queue, "join_idle_queue",
               "The instance idle for longest; any at random if none is.", "Lu et al. 2011"},
    PolicyInfo{Policy::busiest, "busiest",
               "The instance with the most requests in flight: the worst case.", "chosen"},
    PolicyInfo{Policy::envoy_round_robin, "envoy_round_robin",
               "In turn; by an earliest deadline schedule if weights differ.",
               "Envoy round_robin_lb.h"},
    PolicyInfo{Policy::envoy_least_request, "envoy_least_request",
               "The less loaded of two drawn with replacement; a schedule if weights differ.",
               "Envoy least_request_lb.cc"},
    PolicyInfo{Policy::envoy_random, "envoy_random", "Any healthy instance, each equally likely.",
               "Envoy random_lb.cc"},
    PolicyInfo{Policy::envoy_ring_hash, "envoy_ring_hash", "By the key, on a consistent ring.",
               "Envoy ring_hash_lb.cc"},
    PolicyInfo{Policy::envoy_maglev, "envoy_maglev", "By the key, in a Maglev table.",
               "Envoy maglev_lb.cc"},
    PolicyInfo{Policy::finagle_p2c, "finagle_p2c",
               "The less loaded of two distinct ones; panics after four pairs in vain.",
               "Finagle P2CPick.scala"},
    PolicyInfo{Policy::peak_ewma, "peak_ewma",
               "Of two distinct ones the one with less latency times requests in flight.",
               "Finagle PeakEwma.scala"},
    PolicyInfo{Policy::nginx_round_robin, "nginx_round_robin",
               "nginx: smooth weighted round robin that leaves failing servers alone.",
               "nginx 1.22.1 ngx_http_upstream_round_robin.c"},
    PolicyInfo{Policy::nginx_least_conn, "nginx_least_conn",
               "nginx least_conn: fewest requests per weight, ties by round robin.",
               "nginx 1.22.1 ngx_http_upstream_least_conn_module.c"},
    PolicyInfo{Policy::nginx_ip_hash, "nginx_ip_hash", "nginx ip_hash: by the client's network.",
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
    PolicyInfo{Policy::haproxy_first, "haproxy_first", "HAProxy first: the first server with room.",
               "HAProxy 2.6.12 lb_fas.c"},
    PolicyInfo{Policy::haproxy_source, "haproxy_source", "HAProxy source: by the client's address.",
               "HAProxy 2.6.12 backend.c"},
    PolicyInfo{Policy::haproxy_hash, "haproxy_hash", "HAProxy hash, uri, hdr, url_param: by a key.",
               "HAProxy 2.6.12 backend.c"},
    PolicyInfo{Policy::haproxy_random, "haproxy_random",
               "HAProxy random: the less loaded of several random points on the ring.",
               "HAProxy 2.6.12 backend.c"},
};

/// What the policies may be told, with the products' defaults.
struct Options {
  PowerOfDOptions power_of_d{};
  EnvoyOptions envoy{};
  FinagleOptions finagle{};
  HaproxyOptions haproxy{};
  /// Keeps a key with its instance, under any policy.
  std::optional<StickyOptions> sticky{};
};

/// A balancer under the policy. Any number of targets, none included, and any weights will do:
/// where nobody can be picked, pick() says so.
///
/// Two more products are among these: kube-proxy in iptables mode picks as random does (a chain of
/// rules that match with probability 1/n, 1/(n-1) … 1), and an AWS Application Load Balancer's
/// least outstanding requests is least_connections.
std::unique_ptr<Balancer> make_balancer(Policy policy, std::vector<Target> targets,
                                        const Options& options = {});

}  // namespace highwater::balancing
