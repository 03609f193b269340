// No knob without effect: every parameter of every kind, every verb of a fault and every word has a
// setting that changes the numbers of a run. tests/data/parameters holds small scenarios that use
// everything, and effects.json, which names for each parameter one of them and a setting.
//
// With HIGHWATER_UPDATE_RESULTS=1 the table is filled in: what still holds stays, for the rest
// settings are tried. Where none has an effect, a scenario must be made in which the parameter
// matters, or an exception be written into the table with its reason.

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/parameters/changed_parameters.h"
#include "tests/parameters/declared_parameters.h"
#include "tests/parameters/effects_table.h"
#include "tests/parameters/other_settings.h"
#include "tests/parameters/trial.h"

namespace highwater::testing {
namespace {

constexpr double kLongest = 20;    // seconds of wall time of a run that is recorded
constexpr double kLongestTry = 2;  // of one that is tried
constexpr int kMostTries = 150;    // runs for a parameter with a base

bool is_update() {
  return std::getenv("HIGHWATER_UPDATE_RESULTS") != nullptr;
}

const DeclaredParameters& declared() {
  static const DeclaredParameters all(language());
  return all;
}

/// What is wrong with an entry of the table, judged by reading alone; "" for nothing.
std::string fault_of(const std::string& parameter, const Trial& trial) {
  if (!declared().has(parameter)) return "is no parameter any more";
  std::string problems;
  const auto before = document_of({trial.base, ""}, &problems);
  if (!before) return "is shown by a scenario that does not read: " + problems;
  const auto after = document_of(trial, &problems);
  if (!after) return "has a setting that is not valid: " + problems;
  const Change change = change_between(before->root(), after->root(), guide(), declared());
  if (change.parameters.count(parameter) == 0) return "is not what its setting changes";
  if (!change.shows(parameter)) return "is not all that its setting changes";
  return "";
}

/// The outcomes of bases, each run once.
class Bases {
 public:
  void run(const std::vector<std::string>& names) {
    std::vector<Trial> trials;
    for (const std::string& name : names) trials.push_back({name, ""});
    const auto outcomes = outcomes_of(trials, kLongest);
    for (std::size_t i = 0; i < names.size(); ++i) outcomes_[names[i]] = outcomes[i];
  }
  const std::optional<Outcome>& operator[](const std::string& name) const {
    return outcomes_.at(name);
  }

 private:
  std::map<std::string, std::optional<Outcome>> outcomes_;
};

/// Entries of the table without effect, with what is wrong.
std::map<std::string, std::string> ineffective(const EffectsTable& table, const Bases& bases) {
  std::map<std::string, std::string> wrong;
  std::vector<Trial> trials;
  std::map<std::string, std::size_t> index_of;  // many parameters are shown by one setting
  for (const auto& [parameter, trial] : table.effects) {
    const std::string fault = fault_of(parameter, trial);
    if (!fault.empty()) wrong[parameter] = fault;
    if (fault.empty() && index_of.emplace(trial.base + " " + trial.setting, trials.size()).second)
      trials.push_back(trial);
  }
  const auto outcomes = outcomes_of(trials, kLongest);
  for (const auto& [parameter, trial] : table.effects) {
    if (wrong.count(parameter) > 0) continue;
    const auto& outcome = outcomes[index_of.at(trial.base + " " + trial.setting)];
    const auto& base = bases[trial.base];
    if (!outcome || !base) {
      wrong[parameter] = "is shown by a run that does not end";
    } else if (!differ(*outcome, *base)) {
      wrong[parameter] = "changes nothing";
    }
  }
  return wrong;
}

/// Tries settings until every parameter has one, or nothing is left to try.
class Search {
 public:
  Search(EffectsTable& table, const Bases& bases) : table_(table), bases_(bases) {}

  void search(const std::string& base) {
    const auto document = document_of({base, ""});
    if (!document || !bases_[base]) return;
    std::map<std::string, int> tries;
    for (const OtherSetting& other : other_settings(*document, guide(), declared())) {
      if (!is_any_missing()) return;
      int& made = tries[other.parameter];
      if (made < kMostTries && attempt(*document, base, other.setting)) ++made;
    }
  }

 private:
  bool is_missing(const std::string& parameter) const {
    return table_.effects.count(parameter) == 0 && table_.exceptions.count(parameter) == 0;
  }

  bool is_any_missing() const {
    const auto& names = declared().names();
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return is_missing(name); });
  }

  /// @return whether there was something to run.
  bool attempt(const Document& before, const std::string& base, const std::string& setting) {
    Problems problems = before.problems();
    const auto after = change_document(before, language(), {setting}, problems);
    if (!after) return false;
    const Change change = change_between(before.root(), after->root(), guide(), declared());
    const auto& names = change.parameters;
    if (std::none_of(names.begin(), names.end(), [&](const std::string& name) {
          return is_missing(name) && change.shows(name);
        }))
      return false;
    if (std::getenv("HIGHWATER_SHOW_TRIES") != nullptr)
      std::cout << base << ": " << setting << std::endl;
    const Outcome& usual = *bases_[base];
    const std::optional<Outcome> outcome = outcome_of(*after, kLongestTry);
    // Those that take long are left out, for the test is to stay short.
    if (!outcome || !differ(*outcome, usual) || outcome->events > 3 * usual.events + 100'000)
      return outcome.has_value();
    for (const std::string& name : names)
      if (is_missing(name) && change.shows(name)) table_.effects[name] = {base, setting};
    return true;
  }

  EffectsTable& table_;
  const Bases& bases_;
};

void update(EffectsTable& table, const Bases& bases) {
  for (const auto& [parameter, fault] : ineffective(table, bases)) {
    std::cout << parameter << " " << fault << "\n";
    table.effects.erase(parameter);
  }
  Search search(table, bases);
  for (const std::string& base : base_names()) {
    search.search(base);
    write_effects_table(table, declared().names());
  }
  for (const std::string& name : declared().names()) {
    if (table.effects.count(name) == 0 && table.exceptions.count(name) == 0)
      std::cout << "no effect found: " << name << "\n";
  }
}

TEST_CASE("parameters: every one is in the table, once") {
  const EffectsTable table = read_effects_table();
  for (const std::string& name : declared().names()) {
    INFO(name << " needs an entry: see CONTRIBUTING.md");
    CHECK(table.effects.count(name) + table.exceptions.count(name) == 1);
  }
  for (const auto& [name, trial] : table.effects) {
    INFO(name << " is in the table and is no parameter");
    CHECK(declared().has(name));
  }
  for (const auto& [name, reason] : table.exceptions) {
    INFO(name);
    CHECK(declared().has(name));
    CHECK(!reason.empty());
  }
}

TEST_CASE("parameters: every one changes what a run comes to", "[costly]") {
  const InFolder here;
  EffectsTable table = read_effects_table();
  Bases bases;
  bases.run(base_names());
  for (const std::string& base : base_names()) {
    std::string problems;
    const bool reads = document_of({base, ""}, &problems).has_value();
    INFO(base << ".json: " << problems);
    CHECK(reads);
    CHECK(bases[base].has_value());
  }
  if (is_update()) return update(table, bases);
  for (const auto& [parameter, fault] : ineffective(table, bases)) {
    INFO(parameter << " " << fault << ": " << table.effects[parameter].base << " with "
                   << table.effects[parameter].setting);
    CHECK(fault.empty());
  }
}

}  // namespace
}  // namespace highwater::testing
