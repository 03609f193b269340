#include "cli/progress_line.h"

#include <fmt/format.h>

#include "cli/console.h"
#include "engine/report/text.h"

namespace highwater::cli {
namespace {

constexpr std::size_t kWidth = 79;

std::string spoken(double seconds) {
  if (seconds < 100) return fmt::format("{:.0f} s", seconds);
  if (seconds < 100 * 60) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

}  // namespace

std::string progress_text(const std::string& scenario, const Progress& progress) {
  const double rate =
      progress.wall_s > 0 ? static_cast<double>(progress.events) / progress.wall_s : 0;
  std::string text =
      fmt::format("{}  {:.0f}%  {} simulated  {} of {} replications  {:.1f} M events/s", scenario,
                  progress.done * 100, spoken(progress.simulated_s), progress.replications,
                  progress.planned, rate / 1e6);
  if (progress.done > 0.02)
    text += fmt::format("  {} left", spoken(progress.wall_s * (1 / progress.done - 1)));
  return text;
}

void ProgressLine::show(const Progress& progress) {
  print_error("\r\033[K" + truncated(one_line(progress_text(scenario_, progress)), kWidth));
  shown_ = true;
}

ProgressLine::~ProgressLine() {
  if (shown_) print_error("\r\033[K");
}

}  // namespace highwater::cli
