#include "viewer/gui/script.h"

#include <algorithm>
#include <charconv>
#include <iomanip>
#include <map>
#include <sstream>
#include <utility>

#include <GLFW/glfw3.h>
#include <fmt/format.h>

namespace highwater::viewer {
namespace {

constexpr std::size_t kPatience = 3600;  // frames: a minute
constexpr int kDragSteps = 8;

struct Form {
  std::size_t least, most;  // words after the command
};

const std::map<std::string, Form, std::less<>>& forms() {
  static const std::map<std::string, Form, std::less<>> forms = {
      {"wait", {1, 1}},        {"until", {2, 2}},        {"move", {1, 3}}, {"click", {1, 3}},
      {"right-click", {1, 3}}, {"double-click", {1, 3}}, {"drag", {5, 5}}, {"wheel", {1, 1}},
      {"drag-to", {2, 2}},     {"key", {1, 1}},          {"type", {1, 1}}, {"expect", {2, 2}},
      {"screenshot", {1, 1}},  {"quit", {0, 0}}};
  return forms;
}

const std::map<std::string, int, std::less<>>& keys() {
  static const std::map<std::string, int, std::less<>> keys = {
      {"space", GLFW_KEY_SPACE},   {"left", GLFW_KEY_LEFT},     {"right", GLFW_KEY_RIGHT},
      {"up", GLFW_KEY_UP},         {"down", GLFW_KEY_DOWN},     {"home", GLFW_KEY_HOME},
      {"end", GLFW_KEY_END},       {"escape", GLFW_KEY_ESCAPE}, {"enter", GLFW_KEY_ENTER},
      {"tab", GLFW_KEY_TAB},       {"delete", GLFW_KEY_DELETE}, {"backspace", GLFW_KEY_BACKSPACE},
      {"period", GLFW_KEY_PERIOD}, {"comma", GLFW_KEY_COMMA},   {"slash", GLFW_KEY_SLASH}};
  return keys;
}

bool matches(const std::string& value, const std::string& pattern) {
  if (pattern.ends_with('*')) return value.starts_with(pattern.substr(0, pattern.size() - 1));
  return value == pattern;
}

bool is_number(const std::string& word) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size();
}

}  // namespace

std::string Script::load(const std::string& text) {
  std::string problems;
  std::istringstream lines(text);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    Command command{number, {}};
    std::istringstream words(line);
    for (std::string word; words >> std::quoted(word);) command.words.push_back(word);
    if (command.words.empty()) continue;
    const auto form = forms().find(command.words.front());
    const std::size_t said = command.words.size() - 1;
    if (form == forms().end())
      problems += fmt::format("line {}: no command \"{}\"\n", number, command.words.front());
    else if (said < form->second.least || said > form->second.most)
      problems += fmt::format(
          "line {}: \"{}\" takes {} words{}, found {}\n", number, command.words.front(),
          form->second.least,
          form->second.most > form->second.least ? fmt::format(" to {}", form->second.most) : "",
          said);
    const std::size_t first =
        command.words.front() == "wait" || command.words.front() == "wheel" ? 1 : 2;
    const bool counts = command.words.front() == "wait" || command.words.front() == "wheel" ||
                        command.words.front() == "drag" ||
                        command.words.front().ends_with("move") ||
                        command.words.front().ends_with("click");
    for (std::size_t i = first; counts && i < command.words.size(); ++i)
      if (!is_number(command.words[i]))
        problems +=
            fmt::format("line {}: expected a number, found \"{}\"\n", number, command.words[i]);
    commands_.push_back(std::move(command));
  }
  return problems;
}

double Script::number(const Command& command, std::size_t word, double otherwise) {
  double value = otherwise;
  if (word < command.words.size())
    std::from_chars(command.words[word].data(),
                    command.words[word].data() + command.words[word].size(), value);
  return value;
}

void Script::fail(std::size_t line, const std::string& what) {
  failures_.push_back(fmt::format("line {}: {}", line, what));
}

bool Script::place(const Command& command, const Registry& seen, std::size_t first, ImVec2& out) {
  const auto rect = seen.rect(command.words[1]);
  if (!rect) {
    fail(command.line, fmt::format("no widget \"{}\"", command.words[1]));
    return false;
  }
  const auto x = static_cast<float>(number(command, first, 0.5));
  const auto y = static_cast<float>(number(command, first + 1, 0.5));
  out = {rect->min.x + (rect->max.x - rect->min.x) * x,
         rect->min.y + (rect->max.y - rect->min.y) * y};
  return true;
}

