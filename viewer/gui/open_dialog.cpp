#include "viewer/gui/open_dialog.h"

#include <algorithm>
#include <utility>

#include "viewer/gui/overview_panel.h"

namespace highwater::viewer {
namespace {

constexpr std::size_t kMostRecent = 8;
constexpr std::size_t kMostOffered = 2'000;

}  // namespace

void OpenDialog::open() {
  opens_ = true;
}

void OpenDialog::opened(const std::string& file) {
  std::erase(recent_, file);
  recent_.insert(recent_.begin(), file);
  if (recent_.size() > kMostRecent) recent_.pop_back();
}

void OpenDialog::read_gallery() {
  read_ = true;
  std::error_code error;
  std::filesystem::recursive_directory_iterator files(
      gallery_, std::filesystem::directory_options::skip_permission_denied, error);
  if (error) return;
  for (const auto& entry : files) {
    if (entry.path().extension() == ".json" && offered_.size() < kMostOffered)
      offered_.push_back(std::filesystem::relative(entry.path(), gallery_, error).string());
  }
  std::sort(offered_.begin(), offered_.end());
}

std::string OpenDialog::draw(Context& context) {
  if (std::exchange(opens_, false)) {
    if (!read_) read_gallery();
    ImGui::OpenPopup("open");
  }
  std::string chosen;
  ImGui::SetNextWindowSize({context.look.px(520), context.look.px(560)});
  if (!ImGui::BeginPopup("open")) return chosen;
  ImGui::PushFont(context.look.font(TextRole::heading));
  ImGui::TextUnformatted("Open a scenario");
  ImGui::PopFont();
  ImGui::SetNextItemWidth(-1);
  if (ImGui::InputTextWithHint("##path", "path of a file, and Enter", path_.data(), path_.size(),
                               ImGuiInputTextFlags_EnterReturnsTrue))
    chosen = path_.data();
  context.registry.mark("path");
  if (!recent_.empty()) heading(context.look, "Lately");
  for (const std::string& file : recent_) {
    if (ImGui::Selectable(file.c_str())) chosen = file;
    context.registry.mark("recent:" + file);
  }
  heading(context.look, "Library");
  ImGui::SetNextItemWidth(-1);
  ImGui::InputTextWithHint("##search", "search", search_.data(), search_.size());
  context.registry.mark("search library");
  ImGui::BeginChild("offered");
  for (const std::string& file : offered_) {
    if (file.find(search_.data()) == std::string::npos) continue;
    if (ImGui::Selectable(file.c_str())) chosen = (std::filesystem::path(gallery_) / file).string();
    context.registry.mark("library:" + file);
  }
  if (offered_.empty()) ImGui::TextDisabled("There is none here.");
  ImGui::EndChild();
  if (!chosen.empty()) ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
  return chosen;
}

}  // namespace highwater::viewer
