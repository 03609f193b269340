#include "viewer/gui/difference_view.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "engine/report/metric_view.h"
#include "viewer/draw/format.h"
#include "viewer/draw/widgets.h"
#include "viewer/gui/overview_panel.h"
#include "viewer/gui/run_view.h"

namespace highwater::viewer {
namespace {

/// "+12 ms ± 3": the sign is what one looks for.
std::string change_text(const Difference& difference) {
  if (!difference.change.value) return "–";
  std::string text = with_interval(difference.change, difference.unit);
  return *difference.change.value > 0 ? "+" + text : text;
}

std::string statistic_text(const Difference& difference) {
  const std::string name = readable_name(difference.metric);
  return difference.statistic == "value" ? name : name + " " + difference.statistic;
}

}  // namespace

void DifferenceView::compare(const Compared& before, const Compared& after, std::string before_name,
                             std::string after_name) {
  differences_ = differences(before, after);
  method_ = method_of(differences_, before.results, after.results);
  before_ = std::move(before_name);
  after_ = std::move(after_name);
}

void DifferenceView::draw(Context& context, ImVec2 size) {
  const Look& look = context.look;
  const auto differ = static_cast<std::size_t>(
      std::count_if(differences_.begin(), differences_.end(),
                    [](const Difference& each) { return each.significant() == true; }));
  ImGui::BeginChild("differences", size, true);
  heading(look, fmt::format("{}  →  {}", before_, after_).c_str());
  dim_text(look, method_ +
                     " A change counts where its 95 % interval leaves out zero; of many "
                     "numbers, one in twenty does so by chance.");
  ImGui::Checkbox(fmt::format("also what does not differ ({} of {} numbers differ)", differ,
                              differences_.size())
                      .c_str(),
                  &all_);
  context.registry.mark("all differences");
  context.registry.publish("differences", std::to_string(differ));
  context.registry.publish("compared numbers", std::to_string(differences_.size()));
  context.registry.publish("compared in pairs",
                           std::any_of(differences_.begin(), differences_.end(),
                                       [](const Difference& each) { return each.paired; })
                               ? "yes"
                               : "no");
  constexpr ImGuiTableFlags kFlags = ImGuiTableFlags_RowBg | ImGuiTableFlags_SizingStretchProp |
                                     ImGuiTableFlags_ScrollY | ImGuiTableFlags_BordersInnerV;
  if (ImGui::BeginTable("difference table", 7, kFlags, ImGui::GetContentRegionAvail())) {
    ImGui::TableSetupScrollFreeze(0, 1);
    for (const char* column :
         {"component", "number", "before", "after", "change", "relative", "more than chance"})
      ImGui::TableSetupColumn(column);
    ImGui::TableHeadersRow();
    for (const Difference& difference : differences_) {
      const std::optional<bool> significant = difference.significant();
      if (!all_ && significant != true) continue;
      const auto text = [&](const std::string& of, bool number) {
        ImGui::TableNextColumn();
        ImGui::PushFont(look.font(number ? TextRole::mono_small : TextRole::body));
        ImGui::TextUnformatted(of.c_str());
        ImGui::PopFont();
      };
      ImGui::TableNextRow();
      text(difference.component, false);
      text(statistic_text(difference), false);
      text(with_interval(difference.before, difference.unit), true);
      text(with_interval(difference.after, difference.unit), true);
      text(change_text(difference), true);
      text(format_change(difference.before.value.value_or(0), difference.after.value.value_or(0)),
           true);
      ImGui::TableNextColumn();
      if (!significant)
        status_label(look, Status::idle, "not known");
      else if (*significant)
        status_label(look, Status::warn, difference.paired ? "yes, in pairs" : "yes");
      else
        status_label(look, Status::idle, "no");
    }
    ImGui::EndTable();
  }
  ImGui::EndChild();
}

}  // namespace highwater::viewer
