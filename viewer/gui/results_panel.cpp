#include "viewer/gui/results_panel.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "engine/report/run_folder.h"
#include "viewer/draw/format.h"
#include "viewer/draw/widgets.h"

namespace highwater::viewer {
namespace {

constexpr std::uint64_t kMostReplications = 10'000;

/// What a tab says: the scenario, and what was set.
std::string title_of(const MeasuredRun& run) {
  std::string title = run.results.scenario;
  if (!run.settings.empty()) title += "  " + run.settings.back();
  return title + fmt::format("  ×{}", run.results.replications);
}

std::string title_of(const SavedFile& file) {
  const std::filesystem::path folder = std::filesystem::path(file.path).parent_path().filename();
  return folder.empty() ? file.name() : fmt::format("{}  {}", file.name(), folder.string());
}

}  // namespace

const Results* ResultsPanel::Document::results() const {
  return measured != nullptr ? &measured->results : std::get_if<Results>(&file.content);
}

void ResultsPanel::add(Document document) {
  document.number = ++numbered_;
  auto& added = documents_.emplace_back(std::make_unique<Document>(std::move(document)));
  // The views refer to what they show, which stays where it is from here on.
  if (const Results* const results = added->results())
    added->run = std::make_unique<RunView>(*results);
  else
    added->chaos = std::make_unique<ChaosView>(added->file);
}

void ResultsPanel::open(SavedFile file) {
  Document document;
  document.title = title_of(file);
  document.file = std::move(file);
  add(std::move(document));
  front_ = wanted_ = documents_.size() - 1;
  difference_.reset();
}

void ResultsPanel::close(std::size_t place) {
  documents_.erase(documents_.begin() + static_cast<std::ptrdiff_t>(place));
  difference_.reset();
  if (!front_) return;
  if (documents_.empty())
    front_.reset();
  else if (*front_ >= place && *front_ > 0)
    --*front_;
  wanted_ = front_;
}

void ResultsPanel::measure(Context& context, std::uint64_t replications) {
  Problems problems;
  auto plan = context.session.plan_measurement(replications, problems);
  if (!plan) return context.report(problems);
  plan->provenance = provenance_;
  measurement_ = std::make_unique<Measurement>(std::move(*plan));
}

const Results* ResultsPanel::measured(const Session& session) const {
  for (auto document = documents_.rbegin(); document != documents_.rend(); ++document)
    if ((*document)->measured && (*document)->measured->settings == session.settings() &&
        (*document)->measured->results.scenario_file == session.system().file &&
        (*document)->measured->results.seed == session.system().seed)
      return &(*document)->measured->results;
  return nullptr;
}

void ResultsPanel::look_after_measurement(Context& context) {
  if (measurement_ == nullptr) return;
  if (const std::string failure = measurement_->failure(); !failure.empty()) {
    context.notify("The measurement failed: " + failure, Status::bad);
    measurement_.reset();
    return;
  }
  auto run = measurement_->take();
  if (run == nullptr) return;
  measurement_.reset();
  if (run->results.replications == 0) {
    context.notify("Stopped before a replication was finished", Status::warn);
    return;
  }
  Document document;
  document.title = title_of(*run);
  document.measured = std::move(run);
  add(std::move(document));
  context.notify(fmt::format("Measured: {} replications of {}",
                             documents_.back()->measured->results.replications,
                             documents_.back()->measured->results.scenario));
}

void ResultsPanel::measure_controls(Context& context) {
  const Look& look = context.look;
  if (measurement_ != nullptr) {
    const Progress& progress = measurement_->progress();
    const double rate =
        progress.wall_s > 0 ? static_cast<double>(progress.events) / progress.wall_s : 0;
    const std::string text = fmt::format("{} of {}, {} events/s", progress.replications,
                                         progress.planned, format(rate, Unit::number, 2));
    ImGui::ProgressBar(static_cast<float>(progress.done), {look.px(230), 0}, text.c_str());
    context.registry.mark("measuring");
    context.registry.publish("measured some", progress.replications > 0 ? "yes" : "no");
    ImGui::SameLine();
    if (icon_button(look, {.id = "stop measuring",
                           .icon = Icon::stop,
                           .label = measurement_->stopping() ? "stopping" : "",
                           .tip = "Keeps the replications that are finished"}))
      measurement_->stop();
    context.registry.mark("stop measuring");
    return;
  }
  const System* const system = &context.session.system();
  if (std::exchange(replications_of_, system) != system && replications_.front() == '\0')
    fmt::format_to_n(replications_.data(), replications_.size() - 1, "{}", system->replications);
  const bool asked = icon_button(
      look, {.id = "measure",
             .icon = Icon::target,
             .label = "Measure over",
             .tip = "Runs so many replications in the background, as highwater run does; without "
                    "what was done by hand"});
  context.registry.mark("measure");
  ImGui::SameLine();
  ImGui::SetNextItemWidth(look.px(52));
  ImGui::InputText("##replications", replications_.data(), replications_.size(),
                   ImGuiInputTextFlags_CharsDecimal);
  context.registry.mark("replications");
  ImGui::SameLine();
  ImGui::TextUnformatted("replications");
  if (!asked) return;
  const std::string_view text = replications_.data();
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1 ||
      count > kMostReplications)
    context.notify(fmt::format("Replications: a whole number from 1 to {}", kMostReplications),
                   Status::warn);
  else
    measure(context, count);
}

