#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <imgui.h>

namespace highwater::viewer {

/// A field for a text of any length, on one line.
/// @return as ImGui::InputTextWithHint.
bool input_text(const char* label, const char* hint, std::string& text,
                ImGuiInputTextFlags flags = 0);

/// The same on many lines.
/// @param on_frame  Called in each frame in which the field is written in.
bool input_lines(const char* label, std::string& text, ImVec2 size, ImGuiInputTextFlags flags,
                 const std::function<void(ImGuiInputTextCallbackData&)>& on_frame);

/// Whether a part is in a text, in any case of letters: for what is searched.
bool holds(std::string_view text, std::string_view part);

}  // namespace highwater::viewer
