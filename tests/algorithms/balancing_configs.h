#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/algorithms/balancing/policy.h"

namespace highwater::balancing {

// Recordings quote the configuration of the product that was recorded. These read back what such
// blocks say: the method and the servers, port 18100 being server 0.

/// The servers of an nginx upstream: "server 127.0.0.1:18100 weight=5 max_fails=3 backup; …".
std::vector<Target> nginx_targets(const std::string& upstream);
std::unique_ptr<Balancer> nginx_balancer(const std::string& upstream);

/// A HAProxy backend: "balance leastconn\n server s0 127.0.0.1:18100 weight 5 maxconn 2\n …".
std::unique_ptr<Balancer> haproxy_balancer(const std::string& backend);

}  // namespace highwater::balancing
