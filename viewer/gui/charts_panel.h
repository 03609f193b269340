#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "viewer/draw/plot.h"
#include "viewer/gui/context.h"
#include "viewer/gui/requests_panel.h"

namespace highwater::viewer {

/// Charts of the run over time, on one time axis: of its clients, or of the component that is
/// selected.
class ChartsPanel {
 public:
  enum class Tab : std::uint8_t { users, inside, capacity, requests };
  static constexpr std::array<const char*, 4> kTabs = {"Users", "Inside", "Capacity", "Requests"};

  void draw(Context& context);
  /// The name of the tab that is shown, one of kTabs.
  const std::string& tab() const { return shown_; }
  /// From the next frame on. One that is not there changes nothing.
  void show(const std::string& tab) { wanted_ = tab; }

  /// Of the tab of requests; null while another one is shown.
  const RequestsPanel* requests() const {
    return static_cast<Tab>(tab_) == Tab::requests ? &requests_ : nullptr;
  }

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
  template <class Has, class Read>
  void by_component(Context& context, const char* name, ImVec2 size, PlotOptions options, Has has,
                    Read read);
  void by_component(Context& context, const char* name, ImVec2 size, PlotOptions options,
                    std::optional<std::size_t> FigureColumns::*column);
  static std::optional<std::size_t> scaled_part(const Context& context);
  void demand(Context& context, ImVec2 size);
  void any_metric(Context& context, ImVec2 size);
  void users(Context& context, ImVec2 room);
  void inside(Context& context, ImVec2 room);
  void capacity(Context& context, ImVec2 room);
  void export_menu(Context& context, const Plot& plot, const char* name);

  std::map<std::string, PlotState> states_;
  std::map<std::string, Registry::Rect> rects_;  // where charts were drawn
  std::string any_ = "throughput_rps";           // the metric that was chosen
  std::array<char, 32> any_search_{};
  std::deque<std::vector<double>> kept_;  // what the chart that is drawn now refers to
  XLink percentiles_{{0.0, 4.0}};
  RequestsPanel requests_;
  int tab_ = 0;
  std::string shown_, wanted_;
};

}  // namespace highwater::viewer
