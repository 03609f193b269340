#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/balancing/policy.h"

namespace highwater {

namespace balancing {

/// The policies of the family are the words of a scenario: one that joins can be named at once.
constexpr auto words_of(Policy) {
  std::array<Word<Policy>, kPolicies.size()> words{};
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = {kPolicies[i].policy, kPolicies[i].name, kPolicies[i].summary};
  return words;
}

constexpr auto words_of(EnvoySelectionMethod) {
  return std::array{
      Word{EnvoySelectionMethod::n_choices, "n_choices", "The least loaded of choice_count drawn."},
      Word{EnvoySelectionMethod::full_scan, "full_scan", "The least loaded of all."}};
}

}  // namespace balancing

namespace hashing {

constexpr auto words_of(HaproxyFunction) {
  return std::array{Word{HaproxyFunction::sdbm, "sdbm", "HAProxy's default."},
                    Word{HaproxyFunction::djb2, "djb2", "Bernstein's."},
                    Word{HaproxyFunction::wt6, "wt6", "wt6."},
                    Word{HaproxyFunction::crc32, "crc32", "CRC-32."},
                    Word{HaproxyFunction::none, "none", "The number that the key begins with."}};
}

constexpr auto words_of(EnvoyHash) {
  return std::array{Word{EnvoyHash::xxhash64, "xxhash", "xxHash64."},
                    Word{EnvoyHash::murmur2, "murmur2", "MurmurHash2 of 64 bits, as libstdc++."}};
}

}  // namespace hashing

namespace balancer {

// What the policies can be told, a struct for each product or policy that has something to tell.
// apply() puts it where the algorithm looks for it.

enum class HashType : std::uint8_t { map, consistent };
constexpr auto words_of(HashType) {
  return std::array{Word{HashType::map, "map", "A map of the weights; any change redraws it."},
                    Word{HashType::consistent, "consistent",
                         "A ring; a change moves few keys. Without a function it means sdbm with "
                         "avalanche."}};
}

/// For haproxy_source: an address is no text to hash, but whether a function is named matters.
struct HaproxySourceParams {
  HashType type = HashType::map;
  std::optional<hashing::HaproxyFunction> function;
  bool avalanche = false;

  static constexpr auto fields() {
    return Fields{
        field<&HaproxySourceParams::type>("Map or ring.").source("HAProxy hash-type"),
        field<&HaproxySourceParams::function>("Addresses go through no function, but where one is "
                                              "named the ring does not mix unless told to.")
            .source("HAProxy hash-type"),
        field<&HaproxySourceParams::avalanche>("Mix the number once more; without a function the "
                                               "ring does it anyway.")
            .source("HAProxy hash-type")};
  }
  void apply(balancing::Options& options) const {
    options.haproxy.consistent = type == HashType::consistent;
    options.haproxy.function = function;
    options.haproxy.avalanche = avalanche;
  }
};

struct HaproxyHashParams {
  HashType type = HashType::map;
  std::optional<hashing::HaproxyFunction> function;
  bool avalanche = false;

  static constexpr auto fields() {
    return Fields{field<&HaproxyHashParams::type>("Map or ring.").source("HAProxy hash-type"),
                  field<&HaproxyHashParams::function>("Hash of the key; sdbm unless given.")
                      .source("HAProxy hash-type"),
                  field<&HaproxyHashParams::avalanche>("Mix the hash once more.")
                      .source("HAProxy hash-type")};
  }
  void apply(balancing::Options& options) const {
    options.haproxy.consistent = type == HashType::consistent;
    options.haproxy.function = function;
    options.haproxy.avalanche = avalanche;
  }
};

/// Load that stays near: an own struct because only requests in flight make it matter.
struct HaproxyBoundParams {
  HaproxyHashParams hash{HashType::consistent, std::nullopt, false};
  std::uint32_t balance_factor = 150;

