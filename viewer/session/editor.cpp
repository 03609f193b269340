#include "viewer/session/editor.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "engine/describe/listed.h"
#include "engine/scenario/source_file.h"
#include "viewer/session/save_file.h"

namespace highwater::viewer {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNew = R"({
  "highwater": 1,
  "run": { "duration": "60s", "warmup": "10s" },
  "components": {
    "users": { "kind": "client", "arrivals": { "poisson": "100/s" }, "calls": "service" },
    "service": { "kind": "service", "service_time": { "exponential": "5ms" } }
  }
}
)";

/// Sets in a text that lies over another what differs between the two laid together.
void lay_difference(ScenarioText& text, const JsonPath& path, const Value& before,
                    const Value& after) {
  if (before == after) return;
  if (!before.is_object() || !after.is_object()) {
    text.set(path, after);
    return;
  }
  const auto below = [&](const std::string& key) {
    JsonPath inner = path;
    inner.push_back(key);
    return inner;
  };
  for (const Value::Member& member : before.members())
    if (after.find(member.key) == nullptr) text.set(below(member.key), Value());
  for (const Value::Member& member : after.members()) {
    const Value* const old = before.find(member.key);
    if (old == nullptr)
      text.set(below(member.key), member.value);
    else
      lay_difference(text, below(member.key), *old, member.value);
  }
}

}  // namespace

std::string Editor::directory() const {
  return fs::path(file_).parent_path().string();
}

void Editor::start(std::string text, const std::string& file) {
  open_ = true;
  file_ = file;
  text_ = saved_ = std::move(text);
  confirms_.clear();
  history_.clear();
  merged_.reset();
  own_.reset();
  extents_.clear();
  problems_.clear();
  picture_ = {};
  place_.reset();
  after_change(std::nullopt);
}

std::string Editor::open(const std::string& file) {
  FileText read = read_file(file);
  if (!read.fault.empty()) return read.fault;
  if (read.text.size() > kLargestText)
    return fmt::format("the file has {} MiB; at most {} MiB are edited here",
                       read.text.size() >> 20, kLargestText >> 20);
  start(std::move(read.text), file);
  return "";
}

void Editor::close() {
  start("", "");
  open_ = false;
}

void Editor::open_new() {
  start(kNew, "");
}

EditOutcome Editor::save() {
  if (file_.empty()) return {false, "it has no name yet: write one, and save it as that"};
  std::error_code error;
  if (fs::exists(file_, error) && std::exchange(confirms_, "") != file_) {
    const FileText now = read_file(file_);
    if (now.fault.empty() ? now.text != saved_ && now.text != text_ : !fs::is_directory(file_)) {
      confirms_ = file_;
      return {false, fmt::format("{} was changed by somebody else meanwhile; save it once more to "
                                 "write over that",
                                 file_)};
    }
  }
  if (const std::string fault = save_file(file_, text_); !fault.empty())
    return {false, fmt::format("{} cannot be written: {}", file_, fault)};
  saved_ = text_;
  changed_ = false;
  return {true, "Saved: " + file_};
}

EditOutcome Editor::save_as(const std::string& file) {
  if (file.empty()) return {false, "write a name first"};
  std::error_code error;
  if (file == file_ || (!file_.empty() && fs::equivalent(file, file_, error))) return save();
  if (fs::exists(file, error) && std::exchange(confirms_, "") != file) {
    confirms_ = file;
    return {false, fmt::format("{} is there already; save once more to write over it", file)};
  }
  if (const std::string fault = save_file(file, text_); !fault.empty())
    return {false, fmt::format("{} cannot be written: {}", file, fault)};
  file_ = file;
  saved_ = text_;
  changed_ = false;
  confirms_.clear();
  check();  // what it names may stand elsewhere, seen from there
  return {true, "Saved: " + file};
}

EditGround Editor::ground() const {
  const bool lies_over = own_ && !extended_by(*own_).empty();
  return {language_, lies_over && merged_ ? &*merged_ : nullptr};
}

EditOutcome Editor::edit(std::string what, const Edit& by) {
  Problems problems;
  auto text = ScenarioText::read(text_, problems.add_source(name()), problems);
  if (!text) {
    const Problem first = problems.sorted().front();
    return {false, fmt::format("line {}: {}: mend that in the text first, or undo it",
                               first.position.line, first.message)};
  }
  EditOutcome outcome = by(*text, ground());
  if (outcome.done) take_text(text->text(), std::move(what), false);
  return outcome;
}

void Editor::take_text(std::string text, std::string what, bool typed) {
  if (text == text_) return;
  const auto differs = std::mismatch(text.begin(), text.end(), text_.begin(), text_.end());
  const auto place = static_cast<std::size_t>(differs.first - text.begin());
  history_.add(text_, text, std::move(what), typed);
  text_ = std::move(text);
  after_change(typed ? std::nullopt : std::optional(place));
}

void Editor::after_change(std::optional<std::size_t> place) {
  changed_ = text_ != saved_;
  confirms_.clear();
  if (place) place_ = place;
  Problems unread;
  if (auto value = parse_json(text_, unread.add_source(""), unread)) {
    own_ = std::move(value);
    find_extents();
  }
  check();
}

void Editor::find_extents() {
  extents_.clear();
  const auto nodes = tree_of(text_);
  if (!nodes) return;
  for (const std::size_t section : nodes->front().children) {
    if ((*nodes)[section].key != "components") continue;
    for (const std::size_t component : (*nodes)[section].children) {
      const TextNode& node = (*nodes)[component];
      extents_.emplace(node.key, std::pair{node.start, node.end});
    }
  }
}

