#include "viewer/gui/app.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <GLFW/glfw3.h>
#include <fmt/format.h>

#include "viewer/draw/format.h"

namespace highwater::viewer {
namespace {

constexpr ImGuiWindowFlags kFixed = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                    ImGuiWindowFlags_NoSavedSettings |
                                    ImGuiWindowFlags_NoBringToFrontOnFocus;

struct Shortcut {
  const char* keys;
  const char* what;
};
constexpr std::array<Shortcut, 19> kShortcuts = {{
    {"Space", "run, pause"},
    {",   .   /", "step: an event, a request, a second"},
    {"Left, Right", "look at the interval before, after"},
    {"End", "look at now"},
    {"Home", "the run from its beginning"},
    {"+   -", "twice, half the speed"},
    {"0", "as fast as it can"},
    {"C", "compare: what is changed from now on stands beside this run"},
    {"O", "open"},
    {"T", "dark, light"},
    {"M", "reduced motion"},
    {"F12", "a picture of the window"},
    {"Escape", "select nothing, close"},
    {"W A S D, wheel, drag", "move and zoom the topology"},
    {"arrows", "with a component selected: along its calls"},
    {"right click", "on a component, an edge or a zone: break it"},
    {"wheel, drag", "charts: zoom and move; with Ctrl also up and down"},
    {"right drag", "charts: zoom into a box; right click: save"},
    {"double click", "charts and topology: show all"},
}};

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
      results_(options_.provenance) {
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
  if (found.scenario) opened = open_scenario(file, settings, problems);
  context_.report(problems);
  if (opened) options_.preferences.opened(file);
  return opened;
}

bool App::open_scenario(const std::string& file, const std::vector<std::string>& settings,
                        Problems& problems) {
  if (!session_.open(file, settings, problems)) return false;
  results_.show_live();
  context_.looking_at.reset();
  context_.selected.reset();
  context_.time.fit();
  canvas_.select(std::nullopt);
  canvas_.fit();
  return true;
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

Preferences App::preferences() const {
  Preferences now = options_.preferences;
  now.light = options_.mode == Mode::light;
  now.reduced_motion = context_.reduced_motion;
  now.charts = charts_.tab();
  return now;
}

std::string App::title() const {
  return session_.is_open() ? "Highwater: " + session_.system().name : "Highwater";
}

void App::keys() {
  const ImGuiIO& io = ImGui::GetIO();
  if (io.WantTextInput) return;
  const auto pressed = [](int key) { return ImGui::IsKeyPressed(key, false); };
  if (pressed(GLFW_KEY_O)) opening_.open();
  if (pressed(GLFW_KEY_T)) toggle_theme();
  if (pressed(GLFW_KEY_M)) context_.reduced_motion = !context_.reduced_motion;
  if (pressed(GLFW_KEY_F12)) context_.wants_picture = true;
  if (pressed(GLFW_KEY_SLASH) && io.KeyShift) toolbar_.wants_shortcuts = true;
  if (!session_.is_open() || results_.in_front()) return;
  LiveRun& run = session_.run();
  if (pressed(GLFW_KEY_SPACE)) {
    context_.looking_at.reset();
    if (context_.status().state == RunState::running)
      run.pause();
    else
      run.play();
  }
  if (pressed(GLFW_KEY_COMMA)) run.step_event();
  if (pressed(GLFW_KEY_PERIOD)) run.step_request();
  if (pressed(GLFW_KEY_SLASH) && !io.KeyShift) run.step_time(std::chrono::seconds(1));
  if (pressed(GLFW_KEY_HOME))
    context_.later([this] {
      session_.restart();
      context_.looking_at.reset();
    });
  if (pressed(GLFW_KEY_END)) context_.looking_at.reset();
  if (pressed(GLFW_KEY_C)) context_.later([this] { session_.compare(); });
  const double speed = session_.speed();
  if (pressed(GLFW_KEY_0)) session_.set_speed(LiveRun::kFastest);
  if (pressed(GLFW_KEY_EQUAL) || pressed(GLFW_KEY_KP_ADD))
    session_.set_speed(speed >= LiveRun::kFastest ? speed : speed * 2);
  if (pressed(GLFW_KEY_MINUS) || pressed(GLFW_KEY_KP_SUBTRACT))
    session_.set_speed(speed >= LiveRun::kFastest ? 1000 : speed / 2);
  if (!context_.has_data() || context_.selected) return;
  const History& history = context_.feed->sight().history;
  const auto look_at = [&](std::size_t interval) {
    if (interval + 1 >= context_.intervals())
      context_.looking_at.reset();
    else
      context_.looking_at = history.end_s(interval) - seconds(history.interval()) / 2;
  };
  if (ImGui::IsKeyPressed(GLFW_KEY_LEFT) && context_.interval() > 0)
    look_at(context_.interval() - 1);
  if (ImGui::IsKeyPressed(GLFW_KEY_RIGHT)) look_at(context_.interval() + 1);
}

void App::topology_panel(ImVec2 size) {
  ImGui::BeginChild("topology", size, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  if (context_.has_data()) {
    context_.feed->fill(model_, context_.interval(), context_.status().marks,
                        context_.other ? &*context_.other : nullptr);
  } else if (session_.is_open()) {
    // Before anything has happened: the system as it stands.
    const TopologyPicture& picture = session_.system().topology;
    model_ = {};
    for (const TopologyNode& node : picture.nodes) {
      topology::Node& drawn = model_.nodes.emplace_back();
      drawn.id = node.id;
      drawn.kind = node.kind;
      drawn.column = node.column;
      drawn.row = node.row;
      drawn.count = node.instances;
    }
    for (const TopologyEdge& edge : picture.edges) {
      topology::Edge& drawn = model_.edges.emplace_back();
      drawn.from = edge.from;
      drawn.to = edge.to;
      drawn.asynchronous = edge.asynchronous;
    }
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
  const Look& look = context_.look;
  results_.bar(context_);
  if (const std::string link = results_.take_link(); !link.empty())
    context_.later([this, link] { open(link, {}); });
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
  if (!ImGui::BeginPopup("shortcuts")) return;
  ImGui::PushFont(context_.look.font(TextRole::heading));
  ImGui::TextUnformatted("Shortcuts");
  ImGui::PopFont();
  if (ImGui::BeginTable("list", 2)) {
    for (const Shortcut& shortcut : kShortcuts) {
      ImGui::TableNextRow();
      ImGui::TableNextColumn();
      ImGui::PushFont(context_.look.font(TextRole::mono));
      ImGui::TextUnformatted(shortcut.keys);
      ImGui::PopFont();
      ImGui::TableNextColumn();
      ImGui::TextUnformatted(shortcut.what);
    }
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
  if ((session_.is_open() || !results_.empty()) && !ImGui::IsPopupOpen("fault"))
    for (const std::string& problem : context_.problems) say(problem, Status::bad);
}

void App::publish() {
  Registry& registry = context_.registry;
  registry.publish("open", session_.is_open() ? session_.system().name : "");
  registry.publish("problems", std::to_string(context_.problems.size()));
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
  context_.refresh();
  context_.measured = session_.is_open() ? results_.measured(session_) : nullptr;
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(size);
  ImGui::Begin("viewer", nullptr, kFixed);
  keys();
  toolbar_.draw(context_);
  if (std::exchange(toolbar_.wants_open, false)) opening_.open();
  if (std::exchange(toolbar_.wants_theme, false)) toggle_theme();
  body(size);
  faults_.draw(context_);
  const std::string file = opening_.draw(context_, options_.preferences);
  if (!file.empty()) context_.later([this, file] { open(file, {}); });
  shortcuts();
  ImGui::End();
  notices(size);
  publish();
  context_.do_later();
}

}  // namespace highwater::viewer
