#pragma once

#include <string>
#include <vector>

#include "viewer/gui/context.h"
#include "viewer/session/comparison.h"

namespace highwater::viewer {

/// Two runs side by side: every number that both have, how it changed, and whether that is more
/// than chance.
class DifferenceView {
 public:
  /// @param names  Of the two, for the headings.
  void compare(const Compared& before, const Compared& after, std::string before_name,
               std::string after_name);
  void draw(Context& context, ImVec2 size);

 private:
  std::vector<Difference> differences_;
  std::string before_, after_, method_;
  bool all_ = false;  // those that do not differ, too
};

}  // namespace highwater::viewer
