#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/report/results.h"
#include "viewer/draw/plot.h"
#include "viewer/gui/context.h"

namespace highwater::viewer {

/// The 95 % intervals of one series of `results`, as steps: each group of bins is one estimate.
/// Nothing where they are not known.
/// @param kept  Holds what the plot refers to until it ends.
void add_band(Plot& plot, const Results& results, const std::string& component,
              std::string_view metric, const std::string& name, Color color,
              std::deque<std::vector<double>>& kept);

/// Charts of finished results over time: means over the replications with their 95 % intervals, of
/// one client, or of the metrics of all components.
///
/// A band with `bins` bins at a time stands where its bins do, and around its own value: what is
/// averaged over longer varies less than what the line shows.
class RunCharts {
 public:
  /// @param results  Must outlive it.
  explicit RunCharts(const Results& results);

  /// Fills what is left of the window.
  /// @param selected  The id of a component or client; empty for none.
  void draw(Context& context, const std::string& selected);

  /// Brings the charts that show what a finding is about into view, marked where its component
  /// fared worst. @return that time; nothing where there is none.
  std::optional<double> show_evidence(const Finding& finding);

 private:
  template <class Fill>
  void chart(Context& context, const std::string& name, ImVec2 size, PlotOptions options,
             Fill fill);
  void export_menu(Context& context, const Plot& plot, const std::string& name) const;
  void throughput(Context& context, ImVec2 size, std::size_t client);
  void latency(Context& context, ImVec2 size, std::size_t client);
  void failures(Context& context, ImVec2 size, std::size_t client);
  void latency_map(Context& context, ImVec2 size, std::size_t client);
  void utilization(Context& context, ImVec2 size, const std::string& selected);
  void metric(Context& context, ImVec2 size, std::size_t place, const std::string& selected);
  void bars(Context& context);
  const char* with_intervals() const;
  std::size_t client_shown(const std::string& selected) const;

  const Results& results_;
  std::vector<std::string> metrics_;  // of components, over time
  std::array<std::size_t, 4> chosen_{0, 1, 2, 3};
  std::map<std::string, PlotState> states_;
  std::deque<std::vector<double>> kept_;  // what the charts of this frame refer to
  XLink time_, entries_;
  std::size_t page_ = 0;
  std::optional<std::size_t> wanted_page_;
};

}  // namespace highwater::viewer
