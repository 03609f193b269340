#include "models/algorithms/messaging/batch_accumulator.h"

#include <deque>
#include <map>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::messaging {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::uint64_t kHead = BatchAccumulator::kBatchOverhead;
using Sent = BatchAccumulator::Sent;
using Answer = BatchAccumulator::Answer;

std::vector<Sent> drain(BatchAccumulator& batches, std::int64_t now) {
  std::vector<Sent> all;
  batches.drain(now, [&](const Sent& sent) { all.push_back(sent); });
  return all;
}

TEST_CASE("batch_accumulator: linger", "[models][messaging]") {
  BatchAccumulator batches({.linger = 5 * kMs}, {0});
  CHECK(batches.next() == BatchAccumulator::kNever);
  CHECK(batches.append(kMs, 0, 100).accepted);
  CHECK_FALSE(batches.append(3 * kMs, 0, 100).wakes);
  CHECK(batches.next() == 6 * kMs);
  CHECK(drain(batches, 6 * kMs - 1).empty());
  CHECK(drain(batches, 0).empty());  // backwards
  const auto sent = drain(batches, 6 * kMs);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].records == 2);
  CHECK(sent[0].bytes == kHead + 200);
  CHECK(sent[0].created == kMs);
  CHECK(sent[0].attempts == 1);
  CHECK(batches.in_flight(0) == 1);
  CHECK(batches.memory() == 16'384);
  batches.answered(7 * kMs, sent[0].request, Answer::done);
  batches.answered(7 * kMs, sent[0].request, Answer::done);  // again: nothing
  CHECK(batches.in_flight(0) == 0);
  CHECK(batches.memory() == 0);
}

TEST_CASE("batch_accumulator: sizes", "[models][messaging]") {
  BatchAccumulator batches({.linger = 1000 * kMs, .batch_size = kHead + 100}, {0});
  CHECK_FALSE(batches.append(0, 0, 60).wakes);
  CHECK(batches.append(0, 0, 40).wakes);   // full to the byte
  CHECK(batches.append(0, 0, 500).wakes);  // alone in its own
  CHECK(batches.append(0, 0, 1).wakes);
  CHECK(batches.waiting() == 3);
  CHECK(batches.memory() == 2 * (kHead + 100) + kHead + 500);
  std::vector<std::uint64_t> bytes;
  for (int i = 0; i < 3; ++i)
    for (const Sent& sent : drain(batches, i == 2 ? 1000 * kMs : 0)) bytes.push_back(sent.bytes);
  CHECK(bytes == std::vector<std::uint64_t>{kHead + 100, kHead + 500, kHead + 1});
  // batch.size 0: a batch for each record.
  BatchAccumulator single({.linger = kMs, .batch_size = 0}, {0});
  single.append(0, 0, 10);
  single.append(0, 0, 10);
  CHECK(single.waiting() == 2);
}

TEST_CASE("batch_accumulator: a broker's partitions go together", "[models][messaging]") {
  BatchAccumulator batches({.linger = 5 * kMs, .max_request_size = 2 * kHead + 250}, {0, 0, 1, 0});
  for (std::uint32_t p : {0u, 1u, 2u, 3u}) batches.append(p == 0 ? 0 : kMs, p, 100);
  const auto partitions = [&](std::int64_t now) {
    std::vector<std::uint32_t> list;
    for (const Sent& sent : drain(batches, now)) list.push_back(sent.partition);
    return list;
  };
  CHECK(partitions(5 * kMs) == std::vector<std::uint32_t>{0, 1});  // the third is too much
  CHECK(partitions(6 * kMs) == std::vector<std::uint32_t>{3, 2});  // each broker's own request
  // One larger than a request goes alone.
  batches.append(7 * kMs, 0, 5000);
  CHECK(partitions(20 * kMs) == std::vector<std::uint32_t>{0});
}

