#include "viewer/gui/view.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <imgui.h>

#include "viewer/draw/image.h"
#include "viewer/draw/raster.h"
#include "viewer/gui/app.h"
#include "viewer/gui/script.h"
#include "viewer/gui/window.h"

namespace highwater::viewer {
namespace {

/// Seconds of a frame that is not shown to anybody, and of every frame of a script.
constexpr float kFrame_s = 1.0F / 60;
constexpr int kWidth = 1600, kHeight = 1000;

/// The context of Dear ImGui, for as long as the viewer is there.
class Gui {
 public:
  Gui() {
    IMGUI_CHECKVERSION();
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
  }
  Gui(const Gui&) = delete;
  Gui& operator=(const Gui&) = delete;
  ~Gui() { ImGui::DestroyContext(); }
};

/// Where frames go when there is no window.
class Headless final : public Screen {
 public:
  Headless(int width, int height) : width_(width), height_(height) {
    ImGuiIO& io = ImGui::GetIO();
    io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
    io.DisplaySize = {static_cast<float>(width), static_cast<float>(height)};
    map_keys();
  }
  float scale() const override { return 1; }
  bool begin_frame() override { return true; }
  void keep_open() override {}
  void upload_fonts() override { raster_.emplace(*ImGui::GetIO().Fonts); }
  void draw(Color background) override { background_ = background; }
  void end_frame() override {}
  Image picture() override {
    Image image(width_, height_, background_);
    raster_->draw(image, *ImGui::GetDrawData());
    return image;
  }
  std::vector<std::string> take_dropped() override { return {}; }
  void set_title(const std::string&) override {}

 private:
  int width_, height_;
  Color background_ = 0;
  std::optional<Raster> raster_;
};

class Viewer {
 public:
  Viewer(const ViewOptions& options, const Catalog& catalog, const Language& language,
         Screen& screen, Preferences preferences)
      : options_(options),
        screen_(screen),
        scale_(options.scale > 0 ? static_cast<float>(options.scale) : screen.scale()),
        app_(
            catalog, language,
            {.mode = options.light || preferences.light.value_or(false) ? Mode::light : Mode::dark,
             .scale = scale_,
             .reduced_motion = options.reduced_motion || preferences.reduced_motion.value_or(false),
             .gallery = options.gallery,
             .results = options.results,
             .provenance = options.provenance,
             .preferences = preferences}),
        remembered_(std::move(preferences)) {}

  void notify(std::string text, Status status) { app_.notify(std::move(text), status); }

  bool open() { return options_.file.empty() || app_.open(options_.file, options_.settings); }
  std::string load_script(const std::string& text) {
    scripted_ = true;
    return script_.load(text);
  }

  ViewEnd run() {
    const bool driven = scripted_ || options_.headless;
    const auto began = std::chrono::steady_clock::now();
    std::string title;
    for (std::uint64_t frame = 0;; ++frame) {
      if (!screen_.begin_frame()) {
        if (app_.may_close()) break;
        screen_.keep_open();
        continue;
      }
      if (app_.needs_fonts()) {
        app_.dress(*ImGui::GetIO().Fonts);
        screen_.upload_fonts();
      }
      if (driven) {
        drive();
        clock_s_ = static_cast<double>(frame) * static_cast<double>(kFrame_s);
      } else {
        clock_s_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
      }
      ImGui::NewFrame();
      app_.frame(ImGui::GetIO().DisplaySize, clock_s_);
      if (scripted_) draw_pointer();
      ImGui::Render();
      screen_.draw(app_.background());
      if (app_.title() != std::exchange(title, app_.title())) screen_.set_title(title);
      for (const std::string& file : screen_.take_dropped()) app_.open_after(file);
      const bool last = app_.wants_quit() || (scripted_ && script_.over()) ||
                        (options_.headless && !scripted_ && frame >= kFrames);
      take_pictures();
      if (last && !options_.screenshot.empty()) write(options_.screenshot);
      screen_.end_frame();
      // What was opened is worth keeping even where the program does not come to its end.
      if (app_.preferences().recent != remembered_.recent) remember();
      if (last) break;
    }
    remember();
    if (!options_.widgets.empty()) write_widgets();
    for (const std::string& failure : script_.failures())
      std::fprintf(stderr, "%s: %s\n", options_.script.c_str(), failure.c_str());
    return failed_ || !script_.failures().empty() ? ViewEnd::failed : ViewEnd::done;
  }

 private:
  void remember() {
    if (options_.state_file.empty()) return;
    remembered_ = app_.preferences();
    if (!options_.headless) {
      const ImVec2 size = ImGui::GetIO().DisplaySize;
      remembered_.width = static_cast<int>(size.x / scale_);
      remembered_.height = static_cast<int>(size.y / scale_);
    }
    const std::string why = remembered_.save(options_.state_file);
    if (why.empty() || std::exchange(told_, true)) return;
    app_.notify(why, Status::warn);
  }

  /// Without a script: as many as it takes until everything stands where it belongs.
  static constexpr std::uint64_t kFrames = 8;

