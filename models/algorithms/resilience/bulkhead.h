#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "models/algorithms/resilience/breaker.h"

namespace highwater::resilience {

enum class BulkheadKind : std::uint8_t {
  resilience4j_semaphore,
  resilience4j_thread_pool,
  hystrix_semaphore,
  hystrix_thread_pool,
  opossum,
  cockatiel,
};

/// No queue is longer and no pool larger than this.
inline constexpr std::uint32_t kBulkheadUnbounded = std::numeric_limits<std::uint32_t>::max();

struct BulkheadOptions {
  std::uint32_t max_concurrent = 10;  ///< Calls at a time; of a pool, threads that always live.
  std::uint32_t max_threads = 10;     ///< Of a pool: those beyond come when the queue is full.
  std::uint32_t queue = 0;            ///< Calls that may wait.
  std::uint32_t queue_rejection_threshold = kBulkheadUnbounded;  ///< Hystrix: rejects earlier.
  std::int64_t max_wait = kNever;  ///< Nanoseconds a call waits; then it is rejected.
  std::int64_t keep_alive = 0;     ///< Of a pool: threads beyond the core idle for so long end.
};

struct BulkheadInfo {
  BulkheadKind kind;
  std::string_view name;
  std::string_view summary;
  std::string_view source;
  BulkheadOptions defaults;
  bool is_pool;
};

/// In the order of BulkheadKind; with the defaults of the product.
inline constexpr std::array kBulkheads = {
    BulkheadInfo{BulkheadKind::resilience4j_semaphore,
                 "resilience4j_semaphore",
                 "25 calls at a time; others wait for max_wait, in order, which is not at all.",
                 "resilience4j 2.2.0 SemaphoreBulkhead.java",
                 {25, 25, kBulkheadUnbounded, kBulkheadUnbounded, 0, 0},
                 false},
    BulkheadInfo{BulkheadKind::resilience4j_thread_pool,
                 "resilience4j_thread_pool",
                 "A pool with a queue of 100; threads as the machine has cores: 4 chosen.",
                 "resilience4j 2.2.0 FixedThreadPoolBulkhead.java",
                 {3, 4, 100, kBulkheadUnbounded, kNever, 20'000'000},
                 true},
    BulkheadInfo{BulkheadKind::hystrix_semaphore,
                 "hystrix_semaphore",
                 "10 calls at a time.",
                 "Hystrix 1.5.18 AbstractCommand.TryableSemaphoreActual",
                 {10, 10, 0, kBulkheadUnbounded, 0, 0},
                 false},
    BulkheadInfo{BulkheadKind::hystrix_thread_pool,
                 "hystrix_thread_pool",
                 "10 threads without a queue; with one, it is full at queueSizeRejectionThreshold.",
                 "Hystrix 1.5.18 HystrixThreadPool.java",
                 {10, 10, 0, 5, kNever, 60'000'000'000},
                 true},
    BulkheadInfo{BulkheadKind::opossum,
                 "opossum",
                 "capacity calls at a time; one more is a failure of the breaker.",
                 "opossum 9.0.0 lib/semaphore.js",
                 {kBulkheadUnbounded, kBulkheadUnbounded, 0, kBulkheadUnbounded, 0, 0},
                 false},
    BulkheadInfo{BulkheadKind::cockatiel,
                 "cockatiel",
                 "limit calls at a time and a queue.",
                 "cockatiel 3.2.1 BulkheadPolicy.js",
                 {10, 10, 0, kBulkheadUnbounded, kNever, 0},
                 false},
};

/// resilience Bulkhead: so many calls at a time, some more may wait, the others are rejected, so
/// that one slow dependency does not take all of a service with it.
///
/// A semaphore runs a call while fewer than max_concurrent run, else lets it wait if it may. A pool
/// is Java's ThreadPoolExecutor: below max_concurrent threads every call gets a new one; then an
/// idle thread takes it, the one idle for longest; then it waits in the queue; with the queue full
/// it gets a new thread up to max_threads, ahead of those that wait. Threads beyond max_concurrent
/// end when idle for keep_alive.
///
/// Calls wait in the order of their arrival. enter() and leave() first reject those that have
/// waited for max_wait; a call that waits exactly that long gets no slot freed at that moment.
/// expired() tells which were rejected, oldest first.
///
/// Time that goes backwards stands still. 0 slots run nothing. No memory is taken once the queue
/// has been as long as it will be.
///
/// Source   kBulkheads, kind by kind; java.util.concurrent.ThreadPoolExecutor of JDK 17.
/// Checked  tests/resilience/bulkhead_test.cpp: recordings of cockatiel 3.2.1 and of JDK 17's
///          ThreadPoolExecutor; tests/reality/npm_breakers.py: random calls beside cockatiel.
class Bulkhead {
 public:
  using Call = std::uint64_t;  ///< How the caller knows its call again.

  enum class Entry : std::uint8_t { runs, waits, rejected };

  explicit Bulkhead(BulkheadKind kind) : Bulkhead(kind, info(kind).defaults) {}
  Bulkhead(BulkheadKind kind, const BulkheadOptions& options)
      : options_(options), is_pool_(info(kind).is_pool) {
    options_.max_threads = std::max(options_.max_threads, options_.max_concurrent);
    options_.queue = std::min(options_.queue, options_.queue_rejection_threshold);
    // Hystrix' threshold means nothing without a queue.
    if (options_.max_wait <= 0) options_.queue = 0;
  }

  static constexpr const BulkheadInfo& info(BulkheadKind kind) {
    return kBulkheads[static_cast<std::size_t>(kind)];
  }

  Entry enter(std::int64_t now, Call call) {
    now = forward(now);
    if (has_room()) {
      ++running_;
      return Entry::runs;
    }
    if (waiting() < options_.queue) {
      push({call, now});
      return Entry::waits;
    }
    if (is_pool_ && threads_ < options_.max_threads) {
      ++threads_;
      ++running_;
      return Entry::runs;
    }
    return Entry::rejected;
  }

  /// A running call has ended. @return the waiting call that runs instead.
  std::optional<Call> leave(std::int64_t now) {
    now = forward(now);
    --running_;
    if (waiting() > 0 && (is_pool_ || running_ < options_.max_concurrent)) {
      ++running_;
      return pop().call;
    }
    if (is_pool_) idle_.push(now);
    return std::nullopt;
  }

  /// The next call that was rejected after waiting for max_wait; nothing: no other.
  std::optional<Call> expired(std::int64_t now) {
    forward(now);
    if (rejected_.empty()) return std::nullopt;
    return rejected_.pop();
  }
  /// When the next waiting call is rejected, unless it runs before.
  std::optional<std::int64_t> next_expiry() const {
    if (waiting_.empty() || options_.max_wait == kNever) return std::nullopt;
    const std::int64_t since = waiting_.front().since;
    return since > kNever - options_.max_wait ? kNever : since + options_.max_wait;
  }
  /// The caller of a waiting call went away. @return whether it was waiting.
  bool withdraw(Call call) {
    for (std::size_t i = 0; i < waiting_.size(); ++i)
      if (waiting_[i].call == call) {
        waiting_.erase(i);
        return true;
      }
    return false;
  }

  std::uint64_t running() const { return running_; }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiter {
    Call call = 0;
    std::int64_t since = 0;
  };

  /// First in, first out, in memory that grows by doubling and is never given back.
  template <class T>
  class Ring {
   public:
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    const T& front() const { return slots_[first_]; }
    T& operator[](std::size_t i) { return slots_[(first_ + i) & (slots_.size() - 1)]; }
    void push(const T& value) {
      if (size_ == slots_.size()) grow();
      ++size_;
      (*this)[size_ - 1] = value;
    }
    T pop() {
      const T value = slots_[first_];
      first_ = (first_ + 1) & (slots_.size() - 1);
      --size_;
      return value;
    }
    void erase(std::size_t i) {
      for (; i + 1 < size_; ++i) (*this)[i] = (*this)[i + 1];
      --size_;
    }

   private:
    void grow() {
      std::vector<T> larger(std::max<std::size_t>(16, 2 * slots_.size()));
      for (std::size_t i = 0; i < size_; ++i) larger[i] = (*this)[i];
      slots_ = std::move(larger);
      first_ = 0;
    }
    std::vector<T> slots_;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
  };

  // Takes the thread where there is room in a pool.
  bool has_room() {
    if (!is_pool_) return running_ < options_.max_concurrent && waiting_.empty();
    if (threads_ < options_.max_concurrent) {
      ++threads_;
      return true;
    }
    if (idle_.empty()) return false;
    idle_.pop();
    return true;
  }

  std::int64_t forward(std::int64_t now) {
    latest_ = std::max(latest_, now);
    while (const auto due = next_expiry()) {
      if (*due > latest_) break;
      rejected_.push(waiting_.pop().call);
    }
    while (!idle_.empty() && threads_ > options_.max_concurrent &&
           latest_ - idle_.front() >= options_.keep_alive) {
      idle_.pop();
      --threads_;
    }
    return latest_;
  }

  void push(const Waiter& waiter) { waiting_.push(waiter); }
  Waiter pop() { return waiting_.pop(); }

  BulkheadOptions options_;
  bool is_pool_;
  std::int64_t latest_ = std::numeric_limits<std::int64_t>::min();
  std::uint64_t running_ = 0;
  std::uint32_t threads_ = 0;
  Ring<Waiter> waiting_;
  Ring<Call> rejected_;
  Ring<std::int64_t> idle_;  // since when
};

}  // namespace highwater::resilience
