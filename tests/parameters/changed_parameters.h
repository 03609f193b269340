#pragma once

#include <set>
#include <string>

#include "engine/scenario/language.h"
#include "tests/parameters/declared_parameters.h"

namespace highwater::testing {

/// What tells two scenarios apart.
struct Change {
  /// The parameters on the way to it, and the words on either side of it. Whatever a run makes of
  /// the change, it makes of each of these.
  std::set<std::string> parameters;
  /// Whose values differ. Of several it is not known which one mattered.
  std::set<std::string> differing;
  /// The words that changed, and the parameters that hold them. A word may need other parameters
  /// beside it, which change with it.
  std::set<std::string> words;

  /// Whether a run that comes out differently does so for this parameter's sake.
  bool shows(const std::string& parameter) const {
    return parameters.count(parameter) > 0 && (differing.size() == 1 || words.count(parameter) > 0);
  }
};

/// @param before, after  Roots of documents.
Change change_between(const Value& before, const Value& after, const Guide& guide,
                      const DeclaredParameters& declared);

}  // namespace highwater::testing
