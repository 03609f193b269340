#pragma once

#include <array>
#include <string>
#include <vector>

#include "engine/describe/field.h"

namespace highwater {

/// One pair of zones with a delay of its own.
struct LinkParams {
  std::array<std::string, 2> between;
  Distribution latency;

  static constexpr std::string_view type_name = "link";
  static constexpr auto fields() {
    return Fields{
        field<&LinkParams::between>("Two zones; the delay holds in either direction.").required(),
        field<&LinkParams::latency>("One-way delay of a message.").required(),
    };
  }
};

/// The section "network". Without it every message takes no time.
struct NetworkParams {
  std::vector<std::string> zones;
  Distribution same_zone;
  Distribution cross_zone;
  std::vector<LinkParams> links;

  static constexpr std::string_view type_name = "network";
  static constexpr auto fields() {
    return Fields{
        field<&NetworkParams::zones>("Names of the zones.").at_most(1000),
        field<&NetworkParams::same_zone>("One-way delay of a message within a zone, and to and "
                                         "from clients, which stand outside every zone."),
        field<&NetworkParams::cross_zone>("One-way delay of a message between zones."),
        field<&NetworkParams::links>("Pairs of zones with a delay of their own."),
    };
  }
  /// Names are not empty and not repeated; links join two different, known zones, once.
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

}  // namespace highwater