TEST_CASE("batch_accumulator: a partition's leader may be another broker", "[models][messaging]") {
  BatchAccumulator batches({.linger = 0, .max_in_flight = 1}, {0, 0, 1});
  batches.append(0, 0, 100);
  const auto first = drain(batches, 0);
  REQUIRE(first.size() == 1);
  CHECK(first[0].broker == 0);
  for (const std::uint32_t p : {0u, 1u, 2u}) batches.append(0, p, 100);
  batches.lead(0, 4);
  batches.lead(1, 1);
  batches.lead(2, 1);  // as it was
  // What is in flight mutes its partition and counts where it went.
  const auto second = drain(batches, 0);
  REQUIRE(second.size() == 2);
  CHECK(second[0].request == second[1].request);
  CHECK(second[0].broker == 1);
  CHECK(second[1].broker == 1);
  CHECK(batches.in_flight(0) == 1);
  batches.answered(0, first[0].request, Answer::retry);
  CHECK(batches.in_flight(0) == 0);
  const auto third = drain(batches, 100 * kMs);
  REQUIRE(third.size() == 1);
  CHECK(third[0].broker == 4);
  CHECK(third[0].attempts == 2);
}

TEST_CASE("batch_accumulator: memory", "[models][messaging]") {
  BatchAccumulator batches({.linger = 50 * kMs, .batch_size = 100, .buffer_memory = 250}, {0, 1});
  CHECK_FALSE(batches.append(0, 0, 190).accepted);  // never fits
  CHECK(batches.next() == BatchAccumulator::kNever);
  batches.append(0, 0, 10);
  CHECK(batches.next() == 50 * kMs);
  CHECK_FALSE(batches.append(0, 1, 190).accepted);
  // What can never fit makes nobody hurry.
  CHECK(batches.next() == 50 * kMs);
  batches.append(0, 1, 10);
  const auto refused = batches.append(0, 1, 60);
  CHECK_FALSE(refused.accepted);
  CHECK(refused.wakes);
  const auto sent = drain(batches, 0);
  CHECK(sent.size() == 2);
  batches.answered(kMs, sent[0].request, Answer::done);
  CHECK(batches.append(kMs, 1, 20).accepted);
  CHECK(batches.next() == 51 * kMs);
}

TEST_CASE("batch_accumulator: flush", "[models][messaging]") {
  BatchAccumulator batches({.linger = 50 * kMs}, {0, 1});
  batches.append(0, 0, 10);
  batches.append(0, 1, 10);
  batches.flush();
  const auto sent = drain(batches, kMs);
  REQUIRE(sent.size() == 2);
  // What comes after lingers again; a flush does not shorten the wait before a retry.
  batches.answered(2 * kMs, sent[0].request, Answer::retry);
  batches.flush();
  CHECK(batches.next() == 102 * kMs);
  CHECK(drain(batches, 102 * kMs - 1).empty());
  const auto again = drain(batches, 102 * kMs);
  REQUIRE(again.size() == 1);
  CHECK(again[0].attempts == 2);
  CHECK(again[0].batch == sent[0].batch);
}

TEST_CASE("batch_accumulator: requests in flight", "[models][messaging]") {
  BatchAccumulator batches({.batch_size = 0, .max_in_flight = 0}, {0});
  for (int i = 0; i < 3; ++i) batches.append(0, 0, 10);
  const auto first = drain(batches, 0);
  REQUIRE(first.size() == 1);
  CHECK(drain(batches, 0).empty());
  CHECK(batches.next() == BatchAccumulator::kNever);
  batches.answered(kMs, first[0].request, Answer::done);
  CHECK(batches.next() <= kMs);
  CHECK(drain(batches, kMs).size() == 1);
}

TEST_CASE("batch_accumulator: too old", "[models][messaging]") {
  BatchAccumulator batches({.linger = 100 * kMs, .batch_size = 0, .delivery_timeout = 10 * kMs},
                           {0});
  batches.append(0, 0, 10);
  batches.append(kMs, 0, 20);
  std::vector<std::uint64_t> expired;
  const auto note = [&](const Sent& sent) { expired.push_back(sent.bytes); };
  batches.expire(10 * kMs - 1, note);
  CHECK(expired.empty());
  batches.expire(10 * kMs, note);
  CHECK(expired == std::vector<std::uint64_t>{kHead + 10});
  CHECK(batches.waiting() == 1);
  CHECK(batches.memory() == kHead + 20);
}

