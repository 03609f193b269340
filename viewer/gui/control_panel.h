#pragma once

#include <map>
#include <string>

#include "viewer/gui/context.h"
#include "viewer/gui/field_form.h"

namespace highwater::viewer {

/// Left: what the scenario says of the selected component, its load, and what was done to it.
class ControlPanel {
 public:
  void draw(Context& context);

 private:
  void load(Context& context);
  void parameters(Context& context);
  void acts(Context& context);
  void save(Context& context);

  FieldForm form_;
  std::string of_;  // the component that the form is of
  bool live_ = false;
  std::map<std::string, float> loads_;            // log10 of the factor, by client
  std::map<std::string, std::string> load_acts_;  // the act that made it, by client
};

}  // namespace highwater::viewer
