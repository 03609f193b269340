#include "tests/parameters/effects_table.h"

#include <fstream>

#include <nlohmann/json.hpp>

#include "engine/report/json_writer.h"

namespace highwater::testing {
namespace {

const std::string kFile = HIGHWATER_SOURCE_DIR "/tests/data/parameters/effects.json";

}  // namespace

EffectsTable read_effects_table() {
  EffectsTable table;
  std::ifstream file(kFile);
  if (!file) return table;
  const nlohmann::json json = nlohmann::json::parse(file);
  for (const auto& [name, effect] : json.at("effects").items())
    table.effects[name] = {effect.at("base"), effect.at("set")};
  for (const auto& [name, reason] : json.at("exceptions").items()) table.exceptions[name] = reason;
  return table;
}

void write_effects_table(const EffectsTable& table, const std::vector<std::string>& names) {
  std::ofstream file(kFile);
  const auto lines = [&](const char* section, const auto& entries, const auto& text) {
    file << "  " << json_quoted(section) << ": {";
    bool first = true;
    for (const std::string& name : names) {
      const auto found = entries.find(name);
      if (found == entries.end()) continue;
      file << (first ? "\n" : ",\n") << "    " << json_quoted(name) << ": " << text(found->second);
      first = false;
    }
    file << "\n  }";
  };
  file << "{\n";
  lines("effects", table.effects, [](const Trial& trial) {
    return "{\"base\": " + json_quoted(trial.base) + ", \"set\": " + json_quoted(trial.setting) +
           "}";
  });
  file << ",\n";
  lines("exceptions", table.exceptions,
        [](const std::string& reason) { return json_quoted(reason); });
  file << "\n}\n";
}

}  // namespace highwater::testing
