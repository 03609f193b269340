#pragma once

#include <vector>

#include "tests/drawing/headless.h"
#include "viewer/draw/plot.h"

namespace highwater::viewer {

/// Made-up results of a run in which things go wrong, the same in every build.
struct SampleRun {
  static constexpr std::size_t kBins = 600;
  static constexpr std::size_t kHeatRows = 84;
  static constexpr std::size_t kInstances = 10;

  SampleRun();

  std::vector<double> time, offered, completed, errors;
  std::vector<double> p50, p90, p99, p999;  ///< In ms, with a gap where nothing was answered.
  std::vector<float> latency;               ///< kHeatRows x kBins counts.
  std::vector<float> utilization;           ///< kInstances x kBins shares.
};

/// Every kind of chart on one page.
class Gallery {
 public:
  Gallery();

  /// Inside a frame.
  void draw(const Look& look);

 private:
  void throughput(const Look& look, ImVec2 size);
  void latency(const Look& look, ImVec2 size);
  void heat(const Look& look, ImVec2 size);
  void instances(const Look& look, ImVec2 size);
  void stacked(const Look& look, ImVec2 size);
  void comparison(const Look& look, ImVec2 size);
  void spectrum(const Look& look, ImVec2 size);
  void distribution(const Look& look, ImVec2 size);
  void scatter(const Look& look, ImVec2 size);
  void many(const Look& look, ImVec2 size);
  void nothing(const Look& look, ImVec2 size);
  void widgets(const Look& look, ImVec2 size);

  SampleRun run_;
  XLink time_{{0, 300}};
  XLink shares_{{0, 4}};
  XLink milliseconds_{{0, 120}};
  XLink load_{{0, 12000}};
  std::vector<PlotState> states_;
};

}  // namespace highwater::viewer
