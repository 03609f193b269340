#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "models/algorithms/hashing/farmhash.h"
#include "models/algorithms/membership/ringpop_member.h"
#include "models/algorithms/random_bits.h"

namespace highwater::membership {

struct RingpopOptions {
  std::int64_t min_protocol_period = 200'000'000;
  std::int64_t ping_timeout = 1'500'000'000;
  std::int64_t ping_req_timeout = 5'000'000'000;
  std::uint32_t ping_req_size = 3;
  std::int64_t suspect_timeout = 5'000'000'000;
  std::int64_t faulty_timeout = 86'400'000'000'000;
  std::int64_t tombstone_timeout = 60'000'000'000;
  std::uint32_t piggyback_factor = 15;
  std::uint32_t max_reverse_full_syncs = 5;
  DampingOptions damping = {};
};

struct RingpopMessage {
  enum class Kind : std::uint8_t {
    ping,
    ping_answer,
    ping_req,
    ping_req_answer,
    join,
    join_answer
  };
  Kind kind = Kind::ping;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint32_t call = 0;    ///< Answers carry the number of what they answer.
  std::uint32_t target = 0;  ///< Of a ping-req.
  bool reached = false;      ///< Of its answer.
  std::uint32_t checksum = 0;
  std::int64_t incarnation = 0;  ///< The sender's.
  std::vector<RingpopChange> changes;
};

struct RingpopEvent {
  std::uint32_t node;
  RingpopStatus status;
  bool evicted = false;  ///< Forgotten, its tombstone included.
  bool flapper = false;  ///< Its damp score has reached the limit; status means nothing.
};

struct RingpopOutput {
  std::vector<RingpopMessage> messages;
  std::vector<RingpopEvent> events;
  void clear() {
    messages.clear();
    events.clear();
  }
};

/// membership Ringpop: one member of a ring as Uber's ringpop-node runs it.
///
/// SWIM with calls: once a protocol period (the longer of the minimum and twice the median time of
/// a ping) the next of a shuffled list is pinged; if it does not answer, three others are asked to
/// ping it, and if one of them could not reach it and none could, it is suspect, faulty after 5 s,
/// a tombstone after a day and forgotten a minute later. If no helper answered either, nothing is
/// concluded. Changes ride on pings and answers, each as often as 15 times the digits of the ring's
/// size; one that was answered to a member that brought it is left out. An answer to somebody
/// without anything to tell who has another checksum of the membership carries the whole of it, and
/// asks for the other's in turn. A member that hears that it is not alive takes a new incarnation.
///
/// Time: a protocol step O(changes); a change O(members), for the checksum is made of all of them.
///
/// Assumes  clocks that agree: an incarnation is the time in milliseconds. The median is that of
/// the
///          last 1028 pings; ringpop samples as many with a decay.
/// At the edges  a member that knows nobody pings nobody. Time that goes backwards counts as
/// standing
///          still. Answers to calls that have timed out are dropped, as tchannel drops them.
/// Source   ringpop-node 10.21, lib/gossip, lib/membership, server/protocol.
/// Checked  tests/membership/ringpop_test.cpp: rules of override; checksums; every dead member is
///          found, no live one without loss; all agree in the end.
class Ringpop {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  /// @param addresses  "host:port" of every node there may be; it must outlive this.
  Ringpop(RingpopOptions options, std::uint32_t self, const std::vector<std::string>& addresses)
      : options_(options), self_(self), addresses_(&addresses), table_(addresses.size()) {
    order_.resize(addresses.size());
    for (std::uint32_t i = 0; i < order_.size(); ++i) order_[i] = i;
    std::sort(order_.begin(), order_.end(),
              [&](std::uint32_t a, std::uint32_t b) { return addresses[a] < addresses[b]; });
    timings_.push_back(options.min_protocol_period);
  }

  template <BitSource Bits>
  void start(std::int64_t now, Bits& bits) {
    now_ = std::max(now_, now);
    table_[self_] = {.known = true, .status = RingpopStatus::alive, .incarnation = milliseconds()};
    members_.assign(1, self_);
    record(change_of(self_));
    ring_changed();
    checksum();
    step_at_ = now_ + static_cast<std::int64_t>(bits.bits() %
                                                static_cast<std::uint64_t>(std::max<std::int64_t>(
                                                    1, options_.min_protocol_period + 1)));
    rate_at_ = now_ + 1'000'000'000;
    rate_ = 0;
  }

