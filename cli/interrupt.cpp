#include "cli/interrupt.h"

#include <csignal>

namespace highwater::cli {
namespace {

// A signal handler can reach nothing but what is static.
std::atomic<bool> requested_flag{false};
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void request_end(int signal) {
  requested_flag.store(true);
  std::signal(signal, SIG_DFL);
}

}  // namespace

Interrupt::Interrupt() {
  requested_flag.store(false);
  std::signal(SIGINT, request_end);
  std::signal(SIGTERM, request_end);
}

Interrupt::~Interrupt() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

const std::atomic<bool>& Interrupt::requested() const {
  return requested_flag;
}

}  // namespace highwater::cli
