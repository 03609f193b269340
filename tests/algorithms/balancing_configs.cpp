#include "tests/algorithms/balancing_configs.h"

#include <cstdint>
#include <regex>
#include <stdexcept>

namespace highwater::balancing {
namespace {

std::string matched(const std::string& text, const std::string& pattern,
                    const std::string& otherwise) {
  std::smatch match;
  if (!std::regex_search(text, match, std::regex(pattern))) return otherwise;
  return match[1];
}

std::uint32_t number(const std::string& text, const std::string& pattern,
                     const std::string& otherwise) {
  return static_cast<std::uint32_t>(std::stoul(matched(text, pattern, otherwise)));
}

Policy nginx_policy(const std::string& upstream) {
  const auto has = [&](const char* word) { return upstream.find(word) != std::string::npos; };
  if (has("least_conn;") && !has("random")) return Policy::nginx_least_conn;
  if (has("ip_hash")) return Policy::nginx_ip_hash;
  if (has("random two")) return Policy::nginx_random_two;
  if (has("random")) return Policy::nginx_random;
  if (has(" consistent;")) return Policy::nginx_hash_consistent;
  return has("hash ") ? Policy::nginx_hash : Policy::nginx_round_robin;
}

}  // namespace

std::vector<Target> nginx_targets(const std::string& upstream) {
  std::vector<Target> targets;
  const std::regex server("server ([0-9.:]+)([^;]*);");
  for (std::sregex_iterator it(upstream.begin(), upstream.end(), server), end; it != end; ++it) {
    const std::string words = (*it)[2];
    const auto has = [&](const char* word) { return words.find(word) != std::string::npos; };
    Target target;
    target.name = (*it)[1];
    target.weight = number(words, "weight=([0-9]+)", "1");
    target.max_in_flight = number(words, "max_conns=([0-9]+)", "0");
    target.max_fails = number(words, "max_fails=([0-9]+)", "1");
    target.fail_timeout =
        std::int64_t{number(words, "fail_timeout=([0-9]+)", "10")} * 1'000'000'000;
    target.backup = has(" backup");
    target.down = has(" down");
    targets.push_back(target);
  }
  return targets;
}

std::unique_ptr<Balancer> nginx_balancer(const std::string& upstream) {
  return make_balancer(nginx_policy(upstream), nginx_targets(upstream));
}

std::unique_ptr<Balancer> haproxy_balancer(const std::string& backend) {
  std::vector<Target> targets;
  const std::regex server("server (\\S+) ([^\n]*)");
  for (std::sregex_iterator it(backend.begin(), backend.end(), server), end; it != end; ++it) {
    const std::string words = (*it)[2];
    Target target;
    target.name = (*it)[1];
    target.weight = number(words, "weight ([0-9]+)", "1");
    target.max_in_flight = number(words, "maxconn ([0-9]+)", "0");
    target.backup = words.find("backup") != std::string::npos;
    targets.push_back(target);
  }
  Options options;
  options.haproxy.consistent = backend.find("hash-type consistent") != std::string::npos;
  options.haproxy.avalanche = backend.find("avalanche") != std::string::npos;
  const std::string function = matched(backend, "hash-type \\S+ (sdbm|djb2|wt6|crc32)", "");
  using hashing::HaproxyFunction;
  if (function == "sdbm") options.haproxy.function = HaproxyFunction::sdbm;
  if (function == "djb2") options.haproxy.function = HaproxyFunction::djb2;
  if (function == "wt6") options.haproxy.function = HaproxyFunction::wt6;
  if (function == "crc32") options.haproxy.function = HaproxyFunction::crc32;
  options.haproxy.balance_factor = number(backend, "hash-balance-factor ([0-9]+)", "0");
  const std::string method = matched(backend, "balance (\\S+)", "");
  const auto policy = [&] {
    if (method == "roundrobin") return Policy::haproxy_roundrobin;
    if (method == "static-rr") return Policy::haproxy_static_rr;
    if (method == "leastconn") return Policy::haproxy_leastconn;
    if (method == "first") return Policy::haproxy_first;
    if (method == "source") return Policy::haproxy_source;
    if (method == "url_param") return Policy::haproxy_hash;
    throw std::runtime_error("no policy for balance " + method);
  };
  return make_balancer(policy(), targets, options);
}

}  // namespace highwater::balancing
