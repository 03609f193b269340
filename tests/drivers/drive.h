#pragma once

#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/drivers/catalog.h"

namespace highwater::testing {

using Options = std::initializer_list<std::pair<const char*, const char*>>;

/// The options as a command line gives them: every value is a text.
inline Value options_of(Options options) {
  Value object = Value::object();
  for (const auto& [name, text] : options) object.set(name, Value::string(text));
  return object;
}

/// Begins a session that must begin.
inline std::unique_ptr<drivers::Session> start(std::string_view name, Options options) {
  const drivers::Driver* driver = drivers::find(name);
  if (driver == nullptr) throw std::logic_error("no driver " + std::string(name));
  Problems problems;
  auto session = driver->start(options_of(options), problems);
  if (session == nullptr) throw std::logic_error(problems.text());
  return session;
}

/// Everything that the lines lead to; a line that is wrong leaves "line: why".
inline std::string drive(std::string_view name, Options options,
                         const std::vector<std::string>& lines) {
  const auto session = start(name, options);
  std::string out;
  for (const std::string& line : lines) {
    const std::string wrong = session->take(line, out);
    if (!wrong.empty()) out += line + ": " + wrong + "\n";
  }
  session->end(out);
  return out;
}

/// What is wrong with the options, a line each.
inline std::string problems_of(std::string_view name, Options options) {
  Problems problems;
  drivers::find(name)->start(options_of(options), problems);
  return problems.text();
}

}  // namespace highwater::testing
