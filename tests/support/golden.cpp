#include "tests/support/golden.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

template class nlohmann::detail::serializer<nlohmann::json>;

std::string Catch::StringMaker<nlohmann::json>::convert(const nlohmann::json& value) {
  return value.dump();
}

namespace highwater {

std::string golden_path(const std::string& name) {
  return std::string(HIGHWATER_SOURCE_DIR) + "/tests/data/golden/" + name;
}

nlohmann::json golden_json(const std::string& name) {
  std::ifstream file(golden_path(name));
  return nlohmann::json::parse(file);
}

std::vector<std::uint16_t> golden_trace(const std::string& name) {
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
