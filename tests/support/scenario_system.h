#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/experiment/prepare.h"
#include "models/catalog.h"

namespace highwater::testing {

/// A scenario of scenarios/, ready to run.
/// @param file      Such as "textbook/mm1.json".
/// @param settings  "path=value", as of --set.
/// @throws std::runtime_error with everything that is wrong with it.
inline System system_of_scenario(const std::string& file,
                                 const std::vector<std::string>& settings) {
  const Catalog catalog{model_kinds(), fault_kinds(), section_kinds()};
  const Language language = language_of(catalog);
  Problems problems;
  const auto document =
      load_document(HIGHWATER_SOURCE_DIR "/scenarios/" + file, language, {settings, {}}, problems);
  auto system = document ? prepare(*document, catalog, problems) : std::nullopt;
  if (!system) throw std::runtime_error(problems.text());
  return std::move(*system);
}

}  // namespace highwater::testing
