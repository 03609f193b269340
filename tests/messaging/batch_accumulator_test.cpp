#include "models/algorithms/messaging/batch_accumulator.h"

#include <deque>
#include <map>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/algorithms/golden.h"

namespace highwater::messaging {
namespace {

using Sent = BatchAccumulator::Sent;
using Answer = BatchAccumulator::Answer;
constexpr std::int64_t kMs = 1'000'000;

std::vector<Sent> drain(BatchAccumulator& batches, std::int64_t now) {
  std::vector<Sent> sent;
  batches.drain(now, [&](const Sent& s) { sent.push_back(s); });
  return sent;
}

TEST_CASE("batches: one lingers until its time or until it is full", "[messaging]") {
  BatchAccumulator batches({.linger = 5 * kMs, .batch_size = 261}, {0});
  CHECK_FALSE(batches.append(0, 0, 100).wakes);
  CHECK(drain(batches, 5 * kMs - 1).empty());
  CHECK(batches.next() == 5 * kMs);
  auto sent = drain(batches, 5 * kMs);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].records == 1);
  CHECK(sent[0].bytes == 161);
  CHECK_FALSE(batches.append(6 * kMs, 0, 100).wakes);
  CHECK(batches.append(6 * kMs, 0, 100).wakes);  // 61 + 200: full to the byte
  sent = drain(batches, 6 * kMs);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].records == 2);
}

TEST_CASE("batches: a second batch makes the first ready", "[messaging]") {
  BatchAccumulator batches({.linger = 1000 * kMs, .batch_size = 200}, {0});
  batches.append(0, 0, 100);
  CHECK(batches.append(0, 0, 100).wakes);
  const auto sent = drain(batches, 0);
  REQUIRE(sent.size() == 1);
  CHECK(batches.waiting() == 1);
  CHECK(drain(batches, 0).empty());
}

TEST_CASE("batches: partitions of a broker go along in one request", "[messaging]") {
  BatchAccumulator batches({.linger = 5 * kMs}, {0, 0, 1});
  batches.append(0, 0, 10);
  batches.append(4 * kMs, 1, 10);
  batches.append(4 * kMs, 2, 10);
  const auto sent = drain(batches, 5 * kMs);
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].request == sent[1].request);
  CHECK(sent[1].partition == 1);
  CHECK(drain(batches, 9 * kMs).at(0).broker == 1);
}

TEST_CASE("batches: a request is as large as allowed and the next begins behind it",
          "[messaging]") {
  BatchAccumulator batches({.max_request_size = 400}, {0, 0, 0});
  for (std::uint32_t p = 0; p < 3; ++p) batches.append(0, p, 100);
  CHECK(drain(batches, 0).size() == 2);
  const auto rest = drain(batches, 0);
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].partition == 2);
}

TEST_CASE("batches: no more requests in flight than allowed", "[messaging]") {
  BatchAccumulator batches({.max_in_flight = 2}, {0});
  for (int i = 0; i < 3; ++i) {
    batches.append(0, 0, 10);
    CHECK(drain(batches, 0).size() == (i < 2 ? 1 : 0));
  }
  CHECK(batches.next() == BatchAccumulator::kNever);
  batches.answered(1, 0, Answer::done);
  CHECK(drain(batches, 1).size() == 1);
}

TEST_CASE("batches: a record without memory waits and hurries the others", "[messaging]") {
  BatchAccumulator batches({.linger = 1000 * kMs, .batch_size = 100, .buffer_memory = 200}, {0, 0});
  CHECK(batches.append(0, 0, 10).accepted);
  CHECK(batches.append(0, 1, 10).accepted);
  const auto refused = batches.append(0, 0, 90);
  CHECK_FALSE(refused.accepted);
  CHECK(refused.wakes);
  CHECK(drain(batches, 0).size() == 2);
  CHECK_FALSE(batches.append(0, 0, 10).accepted);
  batches.answered(1, 0, Answer::done);
  CHECK(batches.memory() == 0);
  CHECK(batches.append(1, 0, 10).accepted);
  CHECK_FALSE(batches.append(1, 0, 1000).accepted);  // never: larger than everything
}

