#pragma once

namespace highwater::cli {

/// What the program ends with: part of the contract, scripts depend on it.
enum ExitStatus : int {
  kDone = 0,             ///< And every objective was met.
  kInternalFailure = 1,  ///< A bug, or no memory.
  kWrongInput = 2,       ///< Nothing was run or written.
  kMissingResource = 3,  ///< A place to write to, a display.
  kObjectiveMissed = 99,
  kInterrupted = 130,  ///< What was finished is kept and marked partial.
};

}  // namespace highwater::cli
