#include <algorithm>
#include <optional>
#include <set>

#include "models/steps/program.h"

namespace highwater::steps {

namespace {

/// The flight that others wait for; nobody may go on waiting when its leader is cancelled.
class Leading {
 public:
  using Flights = caching::SingleFlight<CompletionSender<Status>>;
  Leading(Flights& flights, Flights::Flight flight) : flights_(flights), flight_(flight) {}
  Leading(const Leading&) = delete;
  Leading& operator=(const Leading&) = delete;
  ~Leading() { flights_.land(flight_); }

  void land(Status status) {
    for (CompletionSender<Status>& waiting : flights_.land(flight_)) waiting.send(status);
  }

 private:
  Flights& flights_;
  Flights::Flight flight_;
};

/// A key that is fetched anew, for as long as that takes.
class Renewing {
 public:
  Renewing(std::set<std::uint64_t>& keys, std::uint64_t key) : keys_(keys), key_(key) {
    keys_.insert(key);
  }
  Renewing(const Renewing&) = delete;
  Renewing& operator=(const Renewing&) = delete;
  ~Renewing() { keys_.erase(key_); }

 private:
  std::set<std::uint64_t>& keys_;
  std::uint64_t key_;
};

constexpr std::int64_t kLongest = 0xffff'ffff;  // fetch time, in microseconds

Fetching& fetching_of(const CacheAside& step, const Work& work) {
  std::deque<Fetching>& all = step.state->fetching;
  while (all.size() <= work.instance.index()) all.emplace_back();
  return all[work.instance.index()];
}

}  // namespace

CacheState& Program::cache_state(const CacheStep& step) {
  CacheState& state = caches_.emplace_back();
  state.terms.ttl = step.ttl;
  state.terms.rules = step.freshness.rules();
  state.terms.lease = step.lease_wait.has_value();
  state.absent_terms = state.terms;
  state.absent_terms.ttl = step.freshness.negative_ttl;
  state.absent_terms.absent = true;
  return state;
}

Task<Status> Program::cache_aside(const CacheAside& step, Work& work) {
  std::optional<cache::NearRead> read;
  if (step.local != nullptr) [[unlikely]] {
    const Duration time = step.declared->local->time;
    if (time > Duration{0}) {
      work.step_back();
      co_await owner_.world().simulation.delay(time);
    }
    cache::NearCache& near = step.local->of(work.instance);
    if (near.look_up(work.request.key)) co_return Status::ok;
    read.emplace(near, work.request.key);
  }
  work.step_back();
  Reply found;
  for (;;) {
    Request get = work.request.descend(step.site->step(), ++work.turn);
    get.operation = Operation::read;
    get.terms = &step.state->terms;
    if (step.site->is_plain())
      found = co_await Call(*step.site, work.instance, get);
    else
      found = co_await step.site->call(work.instance, get);
    const std::optional<Duration>& pause = step.declared->lease_wait;
    if (!pause || !found.ok() || found.hit || found.lease != 0) break;
    co_await owner_.world().simulation.delay(*pause);  // somebody else has the lease
  }
  if (!found.ok() || !found.hit) {
    if (step.declared->freshness.single_flight)
      co_return co_await fetch_together(step, work, found, read ? &*read : nullptr);
    co_return co_await fetch(step, work, found, read ? &*read : nullptr);
  }
  // What is to be fetched anew is not worth keeping a second time.
  if (read && found.entry == EntryState::fresh) read->fill();
  if (found.entry == EntryState::renew &&
      !fetching_of(step, work).renewing.contains(work.request.key))
    work.instance.tasks().spawn(renew(step, work.branch(++work.turn), found));
  co_return Status::ok;
}

Task<Status> Program::fetch_together(const CacheAside& step, Work& work, const Reply& found,
                                     cache::NearRead* read) {
  auto& flights = fetching_of(step, work).flights;
  for (;;) {
    Completion<Status> answer(owner_.world().simulation);
    if (const auto flight = flights.join(work.request.key, answer.sender())) {
      Leading leading(flights, flight);
      const Status status = co_await fetch(step, work, found, read);
      leading.land(status);
      co_return status;
    }
    Outcome<Status> shared = co_await answer;
    if (shared) co_return *shared;
    // The leader was cancelled: it stood in a list that was not waited for.
  }
}

Task<Status> Program::fetch(const CacheAside& step, Work& work, const Reply& found,
                            cache::NearRead* read) {
  const Time begun = owner_.world().now();
  work.missing = false;
  const Status loaded = co_await run(step.miss, work);
  if (loaded != Status::ok) {
    const bool stands_in = found.ok() && found.entry == EntryState::last_resort;
    co_return stands_in ? Status::ok : loaded;
  }
  const cache::FreshnessParams& freshness = step.declared->freshness;
  const bool absent = work.missing || freshness.lacks(work.request.key);
  if (read != nullptr && !absent) read->fill();
  if (!found.ok()) co_return Status::ok;  // no cache to put it in
  if (absent && !freshness.negative_ttl) co_return Status::ok;
  const Duration took = owner_.world().now() - begun;
  work.step_back();
  Request put = work.request.descend(step.store->step(), ++work.turn);
  put.operation = Operation::write;
  put.terms = absent ? &step.state->absent_terms : &step.state->terms;
  put.fetch_us = static_cast<std::uint32_t>(std::min<std::int64_t>(took.count() / 1000, kLongest));
  put.lease = found.lease;
  // A cache that fails to store costs the next reader a miss, not this request its answer.
  co_await step.store->call(work.instance, put);
  co_return Status::ok;
}

Task<> Program::renew(const CacheAside& step, Work work, Reply found) {
  const Renewing renewing(fetching_of(step, work).renewing, work.request.key);
  // Nobody waits for it: it answers nobody, and takes a worker of its own where it computes.
  Lease worker;
  work.answer = nullptr;
  if (work.workers != nullptr) work.worker = &worker;
  co_await fetch(step, work, found, nullptr);
}

}  // namespace highwater::steps
