#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/model/component.h"

namespace highwater {

/// What each calling process keeps for each instance of a callee, such as its connections. A
/// process that is started anew begins with nothing.
///
/// Checked  tests/calls/connections_test.cpp, tests/transport/transport_test.cpp
template <class Kept>
class ByProcess {
 public:
  /// Of the process that `from` is at present; made by `make` where there is none yet.
  template <class Make>
  Kept& between(const Instance& from, const Instance& to, const Make& make) {
    if (from.index() < callers_.size()) [[likely]] {
      Caller& caller = callers_[from.index()];
      if (caller.incarnation == from.incarnation() && to.index() < caller.to.size() &&
          caller.to[to.index()] != nullptr) [[likely]]
        return *caller.to[to.index()];
    }
    std::unique_ptr<Kept>& place = place_of(from, to);
    place = make();
    return *place;
  }

  /// Visits what that instance of the caller keeps.
  template <class Visit>
  void each_of(const Instance& from, const Visit& visit) {
    if (from.index() >= callers_.size()) return;
    for (const auto& kept : callers_[from.index()].to)
      if (kept != nullptr) visit(*kept);
  }
  /// Visits all that is kept, in the order of the callers' and the callee's instances.
  template <class Visit>
  void each(const Visit& visit) {
    for (const Caller& caller : callers_)
      for (const auto& kept : caller.to)
        if (kept != nullptr) visit(*kept);
  }
  /// Visits what is kept for that instance of the callee.
  template <class Visit>
  void each_for(const Instance& to, const Visit& visit) {
    for (const Caller& caller : callers_)
      if (to.index() < caller.to.size() && caller.to[to.index()] != nullptr)
        visit(*caller.to[to.index()]);
  }

 private:
  struct Caller {
    std::uint32_t incarnation = 0;
    std::vector<std::unique_ptr<Kept>> to;  // by instance of the callee
  };

  std::unique_ptr<Kept>& place_of(const Instance& from, const Instance& to) {
    if (callers_.size() <= from.index()) callers_.resize(from.index() + 1);
    Caller& caller = callers_[from.index()];
    if (caller.incarnation != from.incarnation()) {
      caller.to.clear();
      caller.incarnation = from.incarnation();
    }
    if (caller.to.size() <= to.index()) caller.to.resize(to.index() + 1);
    return caller.to[to.index()];
  }

  std::vector<Caller> callers_;  // by instance
};

}  // namespace highwater
