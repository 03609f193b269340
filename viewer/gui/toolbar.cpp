#include "viewer/gui/toolbar.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "engine/describe/quantity.h"
#include "viewer/draw/format.h"
#include "viewer/draw/widgets.h"

namespace highwater::viewer {
namespace {

/// The slider's right end: as fast as it can.
constexpr float kLeast = -2, kMost = 5;

std::string speed_text(double speed) {
  if (speed >= LiveRun::kFastest) return "as fast as it can";
  return format(speed, Unit::number, 2) + "x";
}

/// Beside what was drawn before, with a little room.
void apart(const Context& context) {
  ImGui::SameLine(0, context.look.px(18));
}

}  // namespace

bool read_time(const std::string& text, Duration& out) {
  const std::size_t colon = text.find(':');
  if (colon != std::string::npos) {
    int minutes = 0;
    double seconds = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + colon, minutes);
    const auto [last, also] =
        std::from_chars(text.data() + colon + 1, text.data() + text.size(), seconds);
    if (wrong != std::errc() || also != std::errc() || end != text.data() + colon ||
        last != text.data() + text.size() || minutes < 0 || seconds < 0 || seconds >= 60)
      return false;
    out = Duration{std::llround((minutes * 60.0 + seconds) * 1e9)};
    return true;
  }
  double plain = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), plain);
  if (error == std::errc() && end == text.data() + text.size() && plain >= 0 && plain < 1e9) {
    out = Duration{std::llround(plain * 1e9)};
    return true;
  }
  Problems unread;
  return Quantity<Duration>::read(Value::string(text), "", unread, out);
}

void Toolbar::transport(Context& context) {
  Session& session = context.session;
  const RunState state = context.status().state;
  const bool runs = state == RunState::running;
  if (icon_button(context.look, {.id = "restart",
                                 .icon = Icon::restart,
                                 .tip = "From the beginning, nothing done to it (Home)"}))
    context.later([&session, &context] {
      session.restart();
      context.looking_at.reset();
    });
  context.registry.mark("restart");
  ImGui::SameLine();
  if (icon_button(context.look, {.id = "play",
                                 .icon = runs ? Icon::pause : Icon::play,
                                 .label = runs ? "Pause" : "Run",
                                 .tip = runs ? "Pause (Space)" : "Run (Space)",
                                 .strong = true})) {
    context.looking_at.reset();
    if (runs)
      session.run().pause();
    else
      session.run().play();
  }
  context.registry.mark("play");
  ImGui::SameLine();
  if (icon_button(
          context.look,
          {.id = "event", .icon = Icon::step, .label = "event", .tip = "The next event (,)"}))
    session.run().step_event();
  context.registry.mark("step event");
  ImGui::SameLine();
  if (icon_button(context.look, {.id = "request",
                                 .icon = Icon::step,
                                 .label = "request",
                                 .tip = "To the next answer to a client (.)"}))
    session.run().step_request();
  context.registry.mark("step request");
  ImGui::SameLine();
  if (icon_button(context.look, {.id = "second",
                                 .icon = Icon::skip,
                                 .label = "1 s",
                                 .tip = "A second of simulated time (/)"}))
    session.run().step_time(std::chrono::seconds(1));
  context.registry.mark("step second");
}

void Toolbar::speed(Context& context) {
  const double now = context.session.speed();
  auto place =
      static_cast<float>(now >= LiveRun::kFastest ? static_cast<double>(kMost) : std::log10(now));
  ImGui::SetNextItemWidth(context.look.px(170));
  if (ImGui::SliderFloat("##speed", &place, kLeast, kMost, speed_text(now).c_str()))
    context.session.set_speed(place >= kMost - 0.02F ? LiveRun::kFastest
                                                     : std::pow(10.0, static_cast<double>(place)));
  context.registry.mark("speed");
  if (ImGui::IsItemHovered())
    ImGui::SetTooltip("Simulated seconds in a second. At the right end: as fast as it can.");
}

void Toolbar::place(Context& context) {
  const RunStatus& status = context.status();
  const double shown = context.looking_at ? *context.looking_at : seconds(status.now);
  ImGui::PushFont(context.look.font(TextRole::mono));
  ImGui::TextUnformatted(format_clock(shown, 3).c_str());
  ImGui::PopFont();
  context.registry.mark("clock");
  ImGui::SameLine();
  ImGui::SetNextItemWidth(context.look.px(76));
  if (ImGui::InputTextWithHint("##go to", "go to", go_to_.data(), go_to_.size(),
                               ImGuiInputTextFlags_EnterReturnsTrue)) {
    Duration at{};
    if (read_time(go_to_.data(), at))
      context.later([&context, at] {
        context.looking_at.reset();
        context.session.go_to(at);
      });
    else
      context.notify("A time is written as 2m, 1:30 or 90", Status::warn);
    go_to_.fill('\0');
  }
  context.registry.mark("go to");
  if (context.looking_at) {
    ImGui::SameLine();
    if (ImGui::SmallButton("to now")) context.looking_at.reset();
    context.registry.mark("to now");
  }
}

