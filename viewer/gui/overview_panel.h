#pragma once

#include "viewer/gui/context.h"

namespace highwater::viewer {

/// How the system is at the time that is shown: the numbers of its users, of every component, the
/// objectives, and what has happened.
class OverviewPanel {
 public:
  void draw(Context& context);

 private:
  void numbers(Context& context);
  void components(Context& context);
  void objectives(Context& context);
  void findings(Context& context);
  void log(Context& context);
};

/// A heading within a panel.
void heading(const Look& look, const char* text);

}  // namespace highwater::viewer
