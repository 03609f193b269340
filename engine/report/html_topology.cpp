#include "engine/report/html_topology.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/report/metric_view.h"
#include "engine/report/number_format.h"
#include "engine/report/summary_rows.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

constexpr double kCardWidth = 132;
constexpr double kCardHeight = 62;
constexpr double kColumnStep = 180;
constexpr double kRowStep = 80;
constexpr double kMargin = 8;
constexpr int kMostParticles = 9;
constexpr double kVisibleErrors = 0.005;  ///< A smaller share of errors draws no red dot.

struct Card {
  double x = 0, y = 0;
  std::string rate;
  std::optional<double> utilization;
};

/// Throughput and utilization of the component or client of that id, where they were measured.
Card card_of(const Results& results, const TopologyNode& node) {
  Card card;
  for (const ClientResult& client : results.clients) {
    if (client.id == node.id) card.rate = show_estimate(client.throughput_rps, "/s").text();
  }
  for (const ComponentResult& component : results.components) {
    if (component.id != node.id) continue;
    if (const MetricResult* rate = find_metric(component.metrics, "throughput_rps")) {
      const Estimate estimate = statistic_of(rate->value, "mean");
      if (estimate.value) card.rate = show_number(*estimate.value, "/s").text();
    }
    if (const MetricResult* busy = find_metric(component.metrics, "utilization")) {
      card.utilization = statistic_of(busy->value, "mean").value;
    }
  }
  return card;
}

std::vector<Card> place_cards(const Results& results) {
  const std::vector<TopologyNode>& nodes = results.topology.nodes;
  double first_column = HUGE_VAL;
  double first_row = HUGE_VAL;
  for (const TopologyNode& node : nodes) {
    first_column = std::min(first_column, node.column);
    first_row = std::min(first_row, node.row);
  }
  std::vector<Card> cards;
  for (const TopologyNode& node : nodes) {
    Card card = card_of(results, node);
    card.x = kMargin + (node.column - first_column) * kColumnStep;
    card.y = kMargin + (node.row - first_row) * kRowStep;
    cards.push_back(std::move(card));
  }
  return cards;
}

/// From the right side of one card to the left side of the other; a call that goes back leaves and
/// enters in a wide loop, so that it does not run through the cards.
std::string curve(const Card& from, const Card& to) {
  const double x0 = from.x + kCardWidth;
  const double y0 = from.y + kCardHeight / 2;
  const double x1 = to.x;
  const double y1 = to.y + kCardHeight / 2;
  const double reach = x1 > x0 ? (x1 - x0) / 2 : 60;
  return fmt::format("M{:.1f},{:.1f} C{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}", x0, y0,
                     x0 + reach, y0, x1 - reach, y1, x1, y1);
}

/// Dots that travel along the edge; their number and phase depend on the edge alone, so that the
/// same run draws the same picture.
std::string particles(const TopologyEdge& edge, std::size_t index, double stroke,
                      const std::string& path) {
  if (edge.calls_per_s <= 0) return {};
  const int count = std::clamp(static_cast<int>(stroke * 1.7), 2, kMostParticles);
  const double share = std::clamp(edge.error_ratio, 0.0, 1.0);
  const int red = share < kVisibleErrors ? 0 : std::max(1, static_cast<int>(share * count + 0.5));
  const double travel_s = 2.2 + 0.06 * static_cast<double>(index * 37 % 10);
  const double phase_s = 0.1 * static_cast<double>(index * 13 % 7);
  std::string svg;
  for (int i = 0; i < count; ++i) {
    svg += fmt::format(
        R"svg(<circle class="particle" r="{}" fill="var(--{})">)svg"
        R"svg(<animateMotion dur="{:.2f}s" begin="-{:.2f}s" repeatCount="indefinite" )svg"
        R"svg(path="{}"/></circle>)svg",
        i < red ? 2.6 : 2.1, i < red ? "bad-bar" : "accent", travel_s,
        travel_s * i / count + phase_s, path);
  }
  return svg;
}

std::string edge_svg(const Results& results, std::size_t index, const std::vector<Card>& cards,
                     double busiest) {
  const TopologyEdge& edge = results.topology.edges[index];
  if (edge.from == edge.to) return {};
  const double stroke = 1.2 + 4.5 * std::sqrt(std::max(0.0, edge.calls_per_s) / busiest);
  const bool failing = edge.error_ratio >= 0.01;
  const std::string path = curve(cards[edge.from], cards[edge.to]);
  std::string label = fmt::format(
      "{} → {}: {}{}", results.topology.nodes[edge.from].id, results.topology.nodes[edge.to].id,
      show_number(edge.calls_per_s, "/s").text(),
      edge.error_ratio > 0 ? ", " + show_number(edge.error_ratio, "1").text() + " errors" : "");
  const auto add = [&](double per_s, const char* what) {
    if (per_s > 0) label += ", " + show_number(per_s, "/s").text() + what;
  };
  add(edge.lost_per_s, " lost");
  add(edge.corrupted_per_s, " corrupted");
  add(edge.duplicated_per_s, " duplicated");
  return fmt::format(R"svg(<path d="{}" fill="none" stroke="var(--{})" stroke-opacity="0.3" )svg"
                     R"svg(stroke-width="{:.2f}"{}><title>{}</title></path>)svg",
                     path, failing ? "bad-bar" : "accent", stroke,
                     edge.asynchronous ? R"( stroke-dasharray="6 4")" : "", html_escaped(label)) +
         particles(edge, index, stroke, path) + '\n';
}

