#include "engine/model/edge.h"

#include <algorithm>
#include <utility>

#include "engine/kernel/check.h"
#include "engine/model/component.h"
#include "engine/model/world.h"

namespace highwater {

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

void Edge::add_latency(Duration add, const Distribution* jitter) {
  added_ += add;
  if (jitter != nullptr) jitters_.push_back(jitter);
  disturbed_ = true;
}

void Edge::remove_latency(Duration add, const Distribution* jitter) {
  added_ -= add;
  if (jitter != nullptr) {
    const auto found = std::find(jitters_.begin(), jitters_.end(), jitter);
    HIGHWATER_CHECK(found != jitters_.end());
    jitters_.erase(found);
  }
  disturbed_ = is_disturbed();
}

void Edge::cut(bool requests, bool replies) {
  cuts_[static_cast<std::size_t>(Direction::request)] += requests;
  cuts_[static_cast<std::size_t>(Direction::reply)] += replies;
  disturbed_ = true;
}

void Edge::heal(bool requests, bool replies) {
  cuts_[static_cast<std::size_t>(Direction::request)] -= requests;
  cuts_[static_cast<std::size_t>(Direction::reply)] -= replies;
  disturbed_ = is_disturbed();
  if (!is_cut(Direction::request)) release(Direction::request);
  if (!is_cut(Direction::reply)) release(Direction::reply);
}

bool Edge::is_disturbed() const {
  return passage_ != nullptr || added_ != Duration{0} || !jitters_.empty() ||
         is_cut(Direction::request) || is_cut(Direction::reply);
}

Duration Edge::extra(std::uint64_t request, std::uint64_t message, Direction direction) const {
  Duration sum = added_;
  if (passage_ != nullptr)
    sum += direction == Direction::request ? passage_->there(request, message)
                                           : passage_->back(request, message);
  // The two messages of an attempt have draws of their own.
  if (direction == Direction::reply) message = ~message;
  std::uint64_t turn = 0;
  for (const Distribution* jitter : jitters_) {
    RequestRandom random(jitter_key_, request, message + ++turn);
    sum += jitter->draw(random);
  }
  return sum;
}

std::optional<Duration> Edge::datagram_time(Zone from, Zone to, RandomStream& random) const {
  if (is_cut()) return std::nullopt;
  Duration time = world_.network.delay(from, to, random) + added_;
  for (const Distribution* jitter : jitters_) time += jitter->draw(random);
  return time;
}

void Edge::park(Attempt& attempt, Direction direction) {
  parked_[static_cast<std::size_t>(direction)].push_back(&attempt);
}

void Edge::release(Direction direction) {
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

}  // namespace highwater
