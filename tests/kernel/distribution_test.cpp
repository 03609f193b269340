// Every law of the scenario format against its closed form. Seeds are fixed and draws are the same
// on every machine, so nothing here can fail by chance; and every comparison is made a second time
// against a law whose times are 1 % longer, which must be told apart.

#include "engine/kernel/distribution.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/kernel/goodness_of_fit.h"

namespace highwater {
namespace {

struct Law {
  const char* name;
  Distribution law;
};

/// The continuous laws, each at least once on every path of the sampler.
std::vector<Law> continuous_laws() {
  return {
      {"exponential", Distribution::exponential(20ms)},
      {"lognormal p99", Distribution::lognormal_mean_p99(20ms, 90ms)},
      {"lognormal cv", Distribution::lognormal_mean_cv(20ms, 1.5)},
      {"normal", Distribution::normal(20ms, 2ms)},
      {"normal cut at 0", Distribution::normal(5ms, 10ms)},
      {"uniform", Distribution::uniform(10ms, 30ms)},
      {"erlang 3", Distribution::erlang(3, 20ms)},
      {"erlang 40", Distribution::erlang(40, 20ms)},
      {"gamma", Distribution::gamma(20ms, 0.7)},
      {"gamma below shape 1", Distribution::gamma(20ms, 1.2)},
      {"weibull", Distribution::weibull(0.8, 15ms)},
      {"weibull 3", Distribution::weibull(3.0, 15ms)},
      {"pareto", Distribution::pareto(2.2, 5ms)},
      {"hyperexponential", Distribution::hyperexponential({{0.9, 5ms}, {0.1, 155ms}})},
      {"mixture", Distribution::mixture({{0.7, Distribution::uniform(1ms, 2ms)},
                                         {0.3, Distribution::exponential(200ms)}})},
  };
}

testing::LawDistance distance_from(const Distribution& law) {
  return testing::LawDistance(0, [&law](double s) { return law.cdf(s); });
}

Distribution sampled() {
  return Distribution::empirical({3ms, 1ms, 4ms, 1ms, 5ms, 9ms, 2ms, 6ms});
}

TEST_CASE("distribution: draws follow the stated law, and not one 1 % longer",
          "[kernel][distribution][costly]") {
  constexpr int kDraws = 1'000'000;
  for (const auto& [name, law] : continuous_laws()) {
    CAPTURE(name);
    RandomStream generator(7, "distribution_test", name);
    testing::LawDistance distance = distance_from(law);
    testing::LawDistance longer = distance;
    double sum = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double x = seconds(law.draw(generator));
      sum += x;
      distance.add(x);
      longer.add(1.01 * x);
    }
    CHECK(distance.value() < distance.critical());
    CHECK(longer.value() > longer.critical());
    // The mean within four standard errors.
    if (law.scv() < math::kInfinity) {
      const double error = 4 * std::sqrt(law.scv() / kDraws);
      CHECK(sum / kDraws == Approx(law.mean_s()).epsilon(error));
    }
  }
}

TEST_CASE("distribution: RequestRandom draws the same laws", "[kernel][distribution]") {
  constexpr std::uint64_t kDraws = 200'000;
  for (const auto& [name, law] : continuous_laws()) {
    CAPTURE(name);
    const RandomKey key = random_key(7, "distribution_test", name);
    testing::LawDistance distance = distance_from(law);
    for (std::uint64_t request = 0; request < kDraws; ++request) {
      RequestRandom generator(key, request, 0);
      distance.add(seconds(law.draw(generator)));
    }
    CHECK(distance.value() < distance.critical());
  }
}

/// Integral of 1 - F, and of 2 x (1 - F), in steps that grow: mean and second moment of a law >= 0.
std::pair<double, double> moments_by_integration(const Distribution& law) {
  double mean = 0;
  double second = 0;
  double x = 0;
  double previous = 1;
  const double growth = 1.01;
  for (double next = 1e-9; next < 1e6; next *= growth) {
    const double tail = 1 - law.cdf(next);
    const double middle = 1 - law.cdf(0.5 * (x + next));  // Simpson's rule on each step
    mean += (next - x) / 6 * (previous + 4 * middle + tail);
    second += (next - x) / 6 * 2 * (x * previous + 2 * (x + next) * middle + next * tail);
    previous = tail;
    x = next;
    if (tail <= 0) break;
  }
  return {mean, second};
}

TEST_CASE("distribution: mean and variation are those of the cdf", "[kernel][distribution]") {
  std::vector<Law> laws = continuous_laws();
  laws.push_back({"gamma with large shape", Distribution::gamma(20ms, 0.02)});
  laws.push_back({"weibull with large shape", Distribution::weibull(50, 20ms)});
  for (const auto& [name, law] : laws) {
    CAPTURE(name);
    const auto [mean, second] = moments_by_integration(law);
    CHECK(law.mean_s() == Approx(mean).epsilon(1e-5));
    // The second moment of this Pareto law lies beyond any range that can be integrated over.
    if (std::string(name) != "pareto")
      CHECK(law.scv() == Approx(second / (mean * mean) - 1).epsilon(2e-4));
  }
}

TEST_CASE("distribution: parameters mean what their names say", "[kernel][distribution]") {
  const Distribution latency = Distribution::lognormal_mean_p99(20ms, 90ms);
  CHECK(latency.mean_s() == Approx(0.020));
  CHECK(latency.cdf(0.090) == Approx(0.99).epsilon(1e-12));
  // Of the two sigmas that fit, the smaller: the median is above a third of the mean.
  CHECK(latency.cdf(0.020 / 3) < 0.5);
  CHECK(Distribution::lognormal_mean_p99(20ms, 20001us).scv() == Approx(4.62e-10).epsilon(1e-2));
  CHECK(Distribution::lognormal_mean_cv(20ms, 1.5).scv() == Approx(2.25));
  CHECK(Distribution::erlang(4, 20ms).scv() == Approx(0.25));
  CHECK(Distribution::erlang(4, 20ms).mean_s() == Approx(0.02));
  CHECK(Distribution::gamma(20ms, 0.7).scv() == Approx(0.49));
  CHECK(Distribution::weibull(2, 10ms).cdf(0.010) == Approx(-math::expm1(-1)));
  CHECK(Distribution::weibull(2, 10ms).mean_s() == Approx(0.010 * std::sqrt(math::kPi) / 2));
  CHECK(Distribution::pareto(3, 10ms).mean_s() == Approx(0.015));
  CHECK(Distribution::pareto(3, 10ms).scv() == Approx(1.0 / 3));
  CHECK(Distribution::pareto(2, 10ms).scv() == math::kInfinity);
  CHECK(Distribution::pareto(2, 10ms).mean_s() == Approx(0.020));
  CHECK(Distribution::pareto(1, 10ms).mean_s() == math::kInfinity);
  CHECK(Distribution::pareto(3, 10ms).cdf(0.009) == 0);
  CHECK(Distribution::pareto(3, 10ms).cdf(0.020) == Approx(1 - 0.125));
  CHECK(Distribution::uniform(10ms, 30ms).cdf(0.015) == Approx(0.25));
  CHECK(Distribution::uniform(10ms, 30ms).cdf(0.031) == 1);
  // E[X] = 0.9 * 5 + 0.1 * 155, E[X^2] = 2 (0.9 * 25 + 0.1 * 24025)
  const Distribution two = Distribution::hyperexponential({{0.9, 5ms}, {0.1, 155ms}});
  CHECK(two.mean_s() == Approx(0.020));
  CHECK(two.scv() == Approx(2 * (0.9 * 25 + 0.1 * 24025) / 400 - 1));
  // A normal far from 0 is hardly cut, one at 0 is folded to sqrt(2/pi) sd.
  CHECK(Distribution::normal(20ms, 2ms).mean_s() == Approx(0.020).epsilon(1e-12));
  CHECK(Distribution::normal(0ms, 2ms).mean_s() == Approx(0.002 * std::sqrt(2 / math::kPi)));
  CHECK(Distribution::normal(0ms, 2ms).scv() == Approx(math::kPi / 2 - 1));
}

TEST_CASE("distribution: constants take no randomness", "[kernel][distribution]") {
  const Distribution constant = Distribution::constant(20ms);
  RandomStream used(1, "a", "b");
  RandomStream untouched(1, "a", "b");
  CHECK(constant.draw(used) == 20ms);
  CHECK(used.bits() == untouched.bits());
  CHECK(constant.is_constant());
  CHECK(constant.constant_value() == 20ms);
  CHECK(constant.mean_s() == 0.020);
  CHECK(constant.scv() == 0);
  CHECK(constant.cdf(0.02) == 1);
  CHECK(constant.cdf(0.0199999) == 0);
  CHECK(Distribution().is_constant());
  CHECK(Distribution().constant_value() == 0ns);
  CHECK(Distribution::constant(kLongestRun).draw(used) == kLongestRun);
  CHECK_FALSE(Distribution::exponential(20ms).is_constant());
}

TEST_CASE("distribution: empirical draws each sample equally often", "[kernel][distribution]") {
  const Distribution law = sampled();
  CHECK(law.mean_s() == Approx(31e-3 / 8));
  CHECK(law.scv() == Approx((173.0 / 8) / (31.0 * 31.0 / 64) - 1));
  CHECK(law.cdf(0.0009) == 0);
  CHECK(law.cdf(0.001) == 0.25);
  CHECK(law.cdf(0.005) == 0.75);
  CHECK(law.cdf(0.009) == 1);
  std::vector<double> counts(10);
  RandomStream generator(3, "distribution_test", "empirical");
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; ++i) ++counts[static_cast<std::size_t>(law.draw(generator) / 1ms)];
  const double eighth = kDraws / 8.0;
  const std::vector<double> expected = {0,      2 * eighth, eighth, eighth, eighth,
                                        eighth, eighth,     0,      0,      eighth};
  CHECK(counts[0] + counts[7] + counts[8] == 0);
  CHECK(testing::chi_square_p_value(counts, expected) > 1e-3);
}

