#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace highwater::messaging {

/// What happens to a message that a queue has no room for (x-overflow).
enum class Overflow : std::uint8_t { drop_head, reject_publish, reject_publish_dlx };

enum class RabbitQueueType : std::uint8_t { classic, quorum };

struct RabbitOptions {
  RabbitQueueType type = RabbitQueueType::classic;
  std::optional<std::uint64_t> max_length = {};        ///< x-max-length, of ready messages
  std::optional<std::uint64_t> max_length_bytes = {};  ///< x-max-length-bytes, likewise
  Overflow overflow = Overflow::drop_head;             ///< x-overflow
  std::optional<std::int64_t> message_ttl = {};        ///< x-message-ttl
  std::optional<std::uint32_t> delivery_limit = {};    ///< Quorum queues; 20 unless set since 4.0.
  std::int64_t consumer_timeout = 1'800'000'000'000;   ///< consumer_timeout, 30 min; 0: none
};

/// messaging RabbitQueue: a RabbitMQ queue and its consumers with manual acknowledgement.
///
/// Ready messages go to the consumers in turn. One whose unacknowledged messages have reached its
/// prefetch count leaves the circle and comes back at its end when it has acknowledged some; 0 is
/// no limit. Requeued messages (nack or reject with requeue, a consumer that goes) are redelivered:
/// in a classic queue they go back to their original place, in a quorum queue to the front, in the
/// order in which they came back. A quorum queue gives up a message that came back more often than
/// its delivery limit. A nack without requeue, a dropped head, an expired or given up message goes
/// to the dead-letter exchange.
///
/// A consumer that leaves a message unacknowledged for longer than consumer_timeout loses its
/// channel: it is removed and all its messages are requeued.
///
/// Time: O(1) for a message, apart from requeues, which look for their place from the head on; no
/// allocation once as many messages and consumers were there before.
///
/// At the edges  an acknowledgement of a message that the consumer does not have is no
///          acknowledgement (RabbitMQ closes the channel). Time that goes backwards counts as
///          standing still. With max_length 0 and drop_head a message stays only if a consumer
///          takes it at once; with the others none is ever accepted. RabbitMQ looks for consumers
///          that time out once a minute; here tick() decides when. Consumer priorities and single
///          active consumers are left out.
/// Source   RabbitMQ 3.10, rabbit_queue_consumers.erl, rabbit_variable_queue.erl, rabbit_fifo.erl;
///          https://www.rabbitmq.com/docs: confirms, consumer-prefetch, maxlength, quorum-queues.
/// Checked  tests/messaging/rabbitmq_queue_test.cpp: by hand; nothing is lost or in flight twice,
/// no
///          prefetch exceeded, whatever happens.
class RabbitQueue {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  enum class Death : std::uint8_t { rejected, expired, maxlen, delivery_limit };
  enum class Published : std::uint8_t { accepted, rejected };

  struct Delivery {
    std::uint32_t consumer;
    std::uint64_t tag;  ///< Delivery tag, for ack() and nack().
    std::uint64_t body;
    std::uint32_t returns;  ///< How often it came back: x-delivery-count.
    bool redelivered;
  };

  explicit RabbitQueue(RabbitOptions options) : options_(options) {}

  std::size_t ready() const { return ready_; }
  std::size_t unacknowledged() const { return unacknowledged_; }
  std::size_t unacknowledged_of(std::uint32_t consumer) const { return consumers_[consumer].held; }
  /// Whether a delivery is still its consumer's.
  bool has(std::uint64_t tag) const { return held(tag).has_value(); }
  /// What was delivered with a tag; nothing once the consumer does not have it any more.
  std::optional<std::uint64_t> body(std::uint64_t tag) const {
    const auto id = held(tag);
    return id ? std::optional(messages_[*id].body) : std::nullopt;
  }
  bool consumes(std::uint32_t consumer) const {
    return consumer < consumers_.size() && consumers_[consumer].alive;
  }

