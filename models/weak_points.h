#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/kernel/random.h"
#include "engine/model/component.h"

/// What faults can do to a component beyond its instances. A component derives from what it can
/// suffer; a verb asks for that by its type, and then what the component, as it is declared, lacks:
/// in words that follow its name, empty where nothing is missing.

namespace highwater {

namespace database {
class Disk;
}
class ConnectionPools;
class Leaks;

/// It says why verbs mean nothing to it that other components of its kind can suffer.
class Refuses {
 public:
  virtual ~Refuses() = default;
  /// In words that follow its name, with what to use instead; empty where there is nothing to say.
  virtual std::string refuses(std::string_view verb) const = 0;
};

/// Its instances hold data that can get lost.
class LosesData {
 public:
  virtual ~LosesData() = default;
  /// The instance loses the share of its data that `salt` decides, and nobody is told.
  virtual void lose_data(Instance& instance, double share, RandomKey salt) = 0;
  /// Why nothing there has a checksum that could be wrong.
  virtual std::string lacks_checksums() const { return {}; }
  /// Whoever reads a part of that share finds that its checksum is wrong.
  virtual void corrupt_data(Instance& instance, double share, RandomKey salt) = 0;
  /// What was lost or spoilt by that salt is there again, where it can be.
  virtual void restore_data(Instance& instance, RandomKey salt) = 0;
  /// Why nothing that it has answered is ever unsafe.
  virtual std::string lacks_unsynced() const { return {}; }
  /// What the instance has not made safe will not be there when it starts again. It is about to
  /// die.
  virtual void lose_unsynced(Instance& instance) = 0;
};

/// Its instances hold entries that are a copy of what is elsewhere.
class HasEntries {
 public:
  virtual ~HasEntries() = default;
  virtual std::string lacks_entries() const { return {}; }
  /// The instance drops the share of its entries that `salt` decides, and tells whom it tells.
  /// @return how many.
  virtual std::uint64_t flush(Instance& instance, double share, RandomKey salt) = 0;
};

/// Things happen there spread over time, and could happen together.
class CanHerd {
 public:
  virtual ~CanHerd() = default;
  virtual std::string lacks_herd() const { return {}; }
  /// Whether `every` decides when those come together that do.
  virtual bool herds_every() const = 0;
  virtual void gather(Instance& instance, Time since, Duration every) = 0;
  virtual void scatter(Instance& instance, Time since, Duration every) = 0;
};

/// One of those that hold the same part of the data leads, and another may.
class HasLeaders {
 public:
  virtual ~HasLeaders() = default;
  virtual std::string lacks_leaders() const { return {}; }
  /// Parts of the data.
  virtual std::size_t parts() const = 0;
  /// Null where nobody leads the part.
  virtual Instance* leader_of(std::size_t part) = 0;
};

/// Some of its instances follow others.
class HasReplicas {
 public:
  virtual ~HasReplicas() = default;
  virtual std::string lacks_replicas() const { return {}; }
  /// Why applying cannot be paused there.
  virtual std::string lacks_pause() const { return {}; }
  /// What is sent to the instance from now on arrives so much later; negative takes it back.
  virtual void delay_replication(Instance& instance, Duration add) = 0;
  /// It applies nothing until as many resume it as have paused it.
  virtual void pause_replication(Instance& instance) = 0;
  virtual void resume_replication(Instance& instance) = 0;
};

/// Its instances have disks of their own.
class HasDisks {
 public:
  virtual ~HasDisks() = default;
  virtual std::string lacks_disks() const { return {}; }
  virtual database::Disk& disk_of(Instance& instance) = 0;
  /// The disk has recovered from a trouble; it may have another.
  virtual void disk_recovered(Instance&) {}
  /// There is no room on it for anything more, until as many clear it as have filled it.
  virtual void fill_disk(Instance& instance) = 0;
  virtual void clear_disk(Instance& instance) = 0;
};

/// A host of its instances may be gone with all that was on it.
class LosesNodes {
 public:
  virtual ~LosesNodes() = default;
  virtual std::string lacks_nodes() const { return {}; }
  /// Whether its callers have to be told, since they do not find out by themselves.
  virtual bool must_tell() const { return false; }
  /// The instance has died, and what it had in memory and on its disk is gone for good.
  virtual void lose_node(Instance& instance) = 0;
  /// Callers take it off their list, and on it again once the next one serves in its place.
  virtual void take_off_list(Instance&) {}
  virtual void put_on_list(Instance&) {}
};

/// It does work of different kinds.
class HasQueries {
 public:
  /// Of which requests.
  struct Query {
    std::optional<Operation> operation;
    std::optional<std::string> endpoint;
  };
  virtual ~HasQueries() = default;
  virtual std::string lacks_query(const Query& query) const = 0;
  /// Those take so many times as much work from now on. Factors multiply.
  virtual void slow_query(const Query& query, double factor) = 0;
  virtual void restore_query(const Query& query, double factor) = 0;
};

/// Its requests lock things.
class HasLocks {
 public:
  struct LockName {
    std::optional<std::string> lock;
    std::optional<std::uint64_t> key;
  };
  /// Somebody has the lock, or waits for it, until this is destroyed.
  class Hold {
   public:
    virtual ~Hold() = default;
  };
  virtual ~HasLocks() = default;
  virtual std::string lacks_lock(const LockName& name) const = 0;
  /// Takes the lock as a request would; @param held  names the holder.
  virtual std::unique_ptr<Hold> hold_lock(const LockName& name, std::string& holder) = 0;
};

/// Its calls go over pools.
class HasPools {
 public:
  virtual ~HasPools() = default;
  /// Of calls to `callee`; each is listed once.
  virtual std::vector<ConnectionPools*> pools_to(const Component& callee) = 0;
};

/// Its instances lend connections to the requests that they serve.
class LendsConnections {
 public:
  virtual ~LendsConnections() = default;
  virtual Leaks& connection_leaks(Instance& instance) = 0;
};

/// Its requests are about keys.
class HasKeys {
 public:
  /// Keys that a share of the requests turns to.
  struct Heat {
    double share = 0;
    std::uint64_t number = 0;  ///< Given when it begins; those with higher ones come later.
    RandomKey draws;
    std::vector<std::uint64_t> keys;
  };
  virtual ~HasKeys() = default;
  /// How many there are; 0 where it has no say in that.
  virtual std::uint64_t keys() const = 0;
  /// It goes by the heat, which outlives that, until it cools. Of several the one that began last
  /// has the last word.
  virtual void heat(Heat& heat) = 0;
  virtual void cool(const Heat& heat) = 0;
};

/// Its instances have workers.
class HasWorkers {
 public:
  virtual ~HasWorkers() = default;
  virtual std::string lacks_workers() const { return {}; }
  virtual Leaks& worker_leaks(Instance& instance) = 0;
};

}  // namespace highwater
