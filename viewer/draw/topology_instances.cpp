#include "viewer/draw/topology_instances.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "viewer/draw/format.h"
#include "viewer/draw/icons.h"
#include "viewer/draw/topology_card.h"

namespace highwater::viewer::topology {
namespace {

int severity(InstanceState state) {
  switch (state) {
    case InstanceState::down:
      return 5;
    case InstanceState::failing:
      return 4;
    case InstanceState::paused:
      return 3;
    case InstanceState::slow:
      return 2;
    case InstanceState::up:
      return 1;
    case InstanceState::absent:
      break;
  }
  return 0;
}

Color color_of(const Theme& theme, InstanceState state) {
  switch (state) {
    case InstanceState::down:
    case InstanceState::failing:
      return theme.status(Status::bad);
    case InstanceState::paused:
    case InstanceState::slow:
      return theme.status(Status::warn);
    case InstanceState::absent:
      return theme.faint;
    case InstanceState::up:
      break;
  }
  return theme.dim;
}

/// A cell: the gauge, the name, and what it does below.
void paint_cell(const Brush& brush, const Rect& rect, const Model& model, const Instance& instance,
                const std::string& label, const Limits& limits, bool hovered, bool selected) {
  const Theme& theme = brush.look.theme;
  brush.fill(rect, hovered ? theme.control_hovered : mixed(theme.raised, theme.control, 0.55F),
             brush.px(5));
  if (selected)
    brush.outline(rect, theme.accent, brush.px(5), std::max(1.0F, std::floor(brush.px(2))));
  const float inset = brush.px(7);
  const Rect gauge = snapped({{rect.min.x + inset, rect.min.y + inset},
                              {rect.min.x + inset + brush.px(9), rect.max.y - inset}});
  paint_instance(brush, gauge, instance, limits);
  const float left = gauge.max.x + brush.px(7);
  float right = rect.max.x - inset;
  ImFont* const font = brush.look.font(TextRole::small);
  const float step = font->FontSize * 1.1F;
  const float top = rect.center().y - step;
  if (instance.zone < model.zones.size()) {
    const float side = brush.px(6);
    brush.fill(Rect::around({right - side / 2, top + font->FontSize / 2}, {side, side}),
               zone_color(theme, instance.zone), brush.px(1));
    right -= side + brush.px(4);
  }
  brush.text(font, {left, top}, theme.text, shortened(font, label, right - left));
  const bool working = instance.state == InstanceState::up ||
                       instance.state == InstanceState::slow ||
                       instance.state == InstanceState::failing;
  std::string text;
  if (instance.state != InstanceState::up) text = word_of(instance.state);
  if (working && !std::isnan(instance.utilization)) {
    if (!text.empty()) text += " ";
    text += percent(instance.utilization);
  }
  brush.text(font, {left, top + step}, color_of(theme, instance.state),
             shortened(font, text, rect.max.x - inset - left));
}

bool button(const Look& look, const char* id, const Rect& rect) {
  ImGui::SetCursorScreenPos(rect.min);
  const bool pressed = ImGui::InvisibleButton(id, rect.size());
  if (ImGui::IsItemHovered())
    ImGui::GetWindowDrawList()->AddRectFilled(rect.min, rect.max, look.theme.control_hovered,
                                              look.px(4));
  return pressed;
}

}  // namespace

void InstanceList::sort(const Model& model, const Scene::Spot& spot) {
  order_.clear();
  for (const std::size_t node : spot.nodes)
    for (std::size_t i = 0; i < model.nodes[node].instances.size(); ++i)
      order_.push_back({node, i, {}});
  if (!worst_first) return;
  const auto rank = [&](const Cell& cell) {
    const Instance& instance = model.nodes[cell.node].instances[cell.instance];
    const double load = std::isnan(instance.utilization) ? -1 : instance.utilization;
    return std::pair(severity(instance.state), load);
  };
  std::stable_sort(order_.begin(), order_.end(),
                   [&](const Cell& a, const Cell& b) { return rank(a) > rank(b); });
}

InstanceList::Events InstanceList::draw(const Look& look, const Model& model,
                                        const Scene::Spot& spot, const Readings::OfSpot& reading,
                                        const Limits& limits, const Rect& card, const Rect& canvas,
                                        const std::optional<Target>& selected) {
  Events events;
  cells.clear();
  sort(model, spot);
  const Theme& theme = look.theme;
  ImFont* const font = look.font(TextRole::small);
  ImFont* const strong = look.font(TextRole::strong);

  const float cell_width = look.px(118);
  const float cell_height = std::round(font->FontSize * 2.2F + look.px(12));
  const float gap = look.px(5);
  const float padding = look.px(10);
  const float header = std::round(strong->FontSize + font->FontSize + look.px(16));
  const float margin = look.px(8);
  const float apart = look.px(14);
  const float right_room = canvas.max.x - margin - card.max.x - apart;
  const float left_room = card.min.x - apart - canvas.min.x - margin;
  const std::size_t wanted = order_.size() > 24 ? 4 : order_.size() > 6 ? 3 : 2;
  const float frame = 2 * padding + look.px(12) - gap;
  // As many columns as there is room for beside the card, but two at least.
  const auto fitting_in = [&](float room) {
    const float count = std::floor((room - frame) / (cell_width + gap));
    return static_cast<std::size_t>(std::clamp(count, 2.0F, static_cast<float>(wanted)));
  };
  const bool right = fitting_in(right_room) >= fitting_in(left_room);
  const std::size_t columns = fitting_in(right ? right_room : left_room);
  const std::size_t rows = (order_.size() + columns - 1) / columns;
  ImVec2 size{frame + static_cast<float>(columns) * (cell_width + gap),
              header + static_cast<float>(rows) * (cell_height + gap) + padding};
  size.x = std::min(size.x, canvas.width() - 2 * margin);
  size.y = std::min({size.y, canvas.height() - 2 * margin, look.px(560)});
  ImVec2 place{right ? card.max.x + apart : card.min.x - apart - size.x, card.min.y};
  place.x = std::max(canvas.min.x + margin, std::min(place.x, canvas.max.x - margin - size.x));
  place.y = std::max(canvas.min.y + margin, std::min(place.y, canvas.max.y - margin - size.y));
  rect = snapped({place, plus(place, size)});

  ImGui::SetCursorScreenPos(rect.min);
  ImGui::PushStyleVar(ImGuiStyleVar_ChildRounding, look.px(8));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleColor(ImGuiCol_ChildBg, theme.raised);
  ImGui::PushStyleColor(ImGuiCol_Border, theme.border);
  ImGui::BeginChild("##instances", rect.size(), true,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  const Brush brush{*ImGui::GetWindowDrawList(), look};

  const float side = strong->FontSize + look.px(6);
  close_rect = {{rect.max.x - padding - side, rect.min.y + padding - look.px(3)},
                {rect.max.x - padding, rect.min.y + padding - look.px(3) + side}};
  events.close = button(look, "##close", close_rect);
  brush.icon(Icon::cross, close_rect.center(), look.px(5), theme.dim);
  const std::string_view sorted = worst_first ? "worst first" : "in order";
  const float sort_width = width_of(font, sorted) + look.px(12);
  sort_rect = {{close_rect.min.x - look.px(6) - sort_width, close_rect.min.y},
               {close_rect.min.x - look.px(6), close_rect.max.y}};
  if (button(look, "##sort", sort_rect)) worst_first = !worst_first;
  brush.outline(sort_rect, theme.border, look.px(4));
  brush.text(font, {sort_rect.min.x + look.px(6), sort_rect.center().y - font->FontSize / 2},
             theme.dim, sorted);
  brush.text(strong, {rect.min.x + padding, rect.min.y + padding}, theme.text,
             shortened(strong, spot.id, sort_rect.min.x - rect.min.x - 2 * padding));
  const int up = reading.census.of(InstanceState::up);
  const std::string troubles = troubles_of(reading.census, 4);
  const float line = rect.min.y + padding + strong->FontSize + look.px(3);
  const std::string good = std::to_string(up) + " up";
  brush.text(font, {rect.min.x + padding, line}, theme.dim, good);
  if (!troubles.empty())
    brush.text(font, {rect.min.x + padding + width_of(font, good + "  "), line},
               theme.status(reading.health >= Health::bad ? Status::bad : Status::warn), troubles);

  ImGui::SetCursorScreenPos({rect.min.x + padding, rect.min.y + header});
  ImGui::BeginChild("##cells", {rect.width() - padding, rect.height() - header - look.px(4)}, false,
                    ImGuiWindowFlags_None);
  const Brush inner{*ImGui::GetWindowDrawList(), look};
  const Rect clip{ImGui::GetWindowPos(), plus(ImGui::GetWindowPos(), ImGui::GetWindowSize())};
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  const float step = cell_height + gap;
  // Only those in sight become widgets, however many there are.
  const auto first = static_cast<std::size_t>(std::max(0.0F, (clip.min.y - origin.y) / step));
  for (std::size_t row = first; row < rows; ++row) {
    const float y = origin.y + static_cast<float>(row) * step;
    if (y > clip.max.y) break;
    for (std::size_t column = 0; column < columns; ++column) {
      const std::size_t index = row * columns + column;
      if (index >= order_.size()) break;
      Cell cell = order_[index];
      const float x = origin.x + static_cast<float>(column) * (cell_width + gap);
      cell.rect = {{x, y}, {x + cell_width, y + cell_height}};
      const Node& node = model.nodes[cell.node];
      const Instance& instance = node.instances[cell.instance];
      ImGui::PushID(static_cast<int>(index));
      ImGui::SetCursorScreenPos(cell.rect.min);
      const Target target = Target::instance_of(node.id, cell.instance);
      if (ImGui::InvisibleButton("##cell", cell.rect.size())) events.clicked = target;
      const bool hovered = ImGui::IsItemHovered();
      if (hovered) events.hovered = target;
      if (hovered && ImGui::IsMouseReleased(ImGuiMouseButton_Right)) events.menu = target;
      ImGui::PopID();
      paint_cell(inner, cell.rect, model, instance, instance.label, limits, hovered,
                 selected == target);
      if (clip.overlaps(cell.rect)) cells.push_back(cell);
    }
  }
  // So that the window knows how far it scrolls.
  ImGui::SetCursorScreenPos({origin.x, origin.y + static_cast<float>(rows) * step - gap});
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
  ImGui::EndChild();
  ImGui::PopStyleColor(2);
  ImGui::PopStyleVar(2);
  return events;
}

}  // namespace highwater::viewer::topology
