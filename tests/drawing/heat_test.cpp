#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "viewer/draw/heat_grid.h"

namespace highwater::viewer {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// A view of 100 x 40 pixels from (10, 20), on which a heat map of `columns` times `rows` lies.
struct Grid {
  std::vector<float> values;
  PlotItems items;
  PlotOptions options;
  PlotState state;
  HeatMap heat;

  Grid(std::size_t columns, std::size_t rows, std::vector<float> cells) : values(std::move(cells)) {
    heat.columns = columns;
    heat.rows = rows;
    heat.cells = values;
    heat.x_to = static_cast<double>(columns);
    heat.y_to = static_cast<double>(rows);
  }

  PlotView view() const {
    PlotView view{.items = items, .options = options, .state = state};
    view.geometry.area_min = {10, 20};
    view.geometry.area_max = {110, 60};
    view.geometry.x = {0, heat.x_to};
    view.geometry.y = {0, heat.y_to};
    return view;
  }

  std::vector<Cell> cells(float gap = 0) const { return cells_of(view(), heat, dark_theme(), gap); }
};

TEST_CASE("heat: cells stand where their values are", "[drawing][heat]") {
  const Grid grid(2, 2, {1, 2, 3, 4});
  const std::vector<Cell> cells = grid.cells();
  REQUIRE(cells.size() == 4);
  CHECK(cells[0].min.x == 10);
  CHECK(cells[0].max.x == 60);
  CHECK(cells[0].min.y == 40);  // row 0 is the lowest
  CHECK(cells[0].max.y == 60);
  CHECK(cells[3].min.x == 60);
  CHECK(cells[3].min.y == 20);
  CHECK(cells[3].color == dark_theme().density.at(1));
  CHECK(cells[0].color == dark_theme().density.at(0.25F));
}

TEST_CASE("heat: named rows go from the top down", "[drawing][heat]") {
  Grid grid(1, 2, {1, 2});
  grid.options.rows = {"first", "second"};
  const std::vector<Cell> cells = grid.cells(2);
  REQUIRE(cells.size() == 2);
  CHECK(cells[0].min.y == 20);
  CHECK(cells[0].max.y == 38);  // with the gap
  CHECK(cell_at(grid.view(), grid.heat, {50, 25})->row == 0);
  CHECK(cell_at(grid.view(), grid.heat, {50, 55})->row == 1);
}

TEST_CASE("heat: nothing, no number and zero", "[drawing][heat]") {
  Grid grid(4, 1, {0, kNan, 1, 0});
  CHECK(grid.cells().size() == 1);
  grid.heat.colors = HeatColors::level;
  CHECK(grid.cells().size() == 3);
  CHECK(grid.cells()[0].color == dark_theme().level.at(0));
  const Grid none(2, 1, {0, 0});
  CHECK(none.cells().empty());
  Grid short_of_cells(4, 4, {1});
  CHECK(short_of_cells.cells().empty());
}

TEST_CASE("heat: neighbours of one colour are one rectangle", "[drawing][heat]") {
  const Grid grid(5, 1, {3, 3, 3, 9, 9});
  const std::vector<Cell> cells = grid.cells();
  REQUIRE(cells.size() == 2);
  CHECK(cells[0].max.x == 70);
  CHECK(cells[1].max.x == 110);
}

TEST_CASE("heat: the largest of what shares a pixel is seen", "[drawing][heat]") {
  std::vector<float> many(1000 * 400, 1);
  many[777 + 333 * 1000] = 50;
  const Grid grid(1000, 400, many);
  int hot = 0;
  for (const Cell& cell : grid.cells())
    if (cell.color == dark_theme().density.at(1)) {
      ++hot;
      CHECK(cell.min.x == Approx(10 + 77.7).margin(1));
      CHECK(cell.min.y == Approx(60 - 33.3).margin(1.1));
    }
  CHECK(hot == 1);
}

TEST_CASE("heat: scales of amounts", "[drawing][heat]") {
  HeatMap heat;
  CHECK(color_share(heat, 25, 100) == Approx(0.25));
  CHECK(color_share(heat, 200, 100) == 1);
  CHECK(color_share(heat, -5, 100) == 0);
  heat.scale = HeatScale::square_root;
  CHECK(color_share(heat, 25, 100) == Approx(0.5));
  heat.scale = HeatScale::logarithmic;
  CHECK(color_share(heat, 100, 100) == Approx(1));
  CHECK(color_share(heat, 0, 100) == 0);
  CHECK(color_share(heat, 1, 100) > 0.3F);
  CHECK(most_of(heat) == 1);
  heat.most = 7;
  CHECK(most_of(heat) == 7);
}

TEST_CASE("heat: the cell under the mouse", "[drawing][heat]") {
  const Grid grid(4, 2, {1, 2, 3, 4, 5, 6, 7, 8});
  const std::optional<CellIndex> cell = cell_at(grid.view(), grid.heat, {61, 59});
  REQUIRE(cell);
  CHECK(cell->column == 2);
  CHECK(cell->row == 0);
  CHECK(!cell_at(grid.view(), grid.heat, {5, 30}));
  CHECK(!cell_at(grid.view(), grid.heat, {50, 90}));
}

}  // namespace
}  // namespace highwater::viewer
