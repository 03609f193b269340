#include "viewer/draw/screen_canvas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "viewer/draw/topology_geometry.h"

namespace highwater::viewer {
namespace {

using topology::between;

// Dear ImGui counts vertices in 16 bits from the last offset: long strips go in parts.
constexpr std::size_t kCutsAtOnce = 4000;
constexpr std::size_t kCellsAtOnce = 4000;

// Chosen: above this, dots are squares, which cost a fifth.
constexpr std::size_t kManyDots = 3000;

// Four vertices for each cut: a clear one above the top, top, bottom, a clear one below. The clear
// ones make the edges smooth; neighbouring parts share their cuts, so that no seam shows.
void ribbon_part(ImDrawList& draw, std::span<const Cut> cuts, Color color) {
  static constexpr std::array<unsigned, 18> kTriangles = {0, 1, 5, 0, 5, 4, 1, 2, 6,
                                                          1, 6, 5, 2, 3, 7, 2, 7, 6};
  const ImVec2 white = ImGui::GetFontTexUvWhitePixel();
  const Color clear = color & 0x00FFFFFFU;
  const auto count = static_cast<int>(cuts.size());
  draw.PrimReserve((count - 1) * static_cast<int>(kTriangles.size()), count * 4);
  const unsigned base = draw._VtxCurrentIdx;
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    const Cut& cut = cuts[i];
    draw.PrimWriteVtx({cut.x, cut.top - 0.5F}, white, clear);
    draw.PrimWriteVtx({cut.x, std::min(cut.top + 0.5F, cut.bottom)}, white, color);
    draw.PrimWriteVtx({cut.x, std::max(cut.bottom - 0.5F, cut.top)}, white, color);
    draw.PrimWriteVtx({cut.x, cut.bottom + 0.5F}, white, clear);
    if (i == 0) continue;
    const unsigned from = base + static_cast<unsigned>(i - 1) * 4;
    for (const unsigned corner : kTriangles)
      draw.PrimWriteIdx(static_cast<ImDrawIdx>(from + corner));
  }
}

}  // namespace

void ScreenCanvas::box(ImVec2 min, ImVec2 max, Color color, float rounding) {
  draw_.AddRectFilled(min, max, color, rounding);
}

void ScreenCanvas::outline(ImVec2 min, ImVec2 max, Color color, float rounding) {
  draw_.AddRect(min, max, color, rounding, 0, std::max(1.0F, std::floor(look().scale)));
}

void ScreenCanvas::polyline(std::span<const ImVec2> points, Color color, float width, Dash dash) {
  if (points.size() < 2) return;
  if (dash.on > 0) return dashes(points, color, width, dash);
  draw_.AddPolyline(points.data(), static_cast<int>(points.size()), color, 0, width);
}

void ScreenCanvas::dashes(std::span<const ImVec2> points, Color color, float width,
                          const Dash& dash) {
  const float period = dash.on + dash.off;
  float at = std::fmod(dash.phase, period);
  if (at < 0) at += period;
  std::vector<ImVec2> stroke;
  const auto finish = [&] {
    if (stroke.size() > 1)
      draw_.AddPolyline(stroke.data(), static_cast<int>(stroke.size()), color, 0, width);
    stroke.clear();
  };
  if (at < dash.on) stroke.push_back(points.front());
  for (std::size_t i = 1; i < points.size(); ++i) {
    const ImVec2 from = points[i - 1];
    const ImVec2 to = points[i];
    const float length = std::hypot(to.x - from.x, to.y - from.y);
    float done = 0;
    while (done < length) {
      const bool on = at < dash.on;
      const float left = (on ? dash.on : period) - at;
      const float part = std::min(left, length - done);
      done += part;
      at += part;
      const bool turns = part == left;
      if (on) stroke.push_back(between(from, to, done / length));
      if (!turns) continue;
      if (on) {
        finish();
      } else {
        at = 0;
        stroke.push_back(between(from, to, done / length));
      }
    }
  }
  finish();
}

void ScreenCanvas::convex(std::span<const ImVec2> points, Color color) {
  draw_.AddConvexPolyFilled(points.data(), static_cast<int>(points.size()), color);
}

void ScreenCanvas::ribbon(std::span<const Cut> cuts, Color color) {
  while (cuts.size() > 1) {
    const std::size_t part = std::min(cuts.size(), kCutsAtOnce);
    ribbon_part(draw_, cuts.first(part), color);
    cuts = cuts.subspan(part - 1);
  }
}

void ScreenCanvas::dots(std::span<const ImVec2> centers, float radius, Color color) {
  if (centers.size() > kManyDots) {
    std::vector<Cell> squares;
    const float half = radius * 0.8F;
    for (const ImVec2& at : centers)
      squares.push_back({{at.x - half, at.y - half}, {at.x + half, at.y + half}, color});
    return cells(squares);
  }
  for (const ImVec2& at : centers) draw_.AddCircleFilled(at, radius, color, 0);
}

void ScreenCanvas::cells(std::span<const Cell> cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i % kCellsAtOnce == 0) {
      const auto part = static_cast<int>(std::min(kCellsAtOnce, cells.size() - i));
      draw_.PrimReserve(part * 6, part * 4);
    }
    draw_.PrimRect(cells[i].min, cells[i].max, cells[i].color);
  }
}

void ScreenCanvas::text(ImVec2 position, TextRole role, Color color, std::string_view text) {
  if (text.empty()) return;
  ImFont* font = look().font(role);
  const ImVec2 whole = {std::floor(position.x), std::floor(position.y)};  // or it would be soft
  draw_.AddText(font, font->FontSize, whole, color, text.data(), text.data() + text.size());
}

void ScreenCanvas::push_clip(ImVec2 min, ImVec2 max) {
  draw_.PushClipRect(min, max, true);
}

void ScreenCanvas::pop_clip() {
  draw_.PopClipRect();
}

}  // namespace highwater::viewer
