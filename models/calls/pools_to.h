#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "models/calls/call.h"

namespace highwater {

/// The pools of calls to `callee` from these places, splits included; each once.
/// Checked  tests/faults/leaks_test.cpp
inline std::vector<ConnectionPools*> pools_to(const std::deque<CallSite>& sites,
                                              const Component& callee) {
  std::vector<ConnectionPools*> found;
  const auto look = [&](const CallSite& site) {
    if (&site.callee() != &callee || site.pools() == nullptr) return;
    if (std::find(found.begin(), found.end(), site.pools()) == found.end())
      found.push_back(site.pools());
  };
  for (const CallSite& site : sites) {
    look(site);
    for (const CallSite& split : site.splits()) look(split);
  }
  return found;
}

}  // namespace highwater
