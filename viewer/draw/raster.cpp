#include "viewer/draw/raster.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace highwater::viewer {
namespace {

// Pixels that may be painted: [x0, x1) times [y0, y1).
struct Clip {
  int x0 = 0;
  int y0 = 0;
  int x1 = 0;
  int y1 = 0;

  bool empty() const { return x0 >= x1 || y0 >= y1; }
};

struct Texture {
  const std::uint8_t* alpha;
  int width;
  int height;
};

// A corner in pixels of the image.
struct Corner {
  float x;
  float y;
  float u;
  float v;
  Color color;
};

// The first pixel whose centre is at or right of `edge`.
int first_pixel(float edge) {
  return static_cast<int>(std::ceil(edge - 0.5F));
}

// Rounded division by 255 of a product of two bytes.
unsigned divided(unsigned product) {
  const unsigned with_half = product + 128;
  return (with_half + (with_half >> 8U)) >> 8U;
}

void blend(Color& under, Color color, unsigned alpha) {
  if (alpha == 0) return;
  const unsigned rest = 255 - alpha;
  const unsigned r = divided(red(color) * alpha + red(under) * rest);
  const unsigned g = divided(green(color) * alpha + green(under) * rest);
  const unsigned b = divided(blue(color) * alpha + blue(under) * rest);
  under = r | (g << 8U) | (b << 16U) | 0xFF000000U;
}

float texel(const Texture& texture, int x, int y) {
  const int inside_x = std::clamp(x, 0, texture.width - 1);
  const int inside_y = std::clamp(y, 0, texture.height - 1);
  return texture
      .alpha[static_cast<std::size_t>(inside_y) * static_cast<std::size_t>(texture.width) +
             static_cast<std::size_t>(inside_x)];
}

// Linear filter, 0..255.
float sampled(const Texture& texture, float u, float v) {
  const float x = u * static_cast<float>(texture.width) - 0.5F;
  const float y = v * static_cast<float>(texture.height) - 0.5F;
  const float left = std::floor(x);
  const float top = std::floor(y);
  const float fx = x - left;
  const float fy = y - top;
  const int ix = static_cast<int>(left);
  const int iy = static_cast<int>(top);
  const float above = texel(texture, ix, iy) * (1 - fx) + texel(texture, ix + 1, iy) * fx;
  const float below = texel(texture, ix, iy + 1) * (1 - fx) + texel(texture, ix + 1, iy + 1) * fx;
  return above * (1 - fy) + below * fy;
}

unsigned covered(Color color, float sample) {
  return static_cast<unsigned>(static_cast<float>(opacity(color)) * sample / 255 + 0.5F);
}

// Two triangles that make an upright rectangle of one colour: nearly all of text and boxes.
struct Rectangle {
  Corner min;
  Corner max;
};

void paint(Image& image, const Texture& texture, const Rectangle& box, const Clip& clip) {
  const int x0 = std::max(clip.x0, first_pixel(box.min.x));
  const int x1 = std::min(clip.x1, first_pixel(box.max.x));
  const int y0 = std::max(clip.y0, first_pixel(box.min.y));
  const int y1 = std::min(clip.y1, first_pixel(box.max.y));
  const Color color = box.min.color;
  const bool plain = box.min.u == box.max.u && box.min.v == box.max.v;
  if (plain) {
    const unsigned alpha = covered(color, sampled(texture, box.min.u, box.min.v));
    for (int y = y0; y < y1; ++y)
      for (int x = x0; x < x1; ++x) blend(image.at(x, y), color, alpha);
    return;
  }
  const float du = (box.max.u - box.min.u) / (box.max.x - box.min.x);
  const float dv = (box.max.v - box.min.v) / (box.max.y - box.min.y);
  for (int y = y0; y < y1; ++y) {
    const float v = box.min.v + (static_cast<float>(y) + 0.5F - box.min.y) * dv;
    for (int x = x0; x < x1; ++x) {
      const float u = box.min.u + (static_cast<float>(x) + 0.5F - box.min.x) * du;
      blend(image.at(x, y), color, covered(color, sampled(texture, u, v)));
    }
  }
}

// Twice the area of (a, b, p): positive where p is on the inner side of the edge from a to b.
double side(const Corner& a, const Corner& b, double x, double y) {
  return (static_cast<double>(b.x) - static_cast<double>(a.x)) * (y - static_cast<double>(a.y)) -
         (static_cast<double>(b.y) - static_cast<double>(a.y)) * (x - static_cast<double>(a.x));
}

// Pixels whose centre lies on a top or left edge belong to the triangle, on others they do not.
bool owns_edge(const Corner& a, const Corner& b) {
  return (a.y == b.y && b.x > a.x) || b.y < a.y;
}

// An edge of a triangle as a half plane, with what it is at the centre of pixel (0, y) and how it
// grows from pixel to pixel.
struct Edge {
  double at_row = 0;
  double per_pixel = 0;
  bool owned = false;

