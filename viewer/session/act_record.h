#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/describe/value.h"
#include "engine/kernel/time.h"

namespace highwater::viewer {

/// What somebody did to a run by hand, as it is written down.
struct RecordedAct {
  std::string name;                ///< Unique.
  Value fault;                     ///< {"kill": "api", …}; null where others are ended.
  std::vector<std::string> ended;  ///< Names of acts.
  Duration at{};
};

/// The experiment that does the same, in the open format of the Chaos Toolkit: what `highwater
/// chaos` plays, with the same faults at the same nanoseconds.
///
/// Its hypothesis: after all that, the objectives are met.
///
/// @param scenario    The file, as the experiment is to name it.
/// @param settings    Of the scenario, as of --set.
/// @param objectives  Their texts.
/// Checked  tests/viewer/session_test.cpp
Value experiment_of(const std::vector<RecordedAct>& acts, const std::string& scenario,
                    const std::vector<std::string>& settings,
                    const std::vector<std::string>& objectives);

}  // namespace highwater::viewer