  /// @param prefetch  0: no limit. @return its number.
  std::uint32_t add_consumer(std::uint32_t prefetch) {
    std::uint32_t c = 0;
    while (c < consumers_.size() && consumers_[c].alive) ++c;
    if (c == consumers_.size()) consumers_.push_back({});
    consumers_[c] = {};
    consumers_[c].prefetch = prefetch;
    consumers_[c].alive = true;
    enter_circle(c);
    return c;
  }

  /// The consumer goes; what it has not acknowledged is requeued.
  template <class Dead>
  void remove_consumer(std::int64_t now, std::uint32_t consumer, Dead dead) {
    forward(now);
    if (!consumes(consumer)) return;
    Consumer& c = consumers_[consumer];
    if (c.in_circle) leave_circle(consumer);
    c.alive = false;
    while (c.first_held != kNone) {
      const std::uint32_t id = c.first_held;
      let_go(id);
      come_back(id, dead);
    }
  }

  /// The memory is gone, with the consumers and all messages: lost(body) for each. Tags given
  /// before stay void.
  template <class Lost>
  void lose_all(Lost lost) {
    for (std::uint32_t c = 0; c < consumers_.size(); ++c) {
      if (!consumers_[c].alive) continue;
      if (consumers_[c].in_circle) leave_circle(c);
      consumers_[c].alive = false;
      while (consumers_[c].first_held != kNone) {
        const std::uint32_t id = consumers_[c].first_held;
        let_go(id);
        lost(messages_[id].body);
        release(id);
      }
    }
    while (first_ != kNone) {
      const std::uint32_t id = first_;
      take_front();
      lost(messages_[id].body);
      release(id);
    }
  }

  /// @param dead  dead(body, Death) for each message that goes to the dead-letter exchange.
  template <class Dead>
  Published publish(std::int64_t now, std::uint64_t body, std::uint64_t bytes, Dead dead) {
    forward(now);
    drop_expired(dead);
    if (options_.overflow != Overflow::drop_head && would_overflow(bytes)) {
      if (options_.overflow == Overflow::reject_publish_dlx) dead(body, Death::maxlen);
      return Published::rejected;
    }
    const std::uint32_t id = take();
    Message& m = messages_[id];
    m.body = body;
    m.bytes = bytes;
    m.order = ++last_order_;
    m.returns = 0;
    m.expires = options_.message_ttl ? later(now_, std::max<std::int64_t>(0, *options_.message_ttl))
                                     : kNever;
    put_back(id);
    return Published::accepted;
  }

  /// Hands ready messages to the consumers: deliver(const Delivery&) for each, then drops what
  /// there is no room for. To be called after everything else.
  template <class Deliver, class Dead>
  void deliver(std::int64_t now, Deliver deliver, Dead dead) {
    forward(now);
    drop_expired(dead);
    while (first_ != kNone && circle_first_ != kNone) {
      const std::uint32_t consumer = circle_first_;
      leave_circle(consumer);
      Consumer& c = consumers_[consumer];
      if (c.prefetch != 0 && c.held >= c.prefetch) continue;  // back with its next acknowledgement
      const std::uint32_t id = first_;
      take_front();
      Message& m = messages_[id];
      m.consumer = consumer;
      m.tag = ++last_tag_;
      m.due = options_.consumer_timeout > 0 ? later(now_, options_.consumer_timeout) : kNever;
      hold(id);
      enter_circle(consumer);
      deliver(Delivery{consumer, m.tag << 32 | id, m.body, m.returns, m.returns > 0});
    }
    if (options_.overflow == Overflow::drop_head) {
      while (first_ != kNone && too_much()) {
        const std::uint32_t id = first_;
        take_front();
        dead(messages_[id].body, Death::maxlen);
        release(id);
      }
    }
  }

