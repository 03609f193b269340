#include "viewer/gui/component_table.h"

#include <algorithm>

namespace highwater::viewer {

std::optional<std::size_t> draw_component_table(Context& context, const ComponentTable& table,
                                                std::optional<std::size_t> selected, float share) {
  constexpr ImGuiTableFlags kFlags =
      ImGuiTableFlags_RowBg | ImGuiTableFlags_SizingStretchProp | ImGuiTableFlags_ScrollY;
  const float row = ImGui::GetTextLineHeightWithSpacing() + context.look.px(4);
  const float wanted = row * (static_cast<float>(table.rows) + 1.5F);
  if (!ImGui::BeginTable(table.name, static_cast<int>(table.columns.size()), kFlags,
                         {0, std::min(wanted, ImGui::GetContentRegionAvail().y * share)}))
    return std::nullopt;
  ImGui::TableSetupScrollFreeze(0, 1);
  for (const ComponentTable::Column& column : table.columns)
    ImGui::TableSetupColumn(column.title, 0, column.width);
  ImGui::TableHeadersRow();
  std::optional<std::size_t> clicked;
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(table.rows));
  while (clipper.Step())
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const auto place = static_cast<std::size_t>(i);
      const std::string& id = table.id(place);
      ImGui::PushID(i);
      ImGui::TableNextRow();
      ImGui::TableNextColumn();
      if (ImGui::Selectable(id.c_str(), selected == place, ImGuiSelectableFlags_SpanAllColumns))
        clicked = place;
      context.registry.mark(table.row_prefix + id);
      table.cells(place);
      ImGui::PopID();
    }
  ImGui::EndTable();
  return clicked;
}

}  // namespace highwater::viewer
