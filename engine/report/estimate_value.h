#pragma once

#include <cmath>
#include <utility>

#include "engine/describe/value.h"
#include "engine/statistics/estimate.h"

namespace highwater {

/// A number as JSON has it: null where it is not finite.
inline Value number_value(double value) {
  return std::isfinite(value) ? Value::number(value) : Value();
}

/// {"value": 1, "ci95": [0.9, 1.1]}; null where there is none.
inline Value estimate_value(const Estimate& of) {
  Value out = Value::object();
  out.set("value", of.value ? number_value(*of.value) : Value());
  Value range;
  if (of.ci95) {
    range = Value::array();
    range.push(number_value(of.ci95->low));
    range.push(number_value(of.ci95->high));
  }
  out.set("ci95", std::move(range));
  return out;
}

}  // namespace highwater
