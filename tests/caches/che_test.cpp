// The hit ratio of an LRU cache under independent references against the approximation of
// H. Che, Y. Tung, Z. Wang, Hierarchical Web caching systems, IEEE JSAC 20 (2002).

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/external/external.h"
#include "tests/caches/caches_rig.h"

namespace highwater::cache {
namespace {

/// Zipf's law over `items` keys.
std::vector<double> zipf(std::size_t items, double exponent) {
  std::vector<double> p(items);
  double sum = 0;
  for (std::size_t i = 0; i < items; ++i)
    sum += p[i] = std::pow(static_cast<double>(i + 1), -exponent);
  for (double& each : p) each /= sum;
  return p;
}

/// An entry stays as long as it is asked for within a characteristic time, in requests: that in
/// which as many distinct keys are asked for as the cache holds.
double che_hit_ratio(const std::vector<double>& p, double capacity) {
  const auto distinct = [&](double time) {
    double sum = 0;
    for (const double each : p) sum += 1 - std::exp(-each * time);
    return sum;
  };
  double low = 0, high = 1e9;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (distinct(middle) < capacity ? low : high) = middle;
  }
  double hits = 0;
  for (const double each : p) hits += each * (1 - std::exp(-each * low));
  return hits;
}

TEST_CASE("cache: LRU hits as often as Che's approximation says", "[caches][costly]") {
  for (const double exponent : {0.6, 0.9, 1.2}) {
    const std::vector<double> p = zipf(1000, exponent);
    std::vector<double> up_to(p.size());
    std::partial_sum(p.begin(), p.end(), up_to.begin());
    for (const int capacity : {20, 100, 400}) {
      CAPTURE(exponent, capacity);
      ModelRig rig({cache(), external::external()},
                   R"({"cdn": {"kind": "cache", "policy": "lru", "origin": "site", "capacity": )" +
                       std::to_string(capacity) +
                       R"(}, "site": {"kind": "external", "latency": "1ms"}})");
      rig.add(load_of("cdn", 300, 950s, [&](RandomStream& random) {
        const auto found = std::upper_bound(up_to.begin(), up_to.end() - 1, random.uniform());
        return read_of(static_cast<std::uint64_t>(found - up_to.begin()));
      }));
      rig.run(Time{1000s});
      // 255,000 requests: three standard deviations are 0.003, and the approximation's own error is
      // of that order for so few keys.
      CHECK(rig.value("cdn", "hit_ratio", Time{100s}) ==
            Approx(che_hit_ratio(p, capacity)).margin(0.008));
    }
  }
}

}  // namespace
}  // namespace highwater::cache
