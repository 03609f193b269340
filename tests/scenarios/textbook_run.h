#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/report/results.h"

namespace highwater::testing {

/// How far a reported number may be from the truth.
enum class Nearness {
  kInside,      ///< Inside the 95 % interval.
  kJustOutside  ///< Inside one and a half times as wide an interval: of dozens a few must miss.
};

/// A scenario of scenarios/, run once, to be held against closed-form answers.
///
/// Under a sanitizer runs are a twentieth as long, and numbers are only held against intervals of
/// three times the width: what is looked for there are bugs of memory.
class TextbookRun {
 public:
  /// @param file      Such as "textbook/mm1.json".
  /// @param settings  "path=value", as of --set.
  /// @throws std::runtime_error with everything that is wrong with the scenario.
  explicit TextbookRun(const std::string& file, const std::vector<std::string>& settings = {});

  const Results& results() const { return results_; }

  /// Holds an estimate against the truth: the truth lies in its interval, and the value is within
  /// 1 % of it, or 2 % for quantiles, queue lengths and numbers in flight.
  /// @param path  Such as "api.utilization", or "users.latency_ms.p99"; the mean of times unless a
  ///              statistic is named.
  void expect(const std::string& path, double truth, Nearness nearness = Nearness::kInside) const;

  /// The same for a share that is small, such as that of refused requests: 1 - the availability of
  /// a client, within 2 %.
  void expect_lost(const std::string& client, double truth,
                   Nearness nearness = Nearness::kInside) const;

  /// Nothing was lost or made up: for each client and for all together issued = completed + failed
  /// + rejected + in_flight. All requests end without error, unless `losses`.
  void expect_conservation(bool losses = false) const;

 private:
  const Estimate& find(const std::string& path) const;

  Results results_;
};

}  // namespace highwater::testing
