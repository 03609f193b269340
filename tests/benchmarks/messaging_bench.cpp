// Nanoseconds a decision of messaging; an assignment counts for each partition that it gives out.

#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "models/algorithms/messaging/messaging.h"

namespace {

using namespace highwater::messaging;

/// `members` that all read one topic, each owning what it was given before another one came.
Group group_of(std::uint32_t members, std::uint32_t partitions) {
  Group group;
  group.topics = {{"orders", partitions}};
  for (std::uint32_t m = 0; m < members; ++m)
    group.members.push_back({.id = "member-" + std::to_string(1000 + m), .topics = {0}});
  Group before = group;
  before.members.pop_back();
  const Assignment owned = assign_range(before);
  for (std::uint32_t m = 0; m < owned.size(); ++m) {
    group.members[m].owned = owned[m];
    group.members[m].generation = 1;
  }
  return group;
}

void assignment(benchmark::State& state, Assignor assignor, AssignorCode code) {
  const auto partitions = static_cast<std::uint32_t>(state.range(0));
  const Group group = group_of(8, partitions);
  for (auto _ : state) benchmark::DoNotOptimize(rebalance(assignor, code, group));
  state.SetItemsProcessed(state.iterations() * partitions);
}

void batches(benchmark::State& state) {
  BatchAccumulator accumulator({.linger = 5'000'000}, {0, 1, 2, 0, 1, 2});
  std::vector<std::uint32_t> requests;
  std::int64_t now = 0;
  std::uint32_t partition = 0;
  for (auto _ : state) {
    now += 50'000;
    partition = partition == 5 ? 0 : partition + 1;
    accumulator.append(now, partition, 1'000);
    if (now < accumulator.next()) continue;
    requests.clear();
    accumulator.drain(now, [&](const BatchAccumulator::Sent& sent) {
      if (requests.empty() || requests.back() != sent.request) requests.push_back(sent.request);
    });
    for (const std::uint32_t request : requests)
      accumulator.answered(now, request, BatchAccumulator::Answer::done);
  }
  state.SetItemsProcessed(state.iterations());
}

/// One append, and the fetches of both followers.
void in_sync_replicas(benchmark::State& state) {
  InSyncReplicas replicas({.min_insync_replicas = 2});
  std::int64_t now = 0;
  std::uint64_t end = 0;
  for (auto _ : state) {
    now += 1'000'000;
    end = replicas.append(now, 1, InSyncReplicas::Acks::all).end;
    replicas.fetch(now, 1, end);
    replicas.fetch(now, 2, end);
    benchmark::DoNotOptimize(replicas.answer(end));
  }
  state.SetItemsProcessed(state.iterations() * 3);
}

/// A message sent, received and deleted, in a queue of a thousand.
void sqs(benchmark::State& state, bool fifo) {
  SqsOptions options;
  options.fifo = fifo;
  SqsQueue queue(options);
  std::int64_t now = 0;
  std::uint64_t body = 0;
  for (; body < 1'000; ++body) queue.send(now, {.body = body, .group = body % 100});
  const auto dead = [](std::uint64_t) {};
  for (auto _ : state) {
    now += 1'000'000;
    queue.send(now, {.body = ++body, .group = body % 100});
    std::uint64_t receipt = 0;
    queue.receive(
        now, 1, [&](const SqsQueue::Delivery& delivery) { receipt = delivery.receipt; }, dead);
    benchmark::DoNotOptimize(queue.remove(now, receipt));
  }
  state.SetItemsProcessed(state.iterations() * 3);
}

/// A message published, delivered and acknowledged, among four consumers.
void rabbitmq(benchmark::State& state) {
  RabbitQueue queue(RabbitOptions{});
  for (int i = 0; i < 4; ++i) queue.add_consumer(10);
  std::int64_t now = 0;
  std::uint64_t body = 0;
  const auto dead = [](std::uint64_t, RabbitQueue::Death) {};
  for (auto _ : state) {
    now += 1'000'000;
    queue.publish(now, ++body, 1'000, dead);
    std::uint64_t tag = 0;
    queue.deliver(
        now, [&](const RabbitQueue::Delivery& delivery) { tag = delivery.tag; }, dead);
    benchmark::DoNotOptimize(queue.ack(now, tag));
  }
  state.SetItemsProcessed(state.iterations() * 3);
}

BENCHMARK_CAPTURE(assignment, range, Assignor::range, AssignorCode::java)
    ->Name("messaging/range")
    ->Arg(1'000);
BENCHMARK_CAPTURE(assignment, roundrobin, Assignor::roundrobin, AssignorCode::java)
    ->Name("messaging/roundrobin")
    ->Arg(1'000);
BENCHMARK_CAPTURE(assignment, sticky_java, Assignor::sticky, AssignorCode::java)
    ->Name("messaging/sticky_java")
    ->Arg(1'000);
BENCHMARK_CAPTURE(assignment, sticky_librdkafka, Assignor::sticky, AssignorCode::librdkafka)
    ->Name("messaging/sticky_librdkafka")
    ->Arg(1'000);
BENCHMARK_CAPTURE(assignment, cooperative, Assignor::cooperative_sticky, AssignorCode::librdkafka)
    ->Name("messaging/cooperative_sticky")
    ->Arg(1'000);
BENCHMARK(batches)->Name("messaging/batch_accumulator");
BENCHMARK(in_sync_replicas)->Name("messaging/in_sync_replicas");
BENCHMARK_CAPTURE(sqs, standard, false)->Name("messaging/sqs");
BENCHMARK_CAPTURE(sqs, fifo, true)->Name("messaging/sqs_fifo");
BENCHMARK(rabbitmq)->Name("messaging/rabbitmq");

}  // namespace
