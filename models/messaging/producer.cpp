#include "models/messaging/producer.h"

#include <algorithm>
#include <utility>

#include "models/messaging/topic_component.h"

namespace highwater::messaging {
ProduceRequest::ProduceRequest(Topic& topic, std::uint32_t slot)
    : topic_(topic), slot_(slot), timeout_(*this) {}

void ProduceRequest::send(Producer& producer, std::uint32_t number, Instance& broker, Edge& edge,
                          std::vector<std::shared_ptr<Batch>> batches) {
  producer_ = &producer;
  number_ = number;
  lost_ = false;
  batches_ = std::move(batches);
  left = batches_.size();
  refused = false;
  Simulation& simulation = topic_.world().simulation;
  simulation.schedule_after(timeout_, topic_.params().producer->request_timeout);
  Request request;
  request.operation = Operation::write;
  request.key = slot_;
  request.id = producer.draws();
  Attempt& attempt =
      Attempt::make(edge, producer.instance(), broker, request, producer.next_message(), *this);
  attempt.only_carries();
  attempt.depart();
}

void ProduceRequest::forget() {
  producer_ = nullptr;
  topic_.world().simulation.cancel(timeout_);
  if (lost_) end();
}

void ProduceRequest::answered(Reply reply) {
  topic_.world().simulation.cancel(timeout_);
  Producer* const producer = std::exchange(producer_, nullptr);
  if (producer != nullptr) producer->answered(*this, number_, reply.ok());
  end();
}

void ProduceRequest::lost() {
  // The producer learns of it when its patience ends.
  lost_ = true;
  if (producer_ == nullptr) end();
}

void ProduceRequest::timed_out() {
  std::exchange(producer_, nullptr)->answered(*this, number_, false);
  if (lost_) end();
}

void ProduceRequest::end() {
  batches_.clear();
  topic_.release(slot_);
}

Producer::Producer(Topic& topic, Instance& instance, Edge& edge, std::uint32_t number)
    : topic_(topic),
      instance_(instance),
      edge_(edge),
      accumulator_(topic.params().producer->options(topic.params().batch_size), topic.leaders()),
      number_(number),
      lines_(topic.partition_count()),
      incarnation_(instance.incarnation()),
      draws_(topic.world().key(topic.id(), "requests of " + instance.label()).value),
      wake_(*this),
      block_(*this) {}

/// Whether what it remembers is the process' own; forgets it otherwise.
bool Producer::is_same_process() {
  if (instance_.incarnation() == incarnation_) return true;
  incarnation_ = instance_.incarnation();
  forget_all();
  return false;
}

void Producer::publish(Attempt& attempt) {
  is_same_process();
  const Time now = topic_.world().now();
  buffered_.add(now, 1);
  const Record record{&attempt, attempt.request(), now};
  Simulation& simulation = topic_.world().simulation;
  if (!blocked_.empty() || !append(record)) {
    blocked_.push_back(record);
    if (blocked_.size() == 1) give_up_in_time();
  }
  // Not here and now: what is published in the same instant comes along.
  if (wakes_ || !wake_.pending()) simulation.reschedule_after(wake_, Duration{0});
  wakes_ = false;
}

/// @return false where there is no memory for it.
bool Producer::append(const Record& record) {
  const Time now = topic_.world().now();
  const std::uint32_t partition = record.request.part;
  const BatchAccumulator::Append appended =
      accumulator_.append(nanoseconds(now), partition, topic_.params().message_size.count);
  if (appended.accepted) lines_[partition].unsent.push_back(record);
  wakes_ = wakes_ || appended.wakes;
  return appended.accepted;
}

void Producer::leads(std::uint32_t partition, std::uint32_t broker) {
  accumulator_.lead(partition, broker);
  topic_.world().simulation.reschedule_after(wake_, Duration{0});
}

void Producer::sends() {
  if (!is_same_process()) return;
  send_ready();
  expire();
  let_in();
  wake_in_time();
}

void Producer::send_ready() {
  const Time now = topic_.world().now();
  const bool waits = topic_.params().producer->acks != Acks::none;
  struct Going {
    std::uint32_t number;
    std::uint32_t broker;
    std::vector<std::shared_ptr<Batch>> batches;
  };
  std::vector<Going> going;
  accumulator_.drain(nanoseconds(now), [&](const BatchAccumulator::Sent& sent) {
    if (going.empty() || going.back().number != sent.request)
      going.push_back({sent.request, sent.broker, {}});
    if (batches_.size() <= sent.batch) batches_.resize(sent.batch + 1);
    std::shared_ptr<Batch>& batch = batches_[sent.batch];
    if (sent.attempts == 1) {
      batch = std::make_shared<Batch>();
      batch->partition = sent.partition;
      batch->producer = number_;
      batch->incarnation = incarnation_;
      batch->epoch = lines_[sent.partition].epoch;
      batch->sequence = lines_[sent.partition].next_sequence++;
      batch->records = take_records(sent.partition, sent.records);
      for (const Record& record : batch->records) topic_.sent(now - record.published);
    }
    going.back().batches.push_back(batch);
  });
  for (Going& one : going) {
    ProduceRequest& request = topic_.produce_request();
    if (waits)
      in_flight_.push_back(&request);
    else
      for (const std::shared_ptr<Batch>& batch : one.batches) conclude(batch->records, Status::ok);
    request.send(*this, one.number, *topic_.instances()[one.broker], edge_, std::move(one.batches));
    if (waits) continue;
    request.forget();
    accumulator_.answered(nanoseconds(now), one.number, BatchAccumulator::Answer::done);
  }
}

void Producer::answered(ProduceRequest& request, std::uint32_t number, bool appended) {
  std::erase(in_flight_, &request);
  if (!is_same_process()) return;
  if (appended)
    for (const std::shared_ptr<Batch>& batch : request.batches())
      conclude(batch->records, Status::ok);
  accumulator_.answered(
      nanoseconds(topic_.world().now()), number,
      appended ? BatchAccumulator::Answer::done : BatchAccumulator::Answer::retry);
  topic_.world().simulation.reschedule_after(wake_, Duration{0});
}

void Producer::expire() {
  accumulator_.expire(
      nanoseconds(topic_.world().now()), [&](const BatchAccumulator::Sent& expired) {
        if (expired.attempts > 1) {
          const std::shared_ptr<Batch> given_up = std::exchange(batches_[expired.batch], nullptr);
          conclude(given_up->records, Status::timeout);
          if (!given_up->appended) begin_epoch(expired.partition);
          return;
        }
        std::vector<Record> records = take_records(expired.partition, expired.records);
        conclude(records, Status::timeout);
      });
}

/// One that was sent is missing for good: those behind it are numbered anew.
void Producer::begin_epoch(std::uint32_t partition) {
  Line& line = lines_[partition];
  ++line.epoch;
  line.next_sequence = 0;
  std::vector<Batch*> behind;
  for (const std::shared_ptr<Batch>& batch : batches_)
    if (batch != nullptr && batch->partition == partition && !batch->appended)
      behind.push_back(batch.get());
  std::sort(behind.begin(), behind.end(),
            [](const Batch* a, const Batch* b) { return a->sequence < b->sequence; });
  for (Batch* const batch : behind) {
    batch->epoch = line.epoch;
    batch->sequence = line.next_sequence++;
  }
}

/// Those that wait for memory, in their order.
void Producer::let_in() {
  if (blocked_.empty()) return;
  while (!blocked_.empty() && append(blocked_.front())) blocked_.pop_front();
  give_up_in_time();
}

void Producer::give_up_in_time() {
  Simulation& simulation = topic_.world().simulation;
  if (blocked_.empty())
    simulation.cancel(block_);
  else
    simulation.reschedule_at(block_,
                             blocked_.front().published + topic_.params().producer->max_block);
}

void Producer::blocked_for_long() {
  if (!is_same_process()) return;
  const Time now = topic_.world().now();
  std::vector<Record> late;
  while (!blocked_.empty() &&
         blocked_.front().published + topic_.params().producer->max_block <= now) {
    late.push_back(blocked_.front());
    blocked_.pop_front();
  }
  buffered_.add(now, -static_cast<std::int64_t>(late.size()));
  conclude(late, Status::timeout);
  give_up_in_time();
}

void Producer::conclude(std::vector<Record>& records, Status status) {
  for (Record& record : records)
    if (record.attempt != nullptr) {
      if (status != Status::ok) topic_.failed(status);
      std::exchange(record.attempt, nullptr)->conclude(Reply{status});
    }
}

std::vector<Record> Producer::take_records(std::uint32_t partition, std::uint32_t count) {
  std::deque<Record>& line = lines_[partition].unsent;
  const auto end = line.begin() + count;
  std::vector<Record> records(line.begin(), end);
  line.erase(line.begin(), end);
  buffered_.add(topic_.world().now(), -static_cast<std::int64_t>(count));
  return records;
}

void Producer::wake_in_time() {
  const std::int64_t next = std::min(accumulator_.next(), accumulator_.next_expiry());
  if (next == BatchAccumulator::kNever) return;
  const Time now = topic_.world().now();
  topic_.world().simulation.reschedule_after(wake_,
                                             std::max(Time{Duration{next}} - now, Duration{0}));
}

void Producer::forget_all() {
  Simulation& simulation = topic_.world().simulation;
  simulation.cancel(wake_);
  simulation.cancel(block_);
  // Nobody waits for these any more: their callers died with the process.
  const auto drop = [](auto& records) {
    for (Record& record : records)
      if (record.attempt != nullptr)
        std::exchange(record.attempt, nullptr)->conclude(Reply{Status::reset});
  };
  for (Line& line : lines_) {
    drop(line.unsent);
    line = {};
  }
  drop(blocked_);
  blocked_.clear();
  for (const std::shared_ptr<Batch>& batch : batches_)
    if (batch != nullptr) drop(batch->records);
  batches_.clear();
  for (ProduceRequest* const request : std::exchange(in_flight_, {})) request->forget();
  buffered_.set(simulation.now(), 0);
  accumulator_ = BatchAccumulator(topic_.params().producer->options(topic_.params().batch_size),
                                  topic_.leaders());
}

}  // namespace highwater::messaging
