#include "tests/drawing/gallery.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "viewer/draw/widgets.h"

namespace highwater::viewer {
namespace {

constexpr std::size_t kCharts = 11;

// Noise around zero that is the same everywhere: no generator of a library.
double noise(std::size_t seed) {
  auto x = static_cast<std::uint32_t>(seed * 2654435761U + 12345U);
  double sum = 0;
  for (int i = 0; i < 4; ++i) {
    x = x * 1664525U + 1013904223U;
    sum += static_cast<double>(x >> 8U) / 16777216.0;
  }
  return (sum - 2) * 1.7;
}

double bump(double x, double from, double to) {
  return x > from && x < to ? std::sin((x - from) / (to - from) * 3.14159265) : 0;
}

bool between(double x, double from, double to) {
  return x >= from && x < to;
}

}  // namespace

SampleRun::SampleRun() : latency(kHeatRows * kBins), utilization(kInstances * kBins) {
  double backlog = 0;
  for (std::size_t i = 0; i < kBins; ++i) {
    const double t = static_cast<double>(i) / 2;
    const double load =
        8600 * std::min(1.0, t / 12) * (1 + 0.12 * std::sin(t / 48) + 0.5 * bump(t, 205, 240)) +
        90 * noise(i);
    const double capacity =
        10800 * (between(t, 92, 130) ? 0.7 : 1) * (between(t, 168, 192) ? 0.8 : 1);
    backlog = std::clamp(backlog + (load - capacity) / 2, 0.0, 8000.0);
    const double done = backlog > 0 ? std::min(load, capacity * 0.98 + 40 * noise(i + 7)) : load;
    const double median = 14 + 30 * std::pow(load / capacity, 4) + backlog / capacity * 900;
    time.push_back(t);
    offered.push_back(load);
    completed.push_back(done * 0.998);
    errors.push_back(std::max(0.0, load - done) * 0.7 + 4 * std::abs(noise(i + 3)));
    const bool silent = between(t, 262, 268);
    const auto value = [&](double factor, std::size_t salt) {
      return silent ? std::numeric_limits<double>::quiet_NaN()
                    : median * factor * (1 + 0.04 * noise(i * 4 + salt));
    };
    p50.push_back(value(1, 0));
    p90.push_back(value(1.9, 1));
    p99.push_back(value(4.1, 2));
    p999.push_back(value(7.5, 3));
    for (std::size_t row = 0; row < kHeatRows && !silent; ++row) {
      const double at = std::pow(10.0, 4 * (static_cast<double>(row) + 0.5) / kHeatRows);
      const double z = std::log10(at / median) / (at > median ? 0.32 : 0.16);
      const double hit = std::log10(at / 2.2) / 0.08;
      const double count = load / 22 * std::exp(-z * z / 2) + load / 30 * std::exp(-hit * hit / 2);
      latency[row * kBins + i] = static_cast<float>(std::max(0.0, std::floor(count)));
    }
    for (std::size_t row = 0; row < kInstances; ++row) {
      double share =
          std::min(0.99, load / capacity * 0.88) * (0.78 + 0.022 * static_cast<double>(row));
      share = std::clamp(share + 0.015 * noise(i / 4 * kInstances + row + 99), 0.0, 1.0);
      const bool dead = row == 3 && between(t, 92, 130);
      utilization[row * kBins + i] =
          dead ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(share);
    }
  }
}

Gallery::Gallery() : states_(kCharts) {
  time_.playhead = 246;
}

void Gallery::draw(const Look& look) {
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float gap = look.px(8);
  // As many as there is room for: at twice the scale only the first.
  const int columns = look.scale < 1.5F ? 3 : 2;
  const int rows = look.scale < 1.5F ? 4 : 2;
  const ImVec2 size = {
      std::floor((room.x - gap * static_cast<float>(columns - 1)) / static_cast<float>(columns)),
      std::floor((room.y - gap * static_cast<float>(rows - 1)) / static_cast<float>(rows))};
  using Draw = void (Gallery::*)(const Look&, ImVec2);
  static constexpr std::array<Draw, 12> kParts = {
      &Gallery::throughput, &Gallery::latency,    &Gallery::stacked,  &Gallery::heat,
      &Gallery::instances,  &Gallery::comparison, &Gallery::spectrum, &Gallery::distribution,
      &Gallery::scatter,    &Gallery::many,       &Gallery::nothing,  &Gallery::widgets};
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  const auto count = std::min(kParts.size(), static_cast<std::size_t>(columns * rows));
  for (std::size_t i = 0; i < count; ++i) {
    const auto column = static_cast<float>(static_cast<int>(i) % columns);
    const auto row = static_cast<float>(static_cast<int>(i) / columns);
    ImGui::SetCursorScreenPos(
        {origin.x + column * (size.x + gap), origin.y + row * (size.y + gap)});
    (this->*kParts[i])(look, size);
  }
}

void Gallery::throughput(const Look& look, ImVec2 size) {
  Plot plot(look, "throughput", {.title = "Throughput", .y = {.unit = Unit::rate}, .size = size},
            states_[0], time_);
  plot.line("offered", run_.time, run_.offered, {.color = look.theme.dim});
  plot.line("completed", run_.time, run_.completed);
  plot.line("errors", run_.time, run_.errors, {.color = look.theme.status(Status::bad)});
  plot.span("kill api-4", 92, 130);
  plot.span("slow shard-1", 168, 192, Status::warn);
  plot.event("scaled to 7", 205);
  plot.event("cache flushed", 214);
  plot.end();
}

void Gallery::latency(const Look& look, ImVec2 size) {
  Plot plot(look, "latency",
            {.title = "Latency",
             .y = {.unit = Unit::milliseconds, .kind = AxisKind::logarithmic},
             .size = size},
            states_[1], time_);
  const Color blue = look.theme.series(0);
  plot.band("p99–p99.9", run_.time, run_.p99, run_.p999, {.color = blue, .fill = 0.2F});
  plot.band("p90–p99", run_.time, run_.p90, run_.p99, {.color = blue, .fill = 0.38F});
  plot.band("p50–p90", run_.time, run_.p50, run_.p90, {.color = blue, .fill = 0.6F});
  plot.line("p50", run_.time, run_.p50, {.color = look.theme.text});
  plot.span("kill api-4", 92, 130);
  plot.span("slow shard-1", 168, 192, Status::warn);
  plot.limit("objective p99 250 ms", 250);
  plot.end();
}

void Gallery::stacked(const Look& look, ImVec2 size) {
  Plot plot(look, "answers", {.title = "Answers", .y = {.unit = Unit::rate}, .size = size},
            states_[2], time_);
  const auto part = [this](double share) {
    return Values(run_.completed.size(),
                  [this, share](std::size_t i) { return run_.completed[i] * share; });
  };
  plot.area("from cache", run_.time, part(0.62));
  plot.area("from database", run_.time, part(0.38));
  plot.area("failed", run_.time, run_.errors, {.color = look.theme.status(Status::bad)});
  plot.end();
}

void Gallery::heat(const Look& look, ImVec2 size) {
  Plot plot(look, "heat",
            {.title = "Latency distribution",
             .y = {.unit = Unit::milliseconds, .kind = AxisKind::logarithmic},
             .size = size},
            states_[3], time_);
  plot.heat({.name = "requests",
             .columns = SampleRun::kBins,
             .rows = SampleRun::kHeatRows,
             .cells = run_.latency,
             .x_from = 0,
             .x_to = 300,
             .y_from = 1,
             .y_to = 10000,
             .scale = HeatScale::square_root});
  plot.span("kill api-4", 92, 130);
  plot.span("slow shard-1", 168, 192, Status::warn);
  plot.end();
}

void Gallery::instances(const Look& look, ImVec2 size) {
  Plot plot(look, "instances",
            {.title = "Utilization by instance",
             .rows = {"api-1", "api-2", "api-3", "api-4", "redis", "orders-queue", "shard-0",
                      "shard-1", "shard-2", "workers"},
             .size = size},
            states_[4], time_);
  plot.heat({.columns = SampleRun::kBins,
             .rows = SampleRun::kInstances,
             .cells = run_.utilization,
             .x_from = 0,
             .x_to = 300,
             .most = 1,
             .unit = Unit::ratio,
             .colors = HeatColors::level});
  plot.span("kill api-4", 92, 130);
  plot.end();
}

void Gallery::comparison(const Look& look, ImVec2 size) {
  Plot plot(look, "comparison",
            {.title = "p99, A against B", .y = {.unit = Unit::milliseconds}, .size = size},
            states_[5], time_);
  constexpr std::size_t kPoints = 100;
  const auto every_sixth = [](const std::vector<double>& values, double factor) {
    return Values(kPoints, [&values, factor](std::size_t i) {
      return values[std::min(i * 6, values.size() - 1)] * factor;
    });
  };
  const Values time = Values::ramp(kPoints, 0, 3);
  plot.band("A", time, every_sixth(run_.p90, 1.35), every_sixth(run_.p90, 1.75));
  plot.line("A", time, every_sixth(run_.p90, 1.5));
  plot.line("B", time, every_sixth(run_.p90, 0.8), {.ghost = true});
  plot.steps("timeout", time,
             Values(kPoints, [](std::size_t i) { return i < 50 ? 2500.0 : 1000.0; }));
  plot.limit("objective 250 ms", 250);
  plot.end();
}

void Gallery::spectrum(const Look& look, ImVec2 size) {
  Plot plot(look, "spectrum",
            {.title = "Percentiles",
             .x = {.unit = Unit::ratio, .kind = AxisKind::percentile},
             .y = {.unit = Unit::milliseconds, .kind = AxisKind::logarithmic},
             .size = size},
            states_[6], shares_);
  constexpr std::size_t kPoints = 120;
  const Values share(kPoints, [](std::size_t i) {
    return from_position(AxisKind::percentile, static_cast<double>(i) / 30);
  });
  const auto curve = [](double base, double slope) {
    return Values(kPoints, [base, slope](std::size_t i) {
      const double decades = static_cast<double>(i) / 30;
      return base * std::exp(slope * decades) * (decades > 2.4 ? 1 + (decades - 2.4) : 1);
    });
  };
  plot.line("now", share, curve(12, 0.9));
  plot.line("without faults", share, curve(10, 0.6), {.ghost = true});
  plot.limit("objective 250 ms", 250);
  plot.end();
}

void Gallery::distribution(const Look& look, ImVec2 size) {
  Plot plot(look, "distribution",
            {.title = "Service times",
             .x = {.unit = Unit::milliseconds},
             .y = {.unit = Unit::number},
             .size = size},
            states_[7], milliseconds_);
  constexpr std::size_t kBars = 60;
  plot.bars("requests", Values::ramp(kBars, 0, 2), Values::ramp(kBars, 2, 2),
            Values(kBars, [](std::size_t i) {
              const double x = static_cast<double>(i) + 0.5;
              return std::floor(9200 * x * std::exp(-x / 7) / 7 +
                                2600 * std::exp(-(x - 38) * (x - 38) / 24));
            }));
  plot.event("mean", 31);
  plot.end();
}

void Gallery::scatter(const Look& look, ImVec2 size) {
  Plot plot(look, "scatter",
            {.title = "Latency against load",
             .x = {.unit = Unit::rate},
             .y = {.unit = Unit::milliseconds, .kind = AxisKind::logarithmic},
             .size = size},
            states_[8], load_);
  plot.scatter("p99 of half a second", run_.offered, run_.p99, {.color = look.theme.series(3)});
  plot.end();
}

void Gallery::nothing(const Look& look, ImVec2 size) {
  Plot plot(look, "nothing", {.title = "Queue length", .empty = "no requests yet", .size = size},
            states_[9], time_);
  plot.line("waiting", Values(), Values());
  plot.end();
}

// More names than the title leaves room for.
void Gallery::many(const Look& look, ImVec2 size) {
  Plot plot(look, "many", {.title = "Hits by shard", .y = {.unit = Unit::ratio}, .size = size},
            states_[10], time_);
  for (std::size_t shard = 0; shard < Theme::kSeries; ++shard)
    plot.line("shard-" + std::to_string(shard), Values::ramp(60, 0, 5),
              Values(60, [shard](std::size_t i) {
                const double x = static_cast<double>(i) / 60;
                const double wave = std::sin(x * 9 + static_cast<double>(shard));
                return 0.5 + 0.05 * static_cast<double>(shard) + 0.03 * wave;
              }));
  plot.end();
}

void Gallery::widgets(const Look& look, ImVec2 size) {
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const ImVec2 min = ImGui::GetCursorScreenPos();
  draw.AddRectFilled(min, {min.x + size.x, min.y + size.y}, look.theme.panel, look.px(6));
  draw.AddRect(min, {min.x + size.x, min.y + size.y}, look.theme.border, look.px(6));
  const float pitch = look.px(28);
  for (std::size_t i = 0; i < kIcons; ++i) {
    const auto column = static_cast<float>(i % 16);
    const auto row = static_cast<float>(i / 16);
    draw_icon(draw, static_cast<Icon>(i),
              {min.x + look.px(24) + column * pitch, min.y + look.px(24) + row * pitch}, look.px(8),
              i < 11 ? look.theme.accent : look.theme.text);
  }
  float x = min.x + look.px(16);
  ImGui::SetCursorScreenPos({x, min.y + look.px(74)});
  icon_button(look, {.id = "run", .icon = Icon::play, .label = "Run", .strong = true});
  ImGui::SameLine();
  icon_button(look, {.id = "step", .icon = Icon::step});
  ImGui::SameLine();
  icon_button(look, {.id = "snap", .icon = Icon::camera, .label = "Snapshot", .chosen = true});
  ImGui::SetCursorScreenPos({x, min.y + look.px(112)});
  for (const Status status : {Status::ok, Status::warn, Status::bad, Status::idle}) {
    status_label(look, status);
    ImGui::SameLine(0, look.px(18));
  }
  const float y = min.y + look.px(140);
  const auto at = [&](float left, float top) {
    return ImVec2{x + look.px(left), y + look.px(top)};
  };
  sparkline(look, draw, at(0, 0), at(140, 32), run_.p50, look.theme.series(0));
  histogram(look, draw, at(156, 0), at(296, 32),
            Values(24,
                   [](std::size_t i) {
                     const double d = static_cast<double>(i) - 7;
                     return std::exp(-d * d / 18);
                   }),
            look.theme.series(2));
  bar(look, draw, at(0, 44), at(140, 50), 0.62, look.theme.status(Status::ok), 0.85);
  bar(look, draw, at(156, 44), at(296, 50), 0.93, look.theme.status(Status::bad), 0.85);
}

}  // namespace highwater::viewer
