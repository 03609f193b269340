// Generators: frozen outputs, independence of order and of other keys, and uniformity. Seeds are
// fixed and every draw is the same on every machine, so nothing here can fail by chance.

#include "engine/kernel/random.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/kernel/goodness_of_fit.h"

namespace highwater::random_test {
namespace {

using testing::chi_square_p_value;

RandomStream stream(const char* purpose) {
  return RandomStream(42, "random_test", purpose);
}

TEST_CASE("random: frozen outputs", "[kernel][random][golden]") {
  CHECK(random_key(1, "api", "service").value == 0x1210a03ad85ed585);
  CHECK(random_key(0, "", "").value == 0x238275bc38fcbe91);

  const std::vector<std::uint64_t> stream_bits = {
      0xe94c5e0d4d6121e0, 0x92b329ca488673e4, 0xb6d76b41d6b0a75a, 0x27407d9a45df3dc9,
      0x415a2c8c92422531, 0x23f0e9dfd6106521, 0x48eaa3b0c2a2acab, 0xde370e96fb22c6c7,
  };
  RandomStream a(1, "api", "arrivals");
  for (const std::uint64_t bits : stream_bits) CHECK(a.bits() == bits);

  const std::vector<std::uint64_t> request_bits = {
      0x4c28be6a9675e977, 0x1b5561bde742c17b, 0xeb857e6687115470, 0x2f5c4dd2d3b6dee0,
      0x5d9083706101b2f4, 0x36744a797bd05dc4, 0x6cc5f2d0cae6e088, 0x9a285c5cf2db0808,
  };
  RequestRandom b(random_key(1, "api", "service"), 7, 3);
  for (const std::uint64_t bits : request_bits) CHECK(b.bits() == bits);

  const std::vector<std::uint64_t> exponential_bits = {
      0x400c3fcf70210dfb, 0x3ff02fbea875374b, 0x3fe356eaa01cc26a, 0x3fdcaa7e8c65a483,
      0x3ff081839e98d14b, 0x3ffacd401db737b0, 0x3ff3be7ab9ea234c, 0x3fd8928ced36121e,
  };
  const std::vector<std::uint64_t> normal_bits = {
      0x3fb138692bed3b3b, 0xbfe870e43d7714f2, 0xbfe12db0a7885f89, 0xbfc9575389ec0af6,
      0x3fd9a43da99a3cb3, 0x3ffdd2c8a581bab9, 0xbfe2239953906fd7, 0x3ff15543c9b0d416,
  };
  RandomStream c(1, "api", "exponential");
  for (const std::uint64_t bits : exponential_bits) {
    CHECK(std::bit_cast<std::uint64_t>(standard_exponential(c)) == bits);
  }
  RandomStream d(1, "api", "normal");
  for (const std::uint64_t bits : normal_bits) {
    CHECK(std::bit_cast<std::uint64_t>(standard_normal(d)) == bits);
  }
}

TEST_CASE("random: a million draws of each kind, folded", "[kernel][random][golden]") {
  // Long enough to pass through every rare branch of the ziggurats and of below().
  RandomStream generator(1, "random_test", "folded");
  std::uint64_t folded = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    folded =
        detail::mix_bits(folded ^ std::bit_cast<std::uint64_t>(standard_exponential(generator)));
    folded = detail::mix_bits(folded ^ std::bit_cast<std::uint64_t>(standard_normal(generator)));
    folded = detail::mix_bits(folded ^ generator.below(0xd000000000000000));
  }
  CHECK(folded == 0xed36b53b03bbece0);
}

TEST_CASE("random: RandomStream is xoshiro256++ seeded by SplitMix64", "[kernel][random]") {
  // The published algorithms once more, written from the papers.
  const RandomKey key{1234567};
  std::uint64_t counter = key.value;
  std::uint64_t s[4];
  for (std::uint64_t& word : s) {
    std::uint64_t z = counter += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    word = z ^ (z >> 31);
  }
  CHECK(s[0] == 6457827717110365317U);  // the first two outputs that the author publishes
  CHECK(s[1] == 3203168211198807973U);
  RandomStream generator(key);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t expected = std::rotl(s[0] + s[3], 23) + s[0];
    const std::uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = std::rotl(s[3], 45);
    REQUIRE(generator.bits() == expected);
  }
}

TEST_CASE("random: RequestRandom is Philox2x64 with six rounds", "[kernel][random]") {
  for (std::uint64_t i = 0; i < 100; ++i) {
    std::uint64_t left = i * 0x0123456789abcdef;
    std::uint64_t right = ~i;
    std::uint64_t key = 77 + i;
    RequestRandom generator(RandomKey{key}, left, right);
    for (int round = 0; round < 6; ++round) {
      const detail::Wide product = detail::Wide{0xd2b74407b1ce6e93} * left;
      left = static_cast<std::uint64_t>(product >> 64) ^ key ^ right;
      right = static_cast<std::uint64_t>(product);
      key += 0x9e3779b97f4a7c15;
    }
    REQUIRE(generator.bits() == left);
    REQUIRE(generator.bits() == right);
  }
}

