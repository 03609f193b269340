// Popularity of keys against the exact probabilities. Seeds are fixed and draws are the same on
// every machine, so nothing here can fail by chance.

#include "engine/kernel/popularity.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/kernel/goodness_of_fit.h"

namespace highwater {
namespace {

RandomStream stream(const char* purpose) {
  return RandomStream(11, "popularity_test", purpose);
}

/// How often each rank came in `draws` draws; a rank out of range fails the test.
std::vector<double> count(const KeyPopularity& keys, int draws) {
  RandomStream generator = stream("counts");
  std::vector<double> counts(keys.items());
  for (int i = 0; i < draws; ++i) {
    const std::uint64_t rank = keys.draw(generator);
    if (rank >= keys.items()) FAIL("rank " << rank << " of " << keys.items());
    ++counts[rank];
  }
  return counts;
}

/// Zipf's probabilities by definition, independent of KeyPopularity::probability().
std::vector<double> zipf_expectations(std::uint64_t items, double exponent, double draws) {
  std::vector<double> expected;
  double total = 0;
  for (std::uint64_t k = 1; k <= items; ++k) {
    expected.push_back(std::pow(static_cast<double>(k), -exponent));
    total += expected.back();
  }
  for (double& value : expected) value *= draws / total;
  return expected;
}

TEST_CASE("popularity: zipf has the exact probabilities", "[kernel][popularity]") {
  constexpr int kDraws = 400'000;
  for (const double exponent : {0.0, 0.5, 0.99, 1.0, 1.0 + 1e-9, 1.5, 3.0}) {
    for (const std::uint64_t items : {2U, 3U, 10U, 1000U}) {
      CAPTURE(exponent, items);
      const std::vector<double> counts = count(KeyPopularity::zipf(items, exponent), kDraws);
      CHECK(testing::chi_square_p_value(counts, zipf_expectations(items, exponent, kDraws)) > 1e-3);
    }
  }
}

TEST_CASE("popularity: the comparison notices an exponent 1 % off", "[kernel][popularity]") {
  constexpr int kDraws = 1'000'000;
  for (const double exponent : {0.99, 1.0, 1.5}) {
    CAPTURE(exponent);
    const std::vector<double> counts = count(KeyPopularity::zipf(100, exponent), kDraws);
    const std::vector<double> right = zipf_expectations(100, exponent, kDraws);
    const std::vector<double> wrong = zipf_expectations(100, exponent * 1.01, kDraws);
    CHECK(testing::chi_square_p_value(counts, right) > 1e-3);
    CHECK(testing::chi_square_p_value(counts, wrong) < 1e-6);
  }
}

TEST_CASE("popularity: probabilities add up and match the definition", "[kernel][popularity]") {
  for (const double exponent : {0.0, 0.5, 0.99, 1.0, 1.0 + 1e-9, 1.5, 3.0, 50.0}) {
    for (const std::uint64_t items : {1U, 2U, 255U, 257U, 20'000U}) {
      CAPTURE(exponent, items);
      const KeyPopularity keys = KeyPopularity::zipf(items, exponent);
      CHECK(keys.items() == items);
      double sum = 0;
      for (std::uint64_t rank = items; rank-- > 0;) sum += keys.probability(rank);
      CHECK(sum == Approx(1.0).epsilon(1e-11));
      CHECK(keys.probability(0) == Approx(zipf_expectations(items, exponent, 1)[0]).epsilon(1e-11));
    }
  }
  // The sums of 10^12 terms that have a closed form or a known limit.
  const std::uint64_t many = 1'000'000'000'000;
  const double euler = 0.5772156649015329;
  CHECK(1 / KeyPopularity::zipf(many, 1.0).probability(0) ==
        Approx(std::log(1e12) + euler).epsilon(1e-12));
  CHECK(1 / KeyPopularity::zipf(many, 2.0).probability(0) ==
        Approx(math::kPi * math::kPi / 6 - 1e-12).epsilon(1e-12));
  CHECK(1 / KeyPopularity::zipf(many, 0.0).probability(0) == Approx(1e12).epsilon(1e-12));
}

TEST_CASE("popularity: zipf over very many items", "[kernel][popularity]") {
  for (const std::uint64_t items : {std::uint64_t{1'000'000'000}, KeyPopularity::kMostItems}) {
    for (const double exponent : {0.0, 0.8, 0.99, 1.0, 1.2, 100.0}) {
      CAPTURE(items, exponent);
      const KeyPopularity keys = KeyPopularity::zipf(items, exponent);
      RandomStream generator = stream("many");
      // The first ten ranks one by one, the rest together.
      constexpr int kDraws = 100'000;
      std::vector<double> counts(11);
      std::vector<double> expected(11, 0.0);
      bool inside = true;
      for (int i = 0; i < kDraws; ++i) {
        const std::uint64_t rank = keys.draw(generator);
        inside = inside && rank < items;
        ++counts[rank < 10 ? rank : 10];
      }
      expected[10] = kDraws;
      for (std::size_t rank = 0; rank < 10; ++rank) {
        expected[rank] = kDraws * keys.probability(rank);
        expected[10] -= expected[rank];
      }
      CHECK(inside);
      if (expected[0] > 10 && exponent < 100) {
        CHECK(testing::chi_square_p_value(counts, expected) > 1e-3);
      }
      if (exponent == 100.0) CHECK(counts[0] == kDraws);
    }
  }
}

TEST_CASE("popularity: one item is always rank 0", "[kernel][popularity]") {
  RandomStream generator = stream("one");
  for (int i = 0; i < 1000; ++i) {
    CHECK(KeyPopularity().draw(generator) == 0);
    CHECK(KeyPopularity::zipf(1, 0.99).draw(generator) == 0);
    CHECK(KeyPopularity::uniform(1).draw(generator) == 0);
  }
  CHECK(KeyPopularity().probability(0) == 1);
}

TEST_CASE("popularity: uniform and hotspot", "[kernel][popularity]") {
  constexpr int kDraws = 200'000;
  const KeyPopularity flat = KeyPopularity::uniform(50);
  CHECK(testing::chi_square_p_value(count(flat, kDraws), std::vector<double>(50, kDraws / 50.0)) >
        1e-3);
  CHECK(flat.probability(49) == 0.02);

  const KeyPopularity spot = KeyPopularity::hotspot(50, 0.2, 0.9);
  std::vector<double> expected(50, kDraws * 0.1 / 40);
  for (std::size_t i = 0; i < 10; ++i) expected[i] = kDraws * 0.9 / 10;
  CHECK(testing::chi_square_p_value(count(spot, kDraws), expected) > 1e-3);
  CHECK(spot.probability(0) == Approx(0.09));
  CHECK(spot.probability(9) == Approx(0.09));
  CHECK(spot.probability(10) == Approx(0.0025));
  // A share of all leaves nothing to the cold; fractions are rounded to at least one key each.
  CHECK(KeyPopularity::hotspot(50, 0.2, 1.0).probability(10) == 0);
  CHECK(KeyPopularity::hotspot(10, 0.001, 0.5).probability(0) == Approx(0.5));
  CHECK(KeyPopularity::hotspot(10, 0.999, 0.999).probability(9) == Approx(0.001));
}

TEST_CASE("popularity: a request's key does not depend on the order", "[kernel][popularity]") {
  const RandomKey key = random_key(1, "users", "keys");
  const KeyPopularity keys = KeyPopularity::zipf(1'000'000, 0.99);
  std::vector<std::uint64_t> forwards;
  for (std::uint64_t request = 0; request < 100; ++request) {
    RequestRandom generator(key, request, 0);
    forwards.push_back(keys.draw(generator));
  }
  for (std::uint64_t request = 100; request-- > 0;) {
    RequestRandom generator(key, request, 0);
    CHECK(keys.draw(generator) == forwards[request]);
  }
}

TEST_CASE("popularity: equal means same law and parameters", "[kernel][popularity]") {
  const std::vector<KeyPopularity> laws = {KeyPopularity(),
                                           KeyPopularity::uniform(5),
                                           KeyPopularity::zipf(5, 1.0),
                                           KeyPopularity::zipf(5, 0),
                                           KeyPopularity::zipf(6, 1.0),
                                           KeyPopularity::hotspot(5, 0.2, 0.5),
                                           KeyPopularity::hotspot(5, 0.2, 0.6),
                                           KeyPopularity::hotspot(5, 0.4, 0.5)};
  for (std::size_t i = 0; i < laws.size(); ++i) {
    for (std::size_t j = 0; j < laws.size(); ++j) CHECK((laws[i] == laws[j]) == (i == j));
  }
}

TEST_CASE("popularity: impossible parameters are refused in a sentence",
          "[kernel][popularity][input]") {
  using K = KeyPopularity;
  CHECK(K::check_uniform(0) == std::string("there must be at least one item"));
  CHECK(K::check_uniform(K::kMostItems + 1) == std::string("there may be at most 2^53 items"));
  CHECK_FALSE(K::check_uniform(K::kMostItems));
  CHECK(K::check_zipf(0, 1));
  CHECK(K::check_zipf(10, -0.1) == std::string("exponent must be between 0 and 100"));
  CHECK(K::check_zipf(10, 101));
  CHECK(K::check_zipf(10, math::kNaN));
  CHECK_FALSE(K::check_zipf(10, 0));
  CHECK_FALSE(K::check_zipf(10, 100));
  CHECK(K::check_hotspot(1, 0.5, 0.5) == std::string("a hotspot needs at least two items"));
  CHECK(K::check_hotspot(10, 0, 0.5));
  CHECK(K::check_hotspot(10, 1, 1));
  CHECK(K::check_hotspot(10, math::kNaN, 1));
  CHECK(K::check_hotspot(10, 0.5, 0.4) ==
        std::string("the share of the hot items must be at least their fraction, else they are the "
                    "cold ones"));
  CHECK(K::check_hotspot(10, 0.5, 1.1));
  CHECK(K::check_hotspot(10, 0.5, math::kNaN));
  CHECK_FALSE(K::check_hotspot(10, 0.5, 0.5));
}

TEST_CASE("popularity: frozen draws", "[kernel][popularity][golden]") {
  // The first eight ranks and a hundred thousand folded: the same for every compiler, optimisation
  // and C library; they change only when a method changes.
  struct Frozen {
    KeyPopularity keys;
    std::vector<std::uint64_t> first;
    std::uint64_t folded;
  };
  static const std::vector<Frozen> kFrozen = {
      {KeyPopularity::zipf(1'000'000, 0.99),
       {6237, 36962, 270, 746, 173, 788, 40230, 82896},
       0x35cc83bf5f5e35d9},
      {KeyPopularity::zipf(1'000'000, 1.0),
       {4915, 30709, 210, 575, 135, 608, 33535, 71310},
       0xd97c73316145c30a},
      {KeyPopularity::zipf(1'000, 1.5), {3, 8, 1, 1, 0, 1, 8, 13}, 0xc2c9ed49fdabdd57},
      {KeyPopularity::zipf(1'000'000, 0.5),
       {398670, 575256, 170563, 233044, 146429, 236752, 584554, 667289},
       0x3fb130c75e5a77b8},
      {KeyPopularity::zipf(100, 0.0), {63, 75, 41, 48, 38, 48, 76, 81}, 0x7f39ae165939905e},
      {KeyPopularity::uniform(1'000'000),
       {368863, 241718, 587432, 517628, 617786, 513799, 235609, 183254},
       0xb365c17921212b24},
      {KeyPopularity::hotspot(1'000'000, 0.1, 0.9),
       {24171, 51762, 51379, 18325, 816691, 90414, 37597, 55286},
       0x35c0eae1dae769a6},
  };
  for (const Frozen& frozen : kFrozen) {
    RandomStream generator(1, "golden", "keys");
    std::uint64_t folded = 0;
    for (std::size_t i = 0; i < 100'000; ++i) {
      const std::uint64_t rank = frozen.keys.draw(generator);
      if (i < 8) CHECK(rank == frozen.first[i]);
      folded = detail::mix_bits(folded ^ rank);
    }
    CHECK(folded == frozen.folded);
  }
}

}  // namespace
}  // namespace highwater
