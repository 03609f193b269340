#include "models/algorithms/messaging/rabbitmq_queue.h"

#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::messaging::rabbitmq_queue_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// A queue that writes down what happens: "c0:1" is a delivery, "!" one that came back before,
/// "+1" a dead letter and why.
struct Rig {
  explicit Rig(RabbitOptions options) : queue(options) {}

  auto dead() {
    return [this](std::uint64_t body, RabbitQueue::Death death) {
      static constexpr const char* kWhy[] = {"rejected", "expired", "maxlen", "limit"};
      log += "+" + std::to_string(body) + kWhy[static_cast<int>(death)] + " ";
    };
  }
  RabbitQueue::Published publish(std::uint64_t body, std::uint64_t bytes = 1) {
    return queue.publish(now, body, bytes, dead());
  }
  std::string deliver() {
    queue.deliver(
        now,
        [this](const RabbitQueue::Delivery& d) {
          tags[d.body] = d.tag;
          log += "c" + std::to_string(d.consumer) + ":" + std::to_string(d.body) +
                 (d.redelivered ? "! " : " ");
        },
        dead());
    return std::exchange(log, {});
  }
  bool ack(std::uint64_t body) { return queue.ack(now, tags[body]); }
  bool nack(std::uint64_t body, bool requeue) {
    return queue.nack(now, tags[body], requeue, dead());
  }

  RabbitQueue queue;
  std::int64_t now = 0;
  std::string log;
  std::map<std::uint64_t, std::uint64_t> tags;
};

