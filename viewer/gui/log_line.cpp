#include "viewer/gui/log_line.h"

#include <imgui.h>

#include "viewer/draw/format.h"

namespace highwater::viewer {

void log_line(const Look& look, const LogEntry& entry, bool wraps) {
  ImGui::PushStyleColor(ImGuiCol_Text, look.theme.dim);
  ImGui::TextUnformatted(format_clock(entry.t_s, 1).c_str());
  ImGui::PopStyleColor();
  ImGui::SameLine(look.px(62));
  ImGui::PushTextWrapPos(wraps ? 0 : -1);
  // A fault's text is the same when it begins and when it ends.
  const std::string text = entry.kind == "fault ended" ? entry.text + " has ended" : entry.text;
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopTextWrapPos();
}

}  // namespace highwater::viewer
