#include "models/algorithms/messaging/sqs_queue.h"

#include <map>
#include <set>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/algorithms/golden.h"

namespace highwater::messaging {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
using Delivery = SqsQueue::Delivery;

struct Rig {
  explicit Rig(SqsOptions options = {}) : queue(options) {}
  std::vector<Delivery> receive(std::int64_t now, std::uint32_t most = 10,
                                std::optional<std::int64_t> visibility = {}) {
    std::vector<Delivery> got;
    queue.receive(
        now, most, [&](const Delivery& d) { got.push_back(d); },
        [&](std::uint64_t body) { dead.push_back(body); }, visibility);
    return got;
  }
  SqsQueue queue;
  std::vector<std::uint64_t> dead;
};

TEST_CASE("sqs: a message is hidden while it is in flight and then comes back", "[messaging]") {
  Rig rig;
  rig.queue.send(0, {.body = 7});
  const auto first = rig.receive(0);
  REQUIRE(first.size() == 1);
  CHECK(first[0].receives == 1);
  CHECK(rig.receive(30 * kSecond - 1).empty());
  CHECK(rig.queue.next_visible(30 * kSecond - 1) == 30 * kSecond);
  const auto again = rig.receive(30 * kSecond);
  REQUIRE(again.size() == 1);
  CHECK(again[0].receives == 2);
  CHECK_FALSE(rig.queue.remove(31 * kSecond, first[0].receipt));
  CHECK(rig.queue.remove(31 * kSecond, again[0].receipt));
  CHECK(rig.queue.size() == 0);
  CHECK_FALSE(rig.queue.remove(31 * kSecond, again[0].receipt));
  CHECK(rig.queue.next_visible(99 * kSecond) == SqsQueue::kNever);
}

TEST_CASE("sqs: a receipt is void once the message is visible again", "[messaging]") {
  Rig rig;
  rig.queue.send(0, {.body = 1});
  const auto got = rig.receive(0);
  CHECK_FALSE(rig.queue.remove(30 * kSecond, got[0].receipt));
  CHECK(rig.queue.size() == 1);
}

TEST_CASE("sqs: visibility can be changed", "[messaging]") {
  Rig rig;
  rig.queue.send(0, {.body = 1});
  auto got = rig.receive(0);
  CHECK(rig.queue.change_visibility(10 * kSecond, got[0].receipt, 60 * kSecond));
  CHECK(rig.receive(69 * kSecond).empty());
  got = rig.receive(70 * kSecond);
  REQUIRE(got.size() == 1);
  CHECK(rig.queue.change_visibility(71 * kSecond, got[0].receipt, 0));
  CHECK(rig.receive(71 * kSecond, 10, 0).size() == 1);
  CHECK(rig.receive(71 * kSecond).size() == 1);  // hidden for no time at all
}

TEST_CASE("sqs: what is received too often is dead", "[messaging]") {
  Rig rig({.max_receive_count = 2});
  rig.queue.send(0, {.body = 5});
  CHECK(rig.receive(0).size() == 1);
  CHECK(rig.receive(30 * kSecond).size() == 1);
  CHECK(rig.receive(60 * kSecond).empty());
  CHECK(rig.dead == std::vector<std::uint64_t>{5});
  CHECK(rig.queue.size() == 0);
}

TEST_CASE("sqs: delay and batches and the limit in flight and retention", "[messaging]") {
  Rig rig({.delay = 5 * kSecond, .retention = 100 * kSecond, .max_in_flight = 12});
  for (std::uint64_t i = 0; i < 15; ++i) rig.queue.send(0, {.body = i});
  rig.queue.send(0, {.body = 99, .delay = 0});
  CHECK(rig.receive(0, 100).size() == 1);
  CHECK(rig.queue.next_visible(0) == 5 * kSecond);
  const auto batch = rig.receive(5 * kSecond, 10);
  REQUIRE(batch.size() == 10);
  CHECK(batch[9].body == 9);
  CHECK(rig.receive(5 * kSecond, 10).size() == 1);  // 12 in flight
  CHECK(rig.queue.in_flight() == 12);
  CHECK(rig.receive(5 * kSecond, 10).empty());
  rig.queue.next_visible(100 * kSecond);
  CHECK(rig.queue.size() == 0);
  CHECK(rig.queue.in_flight() == 0);
}

TEST_CASE("sqs: a fifo group waits for its first", "[messaging]") {
  Rig rig({.fifo = true});
  for (std::uint64_t i = 0; i < 4; ++i) rig.queue.send(0, {.body = i, .group = 1});
  rig.queue.send(0, {.body = 10, .group = 2});
  auto got = rig.receive(0, 2);
  REQUIRE(got.size() == 2);
  CHECK(got[0].body == 0);
  CHECK(got[1].body == 1);
  auto other = rig.receive(0, 10);
  REQUIRE(other.size() == 1);  // the first group is busy
  CHECK(other[0].body == 10);
  rig.queue.remove(1, got[1].receipt);
  CHECK(rig.receive(2).empty());  // the first is still out
  got = rig.receive(30 * kSecond, 10);
  REQUIRE(got.size() == 4);  // both groups are free again; the first's first stands in front
  std::vector<std::uint64_t> bodies;
  for (const Delivery& d : got) bodies.push_back(d.body);
  CHECK(std::find(bodies.begin(), bodies.end(), 1) == bodies.end());
  CHECK(std::find(bodies.begin(), bodies.end(), 0) < std::find(bodies.begin(), bodies.end(), 2));
}

TEST_CASE("sqs: duplicates of five minutes are left out of a fifo queue only", "[messaging]") {
  for (const bool fifo : {true, false}) {
    Rig rig({.fifo = fifo});
    CHECK(rig.queue.send(0, {.body = 1, .deduplication = 9}));
    CHECK(rig.queue.send(299 * kSecond, {.body = 2, .deduplication = 9}) != fifo);
    CHECK(rig.queue.send(300 * kSecond, {.body = 3, .deduplication = 9}));
  }
}

TEST_CASE("sqs: time that goes back stands still", "[messaging]") {
  Rig rig;
  rig.queue.send(100 * kSecond, {.body = 1});
  CHECK(rig.receive(0).size() == 1);
  CHECK(rig.receive(129 * kSecond).empty());
  CHECK(rig.receive(130 * kSecond).size() == 1);
  CHECK_FALSE(rig.queue.change_visibility(0, 12345, kSecond));
}

TEST_CASE("sqs: nothing is lost and nothing is in flight twice", "[messaging]") {
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    const bool fifo = bits.bits() % 2 == 0;
    Rig rig({.fifo = fifo,
             .visibility_timeout = 10 * kSecond,
             .max_receive_count = static_cast<std::uint32_t>(bits.bits() % 4),
             .max_in_flight = 1 + static_cast<std::uint32_t>(bits.bits() % 20)});
    std::set<std::uint64_t> sent, deleted;
    std::map<std::uint64_t, std::pair<std::uint64_t, std::int64_t>> out;  // body: receipt, until
    std::int64_t now = 0;
    std::uint64_t next = 0;
    for (int i = 0; i < 300; ++i) {
      now += static_cast<std::int64_t>(bits.bits() % 4) * kSecond;
      std::erase_if(out, [&](const auto& o) { return o.second.second <= now; });
      switch (bits.bits() % 4) {
        case 0:
        case 1:
          rig.queue.send(now, {.body = next, .group = bits.bits() % 3});
          sent.insert(next++);
          break;
        case 2:
          for (const Delivery& d :
               rig.receive(now, 1 + static_cast<std::uint32_t>(bits.bits() % 10))) {
            RC_ASSERT(out.count(d.body) == 0u);
            RC_ASSERT(deleted.count(d.body) == 0u);
            out[d.body] = {d.receipt, now + 10 * kSecond};
          }
          break;
        default:
          if (out.empty()) break;
          RC_ASSERT(rig.queue.remove(now, out.begin()->second.first));
          deleted.insert(out.begin()->first);
          out.erase(out.begin());
          break;
      }
      for (const std::uint64_t body : rig.dead) deleted.insert(body);
      rig.dead.clear();
      RC_ASSERT(rig.queue.size() + deleted.size() == sent.size());
      RC_ASSERT(rig.queue.in_flight() >= out.size());
    }
    // Everything else can still be had.
    for (int i = 0; i < 2000 && rig.queue.size() > 0; ++i) {
      now += 11 * kSecond;
      for (const Delivery& d : rig.receive(now)) RC_ASSERT(rig.queue.remove(now, d.receipt));
    }
    RC_ASSERT(rig.queue.size() == 0u);
  }));
}

}  // namespace
}  // namespace highwater::messaging
