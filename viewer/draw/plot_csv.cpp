#include "viewer/draw/plot_csv.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "viewer/draw/decimate.h"

namespace highwater::viewer {
namespace {

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : std::string();
}

const char* x_name(Unit unit) {
  return unit == Unit::clock ? "time_s" : "x";
}

// The columns of a series: values by x.
struct Column {
  std::string name;
  std::map<double, double> values;
};

Column column_of(const PlotView& view, const Series& series, const Values& values,
                 const std::string& name) {
  Column column{name, {}};
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    const double position = to_position(view.geometry.x_kind, series.x[i]);
    if (view.geometry.x.contains(position)) column.values.emplace(series.x[i], values[i]);
  }
  return column;
}

std::vector<Column> columns_of(const PlotView& view) {
  std::vector<Column> columns;
  for (const Series& series : view.items.series) {
    if (!view.shows(series)) continue;
    switch (series.kind) {
      case SeriesKind::band:
        columns.push_back(column_of(view, series, series.y, series.name + " low"));
        columns.push_back(column_of(view, series, series.second, series.name + " high"));
        break;
      case SeriesKind::bars:
        columns.push_back(column_of(view, series, series.second, series.name + " to"));
        columns.push_back(column_of(view, series, series.y, series.name));
        break;
      default:
        columns.push_back(column_of(view, series, series.y, series.name));
    }
  }
  return columns;
}

std::string series_table(const PlotView& view) {
  const std::vector<Column> columns = columns_of(view);
  if (columns.empty()) return {};
  std::map<double, std::string> rows;  // in the order of x
  for (const Column& column : columns)
    for (const auto& [x, value] : column.values) rows.emplace(x, number(x));
  std::string text = x_name(view.options.x.unit);
  for (const Column& column : columns) {
    text += "," + csv_cell(column.name);
    for (auto& [x, row] : rows) {
      const auto found = column.values.find(x);
      row += "," + (found == column.values.end() ? std::string() : number(found->second));
    }
  }
  text += "\r\n";
  for (const auto& [x, row] : rows) text += row + "\r\n";
  return text;
}

std::string row_name(const PlotView& view, const HeatMap& heat, std::size_t row) {
  if (row < view.options.rows.size()) return csv_cell(view.options.rows[row]);
  const AxisKind kind = view.options.y.kind;
  const double lo = to_position(kind, heat.y_from);
  const double hi = to_position(kind, heat.y_to);
  const double share = static_cast<double>(row) / static_cast<double>(heat.rows);
  return number(from_position(kind, lo + (hi - lo) * share));
}

// One line for each cell that has a number, by column: easy to pivot, and empty cells cost nothing.
std::string heat_table(const PlotView& view, const HeatMap& heat) {
  std::string text = fmt::format("{},row,{}\r\n", x_name(view.options.x.unit),
                                 csv_cell(heat.name.empty() ? "amount" : heat.name));
  if (heat.cells.size() < heat.rows * heat.columns) return text;
  const double width = (heat.x_to - heat.x_from) / static_cast<double>(heat.columns);
  for (std::size_t column = 0; column < heat.columns; ++column) {
    const double x = heat.x_from + width * static_cast<double>(column);
    const double position = to_position(view.geometry.x_kind, x);
    if (!view.geometry.x.contains(position)) continue;
    for (std::size_t row = 0; row < heat.rows; ++row) {
      const double amount = heat.cells[row * heat.columns + column];
      if (std::isfinite(amount))
        text += number(x) + "," + row_name(view, heat, row) + "," + number(amount) + "\r\n";
    }
  }
  return text;
}

}  // namespace

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string csv_of(const PlotView& view) {
  std::string text = series_table(view);
  for (const HeatMap& heat : view.items.heats) {
    if (!text.empty()) text += "\r\n";
    text += heat_table(view, heat);
  }
  return text;
}

}  // namespace highwater::viewer
