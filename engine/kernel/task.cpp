#include "engine/kernel/task.h"

#include <string>

namespace highwater::detail {

void fail_root_task(std::exception_ptr exception) noexcept {
  std::string what = "an exception left a spawned task";
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    what += std::string(": ") + error.what();
  } catch (...) {
    what += ", not derived from std::exception";
  }
  highwater_check_failed(__FILE__, __LINE__, what.c_str());
}

}  // namespace highwater::detail
