#pragma once

#include <string_view>

namespace highwater {

/// The files that the HTML report is made of, built into the program: a report needs nothing at run
/// time, neither from disk nor from the network.
std::string_view report_template();  ///< report.html
std::string_view report_style();     ///< report.css
std::string_view report_script();    ///< report.js
std::string_view dygraphs_style();   ///< dygraph.min.css of libjs-dygraphs (MIT)
std::string_view dygraphs_script();  ///< dygraph.min.js of libjs-dygraphs (MIT)

/// SHA-256 of the scripts in hexadecimal, for the page's Content-Security-Policy.
std::string_view report_script_sha256();
std::string_view dygraphs_script_sha256();

}  // namespace highwater
