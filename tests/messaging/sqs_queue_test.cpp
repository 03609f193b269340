#include "models/algorithms/messaging/sqs_queue.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::messaging {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct Got {
  std::vector<SqsQueue::Delivery> messages;
  std::vector<std::uint64_t> dead;
  std::string bodies() const {
    std::string text;
    for (const auto& m : messages) text += std::to_string(m.body) + " ";
    return text;
  }
};

Got receive(SqsQueue& queue, std::int64_t now, std::uint32_t most = 10,
            std::optional<std::int64_t> visibility = {}) {
  Got got;
  queue.receive(
      now, most, [&](const SqsQueue::Delivery& d) { got.messages.push_back(d); },
      [&](std::uint64_t body) { got.dead.push_back(body); }, visibility);
  return got;
}

TEST_CASE("sqs_queue: the life of a message", "[models][messaging]") {
  SqsQueue queue({});
  CHECK(queue.next_visible(0) == SqsQueue::kNever);
  CHECK(queue.send(kSecond, {.body = 7}));
  CHECK(queue.next_visible(kSecond) == kSecond);
  const Got first = receive(queue, 2 * kSecond);
  REQUIRE(first.messages.size() == 1);
  CHECK(first.messages[0].receives == 1);
  CHECK(first.messages[0].sent == kSecond);
  CHECK(queue.in_flight() == 1);
  CHECK(queue.next_visible(3 * kSecond) == 32 * kSecond);
  CHECK(receive(queue, 32 * kSecond - 1).messages.empty());
  const Got second = receive(queue, 32 * kSecond);
  REQUIRE(second.messages.size() == 1);
  CHECK(second.messages[0].receives == 2);
  CHECK_FALSE(queue.remove(33 * kSecond, first.messages[0].receipt));
  CHECK_FALSE(queue.change_visibility(33 * kSecond, first.messages[0].receipt, 0));
  CHECK(queue.remove(33 * kSecond, second.messages[0].receipt));
  CHECK_FALSE(queue.remove(33 * kSecond, second.messages[0].receipt));
  CHECK(queue.size() == 0);
  CHECK(queue.in_flight() == 0);
  CHECK_FALSE(queue.remove(0, 12345));
}

TEST_CASE("sqs_queue: delays and visibility", "[models][messaging]") {
  SqsQueue queue({.delay = 5 * kSecond});
  queue.send(0, {.body = 1});
  queue.send(0, {.body = 2, .delay = 0});
  queue.send(0, {.body = 3, .delay = kSecond});
  Got got = receive(queue, 0);
  CHECK(got.bodies() == "2 ");
  CHECK(queue.change_visibility(0, got.messages[0].receipt, 2 * kSecond));
  CHECK(receive(queue, kSecond, 10, 0).bodies() == "3 ");
  // A timeout of 0 ends at once: 3 is there again, behind nothing.
  got = receive(queue, kSecond, 1, 10 * kSecond);
  CHECK(got.bodies() == "3 ");
  CHECK(receive(queue, kSecond).bodies().empty());
  CHECK(queue.change_visibility(kSecond, got.messages[0].receipt, -1));
  CHECK(receive(queue, kSecond, 1, 10 * kSecond).bodies() == "3 ");
  CHECK(receive(queue, 5 * kSecond, 10, 10 * kSecond).bodies() == "2 1 ");
  // Time that goes backwards stands still.
  CHECK(receive(queue, 0).bodies().empty());
  CHECK(queue.next_visible(0) == 11 * kSecond);
}

TEST_CASE("sqs_queue: dead letters", "[models][messaging]") {
  SqsQueue queue({.visibility_timeout = kSecond, .max_receive_count = 2});
  queue.send(0, {.body = 1});
  CHECK(receive(queue, 0).messages.size() == 1);
  CHECK(receive(queue, kSecond).messages.size() == 1);
  queue.send(kSecond, {.body = 2});
  const Got got = receive(queue, 2 * kSecond, 1);
  // 2 was there before 1 timed out, and the one asked for is found.
  CHECK(got.bodies() == "2 ");
  CHECK(got.dead.empty());
  CHECK(receive(queue, 2 * kSecond, 1).dead == std::vector<std::uint64_t>{1});
  CHECK(queue.size() == 1);
}

TEST_CASE("sqs_queue: limits", "[models][messaging]") {
  SqsQueue queue({.max_in_flight = 12});
  for (std::uint64_t i = 0; i < 20; ++i) queue.send(0, {.body = i});
  CHECK(receive(queue, 0, 0).messages.size() == 1);
  CHECK(receive(queue, 0, 50).messages.size() == 10);
  const Got last = receive(queue, 0, 10);
  CHECK(last.bodies() == "11 ");
  CHECK(receive(queue, 0).messages.empty());
  CHECK(queue.next_visible(0) == 30 * kSecond);
  CHECK(queue.remove(0, last.messages[0].receipt));
  CHECK(queue.next_visible(0) == 0);
  CHECK(receive(queue, 0).bodies() == "12 ");
}

