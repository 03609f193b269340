#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/request.h"

namespace highwater {

/// Names of endpoints as small numbers, so that no string is compared while requests run. Symbol 0
/// is the unnamed endpoint.
class Symbols {
 public:
  Symbols() : names_{""} {}

  Symbol intern(std::string_view name) {
    if (name.empty()) return kNoSymbol;
    const auto found = numbers_.find(name);
    if (found != numbers_.end()) return found->second;
    const auto symbol = static_cast<Symbol>(names_.size());
    names_.emplace_back(name);
    numbers_.emplace(name, symbol);
    return symbol;
  }
  const std::string& name(Symbol symbol) const { return names_[symbol]; }
  std::size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_;
  std::map<std::string, Symbol, std::less<>> numbers_;
};

}  // namespace highwater
