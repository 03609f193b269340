#include "viewer/draw/widgets.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "viewer/draw/decimate.h"
#include "viewer/draw/icons.h"
#include "viewer/draw/screen_canvas.h"

namespace highwater::viewer {
namespace {

constexpr float kSquareButton = 1.15F;  // width of a button without label, in heights

// Of the item that was made last.
Color button_ground(const Theme& theme, const IconButton& button) {
  const bool hovered = ImGui::IsItemHovered();
  if (button.strong) return mixed(theme.accent, theme.text, hovered ? 0.15F : 0);
  if (ImGui::IsItemActive()) return theme.control_active;
  if (hovered) return theme.control_hovered;
  return button.chosen ? theme.control_active : theme.control;
}

struct Scale {
  double lo = 0;
  double hi = 1;
};

Scale scale_of(const Values& values, double most) {
  Scale scale{0, most};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    scale.lo = std::min(scale.lo, values[i]);
    scale.hi = std::max(scale.hi, values[i]);
  }
  if (scale.hi <= scale.lo) scale.hi = scale.lo + 1;
  return scale;
}

float height_at(const Scale& scale, double value, ImVec2 min, ImVec2 max) {
  const double share = (value - scale.lo) / (scale.hi - scale.lo);
  return max.y - static_cast<float>(std::clamp(share, 0.0, 1.0)) * (max.y - min.y);
}

// One vertical cut for each column of pixels; a curve with fewer values has fewer.
std::vector<std::vector<ImVec2>> curves(const Values& y, const Scale& scale, ImVec2 min,
                                        ImVec2 max) {
  const auto columns = static_cast<std::size_t>(std::max(1.0F, max.x - min.x));
  const double last = static_cast<double>(y.size()) - 1;
  const Values x = Values::ramp(y.size(), 0, 1);
  std::vector<std::vector<ImVec2>> runs;
  for (const Extremes& part :
       extremes(x, y, y, {0, y.size()}, AxisKind::linear, {0, std::max(last, 1.0)}, columns)) {
    const float at = min.x + (static_cast<float>(part.column) + 0.5F) * (max.x - min.x) /
                                 static_cast<float>(columns);
    if (part.after_gap) runs.emplace_back();
    // A peak is what a glance should find.
    runs.back().push_back({at, height_at(scale, part.hi, min, max)});
  }
  return runs;
}

}  // namespace

void sparkline(const Look& look, ImDrawList& draw, ImVec2 min, ImVec2 max, const Values& y,
               Color color, double most) {
  if (y.size() < 2) return;
  ScreenCanvas canvas(look, draw);
  const Scale scale = scale_of(y, most);
  const float floor = height_at(scale, 0, min, max);
  for (const std::vector<ImVec2>& run : curves(y, scale, min, max)) {
    std::vector<Cut> cuts;
    for (const ImVec2& point : run)
      cuts.push_back({point.x, std::min(point.y, floor), std::max(point.y, floor)});
    canvas.ribbon(cuts, faded(color, 0.18F));
    canvas.polyline(run, color, std::max(1.0F, look.px(1.25F)), {});
  }
}

void bar(const Look& look, ImDrawList& draw, ImVec2 min, ImVec2 max, double share, Color color,
         std::optional<double> limit) {
  const float rounding = (max.y - min.y) / 2;
  draw.AddRectFilled(min, max, look.theme.control_active, rounding);
  const float width = max.x - min.x;
  const auto full = static_cast<float>(std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0.0);
  if (full > 0) {
    const float end = min.x + std::max(width * full, std::min(width, 2 * rounding));
    draw.AddRectFilled(min, {end, max.y}, color, rounding);
  }
  if (!limit || *limit < 0 || *limit > 1) return;
  const float at = std::floor(min.x + width * static_cast<float>(*limit));
  const float thick = std::max(1.0F, std::floor(look.px(1.5F)));
  draw.AddRectFilled({at, min.y - look.px(2)}, {at + thick, max.y + look.px(2)}, look.theme.text);
}

void histogram(const Look& look, ImDrawList& draw, ImVec2 min, ImVec2 max, const Values& heights,
               Color color) {
  if (heights.empty()) return;
  const Scale scale = scale_of(heights, 0);
  const float pitch = (max.x - min.x) / static_cast<float>(heights.size());
  const float gap = pitch > look.px(4) ? std::floor(look.px(1)) : 0;
  for (std::size_t i = 0; i < heights.size(); ++i) {
    if (!std::isfinite(heights[i]) || heights[i] <= 0) continue;
    const float from = std::round(min.x + pitch * static_cast<float>(i));
    const float to = std::round(min.x + pitch * static_cast<float>(i + 1)) - gap;
    // What is there can be seen, however little it is.
    const float top = std::min(max.y - 1, height_at(scale, heights[i], min, max));
    draw.AddRectFilled({from, top}, {std::max(to, from + 1), max.y}, color);
  }
}

void status_label(const Look& look, Status status, std::string_view words) {
  ScreenCanvas canvas(look, *ImGui::GetWindowDrawList());
  const std::string_view said = words.empty() ? word(status) : words;
  const ImVec2 size = canvas.measure(TextRole::body, said);
  const float radius = look.px(5.5F);
  const float gap = look.px(7);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const Color color = look.theme.status(status);
  canvas.icon(icon(status), {at.x + radius + 1, at.y + size.y / 2}, radius, color);
  canvas.text({at.x + 2 * radius + gap, at.y}, TextRole::body, color, said);
  ImGui::Dummy({2 * radius + gap + size.x, size.y});
}

void dim_text(const Look& look, std::string_view text) {
  ImGui::PushStyleColor(ImGuiCol_Text, look.theme.dim);
  ImGui::PushTextWrapPos(0);
  ImGui::TextUnformatted(text.data(), text.data() + text.size());
  ImGui::PopTextWrapPos();
  ImGui::PopStyleColor();
}

bool icon_button(const Look& look, const IconButton& button) {
  ScreenCanvas canvas(look, *ImGui::GetWindowDrawList());
  const ImGuiStyle& style = ImGui::GetStyle();
  const ImVec2 text = canvas.measure(TextRole::body, button.label);
  const float height = ImGui::GetFrameHeight();
  const float radius = look.px(6);
  const float gap = look.px(7);
  const float content = 2 * radius + (button.label.empty() ? 0 : gap + text.x);
  const float width =
      button.label.empty() ? height * kSquareButton : content + 2 * style.FramePadding.x;
  const ImVec2 min = ImGui::GetCursorScreenPos();
  const bool pressed = ImGui::InvisibleButton(button.id, {width, height});
  // Paler inside BeginDisabled().
  const Color ground = faded(button_ground(look.theme, button), style.Alpha);
  const Color ink = faded(button.strong ? look.theme.on_accent : look.theme.text, style.Alpha);
  canvas.box(min, {min.x + width, min.y + height}, ground, style.FrameRounding);
  const ImVec2 middle = {min.x + (width - content) / 2 + radius, min.y + height / 2};
  canvas.icon(button.icon, middle, radius, ink);
  canvas.text({middle.x + radius + gap, min.y + (height - text.y) / 2}, TextRole::body, ink,
              button.label);
  if (ImGui::IsItemHovered() && !button.tip.empty())
    ImGui::SetTooltip("%.*s", static_cast<int>(button.tip.size()), button.tip.data());
  return pressed;
}

}  // namespace highwater::viewer
