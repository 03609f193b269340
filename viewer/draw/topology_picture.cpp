#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "viewer/draw/format.h"
#include "viewer/draw/icons.h"
#include "viewer/draw/topology_links.h"
#include "viewer/draw/topology_paint.h"
#include "viewer/draw/topology_particles.h"
#include "viewer/draw/topology_state.h"
#include "viewer/draw/topology_summary.h"

namespace highwater::viewer {

using namespace topology;  // NOLINT(google-build-using-namespace): their one user

namespace {

constexpr float kHoverDim = 0.68F;
constexpr float kSelectionDim = 0.3F;

}  // namespace

/// Decides what is dimmed, and moves there in a few frames.
void TopologyCanvas::State::weigh() {
  Focus now;
  float wish = 0;
  const bool pointing = hit.kind != Hit::Kind::empty && hit.kind != Hit::Kind::frame &&
                        hit.kind != Hit::Kind::minimap && gesture != Gesture::pan &&
                        gesture != Gesture::connect;
  if (pointing) {
    now = focus_of(*model, scene, target_of(hit, *model, scene));
    wish = kHoverDim;
  }
  if (now.empty() && selected) {
    now = focus_of(*model, scene, *selected);
    wish = kSelectionDim;
  }
  if (!now.empty())
    focus = std::move(now);
  else
    wish = 0;
  const float share = options->reduced_motion ? 1 : 1 - std::exp(-16 * ImGui::GetIO().DeltaTime);
  dimmed += (wish - dimmed) * share;
  if (std::abs(wish - dimmed) < 0.01F) dimmed = wish;
  if (dimmed == 0) focus = {};
  strengths.take(scene, focus, dimmed, found_spots);
}

std::vector<std::size_t> TopologyCanvas::State::named() const {
  std::vector<std::size_t> spots;
  const auto add = [&](std::size_t spot) {
    if (std::find(spots.begin(), spots.end(), spot) == spots.end()) spots.push_back(spot);
  };
  for (const std::size_t spot : focus.spots)
    if (spots.size() < 40) add(spot);
  if (selected)
    if (const std::optional<std::size_t> spot = spot_of(*selected)) add(*spot);
  for (std::size_t i = 0; i < found_spots.size() && !options->search.empty(); ++i)
    if (found_spots[i] && spots.size() < 80) add(i);
  return spots;
}

void TopologyCanvas::State::paint(ImDrawList& list) {
  hits.clear();
  list.PushClipRect(canvas.min, canvas.max, true);
  paint_ground(list);
  if (scene.spots.empty()) {
    const Brush brush{list, *look};
    ImFont* const font = look->font(TextRole::body);
    const std::string_view text = "Nothing here yet";
    brush.text(font,
               {canvas.center().x - width_of(font, text) / 2, canvas.center().y - font->FontSize},
               look->theme.dim, text);
  }
  std::optional<std::size_t> hovered_frame;
  if (hit.kind == Hit::Kind::frame || hit.kind == Hit::Kind::plate) hovered_frame = hit.index;
  const Brush brush{list, *look};
  const std::vector<Rect> plates =
      paint_frames(brush, *model, scene, strengths.spots, camera, canvas, hovered_frame);
  for (std::size_t i = 0; i < plates.size(); ++i)
    if (plates[i].width() > 0) hits.add({Hit::Kind::plate, i, 0, 0}, plates[i]);

  const Overview overview{camera, canvas, detail, strengths.spots, named()};
  if (detail == Detail::density) {
    paint_flows(list, *look, scene, readings, overview);
    paint_density(list, *look, scene, readings, overview);
  } else {
    LinkStyle style;
    style.camera = camera;
    style.visible = visible();
    style.detail = detail;
    style.limits = options->limits;
    style.time_s = options->time_s;
    style.particles = options->particles;
    style.reduced_motion = options->reduced_motion;
    paint_links(list, *look, scene, readings, strengths.links, style);
    if (detail == Detail::dot)
      paint_dots(list, *look, scene, readings, overview);
    else
      paint_cards(list);
  }
  paint_link_labels(list);
  paint_ports(list);
  paint_corners(list);
  list.PopClipRect();
}

/// Points that move along, so that one sees how far the canvas was moved.
void TopologyCanvas::State::paint_ground(ImDrawList& list) const {
  float step = 28 * camera.unit();
  if (!(step > 0)) return;
  while (step < look->px(22)) step *= 2;
  while (step > look->px(44)) step /= 2;
  const auto first = [step](float pan) { return std::fmod(std::fmod(pan, step) + step, step); };
  const float side = std::max(1.0F, std::floor(look->scale));
  const Color ink = mixed(look->theme.background, look->theme.border, 0.75F);
  for (float y = first(camera.pan.y); y < canvas.height(); y += step)
    for (float x = first(camera.pan.x); x < canvas.width(); x += step) {
      const ImVec2 min{std::round(canvas.min.x + x), std::round(canvas.min.y + y)};
      list.AddRectFilled(min, {min.x + side, min.y + side}, ink);
    }
}

void TopologyCanvas::State::paint_cards(ImDrawList& list) {
  const Rect shown = canvas.grown(look->px(12));
  std::optional<std::size_t> last;
  if (gesture == Gesture::card) last = pressed_on.index;
  for (std::size_t i = 0; i < scene.spots.size(); ++i)
    if (i != last && camera.to_screen(scene.spots[i].rect).overlaps(shown)) paint_card_of(list, i);
  if (last) paint_card_of(list, *last);
}

void TopologyCanvas::State::paint_card_of(ImDrawList& list, std::size_t index) {
  const Scene::Spot& spot = scene.spots[index];
  const Readings::OfSpot& reading = readings.spots[index];
  const Target target = spot.group ? Target::group(spot.id) : Target::node(spot.id);
  CardState state;
  state.hovered =
      hit.index == index && (hit.kind == Hit::Kind::spot || hit.kind == Hit::Kind::instances ||
                             hit.kind == Hit::Kind::instance || hit.kind == Hit::Kind::expand ||
                             hit.kind == Hit::Kind::port);
  state.selected = selected && (*selected == target || (selected->kind == Target::Kind::instance &&
                                                        selected->id == spot.id));
  state.marked = !options->search.empty() && found_spots[index];
  if (gesture == Gesture::connect && pressed_on.index != index)
    state.selected = camera.to_screen(spot.rect).contains(ImGui::GetIO().MousePos);
  state.comparing = reading.other.has_value();
  if (reading.health >= Health::bad) state.glow = pulse(options->time_s, options->reduced_motion);
  state.zoom = camera.zoom;
  state.detail = detail;
  state.limits = options->limits;
  const Rect rect = snapped(camera.to_screen(spot.rect));
  const Brush brush{list, *look, strengths.spots[index]};
  const CardParts parts = paint_card(brush, rect, *model, spot, reading, zone_names, state);
  if (parts.instances) hits.add({Hit::Kind::instances, index, 0, 0}, parts.instances->grown(2));
  for (const CardParts::OfInstance& each : parts.each)
    hits.add({Hit::Kind::instance, index, each.node, each.instance}, each.rect);
  if (parts.expand) hits.add({Hit::Kind::expand, index, 0, 0}, *parts.expand);
}

/// Where a connection can be drawn from: on the card under the pointer, and faintly on all others.
void TopologyCanvas::State::paint_ports(ImDrawList& list) {
  if (!options->editing || detail < Detail::compact) return;
  const Brush brush{list, *look};
  const Theme& theme = look->theme;
  for (std::size_t i = 0; i < scene.spots.size(); ++i) {
    if (scene.spots[i].group) continue;
    const ImVec2 center = port_of(i);
    const float reach = look->px(9);
    const Rect area = Rect::around(center, {2 * reach, 2 * reach});
    if (!area.overlaps(canvas)) continue;
    hits.add({Hit::Kind::port, i, 0, 0}, area);
    const bool strong = hit.kind == Hit::Kind::port && hit.index == i;
    const float radius = look->px(strong ? 6 : 4);
    list.AddCircleFilled(center, radius, strong ? theme.accent : theme.raised);
    list.AddCircle(center, radius, strong ? theme.accent : theme.dim, 0,
                   std::max(1.0F, look->px(1.5F)));
    if (strong) brush.icon(Icon::plus, center, radius * 0.6F, theme.on_accent);
  }
  if (gesture != Gesture::connect) return;
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const Hit there = hits.at(mouse, scene, camera, detail, 0);
  const bool possible = (there.kind == Hit::Kind::spot || there.kind == Hit::Kind::instances ||
                         there.kind == Hit::Kind::instance || there.kind == Hit::Kind::port) &&
                        there.index != pressed_on.index && !scene.spots[there.index].group;
  paint_connection(brush, port_of(pressed_on.index), mouse, possible);
}

void TopologyCanvas::State::paint_link_labels(ImDrawList& list) {
  if (detail < Detail::compact) return;
  constexpr std::size_t kMostLabels = 24;
  std::vector<LinkLabel> labels;
  const auto add_of = [&](const Target& target) {
    if (target.kind == Target::Kind::edge) {
      if (const std::optional<std::size_t> link = scene.link_between(target.id, target.to))
        labels.push_back({*link, true});
    } else if (const std::optional<std::size_t> spot = spot_of(target)) {
      for (const std::vector<std::size_t>* links :
           {&scene.spots[*spot].out, &scene.spots[*spot].in})
        for (const std::size_t link : *links)
          if (labels.size() < kMostLabels) labels.push_back({link, false});
    }
  };
  if (events.hovered) add_of(*events.hovered);
  if (selected) add_of(*selected);
  if (labels.empty()) return;
  std::stable_sort(labels.begin(), labels.end(),
                   [](const LinkLabel& a, const LinkLabel& b) { return a.strong && !b.strong; });
  const auto same = [](const LinkLabel& a, const LinkLabel& b) { return a.link == b.link; };
  std::vector<LinkLabel> once;
  for (const LinkLabel& label : labels)
    if (std::none_of(once.begin(), once.end(),
                     [&](const LinkLabel& other) { return same(label, other); }))
      once.push_back(label);
  paint_labels({list, *look}, *model, scene, readings, once, camera, canvas);
}

/// Minimap and legend.
void TopologyCanvas::State::paint_corners(ImDrawList& list) {
  const Brush brush{list, *look};
  minimap.reset();
  const Rect shown = visible();
  if (options->minimap && scene.spots.size() > 1 && !shown.grown(2).holds(scene.bounds)) {
    minimap = minimap_of(*look, scene.bounds, canvas);
    paint_minimap(brush, scene, readings, *minimap, shown);
    hits.add({Hit::Kind::minimap, 0, 0, 0}, minimap->rect);
  }
  if (model->zones.size() < 2) return;
  std::optional<std::size_t> hovered;
  if (hit.kind == Hit::Kind::zone) hovered = hit.index;
  const ImVec2 place{canvas.min.x + look->px(10), canvas.max.y - look->px(10)};
  const std::vector<Rect> plates = paint_legend(brush, *model, place, hovered);
  for (std::size_t zone = 0; zone < plates.size(); ++zone)
    hits.add({Hit::Kind::zone, zone, 0, 0}, plates[zone]);
}

/// Says what the card under the pointer has no room for.
void TopologyCanvas::State::paint_tooltip() const {
  const auto begin = [&] {
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(look->px(10), look->px(8)));
    ImGui::BeginTooltip();
    ImGui::PopStyleVar();
  };
  const auto line = [&](const std::string& text) {
    ImGui::PushStyleColor(ImGuiCol_Text, look->theme.dim);
    ImGui::TextUnformatted(text.c_str());
    ImGui::PopStyleColor();
  };
  if (hit.kind == Hit::Kind::instance) {
    const Instance& instance = model->nodes[hit.node].instances[hit.instance];
    begin();
    ImGui::TextUnformatted(instance.label.c_str());
    std::string text(word_of(instance.state));
    if (!std::isnan(instance.utilization)) text += ", " + percent(instance.utilization) + " used";
    if (instance.zone < model->zones.size()) text += ", in " + model->zones[instance.zone].name;
    line(text);
    ImGui::EndTooltip();
    return;
  }
  if (hit.kind != Hit::Kind::spot || detail == Detail::full) return;
  const Scene::Spot& spot = scene.spots[hit.index];
  const Readings::OfSpot& reading = readings.spots[hit.index];
  begin();
  ImGui::TextUnformatted(spot.id.c_str());
  const Figures& now = reading.now;
  std::string text = format(now.rate_per_s, Unit::rate);
  if (!std::isnan(now.p99_ms)) text += ", p99 " + format(now.p99_ms, Unit::milliseconds);
  if (!std::isnan(now.utilization)) text += ", " + percent(now.utilization) + " used";
  line(text);
  if (now.error_share > 0) line(format(now.error_share, Unit::ratio, 2) + " errors");
  const std::string troubles = troubles_of(reading.census, 4);
  if (!troubles.empty()) line(troubles);
  for (const std::size_t node : spot.nodes)
    for (const std::string& fault : model->nodes[node].faults) line(fault);
  ImGui::EndTooltip();
}

void TopologyCanvas::State::list_instances() {
  if (!opened) return;
  const std::optional<std::size_t> spot = spot_of(*opened);
  if (!spot) {
    opened.reset();
    return;
  }
  const Rect card = camera.to_screen(scene.spots[*spot].rect);
  const InstanceList::Events seen =
      instance_list.draw(*look, *model, scene.spots[*spot], readings.spots[*spot], options->limits,
                         card, canvas, selected);
  if (seen.hovered) events.hovered = seen.hovered;
  if (seen.clicked) select(seen.clicked);
  if (seen.menu) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    events.menu = Menu{*seen.menu, mouse, position_of(camera.to_place(mouse), scene.grid)};
    select(seen.menu);
  }
  if (seen.close) opened.reset();
}

}  // namespace highwater::viewer
