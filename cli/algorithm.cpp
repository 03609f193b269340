#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "engine/report/json_writer.h"
#include "engine/report/terminal_table.h"
#include "models/drivers/catalog.h"
#include "models/drivers/details.h"

namespace highwater::cli {
namespace {

using drivers::Driver;
using drivers::Session;

constexpr std::size_t kLongestLine = std::size_t{16} << 20;
constexpr std::size_t kMostWrongLines = 200;  // shown; reading stops there

/// The options that stood on the command line, by the field's name or its product's for it.
using Given = std::map<std::string, std::string>;

std::string option_name(const std::string& field) {
  std::string name = "--" + field;
  for (char& c : name)
    if (c == '_') c = '-';
  return name;
}

/// A default without JSON's quotes; of a list that may be given without them, without brackets.
std::string shown_default(const FieldInfo& field) {
  std::string json = *field.default_json;
  std::erase(json, '"');
  const bool bare = field.type().shape == Shape::kList && !field.bare_unit.empty();
  return bare ? json.substr(1, json.size() - 2) : json;
}

/// Not "no", "none" or "nobody", which go without saying.
bool says_something(std::string_view json) {
  return json != "false" && json != "\"\"" && json != "[]" && json != "{}";
}

std::string option_doc(const FieldInfo& field) {
  std::string doc = field.doc;
  if (!field.type().words.empty()) {
    std::string words;
    for (const WordInfo& word : field.type().words)
      words += (words.empty() ? "" : ", ") + word.word;
    doc += " One of: " + words + ".";
  }
  if (!field.bare_unit.empty())
    doc += fmt::format(" A number without a unit is in {}.", field.bare_unit);
  if (!field.zero_word.empty()) doc += fmt::format(" Or {}, as 0.", field.zero_word);
  if (field.default_json && says_something(*field.default_json))
    doc += fmt::format(" Default {}.", shown_default(field));
  if (!field.known_as.empty()) doc += fmt::format(" Also called {}.", option_name(field.known_as));
  if (!field.source.empty()) doc += fmt::format(" [{}]", field.source);
  return doc;
}

/// A paragraph in lines that fit any terminal.
std::string wrapped(std::string_view text) {
  std::string lines;
  for (const std::string& line : Painter(false, true).wrapped(text, 90)) lines += line + "\n";
  return lines;
}

/// The options as the object that they are declared for. Each is a source of its own, so that a
/// problem names the option.
Value options_object(const Given& given, Problems& problems) {
  Value object = Value::object();
  object.set_position({problems.add_source("highwater algorithm"), 0, 0});
  for (const auto& [name, text] : given) {
    Value value = Value::string(text);
    value.set_position({problems.add_source(option_name(name) + " " + text), 0, 0});
    object.set(name, std::move(value));
  }
  return object;
}

/// Where decisions go: to standard output as they come, or into one JSON document.
class Decisions {
 public:
  Decisions(const Driver& driver, bool json) : json_(json) {
    if (json_)
      print(
          fmt::format("{{\"schema\": \"highwater/decisions/1\", \"algorithm\": {}, "
                      "\"decisions\": [",
                      write_json_line(Value::string(driver.name))));
  }
  void add(std::string_view lines) {
    if (lines.empty()) return;
    if (!json_) return print(lines);
    std::string text;
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = lines.find('\n', at);
      text += first_ ? "\n" : ",\n";
      first_ = false;
      text += json_quoted(lines.substr(at, end - at));
      at = end + 1;
    }
    print(text);
  }
  void end() {
    if (json_) print("\n]}\n");
  }

 private:
  bool json_;
  bool first_ = true;
};

/// Splits what is read into lines and hands them to the session. After the first line that is wrong
/// nothing is decided any more, but the lines that follow are still looked at.
class Feeder {
 public:
  Feeder(Session& session, Problems& problems)
      : session_(session), problems_(problems), source_(problems.add_source("standard input")) {}

  void take(std::string_view chunk) {
    while (!chunk.empty() && !over()) {
      const std::size_t end = chunk.find('\n');
      const std::string_view part = chunk.substr(0, end);
      if (rest_.size() + part.size() > kLongestLine) {
        ++line_;
        return stop(fmt::format("a line may have {} bytes", kLongestLine));
      }
      if (end == std::string_view::npos) {
        rest_ += part;
        return;
      }
      if (rest_.empty()) {
        take_line(part);
      } else {
        rest_ += part;
        take_line(rest_);
        rest_.clear();
      }
      chunk.remove_prefix(end + 1);
    }
  }
  void end() {
    if (!rest_.empty() && !over()) take_line(rest_);
    if (!problems_.has_errors()) session_.end(out_);
  }
  /// Nothing more is worth reading.
  bool over() const { return stopped_ || problems_.error_count() >= kMostWrongLines; }
  /// What was decided since the last call.
  std::string decided() { return std::exchange(out_, {}); }

 private:
  void take_line(std::string_view line) {
    ++line_;
    const std::size_t before = out_.size();
    const std::string wrong = session_.take(line, out_);
    if (!wrong.empty()) problems_.error({source_, line_, 1}, "", wrong);
    if (problems_.has_errors()) out_.resize(before);
  }
  void stop(std::string why) {
    problems_.error({source_, line_, 1}, "", std::move(why));
    stopped_ = true;
  }