TEST_CASE("sqs_queue: retention counts from the send", "[models][messaging]") {
  for (const bool fifo : {false, true}) {
    SqsQueue queue({.fifo = fifo, .visibility_timeout = 8 * kSecond, .retention = 10 * kSecond});
    queue.send(0, {.body = 1});
    queue.send(kSecond, {.body = 2});
    const Got got = receive(queue, 5 * kSecond, 1);
    CHECK(got.bodies() == "1 ");
    CHECK(queue.next_visible(10 * kSecond) == 10 * kSecond);
    CHECK(queue.size() == 1);
    CHECK(queue.in_flight() == 0);
    CHECK_FALSE(queue.remove(10 * kSecond, got.messages[0].receipt));
    CHECK(receive(queue, 10 * kSecond).bodies() == "2 ");
    CHECK(receive(queue, 100 * kSecond).bodies().empty());
    CHECK(queue.size() == 0);
  }
}

TEST_CASE("sqs_queue: FIFO groups", "[models][messaging]") {
  SqsQueue queue({.fifo = true, .visibility_timeout = 10 * kSecond});
  for (std::uint64_t i = 1; i <= 3; ++i) queue.send(0, {.body = i, .group = 1});
  queue.send(0, {.body = 11, .group = 2});
  Got got = receive(queue, 0, 2);
  CHECK(got.bodies() == "1 2 ");
  CHECK(receive(queue, 0).bodies() == "11 ");  // 3 waits for 1 and 2
  CHECK(queue.remove(0, got.messages[0].receipt));
  CHECK(receive(queue, 0).bodies().empty());
  CHECK(queue.change_visibility(0, got.messages[1].receipt, 0));
  CHECK(receive(queue, 0).bodies() == "2 3 ");
  // A delayed message holds up those behind it; a delay of its own does not count.
  SqsQueue late({.fifo = true, .delay = kSecond});
  late.send(0, {.body = 1, .delay = 0});
  late.send(kSecond / 2, {.body = 2});
  CHECK(receive(late, kSecond - 1).bodies().empty());
  CHECK(receive(late, kSecond).bodies() == "1 ");
}

TEST_CASE("sqs_queue: the group that could be received from for longest has its turn",
          "[models][messaging]") {
  SqsQueue queue({.fifo = true, .visibility_timeout = 10 * kSecond});
  // Body 10 g + n is the n-th of group g.
  for (const std::uint64_t body : {30u, 10u, 20u, 11u, 31u})
    queue.send(0, {.body = body, .group = body / 10});
  Got got = receive(queue, 0, 1);
  CHECK(got.bodies() == "30 ");
  CHECK(receive(queue, 0, 1).bodies() == "10 ");
  CHECK(queue.remove(0, got.messages[0].receipt));  // 3 is behind 2 now
  got = receive(queue, 0, 2);
  CHECK(got.bodies() == "20 31 ");
  for (const auto& each : got.messages) CHECK(queue.remove(kSecond, each.receipt));
  CHECK(receive(queue, kSecond).bodies().empty());
  CHECK(receive(queue, 10 * kSecond).bodies() == "10 11 ");
  // Groups that are gone come back as new ones.
  queue.send(11 * kSecond, {.body = 21, .group = 2});
  queue.send(11 * kSecond, {.body = 40, .group = 4});
  CHECK(receive(queue, 11 * kSecond).bodies() == "21 40 ");
}

TEST_CASE("sqs_queue: tells what expires, and when something changes", "[models][messaging]") {
  for (const bool fifo : {false, true}) {
    SqsQueue queue({.fifo = fifo,
                    .visibility_timeout = 5 * kSecond,
                    .delay = 2 * kSecond,
                    .retention = 20 * kSecond});
    std::vector<std::uint64_t> expired;
    const auto tell = [&](std::uint64_t body) { expired.push_back(body); };
    CHECK(queue.next() == SqsQueue::kNever);
    queue.send(0, {.body = 1, .group = 1});
    queue.send(kSecond, {.body = 2, .group = 2});
    CHECK(queue.next() == 2 * kSecond);
    const Got got = receive(queue, 3 * kSecond);
    REQUIRE(got.bodies() == "1 2 ");
    CHECK(queue.next() == 8 * kSecond);
    CHECK(queue.body(got.messages[1].receipt) == 2u);
    CHECK(queue.remove(4 * kSecond, got.messages[1].receipt));
    CHECK_FALSE(queue.body(got.messages[1].receipt));
    CHECK(queue.next() == 8 * kSecond);
    queue.pass(8 * kSecond, tell);
    CHECK_FALSE(queue.body(got.messages[0].receipt));
    CHECK(queue.next() == 20 * kSecond);
    queue.pass(20 * kSecond - 1, tell);
    CHECK(expired.empty());
    queue.pass(20 * kSecond, tell);
    CHECK(expired == std::vector<std::uint64_t>{1});
    CHECK(queue.next() == SqsQueue::kNever);
    CHECK(queue.size() == 0);
  }
}

