#include "viewer/gui/text_view.h"

#include <algorithm>
#include <string_view>

#include "viewer/gui/input_text.h"
#include "viewer/session/text_style.h"

namespace highwater::viewer {

std::size_t TextView::line_of(std::size_t place) const {
  const auto behind = std::upper_bound(begins_.begin(), begins_.end(), place);
  return static_cast<std::size_t>(behind - begins_.begin()) - 1;
}

/// The numbers, and what is behind the text.
void TextView::lines(Context& context, const std::string& text, const std::vector<Mark>& marks,
                     std::optional<std::pair<std::size_t, std::size_t>> about, float gutter) const {
  const Theme& theme = context.look.theme;
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const float height = ImGui::GetTextLineHeight();
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  const float top = origin.y + ImGui::GetStyle().FramePadding.y;
  const float left = ImGui::GetWindowPos().x;
  const float right = left + ImGui::GetWindowWidth();
  const auto row = [&](std::size_t line) { return top + height * static_cast<float>(line); };
  if (about && about->second <= text.size() && about->first < about->second)
    draw.AddRectFilled({left, row(line_of(about->first))},
                       {right, row(line_of(about->second - 1) + 1)}, faded(theme.accent, 0.10F));
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  for (const Mark& mark : marks) {
    const std::size_t line = line_of(std::min(mark.place, text.size()));
    const Color color = theme.status(mark.status);
    draw.AddRectFilled({left, row(line)}, {right, row(line + 1)}, faded(color, 0.18F));
    draw.AddRectFilled({left, row(line)}, {left + context.look.px(3), row(line + 1)}, color);
    const bool pointed = mouse.y >= row(line) && mouse.y < row(line + 1) && mouse.x >= left &&
                         mouse.x < left + gutter;
    if (pointed && ImGui::IsWindowHovered()) ImGui::SetTooltip("%s", mark.words.c_str());
  }
  const float scroll = ImGui::GetScrollY();
  const auto first = static_cast<std::size_t>(std::max(scroll / height - 1, 0.0F));
  const auto last = static_cast<std::size_t>((scroll + ImGui::GetWindowHeight()) / height + 1);
  for (std::size_t line = first; line < std::min(last, begins_.size()); ++line) {
    const std::string number = std::to_string(line + 1);
    const float width = ImGui::CalcTextSize(number.c_str()).x;
    draw.AddText({origin.x + gutter - width - context.look.px(8), row(line)}, theme.faint,
                 number.c_str());
  }
}

void TextView::keep_in_sight(float gutter) {
  const float height = ImGui::GetTextLineHeight();
  const auto scroll_to = [&](std::size_t place, float margin) {
    const float y = height * static_cast<float>(line_of(std::min(place, buffer_.size())));
    const float seen = ImGui::GetWindowHeight();
    if (y < ImGui::GetScrollY() + margin)
      ImGui::SetScrollY(std::max(y - margin, 0.0F));
    else if (y + height * 3 > ImGui::GetScrollY() + seen - margin)
      ImGui::SetScrollY(y + height * 3 - seen + margin);
  };
  if (wanted_) {
    scroll_to(*wanted_, ImGui::GetWindowHeight() * 0.25F);
    wanted_.reset();
  }
  if (!std::exchange(follow_, false)) return;
  scroll_to(cursor_, 0);
  const std::size_t begin = begins_[line_of(std::min(cursor_, buffer_.size()))];
  const float letter = ImGui::CalcTextSize("0").x;
  const auto column = static_cast<float>(
      columns_of(std::string_view(buffer_).substr(begin, std::max(cursor_, begin) - begin)));
  const float x = gutter + letter * column;
  if (x < ImGui::GetScrollX() + gutter)
    ImGui::SetScrollX(std::max(x - gutter, 0.0F));
  else if (x + letter * 4 > ImGui::GetScrollX() + ImGui::GetWindowWidth())
    ImGui::SetScrollX(x + letter * 4 - ImGui::GetWindowWidth());
}

std::optional<std::string> TextView::draw(
    Context& context, const std::string& text, const std::vector<Mark>& marks,
    std::optional<std::pair<std::size_t, std::size_t>> about) {
  if (text.size() > kLongest || text.find('\0') != std::string::npos) {
    ImGui::TextWrapped("%s", text.size() > kLongest ? "The text is too long to be shown here."
                                                    : "This is no text.");
    active_ = false;
    return std::nullopt;
  }
  if (buffer_ != text) {
    // Changed by something else while it was written in: the field has to be told.
    if (active_) {
      ++generation_;
      cursor_to_ = wanted_.value_or(std::min(cursor_, text.size()));
    }
    buffer_ = text;
    begins_.clear();
  }
  if (begins_.empty()) {
    begins_ = {0};
    longest_ = 0;
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      longest_ = std::max(longest_, columns_of(std::string_view(text).substr(at, end - at)));
      if (end < text.size()) begins_.push_back(end + 1);
      at = end + 1;
    }
  }
  ImGui::PushFont(context.look.font(TextRole::mono));
  ImGui::BeginChild("lines", {0, 0}, false, ImGuiWindowFlags_HorizontalScrollbar);
  const float letter = ImGui::CalcTextSize("0").x;
  const float digits = static_cast<float>(std::to_string(begins_.size()).size());
  const float gutter = letter * std::max(digits, 3.0F) + context.look.px(16);
  keep_in_sight(gutter);
  lines(context, text, marks, about, gutter);
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const ImVec2 size{std::max(room.x - gutter, letter * static_cast<float>(longest_ + 4)),
                    std::max(room.y - context.look.px(2),
                             ImGui::GetTextLineHeight() * static_cast<float>(begins_.size() + 1))};
  ImGui::SetCursorPosX(ImGui::GetCursorPosX() + gutter);
  ImGui::PushID(generation_);
  ImGui::PushStyleColor(ImGuiCol_FrameBg, ImVec4(0, 0, 0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, 0);
  if (cursor_to_) ImGui::SetKeyboardFocusHere();
  const bool changed = input_lines(
      "##text", buffer_, size, ImGuiInputTextFlags_AllowTabInput | ImGuiInputTextFlags_NoUndoRedo,
      [&](ImGuiInputTextCallbackData& data) {
        if (cursor_to_) {
          data.CursorPos = static_cast<int>(std::min(*cursor_to_, buffer_.size()));
          data.SelectionStart = data.SelectionEnd = data.CursorPos;
          cursor_to_.reset();
        }
        const auto now = static_cast<std::size_t>(data.CursorPos);
        follow_ = follow_ || now != cursor_;
        cursor_ = now;
      });
  active_ = ImGui::IsItemActive() || cursor_to_.has_value();
  context.registry.mark("text");
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
  ImGui::PopID();
  ImGui::EndChild();
  ImGui::PopFont();
  if (!changed) return std::nullopt;
  begins_.clear();  // to be counted again
  return buffer_;
}

}  // namespace highwater::viewer