  Session& session_;
  Problems& problems_;
  std::uint32_t source_;
  std::uint32_t line_ = 0;
  std::string rest_;  // the beginning of a line whose end is not read yet
  std::string out_;
  bool stopped_ = false;
};

int drive(const Driver& driver, const Given& given, bool json) {
  Problems problems;
  const Value options = options_object(given, problems);
  const std::unique_ptr<Session> session = driver.start(options, problems);
  if (session == nullptr) {
    print_error(problems.text());
    return kWrongInput;
  }
  Decisions decisions(driver, json);
  Feeder feeder(*session, problems);
  std::vector<char> buffer(std::size_t{1} << 16);
  // Read as it comes and answer at once: whoever asks line by line gets line by line.
  while (!feeder.over()) {
    const ssize_t got = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), "standard input");
    if (got == 0) break;
    feeder.take({buffer.data(), static_cast<std::size_t>(got)});
    decisions.add(feeder.decided());
  }
  feeder.end();
  decisions.add(feeder.decided());
  decisions.end();
  print_error(problems.text());
  return problems.has_errors() ? kWrongInput : kDone;
}

std::string list_text() {
  std::size_t width = 0;
  for (const Driver& driver : drivers::all()) width = std::max(width, driver.name.size());
  std::string out;
  std::string family;
  for (const Driver& driver : drivers::all()) {
    if (driver.family != family) {
      out += fmt::format("{}{}\n\n", family.empty() ? "" : "\n", driver.family);
      family = driver.family;
    }
    out += fmt::format("  {:<{}}  {} [{}]\n", driver.name, width, driver.summary, driver.source);
  }
  return out;
}

std::string list_json() {
  Value list = Value::array();
  for (const Driver& driver : drivers::all()) {
    Value one = Value::object();
    one.set("name", Value::string(driver.name));
    one.set("family", Value::string(driver.family));
    one.set("summary", Value::string(driver.summary));
    one.set("source", Value::string(driver.source));
    one.set("input", Value::string(driver.input));
    one.set("output", Value::string(driver.output));
    list.push(std::move(one));
  }
  Value out = Value::object();
  out.set("schema", Value::string("highwater/algorithms/1"));
  out.set("algorithms", std::move(list));
  return write_json(out) + "\n";
}

void add_list(CLI::App& algorithm, Action& action) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* list = algorithm.add_subcommand("list", "Every algorithm: name, what it does, source");
  list->add_flag("--json", *json, "The same as one JSON document");
  list->callback([json, &action] {
    action = [json] {
      print(*json ? list_json() : list_text());
      return kDone;
    };
  });
}

/// What takes the place of a value in the help.
std::string value_name(const FieldInfo& field) {
  const TypeInfo& type = field.type();
  if (type.booleans) return "[true|false]";
  return type.shape == Shape::kList && !field.bare_unit.empty() ? type.element().name + ",..."
                                                                : type.name;
}

CLI::Option* add_option(CLI::App& command, const FieldInfo& field, const std::string& name,
                        const std::shared_ptr<Given>& given) {
  const bool is_switch = field.type().booleans;
  CLI::Option* option = command.add_option_function<std::string>(
      option_name(name),
      [given, name, is_switch](const std::string& text) {
        (*given)[name] = is_switch && text.empty() ? "true" : text;
      },
      option_doc(field));
  // A switch needs no value, but takes one: what is on by default can be switched off.
  if (is_switch) option->expected(0, 1);
  return option->type_name(value_name(field));
}

void add_driver(CLI::App& algorithm, const Driver& driver, Action& action) {
  CLI::App* command = algorithm.add_subcommand(driver.name, driver.summary);
  command->group(driver.family);
  command->footer(
      fmt::format("{}\nInput, a line each: {}\nOutput, a line each: {}\nSource: {}\n\n"
                  "Example:\n  {}",
                  wrapped(drivers::details_of(driver.name)), driver.input, driver.output,
                  driver.source, driver.example));
  const auto given = std::make_shared<Given>();
  for (const FieldInfo& field : driver.type().fields) {
    add_option(*command, field, field.name, given);
    // An option of its own, so that both together are seen; the help tells it with ours.
    if (!field.known_as.empty()) add_option(*command, field, field.known_as, given)->group("");
  }
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "The decisions as one JSON document");
  command->callback([&driver, given, json, &action] {
    action = [&driver, given, json] { return drive(driver, *given, *json); };
  });
}

}  // namespace

void add_algorithm(CLI::App& program, Action& action) {
  CLI::App* algorithm = program.add_subcommand(
      "algorithm", "Drive one algorithm: keys or events in, decisions out, one per line");
  algorithm->require_subcommand(1);
  algorithm->footer(
      "Examples:\n"
      "  printf '%s\\n' user:1 user:2 | highwater algorithm redis_slot\n"
      "  highwater algorithm lru --help");
  add_list(*algorithm, action);
  for (const Driver& driver : drivers::all()) add_driver(*algorithm, driver, action);
}

}  // namespace highwater::cli