TEST_CASE("batches: a retry waits for its backoff and keeps its place", "[messaging]") {
  BatchAccumulator batches({.max_in_flight = 1, .retry_backoff = 100 * kMs}, {0});
  batches.append(0, 0, 10);
  drain(batches, 0);
  batches.append(0, 0, 20);
  CHECK(drain(batches, 0).empty());  // muted
  batches.answered(kMs, 0, Answer::retry);
  CHECK(drain(batches, 100 * kMs).empty());
  const auto again = drain(batches, 101 * kMs);
  REQUIRE(again.size() == 1);
  CHECK(again[0].attempts == 2);
  CHECK(again[0].bytes == 71);
}

TEST_CASE("batches: what waits too long expires and a flush waits for nothing", "[messaging]") {
  BatchAccumulator batches({.linger = 1000 * kMs, .delivery_timeout = 50 * kMs}, {0});
  batches.append(0, 0, 10);
  std::size_t expired = 0;
  batches.expire(50 * kMs - 1, [&](const Sent&) { ++expired; });
  CHECK(expired == 0);
  batches.expire(50 * kMs, [&](const Sent&) { ++expired; });
  CHECK(expired == 1);
  CHECK(batches.memory() == 0);
  batches.append(60 * kMs, 0, 10);
  batches.flush();
  CHECK(drain(batches, 60 * kMs).size() == 1);
  batches.answered(61 * kMs, 99, Answer::done);  // nobody asked
}

TEST_CASE("batches: time that goes back makes nothing late", "[messaging]") {
  BatchAccumulator batches({.linger = 5 * kMs}, {0});
  batches.append(100 * kMs, 0, 10);
  CHECK(drain(batches, 0).empty());
  batches.append(0, 0, 10);
  CHECK(drain(batches, 105 * kMs).at(0).records == 2);
}

TEST_CASE("batches: records arrive once and in order whatever happens", "[messaging]") {
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    const BatchOptions options{.linger = static_cast<std::int64_t>(bits.bits() % 10) * kMs,
                               .batch_size = bits.bits() % 1000,
                               .buffer_memory = 5000,
                               .max_in_flight = 1 + static_cast<std::uint32_t>(bits.bits() % 3),
                               .max_request_size = 100 + bits.bits() % 3000,
                               .retry_backoff = kMs};
    BatchAccumulator batches(options, {0, 1, 0, 1});
    std::vector<std::uint64_t> appended(4), done(4);
    std::map<std::uint32_t, std::vector<Sent>> in_flight;
    std::int64_t now = 0;
    const auto step = [&] {
      batches.drain(now, [&](const Sent& s) { in_flight[s.request].push_back(s); });
      std::map<std::uint32_t, std::uint32_t> requests;
      for (const auto& [request, list] : in_flight) ++requests[list[0].broker];
      for (const auto& [broker, n] : requests) {
        RC_ASSERT(n <= options.max_in_flight);
        RC_ASSERT(n == batches.in_flight(broker));
      }
      RC_ASSERT(batches.memory() <= options.buffer_memory);
    };
    const auto answer = [&](bool may_fail) {
      if (in_flight.empty()) return;
      const auto it = in_flight.begin();
      const bool retry = may_fail && bits.bits() % 4 == 0;
      const auto list = std::move(it->second);
      const std::uint32_t request = it->first;
      in_flight.erase(it);
      batches.answered(now, request, retry ? Answer::retry : Answer::done);
      if (!retry)
        for (const Sent& s : list) done[s.partition] += s.records;
    };
    for (int i = 0; i < 300; ++i) {
      now += static_cast<std::int64_t>(bits.bits() % 3) * kMs;
      const auto partition = static_cast<std::uint32_t>(bits.bits() % 4);
      appended[partition] += batches.append(now, partition, bits.bits() % 300).accepted;
      step();
      if (bits.bits() % 3 == 0) answer(true);
    }
    for (int i = 0; i < 2000 && (batches.waiting() > 0 || !in_flight.empty()); ++i) {
      now += 20 * kMs;
      step();
      answer(false);
    }
    RC_ASSERT(appended == done);
    RC_ASSERT(batches.memory() == 0u);
  }));
}

}  // namespace
}  // namespace highwater::messaging
