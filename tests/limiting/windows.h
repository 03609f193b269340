#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>

#include "models/algorithms/limiting/fixed_window.h"
#include "tests/limiting/verdicts.h"

namespace highwater::limiting {

/// "5/minute", "3 per 2 second", as python-limits writes them.
inline WindowOptions python_limit(const std::string& text) {
  std::size_t end = 0;
  WindowOptions options;
  options.limit = static_cast<std::uint32_t>(std::stoul(text, &end));
  const std::size_t word = text.find_last_of("/ ");
  std::int64_t times = 1;
  if (text.find(" per ") != std::string::npos) times = std::stoll(text.substr(end + 5));
  const std::string unit = text.substr(word + 1);
  const std::int64_t seconds = unit == "second"   ? 1
                               : unit == "minute" ? 60
                               : unit == "hour"   ? 3'600
                               : unit == "day"    ? 86'400
                                                  : throw std::logic_error(unit);
  options.period = times * seconds * kSecond;
  return options;
}

/// Replays every run of that strategy of the golden and the longer recording of python-limits.
/// @return the decisions compared.
template <class MakeRule>
std::size_t replay_python_limits(const std::string& strategy, MakeRule make_rule) {
  std::size_t decisions = 0;
  for (const char* file :
       {"limits_py.json", "limits_py_long.json", "limits_py_sliding_window.json"}) {
    const auto golden = golden_json(file);
    for (const auto& run : golden["runs"]) {
      if (run["strategy"] != strategy) continue;
      const std::string limit = run["limit"];
      CAPTURE(file, limit);
      Bench limiter{make_rule(python_limit(limit))};
      for (const auto& row : run["rows"]) {
        // The golden file has seconds and no costs.
        const bool bare = row.size() == 4;
        const auto now = static_cast<std::int64_t>(bare ? row[0].get<double>() * 1000 + 0.5
                                                        : row[0].get<double>());
        const std::uint32_t cost = bare ? 1 : row[1].get<std::uint32_t>();
        const bool allowed = row[bare ? 1 : 2].get<int>() != 0;
        CAPTURE(now, cost);
        REQUIRE(limiter.at(now * kMillisecond, cost).is_admitted() == allowed);
        ++decisions;
      }
    }
  }
  return decisions;
}

}  // namespace highwater::limiting
