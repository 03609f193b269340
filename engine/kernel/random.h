#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

// Philox needs none of the vector instructions, whose headers are long.
#define R123_USE_SSE 0
#include <Random123/philox.h>

#include "engine/kernel/check.h"
#include "engine/math/math.h"

namespace highwater {

/// Names one source of randomness. Equal keys give equal draws, different keys unrelated ones.
struct RandomKey {
  std::uint64_t value = 0;
  friend constexpr bool operator==(RandomKey, RandomKey) = default;
};

/// The key of one purpose (such as "service") of one component (such as "api") in a run with
/// `seed`. Adding a component or a purpose to a scenario leaves every other key as it was, and with
/// it every other draw: that is what keeps common random numbers common. Made once, at set-up.
RandomKey random_key(std::uint64_t seed, std::string_view component, std::string_view purpose);

namespace detail {

/// The finalizer of SplitMix64: a bijection in which every input bit changes half the output bits.
/// Source: Steele, Lea, Flood, OOPSLA 2014, https://doi.org/10.1145/2660193.2660195.
constexpr std::uint64_t mix_bits(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

inline constexpr std::uint64_t kGoldenGamma = 0x9e3779b97f4a7c15U;

/// The middle of one of 2^52 equal cells of (0, 1). Never 0 or 1, so log(u) and log(1 - u) are
/// finite, and u and 1 - u are equally likely to the last bit.
constexpr double open_unit(std::uint64_t bits) {
  return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

__extension__ using Wide = unsigned __int128;

/// Unbiased integer in [0, n) by multiplication; a second draw is needed with probability < n/2^64.
/// Source: D. Lemire, ACM TOMACS 29(1), 2019, https://doi.org/10.1145/3230636.
template <class Generator>
std::uint64_t below(Generator& generator, std::uint64_t n) {
  HIGHWATER_DCHECK(n > 0);
  Wide product = static_cast<Wide>(generator.bits()) * n;
  if (static_cast<std::uint64_t>(product) < n) [[unlikely]] {
    const std::uint64_t threshold = (std::uint64_t{0} - n) % n;
    while (static_cast<std::uint64_t>(product) < threshold) {
      product = static_cast<Wide>(generator.bits()) * n;
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

}  // namespace detail

/// A sequence of draws for what has no request to belong to: arrivals, failures, permutations.
///
/// xoshiro256++ 1.0 (period 2^256 - 1, passes BigCrush and PractRand), its state filled by
/// SplitMix64 from the key. A draw costs about 1 ns. Two draws never stand in one argument list or
/// one expression: compilers evaluate those in different orders.
/// Source: D. Blackman, S. Vigna, ACM TOMS 47(4), 2021, https://doi.org/10.1145/3460772.
class RandomStream {
 public:
  explicit RandomStream(RandomKey key);
  RandomStream(std::uint64_t seed, std::string_view component, std::string_view purpose)
      : RandomStream(random_key(seed, component, purpose)) {}

  /// 64 random bits.
  std::uint64_t bits() {
    const std::uint64_t result = rotate(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// Uniform on the open interval (0, 1), in steps of 2^-52, from one bits().
  double uniform() { return detail::open_unit(bits()); }

  /// Uniform on 0 … n - 1 without bias (n > 0).
  std::uint64_t below(std::uint64_t n) { return detail::below(*this, n); }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t x, int by) {
    return (x << by) | (x >> (64 - by));
  }
  std::array<std::uint64_t, 4> state_;
};

/// The draws of one request at one place: a function of (key, request, path) and of how many draws
/// this object made before, of nothing else. So they are the same whatever the order of events.
///
/// `path` tells apart the calls, attempts or steps of one request that share a key; the caller
/// chooses its bits, any two different values give unrelated draws.
///
/// Philox2x64 with 6 rounds, the fewest for which its authors know of no statistical flaw
/// (Random123/philox.h), applied to the counter (request, path); every block of two draws after the
/// first has a key of its own.
/// Construction and the first draw cost about 3 ns where they overlap with other work, 8 ns where
/// all waits for them; the second draw costs nothing. Make one where it is needed; do not keep it.
/// Source: Salmon, Moraes, Dror, Shaw, SC 2011, https://doi.org/10.1145/2063384.2063405.
class RequestRandom {
 public:
  RequestRandom(RandomKey key, std::uint64_t request, std::uint64_t path)
      : key_(key.value), request_(request), path_(path), block_(cipher(key.value)) {}

  /// 64 random bits.
  std::uint64_t bits() {
    if (drawn_ % 2 == 0 && drawn_ > 0) {
      block_ = cipher(detail::mix_bits(key_ + (drawn_ / 2) * detail::kGoldenGamma));
    }
    return block_[drawn_++ % 2];
  }

  /// Uniform on the open interval (0, 1), in steps of 2^-52, from one bits().
  double uniform() { return detail::open_unit(bits()); }

  /// Uniform on 0 … n - 1 without bias (n > 0).
  std::uint64_t below(std::uint64_t n) { return detail::below(*this, n); }

 private:
  using Cipher = r123::Philox2x64_R<6>;

  Cipher::ctr_type cipher(std::uint64_t key) const {
    return Cipher{}(Cipher::ctr_type{{request_, path_}}, Cipher::key_type{{key}});
  }

  std::uint64_t key_;
  std::uint64_t request_;
  std::uint64_t path_;
  std::uint64_t drawn_ = 0;
  Cipher::ctr_type block_;
};

namespace detail {

/// One density cut into 256 regions of equal area, as the ziggurat method needs it.
/// A draw of layer i and 52 bits j gives x = j * width[i]; j < inside[i] is under the curve.
struct Ziggurat {
  std::array<std::uint64_t, 256> inside{};
  std::array<double, 256> width{};   // of layer i, over 2^52; layer 0 is the base with the tail
  std::array<double, 257> height{};  // of the density at the right edge of layer i; of 0 in [256]
};
inline constexpr double kExponentialTail = 7.6971174701310497;  // where the base layer ends
inline constexpr double kNormalTail = 3.6541528853610088;
extern const Ziggurat kExponentialZiggurat;  // computed by the compiler: no initialisation order
extern const Ziggurat kNormalZiggurat;

template <class Generator>
[[gnu::noinline]] double exponential_outside(Generator& generator, std::size_t layer, double x) {
  for (;;) {
    if (layer == 0) return kExponentialTail - math::log(generator.uniform());  // memoryless
    const Ziggurat& z = kExponentialZiggurat;
    const double y =
        z.height[layer] + generator.uniform() * (z.height[layer + 1] - z.height[layer]);
    if (y < math::exp(-x)) return x;
    const std::uint64_t bits = generator.bits();
    layer = bits & 255U;
    x = static_cast<double>(bits >> 12) * z.width[layer];
    if ((bits >> 12) < z.inside[layer]) return x;
  }
}

/// |x| of a normal draw that fell outside the rectangles, or a fresh one.
template <class Generator>
[[gnu::noinline]] double normal_outside(Generator& generator, std::size_t layer, double x) {
  for (;;) {
    if (layer == 0) {  // Marsaglia 1964: exponential proposals for the tail
      double beyond = 0;
      double y = 0;
      do {
        beyond = -math::log(generator.uniform()) / kNormalTail;
        y = -math::log(generator.uniform());
      } while (y + y < beyond * beyond);
      return kNormalTail + beyond;
    }
    const Ziggurat& z = kNormalZiggurat;
    const double y =
        z.height[layer] + generator.uniform() * (z.height[layer + 1] - z.height[layer]);
    if (y < math::exp(-0.5 * x * x)) return x;
    const std::uint64_t bits = generator.bits();
    layer = bits & 255U;
    x = static_cast<double>(bits >> 12) * z.width[layer];
    if ((bits >> 12) < z.inside[layer]) return x;
  }
}

}  // namespace detail

/// An exponential draw with mean 1, in about 2 ns; 98.9 % of them take one bits().
///
/// Method: ziggurat with 256 layers; layer, sign and position come from separate bits of one word
/// (Doornik's objection to the original does not apply).
/// Source: G. Marsaglia, W. W. Tsang, J. Stat. Software 5(8), 2000,
/// https://doi.org/10.18637/jss.v005.i08.
template <class Generator>
double standard_exponential(Generator& generator) {
  const std::uint64_t bits = generator.bits();
  const std::size_t layer = bits & 255U;
  const double x = static_cast<double>(bits >> 12) * detail::kExponentialZiggurat.width[layer];
  if ((bits >> 12) < detail::kExponentialZiggurat.inside[layer]) [[likely]]
    return x;
  return detail::exponential_outside(generator, layer, x);
}

/// A normal draw with mean 0 and variance 1, in about 2 ns. Method and source as above.
template <class Generator>
double standard_normal(Generator& generator) {
  const std::uint64_t bits = generator.bits();
  const std::size_t layer = bits & 255U;
  double x = static_cast<double>(bits >> 12) * detail::kNormalZiggurat.width[layer];
  if ((bits >> 12) >= detail::kNormalZiggurat.inside[layer]) [[unlikely]] {
    x = detail::normal_outside(generator, layer, x);
  }
  // The sign without a branch, which would be mispredicted every second time.
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) | (bits & 256U) << 55);
}

}  // namespace highwater
