#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/describe/field.h"

namespace highwater::drivers {

/// One target of a command line.
struct NamedTarget {
  std::string name;
  std::uint32_t weight = 1;
  bool weight_given = false;
  friend bool operator==(const NamedTarget&, const NamedTarget&) = default;
};

/// Targets in configuration order: "a=5,b,10.0.0.3:80=2". A weight is a whole number behind the
/// last "="; 1 unless given. Names are any bytes but commas, not empty, each once. An empty text is
/// no target at all.
struct TargetList {
  std::vector<NamedTarget> targets;
  friend bool operator==(const TargetList&, const TargetList&) = default;
};

/// Names of targets: "a,b". Whether they are targets is for TargetList's owner to check.
struct NameList {
  std::vector<std::string> names;
  friend bool operator==(const NameList&, const NameList&) = default;
};

}  // namespace highwater::drivers

namespace highwater {

template <>
struct Quantity<drivers::TargetList> {
  static const TypeInfo& type();
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   drivers::TargetList& out);
  static Value write(const drivers::TargetList& value);
};

template <>
struct Quantity<drivers::NameList> {
  static const TypeInfo& type();
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   drivers::NameList& out);
  static Value write(const drivers::NameList& value);
};

namespace drivers {

/// Reports every name of the list that is none of the targets.
void check_names(const NameList& list, const TargetList& targets, const Value& where,
                 const std::string& path, std::string_view field, Problems& problems);

}  // namespace drivers
}  // namespace highwater
