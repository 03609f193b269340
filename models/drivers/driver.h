#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/describe/field.h"

namespace highwater::drivers {

/// An algorithm at work: takes lines, gives decisions. What `highwater algorithm NAME` runs, and
/// what makes every algorithm checkable from outside.
class Session {
 public:
  virtual ~Session() = default;

  /// Takes one line of input, without its newline, and appends the decisions it leads to, each with
  /// a newline.
  /// @return what is wrong with the line; empty where nothing is. A line that is wrong changes
  ///         nothing.
  virtual std::string take(std::string_view line, std::string& out) = 0;
  /// The input has ended.
  virtual void end(std::string& out) { (void)out; }
};

/// A session whose decisions come one by one and depend on nothing but the line: a hash.
template <class Decide>
class StatelessSession final : public Session {
 public:
  explicit StatelessSession(Decide decide) : decide_(std::move(decide)) {}
  std::string take(std::string_view line, std::string& out) override {
    decide_(line, out);
    out += '\n';
    return {};
  }

 private:
  Decide decide_;
};

/// @param decide  Appends the decision on a key: decide(std::string_view key, std::string& out).
template <class Decide>
std::unique_ptr<Session> stateless(Decide decide) {
  return std::make_unique<StatelessSession<Decide>>(std::move(decide));
}

/// One algorithm as a user can call it.
struct Driver {
  std::string name;     ///< As in `highwater algorithm NAME`; never renamed.
  std::string family;   ///< "hashing", "balancing", "caching", …
  std::string summary;  ///< One sentence.
  std::string source;   ///< Product and version, or paper, that the decisions follow.
  std::string input;    ///< What a line of input says.
  std::string output;   ///< What a line of output says.
  std::string example;  ///< A command to try, as for a shell.
  const TypeInfo& (*type)() = nullptr;  ///< The options: a kStruct.
  /// @param options   An object; every value may be a string, as a command line gives it.
  /// @param problems  Gets everything that is wrong with them.
  /// @return null after a problem.
  std::function<std::unique_ptr<Session>(const Value& options, Problems& problems)> start;
};

/// The options as they are declared, of options as a command line gives them. There
///   a text may be the JSON of a list or an object;
///   what comes from a product may be said as its own configuration does (see FieldInfo): by its
///   name, by a number without a unit, also as "1000,2000" where a list is declared, by its word
///   for 0, by words in capitals.
/// What can be neither stays as it is, for reading to say what is expected.
/// @param problems  Gets options given twice, by the product's name and by ours.
Value as_declared(Value options, const TypeInfo& type, Problems& problems);

/// What a driver is about, apart from its options.
struct About {
  std::string name, family, summary, source, input, output, example;
};

/// The driver whose options are P.
/// @param open  Begins a session: open(const P&) -> std::unique_ptr<Session>.
template <Described P, class Open>
Driver driver(About about, Open open) {
  Driver d;
  d.name = std::move(about.name);
  d.family = std::move(about.family);
  d.summary = std::move(about.summary);
  d.source = std::move(about.source);
  d.input = std::move(about.input);
  d.output = std::move(about.output);
  d.example = std::move(about.example);
  d.type = &type_of<P>;
  d.start = [open = std::move(open)](const Value& options,
                                     Problems& problems) -> std::unique_ptr<Session> {
    const std::size_t before = problems.error_count();
    const P params = read_params<P>(as_declared(options, type_of<P>(), problems), "", problems);
    if (problems.error_count() != before) return nullptr;
    return open(params);
  };
  return d;
}

}  // namespace highwater::drivers
