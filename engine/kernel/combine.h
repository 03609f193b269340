#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engine/kernel/simulation.h"
#include "engine/kernel/task.h"

namespace highwater {

/// What a finished task leaves: its value, or monostate for Task<void>.
template <class T>
using TaskValue = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

namespace detail {

template <class T>
TaskValue<T> take_value(Task<T>& task) {
  if constexpr (std::is_void_v<T>) {
    task.take_result();
    return {};
  } else {
    return task.take_result();
  }
}

/// Runs a group of tasks side by side for the task that awaits it, which goes on when enough of
/// them have finished. `Members` starts a member and judges one that has finished:
///     std::uint32_t size() const;
///     void start(TaskPromise::Group&, std::uint32_t member, const void* root);
///     bool decides(std::uint32_t member);    // after this one, nobody needs the others
template <class Members>
class RunGroup : private TaskPromise::Group {
 public:
  explicit RunGroup(Members& members) noexcept : Group(&RunGroup::on_finished), members_(members) {}
  RunGroup(const RunGroup&) = delete;
  RunGroup& operator=(const RunGroup&) = delete;

  bool await_ready() const noexcept { return members_.size() == 0; }
  template <std::derived_from<TaskPromise> Promise>
  bool await_suspend(std::coroutine_handle<Promise> parent) {
    parent_ = parent;
    unfinished_ = members_.size();
    starting_ = true;
    for (std::uint32_t member = 0; member < members_.size() && !decided_; ++member) {
      members_.start(*this, member, parent.promise().root());
    }
    starting_ = false;
    return !decided_;
  }
  void await_resume() const noexcept {}

 private:
  static std::coroutine_handle<> on_finished(Group& group, std::uint32_t member) noexcept {
    RunGroup& self = static_cast<RunGroup&>(group);
    if (self.decided_) return std::noop_coroutine();
    --self.unfinished_;
    self.decided_ = self.members_.decides(member) || self.unfinished_ == 0;
    if (!self.decided_ || self.starting_) return std::noop_coroutine();
    return self.parent_;
  }

  Members& members_;
  std::coroutine_handle<> parent_;
  std::uint32_t unfinished_ = 0;
  bool starting_ = false;
  bool decided_ = false;
};

}  // namespace detail

/// Runs all tasks side by side and gives their values when the last has finished. If tasks threw,
/// all the same waits for all, then rethrows what the first of the list threw.
template <class... T>
Task<std::tuple<TaskValue<T>...>> when_all(Task<T>... tasks) {
  struct Members {
    std::tuple<Task<T>&...> tasks;
    std::uint32_t size() const noexcept { return sizeof...(T); }
    bool decides(std::uint32_t) const noexcept { return false; }
    void start(detail::TaskPromise::Group& group, std::uint32_t member, const void* root) {
      std::uint32_t index = 0;
      std::apply(
          [&](auto&... task) {
            ((index++ == member ? task.start(group, member, root) : void()), ...);
          },
          tasks);
    }
  };
  Members members{{tasks...}};
  detail::RunGroup<Members> group(members);
  co_await group;
  // Braces: the values are taken from the first to the last.
  co_return std::tuple<TaskValue<T>...>{detail::take_value(tasks)...};
}

/// The same for a list; Task<void> gives a list of monostate.
template <class T>
Task<std::vector<TaskValue<T>>> when_all(std::vector<Task<T>> tasks) {
  struct Members {
    std::vector<Task<T>>& tasks;
    std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(tasks.size()); }
    bool decides(std::uint32_t) const noexcept { return false; }
    void start(detail::TaskPromise::Group& group, std::uint32_t member, const void* root) {
      tasks[member].start(group, member, root);
    }
  };
  Members members{tasks};
  detail::RunGroup<Members> group(members);
  co_await group;
  std::vector<TaskValue<T>> values;
  values.reserve(tasks.size());
  for (Task<T>& task : tasks) values.push_back(detail::take_value(task));
  co_return values;
}

/// Which task finished first, and its value.
template <class T>
struct First {
  std::size_t index;
  TaskValue<T> value;
};

/// Runs the tasks side by side until one has finished; cancels the others (`sibling_finished`).
/// Tasks start in the order of the list, and none is started after one has finished. If the first
/// to finish threw, rethrows that. Precondition: the list is not empty.
template <class T>
Task<First<T>> when_any(Simulation& simulation, std::vector<Task<T>> tasks) {
  struct Members {
    std::vector<Task<T>>& tasks;
    std::uint32_t winner = 0;
    std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(tasks.size()); }
    bool decides(std::uint32_t member) noexcept {
      winner = member;
      return true;
    }
    void start(detail::TaskPromise::Group& group, std::uint32_t member, const void* root) {
      tasks[member].start(group, member, root);
    }
  };
  HIGHWATER_CHECK(!tasks.empty());
  Members members{tasks};
  detail::RunGroup<Members> group(members);
  co_await group;
  Task<T> winner = std::move(tasks[members.winner]);
  {
    const Simulation::Cancelling cancelling(simulation, CancelReason::sibling_finished);
    tasks.clear();
  }
  co_return First<T>{members.winner, detail::take_value(winner)};
}

