#include "viewer/draw/svg_canvas.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace highwater::viewer {
namespace {

// Hundredths of a pixel, without zeros that say nothing.
std::string number(float value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string paint(const char* attribute, Color color) {
  std::string text = fmt::format(" {}=\"{}\"", attribute, to_hex(color));
  if (opacity(color) < 255)
    text +=
        fmt::format(" {}-opacity=\"{:.3f}\"", attribute, static_cast<float>(opacity(color)) / 255);
  return text;
}

const char* family(TextRole role) {
  const bool mono = role == TextRole::mono || role == TextRole::mono_small;
  return mono ? "JetBrains Mono, ui-monospace, Menlo, Consolas, monospace"
              : "Inter, system-ui, Segoe UI, Roboto, Helvetica, Arial, sans-serif";
}

int weight(TextRole role) {
  const bool strong =
      role == TextRole::strong || role == TextRole::heading || role == TextRole::headline;
  return strong ? 600 : 400;
}

}  // namespace

std::string escaped_xml(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= ' ') result += c;
    }
  }
  return result;
}

SvgCanvas::SvgCanvas(const Look& look, ImVec2 min, ImVec2 max, std::string_view title)
    : Canvas(look), origin_(min) {
  const std::string width = number(max.x - min.x);
  const std::string height = number(max.y - min.y);
  text_ = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" role=\"img\">\n<title>{2}</title>\n",
      width, height, escaped_xml(title));
}

std::string SvgCanvas::point(ImVec2 at) const {
  return number(at.x - origin_.x) + "," + number(at.y - origin_.y);
}

std::string SvgCanvas::rectangle(ImVec2 min, ImVec2 max) const {
  return fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
                     number(min.x - origin_.x), number(min.y - origin_.y),
                     number(std::max(0.0F, max.x - min.x)), number(std::max(0.0F, max.y - min.y)));
}

void SvgCanvas::box(ImVec2 min, ImVec2 max, Color color, float rounding) {
  text_ += rectangle(min, max) + fmt::format(" rx=\"{}\"", number(rounding)) +
           paint("fill", color) + "/>\n";
}

void SvgCanvas::outline(ImVec2 min, ImVec2 max, Color color, float rounding) {
  const ImVec2 inner_min = {min.x + 0.5F, min.y + 0.5F};
  const ImVec2 inner_max = {max.x - 0.5F, max.y - 0.5F};
  text_ += rectangle(inner_min, inner_max) + fmt::format(" rx=\"{}\"", number(rounding)) +
           " fill=\"none\"" + paint("stroke", color) + "/>\n";
}

void SvgCanvas::polyline(std::span<const ImVec2> points, Color color, float width, Dash dash) {
  if (points.size() < 2) return;
  text_ += "<polyline fill=\"none\"" + paint("stroke", color) +
           fmt::format(" stroke-width=\"{}\" stroke-linejoin=\"round\"", number(width));
  if (dash.on > 0)
    text_ += fmt::format(" stroke-dasharray=\"{} {}\" stroke-dashoffset=\"{}\"", number(dash.on),
                         number(dash.off), number(dash.phase));
  text_ += " points=\"";
  for (const ImVec2& at : points) text_ += point(at) + " ";
  text_.back() = '"';
  text_ += "/>\n";
}

void SvgCanvas::convex(std::span<const ImVec2> points, Color color) {
  text_ += "<polygon" + paint("fill", color) + " points=\"";
  for (const ImVec2& at : points) text_ += point(at) + " ";
  text_.back() = '"';
  text_ += "/>\n";
}

void SvgCanvas::ribbon(std::span<const Cut> cuts, Color color) {
  if (cuts.size() < 2) return;
  text_ += "<polygon" + paint("fill", color) + " points=\"";
  for (const Cut& cut : cuts) text_ += point({cut.x, cut.top}) + " ";
  for (auto cut = cuts.rbegin(); cut != cuts.rend(); ++cut)
    text_ += point({cut->x, cut->bottom}) + " ";
  text_.back() = '"';
  text_ += "/>\n";
}

void SvgCanvas::dots(std::span<const ImVec2> centers, float radius, Color color) {
  text_ += "<g" + paint("fill", color) + ">";
  for (const ImVec2& at : centers)
    text_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"/>", number(at.x - origin_.x),
                         number(at.y - origin_.y), number(radius));
  text_ += "</g>\n";
}

// One path for each colour: a rectangle for each cell would take five times the room.
void SvgCanvas::cells(std::span<const Cell> cells) {
  std::map<Color, std::string> paths;
  for (const Cell& cell : cells) {
    const float width = cell.max.x - cell.min.x;
    paths[cell.color] += fmt::format("M{}h{}v{}h{}z", point(cell.min), number(width),
                                     number(cell.max.y - cell.min.y), number(-width));
  }
  text_ += "<g shape-rendering=\"crispEdges\">\n";
  for (const auto& [color, path] : paths)
    text_ += "<path" + paint("fill", color) + " d=\"" + path + "\"/>\n";
  text_ += "</g>\n";
}

void SvgCanvas::text(ImVec2 position, TextRole role, Color color, std::string_view text) {
  const ImFont* font = look().font(role);
  // The width is said, so that the layout holds where another typeface stands in.
  text_ += fmt::format(
      "<text x=\"{}\" y=\"{}\" font-family=\"{}\" font-size=\"{}\" font-weight=\"{}\" "
      "textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"{}>{}</text>\n",
      number(std::floor(position.x) - origin_.x),
      number(std::floor(position.y) + font->Ascent - origin_.y), family(role),
      number(text_size(role) * look().scale), weight(role), number(measure(role, text).x),
      paint("fill", color), escaped_xml(text));
}

void SvgCanvas::push_clip(ImVec2 min, ImVec2 max) {
  ++clips_;
  text_ += fmt::format("<clipPath id=\"clip{}\">", clips_) + rectangle(min, max) +
           fmt::format("/></clipPath>\n<g clip-path=\"url(#clip{})\">\n", clips_);
}

void SvgCanvas::pop_clip() {
  text_ += "</g>\n";
}

std::string SvgCanvas::finish() const {
  return text_ + "</svg>\n";
}

}  // namespace highwater::viewer
