#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "engine/kernel/check.h"
#include "engine/kernel/simulation.h"

namespace highwater {

/// Says that an answer will never come, and why.
struct Broken {
  CancelReason reason = CancelReason::abandoned;
};

/// An answer, or why there is none.
template <class T>
class Outcome {
 public:
  using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

  explicit Outcome(Value value) : content_(std::move(value)) {}
  explicit Outcome(Broken broken) : content_(broken) {}

  bool has_value() const noexcept { return content_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// Precondition: has_value().
  Value& value() { return std::get<0>(content_); }
  const Value& value() const { return std::get<0>(content_); }
  Value& operator*() { return value(); }
  Value* operator->() { return &value(); }

  /// Precondition: !has_value().
  CancelReason reason() const { return std::get<1>(content_).reason; }

 private:
  std::variant<Value, Broken> content_;
};

template <class T>
class CompletionSender;

/// The waiting end of one answer that another task, usually in another scope, owes.
///
///     Completion<Reply> reply(simulation);
///     server.scope().spawn(server.serve(request, reply.sender()));
///     Outcome<Reply> outcome = co_await reply;      // or wait_until(deadline)
///
/// The answer always comes: if the sender is destroyed without sending, because its task was
/// killed, say, the outcome carries the reason instead. A completion that is destroyed first
/// detaches, and what is sent later is dropped. The waiter is woken through the ring.
template <class T = void>
class Completion {
 public:
  explicit Completion(Simulation& simulation) noexcept : resumption_(simulation) {}
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;
  ~Completion() {
    if (sender_ != nullptr) sender_->completion_ = nullptr;
  }

  /// The other end; asked for once for each answer. Precondition: no sender is alive.
  CompletionSender<T> sender() {
    HIGHWATER_CHECK(sender_ == nullptr);
    outcome_.reset();
    return CompletionSender<T>(*this);
  }

  /// Whether the answer, or the reason for its absence, is here.
  bool ready() const noexcept { return outcome_.has_value(); }

  /// Awaiting the completion itself: the outcome, whenever it comes. One waiter at a time.
  class Wait;
  Wait operator co_await() noexcept { return Wait(*this); }

  class TimedWait;
  /// Awaitables: the outcome, or nullopt if it has not come by `deadline`, or within the lane's
  /// delay. The answer may be awaited again after that.
  TimedWait wait_until(Time deadline) { return TimedWait(*this, deadline); }
  TimedWait wait_for(Lane& timeout) { return TimedWait(*this, timeout); }

 private:
  friend class CompletionSender<T>;

  Simulation& simulation() const noexcept { return resumption_.simulation(); }
  template <class Promise>
  void start_waiting(std::coroutine_handle<Promise> task) {
    HIGHWATER_CHECK(!waiting_);
    resumption_.remember(task);
    waiting_ = true;
  }
  void stop_waiting() noexcept {
    waiting_ = false;
    simulation().cancel(resumption_);
  }
  void settle(Outcome<T> outcome) {
    sender_ = nullptr;
    outcome_.emplace(std::move(outcome));
    if (waiting_) simulation().schedule_now(resumption_);
  }
  Outcome<T> take() {
    Outcome<T> outcome = std::move(*outcome_);
    outcome_.reset();
    return outcome;
  }

  Resumption resumption_;
  CompletionSender<T>* sender_ = nullptr;
  std::optional<Outcome<T>> outcome_;
  bool waiting_ = false;
};

template <class T>
class Completion<T>::Wait {
 public:
  explicit Wait(Completion& completion) noexcept : completion_(completion) {}
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  ~Wait() { completion_.stop_waiting(); }

  bool await_ready() const noexcept { return completion_.ready(); }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    completion_.start_waiting(task);
  }
  Outcome<T> await_resume() { return completion_.take(); }

 private:
  Completion& completion_;
};

template <class T>
class Completion<T>::TimedWait {
 public:
  TimedWait(Completion& completion, Time deadline) noexcept
      : completion_(completion), timeout_(completion.simulation()), due_(deadline) {}
  TimedWait(Completion& completion, Lane& lane) noexcept
      : completion_(completion), timeout_(completion.simulation()), lane_(&lane) {}
  TimedWait(const TimedWait&) = delete;
  TimedWait& operator=(const TimedWait&) = delete;
  ~TimedWait() { completion_.stop_waiting(); }

  bool await_ready() const noexcept {
    return completion_.ready() || (lane_ == nullptr && due_ <= completion_.simulation().now());
  }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    completion_.start_waiting(task);
    timeout_.remember(task);
    if (lane_ != nullptr) {
      completion_.simulation().schedule_after(timeout_, *lane_);
    } else {
      completion_.simulation().schedule_at(timeout_, due_);
    }
  }
  std::optional<Outcome<T>> await_resume() {
    // Answer and timeout may both be on their way when the first of them resumes the task.
    completion_.simulation().cancel(timeout_);
    completion_.stop_waiting();
    if (!completion_.ready()) return std::nullopt;
    return completion_.take();
  }

 private:
  Completion& completion_;
  Resumption timeout_;
  Lane* lane_ = nullptr;
  Time due_{};
};

/// The sending end of a Completion: owes it one answer. Move-only; destroyed without having sent,
/// it sends Broken with the reason for which tasks are being cancelled.
template <class T = void>
class CompletionSender {
 public:
  CompletionSender() noexcept = default;
  CompletionSender(CompletionSender&& other) noexcept
      : completion_(std::exchange(other.completion_, nullptr)) {
    if (completion_ != nullptr) completion_->sender_ = this;
  }
  CompletionSender& operator=(CompletionSender&& other) noexcept {
    if (this != &other) {
      drop();
      completion_ = std::exchange(other.completion_, nullptr);
      if (completion_ != nullptr) completion_->sender_ = this;
    }
    return *this;
  }
  ~CompletionSender() { drop(); }

  /// Whether somebody still waits for the answer.
  explicit operator bool() const noexcept { return completion_ != nullptr; }

  /// Sends the answer; dropped if nobody waits for it any more. Only the first counts.
  void send(typename Outcome<T>::Value value = {}) {
    if (completion_ != nullptr) {
      std::exchange(completion_, nullptr)->settle(Outcome<T>(std::move(value)));
    }
  }

  /// Says that there will be no answer.
  void fail(CancelReason reason) {
    if (completion_ != nullptr) {
      std::exchange(completion_, nullptr)->settle(Outcome<T>(Broken{reason}));
    }
  }

 private:
  friend class Completion<T>;

  explicit CompletionSender(Completion<T>& completion) noexcept : completion_(&completion) {
    completion.sender_ = this;
  }
  void drop() noexcept {
    if (completion_ != nullptr) fail(completion_->simulation().cancel_reason());
  }

  Completion<T>* completion_ = nullptr;
};

}  // namespace highwater