TEST_CASE("random: keys differ in every part and keep the border of names", "[kernel][random]") {
  std::set<std::uint64_t> keys;
  std::size_t made = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (int component = 0; component < 20; ++component) {
      for (const char* purpose : {"service", "arrivals", "branch", "a purpose of many bytes"}) {
        keys.insert(random_key(seed, "api-" + std::to_string(component), purpose).value);
        ++made;
      }
    }
  }
  for (const auto& [component, purpose] :
       std::vector<std::pair<std::string, std::string>>{{"ab", "c"},
                                                        {"a", "bc"},
                                                        {"abc", ""},
                                                        {"", "abc"},
                                                        {std::string(1, '\0'), ""},
                                                        {"", std::string(1, '\0')},
                                                        {"", ""},
                                                        {"c", "ab"}}) {
    keys.insert(random_key(1, component, purpose).value);
    ++made;
  }
  CHECK(keys.size() == made);
  CHECK(random_key(5, "a", "b") == random_key(5, "a", "b"));
}

TEST_CASE("random: a request's draws do not depend on the order of events", "[kernel][random]") {
  const RandomKey key = random_key(9, "api", "service");
  const auto draws_of = [key](std::uint64_t request, std::uint64_t path) {
    RequestRandom generator(key, request, path);
    std::vector<std::uint64_t> draws;
    for (int i = 0; i < 7; ++i) draws.push_back(generator.bits());
    return draws;
  };
  std::vector<std::vector<std::uint64_t>> forwards;
  for (std::uint64_t r = 0; r < 100; ++r) forwards.push_back(draws_of(r, r % 3));
  for (std::uint64_t r = 100; r-- > 0;) CHECK(draws_of(r, r % 3) == forwards[r]);

  // Interleaved draws of two requests are the same as one after the other.
  RequestRandom a(key, 1, 1);
  RequestRandom b(key, 2, 2);
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(a.bits() == forwards[1][i]);
    CHECK(b.bits() == forwards[2][i]);
  }

  // And all of them are different: by request, path, key and position.
  std::set<std::uint64_t> seen;
  for (std::uint64_t r = 0; r < 50; ++r) {
    for (std::uint64_t path = 0; path < 50; ++path) {
      for (const std::uint64_t bits : draws_of(r, path)) seen.insert(bits);
    }
  }
  RequestRandom other_key(random_key(9, "api", "branch"), 0, 0);
  seen.insert(other_key.bits());
  CHECK(seen.size() == 50 * 50 * 7 + 1);
}

/// Chance of bytes 0, 3 and 7 of the outputs, and of the differences of neighbours, being uniform.
template <class Next>
double least_byte_p_value(Next next) {
  constexpr int kDraws = 400'000;
  std::vector<std::vector<double>> counts(4, std::vector<double>(256));
  std::uint64_t previous = 0;
  for (int i = 0; i < kDraws; ++i) {
    const std::uint64_t bits = next(static_cast<std::uint64_t>(i));
    ++counts[0][bits & 255];
    ++counts[1][(bits >> 24) & 255];
    ++counts[2][bits >> 56];
    ++counts[3][((bits - previous) >> 56) & 255];
    previous = bits;
  }
  double least = 1;
  const std::vector<double> expected(256, kDraws / 256.0);
  for (const auto& column : counts) {
    least = std::min(least, chi_square_p_value(column, expected));
  }
  return least;
}

TEST_CASE("random: bytes are uniform across draws, requests, paths and keys", "[kernel][random]") {
  RandomStream generator = stream("bytes");
  CHECK(least_byte_p_value([&](std::uint64_t) { return generator.bits(); }) > 1e-3);
  const RandomKey key = random_key(1, "a", "b");
  CHECK(least_byte_p_value([&](std::uint64_t i) { return RequestRandom(key, i, 0).bits(); }) >
        1e-3);
  CHECK(least_byte_p_value([&](std::uint64_t i) { return RequestRandom(key, 0, i).bits(); }) >
        1e-3);
  CHECK(least_byte_p_value([&](std::uint64_t i) {
          return RequestRandom(random_key(i, "a", "b"), 0, 0).bits();
        }) > 1e-3);
  RequestRandom one(key, 5, 5);
  CHECK(least_byte_p_value([&](std::uint64_t) { return one.bits(); }) > 1e-3);
  // The check itself can fail: a counter is not random.
  CHECK(least_byte_p_value([](std::uint64_t i) { return i; }) < 1e-9);
}

TEST_CASE("random: uniform() is inside (0, 1) and uniform", "[kernel][random]") {
  CHECK(detail::open_unit(0) == 0x1p-53);
  CHECK(detail::open_unit(~std::uint64_t{0}) == 1 - 0x1p-53);
  CHECK(1 - detail::open_unit(0) == detail::open_unit(~std::uint64_t{0}));
  testing::LawDistance distance(0, [](double x) { return x; });
  RandomStream generator = stream("uniform");
  for (int i = 0; i < 1'000'000; ++i) distance.add(generator.uniform());
  CHECK(distance.value() < distance.critical());
  RequestRandom request(random_key(1, "random_test", "uniform"), 1, 1);
  testing::LawDistance other(0, [](double x) { return x; });
  for (int i = 0; i < 1'000'000; ++i) other.add(request.uniform());
  CHECK(other.value() < other.critical());
}

