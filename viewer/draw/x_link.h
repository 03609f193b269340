#pragma once

#include <optional>

namespace highwater::viewer {

/// From `lo` to `hi`, in the positions of an axis (see Axis).
struct Range {
  double lo = 0;
  double hi = 1;

  double width() const { return hi - lo; }
  bool contains(double position) const { return position >= lo && position <= hi; }

  friend bool operator==(const Range&, const Range&) = default;
};

/// The x range that charts share: who zooms, pans or points in one does it in all.
///
/// Everything is in positions of the x axis: seconds on a time axis, orders of magnitude on a
/// logarithmic one.
class XLink {
 public:
  explicit XLink(Range extent = {}) : extent_(extent), view_(extent) {}

  /// Where there are data. A view that showed everything still does; one that follows moves along;
  /// any other stays where it is.
  void set_extent(Range extent);
  const Range& extent() const { return extent_; }

  /// What the charts show; always inside the extent.
  const Range& view() const { return view_; }
  void show(Range view);

  /// Shows everything.
  void fit();
  bool shows_all() const { return view_ == extent_; }

  /// Keeps the newest `width` in view while the extent grows. Zooming keeps following with another
  /// width; panning away from the newest, show() and fit() end it.
  void follow(double width);
  bool following() const { return follow_width_.has_value(); }

  /// Makes the view `factor` times as wide around `at`, which stays where it is (while following
  /// the newest end stays instead).
  void zoom(double at, double factor);

  void pan(double by);

  /// Where the mouse is, published by the chart under it and drawn by all until the next frame.
  std::optional<double> cursor(int frame) const;
  void set_cursor(double at, int frame);

  /// A time that is marked in every chart, such as the one the topology shows.
  std::optional<double> playhead;

 private:
  void keep_inside(Range view);

  Range extent_;
  Range view_;
  std::optional<double> follow_width_;
  double cursor_ = 0;
  std::optional<int> cursor_frame_;
};

}  // namespace highwater::viewer