void Toolbar::draw(Context& context) {
  if (icon_button(context.look,
                  {.id = "open", .icon = Icon::folder, .label = "Open", .tip = "Open (O)"}))
    wants_open = true;
  context.registry.mark("open");
  ImGui::SameLine();
  if (icon_button(context.look, {.id = "edit",
                                 .icon = Icon::gear,
                                 .label = "Edit",
                                 .tip = "Edit the scenario, or see its run (E)",
                                 .chosen = context.editing}))
    wants_edit = true;
  context.registry.mark("edit");
  if (context.session.is_open() && !context.editing) {
    apart(context);
    transport(context);
    apart(context);
    speed(context);
    apart(context);
    place(context);
    apart(context);
    const RunStatus& status = context.status();
    std::string facts = fmt::format("seed {}", context.session.system().seed);
    if (status.state == RunState::running)
      facts += fmt::format("  ·  {}x  ·  {} events/s", format(status.speed, Unit::number, 2),
                           format(status.events_per_s, Unit::number, 2));
    else
      facts += fmt::format("  ·  {} events",
                           format(static_cast<double>(status.events), Unit::number, 3));
    ImGui::PushStyleColor(ImGuiCol_Text, context.look.theme.dim);
    ImGui::TextUnformatted(facts.c_str());
    ImGui::PopStyleColor();
  }
  const float buttons = context.look.px(118);
  ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - buttons);
  if (icon_button(context.look,
                  {.id = "picture", .icon = Icon::camera, .tip = "A picture of this window (F12)"}))
    context.wants_picture = true;
  context.registry.mark("picture");
  ImGui::SameLine();
  if (icon_button(context.look, {.id = "theme", .icon = Icon::eye, .tip = "Dark or light (T)"}))
    wants_theme = true;
  context.registry.mark("theme");
  ImGui::SameLine();
  if (icon_button(context.look, {.id = "help", .icon = Icon::info, .tip = "All shortcuts (?)"}))
    wants_shortcuts = true;
  context.registry.mark("help");
}

void TimelineStrip::draw(Context& context) {
  const ImVec2 min = ImGui::GetCursorScreenPos();
  const ImVec2 size{ImGui::GetContentRegionAvail().x, context.look.px(34)};
  const ImVec2 max{min.x + size.x, min.y + size.y};
  ImGui::InvisibleButton("timeline", {std::max(size.x, 1.0F), size.y},
                         ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight);
  context.registry.mark("timeline");
  const bool active = ImGui::IsItemActive(), hovered = ImGui::IsItemHovered();
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const Theme& theme = context.look.theme;
  draw.AddRectFilled(min, max, theme.panel, context.look.px(4));
  const double run_s = seconds(context.session.system().duration);
  const auto x_of = [&](double s) {
    return min.x + static_cast<float>(std::clamp(s / run_s, 0.0, 1.0)) * size.x;
  };
  if (context.has_data()) {
    const Feed& feed = *context.feed;
    double most = 1e-9;
    for (std::size_t i = 0; i < context.intervals(); ++i)
      most = std::max(most, feed.load(i).offered);
    const float low = max.y - context.look.px(2);
    const auto high = size.y - context.look.px(8);
    for (std::size_t i = 0; i < context.intervals(); ++i) {
      const float left = x_of(i == 0 ? 0 : feed.sight().history.end_s(i - 1));
      const float right = std::max(x_of(feed.sight().history.end_s(i)) - 0.5F, left + 0.5F);
      const auto part = [&](double rate) { return static_cast<float>(rate / most) * high; };
      draw.AddRectFilled({left, low - part(feed.load(i).offered)}, {right, low}, theme.faint);
      draw.AddRectFilled({left, low - part(feed.load(i).completed)}, {right, low},
                         faded(theme.series(0), 0.75F));
      const float bad = part(feed.load(i).errors);
      if (bad > 0.5F)
        draw.AddRectFilled({left, low - bad}, {right, low}, theme.status(Status::bad));
    }
  }
  for (const Mark& mark : context.status().marks) {
    const float left = x_of(mark.begin_s);
    const float right = std::max(x_of(mark.end_s.value_or(seconds(context.status().now))),
                                 left + context.look.px(2));
    draw.AddRectFilled({left, min.y}, {right, max.y}, faded(theme.status(Status::bad), 0.16F));
    draw.AddRectFilled({left, min.y}, {right, min.y + context.look.px(3)},
                       theme.status(Status::bad));
  }
  const float now = x_of(seconds(context.status().now));
  draw.AddLine({now, min.y}, {now, max.y}, theme.dim, context.look.px(1));
  if (context.looking_at) {
    const float at = x_of(*context.looking_at);
    draw.AddLine({at, min.y}, {at, max.y}, theme.accent, context.look.px(2));
    const float half = context.look.px(5);
    draw.AddTriangleFilled({at - half, min.y}, {at + half, min.y}, {at, min.y + half},
                           theme.accent);
  }
  const double pointed_s =
      std::clamp(static_cast<double>((ImGui::GetIO().MousePos.x - min.x) / size.x), 0.0, 1.0) *
      run_s;
  if (hovered) {
    std::string text = format_clock(pointed_s, 1);
    for (const Mark& mark : context.status().marks)
      if (mark.begin_s <= pointed_s && pointed_s <= mark.end_s.value_or(run_s))
        text += "\n" + mark.text;
    ImGui::SetTooltip("%s", text.c_str());
  }
  if (active && ImGui::IsMouseDown(0)) {
    const double now_s = seconds(context.status().now);
    context.looking_at = std::min(pointed_s, now_s);
    if (pointed_s >= now_s) context.looking_at.reset();
  }
  if (hovered && ImGui::IsMouseClicked(1)) {
    menu_at_s_ = pointed_s;
    ImGui::OpenPopup("timeline menu");
  }
  if (ImGui::BeginPopup("timeline menu")) {
    if (ImGui::MenuItem(fmt::format("Take the run to {}", format_clock(menu_at_s_, 1)).c_str()))
      context.later([&context, at = menu_at_s_] {
        context.looking_at.reset();
        context.session.go_to(Duration{std::llround(at * 1e9)});
      });
    context.registry.mark("take the run there");
    ImGui::EndPopup();
  }
}

}  // namespace highwater::viewer
