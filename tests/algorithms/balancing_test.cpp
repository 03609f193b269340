#include <algorithm>
#include <cmath>
#include <regex>
#include <set>

#include <catch2/catch.hpp>

#include "models/algorithms/balancing/policy.h"
#include "tests/algorithms/golden.h"

namespace highwater::balancing {
namespace {

std::vector<Candidate> idle(std::size_t count) {
  return std::vector<Candidate>(count);
}

/// Shares of `picks` picks over the candidates; a pick of none fails the test.
template <class PickOne>
std::vector<double> shares(std::size_t count, int picks, const PickOne& pick_one) {
  std::vector<double> result(count);
  for (int i = 0; i < picks; ++i) {
    const Pick picked = pick_one();
    REQUIRE(picked.has_value());
    result.at(*picked) += 1.0 / picks;
  }
  return result;
}

/// Whether a frequency over `picks` draws fits a probability (5 standard deviations).
bool fits(double frequency, double probability, int picks) {
  return std::abs(frequency - probability) <=
         5 * std::sqrt(probability * (1 - probability) / picks) + 1e-12;
}

TEST_CASE("round_robin: in turn, from the first", "[algorithms][balancing]") {
  RoundRobin balancer;
  const auto candidates = idle(3);
  for (const std::size_t expected : std::initializer_list<std::size_t>{0, 1, 2, 0, 1, 2, 0})
    CHECK(balancer.pick(candidates) == expected);
}

// With a plain counter, candidate 3 would get half of the picks: its own share and that of 2.
TEST_CASE("round_robin: an unusable candidate's share goes to all others",
          "[algorithms][balancing]") {
  RoundRobin balancer;
  auto candidates = idle(4);
  candidates[2].usable = false;
  const auto share = shares(4, 300, [&] { return balancer.pick(candidates); });
  CHECK(share[0] == Approx(1 / 3.0));
  CHECK(share[1] == Approx(1 / 3.0));
  CHECK(share[2] == 0);
  CHECK(share[3] == Approx(1 / 3.0));
}

TEST_CASE("round_robin: the number of candidates may change", "[algorithms][balancing]") {
  RoundRobin balancer;
  auto candidates = idle(4);
  for (int i = 0; i < 3; ++i) balancer.pick(candidates);
  candidates.resize(2);
  CHECK(balancer.pick(candidates) == 0u);
  CHECK(balancer.pick(candidates) == 1u);
  candidates.resize(3);
  CHECK(balancer.pick(candidates) == 0u);
}

/// The weights in an upstream block as recorded: "server … weight=5; server …;" (1 where absent).
std::vector<Candidate> from_nginx(const std::string& block) {
  std::vector<Candidate> candidates;
  const std::regex server("server ([^;]*);");
  const std::regex weight("weight=([0-9]+)");
  for (std::sregex_iterator it(block.begin(), block.end(), server), end; it != end; ++it) {
    const std::string options = (*it)[1];
    std::smatch match;
    Candidate candidate;
    if (std::regex_search(options, match, weight)) {
      candidate.weight = static_cast<std::uint32_t>(std::stoul(match[1]));
    }
    candidates.push_back(candidate);
  }
  return candidates;
}

TEST_CASE("weighted: the picks of a running nginx", "[algorithms][balancing][golden]") {
  const nlohmann::json golden = golden_json("nginx_wrr.json");
  int compared = 0;
  for (const auto& [name, picks] : golden.at("seqs").items()) {
    const auto candidates = from_nginx(golden.at("upstreams").at(name));
    Weighted balancer;
    std::vector<std::size_t> got;
    for (std::size_t i = 0; i < picks.size(); ++i) got.push_back(balancer.pick(candidates).value());
    CAPTURE(name);
    CHECK(got == picks.get<std::vector<std::size_t>>());
    ++compared;
  }
  CHECK(compared == 4);
}

TEST_CASE("weighted: shares follow the weights of the usable", "[algorithms][balancing]") {
  Weighted balancer;
  std::vector<Candidate> candidates{{0, 5, true}, {0, 3, true}, {0, 2, true}, {0, 0, true}};
  auto share = shares(4, 1000, [&] { return balancer.pick(candidates); });
  CHECK(share[0] == Approx(0.5));
  CHECK(share[1] == Approx(0.3));
  CHECK(share[2] == Approx(0.2));
  CHECK(share[3] == 0);
  candidates[0].usable = false;
  share = shares(4, 1000, [&] { return balancer.pick(candidates); });
  CHECK(share[0] == 0);
  CHECK(share[1] == Approx(0.6));
  CHECK(share[2] == Approx(0.4));
}

TEST_CASE("weighted: nobody of weight 0 is picked, even alone", "[algorithms][balancing]") {
  Weighted balancer;
  const std::vector<Candidate> candidates{{0, 0, true}, {0, 0, true}};
  CHECK_FALSE(balancer.pick(candidates).has_value());
}

TEST_CASE("weighted: an added candidate gets its share", "[algorithms][balancing]") {
  Weighted balancer;
  std::vector<Candidate> candidates{{0, 1, true}, {0, 1, true}};
  for (int i = 0; i < 7; ++i) balancer.pick(candidates);
  candidates.push_back({0, 2, true});
  const auto share = shares(3, 400, [&] { return balancer.pick(candidates); });
  CHECK(share[2] == Approx(0.5).margin(0.01));
}

TEST_CASE("random: every usable candidate is equally likely", "[algorithms][balancing]") {
  // 1 of 16 usable is the case that redrawing cannot settle.
  for (const std::size_t unusable : std::initializer_list<std::size_t>{0, 1, 8, 15}) {
    SplitMix bits{unusable + 1};
    Random balancer;
    auto candidates = idle(16);
    for (std::size_t i = 0; i < unusable; ++i) candidates[(i * 5) % 16].usable = false;
    const int picks = 50'000;
    const auto share = shares(16, picks, [&] { return balancer.pick(candidates, bits); });
    for (std::size_t i = 0; i < 16; ++i) {
      const double probability = candidates[i].usable ? 1.0 / double(16 - unusable) : 0;
      CAPTURE(unusable, i);
      CHECK(fits(share[i], probability, picks));
    }
  }
}

TEST_CASE("least_connections: always one of the least loaded",
          "[algorithms][balancing][property]") {
  SplitMix bits{1};
  LeastConnections balancer;
  for (int i = 0; i < 5000; ++i) {
    auto candidates = idle(1 + bits.bits() % 8);
    bool any = false;
    std::uint32_t least = 1000;
    for (Candidate& candidate : candidates) {
      candidate.load = static_cast<std::uint32_t>(bits.bits() % 4);
      candidate.usable = bits.bits() % 4 != 0;
      any |= candidate.usable;
      if (candidate.usable) least = std::min(least, candidate.load);
    }
    const Pick picked = balancer.pick(candidates, bits);
    REQUIRE(picked.has_value() == any);
    if (picked) {
      REQUIRE(candidates.at(*picked).usable);
      REQUIRE(candidates[*picked].load == least);
    }
  }
}

TEST_CASE("least_connections: ties are settled evenly", "[algorithms][balancing]") {
  SplitMix bits{1};
  LeastConnections balancer;
  std::vector<Candidate> candidates{{5, 1, true}, {2, 1, true}, {2, 1, false},
                                    {2, 1, true}, {3, 1, true}, {2, 1, true}};
  const int picks = 60'000;
  const auto share = shares(6, picks, [&] { return balancer.pick(candidates, bits); });
  for (const std::size_t i : std::initializer_list<std::size_t>{1, 3, 5})
    CHECK(fits(share[i], 1 / 3.0, picks));
  for (const std::size_t i : std::initializer_list<std::size_t>{0, 2, 4}) CHECK(share[i] == 0);
}

TEST_CASE("least_connections: draws only to settle a tie", "[algorithms][balancing]") {
  SplitMix bits{1};
  LeastConnections balancer;
  const std::vector<Candidate> candidates{{5, 1, true}, {2, 1, true}, {3, 1, true}};
  CHECK(balancer.pick(candidates, bits) == 1u);
  CHECK(bits.state == 1);
}

// For distinct loads the r-th least loaded of n (r from 0) wins when it is drawn with one of the
// n-1-r more loaded: 2 (n-1-r) / (n (n-1)). Drawing with replacement would give the last a share of
// 1/n².
TEST_CASE("power_of_two: exact shares for fixed loads", "[algorithms][balancing]") {
  SplitMix bits{3};
  PowerOfTwo balancer;
  const std::vector<Candidate> candidates{
      {40, 1, true}, {10, 1, true}, {30, 1, true}, {20, 1, true}};
  const int picks = 100'000;
  const auto share = shares(4, picks, [&] { return balancer.pick(candidates, bits); });
  CHECK(fits(share[1], 6 / 12.0, picks));
  CHECK(fits(share[3], 4 / 12.0, picks));
  CHECK(fits(share[2], 2 / 12.0, picks));
  CHECK(share[0] == 0);
}

TEST_CASE("power_of_two: equal loads give equal shares, by the first drawn",
          "[algorithms][balancing]") {
  struct Scripted {
    std::vector<std::uint64_t> values;
    std::size_t used = 0;
    std::uint64_t bits() { return values.at(used++); }
  };
  PowerOfTwo balancer;
  const auto candidates = idle(4);
  // The upper halves 3/4 and 0 of the range draw candidate 3, then candidate 0.
  Scripted scripted{{0xC000'0000'0000'0000, 0x0000'0001'0000'0000}};
  CHECK(balancer.pick(candidates, scripted) == 3u);

  SplitMix bits{1};
  const int picks = 50'000;
  const auto share = shares(4, picks, [&] { return balancer.pick(candidates, bits); });
  for (const double frequency : share) CHECK(fits(frequency, 0.25, picks));
}

TEST_CASE("power_of_two: only usable candidates, each pair equally likely",
          "[algorithms][balancing]") {
  // Two usable of twelve: redrawing seldom settles it, and both ways must give the same shares.
  for (const std::size_t usable : std::initializer_list<std::size_t>{1, 2, 3, 11}) {
    SplitMix bits{usable};
    PowerOfTwo balancer;
    auto candidates = idle(12);
    for (std::size_t i = 0; i < 12; ++i) {
      candidates[i].usable = i < usable;
      candidates[i].load = static_cast<std::uint32_t>(i);
    }
    const int picks = 50'000;
    const auto share = shares(12, picks, [&] { return balancer.pick(candidates, bits); });
    const double n = double(usable);
    for (std::size_t i = 0; i < 12; ++i) {
      double probability = i < usable ? 2 * (n - 1 - double(i)) / (n * (n - 1)) : 0;
      if (usable == 1) probability = i == 0 ? 1 : 0;
      CAPTURE(usable, i);
      CHECK(fits(share[i], probability, picks));
    }
  }
}

TEST_CASE("balancing policies: each is listed once, in order, with its source",
          "[algorithms][balancing]") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kPolicies.size(); ++i) {
    CHECK(static_cast<std::size_t>(kPolicies[i].policy) == i);
    CHECK(names.insert(kPolicies[i].name).second);
    CHECK_FALSE(kPolicies[i].summary.empty());
    CHECK_FALSE(kPolicies[i].source.empty());
  }
}

