#include "engine/experiment/objectives.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "engine/metrics/gauge.h"

namespace highwater {
namespace {

class Judge {
 public:
  Judge(const System& system, const RunRecord& run, const RunWindow& window)
      : system_(system), run_(run), whole_(window.window) {}

  ObjectiveResult verdict(const Objective& objective) const {
    ObjectiveResult result;
    result.text = objective.text;
    result.limit = objective.limit;
    result.unit = objective.unit;
    const auto metric = MetricView::find(run_, objective.component, objective.metric);
    if (!metric) {
      result.note = "nothing was measured";
      return result;
    }
    const Estimate estimate = estimate_of(*metric, objective);
    result.value = estimate.value;
    if (estimate.value)
      result.met = holds(objective.comparison, *estimate.value, objective.limit);
    else
      result.note = estimate.note.empty() ? "nothing was observed" : estimate.note;
    return result;
  }

 private:
  struct Span {
    Duration begin{}, end{};
  };

  Estimate estimate_of(const MetricView& metric, const Objective& objective) const {
    if (metric.kind() == MetricKind::count || metric.kind() == MetricKind::most ||
        metric.kind() == MetricKind::causes)
      return total(metric, objective);
    // A histogram is kept for each coarse slice, so its windows consist of whole ones.
    const bool by_histogram = metric.kind() == MetricKind::tally && objective.statistic != "mean";
    Window window = whole_;
    if (const auto span = span_of(objective)) {
      Estimate unjudged;
      if (span->begin >= system_.duration) {
        unjudged.note = fmt::format("its window begins at {} s, the run ends at {} s",
                                    seconds(span->begin), seconds(system_.duration));
        return unjudged;
      }
      window = inside(*span, by_histogram ? kFineSlicesPerCoarse : 1);
      if (window.first_slice >= window.last_slice) {
        unjudged.note = "its window is shorter than the slices that are measured";
        return unjudged;
      }
    }
    const Terminating terminating = system_.terminating ? Terminating::kYes : Terminating::kNo;
    if (!by_histogram) return metric.value(window, terminating);
    if (objective.statistic == "max") return metric.summary(window, terminating).max;
    return metric.quantile(*quantile_of_statistic(objective.statistic), window, terminating);
  }

  Estimate total(const MetricView& metric, const Objective& objective) const {
    Estimate estimate;
    if (objective.during || objective.within) {
      estimate.note = "it is counted over the whole run only";
      return estimate;
    }
    std::uint64_t sum = metric.count();
    for (const auto& [cause, count] : metric.causes())
      if (objective.statistic.empty() || objective.statistic == cause) sum += count;
    estimate.value = static_cast<double>(sum);
    return estimate;
  }

  std::optional<Span> span_of(const Objective& objective) const {
    if (objective.during) return Span{objective.during->begin, objective.during->end};
    if (!objective.within) return std::nullopt;
    // Objectives that mean a fault whose time nobody knows were refused when they were read.
    const Duration begun = *system_.faults[objective.within->fault]->schedule().at;
    Span span{begun + objective.within->time, system_.duration};
    for (const auto& fault : system_.faults)
      if (fault->schedule().at > begun) span.end = std::min(span.end, *fault->schedule().at);
    return span;
  }

  /// The slices that lie inside `span`, in whole groups of `group`.
  Window inside(const Span& span, std::size_t group) const {
    const std::size_t slices = run_.grid.fine_slices();
    Window window{slices, 0};
    for (std::size_t first = 0; first < slices; first += group) {
      const std::size_t last = std::min(first + group, slices);
      if (run_.grid.begin_of(first) < Time{} + span.begin) continue;
      if (run_.grid.begin_of(last) > Time{} + span.end) break;
      window.first_slice = std::min(window.first_slice, first);
      window.last_slice = last;
    }
    return window;
  }

  const System& system_;
  const RunRecord& run_;
  Window whole_;
};

}  // namespace

std::vector<ObjectiveResult> judge_objectives(const System& system, const RunRecord& run,
                                              const RunWindow& window) {
  const Judge judge(system, run, window);
  std::vector<ObjectiveResult> results;
  for (const Objective& objective : system.objectives) results.push_back(judge.verdict(objective));
  return results;
}

}  // namespace highwater
