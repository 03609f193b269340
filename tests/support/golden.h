#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

// A hundred files read recordings. What reads and prints JSON is compiled once, in golden.cpp.
extern template class nlohmann::detail::serializer<nlohmann::json>;
template <>
struct Catch::StringMaker<nlohmann::json> {
  static std::string convert(const nlohmann::json& value);
};

namespace highwater {

/// Scripted randomness for tests: SplitMix64, stated here so that a frozen expectation does not
/// move when the engine's streams do.
struct SplitMix {
  std::uint64_t state = 0;
  std::uint64_t bits() {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
};

std::string golden_path(const std::string& name);

nlohmann::json golden_json(const std::string& name);

/// A recorded sequence of keys: trace_<name>.u16, 16-bit little-endian numbers.
std::vector<std::uint16_t> golden_trace(const std::string& name);

}  // namespace highwater
