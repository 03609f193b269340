#include "viewer/gui/fault_dialog.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "viewer/draw/widgets.h"
#include "viewer/session/scenario_edits.h"

namespace highwater::viewer {
namespace {

/// What is injected happens at once: these are the fields of faults in files.
bool is_timing(const std::string& name) {
  static const std::vector<std::string> timing = {"at", "when", "after", "random"};
  return std::find(timing.begin(), timing.end(), name) != timing.end();
}

bool means_something(const FaultKind& fault, const topology::Target& target,
                     const std::string& kind) {
  using Of = topology::Target::Kind;
  switch (fault.aim) {
    case FaultAim::zone:
      return target.kind == Of::zone;
    case FaultAim::edges:
      return target.kind == Of::edge;
    case FaultAim::whole:
      if (target.kind != Of::node) return false;
      break;
    case FaultAim::instances:
    case FaultAim::members:
      if (target.kind != Of::node && target.kind != Of::instance) return false;
      break;
  }
  return fault.kinds.empty() ||
         std::find(fault.kinds.begin(), fault.kinds.end(), kind) != fault.kinds.end();
}

std::string text_of(const topology::Target& target) {
  switch (target.kind) {
    case topology::Target::Kind::edge:
      return target.id + "->" + target.to;
    case topology::Target::Kind::instance:
      return fmt::format("{}[{}]", target.id, target.instance);
    default:
      return target.id;
  }
}

std::string kind_of(const Context& context, const topology::Target& target) {
  for (const Part& part : context.session.system().parts)
    if (part.id == target.id) return part.kind->info.name;
  return "";
}

}  // namespace

void FaultDialog::choose(const FaultKind& kind, const std::string& target) {
  kind_ = &kind;
  target_ = target;
  said_ = parameters_of(kind);
  form_.clear();
  opens_ = true;
}

void FaultDialog::menu(Context& context, const topology::Target& target) {
  const std::string kind = kind_of(context, target);
  const std::string text = text_of(target);
  ImGui::PushFont(context.look.font(TextRole::strong));
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopFont();
  ImGui::Separator();
  bool any = false;
  for (const FaultKind& fault : context.catalog.faults) {
    if (!means_something(fault, target, kind)) continue;
    any = true;
    if (ImGui::MenuItem(fault.info.name.c_str())) choose(fault, text);
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", fault.info.summary.c_str());
    context.registry.mark("fault:" + fault.info.name);
  }
  if (!any) ImGui::TextDisabled("No fault can be aimed at it");
}

bool FaultDialog::inject(Context& context) {
  Value fault = Value::object();
  fault.set(kind_->info.name, Value::string(target_));
  for (const Value::Member& member : said_.members()) fault.set(member.key, member.value);
  Problems problems;
  if (!context.session.inject(fault, problems).has_value()) {
    context.report(problems);
    return false;
  }
  context.problems.clear();
  context.looking_at.reset();
  context.notify(kind_->info.name + " " + target_, Status::warn);
  return true;
}

void FaultDialog::draw(Context& context) {
  if (kind_ == nullptr) return;
  if (std::exchange(opens_, false)) {
    ImGui::OpenPopup("fault");
    place_ = ImGui::GetMousePos();
    height_ = fields_height_ = 0;
  }
  // As it grows with what is unfolded it moves up, and in the end its fields scroll.
  const float width = context.look.px(380), margin = context.look.px(8);
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowSize({width, 0});
  place_.x = std::max(margin, std::min(place_.x, display.x - width - margin));
  place_.y = std::max(margin, std::min(place_.y, display.y - height_ - margin));
  ImGui::SetNextWindowPos(place_);
  if (!ImGui::BeginPopup("fault")) {
    kind_ = nullptr;
    return;
  }
  height_ = ImGui::GetWindowHeight();
  ImGui::PushFont(context.look.font(TextRole::heading));
  ImGui::TextUnformatted((kind_->info.name + " " + target_).c_str());
  ImGui::PopFont();
  ImGui::PushStyleColor(ImGuiCol_Text, context.look.theme.dim);
  ImGui::PushTextWrapPos(0);
  ImGui::TextUnformatted(kind_->info.summary.c_str());
  ImGui::PopTextWrapPos();
  ImGui::PopStyleColor();
  ImGui::Separator();
  std::vector<FieldInfo> fields;
  for (const FieldInfo& field : kind_->info.fields())
    if (field.name != kind_->info.name && !is_timing(field.name)) fields.push_back(field);
  const std::string prefix = "fault.";
  const float beside = ImGui::GetCursorPosY() + context.look.px(120);  // problems may take more
  const float shown = std::min(fields_height_, display.y - 2 * margin - beside);
  ImGui::PushStyleColor(ImGuiCol_ChildBg, 0);
  ImGui::BeginChild("fields", {0, std::max(1.0F, shown)});
  ImGui::PopStyleColor();
  const auto change = form_.draw(context, fields, &said_, prefix);
  fields_height_ = ImGui::GetCursorPosY();
  ImGui::EndChild();
  if (change)
    said_ = with_change(said_, std::string_view(change->path).substr(prefix.size()), change->text);
  ImGui::Spacing();
  if (icon_button(context.look,
                  {.id = "inject", .icon = Icon::bolt, .label = "Inject now", .strong = true}))
    context.later([this, &context] {
      if (kind_ != nullptr && inject(context)) closes_ = true;
    });
  context.registry.mark("inject");
  ImGui::SameLine();
  if (ImGui::Button("Cancel") || std::exchange(closes_, false)) ImGui::CloseCurrentPopup();
  context.registry.mark("cancel fault");
  ImGui::PushStyleColor(ImGuiCol_Text, context.look.theme.status(Status::bad));
  ImGui::PushTextWrapPos(0);
  for (const std::string& problem : context.problems) ImGui::TextUnformatted(problem.c_str());
  ImGui::PopTextWrapPos();
  ImGui::PopStyleColor();
  ImGui::EndPopup();
}

}  // namespace highwater::viewer
