#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "engine/kernel/simulation.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"
#include "models/algorithms/messaging/batch_accumulator.h"
#include "models/messaging/producer_params.h"

namespace highwater::messaging {

class Producer;
class Topic;

/// A message in a producer's memory, and the attempt that waits for it to be sent.
struct Record {
  Attempt* attempt;  // concluded by the producer, once
  Request request;
  Time published{};
};

/// What a partition appends at once.
struct Batch : std::enable_shared_from_this<Batch> {
  std::uint32_t partition = 0;
  std::uint32_t producer = 0;
  std::uint32_t incarnation = 0;  ///< Of the producer's process.
  /// Its place among those of its producer for the partition; numbers begin anew with an epoch.
  std::uint32_t epoch = 0;
  std::uint32_t sequence = 0;
  bool appended = false;
  std::uint64_t end = 0;  ///< Then the offset after its last message.
  std::vector<Record> records;
};

/// A request with batches on its way to a broker, being served there, or its answer on the way
/// back. It outlives a producer that does not wait for it any more.
class ProduceRequest final : private AttemptWaiter {
 public:
  ProduceRequest(Topic& topic, std::uint32_t slot);

  /// Sends `batches` from `producer` to `broker`.
  /// @param number  What the producer's accumulator calls the request.
  void send(Producer& producer, std::uint32_t number, Instance& broker, Edge& edge,
            std::vector<std::shared_ptr<Batch>> batches);
  /// The producer is gone, or does not care.
  void forget();

  const std::vector<std::shared_ptr<Batch>>& batches() const { return batches_; }
  std::size_t left = 0;  ///< Batches that the broker has not looked at yet.
  bool refused = false;  ///< One of them came before its turn.

 private:
  void answered(Reply reply) override;
  void lost() override;
  void timed_out();
  void end();

  Topic& topic_;
  std::uint32_t slot_;
  Producer* producer_ = nullptr;
  std::uint32_t number_ = 0;
  bool lost_ = false;
  std::vector<std::shared_ptr<Batch>> batches_;
  Timer<&ProduceRequest::timed_out> timeout_;
};

/// The Kafka producer in one publishing process: it gathers messages into batches and sends them,
/// as BatchAccumulator decides.
///
/// Assumes  it always knows who leads a partition; records have the topic's message_size and are
/// not
///          compressed; a request that held one batch out of its turn is sent again as a whole.
/// Checked  tests/models/producer_test.cpp.
class Producer {
 public:
  /// @param number  Its own among the topic's producers.
  Producer(Topic& topic, Instance& instance, Edge& edge, std::uint32_t number);

  Instance& instance() const { return instance_; }
  /// What keys the draws of its requests, and what is distinct for every one.
  std::uint64_t draws() const { return draws_; }
  std::uint64_t next_message() { return ++messages_; }
  const BatchAccumulator& accumulator() const { return accumulator_; }
  /// Messages in its memory that have not been sent, integrated over time.
  double buffered_integral(Time now) const { return buffered_.total(now); }

  void publish(Attempt& attempt);
  /// The partition is led by another broker now.
  void leads(std::uint32_t partition, std::uint32_t broker);
  void answered(ProduceRequest& request, std::uint32_t number, bool appended);

 private:
  bool is_same_process();
  void forget_all();
  bool append(const Record& record);
  void sends();
  void send_ready();
  void expire();
  void let_in();
  void give_up_in_time();
  void blocked_for_long();
  void begin_epoch(std::uint32_t partition);
  void conclude(std::vector<Record>& records, Status status);
  std::vector<Record> take_records(std::uint32_t partition, std::uint32_t count);
  void wake_in_time();

  Topic& topic_;
  Instance& instance_;
  Edge& edge_;
  BatchAccumulator accumulator_;
  /// What there is for a partition.
  struct Line {
    std::deque<Record> unsent;  // the oldest first
    std::uint32_t epoch = 0;
    std::uint32_t next_sequence = 0;
  };
  std::uint32_t number_;
  std::vector<Line> lines_;                      // by partition
  std::vector<std::shared_ptr<Batch>> batches_;  // by the accumulator's number: sent before
  std::vector<ProduceRequest*> in_flight_;
  std::deque<Record> blocked_;  // without memory
  TimeIntegral buffered_;
  std::uint32_t incarnation_;
  std::uint64_t draws_;
  std::uint64_t messages_ = 0;
  bool wakes_ = false;  // something became ready
  Timer<&Producer::sends> wake_;
  Timer<&Producer::blocked_for_long> block_;
};

}  // namespace highwater::messaging
