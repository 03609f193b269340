#include "viewer/draw/topology_card.h"

#include <string>

#include <catch2/catch.hpp>

#include "tests/drawing/headless.h"
#include "tests/drawing/topology_models.h"
#include "viewer/draw/topology_overview.h"
#include "viewer/draw/topology_paint.h"

namespace highwater::viewer::topology {
namespace {

constexpr CardNeeds kAll{1, true, true, true, true};

TEST_CASE("topology card: rows are given up from the least important", "[drawing]") {
  // Padding 8, name 17, gap 2, lines of 14: what remains of the height is for the rest, in this
  // order: figures compared with 14, bar 6, curve 12, foot 16, number of the bar 8.
  const auto rows = [](float height) { return rows_of(height, 17, 14, 8, 1, kAll); };
  const float bare = 8 + 17 + 2 + 14 + 8;
  CHECK(rows(bare).name.height == 17);
  CHECK(rows(bare).figures.top == 8 + 17 + 2);
  CHECK_FALSE(rows(bare + 13).ghost);
  CHECK(rows(bare + 14).ghost);
  CHECK_FALSE(rows(bare + 19).bar);
  CHECK(rows(bare + 20).bar);
  CHECK_FALSE(rows(bare + 31).sparkline);
  CHECK(rows(bare + 32).sparkline);
  CHECK_FALSE(rows(bare + 47).foot);
  CHECK(rows(bare + 48).foot);
  CHECK_FALSE(rows(bare + 55).percent);
  CHECK(rows(bare + 56).percent);
}

TEST_CASE("topology card: rows stay within the card and apart", "[drawing]") {
  for (float height = 60; height < 260; height += 1)
    for (int needs = 0; needs < 32; ++needs) {
      const CardRows rows = rows_of(
          height, 15, 13, 5, 1,
          {1 + needs / 16, (needs & 1) != 0, (needs & 2) != 0, (needs & 4) != 0, (needs & 8) != 0});
      float bottom = 0;
      for (const CardRows::Row& row :
           {rows.name, rows.figures, rows.ghost, rows.sparkline, rows.bar, rows.foot}) {
        if (!row) continue;
        CAPTURE(height, needs);
        CHECK(row.top >= bottom - 0.01F);
        bottom = row.top + row.height;
        CHECK(bottom <= height - 4.9F);
      }
    }
}

TEST_CASE("topology card: troubles are named, worst first", "[drawing]") {
  Census census;
  census.counts = {5, 2, 1, 0, 3, 4};  // up, slow, failing, paused, down, absent
  CHECK(troubles_of(census, 4) == "3 down, 1 failing, 2 slow");
  CHECK(troubles_of(census, 1) == "3 down");
  census.counts = {5, 0, 0, 0, 0, 1};
  CHECK(troubles_of(census, 4).empty());
}

TEST_CASE("topology paint: text is cut where it is too wide", "[drawing]") {
  const Headless headless;
  ImFont* const font = headless.look().font(TextRole::body);
  const std::string name = "recommendations-service";
  CHECK(shortened(font, name, width_of(font, name) + 1) == name);
  const std::string cut = shortened(font, name, width_of(font, name) * 0.6F);
  CHECK(cut.size() < name.size());
  CHECK(cut.substr(0, 5) == "recom");
  CHECK(width_of(font, cut) <= width_of(font, name) * 0.6F);
  CHECK(shortened(font, "order-service", width_of(font, "order-\xE2\x80\xA6") + 0.5F) ==
        "order\xE2\x80\xA6");
  CHECK(shortened(font, name, 2).empty());
  CHECK(shortened(font, "", 100).empty());
}

TEST_CASE("topology paint: text is never smaller than it was made for", "[drawing]") {
  const Headless headless;
  const Look& look = headless.look();
  ImFont* const least = look.font(TextRole::small);
  CHECK(text_font(look, 0.01F) == least);
  CHECK(text_font(look, 5)->FontSize >= look.font(TextRole::body)->FontSize);
  for (float zoom = 0.1F; zoom < 2; zoom += 0.1F)
    CHECK(number_font(look, zoom)->FontSize >= look.font(TextRole::mono_small)->FontSize);
  CHECK(percent(0.426) == "43%");
  CHECK(percent(1) == "100%");
}

TEST_CASE("topology paint: what is dimmed still hides what is behind it", "[drawing]") {
  Headless headless;
  headless.frame([&] {
    const Brush whole{*ImGui::GetWindowDrawList(), headless.look()};
    const Brush half{*ImGui::GetWindowDrawList(), headless.look(), 0.5F};
    const Color raised = headless.look().theme.raised;
    CHECK(whole.color(raised) == raised);
    CHECK(half.color(raised) != raised);
    CHECK(opacity(half.color(raised)) == 255);
    CHECK(opacity(half.color(faded(raised, 0.5F))) == opacity(faded(raised, 0.5F)));
  });
}

TEST_CASE("topology card: few instances are drawn one by one, many as a distribution",
          "[drawing]") {
  Headless headless;
  const auto parts_of = [&](std::size_t count) {
    const Sample sample = replicas(count);
    const Scene scene = scene_of(sample.model, {});
    Readings readings;
    readings.take(sample.model, scene, Limits());
    CardParts parts;
    headless.frame([&] {
      const Brush brush{*ImGui::GetWindowDrawList(), headless.look()};
      parts = paint_card(brush, {{10, 10}, {210, 106}}, sample.model, scene.spots[1],
                         readings.spots[1], {"a", "b"}, CardState());
    });
    return parts;
  };
  const CardParts few = parts_of(12);
  REQUIRE(few.each.size() == 12);
  REQUIRE(few.instances);
  for (const CardParts::OfInstance& each : few.each) {
    CHECK(few.instances->grown(1).holds(each.rect));
    CHECK(Rect{{10, 10}, {210, 106}}.holds(each.rect));
  }
  CHECK(few.each[3].instance == 3);
  const CardParts many = parts_of(13);
  CHECK(many.each.empty());
  CHECK(many.instances);
  CHECK_FALSE(parts_of(1).instances);
}

TEST_CASE("topology overview: what fares badly is named first", "[drawing]") {
  Sample sample = shop(ShopState::normal);
  for (Instance& instance : sample.model.nodes[7].instances)
    instance.state = InstanceState::down;  // orders
  const Scene scene = scene_of(sample.model, {});
  Readings readings;
  readings.take(sample.model, scene, Limits());
  const auto names = by_importance(scene, readings, {}, 3);
  REQUIRE(names.size() == 3);
  CHECK(scene.spots[names[0]].id == "orders");
  CHECK(scene.spots[names[1]].id == "web");  // most neighbours, and the first of those
  const auto first = by_importance(scene, readings, {0}, 2);
  CHECK(first[0] == 0);
  CHECK(scene.spots[first[1]].id == "orders");
}

TEST_CASE("topology overview: the minimap knows where it shows what", "[drawing]") {
  const Headless headless;
  const Rect canvas{{100, 100}, {900, 700}};
  const Rect bounds{{0, 0}, {4000, 1000}};
  const Minimap minimap = minimap_of(headless.look(), bounds, canvas);
  CHECK(canvas.holds(minimap.rect));
  CHECK(minimap.rect.width() > 3 * minimap.rect.height());
  const ImVec2 middle = minimap.to_place(minimap.rect.center());
  CHECK(middle.x == Approx(2000).margin(30));
  CHECK(middle.y == Approx(500).margin(30));
}

}  // namespace
}  // namespace highwater::viewer::topology
