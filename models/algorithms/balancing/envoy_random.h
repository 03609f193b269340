#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/algorithms/balancing/envoy_balancer.h"

namespace highwater::balancing {

/// One of the list, by the very number that has drawn the level.
class EnvoyRandomScheme {
 public:
  static constexpr bool kReadsKey = false;

  EnvoyRandomScheme(const EnvoyTargets& targets, const std::vector<std::uint32_t>& members,
                    const EnvoyOptions& options)
      : targets_(targets), options_(options.hosts), sets_(targets, members, options.hosts) {}

  void touch(std::size_t target) { sets_.touch(target); }

  Pick choose(const Question& question, AnyBits& bits) {
    sets_.refresh(bits, [](std::size_t) {});
    return envoy_draw(targets_, options_, question, [&](std::uint32_t) {
      const std::uint64_t hash = bits.bits();
      const auto list = sets_.choose(hash, bits);
      if (!list || sets_.hosts(*list).empty()) return EnvoyDraw{};
      const std::vector<std::uint32_t>& hosts = sets_.hosts(*list);
      return EnvoyDraw{&hosts, hash % hosts.size()};
    });
  }

 private:
  const EnvoyTargets& targets_;
  const EnvoyHostOptions& options_;
  EnvoyHostSets sets_;
};

/// balancing envoy_random: any healthy target, each equally likely, whatever its weight.
///
/// Source   Envoy source/extensions/load_balancing_policies/random/random_lb.cc.
/// Checked  tests/algorithms/envoy_test.cpp: Envoy's expectations, frequencies.
using EnvoyRandom = EnvoyBalancer<EnvoyRandomScheme>;

}  // namespace highwater::balancing
