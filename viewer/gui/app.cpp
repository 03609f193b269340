#include "viewer/gui/app.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <GLFW/glfw3.h>
#include <fmt/format.h>

#include "viewer/draw/format.h"
#include "viewer/gui/still.h"
#include "viewer/session/name_groups.h"

namespace highwater::viewer {
namespace {

constexpr ImGuiWindowFlags kFixed = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                    ImGuiWindowFlags_NoSavedSettings |
                                    ImGuiWindowFlags_NoBringToFrontOnFocus;

/// What is done without a command.
struct Gesture {
  const char* how;
  const char* what;
};
constexpr std::array<Gesture, 10> kGestures = {{
    {"Escape", "select nothing, close"},
    {"W A S D, wheel, drag", "move and zoom the topology"},
    {"arrows", "with a component selected: along its calls"},
    {"right click", "on a component, an edge or a zone: break it"},
    {"wheel, drag", "charts: zoom and move; with Ctrl also up and down"},
    {"right drag", "charts: zoom into a box; right click: save"},
    {"double click", "charts and topology: show all"},
    {"click", "charts and the strip: look at that time"},
    {"drag from a card's right edge", "editing: connect it"},
    {"Delete", "editing: remove what is selected"},
}};

constexpr std::size_t kMostCards = 60;  // chosen: more than that are too small to read

std::string_view word(RunState state) {
  switch (state) {
    case RunState::building:
      return "building";
    case RunState::paused:
      return "paused";
    case RunState::running:
      return "running";
    case RunState::finished:
      return "finished";
  }
  return "";
}

}  // namespace

App::App(const Catalog& catalog, const Language& language, Options options)
    : options_(std::move(options)),
      session_(catalog, language),
      context_(session_, catalog, language),
      opening_(options_.gallery, options_.results),
      results_(options_.provenance),
      editor_(context_),
      commands_(make_commands()) {
  context_.look.theme = theme_of(options_.mode);
  context_.look.scale = options_.scale;
  context_.reduced_motion = options_.reduced_motion;
  if (options_.preferences.charts) charts_.show(*options_.preferences.charts);
}

bool App::open(const std::string& file, const std::vector<std::string>& settings) {
  Problems problems;
  Opened found = open_saved(file, kinds_of(context_.catalog), problems);
  bool opened = !found.saved.empty();
  for (SavedFile& saved : found.saved) results_.open(std::move(saved));
  if (opened) context_.editing = false;  // what is edited stays as it is
  if (found.scenario)
    opened = open_scenario(file, settings, problems);
  else
    context_.report(problems);
  if (opened) options_.preferences.opened(file);
  return opened;
}

bool App::open_scenario(const std::string& file, const std::vector<std::string>& settings,
                        Problems& problems) {
  const bool opened = session_.open(file, settings, problems);
  context_.report(problems);
  const bool edited = editor_.opened(context_, file, opened);
  if (opened || edited) results_.show_live();
  if (!opened) return false;
  context_.looking_at.reset();
  context_.selected.reset();
  context_.time.fit();
  canvas_.select(std::nullopt);
  // Of a large system many of a kind are one card until somebody looks into them.
  collapse(session_.system().topology.nodes.size() > kMostCards);
  canvas_.fit();
  return true;
}

void App::open_after(const std::string& file) {
  editor_.leave(context_, [this, file] { open(file, {}); });
}

bool App::may_close() {
  if (!editor_.is_changed()) return true;
  editor_.leave(context_, [this] { context_.wants_quit = true; });
  return false;
}

void App::dress(ImFontAtlas& atlas) {
  LoadedFonts loaded = load_fonts(atlas, options_.scale);
  context_.look.fonts = loaded.fonts;
  if (!loaded.missing.empty()) context_.notify(loaded.missing, Status::warn);
  apply(context_.look.theme, options_.scale);
  needs_fonts_ = false;
}

void App::toggle_theme() {
  options_.mode = options_.mode == Mode::dark ? Mode::light : Mode::dark;
  context_.look.theme = theme_of(options_.mode);
  restyle_ = true;
}

bool App::take_picture_wish() {
  return std::exchange(context_.wants_picture, false);
}

std::optional<Context::PictureOf> App::take_part_wish() {
  if (!context_.picture_of || context_.picture_of->frames-- > 0) return std::nullopt;
  return std::exchange(context_.picture_of, std::nullopt);
}

void App::written(const std::string& file, bool well) {
  context_.notify((well ? "Written: " : "Cannot write ") + file, well ? Status::ok : Status::bad);
}

Preferences App::preferences() const {
  Preferences now = options_.preferences;
  now.light = options_.mode == Mode::light;
  now.reduced_motion = context_.reduced_motion;
  now.charts = charts_.tab();
  return now;
}

std::string App::title() const {
  if (context_.editing || editor_.is_changed()) return "Highwater: " + editor_.title();
  return session_.is_open() ? "Highwater: " + session_.system().name : "Highwater";
}

std::vector<Command> App::make_commands() {
  std::vector<Command> commands;
  const auto add = [&](const char* name, const char* keys, int key, std::function<void()> act) {
    commands.push_back({.name = name, .keys = keys, .key = key, .act = std::move(act)});
  };
  add("run, pause", "Space", GLFW_KEY_SPACE, [this] {
    context_.looking_at.reset();
    if (context_.status().state == RunState::running)
      session_.run().pause();
    else
      session_.run().play();
  });
  add("step: the next event", ",", GLFW_KEY_COMMA, [this] { session_.run().step_event(); });
  add("step: to the next answer to a client", ".", GLFW_KEY_PERIOD,
      [this] { session_.run().step_request(); });
  add("step: a second", "/", GLFW_KEY_SLASH,
      [this] { session_.run().step_time(std::chrono::seconds(1)); });
  add("look at the interval before", "Left", GLFW_KEY_LEFT, [this] { look_beside(-1); });
  add("look at the interval after", "Right", GLFW_KEY_RIGHT, [this] { look_beside(1); });
  add("look at now", "End", GLFW_KEY_END, [this] { context_.looking_at.reset(); });
  add("begin again, nothing done to it", "Home", GLFW_KEY_HOME, [this] {
    context_.later([this] {
      session_.restart();
      context_.looking_at.reset();
    });
  });
  add("twice the speed", "+", GLFW_KEY_EQUAL, [this] { change_speed(2); });
  commands.back().also = GLFW_KEY_KP_ADD;
  add("half the speed", "-", GLFW_KEY_MINUS, [this] { change_speed(0.5); });
  commands.back().also = GLFW_KEY_KP_SUBTRACT;
  add("as fast as it can", "0", GLFW_KEY_0, [this] { session_.set_speed(LiveRun::kFastest); });
  add("compare: what is changed from now on stands beside this run", "C", GLFW_KEY_C,
      [this] { context_.later([this] { session_.compare(); }); });
  add("compare no longer", "", 0, [this] { context_.later([this] { session_.forget_other(); }); });
  add("end all faults", "", 0, [this] { context_.later([this] { session_.end_all(); }); });
  add("another seed", "", 0,
      [this] { context_.later([this] { session_.restart(session_.system().seed + 1); }); });
  add("charts: show all of the run", "", 0, [this] { context_.time.fit(); });
  add("topology: show all", "", 0, [this] { canvas_.fit(); });
  add("topology: collapse all groups", "", 0, [this] { collapse(true); });
  add("topology: expand all groups", "", 0, [this] { collapse(false); });
  add("select nothing", "", 0, [this] { context_.selected.reset(); });
  for (std::size_t i = 0; i < ChartsPanel::kTabs.size(); ++i)
    commands.push_back({.name = fmt::format("show: {}", ChartsPanel::kTabs[i]),
                        .keys = std::to_string(i + 1),
                        .key = GLFW_KEY_1 + static_cast<int>(i),
                        .act = [this, i] { charts_.show(ChartsPanel::kTabs[i]); }});
  const auto always = [&](const char* name, const char* keys, int key, std::function<void()> act) {
    commands.push_back(
        {.name = name, .keys = keys, .key = key, .needs_run = false, .act = std::move(act)});
  };
  always("open", "O", GLFW_KEY_O, [this] { opening_.open(); });
  always("dark, light", "T", GLFW_KEY_T, [this] { toggle_theme(); });
  always("reduced motion", "M", GLFW_KEY_M,
         [this] { context_.reduced_motion = !context_.reduced_motion; });
  always("a picture of the window", "F12", GLFW_KEY_F12, [this] { context_.wants_picture = true; });
  always("all shortcuts", "?", GLFW_KEY_SLASH, [this] { toolbar_.wants_shortcuts = true; });
  commands.back().shift = true;
  always("commands", "Ctrl+P", GLFW_KEY_P, [this] { palette_.open(); });
  commands.back().ctrl = true;
  always("quit", "Ctrl+Q", GLFW_KEY_Q, [this] {
    if (may_close()) context_.wants_quit = true;
  });
  commands.back().ctrl = true;
  always("edit the scenario, or see its run", "E", GLFW_KEY_E,
         [this] { toolbar_.wants_edit = true; });
  always("a new scenario", "", 0,
         [this] { editor_.leave(context_, [this] { editor_.open_new(context_); }); });
  // Their keys depend on where one writes: see EditorPanel::keys().
  always("editing: save", "Ctrl+S", 0, [this] { editor_.save(context_); });
  always("editing: undo", "Ctrl+Z", 0, [this] { editor_.undo(context_, false); });
  always("editing: redo", "Ctrl+Y, Ctrl+Shift+Z", 0, [this] { editor_.undo(context_, true); });
  return commands;
}

void App::look_beside(int by) {
  if (!context_.has_data() || context_.selected) return;
  const std::size_t at = context_.interval();
  if (by < 0 && at == 0) return;
  const std::size_t interval = by < 0 ? at - 1 : at + 1;
  const History& history = context_.feed->sight().history;
  if (interval + 1 >= context_.intervals())
    context_.looking_at.reset();
  else
    context_.looking_at = history.end_s(interval) - seconds(history.interval()) / 2;
}

void App::change_speed(double factor) {
  const double speed = session_.speed();
  // From as fast as it can there is but one way.
  constexpr double kFast = 1000;
  if (speed < LiveRun::kFastest)
    session_.set_speed(speed * factor);
  else if (factor < 1)
    session_.set_speed(kFast);
}

void App::keys() {
  const ImGuiIO& io = ImGui::GetIO();
  editor_.keys(context_);
  for (const Command& command : commands_) {
    // A field that is typed into keeps its letters, but not what comes with Ctrl.
    if (command.key == 0 || (io.WantTextInput && !command.ctrl)) continue;
    if (command.ctrl != io.KeyCtrl ||
        (command.key == GLFW_KEY_SLASH && command.shift != io.KeyShift))
      continue;
    if (command.needs_run && !shows_run()) continue;
    const bool repeats = command.key == GLFW_KEY_LEFT || command.key == GLFW_KEY_RIGHT;
    if (ImGui::IsKeyPressed(command.key, repeats) ||
        (command.also != 0 && ImGui::IsKeyPressed(command.also, repeats)))
      command.act();
  }
}

/// All components of one kind and one name but for a number into one card, or out of it.
void App::collapse(bool collapsed) {
  if (!session_.is_open()) return;
  for (const std::string& group : groups_of(session_.system().topology))
    if (!group.empty()) canvas_.collapse(group, collapsed);
}

void App::topology_panel(ImVec2 size) {
  ImGui::BeginChild("topology", size, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  if (context_.has_data()) {
    context_.feed->fill(model_, context_.interval(), context_.status().marks,
                        context_.other ? &*context_.other : nullptr);
  } else if (session_.is_open()) {
    // Before anything has happened: the system as it stands.
    model_ = still_of(session_.system().topology);
  }
  if (canvas_.selected() != context_.selected) canvas_.select(context_.selected);
  TopologyCanvas::Options options;
  options.time_s = context_.clock_s;
  options.particles = context_.status().state == RunState::running;
  options.reduced_motion = context_.reduced_motion;
  const TopologyCanvas::Events& events =
      canvas_.draw(context_.look, "canvas", model_, {0, 0}, options);
  context_.registry.mark("canvas");
  for (const auto& [name, rect] : canvas_.rects())
    context_.registry.mark(name, {rect.min, rect.max});
  if (charts_.requests() != nullptr) charts_.requests()->draw_on(context_, canvas_);
  if (events.selection_changed) context_.selected = canvas_.selected();
  if (events.menu && events.menu->target.kind != topology::Target::Kind::empty) {
    menu_of_ = events.menu->target;
    ImGui::OpenPopup("what to break");
  }
  if (menu_of_ && ImGui::BeginPopup("what to break")) {
    faults_.menu(context_, *menu_of_);
    ImGui::EndPopup();
  }
  ImGui::EndChild();
}

void App::body(ImVec2 size) {
  if (context_.editing) return editor_.draw(context_, canvas_);
  const Look& look = context_.look;
  results_.bar(context_);
  if (const std::string link = results_.take_link(); !link.empty()) open_after(link);
  if (results_.in_front()) return results_.draw(context_, ImGui::GetContentRegionAvail());
  if (!session_.is_open()) {
    ImGui::SetCursorPos({size.x / 2 - look.px(150), size.y / 2 - look.px(40)});
    ImGui::BeginGroup();
    ImGui::PushFont(look.font(TextRole::heading));
    ImGui::TextUnformatted("Nothing is open");
    ImGui::PopFont();
    ImGui::TextUnformatted("Press O, or drop the file of a scenario or of results here.");
    ImGui::PushStyleColor(ImGuiCol_Text, look.theme.status(Status::bad));
    for (const std::string& problem : context_.problems) ImGui::TextUnformatted(problem.c_str());
    ImGui::PopStyleColor();
    ImGui::EndGroup();
    return;
  }
  timeline_.draw(context_);
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  const float left = look.px(270), right = look.px(300);
  ImGui::BeginChild("controls", {left, room.y}, true);
  controls_.draw(context_);
  ImGui::EndChild();
  ImGui::SameLine();
  ImGui::BeginGroup();
  const float middle = room.x - left - right - 2 * gap;
  const float upper = std::floor(room.y * topology_share_);
  topology_panel({middle, upper});
  ImGui::BeginChild("charts", {middle, room.y - upper - ImGui::GetStyle().ItemSpacing.y}, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  charts_.draw(context_);
  ImGui::EndChild();
  ImGui::EndGroup();
  ImGui::SameLine();
  ImGui::BeginChild("overview", {right, room.y}, true);
  overview_.draw(context_);
  ImGui::EndChild();
}

void App::shortcuts() {
  if (std::exchange(toolbar_.wants_shortcuts, false)) ImGui::OpenPopup("shortcuts");
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({screen.x / 2, screen.y / 2}, ImGuiCond_Always, {0.5F, 0.5F});
  if (!ImGui::BeginPopup("shortcuts")) return;
  ImGui::PushFont(context_.look.font(TextRole::heading));
  ImGui::TextUnformatted("Shortcuts");
  ImGui::PopFont();
  if (ImGui::BeginTable("list", 2)) {
    const auto line = [&](const char* keys, const char* what) {
      ImGui::TableNextRow();
      ImGui::TableNextColumn();
      ImGui::PushFont(context_.look.font(TextRole::mono));
      ImGui::TextUnformatted(keys);
      ImGui::PopFont();
      ImGui::TableNextColumn();
      ImGui::TextUnformatted(what);
    };
    for (const Command& command : commands_)
      if (!command.keys.empty()) line(command.keys.c_str(), command.name.c_str());
    for (const Gesture& gesture : kGestures) line(gesture.how, gesture.what);
    ImGui::EndTable();
  }
  context_.registry.mark("shortcuts");
  ImGui::EndPopup();
}

void App::notices(ImVec2 size) {
  ImDrawList& draw = *ImGui::GetForegroundDrawList();
  const Look& look = context_.look;
  ImFont* const font = look.font(TextRole::body);
  float y = size.y - look.px(16);
  const auto say = [&](const std::string& text, Status status) {
    const ImVec2 extent =
        font->CalcTextSizeA(font->FontSize, size.x * 0.6F, size.x * 0.6F, text.c_str());
    const float pad = look.px(10);
    const ImVec2 max{size.x / 2 + extent.x / 2 + pad, y};
    const ImVec2 min{size.x / 2 - extent.x / 2 - pad * 3, y - extent.y - pad * 2};
    draw.AddRectFilled(min, max, look.theme.raised, look.px(6));
    draw.AddRect(min, max, look.theme.status(status), look.px(6));
    draw_icon(draw, icon(status), {min.x + pad * 1.4F, (min.y + max.y) / 2}, look.px(6),
              look.theme.status(status));
    draw.AddText(font, font->FontSize, {min.x + pad * 3, min.y + pad}, look.theme.text,
                 text.c_str(), nullptr, size.x * 0.6F);
    y = min.y - look.px(8);
  };
  for (auto notice = context_.notices.rbegin(); notice != context_.notices.rend(); ++notice)
    say(notice->text, notice->status);
  if ((session_.is_open() || !results_.empty()) && !context_.editing &&
      !ImGui::IsPopupOpen("fault"))
    for (const std::string& problem : context_.problems) say(problem, Status::bad);
}

void App::publish() {
  Registry& registry = context_.registry;
  registry.publish("open", session_.is_open() ? session_.system().name : "");
  registry.publish("problems", std::to_string(context_.problems.size()));
  editor_.publish(context_);
  registry.publish("theme", options_.mode == Mode::dark ? "dark" : "light");
  if (!session_.is_open()) return;
  const RunStatus& status = context_.status();
  registry.publish("state", std::string(word(status.state)));
  registry.publish("clock", format_clock(seconds(status.now), 3));
  registry.publish("shown", context_.looking_at ? format_clock(*context_.looking_at, 1) : "now");
  registry.publish("events", std::to_string(status.events));
  registry.publish("seed", std::to_string(session_.system().seed));
  registry.publish("faults", std::to_string(status.marks.size()));
  registry.publish("on", std::to_string(std::count_if(
                             status.marks.begin(), status.marks.end(),
                             [](const Mark& mark) { return !mark.end_s.has_value(); })));
  registry.publish("compared", session_.other() != nullptr ? "yes" : "no");
  registry.publish("selected",
                   context_.selected ? topology::name_of(*context_.selected) : "nothing");
}

void App::frame(ImVec2 size, double clock_s) {
  context_.clock_s = clock_s;
  if (std::exchange(restyle_, false)) apply(context_.look.theme, options_.scale);
  context_.registry.begin_frame();
  editor_.poll(context_);
  context_.refresh();
  context_.measured = session_.is_open() ? results_.measured(session_) : nullptr;
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(size);
  ImGui::Begin("viewer", nullptr, kFixed);
  keys();
  toolbar_.draw(context_);
  if (std::exchange(toolbar_.wants_open, false)) opening_.open();
  if (std::exchange(toolbar_.wants_theme, false)) toggle_theme();
  if (std::exchange(toolbar_.wants_edit, false)) editor_.toggle(context_);
  body(size);
  faults_.draw(context_);
  const std::string file = opening_.draw(context_, options_.preferences);
  if (!file.empty()) open_after(file);
  shortcuts();
  palette_.draw(context_, commands_, shows_run());
  ImGui::End();
  editor_.ask(context_, size);
  notices(size);
  publish();
  context_.do_later();
}

}  // namespace highwater::viewer
