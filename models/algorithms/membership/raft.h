#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "models/algorithms/random_bits.h"

namespace highwater::membership {

/// Whose timing and whose extensions of the paper.
enum class RaftVariant : std::uint8_t { paper, hashicorp, etcd };

struct RaftOptions {
  RaftVariant variant = RaftVariant::paper;
  std::int64_t heartbeat = 50'000'000;      ///< Between two of the leader; etcd: one tick.
  std::int64_t election_min = 150'000'000;  ///< Shortest election timeout.
  std::int64_t election_max = 300'000'000;  ///< Longest; paper only.
  std::int64_t leader_lease = 500'000'000;  ///< hashicorp: LeaderLeaseTimeout
  bool pre_vote = false;                    ///< etcd
  bool check_quorum = false;                ///< etcd

  /// "Broadcast time" of the paper's section 9.3 is far below; the election timeouts are its.
  static RaftOptions paper() { return {}; }
  /// HeartbeatTimeout = ElectionTimeout = 1 s, each drawn from [t, 2t).
  static RaftOptions hashicorp() {
    RaftOptions o;
    o.variant = RaftVariant::hashicorp;
    o.heartbeat = 100'000'000;  // HeartbeatTimeout / 10, drawn from [t, 2t)
    o.election_min = 1'000'000'000;
    return o;
  }
  /// etcd: a tick of 100 ms, elections after 10 to 19 of them; pre-vote since 3.5.
  static RaftOptions etcd() {
    RaftOptions o;
    o.variant = RaftVariant::etcd;
    o.heartbeat = 100'000'000;
    o.election_min = 1'000'000'000;
    o.pre_vote = true;
    o.check_quorum = true;
    return o;
  }
};

struct RaftMessage {
  enum class Kind : std::uint8_t {
    pre_vote,
    pre_vote_answer,
    vote,
    vote_answer,
    append,
    append_answer
  };
  Kind kind = Kind::append;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint64_t term = 0;
  bool granted = false;          ///< Or, of an append, that it fitted.
  std::uint64_t last_index = 0;  ///< Of the candidate's log, or of what the follower has.
  std::uint64_t last_term = 0;   ///< Of the candidate's log, or of the entry before the first sent.
  std::uint64_t position = 0;    ///< Of the candidate's data; see Raft::holds().
  std::uint64_t previous = 0;    ///< Index before the first entry sent.
  std::uint64_t commit = 0;
  std::vector<std::uint64_t> entries;  ///< Their terms: that is all an election asks of them.
};

enum class RaftRole : std::uint8_t { follower, pre_candidate, candidate, leader };

/// membership Raft: one server of a Raft group, as far as leaders go.
///
/// A follower that hears of no leader for its election timeout stands for election in the next
/// term; whoever a majority votes for leads. A server votes once in a term, and only for a
/// candidate whose log is at least as up to date as its own: a later last term, or the same and at
/// least as long. Term, vote and log survive a crash. The leader sends heartbeats with the entries
/// that followers lack, and counts an entry of its own term as committed when a majority has it.
///
/// paper      draws each timeout from [150 ms, 300 ms).
/// hashicorp  looks each time its drawn timeout is over whether the leader was heard of within the
///            fixed one, refuses to vote while it knows a leader, and as leader steps down when no
///            majority has answered for the lease.
/// etcd       counts ticks: a follower stands after 10 to 19. With pre-vote it first asks whether
/// it
///            would win, which raises no term; with check-quorum the leader steps down when, over
///            an election timeout, no majority was heard of, and servers do not vote while they
///            hear of a leader.
///
/// Data may be replicated beside the log, as in a database that only elects its primary so: then
/// holds() says how far each server has come, and votes go by that before they go by the log.
///
/// Membership changes, snapshots and transfer of leadership are left out.
///
/// At the edges  a group of one elects itself. Timeouts below 1 ms count as 1 ms. Time that goes
///          backwards counts as standing still. Messages of earlier terms are answered with the
///          present one (etcd: only where a lease or pre-vote could block their sender).
/// Source   D. Ongaro, J. Ousterhout, In Search of an Understandable Consensus Algorithm, 2014;
///          hashicorp/raft 1.1.2, raft.go; etcd raft of 3.4, raft.go.
/// Checked  tests/membership/raft_test.cpp: one leader in a term at most, whose log is a
///          majority's best; committed entries stay; times of each variant.
class Raft {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  Raft(RaftOptions options, std::uint32_t self, std::uint32_t servers)
      : options_(options), self_(self), servers_(std::max(1u, servers)) {
    constexpr std::int64_t kLeast = 1'000'000;
    options_.heartbeat = std::max(kLeast, options_.heartbeat);
    options_.election_min = std::max(kLeast, options_.election_min);
    options_.election_max = std::max(options_.election_min + 1, options_.election_max);
    options_.leader_lease = std::max(kLeast, options_.leader_lease);
    voted_.resize(servers_);
    next_.resize(servers_);
    match_.resize(servers_);
    contact_.resize(servers_);
    recent_.resize(servers_);
  }

