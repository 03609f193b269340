#include "engine/model/disturbance.h"

#include <algorithm>

#include "engine/model/component.h"

namespace highwater {
namespace {

bool has(const std::optional<std::vector<const Instance*>>& list, const Instance* process) {
  return !list || std::find(list->begin(), list->end(), process) != list->end();
}

}  // namespace

Ends::Ends(const Instance& calling, const Instance& called)
    : caller(&calling), callee(&called), caller_zone(calling.zone()), callee_zone(called.zone()) {}

bool FaultScope::concerns(const Ends& ends, Direction direction) const {
  if (!has(callers, ends.caller) || !has(callees, ends.callee)) return false;
  if (!zones) return direction == Direction::request ? requests : replies;
  const bool there = direction == Direction::request;
  const std::pair way(there ? ends.caller_zone : ends.callee_zone,
                      there ? ends.callee_zone : ends.caller_zone);
  if (requests && way == *zones) return true;
  return replies && way == std::pair(zones->second, zones->first);
}

Disturbance::~Disturbance() {
  while (!edges_.empty()) edges_.back()->remove(*this);
}

}  // namespace highwater
