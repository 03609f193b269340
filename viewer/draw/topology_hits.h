#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "viewer/draw/topology_geometry.h"
#include "viewer/draw/topology_scene.h"

namespace highwater::viewer::topology {

/// What is at a place of the screen.
struct Hit {
  enum class Kind : std::uint8_t {
    empty,
    frame,  ///< The area in a frame; `index` into Scene::frames.
    plate,  ///< A frame's name.
    link,   ///< `index` into Scene::links.
    spot,   ///< `index` into Scene::spots, as in the next four.
    instances,
    instance,
    expand,
    port,
    zone,  ///< In the legend; `index` into Model::zones.
    minimap,
  };

  Kind kind = Kind::empty;
  std::size_t index = 0;
  std::size_t node = 0, instance = 0;  ///< Of an instance.
};

/// What was drawn where, and so what the pointer is on.
class Hits {
 public:
  struct Part {
    Hit hit;
    Rect rect;
  };

  void clear() { parts_.clear(); }
  /// Later ones are on top of earlier ones, and all on top of cards, links and frames.
  void add(const Hit& hit, const Rect& rect) { parts_.push_back({hit, rect}); }
  const std::vector<Part>& parts() const { return parts_; }
  std::optional<Rect> find(Hit::Kind kind, std::size_t index) const;

  /// `reach` is how near a link the pointer must be, in pixels; links are passed over where they
  /// are too many to tell apart.
  Hit at(ImVec2 screen, const Scene& scene, const Camera& camera, Detail detail, float reach) const;

 private:
  std::vector<Part> parts_;
};

/// Where a card is on the screen: a dot is larger than its card would be.
Rect card_on_screen(const Scene::Spot& spot, const Camera& camera, Detail detail);

/// What a hit means to others.
Target target_of(const Hit& hit, const Model& model, const Scene& scene);

}  // namespace highwater::viewer::topology
