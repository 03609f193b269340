#pragma once

#include <cstdint>

namespace highwater::drivers {

/// SplitMix64: the randomness of a driver, stated here since recordings taken with it are compared.
/// Source: Steele, Lea, Flood, OOPSLA 2014, https://doi.org/10.1145/2660193.2660195.
class SeededBits {
 public:
  explicit SeededBits(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace highwater::drivers
