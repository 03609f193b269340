#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace highwater::messaging {

struct SqsOptions {
  bool fifo = false;
  std::int64_t visibility_timeout = 30'000'000'000;       ///< VisibilityTimeout, 0 to 12 h
  std::int64_t delay = 0;                                 ///< DelaySeconds, 0 to 15 min
  std::int64_t retention = 345'600'000'000'000;           ///< MessageRetentionPeriod, 4 d
  std::uint32_t max_receive_count = 0;                    ///< maxReceiveCount; 0: no dead letters
  std::optional<std::uint32_t> max_in_flight = {};        ///< 120 000; FIFO 20 000
  std::int64_t deduplication_interval = 300'000'000'000;  ///< 5 min, FIFO only
};

/// messaging SqsQueue: an Amazon SQS queue, standard or FIFO.
///
/// A message received is hidden for the visibility timeout. Deleted in that time it is gone; else
/// it can be received again, with a receipt of its own each time. One received maxReceiveCount
/// times becomes a dead letter where it would be received once more. FIFO: messages of a group are
/// delivered in order, none while earlier ones of the group are in flight, except together in one
/// batch; a deduplication id seen in the last five minutes is accepted and not stored.
///
/// Standard queues promise no order; here a receive takes what has been visible for longest, so
/// that a message that timed out stands behind those that were sent before it timed out. Of groups
/// the one comes first that could be received from for longest.
///
/// Time: O(log n) for a message; no allocation once as many were there before, except for the group
/// and deduplication tables of FIFO queues, which allocate a node for each new id. Memory: what is
/// there, its groups, and the ids of the last five minutes.
///
/// At the edges  a visibility timeout of 0 makes a message visible again at once. Time that goes
///          backwards counts as standing still. At the limit of messages in flight a receive brings
///          nothing. A receipt of an earlier delivery is void once the message was received again
///          (on a standard queue SQS may still delete it; then it does not promise to). A batch
///          holds 1 to 10; the caller waits for a long poll (at most 20 s) until next_visible().
/// Source   Amazon SQS Developer Guide (visibility timeout, dead-letter queues, FIFO delivery
/// logic,
///          quotas) and API Reference, 2024.
/// Checked  tests/messaging/sqs_queue_test.cpp: the life of a message by hand; nothing is lost or
/// in
///          flight twice, whatever happens; groups keep their order.
class SqsQueue {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  static constexpr std::uint32_t kMostAtOnce = 10;

  struct Send {
    std::uint64_t body = 0;                           ///< Whatever the caller wants back.
    std::optional<std::int64_t> delay = {};           ///< In place of the queue's; not with FIFO.
    std::uint64_t group = 0;                          ///< MessageGroupId
    std::optional<std::uint64_t> deduplication = {};  ///< MessageDeduplicationId
  };
  struct Delivery {
    std::uint64_t receipt;  ///< For remove() and change_visibility().
    std::uint64_t body;
    std::uint32_t receives;  ///< ApproximateReceiveCount, this one included.
    std::int64_t sent;
  };

  explicit SqsQueue(SqsOptions options)
      : options_(options),
        limit_(options.max_in_flight.value_or(options.fifo ? 20'000u : 120'000u)) {}

  /// SetQueueAttributes: for whatever is received from now on, and for what is sent to a standard
  /// queue. Precondition: dead letters are as they were.
  void change(const SqsOptions& options) {
    options_.visibility_timeout = options.visibility_timeout;
    options_.max_receive_count = options.max_receive_count;
    if (!options_.fifo) options_.delay = options.delay;
  }

  std::size_t size() const { return alive_; }  ///< Not yet deleted, whatever their state.
  std::size_t in_flight() const { return in_flight_; }
  /// What was delivered with a receipt; nothing once that is void.
  std::optional<std::uint64_t> body(std::uint64_t receipt) const {
    const auto id = delivered(receipt);
    return id ? std::optional(messages_[*id].body) : std::nullopt;
  }

  /// Lets time go on to `now`, as all that follows does: expired(body) for each message that is
  /// thrown away for its age. Whoever wants to know of all of them calls it before anything else.
  template <class Expired>
  void pass(std::int64_t now, Expired expired) {
    advance(now, expired);
  }
  /// When pass() will have something to do at the earliest; kNever where never.
  std::int64_t next() {
    while (!hidden_.empty() && !is_due(hidden_.top())) hidden_.pop();
    while (!expiries_.empty() && !is_alive(expiries_.top())) expiries_.pop();
    return std::min(hidden_.empty() ? kNever : hidden_.top().first,
                    expiries_.empty() ? kNever : expiries_.top().first);
  }

