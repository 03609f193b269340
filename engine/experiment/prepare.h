#pragma once

#include <optional>
#include <vector>

#include "engine/experiment/system.h"
#include "engine/model/fault.h"
#include "engine/model/kind.h"
#include "engine/model/section.h"
#include "engine/scenario/document.h"
#include "engine/topology/topology.h"

namespace highwater {

/// The models that scenarios may be made of. The programs hand it in; the engine names no model.
struct Catalog {
  const std::vector<ModelKind>& kinds;
  const std::vector<FaultKind>& faults;
  const std::vector<SectionKind>& sections;
};

/// The language that the catalog's models speak.
Language language_of(const Catalog& catalog);

/// Who uses whom in a document. Reports what cannot be right about that (see join_topology()).
Topology topology_of(const Document& document, Problems& problems);

/// Makes a document ready to run: reads every parameter into the models' own types, loads the files
/// it names, joins the components once and checks what only shows then (endpoints, targets of
/// faults).
/// @param document  Read with language_of(catalog).
/// @param problems  Of Document::problems().
/// @return nullopt when `problems` has errors.
std::optional<System> prepare(const Document& document, const Catalog& catalog, Problems& problems);

}  // namespace highwater