  void drive() {
    ImGuiIO& io = ImGui::GetIO();
    io.DeltaTime = kFrame_s;
    if (!scripted_) {
      io.MousePos = {-1000, -1000};
      return;
    }
    const Script::Input& input = script_.advance(app_.registry());
    // What is waited for takes its time, of which frames without a screen leave too little.
    constexpr std::size_t kQuick = 60;
    if (options_.headless && script_.waited() > kQuick)
      std::this_thread::sleep_for(std::chrono::duration<float>(kFrame_s));
    io.MousePos = input.mouse;
    for (std::size_t i = 0; i < input.buttons.size(); ++i) io.MouseDown[i] = input.buttons[i];
    io.MouseWheel = input.wheel;
    io.KeyCtrl = input.ctrl;
    for (bool& down : io.KeysDown) down = false;
    for (const int key : input.keys) io.KeysDown[key] = true;
    for (const char c : input.text) io.AddInputCharacter(static_cast<unsigned char>(c));
  }

  /// Where the script's mouse is, for whoever looks at its pictures.
  static void draw_pointer() {
    const ImVec2 at = ImGui::GetIO().MousePos;
    if (at.x < 0) return;
    ImDrawList& draw = *ImGui::GetForegroundDrawList();
    const ImVec2 right{at.x + 11, at.y + 11}, low{at.x, at.y + 16};
    draw.AddTriangleFilled(at, right, low, IM_COL32(255, 255, 255, 255));
    draw.AddTriangle(at, right, low, IM_COL32(0, 0, 0, 255), 1.5F);
  }

  void take_pictures() {
    for (const std::string& file : script_.take_screenshots()) write(file);
    if (app_.take_picture_wish()) {
      const std::string file = fmt::format("highwater-{}.png", ++pictures_);
      app_.written(file, write(file));
    }
    if (const auto part = app_.take_part_wish()) {
      const Image whole = screen_.picture();
      const float per_point =
          static_cast<float>(whole.width) / std::max(ImGui::GetIO().DisplaySize.x, 1.0F);
      const auto pixels = [&](float points) {
        return static_cast<int>(std::lround(points * per_point));
      };
      const Image image = cut(whole, pixels(part->rect.min.x), pixels(part->rect.min.y),
                              pixels(part->rect.max.x), pixels(part->rect.max.y));
      app_.written(part->file, write_png(part->file, image));
    }
  }

  bool write(const std::string& file) {
    if (write_png(file, screen_.picture())) return true;
    std::fprintf(stderr, "highwater: cannot write %s\n", file.c_str());
    failed_ = true;
    return false;
  }

  void write_widgets() {
    std::ofstream out(options_.widgets, std::ios::binary);
    for (const auto& [name, rect] : app_.registry().rects())
      out << fmt::format("{}\t{}\t{}\t{}\t{}\n", name, rect.min.x, rect.min.y, rect.max.x,
                         rect.max.y);
    for (const auto& [key, value] : app_.registry().values())
      out << fmt::format("{}\t{}\n", key, value);
    if (out.flush()) return;
    std::fprintf(stderr, "highwater: cannot write %s\n", options_.widgets.c_str());
    failed_ = true;
  }

  const ViewOptions& options_;
  Screen& screen_;
  float scale_;
  App app_;
  Preferences remembered_;
  bool told_ = false;  // that it cannot be remembered
  Script script_;
  bool scripted_ = false;
  bool failed_ = false;
  double clock_s_ = 0;
  int pictures_ = 0;
};

}  // namespace

ViewEnd view(const ViewOptions& options, const Catalog& catalog, const Language& language) {
  std::string script;
  if (!options.script.empty()) {
    std::ifstream in(options.script, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    if (!in) {
      std::fprintf(stderr, "highwater: cannot read %s\n", options.script.c_str());
      return ViewEnd::wrong_input;
    }
    script = text.str();
  }
  std::string forgotten;
  Preferences preferences;
  if (!options.state_file.empty()) preferences = Preferences::load(options.state_file, forgotten);
  const int width = options.width.value_or(preferences.width.value_or(kWidth));
  const int height = options.height.value_or(preferences.height.value_or(kHeight));
  const Gui gui;
  std::unique_ptr<Screen> screen;
  if (options.headless) {
    screen = std::make_unique<Headless>(width, height);
  } else {
    std::string why;
    screen = open_window(width, height, why);
    if (screen == nullptr) {
      std::fprintf(stderr,
                   "highwater: no window: %s\nWithout a display, --headless draws into files: "
                   "--screenshot FILE, --script FILE\n",
                   why.c_str());
      return ViewEnd::no_display;
    }
  }
  Viewer viewer(options, catalog, language, *screen, std::move(preferences));
  if (!forgotten.empty()) viewer.notify(forgotten, Status::warn);
  if (!options.script.empty()) {
    const std::string problems = viewer.load_script(script);
    if (!problems.empty()) {
      std::fprintf(stderr, "%s: %s", options.script.c_str(), problems.c_str());
      return ViewEnd::wrong_input;
    }
  }
  const bool opened = viewer.open();
  // A window shows what is wrong; where nobody looks at one it is an error.
  if (!opened && options.headless && options.script.empty()) return ViewEnd::wrong_input;
  return viewer.run();
}

}  // namespace highwater::viewer
