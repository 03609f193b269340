#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/experiment/prepare.h"
#include "engine/scenario/language.h"
#include "viewer/session/measurement.h"

namespace highwater::viewer {

/// What the command line says of the viewer.
struct ViewOptions {
  std::string file;  ///< A scenario or results. Empty: nothing is open.
  std::vector<std::string> settings;
  bool headless = false;   ///< Without a display, drawn by the processor.
  std::string script;      ///< A file; see Script. Empty: none.
  std::string screenshot;  ///< Where a picture of the last frame goes. Empty: none.
  std::string widgets;     ///< Where names and places of widgets go at the end. Empty: nowhere.
  std::optional<int> width, height;  ///< As remembered, or 1600 x 1000.
  double scale = 0;                  ///< 0: as the screen says.
  bool light = false;                ///< Otherwise as remembered, or dark.
  bool reduced_motion = false;       ///< Otherwise as remembered.
  std::string gallery;               ///< A folder of scenarios that are offered.
  std::string results;               ///< A folder of results that are offered.
  std::string state_file;            ///< Where the viewer remembers things. Empty: nowhere.
  Provenance provenance;             ///< Of what is measured.
};

/// How a viewer ended.
enum class ViewEnd {
  done,
  failed,       ///< Something that the script expected was not so, or a picture was not written.
  wrong_input,  ///< The scenario or the script makes no sense.
  no_display,
};

/// Shows the viewer until somebody closes it, or its script is over. Says what went wrong on
/// standard error.
ViewEnd view(const ViewOptions& options, const Catalog& catalog, const Language& language);

}  // namespace highwater::viewer