  RaftRole role() const { return role_; }
  std::uint64_t term() const { return term_; }
  std::optional<std::uint32_t> leader() const { return leader_; }
  const std::vector<std::uint64_t>& log() const { return log_; }
  std::uint64_t commit() const { return commit_; }
  /// How far the data beside the log has come here; the greater, the more up to date.
  void holds(std::uint64_t position) { position_ = position; }

  /// The process begins, or begins anew with what it had persisted.
  template <BitSource Bits>
  void start(std::int64_t now, Bits& bits) {
    now_ = std::max(now_, now);
    commit_ = 0;
    leader_.reset();
    last_contact_ = now_;
    ticks_ = 0;
    tick_at_ = etcd() ? now_ + options_.heartbeat : kNever;
    become(RaftRole::follower, bits);
  }

  /// Stands for election at once, without asking first whether it would win.
  template <BitSource Bits>
  void campaign(Bits& bits, std::vector<RaftMessage>& out) {
    run(bits, out);
  }

  std::int64_t next() const { return std::min({timer_, tick_at_, lease_at_}); }

  template <BitSource Bits>
  void tick(std::int64_t now, Bits& bits, std::vector<RaftMessage>& out) {
    now_ = std::max(now_, now);
    for (std::int64_t due = next(); due <= now_; due = next()) {
      if (due == tick_at_) {
        tick_at_ = now_ + options_.heartbeat;
        etcd_tick(bits, out);
      } else if (due == lease_at_) {
        check_lease(bits);
      } else if (role_ == RaftRole::leader) {
        heartbeat(bits, out);
      } else {
        timed_out(bits, out);
      }
    }
  }

  /// The leader takes an entry. @return whether this is the leader.
  bool propose() {
    if (role_ != RaftRole::leader) return false;
    log_.push_back(term_);
    match_[self_] = log_.size();
    if (servers_ == 1) commit_ = log_.size();
    return true;
  }

  template <BitSource Bits>
  void receive(std::int64_t now, const RaftMessage& m, Bits& bits, std::vector<RaftMessage>& out) {
    now_ = std::max(now_, now);
    using Kind = RaftMessage::Kind;
    const bool asks = m.kind == Kind::vote || m.kind == Kind::pre_vote;
    if (asks && hears_of_leader(m)) {
      // etcd says nothing; hashicorp says no, in its own term.
      if (!etcd()) answer_vote(m, false, out);
      return;
    }
    if (m.term > term_ && m.kind != Kind::pre_vote &&
        !(m.kind == Kind::pre_vote_answer && m.granted)) {
      term_ = m.term;
      vote_.reset();
      become(RaftRole::follower, bits);
      leader_.reset();
    }
    if (m.term < term_) {
      if (asks) {
        answer_vote(m, false, out);
      } else if (m.kind == Kind::append) {
        RaftMessage answer = message(Kind::append_answer, m.from);
        answer.last_index = log_.size();
        out.push_back(std::move(answer));
      }
      return;
    }
    switch (m.kind) {
      case Kind::pre_vote:
        answer_vote(m, m.term > term_ && up_to_date(m), out);
        return;
      case Kind::vote: {
        const bool can = vote_ ? *vote_ == m.from : (!leader_ || !etcd());
        const bool granted = can && up_to_date(m) && role_ != RaftRole::leader;
        if (granted) {
          vote_ = m.from;
          ticks_ = 0;
          last_contact_ = now_;  // so in hashicorp/raft: a vote is a contact
          if (options_.variant == RaftVariant::paper) draw(bits);
        }
        answer_vote(m, granted, out);
        return;
      }
      case Kind::pre_vote_answer:
        if (role_ == RaftRole::pre_candidate) count_vote(m, bits, out);
        return;
      case Kind::vote_answer:
        if (role_ == RaftRole::candidate) count_vote(m, bits, out);
        return;
      case Kind::append:
        take_entries(m, bits, out);
        return;
      case Kind::append_answer:
        if (role_ == RaftRole::leader) take_answer(m, out);
        return;
    }
  }

