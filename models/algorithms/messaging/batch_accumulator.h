#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace highwater::messaging {

struct BatchOptions {
  std::int64_t linger = 0;                          ///< linger.ms (5 ms since Kafka 4.0)
  std::uint64_t batch_size = 16'384;                ///< batch.size; 0: a batch for each record
  std::uint64_t buffer_memory = 33'554'432;         ///< buffer.memory
  std::uint32_t max_in_flight = 5;                  ///< max.in.flight.requests.per.connection
  std::uint64_t max_request_size = 1'048'576;       ///< max.request.size
  std::int64_t retry_backoff = 100'000'000;         ///< retry.backoff.ms, without its growth
  std::int64_t delivery_timeout = 120'000'000'000;  ///< delivery.timeout.ms
};

/// messaging BatchAccumulator: when a Kafka producer sends what.
///
/// Records wait in their partition's last batch until it has no room for the next one. A batch is
/// ready when it is full or another one stands behind it, when it has lingered, when records wait
/// for memory, and at a flush. A drain takes, for every broker with a ready batch that has requests
/// to spare, the first batch of each of its partitions, beginning each time with the partition
/// where the last request had become too large or one further, up to the size of a request. With
/// one request in flight the partitions in it are muted, so that retries keep the order.
///
/// A batch takes 61 bytes before its first record; a record larger than a batch gets one of its
/// own. Memory is taken a batch at a time, of batch.size or as large as its record, and given back
/// when the batch is done with.
///
/// Time: append and the answer O(1), a drain O(partitions); no allocation once the batches in use
/// have been as many before.
///
/// At the edges  a record larger than buffer.memory is never accepted. No room: the caller tries
///          again (max.block.ms is its own), and what waits meanwhile is ready. Time that stands
///          still or goes backwards makes nothing late. max_in_flight 0 counts as 1. A broker whose
///          records alone exceed max_request_size still gets one batch.
/// Source   Apache Kafka 3.9, RecordAccumulator.java, ProducerBatch.java, BufferPool.java,
/// Sender.java,
///          MemoryRecordsBuilder.hasRoomFor.
/// Checked  tests/messaging/batch_accumulator_test.cpp: times and sizes by hand; nothing is lost,
///          sent twice or overtaken; no more requests in flight than allowed.
class BatchAccumulator {
 public:
  static constexpr std::uint64_t kBatchOverhead = 61;  // DefaultRecordBatch.RECORD_BATCH_OVERHEAD
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  struct Append {
    bool accepted = false;
    bool wakes = false;  ///< Something became ready: the sender should drain now.
  };
  struct Sent {
    std::uint32_t request;  ///< Batches of one request have the same number.
    std::uint32_t batch;
    std::uint32_t partition;
    std::uint32_t broker;
    std::uint32_t records;
    std::uint32_t attempts;  ///< 1 the first time.
    std::uint64_t bytes;
    std::int64_t created;
  };
  enum class Answer : std::uint8_t { done, retry };

  /// @param leaders  The broker of each partition.
  BatchAccumulator(BatchOptions options, std::vector<std::uint32_t> leaders)
      : options_(options), leaders_(std::move(leaders)), lines_(leaders_.size()) {
    options_.max_in_flight = std::max(1u, options_.max_in_flight);
    std::uint32_t brokers = 0;
    for (const std::uint32_t broker : leaders_) brokers = std::max(brokers, broker + 1);
    brokers_.resize(brokers);
    for (std::uint32_t p = 0; p < leaders_.size(); ++p)
      brokers_[leaders_[p]].partitions.push_back(p);
  }

  /// The partition is led by `broker` from now on; what is in flight stays where it is.
  void lead(std::uint32_t partition, std::uint32_t broker) {
    if (leaders_[partition] == broker) return;
    std::erase(brokers_[leaders_[partition]].partitions, partition);
    leaders_[partition] = broker;
    if (brokers_.size() <= broker) brokers_.resize(broker + 1);
    std::vector<std::uint32_t>& led = brokers_[broker].partitions;
    led.insert(std::lower_bound(led.begin(), led.end(), partition), partition);
  }

  std::uint64_t memory() const { return memory_; }  ///< In use.
  std::uint32_t in_flight(std::uint32_t broker) const { return brokers_[broker].in_flight; }
  std::size_t waiting() const { return waiting_; }  ///< Batches that are not in flight.

  /// Batches of the partition that are not in flight.
  std::uint32_t waiting(std::uint32_t partition) const { return lines_[partition].batches; }
  /// Whether the partition's last batch would be full with one more record of so many bytes.
  bool fills(std::uint32_t partition, std::uint64_t bytes) const {
    const Line& line = lines_[partition];
    std::uint64_t before = kBatchOverhead;
    if (line.last != kNone) {
      const Batch& batch = batches_[line.last];
      if (!batch.closed && batch.bytes + bytes <= std::max(options_.batch_size, batch.memory))
        before = batch.bytes;
    }
    return before + bytes >= options_.batch_size;
  }

