#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "engine/model/component.h"
#include "models/algorithms/caching/policy.h"
#include "models/cache/local_params.h"

namespace highwater::cache {

class NearCaches;

/// What the local tiers of one calling component have counted, over all lives of its processes.
struct NearCounts {
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  std::uint64_t stale = 0;
  std::uint64_t invalidations = 0;
};

/// The local tier in one process: contents of its own, gone when the process dies.
class NearCache {
 public:
  NearCache(NearCaches& all, Instance& process);

  /// Whether an entry answers. Counted.
  bool look_up(std::uint64_t key);
  /// The process has changed the key itself.
  void forget(std::uint64_t key) { contents_.erase(key); }
  /// Drops the share of its entries that `salt` decides. @return how many.
  std::uint64_t drop(double share, RandomKey salt);

 private:
  friend class NearCaches;
  friend class NearRead;
  /// Of a key that is being read from the shared cache.
  struct Read {
    std::uint32_t readers = 0;
    std::uint64_t changed = 0;      // number of the last change; 0 for none
    std::uint64_t invalidated = 0;  // number of the last change this process was told of
  };
  /// Another life of the process begins with nothing.
  void look_at_process();
  void fill(std::uint64_t key, bool stale);

  NearCaches& all_;
  Instance& process_;
  std::uint32_t incarnation_;
  caching::Cache contents_;
  RandomStream evictions_random_;
  std::map<std::uint64_t, Read> reads_;
};

/// A look-up of the shared cache, and what follows from it, for as long as it takes. A change
/// meanwhile makes what it brings stale; one that the process was told of keeps it from being
/// stored.
class NearRead {
 public:
  NearRead(NearCache& near, std::uint64_t key);
  NearRead(const NearRead&) = delete;
  NearRead& operator=(const NearRead&) = delete;
  ~NearRead();

  /// Keeps what was read.
  void fill();

 private:
  NearCache& near_;
  std::uint64_t key_;
  std::uint64_t begun_;
};

/// A cache that tells local tiers in front of it what is changed.
class RemoteTier {
 public:
  /// False where it has no keys of its own to tell of.
  virtual bool takes_near_caches() const = 0;
  /// Before the run only.
  virtual void join(NearCaches& near) = 0;

 protected:
  ~RemoteTier() = default;
};

/// The local tiers that the processes of one component have in front of one cache.
///
/// A process asks its own first, at no cost to the network, and fills it with what the cache or the
/// source behind it says. What it writes or deletes itself it forgets. What others change stays
/// until its ttl is over: an answer from such an entry is stale, and counted so. With `broadcast`
/// the cache sends every process that has the key, or is reading it, a message when it is changed
/// or evicted; what is being read then is not kept, as Redis' documentation advises.
///
/// Assumes  what a cache step stores after a miss is what there is, and no change; a message takes
///          the way of the process' calls, and is lost where that is cut; a change while a miss is
///          fetched counts as later than what the source said; an expiry sends no message.
/// Source   Redis 7.0 documentation, Client-side caching in Redis (tracking, and "Avoiding race
///          conditions"); Oracle Coherence 12.2 documentation, Near Cache (invalidation none, all).
/// Checked  tests/caches/local_tier_test.cpp
class NearCaches {
 public:
  NearCaches(Component& owner, Edge& edge, RemoteTier& remote)
      : owner_(owner), edge_(edge), remote_(remote) {}
  NearCaches(const NearCaches&) = delete;
  NearCaches& operator=(const NearCaches&) = delete;

  /// Steps that share a cache declare the same. Before the run only.
  void use(const LocalParams& params) {
    if (params_ == nullptr) remote_.join(*this);
    params_ = &params;
  }
  const LocalParams& params() const { return *params_; }
  /// Whether any step has such a tier.
  bool is_used() const { return params_ != nullptr; }

  NearCache& of(Instance& process);
  /// The process has changed the key itself.
  void forget(const Instance& process, std::uint64_t key);

  /// A fault drops the share of the process' entries that `salt` decides. @return how many.
  std::uint64_t drop(const Instance& process, double share, RandomKey salt);

  /// The key was changed at a node of the cache in `zone`.
  void changed(std::uint64_t key, Zone zone) { tell(key, zone, true); }
  /// It left there, unchanged.
  void evicted(std::uint64_t key, Zone zone) { tell(key, zone, false); }

  const NearCounts& counts() const { return counts_; }

 private:
  friend class NearCache;
  friend class NearRead;
  void tell(std::uint64_t key, Zone zone, bool is_change);
  Task<> deliver(std::uint32_t place, std::uint64_t key, std::uint64_t number, Duration delay);
  void invalidate(NearCache& near, std::uint64_t key, std::uint64_t number);
  World& world() const { return owner_.world(); }

  Component& owner_;
  Edge& edge_;  // to the cache
  RemoteTier& remote_;
  const LocalParams* params_ = nullptr;
  std::deque<std::optional<NearCache>> near_;  // by instance, made on first use
  std::optional<RandomStream> delays_;
  std::uint64_t changes_ = 0;
  NearCounts counts_;
};

/// Who is told of changes at a cache, and what its local tiers have counted together.
class NearRegistry {
 public:
  void add(NearCaches& near) { all_.push_back(&near); }
  void changed(std::uint64_t key, Zone zone) const {
    for (NearCaches* near : all_) near->changed(key, zone);
  }
  void evicted(std::uint64_t key, Zone zone) const {
    for (NearCaches* near : all_) near->evicted(key, zone);
  }
  std::uint64_t total(std::uint64_t NearCounts::*of) const {
    std::uint64_t sum = 0;
    for (const NearCaches* near : all_) sum += near->counts().*of;
    return sum;
  }

 private:
  std::vector<NearCaches*> all_;
};

}  // namespace highwater::cache
