#include "viewer/draw/x_link.h"

#include <algorithm>

namespace highwater::viewer {
namespace {

// Chosen: deep enough to tell microseconds in a run of minutes apart, and no deeper than doubles.
constexpr double kLeastShare = 1e-8;

}  // namespace

void XLink::set_extent(Range extent) {
  const bool all = shows_all();
  extent_ = extent;
  if (follow_width_) {
    const double width = std::min(*follow_width_, extent_.width());
    view_ = {extent_.hi - width, extent_.hi};
  } else if (all) {
    view_ = extent_;
  } else {
    keep_inside(view_);
  }
}

void XLink::show(Range view) {
  follow_width_.reset();
  keep_inside(view);
}

void XLink::fit() {
  follow_width_.reset();
  view_ = extent_;
}

void XLink::follow(double width) {
  follow_width_ = width;
  set_extent(extent_);
}

void XLink::zoom(double at, double factor) {
  if (follow_width_) {
    const double least = extent_.width() * kLeastShare;
    follow_width_ = std::max(least, view_.width() * factor);
    set_extent(extent_);
    return;
  }
  keep_inside({at - (at - view_.lo) * factor, at + (view_.hi - at) * factor});
}

void XLink::pan(double by) {
  if (by == 0 || (follow_width_ && by > 0)) return;
  follow_width_.reset();
  keep_inside({view_.lo + by, view_.hi + by});
}

std::optional<double> XLink::cursor(int frame) const {
  // A chart that was drawn before the one under the mouse sees it one frame later.
  if (!cursor_frame_ || frame - *cursor_frame_ > 1) return std::nullopt;
  return cursor_;
}

void XLink::set_cursor(double at, int frame) {
  cursor_ = at;
  cursor_frame_ = frame;
}

void XLink::keep_inside(Range view) {
  const double whole = extent_.width();
  const double width = std::clamp(view.width(), whole * kLeastShare, whole);
  const double lo = std::clamp(view.lo, extent_.lo, extent_.hi - width);
  view_ = width == whole ? extent_ : Range{lo, lo + width};
}

}  // namespace highwater::viewer
