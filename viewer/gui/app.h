#pragma once

#include <optional>
#include <string>
#include <vector>

#include "viewer/gui/charts_panel.h"
#include "viewer/gui/command_palette.h"
#include "viewer/gui/context.h"
#include "viewer/gui/control_panel.h"
#include "viewer/gui/editor_panel.h"
#include "viewer/gui/fault_dialog.h"
#include "viewer/gui/open_dialog.h"
#include "viewer/gui/overview_panel.h"
#include "viewer/gui/preferences.h"
#include "viewer/gui/results_panel.h"
#include "viewer/gui/toolbar.h"

namespace highwater::viewer {

/// The viewer, frame by frame, in whatever window there is: all of it but the window.
class App {
 public:
  struct Options {
    Mode mode = Mode::dark;
    float scale = 1;
    bool reduced_motion = false;
    std::string gallery = {};    ///< A folder of scenarios that are offered.
    std::string results = {};    ///< A folder of results that are offered; empty for none.
    Provenance provenance = {};  ///< Of what is measured.
    Preferences preferences = {};
  };
  App(const Catalog& catalog, const Language& language, Options options);

  Session& session() { return session_; }
  /// One of ChartsPanel::kTabs, from the next frame on.
  void show_charts(std::size_t tab) { charts_.show(ChartsPanel::kTabs[tab]); }
  Registry& registry() { return context_.registry; }
  /// Opens a scenario, or saved results, by what is in the file; what is wrong with it is shown.
  bool open(const std::string& file, const std::vector<std::string>& settings);

  /// The same, unless something is edited and not saved: then it asks first.
  void open_after(const std::string& file);
  /// Whether it may be closed. Where something is edited and not saved, it asks first, and says so
  /// by wants_quit() later.
  bool may_close();

  /// Makes the fonts and colours. Before the first frame, and whenever needs_fonts().
  void dress(ImFontAtlas& atlas);
  bool needs_fonts() const { return needs_fonts_; }

  /// Collapses all groups of the topology (see groups_of()), or expands them.
  void collapse(bool collapsed);
  /// Between ImGui::NewFrame() and ImGui::Render().
  /// @param clock_s  Since the beginning; what moves by itself moves by it.
  void frame(ImVec2 size, double clock_s);

  /// Whether a picture of the frame is wanted. Asking takes the wish back.
  bool take_picture_wish();
  /// The same of a part of it, with the name of its file.
  std::optional<Context::PictureOf> take_part_wish();
  void written(const std::string& file, bool well);
  bool wants_quit() const { return context_.wants_quit; }
  Color background() const { return context_.look.theme.background; }
  std::string title() const;
  /// With what was opened, the theme and the tabs of now.
  Preferences preferences() const;
  void notify(std::string text, Status status) { context_.notify(std::move(text), status); }

 private:
  std::vector<Command> make_commands();
  void look_beside(int by);
  void change_speed(double factor);
  bool open_scenario(const std::string& file, const std::vector<std::string>& settings,
                     Problems& problems);
  void body(ImVec2 size);
  void topology_panel(ImVec2 size);
  void keys();
  /// Otherwise commands that are about the run have nothing to be about.
  bool shows_run() const { return session_.is_open() && !context_.editing && !results_.in_front(); }
  void shortcuts();
  void notices(ImVec2 size);
  void publish();
  void toggle_theme();

  Options options_;
  Session session_;
  Context context_;
  Toolbar toolbar_;
  TimelineStrip timeline_;
  ControlPanel controls_;
  FaultDialog faults_;
  ChartsPanel charts_;
  OverviewPanel overview_;
  OpenDialog opening_;
  ResultsPanel results_;
  EditorPanel editor_;
  CommandPalette palette_;
  std::vector<Command> commands_;
  TopologyCanvas canvas_;
  topology::Model model_;
  std::optional<topology::Target> menu_of_;
  float topology_share_ = 0.46F;
  bool needs_fonts_ = true;
  bool restyle_ = false;
};

}  // namespace highwater::viewer