TEST_CASE("sqs_queue: FIFO duplicates of five minutes", "[models][messaging]") {
  SqsQueue queue({.fifo = true});
  CHECK(queue.send(0, {.body = 1, .deduplication = 5}));
  CHECK_FALSE(queue.send(300 * kSecond - 1, {.body = 2, .deduplication = 5}));
  CHECK(queue.send(300 * kSecond, {.body = 3, .deduplication = 5}));
  CHECK(queue.send(300 * kSecond, {.body = 4, .deduplication = 6}));
  CHECK_FALSE(queue.send(0, {.body = 5, .deduplication = 6}));
  CHECK(queue.size() == 3);
  SqsQueue standard({});
  CHECK(standard.send(0, {.body = 1, .deduplication = 5}));
  CHECK(standard.send(0, {.body = 1, .deduplication = 5}));
}

// What is known of each message from outside.
struct Known {
  std::uint64_t group;
  std::uint32_t receives = 0;
  std::uint64_t receipt = 0;
  std::int64_t hidden_until = 0;  // when in flight
  bool gone = false;
};

TEST_CASE("sqs_queue: never in flight twice nor lost and groups in order", "[models][messaging]") {
  const bool holds = rc::check("any calls", [](std::uint64_t seed) {
    SplitMix bits{seed};
    SqsOptions options{.fifo = bits.bits() % 2 == 0,
                       .visibility_timeout = static_cast<std::int64_t>(bits.bits() % 6),
                       .delay = static_cast<std::int64_t>(bits.bits() % 3),
                       .max_receive_count = static_cast<std::uint32_t>(bits.bits() % 4),
                       .max_in_flight = static_cast<std::uint32_t>(1 + bits.bits() % 12)};
    SqsQueue queue(options);
    std::vector<Known> known;
    std::int64_t now = 0;
    std::size_t gone = 0;
    for (int i = 0; i < 300; ++i) {
      now += static_cast<std::int64_t>(bits.bits() % 3);
      switch (bits.bits() % 4) {
        case 0:
          known.push_back({.group = bits.bits() % 3});
          RC_ASSERT(queue.send(now, {.body = known.size() - 1, .group = known.back().group}));
          break;
        case 1: {
          const auto most = static_cast<std::uint32_t>(1 + bits.bits() % 10);
          const Got got = receive(queue, now, most);
          RC_ASSERT(got.messages.size() <= most);
          for (const std::uint64_t body : got.dead) {
            Known& m = known[body];
            RC_ASSERT(options.max_receive_count > 0u);
            RC_ASSERT(m.receives == options.max_receive_count);
            RC_ASSERT(!m.gone);
            m.gone = true;
            ++gone;
          }
          for (const auto& d : got.messages) {
            Known& m = known[d.body];
            RC_ASSERT(!m.gone);
            RC_ASSERT(m.hidden_until <= now);
            RC_ASSERT(d.receives == ++m.receives);
            if (options.max_receive_count > 0) RC_ASSERT(d.receives <= options.max_receive_count);
            m.receipt = d.receipt;
          }
          for (const auto& d : got.messages) {
            known[d.body].hidden_until = now + options.visibility_timeout;
            if (!options.fifo) continue;
            // Whatever came before it in its group is gone or in this batch ahead of it.
            for (std::uint64_t before = 0; before < d.body; ++before) {
              if (known[before].gone || known[before].group != known[d.body].group) continue;
              bool ahead = false;
              for (const auto& other : got.messages) {
                if (other.body == d.body) break;
                ahead = ahead || other.body == before;
              }
              RC_ASSERT(ahead);
            }
          }
          RC_ASSERT(queue.in_flight() <= *options.max_in_flight);
          break;
        }
        case 2:
        case 3: {
          if (known.empty()) break;
          Known& m = known[bits.bits() % known.size()];
          if (m.receives == 0) break;
          const bool in_flight = !m.gone && m.hidden_until > now;
          if (bits.bits() % 2 == 0) {
            RC_ASSERT(queue.remove(now, m.receipt) == in_flight);
            if (in_flight) {
              m.gone = true;
              ++gone;
            }
          } else {
            const auto timeout = static_cast<std::int64_t>(bits.bits() % 5);
            RC_ASSERT(queue.change_visibility(now, m.receipt, timeout) == in_flight);
            if (in_flight) m.hidden_until = now + timeout;
          }
          break;
        }
      }
      RC_ASSERT(queue.size() == known.size() - gone);
    }
    // All that is left comes in the end.
    for (int i = 0; i < 2000 && queue.size() > 0; ++i) {
      now += 10;
      const Got got = receive(queue, now, 10, 10);
      gone += got.dead.size();
      for (const auto& d : got.messages) {
        RC_ASSERT(queue.remove(now, d.receipt));
        ++gone;
      }
    }
    RC_ASSERT(queue.size() == 0u);
    RC_ASSERT(gone == known.size());
  });
  CHECK(holds);
}

}  // namespace
}  // namespace highwater::messaging