TEST_CASE("Balancer: holds to the contract under every policy", "[algorithms][balancing]") {
  for (const PolicyInfo& info : kPolicies) {
    CAPTURE(info.name);
    SplitMix bits{1};
    Balancer balancer(info.policy);
    CHECK_FALSE(balancer.pick({}, bits).has_value());
    auto candidates = idle(3);
    for (Candidate& candidate : candidates) candidate.usable = false;
    CHECK_FALSE(balancer.pick(candidates, bits).has_value());
    candidates[1].usable = true;
    for (int i = 0; i < 10; ++i) CHECK(balancer.pick(candidates, bits) == 1u);
    candidates[2].usable = true;
    std::set<std::size_t> seen;
    for (int i = 0; i < 100; ++i) seen.insert(balancer.pick(candidates, bits).value());
    CHECK(seen == std::set<std::size_t>{1, 2});
    CHECK(balancer.pick(idle(1), bits) == 0u);
  }
}

TEST_CASE("Balancer: runs the policy it was given", "[algorithms][balancing]") {
  const auto picks = [](Policy policy) {
    SplitMix bits{1};
    Balancer balancer(policy);
    const std::vector<Candidate> candidates{{9, 1, true}, {0, 3, true}, {5, 1, true}};
    std::vector<std::size_t> result;
    for (int i = 0; i < 60; ++i) result.push_back(balancer.pick(candidates, bits).value());
    return result;
  };
  const auto count = [&](Policy policy, std::size_t which) {
    const auto result = picks(policy);
    return std::count(result.begin(), result.end(), which);
  };
  CHECK(count(Policy::round_robin, 1) == 20);
  CHECK(count(Policy::weighted, 1) == 36);
  CHECK(count(Policy::least_connections, 1) == 60);
  CHECK(count(Policy::power_of_two, 0) == 0);
  CHECK(count(Policy::power_of_two, 2) > 5);
  CHECK(count(Policy::random, 0) > 5);
}

}  // namespace
}  // namespace highwater::balancing