 private:
  bool etcd() const { return options_.variant == RaftVariant::etcd; }
  std::uint32_t majority() const { return servers_ / 2 + 1; }
  std::uint64_t last_term() const { return log_.empty() ? 0 : log_.back(); }
  bool up_to_date(const RaftMessage& m) const {
    if (m.position != position_) return m.position > position_;
    return m.last_term != last_term() ? m.last_term > last_term() : m.last_index >= log_.size();
  }

  bool hears_of_leader(const RaftMessage& m) const {
    switch (options_.variant) {
      case RaftVariant::paper:
        return false;
      case RaftVariant::hashicorp:
        return leader_ && *leader_ != m.from;
      case RaftVariant::etcd:
        return options_.check_quorum && leader_ && ticks_ < election_ticks() && m.term > term_;
    }
    return false;
  }

  std::int64_t election_ticks() const {
    return std::max<std::int64_t>(1, options_.election_min / options_.heartbeat);
  }

  template <BitSource Bits>
  static std::int64_t below(std::int64_t n, Bits& bits) {
    return static_cast<std::int64_t>((bits.bits() >> 1) % static_cast<std::uint64_t>(n));
  }

  // A new election timeout, or the time of the next heartbeat.
  template <BitSource Bits>
  void draw(Bits& bits) {
    switch (options_.variant) {
      case RaftVariant::paper:
        timer_ = now_ + (role_ == RaftRole::leader
                             ? options_.heartbeat
                             : options_.election_min +
                                   below(options_.election_max - options_.election_min, bits));
        return;
      case RaftVariant::hashicorp: {
        const std::int64_t t =
            role_ == RaftRole::leader ? options_.heartbeat : options_.election_min;
        timer_ = now_ + t + below(t, bits);
        return;
      }
      case RaftVariant::etcd:
        timer_ = kNever;
        limit_ = election_ticks() + below(election_ticks(), bits);
        return;
    }
  }

  template <BitSource Bits>
  void become(RaftRole role, Bits& bits) {
    role_ = role;
    ticks_ = 0;
    lease_at_ = kNever;
    std::fill(voted_.begin(), voted_.end(), 0);
    draw(bits);
  }

  template <BitSource Bits>
  void timed_out(Bits& bits, std::vector<RaftMessage>& out) {
    if (options_.variant == RaftVariant::hashicorp && role_ == RaftRole::follower &&
        now_ - last_contact_ < options_.election_min) {
      draw(bits);
      return;
    }
    stand(bits, out);
  }

  template <BitSource Bits>
  void etcd_tick(Bits& bits, std::vector<RaftMessage>& out) {
    ++ticks_;
    if (role_ != RaftRole::leader) {
      if (ticks_ >= limit_) stand(bits, out);
      return;
    }
    if (ticks_ >= election_ticks()) {
      ticks_ = 0;
      if (options_.check_quorum) {
        std::uint32_t active = 1;
        for (std::uint32_t s = 0; s < servers_; ++s) active += s != self_ && recent_[s] != 0;
        std::fill(recent_.begin(), recent_.end(), 0);
        if (active < majority()) {
          become(RaftRole::follower, bits);
          leader_.reset();
          return;
        }
      }
    }
    send_entries(out);
  }

