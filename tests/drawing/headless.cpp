#include "tests/drawing/headless.h"

namespace highwater::viewer {

Headless::Headless(ImVec2 size, Mode mode, float scale) : look_{theme_of(mode), {}, scale} {
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
  io.DisplaySize = size;
  io.DeltaTime = 1.0F / 60;
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
  for (int key = 0; key < ImGuiKey_COUNT; ++key) io.KeyMap[key] = key;
  const LoadedFonts loaded = load_fonts(*io.Fonts, scale);
  look_.fonts = loaded.fonts;
  missing_ = loaded.missing;
  apply(look_.theme, scale);
  move({-1, -1});
}

Headless::~Headless() {
  ImGui::DestroyContext();
}

void Headless::frame(const std::function<void()>& draw) {
  ImGuiIO& io = ImGui::GetIO();
  io.MouseWheel = wheel_;
  if (key_) io.KeysDown[*key_] = true;
  ImGui::NewFrame();
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(io.DisplaySize);
  ImGui::Begin("root", nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoSavedSettings);
  draw();
  ImGui::End();
  ImGui::Render();
  if (key_) io.KeysDown[*key_] = false;
  key_.reset();
  wheel_ = 0;
}

Image Headless::picture() const {
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  Image image(static_cast<int>(size.x), static_cast<int>(size.y), look_.theme.background);
  Raster(*ImGui::GetIO().Fonts).draw(image, *ImGui::GetDrawData());
  return image;
}

}  // namespace highwater::viewer
