#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "engine/model/kind.h"
#include "models/faults/fault_params.h"

namespace highwater::faults {

/// A JSON value of any form; what it means is for whoever takes it.
struct AnyValue {
  Value value;
};

/// A change of a component while it runs: the part of it that the verbs for changes share. Read
/// with the fault, checked when the components are joined, carried out by LiveChanges.
class Change {
 public:
  /// One that is of no component that could be changed; examine() of the kind says so.
  Change() = default;
  /// @param set   Paths below the component and what is to stand there. Positions are its own.
  /// @param path  JSON pointer of the object that says so.
  /// Reports what cannot be so, and reserves the instances that it needs.
  static std::shared_ptr<const Change> read(const std::string& component, Value set,
                                            const std::string& path, Preparation& preparation);

  /// Reports what the component cannot take while it runs.
  void examine(Component& component, const Examination& examination) const;
  /// What a strike does; see FaultAction.
  std::unique_ptr<FaultAction> arm(Directory& directory, Component& component,
                                   std::string text) const;

 private:
  Change(Value set, std::string path, std::shared_ptr<const PartReader> reader)
      : set_(std::move(set)), path_(std::move(path)), reader_(std::move(reader)) {}

  Value set_;
  std::string path_;
  std::shared_ptr<const PartReader> reader_;
};

}  // namespace highwater::faults

namespace highwater {

template <>
struct Quantity<faults::AnyValue> {
  static const TypeInfo& type();
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   faults::AnyValue& out);
  static Value write(const faults::AnyValue& value) { return value.value; }
};

}  // namespace highwater
