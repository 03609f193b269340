#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

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

inline std::string golden_path(const std::string& name) {
  return std::string(HIGHWATER_SOURCE_DIR) + "/tests/data/golden/" + name;
}

inline nlohmann::json golden_json(const std::string& name) {
  std::ifstream file(golden_path(name));
  return nlohmann::json::parse(file);
}

/// A recorded sequence of keys: trace_<name>.u16, 16-bit little-endian numbers.
inline std::vector<std::uint16_t> golden_trace(const std::string& name) {
  std::ifstream file(golden_path("trace_" + name + ".u16"), std::ios::binary);
  if (!file) throw std::runtime_error("no golden trace " + name);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::uint16_t> keys;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const auto low = static_cast<unsigned char>(bytes[i]);
    const auto high = static_cast<unsigned char>(bytes[i + 1]);
    keys.push_back(static_cast<std::uint16_t>(low | (high << 8)));
  }
  return keys;
}

}  // namespace highwater
