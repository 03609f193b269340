#include "models/cache/cache_params.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "engine/describe/problems.h"
#include "engine/describe/said.h"
#include "engine/describe/value.h"

namespace highwater::cache {

caching::Options CacheParams::options() const {
  caching::Options options;
  const auto apply = [&options](const auto& group) {
    if (group) group->apply(options);
  };
  apply(arc);
  apply(two_queue);
  apply(slru);
  apply(s3_fifo);
  apply(redis_sampling);
  apply(redis_lfu);
  apply(memcached);
  return options;
}

void CacheParams::check(const Value& where, const std::string& path, Problems& problems) const {
  using caching::Policy;
  const auto belongs = [&](std::string_view name, bool given,
                           std::initializer_list<Policy> owners) {
    if (!given || std::find(owners.begin(), owners.end(), policy) != owners.end()) return;
    problems.error(
        where.find(name)->position(), pointer_to(path, name),
        "the policy is " + std::string(caching::kPolicies[static_cast<std::size_t>(policy)].name));
  };
  membership::check_membership(membership, replicas, where, path, problems);
  belongs("arc", arc.has_value(), {Policy::arc});
  belongs("two_queue", two_queue.has_value(), {Policy::two_queue});
  belongs("slru", slru.has_value(), {Policy::slru});
  belongs("s3_fifo", s3_fifo.has_value(), {Policy::s3_fifo});
  belongs("redis_sampling", redis_sampling.has_value(),
          {Policy::redis_lru, Policy::redis_volatile_lru, Policy::redis_volatile_ttl});
  belongs("redis_lfu", redis_lfu.has_value(), {Policy::redis_lfu, Policy::redis_volatile_lfu});
  belongs("memcached", memcached.has_value(), {Policy::memcached});
  if (const Value* given = said<CacheParams>(where, "sharding")) {
    if (sharding == hashing::Scheme::range)
      problems.error(given->position(), pointer_to(path, "sharding"),
                     "caches do not know how far their keys reach, so they cannot cut them into "
                     "ranges");
    else if (replicas == 1)
      problems.warning(given->position(), pointer_to(path, "sharding"),
                       "has no effect on a single instance");
  }
  const auto refuse = [&](const char* name, const char* why) {
    if (const Value* given = said<CacheParams>(where, name))
      problems.error(given->position(), pointer_to(path, name), why);
  };
  check_cluster(where, path, problems);
  check_hot_keys(where, path, problems);
  if (!ttl) refuse("expiry", "needs a ttl that can slide");
  if (write_policy != WritePolicy::write_behind)
    refuse("write_behind", "the write policy is another");
  if (origin) {
    refuse("prefill",
           "is about caches beside the data: what one with an `origin` holds is known by endpoint "
           "too");
    return refuse("lease_time", "is about caches beside the data, and this one has an `origin`");
  }
  constexpr const char* kOfOrigin =
      "is about what is fetched from an `origin`, and there is none; a service's cache step has "
      "its "
      "own";
  report_unread<FreshnessParams>(where, path, kOfOrigin, problems);
  report_unread<CallPolicy>(where, path, kOfOrigin, problems);
  refuse("write_policy", kOfOrigin);
}

void CacheParams::check_cluster(const Value& where, const std::string& path,
                                Problems& problems) const {
  if (!cluster) return;
  const auto refuse = [&](const char* name, const std::string& why) {
    if (const Value* given = said<CacheParams>(where, name))
      problems.error(given->position(), pointer_to(path, name), why);
  };
  refuse("origin", "a `cluster` stands beside the data");
  refuse("membership", "the nodes of a `cluster` have a way of their own to find out who lives");
  refuse("routing", "in a `cluster` a request goes where its key's slot is");
  refuse("expiry", "of a `cluster` that slides is not simulated");
  if (sharding != hashing::Scheme::redis_slot)
    refuse("sharding", "a `cluster` has redis_slot, whatever is said here");
  if (replicas < kLeastMasters)
    problems.error(where.position(), pointer_to(path, "replicas"),
                   "a `cluster` has " + std::to_string(kLeastMasters) +
                       " masters at least: fewer have no majority when one fails");
  else if (std::uint64_t{replicas} * (1 + cluster->replicas_per_shard) > kMostClusterNodes)
    problems.error(where.position(), pointer_to(path, "replicas"),
                   "with their replicas these are more than " + std::to_string(kMostClusterNodes) +
                       " nodes, all of which watch each other");
  if (const Value* given = said<RedisClusterParams>(*where.find("cluster"), "read_from");
      given != nullptr && cluster->replicas_per_shard == 0)
    problems.error(given->position(), pointer_to(pointer_to(path, "cluster"), "read_from"),
                   "there are no replicas to read from");
}

void CacheParams::check_hot_keys(const Value& where, const std::string& path,
                                 Problems& problems) const {
  const Value* const given = where.find("hot_keys");
  if (!hot_keys || given == nullptr) return;
  const auto refuse = [&](const char* why) {
    problems.error(given->position(), pointer_to(path, "hot_keys"), why);
  };
  if (origin) refuse("is about caches beside the data, and this one has an `origin`");
  if (routing == Routing::nearest) refuse("has no effect where each zone has a copy anyway");
  if (membership) refuse("is not simulated together with a `membership`");
  if (hot_keys->copies > replicas)
    problems.error(given->position(), pointer_to(pointer_to(path, "hot_keys"), "copies"),
                   "there are fewer instances (`replicas`) than that");
}

}  // namespace highwater::cache