  /// Knows nodes 0 to n - 1, who started when this one did, with nothing to tell of them: for rings
  /// in which all know all from the start.
  template <BitSource Bits>
  void know_first(std::uint32_t n, Bits& bits) {
    for (std::uint32_t node = 0; node < n; ++node) {
      if (node == self_) continue;
      table_[node] = {.known = true, .status = RingpopStatus::alive, .incarnation = milliseconds()};
      members_.push_back(node);
    }
    shuffle(bits);
    changes_.clear();
    ring_changed();
    checksum();
  }

  /// Asks a member for all it knows.
  void join(std::int64_t now, std::uint32_t seed, RingpopOutput& out) {
    now_ = std::max(now_, now);
    call(RingpopMessage::Kind::join, seed, 0, out);
  }

  /// Says that it leaves, on purpose; or that it is back.
  void set_leaving(std::int64_t now, bool leaving) {
    now_ = std::max(now_, now);
    table_[self_].status = leaving ? RingpopStatus::leave : RingpopStatus::alive;
    reincarnate();
  }

  std::uint32_t membership_checksum() const { return checksum_; }
  bool knows(std::uint32_t node) const { return table_[node].known; }
  bool in_ring(std::uint32_t node) const { return in_ring(table_[node]); }
  RingpopStatus status(std::uint32_t node) const { return table_[node].status; }
  std::int64_t incarnation(std::uint32_t node) const { return table_[node].incarnation; }
  std::uint32_t max_piggyback() const { return max_piggyback_; }
  std::size_t waiting_changes() const { return changes_.size(); }
  double damp_score(std::uint32_t node) const {
    return table_[node].damp.value(now_, options_.damping);
  }

  std::int64_t next() const {
    std::int64_t first = std::min(step_at_, rate_at_);
    for (const Call& c : calls_) first = std::min(first, c.deadline);
    for (const Timer& t : timers_) first = std::min(first, t.at);
    return first;
  }

  template <BitSource Bits>
  void tick(std::int64_t now, Bits& bits, RingpopOutput& out) {
    now_ = std::max(now_, now);
    for (std::int64_t due = next(); due <= now_; due = next()) {
      if (rate_at_ == due) {
        rate_at_ += 1'000'000'000;
        if (rate_at_ <= now_) rate_at_ = now_ + 1'000'000'000;
        rate_ = std::max(2 * median(), options_.min_protocol_period);
      } else if (step_at_ == due) {
        step_at_ = kNever;
        step(bits, out);
      } else if (!expire_call(due, bits, out)) {
        expire_timer(due, out);
      }
    }
  }

  template <BitSource Bits>
  void receive(std::int64_t now, const RingpopMessage& m, Bits& bits, RingpopOutput& out) {
    now_ = std::max(now_, now);
    using Kind = RingpopMessage::Kind;
    switch (m.kind) {
      case Kind::ping: {
        update(m.changes, bits, out);
        RingpopMessage answer = reply(Kind::ping_answer, m.from, m.call);
        if (answer_changes(m, answer.changes) && reverse_syncs_ < options_.max_reverse_full_syncs) {
          ++reverse_syncs_;
          call(Kind::join, m.from, 0, out);
        }
        out.messages.push_back(std::move(answer));
        return;
      }
      case Kind::ping_req: {
        update(m.changes, bits, out);
        const std::uint32_t number = call(Kind::ping, m.target, 0, out);
        Call& ping = *find_call(number);
        ping.asked = true;
        ping.asker = m;
        ping.asker.changes.clear();
        return;
      }
      case Kind::join: {
        // Whoever joins is alive by that.
        if (m.from != self_) {
          RingpopChange joiner{m.from, RingpopStatus::alive, m.incarnation, self_,
                               table_[self_].incarnation};
          update({joiner}, bits, out);
        }
        RingpopMessage answer = reply(Kind::join_answer, m.from, m.call);
        for (const std::uint32_t node : members_) answer.changes.push_back(change_of(node));
        out.messages.push_back(std::move(answer));
        return;
      }
      case Kind::ping_answer:
      case Kind::ping_req_answer:
      case Kind::join_answer: {
        Call* found = find_call(m.call);
        if (found == nullptr || found->to != m.from) return;
        const Call done = std::move(*found);
        drop_call(m.call);
        confirm(done);
        update(m.changes, bits, out);
        finish(done, true, m.kind != Kind::ping_req_answer || m.reached, bits, out);
        return;
      }
    }
  }

