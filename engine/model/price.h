#pragma once

#include <optional>

#include "engine/describe/field.h"
#include "engine/describe/kind.h"

namespace highwater {

/// What a component costs, in the scenario's currency.
///
/// An instance is paid for from the moment it is ordered until it has gone, whether its process
/// lives or not, as a rented machine is.
struct PriceParams {
  double hour = 0;
  double instance_hour = 0;
  double million_requests = 0;
  double gb_sent = 0;
  double gb_second = 0;

  static constexpr std::string_view type_name = "price";
  static constexpr double kMost = 1e9;
  static constexpr auto fields() {
    return Fields{
        field<&PriceParams::hour>("Of the component as a whole, for each hour.")
            .at_least(0.0)
            .at_most(kMost),
        field<&PriceParams::instance_hour>("Of each instance, for each hour from its order until "
                                           "it has gone.")
            .at_least(0.0)
            .at_most(kMost),
        field<&PriceParams::million_requests>("For a million requests that reach it, whatever "
                                              "becomes of them.")
            .at_least(0.0)
            .at_most(kMost),
        field<&PriceParams::gb_sent>("For 10^9 bytes that it sends: its answers and its own "
                                     "requests, of calls that say how large they are.")
            .at_least(0.0)
            .at_most(kMost),
        field<&PriceParams::gb_second>("Of a function, for each second of a GB of memory that is "
                                       "billed.")
            .at_least(0.0)
            .at_most(kMost)
            .source("AWS Lambda pricing"),
    };
  }
};

/// What the price makes a component cost, for a kind's table.
inline MetricInfo cost_metric() {
  return {"cost_per_hour", "/h",
          "What it costs, in the scenario's currency, where it has a price."};
}

/// A kind's parameters and, beside them, what every component can be told.
template <Described P>
struct Priced {
  P own;
  std::optional<PriceParams> price;

  static constexpr auto fields() {
    return Fields{
        inlined<&Priced::own>(),
        field<&Priced::price>("What it costs; nothing unless given."),
    };
  }
};

}  // namespace highwater