std::string node_svg(const TopologyNode& node, const Card& card) {
  const double busy = std::clamp(card.utilization.value_or(0), 0.0, 1.0);
  const char* color = busy >= kSaturated ? "bad-bar" : busy >= kBusy ? "warn-bar" : "good-bar";
  const char* word = busy >= kSaturated ? ", saturated" : busy >= kBusy ? ", busy" : "";
  const std::string percent =
      card.utilization ? show_number(*card.utilization, "1").text() : std::string();
  const std::string count = node.instances > 1 ? fmt::format("×{}", node.instances) : std::string();
  std::string title = fmt::format("{} ({})", node.id, node.kind);
  if (node.instances > 1) title += fmt::format(", {} instances", node.instances);
  if (!card.rate.empty()) title += ", " + card.rate;
  if (card.utilization) title += ", utilization " + percent + word;
  std::string svg =
      fmt::format(R"svg(<g transform="translate({:.1f} {:.1f})"><title>{}</title>)svg", card.x,
                  card.y, html_escaped(title));
  if (node.instances > 1) {
    svg +=
        fmt::format(R"svg(<rect x="4" y="4" width="{}" height="{}" rx="8" fill="var(--page)" )svg"
                    R"svg(stroke="var(--line)"/>)svg",
                    kCardWidth, kCardHeight);
  }
  svg += fmt::format(
      R"svg(<rect width="{}" height="{}" rx="8" fill="var(--page)" stroke="var(--line)"/>)svg"
      R"svg(<rect y="8" width="3" height="46" rx="1.5" fill="var(--{})"/>)svg",
      kCardWidth, kCardHeight, card.utilization ? color : "accent");
  svg += fmt::format(R"(<text x="12" y="21">{}</text>)",
                     html_escaped(truncated(one_line(node.id), count.empty() ? 15 : 12)));
  const std::string right_top =
      fmt::format(R"(<text class="small" x="{}" y="21" text-anchor="end">)", kCardWidth - 9);
  if (!count.empty()) svg += right_top + count + "</text>";
  svg +=
      fmt::format(R"(<text class="small" x="12" y="40">{}</text>)",
                  html_escaped(card.rate.empty() ? truncated(one_line(node.kind), 15) : card.rate));
  if (card.utilization) {
    const double length = kCardWidth - 21;
    svg += fmt::format(
        R"(<text class="small" x="{}" y="40" text-anchor="end">{}{}</text>)", kCardWidth - 9,
        busy >= kBusy ? fmt::format(R"svg(<tspan class="mark" fill="var(--{})">▲ </tspan>)svg",
                                    busy >= kSaturated ? "bad" : "warn")
                      : "",
        percent);
    svg += fmt::format(
        R"svg(<rect x="12" y="49" width="{0}" height="4" rx="2" fill="var(--line)"/>)svg"
        R"svg(<rect x="12" y="49" width="{1:.1f}" height="4" rx="2" fill="var(--{2})"/>)svg",
        length, length * busy, color);
  }
  return svg + "</g>\n";
}

}  // namespace

std::string topology_svg(const Results& results) {
  const TopologyPicture& topology = results.topology;
  if (topology.nodes.empty()) return {};
  const std::vector<Card> cards = place_cards(results);
  double width = 0;
  double height = 0;
  for (const Card& card : cards) {
    width = std::max(width, card.x + kCardWidth + kMargin);
    height = std::max(height, card.y + kCardHeight + kMargin);
  }
  double busiest = 1e-9;
  std::string words;
  for (const TopologyEdge& edge : topology.edges) {
    busiest = std::max(busiest, edge.calls_per_s);
    words += fmt::format("{}{} calls {}", words.empty() ? "" : "; ", topology.nodes[edge.from].id,
                         topology.nodes[edge.to].id);
  }
  // Drawn a little larger than life where there is room; report.css shrinks it where there is not.
  std::string svg = fmt::format(
      R"(<svg class="topology" viewBox="0 0 {0:.0f} {1:.0f}" width="{2:.0f}" height="{3:.0f}" )"
      R"(role="img" aria-label="Topology. {4}">)",
      width, height, width * 1.12, height * 1.12, html_escaped(words));
  svg += '\n';
  for (std::size_t i = 0; i < topology.edges.size(); ++i)
    svg += edge_svg(results, i, cards, busiest);
  for (std::size_t i = 0; i < cards.size(); ++i) svg += node_svg(topology.nodes[i], cards[i]);
  return svg + "</svg>";
}

}  // namespace highwater
