#include "viewer/draw/canvas.h"

#include <algorithm>
#include <array>
#include <cfloat>
#include <vector>

#include "viewer/draw/icons.h"

namespace highwater::viewer {

void Canvas::line(ImVec2 from, ImVec2 to, Color color, float width, Dash dash) {
  const std::array points = {from, to};
  polyline(points, color, width, dash);
}

void Canvas::icon(Icon icon, ImVec2 center, float radius, Color color) {
  for (const IconPath& path : paths(icon)) {
    std::vector<ImVec2> points = placed(path, center, radius);
    if (path.filled) {
      convex(points, color);
    } else {
      if (path.closed) points.push_back(points.front());
      polyline(points, color, icon_stroke(radius), {});
    }
  }
}

ImVec2 Canvas::measure(TextRole role, std::string_view text) const {
  ImFont* font = look_.font(role);
  if (text.empty()) return {0, font->FontSize};
  return font->CalcTextSizeA(font->FontSize, FLT_MAX, 0, text.data(), text.data() + text.size());
}

std::string Canvas::fitted(TextRole role, std::string_view text, float width) const {
  if (measure(role, text).x <= width) return std::string(text);
  const float room = width - measure(role, "…").x;
  ImFont* font = look_.font(role);
  const char* rest = text.data();
  font->CalcTextSizeA(font->FontSize, std::max(0.0F, room), 0, text.data(),
                      text.data() + text.size(), &rest);
  return std::string(text.data(), rest) + "…";
}

}  // namespace highwater::viewer
