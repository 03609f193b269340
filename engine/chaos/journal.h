#pragma once

#include <cstdint>
#include <string>

#include "engine/chaos/conductor.h"

namespace highwater::chaos {

/// The journal of one run as the Chaos Toolkit writes it, so that what reads those reads this:
/// times are simulated, from 1970-01-01 on, and `node` names the seed.
///
/// Source: chaostoolkit-lib 1.45, chaoslib/run.py (initialize_run_journal) and activity.py;
/// chaostoolkit-documentation, reference/api/journal.
std::string journal_json(const Experiment& experiment, const ExperimentRun& run,
                         const std::string& version, const std::string& node);

}  // namespace highwater::chaos
