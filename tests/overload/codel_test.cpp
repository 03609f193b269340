#include "models/algorithms/resilience/codel.h"

#include <cmath>
#include <deque>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::resilience::codel_test {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

/// RFC 8289, section 5, as it stands there: it takes from the queue itself.
struct Reference {
  CodelOptions options;
  std::deque<std::int64_t> queue;  // when each came
  std::vector<std::int64_t> dropped;
  std::int64_t first_above = 0;
  std::int64_t drop_next = 0;
  std::uint32_t count = 0;
  std::uint32_t last_count = 0;
  bool dropping = false;

  struct Taken {
    bool some = false;
    std::int64_t came = 0;
    bool ok_to_drop = false;
  };

  Taken dodequeue(std::int64_t now) {
    Taken r;
    if (queue.empty()) {
      first_above = 0;
      return r;
    }
    r.some = true;
    r.came = queue.front();
    queue.pop_front();
    if (now - r.came < options.target || queue.size() <= options.min_backlog) {
      first_above = 0;
    } else if (first_above == 0) {
      first_above = now + options.interval;
    } else if (now >= first_above) {
      r.ok_to_drop = true;
    }
    return r;
  }
  std::int64_t control_law(std::int64_t t) const {
    return t + static_cast<std::int64_t>(static_cast<double>(options.interval) / std::sqrt(count));
  }
  Taken dequeue(std::int64_t now) {
    Taken r = dodequeue(now);
    if (dropping) {
      if (!r.ok_to_drop) dropping = false;
      while (now >= drop_next && dropping) {
        dropped.push_back(r.came);
        ++count;
        r = dodequeue(now);
        if (!r.ok_to_drop) {
          dropping = false;
        } else {
          drop_next = control_law(drop_next);
        }
      }
    } else if (r.ok_to_drop) {
      dropped.push_back(r.came);
      r = dodequeue(now);
      dropping = true;
      const std::uint32_t delta = count - last_count;
      count = 1;
      if (delta > 1 && now - drop_next < 16 * options.interval) count = delta;
      drop_next = control_law(now);
      last_count = count;
    }
    return r;
  }
};

TEST_CASE("codel: drops what the RFC's queue drops", "[overload][property]") {
  CHECK(rc::check([] {
    Reference reference;
    reference.options.min_backlog = *rc::gen::inRange<std::uint32_t>(0, 3);
    Codel codel(reference.options);
    std::deque<std::int64_t> queue;
    std::vector<std::int64_t> dropped;
    SplitMix bits{*rc::gen::arbitrary<std::uint64_t>()};
    std::int64_t now = kMillisecond;
    std::uint64_t load = 3;
    for (int i = 0; i < 6000; ++i) {
      now += static_cast<std::int64_t>(bits.bits() % 2000) * 1000;
      if (i % 500 == 0) load = 1 + bits.bits() % 4;
      if (bits.bits() % 4 < load) {
        queue.push_back(now);
        reference.queue.push_back(now);
      }
      if (bits.bits() % 4 < 2) continue;
      const Reference::Taken taken = reference.dequeue(now);
      std::int64_t served = -1;
      while (served < 0) {
        if (queue.empty()) {
          codel.empty(now);
          break;
        }
        const std::int64_t came = queue.front();
        queue.pop_front();
        const auto waiting = static_cast<std::uint32_t>(queue.size());
        if (codel.dequeue(now, now - came, waiting) == QueueDecision::serve) {
          served = came;
        } else {
          dropped.push_back(came);
        }
      }
      RC_ASSERT((served >= 0) == taken.some);
      if (taken.some) RC_ASSERT(served == taken.came);
      RC_ASSERT(dropped == reference.dropped);
      RC_ASSERT(codel.is_dropping() == reference.dropping);
      RC_ASSERT(codel.count() == reference.count);
    }
    RC_TAG(dropped.empty() ? "none dropped" : "some dropped");
  }));
}

// A standing queue: a request every millisecond that has waited 50 ms.
TEST_CASE("codel: drops come closer together", "[overload]") {
  Codel codel;
  std::vector<std::int64_t> drops;
  for (std::int64_t now = 0; now < 600 * kMillisecond; now += kMillisecond)
    while (codel.dequeue(now, 50 * kMillisecond) == QueueDecision::drop)
      drops.push_back(now / kMillisecond);
  // 100, then 100 / sqrt(1), 100 / sqrt(2), 100 / sqrt(3) and so on, at the next request.
  CHECK(drops == std::vector<std::int64_t>{100, 200, 271, 329, 379, 424, 464, 502, 538, 571});
}

TEST_CASE("codel: one short wait ends it, and a relapse goes on from there", "[overload]") {
  Codel codel;
  std::int64_t now = 0;
  for (; now < 600 * kMillisecond; now += kMillisecond)
    while (codel.dequeue(now, 50 * kMillisecond) == QueueDecision::drop) {
    }
  CHECK(codel.is_dropping());
  const std::uint32_t count = codel.count();
  CHECK(codel.dequeue(now, 0) == QueueDecision::serve);
  CHECK_FALSE(codel.is_dropping());
  for (std::int64_t end = now + 200 * kMillisecond; now < end; now += kMillisecond)
    while (codel.dequeue(now, 50 * kMillisecond) == QueueDecision::drop) {
    }
  CHECK(codel.count() > count / 2);
  Codel late;
  for (now = 0; now < 600 * kMillisecond; now += kMillisecond)
    while (late.dequeue(now, 50 * kMillisecond) == QueueDecision::drop) {
    }
  late.empty(now);
  now += 5'000 * kMillisecond;  // more than 16 intervals
  for (std::int64_t end = now + 102 * kMillisecond; now < end; now += kMillisecond)
    while (late.dequeue(now, 50 * kMillisecond) == QueueDecision::drop) {
    }
  CHECK(late.count() == 1);
}

TEST_CASE("codel: never drops what waited less than the target or the last ones", "[overload]") {
  Codel codel;
  for (std::int64_t now = 0; now < 1000 * kMillisecond; now += kMillisecond) {
    CHECK(codel.dequeue(now, 5 * kMillisecond - 1) == QueueDecision::serve);
  }
  for (std::int64_t now = 1000 * kMillisecond; now < 2000 * kMillisecond; now += kMillisecond)
    CHECK(codel.dequeue(now, 900 * kMillisecond, 1) == QueueDecision::serve);
}

TEST_CASE("codel: edges", "[overload]") {
  Codel at_once({.target = 0, .interval = -5});
  CHECK(at_once.dequeue(0, 0) == QueueDecision::serve);  // it takes a second look
  CHECK(at_once.dequeue(0, 0) == QueueDecision::drop);
  CHECK(at_once.dequeue(0, 0) == QueueDecision::serve);
  Codel back;
  CHECK(back.dequeue(500 * kMillisecond, 50 * kMillisecond) == QueueDecision::serve);
  CHECK(back.dequeue(0, 50 * kMillisecond) == QueueDecision::serve);
}

}  // namespace
}  // namespace highwater::resilience::codel_test
