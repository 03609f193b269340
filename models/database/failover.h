#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/model/component.h"
#include "models/database/failover_params.h"

namespace highwater::database {

/// What decides which node of a shard is its primary. Nodes are known by their place in the shard.
///
/// Source   models/algorithms/membership: raft.h, lease.h.
/// Checked  tests/models/database_failover_test.cpp
class Failover {
 public:
  /// The shard that is decided about.
  class Shard {
   public:
    /// The node is to be the primary from now on, instead of any other.
    virtual void leads(std::uint32_t node) = 0;
    /// If it is the primary it is so no longer.
    virtual void steps_down(std::uint32_t node) = 0;
    /// How many of the writes that there are the node has; what others have beyond does not count.
    virtual std::uint64_t position(std::uint32_t node) const = 0;
    /// The last write that the last primary has committed.
    virtual std::uint64_t last() const = 0;

   protected:
    ~Shard() = default;
  };

  /// @param name   Of the shard, for its draws.
  /// @param nodes  Its nodes, in their order; they outlive this.
  /// @param ways   From the component to itself: what the nodes tell each other goes that way.
  static std::unique_ptr<Failover> make(const FailoverParams& params, Shard& shard,
                                        const std::string& name, std::span<Instance* const> nodes,
                                        Edge& ways);
  virtual ~Failover() = default;

  /// The run begins with the first node as the primary.
  virtual void start() = 0;
  virtual void died(std::uint32_t node) = 0;
  virtual void is_up(std::uint32_t node) = 0;
};

}  // namespace highwater::database
