// Replays a trace of 16-bit keys through one of our eviction policies, cache-aside, and prints the
// hits: replay POLICY CAPACITY MILLISECONDS_PER_REQUEST SEED < trace

#include <cstdint>
#include <iostream>
#include <string>

#include "models/algorithms/caching/policy.h"

namespace {

struct SplitMix {
  std::uint64_t state = 0;
  std::uint64_t bits() {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
};

}  // namespace

int main(int argc, char** argv) {
  using namespace highwater::caching;
  if (argc != 5) {
    std::cerr << "replay POLICY CAPACITY MILLISECONDS_PER_REQUEST SEED < trace\n";
    return 2;
  }
  for (const PolicyInfo& info : kPolicies) {
    if (info.name != argv[1]) continue;
    Cache cache(info.policy, std::stoull(argv[2]));
    SplitMix random{std::stoull(argv[4])};
    const std::int64_t step = std::stoll(argv[3]) * 1'000'000;
    std::int64_t now = 0;
    std::uint64_t hits = 0;
    for (char key[2]; std::cin.read(key, 2);) {
      const auto low = static_cast<unsigned char>(key[0]);
      const auto high = static_cast<unsigned char>(key[1]);
      const std::uint64_t id = low + 256u * high;
      now += step;
      if (cache.lookup(id, now).outcome == Outcome::hit) {
        ++hits;
      } else {
        cache.insert({.key = id}, now, random);
      }
    }
    std::cout << hits << '\n';
    return 0;
  }
  std::cerr << "no policy " << argv[1] << '\n';
  return 2;
}
