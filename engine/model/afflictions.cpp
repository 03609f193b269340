#include "engine/model/afflictions.h"

#include <algorithm>

#include "engine/kernel/check.h"
#include "engine/model/component.h"

namespace highwater {
namespace {

template <class T>
void take_out(std::vector<T>& all, const T& one) {
  const auto found = std::find(all.begin(), all.end(), one);
  HIGHWATER_CHECK(found != all.end());
  all.erase(found);
}

}  // namespace

Afflictions& Instance::afflictions() {
  if (afflictions_ == nullptr) afflictions_ = std::make_unique<Afflictions>();
  return *afflictions_;
}

void Instance::look_at_disturbance() {
  disturbed_ =
      survives_ != 1 || (afflictions_ != nullptr &&
                         (afflictions_->pauses > 0 || !afflictions_->interferences.empty()));
}

// What comes and goes.

void Instance::meet(Attempt& attempt) {
  if (paused()) return afflictions_->come.push_back(Served(attempt));
  if (survives_ != 1 && draws_failure(attempt.request_, attempt.message_))
    return attempt.reply(Reply{Status::error});
  if (afflictions_ != nullptr) {
    for (Interference* const each : afflictions_->interferences) {
      Reply reply;
      switch (each->meets(attempt.request_, attempt.message_, reply)) {
        case Interference::Fate::served:
          break;
        case Interference::Fate::refused:
          return attempt.reply(reply);
        case Interference::Fate::stuck:
          return afflictions_->stuck.push_back({each, Served(attempt)});
      }
    }
  }
  receive(Served(attempt));
}

Duration Instance::sleeps(const Attempt& attempt) const {
  Duration sleep{0};
  if (afflictions_ != nullptr)
    for (Interference* const each : afflictions_->interferences)
      sleep = std::min(sleep + each->sleeps(attempt.request_, attempt.message_), kLongestRun);
  return sleep;
}

void Instance::answer(Served served, Reply reply) {
  if (paused()) return afflictions_->done.push_back({std::move(served), reply});
  Attempt& attempt = *served.attempt_;
  attempt.is_final_ = true;
  if (afflictions_ != nullptr && reply.ok())
    for (Interference* const each : afflictions_->interferences)
      each->spoils(attempt.request_, attempt.message_, reply);
  // What is refused meets no handler.
  const bool handled = reply.status == Status::ok || reply.status == Status::error;
  const Duration sleep = handled && !attempt.has_slept_ ? sleeps(attempt) : Duration{0};
  if (sleep > Duration{0}) return tasks_.spawn(answer_later(std::move(served), reply, sleep));
  served.reply(reply);
}

Task<> Instance::answer_later(Served served, Reply reply, Duration sleep) {
  co_await tasks_.simulation().delay(sleep);
  served.reply(reply);
}

void Instance::interfere(Interference& interference) {
  afflictions().interferences.push_back(&interference);
  look_at_disturbance();
}

void Instance::stop_interfering(Interference& interference) {
  take_out<Interference*>(afflictions().interferences, &interference);
  look_at_disturbance();
  std::vector<Served> freed;
  for (Afflictions::Stuck& each : afflictions_->stuck)
    if (each.by == &interference) freed.push_back(std::move(each.served));
  std::erase_if(afflictions_->stuck, [](const Afflictions::Stuck& each) { return !each.served; });
  for (Served& each : freed) each.reply(Status::error);
}

// Pauses.

bool Instance::is_paused() const {
  return afflictions_ != nullptr && afflictions_->pauses > 0;
}

void Instance::pause() {
  HIGHWATER_CHECK(up_);
  const bool before = looks_up();
  if (++afflictions().pauses > 1) return;
  look_at_disturbance();
  tasks_.freeze();
  pause_changed();
  tell_health(before);
}

void Instance::resume(std::uint32_t incarnation) {
  if (incarnation != incarnation_ || !is_paused()) return;
  const bool before = looks_up();
  if (--afflictions_->pauses == 0) {
    wake();
    tell_health(before);
  }
}

/// What waited is due now: what its tasks waited for, then what came over the network.
void Instance::wake() {
  Afflictions& held = *afflictions_;
  look_at_disturbance();
  tasks_.thaw();
  pause_changed();
  Simulation& simulation = component_.world().simulation;
  for (Attempt* const each : std::exchange(held.returned, {})) simulation.schedule_now(*each);
  for (Attempt* const each : std::exchange(held.to_send, {})) {
    // Whoever has given up has not sent it.
    each->waiter_ == nullptr ? each->free() : each->depart();
  }
  for (Afflictions::Done& each : std::exchange(held.done, {})) each.served.reply(each.reply);
  for (Served& each : std::exchange(held.come, {})) meet(*std::exchange(each.attempt_, nullptr));
}

/// The process is gone: so are its pauses and what waited in it.
void Instance::forget_afflictions() {
  Afflictions& held = *afflictions_;
  const bool was_paused = std::exchange(held.pauses, 0) > 0;
  held.stuck.clear();
  if (!was_paused) return;
  held.done.clear();
  held.come.clear();
  wake();
}

// What others see of it.

bool Instance::seems_up() const {
  if (afflictions_->called_down > 0) return false;
  return afflictions_->called_up > 0 || (up_ && afflictions_->pauses == 0);
}

bool Instance::lied_about() const {
  return afflictions_ != nullptr && afflictions_->called_down + afflictions_->called_up > 0;
}

void Instance::tell_health(bool before) {
  if (looks_up() != before) component_.tell(*this, Component::Change::health);
}

void Instance::lie(bool up) {
  const bool before = looks_up();
  ++(up ? afflictions().called_up : afflictions().called_down);
  tell_health(before);
}

void Instance::stop_lying(bool up) {
  const bool before = looks_up();
  int& lies = up ? afflictions().called_up : afflictions().called_down;
  HIGHWATER_CHECK(lies > 0);
  --lies;
  tell_health(before);
}

// What it runs on.

void Instance::burden(double threads) {
  afflictions().competitors.push_back(threads);
  competitors_changed();
}

void Instance::unburden(double threads) {
  take_out(afflictions().competitors, threads);
  competitors_changed();
}

void Instance::limit_cpu(const CpuQuota& quota) {
  afflictions().quotas.push_back(quota);
  cpu_quotas_changed();
}

void Instance::unlimit_cpu(const CpuQuota& quota) {
  take_out(afflictions().quotas, quota);
  cpu_quotas_changed();
}

std::span<const CpuQuota> Instance::cpu_quotas() const {
  if (afflictions_ == nullptr) return {};
  return afflictions_->quotas;
}

double Instance::competitors() const {
  double sum = 0;
  if (afflictions_ != nullptr)
    for (const double each : afflictions_->competitors) sum += each;
  return sum;
}

void Instance::leak(const Leak& leak) {
  afflictions().leaks.push_back(leak);
  leaks_changed();
}

void Instance::stop_leaking(const Leak& leak) {
  take_out(afflictions().leaks, leak);
  leaks_changed();
}

Leak Instance::leaks() const {
  Leak sum;
  if (afflictions_ == nullptr) return sum;
  for (const Leak& each : afflictions_->leaks) {
    sum.per_request += each.per_request;
    sum.per_second += each.per_second;
  }
  return sum;
}

void Instance::set_clock(const WrongClock& clock) {
  afflictions().clocks.push_back(clock);
}

void Instance::reset_clock(const WrongClock& clock) {
  take_out(afflictions().clocks, clock);
}

Duration Instance::clock_error(Time now) const {
  Duration sum{0};
  for (const WrongClock& each : afflictions_->clocks) sum += each.ahead(now);
  return sum;
}

}  // namespace highwater
