#include "models/algorithms/resilience/adaptive_lifo.h"

#include <catch2/catch.hpp>

namespace highwater::resilience {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

TEST_CASE("adaptive_lifo: a queue that stands gives its requests little time", "[overload]") {
  AdaptiveLifo lifo;
  CHECK(lifo.enqueue(0, 0) == 100 * kMillisecond);
  CHECK(lifo.enqueue(100 * kMillisecond, 1) == 100 * kMillisecond);  // empty no longer than N ago
  CHECK(lifo.order(100 * kMillisecond, 1) == QueueOrder::fifo);
  CHECK(lifo.enqueue(100 * kMillisecond + 1, 2) == 5 * kMillisecond);
  CHECK(lifo.order(100 * kMillisecond + 1, 2) == QueueOrder::lifo);
  CHECK(lifo.dequeue(106 * kMillisecond, 5 * kMillisecond, 5 * kMillisecond, 2) ==
        QueueDecision::serve);
  CHECK(lifo.dequeue(106 * kMillisecond, 5 * kMillisecond + 1, 5 * kMillisecond, 1) ==
        QueueDecision::drop);
  CHECK(lifo.is_standing(106 * kMillisecond));
  lifo.dequeue(106 * kMillisecond, 0, 0, 0);  // the last one is out
  CHECK_FALSE(lifo.is_standing(206 * kMillisecond));
  CHECK(lifo.is_standing(206 * kMillisecond + 1));
  // Nobody came or went meanwhile: the queue was empty all along.
  CHECK(lifo.enqueue(9'000 * kMillisecond, 0) == 100 * kMillisecond);
}

TEST_CASE("adaptive_lifo: or the newest goes first from a number on", "[overload]") {
  AdaptiveLifo lifo({.lifo_switch_threshold = 3});
  CHECK(lifo.order(0, 2) == QueueOrder::fifo);
  CHECK(lifo.order(0, 3) == QueueOrder::lifo);
  CHECK(lifo.order(900 * kMillisecond, 2) == QueueOrder::fifo);
}

TEST_CASE("adaptive_lifo: edges", "[overload]") {
  AdaptiveLifo back({}, 500 * kMillisecond);
  CHECK(back.enqueue(0, 3) == 100 * kMillisecond);
  CHECK_FALSE(back.is_standing(0));
  AdaptiveLifo strict({.n = 0, .m = 0});
  CHECK(strict.enqueue(5, 0) == 0);
  CHECK(strict.dequeue(5, 0, 0, 0) == QueueDecision::serve);
  CHECK(strict.dequeue(6, 1, 0, 0) == QueueDecision::drop);
}

}  // namespace
}  // namespace highwater::resilience
