#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "viewer/gui/context.h"
#include "viewer/gui/field_form.h"
#include "viewer/gui/text_view.h"
#include "viewer/session/editor.h"

namespace highwater::viewer {

/// The scenario that is open, to be edited: kinds to add, the canvas, the parameters of what is
/// selected, the text, and what is wrong with it.
///
/// What is done on the canvas and in forms is an edit of the text; see Editor.
class EditorPanel {
 public:
  explicit EditorPanel(Context& context) : editor_(context.catalog, context.language) {}

  /// A scenario was opened, or could not be because of what is in it: then its text is shown.
  /// @return whether it is shown.
  bool opened(Context& context, const std::string& file, bool good);
  void open_new(Context& context);
  /// Shows the editor, or the run again.
  void toggle(Context& context);
  /// Once a frame, whether it is shown or not.
  void poll(Context& context);
  void keys(Context& context);
  void save(Context& context);
  /// @param again  What was undone.
  void undo(Context& context, bool again);
  /// In place of the run.
  void draw(Context& context, TopologyCanvas& canvas);
  /// What is in the way of leaving, if something is; drawn over everything.
  void ask(Context& context, ImVec2 size);
  /// Does something that forgets what is edited; asks before where that is not saved.
  void leave(Context& context, std::function<void()> then);
  bool is_changed() const { return editor_.is_changed(); }
  /// Of the window: the file, and whether it was changed.
  std::string title() const;
  void publish(Context& context) const;

 private:
  void bar(Context& context);
  void palette(Context& context);
  void canvas(Context& context, TopologyCanvas& canvas, ImVec2 size);
  void menus(Context& context);
  void act(Context& context, TopologyCanvas& canvas, const TopologyCanvas::Events& events);
  void connect(Context& context, const std::string& from, const std::string& to);
  void remove(Context& context, const topology::Target& target);
  void add(Context& context, const std::string& kind, std::optional<topology::Position> position);
  void selected(Context& context);
  void component(Context& context, const std::string& name);
  void scenario(Context& context);
  const TypeInfo& any_fault(const Context& context);
  Value fault(const Context& context, const AlternativeInfo& verb) const;
  std::string target_of(const FaultKind& fault) const;
  Value objective(const Context& context) const;
  void problems(Context& context);
  void text(Context& context);
  void say(Context& context, const EditOutcome& outcome);
  /// The component that is selected; empty for none.
  std::string chosen(const Context& context) const;

  Editor editor_;
  TextView view_;
  FieldForm form_;
  TypeInfo any_fault_;
  std::string form_of_;  // what the form is of
  std::string search_;   // in the palette
  std::string save_as_;  // the field of that name
  bool saves_as_ = false;
  std::string name_;  // the field with the selected component's name
  std::string name_of_;
  topology::Model model_;
  std::optional<TopologyCanvas::Menu> menu_;
  std::optional<TopologyCanvas::Connection> connection_;
  std::vector<Way> ways_;
  std::map<std::string, topology::Position, std::less<>> placed_;  // what was dropped lately
  std::map<std::string, std::string, std::less<>> renamed_;        // lately
  std::function<void()> leaving_;
  std::string to_edit_;  // a file that was opened and not yet read here
};

}  // namespace highwater::viewer
