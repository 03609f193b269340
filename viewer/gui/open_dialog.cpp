#include "viewer/gui/open_dialog.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "engine/scenario/source_file.h"
#include "viewer/draw/widgets.h"
#include "viewer/gui/overview_panel.h"
#include "viewer/gui/run_view.h"

namespace highwater::viewer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostOffered = 2'000;
constexpr std::size_t kMostSaved = 50;
/// A scenario is smaller; anything else is not read just to say what it is about.
constexpr std::uintmax_t kLargestAbout = 256 << 10;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string about(const fs::path& file) {
  std::error_code error;
  if (fs::file_size(file, error) > kLargestAbout || error) return "";
  Problems unread;
  const auto root = parse_json(read_file(file.string()).text, 0, unread);
  const Value* const description = root ? root->find("description") : nullptr;
  return description != nullptr && description->is_string() ? first_sentence(description->text())
                                                            : "";
}

}  // namespace

std::string first_sentence(const std::string& text) {
  const std::size_t end = text.find(". ");
  return end == std::string::npos ? text : text.substr(0, end + 1);
}

void OpenDialog::open() {
  opens_ = true;
}

/// Results come and go, the library stays.
void OpenDialog::look_around(const Preferences& preferences) {
  recent_ = preferences.existing();
  saved_ = results_.empty() ? std::vector<ResultsFolder>() : results_below(results_, kMostSaved);
  if (std::exchange(read_, true) || gallery_.empty()) return;
  std::error_code error;
  fs::recursive_directory_iterator files(gallery_, fs::directory_options::skip_permission_denied,
                                         error);
  std::vector<fs::path> found;
  for (const fs::recursive_directory_iterator end; !error && files != end; files.increment(error))
    if (files->path().extension() == ".json" && found.size() < kMostOffered)
      found.push_back(files->path());
  std::sort(found.begin(), found.end());
  for (const fs::path& file : found) {
    const fs::path path = file.lexically_relative(gallery_);
    library_[path.parent_path().string()].push_back({path.string(), about(file)});
  }
}

bool OpenDialog::wanted(const Offered& offered) const {
  const std::string search = lower(search_.data());
  return lower(offered.path).find(search) != std::string::npos ||
         lower(offered.about).find(search) != std::string::npos;
}

void OpenDialog::library(Context& context, std::string& chosen) {
  ImGui::SetNextItemWidth(-1);
  ImGui::InputTextWithHint("##search", "search in names and descriptions", search_.data(),
                           search_.size());
  context.registry.mark("search library");
  std::size_t shown = 0;
  ImGui::BeginChild("offered");
  for (const auto& [folder, scenarios] : library_) {
    if (std::none_of(scenarios.begin(), scenarios.end(),
                     [&](const Offered& each) { return wanted(each); }))
      continue;
    if (!folder.empty()) heading(context.look, folder.c_str());
    for (const Offered& offered : scenarios) {
      if (!wanted(offered)) continue;
      ++shown;
      const std::string name = fs::path(offered.path).stem().string();
      ImGui::BeginGroup();
      if (ImGui::Selectable(fmt::format("{}###{}", name, offered.path).c_str()))
        chosen = (fs::path(gallery_) / offered.path).string();
      context.registry.mark("library:" + offered.path);
      if (!offered.about.empty()) dim_text(context.look, offered.about);
      ImGui::EndGroup();
    }
  }
  if (shown == 0) ImGui::TextDisabled("There is none here.");
  context.registry.publish("offered", std::to_string(shown));
  ImGui::EndChild();
}

std::string OpenDialog::draw(Context& context, const Preferences& preferences) {
  if (std::exchange(opens_, false)) {
    look_around(preferences);
    ImGui::OpenPopup("open");
  }
  std::string chosen;
  ImGui::SetNextWindowSize({context.look.px(880), context.look.px(640)});
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({screen.x / 2, screen.y / 2}, ImGuiCond_Always, {0.5F, 0.5F});
  if (!ImGui::BeginPopup("open")) return chosen;
  ImGui::PushFont(context.look.font(TextRole::heading));
  ImGui::TextUnformatted("Open a scenario or results");
  ImGui::PopFont();
  ImGui::SetNextItemWidth(-1);
  if (ImGui::InputTextWithHint("##path", "path of a file or folder, and Enter", path_.data(),
                               path_.size(), ImGuiInputTextFlags_EnterReturnsTrue))
    chosen = path_.data();
  context.registry.mark("path");
  const float left = context.look.px(360);
  ImGui::BeginChild("lately and results", {left, 0});
  heading(context.look, "Lately");
  for (const std::string& file : recent_) {
    const fs::path path = file;
    const std::string label = (path.parent_path().filename() / path.filename()).string();
    if (ImGui::Selectable(fmt::format("{}###recent {}", label, file).c_str())) chosen = file;
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", file.c_str());
    context.registry.mark("recent:" + path.filename().string());
  }
  if (recent_.empty()) ImGui::TextDisabled("Nothing yet.");
  heading(context.look, "Results");
  for (const ResultsFolder& saved : saved_) {
    if (ImGui::Selectable(fmt::format("{}###saved {}", saved.title, saved.path).c_str()))
      chosen = saved.path;
    context.registry.mark("saved:" + saved.title);
  }
  if (saved_.empty()) ImGui::TextDisabled("There are none: highwater run writes them.");
  context.registry.publish("recent", std::to_string(recent_.size()));
  context.registry.publish("saved results", std::to_string(saved_.size()));
  ImGui::EndChild();
  ImGui::SameLine();
  ImGui::BeginGroup();
  heading(context.look, "Library");
  library(context, chosen);
  ImGui::EndGroup();
  if (!chosen.empty()) ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
  return chosen;
}

}  // namespace highwater::viewer
