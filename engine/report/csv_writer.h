#pragma once

#include <string>

#include "engine/report/results.h"

namespace highwater {

/// Every number of the run as tidy CSV (RFC 4180, lines end in LF), one row each:
/// component,instance,metric,statistic,unit,value,ci_low,ci_high. A cell is empty where there is no
/// value or no interval.
std::string summary_csv(const Results& results);

/// The series over simulated time as tidy CSV: time_s,component,metric,value, where time_s is the
/// beginning of the bin and component may be an instance. Bins without an observation have no row;
/// the latency heat map is left to the HTML report.
std::string series_csv(const Results& results);

/// How well the series are known, as tidy CSV: time_s,end_s,component,metric,value,ci_low,ci_high
/// with 95 % intervals over the replications, for a few bins at a time. Stretches without an
/// interval have no row; a run of one replication has none at all.
std::string intervals_csv(const Results& results);

}  // namespace highwater