TEST_CASE("distribution: mixtures take their parts as often as they say",
          "[kernel][distribution]") {
  // Two levels, a part that never comes, and more parts than are searched one by one.
  std::vector<Distribution::Part> inner;
  for (int i = 0; i < 12; ++i) {
    inner.push_back({(i + 1) / 78.0, Distribution::constant(Duration{1ms} * (i + 1))});
  }
  const Distribution law = Distribution::mixture({{0.25, Distribution::constant(0ms)},
                                                  {0.0, Distribution::constant(100ms)},
                                                  {0.75, Distribution::mixture(inner)}});
  constexpr int kDraws = 200'000;
  std::vector<double> counts(13);
  std::vector<double> expected = {0.25 * kDraws};
  for (int i = 1; i <= 12; ++i) expected.push_back(0.75 * i / 78.0 * kDraws);
  RandomStream generator(3, "distribution_test", "mixture");
  for (int i = 0; i < kDraws; ++i) {
    const auto value = static_cast<std::size_t>(law.draw(generator) / 1ms);
    REQUIRE(value <= 12);
    ++counts[value];
  }
  CHECK(testing::chi_square_p_value(counts, expected) > 1e-3);
  CHECK(law.mean_s() == Approx(0.75 * 650.0 / 78 * 1e-3));  // 1^2 + … + 12^2 = 650
  CHECK(law.cdf(0.0005) == Approx(0.25));
  CHECK(law.cdf(0.0125) == Approx(1));
  // Infinite moments go through.
  const Distribution heavy = Distribution::mixture(
      {{0.5, Distribution::pareto(1.5, 1ms)}, {0.5, Distribution::constant(1ms)}});
  CHECK(heavy.mean_s() == Approx(0.002));
  CHECK(heavy.scv() == math::kInfinity);
}

