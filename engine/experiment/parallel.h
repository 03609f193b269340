#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace highwater {

/// Calls `work` once with each number from 0 to `count` - 1, on `jobs` threads, each taking the
/// next number that is left; `tick` about ten times a second from the calling thread. After an
/// exception no further number is taken, and it is thrown again when all threads have ended.
/// @param stop  No further number is taken once it is set; may be null.
/// @throws std::system_error where no thread can be started.
void for_each_in_parallel(std::uint64_t count, unsigned jobs, const std::atomic<bool>* stop,
                          const std::function<void(std::uint64_t)>& work,
                          const std::function<void()>& tick);

}  // namespace highwater
