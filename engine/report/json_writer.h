#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/report/results.h"

namespace highwater {

/// Name and version of the run document; a change that could break a reader raises the number.
/// Its JSON Schema is docs/results.schema.json.
inline constexpr std::string_view kRunSchema = "highwater/run/1";

/// The document of `run --json` and results.json: everything a run found out except the series over
/// time. Keys have a fixed order and numbers are the shortest that read back exactly, so equal
/// results give equal bytes. `wall_s`, `started` and `host` stand at the end: nothing else may
/// differ between two runs of the same input, which is why compiler, command and file name are in
/// the manifest instead. A number that is not finite is null.
std::string run_json(const Results& results);

/// manifest.json: where a run came from (version, compiler, command, seed, file, host, time) and
/// the files beside it.
std::string manifest_json(const Results& results, const std::vector<std::string>& files);

/// `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_quoted(std::string_view text);

}  // namespace highwater
