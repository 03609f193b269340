#include "engine/model/edge.h"

#include <algorithm>
#include <utility>

#include "engine/kernel/check.h"
#include "engine/model/component.h"
#include "engine/model/tcp.h"
#include "engine/model/world.h"

namespace highwater {
namespace {

template <class Element>
void remove_one(std::vector<Element>& list, const Element& element) {
  const auto found = std::find(list.begin(), list.end(), element);
  HIGHWATER_CHECK(found != list.end());
  list.erase(found);
}

Duration scaled(Duration time, double by) {
  if (by == 1) return time;
  return Duration{static_cast<Duration::rep>(static_cast<double>(time.count()) * by)};
}

Direction back(Direction direction) {
  return direction == Direction::request ? Direction::reply : Direction::request;
}

Ends turned(const Ends& ends) {
  Ends turned = ends;
  std::swap(turned.caller, turned.callee);
  std::swap(turned.caller_zone, turned.callee_zone);
  return turned;
}

}  // namespace

Edge::Edge(World& world, Component& from, Component& to, bool asynchronous)
    : world_(world),
      from_(from),
      to_(to),
      asynchronous_(asynchronous),
      jitter_key_(world.key(from.id() + " -> " + to.id(), "latency fault")) {}

void Edge::lead_through(Passage& passage) {
  passage_ = &passage;
  disturbed_ = true;
}

void Edge::add_latency(Duration add, const Distribution* jitter, double strength,
                       const FaultScope& scope) {
  latencies_.push_back({add, jitter, strength, scope});
  disturbed_ = true;
}

void Edge::remove_latency(Duration add, const Distribution* jitter, double strength,
                          const FaultScope& scope) {
  remove_one(latencies_, {add, jitter, strength, scope});
  disturbed_ = is_disturbed();
}

void Edge::cut(const FaultScope& scope) {
  cuts_.push_back(scope);
  disturbed_ = true;
}

void Edge::heal(const FaultScope& scope) {
  remove_one(cuts_, scope);
  disturbed_ = is_disturbed();
  release();
}

void Edge::add(Disturbance& disturbance) {
  disturbances_.push_back(&disturbance);
  disturbance.edges_.push_back(this);
  disturbed_ = true;
}

void Edge::remove(Disturbance& disturbance) {
  remove_one(disturbances_, &disturbance);
  remove_one(disturbance.edges_, this);
  disturbed_ = is_disturbed();
}

bool Edge::is_disturbed() const {
  return passage_ != nullptr || !latencies_.empty() || !cuts_.empty() || !disturbances_.empty();
}

bool Edge::concerns(const FaultScope& scope, const Ends& ends, Direction direction) const {
  if (scope.concerns(ends, direction)) return true;
  return &from_ == &to_ && scope.concerns(turned(ends), back(direction));
}

bool Edge::is_held(const Ends& ends, Direction direction) const {
  return std::any_of(cuts_.begin(), cuts_.end(),
                     [&](const FaultScope& scope) { return concerns(scope, ends, direction); });
}

bool Edge::is_cut(const Ends& ends) const {
  if (!disturbed_) return false;
  for (const Direction direction : {Direction::request, Direction::reply}) {
    if (is_held(ends, direction)) return true;
    for (const Disturbance* disturbance : disturbances_)
      if (disturbance->loses_all() && concerns(disturbance->scope(), ends, direction)) return true;
  }
  return false;
}

Duration Edge::round_trip(const Ends& ends) const {
  return world_.network.mean_delay(ends.caller_zone, ends.callee_zone) +
         world_.network.mean_delay(ends.callee_zone, ends.caller_zone);
}

Duration Edge::extra(const Ends& ends, std::uint64_t request, std::uint64_t message,
                     Direction direction) const {
  Duration sum{0};
  if (passage_ != nullptr)
    sum += direction == Direction::request ? passage_->there(request, message)
                                           : passage_->back(request, message);
  // The two messages of an attempt have draws of their own.
  if (direction == Direction::reply) message = ~message;
  std::uint64_t turn = 0;
  for (const Latency& latency : latencies_) {
    if (latency.jitter != nullptr) ++turn;
    if (!concerns(latency.scope, ends, direction)) continue;
    sum += scaled(latency.add, latency.strength);
    if (latency.jitter == nullptr) continue;
    RequestRandom random(jitter_key_, request, message + turn);
    sum += scaled(latency.jitter->draw(random), latency.strength);
  }
  return sum + delays({ends, direction, request, message});
}

Duration Edge::delays(const Disturbance::Message& message) const {
  Duration sum{0};
  for (Disturbance* disturbance : disturbances_)
    if (concerns(disturbance->scope(), message.ends, message.direction))
      sum += disturbance->delays(message);
  return sum;
}

std::optional<Duration> Edge::let_pass(Attempt& attempt, Direction direction) {
  using Over = Attempt::Over;
  const bool there = direction == Direction::request;
  if (there && std::exchange(attempt.over_, std::max(attempt.over_, Over::open)) == Over::none &&
      !disturbances_.empty()) {
    if (const auto failed = fails_to_resolve(Ends(attempt.from_, *attempt.to_))) {
      attempt.end_early(Status::unavailable, *failed);
      return std::nullopt;
    }
    attempt.to_ = &address(attempt.from_, *attempt.to_);
  }
  const Ends ends(attempt.from_, *attempt.to_);
  if (is_held(ends, direction)) {
    parked_[static_cast<std::size_t>(direction)].push_back(&attempt);
    return std::nullopt;
  }
  if (!disturbances_.empty() && attempt.over_ != Over::transport) {
    const std::uint64_t name = there ? attempt.message_ : ~attempt.message_;
    const Disturbance::Message message{ends, direction, attempt.request_.id, name, attempt.tries_};
    if (attempt.tries_ == 0) {
      if (const auto reset = resets(message)) {
        attempt.end_early(Status::reset, *reset);
        return std::nullopt;
      }
    }
    if (!passes(message, 0)) {
      attempt.was_lost(round_trip(ends));
      return std::nullopt;
    }
  }
  return extra(ends, attempt.request_.id, attempt.message_, direction);
}

std::optional<Duration> Edge::gets_through(const Disturbance::Message& message,
                                           std::uint64_t bytes) {
  using Loss = Disturbance::Loss;
  Duration line{0};
  for (Disturbance* disturbance : disturbances_) {
    if (!concerns(disturbance->scope(), message.ends, message.direction)) continue;
    const Loss loss = disturbance->loses(message);
    if (loss == Loss::corrupted) ++corrupted_;
    if (loss == Loss::lost) ++lost_;
    if (loss != Loss::none) return std::nullopt;
    const std::optional<Duration> waits = disturbance->stands_in_line(message, bytes);
    if (!waits) ++lost_;
    if (!waits) return std::nullopt;
    line += *waits;
  }
  return line;
}

bool Edge::is_doubled(const Disturbance::Message& message) {
  const bool doubled =
      std::any_of(disturbances_.begin(), disturbances_.end(), [&](Disturbance* disturbance) {
        return concerns(disturbance->scope(), message.ends, message.direction) &&
               disturbance->doubles(message);
      });
  duplicated_ += doubled;
  return doubled;
}

std::optional<Duration> Edge::passes(const Disturbance::Message& message, std::uint64_t bytes) {
  const std::optional<Duration> line = gets_through(message, bytes);
  if (line && is_doubled(message)) {
    // The receiver drops the copy, which has taken the bandwidth all the same.
    (message.direction == Direction::request ? bytes_sent_ : bytes_received_) += bytes;
    for (Disturbance* disturbance : disturbances_)
      if (concerns(disturbance->scope(), message.ends, message.direction))
        disturbance->stands_in_line(message, bytes);
  }
  return line;
}

std::optional<Duration> Edge::resets(const Disturbance::Message& message) const {
  std::optional<Duration> first;
  for (Disturbance* disturbance : disturbances_) {
    if (!concerns(disturbance->scope(), message.ends, message.direction)) continue;
    const std::optional<Duration> after = disturbance->resets(message);
    if (after) first = first ? std::min(*first, *after) : *after;
  }
  return first;
}

std::optional<Duration> Edge::fails_to_resolve(const Ends& ends) const {
  for (Disturbance* disturbance : disturbances_) {
    if (!concerns(disturbance->scope(), ends, Direction::request)) continue;
    if (const auto failed = disturbance->fails_to_resolve(*ends.caller)) return failed;
  }
  return std::nullopt;
}

Instance& Edge::address(const Instance& caller, Instance& to) const {
  Instance* found = &to;
  for (Disturbance* disturbance : disturbances_)
    if (concerns(disturbance->scope(), Ends(caller, *found), Direction::request))
      found = &disturbance->address(caller, *found);
  return *found;
}

bool Edge::has_expired(const Ends& ends) const {
  return std::any_of(disturbances_.begin(), disturbances_.end(), [&](const Disturbance* one) {
    return one->has_expired() && concerns(one->scope(), ends, Direction::reply);
  });
}

std::optional<Duration> Edge::network_time(const Ends& ends, Direction direction,
                                           RandomStream& random) {
  if (is_held(ends, direction)) return std::nullopt;
  const bool there = direction == Direction::request;
  const Zone from = there ? ends.caller_zone : ends.callee_zone;
  const Zone to = there ? ends.callee_zone : ends.caller_zone;
  Duration time = world_.network.delay(from, to, random);
  for (const Latency& latency : latencies_) {
    if (!concerns(latency.scope, ends, direction)) continue;
    time += scaled(latency.add, latency.strength);
    if (latency.jitter != nullptr) time += scaled(latency.jitter->draw(random), latency.strength);
  }
  return time + delays({ends, direction});
}

std::optional<Duration> Edge::datagram_time(const Ends& ends, Direction direction,
                                            RandomStream& random) {
  if (!disturbances_.empty() && !gets_through({ends, direction}, 0)) return std::nullopt;
  return network_time(ends, direction, random);
}

std::optional<Duration> Edge::copy_time(const Ends& ends, Direction direction,
                                        RandomStream& random) {
  if (disturbances_.empty() || !is_doubled({ends, direction})) return std::nullopt;
  return network_time(ends, direction, random);
}

std::optional<Duration> Edge::message_time(const Ends& ends, Direction direction,
                                           RandomStream& random) {
  std::optional<Duration> time = network_time(ends, direction, random);
  if (disturbances_.empty() || !time) return time;
  if (is_cut(ends)) return std::nullopt;
  Duration timeout = tcp::first_timeout(round_trip(ends));
  for (int tries = 0; !passes({ends, direction}, 0); ++tries) {
    if (tries == tcp::kRetries) return std::nullopt;
    *time += timeout;
    timeout = tcp::next_timeout(timeout);
  }
  return time;
}

Disturbance::Cut Edge::cuts_off(const Disturbance::Message& message, std::uint64_t bytes) const {
  Disturbance::Cut worst = Disturbance::Cut::none;
  for (Disturbance* disturbance : disturbances_)
    if (concerns(disturbance->scope(), message.ends, message.direction))
      worst = std::max(worst, disturbance->cuts_off(message, bytes));
  return worst;
}

Duration Edge::closes_late(const Disturbance::Message& message) const {
  Duration sum{0};
  for (Disturbance* disturbance : disturbances_)
    if (concerns(disturbance->scope(), message.ends, message.direction))
      sum += disturbance->closes_late(message);
  return sum;
}

void Edge::tell_closed(const Disturbance::Message& message) const {
  for (Disturbance* disturbance : disturbances_) disturbance->closed(message);
}

void Edge::release() {
  for (const Direction direction : {Direction::request, Direction::reply}) {
    // Moved out first: an attempt that goes on may meet another cut of this very edge.
    const auto waiting = std::exchange(parked_[static_cast<std::size_t>(direction)], {});
    for (Attempt* attempt : waiting) {
      if (attempt->waiter_ == nullptr)
        attempt->free();
      else if (direction == Direction::request)
        attempt->depart();
      else
        attempt->head_back();
    }
  }
}

}  // namespace highwater
