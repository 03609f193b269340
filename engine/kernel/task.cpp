#include "engine/kernel/task.h"

#include <cstdio>
#include <cstdlib>

namespace highwater::detail {

void fail_root_task(std::exception_ptr exception) noexcept {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "check failed: an exception left a spawned task: %s\n", error.what());
  } catch (...) {
    std::fprintf(stderr, "check failed: an exception left a spawned task\n");
  }
  std::abort();
}

}  // namespace highwater::detail