/// There, down, up, each a frame, and one to see what came of it.
void Script::click(int button, int times) {
  Input there = input_, down = input_;
  down.buttons[static_cast<std::size_t>(button)] = true;
  planned_ = {there, there};
  for (int i = 0; i < times; ++i) {
    planned_.push_back(down);
    planned_.push_back(there);
  }
  planned_.push_back(there);
  std::reverse(planned_.begin(), planned_.end());
}

void Script::drag(ImVec2 from, ImVec2 to) {
  Input step = input_;
  step.mouse = from;
  planned_ = {step};
  step.buttons[0] = true;
  for (int i = 0; i <= kDragSteps; ++i) {
    const float part = static_cast<float>(i) / kDragSteps;
    step.mouse = {from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part};
    planned_.push_back(step);
  }
  step.buttons[0] = false;
  planned_.push_back(step);
  planned_.push_back(step);
  input_.mouse = to;
  std::reverse(planned_.begin(), planned_.end());
}

void Script::press(const std::string& key, std::size_t line) {
  std::string name = key;
  Input down = input_, up = input_;
  if (name.starts_with("ctrl+")) {
    down.ctrl = true;
    name = name.substr(5);
  }
  const auto found = keys().find(name);
  if (found != keys().end()) {
    down.keys = {found->second};
  } else if (name.size() == 1) {
    const char c = name.front();
    down.keys = {c >= 'a' && c <= 'z' ? c - 'a' + GLFW_KEY_A : c};
    if (!down.ctrl) down.text = name;
  } else {
    return fail(line, fmt::format("no key \"{}\"", key));
  }
  planned_ = {up, up, down};
}

void Script::begin(const Command& command, const Registry& seen) {
  const std::string& verb = command.words.front();
  if (verb == "wait") {
    waits_ = static_cast<std::size_t>(std::max(number(command, 1, 1), 0.0));
  } else if (verb == "move") {
    place(command, seen, 2, input_.mouse);
    waits_ = 1;
  } else if (verb.ends_with("click")) {
    if (place(command, seen, 2, input_.mouse))
      click(verb == "right-click" ? 1 : 0, verb == "double-click" ? 2 : 1);
  } else if (verb == "drag") {
    ImVec2 from, to;
    if (place(command, seen, 2, from) && place(command, seen, 4, to)) drag(from, to);
  } else if (verb == "drag-to") {
    // The second name stands where others have a number.
    const Command there{command.line, {verb, command.words[2]}};
    ImVec2 from, to;
    if (place({command.line, {verb, command.words[1]}}, seen, 2, from) && place(there, seen, 2, to))
      drag(from, to);
  } else if (verb == "wheel") {
    Input turn = input_;
    turn.wheel = static_cast<float>(number(command, 1, 1));
    planned_ = {input_, turn};
  } else if (verb == "key") {
    press(command.words[1], command.line);
  } else if (verb == "type") {
    Input typing = input_;
    typing.text = command.words[1];
    planned_ = {input_, typing};
  } else if (verb == "screenshot") {
    screenshots_.push_back(command.words[1]);
  } else if (verb == "expect") {
    ++expectations_;
    const auto value = seen.value(command.words[1]);
    if (!value || !matches(*value, command.words[2]))
      fail(command.line, fmt::format("expected {} to be \"{}\", found {}", command.words[1],
                                     command.words[2], value ? "\"" + *value + "\"" : "nothing"));
  } else if (verb == "quit") {
    over_ = true;
  }
}

const Script::Input& Script::advance(const Registry& seen) {
  if (!planned_.empty()) {
    input_ = std::move(planned_.back());
    planned_.pop_back();
    return input_;
  }
  input_.wheel = 0;
  input_.text.clear();
  if (waits_ > 0) {
    --waits_;
    return input_;
  }
  if (over_ || next_ >= commands_.size()) {
    over_ = true;
    return input_;
  }
  const Command& command = commands_[next_];
  if (command.words.front() == "until") {
    const auto value = seen.value(command.words[1]);
    if (value && matches(*value, command.words[2])) {
      patience_ = 0;
      ++next_;
    } else if (++patience_ > kPatience) {
      fail(command.line,
           fmt::format("waited in vain for {} to be \"{}\", it is {}", command.words[1],
                       command.words[2], value ? "\"" + *value + "\"" : "nothing"));
      patience_ = 0;
      ++next_;
    }
    return input_;
  }
  ++next_;
  begin(command, seen);
  if (!planned_.empty()) {
    input_ = std::move(planned_.back());
    planned_.pop_back();
  }
  return input_;
}

std::vector<std::string> Script::take_screenshots() {
  return std::exchange(screenshots_, {});
}

}  // namespace highwater::viewer
