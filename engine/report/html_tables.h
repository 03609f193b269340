#pragma once

#include <string>
#include <string_view>

#include "engine/report/results.h"

namespace highwater {

/// The parts of the HTML report that hold numbers. Each returns a whole card, or nothing where
/// there is nothing to say. Everything that comes from a scenario is escaped.
std::string key_figures_html(const Results& results);
std::string objectives_html(
    const Results& results);  ///< Without its card: shares one with findings.
std::string findings_html(const Results& results);
std::string clients_html(const Results& results);
std::string components_html(const Results& results);
std::string cost_html(const Results& results);
std::string events_html(const Results& results);

/// The client that most of the requests come from: key figures and charts start with it. Null
/// where there is no client.
const ClientResult* busiest_client(const Results& results);

/// A value with its half width below it, and the exact interval as a tooltip.
std::string estimate_html(const Estimate& estimate, std::string_view unit);

}  // namespace highwater
