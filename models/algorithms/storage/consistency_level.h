#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace highwater::storage {

/// How many replicas must answer, and which ones.
enum class Consistency : std::uint8_t {
  any,
  one,
  two,
  three,
  quorum,
  all,
  local_one,
  local_quorum,
  each_quorum,
};

constexpr std::uint32_t quorum_of(std::uint32_t replicas) {
  return replicas / 2 + 1;
}

/// consistency_level: what Cassandra's consistency levels ask of the replicas of a row.
///
/// A row has so many replicas in each data center. The local ones are those of the coordinator's:
/// levels that are local count them alone.
///
/// Edges    a level that asks for more replicas than there are can never be met: block_for() says
///          so many all the same. A coordinator's data center without replicas has a local quorum
///          of 1, as with Cassandra, which is never met either.
/// Source   Apache Cassandra 4.1, db/ConsistencyLevel.java (blockFor, isDatacenterLocal),
///          locator/ReplicaPlans.java (assureSufficientLiveReplicas, contactForRead).
/// Checked  tests/storage/consistency_level_test.cpp
class ReplicasByCenter {
 public:
  /// @param replicas  Of a row, in each data center.
  /// @param local     The coordinator's.
  ReplicasByCenter(std::span<const std::uint32_t> replicas, std::uint32_t local)
      : replicas_(replicas), local_(local) {}

  static constexpr bool is_local(Consistency level) {
    return level == Consistency::local_one || level == Consistency::local_quorum;
  }

  std::uint32_t all() const { return std::accumulate(replicas_.begin(), replicas_.end(), 0u); }

  /// Replicas that must answer before the client gets its answer.
  std::uint32_t block_for(Consistency level) const {
    switch (level) {
      case Consistency::any:
      case Consistency::one:
      case Consistency::local_one:
        return 1;
      case Consistency::two:
        return 2;
      case Consistency::three:
        return 3;
      case Consistency::quorum:
        return quorum_of(all());
      case Consistency::all:
        return all();
      case Consistency::local_quorum:
        return quorum_of(replicas_[local_]);
      case Consistency::each_quorum:
        break;
    }
    std::uint32_t sum = 0;
    for (const std::uint32_t replicas : replicas_)
      if (replicas > 0) sum += quorum_of(replicas);
    return sum;
  }

  /// Whether those known to be alive, by data center, are enough to begin with. A write of level
  /// `any` needs none: a hint will do.
  bool can_be_met(Consistency level, std::span<const std::uint32_t> alive) const {
    if (level == Consistency::any) return true;
    if (is_local(level)) return alive[local_] >= block_for(level);
    if (level == Consistency::each_quorum) return each_quorum(alive);
    return std::accumulate(alive.begin(), alive.end(), 0u) >= block_for(level);
  }

  /// Whether those that have answered, by data center, are enough.
  bool is_met(Consistency level, std::span<const std::uint32_t> answered) const {
    if (is_local(level)) return answered[local_] >= block_for(level);
    if (level == Consistency::each_quorum) return each_quorum(answered);
    return std::accumulate(answered.begin(), answered.end(), 0u) >= block_for(level);
  }

  /// Which of the replicas that are alive a read asks, in the order of preference: the first of
  /// `candidates` afterwards, from which those are gone that the level does not count.
  ///
  /// @param center_of  Data center of a candidate: center_of(std::uint32_t).
  /// @param one_more   One beyond what the level wants, where there is one.
  /// @return how many are asked.
  template <class CenterOf>
  std::size_t choose_contacts(Consistency level, std::vector<std::uint32_t>& candidates,
                              CenterOf center_of, bool one_more) const {
    if (is_local(level))
      std::erase_if(candidates, [&](std::uint32_t c) { return center_of(c) != local_; });
    if (level != Consistency::each_quorum)
      return std::min<std::size_t>(block_for(level) + (one_more ? 1 : 0), candidates.size());
    std::vector<std::uint32_t> left(replicas_.size());
    for (std::size_t i = 0; i < left.size(); ++i)
      left[i] = replicas_[i] > 0 ? quorum_of(replicas_[i]) : 0;
    const auto end =
        std::stable_partition(candidates.begin(), candidates.end(), [&](std::uint32_t candidate) {
          std::uint32_t& wanted = left[center_of(candidate)];
          if (wanted == 0) return false;
          --wanted;
          return true;
        });
    return static_cast<std::size_t>(end - candidates.begin());
  }

 private:
  bool each_quorum(std::span<const std::uint32_t> there) const {
    for (std::size_t i = 0; i < replicas_.size(); ++i)
      if (replicas_[i] > 0 && there[i] < quorum_of(replicas_[i])) return false;
    return true;
  }

  std::span<const std::uint32_t> replicas_;
  std::uint32_t local_;
};

}  // namespace highwater::storage
