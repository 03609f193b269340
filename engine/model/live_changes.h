#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/component.h"
#include "engine/model/kind.h"

namespace highwater {

/// What is changed of one component while it runs, by faults or by hand. Changes may overlap: where
/// two say something of one parameter the one that began last counts, and when it ends what the
/// other says is so again.
///
/// A change that cannot be together with those that are on already is refused, as a process refuses
/// a configuration that makes no sense, and tried again when one of the others ends.
///
/// Checked  tests/faults/config_test.cpp
class LiveChanges {
 public:
  LiveChanges(Component& component, std::shared_ptr<const PartReader> reader)
      : component_(component), reader_(std::move(reader)) {}

  /// @param change  An object of paths and values; stays where it is until end().
  void begin(const Value& change);
  void end(const Value& change);

 private:
  void apply();

  Component& component_;
  std::shared_ptr<const PartReader> reader_;
  std::vector<const Value*> on_;  // in the order in which they began
  const Value* refused_ = nullptr;
  // Read so far, by what was on: the component may look at any of them. Null where it is refused.
  std::map<std::vector<const Value*>, std::shared_ptr<const Blueprint>> read_;
};

/// One step on the way to a parameter: a key, or "[2]".
using ParameterPath = std::vector<std::string>;

/// Where two values differ, as far down as both have the same form. Null is nothing.
std::vector<ParameterPath> differences(const Value& before, const Value& after);
/// "endpoints.GET /.steps[0].timeout"
std::string text_of(const ParameterPath& path);
/// Whether a pattern of Component::changeable() covers the difference of two values.
bool covers(const std::string& pattern, const ParameterPath& path, const Value& before,
            const Value& after);

}  // namespace highwater
