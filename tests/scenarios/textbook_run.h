#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/report/results.h"

namespace highwater::testing {

/// How far reported numbers may be from the truth.
struct Strictness {
  double widths = 1;     ///< Of the 95 % interval, within which the truth must lie.
  double tolerance = 1;  ///< Of the number, as a multiple of 1 % and 2 % (see TextbookRun::expect).
  bool whole =
      false;  ///< As long under a sanitizer as elsewhere: for runs along a plan or a trace.
};

/// A scenario of scenarios/, run once, to be held against closed-form answers.
///
/// Under a sanitizer runs are a twentieth as long (unless they must be whole), and numbers are only
/// held against intervals of three times the width: what is looked for there are bugs of memory.
class TextbookRun {
 public:
  /// @param file      Such as "textbook/mm1.json".
  /// @param settings  "path=value", as of --set.
  /// @throws std::runtime_error with everything that is wrong with the scenario.
  explicit TextbookRun(const std::string& file, const std::vector<std::string>& settings = {},
                       Strictness strictness = {});

  const Results& results() const { return results_; }

  /// Holds an estimate against the truth: the truth lies in its interval, and the value is within
  /// 1 % of it, or 2 % for quantiles, queue lengths and numbers in flight.
  /// @param path  Such as "api.utilization", or "users.latency_ms.p99"; the mean of times unless a
  ///              statistic is named.
  void expect(const std::string& path, double truth) const;

  /// The scenario's description promises this number, such as (5.03277, 2, "ms") as "5.03 ms".
  void expect_promise(double truth, int decimals, const std::string& unit) const;

  /// The same for a share that is small, such as that of refused requests: 1 - the availability of
  /// a client, within 2 %.
  void expect_lost(const std::string& client, double truth) const;

  /// Nothing was lost or made up: for each client and for all together issued = completed + failed
  /// + rejected + in_flight. All requests end without error, unless `losses`.
  void expect_conservation(bool losses = false) const;

 private:
  const Estimate& find(const std::string& path) const;

  void hold_against(const Estimate& estimate, double truth, double tolerance,
                    double resolution) const;

  Strictness strictness_;
  Results results_;
};

}  // namespace highwater::testing
