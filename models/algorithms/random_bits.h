#pragma once

#include <concepts>
#include <cstdint>

namespace highwater {

/// Where an algorithm takes its randomness from: bits() returns 64 independent uniform bits. Both
/// kinds of stream in engine/kernel/random.h fit, and so does a scripted one in a test; the
/// algorithms know neither.
template <class G>
concept BitSource = requires(G& g) {
  { g.bits() } -> std::same_as<std::uint64_t>;
};

/// Any source of bits behind one type, for those who are chosen at run time and so cannot be
/// templates. Refers to the source, which must outlive it; costs one indirect call per draw.
class AnyBits {
 public:
  template <BitSource G>
  requires(!std::same_as<G, AnyBits>) AnyBits(G& source)
      : source_(&source), draw_([](void* g) { return static_cast<G*>(g)->bits(); }) {}

  std::uint64_t bits() { return draw_(source_); }

 private:
  void* source_;
  std::uint64_t (*draw_)(void*);
};

/// A whole number in [0, n), each equally likely. n >= 1; n = 1 draws nothing.
///
/// Method   Multiply the upper 32 bits by n and keep the upper half; redraw in the few cases that
///          would favour some results (about n / 2^32 of the draws).
/// Source   D. Lemire, Fast Random Integer Generation in an Interval, ACM TOMACS 29(1), 2019.
/// Checked  tests/algorithms/random_bits_test.cpp
template <BitSource G>
std::uint32_t random_below(std::uint32_t n, G& g) {
  if (n == 1) return 0;
  std::uint64_t product = (g.bits() >> 32) * n;
  if (static_cast<std::uint32_t>(product) < n) [[unlikely]] {
    const std::uint32_t threshold = (0u - n) % n;
    while (static_cast<std::uint32_t>(product) < threshold) product = (g.bits() >> 32) * n;
  }
  return static_cast<std::uint32_t>(product >> 32);
}

}  // namespace highwater