  /// @param bytes  Of the record as it is written. Precondition: partition exists.
  Append append(std::int64_t now, std::uint32_t partition, std::uint64_t bytes) {
    now_ = std::max(now_, now);
    Line& line = lines_[partition];
    if (line.last != kNone) {
      Batch& batch = batches_[line.last];
      if (!batch.closed && batch.bytes + bytes <= std::max(options_.batch_size, batch.memory)) {
        batch.bytes += bytes;
        ++batch.records;
        return {true, full(batch)};
      }
      batch.closed = true;
    }
    const std::uint64_t memory = std::max(options_.batch_size, bytes + kBatchOverhead);
    if (memory > options_.buffer_memory) return {};  // never fits: nobody waits for it
    if (memory > options_.buffer_memory - memory_) {
      const bool wakes = !exhausted_;
      exhausted_ = true;
      return {false, wakes};
    }
    exhausted_ = false;
    memory_ += memory;
    const std::uint32_t id = take_batch();
    Batch& batch = batches_[id];
    batch = {.partition = partition,
             .records = 1,
             .order = created_++,
             .bytes = bytes + kBatchOverhead,
             .memory = memory,
             .created = now_,
             .ready_at = after(now_, options_.linger)};
    const bool behind = line.first != kNone;
    push_back(line, id);
    return {true, behind || full(batch)};
  }

  /// Everything that waits is ready until it was sent.
  void flush() {
    for (Line& line : lines_)
      for (std::uint32_t b = line.first; b != kNone; b = batches_[b].next)
        if (batches_[b].attempts == 0)  // a retry still waits its time
          batches_[b].ready_at = std::numeric_limits<std::int64_t>::min();
  }

  /// Sends what is ready: send(const Sent&) for each batch.
  template <class Send>
  void drain(std::int64_t now, Send send) {
    now_ = std::max(now_, now);
    for (std::uint32_t b = 0; b < brokers_.size(); ++b) {
      Broker& broker = brokers_[b];
      if (broker.in_flight >= options_.max_in_flight || !any_ready(broker)) continue;
      fill_request(b, send);
    }
  }

  /// When something will be ready; now or earlier where something is. In-flight limits count:
  /// kNever where only an answer can change anything.
  std::int64_t next() const {
    std::int64_t first = kNever;
    for (const Broker& broker : brokers_) {
      if (broker.in_flight >= options_.max_in_flight) continue;
      for (const std::uint32_t p : broker.partitions) first = std::min(first, ready_at(p));
    }
    return first;
  }

  /// When expire() will find something: kNever where nothing waits.
  std::int64_t next_expiry() const {
    std::int64_t first = kNever;
    for (const Line& line : lines_)
      if (line.first != kNone)
        first = std::min(first, after(batches_[line.first].created, options_.delivery_timeout));
    return first;
  }

  /// A request was answered: its batches are done with, or come first in their lines again.
  void answered(std::int64_t now, std::uint32_t request, Answer answer) {
    now_ = std::max(now_, now);
    if (request >= requests_.size() || requests_[request].first == kNone) return;
    Request& sent = requests_[request];
    --brokers_[sent.broker].in_flight;
    std::uint32_t id = std::exchange(sent.first, kNone);
    sent.next_free = std::exchange(free_request_, request);
    for (; id != kNone;) {
      Batch& batch = batches_[id];
      const std::uint32_t following = batch.next;
      Line& line = lines_[batch.partition];
      line.muted = false;
      if (answer == Answer::retry) {
        ++batch.attempts;
        batch.closed = true;
        batch.ready_at = after(now_, options_.retry_backoff);
        insert_in_order(line, id);
      } else {
        release(id);
      }
      id = following;
    }
  }

  /// Gives up what has waited for longer than delivery.timeout.ms: expired(const Sent&) for each;
  /// their request number means nothing.
  template <class Expired>
  void expire(std::int64_t now, Expired expired) {
    now_ = std::max(now_, now);
    for (Line& line : lines_) {
      while (line.first != kNone &&
             now_ >= after(batches_[line.first].created, options_.delivery_timeout)) {
        const std::uint32_t id = pop_front(line);
        expired(describe(kNone, id));
        release(id);
      }
    }
  }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct Batch {
    std::uint32_t partition = 0;
    std::uint32_t records = 0;
    std::uint32_t attempts = 0;
    std::uint32_t next = kNone;
    std::uint64_t order = 0;  // of creation
    std::uint64_t bytes = 0;
    std::uint64_t memory = 0;
    std::int64_t created = 0;
    std::int64_t ready_at = 0;
    bool closed = false;
  };
  struct Line {  // of a partition, the oldest first
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
    std::uint32_t batches = 0;
    bool muted = false;
  };
  struct Broker {
    std::vector<std::uint32_t> partitions;
    std::size_t drain_from = 0;
    std::uint32_t in_flight = 0;
  };
  struct Request {
    std::uint32_t broker = 0;
    std::uint32_t first = kNone;
    std::uint32_t next_free = kNone;
  };

