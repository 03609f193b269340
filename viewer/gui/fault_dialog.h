#pragma once

#include <string>

#include "engine/model/fault.h"
#include "viewer/draw/topology_model.h"
#include "viewer/gui/context.h"
#include "viewer/gui/field_form.h"

namespace highwater::viewer {

/// Injects faults: a menu of those that mean something to what was pointed at, and a form for the
/// parameters of the one that was chosen.
class FaultDialog {
 public:
  /// The entries of a menu that is open. Precondition: the run is open.
  void menu(Context& context, const topology::Target& target);
  /// Draws the form while one is open.
  void draw(Context& context);

 private:
  void choose(const FaultKind& kind, const std::string& target);
  bool inject(Context& context);

  const FaultKind* kind_ = nullptr;
  std::string target_;
  Value said_;  // beside verb and target
  FieldForm form_;
  bool opens_ = false, closes_ = false;
  ImVec2 place_ = {};
  float height_ = 0, fields_height_ = 0;  // in the last frame; all fields' own
};

}  // namespace highwater::viewer
