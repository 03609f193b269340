#include "viewer/draw/topology_places.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <numeric>

#include "viewer/draw/topology_geometry.h"

namespace highwater::viewer::topology {
namespace {

constexpr float kUsualWidth = 1000, kUsualHeight = 420;  // in design pixels
constexpr float kReadable = 0.52F;                       // the zoom from which cards are full
constexpr float kWorthIt = 1.25F;  // so much larger must cards become for a layer to be folded

/// Cards by layer, each from top to bottom.
using Layers = std::vector<std::vector<std::size_t>>;

Layers layers_of(const std::vector<Position>& places) {
  std::map<long, std::vector<std::size_t>> by_column;
  for (std::size_t i = 0; i < places.size(); ++i)
    by_column[std::lround(places[i].column)].push_back(i);
  Layers layers;
  for (auto& [column, cards] : by_column) {
    std::stable_sort(cards.begin(), cards.end(), [&](std::size_t one, std::size_t other) {
      return places[one].row < places[other].row;
    });
    layers.push_back(std::move(cards));
  }
  return layers;
}

std::size_t columns_of(std::size_t cards, std::size_t rows) {
  return (cards + rows - 1) / rows;
}

float zoom_of(double columns, double rows) {
  const Grid grid;
  const auto width = static_cast<float>(columns - 1) * grid.column + grid.card_width;
  const auto height = static_cast<float>(rows - 1) * grid.row + grid.card_height;
  return std::min(kUsualWidth / width, kUsualHeight / height);
}

/// How many rows make cards largest if all layers are folded to them.
std::size_t best_rows(const Layers& layers, std::size_t highest, float& zoom) {
  std::size_t best = highest;
  zoom = 0;
  for (std::size_t rows = highest; rows > 0; --rows) {
    std::size_t columns = 0;
    for (const std::vector<std::size_t>& layer : layers) columns += columns_of(layer.size(), rows);
    const float here = zoom_of(static_cast<double>(columns), static_cast<double>(rows));
    if (here <= zoom) continue;
    zoom = here;
    best = rows;
  }
  return best;
}

void fold(const Layers& layers, std::size_t rows, std::vector<Position>& places) {
  std::size_t first = 0;
  for (const std::vector<std::size_t>& layer : layers) {
    const std::size_t columns = columns_of(layer.size(), rows);
    const std::size_t used = columns_of(layer.size(), columns);
    const double above = static_cast<double>(rows - used) / 2;
    for (std::size_t i = 0; i < layer.size(); ++i)
      places[layer[i]] = {static_cast<double>(first + i % columns),
                          above + static_cast<double>(i / columns)};
    first += columns;
  }
}

/// Rows that nobody stands in go; in one layer cards are at least one apart.
void close_up(const Layers& layers, std::vector<Position>& places) {
  std::vector<std::size_t> by_row(places.size());
  std::iota(by_row.begin(), by_row.end(), std::size_t{0});
  std::stable_sort(by_row.begin(), by_row.end(), [&](std::size_t one, std::size_t other) {
    return places[one].row < places[other].row;
  });
  double before = places[by_row.front()].row, row = before;
  for (const std::size_t card : by_row) {
    row += std::min(places[card].row - before, 1.0);
    before = places[card].row;
    places[card].row = row;
  }
  for (std::size_t column = 0; column < layers.size(); ++column)
    for (std::size_t i = 0; i < layers[column].size(); ++i) {
      Position& place = places[layers[column][i]];
      place.column = static_cast<double>(column);
      if (i > 0) place.row = std::max(place.row, places[layers[column][i - 1]].row + 1);
    }
}

}  // namespace

std::vector<Position> places_for(std::vector<Position> wanted, bool regroup) {
  if (wanted.empty()) return wanted;
  const Layers layers = layers_of(wanted);
  if (regroup) close_up(layers, wanted);
  const auto [top, bottom] = std::minmax_element(
      wanted.begin(), wanted.end(),
      [](const Position& one, const Position& other) { return one.row < other.row; });
  const float zoom = zoom_of(static_cast<double>(layers.size()), bottom->row - top->row + 1);
  if (zoom >= kReadable) return wanted;
  std::size_t highest = 0;
  for (const std::vector<std::size_t>& layer : layers) highest = std::max(highest, layer.size());
  float folded = 0;
  const std::size_t rows = best_rows(layers, highest, folded);
  if (folded >= kWorthIt * zoom) fold(layers, rows, wanted);
  return wanted;
}

}  // namespace highwater::viewer::topology