 private:
  struct Member {
    bool known = false;
    RingpopStatus status = RingpopStatus::alive;
    std::int64_t incarnation = 0;
    DampScore damp = {};
  };
  struct Pending {  // a change that is being spread
    RingpopChange change;
    std::uint32_t number;  // of the change
    std::uint32_t issued;
  };
  struct Call {
    RingpopMessage::Kind kind;
    std::uint32_t number;
    std::uint32_t to;
    std::int64_t deadline;
    std::vector<std::uint32_t> issued;  // changes that came along
    bool asked = false;                 // a ping for somebody else
    RingpopMessage asker = {};
  };
  struct Timer {
    std::uint32_t node;
    RingpopStatus status;
    std::int64_t incarnation;
    std::int64_t at;
  };
  struct Probe {
    bool active = false;
    std::uint32_t node = 0;
    std::int64_t incarnation = 0;
    std::int64_t began = 0;
    std::uint32_t ping = 0;  // its call
    std::vector<std::uint32_t> asked;
    bool unreached = false;
  };

  std::int64_t milliseconds() const { return now_ / 1'000'000; }
  bool in_ring(const Member& m) const {
    return m.known && (m.status == RingpopStatus::alive || m.status == RingpopStatus::suspect);
  }
  bool pingable(std::uint32_t node) const { return node != self_ && in_ring(table_[node]); }

  RingpopChange change_of(std::uint32_t node) const {
    return {node, table_[node].status, table_[node].incarnation, self_, table_[self_].incarnation};
  }

  // FarmHash of address, status and incarnation of all members in the order of their addresses.
  void checksum() {
    static constexpr const char* kNames[] = {"alive", "suspect", "faulty", "leave", "tombstone"};
    text_.clear();
    for (const std::uint32_t node : order_) {
      const Member& m = table_[node];
      if (!m.known || m.status == RingpopStatus::tombstone) continue;
      if (!text_.empty()) text_ += ';';
      text_ += (*addresses_)[node];
      text_ += kNames[static_cast<std::size_t>(m.status)];
      text_ += std::to_string(m.incarnation);
    }
    checksum_ = hashing::farmhash_fingerprint32(text_);
  }

  void ring_changed() {
    std::uint64_t servers = 0;
    for (const std::uint32_t node : members_) servers += in_ring(table_[node]);
    std::uint32_t digits = 0;
    for (std::uint64_t power = 1; power < servers + 1; power *= 10) ++digits;
    max_piggyback_ = options_.piggyback_factor * digits;
  }

  void record(const RingpopChange& change) {
    std::erase_if(changes_, [&](const Pending& p) { return p.change.node == change.node; });
    changes_.push_back({change, ++last_change_, 0});
  }

  void reincarnate() {
    table_[self_].incarnation = milliseconds();
    record(change_of(self_));
    ring_changed();
    checksum();
  }

  template <BitSource Bits>
  void update(const std::vector<RingpopChange>& changes, Bits& bits, RingpopOutput& out) {
    bool any = false;
    for (RingpopChange change : changes) {
      if (change.node >= table_.size()) continue;
      Member& m = table_[change.node];
      if (m.known ? !ringpop_overrides(change, m.status, m.incarnation)
                  : change.status == RingpopStatus::tombstone)
        continue;
      any = true;
      if (change.node == self_) {
        m.incarnation = milliseconds();
        record(change_of(self_));
        continue;
      }
      const bool was = in_ring(m);
      if (!m.known) {
        m.known = true;
        const auto at = random_below(static_cast<std::uint32_t>(members_.size()), bits);
        members_.insert(members_.begin() + at, change.node);
      } else if (m.damp.penalize(now_, options_.damping)) {
        out.events.push_back({change.node, change.status, false, true});
      }
      m.status = change.status;
      m.incarnation = change.incarnation;
      schedule(change);
      record(change);
      if (was != in_ring(m)) ring_changed();
      out.events.push_back({change.node, change.status});
    }
    if (any) checksum();
  }

  void schedule(const RingpopChange& change) {
    const auto timer = std::find_if(timers_.begin(), timers_.end(),
                                    [&](const Timer& t) { return t.node == change.node; });
    if (timer != timers_.end()) {
      if (timer->status == change.status) return;
      timers_.erase(timer);
    }
    std::int64_t wait = 0;
    switch (change.status) {
      case RingpopStatus::alive:
      case RingpopStatus::leave:
        return;
      case RingpopStatus::suspect:
        wait = options_.suspect_timeout;
        break;
      case RingpopStatus::faulty:
        wait = options_.faulty_timeout;
        break;
      case RingpopStatus::tombstone:
        wait = options_.tombstone_timeout;
        break;
    }
    timers_.push_back({change.node, change.status, change.incarnation, now_ + wait});
  }

