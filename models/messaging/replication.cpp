#include "models/messaging/replication.h"

#include <algorithm>
#include <utility>

namespace highwater::messaging {

void Replication::Follower::fetch_from(std::uint64_t end) {
  end_ = end;
  rest();
  ask();
}

void Replication::Follower::rest() {
  replication_.world_.simulation.cancel(timer_);
  state_ = State::rests;
}

void Replication::Follower::step() {
  switch (state_) {
    case State::asks:
      return arrived();
    case State::is_answered:
      return has_come();
    case State::appends:
      return appended();
    case State::pauses:
      return ask();
    case State::rests:
    case State::waits:
      break;
  }
}

/// It is in `state` for so long; a fault that keeps it there makes it try again.
void Replication::Follower::go(State state, std::optional<Duration> takes) {
  state_ = takes ? state : State::pauses;
  replication_.world_.simulation.reschedule_after(timer_, takes.value_or(kFetchBackoff));
}

void Replication::Follower::pause() {
  go(State::pauses, kFetchBackoff);
}

void Replication::Follower::ask() {
  if (!leader().up()) return pause();
  go(State::asks, replication_.ways_->message_time({broker(), leader()}, Direction::request,
                                                   replication_.random_));
}

void Replication::Follower::arrived() {
  if (!leader().up()) return pause();
  state_ = State::waits;
  replication_.change(partition_, [this](InSyncReplicas& replicas) {
    replicas.fetch(replication_.now(), replica_, end_);
  });
  if (state_ == State::waits && end_ < partition().replicas.log_end(*partition().replicas.leader()))
    answer();
}

void Replication::Follower::answer() {
  coming_ = partition().replicas.log_end(*partition().replicas.leader());
  go(State::is_answered, replication_.ways_->message_time({leader(), broker()}, Direction::request,
                                                          replication_.random_));
}

void Replication::Follower::has_come() {
  go(State::appends,
     replication_.topic_.append_time(partition().brokers[replica_], replication_.random_));
}

void Replication::Follower::appended() {
  end_ = coming_;
  ask();
}

Replication::Replication(Listener& topic, const ReplicationParams& params, std::uint32_t partitions,
                         std::span<const std::unique_ptr<Instance>> brokers)
    : topic_(topic),
      params_(params),
      brokers_(brokers),
      world_(brokers.front()->component().world()),
      random_(world_.stream(brokers.front()->component().id(), "replication")) {
  const auto count = static_cast<std::uint32_t>(brokers.size());
  for (std::uint32_t p = 0; p < partitions; ++p) {
    Partition& partition = partitions_.emplace_back(params.replicas.options());
    partition.brokers = place(p, count, params.replicas.factor);
    partition.leader = partition.brokers.front();
    for (std::uint32_t r = 0; r < partition.brokers.size(); ++r)
      partition.followers.emplace_back(*this, p, r);
  }
  for (std::uint32_t b = 0; b < count; ++b) sessions_.emplace_back(*this, b);
}

/// The brokers of a partition, as AdminUtils deals them out, beginning with the first: the next
/// replicas lie one further apart with every round of the partitions.
std::vector<std::uint32_t> Replication::place(std::uint32_t partition, std::uint32_t brokers,
                                              std::uint32_t factor) {
  const std::uint32_t first = partition % brokers;
  std::vector<std::uint32_t> list{first};
  for (std::uint32_t i = 0; i + 1 < factor; ++i)
    list.push_back((first + 1 + (partition / brokers + i) % (brokers - 1)) % brokers);
  return list;
}

std::optional<std::uint32_t> Replication::Partition::replica_on(std::uint32_t broker) const {
  const auto place = std::find(brokers.begin(), brokers.end(), broker);
  if (place == brokers.end()) return std::nullopt;
  return static_cast<std::uint32_t>(place - brokers.begin());
}

void Replication::start() {
  for (Partition& partition : partitions_)
    for (std::uint32_t r = 1; r < partition.followers.size(); ++r)
      partition.followers[r].fetch_from(0);
  Simulation& simulation = world_.simulation;
  simulation.reschedule_after(look_, Duration{params_.replicas.lag_time_max / 2});
  if (params_.leader_rebalance > Duration{0})
    simulation.reschedule_after(rebalance_, params_.leader_rebalance);
}

std::int64_t Replication::now() const {
  return nanoseconds(world_.now());
}

template <class Change>
void Replication::change(std::uint32_t number, Change change) {
  Partition& partition = partitions_[number];
  const std::optional<std::uint32_t> before = partition.replicas.leader();
  change(partition.replicas);
  note(number);
  if (partition.replicas.leader() != before)
    hand_on(number);
  else
    topic_.advanced(number);
}

void Replication::note(std::uint32_t number) {
  Partition& partition = partitions_[number];
  const Time now = world_.now();
  const bool is_whole = partition.replicas.isr_size() == partition.brokers.size();
  if (std::exchange(partition.is_whole, is_whole) != is_whole)
    under_replicated_.add(now, is_whole ? -1 : 1);
  const bool is_led = partition.replicas.leader().has_value();
  if (std::exchange(partition.is_led, is_led) != is_led) offline_.add(now, is_led ? -1 : 1);
}

/// Before another one leads: each in sync has what it has, though the leader may not have heard.
void Replication::hear_all(std::uint32_t number, InSyncReplicas& replicas) const {
  const Partition& partition = partitions_[number];
  for (std::uint32_t r = 0; r < partition.followers.size(); ++r)
    if (replicas.in_sync(r)) replicas.fetch(now(), r, partition.followers[r].end());
}

/// The leader is another one: the others fetch from that one.
void Replication::hand_on(std::uint32_t number) {
  Partition& partition = partitions_[number];
  const std::optional<std::uint32_t> leader = partition.replicas.leader();
  for (Follower& follower : partition.followers) follower.rest();
  if (leader) {
    ++elections_;
    partition.leader = partition.brokers[*leader];
  }
  topic_.led_anew(number);
  if (!leader) return;
  for (std::uint32_t r = 0; r < partition.followers.size(); ++r)
    if (r != *leader && broker(partition.brokers[r]).up())
      partition.followers[r].fetch_from(partition.replicas.log_end(r));
}

void Replication::appended(std::uint32_t number, std::uint64_t messages) {
  std::deque<Follower>& followers = partitions_[number].followers;
  change(number, [&](InSyncReplicas& replicas) {
    // Whoever waits has had everything all the while: its fetch is one of many without a result.
    for (std::uint32_t r = 0; r < followers.size(); ++r)
      if (followers[r].waits()) replicas.fetch(now(), r, followers[r].end());
    // Whoever wants to be sure has asked has_enough() before.
    replicas.append(now(), messages, InSyncReplicas::Acks::leader);
  });
  for (Follower& follower : followers)
    if (follower.waits()) follower.answer();
}

void Replication::died(std::uint32_t index) {
  for (Partition& partition : partitions_)
    if (const auto replica = partition.replica_on(index)) partition.followers[*replica].rest();
  Session& session = sessions_[index];
  session.ends = world_.simulation.after(params_.session_timeout);
  world_.simulation.reschedule_at(session.over, session.ends);
}

Duration Replication::session_left(std::uint32_t index) const {
  return std::max(sessions_[index].ends - world_.now(), Duration{0});
}

void Replication::session_over(std::uint32_t index) {
  const std::uint64_t before = elections_;
  for (std::uint32_t p = 0; p < partitions_.size(); ++p) {
    Partition& partition = partitions_[p];
    const std::optional<std::uint32_t> on = partition.replica_on(index);
    if (!on) continue;
    const std::uint32_t replica = *on;
    change(p, [&](InSyncReplicas& replicas) {
      if (replicas.leader() == replica) hear_all(p, replicas);
      replicas.fail(now(), replica);
    });
  }
  tell("the controller misses " + broker(index).label(), before);
}

void Replication::is_back(std::uint32_t index) {
  const std::uint64_t before = elections_;
  Session& session = sessions_[index];
  if (session.over.pending()) {  // in this very instant
    world_.simulation.cancel(session.over);
    session_over(index);
  }
  for (std::uint32_t p = 0; p < partitions_.size(); ++p) {
    Partition& partition = partitions_[p];
    const std::optional<std::uint32_t> on = partition.replica_on(index);
    if (!on) continue;
    const std::uint32_t replica = *on;
    const bool was_led = partition.replicas.leader().has_value();
    change(p, [&](InSyncReplicas& replicas) {
      if (!was_led) replicas.cut_fork(replica);
      if (session.lost) replicas.lose(replica);
      replicas.restore(now(), replica);
    });
    if (was_led) partition.followers[replica].fetch_from(partition.replicas.log_end(replica));
  }
  session.lost = false;
  if (elections_ > before) tell(broker(index).label() + " is back", before);
}

/// The leaders look who lags.
void Replication::look() {
  for (std::uint32_t p = 0; p < partitions_.size(); ++p)
    change(p, [&](InSyncReplicas& replicas) { replicas.tick(now()); });
  world_.simulation.reschedule_after(look_, Duration{params_.replicas.lag_time_max / 2});
}

bool Replication::is_imbalanced(std::uint32_t index) const {
  constexpr std::uint64_t kTenth = 10;
  std::uint64_t meant = 0, elsewhere = 0;
  for (const Partition& partition : partitions_) {
    if (partition.brokers.front() != index) continue;
    ++meant;
    elsewhere += partition.leader != index;
  }
  return elsewhere * kTenth > meant;
}

void Replication::rebalance() {
  const std::uint64_t before = elections_;
  for (std::uint32_t b = 0; b < brokers_.size(); ++b) {
    if (!is_imbalanced(b)) continue;
    for (std::uint32_t p = 0; p < partitions_.size(); ++p)
      if (partitions_[p].brokers.front() == b)
        change(p, [&](InSyncReplicas& replicas) {
          hear_all(p, replicas);
          replicas.hand_over(now(), 0);
        });
  }
  if (elections_ > before) tell("leaders are moved back", before);
  world_.simulation.reschedule_after(rebalance_, params_.leader_rebalance);
}

void Replication::tell(const std::string& cause, std::uint64_t elections_before) {
  const auto led = static_cast<std::uint64_t>(
      std::count_if(partitions_.begin(), partitions_.end(),
                    [](const Partition& p) { return p.replicas.leader().has_value(); }));
  std::string text = cause + ": " + std::to_string(elections_ - elections_before) +
                     " of the partitions of " + brokers_.front()->component().id() +
                     " have another leader";
  if (led < partitions_.size())
    text += ", " + std::to_string(partitions_.size() - led) + " have none";
  world_.happened("failover", text);
}

}  // namespace highwater::messaging