  bool inside(int x) const {
    const double value = at_row + per_pixel * x;
    return value > 0 || (value == 0 && owned);
  }
};

using Triangle = std::array<Corner, 3>;

// Narrows [from, to) to the pixels on the inner side.
void narrow(const Edge& edge, int& from, int& to) {
  if (edge.per_pixel == 0) {
    if (!edge.inside(0)) to = from;
    return;
  }
  const double crossing = std::clamp(-edge.at_row / edge.per_pixel, -1e6, 1e6);
  // One pixel of room for rounding: inside() decides.
  if (edge.per_pixel > 0) {
    from = std::max(from, static_cast<int>(std::floor(crossing)) - 1);
    while (from < to && !edge.inside(from)) ++from;
  } else {
    to = std::min(to, static_cast<int>(std::ceil(crossing)) + 2);
    while (from < to && !edge.inside(to - 1)) --to;
  }
}

// Weighted by the three corners' shares.
float weighted(float a, float b, float c, const std::array<float, 3>& shares) {
  return a * shares[0] + b * shares[1] + c * shares[2];
}

Color shaded(const Triangle& t, const std::array<float, 3>& shares) {
  Color color = 0;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    const auto of = [shift](const Corner& corner) {
      return static_cast<float>((corner.color >> shift) & 255U);
    };
    const float value = weighted(of(t[0]), of(t[1]), of(t[2]), shares);
    color |= static_cast<unsigned>(std::clamp(value, 0.0F, 255.0F) + 0.5F) << shift;
  }
  return color;
}

void paint(Image& image, const Texture& texture, Triangle t, const Clip& clip) {
  double area = side(t[0], t[1], static_cast<double>(t[2].x), static_cast<double>(t[2].y));
  if (area == 0) return;
  if (area < 0) {
    std::swap(t[1], t[2]);
    area = -area;
  }
  const auto [top, bottom] = std::minmax({t[0].y, t[1].y, t[2].y});
  const auto [left, right] = std::minmax({t[0].x, t[1].x, t[2].x});
  const int y0 = std::max(clip.y0, first_pixel(top));
  const int y1 = std::min(clip.y1, first_pixel(bottom) + 1);
  const int x0 = std::max(clip.x0, first_pixel(left));
  const int x1 = std::min(clip.x1, first_pixel(right) + 1);
  const bool one_color = t[0].color == t[1].color && t[0].color == t[2].color;
  const bool one_texel =
      t[0].u == t[1].u && t[0].u == t[2].u && t[0].v == t[1].v && t[0].v == t[2].v;
  const float sample = one_texel ? sampled(texture, t[0].u, t[0].v) : 0;
  std::array<Edge, 3> edges;  // edge i is opposite of corner i
  for (std::size_t i = 0; i < 3; ++i) {
    const Corner& a = t[(i + 1) % 3];
    const Corner& b = t[(i + 2) % 3];
    edges[i].per_pixel = -(static_cast<double>(b.y) - static_cast<double>(a.y));
    edges[i].owned = owns_edge(a, b);
  }
  for (int y = y0; y < y1; ++y) {
    int from = x0;
    int to = x1;
    for (std::size_t i = 0; i < 3; ++i) {
      edges[i].at_row = side(t[(i + 1) % 3], t[(i + 2) % 3], 0.5, y + 0.5);
      narrow(edges[i], from, to);
    }
    if (from >= to) continue;
    if (one_color && one_texel) {
      const unsigned alpha = covered(t[0].color, sample);
      for (int x = from; x < to; ++x) blend(image.at(x, y), t[0].color, alpha);
      continue;
    }
    for (int x = from; x < to; ++x) {
      std::array<float, 3> shares{};
      for (std::size_t i = 0; i < 3; ++i)
        shares[i] = static_cast<float>((edges[i].at_row + edges[i].per_pixel * x) / area);
      const Color color = one_color ? t[0].color : shaded(t, shares);
      const float texture_alpha = one_texel
                                      ? sample
                                      : sampled(texture, weighted(t[0].u, t[1].u, t[2].u, shares),
                                                weighted(t[0].v, t[1].v, t[2].v, shares));
      blend(image.at(x, y), color, covered(color, texture_alpha));
    }
  }
}

