#include "models/algorithms/messaging/rabbitmq_queue.h"

#include <map>
#include <set>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/algorithms/golden.h"

namespace highwater::messaging {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
using Delivery = RabbitQueue::Delivery;
using Death = RabbitQueue::Death;

struct Rig {
  explicit Rig(RabbitOptions options = {}) : queue(options) {}
  auto dying() {
    return [this](std::uint64_t body, Death why) { dead.emplace_back(body, why); };
  }
  RabbitQueue::Published publish(std::uint64_t body, std::uint64_t bytes = 1,
                                 std::int64_t now = 0) {
    return queue.publish(now, body, bytes, dying());
  }
  std::vector<Delivery> deliver(std::int64_t now = 0) {
    std::vector<Delivery> got;
    queue.deliver(
        now, [&](const Delivery& d) { got.push_back(d); }, dying());
    return got;
  }
  RabbitQueue queue;
  std::vector<std::pair<std::uint64_t, Death>> dead;
};

std::vector<std::uint64_t> bodies(const std::vector<Delivery>& deliveries) {
  std::vector<std::uint64_t> list;
  for (const Delivery& d : deliveries) list.push_back(d.body);
  return list;
}
std::vector<std::uint32_t> consumers(const std::vector<Delivery>& deliveries) {
  std::vector<std::uint32_t> list;
  for (const Delivery& d : deliveries) list.push_back(d.consumer);
  return list;
}

TEST_CASE("rabbitmq: consumers take turns within their prefetch", "[messaging]") {
  Rig rig;
  const auto a = rig.queue.add_consumer(1);
  const auto b = rig.queue.add_consumer(2);
  for (std::uint64_t i = 0; i < 5; ++i) rig.publish(i);
  auto got = rig.deliver();
  CHECK(consumers(got) == std::vector<std::uint32_t>{a, b, b});
  CHECK(rig.queue.ready() == 2);
  CHECK(rig.queue.ack(0, got[0].tag));
  got = rig.deliver();
  REQUIRE(got.size() == 1);
  CHECK(got[0].consumer == a);
  CHECK_FALSE(rig.queue.ack(0, 12345));
}

TEST_CASE("rabbitmq: prefetch 0 is no limit", "[messaging]") {
  Rig rig;
  rig.queue.add_consumer(0);
  for (std::uint64_t i = 0; i < 1000; ++i) rig.publish(i);
  CHECK(rig.deliver().size() == 1000);
}

TEST_CASE("rabbitmq: a requeued message goes to its old place or to the front", "[messaging]") {
  for (const RabbitQueueType type : {RabbitQueueType::classic, RabbitQueueType::quorum}) {
    Rig rig({.type = type});
    const auto a = rig.queue.add_consumer(3);
    for (std::uint64_t i = 0; i < 5; ++i) rig.publish(i);
    const auto got = rig.deliver();
    rig.queue.nack(0, got[2].tag, true, rig.dying());
    rig.queue.nack(0, got[0].tag, true, rig.dying());
    rig.queue.nack(0, got[1].tag, true, rig.dying());
    const auto again = rig.deliver();
    CHECK(bodies(again) == (type == RabbitQueueType::classic
                                ? std::vector<std::uint64_t>{0, 1, 2}
                                : std::vector<std::uint64_t>{2, 0, 1}));
    for (const Delivery& d : again) {
      CHECK(d.redelivered);
      CHECK(d.returns == 1);
    }
    // A consumer that goes gives back what it has.
    rig.queue.remove_consumer(0, a, rig.dying());
    CHECK_FALSE(rig.queue.consumes(a));
    CHECK(rig.queue.ready() == 5);
    CHECK_FALSE(rig.queue.ack(0, again[0].tag));
    rig.queue.add_consumer(0);
    CHECK(rig.deliver().size() == 5);
  }
}

TEST_CASE("rabbitmq: a nack without requeue and the delivery limit are deaths", "[messaging]") {
  Rig rig({.type = RabbitQueueType::quorum, .delivery_limit = 1});
  rig.queue.add_consumer(1);
  rig.publish(1);
  auto got = rig.deliver();
  rig.queue.nack(0, got[0].tag, true, rig.dying());
  got = rig.deliver();
  rig.queue.nack(0, got[0].tag, true, rig.dying());
  CHECK(rig.dead == std::vector{std::pair<std::uint64_t, Death>(1, Death::delivery_limit)});
  rig.publish(2);
  got = rig.deliver();
  rig.queue.nack(0, got[0].tag, false, rig.dying());
  CHECK(rig.dead.back() == std::pair<std::uint64_t, Death>(2, Death::rejected));
  // Classic queues know no limit.
  Rig classic({.delivery_limit = 0});
  classic.queue.add_consumer(1);
  classic.publish(1);
  classic.queue.nack(0, classic.deliver()[0].tag, true, classic.dying());
  CHECK(classic.dead.empty());
}

TEST_CASE("rabbitmq: what has no room", "[messaging]") {
  Rig head({.max_length = 2});
  for (std::uint64_t i = 0; i < 3; ++i) {
    CHECK(head.publish(i) == RabbitQueue::Published::accepted);
    head.deliver();
  }
  CHECK(head.dead == std::vector{std::pair<std::uint64_t, Death>(0, Death::maxlen)});
  for (const Overflow overflow : {Overflow::reject_publish, Overflow::reject_publish_dlx}) {
    Rig rig({.max_length_bytes = 10, .overflow = overflow});
    CHECK(rig.publish(0, 6) == RabbitQueue::Published::accepted);
    CHECK(rig.publish(1, 5) == RabbitQueue::Published::rejected);
    CHECK(rig.publish(2, 4) == RabbitQueue::Published::accepted);
    CHECK(rig.dead.size() == (overflow == Overflow::reject_publish ? 0 : 1));
  }
  // Only ready messages count.
  Rig rig({.max_length = 1});
  rig.queue.add_consumer(2);
  for (std::uint64_t i = 0; i < 3; ++i) {
    rig.publish(i);
    rig.deliver();
  }
  CHECK(rig.queue.ready() == 1);
  CHECK(rig.dead.empty());
  Rig none({.max_length = 0});
  none.publish(1);
  none.deliver();
  CHECK(none.dead.size() == 1);
}

TEST_CASE("rabbitmq: messages expire at the head", "[messaging]") {
  Rig rig({.message_ttl = 5 * kSecond});
  rig.publish(1, 1, 0);
  CHECK(rig.queue.next() == 5 * kSecond);
  rig.deliver(5 * kSecond - 1);
  CHECK(rig.dead.empty());
  rig.deliver(5 * kSecond);
  CHECK(rig.dead == std::vector{std::pair<std::uint64_t, Death>(1, Death::expired)});
}

TEST_CASE("rabbitmq: a consumer that does not acknowledge loses its channel", "[messaging]") {
  Rig rig;
  rig.queue.add_consumer(2);
  rig.publish(1);
  rig.deliver(0);
  rig.publish(2, 1, 60 * kSecond);
  rig.deliver(60 * kSecond);
  std::vector<std::uint32_t> gone;
  const auto timed_out = [&](std::uint32_t c) { gone.push_back(c); };
  CHECK(rig.queue.next() == 1800 * kSecond);
  rig.queue.tick(1800 * kSecond - 1, timed_out, rig.dying());
  CHECK(gone.empty());
  rig.queue.tick(1800 * kSecond, timed_out, rig.dying());
  CHECK(gone.size() == 1);
  CHECK(rig.queue.ready() == 2);
  CHECK(rig.queue.unacknowledged() == 0);
  Rig patient({.consumer_timeout = 0});
  patient.queue.add_consumer(1);
  patient.publish(1);
  patient.deliver();
  CHECK(patient.queue.next() == RabbitQueue::kNever);
}

TEST_CASE("rabbitmq: nothing is lost or in flight twice and no prefetch exceeded", "[messaging]") {
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    RabbitOptions options;
    options.type = bits.bits() % 2 == 0 ? RabbitQueueType::classic : RabbitQueueType::quorum;
    if (bits.bits() % 2 == 0) options.max_length = bits.bits() % 5;
    if (bits.bits() % 2 == 0) options.delivery_limit = bits.bits() % 4;
    options.overflow = static_cast<Overflow>(bits.bits() % 3);
    Rig rig(options);
    std::map<std::uint32_t, std::uint32_t> prefetch;
    std::map<std::uint64_t, std::uint64_t> out;  // body: tag
    std::uint64_t accepted = 0, done = 0, next = 0, refused_dead = 0;
    for (int i = 0; i < 300; ++i) {
      switch (bits.bits() % 8) {
        case 0:
          if (prefetch.size() < 4) {
            const auto p = static_cast<std::uint32_t>(bits.bits() % 4);
            prefetch[rig.queue.add_consumer(p)] = p;
          }
          break;
        case 1:
          if (!prefetch.empty() && bits.bits() % 3 == 0) {
            rig.queue.remove_consumer(0, prefetch.begin()->first, rig.dying());
            prefetch.erase(prefetch.begin());
            std::erase_if(out, [&](const auto& o) { return !rig.queue.has(o.second); });
          }
          break;
        case 2:
        case 3:
          if (!out.empty()) {
            RC_ASSERT(rig.queue.ack(0, out.begin()->second));
            out.erase(out.begin());
            ++done;
          }
          break;
        case 4:
          if (!out.empty()) {
            RC_ASSERT(rig.queue.nack(0, out.begin()->second, bits.bits() % 2 == 0, rig.dying()));
            out.erase(out.begin());
          }
          break;
        default: {
          const std::size_t dead_before = rig.dead.size();
          if (rig.publish(next++) == RabbitQueue::Published::accepted)
            ++accepted;
          else
            refused_dead += rig.dead.size() - dead_before;
          break;
        }
      }
      for (const Delivery& d : rig.deliver()) {
        RC_ASSERT(out.count(d.body) == 0u);
        out[d.body] = d.tag;
      }
      for (const auto& [consumer, limit] : prefetch)
        RC_ASSERT(limit == 0 || rig.queue.unacknowledged_of(consumer) <= limit);
      RC_ASSERT(rig.queue.unacknowledged() == out.size());
      RC_ASSERT(rig.queue.ready() + out.size() + done + rig.dead.size() - refused_dead == accepted);
    }
  }));
}

}  // namespace
}  // namespace highwater::messaging
