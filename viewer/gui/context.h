#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "viewer/draw/look.h"
#include "viewer/draw/topology_canvas.h"
#include "viewer/draw/x_link.h"
#include "viewer/gui/feed.h"
#include "viewer/gui/registry.h"
#include "viewer/session/session.h"

namespace highwater::viewer {

/// A short word to the user, which goes by itself.
struct Notice {
  std::string text;
  Status status = Status::ok;
  double until_s = 0;
};

/// What panels share: the session, what of its run is shown, and how everything looks.
struct Context {
  Context(Session& of, const Catalog& models, const Language& spoken)
      : session(of), catalog(models), language(spoken) {}

  Session& session;
  const Catalog& catalog;
  const Language& language;
  Look look{dark_theme(), Fonts{}, 1.0F};
  Registry registry;
  double clock_s = 0;  ///< Since the viewer began.
  bool reduced_motion = false;
  bool wants_picture = false;  ///< Of this frame, to be kept.
  /// A part of the screen that is to be kept, and the file for it.
  struct PictureOf {
    std::string file;
    Registry::Rect rect;
    int frames = 3;  ///< Until then the menu that asked for it is gone.
  };
  std::optional<PictureOf> picture_of;
  bool wants_quit = false;
  bool editing = false;  ///< The scenario is shown to be edited, not its run.

  // What is shown.
  XLink time;                        ///< Of all charts over time.
  std::optional<double> looking_at;  ///< Seconds of the run; absent for the latest.
  std::optional<topology::Target> selected;
  std::string wanted_tab;  ///< Of the charts, to be shown next; empty: as it is.
  std::vector<Notice> notices;
  std::vector<std::string> problems;  ///< Of the last file or change that made no sense.

  /// Looks at the run anew: once at the beginning of each frame.
  void refresh();
  bool has_data() const { return feed && intervals() > 0; }
  /// Intervals of the run that there are to see. They do not change within a frame.
  std::size_t intervals() const { return intervals_; }
  /// The interval that is shown. Precondition: has_data().
  std::size_t interval() const { return interval_; }
  const RunStatus& status() const { return *status_; }
  /// The part of the scenario that is selected, or that the selected instance is of.
  std::optional<std::size_t> selected_part() const;

  /// Once the frame is drawn: what is shown of a run refers to it.
  void later(std::function<void()> action) { later_.push_back(std::move(action)); }
  void do_later();

  void notify(std::string text, Status status = Status::ok);
  /// What of a scenario, an act or a change made no sense.
  void report(const Problems& of);

  /// Of the scenario as it stands, over replications; null where that was not measured.
  const Results* measured = nullptr;

  std::optional<Feed> feed;
  std::optional<Feed> other;  ///< Of the run that this one is compared with.

 private:
  /// A feed for what a run shows, once it shows something.
  static void follow(LiveRun* run, std::optional<Feed>& feed, std::uint64_t& serial);

  std::uint64_t serial_ = 0, other_serial_ = 0;  // of the runs that the feeds are of
  std::vector<std::function<void()>> later_;
  const RunStatus* status_ = nullptr;
  std::size_t intervals_ = 0, interval_ = 0;
};

}  // namespace highwater::viewer