// One command's triangles, two at a time where they make a rectangle.
class Command {
 public:
  Command(const ImDrawList& list, const ImDrawCmd& command, ImVec2 origin, ImVec2 scale)
      : indices_(list.IdxBuffer.Data + command.IdxOffset),
        vertices_(list.VtxBuffer.Data + command.VtxOffset),
        count_(command.ElemCount),
        origin_(origin),
        scale_(scale) {}

  void paint_all(Image& image, const Texture& texture, const Clip& clip) const {
    for (unsigned i = 0; i + 2 < count_;) {
      Rectangle box{};
      if (is_rectangle(i, box)) {
        paint(image, texture, box, clip);
        i += 6;
      } else {
        paint(image, texture, {corner(i), corner(i + 1), corner(i + 2)}, clip);
        i += 3;
      }
    }
  }

 private:
  Corner corner(unsigned i) const {
    const ImDrawVert& vertex = vertices_[indices_[i]];
    return {(vertex.pos.x - origin_.x) * scale_.x, (vertex.pos.y - origin_.y) * scale_.y,
            vertex.uv.x, vertex.uv.y, vertex.col};
  }

  // The pattern of ImDrawList::PrimRect: a, b, c and a, c, d, clockwise from the top left.
  bool is_rectangle(unsigned i, Rectangle& box) const {
    if (i + 5 >= count_) return false;
    const ImDrawIdx* at = indices_ + i;
    if (at[3] != at[0] || at[4] != at[2]) return false;
    const ImDrawVert& a = vertices_[at[0]];
    const ImDrawVert& b = vertices_[at[1]];
    const ImDrawVert& c = vertices_[at[2]];
    const ImDrawVert& d = vertices_[at[5]];
    const bool upright = a.pos.y == b.pos.y && b.pos.x == c.pos.x && c.pos.y == d.pos.y &&
                         d.pos.x == a.pos.x && a.pos.x < c.pos.x && a.pos.y < c.pos.y;
    const bool straight =
        a.uv.y == b.uv.y && b.uv.x == c.uv.x && c.uv.y == d.uv.y && d.uv.x == a.uv.x;
    if (!upright || !straight) return false;
    if (a.col != b.col || a.col != c.col || a.col != d.col) return false;
    box = {corner(i), corner(i + 2)};
    return true;
  }

  const ImDrawIdx* indices_;
  const ImDrawVert* vertices_;
  unsigned count_;
  ImVec2 origin_;
  ImVec2 scale_;
};

Clip clip_of(const ImDrawCmd& command, const ImDrawData& data, const Image& image) {
  const ImVec2 scale = data.FramebufferScale;
  const auto x = [&](float at) { return static_cast<int>((at - data.DisplayPos.x) * scale.x); };
  const auto y = [&](float at) { return static_cast<int>((at - data.DisplayPos.y) * scale.y); };
  return {std::max(0, x(command.ClipRect.x)), std::max(0, y(command.ClipRect.y)),
          std::min(image.width, x(command.ClipRect.z)),
          std::min(image.height, y(command.ClipRect.w))};
}

}  // namespace

Raster::Raster(ImFontAtlas& atlas) {
  unsigned char* pixels = nullptr;
  atlas.GetTexDataAsAlpha8(&pixels, &width_, &height_);
  alpha_.assign(pixels,
                pixels + static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_));
}

void Raster::draw(Image& image, const ImDrawData& data) const {
  const Texture texture{alpha_.data(), width_, height_};
  for (int n = 0; n < data.CmdListsCount; ++n) {
    const ImDrawList& list = *data.CmdLists[n];
    for (const ImDrawCmd& command : list.CmdBuffer) {
      const Clip clip = clip_of(command, data, image);
      if (command.UserCallback != nullptr || clip.empty()) continue;
      Command(list, command, data.DisplayPos, data.FramebufferScale)
          .paint_all(image, texture, clip);
    }
  }
}

}  // namespace highwater::viewer
