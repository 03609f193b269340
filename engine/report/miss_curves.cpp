#include "engine/report/miss_curves.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "engine/describe/value.h"
#include "engine/report/number_format.h"
#include "engine/report/terminal_table.h"

namespace highwater {
namespace {

Value text_value(const std::string& text) {
  return Value::string(text);
}

Value point_value(const MissCurves::Point& point) {
  Value out = Value::object();
  out.set("capacity", Value::whole(point.capacity));
  out.set("misses", Value::number(point.misses));
  Value ratio = Value::object();
  ratio.set("value", point.miss_ratio.value ? Value::number(*point.miss_ratio.value) : Value());
  if (point.miss_ratio.ci95) {
    ratio.set("ci95", Value::array({Value::number(point.miss_ratio.ci95->low),
                                    Value::number(point.miss_ratio.ci95->high)}));
  } else {
    ratio.set("ci95", Value());
  }
  if (!point.miss_ratio.note.empty()) ratio.set("note", text_value(point.miss_ratio.note));
  out.set("miss_ratio", std::move(ratio));
  return out;
}

}  // namespace

bool is_best(const MissCurves& curves, std::size_t row, const MissCurves::Curve& curve) {
  const Estimate& ratio = curve.points[row].miss_ratio;
  if (curves.samples > 0 || curve.bound || !ratio.value) return false;
  return std::all_of(curves.curves.begin(), curves.curves.end(), [&](const auto& other) {
    return other.bound || *ratio.value <= other.points[row].miss_ratio.value.value_or(HUGE_VAL);
  });
}

std::string miss_curves_method(const MissCurves& curves) {
  if (curves.samples == 0) return "every request simulated";
  return fmt::format("{} disjoint samples of {} of the keys each; intervals from their spread",
                     curves.samples, show_number(curves.sample_rate, "1").text());
}

std::string miss_curves_table(const MissCurves& curves, const TerminalOptions& terminal) {
  const Painter paint(terminal.color, terminal.utf8);
  std::string out = paint.paint(paint.plain(curves.trace), Tone::kStrong) + "\n";
  out += fmt::format("  {} requests for {} keys, {}\n\n", show_count(curves.requests),
                     show_count(curves.keys), miss_curves_method(curves));
  std::vector<TerminalTable::Column> columns{{"entries", 0}};
  int rank = 0;
  for (const MissCurves::Curve& curve : curves.curves) columns.push_back({curve.policy, rank++});
  TerminalTable table(columns);
  const std::size_t rows = curves.curves.empty() ? 0 : curves.curves.front().points.size();
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<TerminalTable::Cell> cells{
        {show_count(curves.curves.front().points[row].capacity), Tone::kPlain}};
    for (const MissCurves::Curve& curve : curves.curves) {
      const Estimate& ratio = curve.points[row].miss_ratio;
      const ShownNumber shown = show_estimate(ratio, "1");
      std::string text = shown.text();
      if (!shown.half_width.empty()) text += (terminal.utf8 ? " ±" : " +-") + shown.half_width;
      cells.push_back({std::move(text), is_best(curves, row, curve) ? Tone::kGood : Tone::kPlain});
    }
    table.add(std::move(cells));
  }
  out += "Miss ratio\n" + table.text(paint, terminal.width);
  for (const std::string& note : curves.notes)
    for (const std::string& line : paint.wrapped(note, terminal.width - 2)) out += line + "\n";
  if (!terminal.report_path.empty()) out += "\nReport: " + paint.plain(terminal.report_path) + "\n";
  return out;
}

std::string miss_curves_json(const MissCurves& curves) {
  Value out = Value::object();
  out.set("schema", Value::string("highwater/miss-curves/1"));
  out.set("trace", text_value(curves.trace));
  out.set("format", text_value(curves.format));
  out.set("requests", Value::whole(curves.requests));
  out.set("keys", Value::whole(curves.keys));
  out.set("samples", Value::whole(curves.samples));
  out.set("sample_rate", Value::number(curves.sample_rate));
  out.set("seed", Value::whole(curves.seed));
  Value list = Value::array();
  for (const MissCurves::Curve& curve : curves.curves) {
    Value one = Value::object();
    one.set("policy", text_value(curve.policy));
    one.set("summary", text_value(curve.summary));
    Value points = Value::array();
    for (const MissCurves::Point& point : curve.points) points.push(point_value(point));
    one.set("points", std::move(points));
    list.push(std::move(one));
  }
  out.set("curves", std::move(list));
  Value notes = Value::array();
  for (const std::string& note : curves.notes) notes.push(text_value(note));
  out.set("notes", std::move(notes));
  out.set("started", text_value(curves.started));
  out.set("version", text_value(curves.version));
  out.set("command", text_value(curves.command));
  out.set("wall_s", Value::number(curves.wall_s));
  return write_json(out) + "\n";
}

std::string miss_curves_csv(const MissCurves& curves) {
  std::string csv = "policy,capacity,requests,misses,miss_ratio,ci95_low,ci95_high\n";
  for (const MissCurves::Curve& curve : curves.curves)
    for (const MissCurves::Point& point : curve.points) {
      const Estimate& ratio = point.miss_ratio;
      csv += fmt::format("{},{},{},{},{},{},{}\n", curve.policy, point.capacity, curves.requests,
                         shortest(point.misses), ratio.value ? shortest(*ratio.value) : "",
                         ratio.ci95 ? shortest(ratio.ci95->low) : "",
                         ratio.ci95 ? shortest(ratio.ci95->high) : "");
    }
  return csv;
}

}  // namespace highwater
