#include "tests/drawing/topology_rig.h"

#include <optional>
#include <utility>

#include <catch2/catch.hpp>

namespace highwater::viewer {
namespace {

// The latest of what happened once.
template <typename T>
void keep(std::optional<T>& kept, const std::optional<T>& seen) {
  if (seen) kept = seen;
}

}  // namespace

TopologyRig::TopologyRig(topology::Sample shown, Mode mode, float scale, ImVec2 size)
    : headless(size, mode, scale), sample(std::move(shown)) {
  frames(2);
}

void TopologyRig::frame() {
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0.0F);
  headless.frame([this] {
    if (palette) {
      ImGui::Button("worker", {80, 20});
      if (ImGui::BeginDragDropSource()) {
        constexpr std::string_view kWord = "worker";
        ImGui::SetDragDropPayload(TopologyCanvas::kPalettePayload, kWord.data(), kWord.size());
        ImGui::EndDragDropSource();
      }
    }
    const TopologyCanvas::Events& seen =
        canvas.draw(headless.look(), "canvas", sample.model, {0, 0}, options);
    events_.hovered = seen.hovered;
    events_.selection_changed = events_.selection_changed || seen.selection_changed;
    keep(events_.activated, seen.activated);
    keep(events_.menu, seen.menu);
    keep(events_.moved, seen.moved);
    keep(events_.connect, seen.connect);
    keep(events_.add, seen.add);
    keep(events_.remove, seen.remove);
  });
  ImGui::PopStyleVar(2);
}

void TopologyRig::frames(int count) {
  for (int i = 0; i < count; ++i) frame();
}

topology::Rect TopologyRig::rect(std::string_view name) const {
  const std::optional<topology::Rect> found = canvas.rect_of(name);
  INFO("no place for " << name);
  REQUIRE(found.has_value());
  return *found;
}

void TopologyRig::point_at(ImVec2 place) {
  headless.move(place);
}

void TopologyRig::point_at(std::string_view name) {
  point_at(middle(name));
  frames(2);
}

void TopologyRig::click(std::string_view name, int button) {
  point_at(name);
  headless.press(button);
  frame();
  headless.release(button);
  frame();
  frames(30);  // longer than what makes two clicks a double click
}

void TopologyRig::double_click(std::string_view name) {
  point_at(name);
  for (int i = 0; i < 2; ++i) {
    headless.press(0);
    frame();
    headless.release(0);
    frame();
  }
  frames(30);
}

void TopologyRig::drag(ImVec2 from, ImVec2 to, int button) {
  point_at(from);
  frames(2);
  headless.press(button);
  frame();
  constexpr int kSteps = 6;
  for (int i = 1; i <= kSteps; ++i) {
    point_at(topology::between(from, to, static_cast<float>(i) / kSteps));
    frame();
  }
  frame();
  headless.release(button);
  frames(30);
}

void TopologyRig::wheel(float steps) {
  headless.wheel(steps);
  frame();
}

void TopologyRig::type(ImGuiKey key) {
  headless.key(key);
  frames(2);
}

void TopologyRig::hold(char letter, int count) {
  ImGui::GetIO().KeysDown[static_cast<int>(letter)] = true;
  frames(count);
  ImGui::GetIO().KeysDown[static_cast<int>(letter)] = false;
  frame();
}

TopologyCanvas::Events TopologyRig::take() {
  return std::exchange(events_, {});
}

Image TopologyRig::picture() {
  frame();
  return headless.picture();
}

}  // namespace highwater::viewer
