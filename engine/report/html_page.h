#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace highwater {

/// The frame of a page without scripts: what the reports of chaos experiments, searches and maps,
/// and of cache sizes have in common.
/// @param style  Further CSS.
/// @param body   What stands inside <main>, escaped already.
std::string html_page(std::string_view title, std::string_view style, std::string_view body);

/// A name and what it is, escaped already; nothing is shown of an empty one.
struct HtmlFact {
  std::string_view name;
  std::string html;
};

/// The last lines of a report: how it came about.
std::string html_footer(std::initializer_list<HtmlFact> facts);

/// A command line as one types it.
std::string html_command(std::string_view command);

/// "highwater 0.1.0, 2026-11-30T02:36:07Z"
std::string html_maker(std::string_view version, std::string_view started);

/// The time between two marks of an axis from 0 to `most_s`: a round one, so that there are
/// `marks` of them or fewer.
double round_time_step(double most_s, int marks);

}  // namespace highwater
