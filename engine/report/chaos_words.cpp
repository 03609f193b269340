#include <fmt/format.h>

#include "engine/report/chaos_results.h"
#include "engine/report/number_format.h"

namespace highwater {

const char* verdict_word(ChaosVerdict verdict) {
  switch (verdict) {
    case ChaosVerdict::holds:
      return "holds";
    case ChaosVerdict::deviates:
      return "deviates";
    case ChaosVerdict::never_steady:
      return "never steady";
    case ChaosVerdict::exploring:
      return "exploring";
    case ChaosVerdict::nothing:
      break;
  }
  return "nothing was run";
}

std::string verdict_sentence(const ChaosResults& results) {
  const std::uint64_t steady = results.kept + results.deviated;
  const auto percent = [](double share) { return show_number(share, "1", 3).text(); };
  switch (results.verdict) {
    case ChaosVerdict::nothing:
      return "No run was finished.";
    case ChaosVerdict::exploring:
      return "There is nothing to hold: what the faults did is shown below.";
    case ChaosVerdict::never_steady:
      return fmt::format(
          "The system was not steady before anything was done, in {} of {} runs: nothing can be "
          "said of the method.",
          results.never_steady, results.runs);
    case ChaosVerdict::holds:
    case ChaosVerdict::deviates:
      break;
  }
  const Interval range = results.held.ci95.value_or(Interval{0, 1});
  const bool sure = results.verdict == ChaosVerdict::holds ? range.low >= results.required
                                                           : range.high < results.required;
  return fmt::format(
      "It held in {} of {} runs: with 95 % confidence in {} to {} of all; {} was asked for{}.",
      results.kept, steady, percent(range.low), percent(range.high), percent(results.required),
      sure ? "" : ", which more runs would tell better");
}

}  // namespace highwater
