#include "engine/report/report_assets.h"

#include <cstddef>

// Beginning and end of each file, as laid out by the generated report_assets.s.
#define HIGHWATER_ASSET(name)                       \
  extern "C" const char highwater_##name##_begin[]; \
  extern "C" const char highwater_##name##_end[]

HIGHWATER_ASSET(report_html);
HIGHWATER_ASSET(report_css);
HIGHWATER_ASSET(report_js);
HIGHWATER_ASSET(report_js_sha256);
HIGHWATER_ASSET(dygraphs_css);
HIGHWATER_ASSET(dygraphs_js);
HIGHWATER_ASSET(dygraphs_js_sha256);

#undef HIGHWATER_ASSET

namespace highwater {
namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::string_view report_template() {
  return between(highwater_report_html_begin, highwater_report_html_end);
}
std::string_view report_style() {
  return between(highwater_report_css_begin, highwater_report_css_end);
}
std::string_view report_script() {
  return between(highwater_report_js_begin, highwater_report_js_end);
}
std::string_view report_script_sha256() {
  return between(highwater_report_js_sha256_begin, highwater_report_js_sha256_end);
}
std::string_view dygraphs_style() {
  return between(highwater_dygraphs_css_begin, highwater_dygraphs_css_end);
}
std::string_view dygraphs_script() {
  return between(highwater_dygraphs_js_begin, highwater_dygraphs_js_end);
}
std::string_view dygraphs_script_sha256() {
  return between(highwater_dygraphs_js_sha256_begin, highwater_dygraphs_js_sha256_end);
}

}  // namespace highwater
