#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "viewer/draw/plot.h"
#include "viewer/gui/context.h"

namespace highwater::viewer {

/// Charts of the run over time, on one time axis: of its clients, or of the component that is
/// selected.
class ChartsPanel {
 public:
  void draw(Context& context);
  /// The name of the tab that is shown.
  const std::string& tab() const { return shown_; }
  /// One that is not there changes nothing.
  void show(const std::string& tab) { wanted_ = tab; }

 private:
  /// Makes a chart, lets `fill` give it its data, and looks after what all charts share: marks of
  /// faults, a click that looks at that time, the menu that exports.
  template <class Fill>
  void chart(Context& context, const char* name, ImVec2 size, PlotOptions options, Fill fill);
  void throughput(Context& context, ImVec2 size);
  void latency(Context& context, ImVec2 size);
  void latency_map(Context& context, ImVec2 size);
  void utilization_map(Context& context, ImVec2 size);
  void spectrum(Context& context, ImVec2 size);
  void queues(Context& context, ImVec2 size);
  void ratios(Context& context, ImVec2 size);
  void errors(Context& context, ImVec2 size);
  void replicas(Context& context, ImVec2 size);
  void export_menu(Context& context, const Plot& plot, const char* name);

  std::map<std::string, PlotState> states_;
  std::deque<std::vector<double>> kept_;  // what the chart that is drawn now refers to
  XLink percentiles_{{0.0, 4.0}};
  int tab_ = 0;
  std::string shown_, wanted_;
};

}  // namespace highwater::viewer
