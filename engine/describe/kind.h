#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/describe/field.h"

namespace highwater {

/// What a metric's value is made of, and so which statistics an objective may ask for.
enum class MetricShape {
  kEstimate,  ///< One number with an interval: "users.availability".
  kTimes,     ///< A distribution of times in ms: mean, p50, p90, p95, p99, p999, max.
  kCount,     ///< A whole number.
  kCauses,    ///< Whole numbers by cause: "users.errors.timeout".
};

/// One metric that a kind of component measures.
struct MetricInfo {
  std::string name;  ///< The key in the results, such as "latency_ms".
  std::string unit;  ///< "1" (a ratio), "/s", "ms", "requests", "bytes", …
  std::string doc;   ///< One sentence.
  MetricShape shape = MetricShape::kEstimate;
};

/// Everything the engine knows about a kind of component, or about a verb of a fault: what a
/// scenario may say about it and what it measures. The catalog of models hands in a list of these.
struct KindInfo {
  std::string name;                     ///< As in scenarios; never renamed.
  std::string summary;                  ///< One sentence.
  std::string source;                   ///< Paper, RFC or manual that the behaviour follows.
  const TypeInfo& (*type)() = nullptr;  ///< A kStruct.
  std::vector<MetricInfo> metrics;
  /// Sends requests of its own. A scenario needs at least one such component.
  bool sends_load = false;
  bool callable = true;      ///< May be called and routed to.
  bool publishable = false;  ///< May be published to.
  bool consumable = false;   ///< May be consumed from.
  bool hosting = false;      ///< Others may run on it.
  /// Reads the parameters and reports everything wrong with them. `also_known` are keys of the
  /// object that belong to someone else.
  void (*check)(const Value&, const std::string& path, Problems&,
                std::initializer_list<std::string_view> also_known) = nullptr;

  const std::vector<FieldInfo>& fields() const { return type().fields; }
};

/// The entry of a kind whose parameters are P.
template <Described P>
KindInfo kind_info(std::string name, std::string summary, std::string source,
                   std::vector<MetricInfo> metrics = {}) {
  KindInfo info;
  info.name = std::move(name);
  info.summary = std::move(summary);
  info.source = std::move(source);
  info.type = &type_of<P>;
  info.metrics = std::move(metrics);
  info.check = [](const Value& value, const std::string& path, Problems& problems,
                  std::initializer_list<std::string_view> also_known) {
    read_params<P>(value, path, problems, also_known);
  };
  return info;
}

}  // namespace highwater
