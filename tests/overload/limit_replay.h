#pragma once

#include <cstdint>
#include <string>

#include <catch2/catch.hpp>

#include "models/algorithms/resilience/concurrency_limit.h"
#include "tests/support/golden.h"

namespace highwater::resilience {

/// Feeds recorded samples and demands the recorded limits.
/// @return the samples.
inline std::size_t replay(const nlohmann::json& rows, ConcurrencyLimit& limit, AnyBits bits) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    const std::int64_t start = row[0];
    const std::int64_t rtt = row[1];
    limit.sample(start + rtt, rtt, row[2], row[3] == 1, bits);
    CAPTURE(i);
    REQUIRE(limit.limit() == row[4].get<std::uint32_t>());
  }
  return rows.size();
}

/// An option of a recorded run, as the driver takes it; `otherwise` where it is not given.
inline double option(const nlohmann::json& options, const char* name, double otherwise) {
  return options.contains(name) ? std::stod(options[name].get<std::string>()) : otherwise;
}
inline std::uint32_t count(const nlohmann::json& options, const char* name,
                           std::uint32_t otherwise) {
  return static_cast<std::uint32_t>(option(options, name, otherwise));
}
/// Of durations, which are all in whole seconds ("5s") or milliseconds ("25ms") there.
inline std::int64_t duration(const nlohmann::json& options, const char* name,
                             std::int64_t otherwise) {
  if (!options.contains(name)) return otherwise;
  const std::string text = options[name];
  return std::stoll(text) * (text.ends_with("ms") ? 1'000'000 : 1'000'000'000);
}

}  // namespace highwater::resilience