void Editor::check() {
  checker_.ask({text_, name(), directory()});
}

EditOutcome Editor::type(std::string text) {
  if (text.size() > kLargestText)
    return {false, fmt::format("at most {} MiB are edited here", kLargestText >> 20)};
  take_text(std::move(text), "typing", true);
  return {true, ""};
}

EditOutcome Editor::replace_all(std::string text, std::string what) {
  if (text.size() > kLargestText)
    return {false, fmt::format("at most {} MiB are edited here", kLargestText >> 20)};
  take_text(std::move(text), std::move(what), false);
  return {true, ""};
}

EditOutcome Editor::add(const std::string& kind, std::string& added) {
  return edit("add " + kind, [&](ScenarioText& text, const EditGround& on) {
    added = free_name(text.value(), on, kind);
    return add_component(text, on, kind, added);
  });
}

EditOutcome Editor::remove(const std::string& component) {
  return edit("remove " + component, [&](ScenarioText& text, const EditGround& on) {
    return remove_component(text, on, component);
  });
}

EditOutcome Editor::rename(const std::string& component, const std::string& name) {
  return edit("rename " + component, [&](ScenarioText& text, const EditGround& on) {
    return rename_component(text, on, component, name);
  });
}

EditOutcome Editor::set(const std::string& component, const std::string& path,
                        const std::string& value) {
  const std::string whole = component.empty() ? path : component + "." + path;
  return edit(fmt::format("{} {}", value.empty() ? "leave out" : "set", whole),
              [&](ScenarioText& text, const EditGround& on) {
                return set_parameter(text, on, component, path, value);
              });
}

std::vector<Way> Editor::ways(const std::string& from, const std::string& to,
                              std::string& why) const {
  if (!own_) {
    why = "the text is no JSON yet";
    return {};
  }
  return ways_between(*own_, ground(), from, to, why);
}

EditOutcome Editor::connect(const std::string& from, const std::string& to, const Way& way) {
  return edit(fmt::format("connect {} with {}", from, to),
              [&](ScenarioText& text, const EditGround&) { return viewer::connect(text, way); });
}

EditOutcome Editor::disconnect(const std::string& from, const std::string& to) {
  return edit(fmt::format("part {} from {}", from, to),
              [&](ScenarioText& text, const EditGround& on) {
                return viewer::disconnect(text, on, from, to);
              });
}

EditOutcome Editor::take_settings(const std::vector<std::string>& settings) {
  return edit("changes of the run", [&](ScenarioText& text, const EditGround& on) -> EditOutcome {
    const Guide guide(on.language);
    const Value before = on.merged != nullptr ? *on.merged : text.value();
    Value wanted = before;
    std::vector<std::string> refused;
    for (const std::string& setting : settings) {
      Problems problems;
      apply_setting(wanted, setting, guide, problems);
      if (problems.has_errors()) refused.push_back(in_quotes(setting));
    }
    if (on.merged != nullptr)
      lay_difference(text, {}, before, wanted);
    else
      text.become(wanted);
    if (refused.empty()) return {true, ""};
    return {true, "This file cannot say: " + listed(refused)};
  });
}

void Editor::undo() {
  if (const auto place = history_.undo(text_)) after_change(place);
}

void Editor::redo() {
  if (const auto place = history_.redo(text_)) after_change(place);
}

std::optional<std::size_t> Editor::take_place() {
  return std::exchange(place_, std::nullopt);
}

void Editor::take(CheckedScenario checked, Session* session) {
  problems_ = std::move(checked.problems);
  if (checked.merged) {
    merged_ = std::move(checked.merged);
    picture_ = std::move(checked.picture);
  }
  if (!checked.document || session == nullptr) return;
  // A comment more is the same scenario: its run goes on.
  if (session->is_open() && session->document().file() == checked.document->file() &&
      session->document().root() == checked.document->root())
    return;
  session->open_read(std::move(*checked.document), std::move(checked.system));
}

bool Editor::poll(Session& session) {
  auto checked = checker_.take();
  if (!checked) return false;
  take(std::move(*checked), &session);
  return true;
}

void Editor::settle(Session* session) {
  if (checker_.is_busy()) take(checker_.wait(), session);
}

bool Editor::has_errors() const {
  return std::any_of(problems_.begin(), problems_.end(),
                     [](const Problem& problem) { return problem.severity == Severity::kError; });
}

const Value* Editor::component(const std::string& name) const {
  const EditGround on = ground();
  const Value* const root = on.merged != nullptr ? on.merged : own_ ? &*own_ : nullptr;
  return root != nullptr ? find_value(*root, {"components", name}) : nullptr;
}

std::optional<std::pair<std::size_t, std::size_t>> Editor::extent(
    const std::string& component) const {
  const auto found = extents_.find(component);
  return found == extents_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::size_t> Editor::place_of(const Problem& problem) const {
  if (problem.source != name() || problem.position.line == 0) return std::nullopt;
  std::size_t at = 0;
  for (std::uint32_t line = 1; line < problem.position.line; ++line) {
    at = text_.find('\n', at);
    if (at == std::string::npos) return text_.size();
    ++at;
  }
  // A column counts characters.
  for (std::uint32_t column = 1; column < problem.position.column && at < text_.size(); ++column) {
    ++at;
    while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xC0U) == 0x80U) ++at;
  }
  return std::min(at, text_.size());
}

}  // namespace highwater::viewer
