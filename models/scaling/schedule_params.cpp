#include "models/scaling/schedule_params.h"

#include <cstddef>

namespace highwater::autoscaling {
namespace {

/// Whether there can be a moment at which both hold.
bool may_meet(const ScheduledActionParams& a, const ScheduledActionParams& b) {
  const auto ends_before = [](const ScheduledActionParams& one, Duration moment) {
    return one.lasts && one.at + *one.lasts <= moment;
  };
  if (!a.every && !b.every) return !ends_before(a, b.at) && !ends_before(b, a.at);
  if (a.every != b.every || !a.lasts || !b.lasts) return true;
  const Duration apart = (a.at < b.at ? b.at - a.at : a.at - b.at) % *a.every;
  const ScheduledActionParams& first = a.at < b.at ? a : b;
  const ScheduledActionParams& second = a.at < b.at ? b : a;
  return *first.lasts > apart || *second.lasts > *a.every - apart;
}

}  // namespace

void ScheduledActionParams::check(const Value& where, const std::string& path,
                                  Problems& problems) const {
  if (!min_replicas && !max_replicas)
    problems.error(where.position(), path,
                   "changes nothing: say \"min_replicas\", \"max_replicas\" or both");
  if (lasts && every && *lasts >= *every)
    problems.error(where.position(), pointer_to(path, "for"),
                   "is no shorter than \"every\", so that it never ends: leave it out");
}

scaling::ScheduledAction ScheduledActionParams::action() const {
  scaling::ScheduledAction made;
  made.at = at.count();
  if (lasts) made.lasts = lasts->count();
  if (every) made.every = every->count();
  made.min_replicas = min_replicas;
  made.max_replicas = max_replicas;
  return made;
}

void check_schedule(const std::vector<ScheduledActionParams>& schedule,
                    const scaling::ReplicaLimits& usual, const Value& where,
                    const std::string& path, Problems& problems) {
  const std::string list = pointer_to(path, "schedule");
  const auto report = [&](std::size_t i, std::uint32_t max, const std::string& whose,
                          const std::string& advice) {
    problems.error(where.position(), pointer_to(pointer_to(list, i), "min_replicas"),
                   std::to_string(*schedule[i].min_replicas) + " is more than max_replicas" +
                       whose + ", " + std::to_string(max) + advice);
  };
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    const ScheduledActionParams& one = schedule[i];
    if (!one.min_replicas) {
      if (one.max_replicas && usual.min > *one.max_replicas)
        problems.error(where.position(), pointer_to(pointer_to(list, i), "max_replicas"),
                       std::to_string(*one.max_replicas) +
                           " is less than the usual min_replicas, " + std::to_string(usual.min) +
                           ": say both");
      continue;
    }
    const std::uint32_t its_max = one.max_replicas.value_or(usual.max);
    if (*one.min_replicas > its_max)
      report(i, its_max, one.max_replicas ? "" : " of the autoscaler",
             one.max_replicas ? "" : ": say both");
    // Where both say both, the later one decides on both.
    for (std::size_t k = 0; k < schedule.size(); ++k) {
      const ScheduledActionParams& other = schedule[k];
      if (k == i || !other.max_replicas || (other.min_replicas && one.max_replicas)) continue;
      if (*one.min_replicas > *other.max_replicas && may_meet(one, other))
        report(i, *other.max_replicas, " of action " + std::to_string(k),
               ", and both may hold together: say both in each");
    }
  }
}

}  // namespace highwater::autoscaling