TEST_CASE("random: below() is unbiased and inside its range", "[kernel][random]") {
  RandomStream generator = stream("below");
  for (const std::uint64_t n : {1U, 2U, 3U, 7U, 100U}) {
    std::vector<double> counts(n);
    bool inside = true;
    for (int i = 0; i < 200'000; ++i) {
      const std::uint64_t value = generator.below(n);
      inside = inside && value < n;
      if (value < n) ++counts[value];
    }
    CHECK(inside);
    if (n > 1) {
      CHECK(chi_square_p_value(counts, std::vector<double>(n, 200'000.0 / double(n))) > 1e-3);
    }
  }
  // Three quarters of 2^64: a plain remainder would give the first third twice as often as the
  // others, and multiplication without rejection would repeat every third value.
  const std::uint64_t n = 3 * (std::uint64_t{1} << 62);
  std::vector<double> thirds(3);
  std::vector<double> residues(3);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t value = generator.below(n);
    ++thirds[value / (n / 3)];
    ++residues[value % 3];
  }
  const std::vector<double> expected(3, 200'000.0 / 3);
  CHECK(chi_square_p_value(thirds, expected) > 1e-3);
  CHECK(chi_square_p_value(residues, expected) > 1e-3);
}

TEST_CASE("random: the ziggurats are closed and as tall as their densities", "[kernel][random]") {
  // The area of the base is that of the rectangle and the tail beyond; the top layer ends at 1.
  const double r = detail::kExponentialTail;
  const double area = (r + 1) * math::exp(-r);
  const auto& e = detail::kExponentialZiggurat;
  CHECK(e.width[0] * 0x1p52 * math::exp(-r) == Approx(area).epsilon(1e-14));
  CHECK(e.height[255] + area / (e.width[255] * 0x1p52) == Approx(1.0).epsilon(1e-13));

  const double q = detail::kNormalTail;
  const double root_two_pi = std::sqrt(2 * math::kPi);
  const double normal_area = q * math::exp(-q * q / 2) + root_two_pi * math::normal_cdf(-q);
  const auto& n = detail::kNormalZiggurat;
  CHECK(n.width[0] * 0x1p52 * math::exp(-q * q / 2) == Approx(normal_area).epsilon(1e-13));
  CHECK(n.height[255] + normal_area / (n.width[255] * 0x1p52) == Approx(1.0).epsilon(1e-12));

  for (std::size_t i = 1; i < 256; ++i) {
    CHECK(e.height[i + 1] > e.height[i]);
    CHECK(n.height[i + 1] > n.height[i]);
    // The rectangle under the curve ends where the layer above begins.
    const double e_inner = static_cast<double>(e.inside[i]) * e.width[i];
    const double n_inner = static_cast<double>(n.inside[i]) * n.width[i];
    CHECK(e_inner == Approx(i < 255 ? e.width[i + 1] * 0x1p52 : 0).epsilon(1e-12));
    CHECK(n_inner == Approx(i < 255 ? n.width[i + 1] * 0x1p52 : 0).epsilon(1e-12));
  }
}

TEST_CASE("random: standard draws follow their laws, tails included", "[kernel][random]") {
  constexpr int kDraws = 2'000'000;
  const double r = detail::kExponentialTail;
  const double q = detail::kNormalTail;
  testing::LawDistance exponential(0, [](double x) { return -math::expm1(-x); });
  testing::LawDistance normal(-40, [](double x) { return math::normal_cdf(x); });
  // Given that a draw is in the tail:
  testing::LawDistance exponential_tail(r, [r](double x) { return -math::expm1(r - x); });
  testing::LawDistance normal_tail(
      q, [q](double x) { return 1 - math::normal_cdf(-x) / math::normal_cdf(-q); });
  double exponential_beyond = 0;
  double normal_beyond = 0;
  RandomStream generator = stream("laws");
  for (int i = 0; i < kDraws; ++i) {
    const double x = standard_exponential(generator);
    exponential.add(x);
    if (x > r) {
      ++exponential_beyond;
      exponential_tail.add(x);
    }
    const double z = standard_normal(generator);
    normal.add(z);
    if (std::abs(z) > q) {
      ++normal_beyond;
      normal_tail.add(std::abs(z));
    }
  }
  CHECK(exponential.value() < exponential.critical());
  CHECK(normal.value() < normal.critical());
  CHECK(exponential_tail.value() < exponential_tail.critical());
  CHECK(normal_tail.value() < normal_tail.critical());
  // Counts in the tails are Poisson: within four standard deviations.
  const double expected = kDraws * math::exp(-r);
  CHECK(std::abs(exponential_beyond - expected) < 4 * std::sqrt(expected));
  const double expected_normal = kDraws * 2 * math::normal_cdf(-q);
  CHECK(std::abs(normal_beyond - expected_normal) < 4 * std::sqrt(expected_normal));
}

}  // namespace
}  // namespace highwater::random_test
