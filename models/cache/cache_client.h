#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "engine/kernel/simulation.h"
#include "engine/model/component.h"
#include "models/cache/redis_cluster.h"

namespace highwater::cache {

/// The client library in each process that calls a cache: what becomes of one call when that is
/// more than one message.
///
/// Of a cluster it keeps a map of who leads which shard. A node that does not serve the shard says
/// who does (MOVED): the client takes over that node's map and goes there. One that is not there,
/// or has not answered in time, makes it ask another node, drawn by chance. After max_redirects
/// tries more it gives up. A node to which the cluster is down ends the call at once.
///
/// A write to a hot key goes to all its copies at the same time, and is done when all are.
///
/// Assumes  the map comes along with MOVED (CLUSTER SHARDS costs nothing); it tries again at once;
///          a client that its caller has given up on goes on, and learns from what it meets.
/// Source   Redis cluster specification, "MOVED Redirection", "Client's first connection and
/// handling
///          of redirections"; Jedis 4.3 ClusterCommandExecutor.
/// Checked  tests/caches/redis_cluster_test.cpp, hot_keys_test.cpp
class CacheClient {
 public:
  /// @param cluster  Null where the cache is none.
  CacheClient(Component& cache, RedisCluster* cluster) : cache_(cache), cluster_(cluster) {}
  CacheClient(const CacheClient&) = delete;
  CacheClient& operator=(const CacheClient&) = delete;

  /// Does what the attempt asks for at `places`, shards of a cluster or else instances, and
  /// concludes it with the first answer that is none, or with the last.
  void send(Attempt& attempt, const std::vector<std::uint32_t>& places);

 private:
  /// A call that waits for several errands.
  struct Calling {
    Attempt* attempt = nullptr;
    std::size_t left = 0;
    Reply reply;
  };
  class Errand final : private AttemptWaiter {
   public:
    Errand(CacheClient& client, std::uint32_t slot)
        : client_(client), slot_(slot), timeout_(*this) {}
    void begin(std::uint32_t call, Attempt& attempt, std::uint32_t place);

   private:
    void answered(Reply reply) override;
    void lost() override { message_ = nullptr; }
    void timed_out();
    void go(std::uint32_t node);
    void not_there();
    void end(Reply reply);

    CacheClient& client_;
    std::uint32_t slot_;
    std::uint32_t call_ = 0;
    Edge* edge_ = nullptr;
    Instance* from_ = nullptr;
    std::uint32_t incarnation_ = 0;
    Request request_;
    std::uint32_t place_ = 0;
    std::uint32_t node_ = 0;
    std::uint32_t tries_ = 0;
    bool asks_around_ = false;
    Attempt* message_ = nullptr;
    Timer<&Errand::timed_out> timeout_;
  };

  SlotMap& map_of(const Instance& process);
  void done(std::uint32_t call, Reply reply);

  Component& cache_;
  RedisCluster* cluster_;
  std::map<const Instance*, SlotMap> maps_;  // for look-ups, never walked
  std::deque<Errand> errands_;
  std::vector<std::uint32_t> free_errands_;
  std::deque<Calling> calls_;
  std::vector<std::uint32_t> free_calls_;
};

}  // namespace highwater::cache