  void expire_timer(std::int64_t due, RingpopOutput& out) {
    const auto found =
        std::find_if(timers_.begin(), timers_.end(), [&](const Timer& t) { return t.at <= due; });
    if (found == timers_.end()) return;
    const Timer timer = *found;
    timers_.erase(found);
    switch (timer.status) {
      case RingpopStatus::suspect:
        declare(timer.node, timer.incarnation, RingpopStatus::faulty, out);
        return;
      case RingpopStatus::faulty:
        declare(timer.node, timer.incarnation, RingpopStatus::tombstone, out);
        return;
      default:
        table_[timer.node] = {};
        std::erase(members_, timer.node);
        checksum();
        out.events.push_back({timer.node, timer.status, true});
        return;
    }
  }

  void declare(std::uint32_t node, std::int64_t incarnation, RingpopStatus status,
               RingpopOutput& out) {
    struct {
      std::uint64_t bits() { return 0; }  // a known member needs no place among the others
    } none;
    if (!table_[node].known) return;
    update({{node, status, incarnation, self_, table_[self_].incarnation}}, none, out);
  }

  // Everything that was not issued often enough yet.
  std::vector<RingpopChange> issue(std::vector<std::uint32_t>* numbers) {
    std::erase_if(changes_, [&](const Pending& p) { return p.issued >= max_piggyback_; });
    std::vector<RingpopChange> list;
    for (const Pending& p : changes_) {
      list.push_back(p.change);
      if (numbers != nullptr) numbers->push_back(p.number);
    }
    return list;
  }
  // Those that a call carried count once it was answered.
  void confirm(const Call& call) {
    for (Pending& p : changes_)
      if (std::find(call.issued.begin(), call.issued.end(), p.number) != call.issued.end())
        ++p.issued;
  }

  // @return whether it is the whole membership.
  bool answer_changes(const RingpopMessage& m, std::vector<RingpopChange>& list) {
    std::erase_if(changes_,
                  [&](const Pending& p) { return !brought(p, m) && p.issued >= max_piggyback_; });
    for (Pending& p : changes_) {
      if (brought(p, m)) continue;
      list.push_back(p.change);
      ++p.issued;
    }
    if (!list.empty() || checksum_ == m.checksum) return false;
    for (const std::uint32_t node : members_) list.push_back(change_of(node));
    return true;
  }
  static bool brought(const Pending& p, const RingpopMessage& m) {
    return p.change.source == m.from && p.change.source_incarnation == m.incarnation;
  }

  RingpopMessage reply(RingpopMessage::Kind kind, std::uint32_t to, std::uint32_t number) const {
    RingpopMessage m;
    m.kind = kind;
    m.from = self_;
    m.to = to;
    m.call = number;
    m.checksum = checksum_;
    m.incarnation = table_[self_].incarnation;
    return m;
  }

  std::uint32_t call(RingpopMessage::Kind kind, std::uint32_t to, std::uint32_t target,
                     RingpopOutput& out) {
    const std::int64_t wait =
        kind == RingpopMessage::Kind::ping ? options_.ping_timeout : options_.ping_req_timeout;
    Call made{kind, ++last_call_, to, now_ + wait, {}};
    RingpopMessage m = reply(kind, to, made.number);
    m.target = target;
    if (kind != RingpopMessage::Kind::join) m.changes = issue(&made.issued);
    calls_.push_back(std::move(made));
    out.messages.push_back(std::move(m));
    return last_call_;
  }
  Call* find_call(std::uint32_t number) {
    const auto found = std::find_if(calls_.begin(), calls_.end(),
                                    [&](const Call& c) { return c.number == number; });
    return found == calls_.end() ? nullptr : &*found;
  }
  void drop_call(std::uint32_t number) {
    std::erase_if(calls_, [&](const Call& c) { return c.number == number; });
  }

  template <BitSource Bits>
  bool expire_call(std::int64_t due, Bits& bits, RingpopOutput& out) {
    const auto found = std::find_if(calls_.begin(), calls_.end(),
                                    [&](const Call& c) { return c.deadline <= due; });
    if (found == calls_.end()) return false;
    const Call done = std::move(*found);
    calls_.erase(found);
    finish(done, false, false, bits, out);
    return true;
  }

