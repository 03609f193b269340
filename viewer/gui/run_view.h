#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/report/results.h"
#include "viewer/gui/run_charts.h"

namespace highwater::viewer {

/// Results of a run: its numbers with their 95 % intervals, what it found out, each of that with
/// its evidence, the picture of the system with its final numbers, and charts over time.
class RunView {
 public:
  /// @param results  Must outlive it.
  explicit RunView(const Results& results);

  void draw(Context& context, ImVec2 size);

 private:
  void facts(Context& context);
  void clients(Context& context);
  void objectives(Context& context);
  void findings(Context& context);
  void topology(Context& context, ImVec2 size);
  void components(Context& context);
  void metrics(Context& context);
  void log(Context& context);

  const Results& results_;
  RunCharts charts_;
  TopologyCanvas canvas_;
  topology::Model model_;
  std::string selected_;  // an id; empty for nothing
};

/// "91.2 ms ± 3.1"; "–" where there is no value.
std::string with_interval(const Estimate& estimate, std::string_view unit);

/// The picture of a system with what it came to.
topology::Model model_of(const Results& results);

}  // namespace highwater::viewer