  /// @return whether it was stored; a duplicate is accepted and not stored.
  bool send(std::int64_t now, const Send& message) {
    now = forward(now);
    if (options_.fifo && message.deduplication) {
      forget_duplicates(now);
      if (!seen_.try_emplace(*message.deduplication, now).second) return false;
      seen_order_.push(std::pair(now, *message.deduplication));
    }
    const std::uint32_t id = take();
    Message& m = messages_[id];
    m.body = message.body;
    m.group = message.group;
    m.order = ++last_order_;
    m.sent = now;
    m.receives = 0;
    ++alive_;
    const std::int64_t delay =
        options_.fifo ? options_.delay : message.delay.value_or(options_.delay);
    expiries_.push(std::pair(later(now, options_.retention), std::pair(id, m.life)));
    if (delay > 0) {
      hide(id, later(now, delay), State::delayed);
    } else {
      show(id);
    }
    return true;
  }

  /// Up to `most` messages: deliver(const Delivery&) for each; dead(body) for each that becomes a
  /// dead letter instead.
  template <class Deliver, class Dead>
  std::uint32_t receive(std::int64_t now, std::uint32_t most, Deliver deliver, Dead dead,
                        std::optional<std::int64_t> visibility = {}) {
    advance(now);
    most = std::min(std::max(most, 1u), kMostAtOnce);
    std::uint32_t got = 0;
    if (!options_.fifo) {
      while (got < most && in_flight_ < limit_ && first_ != kNone) {
        const std::uint32_t id = first_;
        unlink(id);
        got += hand_out(id, visibility, deliver, dead);
      }
      return got;
    }
    // As many of one group as there are before another group's turn comes.
    while (got < most && in_flight_ < limit_ && turn_first_ != kNone) {
      const std::uint32_t g = turn_first_;
      ++groups_[g].in_flight;  // keeps the group while its last message is taken
      std::uint32_t handed = 0;
      while (got + handed < most && in_flight_ < limit_ && can_be_received(groups_[g].first)) {
        const std::uint32_t id = groups_[g].first;
        unlink(id);
        handed += hand_out(id, visibility, deliver, dead);
      }
      groups_[g].in_flight += handed;
      --groups_[g].in_flight;
      look_after(g);
      got += handed;
    }
    return got;
  }

  /// Deletes a message. @return whether the receipt is that of its last delivery.
  bool remove(std::int64_t now, std::uint64_t receipt) {
    advance(now);
    const auto id = delivered(receipt);
    if (!id) return false;
    leave_flight(*id);
    release(*id);
    return true;
  }

  /// Hides a message for `timeout` from now; 0 gives it back.
  bool change_visibility(std::int64_t now, std::uint64_t receipt, std::int64_t timeout) {
    advance(now);
    const auto id = delivered(receipt);
    if (!id) return false;
    messages_[*id].until = later(now_, std::max<std::int64_t>(0, timeout));
    hidden_.push(std::pair(messages_[*id].until, std::pair(*id, messages_[*id].life)));
    advance(now_);
    return true;
  }

  /// When a message can be received at the earliest: now where one can, kNever where none is
  /// hidden.
  std::int64_t next_visible(std::int64_t now) {
    advance(now);
    if (anything_to_receive()) return now_;
    while (!hidden_.empty() && !is_due(hidden_.top())) hidden_.pop();
    return hidden_.empty() ? kNever : hidden_.top().first;
  }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  enum class State : std::uint8_t { free, visible, delayed, in_flight };
  using Due = std::pair<std::int64_t, std::pair<std::uint32_t, std::uint32_t>>;

  template <class T>
  class Heap {  // the least first; keeps its memory
   public:
    void push(T value) {
      values_.push_back(value);
      std::push_heap(values_.begin(), values_.end(), std::greater<>());
    }
    void pop() {
      std::pop_heap(values_.begin(), values_.end(), std::greater<>());
      values_.pop_back();
    }
    bool empty() const { return values_.empty(); }
    const T& top() const { return values_.front(); }
    std::size_t size() const { return values_.size(); }
    template <class Keep>
    void keep(Keep keep) {
      std::erase_if(values_, [&](const T& value) { return !keep(value); });
      std::make_heap(values_.begin(), values_.end(), std::greater<>());
    }

   private:
    std::vector<T> values_;
  };