  // A call is over: answered or not, and of a ping-req, whether the target was reached.
  template <BitSource Bits>
  void finish(const Call& done, bool answered, bool reached, Bits& bits, RingpopOutput& out) {
    using Kind = RingpopMessage::Kind;
    if (done.kind == Kind::join) {
      if (reverse_syncs_ > 0) --reverse_syncs_;
      return;
    }
    if (done.asked) {
      RingpopMessage answer = reply(Kind::ping_req_answer, done.asker.from, done.asker.call);
      answer.target = done.to;
      answer.reached = answered;
      answer_changes(done.asker, answer.changes);
      out.messages.push_back(std::move(answer));
      return;
    }
    if (!probe_.active) return;
    if (done.kind == Kind::ping) {
      if (done.number != probe_.ping) return;
      if (answered) {
        end_probe();
      } else {
        ask_others(bits, out);
      }
      return;
    }
    const auto helper = std::find(probe_.asked.begin(), probe_.asked.end(), done.number);
    if (helper == probe_.asked.end()) return;
    probe_.asked.erase(helper);
    if (answered && reached) {
      end_probe();
      return;
    }
    probe_.unreached = probe_.unreached || answered;
    if (!probe_.asked.empty()) return;
    if (probe_.unreached) declare(probe_.node, probe_.incarnation, RingpopStatus::suspect, out);
    end_probe();
  }

  template <BitSource Bits>
  void shuffle(Bits& bits) {
    for (std::size_t i = members_.size(); i > 1; --i)
      std::swap(members_[i - 1], members_[random_below(static_cast<std::uint32_t>(i), bits)]);
  }

  template <BitSource Bits>
  void step(Bits& bits, RingpopOutput& out) {
    for (std::size_t visited = 0; visited < members_.size(); ++visited) {
      if (++index_ >= members_.size()) {
        index_ = 0;
        shuffle(bits);
      }
      const std::uint32_t node = members_[index_];
      if (!pingable(node)) continue;
      probe_ = {};
      probe_.active = true;
      probe_.node = node;
      probe_.incarnation = table_[node].incarnation;
      probe_.began = now_;
      probe_.ping = call(RingpopMessage::Kind::ping, node, 0, out);
      return;
    }
    probe_.began = now_;
    end_probe();
  }

  template <BitSource Bits>
  void ask_others(Bits& bits, RingpopOutput& out) {
    helpers_.clear();
    for (const std::uint32_t node : members_)
      if (node != probe_.node && pingable(node)) helpers_.push_back(node);
    const std::size_t n = std::min<std::size_t>(options_.ping_req_size, helpers_.size());
    for (std::size_t i = 0; i < n; ++i) {
      const auto left = static_cast<std::uint32_t>(helpers_.size() - i);
      std::swap(helpers_[i], helpers_[i + random_below(left, bits)]);
    }
    if (n == 0) {
      declare(probe_.node, probe_.incarnation, RingpopStatus::suspect, out);
      end_probe();
      return;
    }
    for (std::size_t i = 0; i < n; ++i)
      probe_.asked.push_back(call(RingpopMessage::Kind::ping_req, helpers_[i], probe_.node, out));
  }

  void end_probe() {
    const std::int64_t took = now_ - probe_.began;
    probe_.active = false;
    constexpr std::size_t kSample = 1028;  // of `metrics`, which ringpop measures with
    if (timings_.size() < kSample)
      timings_.push_back(took);
    else
      timings_[next_timing_++ % kSample] = took;
    step_at_ = now_ + std::max(rate_, options_.min_protocol_period);
  }
  std::int64_t median() {
    sorted_ = timings_;
    const auto middle = sorted_.begin() + static_cast<std::ptrdiff_t>(sorted_.size() / 2);
    std::nth_element(sorted_.begin(), middle, sorted_.end());
    return *middle;
  }

  RingpopOptions options_;
  std::uint32_t self_;
  const std::vector<std::string>* addresses_;
  std::vector<Member> table_;           // by node
  std::vector<std::uint32_t> order_;    // nodes by address
  std::vector<std::uint32_t> members_;  // known ones, in the order of pinging
  std::size_t index_ = std::numeric_limits<std::size_t>::max();
  std::vector<Pending> changes_;
  std::vector<Call> calls_;
  std::vector<Timer> timers_;
  std::vector<std::uint32_t> helpers_;
  std::vector<std::int64_t> timings_;
  std::vector<std::int64_t> sorted_;
  std::size_t next_timing_ = 0;
  std::string text_;
  Probe probe_;
  std::uint32_t checksum_ = 0;
  std::uint32_t max_piggyback_ = 1;
  std::uint32_t last_change_ = 0;
  std::uint32_t last_call_ = 0;
  std::uint32_t reverse_syncs_ = 0;
  std::int64_t step_at_ = kNever;
  std::int64_t rate_at_ = kNever;
  std::int64_t rate_ = 0;
  std::int64_t now_ = 0;
};

}  // namespace highwater::membership
