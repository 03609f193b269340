#pragma once

#include <atomic>
#include <memory>
#include <utility>

namespace highwater::viewer {

/// Hands the latest of something from one thread to another; neither ever waits. What nobody took
/// in time is dropped.
template <class T>
class Mailbox {
 public:
  Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox() { take(); }

  void put(std::unique_ptr<T> latest) {
    delete latest_.exchange(latest.release(), std::memory_order_acq_rel);
  }
  /// Null where nothing has come since the last time.
  std::unique_ptr<T> take() {
    return std::unique_ptr<T>(latest_.exchange(nullptr, std::memory_order_acq_rel));
  }

 private:
  std::atomic<T*> latest_{nullptr};
};

}  // namespace highwater::viewer