  /// @return whether the consumer had the message.
  bool ack(std::int64_t now, std::uint64_t tag) {
    forward(now);
    const auto id = held(tag);
    if (!id) return false;
    const std::uint32_t consumer = messages_[*id].consumer;
    let_go(*id);
    release(*id);
    unblock(consumer);
    return true;
  }

  template <class Dead>
  bool nack(std::int64_t now, std::uint64_t tag, bool requeue, Dead dead) {
    forward(now);
    const auto id = held(tag);
    if (!id) return false;
    const std::uint32_t consumer = messages_[*id].consumer;
    let_go(*id);
    if (requeue) {
      come_back(*id, dead);
    } else {
      dead(messages_[*id].body, Death::rejected);
      release(*id);
    }
    unblock(consumer);
    return true;
  }

  /// Removes consumers that have had a message for too long: timed_out(consumer) for each.
  template <class TimedOut, class Dead>
  void tick(std::int64_t now, TimedOut timed_out, Dead dead) {
    forward(now);
    drop_expired(dead);
    for (std::uint32_t c = 0; c < consumers_.size(); ++c) {
      if (!consumers_[c].alive || consumers_[c].first_held == kNone) continue;
      if (messages_[consumers_[c].first_held].due > now_) continue;
      remove_consumer(now_, c, dead);
      timed_out(c);
    }
  }
  /// When tick will have something to do at the earliest.
  std::int64_t next() const {
    std::int64_t first = first_ == kNone ? kNever : messages_[first_].expires;
    for (const Consumer& c : consumers_)
      if (c.alive && c.first_held != kNone) first = std::min(first, messages_[c.first_held].due);
    return first;
  }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct Message {
    std::uint64_t body = 0;
    std::uint64_t bytes = 0;
    std::uint64_t order = 0;
    std::uint64_t tag = 0;
    std::int64_t expires = kNever;
    std::int64_t due = kNever;  // the consumer must have acknowledged it by then
    std::uint32_t consumer = kNone;
    std::uint32_t returns = 0;
    std::uint32_t previous = kNone;  // of those its consumer has, or of the queue
    std::uint32_t next = kNone;
    bool out = false;
  };
  struct Consumer {
    std::uint32_t prefetch = 0;
    std::uint32_t held = 0;
    std::uint32_t first_held = kNone;  // the oldest delivery
    std::uint32_t last_held = kNone;
    std::uint32_t circle_previous = kNone;
    std::uint32_t circle_next = kNone;
    bool in_circle = false;
    bool alive = false;
  };

  void forward(std::int64_t now) { now_ = std::max(now_, now); }
  static std::int64_t later(std::int64_t now, std::int64_t wait) {
    return wait > kNever - std::max<std::int64_t>(0, now) ? kNever : now + wait;
  }

  bool too_much() const {
    return (options_.max_length && ready_ > *options_.max_length) ||
           (options_.max_length_bytes && ready_bytes_ > *options_.max_length_bytes);
  }
  // Asked before the message is taken, so whether a consumer would take it at once does not matter.
  bool would_overflow(std::uint64_t bytes) const {
    return (options_.max_length && ready_ + 1 > *options_.max_length) ||
           (options_.max_length_bytes && ready_bytes_ + bytes > *options_.max_length_bytes);
  }

  // Only at the head, as RabbitMQ does: behind others even an expired message takes room.
  template <class Dead>
  void drop_expired(Dead& dead) {
    while (first_ != kNone && messages_[first_].expires <= now_) {
      const std::uint32_t id = first_;
      take_front();
      dead(messages_[id].body, Death::expired);
      release(id);
    }
  }

