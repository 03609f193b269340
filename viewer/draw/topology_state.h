#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "viewer/draw/topology_canvas.h"
#include "viewer/draw/topology_card.h"
#include "viewer/draw/topology_focus.h"
#include "viewer/draw/topology_hits.h"
#include "viewer/draw/topology_instances.h"
#include "viewer/draw/topology_overview.h"
#include "viewer/draw/topology_readings.h"
#include "viewer/draw/topology_scene.h"

/// What a TopologyCanvas remembers, and how its work is divided: topology_canvas.cpp looks,
/// topology_input.cpp obeys, topology_picture.cpp paints, topology_rects.cpp says where things are.
namespace highwater::viewer {

inline constexpr float kZoomMax = 2;
inline constexpr float kZoomMin = 0.004F;
inline constexpr float kReach = 6;  ///< How near a link the pointer must be.

enum class Gesture : std::uint8_t { none, pan, card, connect, minimap, passive };

struct TopologyCanvas::State {
  // What lasts from frame to frame.
  topology::Arrangement arrangement;
  topology::Camera camera;
  std::optional<topology::Camera> goal;
  bool fitting = true;  ///< The view follows what there is to see, until the user moves it.
  bool fitted = false;  ///< Once.
  ImVec2 fitted_size{0, 0};
  Rect fitted_bounds;
  std::optional<topology::Target> wanted;  ///< To be moved into the middle.
  std::optional<topology::Target> selected;
  std::optional<topology::Target> opened;
  topology::InstanceList instance_list;
  Gesture gesture = Gesture::none;
  topology::Hit pressed_on;
  bool dragged = false;
  ImVec2 grabbed{0, 0};  ///< From the centre of the card that is dragged to the pointer, in places.
  topology::Focus focus;
  float dimmed = 0;

  // What was last seen and drawn.
  std::uint64_t shape = 0;
  topology::Scene scene;
  topology::Readings readings;
  std::vector<std::string> zone_names;
  std::vector<bool> found_spots;
  std::size_t found = 0;
  topology::Strengths strengths;
  topology::Hits hits;
  topology::Hit hit;
  Rect canvas;
  topology::Detail detail = topology::Detail::full;
  std::optional<topology::Minimap> minimap;
  Events events;

  // Of the frame that is being drawn.
  const Look* look = nullptr;
  const topology::Model* model = nullptr;
  const Options* options = nullptr;

  const Events& draw(const Look& with, const char* id, const topology::Model& of, ImVec2 size,
                     const Options& by);

  void see();
  /// Whether the model still has what was drawn in the frame before.
  bool is_there(const topology::Hit& what) const;
  void place_camera();
  void change_view(const topology::Camera& view);
  void fit_now(bool smooth);
  void bring_into_view(std::size_t spot, bool centre);

  void point(bool hovered, bool active);
  void press(const topology::Hit& on, ImVec2 mouse);
  void drag(ImVec2 mouse);
  void release(ImVec2 mouse);
  void double_click(const topology::Hit& on);
  void ask_for_menu(ImVec2 mouse);
  void press_keys();
  void step_to(topology::Direction direction);
  void select(std::optional<topology::Target> target);
  void accept_drop();
  std::optional<std::size_t> spot_of(const topology::Target& target) const;
  void weigh();

  void paint(ImDrawList& list);
  void paint_ground(ImDrawList& list) const;
  void paint_cards(ImDrawList& list);
  void paint_card_of(ImDrawList& list, std::size_t spot);
  void paint_ports(ImDrawList& list);
  void paint_link_labels(ImDrawList& list);
  void paint_corners(ImDrawList& list);
  void paint_tooltip() const;
  void list_instances();

  Rect visible() const { return camera.to_place(canvas); }
  ImVec2 port_of(std::size_t spot) const {
    const Rect card = camera.to_screen(scene.spots[spot].rect);
    return {card.max.x, card.center().y};
  }
  std::vector<std::size_t> named() const;
  std::optional<Rect> seen(const Rect& rect) const;
  std::optional<Rect> rect_of(std::string_view name) const;
  std::optional<Rect> rect_of(const topology::Target& target) const;
  std::optional<Rect> rect_of_spot(std::size_t spot) const;
  std::optional<Rect> rect_of_link(std::size_t link) const;
  std::vector<std::pair<std::string, Rect>> rects() const;
  std::optional<Rect> empty_place() const;
};

}  // namespace highwater::viewer
