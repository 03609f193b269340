#include "viewer/gui/control_panel.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "viewer/draw/format.h"
#include "viewer/gui/overview_panel.h"

namespace highwater::viewer {

void ControlPanel::load(Context& context) {
  const std::vector<Part>& parts = context.session.system().parts;
  heading(context.look, "Load");
  for (const Part& part : parts) {
    if (!part.kind->info.sends_load) continue;
    ImGui::PushID(part.id.c_str());
    float& factor = loads_[part.id];
    ImGui::TextUnformatted(part.id.c_str());
    ImGui::SameLine(context.look.px(90));
    const std::string shown =
        format(std::pow(10.0, static_cast<double>(factor)), Unit::number, 2) + "x";
    const float number = context.look.px(44);
    ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x - number);
    ImGui::SliderFloat("##load", &factor, -1, 1, "");
    context.registry.mark("load:" + part.id);
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("So many times as many requests from now on");
    const bool let_go = ImGui::IsItemDeactivatedAfterEdit();
    ImGui::SameLine();
    ImGui::TextUnformatted(shown.c_str());
    if (let_go)
      context.later([this, &context, id = part.id, times = factor] {
        if (const auto act = load_acts_.find(id); act != load_acts_.end()) {
          context.session.end(act->second);
          load_acts_.erase(act);
        }
        if (std::abs(times) < 0.01F) return;
        Value spike = Value::object();
        spike.set("spike", Value::string(id));
        spike.set("factor", Value::string(fmt::format("{:.3g}x",
                                                      std::pow(10.0, static_cast<double>(times)))));
        Problems problems;
        if (const auto act = context.session.inject(spike, problems))
          load_acts_[id] = *act;
        else
          context.report(problems);
      });
    ImGui::PopID();
  }
}

void ControlPanel::parameters(Context& context) {
  const auto selected = context.selected_part();
  if (!selected) {
    ImGui::PushStyleColor(ImGuiCol_Text, context.look.theme.dim);
    ImGui::TextWrapped(
        "A click on a component shows what the scenario says of it; a right click "
        "breaks it.");
    ImGui::PopStyleColor();
    return;
  }
  const Part& part = context.session.system().parts[*selected];
  if (std::exchange(of_, part.id) != part.id) form_.clear();
  heading(context.look, part.id.c_str());
  ImGui::PushStyleColor(ImGuiCol_Text, context.look.theme.dim);
  ImGui::TextWrapped("%s", part.kind->info.summary.c_str());
  ImGui::PopStyleColor();
  ImGui::Checkbox("from now on", &live_);
  context.registry.mark("from now on");
  if (ImGui::IsItemHovered())
    ImGui::SetTooltip(
        "Changes the running system, where it can be changed while it runs.\n"
        "Otherwise the run begins anew with the same seed, beside this one.");
  const Value* const components = context.session.document().root().find("components");
  const auto change = form_.draw(context, form_.found(context, part.kind->info.fields()),
                                 components != nullptr ? components->find(part.id) : nullptr, "");
  if (!change) return;
  context.later([&context, id = part.id, change = *change, live = live_] {
    Problems problems;
    bool done = false;
    if (live) {
      const auto value = parse_json_value(change.text);
      Value set = Value::object();
      set.set(change.path, value ? *value : Value::string(change.text));
      Value fault = Value::object();
      fault.set("config", Value::string(id));
      fault.set("set", std::move(set));
      done = context.session.inject(fault, problems).has_value();
    } else {
      done = context.session.change(
          id + "." + change.path + "=" + (change.text.empty() ? "null" : change.text), problems);
    }
    context.report(problems);
    if (done) context.notify(id + "." + change.path + " is " + change.text);
  });
}

void ControlPanel::save(Context& context) {
  const std::string file = context.session.system().name + "-experiment.json";
  const std::string text = write_json(context.session.experiment(file)) + "\n";
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (out.flush())
    context.notify("Written: " + file + "; highwater chaos plays it");
  else
    context.notify("Cannot write " + file, Status::bad);
}

void ControlPanel::acts(Context& context) {
  const std::vector<RecordedAct> acts = context.session.acts();
  context.registry.publish("acts", std::to_string(acts.size()));
  if (acts.empty()) return;
  heading(context.look, "Done by hand");
  for (const RecordedAct& act : acts) {
    ImGui::PushID(act.name.c_str());
    const auto mark = std::find_if(context.status().marks.begin(), context.status().marks.end(),
                                   [&](const Mark& one) { return one.act == act.name; });
    const bool on = mark != context.status().marks.end() && !mark->end_s;
    ImGui::PushFont(context.look.font(TextRole::small));
    ImGui::PushStyleColor(ImGuiCol_Text, context.look.theme.dim);
    ImGui::TextUnformatted(format_clock(seconds(act.at), 1).c_str());
    ImGui::PopStyleColor();
    ImGui::PopFont();
    ImGui::SameLine(context.look.px(60));
    ImGui::TextUnformatted(act.name.c_str());
    if (on) {
      ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - context.look.px(40));
      if (ImGui::SmallButton("end"))
        context.later([&context, name = act.name] { context.session.end(name); });
      context.registry.mark("end:" + act.name);
    }
    ImGui::PopID();
  }
  if (ImGui::Button("End all")) context.later([&context] { context.session.end_all(); });
  context.registry.mark("end all");
  ImGui::SameLine();
  if (ImGui::Button("Save as experiment")) save(context);
  context.registry.mark("save experiment");
}

void ControlPanel::draw(Context& context) {
  load(context);
  ImGui::Separator();
  acts(context);
  if (context.session.other() != nullptr) {
    heading(context.look, "Compared with the run before");
    if (ImGui::Button("No longer")) context.later([&context] { context.session.forget_other(); });
    context.registry.mark("no longer compare");
  } else {
    if (ImGui::Button("Compare from here"))
      context.later([&context] { context.session.compare(); });
    context.registry.mark("compare");
  }
  ImGui::Separator();
  parameters(context);
}

}  // namespace highwater::viewer
