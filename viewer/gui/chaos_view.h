#pragma once

#include <map>
#include <string>

#include "viewer/draw/plot.h"
#include "viewer/gui/context.h"
#include "viewer/session/saved_file.h"

namespace highwater::viewer {

/// What an experiment, a search for weaknesses or a search for metastability has found out.
class ChaosView {
 public:
  /// @param file  Must outlive it; not of a run.
  explicit ChaosView(const SavedFile& file) : file_(file) {}

  /// @param link  Becomes the path of a file that was asked for.
  void draw(Context& context, ImVec2 size, std::string& link);

 private:
  void show(Context& context, const ChaosResults& results, std::string& link);
  void show(Context& context, const SearchResults& results, std::string& link);
  void show(Context& context, const MetastabilityResults& results);
  void over_time(Context& context, const ChaosResults& results);
  void fault(Context& context, const ChaosImpact& impact);
  /// A button for a file beside the document. @return whether that is there.
  bool link_to(Context& context, const char* label, const std::string& name,
               std::string& link) const;

  const SavedFile& file_;
  std::map<std::string, PlotState> states_;
  XLink loads_, lengths_, time_;
};

}  // namespace highwater::viewer
