#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace highwater::messaging {

struct IsrOptions {
  std::uint32_t replicas = 3;
  std::uint32_t min_insync_replicas = 1;       ///< min.insync.replicas
  std::int64_t lag_time_max = 30'000'000'000;  ///< replica.lag.time.max.ms
  bool unclean_leader_election = false;        ///< unclean.leader.election.enable
};

/// messaging InSyncReplicas: one partition's leader and its followers, as offsets.
///
/// The in-sync replicas (ISR) are those a leader waits for. A follower leaves when it has not been
/// at the end of the leader's log for longer than replica.lag.time.max.ms, looked at twice in that
/// time, and comes back when it has fetched up to the high watermark. The high watermark is the
/// lowest end of log of the ISR and of those about to come back; what lies below it is read by
/// consumers and survives the loss of the leader. acks=all is refused where the ISR is smaller than
/// min.insync.replicas, and answered when the high watermark is past the records, with an error if
/// the ISR has become too small in between.
///
/// Offsets count records. A follower is "caught up" as of its last fetch that asked for the
/// leader's end, or for what was the end when it fetched before.
///
/// At the edges  time that goes backwards counts as standing still; an offset beyond the leader's
/// end
///          counts as that end. With lag_time_max 0 every follower behind leaves at the next look.
///          Without a live replica in the ISR there is no leader unless elections may be unclean.
/// Source   Apache Kafka 3.9, core/src/main/scala/kafka/cluster/Partition.scala, Replica.scala;
///          DelayedProduce.scala; KIP-16.
/// Checked  tests/messaging/in_sync_replicas_test.cpp: by hand; no acknowledged record is lost
/// while
///          elections are clean.
class InSyncReplicas {
 public:
  enum class Acks : std::uint8_t { none, leader, all };
  enum class Answer : std::uint8_t {
    ok,                   ///< Appended, and as safe as was asked for.
    pending,              ///< Appended; waits for the high watermark.
    not_enough_replicas,  ///< Not appended.
    not_enough_replicas_after_append,
    no_leader,  ///< Not appended.
  };
  struct Appended {
    Answer answer;
    std::uint64_t first = 0;  ///< Offset of the first record.
    std::uint64_t end = 0;    ///< Offset behind the last.
  };
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  /// Replica 0 leads; all are in sync, with empty logs.
  explicit InSyncReplicas(IsrOptions options, std::int64_t now = 0)
      : options_(options), replicas_(std::max(1u, options.replicas)), leader_(0), now_(now) {
    for (Replica& replica : replicas_) replica.caught_up = replica.fetched = now;
    look_at_ = later(now, options_.lag_time_max / 2);
  }

  std::optional<std::uint32_t> leader() const { return leader_; }
  std::uint64_t high_watermark() const { return high_watermark_; }
  std::uint64_t log_end(std::uint32_t replica) const { return replicas_[replica].end; }
  bool in_sync(std::uint32_t replica) const { return replicas_[replica].in_sync; }
  std::uint32_t isr_size() const {
    return static_cast<std::uint32_t>(std::count_if(replicas_.begin(), replicas_.end(),
                                                    [](const Replica& r) { return r.in_sync; }));
  }

  Appended append(std::int64_t now, std::uint64_t records, Acks acks) {
    tick(now);
    if (!leader_) return {Answer::no_leader};
    if (acks == Acks::all && isr_size() < options_.min_insync_replicas)
      return {Answer::not_enough_replicas};
    Replica& leader = replicas_[*leader_];
    Appended appended{Answer::ok, leader.end, leader.end + records};
    leader.end = appended.end;
    advance_high_watermark();
    if (acks == Acks::all) appended.answer = answer(appended.end);
    return appended;
  }

  /// What a producer that waits for everything below `end` is told now.
  Answer answer(std::uint64_t end) const {
    if (!leader_) return Answer::no_leader;
    if (high_watermark_ < end) return Answer::pending;
    return isr_size() < options_.min_insync_replicas ? Answer::not_enough_replicas_after_append
                                                     : Answer::ok;
  }

  /// A follower fetches from `offset` on: it has all below. Nothing happens for one that is down,
  /// the leader, or without a leader.
  void fetch(std::int64_t now, std::uint32_t follower, std::uint64_t offset) {
    tick(now);
    if (!leader_ || follower == *leader_ || !replicas_[follower].up) return;
    Replica& replica = replicas_[follower];
    const std::uint64_t leader_end = replicas_[*leader_].end;
    replica.end = std::min(offset, leader_end);
    if (replica.end >= leader_end)
      replica.caught_up = now_;
    else if (replica.end >= replica.leader_end)
      replica.caught_up = std::max(replica.caught_up, replica.fetched);
    replica.leader_end = leader_end;
    replica.fetched = now_;
    if (!replica.in_sync && replica.end >= high_watermark_ && replica.end >= epoch_start_)
      replica.in_sync = true;
    advance_high_watermark();
  }

  /// The replica's broker fails. A leader's place goes to the first live replica in sync, in the
  /// order of their numbers; the last one in sync stays in the ISR though it is down.
  void fail(std::int64_t now, std::uint32_t number) {
    tick(now);
    Replica& replica = replicas_[number];
    if (!replica.up) return;
    replica.up = false;
    if (replica.in_sync && isr_size() > 1) replica.in_sync = false;
    if (leader_ == number) {
      leader_.reset();
      elect();
    } else {
      advance_high_watermark();
    }
  }

