#include "models/algorithms/host/fair_share.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::host {
namespace {

using Claim = FairShare::Claim;

std::vector<double> divided(double capacity, const std::vector<Claim>& claims) {
  std::vector<double> shares(claims.size());
  FairShare().divide(capacity, claims, shares);
  return shares;
}

TEST_CASE("fair_share: by weight among those who want more than their part", "[host]") {
  CHECK(divided(4, {{1, 8}, {3, 8}}) == std::vector<double>{1, 3});
  CHECK(divided(4, {{1, 4}, {1, 4}, {1, 4}, {1, 4}}) == std::vector<double>{1, 1, 1, 1});
}

TEST_CASE("fair_share: what one does not want is divided among the others", "[host]") {
  // The first of equals wants half a core of its four thirds.
  CHECK(divided(4, {{1, 0.5}, {1, 8}, {1, 8}}) == std::vector<double>{0.5, 1.75, 1.75});
  // Its part by weight is three, of which it wants one.
  CHECK(divided(4, {{3, 1}, {1, 8}}) == std::vector<double>{1, 3});
  // And so on in turn: 10 / 4 > 1, 9 / 3 > 2, 7 / 2 > 3.
  CHECK(divided(10, {{1, 9}, {1, 3}, {1, 1}, {1, 2}}) == std::vector<double>{4, 3, 1, 2});
}

TEST_CASE("fair_share: everybody has all where there is enough", "[host]") {
  CHECK(divided(6, {{1, 1}, {100, 2}, {7, 3}}) == std::vector<double>{1, 2, 3});
  CHECK(divided(100, {}).empty());
}

TEST_CASE("fair_share: without a weight there is what the others leave", "[host]") {
  CHECK(divided(4, {{0, 4}, {1, 3}}) == std::vector<double>{1, 3});
  CHECK(divided(4, {{-1, 4}, {1, 4}}) == std::vector<double>{0, 4});
  CHECK(divided(-1, {{1, 4}}) == std::vector<double>{0});
  CHECK(divided(4, {{1, -4}, {1, 4}}) == std::vector<double>{0, 4});
}

TEST_CASE("fair_share: weights of containers", "[host]") {
  // shares = millicores * 1024 / 1000, 2 at least; weight = 1 + (shares - 2) * 9999 / 262142.
  CHECK(FairShare::weight_of_request(0) == 1);
  CHECK(FairShare::weight_of_request(100) == 4);
  CHECK(FairShare::weight_of_request(1000) == 39);
  CHECK(FairShare::weight_of_request(8000) == 313);
  CHECK(FairShare::weight_of_request(10'000'000) == 10'000);
}

TEST_CASE("fair_share: nothing is wasted, and nobody with less envies", "[host]") {
  rc::check([] {
    const auto small = [] { return *rc::gen::inRange(0, 20); };
    const double capacity = small();
    std::vector<Claim> claims(static_cast<std::size_t>(*rc::gen::inRange(1, 9)));
    for (Claim& claim : claims) claim = {1.0 + small(), 0.5 * small()};
    const std::vector<double> shares = divided(capacity, claims);
    double wanted = 0;
    for (const Claim& claim : claims) wanted += claim.cores;
    const double given = std::accumulate(shares.begin(), shares.end(), 0.0);
    RC_ASSERT(std::abs(given - std::min(capacity, wanted)) < 1e-9);
    for (std::size_t i = 0; i < claims.size(); ++i) {
      RC_ASSERT(shares[i] >= 0 && shares[i] <= claims[i].cores + 1e-9);
      if (shares[i] >= claims[i].cores - 1e-9) continue;
      for (std::size_t j = 0; j < claims.size(); ++j)
        RC_ASSERT(shares[j] / claims[j].weight <= shares[i] / claims[i].weight + 1e-9);
    }
  });
}

}  // namespace
}  // namespace highwater::host