  static std::int64_t after(std::int64_t now, std::int64_t wait) {
    return wait > kNever - std::max<std::int64_t>(0, now) ? kNever : now + wait;
  }
  bool full(const Batch& batch) const {
    return batch.closed || batch.bytes >= std::max(options_.batch_size, batch.memory);
  }

  std::int64_t ready_at(std::uint32_t partition) const {
    const Line& line = lines_[partition];
    if (line.first == kNone || line.muted) return kNever;
    const Batch& batch = batches_[line.first];
    if (batch.attempts == 0 && (full(batch) || line.first != line.last || exhausted_))
      return batch.created;
    return batch.ready_at;
  }
  bool any_ready(const Broker& broker) const {
    return std::any_of(broker.partitions.begin(), broker.partitions.end(),
                       [&](std::uint32_t p) { return ready_at(p) <= now_; });
  }

  // Once a broker is due, the first batch of each of its partitions comes along, ready or not.
  template <class Send>
  void fill_request(std::uint32_t b, Send& send) {
    Broker& broker = brokers_[b];
    std::uint32_t request = kNone;
    std::uint32_t last = kNone;
    std::uint64_t size = 0;
    const std::size_t n = broker.partitions.size();
    std::size_t at = broker.drain_from % n;
    for (std::size_t k = 0; k < n; ++k) {
      Line& line = lines_[broker.partitions[at]];
      broker.drain_from = at;
      if (line.first != kNone && !line.muted &&
          (batches_[line.first].attempts == 0 || batches_[line.first].ready_at <= now_)) {
        const std::uint64_t bytes = batches_[line.first].bytes;
        if (size > 0 && size + bytes > options_.max_request_size) return;
        size += bytes;
        const std::uint32_t id = pop_front(line);
        Batch& batch = batches_[id];
        batch.closed = true;
        batch.next = kNone;
        if (request == kNone) {
          request = take_request(b);
          ++broker.in_flight;
          requests_[request].first = id;
        } else {
          batches_[last].next = id;
        }
        last = id;
        line.muted = options_.max_in_flight == 1;
        send(describe(request, id));
      }
      at = at + 1 == n ? 0 : at + 1;
    }
    broker.drain_from = at;
  }

  Sent describe(std::uint32_t request, std::uint32_t id) const {
    const Batch& b = batches_[id];
    return {request,        id,      b.partition, leaders_[b.partition], b.records,
            b.attempts + 1, b.bytes, b.created};
  }

  void push_back(Line& line, std::uint32_t id) {
    (line.last == kNone ? line.first : batches_[line.last].next) = id;
    line.last = id;
    ++line.batches;
    ++waiting_;
  }
  std::uint32_t pop_front(Line& line) {
    const std::uint32_t id = line.first;
    line.first = batches_[id].next;
    if (line.first == kNone) line.last = kNone;
    --line.batches;
    --waiting_;
    return id;
  }
  // Before the first that is younger.
  void insert_in_order(Line& line, std::uint32_t id) {
    std::uint32_t before = kNone;
    std::uint32_t at = line.first;
    while (at != kNone && batches_[at].order < batches_[id].order) {
      before = at;
      at = batches_[at].next;
    }
    batches_[id].next = at;
    (before == kNone ? line.first : batches_[before].next) = id;
    if (at == kNone) line.last = id;
    ++line.batches;
    ++waiting_;
  }

  std::uint32_t take_batch() {
    if (free_batch_ == kNone) {
      batches_.push_back({});
      free_batch_ = static_cast<std::uint32_t>(batches_.size() - 1);
    }
    const std::uint32_t id = free_batch_;
    free_batch_ = batches_[id].next;
    return id;
  }
  void release(std::uint32_t id) {
    memory_ -= batches_[id].memory;
    batches_[id].next = std::exchange(free_batch_, id);
  }
  std::uint32_t take_request(std::uint32_t broker) {
    if (free_request_ == kNone) {
      requests_.push_back({});
      free_request_ = static_cast<std::uint32_t>(requests_.size() - 1);
    }
    const std::uint32_t id = free_request_;
    free_request_ = requests_[id].next_free;
    requests_[id] = {.broker = broker};
    return id;
  }

  BatchOptions options_;
  std::vector<std::uint32_t> leaders_;
  std::vector<Line> lines_;
  std::vector<Broker> brokers_;
  std::vector<Batch> batches_;
  std::vector<Request> requests_;
  std::uint32_t free_batch_ = kNone;
  std::uint32_t free_request_ = kNone;
  std::uint64_t created_ = 0;
  std::uint64_t memory_ = 0;
  std::size_t waiting_ = 0;
  std::int64_t now_ = std::numeric_limits<std::int64_t>::min();
  bool exhausted_ = false;  // a record waits for memory
};

}  // namespace highwater::messaging
