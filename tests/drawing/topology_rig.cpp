#include "tests/drawing/topology_rig.h"

#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "viewer/draw/fonts.h"
#include "viewer/draw/raster.h"
#include "viewer/draw/theme.h"

namespace highwater::viewer {
namespace {

// As GLFW numbers them.
constexpr int code_of(ImGuiKey key) {
  return 256 + static_cast<int>(key);
}

ImGuiContext* context_of(ImVec2 size) {
  ImGuiContext* const context = ImGui::CreateContext();
  ImGui::SetCurrentContext(context);
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
  io.DeltaTime = 1.0F / 60;
  io.DisplaySize = size;
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
  for (int key = 0; key < ImGuiKey_COUNT; ++key) io.KeyMap[key] = code_of(key);
  return context;
}

// The latest of what happened once.
template <typename T>
void keep(std::optional<T>& kept, const std::optional<T>& seen) {
  if (seen) kept = seen;
}

}  // namespace

TopologyRig::TopologyRig(topology::Sample shown, Mode mode, float scale, ImVec2 window)
    : sample(std::move(shown)),
      look{theme_of(mode), {}, scale},
      size(window),
      context_(context_of(window)) {
  look.fonts = load_fonts(*ImGui::GetIO().Fonts, scale).fonts;
  apply(look.theme, scale);
  unsigned char* pixels = nullptr;
  int width = 0;
  int height = 0;
  ImGui::GetIO().Fonts->GetTexDataAsAlpha8(&pixels, &width, &height);
  point_at(ImVec2{-1, -1});
  frames(2);
}

TopologyRig::~TopologyRig() {
  ImGui::DestroyContext(context_);
}

void TopologyRig::frame() {
  ImGui::SetCurrentContext(context_);
  ImGui::NewFrame();
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0.0F);
  ImGui::Begin(
      "window", nullptr,
      ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings);
  float top = 0;
  if (palette) {
    ImGui::Button("worker", {80, 20});
    if (ImGui::BeginDragDropSource()) {
      constexpr std::string_view kWord = "worker";
      ImGui::SetDragDropPayload(TopologyCanvas::kPalettePayload, kWord.data(), kWord.size());
      ImGui::EndDragDropSource();
    }
    top = 30;
    ImGui::SetCursorPos({0, top});
  }
  const TopologyCanvas::Events& seen =
      canvas.draw(look, "canvas", sample.model, {size.x, size.y - top}, options);
  events_.hovered = seen.hovered;
  events_.selection_changed = events_.selection_changed || seen.selection_changed;
  keep(events_.activated, seen.activated);
  keep(events_.menu, seen.menu);
  keep(events_.moved, seen.moved);
  keep(events_.connect, seen.connect);
  keep(events_.add, seen.add);
  keep(events_.remove, seen.remove);
  ImGui::End();
  ImGui::PopStyleVar(2);
  ImGui::Render();
  ImGui::GetIO().MouseWheel = 0;
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
  ImGui::SetCurrentContext(context_);
  ImGui::GetIO().MousePos = place;
}

void TopologyRig::point_at(std::string_view name) {
  point_at(middle(name));
  frames(2);
}

void TopologyRig::click(std::string_view name, int button) {
  point_at(name);
  ImGui::GetIO().MouseDown[button] = true;
  frame();
  ImGui::GetIO().MouseDown[button] = false;
  frame();
  // Longer than what makes two clicks a double click.
  frames(30);
}

void TopologyRig::double_click(std::string_view name) {
  point_at(name);
  for (int i = 0; i < 2; ++i) {
    ImGui::GetIO().MouseDown[0] = true;
    frame();
    ImGui::GetIO().MouseDown[0] = false;
    frame();
  }
  frames(30);
}

void TopologyRig::drag(ImVec2 from, ImVec2 to, int button) {
  point_at(from);
  frames(2);
  ImGui::GetIO().MouseDown[button] = true;
  frame();
  constexpr int kSteps = 6;
  for (int i = 1; i <= kSteps; ++i) {
    point_at(topology::between(from, to, static_cast<float>(i) / kSteps));
    frame();
  }
  frame();
  ImGui::GetIO().MouseDown[button] = false;
  frames(30);
}

void TopologyRig::wheel(float steps) {
  ImGui::GetIO().MouseWheel = steps;
  frame();
}

void TopologyRig::press(int code, bool down) {
  ImGui::SetCurrentContext(context_);
  ImGui::GetIO().KeysDown[code] = down;
}

void TopologyRig::type(ImGuiKey key) {
  press(code_of(key), true);
  frame();
  press(code_of(key), false);
  frame();
}

void TopologyRig::type(char letter) {
  hold(letter, 1);
}

void TopologyRig::hold(char letter, int count) {
  press(letter, true);
  frames(count);
  press(letter, false);
  frame();
}

TopologyCanvas::Events TopologyRig::take() {
  return std::exchange(events_, {});
}

Image TopologyRig::picture() {
  frame();
  Image image(static_cast<int>(size.x), static_cast<int>(size.y), look.theme.background);
  Raster(*ImGui::GetIO().Fonts).draw(image, *ImGui::GetDrawData());
  return image;
}

}  // namespace highwater::viewer