  static constexpr auto fields() {
    return Fields{inlined<&HaproxyBoundParams::hash>(),
                  field<&HaproxyBoundParams::balance_factor>(
                      "Most requests in flight of a server, in percent "
                      "of its share; needs the ring.")
                      .at_least(101u)
                      .at_most(65'535u)
                      .source("HAProxy hash-balance-factor")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (hash.type != HashType::consistent)
      problems.error(where.position(), path, "balance_factor needs the type consistent");
  }
  void apply(balancing::Options& options) const {
    hash.apply(options);
    options.haproxy.balance_factor = balance_factor;
  }
};

/// What a HAProxy backend is told for all of its policies.
struct HaproxyParams {
  bool all_backups = balancing::HaproxyOptions{}.all_backups;
  std::uint32_t full_load = balancing::HaproxyOptions{}.full_load;

  static constexpr auto fields() {
    return Fields{
        field<&HaproxyParams::all_backups>("Lets all backups work together, and not the first "
                                           "usable one alone.")
            .source("HAProxy option allbackups"),
        field<&HaproxyParams::full_load>("Requests in flight at all servers together at which a "
                                         "server's limit has grown from its minimum to its "
                                         "maximum; 0: it is the maximum at once.")
            .source("HAProxy fullconn")};
  }
  void apply(balancing::Options& options) const {
    options.haproxy.all_backups = all_backups;
    options.haproxy.full_load = full_load;
  }
};

struct HaproxyRandomParams {
  std::uint32_t draws = balancing::HaproxyOptions{}.draws;

  static constexpr auto fields() {
    return Fields{field<&HaproxyRandomParams::draws>("Points drawn on the ring.")
                      .at_least(1u)
                      .at_most(1000u)
                      .source("HAProxy balance random(draws)")};
  }
  void apply(balancing::Options& options) const { options.haproxy.draws = draws; }
};

struct PowerOfDParams {
  std::uint32_t choices = balancing::PowerOfDOptions{}.d;

  static constexpr auto fields() {
    return Fields{field<&PowerOfDParams::choices>("Distinct targets drawn.")
                      .at_least(1u)
                      .at_most(10'000u)
                      .source("Mitzenmacher 2001")};
  }
  void apply(balancing::Options& options) const { options.power_of_d.d = choices; }
};

struct EnvoyLeastRequestParams {
  std::uint32_t choice_count = balancing::EnvoyLeastRequestOptions{}.choice_count;
  balancing::EnvoySelectionMethod selection_method =
      balancing::EnvoyLeastRequestOptions{}.selection_method;
  std::optional<double> active_request_bias;

  static constexpr auto fields() {
    return Fields{
        field<&EnvoyLeastRequestParams::choice_count>("Hosts drawn where all weights are equal.")
            .at_least(1u)
            .at_most(10'000u)
            .source("Envoy choice_count"),
        field<&EnvoyLeastRequestParams::selection_method>("Draw some, or look at all.")
            .source("Envoy selection_method"),
        field<&EnvoyLeastRequestParams::active_request_bias>(
            "Power of (active + 1) that divides a weight; 1 unless given. Given, it makes the "
            "schedule of weights decide even where they are equal.")
            .at_least(0.0)
            .at_most(100.0)
            .source("Envoy active_request_bias")};
  }
  void apply(balancing::Options& options) const {
    options.envoy.least_request = {choice_count, selection_method, active_request_bias};
  }
};

struct EnvoyRingParams {
  std::uint32_t min_ring_size = hashing::EnvoyRingSettings{}.minimum_size;
  std::uint32_t max_ring_size = hashing::EnvoyRingSettings{}.maximum_size;
  hashing::EnvoyHash points = hashing::EnvoyRingSettings{}.points;

  static constexpr std::uint32_t kMost = 8u * 1024 * 1024;
  static constexpr auto fields() {
    return Fields{
        field<&EnvoyRingParams::min_ring_size>("Fewest points.")
            .at_least(1u)
            .at_most(kMost)
            .source("Envoy minimum_ring_size"),
        field<&EnvoyRingParams::max_ring_size>("Most points.")
            .at_least(1u)
            .at_most(kMost)
            .source("Envoy maximum_ring_size"),
        field<&EnvoyRingParams::points>("Hash of the points.").source("Envoy hash_function")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (min_ring_size > max_ring_size)
      problems.error(where.position(), path, "min_ring_size is above max_ring_size");
  }
  hashing::EnvoyRingSettings settings() const { return {min_ring_size, max_ring_size, points}; }
  void apply(balancing::Options& options) const { options.envoy.hash.ring = settings(); }
};

struct MaglevParams {
  std::uint32_t table = hashing::Maglev::kDefaultSize;

  static constexpr auto fields() {
    return Fields{field<&MaglevParams::table>("Cells of the table; raised to the next prime.")
                      .at_least(2u)
                      .at_most(hashing::Maglev::kGreatestSize)
                      .source("Envoy table_size")};
  }
  void apply(balancing::Options& options) const { options.envoy.hash.table_size = table; }
};

struct PeakEwmaParams {
  Duration decay{balancing::FinagleOptions{}.decay_time};

  static constexpr auto fields() {
    return Fields{field<&PeakEwmaParams::decay>("Time over which latencies are averaged.")
                      .at_least(Duration{1})
                      .source("Finagle decayTime")};
  }
  void apply(balancing::Options& options) const { options.finagle.decay_time = decay.count(); }
};

/// For finagle_p2c and peak_ewma.
struct FinagleParams {
  std::uint32_t max_effort = balancing::FinagleOptions{}.max_effort;
  bool panic = balancing::FinagleOptions{}.panic;

  static constexpr auto fields() {
    return Fields{
        field<&FinagleParams::max_effort>("Pairs drawn for a usable target before panic.")
            .at_most(1000u)
            .source("Finagle PanicMode"),
        field<&FinagleParams::panic>("Takes what the next pair gives then, usable or not.")
            .source("Finagle")};
  }
  void apply(balancing::Options& options) const {
    options.finagle.max_effort = max_effort;
    options.finagle.panic = panic;
  }
};

/// Sessions that stay with their instance.
struct StickyParams {
  Duration ttl{balancing::StickyOptions{}.ttl};
  std::uint64_t sessions = balancing::StickyOptions{}.max_entries;
  bool redispatch = balancing::StickyOptions{}.redispatch;

  static constexpr std::string_view type_name = "load_balancer.sticky";
  static constexpr auto fields() {
    return Fields{
        field<&StickyParams::ttl>("How long an unused session is remembered.")
            .at_least(Duration{1})
            .source("chosen"),
        field<&StickyParams::sessions>("Sessions that each balancer remembers; of more, those "
                                       "unused for longest are forgotten.")
            .at_least(std::uint64_t{1})
            .at_most(std::uint64_t{1'000'000'000})
            .source("chosen"),
        field<&StickyParams::redispatch>("Sends a session whose instance will not do to another "
                                         "one, where it stays; if not, nobody is picked for it.")
            .source("HAProxy option redispatch")};
  }
  balancing::StickyOptions options() const {
    return {ttl.count(), static_cast<std::size_t>(sessions), redispatch};
  }
};

struct SlowStartParams {
  Duration window{0};
  std::optional<double> aggression;
  std::optional<Fraction> min_weight;

  static constexpr std::string_view type_name = "load_balancer.slow_start";
  static constexpr auto shorthand = &SlowStartParams::window;
  static constexpr auto fields() {
    return Fields{
        field<&SlowStartParams::window>("Time in which an instance that comes back works its way "
                                        "to its full weight.")
            .required()
            .at_least(Duration{1'000'000})
            .source("HAProxy slowstart, Envoy slow_start_window"),
        field<&SlowStartParams::aggression>("Above 1: faster at first; 1 unless given. Envoy's "
                                            "policies alone.")
            .at_least(0.001)
            .at_most(1000.0)
            .source("Envoy aggression"),
        field<&SlowStartParams::min_weight>("Of its weight, what it begins with; 10% unless given. "
                                            "Envoy's policies alone.")
            .source("Envoy min_weight_percent")};
  }
  /// Envoy's part; HAProxy's is each target's.
  void apply(balancing::Options& options) const {
    balancing::EnvoySlowStartOptions& start = options.envoy.hosts.slow_start;
    start.window = window.count();
    start.aggression = aggression.value_or(start.aggression);
    if (min_weight) start.min_weight_percent = min_weight->value * 100;
  }
};

}  // namespace balancer
}  // namespace highwater