  template <BitSource Bits>
  void stand(Bits& bits, std::vector<RaftMessage>& out) {
    leader_.reset();
    if (options_.pre_vote && etcd()) {
      become(RaftRole::pre_candidate, bits);
      ask(RaftMessage::Kind::pre_vote, term_ + 1, bits, out);
    } else {
      run(bits, out);
    }
  }
  template <BitSource Bits>
  void run(Bits& bits, std::vector<RaftMessage>& out) {
    ++term_;
    vote_ = self_;
    become(RaftRole::candidate, bits);
    ask(RaftMessage::Kind::vote, term_, bits, out);
  }
  template <BitSource Bits>
  void ask(RaftMessage::Kind kind, std::uint64_t term, Bits& bits, std::vector<RaftMessage>& out) {
    voted_[self_] = 1;
    if (majority() == 1) {
      won(bits, out);
      return;
    }
    for (std::uint32_t s = 0; s < servers_; ++s) {
      if (s == self_) continue;
      RaftMessage m = message(kind, s);
      m.term = term;
      m.last_index = log_.size();
      m.last_term = last_term();
      m.position = position_;
      out.push_back(std::move(m));
    }
  }

  template <BitSource Bits>
  void count_vote(const RaftMessage& m, Bits& bits, std::vector<RaftMessage>& out) {
    voted_[m.from] = m.granted ? 1 : 2;
    const auto yes = static_cast<std::uint32_t>(std::count(voted_.begin(), voted_.end(), 1));
    const auto no = static_cast<std::uint32_t>(std::count(voted_.begin(), voted_.end(), 2));
    if (yes >= majority()) {
      won(bits, out);
    } else if (etcd() && no >= majority()) {
      become(RaftRole::follower, bits);
    }
  }

  template <BitSource Bits>
  void won(Bits& bits, std::vector<RaftMessage>& out) {
    if (role_ == RaftRole::pre_candidate) {
      run(bits, out);
      return;
    }
    become(RaftRole::leader, bits);
    leader_ = self_;
    std::fill(next_.begin(), next_.end(), log_.size() + 1);
    std::fill(match_.begin(), match_.end(), 0);
    std::fill(contact_.begin(), contact_.end(), now_);
    std::fill(recent_.begin(), recent_.end(), 0);
    if (options_.variant == RaftVariant::hashicorp) lease_at_ = now_ + options_.leader_lease;
    propose();  // an entry of its own term, so that those before it can be committed (section 8)
    send_entries(out);
  }

  template <BitSource Bits>
  void heartbeat(Bits& bits, std::vector<RaftMessage>& out) {
    draw(bits);
    send_entries(out);
  }

  // hashicorp: as many as a majority must have been in contact within the lease; it looks again
  // when the oldest of those contacts would be too old.
  template <BitSource Bits>
  void check_lease(Bits& bits) {
    constexpr std::int64_t kLeast = 10'000'000;  // minCheckInterval
    std::uint32_t contacted = 1;
    std::int64_t oldest = 0;
    for (std::uint32_t s = 0; s < servers_; ++s) {
      if (s == self_) continue;
      const std::int64_t age = now_ - contact_[s];
      if (age > options_.leader_lease) continue;
      ++contacted;
      oldest = std::max(oldest, age);
    }
    if (contacted < majority()) {
      become(RaftRole::follower, bits);
      leader_.reset();
      return;
    }
    lease_at_ = now_ + std::max(kLeast, options_.leader_lease - oldest);
  }

  RaftMessage message(RaftMessage::Kind kind, std::uint32_t to) const {
    RaftMessage m;
    m.kind = kind;
    m.from = self_;
    m.to = to;
    m.term = term_;
    return m;
  }
  void answer_vote(const RaftMessage& m, bool granted, std::vector<RaftMessage>& out) const {
    const bool pre = m.kind == RaftMessage::Kind::pre_vote;
    RaftMessage answer =
        message(pre ? RaftMessage::Kind::pre_vote_answer : RaftMessage::Kind::vote_answer, m.from);
    // A pre-vote that is granted comes back in the term that was asked for.
    if (pre && granted) answer.term = m.term;
    answer.granted = granted;
    out.push_back(std::move(answer));
  }

