#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

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
  void look_at_objectives(Context& context);

  std::vector<std::optional<double>> so_far_;  // of objectives, while they are not yet judged
  std::pair<std::uint64_t, std::size_t> so_far_of_{0, 0};
};

/// A heading within a panel.
void heading(const Look& look, const char* text);

}  // namespace highwater::viewer