TEST_CASE("distribution: no draw is negative or longer than a run may be",
          "[kernel][distribution]") {
  RandomStream generator(5, "distribution_test", "extremes");
  const std::vector<Law> extremes = {
      {"heavy pareto", Distribution::pareto(0.05, 1s)},
      {"heavy weibull", Distribution::weibull(0.05, 24h)},
      {"longest exponential", Distribution::exponential(kLongestRun)},
      {"half normal", Distribution::normal(0ns, 1ns)},
      {"degenerate gamma", Distribution::gamma(1ms, 100.0)},
      {"wide lognormal", Distribution::lognormal_mean_cv(24h, 1000)},
      {"nothing", Distribution::uniform(0ns, 0ns)},
  };
  bool capped = false;
  for (const auto& [name, law] : extremes) {
    CAPTURE(name);
    bool inside = true;
    for (int i = 0; i < 20'000; ++i) {
      const Duration x = law.draw(generator);
      inside = inside && x >= 0ns && x <= kLongestRun;
      capped = capped || x == kLongestRun;
    }
    CHECK(inside);
  }
  CHECK(capped);
}

TEST_CASE("distribution: rounds to the nearest nanosecond", "[kernel][distribution]") {
  // Uniform on 0 … 1 ns is 0 or 1, each half of the time; plain truncation would give 0 always.
  const Distribution law = Distribution::uniform(0ns, 1ns);
  RandomStream generator(5, "distribution_test", "rounding");
  int ones = 0;
  for (int i = 0; i < 10'000; ++i) ones += law.draw(generator) == 1ns ? 1 : 0;
  CHECK(std::abs(ones - 5000) < 200);
}

TEST_CASE("distribution: equal means same family and parameters", "[kernel][distribution]") {
  std::vector<Law> laws = continuous_laws();
  laws.push_back({"constant", Distribution::constant(1ms)});
  laws.push_back({"other constant", Distribution::constant(2ms)});
  laws.push_back({"zero", Distribution()});
  laws.push_back({"empirical", sampled()});
  laws.push_back(
      {"other mixture", Distribution::mixture({{0.3, Distribution::uniform(1ms, 2ms)},
                                               {0.7, Distribution::exponential(200ms)}})});
  laws.push_back({"other branches", Distribution::hyperexponential({{0.9, 6ms}, {0.1, 155ms}})});
  for (std::size_t i = 0; i < laws.size(); ++i) {
    for (std::size_t j = 0; j < laws.size(); ++j) {
      CAPTURE(laws[i].name, laws[j].name);
      CHECK((laws[i].law == laws[j].law) == (i == j));
    }
  }
  // By value, not by which tables they share.
  CHECK(sampled() == sampled());
  CHECK(continuous_laws().back().law == continuous_laws().back().law);
}

TEST_CASE("distribution: remembers its spelling, which changes nothing else",
          "[kernel][distribution]") {
  const Distribution plain = Distribution::exponential(20ms);
  const Distribution spelled = plain.spelled("{\"exponential\": \"0.02s\"}");
  CHECK(plain.spelling().empty());
  CHECK(spelled.spelling() == "{\"exponential\": \"0.02s\"}");
  CHECK(spelled == plain);
  RandomStream a(1, "a", "b");
  RandomStream b(1, "a", "b");
  CHECK(spelled.draw(a) == plain.draw(b));
}

TEST_CASE("distribution: impossible parameters are refused in a sentence",
          "[kernel][distribution][input]") {
  using D = Distribution;
  const double nan = math::kNaN;
  const Duration over = kLongestRun + 1ns;
  CHECK(D::check_constant(-1ns) == std::string("it must not be negative"));
  CHECK(D::check_constant(over));
  CHECK_FALSE(D::check_constant(0ns));
  CHECK_FALSE(D::check_constant(kLongestRun));
  CHECK(D::check_exponential(0ns) == std::string("the mean must be above 0"));
  CHECK(D::check_exponential(-5ms));
  CHECK(D::check_exponential(over) == std::string("the mean must be at most 416 days (2^55 ns)"));
  CHECK_FALSE(D::check_exponential(1ns));
  CHECK(D::check_lognormal_mean_p99(20ms, 20ms) == std::string("p99 must be above the mean"));
  CHECK(D::check_lognormal_mean_p99(20ms, 400ms) ==
        std::string("p99 is 20 times the mean, but that of a lognormal is always below 14.96 "
                    "times its mean"));
  CHECK_FALSE(D::check_lognormal_mean_p99(20ms, 299ms));
  CHECK(D::check_lognormal_mean_p99(0ms, 299ms));
  CHECK(D::check_lognormal_mean_p99(20ms, over));
  CHECK(D::check_lognormal_mean_cv(20ms, 0));
  CHECK(D::check_lognormal_mean_cv(20ms, nan));
  CHECK(D::check_lognormal_mean_cv(20ms, 1001));
  CHECK(D::check_lognormal_mean_cv(0ms, 1));
  CHECK_FALSE(D::check_lognormal_mean_cv(20ms, 0.01));
  CHECK(D::check_normal(-1ns, 1ms));
  CHECK(D::check_normal(1ms, -1ns));
  CHECK(D::check_normal(0ms, 0ms) == std::string("mean and sd are both 0"));
  CHECK_FALSE(D::check_normal(1ms, 0ms));
  CHECK(D::check_uniform(-1ns, 1ms));
  CHECK(D::check_uniform(2ms, 1ms));
  CHECK(D::check_uniform(1ms, over));
  CHECK_FALSE(D::check_uniform(1ms, 1ms));
  CHECK(D::check_erlang(0, 1ms));
  CHECK(D::check_erlang(1'000'001, 1ms));
  CHECK(D::check_erlang(2, 0ms));
  CHECK_FALSE(D::check_erlang(1'000'000, 1ms));
  CHECK(D::check_gamma(1ms, 0) == std::string("cv must be between 0.001 and 100"));
  CHECK(D::check_gamma(1ms, 101));
  CHECK(D::check_gamma(1ms, nan));
  CHECK(D::check_gamma(0ms, 1));
  CHECK(D::check_weibull(0.01, 1ms));
  CHECK(D::check_weibull(nan, 1ms));
  CHECK(D::check_weibull(1, 0ms));
  CHECK_FALSE(D::check_weibull(0.05, 1ms));
  CHECK(D::check_pareto(0, 1ms));
  CHECK(D::check_pareto(2, 0ms));
  CHECK(D::check_pareto(math::kInfinity, 1ms));
  CHECK_FALSE(D::check_pareto(0.5, 1ms));
  CHECK(D::check_hyperexponential({}));
  CHECK(D::check_hyperexponential({{0.5, 1ms}, {0.4, 2ms}}) ==
        std::string("the probabilities add up to 0.9, not to 1"));
  CHECK(D::check_hyperexponential({{1.5, 1ms}, {-0.5, 2ms}}) ==
        std::string("each probability must be between 0 and 1"));
  CHECK(D::check_hyperexponential({{nan, 1ms}}));
  CHECK(D::check_hyperexponential({{1, 0ms}}));
  CHECK_FALSE(D::check_hyperexponential({{0.333333, 1ms}, {0.333333, 1ms}, {0.333334, 1ms}}));
  CHECK(D::check_mixture({}));
  CHECK(D::check_mixture({{0.5, D()}}));
  CHECK(D::check_mixture({{-1, D()}, {1, D()}, {1, D()}}));
  CHECK_FALSE(D::check_mixture({{1, D()}, {0, D()}}));
  CHECK(D::check_empirical({}));
  CHECK(D::check_empirical({1ms, -1ns}));
  CHECK_FALSE(D::check_empirical({0ms}));
}

TEST_CASE("distribution: frozen draws", "[kernel][distribution][golden]") {
  // The first eight draws in ns and a hundred thousand folded, from a stream and by request. The
  // same for every compiler, optimisation and C library; they change only when a method changes.
  struct Frozen {
    std::vector<std::int64_t> first;
    std::uint64_t folded;
    std::uint64_t folded_by_request;
  };
  static const std::vector<Frozen> kFrozen = {
      {{28125578, 7802178, 32058594, 4018932, 72637, 35034980, 46945413, 8017183},
       0x06aa6a1f31982291,
       0x1a643e94e470978f},
      {{12209208, 1470064, 11142676, 3569621, 29391729, 26094981, 15795224, 29492509},
       0x99881525a1d67f8c,
       0xe40890575614c758},
      {{28624867, 6905768, 25270029, 119264523, 8241757, 5583345, 1467096, 17379506},
       0x0fd3ce5a4dc34dab,
       0x7c16ba79b319a2b2},
      {{18742395, 18798339, 20330536, 18812053, 15526533, 20818441, 17608639, 20610304},
       0x14ad6012fe27ecf2,
       0x4dcc575efd630261},
      {{6117442, 2660369, 12704831, 6282869, 9286591, 2769114, 23288394, 640569},
       0x39a71fc9c9718bf7,
       0x3f36f66b8a8b5562},
      {{11146125, 18746379, 23342109, 18751283, 21752053, 14081272, 14602614, 13078615},
       0xe23dfb5975b78c9a,
       0x0dd606d25b157669},
      {{14916930, 19456288, 19357315, 5084897, 5459576, 20990845, 39303167, 12593212},
       0xd0dd0ccdbd84cdd6,
       0xad4ccaa2c56c4c4e},
      {{19198495, 14339452, 21996096, 13631192, 21485101, 17405609, 20637232, 25235447},
       0x77a931be65f94160,
       0xe48ec06556f013c9},
      {{28203926, 44803287, 2158590, 15125652, 8239593, 40508242, 9657539, 12663563},
       0xe640b3b6fca6bd11,
       0xd45ac21f7b879bce},
      {{5833759, 703888, 2670133, 88421369, 16401271, 79680907, 3818713, 25679659},
       0x92aec87355f306a4,
       0xe0414aef5683641a},
      {{39313459, 154406162, 55351051, 31456593, 30942385, 8805667, 14586804, 439758},
       0x5e5cda2150d83651,
       0x251d0e67b0c26428},
      {{7907993, 11271035, 12522187, 5896647, 12028106, 10169882, 9298741, 15904678},
       0x4adef10eac477b62,
       0x60065a21284066a2},
      {{5557151, 7807270, 8206667, 5304748, 5927357, 5550165, 7747631, 5220858},
       0x3cacbf4dfce26d9e,
       0xe765c03c9323f602},
      {{466264753, 2657717, 9113362, 8070215, 2256915, 1790498, 166309517, 17335672},
       0xa418c18d3fce5274,
       0xd18002c851067297},
      {{1983808, 81316506, 1248012, 1989891, 1301884, 9441730, 1595315, 29588711},
       0x360ac646eb31897c,
       0x916d01821b302dd0},
      {{3000000, 4000000, 1000000, 9000000, 1000000, 9000000, 3000000, 5000000},
       0xfdb53f2b1dd9cc43,
       0xe1028b537db6aa81},
  };
  std::vector<Law> laws = continuous_laws();
  laws.push_back({"empirical", sampled()});
  REQUIRE(laws.size() == kFrozen.size());
  for (std::size_t i = 0; i < laws.size(); ++i) {
    CAPTURE(laws[i].name);
    RandomStream generator(1, "golden", laws[i].name);
    const RandomKey key = random_key(1, "golden", laws[i].name);
    std::uint64_t folded = 0;
    std::uint64_t folded_by_request = 0;
    for (std::uint64_t n = 0; n < 100'000; ++n) {
      const Duration x = laws[i].law.draw(generator);
      if (n < 8) CHECK(x.count() == kFrozen[i].first[n]);
      folded = detail::mix_bits(folded ^ static_cast<std::uint64_t>(x.count()));
      RequestRandom request(key, n, 1);
      const Duration y = laws[i].law.draw(request);
      folded_by_request =
          detail::mix_bits(folded_by_request ^ static_cast<std::uint64_t>(y.count()));
    }
    CHECK(folded == kFrozen[i].folded);
    CHECK(folded_by_request == kFrozen[i].folded_by_request);
  }
}

}  // namespace
}  // namespace highwater
