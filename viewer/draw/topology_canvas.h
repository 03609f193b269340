#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imgui.h>

#include "viewer/draw/look.h"
#include "viewer/draw/topology_geometry.h"
#include "viewer/draw/topology_model.h"

namespace highwater::viewer {

/// The picture of a system: cards joined by edges on which requests travel.
///
/// Draws into the current ImGui window and reports what the user did; it knows no scenario and
/// changes none. What it draws depends on the model, the options, the input and its own view
/// alone: the same frames give the same pixels.
///
/// Mouse     Drag moves the canvas or a card, the wheel zooms at the cursor, a double click on the
///           empty canvas fits everything in, a click selects, a click on the instances of a card
///           opens them, a right click asks for a menu.
/// Keys      While the pointer is over the canvas or the canvas has the focus: arrows follow the
///           edges of the selected card or move the canvas, as W A S D always do; + and - zoom,
///           F fits, Enter opens the instances of the selected card, Escape closes and deselects,
///           Delete asks for removal when editing. Letters are read by their ASCII code, which is
///           what GLFW gives; the others by ImGuiIO::KeyMap.
class TopologyCanvas {
 public:
  struct Options {
    double time_s = 0;  ///< Decides where particles are; need not be the system's clock.
    bool particles = true;
    bool reduced_motion = false;  ///< Nothing pulses, particles stand still, the view jumps.
    bool editing = false;         ///< Ports to connect from, palette drops, Delete.
    bool minimap = true;          ///< In a corner while parts are out of sight.
    std::string_view search;      ///< Matches stand out, the rest is dimmed. Empty: no search.
    topology::Limits limits;      ///< From where on a number is a warning, or bad.
  };

  using Position = topology::Position;
  using Rect = topology::Rect;

  struct Menu {
    topology::Target target;
    ImVec2 at;          ///< On the screen.
    Position position;  ///< The same place in columns and rows, where a card put there is centred.
  };
  struct Connection {
    std::string from, to;
  };
  struct Drop {
    std::string what;  ///< The text that was dragged.
    Position position;
  };

  /// What the user did in one frame.
  struct Events {
    std::optional<topology::Target> hovered;  ///< Absent over the empty canvas and outside.
    bool selection_changed = false;
    std::optional<topology::Target> activated;  ///< Double-clicked.
    std::optional<Menu> menu;                   ///< Right-clicked: open a menu for it.
    std::optional<std::string> moved;           ///< The id of a card that was dropped elsewhere.
    std::optional<Connection> connect;          ///< The rest when editing only.
    std::optional<Drop> add;
    std::optional<topology::Target> remove;
  };

  /// Type of the ImGui drag and drop payload that becomes Events::add: characters, without a 0.
  static constexpr const char* kPalettePayload = "highwater.palette";

  /// Pixels from the upper left corner of the canvas are pan + zoom * Look::scale * place, a place
  /// being in design pixels: see topology_geometry.h.
  struct View {
    ImVec2 pan{0, 0};
    float zoom = 1;
    topology::Grid grid;
  };

  TopologyCanvas();
  ~TopologyCanvas();
  TopologyCanvas(const TopologyCanvas&) = delete;
  TopologyCanvas& operator=(const TopologyCanvas&) = delete;

  /// Takes the remaining space of the window where a side of `size` is 0. The result is valid until
  /// the next call.
  const Events& draw(const Look& look, const char* id, const topology::Model& model, ImVec2 size,
                     const Options& options);

  /// Everything, from the next frame on. The first frame fits by itself.
  void fit();
  /// Moves a node, group or zone into the middle, and selects nothing.
  void show(const topology::Target& target);
  View view() const;
  void set_view(const View& view);

  const std::optional<topology::Target>& selected() const;
  void select(std::optional<topology::Target> target);

  /// Cards that the user moved, by id of the node, or "group:" and the name of a collapsed group.
  /// What is not here stands where the model puts it.
  const std::map<std::string, Position, std::less<>>& positions() const;
  void set_positions(std::map<std::string, Position, std::less<>> positions);

  /// Groups of which one card stands for all members.
  bool collapsed(std::string_view group) const;
  void collapse(std::string_view group, bool collapsed);

  /// The node or collapsed group whose instances are listed beside its card.
  const std::optional<topology::Target>& opened() const;
  void open(std::optional<topology::Target> target);

  /// Nodes that the search of the last frame found.
  std::size_t found() const;

  /// Where something was drawn in the last frame, in pixels of the screen. Its centre is a place to
  /// click at, except where another thing covers it. Names are those of targets, and further
  /// "port:api" (when editing), "instances:api" (opens the list), "collapse:shop", "expand:shop",
  /// "canvas", "minimap", "instance-list", "close-instances", "sort-instances". Nothing where the
  /// thing is out of sight. The model that was drawn must still be there.
  std::optional<Rect> rect_of(std::string_view name) const;
  /// All of them.
  std::vector<std::pair<std::string, Rect>> rects() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace highwater::viewer
