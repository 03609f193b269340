#include "viewer/draw/legend.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "viewer/draw/heat_grid.h"
#include "viewer/draw/screen_canvas.h"

namespace highwater::viewer {
namespace {

// Design pixels.
constexpr float kSwatch = 12;
constexpr float kSwatchGap = 5;
constexpr float kEntryGap = 12;
constexpr float kPadding = 12;
constexpr float kScaleWidth = 64;
constexpr float kScaleHeight = 8;
constexpr float kTitleTop = 9;

constexpr float kMostOfTitle = 0.6F;  // of the width, before it is shortened

std::string shown_title(const Canvas& canvas, const PlotView& view) {
  const float width = view.geometry.max.x - view.geometry.min.x;
  return canvas.fitted(TextRole::strong, view.options.title, width * kMostOfTitle);
}

float title_end(const Canvas& canvas, const PlotView& view) {
  const float left = view.geometry.min.x + canvas.look().px(kPadding);
  if (view.options.title.empty()) return left;
  return left + canvas.measure(TextRole::strong, shown_title(canvas, view)).x +
         canvas.look().px(kEntryGap);
}

// Small text on the line on which the title stands.
float small_text_top(const Canvas& canvas, const PlotView& view) {
  const float title_height = canvas.measure(TextRole::strong, "x").y;
  const float small_height = canvas.measure(TextRole::small, "x").y;
  return std::floor(view.geometry.min.y + canvas.look().px(kTitleTop) +
                    (title_height - small_height) / 2 + 1);
}

struct ScaleTexts {
  std::string least;
  std::string most;
};

ScaleTexts scale_texts(const HeatMap& heat) {
  ScaleTexts texts{"0", format(most_of(heat), heat.unit, 2)};
  if (!heat.name.empty()) texts.most += " " + heat.name;
  return texts;
}

float scale_width(const Canvas& canvas, const PlotView& view) {
  if (view.items.heats.empty() || !view.has_data) return 0;
  const ScaleTexts texts = scale_texts(view.items.heats.front());
  const Look& look = canvas.look();
  return canvas.measure(TextRole::small, texts.least).x +
         canvas.measure(TextRole::small, texts.most).x +
         look.px(kScaleWidth + 2 * kSwatchGap + kEntryGap);
}

void paint_scale(Canvas& canvas, const PlotView& view) {
  const HeatMap& heat = view.items.heats.front();
  const Look& look = canvas.look();
  const ScaleTexts texts = scale_texts(heat);
  const ImVec2 least = canvas.measure(TextRole::small, texts.least);
  const float y = small_text_top(canvas, view);
  float x =
      view.geometry.max.x - look.px(kPadding) - scale_width(canvas, view) + look.px(kEntryGap);
  canvas.text({x, y}, TextRole::small, look.theme.dim, texts.least);
  x = std::floor(x + least.x + look.px(kSwatchGap));
  const float top = std::floor(y + (least.y - look.px(kScaleHeight)) / 2);
  const ColorMap& colors =
      heat.colors == HeatColors::density ? look.theme.density : look.theme.level;
  std::vector<Cell> cells;
  const auto width = static_cast<int>(look.px(kScaleWidth));
  for (int i = 0; i < width; ++i) {
    const auto at = static_cast<float>(i);
    const float share = color_share(heat, static_cast<double>(at), static_cast<double>(width - 1));
    cells.push_back({{x + at, top}, {x + at + 1, top + look.px(kScaleHeight)}, colors.at(share)});
  }
  canvas.cells(cells);
  canvas.text({x + look.px(kScaleWidth + kSwatchGap), y}, TextRole::small, look.theme.dim,
              texts.most);
}

float entry_width(const Canvas& canvas, const std::string& name) {
  return swatch_width(canvas.look()) + canvas.measure(TextRole::small, name).x;
}

std::string more_text(std::size_t left_out) {
  return fmt::format("+{}", left_out);
}

// How many of `widths` fit into `room`; where not all do, so many that "+n" fits behind them.
std::size_t how_many_fit(const std::vector<float>& widths, float room, float gap, float more) {
  float used = 0;
  std::size_t fitting = 0;
  std::size_t with_more = 0;
  for (const float width : widths) {
    used += width + (fitting == 0 ? 0 : gap);
    if (used > room) return with_more;
    ++fitting;
    if (used + gap + more <= room) with_more = fitting;
  }
  return fitting;
}

void paint_entry(Canvas& canvas, const PlotView& view, const LegendEntry& entry) {
  const Theme& theme = canvas.theme();
  const std::string& name = entry.series->name;
  const bool shown = view.shows(*entry.series);
  Color color = shown ? theme.dim : theme.faint;
  if (name == view.hovered) color = theme.text;
  paint_swatch(canvas, *entry.series, entry.min, shown);
  canvas.text({entry.min.x + swatch_width(canvas.look()), entry.min.y}, TextRole::small, color,
              name);
}

}  // namespace

float swatch_width(const Look& look) {
  return look.px(kSwatch + kSwatchGap);
}

std::vector<const Series*> named_series(const std::vector<Series>& series) {
  std::vector<const Series*> named;
  for (const Series& candidate : series) {
    if (candidate.name.empty()) continue;
    const auto known = std::find_if(named.begin(), named.end(), [&](const Series* other) {
      return other->name == candidate.name;
    });
    if (known == named.end()) {
      named.push_back(&candidate);
    } else if ((*known)->kind == SeriesKind::band) {
      *known = &candidate;  // the line says more than the interval around it
    }
  }
  return named;
}

Legend legend_of(const Canvas& canvas, const PlotView& view) {
  Legend legend;
  if (!view.options.show_legend) return legend;
  const Look& look = canvas.look();
  const std::vector<const Series*> all = named_series(view.items.series);
  const float left = title_end(canvas, view);
  const float right = view.geometry.max.x - look.px(kPadding) - scale_width(canvas, view);
  const float gap = look.px(kEntryGap);
  const float more = canvas.measure(TextRole::small, more_text(all.size())).x;
  std::vector<float> widths;
  for (const Series* series : all) widths.push_back(entry_width(canvas, series->name));
  const std::size_t count = how_many_fit(widths, right - left, gap, more);
  legend.left_out = all.size() - count;
  float used = legend.left_out > 0 ? more : 0;
  for (std::size_t i = 0; i < count; ++i) used += widths[i] + gap;
  if (legend.left_out == 0 && count > 0) used -= gap;
  const float y = small_text_top(canvas, view);
  const float height = canvas.measure(TextRole::small, "x").y;
  float x = std::floor(right - used);
  for (std::size_t i = 0; i < count; ++i) {
    legend.entries.push_back({all[i], {x, y}, {x + widths[i], y + height}});
    x += widths[i] + gap;
  }
  legend.more_min = {x, y};
  legend.more_max = {x + more, y + height};
  return legend;
}

void paint_swatch(Canvas& canvas, const Series& series, ImVec2 min, bool shown) {
  const Look& look = canvas.look();
  const Color color = shown ? series.color : look.theme.faint;
  const float height = canvas.measure(TextRole::small, "x").y;
  const float middle = std::floor(min.y + height / 2);
  const float width = look.px(kSwatch);
  const float thick = std::max(2.0F, look.px(2));
  switch (series.kind) {
    case SeriesKind::line:
    case SeriesKind::steps:
      if (series.style.ghost) {
        canvas.box({min.x, middle - thick / 2}, {min.x + width * 0.4F, middle + thick / 2},
                   faded(color, 0.7F), 0);
        canvas.box({min.x + width * 0.6F, middle - thick / 2}, {min.x + width, middle + thick / 2},
                   faded(color, 0.7F), 0);
      } else {
        canvas.box({min.x, middle - thick / 2}, {min.x + width, middle + thick / 2}, color,
                   thick / 2);
      }
      break;
    case SeriesKind::band: {
      const Color ground = look.theme.panel;
      const float fill = std::clamp(series.style.fill * 1.4F, 0.3F, 1.0F);
      canvas.box({min.x, middle - look.px(4)}, {min.x + width, middle + look.px(4)},
                 painted(ground, faded(color, fill)), look.px(2));
      break;
    }
    case SeriesKind::area:
    case SeriesKind::bars:
      canvas.box({min.x, middle - look.px(4)}, {min.x + width, middle + look.px(4)}, color,
                 look.px(2));
      break;
    case SeriesKind::scatter: {
      const std::array center = {ImVec2{min.x + width / 2, middle}};
      canvas.dots(center, look.px(3.5F), color);
      break;
    }
  }
}

bool legend_row(const Look& look, const Series& series, bool shown) {
  ScreenCanvas canvas(look, *ImGui::GetWindowDrawList());
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 size = {entry_width(canvas, series.name), canvas.measure(TextRole::small, "x").y};
  const bool clicked = ImGui::InvisibleButton(series.name.c_str(), size);
  Color color = shown ? look.theme.dim : look.theme.faint;
  if (ImGui::IsItemHovered()) color = look.theme.text;
  paint_swatch(canvas, series, at, shown);
  canvas.text({at.x + swatch_width(look), at.y}, TextRole::small, color, series.name);
  return clicked;
}

void paint_header(Canvas& canvas, const PlotView& view) {
  const Look& look = canvas.look();
  if (!view.options.title.empty())
    canvas.text({view.geometry.min.x + look.px(kPadding), view.geometry.min.y + look.px(kTitleTop)},
                TextRole::strong, look.theme.text, shown_title(canvas, view));
  if (!view.items.heats.empty() && view.has_data) paint_scale(canvas, view);
  const Legend legend = legend_of(canvas, view);
  for (const LegendEntry& entry : legend.entries) paint_entry(canvas, view, entry);
  if (legend.left_out > 0)
    canvas.text(legend.more_min, TextRole::small, look.theme.accent, more_text(legend.left_out));
}

void click_legend(PlotState& state, const std::vector<const Series*>& all, const std::string& name,
                  bool control) {
  if (!control) {
    if (state.hidden.erase(name) == 0) state.hidden.insert(name);
    return;
  }
  const bool alone = std::all_of(all.begin(), all.end(), [&](const Series* series) {
    return (series->name == name) != state.hidden.contains(series->name);
  });
  state.hidden.clear();
  if (alone) return;
  for (const Series* series : all)
    if (series->name != name) state.hidden.insert(series->name);
}

}  // namespace highwater::viewer