/// The same for tasks of one type, listed.
template <class T, std::same_as<Task<T>>... More>
Task<First<T>> when_any(Simulation& simulation, Task<T> first, More... more) {
  std::vector<Task<T>> tasks;
  tasks.reserve(1 + sizeof...(more));
  tasks.push_back(std::move(first));
  (tasks.push_back(std::move(more)), ...);
  return when_any(simulation, std::move(tasks));
}

/// What became of the members of a quorum.
template <class T>
struct QuorumResult {
  bool reached = false;
  /// What each task gave; nullopt for those that had not finished, or threw.
  std::vector<std::optional<T>> values;
};

/// Runs the tasks side by side until `needed` have succeeded or too few are left for that, then
/// cancels the others (`sibling_finished`). A value succeeds if it converts to true: bool,
/// optional, Outcome. A task that throws has not succeeded. With `needed` of 0 nothing is run.
template <class T>
Task<QuorumResult<T>> quorum(Simulation& simulation, std::size_t needed,
                             std::vector<Task<T>> tasks) {
  struct Members {
    std::vector<Task<T>>& tasks;
    std::size_t needed;
    QuorumResult<T> result{};
    std::size_t succeeded = 0;
    std::size_t failed = 0;

    std::uint32_t size() const noexcept {
      const bool open = needed > 0 && needed <= tasks.size();
      return open ? static_cast<std::uint32_t>(tasks.size()) : 0;
    }
    bool decides(std::uint32_t member) noexcept {
      std::optional<T>& value = result.values[member];
      try {
        value.emplace(tasks[member].take_result());
      } catch (...) {
        value.reset();  // it threw instead of giving a value: counts as failed below
      }
      const bool success = value.has_value() && static_cast<bool>(*value);
      success ? ++succeeded : ++failed;
      return succeeded >= needed || tasks.size() - failed < needed;
    }
    void start(detail::TaskPromise::Group& group, std::uint32_t member, const void* root) {
      tasks[member].start(group, member, root);
    }
  };
  Members members{tasks, needed};
  members.result.values.resize(tasks.size());
  detail::RunGroup<Members> group(members);
  co_await group;
  {
    const Simulation::Cancelling cancelling(simulation, CancelReason::sibling_finished);
    tasks.clear();
  }
  members.result.reached = members.succeeded >= needed;
  co_return std::move(members.result);
}

/// Awaitable: runs a task, but no longer than until a deadline. Gives the task's value, or nullopt
/// if the deadline came first; then the task has been cancelled (`deadline`).
template <class T>
class WithDeadline : private detail::TaskPromise::Group {
 public:
  WithDeadline(Simulation& simulation, Task<T> task, Time deadline) noexcept
      : Group(&WithDeadline::on_finished),
        task_(std::move(task)),
        timeout_(simulation),
        due_(deadline) {}
  WithDeadline(Simulation& simulation, Task<T> task, Lane& lane) noexcept
      : Group(&WithDeadline::on_finished),
        task_(std::move(task)),
        timeout_(simulation),
        lane_(&lane) {}
  WithDeadline(const WithDeadline&) = delete;
  WithDeadline& operator=(const WithDeadline&) = delete;

  /// A deadline that has passed leaves no time to start.
  bool await_ready() const noexcept {
    return lane_ == nullptr && due_ <= timeout_.simulation().now();
  }
  template <std::derived_from<detail::TaskPromise> Promise>
  bool await_suspend(std::coroutine_handle<Promise> parent) {
    parent_ = parent;
    starting_ = true;
    task_.start(*this, 0, parent.promise().root());
    starting_ = false;
    if (finished_) return false;
    timeout_.remember(parent);
    if (lane_ != nullptr) {
      timeout_.simulation().schedule_after(timeout_, *lane_);
    } else if (due_ < kNever) {
      timeout_.simulation().schedule_at(timeout_, due_);
    }
    return true;
  }
  std::optional<TaskValue<T>> await_resume() {
    timeout_.simulation().cancel(timeout_);
    if (finished_) return detail::take_value(task_);
    const Simulation::Cancelling cancelling(timeout_.simulation(), CancelReason::deadline);
    task_.reset();
    return std::nullopt;
  }

 private:
  static std::coroutine_handle<> on_finished(Group& group, std::uint32_t) noexcept {
    WithDeadline& self = static_cast<WithDeadline&>(group);
    self.finished_ = true;
    if (self.starting_) return std::noop_coroutine();
    return self.parent_;
  }

  Task<T> task_;
  Resumption timeout_;
  std::coroutine_handle<> parent_;
  Lane* lane_ = nullptr;
  Time due_{};
  bool starting_ = false;
  bool finished_ = false;
};

template <class T>
WithDeadline<T> with_deadline(Simulation& simulation, Task<T> task, Time deadline) {
  return WithDeadline<T>(simulation, std::move(task), deadline);
}
/// The deadline is one lane's delay from now: cheaper, for constant timeouts.
template <class T>
WithDeadline<T> with_timeout(Simulation& simulation, Task<T> task, Lane& timeout) {
  return WithDeadline<T>(simulation, std::move(task), timeout);
}

}  // namespace highwater
