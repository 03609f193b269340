#pragma once

#include <string>
#include <vector>

#include "engine/report/results.h"

namespace highwater {

/// Further series that share a chart because they measure the same: one metric in one unit.
struct ExtraChart {
  std::string metric, unit;
  std::vector<const SeriesSet::Extra*> series;
};
std::vector<ExtraChart> extra_charts(const SeriesSet& series);

/// The series as the report's script reads them: numbers with five significant digits, null where a
/// bin has no observation, heat maps as base64 bytes. More than 600 bins are merged by a whole
/// factor: rates, shares and extras to their mean, percentiles to the largest of the merged bins,
/// so that a short spike stays visible. series.csv has every bin in full.
std::string series_json(const Results& results);

}  // namespace highwater
