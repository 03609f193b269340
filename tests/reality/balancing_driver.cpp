// Makes the decisions of one balancer, for scripts that compare them with a running product's.
//
// Standard input: a line {"policy", "targets", "options", "seed"}, then one array per line:
//   ["pick", id, now, key]  a request arrives; its key in hexadecimal digits
//   ["fail", id, now]       the request's target failed it; ["done", id, now]: answered it
//   ["retry", id, now]      the request that failed goes on
//   ["usable", target, yes, now], ["weight", target, weight, now]
// Standard output: the target of each pick and retry, -1 where none. Times are nanoseconds.

#include <cstdint>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/algorithms/balancing/policy.h"
#include "tests/algorithms/golden.h"

namespace {

using namespace highwater;
using namespace highwater::balancing;
using nlohmann::json;

std::vector<Target> targets_of(const json& list) {
  std::vector<Target> targets;
  for (const json& entry : list) {
    Target target;
    target.name = entry.value("name", "");
    target.weight = entry.value("weight", 1u);
    target.max_in_flight = entry.value("max_in_flight", 0u);
    target.min_in_flight = entry.value("min_in_flight", 0u);
    target.backup = entry.value("backup", false);
    target.down = entry.value("down", false);
    target.max_fails = entry.value("max_fails", 1u);
    target.fail_timeout = entry.value("fail_timeout", std::int64_t{10'000'000'000});
    target.slow_start = entry.value("slow_start", std::int64_t{0});
    targets.push_back(target);
  }
  return targets;
}

Options options_of(const json& given) {
  Options options;
  options.haproxy.all_backups = given.value("all_backups", false);
  options.haproxy.full_load = given.value("full_load", 0u);
  options.haproxy.consistent = given.value("consistent", false);
  options.haproxy.avalanche = given.value("avalanche", false);
  options.haproxy.balance_factor = given.value("balance_factor", 0u);
  options.haproxy.draws = given.value("draws", 2u);
  const std::string function = given.value("function", "");
  using hashing::HaproxyFunction;
  const std::map<std::string, HaproxyFunction> functions = {{"sdbm", HaproxyFunction::sdbm},
                                                            {"djb2", HaproxyFunction::djb2},
                                                            {"wt6", HaproxyFunction::wt6},
                                                            {"crc32", HaproxyFunction::crc32}};
  if (!function.empty()) options.haproxy.function = functions.at(function);
  return options;
}

Policy policy_of(const std::string& name) {
  for (const PolicyInfo& info : kPolicies)
    if (info.name == name) return info.policy;
  throw std::runtime_error("no policy " + name);
}

std::string bytes_of(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

struct Request {
  std::string key;
  std::vector<std::size_t> tried;
  std::uint32_t vain_draws = 0;
  Pick at;
};

void decide(Balancer& balancer, Request& request, std::int64_t now, SplitMix& bits) {
  request.at = balancer.pick(
      {.now = now, .key = request.key, .tried = request.tried, .vain_draws = &request.vain_draws},
      bits);
  std::cout << (request.at ? static_cast<long>(*request.at) : -1) << '\n';
}

}  // namespace

int main() {
  std::string line;
  std::getline(std::cin, line);
  const json setup = json::parse(line);
  const auto balancer =
      make_balancer(policy_of(setup.at("policy")), targets_of(setup.at("targets")),
                    options_of(setup.value("options", json::object())));
  SplitMix bits{setup.value("seed", std::uint64_t{1})};
  std::map<int, Request> requests;
  while (std::getline(std::cin, line)) {
    const json event = json::parse(line);
    const std::string what = event.at(0);
    const std::int64_t now = event.back().is_string() ? event.at(2) : event.back();
    if (what == "usable" || what == "weight") {
      const std::size_t target = event.at(1);
      if (what == "usable") balancer->set_usable(target, event.at(2), now);
      if (what == "weight") balancer->set_weight(target, event.at(2), now);
      continue;
    }
    Request& request = requests[event.at(1)];
    if (what == "pick") {
      request = {bytes_of(event.at(3)), {}, 0, {}};
      decide(*balancer, request, now, bits);
    } else if (what == "retry") {
      decide(*balancer, request, now, bits);
    } else if (request.at) {
      balancer->finish(*request.at, {.now = now, .failed = what == "fail"});
      request.tried.push_back(*request.at);
    }
  }
}
