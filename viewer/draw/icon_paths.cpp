#include "viewer/draw/icon_paths.h"

#include <cmath>
#include <utility>

namespace highwater::viewer {
namespace {

using Paths = std::vector<IconPath>;

constexpr float kTurn = 6.2831853F;

IconPath open(std::vector<ImVec2> points) {
  return {std::move(points), false, false};
}
IconPath closed(std::vector<ImVec2> points) {
  return {std::move(points), true, false};
}
IconPath filled(std::vector<ImVec2> points) {
  return {std::move(points), true, true};
}

// From `from` to `to` in turns, clockwise from the right.
std::vector<ImVec2> arc(ImVec2 center, float rx, float ry, float from, float to) {
  const int steps = std::max(6, static_cast<int>(std::abs(to - from) * 28));
  std::vector<ImVec2> points;
  for (int i = 0; i <= steps; ++i) {
    const float turn = from + (to - from) * static_cast<float>(i) / static_cast<float>(steps);
    points.push_back(
        {center.x + std::cos(turn * kTurn) * rx, center.y + std::sin(turn * kTurn) * ry});
  }
  return points;
}

std::vector<ImVec2> circle(ImVec2 center, float radius) {
  std::vector<ImVec2> points = arc(center, radius, radius, 0, 1);
  points.pop_back();  // the first one again
  return points;
}

std::vector<ImVec2> box(float left, float top, float right, float bottom, float rounding = 0.1F) {
  std::vector<ImVec2> points;
  const auto corner = [&](float x, float y, float from) {
    for (const ImVec2& point : arc({x, y}, rounding, rounding, from, from + 0.25F))
      points.push_back(point);
  };
  corner(right - rounding, bottom - rounding, 0);
  corner(left + rounding, bottom - rounding, 0.25F);
  corner(left + rounding, top + rounding, 0.5F);
  corner(right - rounding, top + rounding, 0.75F);
  return points;
}

IconPath dot(float x, float y, float radius) {
  return filled(circle({x, y}, radius));
}

Paths client() {
  return {closed(circle({0, -0.42F}, 0.4F)), closed([] {
            std::vector<ImVec2> points = arc({0, 0.9F}, 0.82F, 0.78F, 0.5F, 1);
            return points;
          }())};
}

Paths load_balancer() {
  Paths paths = {dot(-0.78F, 0, 0.2F), open({{-0.7F, 0}, {-0.1F, 0}})};
  for (const float y : {-0.7F, 0.0F, 0.7F}) {
    paths.push_back(open({{-0.1F, 0}, {0.7F, y}}));
    paths.push_back(dot(0.78F, y, 0.2F));
  }
  return paths;
}

Paths service() {
  Paths paths;
  for (const float y : {-0.62F, 0.0F, 0.62F}) {
    paths.push_back(closed(box(-0.85F, y - 0.24F, 0.85F, y + 0.24F)));
    paths.push_back(dot(0.5F, y, 0.1F));
  }
  return paths;
}

Paths cache() {
  return {closed({{0.18F, -0.95F},
                  {-0.62F, 0.15F},
                  {-0.05F, 0.15F},
                  {-0.18F, 0.95F},
                  {0.62F, -0.15F},
                  {0.05F, -0.15F}})};
}

Paths database() {
  return {closed(arc({0, -0.6F}, 0.75F, 0.28F, 0, 1)), open(arc({0, 0}, 0.75F, 0.28F, 0, 0.5F)),
          open([] {
            std::vector<ImVec2> points = {{0.75F, -0.6F}};
            for (const ImVec2& point : arc({0, 0.6F}, 0.75F, 0.28F, 0, 0.5F))
              points.push_back(point);
            points.push_back({-0.75F, -0.6F});
            return points;
          }())};
}

Paths queue() {
  Paths paths;
  for (const float x : {-0.78F, -0.26F, 0.26F})
    paths.push_back(filled(box(x - 0.16F, -0.55F, x + 0.16F, 0.55F, 0.06F)));
  paths.push_back(closed(box(0.62F, -0.5F, 0.92F, 0.5F, 0.06F)));
  return paths;
}

// A wheel with teeth: worker and gear.
std::vector<ImVec2> cog(int teeth, float inner, float outer) {
  std::vector<ImVec2> points;
  for (int i = 0; i < teeth; ++i) {
    const float turn = static_cast<float>(i) / static_cast<float>(teeth);
    const float quarter = 0.25F / static_cast<float>(teeth);
    const auto add = [&](float at, float radius) {
      points.push_back({std::cos(at * kTurn) * radius, std::sin(at * kTurn) * radius});
    };
    add(turn - quarter * 1.1F, inner);
    add(turn - quarter * 0.7F, outer);
    add(turn + quarter * 0.7F, outer);
    add(turn + quarter * 1.1F, inner);
  }
  return points;
}

Paths worker() {
  return {closed(cog(6, 0.62F, 0.95F)), filled({{-0.2F, -0.32F}, {0.34F, 0}, {-0.2F, 0.32F}})};
}

Paths gear() {
  return {closed(cog(8, 0.68F, 0.95F)), closed(circle({0, 0}, 0.3F))};
}

// A lambda.
Paths function() {
  return {open({{-0.62F, -0.9F}, {-0.28F, -0.9F}, {0.5F, 0.9F}, {0.72F, 0.9F}}),
          open({{0.02F, -0.18F}, {-0.6F, 0.9F}})};
}

Paths external() {
  return {closed(circle({0, 0}, 0.9F)), closed(arc({0, 0}, 0.4F, 0.9F, 0, 1)),
          open({{-0.9F, 0}, {0.9F, 0}})};
}

Paths cluster() {
  return {closed(box(-0.9F, -0.9F, -0.1F, -0.1F)), closed(box(0.1F, -0.9F, 0.9F, -0.1F)),
          closed(box(-0.9F, 0.1F, -0.1F, 0.9F)), closed(box(0.1F, 0.1F, 0.9F, 0.9F))};
}

Paths unknown() {
  return {closed(box(-0.85F, -0.85F, 0.85F, 0.85F, 0.25F)), open([] {
            std::vector<ImVec2> points = arc({0, -0.2F}, 0.3F, 0.3F, 0.5F, 1.15F);
            points.push_back({0, 0.2F});
            return points;
          }()),
          dot(0, 0.5F, 0.13F)};
}

Paths play() {
  return {filled({{-0.55F, -0.8F}, {0.8F, 0}, {-0.55F, 0.8F}})};
}

Paths pause() {
  return {filled(box(-0.65F, -0.75F, -0.2F, 0.75F)), filled(box(0.2F, -0.75F, 0.65F, 0.75F))};
}

Paths step() {
  return {filled({{-0.65F, -0.75F}, {0.4F, 0}, {-0.65F, 0.75F}}),
          filled(box(0.45F, -0.75F, 0.7F, 0.75F, 0.05F))};
}

Paths skip() {
  return {filled({{-0.9F, -0.7F}, {0, 0}, {-0.9F, 0.7F}}),
          filled({{0, -0.7F}, {0.9F, 0}, {0, 0.7F}})};
}

Paths restart() {
  return {filled({{0.65F, -0.75F}, {0.65F, 0.75F}, {-0.4F, 0}}),
          filled(box(-0.7F, -0.75F, -0.45F, 0.75F, 0.05F))};
}

Paths stop() {
  return {filled(box(-0.65F, -0.65F, 0.65F, 0.65F))};
}

Paths camera() {
  return {closed({{-0.9F, -0.45F},
                  {-0.42F, -0.45F},
                  {-0.25F, -0.72F},
                  {0.25F, -0.72F},
                  {0.42F, -0.45F},
                  {0.9F, -0.45F},
                  {0.9F, 0.7F},
                  {-0.9F, 0.7F}}),
          closed(circle({0, 0.1F}, 0.36F))};
}

// Convex pieces that meet where the bolt is bent.
Paths bolt() {
  return {filled({{0.25F, -1}, {-0.6F, 0.15F}, {0.05F, 0.15F}}),
          filled({{-0.25F, 1}, {0.6F, -0.15F}, {-0.05F, -0.15F}}),
          filled({{-0.05F, -0.15F}, {0.6F, -0.15F}, {0.05F, 0.15F}, {-0.6F, 0.15F}})};
}

Paths warning() {
  return {closed({{0, -0.85F}, {0.95F, 0.8F}, {-0.95F, 0.8F}}), open({{0, -0.3F}, {0, 0.28F}}),
          dot(0, 0.54F, 0.12F)};
}

Paths ok() {
  return {open({{-0.75F, 0.05F}, {-0.2F, 0.6F}, {0.8F, -0.6F}})};
}

Paths cross() {
  return {open({{-0.65F, -0.65F}, {0.65F, 0.65F}}), open({{-0.65F, 0.65F}, {0.65F, -0.65F}})};
}

Paths idle() {
  return {closed(circle({0, 0}, 0.6F)), open({{-0.3F, 0}, {0.3F, 0}})};
}

Paths search() {
  return {closed(circle({-0.2F, -0.2F}, 0.58F)), open({{0.24F, 0.24F}, {0.85F, 0.85F}})};
}

Paths folder() {
  return {closed({{-0.9F, -0.65F},
                  {-0.25F, -0.65F},
                  {-0.05F, -0.4F},
                  {0.9F, -0.4F},
                  {0.9F, 0.7F},
                  {-0.9F, 0.7F}})};
}

Paths plus() {
  return {open({{-0.75F, 0}, {0.75F, 0}}), open({{0, -0.75F}, {0, 0.75F}})};
}

Paths minus() {
  return {open({{-0.75F, 0}, {0.75F, 0}})};
}

Paths info() {
  return {closed(circle({0, 0}, 0.88F)), open({{0, -0.05F}, {0, 0.5F}}), dot(0, -0.42F, 0.13F)};
}

Paths flag() {
  return {open({{-0.6F, -0.9F}, {-0.6F, 0.95F}}),
          filled({{-0.6F, -0.85F}, {0.75F, -0.4F}, {-0.6F, 0.05F}})};
}

Paths target() {
  return {closed(circle({0, 0}, 0.88F)), closed(circle({0, 0}, 0.46F)), dot(0, 0, 0.16F)};
}

Paths eye() {
  std::vector<ImVec2> lids = arc({0, 0.62F}, 1.1F, 1.2F, 0.58F, 0.92F);
  for (const ImVec2& point : arc({0, -0.62F}, 1.1F, 1.2F, 0.08F, 0.42F)) lids.push_back(point);
  return {closed(std::move(lids)), dot(0, 0, 0.27F)};
}

}  // namespace

std::vector<IconPath> make_icon(Icon icon) {
  switch (icon) {
    case Icon::client:
      return client();
    case Icon::load_balancer:
      return load_balancer();
    case Icon::service:
      return service();
    case Icon::cache:
      return cache();
    case Icon::database:
      return database();
    case Icon::queue:
      return queue();
    case Icon::worker:
      return worker();
    case Icon::function:
      return function();
    case Icon::external:
      return external();
    case Icon::cluster:
      return cluster();
    case Icon::unknown:
      return unknown();
    case Icon::play:
      return play();
    case Icon::pause:
      return pause();
    case Icon::step:
      return step();
    case Icon::skip:
      return skip();
    case Icon::restart:
      return restart();
    case Icon::stop:
      return stop();
    case Icon::camera:
      return camera();
    case Icon::bolt:
      return bolt();
    case Icon::warning:
      return warning();
    case Icon::ok:
      return ok();
    case Icon::cross:
      return cross();
    case Icon::idle:
      return idle();
    case Icon::search:
      return search();
    case Icon::gear:
      return gear();
    case Icon::folder:
      return folder();
    case Icon::plus:
      return plus();
    case Icon::minus:
      return minus();
    case Icon::info:
      return info();
    case Icon::flag:
      return flag();
    case Icon::target:
      return target();
    case Icon::eye:
      return eye();
  }
  return {};
}

}  // namespace highwater::viewer