void ResultsPanel::bar(Context& context) {
  look_after_measurement(context);
  if (context.session.is_open()) {
    measure_controls(context);
    if (!documents_.empty()) ImGui::SameLine(0, context.look.px(18));
  }
  context.registry.publish("measuring", measuring() ? "yes" : "no");
  context.registry.publish("results", std::to_string(documents_.size()));
  context.registry.publish("in front", front_ ? documents_[*front_]->title : "live");
  if (documents_.empty()) return;
  const float room = ImGui::GetContentRegionAvail().x;
  ImGui::BeginChild("tabs of results", {room, ImGui::GetFrameHeight()}, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoBackground);
  std::optional<std::size_t> closed;
  if (ImGui::BeginTabBar("documents", ImGuiTabBarFlags_FittingPolicyScroll)) {
    if (context.session.is_open()) {
      if (ImGui::BeginTabItem("Live", nullptr, wants_live_ ? ImGuiTabItemFlags_SetSelected : 0)) {
        if (!wanted_) front_.reset();
        ImGui::EndTabItem();
      }
      context.registry.mark("document:live");
    }
    for (std::size_t i = 0; i < documents_.size(); ++i) {
      bool open = true;
      const std::string label =
          fmt::format("{}###document {}", documents_[i]->title, documents_[i]->number);
      if (ImGui::BeginTabItem(label.c_str(), &open,
                              wanted_ == i ? ImGuiTabItemFlags_SetSelected : 0)) {
        if (!wanted_ && !wants_live_ && front_ != i) {
          front_ = i;
          difference_.reset();
        }
        ImGui::EndTabItem();
      }
      context.registry.mark(fmt::format("document:{}", i));
      if (!open) closed = i;
    }
    wanted_.reset();
    wants_live_ = false;
    ImGui::EndTabBar();
  }
  ImGui::EndChild();
  // The charts of this frame may still show its bands.
  if (closed) context.later([this, place = *closed] { close(place); });
}

void ResultsPanel::save(Context& context, const Document& document) {
  try {
    const auto folder =
        write_run_folder(document.measured->results, document.measured->expanded, {});
    context.notify("Written: " + folder.string());
    context.registry.publish("saved", folder.string());
  } catch (const RunFolderError& error) {
    context.notify(error.what(), Status::bad);
  }
}

void ResultsPanel::compare_with(std::size_t other) {
  const auto compared = [&](const Document& document) {
    return Compared{*document.results(),
                    document.measured ? &document.measured->replications : nullptr};
  };
  const Document& before = *documents_[other];
  const Document& after = *documents_[*front_];
  difference_.emplace();
  difference_->compare(compared(before), compared(after), before.title, after.title);
}

void ResultsPanel::toolbar_of(Context& context, Document& document) {
  const Look& look = context.look;
  if (document.measured != nullptr) {
    if (icon_button(look, {.id = "save results",
                           .icon = Icon::folder,
                           .label = "Save",
                           .tip = "A folder under results/, as highwater run writes it"}))
      save(context, document);
    context.registry.mark("save results");
    ImGui::SameLine();
  }
  if (difference_) {
    if (ImGui::Button("Back to the results")) difference_.reset();
    context.registry.mark("end comparison");
    ImGui::SameLine();
  } else if (document.results() != nullptr) {
    const auto runs = std::count_if(documents_.begin(), documents_.end(),
                                    [](const auto& each) { return each->results() != nullptr; });
    if (runs > 1) {
      ImGui::SetNextItemWidth(look.px(260));
      if (ImGui::BeginCombo("##compare", "Compare with …")) {
        for (std::size_t i = 0; i < documents_.size(); ++i) {
          if (i == *front_ || documents_[i]->results() == nullptr) continue;
          ImGui::PushID(static_cast<int>(i));
          if (ImGui::Selectable(documents_[i]->title.c_str())) compare_with(i);
          context.registry.mark(fmt::format("compare with:{}", i));
          ImGui::PopID();
        }
        ImGui::EndCombo();
      } else {
        context.registry.mark("compare with");
      }
      ImGui::SameLine();
    }
  }
  ImGui::PushStyleColor(ImGuiCol_Text, look.theme.dim);
  ImGui::TextUnformatted(document.measured ? "measured here" : document.file.path.c_str());
  ImGui::PopStyleColor();
}

void ResultsPanel::draw(Context& context, ImVec2 size) {
  Document& document = *documents_[*front_];
  const float top = ImGui::GetCursorPosY();
  toolbar_of(context, document);
  const ImVec2 room{size.x, size.y - (ImGui::GetCursorPosY() - top)};
  ImGui::PushID(static_cast<int>(document.number));
  if (difference_)
    difference_->draw(context, room);
  else if (document.run)
    document.run->draw(context, room);
  else
    document.chaos->draw(context, room, link_);
  ImGui::PopID();
}

std::string ResultsPanel::take_link() {
  return std::exchange(link_, {});
}

}  // namespace highwater::viewer
