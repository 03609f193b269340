#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "engine/kernel/resource.h"
#include "models/algorithms/resilience/adaptive_lifo.h"
#include "models/algorithms/resilience/codel.h"
#include "models/algorithms/resilience/folly_codel.h"

namespace highwater::service {

/// What keeps the waits in an instance's line short: CoDel in one of its forms, or adaptive LIFO.
/// Told of everybody who comes and of everybody who is taken; nothing where the discipline has no
/// such thing.
///
/// Assumes  the order of an adaptive line changes where somebody comes, is taken, or a worker that
///          was held throughout is given back.
/// Source   models/algorithms/resilience: adaptive_lifo.h, codel.h, folly_codel.h.
/// Checked  tests/models/line_control_test.cpp
class LineControl {
 public:
  using Algorithm = std::variant<std::monostate, resilience::AdaptiveLifo, resilience::Codel,
                                 resilience::FollyCodel>;

  LineControl() = default;
  explicit LineControl(Algorithm algorithm) : algorithm_(std::move(algorithm)) {}

  bool does_anything() const { return algorithm_.index() != 0; }

  /// Somebody comes. @return when he has waited long enough; kNever: no matter how long.
  Time came(Resource& line, Time now) {
    auto* const adaptive = std::get_if<resilience::AdaptiveLifo>(&algorithm_);
    if (adaptive == nullptr) return kNever;
    const std::int64_t allowed = adaptive->enqueue(nanoseconds(now), line.waiting());
    turn(line, now);
    return line.simulation().after(Duration{allowed});
  }

  /// Somebody has got a worker. @return whether he is to be served, or else refused.
  bool serves(Resource& line, Time came, Time now) {
    const std::int64_t sojourn = (now - came).count();
    if (auto* const codel = std::get_if<resilience::Codel>(&algorithm_))
      return codel->dequeue(nanoseconds(now), sojourn, line.waiting()) ==
             resilience::QueueDecision::serve;
    if (auto* const codel = std::get_if<resilience::FollyCodel>(&algorithm_))
      return codel->dequeue(nanoseconds(now), sojourn) == resilience::QueueDecision::serve;
    if (auto* const adaptive = std::get_if<resilience::AdaptiveLifo>(&algorithm_)) {
      adaptive->dequeue(nanoseconds(now), 0, 0, line.waiting());
      turn(line, now);
    }
    return true;
  }

  /// A worker is about to be given back: from which end is the next one taken?
  void turn(Resource& line, Time now) const {
    const auto* const adaptive = std::get_if<resilience::AdaptiveLifo>(&algorithm_);
    if (adaptive == nullptr) return;
    const std::uint32_t left = line.waiting() > 0 ? line.waiting() - 1 : 0;
    const bool newest = adaptive->order(nanoseconds(now), left) == resilience::QueueOrder::lifo;
    line.change_discipline(newest ? Discipline::lifo : Discipline::fifo);
  }

 private:
  Algorithm algorithm_;
};

}  // namespace highwater::service