  struct Message {
    std::uint64_t body = 0;
    std::uint64_t group = 0;
    std::uint64_t order = 0;
    std::int64_t sent = 0;
    std::int64_t until = 0;
    std::uint32_t receives = 0;
    std::uint32_t life = 0;   // grows when the place is used again
    std::uint32_t place = 0;  // of its group in groups_
    std::uint64_t receipt = 0;
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
    State state = State::free;
  };
  struct Group {
    std::uint64_t name = 0;
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
    std::uint32_t in_flight = 0;
    std::uint32_t turn_previous = kNone;
    std::uint32_t turn_next = kNone;
    bool has_turn = false;
  };

  std::int64_t forward(std::int64_t now) { return now_ = std::max(now_, now); }
  static std::int64_t later(std::int64_t now, std::int64_t wait) {
    return wait > kNever - std::max<std::int64_t>(0, now) ? kNever : now + wait;
  }

  bool is_due(const Due& due) const {
    const Message& m = messages_[due.second.first];
    return m.life == due.second.second && m.until == due.first &&
           (m.state == State::delayed || m.state == State::in_flight);
  }

  bool is_alive(const Due& due) const {
    const Message& m = messages_[due.second.first];
    return m.life == due.second.second && m.state != State::free;
  }

  void advance(std::int64_t now) {
    advance(now, [](std::uint64_t) {});
  }
  template <class Expired>
  void advance(std::int64_t now, Expired expired) {
    now = forward(now);
    while (!hidden_.empty() && hidden_.top().first <= now) {
      const Due due = hidden_.top();
      hidden_.pop();
      if (!is_due(due)) continue;
      const std::uint32_t id = due.second.first;
      if (messages_[id].state == State::in_flight) leave_flight(id);
      show(id);
    }
    while (!expiries_.empty() && expiries_.top().first <= now) {
      const Due due = expiries_.top();
      expiries_.pop();
      if (!is_alive(due)) continue;
      const std::uint32_t id = due.second.first;
      if (messages_[id].state == State::in_flight) {
        leave_flight(id);
      } else if (linked(id)) {
        unlink(id);
      }
      expired(messages_[id].body);
      release(id);
    }
    // Receipts that were used leave their times behind; those are cleared away when they are many.
    if (hidden_.size() > 2 * alive_ + 64) hidden_.keep([&](const Due& due) { return is_due(due); });
    if (expiries_.size() > 2 * alive_ + 64)
      expiries_.keep([&](const Due& due) { return is_alive(due); });
  }

  void forget_duplicates(std::int64_t now) {
    while (!seen_order_.empty() &&
           later(seen_order_.top().first, options_.deduplication_interval) <= now) {
      seen_.erase(seen_order_.top().second);
      seen_order_.pop();
    }
  }

  void hide(std::uint32_t id, std::int64_t until, State state) {
    messages_[id].state = state;
    messages_[id].until = until;
    hidden_.push(std::pair(until, std::pair(id, messages_[id].life)));
    if (state == State::delayed && options_.fifo) link(id);  // it keeps its place in the group
  }

  void show(std::uint32_t id) {
    const bool has_place = linked(id);
    messages_[id].state = State::visible;
    if (!has_place)
      link(id);
    else if (options_.fifo)
      look_after(messages_[id].place);
  }

  bool linked(std::uint32_t id) const {
    return messages_[id].state == State::visible ||
           (options_.fifo && messages_[id].state == State::delayed);
  }

  template <class Deliver, class Dead>
  std::uint32_t hand_out(std::uint32_t id, std::optional<std::int64_t> visibility, Deliver& deliver,
                         Dead& dead) {
    Message& m = messages_[id];
    if (options_.max_receive_count > 0 && m.receives >= options_.max_receive_count) {
      dead(m.body);
      release(id);
      return 0;
    }
    ++m.receives;
    ++in_flight_;
    const std::int64_t timeout = visibility.value_or(options_.visibility_timeout);
    m.state = State::in_flight;
    m.until = later(now_, std::max<std::int64_t>(0, timeout));
    hidden_.push(std::pair(m.until, std::pair(id, m.life)));
    m.receipt = ++last_receipt_ & 0xffffffff;
    deliver(Delivery{m.receipt << 32 | id, m.body, m.receives, m.sent});
    return 1;
  }

  std::optional<std::uint32_t> delivered(std::uint64_t receipt) const {
    const auto id = static_cast<std::uint32_t>(receipt);
    if (id >= messages_.size()) return std::nullopt;
    const Message& m = messages_[id];
    if (m.state != State::in_flight || (m.receipt << 32 | id) != receipt) return std::nullopt;
    return id;
  }

  void leave_flight(std::uint32_t id) {
    --in_flight_;
    if (!options_.fifo) return;
    --groups_[messages_[id].place].in_flight;
    look_after(messages_[id].place);
  }

