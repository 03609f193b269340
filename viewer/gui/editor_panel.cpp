#include "viewer/gui/editor_panel.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <GLFW/glfw3.h>
#include <fmt/format.h>

#include "engine/kernel/check.h"
#include "viewer/draw/widgets.h"
#include "viewer/gui/input_text.h"
#include "viewer/gui/overview_panel.h"
#include "viewer/gui/still.h"

namespace highwater::viewer {
namespace {

/// The component that a problem is about; empty where it is about none.
std::string component_of(const Problem& problem) {
  const JsonPath path = path_of(problem.pointer);
  return path.size() > 1 && path.front() == "components" ? path[1] : "";
}

Status status_of(const Problem& problem) {
  return problem.severity == Severity::kError ? Status::bad : Status::warn;
}

std::string short_text(const Problem& problem) {
  std::string text = problem.message;
  if (!problem.suggestion.empty())
    text += fmt::format("; did you mean \"{}\"?", problem.suggestion);
  if (problem.position.line == 0) return text;
  return fmt::format("{}:{}  {}", problem.position.line, problem.position.column, text);
}

constexpr std::size_t kMostShown = 200;  // problems

const TypeInfo kObjective;

}  // namespace

bool EditorPanel::opened(Context& context, const std::string& file, bool good) {
  if (good) {
    // Read when it is to be edited, if it ever is. What was edited before is forgotten with it.
    editor_.close();
    to_edit_ = file;
  } else {
    if (!editor_.open(file).empty()) return false;
    to_edit_.clear();
    context.selected.reset();
    context.problems.clear();
  }
  view_ = {};
  form_.clear();
  saves_as_ = false;
  context.editing = !good;
  return context.editing;
}

void EditorPanel::open_new(Context& context) {
  to_edit_.clear();
  view_ = {};
  form_.clear();
  saves_as_ = false;
  editor_.open_new();
  context.editing = true;
  context.selected.reset();
  context.problems.clear();
}

void EditorPanel::toggle(Context& context) {
  if (context.editing) {
    if (context.session.is_open())
      context.editing = false;
    else
      context.notify("There is nothing to run yet", Status::warn);
    return;
  }
  if (!to_edit_.empty()) {
    if (const std::string fault = editor_.open(to_edit_); !fault.empty())
      return context.notify(to_edit_ + ": " + fault, Status::bad);
    to_edit_.clear();
  }
  if (!editor_.is_open()) return open_new(context);
  context.editing = true;
  context.problems.clear();
  if (!editor_.is_run_by(context.session) || context.session.settings().empty()) return;
  // With them it is what runs already: the run stays.
  editor_.settle(nullptr);
  say(context, editor_.take_settings(context.session.settings()));
}

void EditorPanel::poll(Context& context) {
  if (!editor_.is_open()) return;
  editor_.poll(context.session);
}

std::string EditorPanel::title() const {
  const std::string file = editor_.file().empty() ? "new scenario" : editor_.file();
  return std::filesystem::path(file).filename().string() + (editor_.is_changed() ? " *" : "");
}

std::string EditorPanel::chosen(const Context& context) const {
  if (!context.selected) return "";
  const bool one = context.selected->kind == topology::Target::Kind::node ||
                   context.selected->kind == topology::Target::Kind::instance;
  return one && editor_.component(context.selected->id) != nullptr ? context.selected->id : "";
}

void EditorPanel::say(Context& context, const EditOutcome& outcome) {
  if (!outcome.said.empty()) context.notify(outcome.said, outcome.done ? Status::ok : Status::warn);
  if (const auto place = editor_.take_place()) view_.show(*place);
}

void EditorPanel::save(Context& context) {
  if (!editor_.is_open()) return;
  if (editor_.file().empty()) {
    context.editing = true;
    saves_as_ = true;
    return;
  }
  say(context, editor_.save());
}

void EditorPanel::undo(Context& context, bool again) {
  if (again)
    editor_.redo();
  else
    editor_.undo();
  form_.clear();
  say(context, {});
}

void EditorPanel::keys(Context& context) {
  const ImGuiIO& io = ImGui::GetIO();
  const auto pressed = [](int key) { return ImGui::IsKeyPressed(key, true); };
  if (!context.editing || !io.KeyCtrl) return;
  // Not by holding the key down: a second time may mean to write over what is there.
  if (ImGui::IsKeyPressed(GLFW_KEY_S, false)) save(context);
  // Other fields undo what is written in them themselves.
  if (io.WantTextInput && !view_.is_active()) return;
  if (pressed(GLFW_KEY_Z)) undo(context, io.KeyShift);
  if (pressed(GLFW_KEY_Y)) undo(context, true);
}

void EditorPanel::leave(Context& context, std::function<void()> then) {
  if (!editor_.is_changed()) return context.later(std::move(then));
  leaving_ = std::move(then);
}

void EditorPanel::ask(Context& context, ImVec2 size) {
  if (!leaving_) return;
  ImGui::SetNextWindowPos({size.x / 2, context.look.px(76)}, 0, {0.5F, 0});
  ImGui::PushStyleColor(ImGuiCol_WindowBg, context.look.theme.raised);
  ImGui::PushStyleColor(ImGuiCol_Border, context.look.theme.status(Status::warn));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
  ImGui::Begin("not saved", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_AlwaysAutoResize |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoMove);
  status_label(context.look, Status::warn,
               title().substr(0, title().size() - 2) + " has changes that are not saved");
  std::function<void()> then;
  if (ImGui::Button("Save and go on")) {
    const EditOutcome outcome = editor_.save();
    say(context, outcome);
    if (outcome.done)
      then = std::exchange(leaving_, nullptr);
    else if (editor_.file().empty())
      saves_as_ = context.editing = true;
  }
  context.registry.mark("save and go on");
  ImGui::SameLine();
  if (ImGui::Button("Go on without")) then = std::exchange(leaving_, nullptr);
  context.registry.mark("go on without");
  ImGui::SameLine();
  if (ImGui::Button("Stay")) leaving_ = nullptr;
  context.registry.mark("stay");
  ImGui::End();
  ImGui::PopStyleVar();
  ImGui::PopStyleColor(2);
  if (then) context.later(std::move(then));
}

void EditorPanel::publish(Context& context) const {
  Registry& registry = context.registry;
  registry.publish("editing", context.editing ? "yes" : "no");
  registry.publish("asks", leaving_ ? "yes" : "no");
  if (!editor_.is_open()) return;
  registry.publish("changed", editor_.is_changed() ? "yes" : "no");
  registry.publish("checked", !editor_.is_checked()  ? "no"
                              : editor_.has_errors() ? "wrong"
                                                     : "right");
  registry.publish("complaints", std::to_string(editor_.problems().size()));
  registry.publish("complaint",
                   editor_.problems().empty() ? "none" : editor_.problems().front().message);
  registry.publish("components", std::to_string(model_.nodes.size()));
  registry.publish("connections", std::to_string(model_.edges.size()));
  registry.publish("undoes", editor_.history().can_undo() ? editor_.history().undoes() : "nothing");
}

void EditorPanel::bar(Context& context) {
  const Look& look = context.look;
  const TextHistory& history = editor_.history();
  if (icon_button(look, {.id = "new",
                         .icon = Icon::plus,
                         .label = "New",
                         .tip = "A small scenario to begin with"}))
    leave(context, [this, &context] { open_new(context); });
  context.registry.mark("new");
  ImGui::SameLine();
  const std::string undoes =
      history.can_undo() ? "Undo: " + history.undoes() + " (Ctrl+Z)" : "Nothing to undo";
  if (icon_button(look, {.id = "undo", .icon = Icon::restart, .label = "Undo", .tip = undoes}))
    undo(context, false);
  context.registry.mark("undo");
  ImGui::SameLine();
  const std::string redoes =
      history.can_redo() ? "Redo: " + history.redoes() + " (Ctrl+Y)" : "Nothing to redo";
  if (icon_button(look, {.id = "redo", .icon = Icon::skip, .label = "Redo", .tip = redoes}))
    undo(context, true);
  context.registry.mark("redo");
  ImGui::SameLine();
  if (icon_button(look, {.id = "save",
                         .icon = Icon::ok,
                         .label = "Save",
                         .tip = "Save (Ctrl+S)",
                         .strong = editor_.is_changed()}))
    save(context);
  context.registry.mark("save");
  ImGui::SameLine();
  if (icon_button(look, {.id = "save as",
                         .icon = Icon::folder,
                         .label = "Save as",
                         .tip = "Under another name",
                         .chosen = saves_as_})) {
    saves_as_ = !saves_as_;
    save_as_ = editor_.file();
  }
  context.registry.mark("save as");
  if (saves_as_) {
    ImGui::SameLine();
    ImGui::SetNextItemWidth(look.px(320));
    if (input_text("##save as", "path of the file, and Enter", save_as_,
                   ImGuiInputTextFlags_EnterReturnsTrue)) {
      const EditOutcome outcome = editor_.save_as(save_as_);
      say(context, outcome);
      saves_as_ = !outcome.done;
    }
    context.registry.mark("save path");
  }
  ImGui::SameLine(0, look.px(18));
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted(title().c_str());
  ImGui::SameLine(0, look.px(18));
  ImGui::SetCursorPosY(ImGui::GetCursorPosY() + ImGui::GetStyle().FramePadding.y);
  const std::size_t count = editor_.problems().size();
  const std::string problems = fmt::format("{} {}", count, count == 1 ? "problem" : "problems");
  if (!editor_.is_checked())
    status_label(look, Status::idle, "reading");
  else if (editor_.has_errors())
    status_label(look, Status::bad, problems + "; the last good run stays");
  else
    status_label(look, count > 0 ? Status::warn : Status::ok,
                 count > 0 ? problems + "; a run is ready" : "right; a run is ready");
}

void EditorPanel::palette(Context& context) {
  heading(context.look, "Add");
  ImGui::SetNextItemWidth(-1);
  input_text("##search kinds", "search; drag to the canvas, or double-click", search_);
  context.registry.mark("search kinds");
  ImGui::BeginChild("kinds");
  const float row = ImGui::GetTextLineHeight() * 2 + context.look.px(8);
  for (const KindInfo& kind : context.language.kinds) {
    if (!holds(kind.name, search_) && !holds(kind.summary, search_)) continue;
    ImGui::PushID(kind.name.c_str());
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    ImGui::Selectable("##kind", false, ImGuiSelectableFlags_AllowDoubleClick, {0, row});
    context.registry.mark("palette:" + kind.name);
    const bool twice = ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(0);
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", kind.summary.c_str());
    if (ImGui::BeginDragDropSource()) {
      ImGui::SetDragDropPayload(TopologyCanvas::kPalettePayload, kind.name.data(),
                                kind.name.size());
      ImGui::TextUnformatted(kind.name.c_str());
      ImGui::EndDragDropSource();
    }
    ImDrawList& draw = *ImGui::GetWindowDrawList();
    draw_icon(draw, icon_of_kind(kind.name), {at.x + context.look.px(14), at.y + row / 2},
              context.look.px(9), context.look.theme.dim);
    const float left = at.x + context.look.px(32);
    ImGui::PushFont(context.look.font(TextRole::strong));
    draw.AddText({left, at.y + context.look.px(3)}, context.look.theme.text, kind.name.c_str());
    ImGui::PopFont();
    ImFont* const small = context.look.font(TextRole::small);
    const ImVec4 clip{left, at.y, at.x + width, at.y + row};
    draw.AddText(small, small->FontSize,
                 {left, at.y + context.look.px(4) + ImGui::GetTextLineHeight()},
                 context.look.theme.dim, kind.summary.c_str(), nullptr, 0, &clip);
    ImGui::PopID();
    if (twice) add(context, kind.name, std::nullopt);
  }
  ImGui::EndChild();
}

void EditorPanel::add(Context& context, const std::string& kind,
                      std::optional<topology::Position> position) {
  std::string name;
  const EditOutcome outcome = editor_.add(kind, name);
  say(context, outcome);
  if (!outcome.done) return;
  if (position) placed_[name] = *position;
  context.selected = topology::Target::node(name);
}

void EditorPanel::remove(Context& context, const topology::Target& target) {
  switch (target.kind) {
    case topology::Target::Kind::node: {
      const EditOutcome outcome = editor_.remove(target.id);
      say(context, outcome);
      if (outcome.done) context.selected.reset();
      return;
    }
    case topology::Target::Kind::edge: {
      const EditOutcome outcome = editor_.disconnect(target.id, target.to);
      say(context, outcome);
      if (outcome.done) context.selected.reset();
      return;
    }
    default:
      return;
  }
}

void EditorPanel::connect(Context& context, const std::string& from, const std::string& to) {
  std::string why;
  ways_ = editor_.ways(from, to, why);
  if (ways_.empty()) return context.notify(why, Status::warn);
  connection_ = TopologyCanvas::Connection{from, to};
  if (ways_.size() > 1) return ImGui::OpenPopup("how");
  say(context, editor_.connect(from, to, ways_.front()));
}

void EditorPanel::act(Context& context, TopologyCanvas& canvas,
                      const TopologyCanvas::Events& events) {
  if (events.selection_changed) {
    context.selected = canvas.selected();
    if (const auto extent = editor_.extent(chosen(context))) view_.show(extent->first);
  }
  if (events.connect) connect(context, events.connect->from, events.connect->to);
  if (events.add) add(context, events.add->what, events.add->position);
  if (events.remove) remove(context, *events.remove);
  if (events.menu && (events.menu->target.kind == topology::Target::Kind::node ||
                      events.menu->target.kind == topology::Target::Kind::edge)) {
    menu_ = events.menu;
    ImGui::OpenPopup("what to do");
  }
}

void EditorPanel::menus(Context& context) {
  if (menu_ && ImGui::BeginPopup("what to do")) {
    const topology::Target target = menu_->target;
    const bool edge = target.kind == topology::Target::Kind::edge;
    const std::string words =
        edge ? fmt::format("Part {} from {}", target.id, target.to) : "Remove " + target.id;
    if (ImGui::MenuItem(words.c_str(), "Delete")) remove(context, target);
    context.registry.mark("remove it");
    ImGui::EndPopup();
  }
  if (connection_ && ImGui::BeginPopup("how")) {
    ImGui::TextDisabled(
        "%s", fmt::format("How does {} use {}?", connection_->from, connection_->to).c_str());
    for (const Way& way : ways_) {
      if (ImGui::MenuItem(way.words.c_str()))
        say(context, editor_.connect(connection_->from, connection_->to, way));
      context.registry.mark("way:" + way.words);
    }
    ImGui::EndPopup();
  }
}

void EditorPanel::canvas(Context& context, TopologyCanvas& canvas, ImVec2 size) {
  ImGui::BeginChild("topology", size, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  model_ = still_of(editor_.picture(), topology::kNone);
  if (!placed_.empty() || !renamed_.empty()) {
    auto positions = canvas.positions();
    for (const auto& [from, to] : std::exchange(renamed_, {}))
      if (auto moved = positions.extract(from)) {
        moved.key() = to;
        positions.insert(std::move(moved));
      }
    for (const auto& [name, position] : std::exchange(placed_, {})) positions[name] = position;
    canvas.set_positions(std::move(positions));
  }
  if (canvas.selected() != context.selected) canvas.select(context.selected);
  TopologyCanvas::Options options;
  options.time_s = context.clock_s;
  options.particles = false;
  options.reduced_motion = context.reduced_motion;
  options.editing = true;
  const TopologyCanvas::Events& events =
      canvas.draw(context.look, "canvas", model_, {0, 0}, options);
  context.registry.mark("canvas");
  for (const auto& [name, rect] : canvas.rects()) context.registry.mark(name, {rect.min, rect.max});
  act(context, canvas, events);
  menus(context);
  ImGui::EndChild();
}

void EditorPanel::component(Context& context, const std::string& name) {
  heading(context.look, name.c_str());
  if (std::exchange(name_of_, name) != name) name_ = name;
  ImGui::SetNextItemWidth(-context.look.px(76));
  if (input_text("##name", "name", name_, ImGuiInputTextFlags_EnterReturnsTrue) && name_ != name) {
    const EditOutcome outcome = editor_.rename(name, name_);
    say(context, outcome);
    if (!outcome.done) {
      name_ = name;
    } else {
      renamed_[name] = name_;
      context.selected = topology::Target::node(name_);
      return;
    }
  }
  context.registry.mark("name");
  ImGui::SameLine();
  if (ImGui::Button("Remove")) return remove(context, topology::Target::node(name));
  context.registry.mark("remove");
  const Value* const said = editor_.component(name);
  const Value* const kind_name = said->find("kind");
  const KindInfo* const kind = kind_name != nullptr && kind_name->is_string()
                                   ? find_kind(context.language.kinds, kind_name->text())
                                   : nullptr;
  if (kind == nullptr) {
    ImGui::TextWrapped("Its kind is not known: write it in the text.");
    return;
  }
  ImGui::PushStyleColor(ImGuiCol_Text, context.look.theme.dim);
  ImGui::TextWrapped("%s", (kind->name + ": " + kind->summary).c_str());
  ImGui::PopStyleColor();
  if (const auto change = form_.draw(context, form_.found(context, kind->fields()), said, ""))
    say(context, editor_.set(name, change->path, change->text));
}

/// What the scenario says beside its components.
void EditorPanel::scenario(Context& context) {
  heading(context.look, "The scenario");
  if (editor_.root() == nullptr || !editor_.root()->is_object()) return;
  std::vector<FieldInfo> fields;
  std::optional<FieldForm::Change> change;
  for (const FieldInfo& field : context.language.top) {
    if (field.name == "components" || field.name == "highwater" || field.name == "extends")
      continue;
    const Value* const said = editor_.root()->find(field.name);
    std::optional<FieldForm::Change> made;
    if (field.name == "faults")
      made = form_.draw_list(context, field, any_fault(context), said,
                             [&](const AlternativeInfo* verb) { return fault(context, *verb); });
    else if (field.name == "objectives")
      made = form_.draw_list(context, field, kObjective, said,
                             [&](const AlternativeInfo*) { return objective(context); });
    else
      made = form_.draw(context, {field}, editor_.root(), "");
    if (made) change = made;
  }
  if (change) say(context, editor_.set("", change->path, change->text));
}

/// What stands for all verbs of faults.
const TypeInfo& EditorPanel::any_fault(const Context& context) {
  if (any_fault_.alternatives.empty()) {
    any_fault_.shape = Shape::kOneOf;
    for (const KindInfo& verb : context.language.faults)
      any_fault_.alternatives.push_back({verb.name, verb.summary, verb.source, verb.fields()});
  }
  return any_fault_;
}

/// A fault that does something to what is there, the last that it can be done to.
Value EditorPanel::fault(const Context& context, const AlternativeInfo& verb) const {
  const auto& all = context.catalog.faults;
  const auto kind = std::find_if(all.begin(), all.end(),
                                 [&](const FaultKind& one) { return one.info.name == verb.verb; });
  HIGHWATER_CHECK(kind != all.end());  // the language is made of the catalog
  return example_of(*kind, target_of(*kind), *editor_.root());
}

std::string EditorPanel::target_of(const FaultKind& fault) const {
  const TopologyPicture& picture = editor_.picture();
  if (fault.aim == FaultAim::zone) {
    const Value* const zones = find_value(*editor_.root(), {"network", "zones"});
    const bool any = zones != nullptr && zones->is_array() && !zones->elements().empty();
    return any ? text_of_value(zones->elements().back()) : "zone";
  }
  if (fault.aim == FaultAim::edges && !picture.edges.empty())
    return picture.nodes[picture.edges.back().from].id + "->" +
           picture.nodes[picture.edges.back().to].id;
  std::string target;
  for (const TopologyNode& node : picture.nodes)
    if (fault.kinds.empty() ||
        std::find(fault.kinds.begin(), fault.kinds.end(), node.kind) != fault.kinds.end())
      target = node.id;
  return target;
}

/// One that can be measured of whoever asks.
Value EditorPanel::objective(const Context& context) const {
  std::string client = "users";
  for (const TopologyNode& node : editor_.picture().nodes)
    if (const KindInfo* const kind = find_kind(context.language.kinds, node.kind);
        kind != nullptr && kind->sends_load)
      client = node.id;
  return Value::string(client + ".latency.p99 < 250ms");
}

void EditorPanel::selected(Context& context) {
  const std::string name = chosen(context);
  const bool edge = context.selected && context.selected->kind == topology::Target::Kind::edge;
  const std::string of = edge ? topology::name_of(*context.selected) : name;
  if (std::exchange(form_of_, of) != of) form_.clear();
  ImGui::BeginChild("form");
  if (edge) {
    heading(context.look,
            fmt::format("{} to {}", context.selected->id, context.selected->to).c_str());
    if (ImGui::Button("Remove")) remove(context, *context.selected);
    context.registry.mark("remove");
  } else if (!name.empty()) {
    component(context, name);
  } else {
    scenario(context);
  }
  ImGui::EndChild();
}

void EditorPanel::problems(Context& context) {
  ImGui::BeginChild("problems");
  std::size_t number = 0;
  for (const Problem& problem : editor_.problems()) {
    if (number == kMostShown) {
      ImGui::TextDisabled("and %zu more", editor_.problems().size() - kMostShown);
      break;
    }
    ImGui::PushID(static_cast<int>(number));
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float sign = context.look.px(18);
    const std::string words = short_text(problem);
    const bool chosen_one = ImGui::Selectable("##problem");
    context.registry.mark("problem:" + std::to_string(number++));
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", problem.text().c_str());
    ImDrawList& draw = *ImGui::GetWindowDrawList();
    const Color color = context.look.theme.status(status_of(problem));
    draw_icon(draw, icon(status_of(problem)),
              {at.x + sign / 2, at.y + ImGui::GetTextLineHeight() / 2}, context.look.px(6), color);
    draw.AddText({at.x + sign, at.y}, context.look.theme.text, words.c_str());
    ImGui::PopID();
    if (!chosen_one) continue;
    if (const std::string name = component_of(problem); editor_.component(name) != nullptr)
      context.selected = topology::Target::node(name);
    if (const auto place = editor_.place_of(problem)) view_.show(*place);
  }
  if (editor_.problems().empty())
    ImGui::TextDisabled(
        "Nothing is wrong. E shows the run; a drag from the right edge of a card "
        "connects it.");
  ImGui::EndChild();
}

void EditorPanel::text(Context& context) {
  std::vector<TextView::Mark> marks;
  if (editor_.is_checked())
    for (const Problem& problem : editor_.problems()) {
      if (marks.size() == kMostShown) break;
      if (const auto place = editor_.place_of(problem))
        marks.push_back({*place, status_of(problem), problem.message});
    }
  const auto written = view_.draw(context, editor_.text(), marks, editor_.extent(chosen(context)));
  if (!written) return;
  form_.clear();
  say(context, editor_.type(*written));
}

void EditorPanel::draw(Context& context, TopologyCanvas& canvas_of) {
  bar(context);
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  const float left = context.look.px(290);
  const float right = std::max(context.look.px(360), room.x * 0.34F);
  ImGui::BeginGroup();
  ImGui::BeginChild("palette", {left, room.y * 0.42F}, true);
  palette(context);
  ImGui::EndChild();
  ImGui::BeginChild("selected", {left, 0}, true);
  selected(context);
  ImGui::EndChild();
  ImGui::EndGroup();
  ImGui::SameLine();
  ImGui::BeginGroup();
  const float middle = std::max(room.x - left - right - 2 * gap, context.look.px(100));
  const float lower = std::max(room.y * 0.2F, context.look.px(96));
  canvas(context, canvas_of, {middle, room.y - lower - ImGui::GetStyle().ItemSpacing.y});
  ImGui::BeginChild("wrong", {middle, lower}, true);
  problems(context);
  ImGui::EndChild();
  ImGui::EndGroup();
  ImGui::SameLine();
  ImGui::BeginChild("text", {0, room.y}, true);
  text(context);
  ImGui::EndChild();
}

}  // namespace highwater::viewer
