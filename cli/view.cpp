#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/run_place.h"
#include "cli/scenario_input.h"
#include "version.h"
#ifdef HIGHWATER_HAS_VIEWER
#include "viewer/gui/preferences.h"
#include "viewer/gui/view.h"
#include "viewer/session/saved_file.h"
#endif

namespace highwater::cli {
namespace {

struct ViewCommand {
  std::string file;
  ScenarioOptions scenario;
  bool headless = false;
  std::string script, screenshot, widgets, state;
  std::string size;
  double scale = 0;
  bool light = false, reduced_motion = false;
};

#ifdef HIGHWATER_HAS_VIEWER

/// Larger ones are no screens, and would fill the memory.
constexpr int kMostPixels = 16'384;

bool read_size(const std::string& text, std::optional<int>& width, std::optional<int>& height) {
  const std::size_t cross = text.find('x');
  if (cross == std::string::npos || text.size() > 12) return false;
  const auto read = [](const std::string& digits, std::optional<int>& out) {
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return false;
    out = std::stoi(digits);
    return out >= 320 && out <= kMostPixels;
  };
  return read(text.substr(0, cross), width) && read(text.substr(cross + 1), height);
}

/// Of the checkout or the installation, where there is one.
std::string gallery_beside(const std::string& file) {
  for (const std::string& place :
       {std::string("scenarios"), std::string("/usr/share/highwater/scenarios"),
        std::string("/usr/local/share/highwater/scenarios")})
    if (std::error_code error; std::filesystem::is_directory(place, error)) return place;
  return std::filesystem::path(file).parent_path().string();
}

int view(const ViewCommand& options, const std::string& command_line) {
  viewer::ViewOptions view;
  if (!options.size.empty() && !read_size(options.size, view.width, view.height)) {
    print_error(fmt::format("highwater: --size {}: expected WIDTHxHEIGHT, each from 320 to {}\n",
                            options.size, kMostPixels));
    return kWrongInput;
  }
  if (!options.file.empty()) {
    // Before there is a window: wrong input is reported as everywhere.
    Problems problems;
    const viewer::Opened found =
        viewer::open_saved(options.file, viewer::kinds_of(catalog()), problems);
    const bool fine =
        found.scenario
            ? load_scenario(options.file, options.scenario.as_settings(), problems).has_value()
            : !found.saved.empty();
    if (!fine) return report_wrong_input({problems}, false);
  }
  view.file = options.file;
  view.settings = options.scenario.as_settings();
  view.headless = options.headless;
  view.script = options.script;
  view.screenshot = options.screenshot;
  view.widgets = options.widgets;
  view.scale = options.scale;
  view.light = options.light;
  view.reduced_motion = options.reduced_motion;
  view.gallery = gallery_beside(options.file);
  view.results = "results";
  view.state_file = options.state;
  // A script starts from the same every time.
  if (options.state.empty() && !options.headless && options.script.empty())
    view.state_file = viewer::usual_state_file();
  view.provenance = {program_version(), fmt::format("{}, {}, {}", kCompiler, kBuildType, kSystem),
                     command_line, host_name()};
  switch (viewer::view(view, catalog(), language())) {
    case viewer::ViewEnd::done:
      return kDone;
    case viewer::ViewEnd::failed:
      return kInternalFailure;
    case viewer::ViewEnd::wrong_input:
      return kWrongInput;
    case viewer::ViewEnd::no_display:
      return kMissingResource;
  }
  return kInternalFailure;
}

#else

int view(const ViewCommand&, const std::string&) {
  print_error(
      "highwater: this program was built without its viewer, which needs libimgui-dev,\n"
      "libglfw3-dev, libgl-dev, libfreetype-dev and libstb-dev. ./highwater from a checkout\n"
      "installs them and builds it.\n");
  return kMissingResource;
}

#endif

}  // namespace

void add_view(CLI::App& program, Action& action, const std::string& command_line) {
  const auto options = std::make_shared<ViewCommand>();
  CLI::App* command = program.add_subcommand(
      "view", "Shows a scenario live: run it, change it, break it; and saved results");
  command->add_option("FILE", options->file,
                      "A scenario, or what run and chaos have written: results.json, chaos.json, "
                      "a folder of them; without it one is chosen there");
  add_scenario_options(*command, options->scenario);
  command->add_flag("--headless", options->headless, "Without a display: draws into files");
  command
      ->add_option("--script", options->script,
                   "Drives it: clicks, keys, expectations, pictures; its end quits")
      ->type_name("FILE");
  command->add_option("--screenshot", options->screenshot, "Where a picture of the last frame goes")
      ->type_name("FILE");
  command
      ->add_option("--widgets", options->widgets,
                   "Where names and places of all widgets go at the end")
      ->type_name("FILE");
  command
      ->add_option("--state", options->state,
                   "Where recent files, theme and size are remembered; with --headless or "
                   "--script nowhere unless given")
      ->type_name("FILE");
  command->add_option("--size", options->size, "Of the window; as it was last, or 1600x1000")
      ->type_name("WxH");
  command->add_option("--scale", options->scale, "Pixels for one of the design; as the screen says")
      ->check(CLI::Range(0.5, 4.0));
  command->add_flag("--light", options->light, "Dark on light");
  command->add_flag("--reduced-motion", options->reduced_motion, "Nothing moves by itself");
  command->footer(
      "Examples:\n"
      "  highwater view scenarios/users-api.json\n"
      "  highwater view results/users-api/latest\n"
      "  highwater view scenarios/users-api.json --headless --screenshot picture.png");
  command->callback([options, &action, command_line] {
    action = [options, command_line] { return view(*options, command_line); };
  });
}

}  // namespace highwater::cli
