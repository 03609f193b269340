#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "viewer/session/scenario_check.h"
#include "viewer/session/scenario_edits.h"
#include "viewer/session/session.h"
#include "viewer/session/text_history.h"
#include "viewer/session/wiring.h"

namespace highwater::viewer {

/// The text of a scenario that is being edited: what is done to it and undone, what the loader says
/// of it, and the file that it is saved into.
///
/// Every edit is one of the text, so that the file stays as its author wrote it where nothing was
/// changed. After each the loader reads the text anew in a thread of its own; while it finds no
/// errors the session takes what it read, else it keeps the last run that made sense.
///
/// Used by one thread.
/// Checked  tests/viewer/editor_test.cpp
class Editor {
 public:
  /// A larger file is not edited (chosen: what is written by hand has some kilobytes).
  static constexpr std::size_t kLargestText = std::size_t{4} << 20;

  /// @param catalog, language  Must outlive it.
  Editor(const Catalog& catalog, const Language& language)
      : language_(language), checker_(catalog, language) {}

  // The file.
  /// Opens a file, whatever is in it. What was edited before is forgotten.
  /// @return why it cannot be read; empty where it was.
  std::string open(const std::string& file);
  /// A small scenario that makes sense, in no file yet.
  void open_new();
  /// Nothing is edited any more.
  void close();
  bool is_open() const { return open_; }
  const std::string& file() const { return file_; }  ///< Empty for what was never saved.
  const std::string& text() const { return text_; }
  /// Whether it differs from what is in the file.
  bool is_changed() const { return changed_; }
  /// Into its file. Where somebody else has written that meanwhile, or there is one of that name,
  /// it says so, and does it when it is asked once more.
  EditOutcome save();
  EditOutcome save_as(const std::string& file);

  // Edits. What is said is for the user.
  EditOutcome type(std::string text);
  EditOutcome replace_all(std::string text, std::string what);
  /// @param added  The name of the new component.
  EditOutcome add(const std::string& kind, std::string& added);
  EditOutcome remove(const std::string& component);
  EditOutcome rename(const std::string& component, const std::string& name);
  EditOutcome set(const std::string& component, const std::string& path, const std::string& value);
  std::vector<Way> ways(const std::string& from, const std::string& to, std::string& why) const;
  EditOutcome connect(const std::string& from, const std::string& to, const Way& way);
  EditOutcome disconnect(const std::string& from, const std::string& to);
  /// Takes what was changed without the text ("api.replicas=6") into it, in one step.
  EditOutcome take_settings(const std::vector<std::string>& settings);

  const TextHistory& history() const { return history_; }
  void undo();
  void redo();
  /// Where the last edit that was not typed ended in the text; once.
  std::optional<std::size_t> take_place();

  // What the loader says.
  /// Once a frame: takes what was read meanwhile. @return whether there was something.
  bool poll(Session& session);
  /// Waits until the text has been read.
  /// @param session  Takes what makes sense; null where none shall.
  void settle(Session* session);
  bool is_checked() const { return !checker_.is_busy(); }
  /// Whether the session runs this scenario, perhaps as it was some edits ago.
  bool is_run_by(const Session& session) const {
    return session.is_open() && session.document().file() == name();
  }
  /// Of the last text that was read.
  const std::vector<Problem>& problems() const { return problems_; }
  bool has_errors() const;
  /// The last that could be drawn.
  const TopologyPicture& picture() const { return picture_; }
  /// What the scenario says of a component, with what it extends; null where it says nothing. Valid
  /// until the next edit or poll().
  const Value* component(const std::string& name) const;
  /// The scenario itself, as the text last said it; null before it said anything.
  const Value* root() const { return own_ ? &*own_ : nullptr; }
  /// From where to where a component stands in the text; nothing where it does not.
  std::optional<std::pair<std::size_t, std::size_t>> extent(const std::string& component) const;
  /// Where a problem stands in the text; nothing where it stands in another file.
  std::optional<std::size_t> place_of(const Problem& problem) const;

 private:
  using Edit = std::function<EditOutcome(ScenarioText&, const EditGround&)>;
  EditOutcome edit(std::string what, const Edit& by);
  void take_text(std::string text, std::string what, bool typed);
  void after_change(std::optional<std::size_t> place);
  void start(std::string text, const std::string& file);
  void find_extents();
  void check();
  void take(CheckedScenario checked, Session* session);
  EditGround ground() const;
  std::string name() const { return file_.empty() ? "new.json" : file_; }
  std::string directory() const;

  const Language& language_;
  ScenarioChecker checker_;
  bool open_ = false;
  std::string file_;
  std::string text_;
  std::string saved_;  // what is in the file, as far as is known
  bool changed_ = false;
  std::string confirms_;  // the file that may be written over when asked once more
  TextHistory history_;
  std::optional<std::size_t> place_;
  std::optional<Value> own_;     // what the text parses to, of the last that does
  std::optional<Value> merged_;  // of the last that could be read with all it extends
  /// Of the components, by name; of the last text that parses.
  std::map<std::string, std::pair<std::size_t, std::size_t>, std::less<>> extents_;
  std::vector<Problem> problems_;
  TopologyPicture picture_;
};

}  // namespace highwater::viewer
