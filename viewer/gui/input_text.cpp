#include "viewer/gui/input_text.h"

#include <algorithm>
#include <cctype>

namespace highwater::viewer {
namespace {

struct Writing {
  std::string* text;
  const std::function<void(ImGuiInputTextCallbackData&)>* on_frame = nullptr;
};

int grow(ImGuiInputTextCallbackData* data) {
  const Writing& writing = *static_cast<Writing*>(data->UserData);
  if (data->EventFlag == ImGuiInputTextFlags_CallbackResize) {
    writing.text->resize(static_cast<std::size_t>(data->BufTextLen));
    data->Buf = writing.text->data();
  } else if (writing.on_frame != nullptr) {
    (*writing.on_frame)(*data);
  }
  return 0;
}

}  // namespace

bool input_text(const char* label, const char* hint, std::string& text, ImGuiInputTextFlags flags) {
  Writing writing{&text};
  return ImGui::InputTextWithHint(label, hint, text.data(), text.capacity() + 1,
                                  flags | ImGuiInputTextFlags_CallbackResize, grow, &writing);
}

bool input_lines(const char* label, std::string& text, ImVec2 size, ImGuiInputTextFlags flags,
                 const std::function<void(ImGuiInputTextCallbackData&)>& on_frame) {
  Writing writing{&text, &on_frame};
  return ImGui::InputTextMultiline(
      label, text.data(), text.capacity() + 1, size,
      flags | ImGuiInputTextFlags_CallbackResize | ImGuiInputTextFlags_CallbackAlways, grow,
      &writing);
}

bool holds(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) ==
                  std::tolower(static_cast<unsigned char>(b));
         }) != text.end();
}

}  // namespace highwater::viewer