  std::uint32_t group_of(std::uint64_t name) {
    const auto [found, is_new] = group_index_.try_emplace(name, 0);
    if (!is_new) return found->second;
    if (free_groups_.empty()) {
      free_groups_.push_back(static_cast<std::uint32_t>(groups_.size()));
      groups_.push_back({});
    }
    found->second = free_groups_.back();
    free_groups_.pop_back();
    groups_[found->second].name = name;
    return found->second;
  }

  bool can_be_received(std::uint32_t id) const {
    return id != kNone && messages_[id].state == State::visible;
  }

  /// Gives a group its turn, or takes it; forgets one that has nothing left. To be called when its
  /// messages, or what is known of them, have changed.
  void look_after(std::uint32_t g) {
    Group& group = groups_[g];
    // A delayed message at the front holds up those behind it.
    const bool has_turn = group.in_flight == 0 && can_be_received(group.first);
    if (has_turn && !group.has_turn) {
      group.turn_previous = turn_last_;
      group.turn_next = kNone;
      (turn_last_ == kNone ? turn_first_ : groups_[turn_last_].turn_next) = g;
      turn_last_ = g;
    } else if (!has_turn && group.has_turn) {
      (group.turn_previous == kNone ? turn_first_ : groups_[group.turn_previous].turn_next) =
          group.turn_next;
      (group.turn_next == kNone ? turn_last_ : groups_[group.turn_next].turn_previous) =
          group.turn_previous;
    }
    group.has_turn = has_turn;
    if (group.in_flight > 0 || group.first != kNone) return;
    group_index_.erase(group.name);
    group = {};
    free_groups_.push_back(g);
  }

  // Standard: behind all others. FIFO: where its number in the group puts it.
  void link(std::uint32_t id) {
    Message& m = messages_[id];
    std::uint32_t* first = &first_;
    std::uint32_t* last = &last_;
    m.previous = last_;
    m.next = kNone;
    if (options_.fifo) {
      m.place = group_of(m.group);
      Group& group = groups_[m.place];
      first = &group.first;
      last = &group.last;
      if (group.last != kNone && messages_[group.last].order > m.order) {
        std::uint32_t at = group.first;
        while (messages_[at].order < m.order) at = messages_[at].next;
        m.next = at;
        m.previous = messages_[at].previous;
      } else {
        m.previous = group.last;
      }
    }
    (m.previous == kNone ? *first : messages_[m.previous].next) = id;
    (m.next == kNone ? *last : messages_[m.next].previous) = id;
    if (options_.fifo) look_after(m.place);
  }
  void unlink(std::uint32_t id) {
    Message& m = messages_[id];
    std::uint32_t& first = options_.fifo ? groups_[m.place].first : first_;
    std::uint32_t& last = options_.fifo ? groups_[m.place].last : last_;
    (m.previous == kNone ? first : messages_[m.previous].next) = m.next;
    (m.next == kNone ? last : messages_[m.next].previous) = m.previous;
    if (options_.fifo) look_after(m.place);
  }

  bool anything_to_receive() const {
    if (in_flight_ >= limit_) return false;
    return (options_.fifo ? turn_first_ : first_) != kNone;
  }

  std::uint32_t take() {
    if (free_ == kNone) {
      messages_.push_back({});
      return static_cast<std::uint32_t>(messages_.size() - 1);
    }
    const std::uint32_t id = free_;
    free_ = messages_[id].next;
    return id;
  }
  void release(std::uint32_t id) {
    Message& m = messages_[id];
    m.state = State::free;
    ++m.life;
    m.next = std::exchange(free_, id);
    --alive_;
  }

  SqsOptions options_;
  std::uint32_t limit_;
  std::vector<Message> messages_;
  Heap<Due> hidden_;    // when messages can be seen again
  Heap<Due> expiries_;  // when messages are thrown away
  std::vector<Group> groups_;
  std::map<std::uint64_t, std::uint32_t> group_index_;
  std::map<std::uint64_t, std::int64_t> seen_;
  Heap<std::pair<std::int64_t, std::uint64_t>> seen_order_;
  std::uint32_t first_ = kNone;  // of a standard queue
  std::uint32_t last_ = kNone;
  std::vector<std::uint32_t> free_groups_;
  std::uint32_t turn_first_ = kNone;  // of the groups of a FIFO queue that can be received from
  std::uint32_t turn_last_ = kNone;
  std::uint32_t free_ = kNone;
  std::uint64_t last_order_ = 0;
  std::uint64_t last_receipt_ = 0;
  std::size_t alive_ = 0;
  std::size_t in_flight_ = 0;
  std::int64_t now_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace highwater::messaging
