#include "engine/model/attempt.h"

#include <utility>

#include "engine/model/afflictions.h"
#include "engine/model/component.h"
#include "engine/model/tcp.h"
#include "engine/model/tracer.h"

namespace highwater {

void AttemptPool::grow() {
  slabs_.push_back(std::make_unique<Slab>());
  // Back to front, so that attempts are handed out in rising addresses.
  for (std::size_t i = std::size(slabs_.back()->memory); i-- > 0;)
    give_back(slabs_.back()->memory[i]);
}

Attempt::Attempt(Edge& edge, Instance& from, Instance& to, const Request& request,
                 std::uint64_t message, AttemptWaiter& waiter)
    : Event(&Attempt::fire),
      request_(request),
      edge_(edge),
      from_(from),
      to_(&to),
      waiter_(&waiter),
      message_(message) {
  if (edge.world_.tracer != nullptr) track_ = edge.world_.tracer->follow(request, edge, from, to);
}

Attempt& Attempt::make(Edge& edge, Instance& from, Instance& to, const Request& request,
                       std::uint64_t message, AttemptWaiter& waiter) {
  ++edge.attempts_;
  return *new (edge.world_.attempts.take()) Attempt(edge, from, to, request, message, waiter);
}

void Attempt::free() {
  AttemptPool& pool = edge_.world_.attempts;
  this->~Attempt();
  pool.give_back(this);
}

void Attempt::fire(Event& event) {
  auto& attempt = static_cast<Attempt&>(event);
  if (attempt.phase_ == Phase::outbound)
    attempt.arrive();
  else if (attempt.phase_ == Phase::inbound) [[likely]]
    attempt.come_back();
  else
    attempt.go_again();
}

void Attempt::depart() {
  if (track_ != 0 && tries_ == 0) [[unlikely]]
    edge_.world_.tracer->sent(track_);
  if (from_.paused()) [[unlikely]]
    return from_.afflictions_->to_send.push_back(this);
  Duration extra{0};
  if (edge_.disturbed_) [[unlikely]] {
    const std::optional<Duration> late = edge_.let_pass(*this, Direction::request);
    if (!late) return;
    extra = *late;
  }
  if (!edge_.world_.network.carry(*this, from_.zone(), to_->zone(), request_.id, message_, extra))
    arrive();
}

void Attempt::conclude(Reply reply) {
  if (waiter_ == nullptr) return free();
  reply_ = reply;
  phase_ = Phase::inbound;
  edge_.world_.simulation.schedule_now(*this);
}

void Attempt::only_carries() {
  counted_ = false;
  --edge_.attempts_;
}

void Attempt::count_failure() {
  if (counted_) ++edge_.failures_;
}

void Attempt::arrive() {
  phase_ = Phase::served;
  if (track_ != 0) [[unlikely]]
    edge_.world_.tracer->arrived(track_, *to_);
  if (!to_->accepts()) [[unlikely]] {
    to_->began();
    return to_->swallows() ? drop() : reply(Reply{Status::unavailable});
  }
  to_->began();
  if (to_->disturbed_) [[unlikely]]
    return to_->meet(*this);
  to_->receive(Served(*this));
}

void Attempt::reply(Reply reply) {
  to_->answered(reply.cause(), waiter_ == nullptr);
  reply_ = reply;
  phase_ = Phase::inbound;
  tries_ = 0;
  if (track_ != 0) [[unlikely]]
    edge_.world_.tracer->replied(track_);
  if (waiter_ == nullptr) return free();
  head_back();
}

void Attempt::head_back() {
  Duration extra{0};
  if (edge_.disturbed_) [[unlikely]] {
    const std::optional<Duration> late = edge_.let_pass(*this, Direction::reply);
    if (!late) return;
    extra = *late;
  }
  if (!edge_.world_.network.carry(*this, to_->zone(), from_.zone(), request_.id, ~message_, extra))
    edge_.world_.simulation.schedule_now(*this);
}

/// The caller gets no answer of the callee's.
void Attempt::end_early(Status status, Duration after) {
  reply_ = Reply{status};
  phase_ = Phase::inbound;
  edge_.world_.simulation.schedule_after(*this, after);
}

/// TCP sends it again when it has waited for long enough.
void Attempt::was_lost(Duration round_trip) {
  Duration timeout = tcp::first_timeout(round_trip);
  for (int i = 0; i < tries_; ++i) timeout = tcp::next_timeout(timeout);
  ++tries_;
  if (track_ != 0) [[unlikely]]
    edge_.world_.tracer->sent_again(track_);
  phase_ = phase_ == Phase::outbound ? Phase::lost_outbound : Phase::lost_inbound;
  edge_.world_.simulation.schedule_after(*this, timeout);
}

void Attempt::go_again() {
  const bool outbound = phase_ == Phase::lost_outbound;
  phase_ = outbound ? Phase::outbound : Phase::inbound;
  if (waiter_ == nullptr) return free();
  const bool gives_up = tries_ > tcp::kRetries;
  // The caller has nothing under way that its TCP could give up.
  if (!outbound && (gives_up || to_->swallows())) return vanish();
  if (!gives_up) return outbound ? depart() : head_back();
  reply_ = Reply{Status::reset};
  come_back();
}

void Attempt::time_out() {
  if (track_ != 0) [[unlikely]]
    edge_.world_.tracer->given_up(track_);
  waiter_ = nullptr;
  count_failure();
}

void Attempt::come_back() {
  AttemptWaiter* const waiter = waiter_;
  if (waiter != nullptr && from_.paused()) [[unlikely]]
    return from_.afflictions_->returned.push_back(this);
  Reply reply = reply_;
  if (reply.body != AnswerBody::good) [[unlikely]] {
    if (reply.body == AnswerBody::truncated)
      reply = Reply{Status::reset};
    else if (from_.component().reads_answers())
      reply.status = Status::error;
  }
  if (waiter != nullptr && !reply.ok()) count_failure();
  if (waiter != nullptr && track_ != 0) [[unlikely]]
    edge_.world_.tracer->returned(track_, reply.cause());
  free();
  if (waiter != nullptr) waiter->answered(reply);
}

void Attempt::drop() {
  to_->answered(Status::reset, waiter_ == nullptr);
  vanish();
}

/// Whoever served it is gone; in the end perhaps whoever waits for it, too.
void Attempt::break_off() {
  if (edge_.world_.over) return;
  to_->swallows() ? drop() : reply(Reply{Status::reset});
}

/// No answer will ever come.
void Attempt::vanish() {
  AttemptWaiter* const waiter = waiter_;
  if (waiter != nullptr) count_failure();
  if (waiter != nullptr && track_ != 0) [[unlikely]]
    edge_.world_.tracer->returned(track_, Status::reset);
  free();
  if (waiter != nullptr) waiter->lost();
}

void AttemptWaiter::hand_on(Served served, Reply reply) {
  served.reply(reply);
}

Duration Served::sleeps() {
  if (!attempt_->to_->disturbed_) return Duration{0};
  attempt_->has_slept_ = true;
  return attempt_->to_->sleeps(*attempt_);
}

void Served::reply(Reply reply) {
  if (attempt_->to_->disturbed_ && !attempt_->is_final_) [[unlikely]]
    return attempt_->to_->answer(std::move(*this), reply);
  if (attempt_->waiter_hands_on_ && attempt_->waiter_ != nullptr) [[unlikely]] {
    attempt_->waiter_hands_on_ = false;
    return attempt_->waiter_->hand_on(std::move(*this), reply);
  }
  std::exchange(attempt_, nullptr)->reply(reply);
}

bool Served::asynchronous() const {
  return attempt_->edge_.asynchronous();
}

void Served::broken() {
  std::exchange(attempt_, nullptr)->break_off();
}

}  // namespace highwater
