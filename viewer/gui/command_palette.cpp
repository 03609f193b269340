#include "viewer/gui/command_palette.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <GLFW/glfw3.h>
#include <fmt/format.h>

namespace highwater::viewer {
namespace {

constexpr std::size_t kMostOffers = 12;

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool is_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

}  // namespace

int match(std::string_view name, std::string_view typed) {
  if (typed.empty()) return 1;
  int score = 0;
  std::size_t at = 0, together = 0;
  for (const char wanted : typed) {
    if (wanted == ' ') continue;
    const std::size_t before = at;
    while (at < name.size() && lower(name[at]) != lower(wanted)) ++at;
    if (at == name.size()) return 0;
    const bool begins_word = at == 0 || !is_letter(name[at - 1]);
    together = at == before && score > 0 ? together + 1 : 0;
    score += 1 + (begins_word ? 4 : 0) + static_cast<int>(together) * 3;
    ++at;
  }
  return score;
}

std::vector<CommandPalette::Offer> CommandPalette::offers(Context& context,
                                                          const std::vector<Command>& commands,
                                                          bool shows_run) const {
  const std::string_view typed = typed_.data();
  std::vector<Offer> all;
  for (const Command& command : commands)
    if (const int score = match(command.name, typed);
        score > 0 && (shows_run || !command.needs_run))
      all.push_back({score, command.name, command.keys, command.act});
  // Components are offered once something has been typed: a large system has too many.
  if (shows_run && !typed.empty())
    for (const Part& part : context.session.system().parts) {
      const std::string name = "select " + part.id;
      if (const int score = match(name, typed); score > 0)
        all.push_back({score, name, "", [&context, id = part.id] {
                         context.selected = topology::Target::node(id);
                       }});
    }
  std::stable_sort(all.begin(), all.end(),
                   [](const Offer& a, const Offer& b) { return a.score > b.score; });
  if (all.size() > kMostOffers && !typed.empty()) all.resize(kMostOffers);
  return all;
}

void CommandPalette::draw(Context& context, const std::vector<Command>& commands, bool shows_run) {
  if (std::exchange(opens_, false)) {
    typed_.fill('\0');
    chosen_ = 0;
    ImGui::OpenPopup("commands");
  }
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  const float width = context.look.px(440);
  ImGui::SetNextWindowPos({(screen.x - width) / 2, screen.y * 0.16F});
  ImGui::SetNextWindowSize({width, 0});
  if (!ImGui::BeginPopup("commands")) return;
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
  ImGui::SetNextItemWidth(-1);
  const std::string before = typed_.data();
  const bool entered =
      ImGui::InputTextWithHint("##command", "what to do, or a component", typed_.data(),
                               typed_.size(), ImGuiInputTextFlags_EnterReturnsTrue);
  context.registry.mark("command");
  if (before != typed_.data()) chosen_ = 0;
  std::vector<Offer> found = offers(context, commands, shows_run);
  if (ImGui::IsKeyPressed(GLFW_KEY_DOWN)) ++chosen_;
  if (ImGui::IsKeyPressed(GLFW_KEY_UP) && chosen_ > 0) --chosen_;
  if (!found.empty()) chosen_ = std::min(chosen_, found.size() - 1);
  std::function<void()> act;
  ImGui::BeginChild("offers", {0, context.look.px(300)});
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (ImGui::Selectable(found[i].name.c_str(), i == chosen_)) act = found[i].act;
    if (i == chosen_ && ImGui::IsKeyPressed(GLFW_KEY_DOWN)) ImGui::SetScrollHereY();
    context.registry.mark("offer:" + found[i].name);
    if (found[i].keys.empty()) continue;
    ImGui::PushFont(context.look.font(TextRole::mono_small));
    const float keys = ImGui::CalcTextSize(found[i].keys.c_str()).x;
    ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - keys - context.look.px(4));
    ImGui::TextDisabled("%s", found[i].keys.c_str());
    ImGui::PopFont();
  }
  if (found.empty()) ImGui::TextDisabled("There is no such thing.");
  ImGui::EndChild();
  context.registry.publish("offers", std::to_string(found.size()));
  if (entered && !found.empty()) act = found[chosen_].act;
  if (act) {
    ImGui::CloseCurrentPopup();
    context.later(act);
  }
  ImGui::EndPopup();
}

}  // namespace highwater::viewer
