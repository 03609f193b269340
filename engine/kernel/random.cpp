#include "engine/kernel/random.h"

namespace highwater {
namespace {

/// Folds a name into a state, eight bytes at a time. The length goes in too, so that ("ab", "c")
/// and ("a", "bc") differ. Bytes are assembled by shifts: the same on every byte order.
std::uint64_t absorb(std::uint64_t state, std::string_view name) {
  state = detail::mix_bits((state ^ name.size()) + detail::kGoldenGamma);
  for (std::size_t begin = 0; begin < name.size(); begin += 8) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < 8 && begin + i < name.size(); ++i) {
      word |= std::uint64_t{static_cast<unsigned char>(name[begin + i])} << (8 * i);
    }
    state = detail::mix_bits((state ^ word) + detail::kGoldenGamma);
  }
  return state;
}

constexpr double density_exponential(double x) {
  return math::exp(-x);
}
constexpr double inverse_exponential(double y) {
  return -math::log(y);
}
constexpr double density_normal(double x) {
  return math::exp(-0.5 * x * x);
}

/// sqrt(-2 log y): std::sqrt is not constexpr, so Newton's iteration, from above.
constexpr double inverse_normal(double y) {
  const double square = -2.0 * math::log(y);
  double root = square < 1.0 ? 1.0 : square;
  for (int i = 0; i < 64; ++i) {
    const double next = 0.5 * (root + square / root);
    if (next >= root) break;
    root = next;
  }
  return root;
}

/// Builds the layers from the edge of the tail upwards. `area` is that of every layer.
template <class Density, class Inverse>
constexpr detail::Ziggurat make_ziggurat(double tail, double area, Density density,
                                         Inverse inverse) {
  detail::Ziggurat result;
  constexpr double kSteps = 0x1p52;
  double edge = tail;                        // right edge of the layer
  const double base = area / density(tail);  // the base as a rectangle, tail folded in
  result.width[0] = base / kSteps;
  result.inside[0] = static_cast<std::uint64_t>(tail / base * kSteps);
  result.height[0] = 0.0;
  for (std::size_t layer = 1; layer < 256; ++layer) {
    result.width[layer] = edge / kSteps;
    result.height[layer] = density(edge);
    const double top = result.height[layer] + area / edge;
    const double inner = layer == 255 ? 0.0 : inverse(top);  // the layer above begins here
    result.inside[layer] = static_cast<std::uint64_t>(inner / edge * kSteps);
    edge = inner;
  }
  result.height[256] = 1.0;
  return result;
}

}  // namespace

namespace detail {
constinit const Ziggurat kExponentialZiggurat = make_ziggurat(
    kExponentialTail, 0.0039496598225815572, density_exponential, inverse_exponential);
constinit const Ziggurat kNormalZiggurat =
    make_ziggurat(kNormalTail, 0.0049286732339746553, density_normal, inverse_normal);
}  // namespace detail

RandomKey random_key(std::uint64_t seed, std::string_view component, std::string_view purpose) {
  const std::uint64_t start = detail::mix_bits(seed + detail::kGoldenGamma);
  return RandomKey{absorb(absorb(start, component), purpose)};
}

RandomStream::RandomStream(RandomKey key) {
  std::uint64_t counter = key.value;
  for (std::uint64_t& word : state_) {
    counter += detail::kGoldenGamma;
    word = detail::mix_bits(counter);
  }
}

}  // namespace highwater