  void restore(std::int64_t now, std::uint32_t number) {
    tick(now);
    Replica& replica = replicas_[number];
    if (replica.up) return;
    replica.up = true;
    replica.caught_up = replica.fetched = now_;
    replica.leader_end = 0;
    if (!leader_) {
      elect();
    } else {
      // A follower truncates to where its log and the leader's part.
      replica.end = std::min(replica.end, std::min(replica.agrees_to, replicas_[*leader_].end));
      replica.agrees_to = std::numeric_limits<std::uint64_t>::max();
    }
  }

  /// The leader hands over to a live replica in sync, as for a preferred replica election; records
  /// that only the old leader has are gone. @return false where that replica can not, or leads.
  bool hand_over(std::int64_t now, std::uint32_t number) {
    tick(now);
    const Replica& replica = replicas_[number];
    if (!leader_ || leader_ == number || !replica.up || !replica.in_sync) return false;
    lead(number);
    return true;
  }

  /// A replica that is down loses what parts it from the last leader's log, as if it had been up
  /// when that one was elected: for those who keep one log for all replicas.
  void cut_fork(std::uint32_t number) {
    Replica& replica = replicas_[number];
    if (!replica.up) replica.end = std::min(replica.end, replica.agrees_to);
  }

  /// What a replica that is down had is gone. If it was the last one in sync it will lead with
  /// nothing, and nobody will have more.
  void lose(std::uint32_t number) {
    Replica& replica = replicas_[number];
    if (!replica.up) replica.end = replica.agrees_to = 0;
  }

  /// Followers that lag leave the ISR.
  void tick(std::int64_t now) {
    now_ = std::max(now_, now);
    while (look_at_ <= now_ && look_at_ != kNever) {
      const std::int64_t at = look_at_;
      look_at_ = later(at, std::max<std::int64_t>(1, options_.lag_time_max / 2));
      if (now_ - at > 2 * std::max<std::int64_t>(1, options_.lag_time_max))
        look_at_ = std::max(look_at_, now_ - options_.lag_time_max);  // the looks between see less
      shrink(at);
    }
  }
  /// When tick will look next.
  std::int64_t next() const { return look_at_; }

  /// Records below the high watermark that no leader has any more: what an unclean election lost.
  std::uint64_t lost() const { return lost_; }

 private:
  struct Replica {
    std::uint64_t end = 0;
    std::uint64_t leader_end = 0;  // at its last fetch
    std::uint64_t agrees_to = std::numeric_limits<std::uint64_t>::max();
    std::int64_t caught_up = 0;
    std::int64_t fetched = 0;
    bool up = true;
    bool in_sync = true;
  };

  static std::int64_t later(std::int64_t now, std::int64_t wait) {
    return wait > kNever - std::max<std::int64_t>(0, now) ? kNever : now + wait;
  }

  void shrink(std::int64_t at) {
    if (!leader_) return;
    const std::uint64_t end = replicas_[*leader_].end;
    for (std::uint32_t r = 0; r < replicas_.size(); ++r) {
      Replica& replica = replicas_[r];
      if (r != *leader_ && replica.in_sync && (replica.end != end || !replica.up) &&
          at - replica.caught_up > options_.lag_time_max)
        replica.in_sync = false;
    }
    advance_high_watermark();
  }

  void advance_high_watermark() {
    if (!leader_) return;
    const std::uint64_t end = replicas_[*leader_].end;
    std::uint64_t lowest = end;
    for (const Replica& replica : replicas_) {
      const bool about_to_join =
          replica.up && (replica.end == end || now_ - replica.caught_up <= options_.lag_time_max);
      if (replica.in_sync || (about_to_join && replica.end >= high_watermark_))
        lowest = std::min(lowest, replica.end);
    }
    high_watermark_ = std::max(high_watermark_, lowest);
  }

  void lead(std::uint32_t number) {
    leader_ = number;
    Replica& leader = replicas_[number];
    leader.in_sync = true;
    epoch_start_ = leader.end;
    // Up to here its log is that of the leader before it; an uncleanly elected one may have more.
    const std::uint64_t common = std::min(leader.end, leader.agrees_to);
    if (common < high_watermark_) {
      lost_ += high_watermark_ - common;
      high_watermark_ = std::min(high_watermark_, leader.end);
    }
    for (Replica& other : replicas_) {
      other.agrees_to = std::min(other.agrees_to, common);
      if (&other == &leader) {
        other.agrees_to = std::numeric_limits<std::uint64_t>::max();
        continue;
      }
      other.leader_end = 0;
      if (other.up) {
        other.end = std::min(other.end, other.agrees_to);  // at most the leader's end
        other.agrees_to = std::numeric_limits<std::uint64_t>::max();
        other.caught_up = now_;
      }
    }
    advance_high_watermark();
  }

  void elect() {
    for (std::uint32_t r = 0; r < replicas_.size(); ++r)
      if (replicas_[r].up && replicas_[r].in_sync) return lead(r);
    if (!options_.unclean_leader_election) return;
    for (std::uint32_t r = 0; r < replicas_.size(); ++r) {
      if (!replicas_[r].up) continue;
      for (Replica& replica : replicas_) replica.in_sync = false;
      return lead(r);
    }
  }

  IsrOptions options_;
  std::vector<Replica> replicas_;
  std::optional<std::uint32_t> leader_;
  std::uint64_t high_watermark_ = 0;
  std::uint64_t epoch_start_ = 0;  // the leader's end when it became leader
  std::uint64_t lost_ = 0;
  std::int64_t now_;
  std::int64_t look_at_ = kNever;
};

}  // namespace highwater::messaging
