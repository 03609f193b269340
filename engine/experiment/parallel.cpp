#include "engine/experiment/parallel.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace highwater {
namespace {

constexpr std::chrono::milliseconds kTick{100};

}  // namespace

void for_each_in_parallel(std::uint64_t count, unsigned jobs, const std::atomic<bool>* stop,
                          const std::function<void(std::uint64_t)>& work,
                          const std::function<void()>& tick) {
  const auto threads = static_cast<std::size_t>(
      std::clamp<std::uint64_t>(jobs, 1, std::max<std::uint64_t>(count, 1)));
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;  // guards what stands below
  std::condition_variable ended_changed;
  std::size_t ended = 0;
  std::exception_ptr failure;
  const auto take_turns = [&] {
    try {
      while (!failed.load() && (stop == nullptr || !stop->load())) {
        const std::uint64_t number = next.fetch_add(1);
        if (number >= count) break;
        work(number);
      }
    } catch (...) {
      failed.store(true);
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    ++ended;
    ended_changed.notify_one();
  };
  {
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < threads; ++i) workers.emplace_back(take_turns);
    std::unique_lock lock(mutex);
    while (!ended_changed.wait_for(lock, kTick, [&] { return ended == threads; })) {
      lock.unlock();
      if (tick) tick();
      lock.lock();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace highwater