TEST_CASE("batch_accumulator: all is sent once and in order", "[models][messaging]") {
  const bool holds = rc::check("any calls", [](std::uint64_t seed) {
    SplitMix bits{seed};
    const BatchOptions options{.linger = static_cast<std::int64_t>(bits.bits() % 5),
                               .batch_size = bits.bits() % 300,
                               .buffer_memory = 2000 + bits.bits() % 3000,
                               .max_in_flight = static_cast<std::uint32_t>(1 + bits.bits() % 3),
                               .max_request_size = 1 + bits.bits() % 1000,
                               .retry_backoff = static_cast<std::int64_t>(bits.bits() % 4)};
    const auto partitions = 1 + bits.bits() % 5;
    std::vector<std::uint32_t> leaders(partitions);
    for (auto& broker : leaders) broker = static_cast<std::uint32_t>(bits.bits() % 2);
    BatchAccumulator batches(options, leaders);
    struct Known {
      std::uint32_t partition, records, attempts;
      std::uint64_t bytes;
    };
    std::vector<std::deque<std::uint64_t>> records(partitions);  // not yet sent
    std::map<std::uint32_t, Known> known;                        // by batch
    std::map<std::uint32_t, std::vector<Sent>> flying;           // by request
    std::int64_t now = 0;
    std::size_t accepted = 0;
    std::size_t done = 0;
    const auto sent_at = [&] {
      std::map<std::uint32_t, std::uint64_t> sizes;
      batches.drain(now, [&](const Sent& sent) {
        std::uint64_t& size = sizes[sent.request];
        RC_ASSERT(size == 0u || size + sent.bytes <= options.max_request_size);
        size += sent.bytes;
        RC_ASSERT(sent.broker == leaders[sent.partition]);
        RC_ASSERT(sent.bytes <= options.batch_size || sent.records == 1u);
        if (sent.attempts == 1) {
          RC_ASSERT(!known.contains(sent.batch));
          std::uint64_t bytes = kHead;
          for (std::uint32_t k = 0; k < sent.records; ++k) {
            RC_ASSERT(!records[sent.partition].empty());
            bytes += records[sent.partition].front();
            records[sent.partition].pop_front();
          }
          RC_ASSERT(bytes == sent.bytes);
          if (options.max_in_flight == 1)  // nothing overtakes one that is to be retried
            for (const auto& [id, other] : known) RC_ASSERT(other.partition != sent.partition);
        } else {
          const Known& before = known.at(sent.batch);
          RC_ASSERT(before.attempts + 1 == sent.attempts);
          RC_ASSERT(before.records == sent.records);
          RC_ASSERT(before.bytes == sent.bytes);
        }
        known[sent.batch] = {sent.partition, sent.records, sent.attempts, sent.bytes};
        flying[sent.request].push_back(sent);
      });
      for (std::uint32_t b = 0; b < 2; ++b) {
        std::uint32_t requests = 0;
        for (const auto& [id, list] : flying) requests += list[0].broker == b;
        RC_ASSERT(requests <= options.max_in_flight);
        if (std::count(leaders.begin(), leaders.end(), b) > 0)
          RC_ASSERT(batches.in_flight(b) == requests);
      }
    };
    const auto answer_one = [&](bool retry) {
      auto request = flying.begin();
      std::advance(request, static_cast<std::ptrdiff_t>(bits.bits() % flying.size()));
      const std::uint32_t id = request->first;
      const auto list = request->second;
      flying.erase(request);
      if (!retry)
        for (const Sent& sent : list) {
          done += sent.records;
          known.erase(sent.batch);
        }
      batches.answered(now, id, retry ? Answer::retry : Answer::done);
    };
    for (int i = 0; i < 300; ++i) {
      now += static_cast<std::int64_t>(bits.bits() % 2);
      const auto what = bits.bits() % 8;
      if (what < 4) {
        const auto p = static_cast<std::uint32_t>(bits.bits() % partitions);
        const std::uint64_t bytes = 1 + bits.bits() % 200;
        if (batches.append(now, p, bytes).accepted) {
          records[p].push_back(bytes);
          ++accepted;
        }
      } else if (what < 6) {
        sent_at();
      } else if (what < 7 && !flying.empty()) {
        answer_one(bits.bits() % 3 == 0);
      } else if (bits.bits() % 10 == 0) {
        batches.flush();
      }
      RC_ASSERT(batches.memory() <= options.buffer_memory);
    }
    for (int i = 0; i < 3000 && (batches.waiting() > 0 || !flying.empty()); ++i) {
      now = std::max(now, batches.next() == BatchAccumulator::kNever ? now : batches.next());
      sent_at();
      if (!flying.empty()) answer_one(false);
    }
    RC_ASSERT(done == accepted);
    RC_ASSERT(batches.memory() == 0u);
  });
  CHECK(holds);
}

}  // namespace
}  // namespace highwater::messaging
