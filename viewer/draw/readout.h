#pragma once

#include <string>
#include <vector>

#include "viewer/draw/look.h"
#include "viewer/draw/plot_view.h"

namespace highwater::viewer {

/// One value at the cursor.
struct ReadoutRow {
  const Series* series = nullptr;  ///< None for a cell of a heat map.
  std::string name;
  std::string value;
};

/// What is on at the cursor.
struct ReadoutNote {
  Status status = Status::bad;
  std::string text;
};

/// What a chart says about the place under the mouse.
struct Readout {
  std::string head;  ///< Where that is: "2:05.3".
  std::vector<ReadoutRow> rows;
  std::vector<ReadoutNote> notes;

  bool empty() const { return rows.empty() && notes.empty(); }
};

/// The values of all shown series at the view's cursor: of steps and bars the one that holds there,
/// of others the nearest. "–" beyond the ends of the data and in gaps.
Readout readout_of(const PlotView& view);

/// The sample of a series that counts at an x value; nothing beyond its ends.
std::optional<std::size_t> sample_at(const Series& series, double x);

/// The x value as the readout writes it.
std::string x_text(const PlotView& view, double position);

/// Shows it beside the mouse.
void show_readout(const Look& look, const Readout& readout);

}  // namespace highwater::viewer
