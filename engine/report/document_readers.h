#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/describe/kind.h"
#include "engine/describe/problems.h"
#include "engine/describe/value.h"
#include "engine/report/chaos_results.h"
#include "engine/report/metastability_results.h"
#include "engine/report/results.h"
#include "engine/report/search_results.h"

/// Reads back what the writers of JSON and CSV have written: writing what was read gives the same
/// text again, byte for byte.
///
/// Everything that is wrong is reported, with its place; nothing is returned then. Members that are
/// not known are left alone, for a later version may say more; where one might be a number that
/// ought to be shown, there is a warning.
///
/// Checked  tests/report/document_readers_test.cpp
namespace highwater {

/// Of a kind of component by its name, for the units of its metrics; null where it is not known.
using FindKind = std::function<const KindInfo*(std::string_view kind)>;

/// results.json and what `run --json` prints: Results without series.
/// @param find  May be empty: units come from the names of metrics then.
std::optional<Results> read_run_document(const Value& document, const FindKind& find,
                                         Problems& problems);

/// chaos.json, without what is not in it: series and journals.
std::optional<ChaosResults> read_chaos_document(const Value& document, Problems& problems);

/// search.json, without the texts of experiments.
std::optional<SearchResults> read_search_document(const Value& document, Problems& problems);

std::optional<MetastabilityResults> read_metastability_document(const Value& document,
                                                                Problems& problems);

/// series.csv and intervals.csv, which stand beside results.json, into `results`, which have been
/// read from that. Neither has the heat map of latencies.
/// @param name  Of the file, for messages.
void read_series_csv(std::string_view csv, const std::string& name, const FindKind& find,
                     Results& results, Problems& problems);
void read_intervals_csv(std::string_view csv, const std::string& name, Results& results,
                        Problems& problems);

/// The unit that the name of a metric speaks of: "wait_ms" has "ms". Empty where it speaks of none.
std::string unit_by_name(std::string_view metric);

}  // namespace highwater
