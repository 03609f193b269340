#include "models/cache/node.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/model/tracer.h"
#include "models/cache/terms.h"
#include "models/sharding.h"
#include "models/slowdown.h"

namespace highwater::cache {

namespace {

using caching::Freshness;
using caching::FreshnessRules;

caching::Cache empty_contents(const CacheParams& params) {
  constexpr std::uint64_t kUnbounded = std::numeric_limits<std::uint64_t>::max();
  return caching::Cache(params.policy, params.capacity.value_or(kUnbounded), params.options());
}

WriteBehindParams write_behind(const CacheParams& params) {
  return params.write_behind.value_or(WriteBehindParams{});
}

// What an entry carries along as its version: two flags, and how long it took to get.
constexpr std::uint32_t kStale = 1;
constexpr std::uint32_t kAbsent = 2;
constexpr std::uint32_t kLongestFetch = (std::uint32_t{1} << 30) - 1;

std::uint32_t microseconds(Duration time) {
  return static_cast<std::uint32_t>(std::min<std::int64_t>(time.count() / 1000, kLongestFetch));
}
std::uint32_t version_of(bool stale, bool absent, std::uint32_t fetch_us) {
  return std::min(fetch_us, kLongestFetch) << 2 | (absent ? kAbsent : 0u) | (stale ? kStale : 0u);
}
std::int64_t fetch_time(const caching::Lookup& found) {
  return std::int64_t{found.version >> 2} * 1000;
}

}  // namespace

Node::Node(Component& cache, Shared& shared, std::uint32_t index, Zone zone)
    : Instance(cache, index, zone),
      shared_(shared),
      contents_(empty_contents(shared.params)),
      rules_(shared.params.freshness.rules()),
      evictions_random_(cache.world().stream(label(), "eviction")),
      freshness_random_(cache.world().stream(label(), "freshness")),
      leases_(shared.params.lease_time.count()),
      writes_(write_behind(shared.params).options()) {
  const RestoreParams& restore = shared.params.restore;
  if (const auto* form = restore.as<SnapshotForm>())
    persistence_.emplace(form->snapshot, empty_contents(shared.params), evictions_random_);
  if (const auto* form = restore.as<AppendOnlyForm>())
    persistence_.emplace(form->append_only, empty_contents(shared.params), evictions_random_);
  take_service_time();
}

void Node::take_service_time() {
  const Distribution& time = params().service_time;
  lane_ = time.is_constant() ? &world().simulation.lane(time.constant_value()) : nullptr;
}

void Node::reconfigure(bool other_capacity) {
  take_service_time();
  if (!other_capacity) return;
  counts_.evictions += contents_.size();
  replace_contents(empty_contents(params()));
  save_all();
}

Counts Node::counts() const {
  Counts counts = counts_;
  counts.expirations += contents_.expirations();
  counts.refusals += contents_.refusals();
  counts.coalesced_writes = writes_.coalesced();
  return counts;
}

Duration Node::start_time() const {
  if (!persistence_) return params().start_time;
  return std::min(params().start_time + persistence_->load_time(), kLongestRun);
}

void Node::prefill(std::uint64_t key) {
  store(key, {params().ttl, &rules_, 0});
}

void Node::save_all() {
  if (persistence_) persistence_->holds(contents_);
}

void Node::copy_contents(const Node& master) {
  replace_contents(master.contents_);
  save_all();
}

void Node::receive(Served served) {
  const Time now = this->now();
  if (lane_ != nullptr && lane_->delay() == Duration{0}) {
    // Work that takes no time needs no worker: nobody can ever have to wait for one.
    shared_.wait->record(now, Duration{0});
    shared_.service->record(now, Duration{0});
    return execute(std::move(served));
  }
  if (!shared_.origin) __builtin_prefetch(contents_.second_place(served.request().key));
  if (Worker* worker = idle_worker()) {
    busy_.add(now, 1);
    return begin(*worker, std::move(served), now);
  }
  const std::optional<std::uint64_t>& capacity = params().queue.capacity;
  if (capacity && line_.size() >= *capacity) return served.reply(Status::rejected);
  line_.push_back({std::move(served), now});
  waiting_.add(now, 1);
}

Node::Worker* Node::idle_worker() {
  if (!idle_.empty()) {
    Worker* const worker = idle_.back();
    idle_.pop_back();
    return worker;
  }
  // Made on first use: a limit of a million workers costs nothing until they are needed.
  if (workers_.size() == params().workers) return nullptr;
  return &workers_.emplace_back(*this);
}

void Node::begin(Worker& worker, Served served, Time arrived) {
  Simulation& simulation = world().simulation;
  const Time now = simulation.now();
  worker.started = now;
  worker.served = std::move(served);
  shared_.wait->record(now, now - arrived);
  const Request& request = worker.served.request();
  trace_wait(world(), request, *this, WaitFor::worker, arrived);
  if (lane_ != nullptr && slowdown() == 1) return simulation.schedule_after(worker, *lane_);
  RequestRandom random(shared_.service_key, request.id, request.path);
  const Duration time = params().service_time.draw(random);
  simulation.schedule_after(worker, stretched(time, slowdown()));
}

void Node::finish(Worker& worker) {
  const Time now = this->now();
  shared_.service->record(now, now - worker.started);
  execute(std::move(worker.served));
  if (line_.empty()) {
    idle_.push_back(&worker);
    busy_.add(now, -1);
    return;
  }
  Waiting next = std::move(line_.front());
  line_.pop_front();
  waiting_.add(now, -1);
  begin(worker, std::move(next.served), next.since);
}

void Node::execute(Served served) {
  if (shared_.origin) return execute_inline(std::move(served));
  const Request& request = served.request();
  if (shared_.cluster != nullptr) [[unlikely]]
    if (const auto refusal = shared_.cluster->refuses(*this, request))
      return served.reply(*refusal);
  if (request.operation == Operation::read) return served.reply(look_up(request));
  if (request.operation == Operation::write) {
    put(request);
  } else {
    leases_.invalidate(request.key);
    erase(request.key);
  }
  // What a cache step stores is what it has just read: no change.
  if (shared_.near != nullptr && request.terms == nullptr) [[unlikely]]
    shared_.near->changed(request.key, zone());
  served.reply(Status::ok);
}

std::optional<Duration> Node::ttl_of(const Request& request) const {
  return request.terms != nullptr && request.terms->ttl ? request.terms->ttl : params().ttl;
}

Reply Node::look_up(const Request& request) {
  const CacheTerms* const terms = request.terms;
  if (shared_.cluster != nullptr) [[unlikely]]
    shared_.cluster->catch_up(*this);
  const caching::Lookup found = contents_.lookup(request.key, nanoseconds(time_of_day()));
  Reply reply =
      judge(request.key, found, terms != nullptr ? terms->rules : rules_, ttl_of(request));
  if (shared_.cluster != nullptr) [[unlikely]]
    reply.stale = reply.stale || shared_.cluster->is_behind(*this, request.key);
  if (terms != nullptr && terms->lease) take_lease(request.key, reply);
  return reply;
}

void Node::take_lease(std::uint64_t key, Reply& reply) {
  if (reply.hit && reply.entry == EntryState::fresh) return;
  reply.lease = static_cast<std::uint32_t>(leases_.miss(key, nanoseconds(now())));
  if (reply.lease != 0) {
    ++counts_.leases;
  } else if (reply.hit) {
    reply.entry = EntryState::fresh;  // somebody else is at it
  } else {
    ++counts_.lease_waits;
  }
}

void Node::put(const Request& request) {
  const CacheTerms* const terms = request.terms;
  if (terms != nullptr && terms->lease) {
    if (!leases_.may_store(request.key, request.lease, nanoseconds(now()))) {
      ++counts_.void_stores;
      return;
    }
  } else {
    leases_.invalidate(request.key);
  }
  if (terms == nullptr) return store(request.key, {params().ttl, &rules_, 0});
  store(request.key,
        {ttl_of(request), &terms->rules, version_of(false, terms->absent, request.fetch_us)});
}

void Node::execute_inline(Served served) {
  const Request& request = served.request();
  const ResourceName& name = shared_.names.of(request.endpoint);
  const std::uint64_t key = key_hash(name.hash ^ key_hash(request.key));
  if (request.operation != Operation::read || !name.safe) return write(std::move(served), key);
  const caching::Lookup found = contents_.lookup(key, nanoseconds(time_of_day()));
  Reply reply = judge(key, found, rules_, ttl_of(request));
  const EntryState state = std::exchange(reply.entry, EntryState::fresh);
  if (!reply.hit && writes_.pending(key) != nullptr) {
    // The entry has left already, but what was written has not.
    reply.hit = true;
    ++counts_.hits;
  }
  if (reply.hit) {
    if (state == EntryState::renew && renewing_.insert(key).second)
      tasks().spawn(renew(request, key));
    return served.reply(reply);
  }
  std::optional<Reply> fallback;
  if (state == EntryState::last_resort) fallback = reply;
  tasks().spawn(fetch(std::move(served), key, fallback));
}

Reply Node::judge(std::uint64_t key, const caching::Lookup& found, const FreshnessRules& rules,
                  std::optional<Duration> ttl) {
  const Time now = this->now();
  Reply reply;
  ++counts_.lookups;
  if (found.outcome != caching::Outcome::hit) {
    entries_.set(now, static_cast<std::int64_t>(contents_.size()));
    return reply;
  }
  const bool absent = (found.version & kAbsent) != 0;
  reply.stale = (found.version & kStale) != 0;
  Freshness state = Freshness::fresh;
  // That there is nothing is known until its end, and no longer.
  if (!absent && found.expires != caching::kNeverExpires)
    state = caching::freshness({found.expires - caching::useless_from(0, rules),
                                ttl ? ttl->count() : 0, fetch_time(found)},
                               rules, nanoseconds(time_of_day()), freshness_random_);
  switch (state) {
    case Freshness::fresh:
      reply.hit = true;
      break;
    case Freshness::refresh:
    case Freshness::revalidate:
      reply.hit = true;
      reply.entry = EntryState::renew;
      break;
    case Freshness::fallback:
      reply.entry = EntryState::last_resort;
      break;
    case Freshness::dead:
      break;
  }
  counts_.hits += reply.hit;
  counts_.negative_hits += absent;
  counts_.stale_served += state == Freshness::revalidate;
  const bool is_fresh = state == Freshness::fresh || state == Freshness::refresh;
  if (params().expiry == Expiry::sliding && is_fresh && !absent && ttl) {
    const caching::Item item{key, caching::useless_from(nanoseconds(end_of(*ttl)), rules),
                             found.version};
    contents_.insert(item, nanoseconds(time_of_day()), evictions_random_);
    if (persistence_) persistence_->stored(item, now);
  }
  return reply;
}

void Node::store(std::uint64_t key, const Storing& storing) {
  const Time now = this->now();
  caching::Item item;
  item.key = key;
  item.version = storing.version;
  if (storing.ttl) {
    item.expires = nanoseconds(end_of(lifetime_of(*storing.ttl)));
    if ((storing.version & kAbsent) == 0) {
      item.expires = caching::useless_from(item.expires, *storing.rules);
      entry_rules_ = storing.rules;
    }
  }
  if (persistence_) [[unlikely]]
    persistence_->will_change(contents_, now);
  const auto evicted = contents_.insert(item, nanoseconds(time_of_day()), evictions_random_);
  if (evicted) ++(evicted->expired ? counts_.expirations : counts_.evictions);
  if (is_followed()) [[unlikely]]
    tell_stored(item, evicted);
  entries_.set(now, static_cast<std::int64_t>(contents_.size()));
}

Duration Node::lifetime_of(Duration ttl) {
  const Duration jittered{
      caching::jittered(ttl.count(), params().ttl_jitter.value, freshness_random_)};
  if (together_.empty()) return jittered;
  return ttl - (now() - together_.back()) % ttl;
}

void Node::learn(const Request& request, std::uint64_t key, bool stale, Time asked) {
  const FreshnessParams& freshness = params().freshness;
  const std::uint32_t took = microseconds(now() - asked);
  if (!freshness.lacks(key))
    store(key, {ttl_of(request), &rules_, version_of(stale, false, took)});
  else if (freshness.negative_ttl)
    store(key, {freshness.negative_ttl, &rules_, version_of(stale, true, took)});
}

void Node::tell_stored(const caching::Item& item, const std::optional<caching::Evicted>& evicted) {
  if (persistence_) {
    if (evicted) persistence_->erased(evicted->key, now());
    persistence_->stored(item, now());
  }
  if (shared_.cluster != nullptr) {
    shared_.cluster->request_changes(*this);
    if (evicted) shared_.cluster->erased(*this, evicted->key);
    shared_.cluster->stored(*this, item);
  }
  if (shared_.near != nullptr && evicted) shared_.near->evicted(evicted->key, zone());
}

void Node::erase(std::uint64_t key) {
  if (persistence_) [[unlikely]]
    persistence_->will_change(contents_, now());
  if (!contents_.erase(key)) return;
  entries_.set(now(), static_cast<std::int64_t>(contents_.size()));
  if (persistence_) [[unlikely]]
    persistence_->erased(key, now());
  if (shared_.cluster != nullptr) [[unlikely]] {
    shared_.cluster->request_changes(*this);
    shared_.cluster->erased(*this, key);
  }
}

Task<> Node::fetch(Served served, std::uint64_t key, std::optional<Reply> fallback) {
  const Request request = served.request();
  caching::SingleFlight<Served>::Flight flight = 0;
  if (params().freshness.single_flight) {
    flight = flights_.join(key, std::move(served));
    if (flight == 0) {
      ++counts_.coalesced;
      co_return;  // whoever leads the flight answers
    }
  }
  ++counts_.origin_fetches;
  const Time asked = now();
  const Reply fetched = co_await shared_.origin->call(*this, request);
  Reply reply = fetched.passed_on();
  reply.hit = false;
  if (reply.ok()) learn(request, key, reply.stale, asked);
  if (!reply.ok() && fallback) {
    reply = *fallback;
    ++counts_.stale_served;
  }
  if (flight != 0) {
    for (Served& waiting : flights_.land(flight)) waiting.reply(reply);
  }
  served.reply(reply);
}

Task<> Node::renew(Request request, std::uint64_t key) {
  ++counts_.origin_fetches;
  const Time asked = now();
  const Reply reply = co_await shared_.origin->call(*this, request);
  renewing_.erase(key);
  if (reply.ok()) learn(request, key, reply.stale, asked);
}

void Node::write(Served served, std::uint64_t key) {
  const Request& request = served.request();
  const Time now = this->now();
  if (params().write_policy != WritePolicy::write_behind ||
      request.operation == Operation::remove || !writes_.write(key, request, nanoseconds(now)))
    return tasks().spawn(write_now(std::move(served), key));
  store(key, {ttl_of(request), &rules_, 0});
  plan_writes();
  served.reply(Status::ok);
}

Task<> Node::write_now(Served served, std::uint64_t key) {
  const bool deletes = served.request().operation == Operation::remove;
  if (deletes) {
    writes_.drop(key);
    plan_writes();
  }
  const Reply written = co_await shared_.origin->call(*this, served.request());
  Reply reply = written.passed_on();
  reply.hit = false;
  if (reply.ok()) {
    const WritePolicy policy = deletes ? WritePolicy::invalidate : params().write_policy;
    if (policy == WritePolicy::invalidate) {
      erase(key);
    } else if (policy == WritePolicy::write_around) {
      if (std::uint32_t* const version = contents_.version(key)) *version |= kStale;
    } else {
      store(key, {ttl_of(served.request()), &rules_, 0});
    }
  }
  served.reply(reply);
}

void Node::plan_writes() {
  Simulation& simulation = world().simulation;
  pending_writes_.set(simulation.now(), static_cast<std::int64_t>(writes_.size() + failed_writes_));
  simulation.cancel(writes_due_);
  if (writes_.size() > 0)
    simulation.schedule_at(writes_due_, std::max(simulation.now(), Time{Duration{writes_.due()}}));
}

void Node::send_writes() {
  for (const auto& write : writes_.flush(nanoseconds(now())))
    tasks().spawn(write_later(write.value, write.key));
  plan_writes();
}

Task<> Node::write_later(Request request, std::uint64_t key) {
  const Reply reply = co_await shared_.origin->call(*this, request);
  if (reply.ok()) co_return;
  // Back into the line, after a pause: a full batch there would be sent again at once.
  ++failed_writes_;
  plan_writes();
  co_await world().simulation.delay(write_behind(params()).delay);
  --failed_writes_;
  const bool outdated = writes_.pending(key) != nullptr;
  if (!outdated && !writes_.write(key, request, nanoseconds(now()))) ++counts_.lost_writes;
  plan_writes();
}

void Node::killed() {
  const Time now = this->now();
  line_.clear();
  idle_.clear();
  workers_.clear();
  flights_ = {};
  renewing_.clear();
  leases_ = caching::Leases(params().lease_time.count());
  counts_.lost_writes += writes_.lose_all() + failed_writes_;
  failed_writes_ = 0;
  plan_writes();
  busy_.set(now, 0);
  waiting_.set(now, 0);
  if (persistence_) persistence_->died(contents_, now);
  replace_contents(empty_contents(params()));
}

void Node::started() {
  if (persistence_) replace_contents(persistence_->saved());
}

std::uint64_t Node::drop(double share, RandomKey salt, bool by_command) {
  const Time now = this->now();
  const bool tells = by_command && is_followed();
  if (persistence_ && by_command) persistence_->will_change(contents_, now);
  std::vector<std::uint64_t> gone;
  const std::uint64_t before = contents_.size();
  contents_.sweep([&](const caching::Item& item) {
    if (share < 1 && RequestRandom(salt, item.key, 0).uniform() >= share) return true;
    if (tells) gone.push_back(item.key);
    return false;
  });
  entries_.set(now, static_cast<std::int64_t>(contents_.size()));
  if (tells && shared_.cluster != nullptr) shared_.cluster->request_changes(*this);
  for (const std::uint64_t key : gone) {
    if (persistence_) persistence_->erased(key, now);
    if (shared_.cluster != nullptr) shared_.cluster->erased(*this, key);
    if (shared_.near != nullptr) shared_.near->evicted(key, zone());
  }
  return before - contents_.size();
}

void Node::lose_all() {
  if (persistence_) persistence_->holds(empty_contents(params()));
  replace_contents(empty_contents(params()));
}

void Node::expire_together() {
  const Time now = this->now();
  if (persistence_) persistence_->will_change(contents_, now);
  const std::int64_t end = caching::useless_from(nanoseconds(now), *entry_rules_);
  contents_.sweep([&](caching::Item& item) {
    if (item.expires == caching::kNeverExpires) return true;
    item.expires = std::min(item.expires, (item.version & kAbsent) ? nanoseconds(now) : end);
    return true;
  });
  together_.push_back(now);
}

void Node::expire_apart(Time since) {
  const auto found = std::find(together_.begin(), together_.end(), since);
  if (found != together_.end()) together_.erase(found);
}

void Node::replace_contents(caching::Cache contents) {
  // What those were counted before is no count of this instance's.
  counts_.expirations += contents_.expirations() - contents.expirations();
  counts_.refusals += contents_.refusals() - contents.refusals();
  contents_ = std::move(contents);
  entries_.set(now(), static_cast<std::int64_t>(contents_.size()));
}

}  // namespace highwater::cache
