#include <string>

#include <fmt/format.h>

#include "engine/report/chaos_results.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

/// A case that passed, or one that failed for a reason.
std::string test_case(const std::string& group, const std::string& name, const std::string& failure,
                      double time_s) {
  std::string xml = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"",
                                html_escaped(group), html_escaped(name), time_s);
  if (failure.empty()) return xml + "/>\n";
  return xml + fmt::format(">\n      <failure message=\"{}\"/>\n    </testcase>\n",
                           html_escaped(failure));
}

}  // namespace

std::string chaos_junit(const ChaosResults& results) {
  std::string cases;
  std::size_t failures = 0, count = 0;
  const auto add = [&](const std::string& name, const std::string& failure, double time_s) {
    cases += test_case(results.title, name, failure, time_s);
    failures += failure.empty() ? 0 : 1;
    ++count;
  };
  const bool good =
      results.verdict == ChaosVerdict::holds || results.verdict == ChaosVerdict::exploring;
  add(results.hypothesis.empty() ? "hypothesis" : results.hypothesis,
      good ? "" : fmt::format("{}: {}", verdict_word(results.verdict), verdict_sentence(results)),
      results.wall_s);
  for (const ChaosCheck& check : results.checks) {
    const auto allowed = static_cast<double>(check.looks) * (1 - results.required);
    std::string failure;
    if (static_cast<double>(check.missed) > allowed)
      failure =
          fmt::format("missed in {} of {} looks: {}", check.missed, check.looks, check.tolerance);
    else if (!check.cannot_fail.empty())
      failure = "cannot fail: " + check.cannot_fail;
    add(check.name, failure, 0);
  }
  for (const ChaosImpact& impact : results.impacts)
    add("recovery from " + impact.name,
        impact.unrecovered == 0
            ? ""
            : fmt::format("did not recover after {} of {} strikes{}", impact.unrecovered,
                          impact.strikes,
                          impact.sustained_by.empty() ? "" : ": " + impact.sustained_by),
        0);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n"
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" time=\"{:.3f}\">\n"
      "{}  </testsuite>\n</testsuites>\n",
      html_escaped(results.title), count, failures, results.wall_s, cases);
}

}  // namespace highwater