  void send_entries(std::vector<RaftMessage>& out) const {
    for (std::uint32_t s = 0; s < servers_; ++s)
      if (s != self_) send_entries_to(s, out);
  }
  void send_entries_to(std::uint32_t s, std::vector<RaftMessage>& out) const {
    RaftMessage m = message(RaftMessage::Kind::append, s);
    m.previous = next_[s] - 1;
    m.last_term = m.previous == 0 ? 0 : log_[m.previous - 1];
    m.commit = commit_;
    m.entries.assign(log_.begin() + static_cast<std::ptrdiff_t>(m.previous), log_.end());
    out.push_back(std::move(m));
  }

  template <BitSource Bits>
  void take_entries(const RaftMessage& m, Bits& bits, std::vector<RaftMessage>& out) {
    if (role_ != RaftRole::follower) become(RaftRole::follower, bits);
    leader_ = m.from;
    last_contact_ = now_;
    ticks_ = 0;
    if (options_.variant == RaftVariant::paper) draw(bits);
    RaftMessage answer = message(RaftMessage::Kind::append_answer, m.from);
    const bool fits =
        m.previous <= log_.size() && (m.previous == 0 || log_[m.previous - 1] == m.last_term);
    answer.granted = fits;
    if (!fits) {
      answer.last_index = std::min<std::uint64_t>(log_.size(), m.previous - 1);
      out.push_back(std::move(answer));
      return;
    }
    for (std::size_t i = 0; i < m.entries.size(); ++i) {
      const std::size_t at = static_cast<std::size_t>(m.previous) + i;
      if (at < log_.size() && log_[at] == m.entries[i]) continue;
      log_.resize(at);
      log_.push_back(m.entries[i]);
    }
    answer.last_index = m.previous + m.entries.size();
    commit_ = std::max(commit_, std::min<std::uint64_t>(m.commit, answer.last_index));
    out.push_back(std::move(answer));
  }

  void take_answer(const RaftMessage& m, std::vector<RaftMessage>& out) {
    contact_[m.from] = now_;
    recent_[m.from] = 1;
    if (!m.granted) {
      next_[m.from] = std::min(next_[m.from] > 1 ? next_[m.from] - 1 : 1, m.last_index + 1);
      send_entries_to(m.from, out);
      return;
    }
    match_[m.from] = std::max(match_[m.from], m.last_index);
    next_[m.from] = match_[m.from] + 1;
    sorted_ = match_;
    std::sort(sorted_.begin(), sorted_.end(), std::greater<>());
    const std::uint64_t everywhere = sorted_[majority() - 1];
    // Only an entry of its own term is committed by counting (section 5.4.2).
    if (everywhere > commit_ && log_[everywhere - 1] == term_) commit_ = everywhere;
  }

  RaftOptions options_;
  std::uint32_t self_;
  std::uint32_t servers_;
  // Persistent.
  std::uint64_t term_ = 0;
  std::optional<std::uint32_t> vote_;
  std::vector<std::uint64_t> log_;  // the entries' terms
  std::uint64_t position_ = 0;
  // Volatile.
  RaftRole role_ = RaftRole::follower;
  std::optional<std::uint32_t> leader_;
  std::uint64_t commit_ = 0;
  std::vector<char> voted_;  // 1: for it, 2: against
  std::vector<std::uint64_t> next_;
  std::vector<std::uint64_t> match_;
  std::vector<std::uint64_t> sorted_;
  std::vector<std::int64_t> contact_;
  std::vector<char> recent_;
  std::int64_t now_ = 0;
  std::int64_t last_contact_ = 0;
  std::int64_t timer_ = kNever;
  std::int64_t tick_at_ = kNever;
  std::int64_t lease_at_ = kNever;
  std::int64_t ticks_ = 0;
  std::int64_t limit_ = 0;
};

}  // namespace highwater::membership
