#pragma once

#include <string>

#include <imgui.h>

#include "tests/viewer/viewer_support.h"
#include "viewer/gui/app.h"
#include "viewer/gui/window.h"

namespace highwater::testing {

/// The viewer without a window and without pictures: frames that are laid out and dropped.
class HeadlessApp {
 public:
  explicit HeadlessApp(ImVec2 size = {1600, 1000}, const std::string& gallery = "")
      : size_(size), app_(viewer_catalog(), viewer_language(), {.gallery = gallery}) {
    ImGuiIO& io = ImGui::GetIO();
    io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
    io.DisplaySize = size;
    viewer::map_keys();
  }

  viewer::App& app() { return app_; }
  viewer::LiveRun& run() { return app_.session().run(); }

  void frame() {
    ImGuiIO& io = ImGui::GetIO();
    io.DeltaTime = kFrame_s;
    if (app_.needs_fonts()) {
      app_.dress(*io.Fonts);
      unsigned char* pixels = nullptr;
      int width = 0, height = 0;
      io.Fonts->GetTexDataAsRGBA32(&pixels, &width, &height);
    }
    ImGui::NewFrame();
    app_.frame(size_, clock_s_);
    ImGui::Render();
    clock_s_ += static_cast<double>(kFrame_s);
  }

  /// A key with a capital letter, whose code it is.
  void press(char letter) {
    for (const bool down : {true, false}) {
      ImGui::GetIO().KeysDown[static_cast<int>(letter)] = down;
      frame();
    }
  }

 private:
  static constexpr float kFrame_s = 1.0F / 60;
  /// The context of Dear ImGui: there before everything else, and longer.
  struct Gui {
    Gui() {
      ImGui::CreateContext();
      ImGui::GetIO().IniFilename = nullptr;
    }
    Gui(const Gui&) = delete;
    Gui& operator=(const Gui&) = delete;
    ~Gui() { ImGui::DestroyContext(); }
  };

  Gui gui_;
  ImVec2 size_;
  viewer::App app_;
  double clock_s_ = 0;
};

}  // namespace highwater::testing
