#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "engine/kernel/check.h"
#include "engine/kernel/frame_pool.h"

namespace highwater {

class Scope;
template <class T>
class Task;

namespace detail {

/// Stops the program: an exception left a task that nobody awaits. Names the exception.
[[noreturn]] void fail_root_task(std::exception_ptr exception) noexcept;

/// A place in a scope's list of root tasks.
struct RootLink {
  RootLink* previous;  // both meaningful only for root tasks
  RootLink* next;
};

/// What a scope's root tasks find of it.
struct ScopeLink {
  std::size_t tasks = 0;
  bool frozen = false;
};

/// What every task's frame knows, whatever its result.
class TaskPromise : private RootLink {
 public:
  /// Told when a member of a group of tasks (when_all, with_deadline, …) has finished; returns what
  /// runs next.
  struct Group {
    using Finished = std::coroutine_handle<> (*)(Group&, std::uint32_t member) noexcept;
    explicit Group(Finished f) : finished(f) {}
    Finished finished;
  };
  TaskPromise() noexcept {}
  TaskPromise(const TaskPromise&) = delete;
  TaskPromise& operator=(const TaskPromise&) = delete;

  static void* operator new(std::size_t size) { return FramePool::allocate(size); }
  static void operator delete(void* frame, std::size_t size) noexcept {
    FramePool::release(frame, size);
  }

  /// A root task has nobody to return to: it runs off its end, which frees its frame.
  struct FinalAwaiter {
    bool is_root;
    bool await_ready() const noexcept { return is_root; }
    template <std::derived_from<TaskPromise> Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> finished) noexcept {
      const TaskPromise& promise = finished.promise();
      if (promise.role_ == Role::awaited) [[likely]] {
        return std::coroutine_handle<>::from_address(promise.owner_);
      }
      Group* const group = static_cast<Group*>(promise.owner_);
      return group->finished(*group, promise.member_);
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {role_ >= Role::root}; }
  void unhandled_exception() noexcept {
    exception_ = std::current_exception();
    if (role_ >= Role::root) fail_root_task(exception_);
  }

  /// The root task whose chain of awaits this frame stands in; itself for a root task.
  const void* root() const noexcept { return root_; }

  void be_awaited_by(std::coroutine_handle<> parent, const void* root) noexcept {
    role_ = Role::awaited;
    owner_ = parent.address();
    root_ = root;
  }
  void be_member_of(Group& group, std::uint32_t member, const void* root) noexcept {
    role_ = Role::member;
    owner_ = &group;
    member_ = member;
    root_ = root;
  }

 protected:
  ~TaskPromise() {
    if (role_ >= Role::root) leave_scope();
  }
  void rethrow_if_failed() const {
    if (exception_ != nullptr) [[unlikely]]
      std::rethrow_exception(exception_);
  }

 private:
  friend class highwater::Scope;

  // A doomed task is a root task that was cancelled while it ran.
  enum class Role : std::uint8_t { unstarted, awaited, member, root, doomed };

  void leave_scope() noexcept {
    previous->next = next;
    next->previous = previous;
    if (role_ == Role::root) --static_cast<ScopeLink*>(owner_)->tasks;
  }

  const void* root_;  // this and the next two are set when the task is started
  void* owner_;       // awaited: the parent's frame; member: the group; root: the scope's ScopeLink
  std::exception_ptr exception_;
  std::uint32_t member_;
  Role role_ = Role::unstarted;
};

template <class T>
class ValuePromise : public TaskPromise {
 public:
  template <class U>
  requires std::constructible_from<T, U&&>
  void return_value(U&& value) { value_.emplace(std::forward<U>(value)); }
  /// Precondition: the task has finished. Rethrows what the task threw.
  T take() {
    rethrow_if_failed();
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class ValuePromise<void> : public TaskPromise {
 public:
  void return_void() const noexcept {}
  void take() const { rethrow_if_failed(); }
};

}  // namespace detail

/// A coroutine that is a piece of simulated behaviour: it starts when it is awaited (or spawned in
/// a Scope), runs until it waits for simulated time or for something to happen, and hands its value
/// to the one that awaits it.
///
///     Task<Reply> call(Request request);      // co_return Reply{…};
///     const Reply reply = co_await call(request);
///
/// Move-only. Control passes between a task and its awaiter by symmetric transfer, so ten million
/// awaits in a row need no stack. An exception that leaves a task is rethrown where it is awaited;
/// one that leaves a spawned task stops the program, since nobody is there to handle it.
///
/// Destroying a suspended task destroys the frames of all it awaits, and with them every awaiter,
/// which takes back what it had asked for. That is cancellation; a task must not be destroyed while
/// it is running. Awaitables of the kernel can be awaited in a Task only.
template <class T = void>
class [[nodiscard]] Task {
 public:
  class promise_type;
  using Handle = std::coroutine_handle<promise_type>;

  class promise_type : public detail::ValuePromise<T> {
   public:
    Task get_return_object() noexcept { return Task(Handle::from_promise(*this)); }
  };

  Task() = default;
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() { reset(); }

  /// Whether there is a coroutine at all: false when default constructed or moved from.
  explicit operator bool() const noexcept { return handle_ != nullptr; }

  /// Destroys the coroutine with everything it awaits.
  void reset() noexcept {
    if (handle_) std::exchange(handle_, nullptr).destroy();
  }

  /// Gives up the coroutine; the caller owns it.
  Handle release() noexcept { return std::exchange(handle_, nullptr); }

  /// Precondition: the task has finished.
  T take_result() { return handle_.promise().take(); }

  class Awaiter {
   public:
    explicit Awaiter(Handle task) noexcept : task_(task) {}
    bool await_ready() const noexcept { return false; }
    template <std::derived_from<detail::TaskPromise> Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> parent) noexcept {
      task_.promise().be_awaited_by(parent, parent.promise().root());
      return task_;
    }
    T await_resume() { return task_.promise().take(); }

   private:
    Handle task_;
  };

  /// A task is awaited once, so it is awaited as an rvalue. Precondition: operator bool().
  Awaiter operator co_await() && noexcept { return Awaiter(handle_); }

  /// Starts the task as a member of a group; it runs until it first waits. Precondition: not
  /// started.
  void start(detail::TaskPromise::Group& group, std::uint32_t member, const void* root) {
    handle_.promise().be_member_of(group, member, root);
    handle_.resume();
  }

 private:
  explicit Task(Handle handle) noexcept : handle_(handle) {}

  Handle handle_ = nullptr;
};

}  // namespace highwater