TEST_CASE("rabbitmq_queue: consumers in turn up to their prefetch", "[models][messaging]") {
  Rig rig({});
  CHECK(rig.queue.add_consumer(1) == 0);
  CHECK(rig.queue.add_consumer(2) == 1);
  for (std::uint64_t i = 0; i < 5; ++i) rig.publish(i);
  CHECK(rig.deliver() == "c0:0 c1:1 c1:2 ");
  CHECK(rig.queue.ready() == 2);
  CHECK(rig.queue.unacknowledged() == 3);
  CHECK(rig.ack(1));
  CHECK_FALSE(rig.ack(1));
  CHECK(rig.deliver() == "c1:3 ");
  CHECK(rig.ack(0));
  CHECK(rig.deliver() == "c0:4 ");
  CHECK(rig.queue.unacknowledged_of(1) == 2);
  CHECK_FALSE(rig.queue.ack(0, 999'999));
  CHECK_FALSE(rig.queue.consumes(2));
}

TEST_CASE("rabbitmq_queue: a prefetch of 0 is no limit", "[models][messaging]") {
  Rig rig({});
  rig.queue.add_consumer(0);
  for (std::uint64_t i = 0; i < 100; ++i) rig.publish(i);
  rig.deliver();
  CHECK(rig.queue.unacknowledged_of(0) == 100);
}

TEST_CASE("rabbitmq_queue: where requeued messages go", "[models][messaging]") {
  Rig classic({});
  classic.queue.add_consumer(3);
  for (std::uint64_t i = 0; i < 4; ++i) classic.publish(i);
  classic.deliver();
  CHECK(classic.nack(2, true));
  CHECK(classic.nack(0, true));
  CHECK(classic.deliver() == "c0:0! c0:2! ");
  Rig quorum({.type = RabbitQueueType::quorum});
  quorum.queue.add_consumer(3);
  for (std::uint64_t i = 0; i < 4; ++i) quorum.publish(i);
  quorum.deliver();
  CHECK(quorum.nack(2, true));
  CHECK(quorum.nack(0, true));
  CHECK(quorum.deliver() == "c0:2! c0:0! ");
}

TEST_CASE("rabbitmq_queue: dead letters", "[models][messaging]") {
  Rig rig({.type = RabbitQueueType::quorum, .delivery_limit = 1});
  rig.queue.add_consumer(1);
  rig.publish(0);
  CHECK(rig.deliver() == "c0:0 ");
  rig.nack(0, true);
  CHECK(rig.deliver() == "c0:0! ");
  rig.nack(0, true);
  CHECK(rig.deliver() == "+0limit ");
  rig.publish(1);
  rig.deliver();
  rig.nack(1, false);
  CHECK(rig.deliver() == "+1rejected ");
  // A classic queue has no such limit.
  Rig classic({.delivery_limit = 1});
  classic.queue.add_consumer(1);
  classic.publish(0);
  for (int i = 0; i < 5; ++i) {
    classic.deliver();
    CHECK(classic.nack(0, true));
  }
  CHECK(classic.deliver() == "c0:0! ");
}

TEST_CASE("rabbitmq_queue: what there is no room for", "[models][messaging]") {
  Rig drop({.max_length = 2});
  for (std::uint64_t i = 0; i < 3; ++i) {
    CHECK(drop.publish(i) == RabbitQueue::Published::accepted);
    CHECK(drop.deliver() == (i == 2 ? "+0maxlen " : ""));
  }
  Rig bytes({.max_length_bytes = 10});
  bytes.publish(0, 6);
  bytes.publish(1, 5);
  CHECK(bytes.deliver() == "+0maxlen ");
  Rig reject({.max_length = 1, .overflow = Overflow::reject_publish});
  CHECK(reject.publish(0) == RabbitQueue::Published::accepted);
  CHECK(reject.publish(1) == RabbitQueue::Published::rejected);
  CHECK(reject.deliver().empty());
  Rig dlx({.max_length = 0, .overflow = Overflow::reject_publish_dlx});
  CHECK(dlx.publish(0) == RabbitQueue::Published::rejected);
  CHECK(dlx.deliver() == "+0maxlen ");
  // With room for none a message goes to whoever takes it at once.
  Rig none({.max_length = 0});
  none.queue.add_consumer(1);
  none.publish(0);
  CHECK(none.deliver() == "c0:0 ");
  none.publish(1);
  CHECK(none.deliver() == "+1maxlen ");
}

TEST_CASE("rabbitmq_queue: time to live", "[models][messaging]") {
  Rig rig({.message_ttl = kSecond});
  rig.publish(0);
  CHECK(rig.queue.next() == kSecond);
  rig.now = kSecond - 1;
  rig.publish(1);
  CHECK(rig.deliver().empty());
  rig.now = kSecond;
  CHECK(rig.deliver() == "+0expired ");
  rig.now = 0;  // backwards: nothing comes back, nothing more expires
  CHECK(rig.deliver().empty());
  CHECK(rig.queue.ready() == 1);
  Rig at_once({.message_ttl = 0});
  at_once.queue.add_consumer(1);
  at_once.publish(0);
  CHECK(at_once.deliver() == "+0expired ");
}

TEST_CASE("rabbitmq_queue: consumers go", "[models][messaging]") {
  Rig rig({.consumer_timeout = 10 * kSecond});
  rig.queue.add_consumer(2);
  rig.publish(0);
  rig.publish(1);
  rig.deliver();
  CHECK(rig.queue.next() == 10 * kSecond);
  rig.queue.add_consumer(0);
  std::vector<std::uint32_t> late;
  const auto timed_out = [&](std::uint32_t c) { late.push_back(c); };
  rig.now = 10 * kSecond - 1;
  rig.queue.tick(rig.now, timed_out, rig.dead());
  CHECK(late.empty());
  rig.now = 10 * kSecond;
  rig.queue.tick(rig.now, timed_out, rig.dead());
  CHECK(late == std::vector<std::uint32_t>{0});
  CHECK_FALSE(rig.queue.consumes(0));
  const std::uint64_t old = rig.tags[0];
  CHECK(rig.deliver() == "c1:0! c1:1! ");
  CHECK_FALSE(rig.queue.ack(rig.now, old));
  rig.queue.remove_consumer(rig.now, 1, rig.dead());
  rig.queue.remove_consumer(rig.now, 1, rig.dead());
  rig.queue.remove_consumer(rig.now, 77, rig.dead());
  CHECK(rig.queue.ready() == 2);
  CHECK(rig.deliver().empty());
  Rig ever({.consumer_timeout = 0});
  ever.queue.add_consumer(1);
  ever.publish(0);
  ever.deliver();
  CHECK(ever.queue.next() == RabbitQueue::kNever);
}

TEST_CASE("rabbitmq_queue: all is lost with the memory", "[models][messaging]") {
  Rig rig({});
  rig.queue.add_consumer(2);
  for (std::uint64_t body = 0; body < 4; ++body) rig.publish(body);
  CHECK(rig.deliver() == "c0:0 c0:1 ");
  CHECK(rig.queue.body(rig.tags[1]) == 1u);
  std::vector<std::uint64_t> lost;
  rig.queue.lose_all([&](std::uint64_t body) { lost.push_back(body); });
  CHECK(lost == std::vector<std::uint64_t>{0, 1, 2, 3});
  CHECK(rig.queue.ready() == 0);
  CHECK(rig.queue.unacknowledged() == 0);
  CHECK_FALSE(rig.queue.consumes(0));
  // It goes on, and knows nothing of what was before.
  const std::uint64_t old = rig.tags[0];
  CHECK(rig.queue.add_consumer(1) == 0);
  rig.publish(7);
  CHECK(rig.deliver() == "c0:7 ");
  CHECK_FALSE(rig.queue.body(old));
  CHECK_FALSE(rig.queue.ack(rig.now, old));
  CHECK(rig.ack(7));
}

TEST_CASE("rabbitmq_queue: nothing lost nor out twice and no prefetch exceeded",
          "[models][messaging]") {
  const bool holds = rc::check("any calls", [](std::uint64_t seed) {
    SplitMix bits{seed};
    RabbitOptions options;
    if (bits.bits() % 2 == 0) options.type = RabbitQueueType::quorum;
    if (bits.bits() % 2 == 0) options.max_length = bits.bits() % 6;
    if (bits.bits() % 3 == 0) options.max_length_bytes = bits.bits() % 20;
    options.overflow = static_cast<Overflow>(bits.bits() % 3);
    if (bits.bits() % 2 == 0) options.message_ttl = static_cast<std::int64_t>(bits.bits() % 20);
    if (bits.bits() % 2 == 0) options.delivery_limit = static_cast<std::uint32_t>(bits.bits() % 3);
    options.consumer_timeout = static_cast<std::int64_t>(bits.bits() % 30);
    RabbitQueue queue(options);
    std::map<std::uint64_t, std::pair<std::uint64_t, std::uint32_t>> out;  // body: tag, consumer
    std::map<std::uint32_t, std::uint32_t> prefetch;
    std::map<std::uint64_t, std::uint32_t> returns;
    std::size_t published = 0;
    std::size_t gone = 0;
    std::uint64_t newest = 0;
    std::int64_t now = 0;
    const auto dead = [&](std::uint64_t body, RabbitQueue::Death death) {
      RC_ASSERT(death == RabbitQueue::Death::rejected || !out.contains(body));
      ++gone;
    };
    const auto leaves = [&](std::uint32_t consumer) {
      std::erase_if(out, [&](const auto& held) {
        if (held.second.second != consumer) return false;
        ++returns[held.first];
        return true;
      });
      prefetch.erase(consumer);
    };
    for (std::uint64_t body = 1; body < 300; ++body) {
      now += static_cast<std::int64_t>(bits.bits() % 3);
      switch (bits.bits() % 8) {
        case 0:
        case 1:
        case 2: {
          ++published;
          const std::size_t before = gone;
          if (queue.publish(now, body, bits.bits() % 5, dead) == RabbitQueue::Published::rejected) {
            RC_ASSERT(options.overflow != Overflow::drop_head);
            if (gone == before || options.overflow == Overflow::reject_publish) ++gone;
          }
          break;
        }
        case 3: {
          const auto n = static_cast<std::uint32_t>(bits.bits() % 4);
          const std::uint32_t consumer = queue.add_consumer(n);
          RC_ASSERT(!prefetch.contains(consumer));
          prefetch[consumer] = n;
          break;
        }
        case 4: {
          if (prefetch.empty() || bits.bits() % 2 == 0) break;
          const std::uint32_t consumer = prefetch.begin()->first;
          leaves(consumer);
          queue.remove_consumer(now, consumer, dead);
          break;
        }
        case 5:
        case 6: {
          if (out.empty()) break;
          auto held = out.begin();
          std::advance(held, static_cast<std::ptrdiff_t>(bits.bits() % out.size()));
          const auto [message, tag] = std::pair(held->first, held->second.first);
          out.erase(held);
          const auto how = bits.bits() % 3;
          if (how == 0) {
            RC_ASSERT(queue.ack(now, tag));
            ++gone;
          } else {
            if (how == 1) ++returns[message];
            RC_ASSERT(queue.nack(now, tag, how == 1, dead));
          }
          RC_ASSERT(!queue.ack(now, tag));
          break;
        }
        case 7:
          queue.tick(
              now,
              [&](std::uint32_t consumer) {
                RC_ASSERT(options.consumer_timeout > 0);
                leaves(consumer);
              },
              [&](std::uint64_t, RabbitQueue::Death) { ++gone; });
          break;
      }
      queue.deliver(
          now,
          [&](const RabbitQueue::Delivery& d) {
            RC_ASSERT(prefetch.contains(d.consumer));
            RC_ASSERT(!out.contains(d.body));
            RC_ASSERT(d.returns == returns[d.body]);
            RC_ASSERT(d.redelivered == (d.returns > 0));
            if (d.returns == 0) {
              RC_ASSERT(d.body > newest);
              newest = d.body;
            }
            if (options.type == RabbitQueueType::quorum && options.delivery_limit)
              RC_ASSERT(d.returns <= *options.delivery_limit);
            out[d.body] = {d.tag, d.consumer};
          },
          dead);
      std::map<std::uint32_t, std::uint32_t> held;
      for (const auto& [message, where] : out) ++held[where.second];
      for (const auto& [consumer, n] : prefetch) {
        RC_ASSERT(n == 0 || held[consumer] <= n);
        RC_ASSERT(queue.unacknowledged_of(consumer) == held[consumer]);
      }
      RC_ASSERT(queue.unacknowledged() == out.size());
      RC_ASSERT(queue.ready() + out.size() + gone == published);
    }
  });
  CHECK(holds);
}

}  // namespace
}  // namespace highwater::messaging::rabbitmq_queue_test