  template <class Dead>
  void come_back(std::uint32_t id, Dead& dead) {
    Message& m = messages_[id];
    ++m.returns;
    const bool quorum = options_.type == RabbitQueueType::quorum;
    if (quorum && options_.delivery_limit && m.returns > *options_.delivery_limit) {
      dead(m.body, Death::delivery_limit);
      release(id);
      return;
    }
    std::uint32_t after = kNone;
    std::uint32_t at = first_;
    if (quorum) {
      // Behind those that came back before it.
      for (std::uint32_t r = 0; r < returned_; ++r) {
        after = at;
        at = messages_[at].next;
      }
      ++returned_;
    } else {
      while (at != kNone && messages_[at].order < m.order) {
        after = at;
        at = messages_[at].next;
      }
    }
    insert(id, after, at);
  }

  void put_back(std::uint32_t id) { insert(id, last_, kNone); }
  void insert(std::uint32_t id, std::uint32_t after, std::uint32_t before) {
    Message& m = messages_[id];
    m.previous = after;
    m.next = before;
    (after == kNone ? first_ : messages_[after].next) = id;
    (before == kNone ? last_ : messages_[before].previous) = id;
    ++ready_;
    ready_bytes_ += m.bytes;
  }
  void take_front() {
    Message& m = messages_[first_];
    first_ = m.next;
    (first_ == kNone ? last_ : messages_[first_].previous) = kNone;
    --ready_;
    ready_bytes_ -= m.bytes;
    if (returned_ > 0) --returned_;
  }

  void hold(std::uint32_t id) {
    Message& m = messages_[id];
    Consumer& c = consumers_[m.consumer];
    m.out = true;
    m.previous = c.last_held;
    m.next = kNone;
    (c.last_held == kNone ? c.first_held : messages_[c.last_held].next) = id;
    c.last_held = id;
    ++c.held;
    ++unacknowledged_;
  }
  void let_go(std::uint32_t id) {
    Message& m = messages_[id];
    Consumer& c = consumers_[m.consumer];
    (m.previous == kNone ? c.first_held : messages_[m.previous].next) = m.next;
    (m.next == kNone ? c.last_held : messages_[m.next].previous) = m.previous;
    m.out = false;
    --c.held;
    --unacknowledged_;
  }
  std::optional<std::uint32_t> held(std::uint64_t tag) const {
    const auto id = static_cast<std::uint32_t>(tag);
    if (id >= messages_.size() || !messages_[id].out || (messages_[id].tag << 32 | id) != tag)
      return std::nullopt;
    return id;
  }

  void unblock(std::uint32_t consumer) {
    if (consumers_[consumer].alive && !consumers_[consumer].in_circle) enter_circle(consumer);
  }
  void enter_circle(std::uint32_t consumer) {
    Consumer& c = consumers_[consumer];
    c.in_circle = true;
    c.circle_previous = circle_last_;
    c.circle_next = kNone;
    (circle_last_ == kNone ? circle_first_ : consumers_[circle_last_].circle_next) = consumer;
    circle_last_ = consumer;
  }
  void leave_circle(std::uint32_t consumer) {
    Consumer& c = consumers_[consumer];
    c.in_circle = false;
    (c.circle_previous == kNone ? circle_first_ : consumers_[c.circle_previous].circle_next) =
        c.circle_next;
    (c.circle_next == kNone ? circle_last_ : consumers_[c.circle_next].circle_previous) =
        c.circle_previous;
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
  void release(std::uint32_t id) { messages_[id].next = std::exchange(free_, id); }

  RabbitOptions options_;
  std::vector<Message> messages_;
  std::vector<Consumer> consumers_;
  std::uint32_t first_ = kNone;  // of the ready messages
  std::uint32_t last_ = kNone;
  std::uint32_t returned_ = 0;  // of a quorum queue: how many at the front came back
  std::uint32_t circle_first_ = kNone;
  std::uint32_t circle_last_ = kNone;
  std::uint32_t free_ = kNone;
  std::uint64_t last_order_ = 0;
  std::uint64_t last_tag_ = 0;
  std::uint64_t ready_bytes_ = 0;
  std::size_t ready_ = 0;
  std::size_t unacknowledged_ = 0;
  std::int64_t now_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace highwater::messaging
