#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "viewer/gui/chaos_view.h"
#include "viewer/gui/context.h"
#include "viewer/gui/difference_view.h"
#include "viewer/gui/run_view.h"
#include "viewer/session/measurement.h"
#include "viewer/session/saved_file.h"

namespace highwater::viewer {

/// What stands beside the live run: results that were opened, and what was measured over
/// replications. Each has a tab; two runs can be compared.
class ResultsPanel {
 public:
  explicit ResultsPanel(Provenance provenance) : provenance_(std::move(provenance)) {}

  /// Shows results that were read.
  void open(SavedFile file);
  bool empty() const { return documents_.empty(); }
  /// Whether a tab of results is in front, instead of the live run.
  bool in_front() const { return front_.has_value(); }
  void show_live() {
    front_.reset();
    wants_live_ = true;
  }

  /// The row of tabs and what belongs to all of them: measuring, and how far that is.
  void bar(Context& context);
  /// The one in front. Precondition: in_front().
  void draw(Context& context, ImVec2 size);
  /// A file that a link leads to, chosen in this frame; empty for none.
  std::string take_link();

  /// Begins to measure the scenario of the session, with its settings, in the background.
  void measure(Context& context, std::uint64_t replications);
  bool measuring() const { return measurement_ != nullptr; }
  /// Results of the scenario of the session as it stands now; null where it was not measured.
  const Results* measured(const Session& session) const;

 private:
  struct Document {
    std::string title;
    SavedFile file;
    std::unique_ptr<MeasuredRun> measured;  // null for what was opened
    std::unique_ptr<RunView> run;
    std::unique_ptr<ChaosView> chaos;
    std::uint64_t number = 0;  // tells it from others of the same name

    const Results* results() const;
  };
  void add(Document document);
  void look_after_measurement(Context& context);
  void measure_controls(Context& context);
  void toolbar_of(Context& context, Document& document);
  void save(Context& context, const Document& document);
  void compare_with(std::size_t other);
  void close(std::size_t place);

  Provenance provenance_;
  std::vector<std::unique_ptr<Document>> documents_;
  std::optional<std::size_t> front_;
  std::optional<std::size_t> wanted_;  // to come to the front in the next frame
  bool wants_live_ = false;
  std::uint64_t numbered_ = 0;
  std::unique_ptr<Measurement> measurement_;
  std::array<char, 16> replications_{};
  const System* replications_of_ = nullptr;  // whose default the field shows
  std::optional<DifferenceView> difference_;
  std::string link_;
};

}  // namespace highwater::viewer
