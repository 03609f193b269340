#pragma once

#include <string>
#include <utility>

#include "tests/support/scratch_file.h"
#include "tests/viewer/viewer_support.h"
#include "viewer/gui/view.h"

namespace highwater::testing {

/// Plays a script without a window, in one of 1280 by 800 unless the options say more.
inline viewer::ViewEnd play(const std::string& script, viewer::ViewOptions options) {
  const ScratchFile of_script(script);
  options.script = of_script.path();
  options.headless = true;
  if (!options.width) options.width = 1280;
  if (!options.height) options.height = 800;
  return viewer::view(options, viewer_catalog(), viewer_language());
}

}  // namespace highwater::testing
