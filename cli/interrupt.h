#pragma once

#include <atomic>

namespace highwater::cli {

/// While it lives, Ctrl-C (or SIGTERM) asks for an early end instead of ending the program; the
/// second one ends it. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// Becomes true with the first signal.
  const std::atomic<bool>& requested() const;
};

}  // namespace highwater::cli
