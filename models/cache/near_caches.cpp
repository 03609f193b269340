#include "models/cache/near_caches.h"

#include <utility>

namespace highwater::cache {

namespace {

constexpr std::uint32_t kFreshCopy = 0;
constexpr std::uint32_t kStaleCopy = 1;

}  // namespace

NearCache::NearCache(NearCaches& all, Instance& process)
    : all_(all),
      process_(process),
      incarnation_(process.incarnation()),
      contents_(all.params().policy, all.params().capacity),
      evictions_random_(all.world().stream(process.label(), "local eviction")) {}

void NearCache::look_at_process() {
  if (std::exchange(incarnation_, process_.incarnation()) != process_.incarnation())
    contents_.clear();
}

bool NearCache::look_up(std::uint64_t key) {
  ++all_.counts_.lookups;
  const caching::Lookup found = contents_.lookup(key, nanoseconds(all_.world().now()));
  if (found.outcome != caching::Outcome::hit) return false;
  ++all_.counts_.hits;
  all_.counts_.stale += found.version == kStaleCopy;
  return true;
}

void NearCache::fill(std::uint64_t key, bool stale) {
  const Simulation& simulation = all_.world().simulation;
  caching::Item item;
  item.key = key;
  item.version = stale ? kStaleCopy : kFreshCopy;
  if (all_.params().ttl) item.expires = nanoseconds(simulation.after(*all_.params().ttl));
  contents_.insert(item, nanoseconds(simulation.now()), evictions_random_);
}

std::uint64_t NearCache::drop(double share, RandomKey salt) {
  const std::uint64_t before = contents_.size();
  contents_.sweep([&](const caching::Item& item) {
    return RequestRandom(salt, item.key, 0).uniform() >= share;
  });
  return before - contents_.size();
}

NearRead::NearRead(NearCache& near, std::uint64_t key)
    : near_(near), key_(key), begun_(near.all_.changes_) {
  ++near.reads_[key].readers;
}

NearRead::~NearRead() {
  const auto read = near_.reads_.find(key_);
  if (--read->second.readers == 0) near_.reads_.erase(read);
}

void NearRead::fill() {
  const NearCache::Read& read = near_.reads_.find(key_)->second;
  if (read.invalidated > begun_) return;
  near_.fill(key_, read.changed > begun_);
}

NearCache& NearCaches::of(Instance& process) {
  while (near_.size() <= process.index()) near_.emplace_back();
  std::optional<NearCache>& near = near_[process.index()];
  if (!near) near.emplace(*this, process);
  near->look_at_process();
  return *near;
}

void NearCaches::forget(const Instance& process, std::uint64_t key) {
  if (process.index() < near_.size() && near_[process.index()]) near_[process.index()]->forget(key);
}

std::uint64_t NearCaches::drop(const Instance& process, double share, RandomKey salt) {
  if (process.index() >= near_.size() || !near_[process.index()]) return 0;
  NearCache& near = *near_[process.index()];
  near.look_at_process();
  return near.drop(share, salt);
}

void NearCaches::tell(std::uint64_t key, Zone zone, bool is_change) {
  const std::uint64_t number = ++changes_;
  for (std::uint32_t place = 0; place < near_.size(); ++place) {
    if (!near_[place]) continue;
    NearCache& near = *near_[place];
    std::uint32_t* const version = near.contents_.version(key);
    const auto read = near.reads_.find(key);
    if (version == nullptr && read == near.reads_.end()) continue;
    if (is_change && version != nullptr) *version = kStaleCopy;
    if (is_change && read != near.reads_.end()) read->second.changed = number;
    if (params_->invalidation == Invalidation::none || !near.process_.up()) continue;
    if (!delays_) delays_.emplace(world().stream(owner_.id(), "invalidation delay"));
    const auto delay = edge_.message_time({near.process_.zone(), zone}, Direction::reply, *delays_);
    if (!delay) continue;
    if (*delay == Duration{0})
      invalidate(near, key, number);
    else
      near.process_.tasks().spawn(deliver(place, key, number, *delay));
  }
}

Task<> NearCaches::deliver(std::uint32_t place, std::uint64_t key, std::uint64_t number,
                           Duration delay) {
  co_await world().simulation.delay(delay);
  invalidate(*near_[place], key, number);
}

void NearCaches::invalidate(NearCache& near, std::uint64_t key, std::uint64_t number) {
  counts_.invalidations += near.contents_.erase(key);
  if (const auto read = near.reads_.find(key); read != near.reads_.end())
    read->second.invalidated = number;
}

}  // namespace highwater::cache
